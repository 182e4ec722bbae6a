import Foundation
import GRDB
import Model
import TestKit
import Testing

@testable import Store

struct PublishedDatabaseTests {
    let folder: TemporaryFolder
    init() throws {
        folder = try TemporaryFolder()
        let store = try CaseStore.open(path: folder.path + "/store.db")
        let events = [sample("1", minute: 1), sample("2", minute: 2), sample("3", minute: 3)]
        try store.append(events)
        var it = snapshot("checkout", number: 7, title: "Checkout fails", evidence: [evidence(events[0]), evidence(events[1])])
        it.investigation.verdict = "It probably was the deploy."
        it.investigation.hypotheses = [
            Hypothesis(rank: 1, kind: .change, service: "checkout", name: "the deploy", score: 1, terms: [], summary: "s")
        ]
        var gone = snapshot("gone", number: 8, title: "Withdrawn")
        gone.investigation.services = ["secret-service"]
        try store.apply([.open(it, reasons: ["opened from 2 signals"]), .open(gone, reasons: [])], at: noon, author: "caseboard")
        try store.apply([.withdraw(key: "case_gone", reasons: [])], at: noon, author: "caseboard")
        try store.addNote(Annotation(at: noon, author: "ann", text: "looked"), key: "case_checkout", at: noon)
        try store.setSetting("private", to: "internal-setting")
        try store.append(
            [DeadLetter(origin: "mail to oncall@example.org", place: "outbox 1", reason: "refused", remedy: "", payload: "")], at: noon)
    }

    private func make(_ name: String) throws -> String {
        let path = folder.path + "/" + name
        try PublishedDatabase.make(at: path, scratch: path + ".scratch", from: folder.path + "/store.db")
        return path
    }
    private func read<T: DatabaseValueConvertible>(_ sql: String, _: T.Type) throws -> [T] {
        try DatabaseQueue(path: try make("read.db")).read { try T.fetchAll($0, sql: sql) }
    }

    @Test func `equal stores give equal bytes, and nothing is left beside them`() throws {
        let first = try Data(contentsOf: URL(filePath: try make("a.db")))
        #expect(first == (try Data(contentsOf: URL(filePath: try make("b.db")))))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.contains("scratch") || $0.contains("journal") }
                == [])
    }

    @Test func `it holds investigations with their causes, evidence, events, notes and versions`() throws {
        #expect(
            try read("SELECT number || ' ' || title || ' ' || verdict FROM investigations", String.self) == [
                "7 Checkout fails It probably was the deploy."
            ])
        #expect(try read("SELECT name || score FROM causes", String.self) == ["the deploy1.0"])
        #expect(try read("SELECT title FROM events ORDER BY occurred_at", String.self) == ["alert 1", "alert 2"])
        #expect(try read("SELECT occurred_at FROM timeline LIMIT 1", String.self) == ["2026-11-22T12:01:00.000Z"])
        #expect(try read("SELECT text FROM notes", String.self) == ["looked"])
        #expect(try read("SELECT changes FROM versions", String.self) == ["[\"opened from 2 signals\"]"])
        #expect(try read("SELECT service || investigations FROM services", String.self) == ["checkout1"])
    }

    @Test func `nothing of the store's own papers and nothing withdrawn is in its bytes`() throws {
        let bytes = try Data(contentsOf: URL(filePath: try make("c.db")))
        for word in ["oncall@example.org", "internal-setting", "secret-service", "Withdrawn", "source_cursor", "outbox", "audit"] {
            #expect(bytes.range(of: Data(word.utf8)) == nil, "\(word)")
        }
    }

    @Test func `each table, view and column explains itself`() throws {
        let path = try make("d.db")
        let (columns, undescribed) = try DatabaseQueue(path: path).read { database in
            (
                try Int.fetchOne(database, sql: "SELECT count(*) FROM about WHERE column_name IS NOT NULL"),
                try String.fetchAll(
                    database,
                    sql: """
                        SELECT s.name FROM sqlite_schema AS s WHERE type IN ('table', 'view') AND NOT EXISTS (
                          SELECT 1 FROM about WHERE about.name = s.name AND column_name IS NULL)
                        UNION ALL
                        SELECT s.name || '.' || c.name FROM sqlite_schema AS s, pragma_table_info(s.name) AS c
                        WHERE s.type = 'table' AND s.name <> 'about'
                          AND NOT EXISTS (SELECT 1 FROM about WHERE about.name = s.name AND column_name = c.name)
                        """)
            )
        }
        #expect((columns ?? 0) > 50)
        #expect(undescribed == [])
        let metadata = PublishedDatabase.metadata(title: "shop")
        #expect(metadata["databases"]?["caseboard"]?["tables"]?["events"]?["columns"]?["title"] == "The fact in one line.")
    }

    @Test func `a store that cannot be read is an error that says so`() throws {
        #expect(throws: StoreError.self) {
            try PublishedDatabase.make(
                at: folder.path + "/x.db", scratch: folder.path + "/x.scratch", from: folder.path + "/nothing/at/all.db")
        }
    }
}
