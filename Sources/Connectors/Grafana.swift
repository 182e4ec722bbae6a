import Formats
import Model
import Transport

/// Alerts of Grafana's own alerting, which lists them as Alertmanager does, and its annotations: deployments and notes that people and
/// programs marked, and the states through which alerts went.
package struct GrafanaConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "grafana", summary: "Alerts and silences of Grafana's alerting, and annotations as changes and notes.",
        settings: HTTPSource.settings + [
            SettingDescriptor("filter", .text, "only alerts that match, such as `severity=~\"critical|warning\"`"),
            SettingDescriptor("annotations", .flag, usual: "true", "read annotations"),
            SettingDescriptor("annotation_tags", .text, "only annotations that have all these tags, such as `deploy, production`"),
        ] + TimeWindows.settings,
        sample: """
            kind: grafana
            url: https://grafana.example.org
            secret_file: grafana-service-account-token
            """)

    let http: HTTPSource
    private let list: AlertmanagerList
    private let windows: TimeWindows
    private let readsAnnotations: Bool
    private let tags: [(name: String, value: String)]

    private static let item = "annotations"
    private static let annotationsPerPage = 1_000

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        list = AlertmanagerList(http: http, root: "/api/alertmanager/grafana/api/v2", filter: settings.text("filter"))
        windows = TimeWindows(settings, stepMs: 1_000, longestMs: 7 * .dayMs)
        readsAnnotations = settings.flag("annotations") ?? true
        tags = (settings.text("annotation_tags") ?? "").split { $0 == "," || $0 == " " }.map { ("tags", String($0)) }
    }

    /// What fired and ended while it did not answer is told by nobody.
    package var catchesUp: Bool { false }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        if let page = try await list.fetch(after: cursors, through: access) { return page }
        guard readsAnnotations else { return nil }
        return try await windows.page(of: Self.item, after: cursors, now: access.now) {
            (window: inout Range<Int64>) async throws(ConnectorError) in
            let body = try await annotations(&window, access)
            let reading = body.withUnsafeBytes { GrafanaReader.annotations($0, page: http.url, from: http.origin(Self.item, access)) }
            return [Page.Item(place: TimeWindows.place(Self.item, window), content: .read(reading))]
        }
    }

    /// Those of a window; when there are more than are given at once, of as much of it as holds fewer.
    private func annotations(_ window: inout Range<Int64>, _ access: SourceAccess) async throws(ConnectorError) -> [UInt8] {
        while true {
            let response = try await http.send(request(window), through: access, fault: HTTPSource.listFault)
            let seconds = (window.upperBound - window.lowerBound) / 1_000
            let count = response.body.withUnsafeBytes { GrafanaReader.count($0) } ?? 0
            guard count >= Self.annotationsPerPage, seconds > 1 else { return response.body }
            window = window.lowerBound..<(window.lowerBound + seconds / 2 * 1_000)
        }
    }
    private func request(_ window: Range<Int64>) -> HTTPRequest {
        // Both ends belong to what Grafana looks through.
        let span: [(name: String, value: String)] = [
            ("from", String(window.lowerBound)), ("to", String(window.upperBound - 1)), ("limit", String(Self.annotationsPerPage)),
        ]
        return http.get("/api/annotations", span + tags)
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        AlertmanagerReader.read(bytes, from: document)
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        var questions: [(request: HTTPRequest, sample: (HTTPResponse) -> String)] = [(list.request, AlertmanagerList.sample)]
        if readsAnnotations {
            let now = access.now.ms
            questions.append(
                (
                    request((now - .dayMs)..<(now + 1)),
                    { response in
                        let count = response.body.withUnsafeBytes { GrafanaReader.count($0) } ?? 0
                        return "\(count) \(count == 1 ? "annotation" : "annotations") of the last day"
                    }
                ))
        }
        return await http.probe(each: questions, through: access, fault: HTTPSource.listFault)
    }
}
