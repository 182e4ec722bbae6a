import Connectors
import Correlation
import Model

/// Answers what cases ask of the repositories that are configured. What was read is remembered until the end of the run: cases of
/// one night have the same candidates. A repository that is missing, shallow, slow or without a commit has nothing to say; that is
/// no error, the commits themselves are read elsewhere.
struct CodeReading {
    private var repositories: [AskedRepository]

    init(_ connectors: [(name: String, connector: any Connector)], now: Instant) async {
        let access = SourceAccess(now: now)
        repositories = []
        for case let connector as GitConnector in connectors.map(\.connector) {
            // Why it cannot be read is told by the source that reads its commits.
            if let git = try? await connector.repository(through: access) { repositories.append(AskedRepository(git: git)) }
        }
    }

    var isEmpty: Bool { repositories.isEmpty }

    mutating func answer(_ question: CodeQuestion) async -> CodeAnswer {
        var answer = CodeAnswer()
        for index in repositories.indices where !repositories[index].isSlow {
            do throws(ConnectorError) {
                try await repositories[index].learnNames(question)
                answer.blames += try await repositories[index].blames(question)
                answer.changes.merge(try await repositories[index].changes(question)) { first, _ in first }
            } catch {
                if case .gitTimedOut = error { repositories[index].isSlow = true }
            }
        }
        answer.blames.sort {
            ($0.path, $0.failedLine, $0.line, $0.commit, $0.weight) < ($1.path, $1.failedLine, $1.line, $1.commit, $1.weight)
        }
        return answer
    }
}

/// One repository, and what is known of it.
private struct AskedRepository {
    let git: GitRepository
    /// After a question that took too long it is not asked again in this run.
    var isSlow = false
    /// Name as asked → full name; empty for what is not there.
    private var names: [String: String] = [:]
    private var paths: [String: RepositoryPaths] = [:]
    private var ignored: [String: [String]] = [:]
    private var blames: [BlameKey: [Int: String]] = [:]
    private var changes: [String: [ChangedLines]] = [:]

    private struct BlameKey: Hashable {
        var head: String
        var path: String
        var lines: [Int]
        var passedOver: [String]
        var since: Instant
    }

    init(git: GitRepository) { self.git = git }

    mutating func learnNames(_ question: CodeQuestion) async throws(ConnectorError) {
        let asked = Set(question.frames.map(\.head) + question.commits + question.passedOver).filter { names[$0] == nil }.sorted()
        let found = try await git.commits(named: asked)
        for name in asked { names[name] = found[name] ?? "" }
    }
    private func full(_ name: String) -> String? { names[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Only what was not read before is asked for.
    mutating func changes(_ question: CodeQuestion) async throws(ConnectorError) -> [String: [ChangedLines]] {
        let known = question.commits.compactMap { full($0) }
        let asked = known.filter { changes[$0] == nil }
        if !asked.isEmpty {
            let found = try await git.changes(of: asked)
            for sha in asked { changes[sha] = found[sha] ?? [] }
        }
        var out: [String: [ChangedLines]] = [:]
        for sha in known { if let places = changes[sha], !places.isEmpty { out[sha] = places } }
        return out
    }

    mutating func blames(_ question: CodeQuestion) async throws(ConnectorError) -> [CodeAnswer.Blame] {
        struct File: Hashable {
            var head: String
            var path: String
        }
        var failed: [File: [Int: Double]] = [:]
        for asked in question.frames {
            guard let head = full(asked.head), let path = try await paths(at: head).path(of: asked.frame) else { continue }
            let known = failed[File(head: head, path: path)]?[asked.frame.line] ?? 0
            failed[File(head: head, path: path), default: [:]][asked.frame.line] = max(known, asked.weight)
        }
        let passedOver = question.passedOver.compactMap { full($0) }
        var out: [CodeAnswer.Blame] = []
        for (file, lines) in failed.sorted(by: { ($0.key.path, $0.key.head) < ($1.key.path, $1.key.head) }) {
            let authors = try await authors(of: lines.keys.sorted(), file.path, file.head, passedOver, question.since)
            for (line, weight) in lines.sorted(by: { $0.key < $1.key }) {
                for near in SuspectReach.lines(around: line) {
                    guard let commit = authors[near] else { continue }
                    out.append(CodeAnswer.Blame(commit: commit, path: file.path, line: near, failedLine: line, weight: weight))
                }
            }
        }
        return out
    }

    /// Line → who wrote it; of commits that are passed over none.
    private mutating func authors(of lines: [Int], _ path: String, _ head: String, _ passedOver: [String], _ since: Instant)
        async throws(ConnectorError) -> [Int: String]
    {
        let key = BlameKey(head: head, path: path, lines: lines, passedOver: passedOver, since: since)
        if let known = blames[key] { return known }
        let skipped = Array(Set(try await ignored(at: head) + passedOver)).sorted()
        var found: [Int: String] = [:]
        do throws(ConnectorError) {
            found = try await git.blame(
                path, lines: lines.map { SuspectReach.lines(around: $0) }, at: head, passingOver: skipped, since: since)
        } catch {
            // The file is shorter than the stack says: it is not the one that failed.
            guard case .gitFailed = error else { throw error }
        }
        found = found.filter { !skipped.contains($0.value) }
        blames[key] = found
        return found
    }

    private mutating func paths(at head: String) async throws(ConnectorError) -> RepositoryPaths {
        if let known = paths[head] { return known }
        let read = RepositoryPaths(try await git.paths(at: head))
        paths[head] = read
        return read
    }

    private mutating func ignored(at head: String) async throws(ConnectorError) -> [String] {
        if let known = ignored[head] { return known }
        let read = try await git.ignoredRevisions(at: head)
        ignored[head] = read
        return read
    }
}
