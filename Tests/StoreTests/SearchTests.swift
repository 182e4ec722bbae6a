import Model
import TestKit
import Testing

@testable import Store

struct SearchTests {
    let store: CaseStore
    init() throws {
        store = try .inMemory()
        try store.append([
            sample("1", minute: 1, title: "Payment gateway timeout", service: "checkout"),
            sample(
                "2", minute: 2, title: "Disk full", service: "search",
                attributes: ["template": "no space left on <*>", "exception": "IOError"]),
            sample("3", minute: 3, title: "order_total is négative", service: "checkout"),
        ])
        try store.apply(
            [.open(snapshot("checkout", number: 1, title: "Checkout fails at the payment gateway", evidence: []), reasons: [])], at: noon,
            author: "me")
    }

    func titles(_ text: String) throws -> [String] { try store.search(text, limit: 10).map(\.title) }

    @Test(arguments: [
        ("payment timeout", ["Payment gateway timeout"]), ("disk", ["Disk full"]), ("space left", ["Disk full"]),
        ("ioerror", ["Disk full"]),
        ("order_total", ["order_total is négative"]), ("negative", ["order_total is négative"]), ("sear", ["Disk full"]),
        ("payment", ["Checkout fails at the payment gateway", "Payment gateway timeout"]), ("nothing", []),
    ]) func `words find events and investigations`(text: String, expected: [String]) throws {
        #expect(try titles(text) == expected)
    }

    @Test(arguments: [
        "\"", "\"\"\"", "*", "NEAR(", "NEAR(a b, 5)", "title:", "title : disk", "disk OR", "AND", "NOT disk", "(", ")", "^disk", "-disk",
        "{title}: x",
        "disk\"; DROP TABLE event; --", "\0", "a\0b", "", "   ", "'", "\\", "🔥", String(repeating: "word ", count: 5_000),
        String(repeating: "x", count: 100_000), "+", "disk + full", "\u{301}", "%", "_",
    ]) func `nothing in the text is syntax`(text: String) throws {
        _ = try store.search(text, limit: 5)
        #expect(try store.eventCount() == 3)
    }

    @Test func `a quoted word is searched without its quotes`() throws {
        #expect(try titles("\"disk\"") == ["Disk full"])
    }

    @Test func `the snippet says what was found`() throws {
        let hit = try #require(try store.search("gateway", limit: 1).last)
        #expect(hit.snippet.filter(\.isMatch).map(\.text) == ["gateway"])
        #expect(hit.snippet.map(\.text).joined() == "Payment gateway timeout")
        #expect(
            hit.subject == .event(id: sample("1", minute: 1, title: "Payment gateway timeout").id, fingerprint: sample("1").fingerprint))
        #expect(hit.score > 0)
    }

    @Test func `superseded and deleted events are not found`() throws {
        try store.append([sample("1", minute: 1, lasting: 5, title: "Payment gateway is slow")])
        #expect(try titles("timeout") == [])
        #expect(try titles("slow") == ["Payment gateway is slow"])
    }

    @Test func `notes are found`() throws {
        try store.addNote(Annotation(at: noon, author: "ann", text: "rolled back the walrus"), key: "case_checkout", at: noon)
        #expect(try titles("walrus") == ["Checkout fails at the payment gateway"])
        try store.apply([.withdraw(key: "case_checkout", reasons: [])], at: noon, author: "me")
        #expect(try titles("walrus") == [])
        #expect(try store.integrityProblems() == [])
    }

    @Test func `indexing is done once`() throws {
        try store.indexSearch()
        let before = store.faults.writes
        try store.indexSearch()
        #expect(store.faults.writes == before)
    }

    @Test func `indexes that were damaged are built anew`() throws {
        try store.indexSearch()
        try store.write { connection -> Void in
            try connection.run("DELETE FROM event_lookup")
        }
        #expect(try store.integrityProblems().allSatisfy { $0.hasPrefix("an event cannot be found by its id") })
        #expect(try !store.integrityProblems().isEmpty)
        try store.rebuildIndexes()
        #expect(try store.integrityProblems() == [])
        #expect(try titles("disk") == ["Disk full"])
    }

    @Test func `the strongest evidence comes by time, what is starred before what weighs more`() throws {
        let events = (1...4).map { sample("piece \($0)", minute: $0, title: "piece \($0)") }
        try store.append(events)
        let evidence = [
            evidence(events[0], confidence: 0.2, starred: true), evidence(events[1], confidence: 0.5), evidence(events[2], confidence: 0.9),
            evidence(events[3], confidence: 0.7),
        ]
        try store.apply([.open(snapshot("cart", number: 2, evidence: evidence), reasons: [])], at: noon, author: "me")
        let found = try store.strongestEvidence(key: "case_cart", limit: 3)
        #expect(found.map(\.title) == ["piece 1", "piece 3", "piece 4"])
        #expect(found.first?.fingerprint == events[0].fingerprint)
    }
}
