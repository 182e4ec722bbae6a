import Model
import Store
import TestKit
import Testing

@testable import Connectors
@testable import Transport

private func alert(_ name: String, from start: String = "2026-01-01T11:00:00Z", silencedBy: String = "") -> String {
    #"{"labels":{"alertname":"\#(name)","service":"cart","severity":"critical"},"annotations":{"summary":"\#(name) fires"},"startsAt":"\#(start)","endsAt":"2026-01-01T12:04:00Z","status":{"state":"active","silencedBy":[\#(silencedBy)],"inhibitedBy":[]},"fingerprint":"f"}"#
}

@Suite struct AlertmanagerConnectorTests {
    private let workspace: Workspace
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func collect(_ server: FakeServer, _ more: [String: JSONValue] = [:]) async throws -> Workspace.Run {
        let connector = try workspace.connector("alertmanager", ["url": "https://x.example"].merging(more) { $1 })
        return try await workspace.collect(connector, network: server.access())
    }

    @Test func `what fires is an alert without an end`() async throws {
        let event = try #require(try await collect(FakeServer("[\(alert("Down"))]")).reading.events.first)
        #expect(event.title == "Down fires")
        #expect(event.severity == .critical)
        #expect(event.attributes[EventAttribute.status] == "firing")
        #expect(event.attributes[EventAttribute.endedAt] == nil)
    }

    @Test func `what is no longer listed has ended when it was last seen`() async throws {
        let first = try await collect(FakeServer("[\(alert("Down")),\(alert("Slow"))]")).reading.events
        workspace.now = Workspace.noon + 5 * .minuteMs
        let second = try await collect(FakeServer("[\(alert("Slow"))]")).reading.events
        let ended = try #require(second.first { $0.title == "Down fires" })
        #expect(ended.attributes[EventAttribute.endedAt] == .int(Workspace.noon.ms))
        #expect(ended.fingerprint == first.first { $0.title == "Down fires" }?.fingerprint)
        workspace.now = Workspace.noon + 10 * .minuteMs
        #expect(try await collect(FakeServer("[\(alert("Slow"))]")).reading.events.map(\.title) == ["Slow fires"])
    }

    @Test func `one that fires again is another`() async throws {
        let first = try await collect(FakeServer("[\(alert("Down"))]")).reading.events
        workspace.now = Workspace.noon + 5 * .minuteMs
        let second = try await collect(FakeServer("[\(alert("Down", from: "2026-01-01T12:01:00Z"))]")).reading.events
        #expect(second.count == 2)
        #expect(Set(second.map(\.fingerprint)).intersection(first.map(\.fingerprint)).count == 1)
    }

    @Test func `what a person silenced is mild and says who and why`() async throws {
        let server = FakeServer { _, request in
            request.url.hasSuffix("/silences")
                ? .ok(#"[{"id":"s1","createdBy":"ann","comment":"we move the rack","endsAt":"2026-01-01T14:00:00Z"}]"#)
                : .ok("[\(alert("Down", silencedBy: "\"s1\""))]")
        }
        let event = try #require(try await collect(server).reading.events.first)
        #expect(event.severity == .low)
        #expect(event.tags.contains("silenced"))
        #expect(event.attributes["silenced"]?.text.contains("we move the rack") == true)
    }

    @Test func `what was silenced is mild at its end too`() async throws {
        let server = FakeServer { _, request in
            request.url.hasSuffix("/silences") ? .ok("[]") : .ok("[\(alert("Down", silencedBy: "\"s1\""))]")
        }
        _ = try await collect(server)
        workspace.now = Workspace.noon + 5 * .minuteMs
        let ended = try #require(try await collect(FakeServer("[]")).reading.events.first)
        #expect(ended.severity == .low)
        #expect(ended.attributes[EventAttribute.status] == "resolved")
    }

    @Test func `what is no longer silenced is as bad as it was, and what is silenced later is mild`() async throws {
        func list(_ silencedBy: String) -> FakeServer {
            FakeServer { _, request in
                request.url.hasSuffix("/silences") ? .ok("[]") : .ok("[\(alert("Down", silencedBy: silencedBy))]")
            }
        }
        let store = try CaseStore.inMemory()
        var severities: [Severity] = []
        for (minute, silencedBy) in ["", "\"s1\"", "\"s1\"", "", ""].enumerated() {
            workspace.now = Workspace.noon + Int64(minute) * .minuteMs
            let event = try #require(try await collect(list(silencedBy)).reading.events.first)
            try store.append([event])
            severities.append(try #require(try store.event(fingerprint: event.fingerprint)).severity)
        }
        #expect(severities == [.critical, .low, .low, .critical, .critical])
        workspace.now = Workspace.noon + 9 * .minuteMs
        let ended = try #require(try await collect(FakeServer("[]")).reading.events.first)
        try store.append([ended])
        #expect(try store.event(fingerprint: ended.fingerprint) == ended)
    }

    @Test func `silences are asked for only when something is silenced, and a run asks once`() async throws {
        let server = FakeServer("[\(alert("Down"))]")
        _ = try await collect(server, ["filter": "severity=\"critical\""])
        #expect(server.paths == ["/api/v2/alerts?filter=severity%3D%22critical%22"])
    }

    @Test func `an answer of another kind ends nothing`() async throws {
        _ = try await collect(FakeServer("[\(alert("Down"))]"))
        let before = workspace.cursors
        workspace.now = Workspace.noon + 5 * .minuteMs
        await #expect(throws: ConnectorError.self) { try await collect(FakeServer(#"{"status":"error"}"#)) }
        #expect(workspace.cursors == before)
    }
}
