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
}
