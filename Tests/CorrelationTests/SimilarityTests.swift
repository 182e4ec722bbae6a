import Model
import Testing

@testable import Correlation

struct SimilarityTests {
    func profile(_ number: Int, _ events: [Event]) -> Similarity.Profile? {
        guard var snapshot = Correlator.decide(Shop.window(events))[0].snapshot else { return nil }
        snapshot.investigation.number = number
        return Similarity.profile(of: snapshot, events: events)
    }
    var past: [Similarity.Profile] {
        [
            profile(1, [Shop.log("payments", "PoolTimeout: no connection", Shop.at(0), exception: "PoolTimeout")]),
            profile(2, [Shop.log("search", "segment merge failed", Shop.at(0), exception: "MergeError")]),
            profile(3, [Shop.alert("payments", "CertificateExpiry", Shop.at(0))]),
        ].compactMap { $0 }
    }

    @Test func `the case with the same rare exception comes first and says so`() throws {
        let now = try #require(profile(9, Shop.cascade))
        let found = Similarity.rank(now, among: past)
        #expect(found.first?.number == 1)
        #expect(found.first?.terms.first?.why.hasPrefix("the same exception PoolTimeout, in 2 of 4 investigations") == true)
        #expect(found.allSatisfy { (0...1).contains($0.score) })
    }
    @Test func `what a person ruled out stays out`() throws {
        let now = try #require(profile(9, Shop.cascade))
        #expect(!Similarity.rank(now, among: past, notSimilar: [1]).contains { $0.number == 1 })
    }
    @Test func `a case is not similar to itself, and nothing is similar to nothing`() throws {
        let now = try #require(profile(1, Shop.cascade))
        #expect(!Similarity.rank(now, among: past).contains { $0.number == 1 })
        #expect(Similarity.rank(now, among: []).isEmpty)
    }
    @Test func `the order of the past does not matter`() throws {
        let now = try #require(profile(9, Shop.cascade))
        #expect(Similarity.rank(now, among: past) == Similarity.rank(now, among: past.reversed()))
    }
    @Test func `a case is compared with those put in before it, as if nothing had come later`() throws {
        let now = try #require(profile(9, Shop.cascade))
        var index = SimilarityIndex()
        for other in past { index.insert(other) }
        let before = index.similar(to: now)
        #expect(before == Similarity.rank(now, among: past))
        index.insert(now)
        #expect(index.similar(to: now).allSatisfy { $0.number != 9 })
        #expect(!before.isEmpty)
    }
}
