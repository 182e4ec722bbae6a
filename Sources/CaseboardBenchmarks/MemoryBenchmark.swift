import Foundation

/// The peak of memory of a run over a log, and over one four times as long: each in a process of its own.
enum MemoryBenchmark {
    static let lines = 1_000_000

    static func run() throws {
        for kind in ["syslog", "jsonl", "traced.jsonl"] {
            let peaks = [1, 4].compactMap { times in
                peer(CommandLine.arguments[0], ["memory-of", kind, "\(lines * times)"])?.last
            }
            guard peaks.count == 2 else { return print("memory: the run did not end") }
            print(
                "memory \(kind): peak \(Int(peaks[0])) MB for \(thousands(Double(lines))) lines, \(Int(peaks[1])) MB for \(thousands(Double(4 * lines))); ratio \(twoDigits(peaks[1] / peaks[0]))"
            )
        }
    }

    /// One run; prints the peak in megabytes.
    static func run(_ kind: String, lines: Int) async throws {
        let folder = try benchFolder("memory")
        let log = folder.appending(path: "big.\(kind)")
        try IngestBenchmark.generate(kind, lines: lines, to: log)
        _ = try await IngestBenchmark.ingest(log, in: folder.appending(path: "run"))
        try FileManager.default.removeItem(at: folder)
        print(peakMegabytes())
    }
}
