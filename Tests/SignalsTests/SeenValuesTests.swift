import Model
import TestKit
import Testing

@testable import Signals

/// `SeenValues` beside its rules written down plainly: every place is looked at for every value, and the closest pair is sought anew.
@Suite struct SeenValuesTests {
    enum Series: String, CaseIterable { case noise, walk, wholeNumbers, evenSteps, rareFlights, immense }

    @Test(arguments: Series.allCases, [0, 0.35])
    func `a value is as new as the plain rules say`(series: Series, memory: Double) {
        var seen = SeenValues(delay: 2, memory: memory)
        var plain = PlainValues(delay: 2, memory: memory)
        var differing: [Int] = []
        for (row, value) in values(series).enumerated() {
            let floor = row % 3 == 0 ? 0 : 0.02
            let (own, wanted) = (seen.take(value, row: row, floor: floor), plain.take(value, row: row, floor: floor))
            if own.score != wanted.score || own.signal != wanted.signal || own.side != wanted.side { differing.append(row) }
        }
        #expect(differing == [])
    }

    private func values(_ series: Series) -> [Double] {
        var chance = SeededGenerator(seed: 11)
        var level = 0.0
        return (0..<3_000).map { row in
            let step = Double.random(in: -1...1, using: &chance)
            level += step
            switch series {
            case .noise: return step
            case .walk: return level
            case .wholeNumbers: return (step * 60).rounded()
            case .evenSteps: return Double(row * 37 % 1_024) / 1_024
            case .rareFlights: return row % 50 == 3 ? step * 1e9 : step
            case .immense: return row % 50 == 3 ? step * 9e299 : step * 1e299
            }
        }
    }
}

private struct PlainValues {
    struct Place {
        var value: Double
        var visits = 1.0
        var birth: Double
        var lastRow: Int
    }
    let delay: Int
    let memory: Double
    var places: [Place] = []
    var waiting: [(value: Double, score: Double)] = []

    mutating func take(_ value: Double, row: Int, floor: Double) -> SeenValues.Deviation {
        let deviation = deviation(of: value, floor: floor)
        waiting.append((value, deviation.score))
        if waiting.count > delay {
            let ripe = waiting.removeFirst()
            absorb(ripe.value, birth: ripe.score, row: row)
        }
        return deviation
    }

    private var range: Double { (places.last?.value ?? 0) - (places.first?.value ?? 0) }

    private func deviation(of value: Double, floor: Double) -> SeenValues.Deviation {
        // Of two equally near the upper one.
        guard
            let nearest = places.indices.min(by: {
                let (one, other) = (abs(value - places[$0].value), abs(value - places[$1].value))
                return one < other || one == other && $0 > $1
            })
        else { return SeenValues.Deviation() }
        let near = places[nearest].value
        let behind = value >= near ? Array(places[...nearest].reversed()) : Array(places[nearest...])
        let gaps = min(4, behind.count - 1)
        let spacing = gaps == 0 ? 0 : abs(near - behind[gaps].value) / Double(gaps)
        let unit = max(0.15 * range, spacing, floor)
        let side: Double = value > near ? 1 : value < near ? -1 : 0
        guard unit > 0 else { return side == 0 ? SeenValues.Deviation() : SeenValues.Deviation(score: 10, signal: 10, side: side) }
        let distances = places.map { abs(value - $0.value) / unit }
        let scores = zip(distances, places).map { $0 + memory * min($1.birth, 1) / ($1.visits * $1.visits) }
        let signals = zip(distances, places).map { $0 + memory * min($1.birth, 3) / $1.visits }
        return SeenValues.Deviation(score: scores.min() ?? 0, signal: signals.min() ?? 0, side: side)
    }

    private mutating func absorb(_ value: Double, birth: Double, row: Int) {
        let near = places.indices.filter { abs(value - places[$0].value) <= 0.005 * range }
            .min {
                let (one, other) = (abs(value - places[$0].value), abs(value - places[$1].value))
                return one < other || one == other && $0 > $1
            }
        if let near {
            places[near].visits += row - places[near].lastRow > 50 ? 1 : 1.0 / 64
            places[near].lastRow = row
            return
        }
        places.insert(Place(value: value, birth: birth, lastRow: row), at: places.firstIndex { $0.value >= value } ?? places.count)
        guard places.count > SeenValues.capacity else { return }
        let gaps = zip(places, places.dropFirst()).map { $1.value - $0.value }
        guard let least = gaps.min(), let left = gaps.firstIndex(of: least) else { return }
        let (one, other) = (places[left], places[left + 1])
        let visits = one.visits + other.visits
        var merged = Place(
            value: (one.value * one.visits + other.value * other.visits) / visits, visits: visits, birth: min(one.birth, other.birth),
            lastRow: max(one.lastRow, other.lastRow))
        if left == 0 { merged.value = one.value }
        if left == gaps.count - 1 { merged.value = other.value }
        places.replaceSubrange(left...left + 1, with: [merged])
    }
}
