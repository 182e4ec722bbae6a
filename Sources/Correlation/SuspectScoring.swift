import Foundation
import Model

/// Ranks the commits that were live when it broke.
///
/// A sum of named parts, in the manner of a conditional logit: BM25F of the signals' words against subject, body and paths
/// (Robertson, Zaragoza, Taylor 2004), files named by failing stacks and tests, the touched service, size, age, reverts.
/// Scores are the softmax of the sums with one more candidate, "none of these", so that a lone irrelevant commit does not
/// win. Text, path, mention and age weights are rounded from fits on two projects' labelled reports and generalise across
/// them; the weight of size did so less and is kept below its fit; the others are set by hand and judged on made-up repositories by
/// the worst family (`GuiltyRepository`).
enum SuspectWeights {
    static let text = 4.0
    static let textOffset = 10.0
    static let path = 1.2
    static let mention = 1.5
    static let size = 0.4
    /// Some 150 lines of code, as `CommitSize` weighs them.
    static let large = 5.0
    static let recency = 0.57
    static let newness = 0.3
    static let frame = 3.0
    /// More than naming the file: many touch a file, and one wrote the line.
    static let blame = 4.0
    /// A line next to the one that failed may have set it up; how far that reaches, and what it is worth.
    static let blameReach = 3
    static let blameNear = 0.4
    /// Of `frame`, for a commit that touched the failing file and wrote none of the failing lines: it may have deleted one.
    static let elsewhere = 0.5
    /// Of `frame` and `blame`, for code that ran before the last release and did not fail then.
    static let ranBefore = 0.25
    /// Below text: a diff has many words that nobody chose to tell. `diffOffset` is about one rare word.
    static let diff = 1.5
    static let diffOffset = 10.0
    static let coChange = 1.5
    static let familiarity = 0.3
    static let test = 1.5
    static let build = 1.5
    static let service = 1.0
    /// The last deployment before the first failure, and as much more the nearer it was: with a dozen commits in it and eighty older
    /// ones, and six of seven outages soon after a deployment due to it, ln(6 × 80 / 12) = 3.7.
    static let release = 1.0
    static let releaseNear = 3.0
    static let reverted = 1.5
    /// What "none of these" scores above a commit without any reason.
    static let nobody = 2.0
    // BM25F: field weights, length normalisation, saturation.
    static let subject = (weight: 2.5, b: 0.3)
    static let body = (weight: 1.0, b: 0.6)
    static let paths = (weight: 1.5, b: 0.4)
    static let k1 = 1.2
    static let mostCandidates = 1_000
}

/// The candidates of one case with the sums of their parts.
struct SuspectScoring {
    let candidates: [SuspectRanking.Candidate]
    /// Commits that were live and wrote nothing that lasted: those taken back, and what took them back.
    let passedOver: [Int]
    private(set) var scored: [(sum: Double, terms: [Term])] = []
    /// Numbers into `candidates`, likeliest first.
    private(set) var order: [Int] = []
    private let live: Set<Int>
    /// True when it is known what the last release brought.
    private let knowsRelease: Bool

    init(blast: BlastRadius, past: ChangePast, rules: CorrelationRules, excluded: Set<Fingerprint>, code: CodeAnswer?) {
        let releases = past.releases
        let found = LiveCommits.find(blast: blast, releases: releases, rules: rules)
        let live = Set(found.map(\.commit))
        self.live = live
        knowsRelease = found.contains(where: \.isFresh)
        let gone = found.filter { releases.isTakenBack($0.commit, live: live, before: blast.onset) }.map(\.commit)
        let unwritten = gone.filter { !releases.isRevert($0) }
        passedOver = unwritten + unwritten.compactMap { releases.commits[$0].revertedBy }
        candidates = found.filter { candidate in
            let commit = releases.commits[candidate.commit]
            return !commit.isMerge && !releases.isRevert(candidate.commit) && !gone.contains(candidate.commit)
                && !excluded.contains(commit.event.fingerprint)
        }
        if candidates.isEmpty { return }
        let query = SuspectQuery(blast.signals)
        let commits = candidates.map(\.commit)
        let text = CommitText(commits, index: past.index, query: query)
        let evidence = CodeEvidence(blast: blast, releases: releases, candidates: candidates, index: past.index)
        let repository = RepositoryEvidence(
            code, commits: commits, fresh: Set(candidates.filter { $0.isFresh || !knowsRelease }.map(\.commit)), releases: releases,
            query: query)
        let failing = evidence.failingPaths(in: past.habits.paths).union(repository.failingPaths)
        scored = candidates.indices.map { position in
            score(
                position, candidates[position], text: text, evidence: evidence, repository: repository, failing: failing, past: past,
                blast: blast)
        }
        order = scored.indices.sorted {
            (scored[$1].sum, releases.commits[candidates[$0].commit].sha) < (scored[$0].sum, releases.commits[candidates[$1].commit].sha)
        }
    }

