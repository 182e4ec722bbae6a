import CCurl
import Foundation
import Model

/// HTTP and SMTP over libcurl. Certificates are always verified; only http and https are spoken; answers, headers and time
/// are bounded; credentials stay with the origin they were meant for.
package struct NetworkTransport: HTTPTransport, SMTPTransport {
    package let connection: ConnectionSettings
    package var userAgent = "caseboard"
    private let pool = CurlPool()

    package init(_ connection: ConnectionSettings = ConnectionSettings()) { self.connection = connection }

    /// Jitter's dice.
    package static let chance: @Sendable () -> Double = { Double.random(in: 0..<1) }

    // MARK: HTTP

    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let start = ContinuousClock.now
        var current = request
        for _ in 0...max(0, request.maxRedirects) {
            let spent = ContinuousClock.now - start
            current.timeoutSeconds = request.timeoutSeconds - Double(spent.components.seconds)
            guard current.timeoutSeconds > 0 else { break }
            let (response, location) = try await exchange(current)
            guard let next = try Redirect.next(after: current, status: response.status, location: location) else { return response }
            current = next
        }
        let place = WebAddress(request.url)?.shown ?? request.url
        if current.timeoutSeconds <= 0 { throw .timedOut(place: place, seconds: request.timeoutSeconds) }
        throw .tooManyRedirects(place: place, limit: request.maxRedirects)
    }

    private func exchange(_ request: HTTPRequest) async throws(TransportError) -> (HTTPResponse, location: String?) {
        let address = try checked(request)
        let exchange = CurlExchange(outgoing: request.body ?? [], maxBodyBytes: request.maxResponseBytes, addresses: socketAddresses)
        return try await onOwnThread(exchange) { () throws(TransportError) in
            guard let handle = CurlHandle(exchange, from: pool) else { throw .broken(place: address.shown, why: "libcurl did not start") }
            prepare(handle, for: request)
            let (code, words) = handle.perform()
            if let error = failure(code, words, exchange, place: address.shown, host: address.host, seconds: request.timeoutSeconds) {
                if let kind = exchange.refusedAddress, !exchange.isCancelled { throw .addressRefused(place: address.shown, kind: kind) }
                let isTooLarge = exchange.isTooLarge || code == CURLE_FILESIZE_EXCEEDED
                throw isTooLarge ? .tooLarge(place: address.shown, limitBytes: request.maxResponseBytes) : error
            }
            let response = HTTPResponse(
                status: handle.responseCode, headers: Self.lastHeaders(exchange.headerLines), body: exchange.body, url: request.url)
            return (response, handle.redirectURL)
        }
    }

    private func checked(_ request: HTTPRequest) throws(TransportError) -> WebAddress {
        guard let address = WebAddress(request.url) else { throw .badURL(url: request.url.clipped(to: 200), why: "it cannot be read") }
        guard address.scheme == "http" || address.scheme == "https" else {
            throw .badURL(url: address.shown, why: "only http and https are spoken here")
        }
        guard !address.hasCredentials else {
            throw .badURL(url: address.shown, why: "it holds credentials; give them as a header from a password file")
        }
        if connection.unixSocket == nil, let kind = connection.addresses.refusal(ofHost: address.host) {
            throw .addressRefused(place: address.shown, kind: kind)
        }
        for header in request.headers where !Self.isSafe(header) { throw .badHeader(name: header.name.clipped(to: 60)) }
        return address
    }

    /// What sockets may lead to. A proxy or a unix socket of the configuration was meant, and resolves names out of our sight.
    private var socketAddresses: AddressPolicy {
        connection.proxy == nil && connection.unixSocket == nil ? connection.addresses : .any
    }

    /// A token as name (RFC 9110, 5.6.2) and no controls in the value, so that no header can smuggle in another.
    private static func isSafe(_ header: HTTPHeader) -> Bool {
        let symbols = Set("!#$%&'*+-.^_`|~".utf8)
        let isToken = header.name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || symbols.contains($0)
        }
        return isToken && !header.name.isEmpty && header.value.utf8.allSatisfy { $0 == 9 || ($0 >= 32 && $0 != 127) }
    }

    private func prepare(_ handle: CurlHandle, for request: HTTPRequest) {
        prepareConnection(handle, connectTimeoutSeconds: request.connectTimeoutSeconds, timeoutSeconds: request.timeoutSeconds)
        handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
        handle.set(CURLOPT_URL, request.url)
        handle.set(CURLOPT_ACCEPT_ENCODING, "")
        handle.set(CURLOPT_MAXFILESIZE_LARGE, offset: request.maxResponseBytes)
        handle.set(CURLOPT_USERAGENT, userAgent)
        // An empty value would be dropped by libcurl; a semicolon keeps it (CURLOPT_HTTPHEADER(3)).
        var lines = request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        switch request.method {
        case .get: handle.set(CURLOPT_HTTPGET, 1)
        case .head: handle.set(CURLOPT_NOBODY, 1)
        case .post, .put, .patch, .delete:
            handle.set(CURLOPT_POST, 1)
            handle.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: request.body?.count ?? 0)
            handle.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            lines.append("Expect:")
            if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        }
        handle.set(CURLOPT_HTTPHEADER, list: lines)
    }

    func prepareConnection(_ handle: CurlHandle, connectTimeoutSeconds: Double, timeoutSeconds: Double) {
        func milliseconds(_ seconds: Double) -> Int { seconds.isFinite ? Int(min(max(seconds, 0.001), 86_400) * 1_000) : 30_000 }
        handle.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(connectTimeoutSeconds))
        handle.set(CURLOPT_TIMEOUT_MS, milliseconds(timeoutSeconds))
        if let caFile = connection.caFile { handle.set(CURLOPT_CAINFO, caFile) }
        if let certificate = connection.clientCertificate {
            handle.set(CURLOPT_SSLCERT, certificate)
            handle.set(CURLOPT_SSLKEY, connection.clientKey ?? certificate)
        }
        if let socket = connection.unixSocket { handle.set(CURLOPT_UNIX_SOCKET_PATH, socket) }
        if let proxy = connection.proxy {
            handle.set(CURLOPT_PROXY, proxy)
        } else if !connection.usesProxyOfEnvironment || connection.unixSocket != nil {
            handle.set(CURLOPT_PROXY, "")
        }
    }

    /// The header lines of the last answer; `100 Continue` and a proxy's own come before it.
    private static func lastHeaders(_ lines: [String]) -> [HTTPHeader] {
        let first = lines.lastIndex { $0.hasPrefix("HTTP/") } ?? -1
        return lines[(first + 1)...].compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return HTTPHeader(String(line[..<colon]).trimmed, String(line[line.index(after: colon)...]).trimmed)
        }
    }

    // MARK: Common

    /// libcurl blocks, so it gets a thread of its own instead of one of the few of Swift's pool. Cancelling the task stops
    /// the transfer within about a second.
    func onOwnThread<Value: Sendable>(
        _ exchange: CurlExchange, _ work: @escaping @Sendable () throws(TransportError) -> Value
    ) async throws(TransportError) -> Value {
        let result: Result<Value, TransportError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: Result(catching: work)) }
            }
        } onCancel: {
            exchange.cancel()
        }
        return try result.get()
    }

    /// libcurl's codes (`libcurl-errors(3)`) in our words; nil for success.
    func failure(
        _ code: CURLcode, _ words: String, _ exchange: CurlExchange, place: String, host: String, seconds: Double
    ) -> TransportError? {
        switch code {
        case CURLE_OK: nil
        case _ where exchange.isCancelled: .cancelled
        case CURLE_URL_MALFORMAT: .badURL(url: place, why: words)
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolved(host: host)
        case CURLE_COULDNT_CONNECT: .unreachable(place: place, why: words)
        case CURLE_OPERATION_TIMEDOUT: .timedOut(place: place, seconds: seconds)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED,
            CURLE_SSL_CERTPROBLEM:
            .untrusted(place: place, why: words)
        default: .broken(place: place, why: words)
        }
    }
}
