import Model
import TestKit
import Testing

@testable import Signals

@Suite struct AscendingTests {
    @Test(arguments: 0...300)
    func `numbers come out as the standard library sorts them`(count: Int) {
        var chance = SeededGenerator(seed: UInt64(count))
        let many = (0..<count).map { _ in Double.random(in: -5...5, using: &chance) }
        let few = (0..<count).map { _ in Double(Int.random(in: -3...3, using: &chance)) }
        #expect(many.ascending() == many.sorted())
        #expect(few.ascending() == few.sorted())
        #expect(Array(many.sorted().reversed()).ascending() == many.sorted())
    }

    @Test(arguments: [0, 1, 3, 4, 5, 31, 64, 300])
    func `places say where the numbers stand, the earlier of equal ones first`(count: Int) {
        var chance = SeededGenerator(seed: UInt64(count))
        let many = (0..<count).map { _ in Double.random(in: -1e30...1e30, using: &chance) }
        let few = (0..<count).map { _ in Double(Int.random(in: -3...3, using: &chance)) }
        // Epoch milliseconds: equal as `Float`.
        let close = (0..<count).map { _ in 1_773_144_000_000 + Double(Int.random(in: 0...50, using: &chance)) }
        for numbers in [many, few, close] {
            let expected = numbers.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) }
            #expect(numbers.ascendingPlaces().map(Int.init) == expected)
        }
    }

    @Test(arguments: [0, 1, 50, 299, 300])
    func `a series is told apart around a cut, each side ascending`(cut: Int) {
        var chance = SeededGenerator(seed: 5)
        var series = CauseSeries()
        let values = (0..<300).map { _ in Double.random(in: 0...9, using: &chance) }
        for (second, value) in values.enumerated() { series.add(value, at: Int64(second) * 1_000, window: 0...1_000_000) }
        series.seal()
        let (before, after) = series.around(Int64(cut) * 1_000)
        #expect(before == values[..<cut].sorted())
        #expect(after == values[cut..<min(300, cut + Int(CauseSeries.postMs / 1_000))].sorted())
    }
}
