import Foundation
import Model

/// Ranks the commits that were live when it broke.
///
/// A sum of named parts, in the manner of a conditional logit: BM25F of the signals' words against subject, body and paths
/// (Robertson, Zaragoza, Taylor 2004), files named by failing stacks and tests, the touched service, size, age, reverts.
/// Scores are the softmax of the sums with one more candidate, "none of these", so that a lone irrelevant commit does not
/// win. Text, path, mention and age weights are rounded from fits on two projects' labelled reports and generalise across
/// them; the weight of size did so less and is kept below its fit; those for frames, tests, builds and reverts are set by hand.
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
    static let test = 1.5
    static let build = 1.5
    static let service = 1.0
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

struct SuspectRanking {
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

    init(blast: BlastRadius, releases: Releases, index: CommitIndex, rules: CorrelationRules, excluded: Set<Fingerprint>) {
        let candidates = LiveCommits.find(blast: blast, releases: releases, rules: rules).filter {
            let commit = releases.commits[$0.commit]
            return !commit.isMerge && commit.reverts == nil && !excluded.contains(commit.event.fingerprint)
        }
        if candidates.isEmpty { return }
        let query = SuspectQuery(blast.signals)
        let text = CommitText(candidates.map(\.commit), index: index, query: query)
        let evidence = CodeEvidence(blast: blast, releases: releases, candidates: candidates, index: index)
        let scored = candidates.indices.map { position in
            score(
                position, candidates[position], text: text, size: index.sizes[candidates[position].commit], evidence: evidence,
                blast: blast,
                releases: releases, count: candidates.count)
        }
        let base = SuspectWeights.text * log(SuspectWeights.textOffset)
        let top = max(scored.map(\.sum).max() ?? base, base + SuspectWeights.nobody)
        let total = scored.reduce(exp(base + SuspectWeights.nobody - top)) { $0 + exp($1.sum - top) }
        let order = scored.indices.sorted {
            (scored[$1].sum, releases.commits[candidates[$0].commit].sha) < (scored[$0].sum, releases.commits[candidates[$1].commit].sha)
        }
        for (rank, position) in order.prefix(max(0, rules.maxSuspects)).enumerated() {
            let candidate = candidates[position]
            let commit = releases.commits[candidate.commit]
            let terms = scored[position].terms.sorted { ($1.value, $0.name) < ($0.value, $1.name) }
            let author = commit.event.text(EventAttribute.author) ?? ""
            let suspect = SuspectChange(
                rank: rank + 1, change: commit.event.fingerprint, sha: commit.sha,
                subject: commit.event.title.clipped(to: Limits.titleCharacters),
                author: author.clipped(to: 120), committedAt: commit.at, liveAt: candidate.liveAt,
                files: commit.event.touchedFiles.prefix(20).map { $0.path.clipped(to: 300) }, url: commit.event.url,
                score: Scores.stored(exp(scored[position].sum - top) / total), terms: terms,
                summary: Self.sentence(commit, terms: terms, liveAt: candidate.liveAt, blast: blast))
            suspects.append(suspect)
            if let carrier = candidate.carrier { carriers[suspect.change] = carrier }
        }
    }

    private func score(
        _ index: Int, _ candidate: Candidate, text: CommitText, size: (value: Double, added: Int, deleted: Int), evidence: CodeEvidence,
        blast: BlastRadius, releases: Releases, count: Int
    ) -> (sum: Double, terms: [Term]) {
        let commit = releases.commits[candidate.commit]
        let files = commit.event.touchedFiles
        var parts: [(name: String, value: Double, why: String)] = []
        let bm = text.scores[index]
        let textPart = SuspectWeights.text * log((bm.all + SuspectWeights.textOffset) / SuspectWeights.textOffset)
        parts.append(("text", textPart, "shares \(Phrases.list(bm.words.map { "“\($0)”" })) with what failed"))
        parts.append(("path", SuspectWeights.path * log(1 + bm.path / 4), "its paths name \(Phrases.list(bm.pathWords.map { "“\($0)”" }))"))
        if let named = text.mention(index) {
            parts.append(("mention", SuspectWeights.mention * named.value, "what failed names \(written(named.file, files))"))
        }
        if let hit = evidence.frame(files) {
            parts.append(
                (
                    "frames", SuspectWeights.frame * hit.value,
                    "\(Phrases.counted(hit.count, "failing stack")) \(hit.count == 1 ? "names" : "name") \(hit.place), which it touches"
                ))
        }
        if let test = evidence.test(files) {
            parts.append(("tests", SuspectWeights.test, "it touches \(test), the file of a failing test"))
        }
        if evidence.firstRed.contains(candidate.commit) {
            parts.append(("build", SuspectWeights.build, "the build first went red with it"))
        }
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
        if let reverted = commit.revertedBy {
            parts.append(("reverted", SuspectWeights.reverted, "taken back later by \(Phrases.short(releases.commits[reverted].sha))"))
        }
        // Position 0 is the newest before the onset; -ln(1 + position/20), made positive against the oldest.
        let age = SuspectWeights.recency * log((1 + Double(count) / 20) / (1 + Double(index) / 20))
        parts.append(("age", age, ageWords(commit, candidate, blast)))
        if candidate.isFresh { parts.append(("release", 1.0, "went live with the last deployment before the first failure")) }
        let sum = SuspectWeights.text * log(SuspectWeights.textOffset) + parts.reduce(0) { $0 + $1.value }
        let terms = parts.filter { $0.value > 0.05 }.map { Term(rounding: $0.name, 1 - exp(-$0.value / 3), $0.why) }
        return (sum, terms)
    }

