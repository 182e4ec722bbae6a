import Model
import TestKit
import Testing

@testable import Store

struct AppendTests {
    let store: CaseStore
    init() throws { store = try .inMemory() }

    @Test func `appending twice is appending once`() throws {
        let events = (0..<20).map { sample("a\($0)", minute: $0) }
        #expect(try store.append(events) == AppendResult(inserted: 20))
        let before = try store.contents()
        #expect(try store.append(events) == AppendResult(known: 20))
        #expect(try store.contents() == before)
    }

    @Test func `every field comes back as it was`() throws {
        let event = Event(
            source: .git, type: .commit, subject: "s", at: noon, observedAt: noon + 7, role: .change, severity: .low, title: "t", body: "b",
            service: "checkout", component: "cart", environment: "prod", host: "h1", tags: ["x", "y z"],
            attributes: ["a": ["b": .array([1, .null, .bool(true), .double(0.25), "c\"\\\n"])], "n": .int(.max), "e": .object([:])],
            origin: "repo", sourceID: "id", url: "https://example.org/?a=b", traceID: String(repeating: "a", count: 32), commit: "abc")
        try store.append([event])
        #expect(try store.event(id: event.id) == event)
        #expect(try store.event(fingerprint: event.fingerprint) == event)
        #expect(try store.event(id: event.id)?.contentID() == event.id)
    }

    @Test(arguments: [
        "", "\0", "a\0b", "\u{FFFD}\u{10FFFF}", "'; DROP TABLE event; --", "\u{202E}live", "👩‍👩‍👧‍👦", String(repeating: "x", count: 3 << 20),
    ])
    func `hostile text survives`(text: String) throws {
        let event = Event(
            source: .manual, type: EventType(rawValue: text), subject: text, at: noon, title: text, body: text, service: text, tags: [text],
            attributes: [text: .string(text)], origin: text, sourceID: text, url: text)
        try store.append([event])
        #expect(try store.event(id: event.id) == event)
        try store.indexSearch()
        #expect(try store.integrityProblems() == [])
    }

    @Test func `text that is not UTF-8 is repaired once and then stays`() throws {
        let text = String(decoding: [0x61, 0xFF, 0xED, 0xA0, 0x80, 0x62] as [UInt8], as: UTF8.self)
        let event = sample("bad", title: text)
        try store.append([event])
        #expect(try store.event(id: event.id)?.title == text)
    }

    @Test func `the one that lasts longer stays live`() throws {
        let short = sample("burst", lasting: 5)
        let long = sample("burst", lasting: 9)
        #expect(short.fingerprint == long.fingerprint && short.id != long.id)
        #expect(try store.append([short]) == AppendResult(inserted: 1))
        #expect(try store.append([long]) == AppendResult(inserted: 1, superseded: 1))
        #expect(try store.event(fingerprint: short.fingerprint) == long)
        #expect(try store.event(id: short.id) == short)
        #expect(try store.eventCount() == 1)
        #expect(try store.append([short, long]) == AppendResult(known: 2))
    }

    @Test func `of two that were revised at the same moment the one that says more stays live`() throws {
        func telling(_ more: [String: JSONValue], at moment: Instant) -> Event {
            Event(
                source: .ci, type: .buildFailure, subject: "CI #7", isGlobal: true, at: moment, title: "CI #7 failed",
                attributes: more.merging([EventAttribute.revisedAt: 1]) { $1 })
        }
        let brief = telling(["branch": "main"], at: noon + 30_000)
        let full = telling(["branch": "main", "frames": [["a.swift", 14, "f"]]], at: noon)
        for order in [[brief, full], [full, brief]] {
            let store = try CaseStore.inMemory()
            for event in order { try store.append([event]) }
            #expect(try store.event(fingerprint: full.fingerprint) == full)
        }
    }

    @Test func `the one revised later stays live, whoever comes first and whichever lasts longer`() throws {
        func telling(_ revised: Int64, lasting: Int) -> Event {
            var event = sample("issue", lasting: lasting)
            event.attributes[EventAttribute.revisedAt] = .int(revised)
            event.sealID()
            return event
        }
        let closed = telling(1, lasting: 9)
        let reopened = telling(2, lasting: 0)
        for order in [[closed, reopened], [reopened, closed]] {
            let store = try CaseStore.inMemory()
            for event in order { try store.append([event]) }
            #expect(try store.event(fingerprint: closed.fingerprint) == reopened)
        }
    }

