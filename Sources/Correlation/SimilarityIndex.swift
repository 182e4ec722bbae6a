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
        if cases.isEmpty || limit < 1 { return [] }
        let total = cases.count + 1
        var weights = SquaredRarity(total)
        let shared = sharedEntities(profile, total)
        let words = sharedNames(tokens, profile.tokens, &weights)
        let struck = sharedNames(services, profile.services, &weights)
        var first: [Alike] = []
        // Later ones first: they have most in common, and of what can no longer be among the first nothing more is worked out.
        for (place, other) in cases.enumerated().reversed() {
            guard shared.isShared(place) || words.isShared(place) || struck.isShared(place) else { continue }
            let least = first.count < limit ? Similarity.floor : first.last?.score ?? 0
            let most = Alike.values(1 - shared.values[place], words.greatestCosine(place), struck.greatestCosine(place))
            let number = other.mention.number
            if Alike.score(most) < least - Self.rounding || number == profile.number || notSimilar.contains(number) { continue }
            let values = Alike.values(
                1 - shared.values[place], cosine(tokens, words, place, &weights), cosine(services, struck, place, &weights))
            let alike = Alike(place: place, number: number, values: values, score: Alike.score(values))
            if alike.score < Similarity.floor { continue }
            first.insert(alike, at: first.firstIndex { alike.isBefore($0) } ?? first.endIndex)
            if first.count > limit { first.removeLast() }
        }
        return first.map { alike in
            told(alike, shared.best(alike.place), words.best(alike.place), struck.best(alike.place), of: total)
        }
    }

    /// More than what rounding adds to a score.
    private static let rounding = 0.001

    /// An earlier case with the share of each kind in the score.
    private struct Alike {
        let place: Int
        let number: Int
        let values: Values
        let score: Double
        typealias Values = (entity: Double, text: Double, service: Double)

        static func values(_ entity: Double, _ text: Double, _ service: Double) -> Values {
            (
                Scores.stored(Similarity.entityWeight * entity), Scores.stored(Similarity.textWeight * text),
                Scores.stored(Similarity.serviceWeight * service)
            )
        }
        static func score(_ values: Values) -> Double {
            // The greatest first, as the terms stand.
            let (x, y, z) = values
            let (greatest, least) = (max(x, y, z), min(x, y, z))
            let middle = max(min(x, y), min(max(x, y), z))
            return Scores.stored(1 - (1 - greatest) * (1 - middle) * (1 - least))
        }
        func isBefore(_ other: Alike) -> Bool { (other.score, number) < (score, other.number) }
    }

    private func told(_ alike: Alike, _ entity: Int32?, _ text: Int32?, _ service: Int32?, of total: Int) -> SimilarCase {
        var terms: [Term] = []
        if let best = entity {
            let name = entities.names[Int(best)].replacing(":", with: " ", maxReplacements: 1).clipped(to: 100)
            terms.append(
                Term(
                    name: "entity", value: alike.values.entity,
                    why: "the same \(name), in \(entities.count(best)) of \(Phrases.counted(total, "investigation"))"))
        }
        if let best = text {
            terms.append(Term(name: "text", value: alike.values.text, why: "shares rare words, “\(tokens.names[Int(best)])” first"))
        }
        if let best = service {
            terms.append(Term(name: "service", value: alike.values.service, why: "\(services.names[Int(best)]) was struck both times"))
        }
        terms = terms.filter { $0.value > 0 }.sorted { ($1.value, $0.name) < ($0.value, $1.name) }
        let other = cases[alike.place]
        let why = terms.first?.why ?? ""
        return SimilarCase(
            mention: other.mention, score: alike.score, terms: terms, summary: why.prefix(1).uppercased() + why.dropFirst() + ".",
            ending: other.ending)
    }

    private static let commonKinds = ["metric:", "operation:", "alert:"]

    /// `log(1 + total / count)` squared, each worked out once.
    private struct SquaredRarity {
        let total: Int
        private var known: [Double]
        init(_ total: Int) {
            self.total = total
            known = [Double](repeating: -1, count: total + 1)
        }
        /// For 1 to `total` cases.
        subscript(count: Int) -> Double {
            mutating get {
                let count = min(max(1, count), total)
                if known[count] < 0 { known[count] = pow(log(1 + Double(total) / Double(count)), 2) }
                return known[count]
            }
        }
    }

    /// What one case shares with each of those before it.
    private struct Shared {
        /// By place.
        var values: [Double]
        /// Its names that others have, the rarest first, of equally rare ones the first by text.
        private let ids: [Int32]
        let known: Set<Int32>
        /// By place: the first of them that is shared.
        private var bests: [Int32]
        /// The squared length of the case's own vector.
        var own = 0.0

        init(_ ids: [Int32], of count: Int, from start: Double) {
            self.ids = ids
            known = Set(ids)
            values = [Double](repeating: start, count: count)
            bests = [Int32](repeating: .max, count: count)
        }
        func isShared(_ place: Int) -> Bool { bests[place] != .max }
        func best(_ place: Int) -> Int32? { isShared(place) ? ids[Int(bests[place])] : nil }
        @inline(__always) mutating func note(_ rank: Int32, at place: Int) { bests[place] = min(bests[place], rank) }
        /// The other's vector is no shorter than what is shared of it.
        func greatestCosine(_ place: Int) -> Double { own > 0 ? min(1, (values[place] / own).squareRoot()) : 0 }
    }

    /// The ids of those names that others have, in their order, with their ranks.
    private func ranked(_ list: [String], in field: Field) -> (names: [(name: String, id: Int32, rank: Int32)], byRank: [Int32]) {
        let ids = list.compactMap { name in field.ids[name].map { (name: name, id: $0) } }
        let order = ids.indices.sorted {
            let (left, right) = (ids[$0], ids[$1])
            return (field.count(left.id), left.name) < (field.count(right.id), right.name)
        }
        var ranks = [Int32](repeating: 0, count: ids.count)
        for (rank, index) in order.enumerated() { ranks[index] = Int32(rank) }
        return (ids.indices.map { (ids[$0].name, ids[$0].id, ranks[$0]) }, order.map { ids[$0].id })
    }

    /// The noisy-or of the shared facts (as what is missing to 1), each half its squared rarity: a fact of these two alone is nearly .5,
    /// a fact of half of all cases little, however many other facts a long case has. In a short history nothing is rare yet; names
    /// that every service bears say less.
    private func sharedEntities(_ profile: Similarity.Profile, _ total: Int) -> Shared {
        let most = log(1 + Double(total) / 2)
        let (names, byRank) = ranked(profile.entities, in: entities)
        var missing = Shared(byRank, of: cases.count, from: 1)
        for (name, id, rank) in names {
            let count = entities.count(id)
            let rarity = log(1 + Double(total) / Double(count))
            let spread = 1 - Double(count) / Double(total + 1)
            let isCommon = Self.commonKinds.contains { name.hasPrefix($0) }
            let value = 0.5 * pow(min(1, rarity / most), 2) * spread * (isCommon ? 0.6 : 1)
            for place in entities.postings[Int(id)] {
                missing.values[Int(place)] *= 1 - value
                missing.note(rank, at: Int(place))
            }
        }
        return missing
    }

    /// What the shared names weigh, each its squared rarity.
    private func sharedNames(_ field: Field, _ list: [String], _ weights: inout SquaredRarity) -> Shared {
        let (names, byRank) = ranked(list, in: field)
        var shared = Shared(byRank, of: cases.count, from: 0)
        var own = 0.0
        var index = 0
        for name in list {
            guard index < names.count, names[index].name == name else {
                own += weights[1]
                continue
            }
            let (_, id, rank) = names[index]
            index += 1
            let weight = weights[field.count(id)]
            own += weight
            for place in field.postings[Int(id)] {
                shared.values[Int(place)] += weight
                shared.note(rank, at: Int(place))
            }
        }
        shared.own = own
        return shared
    }

    /// The cosine of two sets of names weighted by squared rarity.
    private func cosine(_ field: Field, _ shared: Shared, _ place: Int, _ weights: inout SquaredRarity) -> Double {
        if !shared.isShared(place) { return 0 }
        let mine = shared.known
        let other = field.members[place].reduce(0.0) {
            let count = field.count($1)
            return $0 + weights[mine.contains($1) ? count : count - 1]
        }
        let norm = (shared.own * other).squareRoot()
        return norm > 0 ? min(1, shared.values[place] / norm) : 0
    }
}
