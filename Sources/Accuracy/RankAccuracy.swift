import Model

/// How high the true answer stands in ranked lists.
///
/// - AC@k, or top-k: the share of cases whose true answer is among the first k distinct answers; Avg@5 is the mean of AC@1 to AC@5.
///   Yu et al., "MicroRank", WWW 2021; Pham et al., "BARO", FSE 2024.
/// - MRR: the mean of 1/rank, 0 where the answer is missing. Voorhees, "The TREC-8 Question Answering Track Report", 1999.
/// - Chance: what a random order of the candidates gets, by counting draws without putting back.
package struct RankAccuracy: Hashable, Sendable {
    /// Of each case: the rank of the first true answer, from 1; nil when it is not in the list.
    package var ranks: [Int?]
    package init(ranks: [Int?]) { self.ranks = ranks }

    package func top(_ count: Int) -> Double {
        ranks.isEmpty ? 0 : Double(ranks.reduce(0) { $0 + (($1 ?? .max) <= count ? 1 : 0) }) / Double(ranks.count)
    }
    package var averageOfFive: Double { (1...5).reduce(0) { $0 + top($1) } / 5 }
    package var reciprocal: Double {
        ranks.isEmpty ? 0 : ranks.reduce(0) { $0 + ($1.map { 1 / Double($0) } ?? 0) } / Double(ranks.count)
    }

    /// The rank of the first answer that is true; answers are counted once each, without regard to case.
    package static func rank(of truth: [String], in answers: [String], matches: (String, String) -> Bool = { $0 == $1 }) -> Int? {
        let wanted = truth.map(normal)
        var seen: Set<String> = []
        var rank = 0
        for answer in answers.map(normal) where !answer.isEmpty && seen.insert(answer).inserted {
            rank += 1
            if wanted.contains(where: { matches($0, answer) }) { return rank }
        }
        return nil
    }
    private static func normal(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
    }

    /// One commit named by a prefix of its hash of seven digits or more.
    package static func isSameCommit(_ first: String, _ second: String) -> Bool {
        min(first.utf8.count, second.utf8.count) >= 7 && (first.hasPrefix(second) || second.hasPrefix(first))
    }

    /// The chance that one of `good` among `count` candidates is among `drawn` drawn ones.
    package static func chance(of good: Int, among count: Int, drawn: Int) -> Double {
        let count = max(1, count)
        if drawn >= count { return 1 }
        var missed = 1.0
        for draw in 0..<max(0, drawn) { missed *= Double(max(0, count - good - draw)) / Double(count - draw) }
        return 1 - missed
    }
}
