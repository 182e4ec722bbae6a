import Model
import TestKit
import Testing

@testable import Signals

/// A made-up service's counts.
struct TestHistory {
    static let start: Int64 = 1_795_305_600_000  // 2026-11-22T00:00:00Z
    var counts: [LogCount] = []
    var leaves: [Int64: LogLeaf] = [:]
    var exemplars: [LogExemplar] = []
    private var ids: [String: Int64] = [:]

    mutating func add(_ pattern: String, _ level: LogLevel, minute: Int, _ count: Int) {
        guard count > 0 else { return }
        let id = ids[pattern] ?? LogSummarizer.leafID(of: pattern)
        ids[pattern] = id
        let leaf = LogLeaf(id: id, pattern: pattern)
        if leaves[leaf.id] == nil {
            exemplars.append(
                LogExemplar(
                    service: "orders", leaf: leaf.id, level: level, at: Instant(ms: Self.start + Int64(minute) * 60_000 + 7_250),
                    path: "a.log", offset: Int64(minute), line: 1, traceID: "abc\(minute)", text: pattern))
        }
        leaves[leaf.id] = leaf
        counts.append(
            LogCount(service: "orders", leaf: leaf.id, level: level, minute: Self.start / 60_000 + Int64(minute), count: Int64(count)))
    }

    func history(fromMinute first: Int = .min) -> LogHistory {
        var seen: [Int64: Instant] = [:]
        for count in counts {
            let at = Instant(ms: count.minute * 60_000 + 7_250)
            seen[count.leaf] = min(seen[count.leaf] ?? at, at)
        }
        let kept = first == .min ? counts : counts.filter { $0.minute >= Self.start / 60_000 + Int64(first) }
        return LogHistory(
            service: "orders", counts: kept, leaves: leaves, firstSeen: seen, exemplars: exemplars,
            serviceFirstSeen: seen.values.min() ?? Instant(ms: 0))
    }

    /// What the store would give of earlier days.
    var past: LogPast {
        let hours = Dictionary(grouping: counts) { $0.minute.floorDivided(by: 60) }
        return LogPast { minutes in
            (minutes.lowerBound.floorDivided(by: 60)...minutes.upperBound.floorDivided(by: 60)).flatMap { hours[$0] ?? [] }
                .filter { minutes.contains($0.minute) }
        }
    }

    func derive(_ minutes: Range<Int>, fromMinute first: Int = .min, areMerged: Bool = true) -> [Event] {
        try! LogSignals.derive(
            history(fromMinute: first), templates: LogTemplates(leaves: areMerged ? Array(leaves.values) : []),
            onsets: Self.start + Int64(minutes.lowerBound) * 60_000..<Self.start + Int64(minutes.upperBound) * 60_000, origin: "logs",
            past: past)
    }

    /// Day by day, with no more history than the store gives.
    func deriveDays(_ days: Range<Int>) -> [Event] {
        let all = history()
        let (templates, past) = (LogTemplates(leaves: Array(leaves.values)), self.past)
        return days.flatMap { day in
            let from = Self.start / 60_000 + Int64(day) * 1_440
            var part = all
            part.counts = all.counts.filter { $0.minute >= from - 1_440 && $0.minute < from + 1_800 }
            return try! LogSignals.derive(
                part, templates: templates, onsets: from * 60_000..<(from + 1_440) * 60_000, origin: "logs", past: past)
        }
    }

    /// A day and more of steady, noisy, daily-swinging logs with a few rare errors.
    static func quiet(minutes: Int, seed: UInt64) -> TestHistory {
        var chance = SeededGenerator(seed: seed)
        func poisson(_ mean: Double) -> Int {
            var product = Double.random(in: 0..<1, using: &chance)
            let limit = max(1e-300, exponential(-mean))
            var count = 0
            while product > limit, count < 10_000 {
                count += 1
                product *= Double.random(in: 0..<1, using: &chance)
            }
            return count
        }
        var history = TestHistory()
        history.add("upstream <*> timed out", .error, minute: 0, 1)
        for minute in 0..<minutes {
            let swing = 1 + 0.6 * sine(Double(minute) / 1_440)
            history.add("order <*> placed", .info, minute: minute, poisson(40 * swing))
            history.add("cart <*> opened", .info, minute: minute, poisson(15 * swing))
            history.add("payment <*> declined", .warning, minute: minute, poisson(1.5 * swing))
            history.add("cache miss for <*>", .debug, minute: minute, poisson(3))
            history.add("upstream <*> timed out", .error, minute: minute, poisson(0.02))
            if minute % 60 == 5 { history.add("reconcile: <*> rows skipped", .warning, minute: minute, 20 + poisson(5)) }
        }
        return history
    }
}

