import Foundation
import GRDB
import Model
import TestKit
import Testing

@testable import Store

struct SchemaTests {
    @Test func `the schema is the golden one`() throws {
        let store = try CaseStore.inMemory()
        let statements = try store.access { connection in
            try connection.all(
                "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '%_search_%' ORDER BY type DESC, name"
            ) { $0.text(0) }
        }
        try Golden.expect(statements.joined(separator: ";\n\n") + ";\n", matches: "schema.sql", in: "StoreTests")
    }

    @Test func `every table is strict`() throws {
        let store = try CaseStore.inMemory()
        let loose = try store.access { connection in
            try connection.all(
                """
                SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'
                  AND name NOT LIKE 'grdb_%'
                """
            ) { $0.text(0) }
        }
        #expect(loose == [])
    }

    @Test func `a store on disk remembers, and opening it again changes nothing`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/case.db"
        let event = sample("a")
        do {
            let store = try CaseStore.open(path: path)
            try store.append([event])
            #expect(try store.schemaVersion == 21)
            #expect(try store.access { try $0.first("PRAGMA journal_mode") { $0.text(0) } } == "wal")
            #expect(try store.access { try $0.number("PRAGMA foreign_keys") } == 1)
        }
        let again = try CaseStore.open(path: path, createIfMissing: false)
        #expect(try again.event(id: event.id) == event)
        #expect(try again.integrityProblems() == [])
    }

    @Test func `a read-only store reads and refuses to write`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/case.db"
        let writer = try CaseStore.open(path: path)
        try writer.append([sample("a")])
        try writer.indexSearch()
        let reader = try CaseStore.open(path: path, readOnly: true)
        #expect(try reader.eventCount() == 1)
        #expect(try reader.search("alert", limit: 5).count == 1)
        #expect(try reader.integrityProblems() == [])
        #expect(throws: StoreError.self) { try reader.append([sample("b")]) }
    }

    @Test func `a missing store is not made when it should be there`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/none.db"
        #expect(throws: StoreError.missing(path: path)) { try CaseStore.open(path: path, createIfMissing: false) }
        #expect(throws: StoreError.missing(path: path)) { try CaseStore.open(path: path, readOnly: true) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a database of another program is left alone`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/other.db"
        try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE song (title TEXT)") }
        let before = try Data(contentsOf: URL(filePath: path))
        #expect(throws: StoreError.foreign(path: path)) { try CaseStore.open(path: path) }
        #expect(try Data(contentsOf: URL(filePath: path)).count == before.count)
        try folder.write("this is no database, but it is long enough to be looked at by SQLite", to: "text.db")
        #expect(throws: StoreError.foreign(path: folder.path + "/text.db")) { try CaseStore.open(path: folder.path + "/text.db") }
    }

    @Test func `a store of a newer version is refused`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/new.db"
        do {
            let store = try CaseStore.open(path: path)
            try store.write { _ = try $0.run("INSERT INTO grdb_migrations (identifier) VALUES ('9999 the future')") }
        }
        #expect(throws: StoreError.newerSchema(path: path)) { try CaseStore.open(path: path) }
    }

    @Test func `a folder that is not there is named with a remedy`() throws {
        let error = #expect(throws: StoreError.self) { try CaseStore.open(path: "/nowhere/at/all/case.db") }
        guard case .unopenable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `the words of errors are the golden ones`() throws {
        let errors: [StoreError] = [
            .missing(path: "var/caseboard.db"), .unopenable(path: "var/caseboard.db", reason: "unable to open database file"),
            .foreign(path: "songs.db"), .newerSchema(path: "var/caseboard.db"), .olderSchema(path: "var/caseboard.db"),
            .statement(code: 1299, message: "NOT NULL constraint failed: event.title", sql: "INSERT INTO event"), .busy,
            .full(message: "database or disk is full"), .damaged(message: "malformed"), .unknownCase(key: "case_1"),
            .numberTaken(number: 4, by: "case_2"), .outOfScope(type: "alert", scope: "logs"), .poisoned(by: "busy"),
            .unreadable(table: "event", key: "ev_1"), .injected(write: 3),
        ]
        try Golden.expect(errors.map { "\($0)\n" }.joined(), matches: "errors.txt", in: "StoreTests")
    }
}

