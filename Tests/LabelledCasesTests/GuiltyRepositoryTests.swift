import Foundation
import LabelledCases
import Model
import TestKit
import Testing

@Suite struct GuiltyRepositoryTests {
    /// A case written with git, and what git says of it.
    struct Written {
        let folder = try? TemporaryFolder()
        let made: GuiltyRepository
        let sha: String
        var path: String { folder?.path ?? "" }

        init(_ family: GuiltFamily, seed: UInt64 = 3) async throws {
            made = GuiltyRepository.make(family, seed: seed)
            sha = try await RepositoryWriter.write(made, to: try #require(folder).url)
        }
        func git(_ arguments: [String]) throws -> String {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["git", "-C", path + "/bundle/git"] + arguments
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return String(decoding: bytes, as: UTF8.self)
        }
        func text(_ name: String) throws -> String { try String(contentsOfFile: path + "/" + name, encoding: .utf8) }
        /// The innermost frame of the first stack: class and line.
        func failure() throws -> (className: String, line: Int) {
            let frame = try #require(try text("bundle/logs/orders.jsonl").firstMatch(of: /\((\w+)\.java:(\d+)\)/))
            return (String(frame.1), try #require(Int(frame.2)))
        }
        func deployed() throws -> String {
            let last = try #require(try text("bundle/changes/deployments.jsonl").split(separator: "\n").last)
            return String(try #require(last.firstMatch(of: /"commit":"([0-9a-f]{40})"/)).1)
        }
        /// Who wrote the failing line, at the commit that was deployed.
        func author(_ options: [String] = []) throws -> String {
            let (name, line) = try failure()
            let file = "services/orders/src/com/acme/\(name).java"
            let said = try git(["blame", "-s", "-l", "-L", "\(line),\(line)"] + options + [try deployed(), "--", file])
            return String(said.prefix { $0 != " " })
        }
    }

    @Test(arguments: GuiltFamily.allCases) func `the same seed makes the same commits, another seed others`(family: GuiltFamily)
        async throws
    {
        let first = try await Written(family)
        #expect(try await Written(family).sha == first.sha)
        #expect(try await Written(family, seed: 4).sha != first.sha)
        #expect(try first.text("truth.json").contains(first.sha))
    }

    @Test(arguments: GuiltFamily.allCases) func `the guilty commit is part of the release, and no subject tells it`(family: GuiltFamily)
        async throws
    {
        let written = try await Written(family)
        let released = try written.git(["rev-list", try written.deployed()]).split(separator: "\n").map(String.init)
        #expect(released.contains(written.sha))
        let subject = try written.git(["log", "-1", "--format=%s", written.sha]).trimmingCharacters(in: .newlines)
        #expect(subject.wholeMatch(of: /(Tidy|Change|Revise|Simplify) (code|things|a part|some lines)/) != nil)
    }

    @Test(arguments: [GuiltFamily.failingLine, .takenBack, .merged, .renamed])
    func `the guilty commit wrote the line that fails`(family: GuiltFamily) async throws {
        let written = try await Written(family)
        #expect(try written.author() == written.sha)
    }

    @Test func `a formatter wrote the failing line anew, and git passes it over when told`() async throws {
        let written = try await Written(.reformatted)
        let list = try written.git(["show", "\(try written.deployed()):.git-blame-ignore-revs"])
        let formatter = try #require(list.split(separator: "\n").last.map(String.init))
        #expect(try written.author() == formatter)
        #expect(try written.author(["--ignore-rev", formatter]) == written.sha)
    }

    @Test(arguments: [GuiltFamily.coChange, .stranger]) func `the failing line is older than the release`(family: GuiltFamily) async throws
    {
        let written = try await Written(family)
        let author = try written.author().drop { $0 == "^" }
        let release = try written.git(["log", "-10", "--format=%H", try written.deployed()])
        #expect(!release.contains(author))
    }

    @Test func `what is deployed later moves the failing line`() async throws {
        let written = try await Written(.failingLine)
        let (name, line) = try written.failure()
        func text(_ commit: String) throws -> Substring {
            let lines = try written.git(["show", "\(commit):services/orders/src/com/acme/\(name).java"]).split(
                separator: "\n", omittingEmptySubsequences: false)
            return lines[line - 1]
        }
        #expect(try text("main") != text(try written.deployed()))
    }
}
