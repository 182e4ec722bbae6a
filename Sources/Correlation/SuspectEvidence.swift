import Foundation
import Model

/// The words of what failed, weighted: 2 in a title, 1 + .3 ln(1 + count) at most 2 elsewhere.
struct SuspectQuery {
    private(set) var weights: [String: Double] = [:]
    /// All text, lower case words as written, for file names.
    private(set) var words: Set<String> = []
    /// Words of the files and classes that stacks name: they tell where it failed, not what failed.
    private(set) var places: Set<String> = []

    init(_ signals: [Signal]) {
        var titles: Set<String> = []
        var counts: [String: Int] = [:]
        for signal in signals.prefix(300) {
            let event = signal.event
            var title = [
                event.title, event.text(EventAttribute.exception), event.text(EventAttribute.test), event.text(EventAttribute.suite),
            ].compactMap { $0 }
            for frame in event.stackFrames.prefix(8) where !CodeBlame.isLibrary(frame) {
                title.append(frame.file + " " + frame.function)
                places.formUnion(TextTokens.tokens(frame.file + " " + CodeBlame.className(of: frame)))
            }
            if event.type == .errorSpans || event.type == .slowOperation { title += [event.text(EventAttribute.operation) ?? ""] }
            for token in TextTokens.tokens(title.joined(separator: " \n ")) { titles.insert(token) }
            var rest = [event.text(EventAttribute.template), event.text(EventAttribute.message), event.text(EventAttribute.exemplar)]
                .compactMap { $0 }
            rest.append(event.body)
            let text = rest.joined(separator: " \n ")
            for token in TextTokens.tokens(text) { counts[token, default: 0] += 1 }
            words.formUnion(TextTokens.plainWords(text + " " + title.joined(separator: " ")))
        }
        for token in titles { weights[token] = 2 }
        for (token, count) in counts { weights[token, default: 0] += min(2, 1 + 0.3 * log(1 + Double(count))) }
        for word in TextTokens.signalWords { weights[word] = nil }
    }
}

/// The words and sizes of every commit, read once for all cases of a decision.
struct CommitIndex {
    /// Counts of the words in subject, body and paths.
    private(set) var fields: [[[String: Int]]] = []
    private(set) var sizes: [(value: Double, added: Int, deleted: Int)] = []
    /// File names of four letters or more, sorted; and those of code.
    private(set) var stems: [[String]] = []
    private(set) var codeStems: [Set<String>] = []
    /// The last two parts of each touched path.
    private(set) var tails: [Set<String>] = []

    init(_ releases: Releases) {
        for commit in releases.commits {
            let files = commit.event.touchedFiles
            fields.append([
                Self.count(TextTokens.tokens(commit.event.title)), Self.count(TextTokens.tokens(commit.event.body)),
                Self.count(files.prefix(200).flatMap { TextTokens.tokens(Self.withoutExtension($0.path)) }),
            ])
            sizes.append(CommitSize.weigh(files))
            stems.append(Set(files.prefix(200).map { CodeBlame.stem(of: $0.path).lowercased() }.filter { $0.count >= 4 }).sorted())
            codeStems.append(
                Set(files.prefix(200).filter { CommitSize.kind($0.path) == 0 }.map { CodeBlame.stem(of: $0.path).lowercased() }))
            tails.append(Set(files.prefix(200).map { CodeBlame.tail(of: $0.path) }))
        }
    }
    private static func count(_ tokens: [String]) -> [String: Int] {
        var out: [String: Int] = [:]
        for token in tokens { out[token, default: 0] += 1 }
        return out
    }
    private static func withoutExtension(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return String(path.split(separator: ".").first ?? "") }
        let name = path[path.index(after: slash)...]
        return path[..<slash] + "/" + (name.split(separator: ".").first ?? name)
    }
}

/// BM25F of every candidate against the query.
struct CommitText {
    struct Score {
        var all = 0.0
        var path = 0.0
        /// The heaviest shared words.
        var words: [String] = []
        var pathWords: [String] = []
    }
    private(set) var scores: [Score] = []
    private var stemCounts: [String: Int] = [:]
    private let queryWords: Set<String>
    private let commits: [Int]
    private let index: CommitIndex

