import Testing

@testable import Correlation

@Suite struct CauseProbabilityTests {
    @Test func `a lone candidate is as likely as its score is far above nobody's`() {
        let lone = { (score: Double) in CauseProbabilities([score]).probability(score) }
        #expect(lone(0) == 0)
        #expect(abs(lone(0.1368) - 0.5) < 0.005)
        #expect(lone(0.5) > 0.98)
        #expect(lone(1) < 1)
    }

    @Test func `two that are equally likely share what one would have`() {
        let both = CauseProbabilities([0.8, 0.8])
        #expect(abs(both.probability(0.8) - 0.5) < 0.001)
    }

    @Test func `the order of scores stays, and all together are no more than certain`() {
        let scores = [0.9, 0.7, 0.65, 0.2, 0.01, 0]
        let probabilities = CauseProbabilities(scores)
        let likely = scores.map(probabilities.probability)
        #expect(likely == likely.sorted(by: >))
        #expect(likely.reduce(0, +) < 1)
        #expect(likely[0] > 0.9 && likely[1] < 0.1)
    }
}
