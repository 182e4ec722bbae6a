import Foundation
import Model
import Store
import TestKit
import Testing

@testable import Pipeline

private let start = Instant(rfc3339: "2026-03-10T14:00:00Z") ?? Instant(ms: 0)
private func minute(_ minutes: Int64) -> Instant { start + minutes * .minuteMs }

/// A program that stands for a source which is down for a while, in the middle of an incident.
@Suite struct SourceGapTests {
    let folder: TemporaryFolder
    var workspace: Workspace { Workspace(root: folder.url) }

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(
            """
            sources:
              - {name: alerts, kind: alerts, path: alerts.jsonl}
              - {name: deploys, kind: exec, command: [cat, deploys.jsonl]}
            """, to: "caseboard.yaml")
        let alerts = ["Errors", "Latency"].map {
            #"{"time":"2026-03-10T14:05:00Z","title":"\#($0) of checkout","service":"checkout","severity":"critical"}"#
        }
        try folder.write(alerts.joined(separator: "\n") + "\n", to: "alerts.jsonl")
        try folder.write("", to: "deploys.jsonl")
    }
    private func run(at now: Instant) async throws {
        _ = try await CaseboardRun.run(in: workspace, steps: [.collect, .correlate, .render, .report], now: now, progress: .silent)
    }
    private func page() throws -> String {
        try String(contentsOf: workspace.site.appending(path: "investigations/1/index.html"), encoding: .utf8)
    }
    private func goDown() throws { try FileManager.default.removeItem(at: folder.url.appending(path: "deploys.jsonl")) }

    @Test func `what a source did not answer is told on the canvas of the incident that it touches`() async throws {
        try await run(at: minute(0))
        try goDown()
        try await run(at: minute(8))
        #expect(try page().contains("No answer from deploys between 14:00 and 14:08."))
        try await run(at: minute(20))
        #expect(try page().contains("No answer from deploys between 14:00 and 14:20."))
    }

    @Test func `while an incident is open, what was not answered after its last signal belongs to it`() async throws {
        try await run(at: minute(25))
        try goDown()
        try await run(at: minute(40))
        #expect(try page().contains("No answer from deploys between 14:25 and 14:40."))
    }

    @Test func `it stands in the API and among what the report does not know`() async throws {
        try await run(at: minute(0))
        try goDown()
        try await run(at: minute(20))
        let site = workspace.site
        let document = try String(contentsOf: site.appending(path: "api/v1/investigations/1.json"), encoding: .utf8)
        let gap = try #require(JSONValue(ownText: document)?["gaps"]?.arrayValue?.first)
        #expect(gap == ["origin": "deploys", "from": "2026-03-10T14:00:01Z", "to": "2026-03-10T14:20:00Z"])
        let report = try String(contentsOf: site.appending(path: "investigations/1/report.md"), encoding: .utf8)
        #expect(report.contains("no answer from deploys"))
    }

    @Test func `it is gone when the data came after all`() async throws {
        try await run(at: minute(0))
        try goDown()
        try await run(at: minute(20))
        try folder.write("", to: "deploys.jsonl")
        try await run(at: minute(30))
        #expect(try !page().contains("No answer from"))
    }

    @Test func `a source that was down at another time is no matter of the incident`() async throws {
        try await run(at: minute(30))
        try goDown()
        try await run(at: minute(200))
        try await run(at: minute(240))
        #expect(try !page().contains("No answer from"))
    }

    @Test func `while a source is left alone its gap grows`() async throws {
        try await run(at: minute(0))
        try goDown()
        for second in 0..<5 { try await run(at: minute(8) + Int64(second) * 1_000) }
        try await run(at: minute(9))  // within the breaker's minute
        #expect(try page().contains("No answer from deploys between 14:00 and 14:09."))
    }
}
