import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

@Suite struct TraceConnectorTests {
    private let workspace: Workspace
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func connector(_ kind: String, _ more: [String: JSONValue] = [:]) throws -> any Connector {
        try workspace.connector(kind, ["url": "https://x.example", "lookback": "10min"].merging(more) { $1 })
    }

    @Test(arguments: ["jaeger", "zipkin"])
    func `the recorded server is read service by service, what is full in halves`(kind: String) async throws {
        let contract = try Contract(kind)
        let run = try await workspace.collect(try connector(kind, ["limit": 2]), network: contract.server.access())
        #expect(run.reading.spans.map(\.service) == ["cart", "checkout", "checkout"])
        #expect(run.reading.spans.map(\.isError) == [false, true, false])
        #expect(run.deadLetters.isEmpty)
        workspace.now = Workspace.noon + 5 * .minuteMs
        let again = try await workspace.collect(try connector(kind, ["limit": 2]), network: contract.server.access(now: workspace.now))
        #expect(again.reading.spans.isEmpty)
        workspace.cursors = [:]
        await #expect(throws: ConnectorError.self) {
            try await workspace.collect(try connector(kind, ["services": ["nobody"]]), network: contract.server.access())
        }
        #expect(contract.unexpected.isEmpty)
        #expect(contract.used.count == contract.exchanges.count)
    }

    @Test func `Tempo's traces are found by TraceQL and had by id, of older servers too`() async throws {
        let contract = try Contract("tempo")
        let settings: [String: JSONValue] = ["tenant": "shop", "limit": 2]
        let run = try await workspace.collect(try connector("tempo", settings), network: contract.server.access())
        #expect(Set(run.reading.spans.map(\.traceID)) == ["2f3e0cee77ae5dc9c17ade3689eb2e54", "00000000000000001b1ba462b409200d"])
        #expect(Set(run.reading.spans.map(\.service)) == ["shop-backend", "frontend"])
        workspace.now = Workspace.noon + 5 * .minuteMs
        let again = try await workspace.collect(try connector("tempo", settings), network: contract.server.access(now: workspace.now))
        #expect(again.reading.spans.isEmpty)
        workspace.cursors = [:]
        let error = await #expect(throws: ConnectorError.self) {
            try await workspace.collect(try connector("tempo", ["query": "{ nobody }"]), network: contract.server.access())
        }
        #expect(error?.description.contains("no org id; name the tenant in `tenant`") == true)
        #expect(contract.unexpected.isEmpty)
        #expect(contract.used.count == contract.exchanges.count)
    }

    /// A Zipkin with a trace each second: every hundredth failed, every tenth is slow.
    private func busy() -> FakeServer {
        FakeServer { _, request in
            if request.url.contains("/services") { return .ok(#"["cart"]"#) }
            let end = request.parameter("endTs").flatMap { Int64($0) } ?? 0
            let start = end - (request.parameter("lookback").flatMap { Int64($0) } ?? 0)
            let limit = request.parameter("limit").flatMap { Int($0) } ?? 0
            let least = request.parameter("minDuration").flatMap { Int64($0) } ?? 0
            let onlyFailed = request.parameter("annotationQuery") == "error"
            var traces: [String] = []
            var second = end / 1_000  // the latest first
            while second * 1_000 >= start, traces.count < limit {
                let (failed, duration) = (second % 100 == 0, Int64(second % 10 == 5 ? 900_000 : 1_000))
                if duration >= least, failed || !onlyFailed {
                    let id = "0000000000000000\(padded(Int(second % 10_000_000), 16))"
                    traces.append(
                        #"[{"traceId":"\#(id)","id":"\#(padded(Int(second % 10_000_000), 16))","timestamp":\#(second * 1_000_000),"duration":\#(duration),"localEndpoint":{"serviceName":"cart"},"tags":{\#(failed ? #""error":"x""# : "")}}]"#
                    )
                }
                second -= 1
            }
            return .ok("[\(traces.joined(separator: ","))]")
        }
    }

    @Test func `of a busy service all failures are read, slow ones, and a share of the rest`() async throws {
        let server = busy()
        let run = try await workspace.collect(try connector("zipkin", ["limit": 20]), network: server.access())
        let spans = Set(run.reading.spans)
        #expect(spans.count { $0.isError } == 7)
        #expect(spans.count { $0.durationUs > 1_000 } >= 55)
        #expect((200...400).contains(spans.count))
        #expect(run.reading.spans.allSatisfy { $0.start >= Workspace.noon - 11 * .minuteMs })
        #expect(server.requests.count < 60)
    }

    @Test func `a busy service is not asked in vain at the next run`() async throws {
        let server = busy()
        _ = try await workspace.collect(try connector("zipkin", ["limit": 20]), network: server.access())
        workspace.now = Workspace.noon + .minuteMs
        let before = server.requests.count
        _ = try await workspace.collect(
            try connector("zipkin", ["limit": 20, "overlap": "1min"]), network: server.access(now: workspace.now))
        #expect(server.requests.count - before <= 1 + 3 * 4)
    }

    @Test(arguments: ["jaeger", "zipkin", "tempo"]) func `a server that fails leaves the cursor where it was`(kind: String) async throws {
        let server = FakeServer { _, _ in .status(503) }
        await #expect(throws: ConnectorError.self) { try await workspace.collect(try connector(kind), network: server.access()) }
        #expect(workspace.cursors.isEmpty)
    }

    @Test func `a check names the services, and those that are not there`() async throws {
        let probe = await (try connector("zipkin", ["services": ["cart", "carts"]])).probe(
            through: SourceAccess(now: Workspace.noon, network: busy().access()))
        #expect(probe.findings == ["https://x.example answers", "1 service (cart), none is named `carts`"])
    }
}
