import Formats
import Model
import Transport

/// A connector that asks a server over HTTP. It names its settings, makes its requests from its cursor, and reads answers;
/// `HTTPSource` does the rest: who we are, how the server is reached, retries, bounds.
protocol HTTPConnector: Connector {
    var http: HTTPSource { get }
    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading
}

extension HTTPConnector {
    package var isRemote: Bool { true }
    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { cursors.readUntil }
    /// What is asked at every run needs nothing forgotten.
    package func cursors(refetching place: String) -> [String]? { [] }
    package func read(_ item: Page.Item) -> Reading {
        switch item.content {
        case .read(let reading): reading
        case .bytes(let bytes, let document): bytes.withUnsafeBytes { Self.read($0, from: document) }
        }
    }
}

extension [String: Cursor] {
    /// Cursors of what is asked say `until` when it was read, or when it was `asked` for what holds now: the least of them.
    var readUntil: Instant? {
        values.compactMap { ($0.state["until"] ?? $0.state["asked"])?.intValue }.min().map { Instant(ms: $0) }
    }
    /// The same of the items that are still asked.
    func readUntil(of items: some Sequence<String>) -> Instant? {
        let items = Set(items)
        return filter { items.contains($0.key) }.readUntil
    }
}

extension ConnectionSettings {
    init(_ settings: SourceSettings) {
        func path(_ setting: String) -> String? { settings.text(setting).map(settings.absolute) }
        self.init(
            caFile: path("ca_file"), clientCertificate: path("client_certificate"), clientKey: path("client_key"),
            proxy: settings.text("proxy"), unixSocket: path("unix_socket"),
            addresses: AddressPolicy(
                allowsLoopback: settings.flag("allow_loopback") ?? false, allowsLinkLocal: settings.flag("allow_link_local") ?? false))
    }
}

extension SourceSettings {
    /// For one exchange with a server.
    var timeoutSeconds: Double { min(max(Double(number("timeout") ?? 30_000) / 1_000, 0.1), 600) }
}

/// What all sources over HTTP share, read from their settings once.
struct HTTPSource: Sendable {
    let settings: SourceSettings
    /// The address as configured, without a slash at its end.
    let url: String
    private let secrets: SecretSource?
    private let connection: ConnectionSettings
    private let timeoutSeconds: Double
    private let requestsPerSecond: Double
    private let maxResponseBytes: Int

    static let settings: [SettingDescriptor] =
        [SettingDescriptor("url", .url, isRequired: true, "where the server is; a path in it is kept")] + SecretSource.settings + [
            SettingDescriptor("ca_file", .path, usual: "the system's", "a PEM file of the authorities that sign the server's certificate"),
            SettingDescriptor("client_certificate", .path, "a PEM file of our own certificate"),
            SettingDescriptor("client_key", .path, usual: "in the certificate's file", "a PEM file of its key"),
            SettingDescriptor("proxy", .text, usual: "the environment's", "`http://host:port` or `socks5h://host:port`"),
            SettingDescriptor("unix_socket", .path, "a unix socket to connect to instead of the host"),
            SettingDescriptor("timeout", .duration, usual: "30s", "for one request with its answer"),
            SettingDescriptor("rate", .integer(1...1_000), usual: "10", "the most requests a second to one host"),
            SettingDescriptor("max_response_mib", .integer(1...64), usual: "64", "the largest answer that is taken, decompressed"),
            SettingDescriptor("allow_loopback", .flag, usual: "false", "the address may lead to this machine itself"),
            SettingDescriptor("allow_link_local", .flag, usual: "false", "it may lead to a link-local address, where clouds keep keys"),
            SettingDescriptor("service", .text, "the service of facts that name none"),
            SettingDescriptor("environment", .text, "the environment of all facts, such as `production`"),
        ]

    /// For kinds that serve several tenants, as Loki, Tempo, Mimir and Cortex do.
    static let tenant = SettingDescriptor("tenant", .text, "the tenant, or several as `a|b`, sent as `X-Scope-OrgID`")

    init(_ settings: SourceSettings) {
        self.settings = settings
        url = settings.text("url") ?? ""
        secrets = SecretSource(settings)
        connection = ConnectionSettings(settings)
        timeoutSeconds = settings.timeoutSeconds
        requestsPerSecond = Double(settings.number("rate") ?? 10)
        maxResponseBytes = Int(settings.number("max_response_mib") ?? 64) << 20
    }

    // MARK: - Asking

