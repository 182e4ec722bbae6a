import Formats
import Model
import Transport

/// Events of a Kubernetes cluster and the logs of chosen pods, by its API; or files of `kubectl get … -o json`.
package struct KubernetesConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "kubernetes",
        summary: "Events of a Kubernetes cluster and logs of its pods, by its API or from files of `kubectl get … -o json`.",
        settings: [
            SettingDescriptor("url", .url, usual: "the cluster we run in, by its service account", "the API server"),
            SettingDescriptor("path", .paths, "files of `kubectl get events -o json` instead of a server; of pods too"),
            SettingDescriptor("namespace", .text, usual: "all", "only this one"),
            SettingDescriptor("field_selector", .text, usual: "warnings and rollouts", "which events, such as `type=Warning`"),
            SettingDescriptor(
                "selector", .text, usual: "no logs", "the labels of the pods whose logs are read, such as `app in (cart, checkout)`"),
            SettingDescriptor("lookback", .duration, usual: "1h", "how far back the first run reads logs"),
        ] + HTTPSource.settings.filter { $0.name != "url" },
        sample: """
            kind: kubernetes
            namespace: shop
            selector: app in (cart, checkout)
            """)

    let http: HTTPSource
    private let files: DocumentFiles?
    private let prefix: String
    private let selector: String?
    /// The server can only join conditions by "and", so what does not fit one question takes two.
    private let lists: [String]
    private let lookbackMs: Int64
    /// How much of a log is asked for at once; smaller in tests.
    var logBytes = 4 << 20

    private static let logs = "logs"
    private static let mostContainers = 500
    private static let mostPages = 20
    private static let itemsPerPage = "500"
    private static let mostRestarts: Int64 = 3
    private static let mostLogBytes = Limits.documentBytes / 2
    private static let account = "/var/run/secrets/kubernetes.io/serviceaccount"

    package init(settings: SourceSettings) throws(ConnectorError) {
        let isInside = settings.text("url") == nil && settings.texts("path").isEmpty
        let settings =
            isInside
            ? settings.usually([
                "url": .text("https://kubernetes.default.svc"), "secret_file": .text("\(Self.account)/token"),
                "ca_file": .text("\(Self.account)/ca.crt"),
            ]) : settings
        http = HTTPSource(settings)
        files = settings.texts("path").isEmpty ? nil : DocumentFiles(settings, cutting: DocumentFiles.cutsJSONLines)
        if files != nil, settings.text("url") != nil {
            throw .badSetting(setting: "path", why: "a source reads files or asks a server; make two of it")
        }
        prefix = settings.text("namespace").map { "/api/v1/namespaces/\(HTTPSource.escaped($0))" } ?? "/api/v1"
        selector = settings.text("selector")
        lists = settings.text("field_selector").map { [$0] } ?? ["type!=Normal", "reason=ScalingReplicaSet"]
        lookbackMs = settings.number("lookback") ?? .hourMs
    }

    package var isRemote: Bool { files == nil }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        KubernetesReader.read(bytes, from: document)
    }

    package func readUntil(_ cursors: [String: Cursor]) -> Instant? {
        cursors.readUntil(of: lists.map { "events:\($0)" } + (selector == nil ? [] : [Self.logs]))
    }
    /// Logs add up, so they are never read twice; events are listed at every run.
    package func cursors(refetching place: String) -> [String]? {
        if files != nil { return [DocumentState.key(place.replacing(/(:[0-9]+|, byte [0-9]+)$/, with: ""))] }
        return place.hasPrefix("events") || place.hasPrefix("pods") ? [] : nil
    }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        if let files { return files.fetch(after: cursors, through: access) }
        for list in lists {
            let key = "events:\(list)"
            if cursors[key]?.state["asked"]?.intValue != access.now.ms { return try await events(list, key, cursors[key]?.state, access) }
        }
        guard let selector, cursors[Self.logs]?.state["asked"]?.intValue != access.now.ms else { return nil }
        let known = cursors[Self.logs]?.state
        if known?["listed"]?.intValue != access.now.ms { return try await pods(selector, known, access) }
        return try await log(known, access)
    }

    // MARK: - Events

    private func events(_ list: String, _ key: String, _ known: JSONValue?, _ access: SourceAccess) async throws(ConnectorError) -> Page {
        let isGoingOn = known?["listing"]?.intValue == access.now.ms
        let token = isGoingOn ? known?["continue"]?.stringValue : nil
        let restarts = isGoingOn ? known?["restarts"]?.intValue ?? 0 : 0
        var page = Page()
        var next: [String: JSONValue?] = ["asked": known?["asked"], "listing": .int(access.now.ms), "restarts": .int(restarts)]
        do throws(ConnectorError) {
            let body = try await ask("\(prefix)/events", [("fieldSelector", list)], token, access)
            page.items = [Page.Item(place: "events", content: .bytes(body, from: http.origin("events", access)))]
            if let token = body.withUnsafeBytes({ KubernetesReader.continuation($0) }) {
                next["continue"] = .string(token)
            } else {
                next = ["asked": .int(access.now.ms)]
            }
        } catch {
            // The server has forgotten how its list was when we began: it is asked for anew.
            guard case .refused(_, 410, _, _) = error, token != nil, restarts < Self.mostRestarts else { throw error }
            next["restarts"] = .int(restarts + 1)
        }
        page.cursorUpdates[key] = Cursor(.compact(next))
        return page
    }

    private func ask(
        _ path: String, _ query: [(name: String, value: String)], _ token: String?, _ access: SourceAccess
    ) async throws(ConnectorError) -> [UInt8] {
        let paging = [("limit", Self.itemsPerPage)] + (token.map { [("continue", $0)] } ?? [])
        do throws(ConnectorError) {
            return try await http.send(http.get(path, query + paging), through: access, fault: Self.fault).body
        } catch {
            guard case .refused(let place, 403, let words, _) = error else { throw error }
            throw .refused(
                place: place, status: 403, words: words, remedy: "let the service account `list` events and pods, and `get` `pods/log`")
        }
    }
    private static func fault(_ response: HTTPResponse) -> String? { response.body.withUnsafeBytes { KubernetesReader.fault($0) } }

    // MARK: - Logs

    /// Which containers there are; where their logs were read to stays known as long as they are there.
    private func pods(_ selector: String, _ known: JSONValue?, _ access: SourceAccess) async throws(ConnectorError) -> Page {
        var page = Page()
        var containers: [String: JSONValue] = [:]
        var token: String?
        var pages = 0
        repeat {
            let body = try await ask("\(prefix)/pods", [("labelSelector", selector)], token, access)
            page.items.append(Page.Item(place: "pods", content: .bytes(body, from: http.origin("pods", access))))
            for container in body.withUnsafeBytes({ KubernetesReader.containers($0) }) where containers.count < Self.mostContainers {
                let key = "\(container.namespace)/\(container.pod)/\(container.name)"
                var state = known?["containers"]?[key] ?? [:]
                state["service"] = .string(container.service)
                // How the last one ended stands in its own log.
                if container.restarts > state["restarts"]?.intValue ?? 0 { state["previous"] = true }
                state["restarts"] = .int(container.restarts)
                containers[key] = state
            }
            token = body.withUnsafeBytes { KubernetesReader.continuation($0) }
            pages += 1
        } while token != nil && pages < Self.mostPages && containers.count < Self.mostContainers
        if token != nil || containers.count >= Self.mostContainers {
            page.deadLetters = [
                DeadLetter(
                    origin: http.settings.name, place: "pods", reason: "only the logs of \(containers.count) containers are read",
                    remedy: "choose fewer pods by `selector`, or make several sources of it")
            ]
        }
        page.cursorUpdates[Self.logs] = Cursor(state(known, containers, access))
        return page
    }

    private func state(_ known: JSONValue?, _ containers: [String: JSONValue], _ access: SourceAccess) -> JSONValue {
        let isDone = containers.values.allSatisfy { $0["read"]?.intValue == access.now.ms }
        return .compact([
            "listed": .int(access.now.ms), "asked": isDone ? .int(access.now.ms) : known?["asked"], "containers": .object(containers),
        ])
    }

    /// The next piece of the next log.
    private func log(_ known: JSONValue?, _ access: SourceAccess) async throws(ConnectorError) -> Page? {
        var containers = known?["containers"]?.objectValue ?? [:]
        guard let key = containers.keys.sorted().first(where: { containers[$0]?["read"]?.intValue != access.now.ms }) else { return nil }
        var container = containers[key] ?? [:]
        let last = container["ns"]?.intValue ?? max(0, access.now.ms - lookbackMs) * 1_000_000
        let times = Int(container["times"]?.intValue ?? 0)
        let isPrevious = container["previous"]?.boolValue == true
        let (body, isCut) = try await lines(key, since: last, times, isPrevious, access)
        var page = Page()
        if !isCut { container[isPrevious ? "previous" : "read"] = isPrevious ? false : .int(access.now.ms) }
        if let news = KubernetesReader.news(in: body, after: last, times: times) {
            let lines = Array(body[news.lines])
            let (offset, line) = (container["offset"]?.intValue ?? 0, container["line"]?.intValue ?? 1)
            var origin = http.origin(key, access)
            origin.service = container["service"]?.stringValue ?? origin.service
            let host = key.split(separator: "/").dropFirst().first.map(String.init) ?? ""
            if let read = LogEntryReader.read(lines: lines, host: host, from: origin, offset: offset, firstLine: line) {
                page.items = [Page.Item(place: key, content: .read(Reading(read)))]
                container["line"] = .int(line + read.consumedLines)
            }
            container["offset"] = .int(offset + Int64(lines.count))
            container["ns"] = .int(news.last)
            container["times"] = .int(Int64(news.times))
        } else if isCut {
            // More of one second than can be had: the server knows no finer time to begin with.
            container["ns"] = .int((last / 1_000_000_000 + 1) * 1_000_000_000)
            container["times"] = .int(0)
            let second = Instant(ms: last / 1_000_000_000 * 1_000).rfc3339
            page.deadLetters = [
                DeadLetter(
                    origin: http.settings.name, place: key,
                    reason: "the log has more than \(Self.mostLogBytes >> 20) MiB in the second of \(second); the rest of it was left out")
            ]
        }
        containers[key] = container
        page.cursorUpdates[Self.logs] = Cursor(state(known, containers, access))
        return page
    }

    /// The log of a container, or of the one before it in its place, from a second on, and whether the answer ends before the log does. The server begins at whole seconds, so when an answer
    /// holds nothing new though it is full, more is asked for. A container that has no log yet, or is gone, says nothing.
    private func lines(
        _ key: String, since last: Int64, _ times: Int, _ isPrevious: Bool, _ access: SourceAccess
    ) async throws(ConnectorError) -> (body: [UInt8], isCut: Bool) {
        let names = key.split(separator: "/").map { HTTPSource.escaped(String($0)) }
        guard names.count == 3 else { return ([], false) }
        var limit = logBytes
        while true {
            let request = http.get(
                "/api/v1/namespaces/\(names[0])/pods/\(names[1])/log",
                [
                    ("container", key.split(separator: "/").last.map(String.init) ?? ""), ("timestamps", "true"),
                    ("sinceTime", Instant(ms: last / 1_000_000_000 * 1_000).rfc3339), ("limitBytes", String(limit)),
                ] + (isPrevious ? [("previous", "true")] : []))
            var body: [UInt8]
            do throws(ConnectorError) {
                body = try await http.send(request, through: access, fault: { KubernetesReader.logFault($0.body) }).body
            } catch {
                switch error {
                case .refused(_, 400, _, _), .refused(_, 404, _, _): return ([], false)
                default: throw error
                }
            }
            // "May return slightly more or slightly less than the specified limit."
            let isCut = body.count + body.count / 16 >= limit
            let isStuck = isCut && KubernetesReader.news(in: body, after: last, times: times) == nil
            if isStuck, limit * 4 <= Self.mostLogBytes {
                limit *= 4
            } else {
                // Nobody writes any more to the last line of what has ended.
                if isPrevious, !isCut, !body.isEmpty, body.last != 10 { body.append(10) }
                return (body, isCut)
            }
        }
    }

    // MARK: - Probing

    package func probe(through access: SourceAccess) async -> SourceProbe {
        if let files { return files.probe(through: access) }
        func count(_ response: HTTPResponse) -> Int {
            response.body.withUnsafeBytes { KubernetesReader.read($0, from: http.origin("", access)) }.events.count
        }
        var questions: [(request: HTTPRequest, sample: (HTTPResponse) -> String)] = lists.map { list in
            (
                http.get("\(prefix)/events", [("fieldSelector", list), ("limit", "10")]),
                { "\(count($0)) \(count($0) == 1 ? "event" : "events") with \(list)" }
            )
        }
        if let selector {
            questions.append(
                (
                    http.get("\(prefix)/pods", [("labelSelector", selector), ("limit", "100")]),
                    { response in
                        let found = response.body.withUnsafeBytes { KubernetesReader.containers($0) }
                        return "logs of \(found.count) \(found.count == 1 ? "container" : "containers")"
                    }
                ))
        }
        return await http.probe(each: questions, through: access, fault: Self.fault)
    }
}