    private func score(
        _ index: Int, _ candidate: SuspectRanking.Candidate, text: CommitText, evidence: CodeEvidence, repository: RepositoryEvidence,
        failing: Set<String>, past: ChangePast, blast: BlastRadius
    ) -> (sum: Double, terms: [Term]) {
        let releases = past.releases
        let commit = releases.commits[candidate.commit]
        let size = past.index.sizes[candidate.commit]
        let files = commit.event.touchedFiles
        var parts: [(name: String, value: Double, why: String)] = []
        let bm = text.scores[index]
        let textPart = SuspectWeights.text * log((bm.all + SuspectWeights.textOffset) / SuspectWeights.textOffset)
        parts.append(("text", textPart, "shares \(Phrases.list(bm.words.map { "“\($0)”" })) with what failed"))
        parts.append(("path", SuspectWeights.path * log(1 + bm.path / 4), "its paths name \(Phrases.list(bm.pathWords.map { "“\($0)”" }))"))
        if let named = text.mention(index) {
            parts.append(("mention", SuspectWeights.mention * named.value, "what failed names \(written(named.file, files))"))
        }
        if let diff = repository.diff(candidate.commit) {
            parts.append(
                (
                    "diff", SuspectWeights.diff * log(1 + diff.score / SuspectWeights.diffOffset),
                    "its changed lines speak of \(Phrases.list(diff.words.map { "“\($0)”" }))"
                ))
        }
        let habit = past.habits.coChange(of: commit, with: failing)
        if let habit { parts.append(("co-change", SuspectWeights.coChange * habit.value, habit.why)) }
        let sooner = knowsRelease && !candidate.isFresh ? SuspectWeights.ranBefore : 1
        let hit = evidence.frame(files)
        let blame = repository.blame(candidate.commit)
        if let blame {
            // Without a hit it touched the file under another name.
            let weight = SuspectWeights.blame + (hit == nil ? SuspectWeights.frame : 0)
            parts.append(("blame", weight * sooner * blame.value, blame.why))
        }
        if let hit {
            // Where it is known who wrote the failing lines, having touched the file elsewhere says less.
            let share = blame == nil && repository.knowsAuthors ? SuspectWeights.elsewhere : 1
            parts.append(
                (
                    "frames", SuspectWeights.frame * sooner * share * hit.value,
                    "\(Phrases.counted(hit.count, "failing stack")) \(hit.count == 1 ? "names" : "name") \(hit.place), which it touches"
                ))
        }
        // Who is new to a file says something only of files that have to do with the failure.
        if hit != nil || blame != nil || habit != nil, let stranger = past.habits.familiarity(of: commit) {
            parts.append(("familiarity", SuspectWeights.familiarity * stranger.value, stranger.why))
        }
        if let test = evidence.test(files) {
            parts.append(("tests", SuspectWeights.test, "it touches \(test), the file of a failing test"))
        }
        if let words = evidence.broken[candidate.commit] { parts.append(("build", SuspectWeights.build, words)) }
        if let service = evidence.service(commit.event) {
            parts.append(("service", SuspectWeights.service, "it touches \(service), where it failed"))
        }
        parts.append(
            (
                "size", SuspectWeights.size * size.value,
                "\(size.value >= SuspectWeights.large ? "large " : "")code change: +\(size.added) −\(size.deleted) in \(Phrases.counted(files.count, "file"))"
            ))
        if CommitText.introduces(commit.event.title) {
            parts.append(("newness", SuspectWeights.newness, "its subject announces something new"))
        }
        if let reverted = commit.revertedBy, !live.contains(reverted) || releases.commits[reverted].at > blast.onset {
            parts.append(("reverted", SuspectWeights.reverted, "taken back later by \(Phrases.short(releases.commits[reverted].sha))"))
        }
        // Position 0 is the newest before the onset; -ln(1 + position/20), made positive against the oldest.
        let age = SuspectWeights.recency * log((1 + Double(candidates.count) / 20) / (1 + Double(index) / 20))
        parts.append(("age", age, ageWords(commit, candidate, blast)))
        if candidate.isFresh {
            let age = candidate.liveAt.map { Moments.elapsed($0.ms, blast.onset.ms) } ?? .max
            let value = SuspectWeights.release + SuspectWeights.releaseNear * Scores.decay(age, constantMs: 2 * ChangeCauses.decayMs)
            parts.append(("release", value, "went live with the last deployment before the first failure"))
        }
        let sum = SuspectWeights.text * log(SuspectWeights.textOffset) + parts.reduce(0) { $0 + $1.value }
        let terms = parts.filter { $0.value > 0.05 }.map { Term(rounding: $0.name, 1 - exp(-$0.value / 3), $0.why) }
        return (sum, terms)
    }

