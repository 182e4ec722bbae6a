import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

private let onCart = "009b8a3a9ccbb128af87f9b1c0f4c62e8a304f6d"
private let before = "6dcb09b5b57875f334f61aebed695e2e4193db5e"

@Suite struct GitHubConnectorTests {
    private let workspace: Workspace
    private let contract: Contract
    init() throws {
        workspace = try Workspace(now: Workspace.noon)
        contract = try Contract("github")
    }
    private func collect(_ more: [String: JSONValue] = [:], _ server: FakeServer? = nil) async throws -> Workspace.Run {
        let settings: [String: JSONValue] = ["url": "https://x.example", "repository": "example/shop"]
        let connector = try workspace.connector("github", settings.merging(more) { $1 })
        return try await workspace.collect(connector, network: (server ?? contract.server).access())
    }
    private func titles(_ run: Workspace.Run, _ type: EventType) -> [String] {
        run.reading.events.filter { $0.type == type }.map(\.title).sorted()
    }

    @Test func `everything that was recorded is asked for, and nothing else`() async throws {
        _ = try await collect(["artifacts": "test-*"])
        workspace.now = Workspace.noon + 5 * .minuteMs
        _ = try await collect(["artifacts": "test-*"])
        workspace.cursors = [:]
        for (repository, part) in [("example/private", "releases"), ("example/locked", "releases"), ("example/notes", "issues")] {
            await #expect(throws: ConnectorError.self) { try await collect(["repository": .string(repository), "read": .string(part)]) }
        }
        #expect(try await collect(["repository": "example/empty", "read": "releases"]).reading.events.isEmpty)
        workspace.cursors = [:]
        try workspace.write("expired", to: "token")
        await #expect(throws: ConnectorError.self) { try await collect(["secret_file": "token", "read": "releases"]) }
        #expect(contract.unexpected.isEmpty)
        let unused = contract.exchanges.indices.filter { !contract.used.contains($0) }
        #expect(unused.isEmpty, "\(unused.map { contract.exchanges[$0].sources })")
    }

    @Test func `a run that failed names its job, step, log, commit and the last good commit`() async throws {
        let event = try #require(try await collect(["read": "actions"]).reading.events.first { $0.type == .buildFailure })
        #expect(event.title == "CI #562 failed on main: build / Run tests")
        #expect(event.occurredAt.rfc3339 == "2026-01-01T11:24:00Z")
        #expect(event.commit == onCart)
        #expect(event.text(EventAttribute.previousCommit) == before)
        #expect(event.role == .signal && event.severity == .medium)
        #expect(event.url == "https://github.com/example/shop/runs/29679449/jobs/399444496")
        #expect(event.stackFrames.first == StackFrame(file: "src/cart.ts", line: 14, function: "Cart.remove"))
        let log = try #require(event.text(EventAttribute.exemplar))
        #expect(log.hasPrefix("npm test\nFAIL src/cart.test.ts\n"))
        #expect(log.hasSuffix("Error: Process completed with exit code 1."))
    }

    @Test func `a run that passed is context, and what a pull request tries or somebody cancelled is nothing`() async throws {
        let run = try await collect(["read": "actions"])
        #expect(titles(run, .build) == ["CI #561 passed on main", "Nightly #88 passed on main"])
        #expect(titles(run, .buildFailure).count == 1)
    }

