import Formats
import Model

/// A local git repository: commits with the lines they touched, and tags. Only new commits are read, also after a rebase, a
/// force-push or a clean-up; shallow, bare and empty repositories are read as far as they go.
package struct GitConnector: Connector {
    package static let descriptor = ConnectorDescriptor(
        kind: "git", summary: "Commits and tags of a local git repository.",
        settings: [
            SettingDescriptor("path", .path, isRequired: true, "the repository: the folder with `.git` in it, or a bare one"),
            SettingDescriptor(
                "branch", .texts, usual: "what is checked out", "a branch or a list of them, local or remote; `*` stands for any text"),
            SettingDescriptor("since", .moment, "commits before are not read"),
            SettingDescriptor("paths", .map, "which folder belongs to which service: `services/checkout: checkout`"),
            SettingDescriptor("service", .text, "the service of commits that `paths` gives none"),
        ],
        sample: """
            kind: git
            path: ../shop
            branch: main
            paths:
              services/checkout: checkout
            """)

    private static let headsKey = "commits"
    private static let tagPrefix = "tag:"
    private static let listingBytes = 512 << 20

    private let settings: SourceSettings
    private let path: String
    private let services: PathServices

    package init(settings: SourceSettings) throws(ConnectorError) {
        self.settings = settings
        path = settings.absolute(settings.text("path") ?? ".")
        services = PathServices(settings.map("paths"))
        for branch in settings.texts("branch") where branch.hasPrefix("/") || branch.contains("..") {
            throw .badSetting(setting: "branch", why: "`\(branch.clipped(to: 60))` is no branch; write for example `main` or `release/*`")
        }
    }

    /// For questions about the code behind its commits.
    package func repository(through access: SourceAccess) async throws(ConnectorError) -> GitRepository {
        try await GitRepository.open(path, access: access)
    }

    private var document: DocumentOrigin {
        DocumentOrigin(origin: settings.name, path: settings.shown(path), service: settings.text("service"), fallbackTime: Instant(ms: 0))
    }

    package func read(_ item: Page.Item) -> Reading {
        var reading: Reading
        switch item.content {
        case .read(let known): return known
        case .bytes(let bytes, let document): reading = bytes.withUnsafeBytes { GitLogReader.read($0, from: document) }
        }
        for index in reading.events.indices { services.apply(to: &reading.events[index]) }
        return reading
    }

    // MARK: - Fetching

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        let memory = access.memory(of: settings.name)
        let known = GitHistory.heads(cursors[Self.headsKey])
        // Only the history that these cursors belong to; after a failed transaction it is listed again.
        if let history = memory.with({ $0.history }), Set(GitHistory.heads(history.cursor)) == Set(known) {
            return try await page(of: history, after: known, memory, access)
        }
        let tips = try await tips(access)
        let heads = try await existing(known, access)
        let isNew = !tips.allSatisfy(Set(heads).contains)
        let history = GitHistory(heads: heads, tips: tips, listing: isNew ? try await listing(tips, not: heads, access) : [])
        var page = try await page(of: history, after: known, memory, access) ?? Page()
        try await addTags(cursors, to: &page, access)
        return page.isEmpty ? nil : page
    }

    /// The commits at the tips of what is configured.
    private func tips(_ access: SourceAccess) async throws(ConnectorError) -> [String] {
        let branches = settings.texts("branch")
        var patterns = branches.flatMap { ["refs/heads/\($0)", "refs/remotes/\($0)"] }
        if branches.isEmpty {
            do throws(ConnectorError) {
                return lines(try await git("rev-parse", ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], access))
            } catch {
                // An unborn branch: an empty repository, or a mirror whose HEAD names a branch that is not there.
                guard case .gitFailed(_, _, 1, _) = error else { throw error }
                patterns = ["refs/heads"]
            }
        }
        let output = try await git("for-each-ref", ["for-each-ref", "--format=%(objectname)"] + patterns, access)
        return Array(Set(lines(output))).sorted()
    }

    /// Those of the heads that are still there: after a force-push and a clean-up some are not.
    private func existing(_ heads: [String], _ access: SourceAccess) async throws(ConnectorError) -> [String] {
        if heads.isEmpty { return [] }
        let input = Array((heads.joined(separator: "\n") + "\n").utf8)
        let output = try await git("cat-file", ["cat-file", "--batch-check=%(objectname) %(objecttype)"], input: input, access)
        return String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { line in
            line.hasSuffix(" commit") ? String(line.dropLast(7)) : nil
        }
    }

    private func listing(_ tips: [String], not heads: [String], _ access: SourceAccess) async throws(ConnectorError) -> [UInt8] {
        var arguments = ["rev-list", "--topo-order", "--reverse", "--parents", "--stdin"]
        if let since = settings.number("since") { arguments.insert("--since=@\(since.floorDivided(by: 1_000))", at: 1) }
        let input = Array((tips + heads.map { "^" + $0 }).joined(separator: "\n").utf8) + [10]
        return try await git("rev-list", arguments, input: input, limitBytes: Self.listingBytes, access)
    }

    /// One page of commits; nil when there is none.
    private func page(
        of history: GitHistory, after known: [String], _ memory: RunMemory, _ access: SourceAccess
    ) async throws(ConnectorError) -> Page? {
        var history = history
        var page = Page()
        var commits = history.next(Limits.commitsPerPage)
        while !commits.isEmpty {
            do throws(ConnectorError) {
                page.items = try await items(commits, into: &page, access)
                break
            } catch {
                switch error {
                case .gitSaidTooMuch where commits.count > 1, .gitTimedOut where commits.count > 1:
                    commits.removeLast(commits.count - commits.count / 2)
                case .gitSaidTooMuch, .gitTimedOut:
                    page.items = [item(try await log(commits, withFiles: false, access))]
                    page.deadLetters.append(letter(commits[0].sha, "its files could not be listed: \(error)"))
                    history.advance(over: commits)
                    commits = []
                default: throw error
                }
            }
        }
        history.advance(over: commits)
        let kept = history
        memory.with { $0.history = kept }
        let cursor = history.cursor
        if Set(GitHistory.heads(cursor)) != Set(known) { page.cursorUpdates[Self.headsKey] = cursor }
        return page.isEmpty ? nil : page
    }

    private func items(_ commits: [GitHistory.Commit], into page: inout Page, _ access: SourceAccess) async throws(ConnectorError) -> [Page
        .Item]
    {
        let boundary = try await shallowBoundary(access)
        let whole = commits.filter { !boundary.contains($0.sha) }
        var items: [Page.Item] = []
        // To git a commit at the border of a shallow clone adds every file of the repository.
        let cut = commits.filter { boundary.contains($0.sha) }
        if !cut.isEmpty { items.append(item(try await log(cut, withFiles: false, access))) }
        if whole.isEmpty { return items }
        do throws(ConnectorError) {
            items.append(item(try await log(whole, withFiles: true, access)))
        } catch {
            // A partial clone has no contents to compare. The commits are worth having without their files.
            guard case .gitFailed(_, _, _, let words) = error else { throw error }
            items.append(item(try await log(whole, withFiles: false, access)))
            page.deadLetters.append(letter(whole[0].sha, "the files of \(whole.count) commits from here on could not be listed: \(words)"))
        }
        return items
    }

    private func log(_ commits: [GitHistory.Commit], withFiles: Bool, _ access: SourceAccess) async throws(ConnectorError) -> [UInt8] {
        let arguments =
            GitLogReader.arguments.filter { withFiles || !["--numstat", "-M"].contains($0) } + ["--no-walk=unsorted", "--stdin"]
        let input = Array((commits.map(\.sha).joined(separator: "\n") + "\n").utf8)
        return try await git("log", arguments, input: input, access)
    }

    private func item(_ bytes: [UInt8]) -> Page.Item { Page.Item(place: settings.shown(path), content: .bytes(bytes, from: document)) }
    private func letter(_ sha: String, _ reason: String) -> DeadLetter {
        DeadLetter(origin: settings.name, place: "\(settings.shown(path)), commit \(sha)", reason: reason)
    }

    /// The commits whose parents a shallow clone leaves out.
    private func shallowBoundary(_ access: SourceAccess) async throws(ConnectorError) -> Set<String> {
        let output = try await git("rev-parse", ["rev-parse", "--is-shallow-repository", "--git-path", "shallow"], access)
        let answers = lines(output)
        guard answers.count == 2, answers[0] == "true" else { return [] }
        let file = answers[1].hasPrefix("/") ? answers[1] : "\(path)/\(answers[1])"
        var bytes: [UInt8] = []
        do throws(DecompressionError) {
            try Decompressor(path: file).read(into: &bytes, upTo: Limits.documentBytes)
        } catch {
            throw .gitFailed(path: path, command: "rev-parse", exitCode: 0, words: "\(error)")
        }
        return Set(lines(bytes))
    }

    private func addTags(_ cursors: [String: Cursor], to page: inout Page, _ access: SourceAccess) async throws(ConnectorError) {
        let output = try await git("for-each-ref", GitLogReader.tagArguments, access)
        var fresh: [UInt8] = []
        for line in output.split(separator: 10) {
            let fields = line.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
            guard fields.count > 2 else { continue }
            let key = Self.tagPrefix + String(decoding: fields[0], as: UTF8.self)
            let state = JSONValue.object(["object": .string(String(decoding: fields[2], as: UTF8.self))])
            if cursors[key]?.state == state { continue }
            page.cursorUpdates[key] = Cursor(state)
            fresh += line + [10]
        }
        if fresh.isEmpty { return }
        let reading = fresh.withUnsafeBytes { GitLogReader.readTags($0, from: document) }
        page.items.append(Page.Item(place: "\(settings.shown(path)), tags", content: .read(reading)))
    }

    private func git(
        _ command: String, _ arguments: [String], input: [UInt8] = [], limitBytes: Int = Limits.documentBytes, _ access: SourceAccess
    ) async throws(ConnectorError) -> [UInt8] {
        try await access.git.run(command, arguments, in: path, input: input, limitBytes: limitBytes, access: access)
    }
    private func lines(_ bytes: [UInt8]) -> [String] { bytes.split(separator: 10).map { String(decoding: $0, as: UTF8.self) } }

    // MARK: - Probing

    package func probe(through access: SourceAccess) async -> SourceProbe {
        var probe = SourceProbe()
        do throws(ConnectorError) {
            let tips = try await tips(access)
            let count = tips.isEmpty ? "0" : try await lines(git("rev-list", ["rev-list", "--count"] + tips, access)).first ?? "0"
            probe.findings.append("\(count) commits")
            if tips.isEmpty {
                let branches = settings.texts("branch")
                let what =
                    branches.isEmpty
                    ? "the repository has no commits yet" : "no branch matches " + branches.map { "`\($0)`" }.joined(separator: ", ")
                probe.diagnostics.append(
                    Diagnostic(
                        level: .warning, file: settings.name, message: what, remedy: branches.isEmpty ? "" : "`git branch -a` lists them"))
            }
            if try await !shallowBoundary(access).isEmpty {
                probe.diagnostics.append(
                    Diagnostic(
                        level: .warning, file: settings.name, message: "the clone is shallow: changes before its border are not seen",
                        remedy: "run `git fetch --unshallow` in it"))
            }
        } catch {
            probe.findings.append("no commit can be read")
            probe.diagnostics.append(Diagnostic(file: settings.name, message: "\(error)"))
        }
        return probe
    }
}