    /// A question at a path below the source's address; the values of the query are escaped here.
    func get(_ path: String, _ query: [(name: String, value: String)] = [], headers: [HTTPHeader] = []) -> HTTPRequest {
        let pairs = query.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }
        return HTTPRequest(.get, url + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")), headers: headers)
    }

    /// Path and query of the next page, as the answer's `Link` names it; nil when it is the last.
    static func nextPage(_ response: HTTPResponse) -> String? {
        guard let link = response.nextLink else { return nil }
        guard let scheme = link.firstRange(of: "://") else { return link.hasPrefix("/") ? link : nil }
        return link[scheme.upperBound...].firstIndex(of: "/").map { String(link[$0...]) }
    }
    /// A question at a path from the root of the configured server, whatever host a link named: credentials go nowhere else.
    func get(page: String, headers: [HTTPHeader] = []) -> HTTPRequest {
        let host = url.firstRange(of: "://").map { $0.upperBound } ?? url.startIndex
        let root = url[..<(url[host...].firstIndex(of: "/") ?? url.endIndex)]
        return HTTPRequest(.get, root + (page.hasPrefix("/") ? page : "/" + page), headers: headers)
    }

    /// A question that takes a body. It changes nothing that matters, so it may be asked twice.
    func post(_ path: String, _ query: [(name: String, value: String)] = [], json body: JSONValue? = nil) -> HTTPRequest {
        var request = get(path, query)
        request.method = .post
        request.isRepeatable = true
        if let body {
            request.headers.append(HTTPHeader("Content-Type", "application/json"))
            request.body = Array(body.text.utf8)
        }
        return request
    }

