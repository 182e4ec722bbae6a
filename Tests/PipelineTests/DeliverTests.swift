import Foundation
import Model
import Store
import TestKit
import Testing

@testable import Pipeline

/// The step that sends the digest, by itself.
@Suite struct DeliverTests {
    private static let now = Instant(ms: 1_773_154_800_000)
    private let folder: TemporaryFolder
    private var workspace: Workspace { Workspace(root: folder.url) }

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(at: folder.url.appending(path: "var"), withIntermediateDirectories: true)
        try store().enqueue(channel: "oncall", dedupKey: "1", payload: [:], at: Self.now)
    }
    private func store() throws -> CaseStore { try CaseStore.open(path: workspace.database.plainPath) }

    @Test func `a mistake in a delivery is named, and what waits is left waiting`() async throws {
        try folder.write("delivery: [{name: oncall, kind: folder, to: ann@example.org, pth: x}]\n", to: "caseboard.yaml")
        do {
            _ = try await CaseboardRun.run(in: workspace, steps: [.deliver], now: Self.now, progress: .silent)
            Issue.record("it delivered")
        } catch PipelineError.configuration(let diagnostics) {
            #expect(diagnostics.map(\.message) == ["`folder` has no setting `pth`"])
        }
        #expect(try store().outboxCounts() == (waiting: 1, dead: 0, sent: 0))
    }
}