    /// A file known by its lower-case stem, as its commit writes it.
    private func written(_ stem: String, _ files: [TouchedFile]) -> String {
        files.lazy.map { CodeBlame.name(of: $0.path) }.first { CodeBlame.stem(of: $0).lowercased() == stem } ?? stem
    }

    private func ageWords(_ commit: Releases.Commit, _ candidate: SuspectRanking.Candidate, _ blast: BlastRadius) -> String {
        if let live = candidate.liveAt {
            return "live \(Phrases.offset(Moments.elapsed(blast.onset.ms, live.ms), subject: "the first failure"))"
        }
        return "committed \(Phrases.offset(Moments.elapsed(blast.onset.ms, commit.at.ms), subject: "the first failure"))"
    }
}

/// Lines by class of file: code counts whole, tests, documents and build files little; each class capped.
enum CommitSize {
    static func weigh(_ files: [TouchedFile]) -> (value: Double, added: Int, deleted: Int) {
        var perClass: [Double] = [0, 0, 0, 0]
        let weights = [1.0, 0.15, 0.05, 0.3]
        var added = 0
        var deleted = 0
        for file in files.prefix(Limits.filesPerCommit) {
            let plus = min(1_000_000, max(0, file.added))
            let minus = min(1_000_000, max(0, file.deleted))
            added += plus
            deleted += minus
            perClass[kind(file.path)] += Double(plus) + 0.3 * Double(minus)
        }
        let sum = zip(perClass, weights).reduce(0) { $0 + min(3_000, $1.0) * $1.1 }
        return (log(1 + sum), added, deleted)
    }
    /// 0 code, 1 tests, 2 documents, 3 build and configuration.
    static func kind(_ path: String) -> Int {
        let lowered = path.lowercased()
        if lowered.contains("test") || lowered.contains("spec/") || lowered.contains("fixtures") { return 1 }
        let ending = lowered.split(separator: ".").last.map(String.init) ?? ""
        if ["md", "rst", "txt", "adoc", "html", "tex"].contains(ending) || lowered.hasPrefix("docs/") { return 2 }
        if ["yml", "yaml", "toml", "gradle", "lock", "cmake", "mk", "am", "ac", "m4", "xml", "json"].contains(ending)
            || lowered.hasSuffix("makefile")
        {
            return 3
        }
        return 0
    }
}
