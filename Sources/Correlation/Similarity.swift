import Foundation
import Model

/// Finds past investigations that look alike: shared facts and words, weighted by how few past cases have them.
package enum Similarity {
    /// One past investigation as it is indexed: what it was about, as words.
    package struct Profile: Hashable, Codable, Sendable {
        package var mention: CaseMention
        /// What was behind it, see `SimilarCase.ending`.
        package var ending: String
        /// `kind:name`: exceptions, templates, alerts, tests, files, operations, metrics, causes. Sorted, unique.
        package var entities: [String]
        package var services: [String]
        /// Stemmed words of titles and messages. Sorted, unique.
        package var tokens: [String]
        package init(mention: CaseMention, ending: String, entities: [String], services: [String], tokens: [String]) {
            self.mention = mention
            self.ending = ending
            self.entities = entities
            self.services = services
            self.tokens = tokens
        }
        package var number: Int { mention.number }
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
            mention: CaseMention(snapshot.investigation), ending: ending(snapshot.investigation), entities: entities.sorted(),
            services: Set(snapshot.investigation.services).sorted(), tokens: Array(plain))
    }

    private static func ending(_ it: Investigation) -> String {
        let written = it.rootCause.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.first { !$0.isEmpty }
        if let written { return "Root cause: \(written.clipped(to: 200).trimmingFullStop)." }
        guard let top = it.hypotheses.min(by: { ($0.rank, $0.name) < ($1.rank, $1.name) }), top.score >= CauseRanking.probable else {
            return ""
        }
        return "Probable cause: \(top.name.clipped(to: 200).trimmingFullStop)."
    }

    /// The most alike first, ties by number; at most `limit`. `notSimilar` are numbers a person ruled out.
    package static func rank(_ profile: Profile, among past: [Profile], notSimilar: Set<Int> = [], limit: Int = 5) -> [SimilarCase] {
        var index = SimilarityIndex()
        for other in past where other.number != profile.number && !notSimilar.contains(other.number) { index.insert(other) }
        return index.similar(to: profile, limit: limit)
    }
}
