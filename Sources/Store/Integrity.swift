import Model

extension CaseStore {
    /// Everything that is wrong with the file, in words; empty when it is sound. Reads the whole store.
    package func integrityProblems() throws -> [String] {
        var problems: [String] = []
        try access { connection in
            problems += try connection.all("PRAGMA quick_check(20)") { $0.text(0) }.filter { $0 != "ok" }.map {
                "the file is damaged: \($0)"
            }
            problems += try connection.all("PRAGMA foreign_key_check") {
                "row \($0.int(1)) of table `\($0.text(0))` points at a row of `\($0.text(2))` that is gone"
            }.prefix(20)
            for invariant in Self.invariants {
                let found = try connection.all(invariant.sql) { $0.text(0) }
                if let first = found.first {
                    problems.append(
                        "\(invariant.words): `\(first.clipped(to: 80))`" + (found.count > 1 ? " and \(found.count - 1) more" : ""))
                }
            }
        }
        if !isReadOnly {
            for table in ["event_search", "case_search"] {
                do {
                    _ = try write { try $0.run("INSERT INTO \(table) (\(table)) VALUES ('integrity-check')") }
                } catch let error as StoreError {
                    problems.append("the search index `\(table)` does not fit its text: \(error)")
                }
            }
        }
        problems += try verifyAudit().map(\.description)
        return problems
    }

    /// Builds every index and the full text anew from the tables they are made of. No fact is touched.
    package func rebuildIndexes() throws {
        try indexSearch()
        try write { connection in
            try connection.run("REINDEX")
            try connection.run("DELETE FROM event_lookup")
            try connection.run("INSERT INTO event_lookup (id, event_id) SELECT id, event_id FROM event ORDER BY id")
            try connection.run("DELETE FROM event_member")
            try connection.run("DELETE FROM event_group")
            try connection.listEvents(from: 0, to: .max)
            for table in ["event_search", "case_search"] { try connection.run("INSERT INTO \(table) (\(table)) VALUES ('rebuild')") }
        }
    }

    /// Statements that name what must not be.
    static let invariants: [(words: String, sql: String)] = [
        ("two events have one id", "SELECT id FROM event GROUP BY id HAVING count(*) > 1 ORDER BY id"),
        (
            "an event cannot be found by its id",
            """
            SELECT id FROM event WHERE id NOT IN (SELECT id FROM event_lookup)
              AND NOT EXISTS (SELECT 1 FROM event_backlog WHERE event_id BETWEEN from_event AND to_event) ORDER BY id
            """
        ),
        (
            "an event is missing in the lists",
            """
            SELECT id FROM event WHERE superseded_by IS NULL AND deleted_at IS NULL AND event_id NOT IN (SELECT event_id FROM event_member)
              AND NOT EXISTS (SELECT 1 FROM event_backlog WHERE event_id BETWEEN from_event AND to_event) ORDER BY id
            """
        ),
        (
            "a group of events is counted wrong",
            """
            SELECT event_group_id FROM event_group AS g
            WHERE n <> (SELECT count(*) FROM event_member AS m WHERE m.event_group_id = g.event_group_id) ORDER BY event_group_id
            """
        ),
        (
            "an investigation is missing in the lists",
            "SELECT key FROM investigation WHERE is_deleted = 0 AND key NOT IN (SELECT case_key FROM case_brief) ORDER BY key"
        ),
        ("an event ends before it starts", "SELECT id FROM event WHERE ended_at < occurred_at ORDER BY id"),
        (
            "an event is superseded by one that is not there",
            """
            SELECT id FROM event WHERE superseded_by <> '' AND superseded_by NOT IN (SELECT id FROM event) ORDER BY id
            """
        ),
        (
            "an investigation in force has no number",
            "SELECT key FROM investigation WHERE number IS NULL AND (is_deleted = 0 OR is_touched = 1 AND merged_into IS NULL) ORDER BY key"
        ),
        (
            "an investigation that ended still has evidence",
            """
            SELECT DISTINCT case_key FROM evidence JOIN investigation ON key = case_key
            WHERE is_deleted = 1 AND is_touched = 0 ORDER BY case_key
            """
        ),
        (
            "evidence points at an event that was never stored",
            """
            SELECT fingerprint FROM evidence
            WHERE event_id NOT IN (SELECT id FROM event) ORDER BY fingerprint
            """
        ),
        (
            "the versions of an investigation do not end with its own",
            """
            SELECT key FROM investigation
            WHERE version <> (SELECT max(version) FROM case_version WHERE case_key = key) ORDER BY key
            """
        ),
        (
            "an hour of a log template has more exemplars than are kept",
            """
            SELECT leaf FROM log_exemplar GROUP BY service, leaf, hour HAVING count(*) > \(Limits.exemplarsPerLeafHour) ORDER BY leaf
            """
        ),
        ("a metric chunk is cut", "SELECT series_id FROM metric_chunk WHERE length(points) % 16 <> 0 ORDER BY series_id"),
        (
            "a message was sent without a receipt",
            "SELECT dedup_key FROM outbox WHERE state = 'sent' AND outbox_id NOT IN (SELECT outbox_id FROM receipt)"
        ),
    ]
}
