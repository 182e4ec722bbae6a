import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

private let onCart = "009b8a3a9ccbb128af87f9b1c0f4c62e8a304f6d"
private let before = "6dcb09b5b57875f334f61aebed695e2e4193db5e"

@Suite struct GitLabConnectorTests {
    private let workspace: Workspace
    private let contract: Contract
    init() throws {
        workspace = try Workspace(now: Workspace.noon)
        contract = try Contract("gitlab")
    }
    private func collect(_ more: [String: JSONValue] = [:], _ server: FakeServer? = nil) async throws -> Workspace.Run {
        let settings: [String: JSONValue] = ["url": "https://x.example", "project": "example/shop"]
        let connector = try workspace.connector("gitlab", settings.merging(more) { $1 })
        return try await workspace.collect(connector, network: (server ?? contract.server).access())
    }

    @Test func `everything that was recorded is asked for, and nothing else`() async throws {
        _ = try await collect()
        workspace.now = Workspace.noon + 5 * .minuteMs
        _ = try await collect()
        workspace.cursors = [:]
        await #expect(throws: ConnectorError.self) { try await collect(["project": "7", "read": "releases"]) }
        await #expect(throws: ConnectorError.self) { try await collect(["project": "example/locked", "read": "releases"]) }
        try workspace.write("expired", to: "token")
        await #expect(throws: ConnectorError.self) {
            try await collect(["secret_file": "token", "header": "PRIVATE-TOKEN", "read": "releases"])
        }
        #expect(contract.unexpected.isEmpty)
        let unused = contract.exchanges.indices.filter { !contract.used.contains($0) }
        #expect(unused.isEmpty, "\(unused.map { contract.exchanges[$0].sources })")
    }

    @Test func `a pipeline that failed names the job that may not fail, its log, commit and the last good commit`() async throws {
        let event = try #require(try await collect(["read": "pipelines"]).reading.events.first { $0.type == .buildFailure })
        #expect(event.title == "Build pipeline #13 failed on main: rspec")
        #expect(event.occurredAt.rfc3339 == "2026-01-01T11:08:00Z")
        #expect(event.commit == onCart && event.text(EventAttribute.previousCommit) == before)
        #expect(
            event.text(EventAttribute.reason) == "script failure"
                && event.attributes["changes"] == [[.string(onCart), "ann", "Count items once"]])
        #expect(event.text(EventAttribute.exemplar)?.hasSuffix("ERROR: Job failed: exit code 1") == true)
        #expect(event.stackFrames.contains { $0.file.hasSuffix("lib/cart.rb") && $0.line == 14 })
    }

    @Test func `a test report gives test results of the pipeline's commit`() async throws {
        let tests = try await collect(["read": "pipelines"]).reading.tests
        let failed = try #require(tests.first { $0.outcome == .failed })
        #expect(failed.name == "Cart removes an item" && failed.suite == "rspec" && failed.className == "spec.cart_spec")
        #expect(failed.message == "Failure/Error: expect(cart.count).to eq(0)" && failed.durationMs == 4_750)
        #expect(failed.run == "gitlab.example.org/example/shop/Build pipeline/13#rspec" && failed.commit == onCart)
        #expect(tests.count == 4 && Set(tests.map(\.run)).count == 2)
    }

    @Test func `of a pipeline that its tests failed the tests are the signals`() async throws {
        let event = try #require(try await collect(["read": "pipelines"]).reading.events.first { $0.type == .buildFailure })
        #expect(event.role == .context && event.attributes[EventAttribute.count] == 1)
        workspace.cursors = [:]
        let alone = try await collect(["read": "pipelines", "test_reports": "false"]).reading.events.first { $0.type == .buildFailure }
        #expect(alone?.role == .signal)
    }

    @Test func `without test reports a pipeline that passed costs nothing more`() async throws {
        _ = try await collect(["read": "pipelines", "test_reports": "false"])
        #expect(!contract.requests.contains { $0.contains("test_report") })
    }

    @Test func `a deployment knows what it replaced, and what was live before the first run is read`() async throws {
        let events = try await collect(["read": "deployments"]).reading.events
        #expect(
            events.map(\.title) == [
                "deployed shop v1.3.0 to production", "deployed shop v1.4.0 to production",
                "deployment of shop 009b8a3a9ccb to staging failed",
            ])
        #expect(events[1].text(EventAttribute.previousCommit) == before)
        #expect(events[1].occurredAt.rfc3339 == "2026-01-01T11:12:00Z" && events[1].commit == onCart)
        #expect(events[2].role == .signal)
    }

    @Test func `a deployment that is listed again is not its own predecessor`() async throws {
        func list(_ updated: String) -> FakeServer {
            FakeServer { _, request in
                request.url.contains("environment=")
                    ? .ok("[]")
                    : .ok(
                        #"[{"id":1,"status":"success","sha":"\#(onCart)","ref":"main","environment":{"name":"production"},"created_at":"2026-01-01T11:50:00Z","updated_at":"2026-01-01T11:55:00Z"}]"#
                    )
            }
        }
        #expect(try await collect(["read": "deployments"], list("1")).reading.events.count == 1)
        workspace.now = Workspace.noon + 5 * .minuteMs
        #expect(try await collect(["read": "deployments"], list("2")).reading.events.isEmpty)
    }

    @Test func `incidents and faults are reports with their severity, a feature is context`() async throws {
        let events = try await collect(["read": "issues"]).reading.events
        #expect(events.map(\.title) == ["Checkout is down", "Dark mode", "500 when I remove an item"])
        #expect(events.map(\.role) == [.signal, .context, .signal])
        #expect(events.map(\.severity) == [.critical, .info, .high])
        #expect(events[0].endedAt?.rfc3339 == "2026-01-01T08:00:00Z")
    }

    @Test func `a release and a merged request name their commit`() async throws {
        let events = try await collect(["read": ["releases", "merge_requests"]]).reading.events
        #expect(events.map(\.title) == ["released v1.4.0: The cart counts", "merged !7: Count items once"])
        #expect(events.map(\.commit) == [onCart, onCart])
    }

    @Test func `a pipeline that is tried again and passes is read again`() async throws {
        func list(_ status: String, _ updated: String) -> FakeServer {
            FakeServer { _, request in
                request.url.contains("scope=finished")
                    ? .ok(
                        #"[{"id":1,"iid":7,"status":"\#(status)","ref":"main","sha":"\#(onCart)","source":"push","created_at":"2026-01-01T11:50:00Z","updated_at":"\#(updated)"}]"#
                    ) : .ok("[]")
            }
        }
        let settings: [String: JSONValue] = ["read": "pipelines", "branches": "main", "test_reports": "false"]
        #expect(try await collect(settings, list("failed", "2026-01-01T11:55:00Z")).reading.events.map(\.type) == [.buildFailure])
        workspace.now = Workspace.noon + 5 * .minuteMs
        #expect(try await collect(settings, list("failed", "2026-01-01T11:55:00Z")).reading.events.isEmpty)
        workspace.now = Workspace.noon + 10 * .minuteMs
        #expect(try await collect(settings, list("success", "2026-01-01T12:06:00Z")).reading.events.map(\.type) == [.build])
    }

    @Test func `more pipelines of one second than a page holds are read by the link to the next page`() async throws {
        let events = try await collect(["read": "pipelines"]).reading.events
        #expect(events.map(\.sourceID).count == Set(events.map(\.sourceID)).count)
        let pages = contract.requests.filter { $0.contains("scope=finished") }
        #expect(pages.map { $0.contains("/projects/42/") } == [false, false, false, false, true])  // of which one was limited
    }

    @Test func `a scope that does not reach that far is said in GitLab's words, with a remedy`() async throws {
        let error = await #expect(throws: ConnectorError.self) { try await collect(["project": "example/locked", "read": "releases"]) }
        #expect(error?.description.contains("requires higher privileges") == true)
        #expect(error?.description.contains("needs the scope `read_api`") == true)
        #expect(workspace.cursors.isEmpty)
    }

    @Test func `a run that finds nothing new asks five questions`() async throws {
        let server = FakeServer { _, request in request.url.hasSuffix("shop") ? .ok(#"{"default_branch":"main"}"#) : .ok("[]") }
        _ = try await collect([:], server)
        let count = server.requests.count
        workspace.now = Workspace.noon + 5 * .minuteMs
        _ = try await collect([:], server)
        #expect(server.requests.count - count == 5)
    }

    @Test(arguments: ["shop", "a//b", "/a/b", "../a"])
    func `what is no project is refused`(name: String) {
        #expect(throws: ConnectorError.self) { try workspace.connector("gitlab", ["url": "https://x.example", "project": .string(name)]) }
    }

    @Test func `a check says what there is of each part`() async throws {
        let connector = try workspace.connector("gitlab", ["url": "https://x.example", "project": "example/shop", "read": ["releases"]])
        let probe = await connector.probe(through: SourceAccess(now: Workspace.noon, network: contract.server.access()))
        #expect(probe.findings == ["https://x.example answers", "releases: 1 of the last day"])
    }
}