/// Small stand-ins so that the tests need no Foundation.
func sine(_ turns: Double) -> Double {
    // Bhaskara's approximation, good to 0.002.
    let x = (turns - turns.rounded(.down)) * 360
    let half = x < 180 ? x : x - 180
    let value = 4 * half * (180 - half) / (40_500 - half * (180 - half))
    return x < 180 ? value : -value
}
func exponential(_ x: Double) -> Double {
    var term = 1.0
    var sum = 1.0
    let part = x / 64
    for n in 1..<12 {
        term *= part / Double(n)
        sum += term
    }
    var result = sum
    for _ in 0..<6 { result *= result }
    return result
}

@Suite struct LogSignalsTests {
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `quiet days give next to no signals`(seed: UInt64) {
        let history = TestHistory.quiet(minutes: 2_880, seed: seed)
        let events = history.derive(60..<2_880)
        #expect(
            events.filter { $0.severity >= .medium && $0.strength >= 0.5 }.count <= 1,
            "\(events.map { "\($0.occurredAt.clock) \($0.title) \($0.text("reason") ?? "")" })")
        #expect(events.count <= 2, "\(events.map(\.title))")
    }

    @Test func `a message of failure never seen before is a signal, once, with its burst`() throws {
        var history = TestHistory.quiet(minutes: 1_500, seed: 7)
        for minute in 1_300..<1_325 { history.add("PoolTimeout: no connection within <*> ms", .error, minute: minute, 16) }
        let events = history.derive(1_200..<1_500).filter { $0.title.contains("PoolTimeout") }
        #expect(events.count == 1)
        let event = try #require(events.first)
        #expect(event.type == .newLogTemplate)
        #expect(event.title == "New message: PoolTimeout: no connection within <*> ms")
        #expect(event.severity == .high)
        #expect(event.occurredAt.ms == TestHistory.start + 1_300 * 60_000 + 7_250)
        #expect(event.attributes["count"] == .int(400))
        #expect(event.endedAt?.ms == TestHistory.start + 1_325 * 60_000)
        #expect(event.text("exemplar_position") == "a.log:1300")
        #expect(event.attributes["exemplar_traces"] == .strings(["abc1300"]))
        #expect(event.id == event.contentID())
    }

    @Test func `a known error that comes much more often is a burst`() throws {
        var history = TestHistory.quiet(minutes: 1_700, seed: 3)
        for minute in 1_500..<1_520 { history.add("upstream <*> timed out", .error, minute: minute, 20) }
        let events = history.derive(1_440..<1_700).filter { $0.type == .errorBurst }
        #expect(events.count == 1)
        let event = try #require(events.first)
        #expect(event.occurredAt.minute == TestHistory.start / 60_000 + 1_500)
        #expect(event.title.hasPrefix("Burst ×40"))
        #expect(event.strength > 0.8)
        #expect((event.endedAt?.minute ?? 0) - event.occurredAt.minute >= 20)
        #expect((event.endedAt?.minute ?? 0) - event.occurredAt.minute <= 26)
    }

    @Test func `what comes in bursts every hour is usual`() {
        let events = TestHistory.quiet(minutes: 2_000, seed: 12).derive(600..<2_000)
        #expect(!events.contains { $0.title.contains("reconcile") })
    }

    @Test func `an unlevelled message that speaks of failure counts as one`() {
        var history = TestHistory.quiet(minutes: 400, seed: 5)
        history.add("connection refused by <*>", .unknown, minute: 300, 3)
        history.add("hello <*>", .unknown, minute: 300, 3)
        history.add("finished with no errors", .unknown, minute: 300, 3)
        let titles = history.derive(200..<400).map(\.title)
        #expect(titles == ["New message: connection refused by <*>"])
    }

    @Test func `a service that just began to log has no news`() {
        var history = TestHistory()
        for minute in 0..<60 { history.add("boot <*>", .info, minute: minute, 5) }
        history.add("no leader yet", .error, minute: 10, 1)
        #expect(history.derive(0..<60).isEmpty)
    }

    @Test func `a steady message that stops while others go on is silence, the end of data is not`() {
        var history = TestHistory.quiet(minutes: 600, seed: 9)
        for minute in 0..<500 { history.add("heartbeat <*> ok", .info, minute: minute, 6) }
        let silences = history.derive(300..<600).filter { $0.type == .logSilence }
        #expect(silences.map(\.title) == ["Silent: heartbeat <*> ok"])
        #expect(silences.first?.occurredAt.minute == TestHistory.start / 60_000 + 500)
    }

    @Test func `a service that stops and speaks again was silent`() {
        let steady = TestHistory.quiet(minutes: 600, seed: 9)
        var history = TestHistory()
        let pause = (TestHistory.start / 60_000 + 400)..<(TestHistory.start / 60_000 + 412)
        history.leaves = steady.leaves
        history.counts = steady.counts.filter { !pause.contains($0.minute) }
        let silences = history.derive(300..<600).filter { $0.type == .logSilence }
        #expect(silences.map(\.title) == ["No log records for 12 min"])
    }

    static func eventful(seed: UInt64) -> TestHistory {
        var chance = SeededGenerator(seed: seed)
        var history = TestHistory.quiet(minutes: 3 * 1_440, seed: seed)
        for index in 0..<14 {
            let begin = Int.random(in: 1_400..<4_200, using: &chance)
            let known = Bool.random(using: &chance)
            let failure = Array(repeating: "again", count: index + 1).joined(separator: " ")
            for minute in begin..<min(4_320, begin + Int.random(in: 1...(known ? 25 : 300), using: &chance)) {
                history.add(
                    known ? "upstream <*> timed out" : "failed \(failure)", .error, minute: minute, Int.random(in: 0...30, using: &chance))
            }
        }
        return history
    }

    @Test(arguments: [21, 22, 23, 24] as [UInt64])
    func `deriving piece by piece, with no more history than allowed, gives what deriving at once gives`(seed: UInt64) throws {
        let history = Self.eventful(seed: seed)
        let whole = history.derive(1_440..<4_320)
        #expect(whole.count > 3)
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<2 {
            let cuts = [1_440, 4_320] + [2_880] + (0..<3).map { _ in Int.random(in: 1_441..<4_320, using: &chance) }
            var pieces: [Event] = []
            for (from, to) in zip(cuts.sorted(), cuts.sorted().dropFirst()) where from < to {
                var part = history
                part.counts = history.counts.filter { $0.minute < TestHistory.start / 60_000 + Int64(to + 360) }
                let all = history.history()
                var piece = part.history(fromMinute: from - 1_440)
                piece.firstSeen = all.firstSeen
                piece.serviceFirstSeen = all.serviceFirstSeen
                pieces += try LogSignals.derive(
                    piece, templates: LogTemplates(leaves: Array(history.leaves.values)),
                    onsets: TestHistory.start + Int64(from) * 60_000..<TestHistory.start + Int64(to) * 60_000, origin: "logs",
                    past: history.past)
            }
            #expect(pieces.sorted { ($0.occurredAt.ms, $0.fingerprint) < ($1.occurredAt.ms, $1.fingerprint) } == whole)
        }
    }

    @Test func `the order of counts, leaves and exemplars does not show`() {
        var history = Self.eventful(seed: 5)
        let expected = history.derive(1_440..<4_320)
        var chance = SeededGenerator(seed: 1)
        history.counts.shuffle(using: &chance)
        history.exemplars.shuffle(using: &chance)
        #expect(history.derive(1_440..<4_320) == expected)
    }
}

@Suite struct LogNoiseTests {
    @Test func `an hour of countless new messages keeps the loudest, whatever the cut`() {
        var history = TestHistory()
        for minute in 0..<200 { history.add("order <*> placed", .info, minute: minute, 10) }
        for index in 0..<120 {
            let text = "failed" + String(repeating: " so", count: index + 1)
            history.add(text, .error, minute: 121 + index % 50, index + 1)
        }
        let whole = history.derive(60..<200, areMerged: false)
        #expect(whole.count { $0.type == .newLogTemplate } == LogSignals.eventsPerHour)
        #expect(whole.allSatisfy { ($0.attributes["count"]?.intValue ?? 0) > 80 })
        let pieces = [60..<130, 130..<150, 150..<200].flatMap { history.derive($0, areMerged: false) }
        #expect(pieces == whole)
    }
}