    /// A file known by its lower-case stem, as its commit writes it.
    private func written(_ stem: String, _ files: [TouchedFile]) -> String {
        files.lazy.map { CodeBlame.name(of: $0.path) }.first { CodeBlame.stem(of: $0).lowercased() == stem } ?? stem
    }

    private func ageWords(_ commit: Releases.Commit, _ candidate: Candidate, _ blast: BlastRadius) -> String {
        if let live = candidate.liveAt {
            return "live \(Phrases.offset(Moments.elapsed(blast.onset.ms, live.ms), subject: "the first failure"))"
        }
        return "committed \(Phrases.offset(Moments.elapsed(blast.onset.ms, commit.at.ms), subject: "the first failure"))"
    }

    private static func sentence(_ commit: Releases.Commit, terms: [Term], liveAt: Instant?, blast: BlastRadius) -> String {
        let order = ["frames", "tests", "build", "reverted", "mention", "text", "path", "service", "release", "size", "age"]
        let telling = order.compactMap { name in terms.first { $0.name == name && $0.value >= 0.1 } }
        // A failing stack names its file already.
        let chosen = telling.filter { $0.name != "mention" || telling.first?.name != "frames" }.prefix(2).map(\.why)
        let said = chosen.isEmpty ? "nothing ties it to what failed but that it was live" : chosen.joined(separator: "; ")
        return said.prefix(1).uppercased() + said.dropFirst() + "."
    }
}

/// Which commits were live at the onset of a case, newest first.
enum LiveCommits {
    static func find(blast: BlastRadius, releases: Releases, rules: CorrelationRules) -> [SuspectRanking.Candidate] {
        let from = blast.onset - Int64(max(0, min(rules.changeLookbackHours, 100_000))) * Int64.hourMs
        let found = blast.isBuildOnly ? tested(blast, releases) : deployed(blast, releases)
        let recent = found.filter { candidate in
            let at = candidate.liveAt ?? releases.commits[candidate.commit].at
            return at >= from
        }
        return Array(
            recent.sorted {
                (releases.commits[$1.commit].at, releases.commits[$0.commit].sha) < (
                    releases.commits[$0.commit].at, releases.commits[$1.commit].sha
                )
            }.prefix(SuspectWeights.mostCandidates))
    }

    /// A failing test saw its own commit and what that stands on.
    private static func tested(_ blast: BlastRadius, _ releases: Releases) -> [SuspectRanking.Candidate] {
        var seen: Set<Int> = []
        for signal in blast.signals.prefix(50) {
            if let head = signal.event.commit.flatMap(releases.commit(named:)) {
                let line = releases.ancestry(of: head)
                seen.formUnion(line.count > 1 ? line : line.union(byTime(releases, before: releases.commits[head].at, service: nil)))
            }
        }
        if seen.isEmpty { seen = byTime(releases, before: blast.onset, service: nil) }
        return seen.sorted().map { SuspectRanking.Candidate(commit: $0, liveAt: nil, carrier: nil, isFresh: false) }
    }

    private static func byTime(_ releases: Releases, before moment: Instant, service: String?) -> Set<Int> {
        Set(releases.commits.indices.filter { releases.commits[$0].at <= moment })
    }

    /// What the deployments before the onset carried. Where no deployment of the services involved is known, time decides.
    private static func deployed(_ blast: BlastRadius, _ releases: Releases) -> [SuspectRanking.Candidate] {
        let involved = Set(blast.services)
        let known = releases.deployments.indices.filter { number in
            releases.deployments[number].service.map(involved.contains) ?? true
        }
        let others = releases.deployments.indices.filter { releases.deployments[$0].at <= blast.onset }
        if known.isEmpty && others.isEmpty || releases.deployments.allSatisfy({ $0.carried.isEmpty && $0.head == nil }) {
            return byTime(releases, before: blast.onset, service: nil).sorted().map {
                .init(commit: $0, liveAt: nil, carrier: nil, isFresh: false)
            }
        }
        var live: [Int: SuspectRanking.Candidate] = [:]
        var fresh: Set<Int> = []
        for service in involved.sorted() { if let number = releases.current(of: service, at: blast.onset) { fresh.insert(number) } }
        for number in others {
            let deployment = releases.deployments[number]
            for commit in deployment.carried where live[commit] == nil || fresh.contains(number) && live[commit]?.isFresh == false {
                live[commit] = .init(commit: commit, liveAt: deployment.at, carrier: number, isFresh: fresh.contains(number))
            }
        }
        // What a running commit stands on is live too, though no known deployment brought it.
        for number in fresh.sorted() {
            guard let head = releases.deployments[number].head else { continue }
            for commit in releases.ancestry(of: head).sorted() where live[commit] == nil {
                live[commit] = .init(commit: commit, liveAt: nil, carrier: nil, isFresh: false)
            }
        }
        // A service without any known deployment runs what was committed for it.
        let deployedServices = Set(releases.deployments.map { $0.service ?? "" })
        if !deployedServices.contains("") {
            for index in releases.commits.indices where live[index] == nil && releases.commits[index].at <= blast.onset {
                guard let service = releases.commits[index].event.service, involved.contains(service), !deployedServices.contains(service)
                else { continue }
                live[index] = .init(commit: index, liveAt: nil, carrier: nil, isFresh: false)
            }
        }
        return live.keys.sorted().compactMap { live[$0] }
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
