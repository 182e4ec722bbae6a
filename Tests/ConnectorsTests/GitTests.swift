import Foundation
import Model
import TestKit
import Testing

@testable import Connectors

/// A repository for one test; every commit a minute after the one before.
final class Repository {
    let workspace: Workspace
    let name: String
    private var clock = 1_767_261_600  // 2026-01-01T10:00:00Z

    init(_ workspace: Workspace, _ name: String = "repo", arguments: [String] = []) throws {
        (self.workspace, self.name) = (workspace, name)
        try workspace.run("git", ["init", "-q", "-b", "main"] + arguments + ["\(workspace.path)/\(name)"])
    }
    @discardableResult
    func git(_ arguments: String..., input: String = "") throws -> String {
        let who = [
            "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "Bob",
            "GIT_COMMITTER_EMAIL": "bob@example.org",
        ]
        let when = ["GIT_AUTHOR_DATE": "\(clock) +0000", "GIT_COMMITTER_DATE": "\(clock) +0000"]
        return try workspace.run(
            "git", ["-C", "\(workspace.path)/\(name)"] + arguments, input: input, environment: who.merging(when) { _, new in new }
        )
        .trimmingCharacters(in: .newlines)
    }
    @discardableResult
    func commit(_ subject: String, _ files: [String: String] = [:]) throws -> String {
        clock += 60
        for (file, text) in files { try workspace.write(text, to: "\(name)/\(file)", at: Instant(ms: Int64(clock) * 1_000)) }
        try git("add", "-A")
        try git("commit", "-q", "--allow-empty", "-m", subject)
        return try git("rev-parse", "HEAD")
    }
    /// Many commits at once, by fast-import.
    func fill(_ count: Int) throws {
        var stream = ""
        for index in 1...count {
            let text = "text \(index)\n"
            stream += "commit refs/heads/main\nmark :\(index)\ncommitter Bob <bob@example.org> \(clock + index) +0000\n"
            stream += "data \(10 + String(index).count)\ncommit no \(index)\n"
            stream += "M 644 inline file\(index % 50)\ndata \(text.utf8.count)\n\(text)\n"
        }
        clock += count
        try git("fast-import", "--quiet", input: stream)
    }
}

private func subjects(_ run: Workspace.Run) -> [String] { run.reading.events.filter { $0.type == .commit }.map(\.title) }
private func tags(_ run: Workspace.Run) -> [String] { run.reading.events.filter { $0.type == .tag }.map(\.title) }

