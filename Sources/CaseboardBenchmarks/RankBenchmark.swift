import Correlation
import Foundation
import Model
import Signals

/// The causes of a case of 49 metrics (seven services, five minutes before the fault, two behind it), beside BARO: given the time
/// of the fault, and finding it.
enum RankBenchmark {
    static let cases = 200
    private static let kinds = ["cpu", "mem", "latency", "error", "disk", "io", "load"]
    private static let startMs: Int64 = 1_773_144_000_000
    private static let faultSecond = 300
    private static let seconds = 420

    static func run() throws {
        let folder = try benchFolder("rank")
        let tracks = makeCase()
        let table = folder.appending(path: "case.csv")
        try csv(tracks).write(to: table, atomically: true, encoding: .utf8)
        var map = ServiceMap()
        for track in tracks { map.add(service: track.key.service) }
        let window = Instant(ms: startMs)...Instant(ms: startMs + Int64(seconds) * 1_000)
        let telemetry = CaseTelemetry(tracks: tracks, map: map, window: window)
        let signals = anomalies(tracks)
        let fault = Instant(ms: startMs + Int64(faultSecond) * 1_000)

        var (given, found, baroGiven, baroFound): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        var (first, blind, baroRank) = ("", "", 0.0)
        for _ in 0..<repetitions {
            var before = cpuSeconds()
            for _ in 0..<cases { first = rank(telemetry, signals, hint: fault) }
            given.append((cpuSeconds() - before) / Double(cases))
            before = cpuSeconds()
            for _ in 0..<cases / 4 { blind = rank(telemetry, anomalies(tracks), hint: nil) }
            found.append((cpuSeconds() - before) / Double(cases / 4))
            let arguments = [
                "Benchmarks/peers/rank_peer.py", table.path(percentEncoded: false), "\(fault.ms / 1_000)", "svc3_cpu", "20",
            ]
            if let said = peer(Peers.python, arguments), said.count == 4 {
                baroGiven.append(said[1])
                baroFound.append(said[2])
                baroRank = said[3]
            }
        }
        print(
            "rank: \(milliseconds(median(given))) CPU-ms a case of \(tracks.count) metrics given the time of the fault, first \(first); \(milliseconds(median(found))) with finding it, first \(blind)"
        )
        guard !baroGiven.isEmpty else { return print("rank: \(Peers.missing)") }
        print(
            "rank: BARO given the time \(milliseconds(median(baroGiven))), the metric at fault on place \(Int(baroRank)); ratio \(twoDigits(median(baroGiven) / median(given)))"
        )
        print(
            "rank: BARO with its change point detection \(milliseconds(median(baroFound))); ratio \(twoDigits(median(baroFound) / median(found)))"
        )
    }

    private static func milliseconds(_ seconds: Double) -> String { twoDigits(seconds * 1_000) }

    private static func anomalies(_ tracks: [MetricTrack]) -> [Event] {
        let onsets = startMs..<startMs + Int64(seconds) * 1_000
        return tracks.flatMap { MetricAnomalies.derive($0, onsets: onsets, origin: "metrics") { _ in [] } }
            .sorted { ($0.occurredAt.ms, $0.id) < ($1.occurredAt.ms, $1.id) }
    }

    /// The first cause.
    private static func rank(_ telemetry: CaseTelemetry, _ signals: [Event], hint: Instant?) -> String {
        var window = CorrelationWindow(
            events: signals, map: telemetry.map, now: telemetry.window.upperBound, rules: CorrelationRules(), isSingleIncident: true,
            startHint: hint)
        window.readings[""] = CauseReadings.read(telemetry, hint: hint)
        for case .open(let made, _) in Correlator.decide(window) { return made.investigation.hypotheses.first?.service ?? "none" }
        return "none"
    }

    /// The CPU of one service rises thirtyfold its noise; ten seconds later latencies follow.
    private static func makeCase() -> [MetricTrack] {
        var chance = SplitMix64(seed: 3)
        return (0..<7).flatMap { service in
            kinds.map { kind in
                let points = (0..<seconds).map { second in
                    var value = 10 + 2 * sin(Double(second) / 50) + chance.gauss()
                    if second >= faultSecond, service == 3, kind == "cpu" { value += 30 }
                    if second >= faultSecond + 10, kind == "latency" { value += 5 + 2 * chance.gauss() }
                    return MetricPoint(timeMs: startMs + Int64(second) * 1_000, value: value)
                }
                return MetricTrack(key: MetricKey(service: "svc\(service)", metric: kind), kind: .gauge, points: points)
            }
        }
    }

    private static func csv(_ tracks: [MetricTrack]) -> String {
        var out = "time," + tracks.map { "\($0.key.service)_\($0.key.metric)" }.joined(separator: ",") + "\n"
        for second in 0..<seconds {
            out += "\(startMs / 1_000 + Int64(second))," + tracks.map { "\($0.points[second].value)" }.joined(separator: ",") + "\n"
        }
        return out
    }
}
