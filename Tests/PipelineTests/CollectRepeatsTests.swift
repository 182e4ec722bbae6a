import Foundation
import Model
import Store
import TestKit
import Testing

@testable import Pipeline

/// A spool in which one alert is told a thousand times, which is a page, and then once more.
@Suite struct CollectRepeatsTests {
    private static let now = Instant(ms: 1_767_268_800_000)
    private let folder: TemporaryFolder
    private let context: RunContext

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("sources:\n  - name: hooks\n    kind: webhooks\n    path: spool\n", to: "caseboard.yaml")
        let workspace = Workspace(root: folder.url)
        context = try RunContext(
            workspace: workspace, configuration: try ConfigurationReader.read(workspace.configuration), now: Self.now,
            progress: ProgressLine(isShown: false, isVerbose: false), isDryRun: false, since: nil)
    }

    private func payload(_ number: Int, status: String = "firing", summary: String, other: String = "") -> String {
        #"{"version":"4","groupKey":"\#(number)","alerts":[\#(other){"status":"\#(status)","labels":{"alertname":"Down","service":"cart"},"annotations":{"summary":"\#(summary)"},"startsAt":"2026-01-01T11:00:00Z","endsAt":"2026-01-01T11:30:00Z"}]}"#
    }
    private func collect(summary: String = "it is down", last: String) async throws -> RunSummary.Collected {
        for number in 0..<1_000 { try folder.write(payload(number, summary: summary), to: "spool/\(1_000 + number)") }
        try folder.write(last, to: "spool/9999")
        return try await Collect(context).run()
    }
    private func live() throws -> [Event] {
        try context.store.events(in: (Self.now - .dayMs)...Self.now, roles: [.signal])
    }

    @Test func `an alert told again is one event`() async throws {
        #expect(try await collect(last: payload(1_000, summary: "it is down")).events == 1)
        #expect(try live().count == 1)
    }

    @Test func `its end wins though it is told last`() async throws {
        #expect(try await collect(last: payload(1_000, status: "resolved", summary: "it is down")).events == 2)
        #expect(try live().map { $0.text(EventAttribute.status) } == ["resolved"])
    }

    @Test func `a secret in it is taken out and counted each time that it is read`() async throws {
        let summary = "password=hunter2hunter2 is wrong"
        let collected = try await collect(summary: summary, last: payload(1_000, summary: summary))
        #expect(collected.redactions.values.reduce(0, +) == 1_000)
        #expect(try live().map { $0.title.contains("hunter2") } == [false])
    }

    @Test func `what is wrong beside it is a dead letter`() async throws {
        let last = payload(1_000, summary: "it is down", other: #"{"labels":{},"startsAt":"soon"},"#)
        #expect(try await collect(last: last).deadLetters == 1)
    }
}
