import Foundation
import Model
import TestKit
import Testing

@testable import Connectors

@Suite struct GitRepositoryTests {
    let workspace: Workspace
    let repository: Repository
    init() throws {
        workspace = try Workspace()
        repository = try Repository(workspace)
        try repository.commit("root", ["README": "hello\n"])
    }
    private func open(_ name: String = "repo") async throws -> GitRepository {
        try await GitRepository.open("\(workspace.path)/\(name)", access: SourceAccess(now: workspace.now))
    }
    private let early = Instant(ms: 1_700_000_000_000)

    @Test func `a line is blamed on who wrote it, under whatever name the file had`() async throws {
        try repository.commit("file", ["cart.go": "one\ntwo\nthree\nfour\nfive\nsix\n"])
        let second = try repository.commit("change", ["cart.go": "one\ntwo\nTHREE\nfour\nfive\nsix\n"])
        try repository.git("mv", "cart.go", "basket.go")
        let head = try repository.commit("rename")
        let found = try await open().blame("basket.go", lines: [3...3], at: head, passingOver: [], since: early)
        #expect(found == [3: second])
    }

    @Test func `commits that are passed over do not own the lines they wrote anew`() async throws {
        let first = try repository.commit("file", ["a.js": "call(one)\ncall(two)\n"])
        let format = try repository.commit("format", ["a.js": "call( one );\ncall( two );\n"])
        let git = try await open()
        #expect(try await git.blame("a.js", lines: [2...2], at: format, passingOver: [], since: early) == [2: format])
        #expect(try await git.blame("a.js", lines: [2...2], at: format, passingOver: [format], since: early) == [2: first])
    }

    @Test func `lines older than what is looked at have no author, nor have lines of a first commit`() async throws {
        let head = try repository.commit("file", ["a.js": "one\n"])
        let git = try await open()
        #expect(try await git.blame("a.js", lines: [1...1], at: head, passingOver: [], since: Instant(ms: 1_900_000_000_000)).isEmpty)
        #expect(try await git.blame("README", lines: [1...1], at: head, passingOver: [], since: early).isEmpty)
    }

    @Test func `a line beyond the end of the file does not hide the others`() async throws {
        let head = try repository.commit("file", ["a.js": "one\ntwo\n"])
        let found = try await open().blame("a.js", lines: [1...2, 900...903], at: head, passingOver: [], since: early)
        #expect(found == [1: head, 2: head])
    }

    @Test func `commits to ignore are read from the tree, those that are there`() async throws {
        let first = try repository.commit("one", ["a": "1\n"])
        let missing = String(repeating: "ab", count: 20)
        let head = try repository.commit("list", [".git-blame-ignore-revs": "# formatting\n\(first) # once\n\(missing)\nnonsense\n"])
        #expect(try await open().ignoredRevisions(at: head) == [first])
        #expect(try await open().ignoredRevisions(at: first) == [])
    }

    @Test func `a configured list of commits to ignore is a path of the tree, and no file of the machine`() async throws {
        let first = try repository.commit("one", ["a.js": "1\n"])
        let head = try repository.commit("list", ["tools/ignored": "\(first)\n"])
        try repository.git("config", "blame.ignoreRevsFile", "tools/ignored")
        #expect(try await open().ignoredRevisions(at: head) == [first])
        try workspace.write("\(first)\n", to: "outside")
        try repository.git("config", "blame.ignoreRevsFile", "\(workspace.path)/outside")
        let git = try await open()
        #expect(try await git.ignoredRevisions(at: head) == [])
        #expect(try await git.blame("a.js", lines: [1...1], at: head, passingOver: [], since: early) == [1: first])
    }

    @Test func `the changed lines of commits come with what encloses them`() async throws {
        let body = "func total() {\n\tone\n\ttwo\n\tthree\n\tfour\n\tfive\n}\n"
        try repository.commit("file", ["a/sum.go": body])
        let head = try repository.commit("change", ["a/sum.go": body.replacing("five", with: "session")])
        let changes = try await open().changes(of: [head])
        #expect(changes[head] == [ChangedLines(path: "a/sum.go", enclosing: "func total() {", added: ["\tsession"], removed: ["\tfive"])])
    }

    @Test func `nothing that a repository configures is run`() async throws {
        let witness = "\(workspace.path)/witness"
        try workspace.write("#!/bin/sh\ntouch \(witness)\ncat\n", to: "evil.sh")
        try workspace.run("chmod", ["+x", "\(workspace.path)/evil.sh"])
        try repository.commit("file", [".gitattributes": "*.txt diff=evil filter=evil\n", "a.txt": "one\n"])
        let head = try repository.commit("change", ["a.txt": "two\n"])
        for key in [
            "diff.external", "diff.evil.command", "diff.evil.textconv", "filter.evil.smudge", "filter.evil.clean", "core.fsmonitor",
            "core.pager", "gpg.program",
        ] { try repository.git("config", key, "\(workspace.path)/evil.sh") }
        try repository.git("config", "log.showSignature", "true")
        try repository.git("config", "blame.ignoreRevsFile", "/nowhere/at/all")
        let git = try await open()
        #expect(try await git.changes(of: [head])[head]?.first == ChangedLines(path: "a.txt", added: ["two"], removed: ["one"]))
        #expect(try await git.blame("a.txt", lines: [1...1], at: head, passingOver: [], since: early) == [1: head])
        #expect(try await git.paths(at: head) == [".gitattributes", "README", "a.txt"])
        #expect(!FileManager.default.fileExists(atPath: witness))
    }

    @Test(arguments: ["a b.js", "--help", ":(exclude)x.js", "ä\"q\".js", "new\nline.js"])
    func `any name of a file is only a name`(name: String) async throws {
        let head = try repository.commit("file", [name: "one\n"])
        let git = try await open()
        #expect(try await git.paths(at: head).contains(name))
        #expect(try await git.blame(name, lines: [1...1], at: head, passingOver: [], since: early) == [1: head])
    }

    @Test func `only names of commits are commits, and short ones are told in full`() async throws {
        let head = try repository.commit("file", ["a": "one\n"])
        let blob = try repository.git("rev-parse", "HEAD:a")
        let short = String(head.prefix(9))
        let found = try await open().commits(named: [short, blob, "feedfeedfeed", "HEAD", "--help", head])
        #expect(found == [short: head, head: head])
    }

    @Test func `the border of a shallow clone wrote nothing`() async throws {
        try repository.commit("file", ["a.js": "one\ntwo\n"])
        try repository.commit("second", ["a.js": "ONE\ntwo\n"])
        let head = try repository.commit("third", ["a.js": "ONE\nTWO\n"])
        try workspace.run("git", ["clone", "-q", "--depth", "2", "file://\(workspace.path)/repo", "\(workspace.path)/shallow"])
        let found = try await open("shallow").blame("a.js", lines: [1...2], at: head, passingOver: [], since: early)
        #expect(found == [2: head])
    }

    @Test func `a folder without a repository is no repository`() async throws {
        await #expect(throws: ConnectorError.self) { try await self.open("nowhere") }
    }

    @Test func `nothing is left behind`() async throws {
        let head = try repository.commit("file", ["a.js": "one\n"])
        var git: GitRepository? = try await open()
        let view = try #require(git?.view)
        #expect(FileManager.default.fileExists(atPath: view))
        _ = try await git?.paths(at: head)
        git = nil
        #expect(!FileManager.default.fileExists(atPath: view))
    }
}