    /// All but the unreserved characters of RFC 3986 as `%XX`.
    static func escaped(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || [45, 46, 95, 126].contains(byte)
            if isPlain {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return out
    }

    /// The answer to a question: a success or `304`. Answers in which `fault` finds something are asked for again; anything but a
    /// success ends in an error that says what the server said.
    func send(
        _ request: HTTPRequest, through access: SourceAccess, policy: RetryPolicy = RetryPolicy(),
        fault: (HTTPResponse) -> String? = Self.jsonFault
    ) async throws(ConnectorError) -> HTTPResponse {
        let memory = access.memory(of: settings.name)
        let connection = connection
        var (state, transport) = memory.with { ($0.courier, $0.transport) }
        let carrier = transport ?? access.network.transport(connection)
        transport = carrier
        let secret = try await access.secret(from: secrets, of: settings.name)
        memory.with { $0.transport = carrier }

        var request = request
        if let secrets, let secret { request.headers.append(secrets.header(secret)) }
        if let tenant = settings.text(Self.tenant.name) { request.headers.append(HTTPHeader("X-Scope-OrgID", tenant)) }
        request.timeoutSeconds = timeoutSeconds
        request.maxResponseBytes = maxResponseBytes
        let host = WebAddress(request.url).map { "\($0.host):\($0.port)" } ?? ""
        let (rates, rate) = (access.rates, requestsPerSecond)
        let courier = Courier(
            transport: carrier, clock: access.network.clock, policy: policy,
            reserve: { rates.reserve(host: host, requestsPerSecond: rate, now: $0) }, chance: access.network.chance)
        var courierState = state ?? CourierState(budgetMs: access.network.budgetMs)
        access.onTouch?("\(request.method.rawValue) \(request.url)")
        let result: Result<HTTPResponse, CourierError>
        do throws(CourierError) {
            result = .success(try await courier.send(request, state: &courierState, fault: fault))
        } catch {
            result = .failure(error)
        }
        state = courierState
        let left = state
        memory.with {
            $0.courier = left
            $0.hasAsked = true
        }
        switch result {
        case .failure(let error): throw .network(error)
        case .success(let response) where response.isSuccess || response.status == 304: return response
        case .success(let response): throw refusal(response, secret)
        }
    }

    /// The same for what may be gone, such as an old log: nil when the server says `404`.
    func find(
        _ request: HTTPRequest, through access: SourceAccess, fault: (HTTPResponse) -> String? = Self.jsonFault
    ) async throws(ConnectorError) -> HTTPResponse? {
        do throws(ConnectorError) {
            return try await send(request, through: access, fault: fault)
        } catch {
            if case .refused(_, 404, _, _) = error { return nil }
            throw error
        }
    }

    /// Nil when the answer is one whole JSON document.
    static func jsonFault(_ response: HTTPResponse) -> String? {
        response.body.withUnsafeBytes { JSONReader.fault($0) { _ in nil } }
    }
    /// Nil when it is one whole JSON array.
    static func listFault(_ response: HTTPResponse) -> String? {
        response.body.withUnsafeBytes { JSONReader.kindFault($0, unless: { $0.isArray }) }
    }

    private func refusal(_ response: HTTPResponse, _ secret: Secret?) -> ConnectorError {
        let place = WebAddress(response.url)?.shown ?? url
        var words = Self.words(response.body.prefix(4_096))
        if let wanted = response.header("x-accepted-github-permissions") ?? response.header("x-required-permission") {
            let wants = "it wants `\(wanted.clipped(to: 100))`"
            words = words.isEmpty ? wants : "\(words) (\(wants))"
        }
        let remedy =
            switch response.status {
            case 401 where words.contains("no org id"): "name the tenant in `\(Self.tenant.name)`"
            case 401, 403: secrets == nil ? "name the credentials in `secret_file`" : "check the credentials and what they may read"
            case 404, 405: "check `url`; no such service answers there"
            default: ""
            }
        return .refused(place: place, status: response.status, words: secret?.removed(from: words) ?? words, remedy: remedy)
    }

    /// What a server says of its refusal: the message of a JSON object, or the first words of a text. Markup says nothing.
    private static func words(_ body: ArraySlice<UInt8>) -> String {
        let parsed = Array(body).withUnsafeBytes { JSONReader.parse($0) }
        if case .success(.object(let members)) = parsed {
            let said = ["error_description", "error", "message", "reason", "detail"].lazy.compactMap { name in
                members[name]?.stringValue ?? members[name]?["reason"]?.stringValue ?? members[name]?["message"]?.stringValue
            }
            let listed = members["errors"]?.arrayValue?.first
            return
                (said.first ?? listed?["msg"]?.stringValue ?? listed?["message"]?.stringValue
                ?? members["errorMessages"]?.arrayValue?.first?.stringValue)?
                .clipped(to: 300) ?? ""
        }
        let text = String(decoding: body, as: UTF8.self).split { $0.isNewline || $0.isWhitespace }.joined(separator: " ")
        return text.hasPrefix("<") ? "" : text.clipped(to: 200)
    }

    /// Whose facts an answer holds. `name` says which answer, for messages.
    func origin(_ name: String, _ access: SourceAccess) -> DocumentOrigin {
        settings.origin(name, at: access.now)
    }

    // MARK: - Probing

    /// Asks once, without retries. `sample` says what the answer holds; nil for an answer that is not what was expected.
    func probe(
        _ request: HTTPRequest, through access: SourceAccess, fault: (HTTPResponse) -> String? = Self.jsonFault,
        remedy: (Int) -> String? = { _ in nil }, sample: (HTTPResponse) -> String
    ) async -> SourceProbe {
        var once = RetryPolicy()
        once.maxRetries = 0
        var probe = SourceProbe()
        if secrets != nil, WebAddress(url)?.isInClear == true, connection.unixSocket == nil {
            probe.diagnostics.append(
                Diagnostic(
                    level: .warning, file: settings.name, message: "the credentials go to `\(url)` unencrypted", remedy: "use https"))
        }
        probe.diagnostics += secrets?.diagnostics(of: settings.name) ?? []
        do throws(ConnectorError) {
            let response = try await send(request, through: access, policy: once, fault: fault)
            probe.findings.append("\(url) answers" + (secrets == nil ? "" : ", credentials accepted"))
            probe.findings.append(sample(response))
            if let theirs = response.header("date").flatMap({ Instant(httpDate: $0) }) {
                probe.compare(clock: theirs, with: access.network.clock.now(), of: settings.name)
            }
        } catch {
            probe.failed(at: url, error.with(remedy: remedy), of: settings.name)
        }
        return probe
    }

    /// Asks several questions until one fails. Where the server is and how it fares is said once.
    func probe(
        each questions: [(request: HTTPRequest, sample: (HTTPResponse) -> String)], through access: SourceAccess,
        fault: (HTTPResponse) -> String?, remedy: (_ question: Int, _ status: Int) -> String? = { _, _ in nil }
    ) async -> SourceProbe {
        var probe = SourceProbe()
        for (index, question) in questions.enumerated() {
            let found = await self.probe(
                question.request, through: access, fault: fault, remedy: { remedy(index, $0) }, sample: question.sample)
            probe.findings += index == 0 ? found.findings : Array(found.findings.dropFirst())
            if index == 0 || probe.diagnostics.isEmpty { probe.diagnostics += found.diagnostics }
            if found.diagnostics.contains(where: { $0.level == .error }) { break }
        }
        return probe
    }
}
