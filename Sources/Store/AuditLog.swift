import Model

/// The chain: SHA-256 over the hash of the entry before, a newline, and the entry as JSON with sorted keys.
package enum AuditChain {
    /// The hash before the first entry.
    package static let origin = String(repeating: "0", count: 64)

    package static func hash(
        previous: String, seq: Int64, at: Instant, author: String, action: String, subject: String, detail: JSONValue
    ) -> String {
        let entry: JSONValue = [
            "seq": .int(seq), "at": .int(at.ms), "author": .string(author), "action": .string(action), "subject": .string(subject),
            "detail": detail,
        ]
        return SHA256Digest.hex(of: Array((previous + "\n" + entry.text).utf8))
    }
}

/// What is wrong with the audit, and where.
package enum AuditProblem: Hashable, Sendable, CustomStringConvertible {
    case edited(seq: Int64)
    /// An entry does not follow the one before: something was taken out, put in or moved.
    case broken(seq: Int64)
    /// The last entries are gone.
    case cut(lastSeq: Int64, expectedSeq: Int64)

    package var description: String {
        switch self {
        case .edited(let seq): "audit entry \(seq) was edited: its hash is not that of its content"
        case .broken(let seq): "audit entry \(seq) does not follow the one before it: entries were removed, added or reordered"
        case .cut(let last, let expected): "the audit ends with entry \(last), but entry \(expected) was written"
        }
    }
}

extension CaseStore {
    /// Adds an entry; there is no way to change or remove one.
    package func appendAudit(action: String, subject: String, detail: JSONValue = .object([:]), at: Instant, author: String) throws {
        try write { try $0.audit(action, subject: subject, detail: detail, at: at, author: author) }
    }

    /// The entries after `seq`, oldest first.
    package func auditEntries(after seq: Int64 = 0, limit: Int? = nil) throws -> [AuditEntry] {
        try access { connection in
            try connection.all(
                """
                SELECT seq, at, author, action, subject, detail, prev_hash, hash FROM audit WHERE seq > :seq ORDER BY seq LIMIT :limit
                """, ["seq": .int(seq), "limit": .int(limit.map(Int64.init) ?? -1)]
            ) {
                AuditEntry(
                    seq: $0.int(0), at: Instant(ms: $0.int(1)), author: $0.text(2), action: $0.text(3), subject: $0.text(4),
                    detail: $0.json(5), previousHash: $0.text(6), hash: $0.text(7))
            }
        }
    }

    /// The sequence number of the last entry; 0 when there is none.
    package func lastAuditSequence() throws -> Int64 {
        try access { try $0.number("SELECT coalesce(max(seq), 0) FROM audit") }
    }

    /// Finds any edit, removal, insertion or reordering, in order. The end of the chain is also kept apart from it, so that a
    /// cut end is found.
    package func verifyAudit() throws -> [AuditProblem] {
        var problems: [AuditProblem] = []
        var last: (seq: Int64, hash: String) = (0, AuditChain.origin)
        for entry in try auditEntries() {
            if entry.seq != last.seq + 1 || entry.previousHash != last.hash { problems.append(.broken(seq: entry.seq)) }
            let hash = AuditChain.hash(
                previous: entry.previousHash, seq: entry.seq, at: entry.at, author: entry.author, action: entry.action,
                subject: entry.subject, detail: entry.detail)
            if hash != entry.hash { problems.append(.edited(seq: entry.seq)) }
            last = (entry.seq, entry.hash)
        }
        let head = try setting(Self.auditHeadKey)
        if head != (last.seq == 0 ? nil : "\(last.seq) \(last.hash)") {
            let expected = head.flatMap { Int64($0.prefix { $0 != " " }) } ?? 0
            problems.append(.cut(lastSeq: last.seq, expectedSeq: expected))
        }
        return problems
    }

    static let auditHeadKey = "audit.head"
}

extension Connection {
    func audit(_ action: String, subject: String, detail: JSONValue, at: Instant, author: String) throws {
        let last = try first("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1") { (seq: $0.int(0), hash: $0.text(1)) }
        let seq = (last?.seq ?? 0) + 1
        let previous = last?.hash ?? AuditChain.origin
        // As it will be read back: a whole double becomes an integer on the way.
        let stored = StoredJSON.read(detail.text) ?? .null
        let hash = AuditChain.hash(
            previous: previous, seq: seq, at: at, author: author, action: action, subject: subject, detail: stored)
        try run(
            """
            INSERT INTO audit (seq, at, author, action, subject, detail, prev_hash, hash)
            VALUES (:seq, :at, :author, :action, :subject, :detail, :previous, :hash)
            """,
            [
                "seq": .int(seq), "at": .int(at.ms), "author": .text(author), "action": .text(action), "subject": .text(subject),
                "detail": .text(stored.text), "previous": .text(previous), "hash": .text(hash),
            ])
        try run(
            "INSERT INTO setting (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            ["key": .text(CaseStore.auditHeadKey), "value": .text("\(seq) \(hash)")])
    }
}
