import Model
import TestKit
import Testing

@testable import Signals

/// Seeded series of one point a step.
struct TestSeries {
    var metric = "request_duration_seconds"
    var stepMs: Int64 = 60_000
    var values: [Double] = []
    static let start: Int64 = 1_795_305_600_000

    var track: MetricTrack {
        MetricTrack(
            key: MetricKey(service: "web", metric: metric), kind: .gauge,
            points: values.enumerated().map { MetricPoint(timeMs: Self.start + Int64($0.offset) * stepMs, value: $0.element) })
    }
    func derive(from: Int = 0, to: Int? = nil) -> [Event] {
        let onsets = Self.start + Int64(from) * stepMs..<Self.start + Int64(to ?? values.count) * stepMs
        return MetricAnomalies.derive(track, onsets: onsets, origin: "metrics", past: { _ in [] })
    }

    enum Kind: String, CaseIterable, Sendable { case flat, daily, heavyTail, walk, counts, constant, bursty }

    static func quiet(_ kind: Kind, rows: Int, stepMs: Int64 = 60_000, seed: UInt64) -> TestSeries {
        var chance = SeededGenerator(seed: seed)
        func noise() -> Double { (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &chance) } }
        var state = 0.0
        var series = TestSeries(stepMs: stepMs)
        for row in 0..<rows {
            let day = Double(Int64(row) * stepMs) / 86_400_000
            switch kind {
            case .flat: series.values.append(50 + 2 * noise())
            case .daily: series.values.append(100 + 40 * sine(day) + 3 * noise())
            case .heavyTail: series.values.append(20 * exponential(0.5 * noise()))
            case .walk:
                state = 0.995 * state + noise()
                series.values.append(100 + state)
            case .counts: series.values.append(Double((0..<20).count { _ in Double.random(in: 0..<1, using: &chance) < 0.05 }))
            case .constant: series.values.append(1)
            case .bursty: series.values.append(10 + noise() + (Int64(row) * stepMs % 7_200_000 < 600_000 ? 40 + 4 * noise() : 0))
            }
        }
        return series
    }
}

@Suite struct MetricAnomaliesTests {
    @Test(arguments: TestSeries.Kind.allCases, [60_000, 300_000] as [Int64])
    func `quiet series raise next to no signals`(kind: TestSeries.Kind, stepMs: Int64) {
        var strong = 0
        var all = 0
        for seed in 1...2 as ClosedRange<UInt64> {
            let series = TestSeries.quiet(kind, rows: Int(3 * 86_400_000 / stepMs), stepMs: stepMs, seed: seed)
            let events = series.derive()
            strong += events.count { $0.strength >= 0.5 && $0.role == .signal }
            all += events.count
        }
        // Two series of three days. What bursts every two hours is learned in its first hours, and weak until then.
        #expect(strong <= 1, "\(kind)")
        #expect(all <= (kind == .bursty ? 10 : 2), "\(kind)")
    }

