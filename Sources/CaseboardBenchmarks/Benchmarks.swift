import Foundation
import Model

/// `caseboard` beside its peers, in one run, as ratios. Absolute figures on a shared machine prove nothing.
@main
struct Benchmarks {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "memory-of" where arguments.count == 3: try await MemoryBenchmark.run(arguments[1], lines: Int(arguments[2]) ?? 0)
        case "case" where arguments.count == 2: try await CaseBenchmark.run(URL(filePath: arguments[1]))
        case "publish-of" where arguments.count == 2: try await SiteBenchmark.publish(URL(filePath: arguments[1]))
        case "all": for benchmark in all { try await benchmark.run() }
        case let name where arguments.count == 1 && all.contains { $0.name == name }:
            for benchmark in all where benchmark.name == name { try await benchmark.run() }
        case "conformance" where arguments.count == 2: try Conformance.run(URL(filePath: arguments[1]))
        case "accuracy" where arguments.count == 2 || arguments.count == 4:
            try await AccuracyBenchmark.run(
                URL(filePath: arguments[1]), page: arguments.count == 4 ? URL(filePath: arguments[2]) : nil,
                picture: arguments.count == 4 ? URL(filePath: arguments[3]) : nil)
        case "generate-cases" where arguments.count >= 2: try await GenerateCases.run(Array(arguments.dropFirst()))
        default:
            print(
                """
                usage: CaseboardBenchmarks all|\(all.map(\.name).joined(separator: "|"))
                       CaseboardBenchmarks case DIR
                       CaseboardBenchmarks conformance DIR
                       CaseboardBenchmarks accuracy DIR [PAGE PICTURE]
                       CaseboardBenchmarks generate-cases DIR [--seed N] [--count N]
                """)
            exit(64)
        }
    }

    /// What `all` runs, in this order.
    private static let all: [(name: String, run: @Sendable () async throws -> Void)] = [
        ("ingest", { try await IngestBenchmark.run() }), ("templates", { try TemplateBenchmark.run() }),
        ("anomalies", { AnomalyBenchmark.run() }), ("traces", { try TraceBenchmark.run() }), ("reports", { try ReportBenchmark.run() }),
        ("rank", { try RankBenchmark.run() }), ("case", { try await CaseBenchmark.run() }), ("memory", { try MemoryBenchmark.run() }),
        ("events", { try EventBenchmark.run() }), ("alerts", { try await AlertBenchmark.run() }),
        ("fetch", { try await FetchBenchmark.run() }), ("pages", { try await PageBenchmark.run() }),
        ("idle", { try await IdleBenchmark.run() }),
        ("query", { try QueryBenchmark.run() }), ("searchindex", { try SearchBenchmark.run() }),
    ]
}

/// CPU seconds, user and system, of this process.
func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}

/// CPU seconds of finished child processes.
func childCPUSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}

/// The most memory this process had: `VmHWM` of proc(5). What getrusage(2) says includes the process that started this one.
func peakMegabytes() -> Int {
    let lines = ((try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? "").split(separator: "\n")
    let words = lines.first { $0.hasPrefix("VmHWM:") }?.split(whereSeparator: \.isWhitespace) ?? []
    return (words.count > 1 ? Int(words[1]) ?? 0 : 0) / 1_024
}

/// A peer's own account of itself: the numbers on the last line it prints. Nil when the peer is not there.
func peer(_ program: String, _ arguments: [String], environment: [String: String] = [:]) -> [Double]? {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0, let last = String(decoding: data, as: UTF8.self).split(separator: "\n").last else { return nil }
    return last.split(separator: " ").compactMap { Double($0) }
}

enum Peers {
    static let python = ".build/peers/venv/bin/python"
    static let hugo = ".build/peers/venv/bin/hugo"
    static let templates = ".build/peers/template_peer"
    static let pages = ".build/peers/page_peer"
    static let alertmanager = ".build/peers/debian/usr/bin/prometheus-alertmanager"
    static let insert = ".build/peers/insert_peer"
    static let missing = "peer not there: scripts/install-peers fetches it"
}

/// A folder for one benchmark, emptied first.
func benchFolder(_ name: String) throws -> URL {
    let url = URL(filePath: FileManager.default.currentDirectoryPath).appending(path: ".build/bench/\(name)")
    try? FileManager.default.removeItem(at: url)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
}

/// How often each side of a comparison runs, taking turns; the middle of the figures counts.
let repetitions = 3
func median(_ figures: [Double]) -> Double {
    let sorted = figures.sorted()
    return sorted.isEmpty ? 0 : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

func thousands(_ value: Double) -> String {
    value >= 1e6 ? "\((value / 1e4).rounded() / 100) M" : value >= 1e3 ? "\((value / 100).rounded() / 10) k" : "\(Int(value.rounded()))"
}
func twoDigits(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
