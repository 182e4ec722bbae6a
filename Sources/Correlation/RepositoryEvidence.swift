import Foundation
import Model

/// What the repositories say of the candidates: who wrote the failing lines, and of what the changed lines speak.
struct RepositoryEvidence {
    struct Blame {
        var value: Double
        var why: String
    }
    struct Diff {
        var score: Double
        /// The heaviest shared words.
        var words: [String]
    }
    private var blames: [Int: Blame] = [:]
    private var diffs: [Int: Diff] = [:]
    /// The files of failing stacks, as the repository writes them.
    private(set) var failingPaths: Set<String> = []
    /// True when a candidate wrote one of the failing lines.
    var knowsAuthors: Bool { !blames.isEmpty }

    static let mostTokens = 4_000
    // BM25, as for the words of commits.
    static let k1 = 1.2
    static let b = 0.75

    /// `fresh` are the commits that the last release brought; all candidates where releases are not known.
    init(_ answer: CodeAnswer?, commits: [Int], fresh: Set<Int>, releases: Releases, query: SuspectQuery) {
        guard let answer else { return }
        readBlames(answer, releases, fresh)
        readChanges(answer, commits, releases, query)
    }

    func blame(_ commit: Int) -> Blame? { blames[commit] }
    func diff(_ commit: Int) -> Diff? { diffs[commit] }

    private mutating func readBlames(_ answer: CodeAnswer, _ releases: Releases, _ fresh: Set<Int>) {
        struct Place: Hashable {
            var path: String
            var line: Int
        }
        var settled: Set<Place> = []
        for blame in answer.blames where blame.line == blame.failedLine {
            if let commit = releases.commit(named: blame.commit), fresh.contains(commit) {
                settled.insert(Place(path: blame.path, line: blame.line))
            }
        }
        for blame in answer.blames {
            failingPaths.insert(blame.path)
            guard let commit = releases.commit(named: blame.commit) else { continue }
            let away = blame.line - blame.failedLine
            // A line next to it matters where the failing one is not new itself.
            if away != 0 && settled.contains(Place(path: blame.path, line: blame.failedLine)) { continue }
            // Steeper than for touching a file: where it failed has one author, and the way there has many.
            let value = Scores.bounded(blame.weight * blame.weight) * (away == 0 ? 1 : SuspectWeights.blameNear)
            if let known = blames[commit], known.value >= value { continue }
            let place = "line \(blame.line) of \(CodeBlame.name(of: blame.path).clipped(to: 80))"
            let distance = "\(Phrases.counted(abs(away), "line")) \(away < 0 ? "above" : "below")"
            let end = blame.weight < 1 ? "a call that led to where it failed" : "where it failed"
            blames[commit] = Blame(value: value, why: "it wrote \(place), \(away == 0 ? "" : "\(distance) ")\(end)")
        }
    }

    private mutating func readChanges(_ answer: CodeAnswer, _ commits: [Int], _ releases: Releases, _ query: SuspectQuery) {
        let weights = query.weights.filter { !query.places.contains($0.key) }
        var documents: [(commit: Int, counts: [String: Double], length: Double)] = []
        var holders: [String: Int] = [:]
        for commit in commits {
            guard let places = answer.changes[releases.commits[commit].sha] else { continue }
            let counts = Self.counts(places)
            documents.append((commit, counts, counts.values.reduce(0, +)))
            for token in counts.keys where weights[token] != nil { holders[token, default: 0] += 1 }
        }
        let total = Double(documents.count)
        let average = max(1, documents.reduce(0) { $0 + $1.length } / max(1, total))
        for document in documents {
            var shares: [(String, Double)] = []
            for (token, count) in document.counts {
                guard let weight = weights[token], let df = holders[token] else { continue }
                let idf = log(1 + (total - Double(df) + 0.5) / (Double(df) + 0.5))
                let tf = min(4, count)
                let length = 1 - Self.b + Self.b * document.length / average
                shares.append((token, weight * idf * tf * (Self.k1 + 1) / (tf + Self.k1 * length)))
            }
            if shares.isEmpty { continue }
            // Summed in one order, so that the last digit is always the same.
            let ordered = shares.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
            diffs[document.commit] = Diff(score: ordered.reduce(0) { $0 + $1.1 }, words: CommitText.heaviest(shares))
        }
    }

    /// Removed lines count half: mostly what they said is said again in their place, or said no more.
    private static func counts(_ places: [ChangedLines]) -> [String: Double] {
        var out: [String: Double] = [:]
        var taken = 0
        for place in places {
            for (lines, weight) in [([place.enclosing] + place.added, 1), (place.removed, 0.5)] {
                for token in lines.lazy.flatMap({ TextTokens.tokens($0) }) {
                    if taken >= mostTokens { return out }
                    out[token, default: 0] += weight
                    taken += 1
                }
            }
        }
        return out
    }
}

/// The paths of a repository, for finding the one that a stack frame means.
package struct RepositoryPaths: Sendable {
    private var byName: [String: [[Substring]]] = [:]

    package init(_ paths: some Sequence<String>) {
        for path in paths {
            let parts = path.split(separator: "/")
            if let name = parts.last { byName[String(name), default: []].append(parts) }
        }
    }

    /// The path that has most last parts in common with a frame's file (`/srv/app/shop/cart.go`, or `Cart.java` of a function
    /// `com.shop.Cart.add`); nil when several have as many: then it is not known which is meant.
    package func path(of frame: StackFrame) -> String? {
        var parts = frame.file.split(whereSeparator: { $0 == "/" || $0 == "\\" })
        guard let name = parts.last, let candidates = byName[String(name)] else { return nil }
        if parts.count == 1 { parts = Self.package(of: frame.function) + parts }
        var best: (common: Int, path: [Substring])?
        var isShared = false
        for candidate in candidates {
            let common = zip(candidate.reversed(), parts.reversed()).prefix { $0 == $1 }.count
            if let known = best, known.common >= common {
                isShared = isShared || known.common == common
            } else {
                (best, isShared) = ((common, candidate), false)
            }
        }
        guard let best, !isShared else { return nil }
        return best.path.joined(separator: "/")
    }

    /// `com.shop.Cart.add` → com, shop.
    private static func package(of function: String) -> [Substring] {
        Array(function.split(separator: ".").dropLast().prefix { $0.utf8.first.map { (97...122).contains($0) } ?? false })
    }
}
