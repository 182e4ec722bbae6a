import Model
import TestKit
import Testing

@testable import Signals

/// Weeks of a service with habits: traffic that swings by day and rests on Saturday and Sunday, a nightly job at 02:10 that bursts
/// and warns, a weekly one on Mondays at 04:30, a backup that logs one line at 03:00, and a pause of one message every night.
enum Habits {
    /// Day 0, 2026-11-22, is a Sunday.
    static func weeks(seed: UInt64, days: Range<Int> = 0..<23, withoutBackupOn missing: Set<Int> = [], silentOn: Int? = nil)
        -> TestHistory
    {
        var chance = SeededGenerator(seed: seed)
        func around(_ mean: Double) -> Int { Int((mean * Double.random(in: 0.75...1.25, using: &chance)).rounded()) }
        var history = TestHistory()
        history.add("row <*> skipped", .warning, minute: 0, 1)
        history.add("partition <*> compacted slowly", .warning, minute: 0, 1)
        for day in days {
            let isWeekend = day % 7 == 0 || day % 7 == 6
            for minute in 0..<1_440 {
                let at = day * 1_440 + minute
                let swing = (1 + 0.5 * sine(Double(minute) / 1_440)) * (isWeekend ? 0.2 : 1)
                if silentOn != day || minute < 600 || minute > 660 {
                    history.add("order <*> placed", .info, minute: at, around(20 * swing))
                }
                history.add("cache renewed", .debug, minute: at, around(4))
                // The poller rests from 23:00 to 23:50.
                if minute < 1_380 || minute > 1_430 { history.add("polled <*> feeds", .info, minute: at, around(3)) }
                if (130..<142).contains(minute) {
                    history.add("imported batch <*>", .info, minute: at, around(400))
                    history.add("row <*> skipped", .warning, minute: at, around(30))
                }
                if day % 7 == 1, (270..<300).contains(minute) {
                    history.add("partition <*> compacted slowly", .warning, minute: at, around(25))
                }
                if minute == 180 + day % 3, !missing.contains(day) { history.add("backup of <*> done", .info, minute: at, 1) }
            }
        }
        return history
    }
}

@Suite struct LogSeasonTests {
    static func at(day: Int, minute: Int) -> Int64 { TestHistory.start / 60_000 + Int64(day) * 1_440 + Int64(minute) }

    @Test(arguments: [1, 2] as [UInt64])
    func `a quiet week with nightly and weekly habits, known for a fortnight, gives no signal`(seed: UInt64) {
        let events = Habits.weeks(seed: seed).deriveDays(15..<22)
        #expect(events.isEmpty, "\(events.map { "\($0.occurredAt.rfc3339) \($0.title) \($0.text("reason") ?? "")" })")
    }

    @Test func `a job's burst is news in its first nights, then a habit`() {
        let jobs = Habits.weeks(seed: 3, days: 0..<5).deriveDays(1..<5).filter { $0.title.contains("skipped") }
        #expect(jobs.map { $0.occurredAt.day - Self.at(day: 0, minute: 0) / 1_440 } == [1])
    }

    @Test func `the same burst at another time of day is a signal`() {
        var history = Habits.weeks(seed: 4, days: 10..<20)
        for minute in 0..<12 { history.add("row <*> skipped", .warning, minute: 18 * 1_440 + 800 + minute, 30) }
        let events = history.deriveDays(18..<19)
        #expect(events.map(\.type) == [.errorBurst])
        #expect(events.first?.occurredAt.minute == Self.at(day: 18, minute: 800))
    }

    @Test func `a nightly burst three times as large as ever is a signal`() {
        var history = Habits.weeks(seed: 5, days: 10..<20)
        for minute in 130..<142 { history.add("row <*> skipped", .warning, minute: 18 * 1_440 + minute, 70) }
        #expect(history.deriveDays(18..<19).map(\.type) == [.errorBurst])
    }

