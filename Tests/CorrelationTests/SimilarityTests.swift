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
    /// Cases of few names among many, so that each meets many others in one thing or another.
    private func made(_ count: Int, seed: UInt64) -> [Similarity.Profile] {
        var chance = SplitMix64(seed: seed)
        func some(_ most: Int, of names: Int, _ prefix: String) -> [String] {
            Set((0..<Int.random(in: 1...most, using: &chance)).map { _ in "\(prefix)\(Int.random(in: 0..<names, using: &chance))" })
                .sorted()
        }
        return (1...count).map { number in
            let start = Shop.at(number)
            let mention = CaseMention(
                Investigation(
                    key: "case_\(number)", number: number, title: "case", severity: .high, startedAt: start, lastSignalAt: start,
                    services: []))
            return Similarity.Profile(
                mention: mention, ending: "", entities: some(3, of: 60, "alert:a") + some(2, of: 200, "exception:e"),
                services: some(2, of: 9, "s"), tokens: some(12, of: 80, "w"))
        }
    }

    @Test(arguments: 0..<10) func `the most alike are the first of all that are alike`(seed: UInt64) throws {
        let cases = made(120, seed: seed)
        let last = try #require(cases.last)
        let all = Similarity.rank(last, among: cases, limit: .max)
        #expect(all.count > 5 && Similarity.rank(last, among: cases) == Array(all.prefix(5)))
    }
    @Test func `what two share is told by its rarest, of equally rare ones the first by text`() throws {
        func profile(_ number: Int, _ tokens: [String]) throws -> Similarity.Profile {
            var profile = try #require(made(1, seed: 0).first)
            profile.mention.number = number
            (profile.entities, profile.services, profile.tokens) = ([], [], tokens)
            return profile
        }
        let past = [try profile(1, ["common", "rare", "scarce"]), try profile(2, ["common", "other"])]
        let found = Similarity.rank(try profile(3, ["common", "rare", "scarce"]), among: past)
        #expect(found.first?.terms.map(\.why) == ["shares rare words, “rare” first"])
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