@Suite struct GitTests {
    @Test func `commits come with their files, oldest first, and once`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        let first = try repository.commit("one", ["a.txt": "1\n2\n"])
        let second = try repository.commit("two", ["a.txt": "1\n2\n3\n", "b/ä b.txt": "x\n"])
        let git = try workspace.connector("git", ["path": "repo"])
        let run = try await workspace.collect(git)
        #expect(subjects(run) == ["one", "two"])
        let event = try #require(run.reading.events.last)
        #expect(event.sourceID == second && event.commit == second)
        #expect(event.text(EventAttribute.author) == "Ann")
        #expect(event.attributes[EventAttribute.parents] == [.string(first)])
        #expect(
            event.touchedFiles == [TouchedFile(path: "a.txt", added: 1, deleted: 0), TouchedFile(path: "b/ä b.txt", added: 1, deleted: 0)])
        #expect(event.occurredAt == Instant(ms: 1_767_261_720_000))
        let again = try await workspace.collect(git)
        #expect(again.pages.isEmpty)
    }

    @Test func `only new commits and tags are read the next time`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.commit("one")
        try repository.git("tag", "v1")
        let git = try workspace.connector("git", ["path": "repo"])
        #expect(tags(try await workspace.collect(git)) == ["tagged v1"])
        try repository.commit("two")
        try repository.git("tag", "-a", "v2", "-m", "second")
        let run = try await workspace.collect(git)
        #expect(subjects(run) == ["two"] && tags(run) == ["tagged v2"])
        #expect(try await workspace.collect(git).pages.isEmpty)
    }

    @Test func `a tag that moved is read again`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.commit("one")
        try repository.git("tag", "live")
        let git = try workspace.connector("git", ["path": "repo"])
        _ = try await workspace.collect(git)
        let second = try repository.commit("two")
        try repository.git("tag", "-f", "live")
        let run = try await workspace.collect(git)
        #expect(run.reading.events.first { $0.type == .tag }?.commit == second)
    }

    @Test func `merges, both sides and the merge itself, are read once`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.commit("base", ["a": "1\n"])
        let git = try workspace.connector("git", ["path": "repo"])
        _ = try await workspace.collect(git)
        try repository.git("checkout", "-q", "-b", "side")
        try repository.commit("side", ["b": "1\n"])
        try repository.git("checkout", "-q", "main")
        try repository.commit("main", ["a": "2\n"])
        try repository.git("merge", "-q", "--no-ff", "-m", "merged", "side")
        let run = try await workspace.collect(git)
        #expect(Set(subjects(run)) == ["side", "main", "merged"] && subjects(run).last == "merged")
        #expect(run.reading.events.last?.attributes[EventAttribute.isMerge] == true)
    }

    @Test func `after a force-push and a clean-up only what is new is read`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        for name in ["one", "two", "three"] { try repository.commit(name, ["a": "\(name)\n"]) }
        let git = try workspace.connector("git", ["path": "repo"])
        _ = try await workspace.collect(git)
        try repository.git("reset", "-q", "--hard", "HEAD~1")
        try repository.commit("other three", ["a": "other\n"])
        try repository.git("reflog", "expire", "--expire=now", "--all")
        try repository.git("gc", "-q", "--prune=now")
        let run = try await workspace.collect(git)
        // The old head is gone with its commit, so what it excluded is listed again: the same facts, by the same ids.
        #expect(subjects(run).last == "other three")
        #expect(try await workspace.collect(git).pages.isEmpty)
    }

    @Test func `a branch that was rewound and came back is not read again`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        for name in ["one", "two", "three"] { try repository.commit(name) }
        let git = try workspace.connector("git", ["path": "repo"])
        _ = try await workspace.collect(git)
        let head = try repository.git("rev-parse", "HEAD")
        try repository.git("reset", "-q", "--hard", "HEAD~2")
        #expect(subjects(try await workspace.collect(git)).isEmpty)
        try repository.git("reset", "-q", "--hard", head)
        #expect(subjects(try await workspace.collect(git)).isEmpty)
    }

    @Test func `an empty repository has nothing to say, and says so when probed`() async throws {
        let workspace = try Workspace()
        _ = try Repository(workspace)
        let git = try workspace.connector("git", ["path": "repo"])
        #expect(try await workspace.collect(git).pages.isEmpty)
        let probe = await git.probe(through: SourceAccess(now: workspace.now))
        #expect(probe.findings == ["0 commits"] && probe.diagnostics.map(\.message) == ["the repository has no commits yet"])
    }

    @Test func `a bare repository is read, also when its HEAD points nowhere`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.commit("one", ["a": "1\n"])
        try workspace.run("git", ["clone", "-q", "--bare", "\(workspace.path)/repo", "\(workspace.path)/bare.git"])
        try workspace.run("git", ["-C", "\(workspace.path)/bare.git", "symbolic-ref", "HEAD", "refs/heads/master"])
        #expect(subjects(try await workspace.collect(try workspace.connector("git", ["path": "bare.git"]))) == ["one"])
    }

    @Test func `the first commit of a shallow clone does not add every file`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.commit("one", ["a": "1\n", "b": "1\n"])
        try repository.commit("two", ["a": "2\n"])
        try repository.commit("three", ["b": "3\n"])
        try workspace.run("git", ["clone", "-q", "--depth", "2", "file://\(workspace.path)/repo", "\(workspace.path)/shallow"])
        let git = try workspace.connector("git", ["path": "shallow"])
        let run = try await workspace.collect(git)
        #expect(subjects(run) == ["two", "three"])
        #expect(run.reading.events.map { $0.touchedFiles.map(\.path) } == [[], ["b"]])
        let probe = await git.probe(through: SourceAccess(now: workspace.now))
        #expect(probe.diagnostics.map(\.remedy) == ["run `git fetch --unshallow` in it"])
    }

    @Test func `a partial clone gives its commits without files and one dead letter`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.git("config", "uploadpack.allowFilter", "true")
        try repository.commit("one", ["a": "1\n"])
        try repository.commit("two", ["a": "2\n"])
        try workspace.run(
            "git", ["clone", "-q", "--bare", "--filter=blob:none", "file://\(workspace.path)/repo", "\(workspace.path)/partial"])
        let run = try await workspace.collect(try workspace.connector("git", ["path": "partial"]))
        #expect(subjects(run) == ["one", "two"])
        #expect(run.deadLetters.count == 1)
    }

    @Test func `branches can be chosen, with wildcards`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.commit("base")
        for branch in ["release/1", "release/2", "feature"] {
            try repository.git("checkout", "-q", "-b", branch, "main")
            try repository.commit("on \(branch)")
        }
        let run = try await workspace.collect(try workspace.connector("git", ["path": "repo", "branch": ["release/*"]]))
        #expect(Set(subjects(run)) == ["base", "on release/1", "on release/2"])
    }

    @Test func `commits before a moment can be left out`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        for name in ["one", "two", "three"] { try repository.commit(name) }
        let git = try workspace.connector("git", ["path": "repo", "since": "2026-01-01T10:02:00Z"])
        #expect(subjects(try await workspace.collect(git)) == ["two", "three"])
        #expect(try await workspace.collect(git).pages.isEmpty)
    }

    @Test func `a commit belongs to the service of its files`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.commit("cart", ["services/cart/a.txt": "1\n", "README.md": "1\n"])
        try repository.commit("both", ["services/cart/a.txt": "2\n", "services/pay/a.txt": "1\n"])
        try repository.commit("none", ["README.md": "2\n"])
        let paths: JSONValue = ["services/cart": "cart", "services/pay/": "pay"]
        let run = try await workspace.collect(try workspace.connector("git", ["path": "repo", "paths": paths, "service": "shop"]))
        #expect(run.reading.events.map(\.service) == ["cart", "shop", "shop"])
        #expect(run.reading.events[1].attributes["services"] == ["cart", "pay"])
        #expect(run.reading.events.allSatisfy { $0.id == $0.contentID() })
    }

    @Test func `a long history comes in pages and goes on after a stop`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.fill(5_000)
        let git = try workspace.connector("git", ["path": "repo"])
        let first = try await workspace.collect(git, maxPages: 1)
        #expect(subjects(first).count == Limits.commitsPerPage)
        let rest = try await workspace.collect(git)
        #expect(rest.pages.count == 2)
        #expect(Set(subjects(first) + subjects(rest)).count == 5_000)
        #expect(subjects(first).first == "commit no 1" && subjects(rest).last == "commit no 5000")
        #expect(rest.touched.filter { $0.hasPrefix("git rev-list") }.count == 1)
    }

    @Test func `nothing that a repository's own configuration names is run`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.commit("one", ["a.txt": "1\n", ".gitattributes": "*.txt diff=evil filter=evil\n"])
        try repository.commit("two", ["a.txt": "2\n"])
        try repository.git("tag", "v1")
        let trap = "\(workspace.path)/trap.sh"
        try workspace.write("#!/bin/sh\ntouch '\(workspace.path)/sprung'\ncat\n", to: "trap.sh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: trap)
        for key in [
            "core.fsmonitor", "core.pager", "pager.log", "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.clean",
            "filter.evil.smudge", "gpg.program", "core.sshCommand", "core.askPass", "credential.helper",
        ] {
            try repository.git("config", key, trap)
        }
        for (key, value) in [
            ("log.showSignature", "true"), ("core.hooksPath", workspace.path), ("alias.log", "!\(trap)"), ("color.ui", "always"),
            ("log.date", "relative"), ("diff.noprefix", "true"), ("log.follow", "true"),
        ] {
            try repository.git("config", key, value)
        }
        let run = try await workspace.collect(try workspace.connector("git", ["path": "repo"]))
        #expect(subjects(run) == ["one", "two"])
        #expect(run.reading.events[1].touchedFiles == [TouchedFile(path: "a.txt", added: 1, deleted: 1)])
        #expect(!FileManager.default.fileExists(atPath: workspace.path + "/sprung"))
    }

    @Test func `what is no repository is named`() async throws {
        let workspace = try Workspace()
        try FileManager.default.createDirectory(atPath: workspace.path + "/plain", withIntermediateDirectories: true)
        for path in ["plain", "none"] {
            let git = try workspace.connector("git", ["path": .string(path)])
            do {
                _ = try await workspace.collect(git)
                Issue.record("it was read")
            } catch {
                guard case .notARepository(let named, _)? = error as? ConnectorError else {
                    Issue.record("got \(error)")
                    continue
                }
                #expect(named == "\(workspace.path)/\(path)")
            }
            #expect(await git.probe(through: SourceAccess(now: workspace.now)).diagnostics.count == 1)
        }
    }

    @Test func `a missing git is named`() async throws {
        let workspace = try Workspace()
        let git = try workspace.connector("git", ["path": "repo"])
        let access = SourceAccess(now: workspace.now, git: GitRunner(program: "no-such-git"))
        await #expect(throws: ConnectorError.programMissing(program: "no-such-git")) {
            _ = try await git.fetch(after: [:], through: access)
        }
    }

    @Test(arguments: ["../../heads/x", "/etc"])
    func `a branch that leads elsewhere is refused`(branch: String) throws {
        let workspace = try Workspace()
        #expect(throws: ConnectorError.self) { _ = try workspace.connector("git", ["path": "repo", "branch": .string(branch)]) }
    }

    @Test func `an option in place of a branch stays a branch`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.commit("one")
        let git = try workspace.connector("git", ["path": "repo", "branch": "--output=evil"])
        #expect(try await workspace.collect(git).pages.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: workspace.path + "/repo/evil"))
    }
}

