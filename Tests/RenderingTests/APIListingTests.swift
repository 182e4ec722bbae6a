import Foundation
import Model
import TestKit
import Testing

@testable import Rendering

/// Every kind of document, made from the fixture.
enum APIFixture {
    static func entry(_ it: Investigation, changedAt: Instant = CaseFixture.asOf) -> CaseEntry {
        CaseEntry(
            key: it.key, number: it.number, title: it.title, status: it.status, severity: it.severity, priority: it.priority,
            assignedTo: it.assignedTo, startedAt: it.startedAt, resolvedAt: it.resolvedAt, lastSignalAt: it.lastSignalAt,
            version: it.version, changedAt: changedAt,
            services: it.services, components: ["api"])
    }
    static let entries = [entry(CaseFixture.investigation), entry(CaseFixture.bare.investigation, changedAt: CaseFixture.at(13, 0))]
    static var selections: [APISelection] { APISelection.all(entries) }
    static let events = [
        EventCount(source: "alerts", type: "alert", severity: "critical", count: 3),
        EventCount(source: "git", type: "commit", severity: "info", count: 12),
    ]
    static let source = APISource(
        name: "app-logs", kind: "logs", readCount: 1_209, deadLetterCount: 2, newestAt: CaseFixture.at(14, 40), consecutiveFailures: 5,
        openedAt: CaseFixture.at(14, 45), lastError: "connection refused", cursors: [(item: "app.log", position: ["offset": 88_213])],
        days: [(day: CaseFixture.day.day, count: 1_209)])
    static let letter = APIDeadLetter(
        id: 1, origin: "app-logs", place: "app.log:17", reason: "the line is longer than 1 MiB", remedy: "cut it at its source",
        firstAt: CaseFixture.at(14, 0), lastAt: CaseFixture.at(14, 5), count: 2)
    static func record(_ seq: Int64, _ action: String, _ detail: JSONValue) -> AuditEntry {
        AuditEntry(
            seq: seq, at: CaseFixture.at(14, 10), author: "caseboard", action: action, subject: "case_0001", detail: detail,
            previousHash: "hash \(seq - 1)", hash: "hash \(seq)")
    }
    static let records = [
        record(
            1, "open",
            ["number": 42, "version": 1, "status": "open", "reasons": ["opened from 6 signals"], "linked": ["a", "b"], "linked_count": 2]),
        record(
            2, "update",
            [
                "number": 42, "version": 2, "status": "resolved", "was_status": "open", "reasons": ["quiet for 90 minutes"],
                "unlinked": ["a"], "unlinked_count": 1,
            ]),
        record(3, "note", ["at": 1]), record(4, "token", [:]), record(5, "unrelated", ["fingerprint": "b"]),
        record(6, "merge", ["number": 42, "version": 3, "into": "case_0002", "reasons": ["one cause"]]),
        record(7, "withdraw", ["number": 42, "version": 4, "reasons": ["nothing is left"]]),
    ]
    static var changes: [JSONValue] {
        String(decoding: ChangeFeed.lines(records, baseURL: nil), as: UTF8.self).split(separator: "\n").compactMap {
            JSONValue(ownText: String($0))
        }
    }
    static let contents = APIContents(
        title: "shop", updatedAt: CaseFixture.asOf, investigations: 2, open: 1, deadLetters: 1, services: ["checkout"], hasDatabase: true)

