import Model
import TestKit
import Testing

@testable import Store

struct SourceTests {
    let store: CaseStore
    init() throws { store = try .inMemory() }

    @Test func `each followed file has a cursor of its own`() throws {
        try store.save(cursor: Cursor(["offset": 5]), origin: "logs", item: "a.log")
        try store.save(cursor: Cursor(["offset": 9]), origin: "logs", item: "a.log")
        try store.save(cursor: Cursor(.null), origin: "logs", item: "b\0.log")
        try store.save(cursor: Cursor(.int(1)), origin: "other", item: "a.log")
        #expect(try store.cursors(origin: "logs") == ["a.log": Cursor(["offset": 9]), "b\0.log": Cursor(.null)])
        try store.removeCursor(origin: "logs", item: "a.log")
        #expect(try store.cursors(origin: "logs").count == 1)
    }

    @Test func `the same dead letter is one with a count and opens again when it comes again`() throws {
        let letter = DeadLetter(origin: "logs", place: "a.log:3", reason: "not JSON", remedy: "fix it", payload: "{")
        try store.append([letter, letter], at: noon)
        try store.append([letter], at: .minutes(5))
        let stored = try #require(try store.deadLetters().first)
        #expect(stored.letter == letter)
        #expect((stored.count, stored.firstAt, stored.lastAt) == (3, noon, .minutes(5)))
        #expect(try store.resolveDeadLetter(id: stored.id, at: .minutes(6)))
        #expect(try !store.resolveDeadLetter(id: stored.id, at: .minutes(6)))
        #expect(try store.deadLetters() == [])
        #expect(try store.deadLetters(includeResolved: true).count == 1)
        try store.append([letter], at: .minutes(7))
        #expect(try store.deadLetters(origin: "logs").map(\.count) == [4])
        #expect(try store.deadLetters(origin: "none") == [])
    }

    @Test func `a breaker is remembered until it closes`() throws {
        #expect(try store.breaker(origin: "x") == CircuitBreaker())
        var breaker = CircuitBreaker()
        for _ in 0..<5 { breaker.record(success: false, error: "refused", at: noon) }
        try store.save(breaker, origin: "x")
        #expect(try store.breaker(origin: "x") == breaker)
        breaker.record(success: true, at: noon)
        try store.save(breaker, origin: "x")
        #expect(try store.breaker(origin: "x") == CircuitBreaker())
    }

    @Test func `a gap begins where reading stopped and grows until the last attempt`() throws {
        try store.extendGap(origin: "x", readUntil: .minutes(2), now: .minutes(10))
        try store.extendGap(origin: "x", readUntil: .minutes(3), now: .minutes(20))
        #expect(try store.sourceGaps() == [gap("x", 3, 20)])
    }

    @Test func `a gap of a source that does not say how far it was read begins with the first failure`() throws {
        try store.extendGap(origin: "x", readUntil: nil, now: .minutes(10))
        #expect(try store.sourceGaps() == [])
        try store.extendGap(origin: "x", readUntil: nil, now: .minutes(20))
        #expect(try store.sourceGaps() == [gap("x", 10, 20)])
    }

    @Test func `a gap goes when the data came after all`() throws {
        try store.extendGap(origin: "x", readUntil: .minutes(2), now: .minutes(10))
        try store.endGap(origin: "x", cameAfterAll: true, now: .minutes(20))
        #expect(try store.sourceGaps() == [])
    }

    @Test func `a gap whose data never come stays beside the next one`() throws {
        try store.extendGap(origin: "x", readUntil: .minutes(2), now: .minutes(10))
        try store.endGap(origin: "x", cameAfterAll: false, now: .minutes(20))
        try store.extendGap(origin: "x", readUntil: .minutes(30), now: .minutes(40))
        #expect(try store.sourceGaps() == [gap("x", 2, 20), gap("x", 30, 40)])
    }

    @Test func `nobody waits for a source that is configured no longer`() throws {
        try store.extendGap(origin: "x", readUntil: .minutes(2), now: .minutes(10))
        try store.extendGap(origin: "y", readUntil: .minutes(2), now: .minutes(10))
        try store.forgetGaps(except: ["y"])
        #expect(try store.sourceGaps() == [gap("y", 2, 10)])
    }

    @Test func `of a source the newest hundred gaps are kept`() throws {
        for number in 0..<150 {
            try store.extendGap(origin: "x", readUntil: .minutes(number * 10), now: .minutes(number * 10 + 5))
            try store.endGap(origin: "x", cameAfterAll: false, now: .minutes(number * 10 + 6))
        }
        let kept = try store.sourceGaps()
        #expect(kept.count == 100 && kept.first == gap("x", 500, 506))
    }

    private func gap(_ origin: String, _ from: Int, _ to: Int) -> SourceGap {
        SourceGap(origin: origin, source: nil, service: nil, from: .minutes(from), to: .minutes(to))
    }

    @Test func `a source's hours are counted`() throws {
        try store.append([sample("a", minute: 0, origin: "o"), sample("b", minute: 61, origin: "o"), sample("c", minute: 62, origin: "p")])
        try store.countRecords(origin: "o", at: .minutes(62), count: 10)
        try store.append([DeadLetter(origin: "p", place: "x", reason: "y")], at: noon)
        try store.save(cursor: Cursor(.null), origin: "p", item: "f")
        let stats = try store.sourceStats(now: .minutes(65))
        #expect(stats.map(\.origin) == ["o", "p"])
        #expect(stats[0].readCount == 12)
        #expect(stats[0].newestAt == .minutes(62))
        #expect(stats[0].recent == Array(repeating: 0, count: 22) + [1, 11])
        #expect((stats[1].deadLetterCount, stats[1].itemCount) == (1, 1))
        #expect(try store.sourceStats(now: .minutes(65 + 60 * 48)).allSatisfy { $0.recent.allSatisfy { $0 == 0 } })
    }

