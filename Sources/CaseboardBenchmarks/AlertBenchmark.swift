import Foundation
import Model
import Pipeline

/// A million alerts as webhooks bring them, from the file into investigations, beside Alertmanager, which takes the same alerts over
/// loopback and groups them by service: ten thousand alerts, each sent again and again as Prometheus does while they fire; and alerts
/// that each come once.
enum AlertBenchmark {
    static let total = 1_000_000
    static let peerAlerts = 100_000
    private static let firing = 10_000
    private static let once = 50_000
    private static let perIncident = 20
    private static let perPayload = 100

    static func run() async throws {
        let folder = try benchFolder("alerts")
        let few = folder.appending(path: "few.jsonl")
        let repeated = folder.appending(path: "repeated.jsonl")
        let single = folder.appending(path: "single.jsonl")
        try write(firing, times: peerAlerts / firing, to: few)
        try write(firing, times: total / firing, to: repeated)
        try write(once, times: 1, to: single)
        _ = try await group(few, alerts: peerAlerts, in: folder.appending(path: "few"))
        let fewPeak = peakMegabytes()
        let (many, cases) = try await group(repeated, alerts: total, in: folder.appending(path: "repeated"))
        print(
            "alerts: \(total) of \(firing) that fire on: \(thousands(many)) per CPU-second into \(cases) investigations, peak \(peakMegabytes()) MB, of \(peerAlerts) \(fewPeak) MB"
        )
        let (new, newCases) = try await group(single, alerts: once, in: folder.appending(path: "single"))
        print("alerts: \(once) that come once: \(thousands(new)) per CPU-second into \(newCases) investigations")
        for (name, file, ours) in [("fire on", few, many), ("come once", single, new)] {
            let rates = (0..<repetitions).compactMap { _ in
                peer(Peers.python, ["Benchmarks/peers/alert_peer.py", file.path(percentEncoded: false), Peers.alertmanager])
            }.filter { $0.count == 2 }.map { $0[0] / $0[1] }
            guard !rates.isEmpty else { return print("alerts: peer not there: scripts/install-peers servers fetches it") }
            print("alerts: Alertmanager, those that \(name) \(thousands(median(rates))); ratio \(twoDigits(ours / median(rates)))")
        }
    }

    /// Alerts per CPU-second, and how many investigations they came to.
    private static func group(_ payloads: URL, alerts: Int, in root: URL) async throws -> (rate: Double, cases: Int64) {
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        try "sources:\n  - name: webhooks\n    kind: alerts\n    path: \(payloads.path(percentEncoded: false))\n".write(
            to: root.appending(path: "caseboard.yaml"), atomically: true, encoding: .utf8)
        let before = cpuSeconds()
        let answer = try await CaseboardRun.run(
            in: Workspace(root: root), steps: [.collect, .correlate], now: start + .dayMs, progress: .silent)
        return (Double(alerts) / (cpuSeconds() - before), Int64(answer.json["investigations"]?["opened"]?.arrayValue?.count ?? 0))
    }

    private static let start = Instant(rfc3339: "2026-03-10T00:00:00Z") ?? Instant(ms: 0)

    /// Incidents of forty services through a day, of twenty alerts each that begin within two and a half minutes.
    private static func write(_ count: Int, times: Int, to url: URL) throws {
        let names = ["HighLatency", "HighErrorRate", "PodRestarts", "QueueGrows", "DiskFills"]
        let between = 80_000_000 / Int64(count / perIncident)
        let payloads = stride(from: 0, to: count, by: perPayload).map { first -> [UInt8] in
            let alerts = (first..<first + perPayload).map { number -> JSONValue in
                let (incident, part) = number.quotientAndRemainder(dividingBy: perIncident)
                let service = "svc-\(incident % 40)"
                let at = start + Int64(incident) * between + Int64(part) * 7_000
                let labels: JSONValue = [
                    "alertname": .string(names[part % names.count]), "service": .string(service),
                    "severity": part % 2 == 0 ? "critical" : "warning", "instance": .string("10.0.\(incident % 250).\(part):9090"),
                    "job": .string(service), "cluster": "eu-1",
                ]
                let annotations: JSONValue = [
                    "summary": .string("\(service) is in trouble on instance \(part)"),
                    "description": .string("the value is 0.\(number) for more than five minutes"),
                ]
                return [
                    "status": "firing", "labels": labels, "annotations": annotations, "startsAt": .string(at.rfc3339),
                    "endsAt": "2099-01-01T00:00:00Z", "generatorURL": "http://prometheus.example.org/graph?g0.expr=up",
                ]
            }
            let payload: JSONValue = ["version": "4", "status": "firing", "receiver": "board", "alerts": .array(alerts)]
            return Array(payload.text.utf8) + [10]
        }
        guard FileManager.default.createFile(atPath: url.path(percentEncoded: false), contents: nil) else {
            throw CocoaError(.fileWriteUnknown)
        }
        let file = try FileHandle(forWritingTo: url)
        for _ in 0..<times { for payload in payloads { try file.write(contentsOf: payload) } }
        try file.close()
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(start.ms) / 1_000)], ofItemAtPath: url.path(percentEncoded: false))
    }
}
