import Model

/// One step of a run, as it is kept.
package struct RunStep: Hashable, Sendable {
    package var name: String
    package var startedAt: Instant
    package var finishedAt: Instant
    package var counters: [String: Int64]
    package init(name: String, startedAt: Instant, finishedAt: Instant, counters: [String: Int64] = [:]) {
        self.name = name
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.counters = counters
    }
}

/// One start of the program. Without an end it is under way, or it was stopped.
package struct RunRecord: Hashable, Sendable {
    package var id: Int64
    package var command: String
    /// Name and version of the program.
    package var program: String
    package var startedAt: Instant
    package var finishedAt: Instant?
    package var exitCode: Int?
    package var steps: [RunStep]
    package var counters: [String: Int64]
}

extension CaseStore {
    package func beginRun(command: String, program: String, at: Instant) throws -> Int64 {
        try write { connection in
            try connection.run(
                "INSERT INTO run (command, program, started_at, steps, counters) VALUES (:command, :program, :at, '[]', '{}')",
                ["command": .text(command), "program": .text(program), "at": .int(at.ms)])
            return connection.lastInsertedKey
        }
    }

    package func finishRun(_ id: Int64, at: Instant, exitCode: Int, steps: [RunStep] = [], counters: [String: Int64] = [:]) throws {
        let stored = steps.map { step -> JSONValue in
            [
                "name": .string(step.name), "started_at": .int(step.startedAt.ms), "finished_at": .int(step.finishedAt.ms),
                "counters": .object(step.counters.mapValues { .int($0) }),
            ]
        }
        _ = try write {
            try $0.run(
                "UPDATE run SET finished_at = :at, exit_code = :code, steps = :steps, counters = :counters WHERE run_id = :id",
                [
                    "at": .int(at.ms), "code": .int(Int64(exitCode)), "steps": .text(JSONValue.array(stored).text),
                    "counters": .text(JSONValue.object(counters.mapValues { .int($0) }).text), "id": .int(id),
                ])
        }
    }

    /// The last runs, newest first.
    package func lastRuns(limit: Int) throws -> [RunRecord] {
        func counters(_ value: JSONValue?) -> [String: Int64] { (value?.objectValue ?? [:]).compactMapValues(\.intValue) }
        return try access { connection in
            try connection.all(
                """
                SELECT run_id, command, program, started_at, finished_at, exit_code, steps, counters FROM run
                ORDER BY run_id DESC LIMIT :limit
                """, ["limit": .int(Int64(limit))]
            ) { row in
                RunRecord(
                    id: row.int(0), command: row.text(1), program: row.text(2), startedAt: Instant(ms: row.int(3)),
                    finishedAt: row.optionalInt(4).map { Instant(ms: $0) }, exitCode: row.optionalInt(5).map { Int(clamping: $0) },
                    steps: (row.json(6).arrayValue ?? []).map {
                        RunStep(
                            name: $0.string("name"), startedAt: $0.instant("started_at") ?? Instant(ms: 0),
                            finishedAt: $0.instant("finished_at") ?? Instant(ms: 0), counters: counters($0["counters"]))
                    }, counters: counters(row.json(7)))
            }
        }
    }
}

// MARK: - Publications

/// A published file: what it was made from and what came out.
package struct Publication: Hashable, Sendable {
    package var inputDigest: String
    package var bytesDigest: String
    package var publishedAt: Instant
    package init(inputDigest: String, bytesDigest: String, publishedAt: Instant) {
        self.inputDigest = inputDigest
        self.bytesDigest = bytesDigest
        self.publishedAt = publishedAt
    }
}

extension CaseStore {
    /// Every published file by its path, of those whose path is wanted.
    package func publications(where isWanted: (String) -> Bool = { _ in true }) throws -> [String: Publication] {
        var out: [String: Publication] = [:]
        try access { connection in
            try connection.forEach("SELECT path, input_digest, bytes_digest, published_at FROM publication") {
                let path = $0.text(0)
                if !isWanted(path) { return }
                out[path] = Publication(inputDigest: $0.text(1), bytesDigest: $0.text(2), publishedAt: Instant(ms: $0.int(3)))
            }
        }
        return out
    }

    package func savePublications(_ publications: [String: Publication]) throws {
        try write { connection in
            for (path, publication) in publications.sorted(by: { $0.key < $1.key }) {
                try connection.run(
                    """
                    INSERT INTO publication (path, input_digest, bytes_digest, published_at) VALUES (:path, :input, :bytes, :at)
                    ON CONFLICT (path) DO UPDATE SET input_digest = excluded.input_digest, bytes_digest = excluded.bytes_digest,
                      published_at = excluded.published_at
                    """,
                    [
                        "path": .text(path), "input": .text(publication.inputDigest), "bytes": .text(publication.bytesDigest),
                        "at": .int(publication.publishedAt.ms),
                    ])
            }
        }
    }

    package func removePublications(_ paths: some Sequence<String>) throws {
        try write { connection in
            for path in Set(paths).sorted() { try connection.run("DELETE FROM publication WHERE path = :path", ["path": .text(path)]) }
        }
    }
}
