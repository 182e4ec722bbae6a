import Accuracy
import Foundation
import Model
import Pipeline

/// How right the program is, over any folder with the layout of labelled cases: templates, anomalies, causes with and without a start
/// time, suspect changes, classes blamed for failing tests, suspects in made-up repositories, grouping, and whether scores mean probability. The rooms run in this
/// process. Parts that the folder does not hold are left out, and it says so.
enum AccuracyBenchmark {
    static func run(_ root: URL, page: URL?, picture: URL?) async throws {
        guard FileManager.default.fileExists(atPath: root.plainPath) else {
            print("there is no folder \(root.plainPath)")
            exit(2)
        }
        var report = AccuracyReport()
        try templates(root.appending(path: "logs"), &report)
        try anomalies(root.appending(path: "metrics"), &report)
        let answers = try await CaseAccuracy.run(root.appending(path: "rca"), &report)
        try await RepositoryAccuracy.run(&report)
        GroupingAccuracy.run(&report)
        calibration(answers, &report)
        if let page { try report.rewrite(page) }
        if let picture, !answers.isEmpty { try CalibrationPicture.svg(answers).write(to: picture, atomically: true, encoding: .utf8) }
    }

    static func folders(_ root: URL) -> [URL] {
        ((try? FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: [.isDirectoryKey])) ?? [])
            .filter { (try? $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
    static func isThere(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.plainPath) }
    static let now = Instant(ms: 1_795_000_000_000)

    // MARK: - Templates

    private static func templates(_ root: URL, _ report: inout AccuracyReport) throws {
        let systems = folders(root).filter { isThere($0.appending(path: "truth.csv")) }
        if systems.isEmpty { return report.add("Log templates: skipped, no `logs/<system>/truth.csv` is there.") }
        var table = FigureTable(title: "Log templates", head: ["set", "lines", "GA", "FGA", "PA", "FTA", "GA raw", "FGA raw", "s"])
        var sums = [Double](repeating: 0, count: 6)
        for system in systems {
            let truth = RowText.records(try String(contentsOf: system.appending(path: "truth.csv"), encoding: .utf8)).map {
                TemplateAccuracy.Line(id: $0["event_id"] ?? "", text: $0["template"] ?? "")
            }
            let from = Date()
            let content = try score(system.appending(path: "content.log"), truth)
            let raw = try score(system.appending(path: "raw.log"), truth)
            let figures = [content.grouping, content.groupF1, content.parsing, content.textF1, raw.grouping, raw.groupF1]
            for (index, figure) in figures.enumerated() { sums[index] += figure / Double(systems.count) }
            table.rows.append(
                ["`\(system.lastPathComponent)`", "\(truth.count)"] + figures.map(share) + [twoDigits(Date().timeIntervalSince(from))])
        }
        table.rows.append(["mean", ""] + sums.map(share) + [""])
        report.add(table)
    }

    private static func score(_ file: URL, _ truth: [TemplateAccuracy.Line]) throws -> TemplateAccuracy {
        guard isThere(file) else { return TemplateAccuracy(truth: truth, predicted: []) }
        let lines = try LogTemplateListing.lines(file.plainPath, now: now).map { TemplateAccuracy.Line(id: String($0.id), text: $0.text) }
        return TemplateAccuracy(truth: truth, predicted: lines)
    }

    // MARK: - Anomalies

    private static func anomalies(_ root: URL, _ report: inout AccuracyReport) throws {
        let file = root.appending(path: "windows.json")
        guard let data = try? Data(contentsOf: file), let all = try? JSONDecoder().decode([String: [[String]]].self, from: data) else {
            return report.add("Metric anomalies: skipped, no `metrics/windows.json` is there.")
        }
        var accuracy = AnomalyAccuracy()
        var rows = 0
        let from = Date()
        for name in all.keys.sorted() {
            let path = root.appending(path: name)
            let records = RowText.records(try String(contentsOf: path, encoding: .utf8))
            var first: [String: Int] = [:]
            for (row, record) in records.enumerated() {
                let time = stamp(record["timestamp"] ?? record["time"] ?? "")
                if first[time] == nil { first[time] = row }
            }
            let windows = (all[name] ?? []).compactMap { pair -> ClosedRange<Int>? in
                guard pair.count == 2, let from = first[stamp(pair[0])], let to = first[stamp(pair[1])], from <= to else { return nil }
                return from...to
            }
            accuracy.add(scores: try MetricAnomalyListing.scores(path.plainPath, now: now), windows: windows)
            rows += records.count
        }
        let seconds = Date().timeIntervalSince(from)
        var table = FigureTable(
            title: "Metric anomalies: \(all.count) series, \(rows) rows",
            head: ["profile", "best", "threshold", "found", "false rows", "at 0.5", "found", "false rows"])
        for profile in AnomalyAccuracy.profiles {
            let best = accuracy.best(profile)
            let fixed = accuracy.at(0.5, profile)
            table.rows.append([
                profile.name.replacing("_", with: " "), oneDigit(best.score), share(best.threshold), "\(best.windowsFound)",
                "\(best.falseRows)", oneDigit(fixed.score), "\(fixed.windowsFound)", "\(fixed.falseRows)",
            ])
        }
        report.add(table)
        report.add("\(thousands(Double(rows) / max(seconds, 1e-6))) rows a second, reading included.")
    }

    private static func stamp(_ text: String) -> String {
        let plain = text.trimmingCharacters(in: .whitespaces).replacing("T", with: " ")
        return String((plain.hasSuffix("Z") ? String(plain.dropLast()) : plain).split(separator: ".").first ?? "")
    }

    // MARK: - Calibration

    private static func calibration(_ answers: [String: [Calibration.Answer]], _ report: inout AccuracyReport) {
        if answers.isEmpty { return report.add("Calibration: skipped, there are no labelled cases.") }
        for kind in answers.keys.sorted() {
            let calibration = Calibration(answers[kind] ?? [])
            var table = FigureTable(
                title:
                    "Calibration of the first \(kind): expected error \(share(calibration.error)), Brier score \(share(calibration.brier))",
                head: ["score", "answers", "mean score", "share right"])
            for bin in calibration.bins {
                table.rows.append(["\(twoDigits(bin.from))–\(twoDigits(bin.to))", "\(bin.count)", share(bin.mean), share(bin.share)])
            }
            report.add(table)
        }
    }
}
