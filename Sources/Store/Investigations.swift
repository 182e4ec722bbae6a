import Model

/// What is needed to know whether an investigation is news or its page is out of date, without reading its document.
package struct CaseStamp: Hashable, Sendable {
    package var key: String
    /// 0 once another investigation needed the number.
    package var number: Int
    package var status: InvestigationStatus
    package var severity: Severity
    package var startedAt: Instant
    package var lastSignalAt: Instant
    package var version: Int
    package var changedAt: Instant
    package var isDeleted: Bool
    /// Changes with notes as well, which have no version.
    package var noteCount: Int
}

extension CaseStore {
    /// Every investigation, newest number first. Merged and withdrawn ones only with `includeDeleted`.
    package func allInvestigations(includeDeleted: Bool = false) throws -> [Investigation] {
        try access { connection in
            try connection.all(CaseQuery.all, ["deleted": .flag(includeDeleted)]) { try CaseQuery.read($0).investigation }
        }
    }

    /// The stamps of all, newest number first, merged and withdrawn ones included.
    package func caseStamps() throws -> [CaseStamp] {
        try access { connection in
            try connection.all(
                """
                SELECT key, coalesce(number, 0), version, changed_at, is_deleted,
                  (SELECT count(*) FROM annotation WHERE case_key = investigation.key), status, severity, started_at, last_signal_at
                FROM investigation ORDER BY number DESC, key
                """
            ) {
                CaseStamp(
                    key: $0.text(0), number: Int($0.int(1)), status: InvestigationStatus(rawValue: $0.text(6)) ?? .open,
                    severity: Severity(rawValue: $0.text(7)) ?? .info, startedAt: Instant(ms: $0.int(8)),
                    lastSignalAt: Instant(ms: $0.int(9)), version: Int($0.int(2)), changedAt: Instant(ms: $0.int(3)),
                    isDeleted: $0.flag(4), noteCount: Int($0.int(5)))
            }
        }
    }

    /// The investigation with this number, deleted or not. `isSettled` is by the settling time given.
    package func snapshot(number: Int, settleMs: Int64 = 0, now: Instant = Instant(ms: .max)) throws -> CaseSnapshot? {
        try snapshots(CaseQuery.byNumber, ["number": .int(Int64(number))], settleMs: settleMs, now: now).first
    }

    package func snapshot(key: String, settleMs: Int64 = 0, now: Instant = Instant(ms: .max)) throws -> CaseSnapshot? {
        try snapshots(CaseQuery.byKey, ["key": .text(key)], settleMs: settleMs, now: now).first
    }

    /// Every investigation that has evidence in a range or was active in it, by number. Merged and withdrawn ones are left
    /// out; those a person deleted are not, so that no run opens them again.
    package func snapshots(touching range: ClosedRange<Instant>, settleMs: Int64, now: Instant) throws -> [CaseSnapshot] {
        try snapshots(
            CaseQuery.touching, ["from": .int(range.lowerBound.ms), "to": .int(range.upperBound.ms)], settleMs: settleMs, now: now)
    }

    /// Every investigation whose number may still change, by number: nobody touched it, it was opened less than `settleMs`
    /// ago, and no later number is settled.
    package func unsettledSnapshots(settleMs: Int64, now: Instant) throws -> [CaseSnapshot] {
        let first = try firstFreeNumber(settleMs: settleMs, now: now)
        return try snapshots(CaseQuery.fromNumber, ["number": .int(Int64(first))], settleMs: settleMs, now: now)
    }

    /// One more than the greatest settled number. A number is settled when its investigation was touched by a person or was
    /// opened (in the store's time) `settleMs` ago or more; all smaller numbers are settled with it.
    package func firstFreeNumber(settleMs: Int64, now: Instant) throws -> Int {
        try access { connection in
            Int(
                try connection.number(
                    "SELECT coalesce(max(number), 0) + 1 FROM investigation WHERE is_touched = 1 OR opened_at <= :before",
                    ["before": .int(now.ms.clampedSubtracting(settleMs))]))
        }
    }

