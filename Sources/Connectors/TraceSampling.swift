import Formats
import Model
import Transport

/// How traces are taken from a server that keeps more of them than anybody needs.
///
/// A span of time is asked for as a whole; when the answer is full, half of it, down to `floorMs`. What is full even then is a share:
/// the server's choice of `limit` traces, and besides it as many that failed and as many that are slow. So failures are seen however
/// rare, the rest stands for what is usual, and a run asks for no more than so many traces.
struct TraceSampling: Sendable {
    enum Part: Hashable {
        case any
        case failed
        /// At least so long.
        case slow(microseconds: Int64)
    }
    let windows: TimeWindows
    let floorMs: Int64
    /// Of traces in one answer.
    let limit: Int

    static func settings(limit usual: Int, most: Int64) -> [SettingDescriptor] {
        [
            SettingDescriptor("limit", .integer(1...most), usual: "\(usual)", "the most traces of one answer"),
            SettingDescriptor("lookback", .duration, usual: "1h", "how far back the first run reads"),
            SettingDescriptor("overlap", .duration, usual: "5min", "how late data may come"),
        ]
    }

    init(_ settings: SourceSettings, limit usual: Int, floorMs: Int64) {
        windows = TimeWindows(settings.usually(["lookback": .number(.hourMs)]), stepMs: 1_000, longestMs: 6 * .hourMs)
        limit = Int(settings.number("limit") ?? Int64(usual))
        self.floorMs = floorMs
    }

    /// The next span of time of one item, as `ask` gives it; nil when everything up to now was asked for. While `mayBeLess`, nil of
    /// `ask` says that there are too many.
    func fetch(
        _ item: String, after cursor: Cursor?, _ access: SourceAccess,
        _ ask: (Part, Range<Int64>, _ mayBeLess: Bool) async throws(ConnectorError) -> Reading?
    ) async throws(ConnectorError) -> Page? {
        guard let window = windows.next(after: cursor, now: access.now) else { return nil }
        // Twice what fitted the last time: a busy item is not asked in vain at every run.
        let most = cursor?.state["span"]?.intValue.map { max(floorMs, 2 * min($0, .dayMs)) } ?? .dayMs
        var wanted = window.lowerBound..<min(window.upperBound, window.lowerBound + most)
        while true {
            let length = wanted.upperBound - wanted.lowerBound
            let half = wanted.lowerBound..<(wanted.lowerBound + max(min(floorMs, length), length / 2_000 * 1_000))
            let mayBeLess = length > floorMs
            var found: Reading?
            do throws(ConnectorError) {
                found = try await ask(.any, wanted, mayBeLess)
            } catch {
                guard error.isTooMuch, mayBeLess else { throw error }
            }
            let durations = Self.durations(found?.spans ?? [])
            if mayBeLess, found == nil || durations.count >= limit {
                wanted = half
                continue
            }
            var readings = [found]
            if durations.count >= limit {
                readings.append(try await ask(.failed, wanted, false))
                readings.append(try await ask(.slow(microseconds: Self.ninetieth(durations)), wanted, false))
            }
            return page(item, readings.compactMap { $0 }, wanted, access)
        }
    }

    private func page(_ item: String, _ readings: [Reading], _ wanted: Range<Int64>, _ access: SourceAccess) -> Page {
        var page = Page()
        let place = TimeWindows.place(item, wanted)
        page.items = readings.filter { $0.acceptedCount > 0 || !$0.rejections.isEmpty }.map { Page.Item(place: place, content: .read($0)) }
        page.cursorUpdates[item] = Cursor([
            "until": .int(wanted.upperBound), "asked": .int(access.now.ms), "span": .int(wanted.upperBound - wanted.lowerBound),
        ])
        return page
    }

    /// Of each trace, from its first beginning to its last end, in microseconds.
    private static func durations(_ spans: [Span]) -> [Int64] {
        var extents: [String: (start: Int64, end: Int64)] = [:]
        for span in spans {
            let start = span.start.ms.multipliedReportingOverflow(by: 1_000).partialValue
            let end = start.addingReportingOverflow(span.durationUs).partialValue
            let known = extents[span.traceID] ?? (start, end)
            extents[span.traceID] = (min(known.start, start), max(known.end, end))
        }
        return extents.values.map { max(0, $0.end.subtractingReportingOverflow($0.start).partialValue) }.sorted()
    }
    private static func ninetieth(_ sorted: [Int64]) -> Int64 {
        let place = sorted.count * 9 / 10
        return max(1, sorted.indices.contains(place) ? sorted[place] : sorted.last ?? 1)
    }
}

