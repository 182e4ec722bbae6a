import Model
import TestKit
import Testing

@testable import Store

struct DerivedTests {
    let store: CaseStore
    let scope = DerivedScope(types: [.errorBurst, .logBurst], scopeKey: "logs checkout")
    let day = Instant.minutes(0).ms..<Instant.minutes(1_440).ms
    init() throws { store = try .inMemory() }

    func burst(_ subject: String, minute: Int, lasting: Int = 5) -> Event {
        sample(subject, minute: minute, lasting: lasting, type: .errorBurst, origin: "caseboard")
    }

    @Test func `deriving the same again changes nothing`() throws {
        let derived = [burst("a", minute: 1), burst("b", minute: 2)]
        #expect(try store.replaceDerived(derived, scope: scope, onsets: day) == AppendResult(inserted: 2))
        try store.clearDirtyRanges()
        let before = try store.contents()
        #expect(try store.replaceDerived(derived.reversed(), scope: scope, onsets: day) == AppendResult(known: 2))
        #expect(try store.contents() == before)
    }

    @Test func `what is no longer derived goes, and comes back when it is`() throws {
        let (a, b) = (burst("a", minute: 1), burst("b", minute: 2))
        try store.replaceDerived([a, b], scope: scope, onsets: day)
        #expect(try store.replaceDerived([b], scope: scope, onsets: day) == AppendResult(known: 1, superseded: 1))
        #expect(try store.event(fingerprint: a.fingerprint) == nil)
        #expect(try store.replaceDerived([a, b], scope: scope, onsets: day) == AppendResult(inserted: 1, known: 1))
        #expect(try store.event(fingerprint: a.fingerprint) == a)
        #expect(try store.integrityProblems() == [])
    }

    @Test func `a new extent takes the place of the old, also when it is shorter`() throws {
        let (long, short) = (burst("a", minute: 1, lasting: 9), burst("a", minute: 1, lasting: 3))
        try store.replaceDerived([long], scope: scope, onsets: day)
        #expect(try store.replaceDerived([short], scope: scope, onsets: day) == AppendResult(inserted: 1, superseded: 1))
        #expect(try store.event(fingerprint: long.fingerprint) == short)
        #expect(try store.replaceDerived([long], scope: scope, onsets: day) == AppendResult(inserted: 1, superseded: 1))
        #expect(try store.event(fingerprint: long.fingerprint) == long)
    }

    @Test func `other subjects, other types and other days are left alone`() throws {
        let other = burst("x", minute: 3)
        let later = burst("y", minute: 2_000)
        let silence = sample("z", minute: 4, type: .logSilence)
        try store.replaceDerived([other], scope: DerivedScope(types: [.errorBurst], scopeKey: "logs payment"), onsets: day)
        try store.replaceDerived([silence], scope: DerivedScope(types: [.logSilence], scopeKey: scope.scopeKey), onsets: day)
        try store.replaceDerived([later], scope: scope, onsets: day.upperBound..<day.upperBound + .dayMs)
        try store.replaceDerived([], scope: scope, onsets: day)
        #expect(try store.events(in: noon...(.minutes(3_000))) == [other, silence, later])
    }

    @Test func `an onset outside the range belongs to another range`() throws {
        #expect(try store.replaceDerived([burst("a", minute: -5)], scope: scope, onsets: day) == AppendResult())
    }

    @Test func `a type the scope does not own is refused`() throws {
        #expect(throws: StoreError.outOfScope(type: "alert", scope: "logs checkout")) {
            try store.replaceDerived([sample("a")], scope: scope, onsets: day)
        }
    }

    @Test func `a signal a person deleted is not brought back`() throws {
        let a = burst("a", minute: 1)
        try store.replaceDerived([a], scope: scope, onsets: day)
        _ = try store.deleteEvent(id: a.id, at: noon)
        try store.replaceDerived([a], scope: scope, onsets: day)
        #expect(try store.event(fingerprint: a.fingerprint) == nil)
    }

    @Test(arguments: 0..<8) func `the end is the last derivation whatever came before`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let derived = (0..<8).filter { _ in Bool.random(using: &chance) }.map {
                burst("s\($0)", minute: $0, lasting: Int.random(in: 1...4, using: &chance))
            }
            try store.replaceDerived(derived.shuffled(using: &chance), scope: scope, onsets: day)
            #expect(try store.events(in: noon...(.minutes(100))) == derived)
        }
        #expect(try store.integrityProblems() == [])
    }
}

struct IslandTests {
    @Test func `an island grows over touching signals and stops at a gap`() throws {
        let store = try CaseStore.inMemory()
        try store.append([
            sample("a", minute: 0, lasting: 10), sample("b", minute: 40, lasting: 100), sample("c", minute: 160), sample("d", minute: 300),
        ])
        let island = try store.signalIsland(around: .minutes(50)...(.minutes(50)), gapMs: 30 * .minuteMs, maxSpanMs: 10 * .hourMs)
        #expect(island == Instant.minutes(0)...Instant.minutes(160))
    }

    @Test func `changes do not carry an island on`() throws {
        let store = try CaseStore.inMemory()
        try store.append([sample("a", minute: 0), sample("b", minute: 20, type: .commit), sample("c", minute: 40)])
        let island = try store.signalIsland(around: noon...noon, gapMs: 30 * .minuteMs, maxSpanMs: .dayMs)
        #expect(island == noon...noon)
    }

    @Test func `an island never grows more than its bound on a side`() throws {
        let store = try CaseStore.inMemory()
        try store.append((0..<600).map { sample("a\($0)", minute: $0) } + [sample("far", minute: 30, lasting: 1_000_000)])
        let island = try store.signalIsland(around: .minutes(300)...(.minutes(301)), gapMs: .hourMs, maxSpanMs: 2 * .hourMs)
        #expect(island == Instant.minutes(180)...Instant.minutes(421))
    }

    @Test(arguments: 0..<40) func `an island is what growing it signal by signal gives`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let store = try CaseStore.inMemory()
        let signals = (0..<60).map { index in
            sample(
                "a\(index)", minute: Int.random(in: 0...3_000, using: &chance),
                lasting: Bool.random(using: &chance) ? nil : Int.random(in: 0...200, using: &chance))
        }
        try store.append(signals)
        let gap = Int64(Int.random(in: 5...40, using: &chance)) * .minuteMs
        let start = Instant.minutes(Int.random(in: 0...3_000, using: &chance))
        var (from, to) = (start, start)
        var grew = true
        while grew {
            grew = false
            for signal in signals where signal.occurredAt - to <= gap && from - signal.storedEnd <= gap {
                if signal.occurredAt < from || signal.storedEnd > to { grew = true }
                from = min(from, signal.occurredAt)
                to = max(to, signal.storedEnd)
            }
        }
        #expect(try store.signalIsland(around: start...start, gapMs: gap, maxSpanMs: 100 * .dayMs) == from...to)
    }
}