    /// The evidence of one investigation, by fingerprint.
    package func evidence(key: String) throws -> [Evidence] {
        try access { try $0.evidence(key) }
    }

    private func snapshots(_ sql: String, _ bindings: Bindings, settleMs: Int64, now: Instant) throws -> [CaseSnapshot] {
        try access { connection in
            let firstFree = try firstFreeNumber(settleMs: settleMs, now: now)
            return try connection.all(sql, bindings) { try CaseQuery.read($0) }.map { stored in
                CaseSnapshot(
                    investigation: stored.investigation, evidence: try connection.evidence(stored.investigation.key),
                    isSettled: stored.investigation.number < firstFree)
            }
        }
    }
}

/// A row of `investigation`.
struct StoredCase {
    var investigation: Investigation
    var isTouched: Bool
    var openedAt: Instant
    var rowKey: Int64
    /// The document as stored.
    var document: String
    var mergedIntoKey: String?
}

enum CaseQuery {
    static let columns = """
        key, coalesce(number, 0), version, is_deleted, is_touched, opened_at, investigation_id, document, merged_into, \
        (SELECT other.number FROM investigation AS other WHERE other.key = investigation.merged_into)
        """
    static let all = "SELECT \(columns) FROM investigation WHERE is_deleted = 0 OR :deleted = 1 ORDER BY number DESC, key"
    static let byNumber = "SELECT \(columns) FROM investigation WHERE number = :number"
    static let byKey = "SELECT \(columns) FROM investigation WHERE key = :key"
    static let fromNumber = "SELECT \(columns) FROM investigation WHERE number >= :number AND is_deleted = 0 ORDER BY number"
    static let touching = """
        SELECT \(columns) FROM investigation WHERE (is_deleted = 0 OR (is_touched = 1 AND merged_into IS NULL)) AND key IN (
          SELECT key FROM investigation WHERE started_at <= :to AND last_signal_at >= :from
          UNION SELECT case_key FROM event CROSS JOIN evidence USING (fingerprint) WHERE occurred_at BETWEEN :from AND :to)
        ORDER BY number, key
        """
    static let evidence = """
        SELECT fingerprint, event_id, confidence, terms, phase, stance, linked_by, starred, inhibited_by FROM evidence
        WHERE case_key = :key ORDER BY fingerprint
        """

    static func read(_ row: Row) throws -> StoredCase {
        guard
            let investigation = Investigation(
                document: row.json(7), key: row.text(0), number: Int(row.int(1)), version: Int(row.int(2)), isDeleted: row.flag(3),
                mergedInto: row.optionalInt(9).map { Int($0) })
        else { throw StoreError.unreadable(table: "investigation", key: row.text(0)) }
        return StoredCase(
            investigation: investigation, isTouched: row.flag(4), openedAt: Instant(ms: row.int(5)), rowKey: row.int(6),
            document: row.text(7), mergedIntoKey: row.optionalText(8))
    }
}

extension Connection {
    func storedCase(_ key: String) throws -> StoredCase? {
        try first(CaseQuery.byKey, ["key": .text(key)]) { try CaseQuery.read($0) }
    }

    func evidence(_ key: String) throws -> [Evidence] {
        try all(CaseQuery.evidence, ["key": .text(key)]) { row in
            guard let phase = EvidencePhase(rawValue: row.text(4)), let stance = Evidence.Stance(rawValue: row.text(5)) else {
                throw StoreError.unreadable(table: "evidence", key: row.text(0))
            }
            return Evidence(
                fingerprint: Fingerprint(stored: row.text(0)), eventID: row.text(1), confidence: row.real(2), terms: row.terms(3),
                phase: phase, stance: stance, linkedBy: row.text(6), starred: row.flag(7),
                inhibitedBy: row.optionalText(8).map { Fingerprint(stored: $0) })
        }
    }
}
