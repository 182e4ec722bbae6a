import Accuracy
import Foundation
import Model
import Pipeline

/// Labelled cases: `<set>/<case>/{bundle/, truth.json}`, each investigated as `caseboard investigate` does it.
enum CaseAccuracy {
    /// What `truth.json` says; what it lacks is nil.
    private struct Truth: Decodable {
        var service: String?
        var kind: String?
        var culprits: [String]?
        var candidates: Int?
        var classes: [String]?
    }
    private struct Result {
        var truth: Truth
        var rank: Int?
        var hasAnswer: Bool
        var first: Calibration.Answer?
        var pool: Int
    }

    /// The first answers of all cases with a start time, by what they answer.
    static func run(_ root: URL, _ report: inout AccuracyReport) async throws -> [String: [Calibration.Answer]] {
        let sets = AccuracyBenchmark.folders(root).filter { set in
            AccuracyBenchmark.folders(set).contains { AccuracyBenchmark.isThere($0.appending(path: "truth.json")) }
        }
        if sets.isEmpty {
            report.add("Causes, suspects and classes: skipped, no `rca/<set>/<case>/truth.json` is there.")
            return [:]
        }
        var causes = FigureTable(
            title: "The service at fault",
            head: ["set", "start time", "cases", "AC@1", "AC@3", "AC@5", "Avg@5", "chance AC@1", "no answer", "s/case"])
        var suspects = FigureTable(
            title: "The change at fault", head: ["set", "cases", "top-1", "top-5", "top-10", "MRR", "chance top-1", "no answer", "s/case"])
        var classes = FigureTable(
            title: "The class at fault when tests fail", head: ["set", "cases", "top-1", "top-3", "top-5", "no answer", "s/case"])
        var answers: [String: [Calibration.Answer]] = [:]
        for set in sets {
            let name = "`\(set.lastPathComponent)`"
            let (results, seconds) = try await investigate(set, ignoresHints: false)
            guard let first = results.first else { continue }
            let score = RankAccuracy(ranks: results.map(\.rank))
            let missing = "\(results.count { !$0.hasAnswer })"
            if first.truth.culprits != nil {
                suspects.rows.append(
                    [name, "\(results.count)"] + [score.top(1), score.top(5), score.top(10), score.reciprocal, chance(results)].map(share)
                        + [missing, twoDigits(seconds)])
                answers["suspect change", default: []] += results.compactMap(\.first)
            } else if first.truth.classes != nil {
                classes.rows.append(
                    [name, "\(results.count)"] + [score.top(1), score.top(3), score.top(5)].map(share) + [missing, twoDigits(seconds)])
                answers["class", default: []] += results.compactMap(\.first)
            } else {
                append(score, results, name, "given", seconds, to: &causes)
                appendKinds(results, to: &causes)
                let (blind, blindSeconds) = try await investigate(set, ignoresHints: true)
                append(RankAccuracy(ranks: blind.map(\.rank)), blind, name, "not given", blindSeconds, to: &causes)
                answers["cause", default: []] += results.compactMap(\.first)
            }
        }
        for table in [causes, suspects, classes] where !table.rows.isEmpty { report.add(table) }
        return answers
    }

    private static func append(
        _ score: RankAccuracy, _ results: [Result], _ name: String, _ hint: String, _ seconds: Double, to table: inout FigureTable
    ) {
        table.rows.append(
            [name, hint, "\(results.count)"] + [score.top(1), score.top(3), score.top(5), score.averageOfFive, chance(results)].map(share)
                + ["\(results.count { !$0.hasAnswer })", twoDigits(seconds)])
    }

    /// By kind of fault, where the truths say more than one.
    private static func appendKinds(_ results: [Result], to table: inout FigureTable) {
        let kinds = Set(results.compactMap(\.truth.kind)).sorted()
        if kinds.count < 2 { return }
        for kind in kinds {
            let own = results.filter { $0.truth.kind == kind }
            let score = RankAccuracy(ranks: own.map(\.rank))
            table.rows.append(
                ["  \(kind.replacing("_", with: " "))", "given", "\(own.count)"]
                    + [score.top(1), score.top(3), score.top(5), score.averageOfFive].map(share) + ["", "", ""])
        }
    }

