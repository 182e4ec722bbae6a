import Formats
import Model
import Transport

/// Metrics and alerts of a Prometheus-compatible server. Each query is asked over a window of time (`query_range`), so that the
/// server aggregates and thins; alerts come from their own series, which remember when each began and ended.
package struct PrometheusConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "prometheus", summary: "Metrics and alerts of Prometheus, VictoriaMetrics, Mimir or Thanos, aggregated by the server.",
        settings: HTTPSource.settings + [
            HTTPSource.tenant,
            SettingDescriptor("queries", .map, "name → PromQL; let the server aggregate by `service`"),
            SettingDescriptor("step", .duration, usual: "1min", "the distance of two points"),
            SettingDescriptor("alerts", .flag, usual: "true", "read the alerts that its rules fire"),
        ] + TimeWindows.settings,
        sample: """
            kind: prometheus
            url: https://prometheus.example.org
            queries:
              request_rate: sum by (service) (rate(http_requests_total[5m]))
              error_rate: sum by (service) (rate(http_requests_total{code=~"5.."}[5m]))
            """)

    let http: HTTPSource
    private let windows: TimeWindows
    private let stepMs: Int64
    /// In the order of their names. Alerts are one of them.
    private let queries: [(item: String, expression: String)]

    private static let alertsItem = "alerts"
    private static let stepsPerWindow: Int64 = 1_440
    /// The value is when the alert became active; the labels are the alert's own.
    private static let alertsExpression = #"ALERTS{alertstate="firing"} * ignoring(alertstate) ALERTS_FOR_STATE"#

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        stepMs = min(max(settings.number("step") ?? .minuteMs, 1_000), .dayMs).floorDivided(by: 1_000) * 1_000
        windows = TimeWindows(settings, stepMs: stepMs, longestMs: stepMs * Self.stepsPerWindow)
        var queries = settings.map("queries").sorted { $0.key < $1.key }.map { (item: "query:\($0.key)", expression: $0.value) }
        if settings.flag("alerts") ?? true { queries.append((Self.alertsItem, Self.alertsExpression)) }
        guard !queries.isEmpty else { throw .badSetting(setting: "queries", why: "without queries and alerts nothing would be read") }
        self.queries = queries
    }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        for query in queries {
            let page = try await windows.page(of: query.item, after: cursors, now: access.now) {
                (window: inout Range<Int64>) async throws(ConnectorError) in
                let response = try await http.send(range(query, window), through: access, fault: Self.fault)
                return [try await item(query, response.body, window, access)]
            }
            if let page { return page }
        }
        return nil
    }

    private func range(_ query: (item: String, expression: String), _ window: Range<Int64>) -> HTTPRequest {
        // An alert that ended between two windows is seen to end in the second, which begins a step early.
        let start = query.item == Self.alertsItem ? window.lowerBound - stepMs : window.lowerBound
        return http.get(
            "/api/v1/query_range",
            [
                ("query", query.expression), ("start", Self.seconds(start)), ("end", Self.seconds(window.upperBound - stepMs)),
                ("step", Self.seconds(stepMs)),
            ])
    }
    private static func name(of item: String) -> String { item == alertsItem ? item : String(item.dropFirst("query:".count)) }
    private static func seconds(_ ms: Int64) -> String { String(ms.floorDivided(by: 1_000)) }

    private func item(
        _ query: (item: String, expression: String), _ body: [UInt8], _ window: Range<Int64>, _ access: SourceAccess
    ) async throws(ConnectorError) -> Page.Item {
        let name = Self.name(of: query.item)
        let place = TimeWindows.place(name, window)
        let origin = http.origin(name, access)
        guard query.item == Self.alertsItem else { return Page.Item(place: place, content: .bytes(body, from: origin)) }
        let (lastStepMs, stepMs) = (window.upperBound - stepMs, stepMs)
        let rules = try await rules(access)
        let reading = body.withUnsafeBytes {
            PrometheusReader.alerts($0, rules: rules, lastStepMs: lastStepMs, stepMs: stepMs, from: origin)
        }
        return Page.Item(place: place, content: .read(reading))
    }

    /// The rules with their annotations; nothing from a server that has none of its own.
    private func rules(_ access: SourceAccess) async throws(ConnectorError) -> [UInt8] {
        do throws(ConnectorError) {
            return try await http.send(http.get("/api/v1/rules", [("type", "alert")]), through: access, fault: Self.fault).body
        } catch {
            guard case .refused = error else { throw error }
            return []
        }
    }

    private static func fault(_ response: HTTPResponse) -> String? { response.body.withUnsafeBytes { PrometheusReader.fault($0) } }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        PrometheusReader.metrics(bytes, from: document)
    }

    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { cursors.readUntil(of: queries.map(\.item)) }
    package func cursors(refetching place: String) -> [String]? {
        queries.map(\.item).filter { TimeWindows.isPlace(place, of: Self.name(of: $0)) }
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        let now = access.now.ms.floorDivided(by: stepMs) * stepMs
        return await http.probe(
            each: queries.map { query in
                let name = Self.name(of: query.item)
                return (
                    range(query, (now - 10 * stepMs)..<(now + stepMs)),
                    { response in
                        let reading = response.body.withUnsafeBytes { PrometheusReader.metrics($0, from: http.origin("", access)) }
                        return "\(name): \(reading.metrics.count) series"
                    }
                )
            }, through: access, fault: Self.fault)
    }
}
