import Formats
import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

@Suite struct PagerDutyConnectorTests {
    private let workspace: Workspace
    private let noon = Workspace.noon
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        let settings: [String: JSONValue] = ["url": "https://x.example", "services": ["Checkout (production)": "checkout"]]
        return try workspace.connector("pagerduty", settings.merging(more) { $1 })
    }
    private func recorded() async throws -> Workspace.Run {
        try await workspace.collect(try connector(), network: try Contract("pagerduty").server.access())
    }
    private func incident(_ id: String) async throws -> Event {
        try #require(try await recorded().reading.events.first { $0.sourceID == id })
    }

    @Test func `what is open and what has ended is read page by page, and everything recorded is asked for`() async throws {
        let contract = try Contract("pagerduty")
        let run = try await workspace.collect(try connector(), network: contract.server.access())
        #expect(run.reading.events.map(\.title) == ["The server is on fire.", "Disk is filling", "Payments time out"])
        workspace.cursors = [:]
        let quiet = try await workspace.collect(try connector(["service_ids": "PQUIET1"]), network: contract.server.access())
        #expect(quiet.reading.events.isEmpty)
        for (key, words) in [
            ("stale", "status 401; check the credentials"), ("narrow", "status 403: Access Denied; check the credentials"),
        ] {
            workspace.cursors = [:]
            try workspace.write("Token token=\(key)\n", to: "key")
            let error = await #expect(throws: ConnectorError.self) {
                let refused = try connector(["header": "Authorization", "secret_file": "key"])
                return try await workspace.collect(refused, network: contract.server.access())
            }
            #expect(error?.description.contains(words) == true && workspace.cursors.isEmpty)
        }
        #expect(contract.unexpected.isEmpty)
        #expect(contract.used.count == contract.exchanges.count)
    }

    @Test func `the priority of an incident says how bad it is`() async throws {
        let event = try await incident("PT4KHLK")
        #expect(event.type == .alert && event.role == .signal && event.severity == .critical)
        #expect(event.occurredAt == noon - 20 * .minuteMs && event.attributes[EventAttribute.status] == "firing")
        #expect(event.attributes[EventAttribute.endedAt] == nil && event.attributes["assigned_to"] == ["Earline Greenholt"])
        #expect(event.url == "https://subdomain.pagerduty.com/incidents/PT4KHLK")
    }

    @Test func `without a priority its urgency does`() async throws { #expect(try await incident("PLOWURG").severity == .medium) }

    @Test func `its service has the name that it has here`() async throws {
        #expect(try await recorded().reading.events.map(\.service) == ["checkout", "search", "payments"])
    }

    @Test func `the first acknowledgement is told from its log`() async throws {
        let event = try await incident("PT4KHLK")
        #expect(
            event.attributes["acknowledged_at"] == .int((noon - 17 * .minuteMs).ms) && event.attributes["acknowledged_by"] == "Tim Wright")
    }

    @Test func `a resolved incident says when it ended and by whom`() async throws {
        let event = try await incident("PENDED1")
        #expect(event.attributes[EventAttribute.status] == "resolved" && event.attributes["resolved_by"] == "Ann")
        #expect(event.endedAt == noon - 150 * .minuteMs)
    }

    @Test func `it is the same fact as in PagerDuty's webhook`() async throws {
        let webhook =
            #"{"event":{"event_type":"incident.triggered","data":{"id":"PLOWURG","type":"incident","created_at":"2026-01-01T11:50:00Z","service":{"summary":"search"}}}}"#
        let origin = DocumentOrigin(origin: "x", path: "x", fallbackTime: noon)
        let reading = Array(webhook.utf8).withUnsafeBytes { AlertmanagerReader.read($0, from: origin) }
        #expect(reading.events.map(\.fingerprint) == [try await incident("PLOWURG").fingerprint])
    }

    /// A server where these incidents are open, and the others of `all` resolved.
    private func server(open: [String], all: [String], created: String = "2026-01-01T10:00:00Z") -> FakeServer {
        @Sendable func json(_ id: String) -> String {
            let status = open.contains(id) ? "triggered" : "resolved"
            return
                #"{"id":"\#(id)","status":"\#(status)","created_at":"\#(created)","last_status_change_at":"\#(created)","title":"\#(id)","resolved_at":"2026-01-01T12:01:00Z"}"#
        }
        return FakeServer { _, request in
            let path = String(request.url.dropFirst("https://x.example/".count).prefix { $0 != "?" })
            if path.hasSuffix("/log_entries") { return .ok(#"{"log_entries":[]}"#) }
            if let id = path.split(separator: "/").dropFirst().first { return .ok(#"{"incident":\#(json(String(id)))}"#) }
            let listed = request.url.contains("resolved") ? [] : open
            return .ok(#"{"incidents":[\#(listed.map(json).joined(separator: ","))],"more":false}"#)
        }
    }

    @Test func `what is open no longer is asked about and has ended`() async throws {
        let first = try await workspace.collect(try connector(), network: server(open: ["A", "B"], all: ["A", "B"]).access())
        workspace.now = noon + 5 * .minuteMs
        let second = try await workspace.collect(try connector(), network: server(open: ["B"], all: ["A", "B"]).access())
        #expect(first.reading.events.map(\.sourceID) == ["A", "B"])
        #expect(second.reading.events.map(\.sourceID) == ["A"])
        #expect(second.reading.events.first?.endedAt == noon + .minuteMs)
        #expect(second.reading.events.first?.fingerprint == first.reading.events.first?.fingerprint)
    }

    @Test func `a second run that learns nothing new asks twice`() async throws {
        _ = try await workspace.collect(try connector(), network: server(open: ["A"], all: ["A"]).access())
        workspace.now = noon + .minuteMs
        let server = server(open: ["A"], all: ["A"])
        let run = try await workspace.collect(try connector(), network: server.access())
        #expect(run.reading.events.isEmpty)
        #expect(server.requests.count == 2)
    }

    @Test func `only the named services are asked for`() async throws {
        let server = server(open: [], all: [])
        _ = try await workspace.collect(try connector(["service_ids": "PIJ90N7, PN49J75"]), network: server.access())
        #expect(server.requests.allSatisfy { $0.url.contains("service_ids%5B%5D=PIJ90N7&service_ids%5B%5D=PN49J75") })
        #expect(server.requests.count == 2)
    }

    @Test func `the secret is the whole of the header, and the version is asked for`() async throws {
        try workspace.write("Token token=y_NbAkKc66ryYTWUXYEu\n", to: "pagerduty-token")
        let server = server(open: [], all: [])
        let connector = try connector(["header": "Authorization", "secret_file": "pagerduty-token"])
        _ = try await workspace.collect(connector, network: server.access())
        #expect(server.requests.first?.header("Authorization") == "Token token=y_NbAkKc66ryYTWUXYEu")
        #expect(server.requests.first?.header("Accept") == "application/vnd.pagerduty+json;version=2")
    }

    @Test func `a check says how many incidents are open`() async throws {
        let probe = await (try connector()).probe(through: SourceAccess(now: noon, network: server(open: ["A"], all: ["A"]).access()))
        #expect(probe.findings == ["https://x.example answers", "1 open incident"])
    }
}
