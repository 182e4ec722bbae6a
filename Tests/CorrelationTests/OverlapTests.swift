import Model
import TestKit
import Testing

@testable import Correlation

/// Incidents that overlap in time, generated with their labels: how often two signals in one case are of one incident.
struct OverlapTests {
    /// A layered call graph of 24 services, 3 to 5 incidents on different branches within 40 minutes, and noise.
    struct World {
        var map: ServiceMap
        var events: [Event] = []
        var label: [Fingerprint: Int] = [:]

        init(seed: UInt64) {
            var chance = SeededGenerator(seed: seed)
            let layers = [2, 6, 10, 6]
            var names: [[String]] = []
            for (layer, count) in layers.enumerated() { names.append((0..<count).map { "svc-\(layer)-\($0)" }) }
            var edges: [(caller: String, callee: String, calls: Int64)] = []
            for layer in 0..<3 {
                for name in names[layer] {
                    for callee in names[layer + 1].shuffled(using: &chance).prefix(layer == 0 ? 4 : 2) { edges.append((name, callee, 100)) }
                }
            }
            map = ServiceMap(edges: edges)
            let incidents = Int.random(in: 3...5, using: &chance)
            var used: Set<String> = []
            for incident in 0..<incidents {
                let roots = (names[2] + names[3]).filter { !used.contains($0) }
                guard let root = roots.randomElement(using: &chance) else { break }
                let at = Shop.at(Int.random(in: 0...40, using: &chance), Int.random(in: 0...59, using: &chance))
                cascade(root, at, incident, &used, &chance)
            }
            for index in 0..<10 {
                let name = names.flatMap { $0 }.randomElement(using: &chance) ?? "svc-0-0"
                let at = Shop.at(Int.random(in: -10...60, using: &chance), Int.random(in: 0...59, using: &chance))
                let noise: Event
                switch index % 3 {
                case 0: noise = Shop.metric(name, "cpu", at, until: at + 60_000, .low, strength: 0.35, peak: 30)
                case 1: noise = Shop.test("Suite\(index)Test", "case\(index)", at, commit: "feed\(index)00", service: name)
                default: noise = Shop.alert(name, "DiskSpaceLow", at, until: at + 600_000, .medium, host: "node-\(index)")
                }
                add(noise, 100 + index)
            }
        }

        private static let words = [
            "no free slot in the pool", "allocation refused by the heap", "peer closed its socket", "shard has no leader",
            "lease ran out before renewal",
        ]

        private mutating func add(_ event: Event, _ incident: Int) {
            events.append(event)
            label[event.fingerprint] = incident
        }

        /// The root saturates and fails; up to two callers on each level follow within two minutes; an alert ends it.
        private mutating func cascade(
            _ root: String, _ at: Instant, _ incident: Int, _ used: inout Set<String>, _ chance: inout SeededGenerator
        ) {
            var front = [root]
            var moment = at
            let word = ["pool", "heap", "socket", "shard", "lease"][incident % 5]
            for level in 0..<3 {
                var next: [String] = []
                for name in front where used.insert(name).inserted {
                    let jitter = Int64.random(in: 0...40_000, using: &chance)
                    let until = moment + Int64.random(in: 300_000...900_000, using: &chance)
                    if level == 0 { add(Shop.metric(name, "\(word)_used", moment, until: until, .high), incident) }
                    add(
                        Shop.log(
                            name, "\(Self.words[incident % 5])", moment + 15_000 + jitter, until: until, exception: "\(word)Exhausted"),
                        incident)
                    add(Shop.metric(name, "error_rate", moment + 30_000 + jitter, until: until, .high), incident)
                    if Bool.random(using: &chance) { add(Shop.spans(name, "op-\(name)", moment + 40_000, until: until), incident) }
                    if Bool.random(using: &chance) { add(Shop.alert(name, "ErrorsHigh", moment + 120_000, until: until, .high), incident) }
                    next += map.callers(of: name).filter { !used.contains($0) }.shuffled(using: &chance).prefix(1)
                }
                front = next
                moment = moment + Int64.random(in: 20_000...70_000, using: &chance)
            }
        }
    }

    struct Quality: CustomStringConvertible {
        var precision: Double
        var recall: Double
        var description: String { "precision \(precision), recall \(recall)" }
        /// Over all pairs of signals in opened cases, and all pairs of one incident.
        init(_ worlds: [(World, [CaseSnapshot])]) {
            var together = 0
            var rightly = 0
            var true_ = 0
            for (world, snapshots) in worlds {
                for snapshot in snapshots {
                    let labels = snapshot.evidence.compactMap { world.label[$0.fingerprint] }
                    for i in labels.indices {
                        for j in labels.indices where j > i { together += 1; rightly += labels[i] == labels[j] ? 1 : 0 }
                    }
                }
                var counts: [Int: Int] = [:]
                for label in world.label.values where label < 100 { counts[label, default: 0] += 1 }
                true_ += counts.values.reduce(0) { $0 + $1 * ($1 - 1) / 2 }
            }
            precision = together == 0 ? 1 : Double(rightly) / Double(together)
            recall = true_ == 0 ? 1 : Double(rightly) / Double(true_)
        }
    }

    @Test func `overlapping incidents are told apart, and each is found whole more often than not`() {
        let worlds = (UInt64(1)...60).map { seed -> (World, [CaseSnapshot]) in
            let world = World(seed: seed)
            return (world, Correlator.decide(Shop.window(world.events, now: Shop.at(300), map: world.map)).compactMap(\.snapshot))
        }
        let quality = Quality(worlds)
        #expect(quality.precision >= 0.9, "\(quality)")
        #expect(quality.recall >= 0.7, "\(quality)")
    }

    @Test(arguments: UInt64(1)...5) func `generated incidents obey the law of any order`(seed: UInt64) {
        let world = World(seed: seed)
        func end(_ events: [Event], parts: Int) -> [Outcome] {
            var ledger = Ledger()
            ledger.map = world.map
            let size = (events.count + parts - 1) / parts
            for part in 0..<parts { ledger.add(Array(events.dropFirst(part * size).prefix(size)), now: Shop.at(100 + part)) }
            ledger.decide(now: Shop.at(400))
            return ledger.living.map(Outcome.init)
        }
        var chance = SeededGenerator(seed: seed &* 7)
        #expect(end(world.events.shuffled(using: &chance), parts: 6) == end(world.events, parts: 1))
    }

    @Test(arguments: UInt64(1)...20) func `the root of a generated incident is among its first three services`(seed: UInt64) {
        let world = World(seed: seed)
        for snapshot in Correlator.decide(Shop.window(world.events, now: Shop.at(300), map: world.map)).compactMap(\.snapshot) {
            guard
                let saturated = world.events.first(where: { event in
                    event.text(EventAttribute.metric)?.hasSuffix("_used") == true
                        && snapshot.evidence.contains { $0.fingerprint == event.fingerprint }
                })
            else { continue }
            let services = snapshot.investigation.hypotheses.filter { $0.kind == .service }.compactMap(\.service)
            #expect(services.prefix(3).contains(saturated.service ?? ""))
        }
    }
}
