import Foundation
import Model

/// All cases up to one moment, by what they were about: ranks a case against those put in before it, and takes it in. A name
/// met by few cases counts much; whoever comes later changes nothing for those before.
package struct SimilarityIndex {
    /// One kind of name: entities, words or services.
    private struct Field {
        var ids: [String: Int32] = [:]
        var names: [String] = []
        /// Which cases have a name, ascending.
        var postings: [[Int32]] = []
        /// Which names a case has, ascending by text.
        var members: [[Int32]] = []

        mutating func insert(_ list: [String], case number: Int32) {
            members.append(
                list.map { name in
                    let id = ids[name] ?? Int32(names.count)
                    if id == names.count {
                        ids[name] = id
                        names.append(name)
                        postings.append([])
                    }
                    postings[Int(id)].append(number)
                    return id
                })
        }
        /// How many cases have the name, with the one asked for.
        func count(_ id: Int32) -> Int { postings[Int(id)].count + 1 }
    }
    private var entities = Field()
    private var tokens = Field()
    private var services = Field()
    private var cases: [(mention: CaseMention, ending: String)] = []

    package init() {}

    package mutating func insert(_ profile: Similarity.Profile) {
        let place = Int32(cases.count)
        entities.insert(profile.entities, case: place)
        tokens.insert(profile.tokens, case: place)
        services.insert(profile.services, case: place)
        cases.append((profile.mention, profile.ending))
    }

    /// The most alike first, ties by number; at most `limit`.
    package func similar(to profile: Similarity.Profile, notSimilar: Set<Int> = [], limit: Int = 5) -> [SimilarCase] {
        if cases.isEmpty { return [] }
        let total = cases.count + 1
        let shared = sharedEntities(profile, total)
        let words = cosines(tokens, profile.tokens, total)
        let struck = cosines(services, profile.services, total)
        let places = Set(shared.keys).union(words.keys).union(struck.keys)
        let found = places.compactMap { place -> SimilarCase? in
            let other = cases[Int(place)]
            if other.mention.number == profile.number || notSimilar.contains(other.mention.number) { return nil }
            var terms: [Term] = []
            if let entity = shared[place] {
                let name = entities.names[Int(entity.best)]
                terms.append(
                    Term(
                        rounding: "entity", Similarity.entityWeight * entity.value,
                        "the same \(name.replacing(":", with: " ", maxReplacements: 1).clipped(to: 100)), "
                            + "in \(entities.count(entity.best)) of \(Phrases.counted(total, "investigation"))"))
            }
            if let text = words[place] {
                terms.append(
                    Term(
                        rounding: "text", Similarity.textWeight * text.value,
                        "shares rare words, “\(tokens.names[Int(text.best)])” first"))
            }
            if let service = struck[place] {
                terms.append(
                    Term(
                        rounding: "service", Similarity.serviceWeight * service.value,
                        "\(services.names[Int(service.best)]) was struck both times"))
            }
            terms = terms.filter { $0.value > 0 }.sorted { ($1.value, $0.name) < ($0.value, $1.name) }
            let score = Scores.stored(Scores.noisyOr(terms.map(\.value)))
            if score < Similarity.floor { return nil }
            let why = terms.first?.why ?? ""
            return SimilarCase(
                mention: other.mention, score: score, terms: terms, summary: why.prefix(1).uppercased() + why.dropFirst() + ".",
                ending: other.ending)
        }
        return Array(found.sorted { ($1.score, $0.number) < ($0.score, $1.number) }.prefix(max(0, limit)))
    }

    private static let commonKinds = ["metric:", "operation:", "alert:"]

    private func rarity(_ count: Int, of total: Int) -> Double { log(1 + Double(total) / Double(count)) }

    /// The noisy-or of the shared facts, each half its squared rarity: a fact of these two alone is nearly .5, a fact of half of all
    /// cases little, however many other facts a long case has. In a short history nothing is rare yet; names that every service
    /// bears say less.
    private func sharedEntities(_ profile: Similarity.Profile, _ total: Int) -> [Int32: (value: Double, best: Int32)] {
        let most = log(1 + Double(total) / 2)
        var missing: [Int32: (value: Double, best: Int32)] = [:]
        for name in profile.entities {
            guard let id = entities.ids[name] else { continue }
            let count = entities.count(id)
            let spread = 1 - Double(count) / Double(total + 1)
            let isCommon = Self.commonKinds.contains { name.hasPrefix($0) }
            let value = 0.5 * pow(min(1, rarity(count, of: total) / most), 2) * spread * (isCommon ? 0.6 : 1)
            for place in entities.postings[Int(id)] {
                let held = missing[place] ?? (1, id)
                missing[place] = (held.value * (1 - value), better(held.best, id, entities))
            }
        }
        return missing.mapValues { (1 - $0.value, $0.best) }
    }

    /// Cosine of two sets weighted by squared rarity, and the rarest shared member.
    private func cosines(_ field: Field, _ list: [String], _ total: Int) -> [Int32: (value: Double, best: Int32)] {
        var products: [Int32: (value: Double, best: Int32)] = [:]
        var own = 0.0
        var mine: Set<Int32> = []
        for name in list {
            guard let id = field.ids[name] else {
                own += pow(rarity(1, of: total), 2)
                continue
            }
            mine.insert(id)
            let weight = pow(rarity(field.count(id), of: total), 2)
            own += weight
            for place in field.postings[Int(id)] {
                let held = products[place] ?? (0, id)
                products[place] = (held.value + weight, better(held.best, id, field))
            }
        }
        return products.reduce(into: [:]) { out, item in
            let other = field.members[Int(item.key)].reduce(0.0) {
                $0 + pow(rarity(mine.contains($1) ? field.count($1) : field.count($1) - 1, of: total), 2)
            }
            let norm = (own * other).squareRoot()
            if norm > 0 { out[item.key] = (min(1, item.value.value / norm), item.value.best) }
        }
    }

    /// The rarer of two names; of equally rare ones the first by text.
    private func better(_ first: Int32, _ second: Int32, _ field: Field) -> Int32 {
        let (a, b) = (field.count(first), field.count(second))
        if a != b { return a < b ? first : second }
        return field.names[Int(first)] <= field.names[Int(second)] ? first : second
    }
}