    @Test func `settings are kept and removed`() throws {
        try store.setSetting("a", to: "1")
        try store.setSetting("a", to: "2")
        #expect(try store.setting("a") == "2")
        try store.setSetting("a", to: nil)
        #expect(try store.setting("a") == nil)
    }

    @Test func `a run without an end is seen as such`() throws {
        let first = try store.beginRun(command: "run", program: "caseboard 1.0", at: noon)
        let step = RunStep(name: "collect", startedAt: noon, finishedAt: noon + 5, counters: ["events": 3])
        try store.finishRun(first, at: .minutes(1), exitCode: 1, steps: [step], counters: ["events": 3])
        let second = try store.beginRun(command: "run", program: "caseboard 1.0", at: .minutes(2))
        let runs = try store.lastRuns(limit: 5)
        #expect(runs.map(\.id) == [second, first])
        #expect(runs[0].finishedAt == nil)
        #expect(runs[1].steps == [step])
        #expect((runs[1].exitCode, runs[1].counters) == (1, ["events": 3]))
    }

    @Test func `publications are remembered by path`() throws {
        let page = Publication(inputDigest: "i", bytesDigest: "b", publishedAt: noon)
        try store.savePublications(["index.html": page, "a/b.html": page])
        try store.savePublications(["index.html": Publication(inputDigest: "j", bytesDigest: "c", publishedAt: noon)])
        try store.removePublications(["a/b.html"])
        #expect(try store.publications() == ["index.html": Publication(inputDigest: "j", bytesDigest: "c", publishedAt: noon)])
    }

    @Test func `pruning drops old telemetry and keeps events`() throws {
        try store.append([sample("a", minute: -5_000)])
        try store.merge([
            MetricTrack(
                key: MetricKey(service: "s", metric: "m"),
                points: [MetricPoint(timeMs: 0, value: 1), MetricPoint(timeMs: noon.ms, value: 2)])
        ])
        try store.merge(LogSummary(counts: [LogCount(service: "s", leaf: 1, level: .info, minute: 3, count: 1)]))
        let gone = try store.prune(before: noon)
        #expect((gone["metric_chunk"], gone["log_count"], gone["span"]) == (1, 1, 0))
        #expect(try store.eventCount() == 1)
        #expect(try store.integrityProblems() == [])
    }
}

struct OutboxTests {
    let store: CaseStore
    init() throws { store = try .inMemory() }

    @Test func `a message with a known key is not put in again, even after it was sent`() throws {
        #expect(try store.enqueue(channel: "mail", dedupKey: "k", payload: ["a": 1], at: noon))
        #expect(try !store.enqueue(channel: "mail", dedupKey: "k", payload: ["a": 2], at: noon))
        let item = try #require(try store.dueOutbox(now: noon).first)
        #expect((item.payload, item.attempts, item.wasInterrupted) == (["a": 1], 0, false))
        try store.markSending(item.id)
        try store.markSent(item.id, receipt: "250 ok", at: noon)
        #expect(try store.dueOutbox(now: .minutes(9_999)) == [])
        #expect(try !store.enqueue(channel: "mail", dedupKey: "k", payload: ["a": 3], at: noon))
        #expect(try store.outboxCounts() == (waiting: 0, dead: 0, sent: 1))
    }

    @Test func `a message a stopped run was sending is due and says so`() throws {
        try store.enqueue(channel: "mail", dedupKey: "k", payload: .null, at: noon)
        try store.markSending(try #require(try store.dueOutbox(now: noon).first).id)
        #expect(try store.dueOutbox(now: noon).map(\.wasInterrupted) == [true])
    }

    @Test func `failures wait, then become a dead letter that can be tried again`() throws {
        try store.enqueue(channel: "mail", dedupKey: "k", payload: .null, at: noon)
        let id = try #require(try store.dueOutbox(now: noon).first).id
        for attempt in 1...3 {
            try store.markSending(id)
            let isDead = try store.markFailed(
                id, error: "refused", remedy: "check the relay", at: noon, nextAttemptAt: .minutes(attempt), maxAttempts: 3)
            #expect(isDead == (attempt == 3))
            #expect(try store.dueOutbox(now: noon) == [])
            #expect(try store.dueOutbox(now: .minutes(attempt)).count == (isDead ? 0 : 1))
        }
        #expect(try store.deadLetters().map(\.letter.place) == ["outbox \(id)"])
        #expect(try store.retryOutbox(id, at: .minutes(50)))
        #expect(try store.dueOutbox(now: .minutes(50)).map(\.attempts) == [0])
    }

    @Test func `each audience has its own state`() throws {
        let state = DigestState(status: .open, severity: .high, version: 3)
        try store.saveDigestState(["case_a": state], audience: "oncall", at: noon)
        try store.saveDigestState(["case_a": DigestState(status: .resolved, severity: .low, version: 4)], audience: "boss", at: noon)
        #expect(try store.digestState(audience: "oncall") == ["case_a": state])
        #expect(try store.digestState(audience: "nobody") == [:])
    }
}
