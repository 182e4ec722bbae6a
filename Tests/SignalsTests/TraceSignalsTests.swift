import Model
import TestKit
import Testing

@testable import Signals

/// A gateway that calls orders, which calls a database of its own: one trace every few seconds.
struct TestTraffic {
    static let start: Int64 = 1_795_305_600_000
    var spans: [Span] = []
    private var chance: SeededGenerator
    private var number = 0

    init(seed: UInt64) { chance = SeededGenerator(seed: seed) }

    private func hex(_ value: Int, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: width - digits.count) + digits
    }

    /// Milliseconds beside the usual: in the database, in orders itself, on the way between gateway and orders.
    /// `losesOrders` leaves out the spans of orders; `breaks` fails the call before orders sees it.
    mutating func add(
        atMs: Int64, database: Double = 0, orders: Double = 0, network: Double = 0, fails: Bool = false, losesOrders: Bool = false,
        breaks: Bool = false, exception: String = "DeadlockException"
    ) {
        number += 1
        let trace = hex(number, 32)
        func noisy(_ ms: Double) -> Int64 { Int64(ms * Double.random(in: 0.7...1.3, using: &chance) * 1_000) }
        let db = noisy(8) + Int64(database * 1_000)
        let own = noisy(12) + Int64(orders * 1_000)
        let way = noisy(2) + Int64(network * 1_000)
        let gate = noisy(5)
        let at = Instant(ms: Self.start + atMs)
        func span(_ id: Int, _ parent: Int, _ service: String, _ operation: String, _ us: Int64, _ kind: SpanKind, isError: Bool = false)
            -> Span
        {
            Span(
                traceID: trace, spanID: hex(number * 8 + id, 16), parentID: parent == 0 ? "" : hex(number * 8 + parent, 16),
                service: service, operation: operation, kind: kind, start: at, durationUs: us, isError: isError,
                statusText: isError ? "deadlock" : "", exception: isError && id == 4 ? exception : nil)
        }
        spans.append(span(1, 0, "gateway", "GET /orders", db + own + way + gate, .server, isError: fails || breaks))
        spans.append(span(2, 1, "gateway", "call orders", db + own + way, .client, isError: fails || breaks))
        if losesOrders { return }
        spans.append(span(3, 2, "orders", "list orders", db + own, .server, isError: fails))
        spans.append(span(4, 3, "orders", "select orders", db, .client, isError: fails))
    }

    static func minutes(_ count: Int, seed: UInt64, perMinute: Int = 12, change: (Int, inout TestTraffic, Int64) -> Void) -> TestTraffic {
        var traffic = TestTraffic(seed: seed)
        for minute in 0..<count {
            for call in 0..<perMinute { change(minute, &traffic, Int64(minute) * 60_000 + Int64(call) * (60_000 / Int64(perMinute))) }
        }
        return traffic
    }
    func derive(_ minutes: Range<Int>) -> [Event] {
        TraceSignals.derive(
            spans: spans, onsets: Self.start + Int64(minutes.lowerBound) * 60_000..<Self.start + Int64(minutes.upperBound) * 60_000,
            origin: "traces")
    }
}

@Suite struct TraceSignalsTests {
    @Test func `the map counts calls between services`() {
        let traffic = TestTraffic.minutes(3, seed: 1) { _, traffic, at in traffic.add(atMs: at) }
        let edges = TraceMap.edges(traffic.spans.shuffled())
        #expect(edges == [ServiceMap.Edge(caller: "gateway", callee: "orders"): 36])
    }

    @Test func `spans without their parents, twice or in circles are tolerated`() {
        var spans = TestTraffic.minutes(2, seed: 1) { _, traffic, at in traffic.add(atMs: at) }.spans.filter { !$0.parentID.isEmpty }
        spans += spans.prefix(10)
        spans.append(Span(traceID: "a", spanID: "1", parentID: "2", service: "x", operation: "o", start: Instant(ms: 0), durationUs: .max))
        spans.append(
            Span(traceID: "a", spanID: "2", parentID: "1", service: "y", operation: "o", start: Instant(ms: .max), durationUs: .min))
        #expect(TraceMap.edges(spans)[ServiceMap.Edge(caller: "gateway", callee: "orders")] == 24)
        #expect(TraceSignals.derive(spans: spans, onsets: 0..<TestTraffic.start * 2, origin: "").isEmpty)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `quiet traffic gives no signal`(seed: UInt64) {
        let traffic = TestTraffic.minutes(600, seed: seed, perMinute: 6) { _, traffic, at in traffic.add(atMs: at) }
        #expect(traffic.derive(0..<600).isEmpty)
    }

    @Test func `the deepest slow operation is strong, its callers are weak and say why`() throws {
        let traffic = TestTraffic.minutes(90, seed: 5) { minute, traffic, at in
            traffic.add(atMs: at, database: minute >= 60 && minute < 75 ? 400 : 0)
        }
        let events = traffic.derive(0..<90)
        let strongest = try #require(events.max { $0.strength < $1.strength })
        #expect(strongest.text("operation") == "select orders")
        #expect(strongest.severity == .high)
        #expect(strongest.occurredAt.ms == TestTraffic.start + 60 * 60_000)
        #expect((strongest.endedAt?.minute ?? 0) - strongest.occurredAt.minute == 15)
        #expect((strongest.attributes["exemplar_traces"]?.arrayValue ?? []).count == 3)
        let others = events.filter { $0.fingerprint != strongest.fingerprint }
        #expect(others.contains { $0.text("operation") == "list orders" })
        #expect(others.allSatisfy { $0.strength < 0.5 && $0.text("explained_by") == "orders select orders" })
        #expect(others.contains { $0.text("reason")?.hasPrefix("explained by orders select orders, 3 calls below, which took") == true })
    }