struct QueryPlanTests {
    /// Each hot query, and what its plan must say. None may walk a whole table.
    static let plans: [(String, String)] = [
        (EventQuery.byID, "SEARCH event_lookup USING PRIMARY KEY (id=?)"),
        (EventQuery.byID, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)"),
        (EventQuery.byIDInBacklog, "SEARCH event USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        (EventQuery.anyGone, "SCAN event USING INDEX event_gone"),
        (EventQuery.goneByID, "USING INDEX event_gone (fingerprint=? AND id=?)"),
        (EventQuery.byFingerprint, "USING INDEX event_live (fingerprint=?)"),
        (EventQuery.inRange, "USING INDEX event_time (occurred_at>? AND occurred_at<?)"),
        (EventQuery.newest, "USING INDEX event_time"),
        (EventQuery.commitsBefore, "USING INDEX event_commit (occurred_at<?)"),
        (EventQuery.derived, "USING INDEX event_derived (derived_scope=? AND occurred_at>? AND occurred_at<?)"),
        (EventQuery.longSignals, "USING INDEX event_long (ended_at>?)"),
        (EventQuery.signalsBefore, "USING INDEX event_time (occurred_at>? AND occurred_at<?)"),
        (EventQuery.signalsFrom, "USING INDEX event_time (occurred_at>?)"),
        (LogQuery.counts, "USING PRIMARY KEY (service=? AND minute>? AND minute<?)"),
        (LogQuery.any, "USING PRIMARY KEY (service=? AND minute>? AND minute<?)"),
        (LogQuery.rates, "USING PRIMARY KEY (service=? AND minute>? AND minute<?)"),
        (
            LogQuery.exemplarsOfHours,
            "SEARCH log_exemplar USING INDEX sqlite_autoindex_log_exemplar_1 (service=? AND leaf=? AND hour>? AND hour<?)"
        ),
        (LogQuery.exemplarsOfLeaf, "USING INDEX sqlite_autoindex_log_exemplar_1 (service=? AND leaf=? AND hour=?)"),
        (MetricQuery.byKey, "USING INDEX sqlite_autoindex_metric_series_1 (service=? AND metric=? AND instance=?)"),
        (MetricQuery.any, "SEARCH metric_chunk USING COVERING INDEX sqlite_autoindex_metric_chunk_1 (series_id=? AND hour>? AND hour<?)"),
        (MetricQuery.chunks, "USING INDEX sqlite_autoindex_metric_chunk_1 (series_id=? AND hour>? AND hour<?)"),
        (SpanQuery.inRange, "USING INDEX span_time (service=? AND start_ms>? AND start_ms<?)"),
        (SpanQuery.ofTrace, "USING PRIMARY KEY (trace_id=?)"),
        (TestQuery.ofTest, "USING INDEX test_result_time (suite=? AND class_name=? AND name=? AND run_at>? AND run_at<?)"),
        (TestQuery.failing, "USING INDEX test_result_failed (suite=? AND run_at>? AND run_at<?)"),
        (TestQuery.long, "USING INDEX test_result_long (suite=? AND run_at>? AND run_at<?)"),
        (CaseQuery.byKey, "USING INDEX sqlite_autoindex_investigation_1 (key=?)"),
        (CaseQuery.byNumber, "USING INDEX sqlite_autoindex_investigation_2 (number=?)"),
        (CaseQuery.touching, "SEARCH evidence USING COVERING INDEX evidence_fingerprint (fingerprint=?)"),
        (CaseQuery.evidence, "USING PRIMARY KEY (case_key=?)"),
        (OutboxQuery.due, "USING INDEX outbox_due"),
    ]

    @Test(arguments: plans.indices) func `a hot query uses its index`(index: Int) throws {
        let (sql, expected) = Self.plans[index]
        let store = try CaseStore.inMemory()
        let plan = try store.plan(sql)
        #expect(plan.contains { $0.contains(expected) }, "\(sql)\n\(plan.joined(separator: "\n"))")
        #expect(!plan.contains { $0 == "SCAN event" || $0 == "SCAN evidence" || $0 == "SCAN log_count" || $0 == "SCAN span" })
    }
}

extension CaseStore {
    func plan(_ sql: String) throws -> [String] {
        try access { connection in
            let statement = try Statement("EXPLAIN QUERY PLAN " + sql, on: connection.handle)
            var out: [String] = []
            while try statement.step() { out.append(Row(handle: statement.handle).text(3)) }
            return out
        }
    }
}
