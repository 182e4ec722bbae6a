import Correlation
import Model
import Testing

@testable import Accuracy

@Suite struct TemplateAccuracyTests {
    static func lines(_ pairs: [(String, String)]) -> [TemplateAccuracy.Line] { pairs.map { .init(id: $0.0, text: $0.1) } }

    @Test func `lines grouped and written as in the truth score one everywhere`() {
        let truth = Self.lines([("a", "x <*>"), ("a", "x <*>"), ("b", "y")])
        let own = Self.lines([("1", "x  <*>"), ("1", "x <*>"), ("2", "y")])
        let score = TemplateAccuracy(truth: truth, predicted: own)
        #expect([score.grouping, score.groupF1, score.parsing, score.textF1] == [1, 1, 1, 1])
    }

    @Test func `a split costs all lines of its template, a merge those of both`() {
        let truth = Self.lines([("a", "x"), ("a", "x"), ("b", "y"), ("c", "z")])
        let split = TemplateAccuracy(truth: truth, predicted: Self.lines([("1", "x"), ("2", "x"), ("3", "y"), ("4", "z")]))
        #expect(split.grouping == 0.5)
        #expect(split.groupF1 == 2 * 2.0 / 7)  // two of four groups, of three templates
        let merged = TemplateAccuracy(truth: truth, predicted: Self.lines([("1", "x"), ("1", "x"), ("2", "q"), ("2", "q")]))
        #expect(merged.grouping == 0.5)
        #expect(merged.groupF1 == 2 * 1.0 / 5)
        #expect(merged.parsing == 0.5)
        #expect(merged.textF1 == 2 * 1.0 / 5)
    }

    @Test func `a line that is missing is a group of its own`() {
        let truth = Self.lines([("a", "x"), ("a", "x")])
        let score = TemplateAccuracy(truth: truth, predicted: [.init(id: "1", text: "x"), nil])
        #expect(score.grouping == 0)
        #expect(score.parsing == 0.5)
        #expect(score.textF1 == 2 * 1.0 / 3)
    }
}

@Suite struct AnomalyAccuracyTests {
    /// Forty rows of which six are probation; one window, rows 20 to 23.
    static func score(_ scores: [Int: Double]) -> AnomalyAccuracy {
        var accuracy = AnomalyAccuracy()
        accuracy.add(scores: (0..<40).map { scores[$0] ?? 0 }, windows: [20...23])
        return accuracy
    }
    static let standard = AnomalyAccuracy.profiles[0]

    @Test func `a detection at the first row of a window earns nearly all`() {
        let best = Self.score([20: 0.9]).best(Self.standard)
        #expect(best.score == 100)  // y is -1: the greatest gain, which the scale makes 1
        #expect(best.windowsFound == 1 && best.falseRows == 0 && best.threshold == 0.9)
    }

    @Test func `a later detection earns less, and only the best of a window counts`() {
        let late = Self.score([23: 0.9]).best(Self.standard)
        let twice = Self.score([20: 0.9, 23: 0.9]).best(Self.standard)
        #expect(late.score > 50 && late.score < 100)
        #expect(twice.score == 100)
    }

    @Test func `a false alarm far from a window costs its weight, half of which is a hundredth of the range`() {
        // Null is -1, perfect is 1: a cost of .11 is 5.5 of 100.
        #expect(abs(Self.score([10: 0.9, 20: 0.9]).at(0.5, Self.standard).score - 94.5) < 1e-9)
        #expect(Self.score([10: 0.8, 20: 0.9]).best(Self.standard).score == 100)
    }

    @Test func `rows of the probation count for nothing, and no detection is the null score`() {
        #expect(Self.score([3: 0.9, 20: 0.9]).at(0.5, Self.standard).score == 100)
        #expect(Self.score([:]).at(0.5, Self.standard).score == 0)
    }
}

@Suite struct RankAccuracyTests {
    @Test func `shares of cases by rank`() {
        let ranks = RankAccuracy(ranks: [1, 2, nil, 4])
        #expect(ranks.top(1) == 0.25 && ranks.top(3) == 0.5 && ranks.top(5) == 0.75)
        #expect(ranks.averageOfFive == (0.25 + 0.5 + 0.5 + 0.75 + 0.75) / 5)
        #expect(ranks.reciprocal == (1 + 0.5 + 0.25) / 4)
    }

    @Test func `answers count once each, without regard to case`() {
        #expect(RankAccuracy.rank(of: ["Cart"], in: ["web", "Web", "", "cart"]) == 2)
        #expect(RankAccuracy.rank(of: ["cart"], in: ["web"]) == nil)
        #expect(RankAccuracy.rank(of: ["0123456789"], in: ["fffffff", "0123456"], matches: RankAccuracy.isSameCommit) == 2)
        #expect(!RankAccuracy.isSameCommit("012345", "0123456"))
    }

    @Test func `chance is the share of draws that hit`() {
        #expect(RankAccuracy.chance(of: 1, among: 4, drawn: 1) == 0.25)
        #expect(abs(RankAccuracy.chance(of: 2, among: 4, drawn: 2) - 5.0 / 6) < 1e-12)
        #expect(RankAccuracy.chance(of: 1, among: 4, drawn: 5) == 1)
    }
}

