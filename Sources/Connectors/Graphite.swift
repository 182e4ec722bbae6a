import Formats
import Model
import Transport

/// Metrics and events of Graphite. Each target is asked over a window of time, so that the server aggregates; its events are changes.
package struct GraphiteConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "graphite", summary: "Metrics of Graphite's render API, and its events as changes.",
        settings: HTTPSource.settings + [
            SettingDescriptor("targets", .map, "name → target; let `aliasByNode` or a tag name the service"),
            SettingDescriptor("events", .flag, usual: "true", "read its events as changes"),
            SettingDescriptor("event_tags", .text, "only events that have all these tags, such as `deploy`"),
        ] + TimeWindows.settings,
        sample: """
            kind: graphite
            url: https://graphite.example.org
            targets:
              error_rate: aliasByNode(perSecond(shop.*.errors), 1)
            """)

    let http: HTTPSource
    private let windows: TimeWindows
    /// In the order of their names. Events are one of them.
    private let items: [Item]
    private let eventTags: String?

    private enum Item: Hashable {
        case target(name: String, expression: String)
        case events

        var key: String {
            switch self {
            case .target(let name, _): "target:\(name)"
            case .events: "events"
            }
        }
        var name: String {
            switch self {
            case .target(let name, _): name
            case .events: "events"
            }
        }
    }

    /// Windows begin and end with a minute, which every usual archive divides or is a multiple of.
    private static let stepMs = Int64.minuteMs

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        windows = TimeWindows(settings, stepMs: Self.stepMs, longestMs: .dayMs)
        eventTags = settings.text("event_tags")
        var items = settings.map("targets").sorted { $0.key < $1.key }.map { Item.target(name: $0.key, expression: $0.value) }
        if settings.flag("events") ?? true { items.append(.events) }
        guard !items.isEmpty else { throw .badSetting(setting: "targets", why: "without targets and events nothing would be read") }
        self.items = items
    }

    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { cursors.readUntil(of: items.map(\.key)) }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        for item in items {
            let page = try await windows.page(of: item.key, after: cursors, now: access.now) {
                (window: inout Range<Int64>) async throws(ConnectorError) in [try await ask(item, window, access)]
            }
            if let page { return page }
        }
        return nil
    }

    private func ask(_ item: Item, _ window: Range<Int64>, _ access: SourceAccess) async throws(ConnectorError) -> Page.Item {
        let place = TimeWindows.place(item.name, window)
        let origin = http.origin(item.name, access)
        let response = try await http.send(request(item, window), through: access, fault: HTTPSource.listFault)
        guard item == .events else { return Page.Item(place: place, content: .bytes(response.body, from: origin)) }
        return Page.Item(place: place, content: .read(response.body.withUnsafeBytes { GraphiteReader.events($0, from: origin) }))
    }

    /// Graphite gives the points after `from`, up to and with `until`.
    private func request(_ item: Item, _ window: Range<Int64>) -> HTTPRequest {
        let span = [("from", Self.secondBefore(window.lowerBound)), ("until", Self.secondBefore(window.upperBound))]
        switch item {
        case .target(_, let expression):
            return http.get("/render", [("target", expression), ("format", "json"), ("noNullPoints", "true")] + span)
        case .events: return http.get("/events/get_data", span + (eventTags.map { [("tags", $0)] } ?? []))
        }
    }
    private static func secondBefore(_ ms: Int64) -> String { String(ms.floorDivided(by: 1_000) - 1) }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        GraphiteReader.metrics(bytes, from: document)
    }

    package func cursors(refetching place: String) -> [String]? { items.filter { TimeWindows.isPlace(place, of: $0.name) }.map(\.key) }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        let end = access.now.ms.floorDivided(by: Self.stepMs) * Self.stepMs + Self.stepMs
        return await http.probe(
            each: items.map { item in
                let span = item == .events ? Int64.dayMs : .hourMs
                return (
                    request(item, (end - span)..<end),
                    { response in
                        let origin = http.origin("", access)
                        return response.body.withUnsafeBytes { bytes in
                            item == .events
                                ? "events: \(GraphiteReader.events(bytes, from: origin).events.count) of the last day"
                                : "\(item.name): \(GraphiteReader.metrics(bytes, from: origin).metrics.count) series"
                        }
                    }
                )
            }, through: access, fault: HTTPSource.listFault)
    }
}
