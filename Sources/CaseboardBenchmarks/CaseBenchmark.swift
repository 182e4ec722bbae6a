import Foundation
import LabelledCases
import Model
import Pipeline

/// A labelled case of our own making from its files to its page: parse, detect, rank, render. One case of each family of faults.
enum CaseBenchmark {
    static func run() async throws {
        let folder = try benchFolder("cases")
        try await GenerateCases.run([folder.path(percentEncoded: false), "--count", "1"])
        var seconds: [(family: String, cpu: Double, bytes: Int)] = []
        for family in FaultFamily.allCases {
            let set = folder.appending(path: family.rawValue)
            guard let made = AccuracyBenchmark.folders(set).first else { continue }
            var figures: [Double] = []
            for _ in 0..<repetitions {
                figures.append(try await investigate(made.appending(path: "bundle"), to: folder.appending(path: "out")))
            }
            seconds.append((family.rawValue, median(figures), bytes(below: made)))
        }
        guard let worst = seconds.max(by: { $0.cpu < $1.cpu }) else { return }
        let middle = median(seconds.map(\.cpu))
        print(
            "case: \(twoDigits(middle)) CPU-seconds from files to page, at most \(twoDigits(worst.cpu)) (\(worst.family), \(worst.bytes >> 10) KB); peak \(peakMegabytes()) MB"
        )
    }

    /// Of a folder of cases, `DIR/<case>/bundle`: as `run`, for cases made elsewhere.
    static func run(_ root: URL) async throws {
        let out = try benchFolder("cases").appending(path: "out")
        var figures: [Double] = []
        for made in AccuracyBenchmark.folders(root) where AccuracyBenchmark.isThere(made.appending(path: "bundle")) {
            figures.append(try await investigate(made.appending(path: "bundle"), to: out))
        }
        print(
            "case: \(figures.count) cases, median \(twoDigits(median(figures))) CPU-seconds, at most \(twoDigits(figures.max() ?? 0)); peak \(peakMegabytes()) MB"
        )
    }

    private static func investigate(_ bundle: URL, to out: URL) async throws -> Double {
        try? FileManager.default.removeItem(at: out)
        let before = cpuSeconds()
        _ = try await BundleInvestigation.run(
            folder: bundle, out: out, now: AccuracyBenchmark.now, ignoresHints: false, progress: .silent)
        return cpuSeconds() - before
    }

    private static func bytes(below folder: URL) -> Int {
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        return (files?.compactMap { try? ($0 as? URL)?.resourceValues(forKeys: [.fileSizeKey]).fileSize } ?? []).reduce(0, +)
    }
}
