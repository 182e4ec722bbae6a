import Foundation
import Model
import Signals

/// The templates of log messages in memory, beside Drain3 with three masks and a C loop that tokenises, masks and hashes: no
/// miner can do less than that.
enum TemplateBenchmark {
    static let lines = 500_000

    static func run() throws {
        let folder = try benchFolder("templates")
        let log = folder.appending(path: "log.txt")
        let messages = folder.appending(path: "messages.txt")
        try IngestBenchmark.generate("syslog", lines: lines, to: log)
        try stripped([UInt8](Data(contentsOf: log))).write(to: messages)
        let bytes = [UInt8](try Data(contentsOf: messages))
        var (ours, drain, plain): ([Double], [Double], [Double]) = ([], [], [])
        var found = 0
        for _ in 0..<repetitions {
            let before = cpuSeconds()
            found = templates(of: bytes)
            ours.append(Double(lines) / (cpuSeconds() - before))
            let path = messages.path(percentEncoded: false)
            if let said = peer(Peers.python, ["Benchmarks/peers/drain3_peer.py", path, "\(IngestBenchmark.peerLines)", "text"]),
                said.count == 2
            {
                drain.append(said[0] / said[1])
            }
            if let said = peer(Peers.templates, [path]), said.count == 3 { plain.append(said[0] / said[1]) }
        }
        print("templates: \(thousands(median(ours))) messages per CPU-second, \(found) templates")
        guard !drain.isEmpty, !plain.isEmpty else { return print("templates: \(Peers.missing)") }
        print("templates: Drain3 with 3 masks \(thousands(median(drain))); ratio \(twoDigits(median(ours) / median(drain)))")
        print(
            "templates: C loop that tokenises, masks and hashes \(thousands(median(plain))); it is \(twoDigits(median(plain) / median(ours))) times as fast"
        )
    }

    private static func templates(of bytes: [UInt8]) -> Int {
        var miner = LogTemplateMiner(redact: { RedactedText(text: $0) })
        bytes.withUnsafeBufferPointer { buffer in
            var start = 0
            while start < buffer.count {
                let end = buffer[start...].firstIndex(of: 10) ?? buffer.count
                _ = miner.leaf(of: buffer, start, end)
                start = end + 1
            }
        }
        return miner.templates().count
    }

    /// The messages alone: what stands behind `program[pid]: `.
    private static func stripped(_ log: [UInt8]) -> Data {
        var out = Data(capacity: log.count)
        for line in log.split(separator: 10) {
            if let colon = line.firstRange(of: Array("]: ".utf8)) { out.append(contentsOf: line[colon.upperBound...]) }
            out.append(10)
        }
        return out
    }
}
