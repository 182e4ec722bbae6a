import Model

/// How many facts each source gave in each hour, gathered in runs: most batches are one source in order of time.
struct SourceActivity {
    private var hours: [Key: (n: Int64, newest: Int64)] = [:]
    private var key = Key(origin: "", hour: .min)
    private var n: Int64 = 0
    private var newest = Int64.min

    private struct Key: Hashable {
        var origin: String
        var hour: Int64
    }

    mutating func count(origin: String, at: Instant, n added: Int64 = 1) {
        let hour = at.ms.floorDivided(by: .hourMs)
        if hour != key.hour || origin != key.origin {
            flush()
            key = Key(origin: origin, hour: hour)
        }
        n += added
        newest = max(newest, at.ms)
    }

    private mutating func flush() {
        if n > 0 {
            let known = hours[key] ?? (0, .min)
            hours[key] = (known.n + n, max(known.newest, newest))
        }
        n = 0
        newest = .min
    }

    mutating func save(_ connection: Connection) throws {
        flush()
        for (key, value) in hours.sorted(by: { ($0.key.origin, $0.key.hour) < ($1.key.origin, $1.key.hour) }) {
            try connection.run(
                """
                INSERT INTO source_activity (origin, hour, n, newest_at) VALUES (:origin, :hour, :n, :newest)
                ON CONFLICT (origin, hour) DO UPDATE SET n = n + excluded.n, newest_at = max(newest_at, excluded.newest_at)
                """,
                ["origin": .text(key.origin), "hour": .int(key.hour), "n": .int(value.n), "newest": .int(value.newest)])
        }
        hours = [:]
    }
}

/// One source as the store knows it.
package struct SourceStats: Hashable, Sendable {
    package var origin: String
    /// Facts and records ever taken from it.
    package var readCount: Int64
    package var newestAt: Instant?
    /// The 24 hours up to and with the hour of `now`, oldest first.
    package var recent: [Int64]
    /// Dead letters nobody has resolved, counted with their repetitions.
    package var deadLetterCount: Int64
    /// Files (or pages) that are followed.
    package var itemCount: Int64
}

// MARK: - Cursors

extension CaseStore {
    /// How far each item (file, stream) of a source is read.
    package func cursors(origin: String) throws -> [String: Cursor] {
        var out: [String: Cursor] = [:]
        try access { connection in
            try connection.forEach("SELECT item, state FROM source_cursor WHERE origin = :origin", ["origin": .text(origin)]) {
                out[$0.text(0)] = Cursor($0.json(1))
            }
        }
        return out
    }

    package func save(cursor: Cursor, origin: String, item: String) throws {
        _ = try write {
            try $0.run(
                """
                INSERT INTO source_cursor (origin, item, state) VALUES (:origin, :item, :state)
                ON CONFLICT (origin, item) DO UPDATE SET state = excluded.state
                """, ["origin": .text(origin), "item": .text(item), "state": .text(cursor.state.text)])
        }
    }

    package func removeCursor(origin: String, item: String) throws {
        _ = try write {
            try $0.run("DELETE FROM source_cursor WHERE origin = :origin AND item = :item", ["origin": .text(origin), "item": .text(item)])
        }
    }

    /// Counts telemetry records of a source; events count themselves. In the transaction of their cursor.
    package func countRecords(origin: String, at: Instant, count: Int) throws {
        if count <= 0 { return }
        try write { connection in
            var activity = SourceActivity()
            activity.count(origin: origin, at: at, n: Int64(count))
            try activity.save(connection)
        }
    }