@Suite struct ClusterAccuracyTests {
    @Test func `two incidents merged into one`() {
        let score = ClusterAccuracy(truth: ["a", "a", "b", "b"], predicted: ["1", "1", "1", "1"])
        #expect(score.pairRecall == 1)
        #expect(score.pairPrecision == 2.0 / 6)
        #expect(score.bCubedPrecision == 0.5 && score.bCubedRecall == 1)
        #expect(score.bCubedF1 == 2.0 / 3)
        #expect(score.cost == 3 * 4.0 / 2)
    }

    @Test func `one incident split costs less than two merged`() {
        let score = ClusterAccuracy(truth: ["a", "a", "b", "b"], predicted: ["1", "2", "3", "3"])
        #expect(score.pairPrecision == 1)
        #expect(score.pairRecall == 0.5)
        #expect(score.cost == 0.5)
    }

    @Test func `noise left alone is right, noise taken in is not`() {
        #expect(ClusterAccuracy(truth: ["a", "a", nil], predicted: ["1", "1", nil]).bCubedF1 == 1)
        #expect(ClusterAccuracy(truth: ["a", "a", nil], predicted: ["1", "1", "1"]).pairPrecision == 1.0 / 3)
    }
}

@Suite struct CalibrationTests {
    @Test func `scores that mean what they say have no error`() {
        let answers = (0..<10).map { Calibration.Answer(score: 0.7, isRight: $0 < 7) }
        let calibration = Calibration(answers)
        #expect(calibration.error < 1e-12)
        #expect(abs(calibration.brier - 0.21) < 1e-12)
        #expect(calibration.bins.count == 1 && calibration.bins[0].count == 10)
    }

    @Test func `an error is the weighted distance of the bins`() {
        let calibration = Calibration([
            .init(score: 1, isRight: true), .init(score: 0.95, isRight: false), .init(score: 0.25, isRight: false),
            .init(score: 0.25, isRight: true),
        ])
        #expect(calibration.bins.map(\.count) == [2, 2])
        #expect(abs(calibration.error - ((0.5 - 0.25) * 2 + (0.975 - 0.5) * 2) / 4) < 1e-12)
    }
}

@Suite struct RowTextTests {
    @Test func `quotes, commas and line ends in fields`() {
        #expect(RowText.rows("a,b\r\n1,\"x, \"\"y\"\"\n z\"\n,\n") == [["a", "b"], ["1", "x, \"y\"\n z"], ["", ""]])
        #expect(RowText.records("line,id\n1,E\n") == [["line": "1", "id": "E"]])
    }
}

@Suite struct OverlappingIncidentsTests {
    @Test(arguments: OverlappingIncidents.Family.allCases)
    func `the same seed gives the same day, another seed another`(family: OverlappingIncidents.Family) {
        let day = OverlappingIncidents(family, seed: 3)
        #expect(day.events == OverlappingIncidents(family, seed: 3).events)
        #expect(day.events != OverlappingIncidents(family, seed: 4).events)
    }

    @Test(arguments: OverlappingIncidents.Family.allCases)
    func `signals of one incident hang together by calls, and noise belongs to none`(family: OverlappingIncidents.Family) {
        for seed in UInt64(1)...10 {
            let day = OverlappingIncidents(family, seed: seed)
            #expect(day.incidentCount >= 2)
            #expect(Set(day.events.map(\.fingerprint)).count == day.events.count)
            #expect(Set(day.incident.values) == Set(0..<day.incidentCount))
            for number in 0..<day.incidentCount {
                let own = day.events.filter { day.incident[$0.fingerprint] == number }
                guard let root = own.first?.service else { continue }
                for event in own { #expect(day.map.distance(from: event.service ?? "", to: root) != nil) }
            }
            let noise = day.events.filter { day.incident[$0.fingerprint] == nil }
            #expect(noise.allSatisfy { $0.severity < .high } && !noise.isEmpty)
            #expect(family != .noisy || noise.count * 2 == day.events.count)
        }
    }

    @Test func `twins fail with the same words within half a minute`() {
        let day = OverlappingIncidents(.twins, seed: 2)
        let first = (0..<2).compactMap { number in day.events.first { day.incident[$0.fingerprint] == number } }
        #expect(first.count == 2 && abs(first[0].occurredAt - first[1].occurredAt) <= 30_000)
        #expect(first[0].title == first[1].title && first[0].service != first[1].service)
    }

    /// The least that grouping may come to; measured far above it.
    @Test(arguments: [
        (OverlappingIncidents.Family.apart, 0.93, 0.9), (.neighbours, 0.82, 0.88), (.slow, 0.97, 0.85), (.noisy, 0.82, 0.9),
        (.twins, 0.55, 0.9),
    ])
    func `grouping does not fall unnoticed`(family: OverlappingIncidents.Family, precision: Double, recall: Double) {
        var truth: [String?] = []
        var found: [String?] = []
        for seed in UInt64(1)...20 {
            let day = OverlappingIncidents(family, seed: seed)
            var groups: [Fingerprint: String] = [:]
            for change in Correlator.decide(CorrelationWindow(events: day.events, map: day.map, now: day.end)) {
                guard case .open(let snapshot, _) = change else { continue }
                for evidence in snapshot.evidence { groups[evidence.fingerprint] = "\(seed) \(snapshot.investigation.key)" }
            }
            truth += day.events.map { event in day.incident[event.fingerprint].map { "\(seed) \($0)" } }
            found += day.events.map { groups[$0.fingerprint] }
        }
        let score = ClusterAccuracy(truth: truth, predicted: found)
        #expect(score.pairPrecision >= precision && score.pairRecall >= recall, "\(score)")
    }
}
