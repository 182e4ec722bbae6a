import Foundation
import Model
import Pipeline

/// One million lines of syslog, of JSON lines and of JSON lines with trace ids, from the file into the store, beside Drain3 with
/// three masks.
enum IngestBenchmark {
    static let lines = 1_000_000
    static let peerLines = 60_000

    static func run() async throws {
        for kind in ["syslog", "jsonl", "traced.jsonl"] {
            let folder = try benchFolder("ingest-\(kind)")
            let log = folder.appending(path: "big.\(kind)")
            try generate(kind, lines: lines, to: log)
            var ours: [Double] = []
            var theirs: [Double] = []
            var read: Int64 = 0
            for round in 0..<repetitions {
                let before = cpuSeconds()
                read = try await ingest(log, in: folder.appending(path: "\(round)"))
                ours.append(Double(lines) / (cpuSeconds() - before))
                let drain = peer(
                    Peers.python,
                    ["Benchmarks/peers/drain3_peer.py", log.path(percentEncoded: false), "\(peerLines)", kind == "syslog" ? kind : "jsonl"])
                if let drain, drain.count == 2 { theirs.append(drain[0] / drain[1]) }
            }
            print(
                "ingest \(kind): \(read) records, \(thousands(median(ours))) lines per CPU-second into the store, peak \(peakMegabytes()) MB"
            )
            if theirs.isEmpty {
                print("ingest \(kind): \(Peers.missing)")
            } else {
                print("ingest \(kind): Drain3 with 3 masks \(thousands(median(theirs))); ratio \(twoDigits(median(ours) / median(theirs)))")
            }
        }
    }

    /// Collects a log into a workspace of its own; how many records there were.
    static func ingest(_ log: URL, in root: URL) async throws -> Int64 {
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        try "sources:\n  - name: big\n    kind: logs\n    path: \(log.path(percentEncoded: false))\n".write(
            to: root.appending(path: "caseboard.yaml"), atomically: true, encoding: .utf8)
        let now = Instant(rfc3339: "2026-03-10T15:20:00Z") ?? Instant(ms: 0)
        let answer = try await CaseboardRun.run(in: Workspace(root: root), steps: [.collect], now: now, progress: .silent)
        return answer.json["read"]?["log_records"]?.intValue ?? 0
    }

    /// Forty statements of eight services over two hours, with numbers, ids, addresses and durations in them.
    static func generate(_ kind: String, lines: Int, to url: URL) throws {
        var chance = SplitMix64(seed: 7)
        let start = Instant(rfc3339: "2026-03-10T12:00:00Z") ?? Instant(ms: 0)
        var out: [UInt8] = []
        guard FileManager.default.createFile(atPath: url.path(percentEncoded: false), contents: nil) else {
            throw CocoaError(.fileWriteUnknown)
        }
        let file = try FileHandle(forWritingTo: url)
        let verbs = ["accepted", "closed", "reused", "rejected", "timed out"]
        let nouns = ["connection", "request", "transaction", "lease", "upload", "session", "message", "snapshot"]
        for index in 0..<lines {
            let at = start + Int64(index) * 7
            let verb = verbs[chance.below(verbs.count)]
            let noun = nouns[chance.below(nouns.count)]
            let message =
                "\(noun) \(verb) from 10.0.\(chance.below(250)).\(chance.below(250)):\(1_024 + chance.below(60_000)) id=\(chance.hex(12)) after \(chance.below(900)) ms, \(chance.below(64)) left"
            let line: String
            if kind == "syslog" {
                let c = at.civil
                line =
                    "<\(128 + (index % 50 == 0 ? 3 : 6))>\(c.monthName) \(c.day) \(at.clock) host-\(chance.below(9)) svc-\(noun)[\(400 + chance.below(20))]: \(message)\n"
            } else {
                // Requests of five lines each.
                var ids = SplitMix64(seed: UInt64(index / 5))
                let trace = kind == "jsonl" ? "" : "\"trace_id\":\"\(ids.hex(32))\","
                line =
                    "{\"time\":\"\(at.rfc3339)\",\(trace)\"level\":\"\(index % 50 == 0 ? "error" : "info")\",\"service\":\"svc-\(noun)\",\"host\":\"host-\(chance.below(9))\",\"message\":\"\(message)\"}\n"
            }
            out.append(contentsOf: line.utf8)
            if out.count > 4 << 20 {
                try file.write(contentsOf: out)
                out.removeAll(keepingCapacity: true)
            }
        }
        try file.write(contentsOf: out)
        try file.close()
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_773_155_000)], ofItemAtPath: url.path(percentEncoded: false))
    }
}
