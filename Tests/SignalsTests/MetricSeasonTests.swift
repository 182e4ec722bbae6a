import Model
import TestKit
import Testing

@testable import Signals

/// Weeks of one series of five minutes: it swings by day, rests on Saturday and Sunday, and a backup loads it every night at 02:00
/// and for longer on Mondays.
enum SeriesHabits {
    static let stepMs: Int64 = 300_000
    static let rowsPerDay = 288

    static func weeks(_ days: Int, metric: String = "cpu_usage", seed: UInt64, change: (_ day: Int, _ row: Int, _ value: Double) -> Double)
        -> MetricTrack
    {
        var chance = SeededGenerator(seed: seed)
        var series = TestSeries(metric: metric, stepMs: stepMs)
        for day in 0..<days {
            let isWeekend = day % 7 == 0 || day % 7 == 6  // day 0 is a Sunday
            for row in 0..<rowsPerDay {
                var value =
                    30 + (isWeekend ? 2 : 14) * sine(Double(row) / Double(rowsPerDay)) + Double.random(in: -1.5...1.5, using: &chance)
                if (24..<30).contains(row) { value += 40 }
                if day % 7 == 1, (150..<162).contains(row) { value += 45 }
                series.values.append(change(day, row, value))
            }
        }
        return series.track
    }

    /// Day by day, with no more points than the store gives.
    static func derive(_ track: MetricTrack, days: Range<Int>) -> [Event] {
        days.flatMap { day in
            let own = TestSeries.start + Int64(day) * .dayMs..<TestSeries.start + Int64(day + 1) * .dayMs
            var part = track
            part.points = track.points.filter { $0.timeMs >= own.lowerBound - 2 * .dayMs && $0.timeMs < own.upperBound + 6 * .hourMs }
            return MetricAnomalies.derive(part, onsets: own, origin: "metrics") { range in track.points.filter { range.contains($0.timeMs) }
            }
        }
    }
    static func day(of event: Event) -> Int { Int((event.occurredAt.ms - TestSeries.start).floorDivided(by: .dayMs)) }
}

