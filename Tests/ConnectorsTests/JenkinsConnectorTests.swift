import Formats
import Foundation
import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

@Suite struct JenkinsConnectorTests {
    private let workspace: Workspace
    private let noon = Workspace.noon
    private static let job = "shop/checkout/main"
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        let settings: [String: JSONValue] = [
            "url": "https://x.example", "jobs": .string(Self.job), "services": .object([Self.job: "checkout"]),
        ]
        return try workspace.connector("jenkins", settings.merging(more) { $1 })
    }
    private func recorded() async throws -> Workspace.Run {
        try await workspace.collect(try connector(), network: try Contract("jenkins").server.access())
    }
    private func build(_ run: Workspace.Run, _ number: Int) throws -> Event {
        try #require(run.reading.events.first { $0.sourceID == "\(Self.job)#\(number)" })
    }

    @Test func `builds that ended within the time are facts, and everything recorded is asked for`() async throws {
        let contract = try Contract("jenkins")
        let jobs: JSONValue = [.string(Self.job), "nightly report", "zz-removed"]
        let run = try await workspace.collect(try connector(["jobs": jobs]), network: contract.server.access())
        #expect(
            run.reading.events.map(\.title) == [
                "shop/checkout/main #40 failed", "shop/checkout/main #39 is unstable", "shop/checkout/main #38 passed",
            ])
        #expect(run.deadLetters.map(\.place) == ["zz-removed"])
        let error = await #expect(throws: ConnectorError.self) {
            try await workspace.collect(try connector(["jobs": "locked"]), network: contract.server.access())
        }
        #expect(error?.description.contains("status 403: it wants `hudson.model.Hudson.Read`; name the credentials") == true)
        #expect(contract.unexpected.isEmpty)
        #expect(contract.used.count == contract.exchanges.count)
    }

    @Test func `a failed build says of which commit it is and whose changes were new in it`() async throws {
        let event = try build(try await recorded(), 40)
        #expect(event.type == .buildFailure && event.role == .signal && event.service == "checkout")
        // Not that of the library which its pipeline uses.
        #expect(event.commit == "9f3c1ae1d4e5f60718293a4b5c6d7e8f90a1b2c4" && event.attributes["branch"] == "main")
        #expect(event.occurredAt == noon - 20 * .minuteMs)
        #expect(event.attributes["changes"] == [["9f3c1ae1d4e5f60718293a4b5c6d7e8f90a1b2c4", "Bob", "Add discounts"]])
        #expect(event.url == "https://jenkins.example.org/job/shop/job/checkout/job/main/40/")
    }

    @Test func `the end of its console is told`() async throws {
        let log = try #require(try build(try await recorded(), 40).text(EventAttribute.exemplar))
        #expect(log.contains("cannot pull the base image") && log.hasSuffix("Finished: FAILURE"))
    }

    @Test func `a build without changes of its own names whom Jenkins suspects`() async throws {
        #expect(try build(try await recorded(), 39).attributes[EventAttribute.author] == "Ann")
    }

    @Test func `what its tests tell is not told again by the build that they failed`() async throws {
        let event = try build(try await recorded(), 39)
        #expect(event.role == .context && event.attributes[EventAttribute.count] == 1)
    }

    @Test func `a test report is read as results of the build's commit`() async throws {
        let tests = try await recorded().reading.tests
        #expect(tests.map(\.outcome) == [.failed, .skipped, .passed])
        #expect(tests.first?.commit == "5e1f0c2d4e5f60718293a4b5c6d7e8f90a1b2c30" && tests.first?.service == "checkout")
        #expect(tests.first?.message == "expected:<2> but was:<3>" && tests.first?.frames.first?.line == 12)
        #expect(tests.first?.runAt == noon - 30 * .minuteMs)
        #expect(tests.first?.run == "x.example/shop/checkout/main/39#shop.CartTest")
    }

    /// A server with one job, whose builds have these numbers, newest first, and end a minute after one another, the last at noon.
    private func server(_ numbers: [Int], running: Set<Int> = []) -> FakeServer {
        @Sendable func json(_ number: Int, _ place: Int) -> String {
            let ended = Workspace.noon.ms - Int64(place) * 1_000
            let state = running.contains(number) ? #""building":true,"result":null"# : #""building":false,"result":"SUCCESS""#
            return #"{"number":\#(number),"timestamp":\#(ended),"duration":0,\#(state)}"#
        }
        return FakeServer { _, request in
            let tree = request.parameter("tree")?.removingPercentEncoding ?? ""
            if !tree.contains("allBuilds") {
                let number = request.url.split(separator: "/").compactMap { Int($0) }.last ?? 0
                return .ok(json(number, 0))
            }
            let range = tree.split(separator: "{").last?.dropLast().split(separator: ",").compactMap { Int($0) } ?? []
            let page = numbers.enumerated().dropFirst(range[0]).prefix(range[1] - range[0])
            return .ok(#"{"allBuilds":[\#(page.map { json($1, $0) }.joined(separator: ","))]}"#)
        }
    }
    private func numbers(_ run: Workspace.Run) -> [Int] {
        run.reading.events.compactMap { $0.sourceID?.split(separator: "#").last.flatMap { Int($0) } }
    }
    private func collect(_ server: FakeServer, maxPages: Int = 1_000) async throws -> [Int] {
        numbers(try await workspace.collect(try connector(), maxPages: maxPages, network: server.access()))
    }

    @Test func `many builds are read page by page, each once`() async throws {
        #expect(try await collect(server((1...70).reversed())) == (1...70).reversed())
    }

    @Test func `a second run that learns nothing new asks once`() async throws {
        _ = try await collect(server((1...70).reversed()))
        workspace.now = noon + .minuteMs
        let server = server((1...70).reversed())
        #expect(try await collect(server).isEmpty)
        #expect(server.requests.count == 1)
    }

    @Test func `a run that was killed goes on where it was, and new builds in between are not missed`() async throws {
        let first = try await collect(server((1...70).reversed()), maxPages: 1)
        workspace.now = noon + .minuteMs
        let second = try await collect(server((1...75).reversed()))
        #expect((first + second).sorted() == Array(1...75))
    }

    @Test func `a build that ran is read when it has ended, among newer ones or hidden behind them`() async throws {
        #expect(try await collect(server([5, 4, 3, 2, 1], running: [2, 4])) == [5, 3, 1])
        workspace.now = noon + .minuteMs
        #expect(try await collect(server([5, 4, 3, 2, 1], running: [2])) == [4])
        workspace.now = noon + 2 * .minuteMs
        #expect(try await collect(server((1...30).reversed())).sorted() == [2] + Array(6...30))
        workspace.now = noon + 3 * .minuteMs
        #expect(try await collect(server((1...30).reversed())).isEmpty)
    }

    @Test func `a build that is hidden behind many is asked about by its number until it has ended`() async throws {
        _ = try await collect(server([1], running: [1]))
        workspace.now = noon + .minuteMs
        #expect(try await collect(server((1...60).reversed(), running: [1])).count == 59)
        workspace.now = noon + 2 * .minuteMs
        let server = server((1...60).reversed())
        #expect(try await collect(server) == [1])
        #expect(server.requests.count == 2)
    }

    @Test func `a job that was made anew is read from its first build`() async throws {
        _ = try await collect(server([12, 11, 10]))
        workspace.now = noon + .minuteMs
        #expect(try await collect(server([2, 1])) == [2, 1])
        workspace.now = noon + 2 * .minuteMs
        #expect(try await collect(server([3, 2, 1])) == [3])
    }

    @Test func `a folder is no job, and says so`() async throws {
        let server = FakeServer(#"{"_class":"com.cloudbees.hudson.plugins.folder.Folder"}"#)
        await #expect(
            throws: ConnectorError.badSetting(
                setting: "jobs", why: "`shop/checkout/main` has no builds; if it is a folder, name the jobs in it")
        ) {
            try await workspace.collect(try connector(), network: server.access())
        }
    }

    @Test func `where no job was ever found the address is in doubt`() async throws {
        await #expect(throws: ConnectorError.self) {
            try await workspace.collect(try connector(), network: FakeServer { _, _ in .status(404) }.access())
        }
        #expect(workspace.cursors.isEmpty)
    }

    @Test func `a check says which build each job had last`() async throws {
        let probe = await (try connector()).probe(through: SourceAccess(now: noon, network: server([7, 6]).access()))
        #expect(probe.findings == ["https://x.example answers", "shop/checkout/main: the last is #7"])
    }
}
