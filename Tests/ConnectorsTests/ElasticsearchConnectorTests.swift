import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

@Suite struct ElasticsearchConnectorTests {
    private let workspace: Workspace
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        try workspace.connector(
            "elasticsearch", ["url": "https://x.example", "index": "logs-*", "limit": 2, "lookback": "10min"].merging(more) { $1 })
    }

    @Test func `the recorded index is read to its end, with what came late, and the point in time closed`() async throws {
        let contract = try Contract("elasticsearch")
        let settings: [String: JSONValue] = ["query": "service.name:*"]
        let first = try await workspace.collect(try connector(settings), network: contract.server.access())
        #expect(first.messages == ["cart 7 opened", "no stock", "retrying", "cart 8 opened", "order 7 was paid"])
        #expect(contract.requests.last == "DELETE /_pit")
        workspace.now = Workspace.noon + 5 * .minuteMs
        let second = try await workspace.collect(try connector(settings), network: contract.server.access(now: workspace.now))
        #expect(second.messages == ["came late"])

        workspace.cursors = [:]
        #expect(try await workspace.collect(try connector(["index": "quiet"]), network: contract.server.access()).messages.isEmpty)
        #expect(contract.requests.last == "DELETE /_pit")
        try workspace.write("ApiKey stale\n", to: "key")
        for (more, words) in [
            (["index": "nowhere-*"], "no index is named `nowhere-*`, or none that may be read; check `index`"),
            (["index": "nothing"], "no such index [nothing]"), (["index": "secret"], "this action is granted by the privileges [read,all]"),
            (["secret_file": "key", "header": "Authorization"], "unable to authenticate"),
        ] as [([String: JSONValue], String)] {
            workspace.cursors = [:]
            let error = await #expect(throws: ConnectorError.self) {
                try await workspace.collect(try connector(more), network: contract.server.access())
            }
            #expect(error?.description.contains(words) == true)
        }
        #expect(contract.unexpected.isEmpty)
        #expect(contract.used.count == contract.exchanges.count)
    }

    @Test func `the fields of either schema say whose a record is, how bad, of which trace and with what stack`() async throws {
        let run = try await workspace.collect(
            try connector(["query": "service.name:*"]), network: try Contract("elasticsearch").server.access())
        var seen: [String] = []
        for batch in run.reading.logs {
            func text(_ range: ByteRange) -> String { String(decoding: batch.bytes[range.lower..<range.upper], as: UTF8.self) }
            for record in batch.records {
                seen.append(
                    [
                        batch.defaultService, record.level.word, text(record.host), text(record.traceID),
                        text(record.stack).contains("Cart.java:41") ? "stack" : "",
                    ].joined(separator: "|"))
            }
        }
        #expect(
            seen == [
                "cart|info|node-3|0242ac120002000000000000000000aa|", "cart|error|||stack", "cart|warning|||", "cart|info|||",
                "checkout|info|node-3||",
            ])
    }

    @Test func `OpenSearch is told by its first answer and asked in its own way`() async throws {
        let contract = try Contract("opensearch")
        let run = try await workspace.collect(try connector(), network: contract.server.access())
        #expect(run.messages == ["one", "two", "three", "four"])
        // One was given up meanwhile.
        #expect(contract.requests.count { $0.hasPrefix("POST") && $0.contains("point_in_time") } == 2)
        #expect(run.reading.logs.flatMap(\.records).map(\.level) == [.unknown, .warning, .unknown, .unknown])
        #expect(contract.unexpected.isEmpty)
        #expect(contract.used.count == contract.exchanges.count)
    }

    @Test func `a point in time that the server gave up is opened anew, and nothing is read twice`() async throws {
        let documents = (0..<5).map { (Workspace.noon.ms - 60_000 + Int64($0) * 1_000, "line \($0)") }
        let server = FakeServer { number, request in
            if request.method == .get { return .ok(#"{"version":{"number":"8.0.0"}}"#) }
            if request.url.contains("_pit") { return .ok(#"{"id":"p\#(number)"}"#) }
            guard number != 3 else {
                return .status(404, #"{"error":{"type":"search_context_missing_exception","reason":"No search context"}}"#)
            }
            let body = JSONValue(ownText: String(decoding: request.body ?? [], as: UTF8.self))
            let from = body?["query"]?["bool"]?["filter"]?.arrayValue?.first?["range"]?["@timestamp"]?["gte"]?.intValue ?? 0
            let after = body?["search_after"]?.arrayValue?.first?.intValue ?? 0
            let hits = documents.filter { $0.0 >= from && $0.0 > after }.prefix(2).map {
                #"{"_index":"i","_id":"\#($0.1)","_source":{"@timestamp":\#($0.0),"message":"\#($0.1)"},"sort":[\#($0.0),1]}"#
            }
            return .ok(#"{"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[\#(hits.joined(separator: ","))]}}"#)
        }
        let run = try await workspace.collect(try connector(), network: server.access())
        #expect(run.messages == documents.map(\.1))
    }

    @Test(arguments: [
        #"{"timed_out":true,"_shards":{"failed":0},"hits":{"hits":[]}}"#, #"{"timed_out":false,"_shards":{"failed":1},"hits":{"hits":[]}}"#,
        #"{"hits":7}"#,
    ])
    func `a part of an answer is no answer`(body: String) async throws {
        let server = FakeServer { _, request in
            if request.method == .get { return .ok(#"{"version":{"number":"8.0.0"}}"#) }
            return request.url.contains("_pit") ? .ok(#"{"id":"p"}"#) : .ok(body)
        }
        await #expect(throws: ConnectorError.self) { try await workspace.collect(try connector(), network: server.access()) }
        #expect(workspace.cursors.isEmpty)
    }

    @Test func `a check says that no index has the name`() async throws {
        let server = FakeServer { _, request in
            request.method == .get
                ? .ok(#"{"version":{"number":"8.15.0"}}"#)
                : .ok(#"{"timed_out":false,"_shards":{"total":0,"failed":0},"hits":{"hits":[]}}"#)
        }
        let probe = await (try connector()).probe(through: SourceAccess(now: Workspace.noon, network: server.access()))
        #expect(probe.diagnostics.map(\.message) == ["no index is named `logs-*`, or none that may be read"])
    }

    @Test func `a query may be JSON, and what only begins as JSON is refused`() throws {
        #expect(throws: Never.self) { try connector(["query": #"{"term": {"service.name": "cart"}}"#]) }
        #expect(throws: ConnectorError.self) { try connector(["query": #"{"term": "#]) }
    }

    @Test func `a check says which server it is and whose records would come`() async throws {
        let server = FakeServer { _, request in
            request.method == .get
                ? .ok(#"{"version":{"number":"8.15.0"}}"#)
                : .ok(
                    #"{"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[{"_index":"i","_id":"1","_source":{"@timestamp":"2026-01-01T11:00:00Z","message":"m","service":{"name":"cart"}},"sort":[1]}]}}"#
                )
        }
        let probe = await (try connector()).probe(through: SourceAccess(now: Workspace.noon, network: server.access()))
        #expect(probe.findings == ["https://x.example answers", "Elasticsearch 8.15.0", "records of the last day (cart)"])
    }
}
