import Accuracy
import Correlation
import Model

/// How overlapping incidents are told apart: made-up ones with noise, grouped in this process.
enum GroupingAccuracy {
    private static let seeds: ClosedRange<UInt64> = 1...40

    static func run(_ report: inout AccuracyReport) {
        var table = FigureTable(
            title: "Grouping: made-up incidents that overlap, \(seeds.count) days a family",
            head: ["family", "signals", "pair precision", "pair recall", "B³ precision", "B³ recall", "B³ F1", "cost"])
        for family in OverlappingIncidents.Family.allCases {
            var truth: [String?] = []
            var found: [String?] = []
            for seed in seeds {
                let day = OverlappingIncidents(family, seed: seed)
                let groups = grouped(day)
                for event in day.events {
                    truth.append(day.incident[event.fingerprint].map { "\(seed) \($0)" })
                    found.append(groups[event.fingerprint].map { "\(seed) \($0)" })
                }
            }
            let score = ClusterAccuracy(truth: truth, predicted: found)
            table.rows.append(
                [family.rawValue, "\(truth.count)"]
                    + [score.pairPrecision, score.pairRecall, score.bCubedPrecision, score.bCubedRecall, score.bCubedF1].map(share)
                    + [twoDigits(score.cost)])
        }
        report.add(table)
        report.add(
            "A pair merged wrongly costs \(Int(ClusterAccuracy.mergeCost)) times a pair split; cost is that over the pairs that belong together."
        )
    }

    /// The investigation each signal went to.
    private static func grouped(_ day: OverlappingIncidents) -> [Fingerprint: String] {
        var out: [Fingerprint: String] = [:]
        let window = CorrelationWindow(events: day.events, map: day.map, now: day.end)
        for change in Correlator.decide(window) {
            guard case .open(let snapshot, _) = change else { continue }
            for evidence in snapshot.evidence { out[evidence.fingerprint] = snapshot.investigation.key }
        }
        return out
    }
}
