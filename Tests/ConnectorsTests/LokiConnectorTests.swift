import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

private let second = Int64(1_000_000_000)

/// A Loki that keeps these lines of one stream and answers as its documentation says: from `start` on, before `end`, the earliest
/// `limit`.
private func loki(_ lines: [(time: Int64, text: String)], most: Int = .max, largest: Int = .max) -> FakeServer {
    FakeServer { _, request in
        func number(_ name: String) -> Int64 { request.parameter(name).flatMap { Int64($0) } ?? 0 }
        if number("limit") > most { return .status(400, "max entries limit per query exceeded") }
        if number("limit") > largest { return .failure(.tooLarge(place: "x", limitBytes: 1)) }
        let found = lines.filter { $0.time >= number("start") && $0.time < number("end") }.sorted { $0.time < $1.time }
        let values = found.prefix(Int(number("limit"))).map { #"["\#($0.time)","\#($0.text)"]"# }.joined(separator: ",")
        return .ok(
            #"{"status":"success","data":{"resultType":"streams","result":[{"stream":{"app":"cart"},"values":[\#(values)]}]}}"#)
    }
}

@Suite struct LokiConnectorTests {
    private let workspace: Workspace
    private let noon = Workspace.noon.ms * 1_000_000
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> any Connector {
        try workspace.connector(
            "loki",
            ["url": "https://x.example", "queries": ["lines": #"{app="cart"}"#], "lookback": "1h"].merging(more) { $1 })
    }

    @Test func `the recorded service is read to its end, with what came late, and nothing twice`() async throws {
        let contract = try Contract("loki")
        let settings: [String: JSONValue] = [
            "queries": ["lines": #"{app="cart"}"#, "none": #"{app="nobody"}"#, "rate": #"sum by (app) (rate({namespace="shop"}[1m]))"#],
            "limit": 4, "tenant": "shop", "lookback": "10min",
        ]
        let first = try await workspace.collect(try connector(settings), network: contract.server.access())
        #expect(
            first.messages == [
                "cart 7 opened", "cart 8 opened", "no stock", "java.lang.IllegalStateException: no stock", "cart 9 opened",
                "cart 10 opened",
            ])
        #expect(first.reading.metrics.map(\.key) == [MetricKey(service: "cart", metric: "rate")])
        workspace.now = Workspace.noon + 5 * .minuteMs
        let second = try await workspace.collect(try connector(settings), network: contract.server.access(now: workspace.now))
        #expect(second.messages == ["came late", "cart 11 opened"])
        await #expect(throws: ConnectorError.self) {
            workspace.cursors = [:]
            _ = try await workspace.collect(try connector(["limit": 50_000]), network: contract.server.access())
        }
        let error = await #expect(throws: ConnectorError.self) {
            try await workspace.collect(try connector(["queries": ["x": #"{app="elsewhere"}"#]]), network: contract.server.access())
        }
        #expect(error?.description.contains("no org id; name the tenant in `tenant`") == true)
        #expect(contract.unexpected.isEmpty)
        #expect(contract.used.count == contract.exchanges.count)
    }

    @Test func `labels and structured metadata say whose a line is, how bad and of which trace`() async throws {
        let contract = try Contract("loki")
        let run = try await workspace.collect(
            try connector(["limit": 4, "tenant": "shop", "lookback": "10min"]), maxPages: 1, network: contract.server.access())
        let batch = try #require(run.reading.logs.last)
        func text(_ range: ByteRange) -> String { String(decoding: batch.bytes[range.lower..<range.upper], as: UTF8.self) }
        #expect(batch.defaultService == "cart")
        #expect(batch.records.map(\.level) == [.error, .error])
        #expect(batch.records.map { text($0.host) } == ["cart-5b67c48447-fj8b7", "cart-5b67c48447-fj8b7"])
        #expect(batch.records.map { text($0.traceID) } == ["0242ac120002000000000000000000aa", ""])
        #expect(text(batch.records[1].stack).contains("at shop.Cart.add(Cart.java:41)"))
    }

    @Test(arguments: [1, 2, 3, 7, 40]) func `whatever the page holds, each of many lines of one moment is read once`(limit: Int)
        async throws
    {
        let lines = (0..<40).map { (noon - 60 * second + Int64($0 / 9), "line \($0)") }
        let run = try await workspace.collect(try connector(["limit": .int(Int64(limit))]), network: loki(lines).access())
        #expect(run.messages == lines.map(\.1))
        #expect(run.deadLetters.isEmpty)
    }

    @Test func `a moment that holds more than the server gives is passed with a dead letter`() async throws {
        let lines = (0..<30).map { (noon - 60 * second, "line \($0)") } + [(noon - 30 * second, "after it")]
        let run = try await workspace.collect(try connector(["limit": 5]), network: loki(lines, most: 5).access())
        #expect(run.messages == (0..<5).map { "line \($0)" } + ["after it"])
        #expect(run.deadLetters.count == 1)
        #expect(run.deadLetters.first?.remedy.contains("max_entries_limit_per_query") == true)
    }

    @Test func `an answer that is too large is asked for with fewer lines`() async throws {
        let lines = (0..<10).map { (noon - 60 * second + Int64($0), "line \($0)") }
        let run = try await workspace.collect(try connector(["limit": 64]), network: loki(lines, largest: 4).access())
        #expect(run.messages == lines.map(\.1))
    }

    @Test(arguments: ["lines", "rate"]) func `what is too long for the server is asked for in pieces`(kind: String) async throws {
        let server = FakeServer { _, request in
            func number(_ name: String) -> Int64 { request.parameter(name).flatMap { Int64($0) } ?? 0 }
            if number("end") - number("start") > 900 * second {
                return .status(400, "the query would read too many bytes (query: 5.4 GiB, limit: 1.0 GiB)")
            }
            let result = kind == "rate" ? "matrix" : "streams"
            return .ok(#"{"status":"success","data":{"resultType":"\#(result)","result":[]}}"#)
        }
        let query = kind == "rate" ? #"rate({app="cart"}[1m])"# : #"{app="cart"}"#
        let run = try await workspace.collect(try connector(["queries": [kind: .string(query)]]), network: server.access())
        #expect(run.pages.count >= 4)
        #expect(workspace.cursors["query:\(kind)"]?.state["until"]?.intValue ?? 0 >= Workspace.noon.ms)
    }

    @Test func `runs over a growing log, some of them cut short, count each line once`() async throws {
        var lines: [(time: Int64, text: String)] = (0..<200).map { (noon - 600 * second + Int64($0) * second * 3, "line \($0)") }
        var read: [String] = []
        for round in 0..<12 {
            workspace.now = Workspace.noon + Int64(round) * .minuteMs
            // One that comes late, by less than the overlap.
            lines.append((noon + (Int64(round) * 60 - 250) * second, "late \(round)"))
            lines.append((noon + (Int64(round) * 60 - 1) * second, "new \(round)"))
            let run = try await workspace.collect(
                try connector(["limit": 10]), maxPages: round % 3 == 0 ? 2 : 1_000, network: loki(lines).access(now: workspace.now))
            read += run.messages
        }
        #expect(read.count == Set(read).count)
        #expect(Set(read) == Set(lines.map(\.text)))
    }

    @Test func `when the overlap holds more than is remembered, less is asked for again and nothing is read twice`() async throws {
        var seen = SeenItems(nil, from: 0)
        seen.most = 10
        for index in 0..<30 { _ = seen.isNew("item \(index)", at: Int64(index) * 1_000) }
        seen.forget(before: 0, butNot: 29_000)
        #expect(seen.since == 20_000)
        var again = SeenItems(seen.state, from: 0)
        #expect(again.since == 20_000)
        let known = (20..<31).map { again.isNew("item \($0)", at: min(29_000, Int64($0) * 1_000)) }
        #expect(known == Array(repeating: false, count: 10) + [true])
    }

    @Test func `an item that is seen again later is known as long as then`() {
        var seen = SeenItems(nil, from: 0)
        var answers = [seen.isNew("item", at: 1_000), seen.isNew("item", at: 9_000)]
        seen.forget(before: 5_000)
        answers.append(seen.isNew("item", at: 9_000))
        seen.forget(before: 10_000)
        answers.append(seen.isNew("item", at: 20_000))
        #expect(answers == [true, false, false, true])
    }

    @Test(arguments: [
        (#"{app="cart"}"#, true), (#" ( {app="cart"} |= "x" )"#, true), ("# errors\n{app=\"cart\"}", true),
        (#"rate({app="cart"}[1m])"#, false), (#"(sum(rate({app="cart"}[1m])))"#, false), (#"1 - sum(count_over_time({a="b"}[1m]))"#, false),
    ])
    func `a query is of lines or counts, as its grammar says`(query: String, isOfLines: Bool) async throws {
        let server = FakeServer { _, _ in .status(404) }
        await #expect(throws: ConnectorError.self) {
            try await workspace.collect(try connector(["queries": ["q": .string(query)]]), network: server.access())
        }
        #expect((server.requests.first?.parameter("direction") == "forward") == isOfLines)
    }

    @Test func `a server that fails leaves the cursor where it was`() async throws {
        let server = FakeServer { _, _ in .status(503) }
        await #expect(throws: ConnectorError.self) { try await workspace.collect(try connector(), network: server.access()) }
        #expect(workspace.cursors.isEmpty)
    }

    @Test func `a check says what each query gives`() async throws {
        let probe = await (try connector(["queries": ["errors": #"{app="cart"}"#]])).probe(
            through: SourceAccess(now: Workspace.noon, network: loki([(noon - second, "x")]).access()))
        #expect(probe.findings == ["https://x.example answers", "errors: lines of the last hour in 1 stream (cart)"])
    }
}