    init(_ commits: [Int], index: CommitIndex, query: SuspectQuery) {
        self.commits = commits
        self.index = index
        queryWords = query.words
        let fields = commits.map { index.fields[$0] }
        var documents: [String: Int] = [:]
        for commit in fields {
            for token in Set(commit.flatMap(\.keys)) where query.weights[token] != nil { documents[token, default: 0] += 1 }
        }
        let total = Double(commits.count)
        let settings = [SuspectWeights.subject, SuspectWeights.body, SuspectWeights.paths]
        let averages = (0..<3).map { field in max(1, fields.reduce(0.0) { $0 + Double($1[field].values.reduce(0, +)) } / max(1, total)) }
        for commit in fields {
            var score = Score()
            var shares: [(String, Double)] = []
            var pathShares: [(String, Double)] = []
            let lengths = (0..<3).map { Double(commit[$0].values.reduce(0, +)) }
            for token in Set(commit.flatMap(\.keys)).sorted() {
                guard let weight = query.weights[token], let df = documents[token] else { continue }
                let idf = log(1 + (total - Double(df) + 0.5) / (Double(df) + 0.5))
                var tf = 0.0
                for field in 0..<3 {
                    let count = Double(min(field == 2 ? 3 : 4, commit[field][token] ?? 0))
                    let setting = settings[field]
                    tf += setting.weight * count / (1 - setting.b + setting.b * lengths[field] / averages[field])
                }
                let value = weight * idf * tf * (SuspectWeights.k1 + 1) / (tf + SuspectWeights.k1)
                score.all += value
                shares.append((token, value))
                if commit[2][token] != nil {
                    score.path += weight * idf
                    pathShares.append((token, weight * idf))
                }
            }
            score.words = Self.heaviest(shares)
            score.pathWords = Self.heaviest(pathShares)
            scores.append(score)
        }
        for commit in commits { for stem in index.stems[commit] where queryWords.contains(stem) { stemCounts[stem, default: 0] += 1 } }
    }

    /// A touched file whose name stands in what failed: rarer names count more, large code changes more than small, non-code .4.
    func mention(_ candidate: Int) -> (value: Double, file: String)? {
        var best: (value: Double, file: String)?
        let commit = commits[candidate]
        let total = Double(commits.count)
        let lines = index.sizes[commit].added + index.sizes[commit].deleted
        for stem in index.stems[commit] where queryWords.contains(stem) {
            let rarity = total <= 1 ? 1 : log(1 + total / Double(stemCounts[stem] ?? 1)) / log(1 + total)
            let size = min(1, 0.4 + 0.2 * log10(1 + Double(lines)))
            let value = rarity * size * (index.codeStems[commit].contains(stem) ? 1 : 0.4)
            if value > best?.value ?? 0 { best = (value, stem) }
        }
        return best
    }

    private static let introducing: Set<String> = [
        "add", "adds", "introduce", "introduces", "implement", "implements", "support", "refactor", "move", "convert", "switch", "enable",
        "optimise", "optimize", "improve", "extend", "replace", "rewrite", "migrate", "use", "open", "batch", "cache", "parallel",
    ]
    static func introduces(_ subject: String) -> Bool { !TextTokens.plainWords(String(subject.prefix(200))).isDisjoint(with: introducing) }

    static func heaviest(_ shares: [(String, Double)]) -> [String] {
        shares.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(3).map { String($0.0.drop(while: { $0 == "=" })) }
    }
}

/// Stack frames, failing tests, first red builds and touched services, held against a commit's files.
struct CodeEvidence {
    private var frames: [(frame: StackFrame, weight: Double, stacks: Int)] = []
    private var testFiles: Set<String> = []
    private var testStems: [String: String] = [:]
    /// By commit: what it says that a test passed before it and failed with it.
    private(set) var broken: [Int: String] = [:]
    private let services: [String]
    private let touchCounts: [String: Int]

