import Foundation
import Model

/// Finds past investigations that look alike: shared facts and words, weighted by how few past cases have them.
package enum Similarity {
    /// One past investigation as it is indexed: what it was about, as words.
    package struct Profile: Hashable, Codable, Sendable {
        package var number: Int
        package var title: String
        /// `kind:name`: exceptions, templates, alerts, tests, files, operations, metrics, causes. Sorted, unique.
        package var entities: [String]
        package var services: [String]
        /// Stemmed words of titles and messages. Sorted, unique.
        package var tokens: [String]
        package init(number: Int, title: String, entities: [String], services: [String], tokens: [String]) {
            self.number = number
            self.title = title
            self.entities = entities
            self.services = services
            self.tokens = tokens
        }
    }

    static let mostEntities = 200
    static let mostTokens = 300
    static let floor = 0.15
    static let entityWeight = 0.9
    static let textWeight = 0.45
    static let serviceWeight = 0.2

    /// What a case was about, from its snapshot and the live events of its evidence.
    package static func profile(of snapshot: CaseSnapshot, events: [Event]) -> Profile {
        let linked = Set(snapshot.evidence.map(\.fingerprint))
        var entities: Set<String> = []
        var tokens = Set(TextTokens.tokens(snapshot.investigation.title, whole: false))
        for event in events.sorted(by: { ($0.occurredAt, $0.fingerprint) < ($1.occurredAt, $1.fingerprint) })
        where linked.contains(event.fingerprint) && event.role == .signal {
            for (kind, name) in LinkModel.entities(of: event) {
                // A trace or a commit is one day's; instances and hosts come and go.
                if [.trace, .commit, .instance, .host].contains(kind) { continue }
                if entities.count < mostEntities { entities.insert("\(kind):\(name)") }
            }
            if tokens.count < mostTokens { tokens.formUnion(TextTokens.tokens(LinkModel.text(of: event), whole: false)) }
        }
        if let top = snapshot.investigation.hypotheses.first, top.score >= CauseRanking.probable {
            entities.insert("cause:\(top.kind.rawValue) \(top.service ?? top.className ?? "")")
        }
        let plain = tokens.subtracting(TextTokens.signalWords).sorted().prefix(mostTokens)
        return Profile(
            number: snapshot.investigation.number, title: snapshot.investigation.title, entities: entities.sorted(),
            services: Set(snapshot.investigation.services).sorted(), tokens: Array(plain))
    }

    /// The most alike first, ties by number; at most `limit`. `notSimilar` are numbers a person ruled out.
    package static func rank(_ profile: Profile, among past: [Profile], notSimilar: Set<Int> = [], limit: Int = 5) -> [SimilarCase] {
        let others = past.filter { $0.number != profile.number && !notSimilar.contains($0.number) }
        if others.isEmpty { return [] }
        let all = others + [profile]
        let entityRarity = rarity(all.map(\.entities))
        let tokenRarity = rarity(all.map(\.tokens))
        let serviceRarity = rarity(all.map(\.services))
        let found = others.compactMap { other -> SimilarCase? in
            let entity = shared(profile.entities, other.entities, entityRarity, count: all.count)
            let text = overlap(profile.tokens, other.tokens, tokenRarity)
            let service = overlap(profile.services, other.services, serviceRarity)
            var terms: [Term] = []
            if let name = entity.best {
                let inCases = all.count { $0.entities.contains(name) }
                terms.append(
                    Term(
                        rounding: "entity", entityWeight * entity.value,
                        "the same \(name.replacing(":", with: " ", maxReplacements: 1).clipped(to: 100)), "
                            + "in \(inCases) of \(Phrases.counted(all.count, "investigation"))"
                    ))
            }
            if let word = text.best { terms.append(Term(rounding: "text", textWeight * text.value, "shares rare words, “\(word)” first")) }
            if let name = service.best {
                terms.append(Term(rounding: "service", serviceWeight * service.value, "\(name) was struck both times"))
            }
            terms = terms.filter { $0.value > 0 }.sorted { ($1.value, $0.name) < ($0.value, $1.name) }
            let score = Scores.stored(Scores.noisyOr(terms.map(\.value)))
            if score < floor { return nil }
            let why = terms.first?.why ?? ""
            return SimilarCase(
                number: other.number, title: other.title, score: score, terms: terms,
                summary: why.prefix(1).uppercased() + why.dropFirst() + ".")
        }
        return Array(found.sorted { ($1.score, $0.number) < ($0.score, $1.number) }.prefix(max(0, limit)))
    }

    private static func rarity(_ lists: [[String]]) -> [String: Double] {
        var counts: [String: Int] = [:]
        for list in lists { for name in list { counts[name, default: 0] += 1 } }
        let total = Double(lists.count)
        return counts.mapValues { log(1 + total / Double($0)) }
    }

    /// The noisy-or of the shared facts, each half its squared rarity: one unique fact is .5, a fact of half of all cases little,
    /// however many other facts a long case has.
    private static func shared(_ first: [String], _ second: [String], _ rarity: [String: Double], count: Int) -> (
        value: Double, best: String?
    ) {
        let other = Set(second)
        let common = first.filter(other.contains)
        let most = log(1 + Double(count) / 2)
        let value = Scores.noisyOr(common.map { name in 0.5 * pow(min(1, (rarity[name] ?? 0) / most), 2) })
        return (value, common.min { (rarity[$1] ?? 0, $0) < (rarity[$0] ?? 0, $1) })
    }

    /// Cosine of two sets weighted by squared rarity, and the rarest shared member.
    private static func overlap(_ first: [String], _ second: [String], _ rarity: [String: Double]) -> (value: Double, best: String?) {
        func norm(_ list: [String]) -> Double { list.reduce(0) { $0 + pow(rarity[$1] ?? 0, 2) }.squareRoot() }
        let other = Set(second)
        let shared = first.filter(other.contains)
        let product = norm(first) * norm(second)
        if shared.isEmpty || product <= 0 { return (0, nil) }
        let value = shared.reduce(0) { $0 + pow(rarity[$1] ?? 0, 2) } / product
        return (min(1, value), shared.min { (rarity[$1] ?? 0, $0) < (rarity[$0] ?? 0, $1) })
    }
}