    /// Every source that ever gave something, by name.
    package func sourceStats(now: Instant) throws -> [SourceStats] {
        try access { connection in
            var stats: [String: SourceStats] = [:]
            func update(_ origin: String, _ change: (inout SourceStats) -> Void) {
                change(
                    &stats[
                        origin,
                        default: SourceStats(
                            origin: origin, readCount: 0, newestAt: nil, recent: Array(repeating: 0, count: 24), deadLetterCount: 0,
                            itemCount: 0)])
            }
            try connection.forEach("SELECT origin, sum(n), max(newest_at) FROM source_activity GROUP BY origin") { row in
                update(row.text(0)) {
                    $0.readCount = row.int(1)
                    $0.newestAt = row.optionalInt(2).map { Instant(ms: $0) }
                }
            }
            let last = now.ms.floorDivided(by: .hourMs)
            try connection.forEach(
                "SELECT origin, hour, n FROM source_activity WHERE hour BETWEEN :from AND :to", ["from": .int(last - 23), "to": .int(last)]
            ) { row in update(row.text(0)) { $0.recent[Int(row.int(1) - last + 23)] = row.int(2) } }
            try connection.forEach("SELECT origin, sum(n) FROM dead_letter WHERE resolved_at IS NULL GROUP BY origin") { row in
                update(row.text(0)) { $0.deadLetterCount = row.int(1) }
            }
            try connection.forEach("SELECT origin, count(*) FROM source_cursor GROUP BY origin") { row in
                update(row.text(0)) { $0.itemCount = row.int(1) }
            }
            return stats.values.sorted { $0.origin < $1.origin }
        }
    }
}

extension CaseStore {
    /// What a source gave on each day (since the epoch, in UTC), oldest first.
    package func activityByDay(origin: String) throws -> [(day: Int64, count: Int64)] {
        var days: [(day: Int64, count: Int64)] = []
        try access { connection in
            try connection.forEach(
                "SELECT hour, n FROM source_activity WHERE origin = :origin ORDER BY hour", ["origin": .text(origin)]
            ) { row in
                let day = row.int(0).floorDivided(by: 24)
                if days.last?.day == day { days[days.count - 1].count += row.int(1) } else { days.append((day, row.int(1))) }
            }
        }
        return days
    }
}

// MARK: - Dead letters

extension CaseStore {
    /// How many open letters of sources there are (those of channels name addresses), and a text that changes whenever one of
    /// them does.
    package func deadLetterStamp() throws -> (count: Int, text: String) {
        try access { connection in
            try connection.first(
                """
                SELECT count(*), coalesce(sum(n), 0), coalesce(max(last_at), 0), coalesce(sum(dead_letter_id), 0) FROM dead_letter
                WHERE resolved_at IS NULL AND place NOT GLOB 'outbox [0-9]*'
                """
            ) { (Int($0.int(0)), "\($0.int(0)) \($0.int(1)) \($0.int(2)) \($0.int(3))") } ?? (0, "")
        }
    }

    /// Keeps what could not be read. The same origin, place and reason are one letter with a count; one that was resolved and
    /// comes again is open again.
    package func append(_ letters: [DeadLetter], at: Instant) throws {
        if letters.isEmpty { return }
        try write { connection in
            for letter in letters {
                try connection.run(
                    """
                    INSERT INTO dead_letter (origin, place, reason, remedy, payload, first_at, last_at, n)
                    VALUES (:origin, :place, :reason, :remedy, :payload, :at, :at, 1)
                    ON CONFLICT (origin, place, reason) DO UPDATE SET
                      n = n + 1, last_at = max(last_at, excluded.last_at), resolved_at = NULL,
                      remedy = excluded.remedy, payload = excluded.payload
                    """,
                    [
                        "origin": .text(letter.origin), "place": .text(letter.place), "reason": .text(letter.reason),
                        "remedy": .text(letter.remedy), "payload": .text(letter.payload.clipped(toBytes: Limits.deadLetterPayloadBytes)),
                        "at": .int(at.ms),
                    ])
            }
        }
    }

