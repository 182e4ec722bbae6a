import Formats
import Model
import Transport

/// Lines and rates of Loki. A query of lines is read as logs, page by page in the order of time; a query that counts is evaluated by
/// Loki itself and read as a metric.
package struct LokiConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "loki", summary: "Log lines of Loki, and metrics that it counts from them itself.",
        settings: HTTPSource.settings + [
            SettingDescriptor(
                "queries", .map, isRequired: true,
                "name → LogQL; lines are read as logs, what counts (`rate`, `count_over_time`) as a metric"
            ),
            HTTPSource.tenant,
            SettingDescriptor("step", .duration, usual: "1min", "the distance of two points of a metric"),
            SettingDescriptor(
                "limit", .integer(1...50_000), usual: "5000", "the most lines of one answer; Loki's `max_entries_limit_per_query` bounds it"
            ),
        ] + TimeWindows.settings,
        sample: """
            kind: loki
            url: https://loki.example.org
            queries:
              errors: '{namespace="shop"} |~ "(?i)error|exception|fatal"'
              line_rate: 'sum by (app) (rate({namespace="shop"}[1m]))'
            """)

    let http: HTTPSource
    private let queries: [Query]
    private let lineWindows: TimeWindows
    private let pointWindows: TimeWindows
    private let stepMs: Int64
    private let limit: Int
    /// Without it Loki mixes what it knows of each line into the labels, and each line becomes a stream of its own.
    private static let headers = [HTTPHeader("X-Loki-Response-Encoding-Flags", "categorize-labels")]

    private struct Query {
        let name: String
        let expression: String
        let result: LokiReader.Result
        var item: String { "query:\(name)" }
        init(_ name: String, _ expression: String) {
            self.name = name
            self.expression = expression
            result = Self.isMetric(expression) ? .matrix : .streams
        }
        /// By LogQL's grammar a query of lines begins with its selector, in parentheses or not, and a metric with anything else.
        private static func isMetric(_ expression: String) -> Bool {
            let code = expression.split(whereSeparator: \.isNewline).filter { !$0.drop(while: \.isWhitespace).hasPrefix("#") }
            return code.joined(separator: " ").first { !$0.isWhitespace && $0 != "(" } != "{"
        }
    }

    private static let nanosecondsPerMs: Int64 = 1_000_000
    private static let stepsPerWindow: Int64 = 1_440
    /// Nanoseconds that are not halved any more.
    private static let shortest: Int64 = 1_000_000_000
    private static let path = "/loki/api/v1/query_range"

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        queries = settings.map("queries").sorted { $0.key < $1.key }.map { Query($0.key, $0.value) }
        guard !queries.isEmpty else { throw .badSetting(setting: "queries", why: "without queries nothing would be read") }
        stepMs = min(max(settings.number("step") ?? .minuteMs, 1_000), .dayMs).floorDivided(by: 1_000) * 1_000
        lineWindows = TimeWindows(settings, stepMs: 1_000, longestMs: .dayMs)
        pointWindows = TimeWindows(settings, stepMs: stepMs, longestMs: stepMs * Self.stepsPerWindow)
        limit = Int(settings.number("limit") ?? 5_000)
    }

    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { cursors.readUntil(of: queries.map(\.item)) }
    /// Lines add up, so they are never read twice.
    package func cursors(refetching place: String) -> [String]? {
        let found = queries.filter { $0.result == .matrix && TimeWindows.isPlace(place, of: $0.name) }.map(\.item)
        return found.isEmpty ? nil : found
    }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        for query in queries {
            switch query.result {
            case .matrix:
                let page = try await pointWindows.page(of: query.item, after: cursors, now: access.now) {
                    (window: inout Range<Int64>) async throws(ConnectorError) in
                    let body = try await ask(points(query, window), query, access)
                    let place = TimeWindows.place(query.name, window)
                    return [Page.Item(place: place, content: .bytes(body, from: http.origin(query.name, access)))]
                }
                if let page { return page }
            case .streams:
                let known = cursors[query.item]
                guard let window = lineWindows.next(after: known, now: access.now) else { continue }
                return try await lines(of: query, upTo: window.upperBound, known?.state, access)
            }
        }
        return nil
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        PrometheusReader.metrics(bytes, from: document)
    }

    // MARK: - Metrics

    private func points(_ query: Query, _ window: Range<Int64>) -> HTTPRequest {
        http.get(
            Self.path,
            [
                ("query", query.expression), ("start", String(window.lowerBound * Self.nanosecondsPerMs)),
                ("end", String((window.upperBound - stepMs) * Self.nanosecondsPerMs)),
                ("step", String(stepMs / 1_000)),
            ], headers: Self.headers)
    }

    private func ask(_ request: HTTPRequest, _ query: Query, _ access: SourceAccess) async throws(ConnectorError) -> [UInt8] {
        do throws(ConnectorError) {
            return try await http.send(request, through: access, fault: fault(query)).body
        } catch {
            guard case .refused(let place, 400, let words, _) = error else { throw error }
            if words.contains("too many bytes") || words.contains("time range exceeds the limit") {
                throw .tooLong(place: place, words: words)
            }
            throw .refused(place: place, status: 400, words: words, remedy: "see the query `\(query.name)`" + Self.remedy(words))
        }
    }
    private static func remedy(_ words: String) -> String {
        words.contains("max entries limit") || words.contains("max_entries_limit") ? ", and set `limit` to what the server allows" : ""
    }
    private func fault(_ query: Query) -> (HTTPResponse) -> String? {
        { response in response.body.withUnsafeBytes { LokiReader.fault($0, wanted: query.result) } }
    }

    // MARK: - Lines

    /// The next lines from where the last answer ended. Many lines may have one time, and a page may end among them: the next
    /// question begins with that very nanosecond, and what was read is known (`SeenItems`).
    private func lines(
        of query: Query, upTo end: Int64, _ known: JSONValue?, _ access: SourceAccess
    ) async throws(ConnectorError) -> Page {
        let keptMs = max(0, access.now.ms - lineWindows.overlapMs)
        var seen = SeenItems(known?["seen"], from: keptMs)
        let from = start(known, seen, access)
        // Where the server had to be asked for less, at most twice as much as it answered the last time.
        let span = known?["span"]?.intValue.map { max(1_000, 2 * min($0, .dayMs)) } ?? .dayMs
        let upTo = min(end, from / Self.nanosecondsPerMs + span)
        let found = try await answer(query, from..<max(from + 1, upTo * Self.nanosecondsPerMs), access)
        let last = found.last ?? from
        let until = (found.goOn ?? found.end) / Self.nanosecondsPerMs
        var page = Page()
        if found.isCut { page.deadLetters = [crowded(query, from)] }
        var place = (offset: known?["offset"]?.intValue ?? 0, line: known?["line"]?.intValue ?? 1)
        for stream in found.streams {
            var stream = stream
            stream.lines.removeAll { line in
                let ms = line.nanoseconds / Self.nanosecondsPerMs
                guard ms >= seen.since || line.nanoseconds == from || line.nanoseconds == last else { return false }
                return !seen.isNew("\(stream.identity)\u{1f}\(line.nanoseconds)\u{1f}\(line.text)", at: ms)
            }
            add(LokiReader.logs(stream), of: query, at: &place, to: &page, access)
        }
        if !found.refused.isEmpty {
            var reading = Reading()
            reading.rejections = found.refused
            page.items.append(Page.Item(place: query.name, content: .read(reading)))
        }
        seen.forget(before: min(keptMs, until), butNot: last / Self.nanosecondsPerMs)
        let answered = (found.end - from) / Self.nanosecondsPerMs
        let isLess = found.goOn == nil && until < end
        page.cursorUpdates[query.item] = Cursor(
            .compact([
                "span": isLess ? .int(answered) : found.goOn == nil ? nil : known?["span"], "asked": .int(access.now.ms),
                "until": .int(until), "ns": found.goOn.map { .int($0) }, "seen": seen.state,
                "offset": .int(place.offset), "line": .int(place.line),
            ]))
        return page
    }

    /// In nanoseconds. A later run begins where the last one ended, or earlier by the overlap as far as that is known.
    private func start(_ known: JSONValue?, _ seen: SeenItems, _ access: SourceAccess) -> Int64 {
        guard let until = known?["until"]?.intValue, let asked = known?["asked"]?.intValue else {
            return max(0, (access.now.ms - lineWindows.lookbackMs).floorDivided(by: 1_000) * 1_000) * Self.nanosecondsPerMs
        }
        let onwards = known?["ns"]?.intValue ?? until * Self.nanosecondsPerMs
        if asked >= access.now.ms { return onwards }
        return min(onwards, max(asked - lineWindows.overlapMs, seen.since) * Self.nanosecondsPerMs)
    }

    private struct Answer {
        var streams: [LokiReader.Stream]
        var refused: [Rejection]
        /// Up to which nanosecond was asked.
        var end: Int64
        /// The nanosecond with which the next question begins; nil when this was all up to the end.
        var goOn: Int64?
        /// Lines of one moment were left out.
        var isCut = false
        var count: Int { streams.reduce(refused.count) { $0 + $1.lines.count } }
        var last: Int64? { streams.compactMap { $0.lines.last?.nanoseconds }.max() }
    }

    /// What the range holds, the earliest first. Of a range that is too long for the server its first half is asked for; an answer that
    /// is too large is asked for with fewer lines; one that holds nothing but lines of one moment, with more.
    private func answer(_ query: Query, _ range: Range<Int64>, _ access: SourceAccess) async throws(ConnectorError) -> Answer {
        var limit = limit
        var range = range
        while true {
            do throws(ConnectorError) {
                var answer = try await find(query, range, limit, access)
                guard answer.count >= limit else { return answer }
                if let last = answer.last, last > range.lowerBound {
                    answer.goOn = last
                    return answer
                }
                if let all = try await crowd(query, range.lowerBound, access) { answer = all } else { answer.isCut = true }
                answer.goOn = range.lowerBound + 1
                return answer
            } catch {
                let half = range.lowerBound + (range.upperBound - range.lowerBound) / 2
                if case .tooLong = error, half - range.lowerBound >= Self.shortest {
                    range = range.lowerBound..<half / Self.nanosecondsPerMs * Self.nanosecondsPerMs
                } else if case .network = error, error.isTooMuch, limit > 1 {
                    limit /= 2
                } else {
                    throw error
                }
            }
        }
    }

    private func find(_ query: Query, _ range: Range<Int64>, _ limit: Int, _ access: SourceAccess) async throws(ConnectorError) -> Answer {
        let body = try await ask(request(query, range, limit), query, access)
        let found = body.withUnsafeBytes { LokiReader.streams($0) }
        return Answer(streams: found.streams, refused: found.refused, end: range.upperBound)
    }

    /// All lines of one nanosecond; nil when there are more than the server gives.
    private func crowd(_ query: Query, _ moment: Int64, _ access: SourceAccess) async throws(ConnectorError) -> Answer? {
        do throws(ConnectorError) {
            let answer = try await find(query, moment..<moment + 1, limit * 10, access)
            return answer.count < limit * 10 ? answer : nil
        } catch {
            if case .refused(_, 400, _, _) = error { return nil }
            if error.isTooMuch { return nil }
            throw error
        }
    }
    private func crowded(_ query: Query, _ moment: Int64) -> DeadLetter {
        DeadLetter(
            origin: http.settings.name, place: query.name,
            reason:
                "\(Instant(ms: moment / Self.nanosecondsPerMs).rfc3339) holds more lines of one nanosecond than the server gives; the rest was left out",
            remedy: "set `limit` higher, and `max_entries_limit_per_query` of the server too, or let the query leave more out")
    }

    private func request(_ query: Query, _ range: Range<Int64>, _ limit: Int) -> HTTPRequest {
        http.get(
            Self.path,
            [
                ("query", query.expression), ("start", String(range.lowerBound)), ("end", String(range.upperBound)),
                ("limit", String(limit)), ("direction", "forward"),
            ], headers: Self.headers)
    }

    private func add(
        _ stream: LogStream, of query: Query, at place: inout (offset: Int64, line: Int64), to page: inout Page, _ access: SourceAccess
    ) {
        let origin = http.origin(query.name, access)
        guard let read = LogEntryReader.read(stream, from: origin, offset: place.offset, firstLine: place.line) else { return }
        page.items.append(Page.Item(place: query.name, content: .read(Reading(read))))
        place.offset += Int64(read.batch.sourceCount)
        place.line += read.consumedLines
    }

    // MARK: - Probing

    package func probe(through access: SourceAccess) async -> SourceProbe {
        let now = access.now.ms.floorDivided(by: stepMs) * stepMs
        let window = (now - .hourMs)..<(now + stepMs)
        let nanoseconds = (window.lowerBound * Self.nanosecondsPerMs)..<(window.upperBound * Self.nanosecondsPerMs)
        return await http.probe(
            each: queries.map { query in
                let isMetric = query.result == .matrix
                return (
                    isMetric ? points(query, window) : request(query, nanoseconds, 10),
                    { response in response.body.withUnsafeBytes { "\(query.name): " + (isMetric ? series($0, access) : streams($0)) } }
                )
            }, through: access, fault: { response in response.body.withUnsafeBytes { PrometheusReader.fault($0) } })
    }

    private func series(_ bytes: UnsafeRawBufferPointer, _ access: SourceAccess) -> String {
        "\(PrometheusReader.metrics(bytes, from: http.origin("", access)).metrics.count) series"
    }
    private func streams(_ bytes: UnsafeRawBufferPointer) -> String {
        let streams = LokiReader.streams(bytes).streams
        let services = Set(streams.compactMap { LokiReader.logs($0).service }).sorted().prefix(3).joined(separator: ", ")
        return "lines of the last hour in \(streams.count) \(streams.count == 1 ? "stream" : "streams")"
            + (services.isEmpty ? "" : " (\(services))")
    }
}

extension Reading {
    /// What a page of log entries says.
    init(_ page: LogPage) {
        self.init()
        if !page.batch.records.isEmpty { logs = [page.batch] }
        rejections = page.rejections
    }
}
