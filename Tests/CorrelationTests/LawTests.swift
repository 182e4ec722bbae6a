import Model
import TestKit
import Testing

@testable import Correlation

/// The law: the same events, decisions and moment give the same investigations, however they came.
struct LawTests {
    static let events = Shop.badDeploy + Shop.searchTrouble + [Shop.flakyTest]
    static let once = outcomes(events, parts: 1, seed: 0)

    static func outcomes(_ events: [Event], parts: Int, seed: UInt64) -> [Outcome] {
        var generator = SeededGenerator(seed: seed)
        let shuffled = seed == 0 ? events : events.shuffled(using: &generator)
        var ledger = Ledger()
        let size = (shuffled.count + parts - 1) / parts
        for part in 0..<parts {
            let slice = shuffled.dropFirst(part * size).prefix(size)
            ledger.add(Array(slice), now: Shop.at(60 + part * 10))
        }
        ledger.decide(now: Shop.at(200))
        return ledger.living.map(Outcome.init)
    }

    @Test(arguments: UInt64(1)...12) func `any order of arrival in ten runs ends like one run`(seed: UInt64) {
        let result = Self.outcomes(Self.events, parts: 10, seed: seed)
        #expect(result.map(\.number) == Self.once.map(\.number))
        #expect(result == Self.once)
    }
    @Test func `a window in any order gives the same decision`() {
        let straight = Correlator.decide(Shop.window(Self.events))
        for seed in 1...5 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var window = Shop.window(Self.events)
            window.events.shuffle(using: &generator)
            #expect(Correlator.decide(window) == straight)
        }
    }
    @Test(arguments: UInt64(1)...6) func `deciding again over one's own result decides nothing`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var ledger = Ledger()
        for event in Self.events.shuffled(using: &generator).prefix(25) { ledger.events.append(event) }
        ledger.decide(now: Shop.at(45))
        #expect(ledger.decide(now: Shop.at(45)).isEmpty)
        ledger.add(Self.events.filter { event in !ledger.events.contains { $0.id == event.id } }, now: Shop.at(300))
        #expect(ledger.decide(now: Shop.at(300)).isEmpty)
    }
    @Test func `scores lie in 0...1, ranks count up and numbers are unique`() {
        let snapshots = Correlator.decide(Shop.window(Self.events)).compactMap(\.snapshot)
        #expect(Set(snapshots.map(\.investigation.number)).count == snapshots.count)
        for snapshot in snapshots {
            let investigation = snapshot.investigation
            let scores = investigation.hypotheses.map(\.score)
            #expect(scores == scores.sorted(by: >))
            #expect(investigation.hypotheses.map(\.rank) == Array(1...scores.count))
            let all =
                scores + investigation.suspects.map(\.score) + snapshot.evidence.map(\.confidence)
                + investigation.hypotheses.flatMap { $0.terms.map(\.value) }
            #expect(all.allSatisfy { (0...1).contains($0) })
            let keys = investigation.hypotheses.map {
                [$0.kind.rawValue, $0.service ?? "", $0.instance ?? "", $0.metric ?? "", $0.className ?? ""]
            }
            #expect(Set(keys).count == keys.count)
        }
    }
    @Test func `a late early event moves the start but not the key`() {
        var ledger = Ledger()
        ledger.add(Shop.cascade.filter { $0.occurredAt > Shop.at(4, 13) }, now: Shop.at(20))
        let key = ledger.living[0].investigation.key
        let changes = ledger.add(Shop.cascade.filter { $0.occurredAt <= Shop.at(4, 13) }, now: Shop.at(25))
        #expect(ledger.living.count == 1)
        #expect(ledger.living[0].investigation.key == key)
        #expect(ledger.living[0].investigation.startedAt == Shop.at(4, 12))
        #expect(changes[0].reasons.contains("joined: 4 signals"))
        #expect(changes[0].reasons.contains("started 14:04:12, was 14:04:15"))
    }
    @Test func `numbers follow the start, whichever was found first`() {
        var ledger = Ledger()
        ledger.add(Shop.searchTrouble, now: Shop.at(30))
        #expect(ledger.living[0].investigation.number == 1)
        ledger.add(Shop.cascade, now: Shop.at(30))
        #expect(ledger.living.map(\.investigation.title).first?.hasPrefix("payments") == true)
        #expect(ledger.living.map(\.investigation.number) == [1, 2])
    }
    @Test func `a settled case keeps its number and others go round it`() {
        var ledger = Ledger()
        ledger.add(Shop.searchTrouble, now: Shop.at(30))
        ledger.settled = [ledger.living[0].investigation.key]
        ledger.add(Shop.cascade, now: Shop.at(30))
        #expect(ledger.living.first { $0.investigation.title.hasPrefix("search") }?.investigation.number == 1)
        #expect(ledger.living.first { $0.investigation.title.hasPrefix("payments") }?.investigation.number == 2)
    }
    @Test func `hostile moments, strengths and texts neither trap nor leave 0...1`() {
        var wild: [Event] = []
        for (index, ms) in [Int64.min, Int64.min + 1, -1, 0, Int64.max - 1, Int64.max].enumerated() {
            var event = Shop.metric(
                "a", "cpu", Instant(ms: ms), strength: [.nan, .infinity, -1, 9, 1e308, 0.5][index],
                peak: [.nan, .infinity, -1e308, 1e308, 0, 1][index], title: "wild")
            event.attributes[EventAttribute.endedAt] = .int(index % 2 == 0 ? Int64.max : Int64.min)
            event.title = String(repeating: "\u{202E}<script>ÄÖ/../", count: 2_000)
            wild.append(event)
        }
        wild.append(
            Shop.commit(
                "x", String(repeating: "a.", count: 50_000), Shop.at(0), files: [("", Int.max, Int.min), ("////", -1, -1)],
                parents: ["x", "x"]))
        let snapshots = Correlator.decide(Shop.window(wild + Shop.cascade, now: Instant(ms: Int64.max))).compactMap(\.snapshot)
        #expect(snapshots.flatMap(\.evidence).allSatisfy { (0...1).contains($0.confidence) })
    }
}

extension LawTests {
    @Test func `what else a window holds changes nothing for its other slices`() {
        let day = Int64(24 * 3_600_000)
        func shifted(_ event: Event) -> Event {
            Event(
                source: event.source, type: event.type, subject: "earlier \(event.fingerprint)", at: event.occurredAt + -day * 9,
                severity: event.severity, title: event.title,
                service: event.service, attributes: event.attributes.filter { $0.key != EventAttribute.endedAt }, commit: event.commit)
        }
        let alone = Correlator.decide(Shop.window(Self.events, now: Shop.at(200))).compactMap(\.snapshot)
        let both = Correlator.decide(Shop.window(Self.events + (Shop.cascade + [Shop.release]).map(shifted), now: Shop.at(200))).compactMap(
            \.snapshot)
        func told(_ snapshots: [CaseSnapshot]) -> [[Evidence]] { snapshots.map(\.evidence) }
        #expect(told(both).suffix(alone.count) == told(alone)[...])
        #expect(both.suffix(alone.count).map(\.investigation.suspects) == alone.map(\.investigation.suspects))
        #expect(both.suffix(alone.count).map(\.investigation.hypotheses) == alone.map(\.investigation.hypotheses))
    }
}