    /// By the name of its schema.
    static var documents: [(name: String, document: JSONValue)] {
        [
            ("index", APIDocuments.index(contents)),
            (
                "investigations",
                APIDocuments.investigations(
                    [CaseFixture.investigation, CaseFixture.bare.investigation], page: APIPage(number: 2, total: 302))
            ),
            ("case", APIDocuments.investigation(CaseFixture.outage)), ("events", APIDocuments.events(of: CaseFixture.outage, page: 1)),
            ("filters", APIDocuments.filters(selections)), ("selection", APIDocuments.selection(selections[0], page: 1)),
            ("stats", APIDocuments.stats(entries, selections, events: events)),
            ("analytics", APIDocuments.analytics(AnalyticsFixture.file, asOf: CaseFixture.asOf)),
            ("sources", APIDocuments.sources([source])), ("dead-letters", APIDocuments.deadLetters([letter], page: 1)),
            ("change", changes[0]), ("changes", ChangeFeed.index(last: 2, lastSeq: 5_001)),
        ]
    }
    /// The same with nothing to say.
    static var empty: [(name: String, document: JSONValue)] {
        [
            (
                "index",
                APIDocuments.index(
                    APIContents(title: "", updatedAt: nil, investigations: 0, open: 0, deadLetters: 0, services: [], hasDatabase: false))
            ), ("investigations", APIDocuments.investigations([], page: APIPage(number: 1, total: 0))),
            ("case", APIDocuments.investigation(CaseFixture.bare)), ("events", APIDocuments.events(of: CaseFixture.bare, page: 1)),
            ("filters", APIDocuments.filters([])), ("stats", APIDocuments.stats([], [], events: [])),
            ("analytics", APIDocuments.analytics(AnalyticsFixture.empty, asOf: CaseFixture.asOf)), ("sources", APIDocuments.sources([])),
            ("dead-letters", APIDocuments.deadLetters([], page: 1)), ("changes", ChangeFeed.index(last: 1, lastSeq: 0)),
        ]
    }
}

@Suite struct APIListingTests {
    @Test func `every document fits its schema and says nothing that is not documented`() throws {
        let schemas = try JSONSchemaReader()
        for (name, document) in APIFixture.documents + APIFixture.empty + APIFixture.changes.map({ ("change", $0) }) {
            #expect(schemas.problems(document, schema: name) == [], "\(name)")
        }
        #expect(Set(schemas.names) == Set(APIFixture.documents.map(\.name) + ["common"]))
        #expect(APIDocuments.schemas == schemas.names)
    }

    @Test(arguments: CaseFixture.hostileTexts) func `documents of hostile texts fit their schemas`(_ text: String) throws {
        let schemas = try JSONSchemaReader()
        let file = CaseFixture.hostile(text)
        let selections = APISelection.all([APIFixture.entry(file.investigation)])
        #expect(schemas.problems(APIDocuments.investigation(file), schema: "case") == [])
        #expect(schemas.problems(APIDocuments.filters(selections), schema: "filters") == [])
        for selection in selections {
            #expect(schemas.problems(APIDocuments.selection(selection, page: 1), schema: "selection") == [])
            let parts = selection.folder.split(separator: "/")
            #expect(parts.count == 3 && parts[2].utf8.count <= 64 && !parts[2].hasPrefix("."))
        }
    }

    /// What a reader of the last release relied on is there: each member, of the same type.
    @Test func `each document holds everything that the last release's held`() throws {
        for (name, document) in APIFixture.documents {
            let file = Checkout.root.appending(path: "Tests/RenderingTests/Goldens/api-v1/\(name).json")
            if ProcessInfo.processInfo.environment["CASEBOARD_RECORD_RELEASE"] == "1" {
                try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try (document.prettyText + "\n").write(to: file, atomically: true, encoding: .utf8)
            }
            let released = try #require(JSONValue(ownText: try String(contentsOf: file, encoding: .utf8)))
            #expect(missing(of: released, in: document, at: name) == [])
        }
        #expect(missing(of: ["a": [["b": 1, "c": ""]]], in: ["a": [["b": "1"]]], at: "$") == ["$.a[0].b", "$.a[0].c"])
    }

    private func missing(of old: JSONValue, in new: JSONValue, at place: String) -> [String] {
        switch (old, new) {
        case (.object(let members), .object(let others)):
            return members.sorted { $0.key < $1.key }.flatMap { name, value in
                others[name].map { missing(of: value, in: $0, at: "\(place).\(name)") } ?? ["\(place).\(name)"]
            }
        case (.array(let items), .array(let others)):
            if others.count < items.count { return ["\(place)[\(others.count)]"] }
            return zip(items, others).enumerated().flatMap { missing(of: $1.0, in: $1.1, at: "\(place)[\($0)]") }
        case (.string, .string), (.bool, .bool), (.null, .null), (.int, .int), (.int, .double), (.double, .int), (.double, .double):
            return []
        default: return [place]
        }
    }

