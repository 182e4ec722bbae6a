import Formats
import Model
import Transport

/// Incidents of PagerDuty's REST API, version 2. At each run it lists what is open, as old as it may be; asks what became of those
/// that were and no longer are; and lists those that began and ended since.
package struct PagerDutyConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "pagerduty", summary: "Incidents of PagerDuty, with who acknowledged and resolved them and when.",
        settings: HTTPSource.settings + [
            SettingDescriptor(
                "service_ids", .text, usual: "all", "only incidents of these services, by PagerDuty's ids: `PIJ90N7, PN49J75`"),
            SettingDescriptor("services", .map, "name of a service at PagerDuty → its name here"),
        ] + TimeWindows.settings,
        sample: """
            kind: pagerduty
            url: https://api.pagerduty.com
            header: Authorization
            secret_file: pagerduty-token
            """)

    let http: HTTPSource
    private let windows: TimeWindows
    private let filter: [(name: String, value: String)]

    private static let open = "open"
    private static let ended = "ended"
    private static let incidentsPerPage: Int64 = 100
    /// Incidents asked about by their id for one page; and the most that a cursor remembers.
    private static let askedPerPage = 20
    private static let mostRemembered = 2_000

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        windows = TimeWindows(settings, stepMs: 1_000, longestMs: 30 * .dayMs)
        let ids = (settings.text("service_ids") ?? "").split { $0 == "," || $0 == " " }
        filter = ids.map { ("service_ids[]", String($0)) }
    }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        if let page = try await openPage(cursors[Self.open], access) { return page }
        return try await endedPage(cursors[Self.ended], access)
    }

    // MARK: - What is open

    /// Open incidents with when each changed last, as listed at the last run and, page by page, in this one; and those that must be
    /// asked about because they are listed no more.
    private struct OpenList {
        var known: [String: String]
        var listed: [String: String]
        var gone: [String]
        var offset: Int64
        var asked: Int64?
        /// When this list was begun; nil when it is whole.
        var began: Int64?

        init(_ cursor: Cursor?) {
            func texts(_ name: String) -> [String: String] { cursor?.state[name]?.objectValue?.compactMapValues(\.stringValue) ?? [:] }
            (known, listed) = (texts("known"), texts("listed"))
            gone = cursor?.state["gone"]?.arrayValue?.compactMap(\.stringValue) ?? []
            offset = max(0, cursor?.state["offset"]?.intValue ?? 0)
            (asked, began) = (cursor?.state["asked"]?.intValue, cursor?.state["began"]?.intValue)
        }
        var cursor: Cursor {
            func object(_ texts: [String: String]) -> JSONValue { .object(texts.mapValues { .string($0) }) }
            return Cursor(
                .compact([
                    "known": object(known), "listed": object(listed), "gone": .strings(gone), "offset": .int(offset),
                    "asked": asked.map { .int($0) }, "began": began.map { .int($0) },
                ]))
        }
        mutating func finish(now: Int64) {
            gone = known.keys.filter { listed[$0] == nil }.sorted()
            let kept = listed.keys.sorted().prefix(PagerDutyConnector.mostRemembered)
            known = listed.filter { kept.contains($0.key) }
            (listed, offset, asked, began) = ([:], 0, began ?? now, nil)
        }
    }

    private func openPage(_ cursor: Cursor?, _ access: SourceAccess) async throws(ConnectorError) -> Page? {
        var list = OpenList(cursor)
        var page = Page()
        if !list.gone.isEmpty {
            for id in list.gone.prefix(Self.askedPerPage) {
                list.gone.removeFirst()
                guard let incident = try await incident(id, access) else { continue }
                if !incident.isResolved { list.known[id] = incident.changedAt }
                try await add(incident, to: &page, access)
            }
        } else if list.began != nil || (list.asked ?? .min) < access.now.ms {
            let (incidents, hasMore) = try await ask(
                [("date_range", "all"), ("statuses[]", "triggered"), ("statuses[]", "acknowledged")], offset: list.offset, access)
            list.began = list.began ?? access.now.ms
            for incident in incidents where list.listed[incident.id] == nil {
                list.listed[incident.id] = incident.changedAt
                if list.known[incident.id] != incident.changedAt { try await add(incident, to: &page, access) }
            }
            list.offset += Self.incidentsPerPage
            if !hasMore || incidents.isEmpty { list.finish(now: access.now.ms) }
        } else {
            return nil
        }
        page.cursorUpdates[Self.open] = list.cursor
        return page
    }

    // MARK: - What has ended

    private func endedPage(_ cursor: Cursor?, _ access: SourceAccess) async throws(ConnectorError) -> Page? {
        guard let window = windows.next(after: cursor, now: access.now) else { return nil }
        let isSameRun = cursor?.state["asked"] == .int(access.now.ms)
        let offset = isSameRun ? max(0, cursor?.state["offset"]?.intValue ?? 0) : 0
        let (incidents, hasMore) = try await ask(
            [
                ("since", Instant(ms: window.lowerBound).rfc3339), ("until", Instant(ms: window.upperBound).rfc3339),
                ("statuses[]", "resolved"),
            ], offset: offset, access)
        var page = Page()
        var seen = SeenItems(cursor?.state["seen"], from: window.lowerBound)
        for incident in incidents where seen.isNew(incident.id, at: incident.event.occurredAt.ms) {
            try await add(incident, to: &page, access)
        }
        let isWhole = !hasMore || incidents.isEmpty
        var state = windows.cursor(until: isWhole ? window.upperBound : window.lowerBound, now: access.now).state
        state["offset"] = .int(isWhole ? 0 : offset + Self.incidentsPerPage)
        // What the next page or the next run lists again.
        seen.forget(before: min(window.lowerBound, access.now.ms - windows.overlapMs))
        state["seen"] = seen.state
        page.cursorUpdates[Self.ended] = Cursor(state)
        return page
    }

    // MARK: - Asking

    private func add(_ incident: PagerDutyAPIReader.Incident, to page: inout Page, _ access: SourceAccess) async throws(ConnectorError) {
        var incident = incident
        if !incident.isUntouched {
            let entries = try await detail(
                "/incidents/\(HTTPSource.escaped(incident.id))/log_entries", Self.overview, "log_entries", access)
            if let entries { incident = entries.withUnsafeBytes { PagerDutyAPIReader.complete(incident, withLogEntries: $0) } }
        }
        var reading = Reading()
        reading.events = [incident.event]
        page.items.append(Page.Item(place: "incident \(incident.id)", content: .read(reading)))
    }

    private func ask(
        _ query: [(name: String, value: String)], offset: Int64, _ access: SourceAccess
    ) async throws(ConnectorError) -> (incidents: [PagerDutyAPIReader.Incident], hasMore: Bool) {
        let response = try await http.send(list(query, offset: offset), through: access, fault: Self.fault("incidents"))
        let origin = http.origin("incidents", access)
        return response.body.withUnsafeBytes { PagerDutyAPIReader.incidents($0, from: origin) }
    }
    private func list(_ query: [(name: String, value: String)], offset: Int64) -> HTTPRequest {
        let page: [(name: String, value: String)] = [
            ("limit", String(Self.incidentsPerPage)), ("offset", String(offset)), ("sort_by", "created_at:asc"), ("time_zone", "UTC"),
        ]
        return http.get("/incidents", query + filter + page, headers: Self.version)
    }
    private static let version = [HTTPHeader("Accept", "application/vnd.pagerduty+json;version=2")]

    private func incident(_ id: String, _ access: SourceAccess) async throws(ConnectorError) -> PagerDutyAPIReader.Incident? {
        let answer = try await detail("/incidents/\(HTTPSource.escaped(id))", [], "incident", access)
        let origin = http.origin("incidents", access)
        return answer.flatMap { bytes in bytes.withUnsafeBytes { PagerDutyAPIReader.incident($0, from: origin) } }
    }
    /// Nil for what is not there any more.
    private func detail(
        _ path: String, _ query: [(name: String, value: String)], _ member: StaticString, _ access: SourceAccess
    ) async throws(ConnectorError) -> [UInt8]? {
        try await http.find(http.get(path, query, headers: Self.version), through: access, fault: Self.fault(member))?.body
    }
    /// Without it the notifications of a long incident fill the first page, and who acknowledged it stands on another.
    private static let overview = [("is_overview", "true"), ("limit", "100")].map { (name: $0, value: $1) }
    private static func fault(_ member: StaticString) -> (HTTPResponse) -> String? {
        { response in response.body.withUnsafeBytes { PagerDutyAPIReader.fault($0, member) } }
    }

    package func cursors(refetching place: String) -> [String]? { [Self.open, Self.ended] }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        reading.events = PagerDutyAPIReader.incidents(bytes, from: document).incidents.map(\.event)
        return reading
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        let open: [(name: String, value: String)] = [("date_range", "all"), ("statuses[]", "triggered"), ("statuses[]", "acknowledged")]
        return await http.probe(list(open, offset: 0), through: access, fault: Self.fault("incidents")) { response in
            let (incidents, hasMore) = response.body.withUnsafeBytes {
                PagerDutyAPIReader.incidents($0, from: http.origin("incidents", access))
            }
            return (hasMore ? "more than " : "") + "\(incidents.count) open \(incidents.count == 1 ? "incident" : "incidents")"
        }
    }
}
