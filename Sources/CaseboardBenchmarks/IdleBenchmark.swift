import Foundation
import Model
import Pipeline
import Store

/// A run with nothing new on a store of 100 000 events and 1 000 investigations.
enum IdleBenchmark {
    static func run() async throws {
        let folder = try benchFolder("idle")
        try "title: Idle\nsources: []\ndelivery:\n  - kind: folder\n    to: [oncall@example.org]\n".write(
            to: folder.appending(path: "caseboard.yaml"), atomically: true, encoding: .utf8)
        let workspace = Workspace(root: folder)
        let now = Instant(rfc3339: "2026-03-10T15:20:00Z") ?? Instant(ms: 0)
        try fill(workspace, now: now)
        _ = try await CaseboardRun.run(in: workspace, steps: Step.allCases, now: now, progress: .silent)
        var figures: [Double] = []
        for _ in 1...5 {
            let before = cpuSeconds()
            let answer = try await CaseboardRun.run(in: workspace, steps: Step.allCases, now: now, progress: .silent)
            figures.append(cpuSeconds() - before)
            precondition(answer.json["news"] == .bool(false), "an idle run must have no news")
        }
        let store = try CaseStore.open(path: workspace.database.path(percentEncoded: false), readOnly: true)
        print(
            "idle: \(try store.eventCount()) events, \(try store.caseStamps().count) investigations: \(twoDigits(figures.sorted()[2])) CPU-seconds a run (median of 5, in one process)"
        )
    }

    /// A thousand incidents of a hundred events, two hours apart.
    private static func fill(_ workspace: Workspace, now: Instant) throws {
        try FileManager.default.createDirectory(at: workspace.database.deletingLastPathComponent(), withIntermediateDirectories: true)
        let store = try CaseStore.open(path: workspace.database.path(percentEncoded: false))
        for incident in 0..<1_000 {
            let start = now - Int64(incident + 2) * 4 * .hourMs
            let service = "svc-\(incident % 40)"
            let events = (0..<100).map { index in
                Event(
                    source: .alerts, type: .alert, subject: "\(incident)-\(index)", at: start + Int64(index) * 20_000, severity: .high,
                    title: "\(service) fails: part \(index) of incident \(incident)", service: service, host: "host-\(incident)",
                    attributes: ["strength": 0.8, "alertname": .string("A\(incident)")], origin: "alerts", traceID: "trace-\(incident)")
            }
            try store.transaction { _ = try store.append(events) }
        }
    }
}
