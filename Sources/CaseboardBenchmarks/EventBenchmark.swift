import Foundation
import Model
import Store

/// Events into the store beside a plain C loop into the same table with the same indexes.
enum EventBenchmark {
    static let rows = 300_000

    static func run() throws {
        let folder = try benchFolder("events")
        var ratios: [Double] = []
        let events = (0..<rows).map { index in
            Event(
                source: .alerts, type: .alert, subject: "alert-\(index)", at: Instant(ms: 1_700_000_000_000 + Int64(index) * 37),
                severity: .high,
                title: "PaymentsErrorRateHigh fires for payments \(index)", body: "payments fails 40 % of requests", service: "payments",
                attributes: ["status": "firing", "strength": 0.8], origin: "alerts", sourceID: "alert-\(index)")
        }
        for round in 1...3 {
            let store = try CaseStore.open(path: folder.appending(path: "ours-\(round).db").path(percentEncoded: false))
            let before = cpuSeconds()
            try store.transaction { _ = try store.append(events) }
            let ours = Double(rows) / (cpuSeconds() - before)
            guard let plain = peer(Peers.insert, [folder.appending(path: "plain-\(round).db").path(percentEncoded: false), "\(rows)"]),
                plain.count == 2
            else {
                print("events: \(thousands(ours)) a CPU-second; \(Peers.missing)")
                return
            }
            let theirs = plain[0] / plain[1]
            ratios.append(ours / theirs)
            print(
                "events round \(round): ours \(thousands(ours)), plain C loop \(thousands(theirs)) a CPU-second; ratio \(twoDigits(ours / theirs))"
            )
        }
        print("events: median ratio \(twoDigits(ratios.sorted()[ratios.count / 2]))")
    }
}
