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
        // Numbers first: words only for those that are told.
        let alike = places.compactMap { place -> Alike? in
            let number = cases[Int(place)].mention.number
            if number == profile.number || notSimilar.contains(number) { return nil }
            let alike = Alike(place: place, number: number, entity: shared[place], text: words[place], service: struck[place])
            return alike.score < Similarity.floor ? nil : alike
        }
        return alike.sorted { ($1.score, $0.number) < ($0.score, $1.number) }.prefix(max(0, limit)).map { told($0, of: total) }
    }

    private typealias Shared = (value: Double, best: Int32)

    /// An earlier case and what it shares, with the share of each kind in the score.
    private struct Alike {
        let place: Int32
        let number: Int
        let entity: Int32?
        let text: Int32?
        let service: Int32?
        let values: (entity: Double, text: Double, service: Double)
        let score: Double

        init(place: Int32, number: Int, entity: Shared?, text: Shared?, service: Shared?) {
            self.place = place
            self.number = number
            self.entity = entity?.best
            self.text = text?.best
            self.service = service?.best
            values = (
                Scores.stored(Similarity.entityWeight * (entity?.value ?? 0)), Scores.stored(Similarity.textWeight * (text?.value ?? 0)),
                Scores.stored(Similarity.serviceWeight * (service?.value ?? 0))
            )
            // The greatest first, as the terms stand.
            let (x, y, z) = values
            let (greatest, least) = (max(x, y, z), min(x, y, z))
            let middle = max(min(x, y), min(max(x, y), z))
            score = Scores.stored(1 - (1 - greatest) * (1 - middle) * (1 - least))
        }
    }

    private func told(_ alike: Alike, of total: Int) -> SimilarCase {
        var terms: [Term] = []
        if let best = alike.entity {
            let name = entities.names[Int(best)].replacing(":", with: " ", maxReplacements: 1).clipped(to: 100)
            terms.append(
                Term(
                    name: "entity", value: alike.values.entity,
                    why: "the same \(name), in \(entities.count(best)) of \(Phrases.counted(total, "investigation"))"))
        }
        if let best = alike.text {
            terms.append(Term(name: "text", value: alike.values.text, why: "shares rare words, “\(tokens.names[Int(best)])” first"))
        }
        if let best = alike.service {
            terms.append(Term(name: "service", value: alike.values.service, why: "\(services.names[Int(best)]) was struck both times"))
        }
        terms = terms.filter { $0.value > 0 }.sorted { ($1.value, $0.name) < ($0.value, $1.name) }
        let other = cases[Int(alike.place)]
        let why = terms.first?.why ?? ""
        return SimilarCase(
            mention: other.mention, score: alike.score, terms: terms, summary: why.prefix(1).uppercased() + why.dropFirst() + ".",
            ending: other.ending)
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
