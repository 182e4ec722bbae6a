import Formats
import Model
import Transport

/// Traces of Tempo: a search in TraceQL names them, then each is had by its id.
package struct TempoConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "tempo", summary: "Traces of Grafana Tempo, found by TraceQL.",
        settings: HTTPSource.settings + [
            SettingDescriptor("query", .text, usual: "{}", "TraceQL: which traces, such as `{ resource.service.name = \"cart\" }`"),
            HTTPSource.tenant,
        ] + TraceSampling.settings(limit: 20, most: 200),
        sample: """
            kind: tempo
            url: https://tempo.example.org
            query: '{ resource.deployment.environment = "production" }'
            """)

    let http: HTTPSource
    private let sampling: TraceSampling
    private let query: String
    private static let item = "traces"

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        // Each trace costs a request of its own.
        sampling = TraceSampling(settings, limit: 20, floorMs: 5 * .minuteMs)
        query = settings.text("query") ?? "{}"
    }

    package func cursors(refetching place: String) -> [String]? { [Self.item] }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        try await sampling.fetch(Self.item, after: cursors[Self.item], access) { (part, range, mayBeLess) async throws(ConnectorError) in
            let ids = Self.ids(try await http.send(search(part, range, sampling.limit), through: access, fault: Self.fault).body)
            if mayBeLess, ids.count >= sampling.limit { return nil }
            var reading = Reading()
            for id in ids.prefix(sampling.limit) { reading.append(try await trace(id, access)) }
            return reading
        }
    }

    private func search(_ part: TraceSampling.Part, _ range: Range<Int64>, _ limit: Int) -> HTTPRequest {
        let expression =
            switch part {
            case .any: query
            case .failed: query == "{}" ? "{ status = error }" : "(\(query)) && { status = error }"
            case .slow(let microseconds):
                query == "{}" ? "{ traceDuration >= \(microseconds)us }" : "(\(query)) && { traceDuration >= \(microseconds)us }"
            }
        return http.get(
            "/api/search",
            [
                ("q", expression), ("start", String(range.lowerBound / 1_000)), ("end", String(range.upperBound / 1_000)),
                ("limit", String(limit)), ("spss", "1"),
            ])
    }

    /// By the second version of the question, or the first of older servers; nothing when it is gone meanwhile.
    private func trace(_ id: String, _ access: SourceAccess) async throws(ConnectorError) -> Reading {
        for path in ["/api/v2/traces/", "/api/traces/"] {
            do throws(ConnectorError) {
                let body = try await http.send(http.get(path + id), through: access, fault: Self.traceFault).body
                return body.withUnsafeBytes { Self.read($0, from: http.origin(id, access)) }
            } catch {
                guard case .refused(_, 404, _, _) = error else { throw error }
            }
        }
        return Reading()
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        TempoReader.read(bytes, from: document, stack: StackTrace.parse)
    }

    private static func ids(_ body: [UInt8]) -> [String] {
        guard case .success(let root) = body.withUnsafeBytes({ JSONReader.parse($0) }) else { return [] }  // `fault` says so
        let ids = (root["traces"]?.arrayValue ?? []).compactMap { $0["traceID"]?.stringValue }
        return ids.filter { (1...32).contains($0.utf8.count) && $0.allSatisfy(\.isHexDigit) }
    }
    /// An empty answer may leave `traces` out.
    private static func fault(_ response: HTTPResponse) -> String? {
        response.body.withUnsafeBytes {
            JSONReader.kindFault($0, unless: { $0["traces"]?.isArray == true || $0["metrics"]?.isObject == true })
        }
    }
    private static func traceFault(_ response: HTTPResponse) -> String? { response.body.withUnsafeBytes { TempoReader.fault($0) } }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        let now = access.now.ms.floorDivided(by: 1_000) * 1_000
        return await http.probe(search(.any, (now - .hourMs)..<now, 10), through: access, fault: Self.fault) { response in
            let count = Self.ids(response.body).count
            return count == 0 ? "no trace of the last hour" : "traces of the last hour"
        }
    }
}