    private static func chance(_ results: [Result]) -> Double {
        results.reduce(0) { $0 + RankAccuracy.chance(of: max(1, Set($1.truth.culprits ?? []).count), among: $1.pool, drawn: 1) }
            / Double(max(1, results.count))
    }

    // MARK: - One set

    private static func investigate(_ set: URL, ignoresHints: Bool) async throws -> (results: [Result], secondsPerCase: Double) {
        let from = Date()
        var results: [Result] = []
        for folder in AccuracyBenchmark.folders(set) {
            guard let data = try? Data(contentsOf: folder.appending(path: "truth.json")),
                let truth = try? JSONDecoder().decode(Truth.self, from: data)
            else { continue }
            let bundle = folder.appending(path: "bundle")
            let answer = try? await BundleInvestigation.run(
                folder: bundle, out: nil, now: AccuracyBenchmark.now, ignoresHints: ignoresHints, progress: .silent)
            // As the command would: an answer with something to look at is exit code 1, which is none for a program.
            results.append(result(truth, answer?.exitCode == 0 ? answer?.json ?? .null : .null, bundle))
        }
        return (results, Date().timeIntervalSince(from) / Double(max(1, results.count)))
    }

    private static func result(_ truth: Truth, _ json: JSONValue, _ bundle: URL) -> Result {
        func list(_ name: String) -> [JSONValue] { json[name]?.arrayValue ?? [] }
        let causes = list("causes")
        if let culprits = truth.culprits {
            let shas = list("suspect_changes").map { $0["sha"]?.stringValue ?? "" }
            let rank = RankAccuracy.rank(of: culprits, in: shas, matches: RankAccuracy.isSameCommit)
            return Result(
                truth: truth, rank: rank, hasAnswer: !shas.isEmpty, first: first(list("suspect_changes"), rank),
                pool: truth.candidates ?? 200)
        }
        if let classes = truth.classes {
            let named = causes.filter { $0["class"]?.stringValue != nil }
            let answers = causes.map { $0["class"]?.stringValue ?? $0["service"]?.stringValue ?? "" }
            let rank = RankAccuracy.rank(of: classes, in: answers)
            return Result(truth: truth, rank: rank, hasAnswer: answers.contains { !$0.isEmpty }, first: first(named, rank), pool: 1)
        }
        let services = causes.map { $0["service"]?.stringValue ?? "" }
        let rank = RankAccuracy.rank(of: [truth.service ?? ""], in: services)
        return Result(
            truth: truth, rank: rank, hasAnswer: services.contains { !$0.isEmpty },
            first: first(causes.filter { $0["service"]?.stringValue != nil }, rank),
            pool: servicesNamed(in: bundle, and: truth.service ?? ""))
    }

    private static func first(_ answers: [JSONValue], _ rank: Int?) -> Calibration.Answer? {
        answers.first?["score"]?.doubleValue.map { Calibration.Answer(score: $0, isRight: rank == 1) }
    }

    /// How many services the metrics and the topology of a case name: what chance would draw from.
    private static func servicesNamed(in bundle: URL, and truth: String) -> Int {
        var names: Set<String> = [truth.lowercased()]
        let topology = (try? String(contentsOf: bundle.appending(path: "topology.csv"), encoding: .utf8)) ?? ""
        for row in RowText.rows(topology).dropFirst() { names.formUnion(row.prefix(2).map { $0.lowercased() }) }
        let metrics = bundle.appending(path: "metrics")
        for file in (try? FileManager.default.contentsOfDirectory(at: metrics, includingPropertiesForKeys: nil)) ?? [] {
            let services = (try? MetricAnomalyListing.services(file.plainPath, now: AccuracyBenchmark.now)) ?? []
            names.formUnion(services.map { $0.lowercased() })
        }
        names.remove("")
        return names.count
    }
}
