import Model

/// From when to when a source could not be read.
extension CaseStore {
    /// Of each source the newest are kept.
    private static let gapsOfSource: Int64 = 100

    /// All gaps that have a length, by time and then by source.
    package func sourceGaps() throws -> [SourceGap] {
        try access { connection in
            try connection.all("SELECT origin, from_at, to_at FROM source_gap WHERE to_at > from_at ORDER BY from_at, origin") {
                SourceGap(origin: $0.text(0), source: nil, service: nil, from: Instant(ms: $0.int(1)), to: Instant(ms: $0.int(2)))
            }
        }
    }

    /// The source could not be read at `now`. What it has from `readUntil` on is missing; nil when that is not known: then the gap
    /// begins with the first failure.
    package func extendGap(origin: String, readUntil: Instant?, now: Instant) throws {
        try write { connection in
            let known = try connection.first(
                "SELECT from_at FROM source_gap WHERE origin = :origin AND is_open = 1", ["origin": .text(origin)]
            ) { $0.int(0) }
            try connection.run("DELETE FROM source_gap WHERE origin = :origin AND is_open = 1", ["origin": .text(origin)])
            let from = min(readUntil?.ms ?? known ?? now.ms, now.ms)
            try connection.run(
                "INSERT OR REPLACE INTO source_gap (origin, from_at, to_at, is_open) VALUES (:origin, :from, :to, 1)",
                ["origin": .text(origin), "from": .int(from), "to": .int(now.ms)])
            try connection.run(
                """
                DELETE FROM source_gap WHERE origin = :origin AND from_at NOT IN (
                  SELECT from_at FROM source_gap WHERE origin = :origin ORDER BY from_at DESC LIMIT :most)
                """, ["origin": .text(origin), "most": .int(Self.gapsOfSource)])
        }
    }

    /// The source was read at `now`. Its gap goes when what was missing came with it; else it ends here and stays.
    package func endGap(origin: String, cameAfterAll: Bool, now: Instant) throws {
        _ = try write { connection in
            if cameAfterAll {
                try connection.run("DELETE FROM source_gap WHERE origin = :origin AND is_open = 1", ["origin": .text(origin)])
            } else {
                try connection.run(
                    "UPDATE source_gap SET is_open = 0, to_at = max(to_at, :to) WHERE origin = :origin AND is_open = 1",
                    ["origin": .text(origin), "to": .int(now.ms)])
            }
        }
    }

    /// Forgets the open gaps of all sources but these: nobody waits for the others any more.
    package func forgetGaps(except origins: [String]) throws {
        _ = try write {
            try $0.run(
                "DELETE FROM source_gap WHERE is_open = 1 AND origin NOT IN (SELECT value FROM json_each(:origins))",
                ["origins": .text(JSONValue.strings(origins).text)])
        }
    }
}