/// A connector that asks for traces service by service: it says how, and `TraceServices` does the rest.
protocol TracesByService: HTTPConnector {
    var traces: TraceServices { get }
}

extension TracesByService {
    var http: HTTPSource { traces.http }
    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { traces.readUntil(cursors) }
    package func cursors(refetching place: String) -> [String]? { traces.cursors(refetching: place) }
    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        try await traces.fetch(after: cursors, through: access)
    }
    package func probe(through access: SourceAccess) async -> SourceProbe { await traces.probe(through: access) }
    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        TraceReader.read(bytes, from: document, stack: StackTrace.parse)
    }
}

/// A server of traces that is asked service by service.
struct TraceServices: Sendable {
    let http: HTTPSource
    let sampling: TraceSampling
    /// As configured; empty for all that the server knows.
    let chosen: [String]
    let list: HTTPRequest
    /// The names of services in the answer of `list`.
    let names: @Sendable (JSONValue) -> JSONValue?
    let fault: @Sendable (HTTPResponse) -> String?
    let question: @Sendable (_ service: String, TraceSampling.Part, Range<Int64>, _ limit: Int) -> HTTPRequest

    private static let item = "services"
    private static let most = 500
    static let setting = SettingDescriptor("services", .texts, usual: "all", "only traces of these services")

    private func known(_ cursors: [String: Cursor]) -> [String] {
        chosen.isEmpty ? cursors[Self.item]?.state["names"]?.arrayValue?.compactMap(\.stringValue) ?? [] : chosen
    }
    private func listed(_ response: HTTPResponse) -> [String] {
        guard case .success(let root) = response.body.withUnsafeBytes({ JSONReader.parse($0) }) else { return [] }  // `fault` says so
        return (names(root)?.arrayValue ?? []).compactMap(\.stringValue).filter { !$0.isEmpty && $0.utf8.count < 200 }.sorted()
    }
    private static func key(_ service: String) -> String { "service:\(service)" }

    func readUntil(_ cursors: [String: Cursor]) -> Instant? { cursors.readUntil(of: known(cursors).map(Self.key)) }
    func cursors(refetching place: String) -> [String]? {
        place.hasPrefix("service:") ? [place.replacing(/, [0-9T:.Z-]+ to .*$/, with: "")] : []
    }

    func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        if chosen.isEmpty, cursors[Self.item]?.state["listed"]?.intValue != access.now.ms {
            let found = listed(try await http.send(list, through: access, fault: fault))
            var page = Page()
            page.cursorUpdates[Self.item] = Cursor(["listed": .int(access.now.ms), "names": .strings(found.prefix(Self.most))])
            if found.count > Self.most {
                page.deadLetters = [
                    DeadLetter(
                        origin: http.settings.name, place: Self.item, reason: "of \(found.count) services only \(Self.most) are read",
                        remedy: "name those that matter in `services`")
                ]
            }
            return page
        }
        for service in known(cursors) {
            let item = Self.key(service)
            let page = try await sampling.fetch(item, after: cursors[item], access) { (part, range, _) async throws(ConnectorError) in
                let body = try await http.send(question(service, part, range, sampling.limit), through: access, fault: fault).body
                return body.withUnsafeBytes { TraceReader.read($0, from: http.origin(service, access), stack: StackTrace.parse) }
            }
            if let page { return page }
        }
        return nil
    }

    func probe(through access: SourceAccess) async -> SourceProbe {
        await http.probe(list, through: access, fault: fault) { response in
            let found = listed(response)
            let missing = chosen.filter { !found.contains($0) }
            return "\(found.count) \(found.count == 1 ? "service" : "services")"
                + (found.isEmpty ? "" : " (\(found.prefix(3).joined(separator: ", "))\(found.count > 3 ? ", …" : ""))")
                + (missing.isEmpty ? "" : ", none is named \(missing.map { "`\($0)`" }.joined(separator: ", "))")
        }
    }
}
