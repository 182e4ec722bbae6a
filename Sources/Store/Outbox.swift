import Model

/// A message that is to leave. It is written before it is sent and kept after.
package struct OutboxItem: Hashable, Sendable {
    package var id: Int64
    package var channel: String
    /// The same key is one message, whatever happens.
    package var dedupKey: String
    package var payload: JSONValue
    package var createdAt: Instant
    /// Attempts begun.
    package var attempts: Int
    package var lastError: String?
    /// A run began to send it and never said how that ended: the receiver may have it already.
    package var wasInterrupted: Bool
}

/// What one audience was last told about one investigation.
package struct DigestState: Hashable, Sendable {
    package var status: InvestigationStatus
    package var severity: Severity
    package var version: Int
    package init(status: InvestigationStatus, severity: Severity, version: Int) {
        self.status = status
        self.severity = severity
        self.version = version
    }
}

extension CaseStore {
    /// Puts a message into the outbox; false when one with this key is or was there.
    @discardableResult
    package func enqueue(channel: String, dedupKey: String, payload: JSONValue, at: Instant) throws -> Bool {
        try write {
            try $0.run(
                """
                INSERT OR IGNORE INTO outbox (channel, dedup_key, payload, state, created_at, attempts, next_attempt_at)
                VALUES (:channel, :key, :payload, 'pending', :at, 0, :at)
                """, ["channel": .text(channel), "key": .text(dedupKey), "payload": .text(payload.text), "at": .int(at.ms)]) > 0
        }
    }

    /// The messages to send now, oldest first: due ones, and those a stopped run was sending.
    package func dueOutbox(now: Instant, limit: Int? = nil) throws -> [OutboxItem] {
        try access { connection in
            try connection.all(OutboxQuery.due, ["now": .int(now.ms), "limit": .int(limit.map(Int64.init) ?? -1)]) { OutboxItem($0) }
        }
    }

    /// Says that sending begins: after a crash the message is due at once, with `wasInterrupted`.
    package func markSending(_ id: Int64) throws {
        _ = try write { try $0.run("UPDATE outbox SET state = 'sending', attempts = attempts + 1 WHERE outbox_id = :id", ["id": .int(id)]) }
    }

    /// It is out; `receipt` is what the receiver said.
    package func markSent(_ id: Int64, receipt: String, at: Instant) throws {
        try write { connection in
            try connection.run("UPDATE outbox SET state = 'sent', last_error = NULL WHERE outbox_id = :id", ["id": .int(id)])
            try connection.run(
                "INSERT OR IGNORE INTO receipt (outbox_id, at, detail) VALUES (:id, :at, :detail)",
                ["id": .int(id), "at": .int(at.ms), "detail": .text(receipt)])
        }
    }

    /// It did not go out: it is due again at `nextAttemptAt`, or becomes a dead letter after `maxAttempts`; true then.
    @discardableResult
    package func markFailed(_ id: Int64, error: String, remedy: String = "", at: Instant, nextAttemptAt: Instant, maxAttempts: Int) throws
        -> Bool
    {
        try write { connection in
            guard
                let item = try connection.first(OutboxQuery.byID, ["id": .int(id)], { OutboxItem($0) })
            else { return false }
            let isDead = item.attempts >= maxAttempts
            try connection.run(
                "UPDATE outbox SET state = :state, last_error = :error, next_attempt_at = :next WHERE outbox_id = :id",
                [
                    "state": .text(isDead ? "dead" : "pending"), "error": .text(error), "next": .int(nextAttemptAt.ms), "id": .int(id),
                ])
            if isDead {
                try append([DeadLetter(origin: item.channel, place: "outbox \(id)", reason: error, remedy: remedy)], at: at)
            }
            return isDead
        }
    }

    /// Makes a dead or waiting message due now, with all its attempts before it.
    @discardableResult
    package func retryOutbox(_ id: Int64, at: Instant) throws -> Bool {
        try write {
            try $0.run(
                """
                UPDATE outbox SET state = 'pending', attempts = 0, next_attempt_at = :at WHERE outbox_id = :id AND state <> 'sent'
                """, ["at": .int(at.ms), "id": .int(id)]) > 0
        }
    }

    /// How many messages wait, and how many were given up.
    package func outboxCounts() throws -> (waiting: Int, dead: Int, sent: Int) {
        try access { connection in
            func count(_ state: String) throws -> Int {
                Int(try connection.number("SELECT count(*) FROM outbox WHERE state = :state", ["state": .text(state)]))
            }
            return (try count("pending") + count("sending"), try count("dead"), try count("sent"))
        }
    }

    // MARK: What each audience knows

    /// By key of the investigation.
    package func digestState(audience: String) throws -> [String: DigestState] {
        var out: [String: DigestState] = [:]
        try access { connection in
            try connection.forEach(
                "SELECT case_key, status, severity, version FROM digest_state WHERE audience = :audience", ["audience": .text(audience)]
            ) { row in
                guard let status = InvestigationStatus(rawValue: row.text(1)), let severity = Severity(rawValue: row.text(2)) else {
                    throw StoreError.unreadable(table: "digest_state", key: row.text(0))
                }
                out[row.text(0)] = DigestState(status: status, severity: severity, version: Int(row.int(3)))
            }
        }
        return out
    }

    /// Saves what an audience was told; in the transaction that puts the digest into the outbox.
    package func saveDigestState(_ states: [String: DigestState], audience: String, at: Instant) throws {
        try write { connection in
            for (key, state) in states.sorted(by: { $0.key < $1.key }) {
                try connection.run(
                    """
                    INSERT INTO digest_state (audience, case_key, status, severity, version, at)
                    VALUES (:audience, :key, :status, :severity, :version, :at)
                    ON CONFLICT DO UPDATE SET status = excluded.status, severity = excluded.severity, version = excluded.version,
                      at = excluded.at
                    """,
                    [
                        "audience": .text(audience), "key": .text(key), "status": .text(state.status.rawValue),
                        "severity": .text(state.severity.rawValue), "version": .int(Int64(state.version)), "at": .int(at.ms),
                    ])
            }
        }
    }
}

enum OutboxQuery {
    static let columns = "outbox_id, channel, dedup_key, payload, created_at, attempts, last_error, state"
    static let byID = "SELECT \(columns) FROM outbox WHERE outbox_id = :id"
    static let due = """
        SELECT \(columns) FROM outbox INDEXED BY outbox_due WHERE state IN ('pending', 'sending') AND next_attempt_at <= :now
        ORDER BY outbox_id LIMIT :limit
        """
}

extension OutboxItem {
    fileprivate init(_ row: Row) {
        self.init(
            id: row.int(0), channel: row.text(1), dedupKey: row.text(2), payload: row.json(3), createdAt: Instant(ms: row.int(4)),
            attempts: Int(clamping: row.int(5)), lastError: row.optionalText(6), wasInterrupted: row.text(7) == "sending")
    }
}
