import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

private let empty = #"{"status":"success","data":{"resultType":"matrix","result":[]}}"#
private func seconds(_ at: Instant) -> String { String(at.ms / 1_000) }

@Suite struct PrometheusConnectorTests {
    private let workspace: Workspace
    private let noon = Workspace.noon
    init() throws { workspace = try Workspace(now: Workspace.noon) }

    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        try workspace.connector(
            "prometheus",
            ["url": "https://x.example", "queries": ["rate": "sum(x)"], "alerts": "false", "lookback": "1h"].merging(more) { $1 })
    }

    @Test func `the first run reads as far back as it may, up to now`() async throws {
        let server = FakeServer(empty)
        _ = try await workspace.collect(try connector(), network: server.access())
        let request = try #require(server.requests.first)
        #expect(request.parameter("query") == "sum%28x%29")
        #expect(request.parameter("start") == seconds(noon - .hourMs))
        #expect(request.parameter("end") == seconds(noon))
        #expect(request.parameter("step") == "60")
        #expect(server.requests.count == 1)
    }

    @Test func `a tenant is named to a server that has several`() async throws {
        let server = FakeServer(empty)
        _ = try await workspace.collect(try connector(["tenant": "shop"]), network: server.access())
        #expect(server.requests.map { $0.header("X-Scope-OrgID") } == ["shop"])
    }

    @Test func `the next run reads what is new and what may have come late`() async throws {
        let server = FakeServer(empty)
        _ = try await workspace.collect(try connector(), network: server.access())
        workspace.now = noon + 10 * .minuteMs
        _ = try await workspace.collect(try connector(), network: server.access())
        #expect(server.requests.last?.parameter("start") == seconds(noon - 5 * .minuteMs))
        #expect(server.requests.last?.parameter("end") == seconds(noon + 10 * .minuteMs))
    }

    @Test func `a long time is read in pieces that leave nothing out`() async throws {
        let server = FakeServer(empty)
        _ = try await workspace.collect(try connector(["lookback": "3d"]), network: server.access())
        let spans = server.requests.map { (Int($0.parameter("start") ?? "") ?? 0, Int($0.parameter("end") ?? "") ?? 0) }
        #expect(spans.count == 4)
        for (earlier, later) in zip(spans, spans.dropFirst()) { #expect(later.0 == earlier.1 + 60) }
        #expect(spans.last?.1 == Int(noon.ms / 1_000))
    }

    @Test func `an answer that is too large is asked for in halves`() async throws {
        let server = FakeServer { _, request in
            let span = (Int(request.parameter("end") ?? "") ?? 0) - (Int(request.parameter("start") ?? "") ?? 0)
            return span > 1_200 ? .failure(.tooLarge(place: "x", limitBytes: 1)) : .ok(empty)
        }
        let run = try await workspace.collect(try connector(), network: server.access())
        #expect(run.pages.count >= 3)
        #expect(workspace.cursors["query:rate"]?.state["until"] == .int((noon + .minuteMs).ms))
    }

    @Test func `a server that fails leaves the cursor where it was`() async throws {
        let server = FakeServer { _, _ in .status(503) }
        await #expect(throws: ConnectorError.self) { try await workspace.collect(try connector(), network: server.access()) }
        #expect(workspace.cursors.isEmpty)
    }

    @Test func `alerts are read with the words of their rules`() async throws {
        let server = FakeServer { _, request in
            request.url.contains("/rules")
                ? .ok(
                    #"{"status":"success","data":{"groups":[{"rules":[{"type":"alerting","name":"Down","annotations":{"summary":"{{ $labels.service }} is down"}}]}]}}"#
                )
                : .ok(
                    #"{"status":"success","data":{"result":[{"metric":{"alertname":"Down","service":"cart"},"values":[[1767267000,"1767266940"]]}]}}"#
                )
        }
        let run = try await workspace.collect(try connector(["alerts": "true", "queries": [:]]), network: server.access())
        #expect(run.reading.events.map(\.title) == ["cart is down"])
        #expect(run.reading.events.first?.attributes[EventAttribute.status] == "resolved")
    }

    @Test func `a server without rules of its own has alerts all the same`() async throws {
        let server = FakeServer { _, request in
            request.url.contains("/rules")
                ? .status(404)
                : .ok(#"{"status":"success","data":{"result":[{"metric":{"alertname":"Down"},"values":[[1767267000,"1767266940"]]}]}}"#)
        }
        let run = try await workspace.collect(try connector(["alerts": "true", "queries": [:]]), network: server.access())
        #expect(run.reading.events.map(\.title) == ["Down"])
    }

    @Test func `with neither queries nor alerts it says that it would read nothing`() {
        #expect(throws: ConnectorError.badSetting(setting: "queries", why: "without queries and alerts nothing would be read")) {
            try connector(["queries": [:]])
        }
    }

    @Test func `a check says how many series each query gives`() async throws {
        let server = FakeServer(
            #"{"status":"success","data":{"result":[{"metric":{"job":"a"},"values":[[1,"1"]]},{"metric":{"job":"b"},"values":[[1,"1"]]}]}}"#
        )
        let probe = await (try connector()).probe(through: SourceAccess(now: noon, network: server.access()))
        #expect(probe.findings == ["https://x.example answers", "rate: 2 series"])
    }
}