@Suite struct MetricSeasonTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a fortnight of nightly and weekly habits gives no signal once a fortnight is known`(seed: UInt64) {
        let track = SeriesHabits.weeks(28, seed: seed) { $2 }
        let events = SeriesHabits.derive(track, days: 15..<28)
        #expect(
            events.filter { $0.strength >= 0.3 }.isEmpty,
            "\(events.map { "\($0.occurredAt.rfc3339) \($0.title) \($0.text("reason") ?? "")" })")
    }

    @Test func `a load at an hour that never had one is a signal on the day it comes`() throws {
        let track = SeriesHabits.weeks(21, seed: 4) { day, row, value in day == 18 && (200..<212).contains(row) ? value + 45 : value }
        let events = SeriesHabits.derive(track, days: 15..<20).filter { $0.strength >= 0.3 }
        #expect(
            events.map(SeriesHabits.day(of:)) == [18],
            "\(events.map { "\($0.occurredAt.rfc3339) \($0.title) \($0.text("reason") ?? "")" })")
    }

    @Test func `the weekly load is news in its first week and no longer in its third`() {
        let track = SeriesHabits.weeks(25, seed: 5) { $2 }
        let news = SeriesHabits.derive(track, days: 5..<24).filter { $0.occurredAt.civil.hour >= 10 && $0.occurredAt.civil.hour < 16 }
        #expect(news.contains { SeriesHabits.day(of: $0) == 8 })
        #expect(!news.contains { SeriesHabits.day(of: $0) == 22 })
    }
}

@Suite struct MetricShapeTests {
    private func shape(_ change: @escaping (_ row: Int, _ value: Double) -> Double) -> Event? {
        var series = TestSeries.quiet(.flat, rows: 1_600, seed: 21)
        for row in series.values.indices { series.values[row] = change(row, series.values[row]) }
        return series.derive().max { $0.strength < $1.strength }
    }

    @Test func `a spike is told from a new level`() throws {
        let spike = try #require(shape { row, value in (1_200..<1_203).contains(row) ? value + 60 : value })
        #expect(spike.text("shape") == "spike" && spike.text("reason")?.hasSuffix(": a spike of 3 min") == true)
        let level = try #require(shape { row, value in row >= 1_200 && row < 1_240 ? value + 60 : value })
        #expect(level.text("shape") == "shift" && level.text("reason")?.hasSuffix(": a new level for 40 min") == true)
        let lasting = try #require(shape { row, value in row >= 1_200 ? value + 60 : value })
        #expect(lasting.text("reason")?.hasSuffix(": a new level that lasts") == true)
        #expect(lasting.endedAt == nil)
    }

    @Test func `values that scatter both ways are told from a shift`() throws {
        let event = try #require(shape { row, value in (1_200..<1_240).contains(row) ? value + (row % 2 == 0 ? 40 : -40) : value })
        #expect(event.text("shape") == "scatter")
        #expect(event.title.contains("scatters"))
        #expect(event.text("reason")?.contains("beyond it on both sides by turns") == true)
    }
}

@Suite struct MetricGapTests {
    private static func service(_ count: Int, minutes: Int = 1_200, missing: (_ series: Int, _ minute: Int) -> Bool) -> [MetricTrack] {
        (0..<count).map { index in
            MetricTrack(
                key: MetricKey(service: "web", instance: "web-\(index % 2)", metric: "metric_\(index)"), kind: .gauge,
                points: (0..<minutes).filter { !missing(index, $0) }.map {
                    MetricPoint(timeMs: TestSeries.start + Int64($0) * 60_000 + Int64(index) * 500, value: Double($0 % 7))
                })
        }
    }
    private static func derive(_ tracks: [MetricTrack]) -> [Event] {
        MetricGaps.derive(tracks, onsets: TestSeries.start..<TestSeries.start + .dayMs, origin: "m") { _, _ in [] }
    }

    @Test func `steady series give no signal, nor does the end of the data`() {
        #expect(Self.derive(Self.service(6) { _, _ in false }).isEmpty)
    }

    @Test func `a pause of all series is one signal with its length, too weak to open anything`() throws {
        let events = Self.derive(Self.service(6) { _, minute in (800..<815).contains(minute) })
        #expect(events.map(\.title) == ["No metrics for 16 min"] || events.map(\.title) == ["No metrics for 15 min"])
        let event = try #require(events.first)
        #expect(event.type == .metricGap && event.strength < 0.5)
        #expect(event.occurredAt.minute == (TestSeries.start + 800 * 60_000) / 60_000)
        #expect(event.text("reason")?.hasPrefix("6 of 6 series gave a value every 1 min") == true)
    }

    @Test func `one instance that stops while others go on is a signal without an end`() throws {
        let event = try #require(Self.derive(Self.service(6) { series, minute in series % 2 == 1 && minute >= 900 }).first)
        #expect(event.title == "No metrics from web-1")
        #expect(event.endedAt == nil)
    }

    @Test func `series that come now and then have no gaps`() {
        var chance = SeededGenerator(seed: 3)
        let tracks = (0..<4).map { index in
            MetricTrack(
                key: MetricKey(service: "web", metric: "m\(index)"),
                points: (0..<1_200).filter { _ in Int.random(in: 0..<9, using: &chance) == 0 }.map {
                    MetricPoint(timeMs: TestSeries.start + Int64($0) * 60_000, value: 1)
                })
        }
        #expect(Self.derive(tracks).isEmpty)
    }

    @Test func `a pause that comes every night is none`() {
        let tracks = Self.service(2) { _, minute in (800..<830).contains(minute) }
        let events = MetricGaps.derive(tracks, onsets: TestSeries.start..<TestSeries.start + .dayMs, origin: "m") { key, range in
            (tracks.first { $0.key == key }?.points ?? []).flatMap { point in
                (1...14).map { MetricPoint(timeMs: point.timeMs - Int64($0) * .dayMs, value: 1) }
            }.filter { range.contains($0.timeMs) }
        }
        #expect(events.isEmpty)
    }

    @Test func `counters that begin again are context, once for an instance`() throws {
        let tracks = (0..<4).map { index in
            MetricTrack(
                key: MetricKey(service: "web", instance: "web-\(index % 2)", metric: "requests_\(index)_total"), kind: .counter,
                points: (0..<600).map { minute in
                    let total = Double(index % 2 == 0 && minute >= 300 ? minute - 300 : minute) * 10
                    return MetricPoint(timeMs: TestSeries.start + Int64(minute) * 60_000, value: total)
                })
        }
        let events = Self.derive(tracks)
        #expect(events.map(\.title) == ["2 counters of web-0 began again"])
        let event = try #require(events.first)
        #expect(event.type == .counterReset && event.role == .context && event.severity == .info)
        #expect(event.text("reason") == "requests_0_total fell from 2990 to 0, as after a restart")
    }
}