    init(blast: BlastRadius, releases: Releases, candidates: [SuspectRanking.Candidate], index: CommitIndex) {
        var seen: [String: Int] = [:]
        for signal in blast.signals.prefix(500) {
            for (position, frame) in Self.ownFrames(of: signal).prefix(12).enumerated() {
                let weight = Self.weight(at: position)
                if let known = seen[frame.file] {
                    frames[known].stacks += position == 0 ? 1 : 0
                    if weight > frames[known].weight { frames[known] = (frame, weight, frames[known].stacks) }
                } else if frames.count < 200 {
                    seen[frame.file] = frames.count
                    frames.append((frame, weight, 1))
                }
            }
            if signal.nature == .test {
                if let suite = CodeBlame.testClass(of: signal.event) { testStems[Phrases.simpleClass(suite).lowercased()] = suite }
                for frame in signal.event.stackFrames where CodeBlame.isTest(frame) { testFiles.insert(frame.file) }
            }
        }
        // Per test, only the builds between the last good one and the first bad one are to blame.
        var seenTests: Set<String> = []
        for signal in blast.signals where signal.nature == .test && !CodeEvidence.isFlaky(signal.event) {
            guard let head = signal.event.commit.flatMap(releases.commit(named:)) else { continue }
            let name =
                (signal.event.text(EventAttribute.suite) ?? "") + " " + (signal.event.text(EventAttribute.test) ?? signal.event.title)
            guard seenTests.insert(name).inserted, seenTests.count <= 200 else { continue }
            let good = signal.event.text(EventAttribute.previousCommit).flatMap(releases.commit(named:))
            let range = releases.between(good, head).filter { $0 == head || !releases.commits[$0].isMerge }
            let words =
                range.count == 1
                ? "the build first went red with it"
                : "one of \(range.count) commits between the last good build "
                    + "(\(Phrases.short(good.map { releases.commits[$0].sha } ?? ""))) and the first bad one "
                    + "(\(Phrases.short(releases.commits[head].sha)))"
            for commit in range where broken[commit] == nil || range.count == 1 { broken[commit] = words }
        }
        services = Array(blast.services.prefix(50))
        var counts: [String: Int] = [:]
        for candidate in candidates {
            for tail in index.tails[candidate.commit] { counts[tail, default: 0] += 1 }
        }
        touchCounts = counts
    }

    /// The users' own frames, innermost first.
    static func ownFrames(of signal: Signal) -> [StackFrame] {
        signal.event.stackFrames.prefix(Limits.stackFrames).filter { !CodeBlame.isLibrary($0) && !CodeBlame.isTest($0) }
    }
    static func weight(at position: Int) -> Double { 1 / (1 + 0.35 * Double(position)) }

    /// The files that failing stacks name, as the repository writes them.
    func failingPaths(in paths: RepositoryPaths) -> Set<String> {
        Set(frames.filter { $0.weight >= 0.4 }.prefix(40).compactMap { paths.path(of: $0.frame) })
    }

    /// True for a test that its source, or its own history, calls flaky.
    static func isFlaky(_ event: Event) -> Bool { event.tags.contains { $0.lowercased().contains("flaky") } }

    /// The best match of a touched file with a failing frame; files that many candidates touch count less.
    func frame(_ files: [TouchedFile]) -> (value: Double, count: Int, place: String)? {
        var best: (value: Double, count: Int, place: String)?
        for file in files.prefix(200) {
            let rarity = 1 / Double(max(1, touchCounts[CodeBlame.tail(of: file.path)] ?? 1)).squareRoot()
            for (frame, weight, stacks) in frames {
                let value = CodeBlame.matches(frameFile: frame.file, path: file.path) * weight * (0.5 + 0.5 * rarity)
                if value > best?.value ?? 0.1 {
                    best = (
                        value, stacks, frame.line > 0 ? "\(CodeBlame.name(of: file.path)):\(frame.line)" : CodeBlame.name(of: file.path)
                    )
                }
            }
        }
        return best
    }

    func test(_ files: [TouchedFile]) -> String? {
        for file in files.prefix(200) {
            if testFiles.contains(where: { CodeBlame.matches(frameFile: $0, path: file.path) >= 0.7 }) {
                return CodeBlame.name(of: file.path)
            }
            let stem = CodeBlame.stem(of: file.path).lowercased()
            if stem.count >= 4, testStems[stem] != nil || testStems[stem + "test"] != nil || testStems[stem + "tests"] != nil {
                return CodeBlame.name(of: file.path)
            }
        }
        return nil
    }

    /// The involved service whose name the commit's own service, or a folder of its paths, bears.
    func service(_ commit: Event) -> String? {
        services.first { Releases.touches(commit, service: $0) }
    }
}