    /// The oldest first; those of channels (which name addresses) only with `includeOutbox`.
    package func deadLetters(
        origin: String? = nil, includeResolved: Bool = false, includeOutbox: Bool = true, limit: Int? = nil
    ) throws -> [StoredDeadLetter] {
        try access { connection in
            try connection.all(
                """
                SELECT dead_letter_id, origin, place, reason, remedy, payload, first_at, last_at, n, resolved_at FROM dead_letter
                WHERE (:origin IS NULL OR origin = :origin) AND (:resolved = 1 OR resolved_at IS NULL)
                  AND (:outbox = 1 OR place NOT GLOB 'outbox [0-9]*')
                ORDER BY dead_letter_id LIMIT :limit
                """,
                [
                    "origin": .optional(origin), "resolved": .flag(includeResolved), "outbox": .flag(includeOutbox),
                    "limit": .int(limit.map(Int64.init) ?? -1),
                ]
            ) { row in
                StoredDeadLetter(
                    id: row.int(0),
                    letter: DeadLetter(
                        origin: row.text(1), place: row.text(2), reason: row.text(3), remedy: row.text(4), payload: row.text(5)),
                    firstAt: Instant(ms: row.int(6)), lastAt: Instant(ms: row.int(7)), count: row.int(8),
                    resolvedAt: row.optionalInt(9).map { Instant(ms: $0) })
            }
        }
    }

    /// False when there is no such open letter.
    @discardableResult
    package func resolveDeadLetter(id: Int64, at: Instant) throws -> Bool {
        try write {
            try $0.run(
                "UPDATE dead_letter SET resolved_at = :at WHERE dead_letter_id = :id AND resolved_at IS NULL",
                ["at": .int(at.ms), "id": .int(id)]) > 0
        }
    }
}

// MARK: - Circuit breakers

extension CaseStore {
    /// A closed one for a source that never failed.
    package func breaker(origin: String) throws -> CircuitBreaker {
        try access { connection in
            try connection.first(
                "SELECT consecutive_failures, opened_at, last_error FROM breaker WHERE origin = :origin", ["origin": .text(origin)]
            ) { row in
                var breaker = CircuitBreaker()
                breaker.consecutiveFailures = Int(clamping: row.int(0))
                breaker.openedAt = row.optionalInt(1).map { Instant(ms: $0) }
                breaker.lastError = row.optionalText(2)
                return breaker
            } ?? CircuitBreaker()
        }
    }

    package func save(_ breaker: CircuitBreaker, origin: String) throws {
        _ = try write { connection in
            if breaker == CircuitBreaker() {
                try connection.run("DELETE FROM breaker WHERE origin = :origin", ["origin": .text(origin)])
            } else {
                try connection.run(
                    """
                    INSERT INTO breaker (origin, consecutive_failures, opened_at, last_error)
                    VALUES (:origin, :failures, :opened, :error)
                    ON CONFLICT (origin) DO UPDATE SET consecutive_failures = excluded.consecutive_failures,
                      opened_at = excluded.opened_at, last_error = excluded.last_error
                    """,
                    [
                        "origin": .text(origin), "failures": .int(Int64(breaker.consecutiveFailures)),
                        "opened": .optional(breaker.openedAt?.ms), "error": .optional(breaker.lastError),
                    ])
            }
        }
    }
}

// MARK: - Settings

extension CaseStore {
    package func setting(_ key: String) throws -> String? {
        try access { try $0.first("SELECT value FROM setting WHERE key = :key", ["key": .text(key)]) { $0.text(0) } }
    }
    /// Every setting whose key begins so, by key; the keys without that beginning.
    package func settings(prefix: String) throws -> [(key: String, value: String)] {
        try access { connection in
            try connection.all(
                "SELECT substr(key, :length), value FROM setting WHERE key >= :from AND key < :to ORDER BY key",
                [
                    "length": .int(Int64(prefix.unicodeScalars.count) + 1), "from": .text(prefix), "to": .text(prefix + "\u{10FFFF}"),
                ]
            ) { (key: $0.text(0), value: $0.text(1)) }
        }
    }
    package func setSetting(_ key: String, to value: String?) throws {
        _ = try write { connection in
            if let value {
                try connection.run(
                    "INSERT INTO setting (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    ["key": .text(key), "value": .text(value)])
            } else {
                try connection.run("DELETE FROM setting WHERE key = :key", ["key": .text(key)])
            }
        }
    }
}
