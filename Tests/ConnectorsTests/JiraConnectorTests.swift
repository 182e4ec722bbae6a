import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

@Suite struct JiraConnectorTests {
    private let workspace: Workspace
    private let contract: Contract
    init() throws {
        workspace = try Workspace(now: Workspace.noon)
        contract = try Contract("jira")
    }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        let settings: [String: JSONValue] = ["url": "https://x.atlassian.net", "jql": "project = SHOP"]
        return try workspace.connector("jira", settings.merging(more) { $1 })
    }
    private func collect(_ more: [String: JSONValue] = [:], _ server: FakeServer? = nil) async throws -> Workspace.Run {
        try await workspace.collect(try connector(more), network: (server ?? contract.server).access())
    }
    private static let dataCenter: [String: JSONValue] = ["url": "https://jira.example.org"]

    @Test func `everything that was recorded is asked for, and nothing else`() async throws {
        _ = try await collect()
        workspace.now = Workspace.noon + 5 * .minuteMs
        #expect(try await collect().reading.events.isEmpty)
        workspace.now = Workspace.noon
        workspace.cursors = [:]
        await #expect(throws: ConnectorError.self) { try await collect(["jql": "projekt = SHOP"]) }
        try workspace.write("expired", to: "token")
        await #expect(throws: ConnectorError.self) { try await collect(["secret_file": "token"]) }
        try workspace.write("outdated", to: "token")
        await #expect(throws: ConnectorError.self) { try await collect(["secret_file": "token"]) }
        _ = try await collect(Self.dataCenter)
        workspace.cursors = [:]
        #expect(try await collect(Self.dataCenter.merging(["jql": "project = NEW"]) { $1 }).reading.events.isEmpty)
        _ = await (try connector()).probe(through: SourceAccess(now: Workspace.noon, network: contract.server.access()))
        #expect(contract.unexpected.isEmpty)
        let unused = contract.exchanges.indices.filter { !contract.used.contains($0) }
        #expect(unused.isEmpty, "\(unused.map { contract.exchanges[$0].sources })")
    }

    @Test func `an issue is what somebody reported, with its words as text`() async throws {
        let event = try #require(try await collect().reading.events.first { $0.sourceID == "SHOP-1" })
        #expect(event.type == .report && event.role == .signal && event.severity == .high)
        #expect(event.title == "The cart doubles its total" && event.component == "cart")
        #expect(event.occurredAt.rfc3339 == "2026-01-01T09:58:00Z")
        #expect(event.url == "https://example.atlassian.net/browse/SHOP-1")
        #expect(
            event.body == """
                Seen
                The total doubles when I remove an item.
                - on the phone
                - since today
                @Ben
                https://shop.example.org/cart
                at cart.ts:14
                """)
    }

    @Test func `kinds and priorities tell reports from plans`() async throws {
        let events = try await collect().reading.events
        let byKey = Dictionary(events.map { ($0.sourceID ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        #expect(byKey.keys.sorted() == ["SHOP-1", "SHOP-2", "SHOP-3", "SHOP-4"])
        #expect(byKey["SHOP-2"]?.role == .context)
        #expect(byKey["SHOP-3"]?.severity == .critical && byKey["SHOP-3"]?.endedAt?.rfc3339 == "2026-01-01T11:00:30Z")
        #expect(byKey["SHOP-4"]?.role == .signal && byKey["SHOP-4"]?.severity == .low)
    }

    @Test func `Data Center answers with plain text and pages by number`() async throws {
        let events = try await collect(Self.dataCenter).reading.events
        #expect(Set(events.compactMap(\.sourceID)) == ["SHOP-1", "SHOP-2", "SHOP-3", "SHOP-4"])
        let first = try #require(events.first { $0.sourceID == "SHOP-1" })
        #expect(first.body == "The total doubles\nwhen I remove an *item*." && first.severity == .critical)
        #expect(first.url == "https://jira.example.org/browse/SHOP-1")
    }

    @Test func `a wrong query is refused with what Jira says and where to look`() async throws {
        do {
            _ = try await collect(["jql": "projekt = SHOP"])
            Issue.record("it was not refused")
        } catch {
            #expect("\(error)".contains("Field 'projekt' does not exist") && "\(error)".contains("check `jql`"))
        }
    }

    @Test func `a token that has run out is not taken for a list without issues`() async throws {
        try workspace.write("outdated", to: "token")
        let error = await #expect(throws: ConnectorError.self) { try await collect(["secret_file": "token"]) }
        #expect(error?.description.contains("AUTHENTICATED_FAILED") == true && error?.description.contains("an API token") == true)
        #expect(workspace.cursors.isEmpty)
    }

    @Test func `a query with an order of its own is refused, one that looks for the word is not`() throws {
        #expect(throws: ConnectorError.self) { try connector(["jql": "project = SHOP Order By created"]) }
        _ = try connector(["jql": "summary ~ \"the order failed\""])
    }

    @Test func `nothing new is one question, however often`() async throws {
        let server = FakeServer(#"{"issues":[],"isLast":true}"#)
        for minutes in 0..<3 {
            workspace.now = Workspace.noon + Int64(minutes) * 5 * .minuteMs
            _ = try await collect([:], server)
        }
        #expect(server.requests.count == 3)
    }

    @Test func `a check says who asks and what there is`() async throws {
        let probe = await (try connector()).probe(
            through: SourceAccess(
                now: Workspace.noon,
                network: FakeServer { _, request in
                    request.url.contains("/myself")
                        ? .ok(#"{"displayName":"Mia"}"#)
                        : .ok(#"{"issues":[{"key":"A-1","fields":{"updated":"2026-01-01T11:00:00.000+0000"}}]}"#)
                }.access()))
        #expect(probe.findings == ["https://x.atlassian.net answers", "asked as Mia", "1 issue changed in the last day"])
    }
}
