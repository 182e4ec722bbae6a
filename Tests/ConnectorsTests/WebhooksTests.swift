import Model
import Testing

@testable import Connectors

@Suite struct WebhooksTests {
    private let workspace: Workspace
    init() throws { workspace = try Workspace() }
    private static let alert =
        #"{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"Down","service":"cart"},"annotations":{},"startsAt":"2026-01-01T11:00:00Z"}]}"#

    private func collect() async throws -> Workspace.Run {
        try await workspace.collect(try workspace.connector("webhooks", ["path": "spool"]))
    }

    @Test func `each file of the spool is read once, whatever it is called`() async throws {
        try workspace.write(Self.alert, to: "spool/0000000001")
        #expect(try await collect().reading.events.map(\.type) == [.alert])
        try workspace.write(Self.alert, to: "spool/0000000002")
        #expect(try await collect().reading.events.isEmpty)
    }

    private func readings(knowing digests: [ObjectDigest]) async throws -> Reading {
        let access = SourceAccess(now: workspace.now)
        access.remember(digests, of: "test")
        let connector = try workspace.connector("webhooks", ["path": "spool"])
        let page = try #require(try await connector.fetch(after: [:], through: access))
        return connector.read(page, origin: "test").reading
    }

    @Test func `an alert that the run has stored is passed over`() async throws {
        try workspace.write(Self.alert, to: "spool/1")
        let first = try await readings(knowing: [])
        #expect(first.events.count == 1)
        #expect(try await readings(knowing: first.objects).events.isEmpty)
    }

    @Test func `a run remembers so many objects and then begins anew`() {
        let access = SourceAccess(now: workspace.now)
        func digests(_ numbers: Range<Int>) -> [ObjectDigest] { numbers.map { ObjectDigest(first: UInt64($0), second: 0) } }
        access.remember(digests(0..<Limits.knownObjects), of: "test")
        #expect(access.memory(of: "test").with { $0.known.count } == Limits.knownObjects)
        access.remember(digests(Limits.knownObjects..<Limits.knownObjects + 1), of: "test")
        #expect(access.memory(of: "test").with { $0.known.count } == 1)
    }

    @Test func `a file that is still written waits`() async throws {
        workspace.now = Workspace.noon + 5_000
        try workspace.write(String(Self.alert.dropLast(20)), to: "spool/1")
        let run = try await collect()
        #expect(run.pages.isEmpty && workspace.cursors.isEmpty)
        try workspace.write(Self.alert, to: "spool/1", at: Workspace.noon + 1_000)
        #expect(try await collect().reading.events.count == 1)
    }

    @Test func `one that stays broken is a dead letter, and those beside it are read`() async throws {
        try workspace.write(String(Self.alert.dropLast(20)), to: "spool/1")
        try workspace.write(Self.alert, to: "spool/2")
        let run = try await collect()
        #expect(run.deadLetters.count == 1)
        #expect(run.deadLetters.first?.place.hasPrefix("spool/1") == true)
        #expect(run.reading.events.count == 1)
    }
}