    @Test func `a nightly job that does not come is a signal, once, and says when it was due`() throws {
        let events = Habits.weeks(seed: 6, days: 0..<20, withoutBackupOn: [16, 17]).deriveDays(13..<19)
        #expect(events.map(\.title) == ["Did not come at 03:00: backup of <*> done"])
        let event = try #require(events.first)
        #expect(event.type == .logSilence && event.severity == .medium)
        #expect(event.occurredAt.day == Self.at(day: 16, minute: 0) / 1_440)
        #expect(
            event.text("reason") == "1 record came at about 03:00 on each of the seven days before, none today; other messages went on")
    }

    @Test func `a job that rests on weekends is not missed on Saturday`() {
        let rests = Set((0..<23).filter { $0 % 7 == 6 || $0 % 7 == 0 })
        let events = Habits.weeks(seed: 7, days: 2..<23, withoutBackupOn: rests).deriveDays(15..<22)
        #expect(!events.contains { $0.title.contains("backup") }, "\(events.map { "\($0.occurredAt.rfc3339) \($0.title)" })")
    }

    @Test func `a message that pauses every night is not silent then, one that stops at noon is`() {
        let events = Habits.weeks(seed: 8, days: 10..<20, silentOn: 18).deriveDays(17..<19)
        #expect(events.filter { $0.type == .logSilence }.map(\.title) == ["Silent: order <*> placed"])
    }
}

@Suite struct LogEscalationTests {
    @Test func `a message that moves from warning to error is a signal with both levels, and no burst beside it`() throws {
        var history = TestHistory.quiet(minutes: 1_500, seed: 31)
        for minute in 1_400..<1_420 { history.add("payment <*> declined", .error, minute: minute, 2) }
        let events = history.derive(1_380..<1_500)
        #expect(events.map(\.title) == ["From warning to error: payment <*> declined"])
        let event = try #require(events.first)
        #expect(event.type == .levelEscalation && event.severity == .high)
        #expect(event.occurredAt.minute == TestHistory.start / 60_000 + 1_400)
        #expect(event.text("reason")?.hasPrefix("40 records at level error in 20 min; in the 19 h before") == true)
    }

    @Test func `a single record at a worse level is none`() {
        var history = TestHistory.quiet(minutes: 1_500, seed: 32)
        history.add("payment <*> declined", .error, minute: 1_400, 1)
        #expect(history.derive(1_380..<1_500).isEmpty)
    }

    @Test func `errors in many messages, none of which stands out, are a signal of the service`() throws {
        var history = TestHistory.quiet(minutes: 1_500, seed: 33)
        for message in 0..<12 {
            history.add(
                "task \(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"][message]) broke", .error, minute: 100 + message, 1)
        }
        for minute in 1_400..<1_430 {
            for message in 0..<12 where (minute + message) % 6 == 0 {
                let name = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"][message]
                history.add("task \(name) broke", .error, minute: minute, 1)
            }
        }
        let events = history.derive(1_380..<1_500, areMerged: false).filter { $0.type == .levelEscalation }
        #expect(events.count == 1)
        let event = try #require(events.first)
        #expect(event.title.hasPrefix("Errors in 1"))
        #expect(event.text("reason")?.hasSuffix("; few of them in messages that stand out") == true)
    }
}

@Suite struct LogConcentrationTests {
    private static func exemplar(_ text: String, host: String? = nil, _ minute: Int64) -> LogExemplar {
        LogExemplar(
            service: "orders", leaf: 1, level: .error, at: Instant(ms: minute * 60_000), path: "a.log", offset: minute, line: 1, host: host,
            text: text)
    }
    private static func before(_ count: Int, hosts: Int) -> [(template: Int64, exemplar: LogExemplar)] {
        (0..<count).map { index in
            (
                Int64(index % 3),
                exemplar(
                    "order placed user=u\(index % 40) region=r\(index % 2) logger=L\(index % 3)", host: "web-\(index % hosts)", Int64(index)
                )
            )
        }
    }

