import Formats
import Model
import Transport

/// Alerts of Alertmanager's API, version 2. It lists what fires now; an alert that was listed and no longer is has ended. What a
/// person has silenced is read as silenced.
package struct AlertmanagerConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "alertmanager", summary: "Alerts and silences of Alertmanager, or of what speaks its API, version 2.",
        settings: HTTPSource.settings + [
            HTTPSource.tenant,
            SettingDescriptor("filter", .text, "only alerts that match, such as `severity=~\"critical|warning\"`"),
        ],
        sample: """
            kind: alertmanager
            url: https://alertmanager.example.org
            """)

    let http: HTTPSource
    private let list: AlertmanagerList

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        list = AlertmanagerList(http: http, root: "/api/v2", filter: settings.text("filter"))
    }

    /// What fired and ended while it did not answer is told by nobody.
    package var catchesUp: Bool { false }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        try await list.fetch(after: cursors, through: access)
    }
    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        AlertmanagerReader.read(bytes, from: document)
    }
    package func probe(through access: SourceAccess) async -> SourceProbe {
        await http.probe(list.request, through: access, fault: HTTPSource.listFault, sample: AlertmanagerList.sample)
    }
}

/// What fires, as an API like Alertmanager's lists it below `root`.
struct AlertmanagerList: Sendable {
    let http: HTTPSource
    let root: String
    let filter: String?
    private static let item = "alerts"

    func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        let known = cursors[Self.item]?.state
        let asked = known?["asked"]?.intValue
        if let asked, asked >= access.now.ms { return nil }
        let answer = try await http.send(request, through: access, fault: HTTPSource.listFault)
        var firing = AlertList(answer.body)
        if firing.isAnySilenced {
            firing = firing.with(
                silences: try await http.send(http.get(root + "/silences"), through: access, fault: HTTPSource.listFault).body)
        }
        let before = AlertList(known?["open"])
        if let asked { firing = firing.revised(since: before, at: Instant(ms: asked)) }
        let ended = before.without(firing).ended(at: Instant(ms: asked ?? access.now.ms))
        var page = Page()
        let bytes = Array(JSONValue.array(firing.alerts + ended.alerts).text.utf8)
        page.items = [Page.Item(place: Self.item, content: .bytes(bytes, from: http.origin(Self.item, access)))]
        page.cursorUpdates[Self.item] = Cursor(["asked": .int(access.now.ms), "open": .array(firing.remembered)])
        return page
    }

    var request: HTTPRequest { http.get(root + "/alerts", filter.map { [("filter", $0)] } ?? []) }

    /// What `check` says of an answer.
    static func sample(_ response: HTTPResponse) -> String {
        let list = AlertList(response.body)
        let silenced = list.alerts.count { AlertList.isSilenced($0) }
        return "\(list.alerts.count) \(list.alerts.count == 1 ? "alert" : "alerts")" + (silenced > 0 ? ", \(silenced) silenced" : "")
    }
}

/// The alerts of one answer, or those that a cursor remembers.
private struct AlertList {
    var alerts: [JSONValue]
    /// The most that a cursor remembers.
    private static let mostRemembered = 2_000

    init(_ alerts: [JSONValue]) { self.alerts = alerts }
    init(_ remembered: JSONValue?) { alerts = remembered?.arrayValue ?? [] }
    init(_ body: [UInt8]) {
        guard case .success(.array(let alerts)) = body.withUnsafeBytes({ JSONReader.parse($0) }) else {
            self.alerts = []  // what is no list was refused when it came
            return
        }
        self.alerts = alerts
    }

    /// Labels and start: what Alertmanager itself tells alerts apart by.
    private static func identity(_ alert: JSONValue) -> String { "\(alert["labels"]?.text ?? "") \(alert["startsAt"]?.scalarText ?? "")" }
    private static func silencers(_ alert: JSONValue) -> [String] {
        alert["status"]?["silencedBy"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }
    static func isSilenced(_ alert: JSONValue) -> Bool { !silencers(alert).isEmpty }
    var isAnySilenced: Bool { alerts.contains { Self.isSilenced($0) } }

    func without(_ others: AlertList) -> AlertList {
        let known = Set(others.alerts.map(Self.identity))
        return AlertList(alerts.filter { !known.contains(Self.identity($0)) })
    }
    /// What was silenced, or no longer is, since `before` was seen at `moment` says so: of two tellings of an alert the later counts.
    func revised(since before: AlertList, at moment: Instant) -> AlertList {
        let known = Dictionary(before.alerts.map { (Self.identity($0), $0) }, uniquingKeysWith: { first, _ in first })
        return AlertList(
            alerts.map { alert in
                guard let past = known[Self.identity(alert)] else { return alert }
                var alert = alert
                alert["revisedAt"] = Self.isSilenced(past) == Self.isSilenced(alert) ? past["revisedAt"] : .string(moment.rfc3339)
                return alert
            })
    }
    /// As ended at the moment they were last seen; silenced as they were.
    func ended(at moment: Instant) -> AlertList {
        AlertList(
            alerts.map { alert in
                var alert = alert
                var status = alert["status"] ?? [:]
                status["state"] = "resolved"
                alert["status"] = status
                alert["endsAt"] = .string(moment.rfc3339)
                return alert
            })
    }
    /// Who silenced each, and why.
    func with(silences body: [UInt8]) -> AlertList {
        var words: [String: JSONValue] = [:]
        for silence in AlertList(body).alerts {
            guard let id = silence["id"]?.stringValue else { continue }
            words[id] = .compact(["by": silence["createdBy"], "until": silence["endsAt"], "comment": silence["comment"]])
        }
        return AlertList(
            alerts.map { alert in
                var alert = alert
                let found = Self.silencers(alert).compactMap { words[$0] }
                if !found.isEmpty { alert["silences"] = .array(found) }
                return alert
            })
    }
    /// What is needed to tell that they ended.
    var remembered: [JSONValue] {
        let names = ["labels", "annotations", "startsAt", "generatorURL", "fingerprint", "status", "silences", "revisedAt"]
        return alerts.prefix(Self.mostRemembered).map { alert in
            .compact(Dictionary(uniqueKeysWithValues: names.map { ($0, alert[$0]) }))
        }
    }
}
