import Foundation
import Model
import Store
import TestKit
import Testing

@testable import Pipeline

/// What is stored decides: signals derived after every piece, in any order of arrival, are those derived once from everything.
@Suite struct DeriveSignalsTests {
    static let start = Instant(ms: 1_795_305_600_000)  // 2026-11-22T00:00:00Z

    private static func context() throws -> RunContext {
        try RunContext(
            bundle: URL(filePath: "/nowhere"), configuration: Configuration(), now: start + 60 * .dayMs, progress: .silent)
    }
    private static func signals(_ context: RunContext) throws -> [Event] {
        try context.store.events(in: Instant.representable)
    }
    /// Stores the pieces one by one, deriving after each.
    private static func derived<Piece>(_ pieces: [Piece], store: (CaseStore, Piece) throws -> Void) throws -> [Event] {
        let context = try context()
        for piece in pieces {
            try store(context.store, piece)
            _ = try DeriveSignals(context).run()
        }
        return try signals(context)
    }

    // MARK: - Tests

    /// Sixty days of four builds a day: one test breaks on day 30 for three days, one flickers, one is slow from day 20 to 40.
    private static func results() -> [TestResult] {
        (0..<240).flatMap { build -> [TestResult] in
            func result(_ name: String, _ outcome: TestOutcome, _ durationMs: Int64 = 40) -> TestResult {
                TestResult(
                    suite: "checkout", className: "CartTest", name: name, outcome: outcome, durationMs: durationMs,
                    runAt: start + Int64(build) * 6 * .hourMs, run: "build-\(build).xml#checkout", commit: "c\(build / 2)")
            }
            return [
                result("adds", (120..<132).contains(build) ? .failed : .passed), result("flickers", build % 40 == 7 ? .failed : .passed),
                result("sums", .passed, (80..<160).contains(build) ? 3_000 : 700 + Int64(build % 7) * 20),
            ]
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `test results in any order and in any pieces give the same signals`(seed: UInt64) throws {
        let results = Self.results()
        let expected = try Self.derived([results]) { try $0.merge($1) }
        #expect(Set(expected.map(\.title)).count == 3, "\(expected.map(\.title))")
        #expect(expected.filter { $0.title.hasPrefix("New failure") }.map { $0.text("previous_commit") } == ["c59"])
        var chance = SeededGenerator(seed: seed)
        let shuffled = results.shuffled(using: &chance)
        let pieces = stride(from: 0, to: shuffled.count, by: 120).map { Array(shuffled[$0..<min($0 + 120, shuffled.count)]) }
        #expect(try Self.derived(pieces) { try $0.merge($1) } == expected)
    }

    @Test func `deriving again over the same results changes nothing`() throws {
        let context = try Self.context()
        try context.store.merge(Self.results())
        #expect(try DeriveSignals(context).run() > 0)
        let before = try Self.signals(context)
        try context.store.merge(Self.results())
        #expect(try DeriveSignals(context).run() == 0)
        #expect(try Self.signals(context) == before)
    }

    // MARK: - Logs

    /// Seventeen days of a service with a nightly job, which fails to come in the last night but one, and a burst at noon of the last.
    private static func days() -> [LogSummary] {
        (0..<17).map { day in
            let leaves = [LogLeaf(id: 11, pattern: "order <*> placed"), LogLeaf(id: 12, pattern: "import failed for <*>")]
            var counts: [LogCount] = []
            func add(_ leaf: Int64, _ level: LogLevel, _ minute: Int, _ count: Int64) {
                counts.append(
                    LogCount(service: "orders", leaf: leaf, level: level, minute: start.minute + Int64(day * 1_440 + minute), count: count))
            }
            for minute in stride(from: 0, to: 1_440, by: 2) { add(11, .info, minute, 6) }
            if day != 15 { for minute in 125..<135 { add(12, .error, minute, 20) } }
            if day == 16 { for minute in 720..<735 { add(12, .error, minute, 20) } }
            return LogSummary(leaves: leaves, counts: counts)
        }
    }

    @Test(arguments: [3, 4] as [UInt64])
    func `days of logs in any order give the same signals, habits known`(seed: UInt64) throws {
        let days = Self.days()
        let expected = try Self.derived([0]) { store, _ in for day in days { try store.merge(day) } }
        let late = expected.filter { $0.occurredAt >= Self.start + 14 * .dayMs }
        #expect(late.map(\.type) == [.logSilence, .errorBurst], "\(late.map { "\($0.occurredAt.rfc3339) \($0.title)" })")
        var chance = SeededGenerator(seed: seed)
        #expect(try Self.derived(days.shuffled(using: &chance)) { try $0.merge($1) } == expected)
    }

    // MARK: - Metrics

    @Test func `days of metrics in any order give the same signals, gaps and habits known`() throws {
        var chance = SeededGenerator(seed: 5)
        let days: [MetricTrack] = (0..<8).map { day in
            let points = stride(from: 0, to: 1_440, by: 5).compactMap { minute -> MetricPoint? in
                if day == 6, (900..<960).contains(minute) { return nil }
                let load = (120..<150).contains(minute) || day == 7 && (800..<840).contains(minute) ? 60.0 : 0
                return MetricPoint(
                    timeMs: Self.start.ms + Int64(day * 1_440 + minute) * 60_000,
                    value: 20 + load + Double.random(in: -2...2, using: &chance))
            }
            return MetricTrack(key: MetricKey(service: "orders", metric: "cpu_usage"), kind: .gauge, points: points)
        }
        // A second series, so that the pause of the first is seen.
        let steady = MetricTrack(
            key: MetricKey(service: "orders", metric: "threads"), kind: .gauge,
            points: (0..<8 * 288).map { MetricPoint(timeMs: Self.start.ms + Int64($0) * 300_000, value: 10) })
        let expected = try Self.derived([0]) { store, _ in try store.merge(days + [steady]) }
        let late = expected.filter { $0.occurredAt >= Self.start + 5 * .dayMs }
        #expect(late.map(\.type) == [.metricGap, .metricAnomaly], "\(late.map { "\($0.occurredAt.rfc3339) \($0.title)" })")
        #expect(try Self.derived(([steady] + days).shuffled(using: &chance)) { try $0.merge([$1]) } == expected)
    }
}
