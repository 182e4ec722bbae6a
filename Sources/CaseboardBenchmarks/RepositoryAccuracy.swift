import Accuracy
import Foundation
import LabelledCases
import Model
import Pipeline

/// How guilty commits are told in made-up repositories: each family with the repository at hand, and with nothing but the list of
/// its commits.
enum RepositoryAccuracy {
    private static let seeds: ClosedRange<UInt64> = 1...20

    static func run(_ report: inout AccuracyReport) async throws {
        var table = FigureTable(
            title: "The change at fault in made-up repositories, \(seeds.count) a family",
            head: ["family", "top-1", "top-3", "MRR", "commits alone: top-1", "top-3", "MRR"])
        let folder = FileManager.default.temporaryDirectory.appending(path: "caseboard-accuracy-\(getpid())")
        defer { try? FileManager.default.removeItem(at: folder) }  // a leftover in the temporary folder fails nothing
        for family in GuiltFamily.allCases {
            var ranks: [Int?] = []
            var ranksOfCommits: [Int?] = []
            for seed in seeds {
                let sha = try await RepositoryWriter.write(GuiltyRepository.make(family, seed: seed), to: folder)
                ranks.append(try await rank(of: sha, in: folder))
                let bundle = folder.appending(path: "bundle")
                try await RepositoryWriter.commits(of: bundle.appending(path: "git"))
                    .write(to: bundle.appending(path: "changes/commits.jsonl"), atomically: true, encoding: .utf8)
                try FileManager.default.removeItem(at: bundle.appending(path: "git"))
                ranksOfCommits.append(try await rank(of: sha, in: folder))
                try FileManager.default.removeItem(at: folder)
            }
            let (whole, alone) = (RankAccuracy(ranks: ranks), RankAccuracy(ranks: ranksOfCommits))
            table.rows.append(
                [family.rawValue.replacing("_", with: " ")]
                    + [whole.top(1), whole.top(3), whole.reciprocal, alone.top(1), alone.top(3), alone.reciprocal].map(share))
        }
        report.add(table)
    }

    private static func rank(of sha: String, in folder: URL) async throws -> Int? {
        let answer = try await BundleInvestigation.run(
            folder: folder.appending(path: "bundle"), out: nil, now: AccuracyBenchmark.now, ignoresHints: false, progress: .silent)
        let shas = (answer.json["suspect_changes"]?.arrayValue ?? []).map { $0["sha"]?.stringValue ?? "" }
        return RankAccuracy.rank(of: [sha], in: shas, matches: RankAccuracy.isSameCommit)
    }
}
