import Model

/// A day's live events: in numbers, and the strongest of them.
extension CaseStore {
    /// The numbers of a day, counted anew.
    package func countDay(_ day: Int64) throws -> DaySummary {
        var summary = DaySummary(day: day)
        try access { connection in
            try connection.forEach(DayQuery.counts, DayQuery.span(day)) { row in
                let count = Int(clamping: row.int(4))
                switch EventRole(rawValue: row.text(0)) {
                case .signal:
                    if let severity = Severity(rawValue: row.text(1)) { summary.severities[severity, default: 0] += count }
                    summary.sources[row.text(2), default: 0] += count
                    let hour = Int(row.int(3))
                    if summary.hours.indices.contains(hour) { summary.hours[hour] += count }
                case .change: summary.changes += count
                default: summary.context += count
                }
            }
            try connection.forEach(DayQuery.services, DayQuery.span(day)) { row in
                if let service = row.optionalText(0), !service.isEmpty { summary.services[service] = Int(clamping: row.int(1)) }
            }
        }
        return summary
    }

    /// The days whose numbers are kept, with the stamp they were counted at, by day.
    package func daySummaries() throws -> [(stamp: Int64, summary: DaySummary)] {
        try access { connection in
            try connection.all("SELECT day, changes, document FROM day_summary ORDER BY day") { row in
                (stamp: row.int(1), summary: DaySummary(day: row.int(0), document: row.json(2)))
            }
        }
    }

    package func save(_ summary: DaySummary, stamp: Int64) throws {
        _ = try write {
            try $0.run(
                """
                INSERT INTO day_summary (day, changes, document) VALUES (:day, :changes, :document)
                ON CONFLICT (day) DO UPDATE SET changes = excluded.changes, document = excluded.document
                """, ["day": .int(summary.day), "changes": .int(stamp), "document": .text(summary.document.text)])
        }
    }

    /// The live events of a day that say most, at most `limit`, by time: signals by severity, changes, then context.
    package func strongestEvents(day: Int64, limit: Int) throws -> [Event] {
        try access {
            try $0.all(
                DayQuery.strongest, ["from": .int(day * .dayMs), "to": .int((day + 1) * .dayMs - 1), "limit": .int(Int64(limit))]
            ) { try EventQuery.read($0) }
        }.sorted(by: EventQuery.isEarlier)
    }

    /// The investigation each of these facts is evidence of; the lowest number when there are several.
    package func caseNumbers(fingerprints: some Sequence<Fingerprint>) throws -> [Fingerprint: Int] {
        var out: [Fingerprint: Int] = [:]
        try access { connection in
            for fingerprint in Set(fingerprints).sorted() {
                out[fingerprint] = try connection.first(DayQuery.caseOf, ["fingerprint": .text(fingerprint.text)]) { Int($0.int(0)) }
            }
        }
        return out
    }

    /// Live changes in a range, both ends included, of one service or of all, newest first, at most `limit`.
    package func changes(in range: ClosedRange<Instant>, service: String? = nil, limit: Int) throws -> [Event] {
        try access {
            try $0.all(
                DayQuery.changes,
                [
                    "from": .int(range.lowerBound.ms), "to": .int(range.upperBound.ms), "service": .optional(service),
                    "limit": .int(Int64(limit)),
                ]
            ) { try EventQuery.read($0) }
        }
    }
}

enum DayQuery {
    static let counts = """
        SELECT role, severity, source, (occurred_at - :from) / 3600000 AS hour, count(*) FROM event \
        WHERE occurred_at BETWEEN :from AND :to AND \(EventQuery.isLive) GROUP BY role, severity, source, hour
        """
    static let services = """
        SELECT service, count(*) FROM event WHERE occurred_at BETWEEN :from AND :to AND \(EventQuery.isLive) AND role = 'signal' \
        GROUP BY service ORDER BY 2 DESC, 1 LIMIT 50
        """
    static let strongest = """
        SELECT \(EventQuery.columns) FROM event WHERE occurred_at BETWEEN :from AND :to AND \(EventQuery.isLive) \
        ORDER BY CASE role WHEN 'context' THEN 9 WHEN 'change' THEN 3 \
        ELSE CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 4 ELSE 5 END END, \
        occurred_at, id LIMIT :limit
        """
    static let caseOf = """
        SELECT number FROM evidence JOIN investigation ON key = case_key \
        WHERE fingerprint = :fingerprint AND is_deleted = 0 AND number IS NOT NULL ORDER BY number LIMIT 1
        """
    static let changes = """
        SELECT \(EventQuery.columns) FROM event INDEXED BY event_change WHERE occurred_at BETWEEN :from AND :to \
        AND role = 'change' AND \(EventQuery.isLive) AND (:service IS NULL OR service = :service) \
        ORDER BY occurred_at DESC, id DESC LIMIT :limit
        """

    static func span(_ day: Int64) -> Bindings { ["from": .int(day * .dayMs), "to": .int((day + 1) * .dayMs - 1)] }
}