@Suite struct GitHistoryTests {
    @Test func `in any history and any pages, heads exclude exactly what was read`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<200 {
            // A random history in topological order.
            var commits: [GitHistory.Commit] = []
            for index in 0..<Int.random(in: 1...40, using: &random) {
                let parents =
                    commits.isEmpty
                    ? [] : (0..<Int.random(in: 0...2, using: &random)).compactMap { _ in commits.randomElement(using: &random)?.sha }
                commits.append(GitHistory.Commit(sha: "c\(index)", parents: Array(Set(parents)).sorted()))
            }
            let parents = Dictionary(uniqueKeysWithValues: commits.map { ($0.sha, $0.parents) })
            let listing = commits.map { ([$0.sha] + $0.parents).joined(separator: " ") + "\n" }.joined()
            var history = GitHistory(heads: [], tips: [], listing: Array(listing.utf8))
            var read: Set<String> = []
            while !history.isAtEnd {
                let page = history.next(Int.random(in: 1...7, using: &random))
                history.advance(over: page)
                read.formUnion(page.map(\.sha))
                // Everything reachable from the heads.
                var reached: Set<String> = []
                var front = Array(history.heads)
                while let sha = front.popLast() {
                    if reached.insert(sha).inserted { front += parents[sha] ?? [] }
                }
                #expect(reached == read)
            }
            #expect(read.count == commits.count)
        }
    }

    @Test func `abandoned heads are kept, but not for ever`() {
        let heads = (0..<200).map { "\(padded($0, 40))" }
        let history = GitHistory(heads: heads, tips: [heads[199]], listing: [])
        let kept = GitHistory.heads(history.cursor)
        #expect(kept.count == GitHistory.maxHeads && kept.contains(heads[199]))
    }

    @Test(arguments: ["HEAD", "--all", "", "0123", "z123456789012345678901234567890123456789", "^0123456789012345678901234567890123456789"])
    func `only object names are taken from a cursor`(text: String) {
        #expect(GitHistory.heads(Cursor(["heads": [.string(text)]])) == [])
    }

    @Test func `the longest folder wins`() {
        let services = PathServices(["services": "shop", "services/cart": "cart", ".": "all"])
        #expect(services.service(of: "services/cart/a") == "cart")
        #expect(services.service(of: "services/cartoon/a") == "shop")
        #expect(services.service(of: "docs/a") == "all")
    }
}
