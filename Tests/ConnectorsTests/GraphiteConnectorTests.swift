import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

private func seconds(_ at: Instant) -> Int { Int(at.ms / 1_000) }

@Suite struct GraphiteConnectorTests {
    private let workspace: Workspace
    private let noon = Workspace.noon
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        try workspace.connector(
            "graphite",
            ["url": "https://x.example", "targets": ["rate": "shop.*.errors"], "events": "false", "lookback": "1h"].merging(more) { $1 })
    }

    @Test func `a target is asked for the points of its window`() async throws {
        let server = FakeServer(#"[{"target":"cart","datapoints":[[2,1767268500]]}]"#)
        let run = try await workspace.collect(try connector(), network: server.access())
        let request = try #require(server.requests.first)
        #expect(request.parameter("target") == "shop.%2A.errors" && request.parameter("format") == "json")
        // Graphite leaves out the point at `from`.
        #expect(request.parameter("from") == String(seconds(noon - .hourMs) - 1))
        #expect(request.parameter("until") == String(seconds(noon) + 59))
        #expect(run.reading.metrics.map(\.key) == [MetricKey(service: "cart", metric: "rate")])
        #expect(server.requests.count == 1)
    }

    @Test func `the next run asks for what is new and what may have come late`() async throws {
        let server = FakeServer("[]")
        _ = try await workspace.collect(try connector(), network: server.access())
        workspace.now = noon + 10 * .minuteMs
        _ = try await workspace.collect(try connector(), network: server.access())
        #expect(server.requests.last?.parameter("from") == String(seconds(noon - 5 * .minuteMs) - 1))
    }

    @Test func `an answer that is too large is asked for in halves`() async throws {
        let server = FakeServer { _, request in
            let span = (Int(request.parameter("until") ?? "") ?? 0) - (Int(request.parameter("from") ?? "") ?? 0)
            return span > 1_200 ? .failure(.tooLarge(place: "x", limitBytes: 1)) : .ok("[]")
        }
        let run = try await workspace.collect(try connector(), network: server.access())
        #expect(run.pages.count >= 3)
        #expect(workspace.cursors["target:rate"]?.state["until"] == .int((noon + .minuteMs).ms))
    }

    @Test func `events with the wanted tags are read as changes`() async throws {
        let server = FakeServer(#"[{"id":1,"when":1767268500,"what":"deploy cart","tags":["deploy"],"data":""}]"#)
        let run = try await workspace.collect(
            try connector(["targets": [:], "events": "true", "event_tags": "deploy"]), network: server.access())
        #expect(server.paths.first?.hasPrefix("/events/get_data?") == true && server.requests.first?.parameter("tags") == "deploy")
        #expect(run.reading.events.map(\.title) == ["deploy cart"])
    }

    @Test func `how far it was read is told by the targets that are still asked`() async throws {
        let server = FakeServer("[]")
        _ = try await workspace.collect(try connector(), network: server.access())
        let other = try connector(["targets": ["other": "x"]])
        #expect(other.readUntil(workspace.cursors) == nil)
        #expect(try connector().readUntil(workspace.cursors) == noon + .minuteMs)
    }

    @Test func `with neither targets nor events it says that it would read nothing`() {
        #expect(throws: ConnectorError.badSetting(setting: "targets", why: "without targets and events nothing would be read")) {
            try connector(["targets": [:]])
        }
    }

    @Test func `a check says how many series each target gives`() async throws {
        let server = FakeServer(#"[{"target":"a","datapoints":[[1,60]]},{"target":"b","datapoints":[[1,60]]}]"#)
        let probe = await (try connector()).probe(through: SourceAccess(now: noon, network: server.access()))
        #expect(probe.findings == ["https://x.example answers", "rate: 2 series"])
    }
}
