import Foundation
import Model
import Signals

/// A score for each point of metric series of a day, a point a minute, beside numpy's rolling z-score: row by row, as a stream
/// would be watched, and all windows of a series at once.
enum AnomalyBenchmark {
    static let series = 400
    static let points = 1_440

    static func run() {
        var chance = SplitMix64(seed: 7)
        let tracks = (0..<series).map { number in
            MetricTrack(
                key: MetricKey(service: "s\(number)", metric: "latency"), kind: .gauge,
                points: (0..<points).map { row in
                    MetricPoint(
                        timeMs: 1_773_100_800_000 + Int64(row) * .minuteMs,
                        value: sin(Double(row) / 229) * 10 + chance.gauss() + (row == 900 ? 30 : 0))
                })
        }
        var (ours, block, row): ([Double], [Double], [Double]) = ([], [], [])
        var notable = 0
        for _ in 0..<repetitions {
            let before = cpuSeconds()
            notable = tracks.reduce(0) { $0 + MetricAnomalies.scores($1).count { $0.score >= 0.75 } }
            ours.append(Double(series) / (cpuSeconds() - before))
            if let said = peer(Peers.python, ["Benchmarks/peers/anomaly_peer.py", "\(series)", "block"]), said.count == 3 {
                block.append(said[0] / said[1])
            }
            if let said = peer(Peers.python, ["Benchmarks/peers/anomaly_peer.py", "20", "row"]), said.count == 3 {
                row.append(said[0] / said[1])
            }
        }
        print("anomalies: \(thousands(median(ours))) series of \(points) points per CPU-second, \(notable) anomalies in \(series) series")
        guard !block.isEmpty, !row.isEmpty else { return print("anomalies: \(Peers.missing)") }
        print("anomalies: numpy's rolling z-score row by row \(thousands(median(row))); ratio \(twoDigits(median(ours) / median(row)))")
        print(
            "anomalies: numpy's rolling z-score, a series at once \(thousands(median(block))); ratio \(twoDigits(median(ours) / median(block)))"
        )
    }
}