    @Test(arguments: 0..<12) func `any order of arrival ends the same`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let events = (0..<60).map { index in
            sample("f\(index % 13)", minute: index % 13, lasting: Int.random(in: 0...5, using: &chance), title: "t\(index % 4)")
        }
        let other = try CaseStore.inMemory()
        try store.append(events)
        for event in events.shuffled(using: &chance) { try other.append([event]) }
        #expect(try store.contents(leavingOut: CaseStore.countsOfWrites) == other.contents(leavingOut: CaseStore.countsOfWrites))
        #expect(try store.dirtyRanges() == other.dirtyRanges().joined(withinMs: .hourMs))
        #expect(try store.integrityProblems() == [])
    }

    @Test func `a deleted event stays deleted`() throws {
        let event = sample("a")
        try store.append([event])
        #expect(try store.deleteEvent(id: event.id, at: noon))
        #expect(try !store.deleteEvent(id: event.id, at: noon))
        #expect(try store.append([event]) == AppendResult(known: 1))
        #expect(try store.event(fingerprint: event.fingerprint) == nil)
        #expect(try store.eventCount() == 0)
    }

    @Test func `new signals and changes make their time dirty, context does not`() throws {
        try store.append([
            sample("a", minute: 0, lasting: 5), sample("b", minute: 30), sample("c", minute: 500, type: .commit),
            sample("d", minute: 900, type: .note),
        ])
        #expect(try store.dirtyRanges() == [Instant.minutes(0)...Instant.minutes(30), Instant.minutes(500)...Instant.minutes(500)])
        try store.clearDirtyRanges()
        try store.append([sample("a", minute: 0, lasting: 5)])
        #expect(try store.dirtyRanges() == [])
    }

    @Test func `events of a range come by time with both ends`() throws {
        let events = (0..<10).map { sample("a\($0)", minute: $0, type: $0 % 2 == 0 ? .alert : .commit) }
        try store.append(events.reversed())
        #expect(try store.events(in: .minutes(2)...(.minutes(5))) == Array(events[2...5]))
        #expect(try store.events(in: .minutes(2)...(.minutes(5)), roles: [.change]) == [events[3], events[5]])
        #expect(try store.events(in: .minutes(0)...(.minutes(9)), limit: 3) == Array(events[0..<3]))
        #expect(try store.newestEvent() == events[9])
        #expect(try store.events(fingerprints: [events[7].fingerprint, events[1].fingerprint]) == [events[1], events[7]])
    }
    @Test func `the newest commits before a moment come in order of time, whatever lies between`() throws {
        let store = try CaseStore.inMemory()
        let commits = (0..<5).map { sample("c\($0)", minute: $0 * 10, type: .commit, role: .change) }
        try store.append(commits.reversed() + (0..<50).map { sample("s\($0)", minute: $0) })
        #expect(try store.commits(before: .minutes(40), limit: 2) == [commits[2], commits[3]])
        #expect(try store.commits(before: .minutes(0), limit: 2) == [])
    }

    @Test func `a hundred thousand events are kept once each`() throws {
        let events = (0..<100_000).map { sample("e\($0)", minute: $0 / 50, origin: "bulk") }
        #expect(try store.append(events).inserted == 100_000)
        #expect(try store.eventCount() == 100_000)
        #expect(try store.append(Array(events[500..<600])).known == 100)
        let stats = try store.sourceStats(now: noon)
        #expect(stats.map(\.origin) == ["bulk"])
        #expect(stats.first?.readCount == 100_000)
        #expect(stats.first?.newestAt == events.last?.occurredAt)
    }

    @Test func `an edited word makes the row unreadable, not a crash`() throws {
        try store.append([sample("a")])
        try store.write { _ = try $0.run("UPDATE event SET role = 'villain'") }
        #expect(throws: StoreError.unreadable(table: "event", key: sample("a").id)) { try store.event(id: sample("a").id) }
    }
}

extension [ClosedRange<Instant>] {
    /// Ranges as one append of all their events would have marked them.
    func joined(withinMs gap: Int64) -> [ClosedRange<Instant>] {
        var out: [ClosedRange<Instant>] = []
        for range in self {
            if let last = out.last, range.lowerBound - last.upperBound <= gap {
                out[out.count - 1] = last.lowerBound...Swift.max(last.upperBound, range.upperBound)
            } else {
                out.append(range)
            }
        }
        return out
    }
}

struct LookupTests {
    @Test func `an event is found by its id before and after it is indexed`() throws {
        let store = try CaseStore.inMemory()
        let (a, b, c) = (sample("a"), sample("b"), sample("b", lasting: 3))
        try store.append([a])
        try store.indexSearch()
        try store.append([b, c])
        for _ in 0..<2 {
            #expect(try [a, b, c].map { try store.event(id: $0.id) } == [a, b, c])
            #expect(try store.event(id: "ev_none") == nil)
            #expect(try store.integrityProblems() == [])
            try store.indexSearch()
        }
    }
}
