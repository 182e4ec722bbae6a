import Model

extension CaseSnapshot {
    /// True when a person had a hand in it: its number may not change, and it is not withdrawn.
    var isTouched: Bool {
        !investigation.humanFields.isEmpty || investigation.createdBy != "caseboard"
            || evidence.contains { $0.starred || !$0.linkedBy.hasPrefix("rule:") }
    }
}

extension CaseStore {
    /// Applies decisions in one transaction: investigations, evidence, versions, search and the audit.
    ///
    /// A change that says what the store already holds writes nothing. The store numbers the versions: 1 when opened, one more
    /// with each change. Numbers may be exchanged freely among the changed ones; a merged or withdrawn investigation gives
    /// its number up when another one needs it.
    package func apply(_ changes: [CaseChange], at: Instant, author: String) throws {
        if changes.isEmpty { return }
        try write { connection in
            let wanted = changes.compactMap { change -> (key: String, number: Int)? in
                switch change {
                case .open(let snapshot, _), .update(let snapshot, _): (snapshot.investigation.key, snapshot.investigation.number)
                case .merge, .withdraw: nil
                }
            }
            for (key, number) in wanted { try connection.giveUpNumber(of: key, unless: number) }
            for change in changes {
                switch change {
                case .open(let snapshot, let reasons):
                    try connection.save(snapshot, reasons: reasons, mayOpen: true, at: at, author: author)
                case .update(let snapshot, let reasons):
                    try connection.save(snapshot, reasons: reasons, mayOpen: false, at: at, author: author)
                case .merge(let key, let into, let reasons):
                    try connection.end(key, mergedInto: into, reasons: reasons, at: at, author: author)
                case .withdraw(let key, let reasons):
                    try connection.end(key, mergedInto: nil, reasons: reasons, at: at, author: author)
                }
            }
        }
    }
}

extension Connection {
    /// Frees a number that is about to change, so that the new numbers never meet the old ones.
    fileprivate func giveUpNumber(of key: String, unless number: Int) throws {
        let stored = try self.number("SELECT coalesce(number, 0) FROM investigation WHERE key = :key", ["key": .text(key)])
        if stored == 0 || stored == Int64(number) { return }
        try run("UPDATE investigation SET number = NULL WHERE key = :key", ["key": .text(key)])
    }

    /// Takes a number, from an investigation that ended if need be.
    private func takeNumber(_ number: Int, for key: String) throws {
        let holder = try first(
            "SELECT key, is_deleted, is_touched FROM investigation WHERE number = :number AND key <> :key",
            ["number": .int(Int64(number)), "key": .text(key)]
        ) { (key: $0.text(0), hasEnded: $0.flag(1) && !$0.flag(2)) }
        guard let holder else { return }
        if !holder.hasEnded { throw StoreError.numberTaken(number: number, by: holder.key) }
        try run("UPDATE investigation SET number = NULL WHERE key = :key", ["key": .text(holder.key)])
    }