    @Test func `examples that all come from one of many hosts say so`() throws {
        let own = (0..<3).map { Self.exemplar("disk full", host: "web-3", 500 + $0) }
        let found = try #require(LogConcentration.find(in: own, before: Self.before(100, hosts: 10), template: 9))
        #expect(found.words == "all 3 examples are of host web-3, 10 % of those before are")
    }

    @Test func `one user among many is told, one of two regions is not`() throws {
        let own = (0..<3).map { Self.exemplar("quota exceeded user=u99 region=r1 logger=L1", host: "web-\($0)", 500 + $0) }
        let found = try #require(LogConcentration.find(in: own, before: Self.before(100, hosts: 10), template: 9))
        #expect(found.key == "user" && found.value == "u99")
        #expect(found.words == "all 3 examples are of user=u99, none of those before is")
    }

    @Test func `what belongs to the message itself, and a message that always comes from one host, are no concentration`() {
        let own = (0..<3).map { Self.exemplar("batch failed logger=L7", host: "batch-1", 500 + $0) }
        let earlier = (0..<4).map { (template: Int64(9), exemplar: Self.exemplar("batch failed logger=L7", host: "batch-1", 300 + $0)) }
        #expect(LogConcentration.find(in: own, before: Self.before(100, hosts: 10) + earlier, template: 9) == nil)
    }

    @Test func `two examples, or few before, say nothing`() {
        let own = (0..<3).map { Self.exemplar("disk full", host: "web-3", 500 + $0) }
        #expect(LogConcentration.find(in: Array(own.prefix(2)), before: Self.before(100, hosts: 10), template: 9) == nil)
        #expect(LogConcentration.find(in: own, before: Self.before(5, hosts: 5), template: 9) == nil)
    }

    @Test func `keys and values are read from logfmt and JSON, and hostile text does no harm`() {
        let pairs = LogConcentration.pairs(in: #"level=error user=42 path="/a b" {"tenant":"blue","n":7,"msg":"x"} =x a= "":"#)
        #expect(pairs == ["user": "42", "path": "/a b", "tenant": "blue", "n": "7"])
        var chance = SeededGenerator(seed: 2)
        for _ in 0..<200 {
            let text = String((0..<80).map { _ in "\":=a \\{},é".randomElement(using: &chance) ?? "=" })
            #expect(LogConcentration.pairs(in: text).count <= LogConcentration.mostFacts)
        }
    }

    @Test func `a burst from one host names it in its reason`() throws {
        var history = TestHistory.quiet(minutes: 1_500, seed: 35)
        let leaves = history.leaves.keys.sorted()
        for index in 0..<60 {
            history.exemplars.append(
                LogExemplar(
                    service: "orders", leaf: leaves[index % leaves.count], level: .info,
                    at: Instant(ms: TestHistory.start + Int64(index * 20) * 60_000), path: "a.log", offset: 10_000 + Int64(index), line: 1,
                    host: "web-\(index % 9)", text: "x"))
        }
        let leaf = LogSummarizer.leafID(of: "socket of <*> closed early")
        for minute in 1_400..<1_420 { history.add("socket of <*> closed early", .error, minute: minute, 5) }
        history.exemplars.removeAll { $0.leaf == leaf }
        for index in 0..<3 {
            history.exemplars.append(
                LogExemplar(
                    service: "orders", leaf: leaf, level: .error, at: Instant(ms: TestHistory.start + 1_400 * 60_000 + Int64(index) * 900),
                    path: "a.log", offset: 20_000 + Int64(index), line: 1, host: "web-4", text: "x"))
        }
        let event = try #require(history.derive(1_380..<1_500).first { $0.type == .newLogTemplate })
        #expect(event.text("reason")?.hasSuffix("; all 3 examples are of host web-4, 12 % of those before are") == true)
        #expect(event.text("concentrated_on") == "host=web-4" && event.host == "web-4")
    }
}
