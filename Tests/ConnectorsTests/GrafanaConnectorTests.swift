import Formats
import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

@Suite struct GrafanaConnectorTests {
    private let workspace: Workspace
    private let noon = Workspace.noon
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        try workspace.connector("grafana", ["url": "https://x.example"].merging(more) { $1 })
    }
    private func recorded() async throws -> [Event] {
        try await workspace.collect(try connector(), network: try Contract("grafana").server.access()).reading.events
    }

    @Test func `alerts and annotations are read, and everything recorded is asked for`() async throws {
        let contract = try Contract("grafana")
        let first = try await workspace.collect(try connector(), network: contract.server.access())
        workspace.now = noon + .minuteMs
        let second = try await workspace.collect(try connector(), network: contract.server.access())
        #expect(
            first.reading.events.map(\.title) == [
                "Checkout answers with errors", "RackMoves", "Deploy checkout 4.18.0", "HighErrors: Normal → Alerting",
                "Looks like the cache",
            ])
        #expect(second.reading.events.map(\.title) == ["Checkout answers with errors", "RackMoves"])
        for (token, words) in [("stale", "Invalid API key"), ("narrow", "Permissions needed: alert.instances:read")] {
            workspace.cursors = [:]
            try workspace.write("\(token)\n", to: "token")
            let error = await #expect(throws: ConnectorError.self) {
                try await workspace.collect(try connector(["secret_file": "token"]), network: contract.server.access())
            }
            #expect(error?.description.contains("\(words); check the credentials") == true && workspace.cursors.isEmpty)
        }
        #expect(contract.unexpected.isEmpty)
        #expect(contract.used.count == contract.exchanges.count)
    }

    @Test func `an alert is one as of Alertmanager`() async throws {
        let events = try await recorded()
        let alert = try #require(events.first { $0.title == "Checkout answers with errors" })
        #expect(alert.type == .alert && alert.role == .signal && alert.severity == .critical && alert.service == "checkout")
        #expect(alert.occurredAt == noon - 20 * .minuteMs)
        let silenced = try #require(events.first { $0.title == "RackMoves" })
        #expect(silenced.severity == .low && silenced.attributes["silenced"]?.text.contains("we move the rack") == true)
    }

    @Test func `an annotation of a deployment is a change of the service that its tags name`() async throws {
        let event = try #require(try await recorded().first { $0.sourceID == "1124" })
        #expect(event.type == .deployment && event.role == .change && event.service == "checkout")
        #expect(event.attributes[EventAttribute.version] == "4.18.0" && event.attributes[EventAttribute.author] == "ci")
        #expect(event.body == "Deploy checkout 4.18.0\nby build 40" && event.endedAt == noon - 21 * .minuteMs)
        #expect(event.url == "https://x.example/d/uGlb_lG7z")
    }

    @Test func `a state of an alert is context of the service that its labels name`() async throws {
        let event = try #require(try await recorded().first { $0.sourceID == "1125" })
        #expect(event.type == .alert && event.role == .context && event.severity == .info && event.service == "checkout")
    }

    @Test func `any other annotation is a note`() async throws {
        let event = try #require(try await recorded().first { $0.sourceID == "1126" })
        #expect(event.type == .note && event.role == .context && event.attributes[EventAttribute.author] == "ann")
    }

    @Test func `more annotations than are given at once are asked for piece by piece`() async throws {
        // One a second over an hour.
        let server = FakeServer { _, request in
            guard request.url.contains("/annotations") else { return .ok("[]") }
            func number(_ name: String) -> Int64 { Int64(request.parameter(name) ?? "") ?? 0 }
            let first = max(number("from"), Workspace.noon.ms - .hourMs)
            let times = stride(from: first, through: min(number("to"), Workspace.noon.ms), by: 1_000).suffix(Int(number("limit")))
            return .ok("[\(times.map { #"{"id":\#($0),"time":\#($0),"text":"x"}"# }.joined(separator: ","))]")
        }
        let events = try await workspace.collect(try connector(["lookback": "1h"]), network: server.access()).reading.events
        #expect(Set(events.map(\.sourceID)).count == 3_601)
    }

    @Test func `only annotations with the wanted tags are asked for, or none`() async throws {
        let server = FakeServer("[]")
        _ = try await workspace.collect(try connector(["annotation_tags": "deploy, production"]), network: server.access())
        #expect(server.paths.last?.hasSuffix("&tags=deploy&tags=production") == true)
        workspace.now = noon + .minuteMs
        _ = try await workspace.collect(try connector(["annotations": "false"]), network: server.access())
        #expect(server.requests.count == 3)
    }

    @Test func `a token that may not read is named with a remedy`() async throws {
        let server = FakeServer { _, _ in .status(401, #"{"message":"Invalid API key"}"#) }
        let error = await #expect(throws: ConnectorError.self) { try await workspace.collect(try connector(), network: server.access()) }
        #expect(error?.description.contains("Invalid API key; name the credentials in `secret_file`") == true)
    }

    @Test func `a check says how many alerts and annotations there are`() async throws {
        let probe = await (try connector()).probe(through: SourceAccess(now: noon, network: FakeServer("[{}]").access()))
        #expect(probe.findings == ["https://x.example answers", "1 alert", "1 annotation of the last day"])
    }
}
