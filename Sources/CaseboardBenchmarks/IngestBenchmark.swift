import Foundation
import Model
import Pipeline

/// One million lines of syslog and of JSON lines, from the file into the store, beside Drain3 with three masks.
enum IngestBenchmark {
    static let lines = 1_000_000
    static let peerLines = 60_000

    static func run() async throws {
        for kind in ["syslog", "jsonl"] {
            let folder = try benchFolder("ingest-\(kind)")
            let log = folder.appending(path: "big.\(kind)")
            try generate(kind, to: log)
            try "sources:\n  - name: big\n    kind: logs\n    path: big.\(kind)\n".write(
                to: folder.appending(path: "caseboard.yaml"), atomically: true, encoding: .utf8)
            let now = Instant(rfc3339: "2026-03-10T15:20:00Z") ?? Instant(ms: 0)
            let before = cpuSeconds()
            let answer = try await CaseboardRun.run(in: Workspace(root: folder), steps: [.collect], now: now, progress: .silent)
            let ours = Double(lines) / (cpuSeconds() - before)
            let read = answer.json["read"]?["log_records"]?.intValue ?? 0
            print("ingest \(kind): \(read) records, \(thousands(ours)) lines per CPU-second into the store, peak \(peakMegabytes()) MB")
            if let drain = peer(Peers.python, ["Benchmarks/peers/drain3_peer.py", log.path(percentEncoded: false), "\(peerLines)", kind]),
                drain.count == 2
            {
                let theirs = drain[0] / drain[1]
                print("ingest \(kind): Drain3 with 3 masks \(thousands(theirs)); ratio \(twoDigits(ours / theirs))")
            } else {
                print("ingest \(kind): \(Peers.missing)")
            }
        }
    }

    /// Forty statements of eight services over two hours, with numbers, ids, addresses and durations in them.
    private static func generate(_ kind: String, to url: URL) throws {
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
                line =
                    "{\"time\":\"\(at.rfc3339)\",\"level\":\"\(index % 50 == 0 ? "error" : "info")\",\"service\":\"svc-\(noun)\",\"host\":\"host-\(chance.below(9))\",\"message\":\"\(message)\"}\n"
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
            [.modificationDate: Date(timeIntervalSince1970: 1_773_000_000)], ofItemAtPath: url.path(percentEncoded: false))
    }
}
