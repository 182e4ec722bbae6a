import Formats
import Foundation
import Glibc
import Model

/// Asks a repository single questions about its code. Every answer is bounded in time and size and depends on the named commits
/// alone. It is asked through a *view*: an empty repository of our own, for as long as this value lives, that borrows the other's
/// objects (gitrepository-layout(5), `objects/info/alternates`) and knows nothing of its configuration, hooks, attributes and
/// refs; some of what `git blame` reads from a configuration could not be switched off otherwise.
package final class GitRepository: Sendable {
    private let path: String
    let view: String
    private let access: SourceAccess

    private init(path: String, view: String, access: SourceAccess) {
        self.path = path
        self.view = view
        self.access = access
    }
    deinit { try? FileManager.default.removeItem(atPath: view) }  // a leftover in the temporary folder fails nothing

    static func open(_ path: String, access: SourceAccess) async throws(ConnectorError) -> GitRepository {
        let places = try await run(
            "rev-parse", ["rev-parse", "--path-format=absolute", "--show-object-format", "--git-path", "objects", "--git-path", "shallow"],
            in: path, access: access
        ).split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        guard places.count == 3, places[1].hasPrefix("/") else {
            throw .gitFailed(path: path, command: "rev-parse", exitCode: 0, words: "it does not say where its objects are")
        }
        do {
            return GitRepository(path: path, view: try makeView(format: places[0], objects: places[1], shallow: places[2]), access: access)
        } catch {
            throw .gitFailed(path: path, command: "rev-parse", exitCode: 0, words: "\(error.localizedDescription)")
        }
    }

    private static func makeView(format: String, objects: String, shallow: String) throws -> String {
        var template = Array((FileManager.default.temporaryDirectory.path(percentEncoded: false) + "/caseboard-git-XXXXXX").utf8CString)
        guard let made = mkdtemp(&template) else { throw CocoaError(.fileWriteUnknown) }
        let folder = URL(filePath: String(cString: made))
        for name in ["objects/info", "refs"] {
            try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        let isOther = format != "sha1"
        let settings =
            "[core]\n\tbare = true\n\trepositoryformatversion = \(isOther ? 1 : 0)\n"
            + (isOther && format.allSatisfy { $0.isLetter || $0.isNumber } ? "[extensions]\n\tobjectFormat = \(format)\n" : "")
        try Data(settings.utf8).write(to: folder.appending(path: "config"))
        try Data("ref: refs/heads/none\n".utf8).write(to: folder.appending(path: "HEAD"))
        try Data((objects + "\n").utf8).write(to: folder.appending(path: "objects/info/alternates"))
        if FileManager.default.fileExists(atPath: shallow) {
            try FileManager.default.copyItem(at: URL(filePath: shallow), to: folder.appending(path: "shallow"))
        }
        return folder.path(percentEncoded: false)
    }

    /// Those of the names that are commits here, with their full names.
    package func commits(named names: [String]) async throws(ConnectorError) -> [String: String] {
        let names = names.filter {
            (7...64).contains($0.utf8.count) && $0.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        }
        if names.isEmpty { return [:] }
        let output = try await git(
            "cat-file", ["cat-file", "--batch-check=%(objectname) %(objecttype)"], input: Array((names.joined(separator: "\n") + "\n").utf8)
        )
        var out: [String: String] = [:]
        // One line for each name, in order: `<sha> commit`, or the name and `missing` or `ambiguous`.
        for (name, line) in zip(names, output.split(separator: 10).map({ String(decoding: $0, as: UTF8.self) })) {
            let parts = line.split(separator: " ")
            if parts.count == 2, parts[1] == "commit", GitHistory.isObjectName(String(parts[0])) { out[name] = String(parts[0]) }
        }
        return out
    }

    /// All paths of a commit's tree.
    package func paths(at commit: String) async throws(ConnectorError) -> [String] {
        try await git("ls-tree", ["ls-tree", "-r", "-z", "--full-tree", "--name-only", commit])
            .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The commits that a repository wants blame to pass over (`.git-blame-ignore-revs`, and the path that
    /// `blame.ignoreRevsFile` names), as the tree of this commit lists them; those that are not there are left out.
    package func ignoredRevisions(at commit: String) async throws(ConnectorError) -> [String] {
        var files = [".git-blame-ignore-revs"]
        let question = ["config", "--local", "--get", "blame.ignoreRevsFile"]
        if let configured = try? await Self.run("config", question, in: path, access: access) {  // 1: not set
            let name = String(decoding: configured.prefix(1_000).prefix { $0 != 10 }, as: UTF8.self)
            if !name.isEmpty, !files.contains(name), !name.hasPrefix("/"), !name.split(separator: "/").contains("..") { files.append(name) }
        }
        var out: [String] = []
        for file in files {
            guard let bytes = try? await git("cat-file", ["cat-file", "blob", "\(commit):\(file)"]) else { continue }  // not in this tree
            out += bytes.withUnsafeBytes(GitBlameReader.ignoredRevisions)
        }
        return Array(Set(try await commits(named: Array(out.prefix(Limits.ignoredRevisions))).values)).sorted()
    }

    /// Who wrote these lines of a file, as it was at a commit, looking back to `since`. A line beyond the file's end has no author.
    package func blame(_ file: String, lines: [ClosedRange<Int>], at commit: String, passingOver ignored: [String], since: Instant)
        async throws(ConnectorError) -> [Int: String]
    {
        func ask(_ lines: [ClosedRange<Int>]) async throws(ConnectorError) -> [Int: String] {
            let ranges = lines.flatMap { ["-L", "\($0.lowerBound),\($0.upperBound)"] }
            // git takes a lower number for a date of another form.
            let seconds = since.ms.floorDivided(by: 1_000)
            let arguments =
                GitBlameReader.arguments + (seconds > 100_000_000 ? ["--since=@\(seconds)"] : []) + ranges
                + ignored.prefix(Limits.ignoredRevisions).flatMap { ["--ignore-rev", $0] } + [commit, "--", file]
            return try await git("blame", arguments).withUnsafeBytes(GitBlameReader.read)
        }
        do throws(ConnectorError) {
            return try await ask(lines)
        } catch {
            // git refuses all when one range begins beyond the end of the file.
            guard case .gitFailed = error, lines.count > 1 else { throw error }
            var out: [Int: String] = [:]
            for range in lines {
                do throws(ConnectorError) {
                    out.merge(try await ask([range])) { first, _ in first }
                } catch {
                    guard case .gitFailed = error else { throw error }
                }
            }
            return out
        }
    }

    /// The lines that commits changed; what says too much is asked in halves, and a commit that says too much alone is left out.
    package func changes(of commits: [String]) async throws(ConnectorError) -> [String: [ChangedLines]] {
        if commits.isEmpty { return [:] }
        do throws(ConnectorError) {
            let input = Array((commits.joined(separator: "\n") + "\n").utf8)
            return try await git("log", GitPatchReader.arguments, input: input).withUnsafeBytes(GitPatchReader.read)
        } catch {
            guard case .gitSaidTooMuch = error else { throw error }
            if commits.count == 1 { return [:] }
            let half = commits.count / 2
            let first = try await changes(of: Array(commits[..<half]))
            return first.merging(try await changes(of: Array(commits[half...]))) { first, _ in first }
        }
    }

    private func git(_ command: String, _ arguments: [String], input: [UInt8] = []) async throws(ConnectorError) -> [UInt8] {
        try await Self.run(command, arguments, in: view, input: input, access: access)
    }

    private static func run(_ command: String, _ arguments: [String], in path: String, input: [UInt8] = [], access: SourceAccess)
        async throws(ConnectorError) -> [UInt8]
    {
        var runner = access.git
        runner.timeoutSeconds = min(runner.timeoutSeconds, Limits.gitAnswerSeconds)
        return try await runner.run(
            command, ["--literal-pathspecs"] + arguments, in: path, input: input, limitBytes: Limits.gitAnswerBytes, access: access)
    }
}