    @Test func `an artifact that fits gives test results of the run's commit`() async throws {
        let tests = try await collect(["read": "actions", "artifacts": "test-*"]).reading.tests
        #expect(tests.filter { $0.outcome == .failed }.map(\.name) == ["removes"])
        #expect(Set(tests.map(\.commit)) == [onCart, before])
        #expect(
            Set(tests.map(\.run)) == [
                "github.com/example/shop/CI/test-results/report/junit.xml/562#cart",
                "github.com/example/shop/CI/test-results/report/junit.xml/561#cart",
            ])
    }

    @Test func `of a run that its tests failed the tests are the signals`() async throws {
        let run = try await collect(["read": "actions", "artifacts": "test-*"])
        let event = try #require(run.reading.events.first { $0.type == .buildFailure })
        #expect(event.role == .context && event.attributes[EventAttribute.count] == 1)
    }

    @Test func `of several branches all runs are listed, and those of others are context without a question more`() async throws {
        let server = FakeServer(
            #"{"total_count":1,"workflow_runs":[{"id":1,"name":"CI","run_number":7,"run_attempt":1,"head_branch":"feature/x","head_sha":"\#(onCart)","event":"push","conclusion":"failure","created_at":"2026-01-01T11:00:00Z","updated_at":"2026-01-01T11:05:00Z"}]}"#
        )
        let run = try await collect(["read": "actions", "branches": "main, release/*"], server)
        #expect(run.reading.events.map(\.role) == [.context])
        #expect(server.paths.count == 1 && server.paths.allSatisfy { !$0.contains("branch=") })
    }

    @Test func `a workflow builds the service that it is said to build`() async throws {
        let run = try await collect(["read": "actions", "services": ["CI": "cart"]])
        #expect(run.reading.events.first { $0.type == .buildFailure }?.service == "cart")
    }

    @Test func `a deployment is live at its first success and knows what it replaced`() async throws {
        let run = try await collect(["read": "deployments"])
        let event = try #require(run.reading.events.first { $0.type == .deployment && $0.sourceID == "3" })
        #expect(event.title == "deployed cart v1.4.0 to production")
        #expect(event.occurredAt.rfc3339 == "2026-01-01T11:12:00Z")
        #expect(event.service == "cart" && event.environment == "production" && event.commit == onCart)
        #expect(event.text(EventAttribute.previousCommit) == before)
    }

    @Test func `what was live before the first run is read, and nothing older`() async throws {
        let run = try await collect(["read": "deployments"])
        #expect(titles(run, .deployment) == ["deployed cart v1.4.0 to production", "deployed shop v1.3.0 to production"])
    }

    @Test func `a deployment that failed is a signal, not a change`() async throws {
        let event = try #require(try await collect(["read": "deployments"]).reading.events.first { $0.type == .buildFailure })
        #expect(event.title == "deployment of shop 009b8a3a9ccb to staging failed")
        #expect(event.role == .signal && event.body == "the health check did not pass")
    }

    @Test func `a deployment under way is asked for again until it is over, less and less often`() async throws {
        _ = try await collect(["read": "deployments"])
        func asked(after ms: Int64, _ body: String) async throws -> (requests: [String], titles: [String]) {
            workspace.now = Workspace.noon + ms
            let server = FakeServer { _, request in request.url.hasSuffix("/deployments?per_page=100") ? .ok("[]") : .ok(body) }
            let run = try await collect(["read": "deployments"], server)
            return (server.paths.filter { $0.contains("statuses") }, run.reading.events.map(\.title))
        }
        #expect(try await asked(after: 1_000, "[]").requests.isEmpty)
        #expect(try await asked(after: 5 * .minuteMs, "[]").requests == ["/repos/example/shop/deployments/5/statuses?per_page=100"])
        let over = try await asked(after: 20 * .minuteMs, #"[{"id":1,"state":"success","created_at":"2026-01-01T12:19:00Z"}]"#)
        #expect(over.titles == ["deployed shop acb5820ced94 to production"])
        #expect(try await asked(after: 5 * .hourMs, "[]").requests.isEmpty)
    }

    @Test func `a release is a tag that was published`() async throws {
        let events = try await collect(["read": "releases"]).reading.events
        #expect(events.map(\.title) == ["released v1.4.0: The cart counts"])
        #expect(events.first?.type == .tag && events.first?.commit == onCart)
    }

    @Test func `an issue with a label of a fault is a report, one without is so of low severity; what asks for a feature is context`()
        async throws
    {
        let events = try await collect(["read": "issues"]).reading.events
        let byKey = Dictionary(events.map { ($0.sourceID ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        #expect(byKey.keys.sorted() == ["#10", "#3", "#9"])
        #expect(byKey["#3"]?.role == .signal && byKey["#3"]?.severity == .high)
        #expect(byKey["#10"]?.role == .signal && byKey["#10"]?.severity == .low)
        #expect(byKey["#9"]?.role == .context)
    }

    @Test func `of an issue of last year a word of today is no news, the end of one that was read is`() async throws {
        func list(_ created: String, _ updated: String, _ closed: String = "null") -> FakeServer {
            FakeServer(
                #"[{"number":1,"title":"It fails","state":"open","created_at":"\#(created)","updated_at":"\#(updated)","closed_at":\#(closed),"labels":[]}]"#
            )
        }
        let read: [String: JSONValue] = ["read": "issues"]
        #expect(try await collect(read, list("2025-01-01T00:00:00Z", "2026-01-01T11:00:00Z")).reading.events.isEmpty)
        workspace.now = Workspace.noon + 5 * .minuteMs
        #expect(try await collect(read, list("2026-01-01T12:01:00Z", "2026-01-01T12:01:00Z")).reading.events.count == 1)
        workspace.now = Workspace.noon + 9 * .dayMs
        let end = try await collect(read, list("2026-01-01T12:01:00Z", "2026-01-10T11:00:00Z", "\"2026-01-10T11:00:00Z\"")).reading.events
        #expect(end.map(\.endedAt?.rfc3339) == ["2026-01-10T11:00:00Z"])
    }

    @Test func `a pull request that was merged says what git does not`() async throws {
        let events = try await collect(["read": ["pull_requests"]]).reading.events
        #expect(events.map(\.title) == ["merged #7: Count items once"])
        #expect(events.first?.commit == onCart && events.first?.role == .context && events.first?.tags == ["bug"])
    }

    @Test func `a run that finds nothing new asks five questions, and most answers are empty`() async throws {
        let settings: [String: JSONValue] = ["lookback": "2h"]
        let server = FakeServer { _, request in
            if request.header("If-None-Match") == "\"t\"" { return .status(304) }
            let body =
                request.url.contains("/actions/runs")
                ? #"{"total_count":0,"workflow_runs":[]}"#
                : request.url.hasSuffix("/shop") ? #"{"default_branch":"main"}"# : "[]"
            return .ok(body, [HTTPHeader("ETag", "\"t\"")])
        }
        _ = try await collect(settings, server)
        let count = server.requests.count
        workspace.now = Workspace.noon + 5 * .minuteMs
        _ = try await collect(settings, server)
        let second = server.requests.dropFirst(count)
        #expect(second.count == 5)
        #expect(second.allSatisfy { $0.header("If-None-Match") == "\"t\"" })
    }

    @Test func `the branch of another name is asked for by name, and all branches without one`() async throws {
        for (branch, part) in [("release/1", "branch=release%2F1&status=completed"), ("*", "runs?status=completed")] {
            let server = FakeServer(#"{"total_count":0,"workflow_runs":[]}"#)
            workspace.cursors = [:]
            _ = try await collect(["read": "actions", "branches": .string(branch)], server)
            #expect(server.paths.count == 1 && server.paths.allSatisfy { $0.contains(part) })
        }
    }

    @Test func `a word that is no part is refused, with all that are`() {
        #expect(throws: SettingProblems.self) {
            try workspace.connector("github", ["url": "https://x.example", "repository": "a/b", "read": ["actions", "wiki"]])
        }
        #expect(SettingDescriptor.Kind.choices(["a", "b"]).words == "a list of `a`, `b`")
    }

    @Test func `the job that failed is looked for on all pages`() async throws {
        let contract = contract
        let server = FakeServer { _, request in
            guard request.url.contains("/jobs?"), !request.url.contains("page=2") else { return contract.server.reply(to: request) }
            return .ok(
                #"{"jobs":[{"id":1,"name":"lint","conclusion":"success"}]}"#, [HTTPHeader("Link", "<\(request.url)&page=2>; rel=\"next\"")])
        }
        let event = try #require(try await collect(["read": "actions"], server).reading.events.first { $0.type == .buildFailure })
        #expect(event.text("job") == "build")
    }

    @Test func `a run whose log is gone is a fact without a log`() async throws {
        let contract = contract
        let server = FakeServer { _, request in
            request.url.contains("/logs") ? .status(410, "{}") : contract.server.reply(to: request)
        }
        let event = try #require(try await collect(["read": "actions"], server).reading.events.first { $0.type == .buildFailure })
        #expect(event.text("job") == "build" && event.text(EventAttribute.exemplar) == nil)
    }

    @Test func `a run whose job cannot be asked for is not lost, and the lists are read all the same`() async throws {
        let contract = contract
        let server = FakeServer { _, request in
            request.url.contains("/jobs") ? .status(500) : contract.server.reply(to: request)
        }
        await #expect(throws: ConnectorError.self) { try await collect(["read": ["actions", "releases"]], server) }
        #expect(workspace.cursors["releases"] != nil)
        workspace.now = Workspace.noon + 5 * .minuteMs
        #expect(titles(try await collect(["read": ["actions", "releases"]]), .buildFailure).count == 1)
    }

    @Test func `the same run is read once, and its repetition is another build`() async throws {
        func list(_ attempt: Int, _ conclusion: String) -> FakeServer {
            FakeServer { _, request in
                request.url.contains("/runs?")
                    ? .ok(
                        #"{"total_count":1,"workflow_runs":[{"id":1,"name":"CI","run_number":7,"run_attempt":\#(attempt),"head_branch":"main","head_sha":"\#(onCart)","event":"push","conclusion":"\#(conclusion)","created_at":"2026-01-01T11:00:00Z","updated_at":"2026-01-01T11:05:00Z"}]}"#
                    ) : .ok(#"{"jobs":[],"workflow_runs":[]}"#)
            }
        }
        let settings: [String: JSONValue] = ["read": "actions", "branches": "main"]
        #expect(try await collect(settings, list(1, "failure")).reading.events.count == 1)
        workspace.now = Workspace.noon + 5 * .minuteMs
        #expect(try await collect(settings, list(1, "failure")).reading.events.isEmpty)
        workspace.now = Workspace.noon + 10 * .minuteMs
        #expect(try await collect(settings, list(2, "success")).reading.events.map(\.type) == [.build])
    }

    @Test func `more runs than GitHub lists are a dead letter with a remedy`() async throws {
        let server = FakeServer(#"{"total_count":1001,"workflow_runs":[]}"#)
        let letter = try #require(try await collect(["read": "actions", "branches": "main"], server).deadLetters.first)
        #expect(letter.reason.contains("of 1001 runs") && letter.remedy.contains("lookback"))
    }

    @Test(arguments: [
        ("example/private", "releases", "check `repository`"), ("example/notes", "issues", "leave `issues` out of `read`"),
        ("example/locked", "releases", "Resource not accessible by personal access token (it wants `contents=read`); give the token"),
    ])
    func `a refusal says what to do`(repository: String, part: String, remedy: String) async throws {
        do {
            _ = try await collect(["repository": .string(repository), "read": .string(part)])
            Issue.record("it was not refused")
        } catch {
            #expect("\(error)".contains(remedy))
        }
    }

    @Test(arguments: ["shop", "a/b/c", "/shop", "../shop"])
    func `what is no repository is refused`(name: String) {
        #expect(throws: ConnectorError.self) {
            try workspace.connector("github", ["url": "https://x.example", "repository": .string(name)])
        }
    }

    @Test func `what did not change is answered with 304, and is no news`() async throws {
        for minutes in [0, 5] as [Int64] {
            workspace.now = Workspace.noon + minutes * .minuteMs
            _ = try await collect()
        }
        let before = contract.unchanged.count
        workspace.now = Workspace.noon + 10 * .minuteMs
        let run = try await collect()
        #expect(run.reading.events.isEmpty)
        #expect(contract.unchanged.count - before == 5)
    }

    @Test func `a limit that is spent is waited for until the moment that GitHub names`() async throws {
        let connector = try workspace.connector(
            "github", ["url": "https://x.example", "repository": "example/shop", "read": ["pull_requests"]])
        let clock = SleepClock(Workspace.noon)
        let server = contract.server
        let network = NetworkAccess(clock: clock, chance: { 0.5 }, transport: { _ in server })
        let run = try await workspace.collect(connector, network: network)
        #expect(run.reading.events.map(\.title) == ["merged #7: Count items once"])
        #expect(clock.slept == .minuteMs)
        #expect(contract.requests.count == 2)
    }

    @Test func `a spent rate limit ends the run with words, and nothing is lost`() async throws {
        let reset = String((Workspace.noon.ms + 40 * .minuteMs) / 1_000)
        let server = FakeServer { _, _ in
            .status(403, "{}", [HTTPHeader("X-RateLimit-Remaining", "0"), HTTPHeader("X-RateLimit-Reset", reset)])
        }
        do {
            _ = try await collect(["read": "releases"], server)
            Issue.record("it was not refused")
        } catch {
            #expect("\(error)".contains("the rate limit of https://x.example/repos/example/shop/releases is spent"))
        }
        #expect(server.requests.count == 1 && workspace.cursors.isEmpty)
    }

    @Test func `a check of what may not be seen says what to do`() async throws {
        let connector = try workspace.connector("github", ["url": "https://x.example", "repository": "example/notes", "read": ["issues"]])
        let probe = await connector.probe(through: SourceAccess(now: Workspace.noon, network: contract.server.access()))
        #expect(probe.diagnostics.first?.message.contains("leave `issues` out of `read`") == true)
    }

    @Test func `a check says what there is of each part`() async throws {
        let connector = try workspace.connector("github", ["url": "https://x.example", "repository": "example/shop", "read": ["releases"]])
        let probe = await connector.probe(through: SourceAccess(now: Workspace.noon, network: contract.server.access()))
        #expect(probe.findings == ["https://x.example answers", "releases: 1 of the last day"])
        #expect(probe.diagnostics.isEmpty)
    }
}