    @Test(arguments: [TestSeries.Kind.flat, .daily, .heavyTail, .counts, .constant], [0, 1, 2])
    func `a clear shift is found with its onset, end and direction`(kind: TestSeries.Kind, which: Int) throws {
        var found = 0
        for seed in 1...3 as ClosedRange<UInt64> {
            var series = TestSeries.quiet(kind, rows: 3_600, seed: seed)
            let onset = [500, 1_500, 3_100][which]
            for row in onset..<(onset + 30) { series.values[row] += kind == .daily ? 150 : kind == .heavyTail ? 400 : 60 }
            let events = series.derive(from: onset - 200, to: onset + 200).filter { $0.strength >= 0.5 }
            guard let event = events.first(where: { abs($0.occurredAt.ms - (TestSeries.start + Int64(onset) * 60_000)) <= 120_000 }) else {
                continue
            }
            found += 1
            #expect(event.text("direction") == "up")
            #expect(
                abs((event.endedAt?.ms ?? 0) - (TestSeries.start + Int64(onset + 30) * 60_000)) <= (kind == .heavyTail ? 360_000 : 120_000))
        }
        #expect(found >= 3, "\(kind)")
    }

    @Test func `an hour of history is enough for an incident folder`() {
        var series = TestSeries.quiet(.flat, rows: 90, seed: 3)
        for row in 60..<90 { series.values[row] += 40 }
        #expect(series.derive().map(\.occurredAt.ms) == [TestSeries.start + 60 * 60_000])
    }

    @Test func `fewer than sixteen points before say nothing`() {
        var series = TestSeries(values: Array(repeating: 5, count: 14))
        series.values += Array(repeating: 500, count: 30)
        #expect(series.derive().isEmpty)
    }

    @Test func `the reason says peak and usual in the unit of the metric`() throws {
        var series = TestSeries.quiet(.flat, rows: 600, seed: 1)
        series.metric = "checkout_error_ratio"
        series.values = series.values.enumerated().map { 0.002 + ($0.element - 50) / 4_000 + ($0.offset >= 500 ? 0.438 : 0) }
        let event = try #require(series.derive().first)
        #expect(event.text("reason")?.hasPrefix("44 %, usually 0.1") == true, "\(event.text("reason") ?? "")")
        #expect(event.title.hasPrefix("checkout_error_ratio rose to 44"))
        #expect(event.severity == .high)
        #expect(event.endedAt == nil)
    }

    @Test func `the harmless direction is context`() {
        for (metric, shift, role) in [
            ("http_errors", 60.0, EventRole.signal), ("http_errors", -48, .context), ("success_rate", -40, .signal),
            ("success_rate", 60, .context),
            ("requests_per_second", -45, .signal), ("requests_per_second", 80, .context), ("cpu_usage", 60, .signal),
            ("memory_available", -45, .signal), ("flux", 60, .signal), ("flux", -48, .signal),
        ] {
            var series = TestSeries.quiet(.flat, rows: 400, seed: 2)
            series.metric = metric
            for row in 300..<400 { series.values[row] += shift }
            #expect(series.derive().map(\.role) == [role], "\(metric) \(shift)")
        }
    }

    @Test func `a single spike is weak or nothing`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            var series = TestSeries.quiet(.flat, rows: 1_000, seed: seed)
            series.values[700] += 80
            #expect(series.derive().allSatisfy { $0.strength < 0.5 })
        }
    }

    @Test func `a counter is watched as a rate and may begin again`() {
        var chance = SeededGenerator(seed: 6)
        var total = 0.0
        var series = TestSeries(metric: "http_errors_total")
        for row in 0..<1_200 {
            if row == 600 { total = 0 }
            total += Double.random(in: 8...12, using: &chance) + (row >= 1_000 && row < 1_030 ? 200 : 0)
            series.values.append(total)
        }
        var track = series.track
        track.kind = .counter
        let events = MetricAnomalies.derive(track, onsets: TestSeries.start..<TestSeries.start + .dayMs, origin: "m", past: { _ in [] })
        #expect(events.map(\.occurredAt.minute) == [(TestSeries.start + 1_000 * 60_000) / 60_000])
        track.kind = .unknown
        #expect(
            MetricAnomalies.derive(track, onsets: TestSeries.start..<TestSeries.start + .dayMs, origin: "m", past: { _ in [] }) == events)
    }

    @Test func `hostile values do no harm`() {
        let odd: [Double] = [.nan, .infinity, -.infinity, 1e308, -1e308, 0, -0.0, .leastNonzeroMagnitude, 1, 2]
        var chance = SeededGenerator(seed: 9)
        for _ in 0..<20 {
            let points = (0..<300).map { _ in
                MetricPoint(
                    timeMs: [Int64.min, .max, 0, 1_795_305_600_000 + Int64.random(in: 0..<9_000_000, using: &chance)].randomElement(
                        using: &chance) ?? 0, value: odd.randomElement(using: &chance) ?? 0)
            }
            let track = MetricTrack(key: MetricKey(service: "s", metric: "m"), points: points)
            #expect(MetricAnomalies.scores(track).allSatisfy { $0.score >= 0 && $0.score <= 1 })
            for event in MetricAnomalies.derive(track, onsets: 1_795_305_600_000..<1_795_405_600_000, origin: "", past: { _ in [] }) {
                #expect(event.strength >= 0 && event.strength <= 1)
            }
        }
    }

    @Test func `the score of a point does not know the future`() {
        var series = TestSeries.quiet(.daily, rows: 800, seed: 4)
        series.values[500] += 300
        let whole = MetricAnomalies.scores(series.track)
        series.values.removeLast(300)
        #expect(Array(whole.prefix(500)) == MetricAnomalies.scores(series.track))
        #expect(whole[500].score > 0.75)
    }

    @Test func `scores do not depend on the unit`() {
        let series = TestSeries.quiet(.walk, rows: 500, seed: 4)
        var scaled = series
        scaled.values = series.values.map { $0 * 1_024 }
        for (left, right) in zip(MetricAnomalies.scores(series.track), MetricAnomalies.scores(scaled.track)) {
            #expect(abs(left.score - right.score) < 1e-9)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `longer history and other cuts give the same events`(seed: UInt64) {
        var series = TestSeries.quiet([.flat, .daily, .heavyTail][Int(seed) - 1], rows: 5 * 1_440, seed: seed)
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<12 {
            let onset = Int.random(in: 2_880..<7_000, using: &chance)
            for row in onset..<min(series.values.count, onset + Int.random(in: 5...60, using: &chance)) { series.values[row] += 200 }
        }
        let whole = series.derive(from: 2_880)
        #expect(whole.count >= 2)
        var pieces: [Event] = []
        for day in 2..<5 {
            var part = series.track
            let own = TestSeries.start + Int64(day) * .dayMs..<TestSeries.start + Int64(day + 1) * .dayMs
            part.points = part.points.filter { $0.timeMs >= own.lowerBound - 2 * .dayMs && $0.timeMs < own.upperBound + 6 * .hourMs }
                .shuffled(using: &chance)
            pieces += MetricAnomalies.derive(part, onsets: own, origin: "metrics", past: { _ in [] })
        }
        #expect(pieces == whole)
        let hour = TestSeries.start + 60 * .hourMs..<TestSeries.start + 75 * .hourMs
        #expect(
            MetricAnomalies.derive(series.track, onsets: hour, origin: "metrics", past: { _ in [] })
                == whole.filter { hour.contains($0.occurredAt.ms) })
    }
}

@Suite struct SignalNumberTests {
    @Test(
        arguments: [
            (0.0, "0"), (44, "44"), (0.104, "0.104"), (1_250, "1250"), (2.5, "2.5"), (0.999_9, "1"), (-3.14159, "-3.14"),
            (2.5e7, "2.5e+07"), (0.00002, "2e-05"), (99.96, "100"),
        ] as [(Double, String)])
    func `numbers have three significant digits`(value: Double, text: String) { #expect(SignalNumber.text(value) == text) }
}
