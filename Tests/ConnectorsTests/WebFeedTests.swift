import Model
import TestKit
import Testing

@testable import Connectors
@testable import Transport

private let atom = """
    <feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>Partial outage of mail</title>
    <published>2026-01-01T10:00:00Z</published></entry></feed>
    """
private let incidents = """
    {"page":{"name":"Mailer"},"incidents":[{"id":"i1","name":"Mail is late","status":"resolved","impact":"major",
    "created_at":"2026-01-01T10:00:00Z","resolved_at":"2026-01-01T10:30:00Z","shortlink":"https://status.example/i1",
    "incident_updates":[{"status":"resolved","body":"All is well.","created_at":"2026-01-01T10:30:00Z"}]}]}
    """

@Suite struct WebFeedTests {
    private let workspace: Workspace
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func collect(_ server: FakeServer) async throws -> Workspace.Run {
        try await workspace.collect(try workspace.connector("web-feed", ["url": "https://x.example/feed"]), network: server.access())
    }

    @Test func `a feed is read`() async throws {
        #expect(try await collect(FakeServer(atom)).reading.events.map(\.title) == ["Partial outage of mail"])
    }

    @Test func `the incidents of a status page are outages with their end`() async throws {
        let event = try #require(try await collect(FakeServer(incidents)).reading.events.first)
        #expect(event.type == .providerOutage)
        #expect(event.severity == .high)
        #expect(event.attributes[EventAttribute.endedAt] == .int(Workspace.noon.ms - 90 * .minuteMs))
        #expect(event.body.contains("All is well."))
        #expect(event.tags == ["Mailer"])
    }

    @Test func `the next run asks with the tag of the last answer, and an unchanged feed says nothing new`() async throws {
        _ = try await collect(FakeServer { _, _ in .ok(atom, [HTTPHeader("ETag", "\"a\""), HTTPHeader("Last-Modified", "then")]) })
        workspace.now = Workspace.noon + .minuteMs
        let server = FakeServer { _, _ in .status(304) }
        #expect(try await collect(server).reading.events.isEmpty)
        #expect(server.requests.first?.header("If-None-Match") == "\"a\"")
        #expect(server.requests.first?.header("If-Modified-Since") == "then")
        workspace.now = Workspace.noon + 2 * .minuteMs
        let again = FakeServer { _, _ in .status(304) }
        _ = try await collect(again)
        #expect(again.requests.first?.header("If-None-Match") == "\"a\"")
    }

    @Test func `half a feed is asked for again`() async throws {
        let server = FakeServer { number, _ in .ok(number == 0 ? String(atom.prefix(120)) : atom) }
        #expect(try await collect(server).reading.events.count == 1)
        #expect(server.requests.count == 2)
    }

    @Test func `a page for people is no feed`() async throws {
        await #expect(throws: ConnectorError.self) { try await collect(FakeServer("<html><body>Log in</body></html>")) }
    }
}
