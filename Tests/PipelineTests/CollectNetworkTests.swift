import Foundation
import Model
import Store
import Synchronization
import TestKit
import Testing

@testable import Connectors
@testable import Pipeline
@testable import Transport

private let now = Instant(ms: 1_767_268_800_000)
private let alert = #"[{"labels":{"alertname":"Down","service":"cart"},"annotations":{},"startsAt":"2026-01-01T11:00:00Z"}]"#

/// Servers by host: some answer, some hang until they are given up.
private struct Servers: HTTPTransport {
    let hanging = Asked()
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        if !request.url.contains("hang") { return HTTPResponse(status: 200, body: Array(alert.utf8), url: request.url) }
        hanging.enter()
        defer { hanging.leave() }
        do { try await Task.sleep(for: .seconds(request.timeoutSeconds)) } catch { throw .cancelled }
        throw .timedOut(place: request.url, seconds: request.timeoutSeconds)
    }
}

@Suite struct CollectNetworkTests {
    private func context(_ folder: TemporaryFolder, _ yaml: String, at moment: Instant = now) throws -> RunContext {
        try folder.write(yaml, to: "caseboard.yaml")
        let workspace = Workspace(root: folder.url)
        return try RunContext(
            workspace: workspace, configuration: try ConfigurationReader.read(workspace.configuration), now: moment,
            progress: ProgressLine(isShown: false, isVerbose: false), isDryRun: false, since: nil)
    }
    private func sources(_ hosts: [String]) -> String {
        "sources:\n" + hosts.map { "  - name: \($0)\n    kind: alertmanager\n    url: https://\($0).example\n" }.joined()
    }

    @Test func `ten sources that hang keep ten others from nothing, and the run ends within its budget`() async throws {
        let folder = try TemporaryFolder()
        let names = (0..<10).flatMap { ["hang\($0)", "good\($0)"] }
        let context = try context(folder, sources(names) + "network:\n  budget: 1s\n")
        let servers = Servers()
        let budget = context.configuration.networkBudgetMs
        let access = NetworkAccess(clock: RunClock(start: now), budgetMs: budget, transport: { _ in servers })
        let collected = try await Collect(context, network: access).run()
        #expect(collected.failures.count == 10)
        #expect(collected.failures.compactMap { $0.split(separator: " ").first } == (0..<10).map { "hang\($0)" })
        for number in 0..<10 { #expect(try context.store.cursors(origin: "good\(number)")["alerts"] != nil) }
        // All hang at once, each for as long as the budget: together they take it once.
        #expect(servers.hanging.most == 10)
        #expect(servers.hanging.number == 10)
    }

    @Test func `a source that failed five times in a row is left alone, asked once after a minute, and forgiven`() async throws {
        let folder = try TemporaryFolder()
        final class Server: HTTPTransport {
            let asked = Asked()
            let status: Int
            init(_ status: Int) { self.status = status }
            func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
                asked.enter()
                return HTTPResponse(status: status, body: Array(alert.utf8), url: request.url)
            }
        }
        func run(_ status: Int, at moment: Instant) async throws -> (asked: Int, failures: [String]) {
            let server = Server(status)
            let network = NetworkAccess(clock: StillClock(moment), chance: { 0 }, transport: { _ in server })
            let collected = try await Collect(try context(folder, sources(["am"]), at: moment), network: network).run()
            return (server.asked.number, collected.failures)
        }
        for number in 0..<5 { #expect(try await run(503, at: now + Int64(number) * 1_000).asked == 6) }
        let left = try await run(503, at: now + 10_000)
        #expect(left.asked == 0)
        #expect(left.failures.first?.hasPrefix("am is left alone") == true)
        #expect(try await run(503, at: now + 70_000).asked == 1)
        #expect(try await run(200, at: now + 100_000).asked == 0)
        #expect(try await run(200, at: now + 140_000).failures.isEmpty)
        #expect(try context(folder, sources(["am"])).store.breaker(origin: "am") == CircuitBreaker())
    }

    @Test func `what fired while nobody answered is never known, so the gap stays`() async throws {
        let folder = try TemporaryFolder()
        struct Server: HTTPTransport {
            let status: Int
            func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
                HTTPResponse(status: status, body: Array(alert.utf8), url: request.url)
            }
        }
        for (status, minutes) in [(200, Int64(0)), (503, 5), (503, 10), (200, 15), (200, 20)] {
            let moment = now + minutes * .minuteMs
            let network = NetworkAccess(clock: StillClock(moment), chance: { 0 }, transport: { _ in Server(status: status) })
            _ = try await Collect(try context(folder, sources(["am"]), at: moment), network: network).run()
        }
        let gaps = try context(folder, sources(["am"])).store.sourceGaps()
        #expect(gaps == [SourceGap(origin: "am", source: nil, service: nil, from: now, to: now + 15 * .minuteMs)])
    }
}

/// How many requests there were, and how many at once.
private final class Asked: Sendable {
    private let box = Mutex((all: 0, now: 0, most: 0))
    func enter() {
        box.withLock {
            $0.all += 1
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }
    func leave() { box.withLock { $0.now -= 1 } }
    var number: Int { box.withLock { $0.all } }
    var most: Int { box.withLock { $0.most } }
}

/// A clock on which waiting takes no time.
private struct StillClock: CourierClock {
    let moment: Instant
    init(_ moment: Instant) { self.moment = moment }
    func now() -> Instant { moment }
    func sleep(ms: Int64) async throws(TransportError) {}
}
