import Formats
import Model
import Transport

/// Log records of Elasticsearch or OpenSearch: documents of an index in the order of time, over a point in time, so that what is
/// written meanwhile moves nothing.
package struct ElasticsearchConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "elasticsearch", summary: "Log records of Elasticsearch or OpenSearch.",
        settings: HTTPSource.settings + [
            SettingDescriptor("index", .text, isRequired: true, "the index, data stream or pattern, such as `logs-*`"),
            SettingDescriptor(
                "query", .text, usual: "all", "which documents: a query string such as `service.name:cart AND log.level:error`, or JSON"),
            SettingDescriptor("time_field", .text, usual: "@timestamp", "the field that holds the time"),
            SettingDescriptor("limit", .integer(1...10_000), usual: "1000", "the most documents of one answer"),
        ] + TimeWindows.settings,
        sample: """
            kind: elasticsearch
            url: https://elasticsearch.example.org
            index: logs-*
            """)

    let http: HTTPSource
    private let windows: TimeWindows
    private let index: String
    private let query: JSONValue?
    private let timeField: String
    private let limit: Int

    private static let item = "documents"
    private static let keepAlive = "2m"
    /// What the servers allow unless they are told otherwise (`index.max_result_window`).
    private static let mostDocuments = 10_000

    /// The two differ in how a point in time is opened, and in whether it tells documents of one time apart.
    private enum Server: String {
        case elasticsearch, opensearch
        var pointInTime: String { self == .elasticsearch ? "_pit" : "_search/point_in_time" }
        var idName: String { self == .elasticsearch ? "id" : "pit_id" }
    }

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        windows = TimeWindows(settings, stepMs: 1_000, longestMs: .max / 4)
        index = (settings.text("index") ?? "").split(separator: ",").map { HTTPSource.escaped(String($0)) }.joined(separator: ",")
        timeField = settings.text("time_field") ?? "@timestamp"
        limit = Int(settings.number("limit") ?? 1_000)
        guard let text = settings.text("query") else {
            query = nil
            return
        }
        guard text.first == "{" else {
            query = ["query_string": ["query": .string(text)]]
            return
        }
        switch Array(text.utf8).withUnsafeBytes({ JSONReader.parse($0) }) {
        case .success(let json): query = json["query"] ?? json
        case .failure(let problem): throw .badSetting(setting: "query", why: "it begins as JSON, but \(problem.reason)")
        }
    }

    /// Records add up, so they are never read twice.
    package func cursors(refetching place: String) -> [String]? { nil }
    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading { Reading() }

    // MARK: - Fetching

    /// The next documents. Within a run they follow each other without a gap; a run begins where the last one ended, or earlier by the
    /// overlap, and knows what was read (`SeenItems`).
    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        let known = cursors[Self.item]?.state
        guard let window = windows.next(after: cursors[Self.item], now: access.now) else { return nil }
        let keptMs = max(0, access.now.ms - windows.overlapMs)
        var seen = SeenItems(known?["seen"], from: keptMs)
        let from = start(known, seen, access)
        let isGoingOn = known?["asked"]?.intValue == access.now.ms
        let server = try await server(known?["server"]?.stringValue, access)
        var asked = Question(
            server: server, range: from..<max(from + 1, window.upperBound), pointInTime: isGoingOn ? known?["pit"]?.stringValue : nil,
            after: isGoingOn ? known?["after"] : nil, size: limit)
        let found = try await answer(&asked, access)
        if found.shards == 0 {
            throw .refused(place: http.url, status: 200, words: nowhere, remedy: Self.nowhereRemedy)
        }
        let last = found.documents.last?.time.ms ?? from
        let count = found.documents.count + found.refused.count { $0.reason != "the document has no message" }
        let isFull = count >= asked.size
        // Of one moment there are more than one answer holds, and this server does not tell them apart.
        let isStuck = isFull && server == .opensearch && last <= from

        var page = Page()
        var place = (offset: known?["offset"]?.intValue ?? 0, line: known?["line"]?.intValue ?? 1)
        let news = found.documents.filter { document in
            let ms = document.time.ms
            guard ms >= seen.since || ms == from || ms == last else { return true }
            return seen.isNew(document.id, at: ms)
        }
        for stream in ElasticsearchReader.streams(news) { add(stream, at: &place, to: &page, access) }
        if !found.refused.isEmpty {
            var reading = Reading()
            reading.rejections = found.refused
            page.items.append(Page.Item(place: Self.item, content: .read(reading)))
        }
        if isStuck {
            page.deadLetters = [
                DeadLetter(
                    origin: http.settings.name, place: Self.item,
                    reason: "\(Instant(ms: from).rfc3339) has more than \(asked.size) documents in one millisecond; the rest was left out",
                    remedy: "let `query` leave more out")
            ]
        }
        let until = isFull ? (isStuck ? from + 1 : last) : window.upperBound
        if !isFull { await close(asked, access) }
        seen.forget(before: min(keptMs, until), butNot: last)
        page.cursorUpdates[Self.item] = Cursor(
            .compact([
                "asked": .int(access.now.ms), "until": .int(until), "server": .string(server.rawValue), "seen": seen.state,
                "offset": .int(place.offset), "line": .int(place.line), "pit": isFull ? asked.pointInTime.map { .string($0) } : nil,
                "after": isFull && server == .elasticsearch ? found.documents.last?.sort : nil,
            ]))
        return page
    }

    private static let nowhereRemedy = "check `index` and what the user may read"
    /// To a pattern that fits nothing the servers give an empty answer and no error, and a user has no index that he may not read.
    private var nowhere: String { "no index is named `\(http.settings.text("index") ?? "")`, or none that may be read" }

    private func start(_ known: JSONValue?, _ seen: SeenItems, _ access: SourceAccess) -> Int64 {
        guard let until = known?["until"]?.intValue, let asked = known?["asked"]?.intValue else {
            return max(0, (access.now.ms - windows.lookbackMs).floorDivided(by: 1_000) * 1_000)
        }
        return asked >= access.now.ms ? until : min(until, max(asked - windows.overlapMs, seen.since))
    }

    private func add(_ stream: LogStream, at place: inout (offset: Int64, line: Int64), to page: inout Page, _ access: SourceAccess) {
        let origin = http.origin(http.settings.text("index") ?? Self.item, access)
        guard let read = LogEntryReader.read(stream, from: origin, offset: place.offset, firstLine: place.line) else { return }
        page.items.append(Page.Item(place: Self.item, content: .read(Reading(read))))
        place.offset += Int64(read.batch.sourceCount)
        place.line += read.consumedLines
    }

    // MARK: - Asking

    private struct Question {
        var server: Server
        var range: Range<Int64>
        var pointInTime: String?
        var after: JSONValue?
        var size: Int
    }

    private func server(_ known: String?, _ access: SourceAccess) async throws(ConnectorError) -> Server {
        if let known = known.flatMap(Server.init(rawValue:)) { return known }
        do throws(ConnectorError) {
            let body = try await http.send(http.get("/"), through: access, fault: Self.rootFault).body
            return Self.version(body).isOpenSearch ? .opensearch : .elasticsearch
        } catch {
            // Who may search need not be allowed to look at the cluster.
            guard case .refused(_, 403, _, _) = error else { throw error }
            return .elasticsearch
        }
    }
    private static func version(_ body: [UInt8]) -> (isOpenSearch: Bool, words: String) {
        guard case .success(let root) = body.withUnsafeBytes({ JSONReader.parse($0) }) else { return (false, "") }
        let isOpenSearch = root["version"]?["distribution"]?.stringValue == "opensearch"
        return (isOpenSearch, "\(isOpenSearch ? "OpenSearch" : "Elasticsearch") \(root["version"]?["number"]?.stringValue ?? "")")
    }
    private static func rootFault(_ response: HTTPResponse) -> String? {
        HTTPSource.jsonFault(response) ?? (version(response.body).words.last == " " ? JSONReader.otherKind : nil)
    }
    private static func fault(_ response: HTTPResponse) -> String? { response.body.withUnsafeBytes { ElasticsearchReader.fault($0) } }

    /// An answer that is too large is asked for with fewer documents. A point in time that the server gave up is opened anew.
    private func answer(_ question: inout Question, _ access: SourceAccess) async throws(ConnectorError) -> ElasticsearchReader.Answer {
        while true {
            let isOld = question.pointInTime != nil
            if question.pointInTime == nil { question.pointInTime = try await open(question.server, access) }
            do throws(ConnectorError) {
                let body = try await http.send(search(question), through: access, fault: Self.fault).body
                let answer = body.withUnsafeBytes { ElasticsearchReader.answer($0, timeField: timeField) }
                question.pointInTime = answer.pointInTime ?? question.pointInTime
                let isOfOneMoment = (answer.documents.last?.time.ms ?? 0) <= question.range.lowerBound
                guard question.server == .opensearch, isOfOneMoment, answer.documents.count >= question.size,
                    question.size < Self.mostDocuments
                else { return answer }
                question.size = min(Self.mostDocuments, question.size * 10)
            } catch {
                if isOld, case .refused(_, 404, _, _) = error {
                    (question.pointInTime, question.after) = (nil, nil)
                } else if error.isTooMuch, question.size > 1 {
                    question.size /= 2
                } else {
                    throw error
                }
            }
        }
    }

    private func search(_ question: Question) -> HTTPRequest {
        let range: JSONValue = [
            "gte": .int(question.range.lowerBound), "lt": .int(question.range.upperBound), "format": "epoch_millis",
        ]
        var filters: [JSONValue] = [.object(["range": .object([timeField: range])])]
        if let query { filters.append(query) }
        var sort: [JSONValue] = [.object([timeField: ["order": "asc", "unmapped_type": "date"]])]
        if question.server == .elasticsearch { sort.append(["_shard_doc": "asc"]) }
        let body: JSONValue = .compact([
            "size": .int(Int64(question.size)), "track_total_hits": false, "query": ["bool": ["filter": .array(filters)]],
            "sort": .array(sort),
            "pit": question.pointInTime.map { ["id": .string($0), "keep_alive": .string(Self.keepAlive)] }, "search_after": question.after,
        ])
        return http.post("/_search", [("allow_partial_search_results", "false")], json: body)
    }

    private func open(_ server: Server, _ access: SourceAccess) async throws(ConnectorError) -> String {
        let request = http.post("/\(index)/\(server.pointInTime)", [("keep_alive", Self.keepAlive)])
        let body = try await http.send(request, through: access).body
        guard case .success(let root) = body.withUnsafeBytes({ JSONReader.parse($0) }),
            let id = root["id"]?.stringValue ?? root["pit_id"]?.stringValue
        else {
            throw .refused(place: request.url, status: 200, words: "the answer names no point in time", remedy: "check `url` and `index`")
        }
        return id
    }

    /// The server would forget it by itself after a while.
    private func close(_ question: Question, _ access: SourceAccess) async {
        guard let id = question.pointInTime else { return }
        var request = http.post(
            "/\(question.server.pointInTime)",
            json: .object([question.server.idName: question.server == .elasticsearch ? .string(id) : [.string(id)]]))
        request.method = .delete
        var once = RetryPolicy()
        once.maxRetries = 0
        _ = try? await http.send(request, through: access, policy: once)  // what was read stands; see above
    }

    // MARK: - Probing

    package func probe(through access: SourceAccess) async -> SourceProbe {
        var probe = await http.probe(http.get("/"), through: access, fault: Self.rootFault) { Self.version($0.body).words }
        if probe.diagnostics.contains(where: { $0.level == .error }) { return probe }
        var question = Question(server: .opensearch, range: (access.now.ms - .dayMs)..<(access.now.ms + 1_000), size: 10)
        question.pointInTime = nil
        var request = search(question)
        request.url = http.post("/\(index)/_search", [("allow_partial_search_results", "false")]).url
        var isNowhere = false
        let found = await http.probe(request, through: access, fault: Self.fault) { response in
            let answer = response.body.withUnsafeBytes { ElasticsearchReader.answer($0, timeField: timeField) }
            isNowhere = answer.shards == 0
            let services = ElasticsearchReader.streams(answer.documents).compactMap(\.service)
            let named = Set(services).sorted().prefix(3).joined(separator: ", ")
            return answer.documents.isEmpty ? "no record of the last day" : "records of the last day" + (named.isEmpty ? "" : " (\(named))")
        }
        probe.findings += found.findings.dropFirst()
        probe.diagnostics += found.diagnostics
        if isNowhere {
            probe.diagnostics.append(
                Diagnostic(file: http.settings.name, message: nowhere, remedy: Self.nowhereRemedy))
        }
        return probe
    }
}
