import Model

/// What people add to investigations, and the history of each.
extension CaseStore {
    /// The versions of an investigation, oldest first.
    package func versions(key: String) throws -> [CaseVersion] {
        try access { connection in
            try connection.all(
                "SELECT version, at, author, changes FROM case_version WHERE case_key = :key ORDER BY version", ["key": .text(key)]
            ) { CaseVersion(version: Int($0.int(0)), at: Instant(ms: $0.int(1)), author: $0.text(2), changes: $0.strings(3)) }
        }
    }

    package func versions(number: Int) throws -> [CaseVersion] {
        try access { connection in
            let key = try connection.first("SELECT key FROM investigation WHERE number = :number", ["number": .int(Int64(number))]) {
                $0.text(0)
            }
            return try key.map { try versions(key: $0) } ?? []
        }
    }

    /// The notes on an investigation, oldest first.
    package func notes(key: String) throws -> [Annotation] {
        try access { connection in
            try connection.all(
                "SELECT at, author, text FROM annotation WHERE case_key = :key ORDER BY at, author, text", ["key": .text(key)]
            ) { Annotation(at: Instant(ms: $0.int(0)), author: $0.text(1), text: $0.text(2)) }
        }
    }

    /// Adds a note; false when the same one (moment, author, text) is there already.
    @discardableResult
    package func addNote(_ note: Annotation, key: String, at: Instant) throws -> Bool {
        try write { connection in
            if try connection.storedCase(key) == nil { throw StoreError.unknownCase(key: key) }
            let added = try connection.run(
                "INSERT OR IGNORE INTO annotation (case_key, at, author, text) VALUES (:key, :at, :author, :text)",
                ["key": .text(key), "at": .int(note.at.ms), "author": .text(note.author), "text": .text(note.text)])
            if added == 0 { return false }
            try connection.touch(key, at: at)
            try connection.indexCase(key)
            try connection.audit(
                "note", subject: key, detail: ["at": .int(note.at.ms), "text": .string(SHA256Digest.hex(of: Array(note.text.utf8)))],
                at: at,
                author: note.author)
            return true
        }
    }

    /// Everything people ever decided about signals and investigations, by fingerprint, then case.
    package func humanLinks() throws -> [HumanLink] {
        try access { connection in
            try connection.all("SELECT fingerprint, case_key, verdict, author FROM human_link ORDER BY fingerprint, case_key") { row in
                guard let verdict = HumanLink.Verdict(rawValue: row.text(2)) else {
                    throw StoreError.unreadable(table: "human_link", key: row.text(0))
                }
                return HumanLink(fingerprint: Fingerprint(stored: row.text(0)), caseKey: row.text(1), verdict: verdict, author: row.text(3))
            }
        }
    }

    /// Keeps a decision; a later one about the same pair takes its place. Marks the signal's time dirty.
    package func save(_ link: HumanLink, at: Instant) throws {
        try write { connection in
            let changed = try connection.run(
                """
                INSERT INTO human_link (fingerprint, case_key, verdict, author, at) VALUES (:fingerprint, :key, :verdict, :author, :at)
                ON CONFLICT DO UPDATE SET verdict = excluded.verdict, author = excluded.author, at = excluded.at
                WHERE verdict <> excluded.verdict
                """,
                [
                    "fingerprint": .text(link.fingerprint.text), "key": .text(link.caseKey), "verdict": .text(link.verdict.rawValue),
                    "author": .text(link.author), "at": .int(at.ms),
                ])
            if changed == 0 { return }
            try connection.touch(link.caseKey, at: at)
            if let event = try connection.liveEvent(link.fingerprint) { try markDirty(event.occurredAt...event.storedEnd) }
            try connection.audit(
                link.verdict.rawValue, subject: link.caseKey, detail: ["fingerprint": .string(link.fingerprint.text)], at: at,
                author: link.author)
        }
    }
}

extension Connection {
    /// A person had a hand in it: its number is settled.
    func touch(_ key: String, at: Instant) throws {
        try run(
            "UPDATE investigation SET is_touched = 1, changed_at = max(changed_at, :at) WHERE key = :key",
            ["at": .int(at.ms), "key": .text(key)])
    }
}
