import Model

extension Investigation {
    /// What lists show of it: the long texts and all causes but the first are left out.
    var brief: Investigation {
        var it = self
        (it.description, it.impact, it.rootCause, it.remediation, it.lessonsLearned) = ("", "", "", "", "")
        (it.actionItems, it.suspects, it.leftOut) = ([], [], [])
        it.hypotheses = Array(it.hypotheses.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }.prefix(1))
        it.humanFields = []
        return it
    }
}

extension CaseStore {
    /// Every investigation that is not deleted, newest number first, without reading a document.
    package func caseEntries() throws -> [CaseEntry] {
        try access { connection in
            var facets: [String: [String: [String]]] = [:]
            try connection.forEach(ListingQuery.facets) { facets[$0.text(2), default: [:]][$0.text(0), default: []].append($0.text(1)) }
            return try connection.all(ListingQuery.entries) { row in
                let own = facets[row.text(0)] ?? [:]
                return CaseEntry(
                    key: row.text(0), number: Int(row.int(1)), title: row.text(2),
                    status: InvestigationStatus(rawValue: row.text(3)) ?? .open, severity: Severity(rawValue: row.text(4)) ?? .info,
                    priority: Priority(rawValue: row.text(5)), assignedTo: row.optionalText(6), startedAt: Instant(ms: row.int(7)),
                    resolvedAt: row.instant(8), lastSignalAt: Instant(ms: row.int(9)), version: Int(row.int(10)),
                    changedAt: Instant(ms: row.int(11)), services: own["service"] ?? [], components: own["component"] ?? [],
                    change: own["change"]?.first.map { Fingerprint(stored: $0) })
            }
        }
    }

    /// The investigations with these keys as lists show them, in the order given. Unknown ones are left out.
    package func briefs(keys: [String]) throws -> [Investigation] {
        try access { connection in
            try keys.compactMap { key in
                try connection.first(ListingQuery.brief, ["key": .text(key)]) { try ListingQuery.read($0) }
            }
        }
    }

    /// The investigations a filter admits as lists show them, and how many there are in all.
    package func investigations(matching filter: CaseFilter) throws -> (total: Int, page: [Investigation]) {
        let words = filter.text.map { SearchText.query($0) }
        // Text without a word in it is found nowhere.
        if case .some(.none) = words { return (0, []) }
        return try access { connection in
            let found = try connection.all(
                ListingQuery.matching(filter.order),
                [
                    "status": .optional(filter.status?.rawValue), "severity": .optional(filter.severity.map { Int64($0.rank) }),
                    "priority": .optional(filter.priority?.rawValue), "environment": .optional(filter.environment),
                    "assigned": .optional(filter.assignedTo), "from": .optional(filter.from?.ms), "to": .optional(filter.to?.ms),
                    "service": .optional(filter.service), "component": .optional(filter.component), "words": .optional(words ?? nil),
                    "limit": .int(Int64(max(0, filter.limit))), "offset": .int(Int64(max(0, filter.offset))),
                ]
            ) { (key: $0.text(0), total: Int($0.int(1))) }
            if let first = found.first { return (first.total, try briefs(keys: found.map(\.key))) }
            if filter.offset == 0 { return (0, []) }
            var all = filter
            (all.offset, all.limit) = (0, 1)
            return (try investigations(matching: all).total, [])
        }
    }
}

/// The statements that list investigations; a test holds their plans. None reads a document.
enum ListingQuery {
    static let facets = "SELECT kind, value, case_key FROM case_facet ORDER BY kind, value, case_key"
    static let entries = """
        SELECT key, number, title, status, severity, priority, assigned_to, started_at, resolved_at, last_signal_at, version,
          changed_at
        FROM investigation INDEXED BY investigation_listing WHERE is_deleted = 0 AND number IS NOT NULL ORDER BY number DESC
        """
    static let brief = """
        SELECT key, number, version, brief FROM case_brief JOIN investigation ON key = case_key
        WHERE case_key = :key AND is_deleted = 0 AND number IS NOT NULL
        """
    static let severityRank = """
        CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END
        """

    private static let isEnded = "(status IN ('resolved', 'closed'))"

    /// Without words the full text is not asked: SQLite does not look at the right side of a true OR.
    static func matching(_ order: CaseFilter.Order) -> String {
        let sorting =
            switch order {
            case .number: "number DESC"
            case .started: "started_at DESC, number DESC"
            case .severity: "\(isEnded), CASE WHEN \(isEnded) THEN 0 ELSE \(severityRank) END, number DESC"
            case .changed: "changed_at DESC, number DESC"
            }
        return """
            SELECT key, count(*) OVER () FROM investigation INDEXED BY investigation_listing
            WHERE is_deleted = 0 AND number IS NOT NULL AND (:status IS NULL OR status = :status)
              AND (:severity IS NULL OR \(severityRank) <= :severity)
              AND (:priority IS NULL OR priority = :priority) AND (:environment IS NULL OR environment = :environment)
              AND (:assigned IS NULL OR assigned_to = :assigned)
              AND (:from IS NULL OR started_at >= :from) AND (:to IS NULL OR started_at <= :to)
              AND (:service IS NULL OR key IN (SELECT case_key FROM case_facet WHERE kind = 'service' AND value = :service))
              AND (:component IS NULL OR key IN (SELECT case_key FROM case_facet WHERE kind = 'component' AND value = :component))
              AND (:words IS NULL OR investigation_id IN (SELECT rowid FROM case_search WHERE case_search MATCH :words))
            ORDER BY \(sorting) LIMIT :limit OFFSET :offset
            """
    }

    static func read(_ row: Row) throws -> Investigation {
        guard
            let investigation = Investigation(
                document: row.json(3), key: row.text(0), number: Int(row.int(1)), version: Int(row.int(2)), isDeleted: false,
                mergedInto: nil)
        else { throw StoreError.unreadable(table: "case_brief", key: row.text(0)) }
        return investigation
    }
}

extension Row {
    func instant(_ column: Int32) -> Instant? { optionalInt(column).map { Instant(ms: $0) } }
}

extension Connection {
    /// Writes what lists need of an investigation anew.
    func list(_ investigation: Investigation) throws {
        try run(
            "INSERT INTO case_brief (case_key, brief) VALUES (:key, :brief) ON CONFLICT DO UPDATE SET brief = excluded.brief",
            ["key": .text(investigation.key), "brief": .text(investigation.brief.document.text)])
        try run("DELETE FROM case_facet WHERE case_key = :key", ["key": .text(investigation.key)])
        let first = investigation.brief.hypotheses.first
        let change = first?.kind == .change ? first?.change?.text : nil
        for (kind, values) in [
            ("service", investigation.services), ("component", investigation.components), ("change", change.map { [$0] } ?? []),
        ] {
            for value in values {
                try run(
                    "INSERT OR IGNORE INTO case_facet (kind, value, case_key) VALUES (:kind, :value, :key)",
                    ["kind": .text(kind), "value": .text(value), "key": .text(investigation.key)])
            }
        }
    }
}