    @Test func `the first example is a typical one, the second the slowest`() throws {
        let traffic = TestTraffic.minutes(90, seed: 15) { minute, traffic, at in
            traffic.add(atMs: at, database: minute >= 60 && minute < 75 ? (minute == 70 && at % 60_000 == 0 ? 9_000 : 400) : 0)
        }
        let event = try #require(traffic.derive(0..<90).max { $0.strength < $1.strength })
        let durations = (event.attributes["exemplar_traces"]?.arrayValue ?? []).map { trace in
            traffic.spans.first { $0.traceID == trace.stringValue && $0.operation == "select orders" }?.durationUs ?? 0
        }
        #expect(durations.count == 3)
        #expect(abs((durations.first ?? 0) - 408_000) < 5_000)
        #expect(durations.dropFirst().first ?? 0 > 9_000_000)
    }

    @Test func `spans that stay away while calls go on are missing, and nobody is called slow for it`() throws {
        let traffic = TestTraffic.minutes(300, seed: 16, perMinute: 6) { minute, traffic, at in
            traffic.add(atMs: at, losesOrders: minute >= 240 && minute < 260)
        }
        let events = traffic.derive(0..<300)
        #expect(events.map(\.type) == [.missingSpans], "\(events.map(\.title))")
        let event = try #require(events.first)
        #expect(event.service == "orders" && event.strength < 0.5)
        #expect(event.title == "No spans of orders for 20 min though gateway went on calling")
        #expect(event.text("reason") == "120 calls by gateway in 20 min without a span of orders, which usually sends 6 a minute for them")
        #expect(event.endedAt?.ms == TestTraffic.start + 260 * 60_000)
    }

    @Test func `one span in twenty lost is tolerated`() {
        let traffic = TestTraffic.minutes(400, seed: 17, perMinute: 6) { minute, traffic, at in
            traffic.add(atMs: at, losesOrders: (minute * 6 + Int(at / 10_000) % 6) % 20 == 7)
        }
        #expect(traffic.derive(0..<400).isEmpty)
    }

    @Test func `a call that fails before its callee sees it names the callee`() throws {
        let traffic = TestTraffic.minutes(90, seed: 18) { minute, traffic, at in
            traffic.add(atMs: at, losesOrders: minute >= 60 && at % 3 == 0, breaks: minute >= 60 && at % 3 == 0)
        }
        let event = try #require(traffic.derive(0..<90).first { $0.type == .errorSpans })
        #expect(event.text("operation") == "call orders" && event.text("callee") == "orders")
        #expect(event.text("reason")?.hasSuffix("; orders sent no span of them") == true)
    }

    @Test func `the exception told is the commonest, with an example of it`() throws {
        let traffic = TestTraffic.minutes(90, seed: 19) { minute, traffic, at in
            traffic.add(atMs: at, fails: minute >= 60, exception: minute == 60 ? "TimeoutException" : "DeadlockException")
        }
        let event = try #require(traffic.derive(0..<90).first { $0.type == .errorSpans })
        #expect(event.text("exception") == "DeadlockException")
        let trace = event.attributes["exemplar_traces"]?.arrayValue?.first?.stringValue
        #expect(traffic.spans.first { $0.traceID == trace && $0.exception != nil }?.exception == "DeadlockException")
    }

    @Test func `time lost on the way is laid on the call`() throws {
        let traffic = TestTraffic.minutes(90, seed: 6) { minute, traffic, at in traffic.add(atMs: at, network: minute >= 60 ? 300 : 0) }
        let strongest = try #require(traffic.derive(0..<90).max { $0.strength < $1.strength })
        #expect(strongest.service == "gateway")
        #expect(strongest.text("callee") == "orders")
        #expect(strongest.title.hasPrefix("Calls to orders take"))
    }

    @Test func `errors are laid where they begin`() throws {
        let traffic = TestTraffic.minutes(90, seed: 7) { minute, traffic, at in traffic.add(atMs: at, fails: minute >= 60 && at % 3 == 0) }
        let events = traffic.derive(0..<90).filter { $0.type == .errorSpans }
        #expect(events.map { $0.text("operation") } == ["select orders"])
        let event = try #require(events.first)
        #expect(event.occurredAt.ms == TestTraffic.start + 60 * 60_000)
        #expect(event.text("exception") == "DeadlockException")
        #expect(event.severity == .high)
    }

    @Test func `piece by piece gives what at once gives, in any order`() {
        let traffic = TestTraffic.minutes(700, seed: 8, perMinute: 6) { minute, traffic, at in
            traffic.add(
                atMs: at, database: minute % 200 > 170 ? 300 : 0, orders: minute > 400 && minute < 460 ? 150 : 0,
                fails: minute > 500 && minute < 530 && at % 20_000 == 0)
        }
        let whole = traffic.derive(60..<700)
        #expect(whole.count > 4)
        var pieces: [Event] = []
        for (from, to) in [(60, 171), (171, 173), (173, 402), (402, 500), (500, 700)] {
            pieces += TraceSignals.derive(
                spans: traffic.spans.shuffled(), onsets: TestTraffic.start + Int64(from) * 60_000..<TestTraffic.start + Int64(to) * 60_000,
                origin: "traces")
        }
        #expect(pieces == whole)
    }
}
