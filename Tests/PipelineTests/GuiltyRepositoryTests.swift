import Foundation
import LabelledCases
import Model
import TestKit
import Testing

@testable import Pipeline

/// How well guilty commits are told in made-up repositories; CI fails when the worst family falls.
@Suite(.serialized) struct GuiltyRepositoryTests {
    /// A day after the made-up incidents.
    static let now = Instant(ms: 1_700_000_400_000 + .dayMs)

    static func suspects(_ folder: URL) async throws -> [JSONValue] {
        let answer = try await BundleInvestigation.run(
            folder: folder.appending(path: "bundle"), out: nil, now: now, ignoresHints: false, progress: .silent)
        return answer.json["suspect_changes"]?.arrayValue ?? []
    }
    static func terms(_ suspect: JSONValue?) -> [String] {
        (suspect?["terms"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
    }
    /// The places of the guilty commits of the first seeds.
    static func ranks(_ family: GuiltFamily, seeds: ClosedRange<UInt64>) async throws -> [Int?] {
        var out: [Int?] = []
        for seed in seeds {
            let folder = try TemporaryFolder()
            let sha = try await RepositoryWriter.write(GuiltyRepository.make(family, seed: seed), to: folder.url)
            out.append(try await suspects(folder.url).firstIndex { $0["sha"]?.stringValue == sha }.map { $0 + 1 })
        }
        return out
    }

    /// The share of cases in which the guilty commit is the first, and among the first three, that must not be undercut.
    static let least: [GuiltFamily: (first: Double, third: Double)] = [
        .failingLine: (1, 1), .diffWords: (1, 1),  // Weak: innocent commits that touch what the stack names may go first.
        .coChange: (0, 0.8), .takenBack: (0.8, 1), .merged: (0.8, 1), .reformatted: (0.8, 1),
        .renamed: (0.8, 1), .stranger: (0.4, 0.8),
    ]

    @Test(arguments: GuiltFamily.allCases) func `a guilty commit is found by what its family tells`(family: GuiltFamily) async throws {
        let ranks = try await Self.ranks(family, seeds: 1...5)
        let least = try #require(Self.least[family])
        let first = Double(ranks.count { $0 == 1 }) / Double(ranks.count)
        let third = Double(ranks.count { ($0 ?? 99) <= 3 }) / Double(ranks.count)
        #expect(first >= least.first && third >= least.third, "\(family): \(ranks)")
    }

    @Test(arguments: [
        (GuiltFamily.failingLine, "blame"), (.diffWords, "diff"), (.coChange, "co-change"), (.reformatted, "blame"), (.renamed, "blame"),
        (.merged, "blame"), (.stranger, "familiarity"),
    ])
    func `what tells the guilty commit is a term of its own`(family: GuiltFamily, term: String) async throws {
        let folder = try TemporaryFolder()
        let sha = try await RepositoryWriter.write(GuiltyRepository.make(family, seed: 1), to: folder.url)
        let suspect = try await Self.suspects(folder.url).first { $0["sha"]?.stringValue == sha }
        #expect(Self.terms(suspect).contains(term))
    }

    @Test func `what was taken back before the release is no suspect`() async throws {
        let folder = try TemporaryFolder()
        try await RepositoryWriter.write(GuiltyRepository.make(.takenBack, seed: 1), to: folder.url)
        let subjects = try await Self.suspects(folder.url).compactMap { $0["subject"]?.stringValue }
        #expect(!subjects.isEmpty && !subjects.contains { $0.contains("negative") || $0.hasPrefix("Revert") })
    }

    @Test func `a repository without the contents of its files tells what its commits say, and fails nothing`() async throws {
        let folder = try TemporaryFolder()
        try await RepositoryWriter.write(GuiltyRepository.make(.failingLine, seed: 1), to: folder.url)
        let whole = try await Self.suspects(folder.url)
        let answer = try await BundleInvestigation.run(
            folder: folder.url.appending(path: "bundle"), out: nil, now: Self.now, ignoresHints: false, progress: .silent)
        #expect(answer.exitCode == 0)
        #expect(try await Self.suspects(folder.url) == whole)
        let git = folder.url.appending(path: "bundle/git")
        // Shallow: one commit, whose parents are not there.
        let shallow = folder.url.appending(path: "shallow")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["git", "clone", "-q", "--bare", "--depth", "1", "file://\(git.path())", shallow.path()]
        try process.run()
        process.waitUntilExit()
        try FileManager.default.removeItem(at: git)
        try FileManager.default.moveItem(at: shallow, to: git)
        let cut = try await Self.suspects(folder.url)
        #expect(cut.allSatisfy { Set(Self.terms($0)).isDisjoint(with: ["blame", "diff"]) })
    }

    @Test func `a run asks its repositories too, and a second run finds nothing new`() async throws {
        let folder = try TemporaryFolder()
        let sha = try await RepositoryWriter.write(GuiltyRepository.make(.failingLine, seed: 1), to: folder.url)
        try folder.write(
            """
            title: Acme
            sources:
              - {name: code, kind: git, path: bundle/git}
              - {name: releases, kind: changes, path: bundle/changes/*.jsonl}
              - {name: logs, kind: logs, path: bundle/logs/*.jsonl}

            """, to: "caseboard.yaml")
        // The files are as old as this checkout; a run of the year after sees them whole.
        let now = Instant(ms: 1_830_000_000_000)
        let workspace = Workspace(root: folder.url)
        _ = try await CaseboardRun.run(in: workspace, steps: [.collect, .correlate], now: now, progress: .silent)
        let first = try RankingQueries.suspects(workspace, number: 1, now: now).json["suspect_changes"]?.arrayValue ?? []
        #expect(first.first?["sha"]?.stringValue == sha)
        #expect(Self.terms(first.first).contains("blame"))
        let again = try await CaseboardRun.run(in: workspace, steps: [.collect, .correlate], now: now, progress: .silent)
        #expect(again.lines.contains { $0.text.contains("nothing new") })
        #expect(try RankingQueries.suspects(workspace, number: 1, now: now).json["suspect_changes"]?.arrayValue == first)
    }
}
