import Formats
import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

@Suite struct BuildbotConnectorTests {
    private let workspace: Workspace
    private let noon = Workspace.noon
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        let settings: [String: JSONValue] = ["url": "https://x.example", "services": ["checkout-linux": "checkout"]]
        return try workspace.connector("buildbot", settings.merging(more) { $1 })
    }
    private func recorded() async throws -> Workspace.Run {
        try await workspace.collect(try connector(), network: try Contract("buildbot").server.access())
    }
    private func build(_ run: Workspace.Run, _ name: String) throws -> Event {
        try #require(run.reading.events.first { $0.sourceID == name })
    }

    @Test func `each build is one fact, and everything recorded is asked for`() async throws {
        let contract = try Contract("buildbot")
        let run = try await workspace.collect(try connector(), network: contract.server.access())
        #expect(
            run.reading.events.map(\.title) == [
                "checkout-linux #7 passed on main", "checkout-linux #8 failed on main: unit tests", "docs #3 was cancelled",
                "checkout-linux #9 failed on feature/coupons: git",
            ])
        workspace.now = noon + .minuteMs * 6
        _ = try await workspace.collect(try connector(), network: contract.server.access())
        #expect(contract.unexpected.isEmpty)
        #expect(contract.used.count == contract.exchanges.count)
    }

    @Test func `a failed build says of which commit it is, where it failed and whose changes were new in it`() async throws {
        let event = try build(try await recorded(), "checkout-linux#8")
        #expect(event.type == .buildFailure && event.severity == .medium && event.service == "checkout")
        #expect(event.commit == "9f3c1ae1d4e5f60718293a4b5c6d7e8f90a1b2c4")
        #expect(event.occurredAt == noon - 20 * .minuteMs)
        #expect(event.attributes["step"] == "unit tests" && event.attributes["duration_ms"] == 120_000)
        #expect(
            event.attributes["changes"] == [["9f3c1ae1d4e5f60718293a4b5c6d7e8f90a1b2c4", "Bob <bob@example.org>", "Add discounts"]])
        #expect(event.url == "https://x.example/#/builders/1/builds/8")
    }

    @Test func `the end of the failed step's log is told, without the environment`() async throws {
        let event = try build(try await recorded(), "checkout-linux#8")
        let log = try #require(event.text(EventAttribute.exemplar))
        #expect(log.hasPrefix("collected 2 items") && log.hasSuffix("program finished with exit code 1"))
        #expect(event.stackFrames.first == StackFrame(file: "shop/cart.py", line: 12, function: "total"))
    }

    @Test func `a report in a log of a step that tests is read as test results of the build's commit`() async throws {
        let tests = try await recorded().reading.tests
        #expect(tests.map(\.outcome) == [.passed, .failed])
        #expect(tests.map(\.commit) == ["77e0b2c1d4e5f60718293a4b5c6d7e8f90a1b2c3", "9f3c1ae1d4e5f60718293a4b5c6d7e8f90a1b2c4"])
        #expect(tests.map(\.service) == ["checkout", "checkout"])
        #expect(tests.map(\.runAt) == [noon - 30 * .minuteMs, noon - 20 * .minuteMs])
        #expect(tests.map(\.run) == [7, 8].map { "x.example/checkout-linux/unit tests/junit.xml/\($0)#shop" })
    }

    @Test func `what its tests tell is not told again by the build that they failed`() async throws {
        let event = try build(try await recorded(), "checkout-linux#8")
        #expect(event.role == .context && event.attributes[EventAttribute.count] == 1)
    }

    @Test func `a build that failed without failing a test is a signal`() async throws {
        let contract = try Contract("buildbot")
        let server = FakeServer { _, request in
            if request.url.contains("/logs/63/") { return .ok(#"{"logchunks":[]}"#) }
            return .success(
                contract.answer("GET", String(request.url.dropFirst("https://x.example".count)), request.headers, [], origin: "x"))
        }
        let event = try build(try await workspace.collect(try connector(), network: server.access()), "checkout-linux#8")
        #expect(event.role == .signal)
    }

    @Test func `a build of another branch is context`() async throws {
        let event = try build(try await recorded(), "checkout-linux#9")
        #expect(event.role == .context && event.type == .buildFailure && event.attributes["branch"] == "feature/coupons")
        #expect(event.commit == "1111111111111111111111111111111111111111")
        #expect(event.text(EventAttribute.exemplar) == nil)  // its log was removed
    }

    @Test func `a second run that learns nothing new asks once`() async throws {
        _ = try await recorded()
        workspace.now = noon + .minuteMs
        let server = FakeServer(#"{"builds":[],"meta":{"total":0}}"#)
        let run = try await workspace.collect(try connector(), network: server.access())
        #expect(run.reading.events.isEmpty)
        #expect(server.requests.count == 1)
        #expect(server.requests.first?.parameter("complete_at__ge") == String((noon - 5 * .minuteMs).ms / 1_000))
    }

    /// A server with these builds, of builder 1, all passed and without steps.
    private func server(_ completed: [Int64]) -> FakeServer {
        FakeServer { _, request in
            guard request.url.contains("/builds?") else { return .ok(#"{"steps":[]}"#) }
            func number(_ name: String) -> Int64 { Int64(request.parameter(name) ?? "") ?? 0 }
            let fitting = completed.enumerated().filter { number("complete_at__ge") <= $1 && $1 < number("complete_at__lt") }
            let page = fitting.dropFirst(Int(number("offset"))).prefix(Int(number("limit")))
            let builds = page.map { #"{"buildid":\#($0),"builderid":1,"number":\#($0),"results":0,"complete_at":\#($1)}"# }
            return .ok(#"{"builds":[\#(builds.joined(separator: ","))]}"#)
        }
    }
    private var noonSeconds: Int64 { noon.ms / 1_000 }

    @Test(arguments: [0, 1, 40] as [Int64])
    func `many builds are read page by page, each once`(secondsApart: Int64) async throws {
        let times = (0..<130).map { noonSeconds - 6_000 + Int64($0) * secondsApart }
        let run = try await workspace.collect(try connector(), network: server(times).access())
        #expect(run.pages.count >= 13)
        #expect(run.reading.events.compactMap(\.sourceID) == (0..<130).map { "builder 1#\($0)" })
    }

    @Test func `a build that was completed late is found, and the others are not asked about again`() async throws {
        let time = noonSeconds - 60
        _ = try await workspace.collect(try connector(), network: server([time, time]).access())
        workspace.now = noon + .minuteMs
        let server = server([time, time, time])
        let run = try await workspace.collect(try connector(), network: server.access())
        #expect(run.reading.events.map(\.sourceID) == ["builder 1#2"])
        #expect(server.requests.count == 2)
    }

    @Test func `a run that was killed goes on where it was`() async throws {
        let times = (0..<30).map { noonSeconds - 6_000 + Int64($0) }
        let first = try await workspace.collect(try connector(), maxPages: 2, network: server(times).access())
        workspace.now = noon + .minuteMs
        let second = try await workspace.collect(try connector(), network: server(times).access())
        #expect(first.reading.events.count == 20 && second.reading.events.count == 10)
    }

    @Test func `of builders that are not named nothing is read`() async throws {
        let run = try await workspace.collect(try connector(["builders": "docs, x*"]), network: try Contract("buildbot").server.access())
        #expect(run.reading.events.map(\.title) == ["docs #3 was cancelled"] && run.reading.tests.isEmpty)
    }

    @Test func `a report that is too large is a dead letter, and the build is read`() async throws {
        let contract = try Contract("buildbot")
        let server = FakeServer { _, request in
            if request.url.contains("/logs/63/") { return .failure(.tooLarge(place: "x", limitBytes: 1)) }
            return .success(
                contract.answer("GET", String(request.url.dropFirst("https://x.example".count)), request.headers, [], origin: "x"))
        }
        let run = try await workspace.collect(try connector(), network: server.access())
        #expect(run.reading.events.count == 4)
        #expect(run.deadLetters.map(\.place) == ["checkout-linux #8, unit tests, junit.xml"])
    }

    @Test func `a check says how many builders and builds there are`() async throws {
        let server = FakeServer { number, _ in .ok(number == 0 ? #"{"builders":[{},{},{}]}"# : #"{"builds":[{}],"meta":{"total":1}}"#) }
        let probe = await (try connector()).probe(through: SourceAccess(now: noon, network: server.access()))
        #expect(probe.findings == ["https://x.example answers", "3 builders", "1 build completed in the last day"])
    }
}