    fileprivate func save(_ snapshot: CaseSnapshot, reasons: [String], mayOpen: Bool, at: Instant, author: String) throws {
        let investigation = snapshot.investigation
        let key = investigation.key
        let document = investigation.document.text
        let stored = try storedCase(key)
        if stored == nil && !mayOpen { throw StoreError.unknownCase(key: key) }
        let evidence = Dictionary(snapshot.evidence.map { ($0.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
            .values.sorted { $0.fingerprint < $1.fingerprint }
        if let stored, stored.document == document, stored.investigation.number == investigation.number,
            stored.investigation.isDeleted == investigation.isDeleted, stored.mergedIntoKey == nil, try self.evidence(key) == evidence
        {
            return
        }
        try takeNumber(investigation.number, for: key)
        let version = (stored?.investigation.version ?? 0) + 1
        try write(investigation, document: document, version: version, isTouched: snapshot.isTouched, at: at)
        try list(investigation)
        let before = Set(try self.evidence(key).map(\.fingerprint))
        let now = Set(evidence.map(\.fingerprint))
        try replaceEvidence(evidence, of: key, at: at)
        try addVersion(version, of: key, changes: reasons, at: at, author: author)
        try indexCase(key)
        let was = stored?.investigation.status
        try audit(
            stored == nil ? "open" : "update", subject: key,
            detail: .compact([
                "number": .int(Int64(investigation.number)), "version": .int(Int64(version)), "reasons": .strings(reasons),
                "status": .string(investigation.status.rawValue),
                "was_status": was.flatMap { $0 == investigation.status ? nil : .string($0.rawValue) },
                "linked": Self.listed(now.subtracting(before)), "linked_count": Self.count(now.subtracting(before)),
                "unlinked": Self.listed(before.subtracting(now)), "unlinked_count": Self.count(before.subtracting(now)),
                "document": .string(SHA256Digest.hex(of: Array(document.utf8))),
                "evidence": .string(SHA256Digest.hex(of: Array(evidence.map(\.stamp).joined(separator: "\n").utf8))),
            ]), at: at, author: author)
    }

    /// The audit names this many links of one change; more are only counted.
    private static let linksNamed = 100
    private static func listed(_ fingerprints: Set<Fingerprint>) -> JSONValue? {
        fingerprints.isEmpty ? nil : .strings(fingerprints.sorted().prefix(linksNamed).map(\.text))
    }
    private static func count(_ fingerprints: Set<Fingerprint>) -> JSONValue? {
        fingerprints.isEmpty ? nil : .int(Int64(fingerprints.count))
    }

    private func write(_ investigation: Investigation, document: String, version: Int, isTouched: Bool, at: Instant) throws {
        try run(
            """
            INSERT INTO investigation (key, number, title, status, severity, priority, environment, assigned_to, created_by, started_at,
              detected_at, acknowledged_at, mitigated_at, resolved_at, last_signal_at, version, is_deleted, merged_into, is_touched,
              opened_at, changed_at, document)
            VALUES (:key, :number, :title, :status, :severity, :priority, :environment, :assigned, :created, :started, :detected,
              :acknowledged, :mitigated, :resolved, :last, :version, :deleted, NULL, :touched, :at, :at, :document)
            ON CONFLICT (key) DO UPDATE SET number = excluded.number, title = excluded.title, status = excluded.status,
              severity = excluded.severity, priority = excluded.priority, environment = excluded.environment,
              assigned_to = excluded.assigned_to, created_by = excluded.created_by, started_at = excluded.started_at,
              detected_at = excluded.detected_at, acknowledged_at = excluded.acknowledged_at, mitigated_at = excluded.mitigated_at,
              resolved_at = excluded.resolved_at, last_signal_at = excluded.last_signal_at, version = excluded.version,
              is_deleted = excluded.is_deleted, merged_into = NULL, is_touched = max(is_touched, excluded.is_touched),
              changed_at = excluded.changed_at, document = excluded.document
            """,
            [
                "key": .text(investigation.key), "number": .int(Int64(investigation.number)), "title": .text(investigation.title),
                "status": .text(investigation.status.rawValue), "severity": .text(investigation.severity.rawValue),
                "priority": .text(investigation.priority.rawValue), "environment": .optional(investigation.environment),
                "assigned": .optional(investigation.assignedTo), "created": .text(investigation.createdBy),
                "started": .int(investigation.startedAt.ms), "detected": .optional(investigation.detectedAt?.ms),
                "acknowledged": .optional(investigation.acknowledgedAt?.ms), "mitigated": .optional(investigation.mitigatedAt?.ms),
                "resolved": .optional(investigation.resolvedAt?.ms), "last": .int(investigation.lastSignalAt.ms),
                "version": .int(Int64(version)), "deleted": .flag(investigation.isDeleted), "touched": .flag(isTouched), "at": .int(at.ms),
                "document": .text(document),
            ])
    }

    /// Only what differs is written; the moment of linking stays with links that stay.
    private func replaceEvidence(_ evidence: [Evidence], of key: String, at: Instant) throws {
        let old = Dictionary(try self.evidence(key).map { ($0.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
        let kept = Set(evidence.map(\.fingerprint))
        for fingerprint in old.keys.sorted() where !kept.contains(fingerprint) {
            try run(
                "DELETE FROM evidence WHERE case_key = :key AND fingerprint = :fingerprint",
                ["key": .text(key), "fingerprint": .text(fingerprint.text)])
        }
        for link in evidence where old[link.fingerprint] != link {
            try run(
                """
                INSERT INTO evidence (case_key, fingerprint, event_id, confidence, terms, phase, stance, linked_by, linked_at, starred,
                  inhibited_by)
                VALUES (:key, :fingerprint, :event, :confidence, :terms, :phase, :stance, :by, :at, :starred, :inhibited)
                ON CONFLICT DO UPDATE SET event_id = excluded.event_id, confidence = excluded.confidence, terms = excluded.terms,
                  phase = excluded.phase, stance = excluded.stance, linked_by = excluded.linked_by, starred = excluded.starred,
                  inhibited_by = excluded.inhibited_by
                """,
                [
                    "key": .text(key), "fingerprint": .text(link.fingerprint.text), "event": .text(link.eventID),
                    "confidence": .real(link.confidence.isFinite ? link.confidence : 0), "terms": .text(JSONValue.terms(link.terms).text),
                    "phase": .text(link.phase.rawValue), "stance": .text(link.stance.rawValue), "by": .text(link.linkedBy),
                    "at": .int(at.ms), "starred": .flag(link.starred), "inhibited": .optional(link.inhibitedBy?.text),
                ])
        }
    }

    /// It is part of another one, or nothing is left of it: it keeps its number until another one needs it, and no evidence.
    fileprivate func end(_ key: String, mergedInto into: String?, reasons: [String], at: Instant, author: String) throws {
        guard let stored = try storedCase(key) else { throw StoreError.unknownCase(key: key) }
        if let into, try storedCase(into) == nil { throw StoreError.unknownCase(key: into) }
        if stored.investigation.isDeleted && stored.mergedIntoKey == into { return }
        let version = stored.investigation.version + 1
        try run(
            """
            UPDATE investigation SET is_deleted = 1, merged_into = :into, version = :version, changed_at = :at WHERE key = :key
            """, ["into": .optional(into), "version": .int(Int64(version)), "at": .int(at.ms), "key": .text(key)])
        try replaceEvidence([], of: key, at: at)
        try addVersion(version, of: key, changes: reasons, at: at, author: author)
        try indexCase(key)
        try audit(
            into == nil ? "withdraw" : "merge", subject: key,
            detail: .compact([
                "number": .int(Int64(stored.investigation.number)), "version": .int(Int64(version)), "reasons": .strings(reasons),
                "into": into.map { .string($0) },
            ]), at: at, author: author)
    }

    private func addVersion(_ version: Int, of key: String, changes: [String], at: Instant, author: String) throws {
        try run(
            "INSERT INTO case_version (case_key, version, at, author, changes) VALUES (:key, :version, :at, :author, :changes)",
            [
                "key": .text(key), "version": .int(Int64(version)), "at": .int(at.ms), "author": .text(author),
                "changes": .text(JSONValue.strings(changes).text),
            ])
    }
}

extension Evidence {
    /// Everything it says, for the digest in the audit.
    fileprivate var stamp: String {
        let words = terms.map { "\($0.name)=\($0.value):\($0.why)" }.joined(separator: "\u{1F}")
        return
            "\(fingerprint.text) \(eventID) \(confidence) \(phase.rawValue) \(stance.rawValue) \(linkedBy) \(starred) "
            + "\(inhibitedBy?.text ?? "-") \(words)"
    }
}