    @Test(arguments: [(0, 1), (1, 1), (100, 1), (101, 2), (10_000, 100)]) func `a list has a page for each hundred`(total: Int, pages: Int)
    {
        #expect(APIPage.count(total) == pages)
        #expect((1...pages).reduce(0) { $0 + APIPage.range($1, of: total).count } == total)
    }

    @Test func `pages name their neighbours`() {
        func page(_ number: Int) -> JSONValue { APIDocuments.investigations([], page: APIPage(number: number, total: 250)) }
        #expect(page(1)["next"] == "2.json" && page(1)["previous"] == nil)
        #expect(page(2)["next"] == "3.json" && page(2)["previous"] == "1.json")
        #expect(page(3)["next"] == nil && page(3)["total"] == 250)
    }

    @Test func `an investigation is found by each of its values`() {
        let found = APIFixture.selections.filter { $0.entries.contains { $0.number == 42 } }.map { "\($0.name.rawValue)=\($0.value)" }
        #expect(
            found == [
                "status=resolved", "severity=critical", "priority=p0", "service=checkout", "service=payments", "service=shop-db",
                "component=api", "assignee=Mara Lindqvist", "day=2026-03-17",
            ])
    }

    @Test(arguments: ["checkout", "a.b_c-1"]) func `a plain name is its own file`(_ name: String) { #expect(FileName.of(name) == name) }

    @Test func `two names never share a file, also where case means nothing`() {
        let names = [
            "Checkout", "checkout", "CHECKOUT", "", ".", "..", "a/b", "a b", "a-b", "é", "e", "../x", "-x",
            String(repeating: "n", count: 300),
        ]
        let files = names.map(FileName.of)
        #expect(Set(files.map { $0.lowercased() }).count == names.count)
        #expect(files.allSatisfy { $0.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 47 } && !$0.hasPrefix(".") && !$0.hasPrefix("-") })
    }

    @Test func `more values than are published leave the rarest out`() {
        let common = CaseFixture.investigation
        let entries = (0..<2_500).map { index -> CaseEntry in
            var entry = APIFixture.entry(common)
            (entry.number, entry.services) = (index, ["everywhere", "svc-\(index)"])
            return entry
        }
        let services = APISelection.all(entries).filter { $0.name == .service }
        #expect(services.count == APISelection.maxValues)
        #expect(services.first?.value == "everywhere")
    }
}

@Suite struct ChangeFeedTests {
    @Test func `each creation, update, link and change of status is an event of its own`() {
        #expect(
            APIFixture.changes.map { ($0["type"]?.stringValue ?? "").replacing("caseboard.investigation.", with: "") } == [
                "created", "linked", "updated", "status_changed", "unlinked", "noted", "unlinked", "merged", "withdrawn",
            ])
        #expect(APIFixture.changes[3]["data"]?["was_status"] == "open")
    }
    @Test func `the same change has the same id, and no other has it`() {
        let ids = APIFixture.changes.compactMap { $0["id"]?.stringValue }
        #expect(ids == APIFixture.changes.compactMap { $0["id"]?.stringValue })
        #expect(Set(ids).count == ids.count)
    }
    @Test func `segments are full before the next begins`() {
        #expect([1, 5_000, 5_001, 10_000].map(ChangeFeed.segment) == [1, 1, 2, 2])
        #expect(ChangeFeed.path(2, last: 2) == "changes.jsonl" && ChangeFeed.path(1, last: 2) == "changes/1.jsonl")
        #expect(ChangeFeed.index(last: 1_000, lastSeq: 5_000_000)["segments"]?.arrayValue?.count == Int(ChangeFeed.maxSegments))
    }
    @Test func `events come from where the site is published`() {
        let line = String(decoding: ChangeFeed.lines(APIFixture.records, baseURL: "https://cases.example"), as: UTF8.self)
        #expect(line.contains(#""source":"https://cases.example""#))
    }
}
