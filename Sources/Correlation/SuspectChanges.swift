import Foundation
import Model

struct SuspectRanking {
    /// No more is claimed, however far ahead one is: the guilty may not be among what is known.
    static let surest = 0.98
    struct Candidate {
        let commit: Int
        let liveAt: Instant?
        /// The deployment it went live with.
        let carrier: Int?
        /// True when the last deployment of an involved service brought it.
        let isFresh: Bool
    }
    private(set) var suspects: [SuspectChange] = []
    /// By the commit's fingerprint.
    private(set) var carriers: [Fingerprint: Int] = [:]
    /// What the repositories could tell of this case.
    private(set) var question: CodeQuestion?

    init(blast: BlastRadius, past: ChangePast, rules: CorrelationRules, excluded: Set<Fingerprint>, code: CodeAnswer? = nil) {
        let releases = past.releases
        let scoring = SuspectScoring(blast: blast, past: past, rules: rules, excluded: excluded, code: code)
        let (candidates, scored) = (scoring.candidates, scoring.scored)
        if candidates.isEmpty { return }
        question = SuspectQuestion.ask(scoring, blast: blast, releases: releases)
        let base = SuspectWeights.text * log(SuspectWeights.textOffset)
        let top = max(scored.map(\.sum).max() ?? base, base + SuspectWeights.nobody)
        let total = scored.reduce(exp(base + SuspectWeights.nobody - top)) { $0 + exp($1.sum - top) }
        for (rank, position) in scoring.order.prefix(max(0, rules.maxSuspects)).enumerated() {
            let candidate = candidates[position]
            let commit = releases.commits[candidate.commit]
            let terms = scored[position].terms.sorted { ($1.value, $0.name) < ($0.value, $1.name) }
            let author = commit.event.text(EventAttribute.author) ?? ""
            let suspect = SuspectChange(
                rank: rank + 1, change: commit.event.fingerprint, sha: commit.sha,
                subject: commit.event.title.clipped(to: Limits.titleCharacters),
                author: author.clipped(to: 120), committedAt: commit.at, liveAt: candidate.liveAt,
                files: commit.event.touchedFiles.prefix(20).map { $0.path.clipped(to: 300) }, url: commit.event.url,
                score: Scores.stored(min(Self.surest, exp(scored[position].sum - top) / total)), terms: terms,
                summary: Self.sentence(commit, terms: terms, liveAt: candidate.liveAt, blast: blast))
            suspects.append(suspect)
            if let carrier = candidate.carrier { carriers[suspect.change] = carrier }
        }
    }

    private static func sentence(_ commit: Releases.Commit, terms: [Term], liveAt: Instant?, blast: BlastRadius) -> String {
        let order = [
            "blame", "frames", "tests", "build", "reverted", "mention", "text", "diff", "path", "co-change", "service", "release", "size",
            "familiarity", "age",
        ]
        let telling = order.compactMap { name in terms.first { $0.name == name && $0.value >= 0.1 } }
        // Who wrote the line touched the file, and a failing stack names its file already.
        let first = telling.first?.name
        let repeated: Set<String> = first == "blame" ? ["frames", "mention"] : first == "frames" ? ["mention"] : []
        let chosen = telling.filter { !repeated.contains($0.name) }.prefix(2).map(\.why)
        let said = chosen.isEmpty ? "nothing ties it to what failed but that it was live" : chosen.joined(separator: "; ")
        return said.prefix(1).uppercased() + said.dropFirst() + "."
    }
}
