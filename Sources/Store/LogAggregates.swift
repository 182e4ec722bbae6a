import Model

extension CaseStore {
    /// Adds the counts, leaves and exemplars of log batches. Summaries merge in any order. Counts add up, so a summary is
    /// merged in the transaction that saves the cursor behind its bytes.
    package func merge(_ summary: LogSummary) throws {
        try write { connection in
            for leaf in summary.leaves { try connection.merge(leaf) }
            try connection.merge(summary.counts)
            try connection.merge(summary.exemplars)
            try connection.merge(summary.lines)
        }
    }

    /// Every leaf of one service, or of all, by id.
    package func logLeaves(service: String? = nil) throws -> [LogLeaf] {
        try access { connection in
            guard let service else { return try connection.all("SELECT leaf, pattern FROM log_leaf ORDER BY leaf") { LogLeaf($0) } }
            guard let number = try connection.storedNumber(of: service) else { return [] }
            return try connection.all(
                "SELECT leaf, pattern FROM log_service_leaf JOIN log_leaf USING (leaf) WHERE service = :service ORDER BY leaf",
                ["service": .int(number)]
            ) { LogLeaf($0) }
        }
    }

    /// The services that ever logged, by name.
    package func logServices() throws -> [String] {
        try access { connection in
            try connection.all("SELECT text FROM name WHERE name_id IN (SELECT DISTINCT service FROM log_service_leaf) ORDER BY text") {
                $0.text(0)
            }
        }
    }

    /// What detectors see of a service: the counts of these minutes (by minute, leaf, level), their leaves, when each was first
    /// seen here, and the exemplars of their hours. First times are whole minutes. Nil for a service that never logged.
    package func logHistory(service: String, minutes: Range<Int64>) throws -> LogHistory? {
        try access { connection in
            guard let number = try connection.storedNumber(of: service) else { return nil }
            var firstSeen: [Int64: Instant] = [:]
            var serviceFirstSeen = Instant(ms: .max)
            try connection.forEach("SELECT leaf, first_seen FROM log_service_leaf WHERE service = :service", ["service": .int(number)]) {
                let first = Instant(ms: $0.int(1))
                firstSeen[$0.int(0)] = first
                serviceFirstSeen = min(serviceFirstSeen, first)
            }
            if firstSeen.isEmpty { return nil }
            let counts = try connection.counts(service, number, minutes)
            var leaves: [Int64: LogLeaf] = [:]
            for leaf in Set(counts.map(\.leaf)).sorted() {
                leaves[leaf] = try connection.first("SELECT leaf, pattern FROM log_leaf WHERE leaf = :leaf", ["leaf": .int(leaf)]) {
                    LogLeaf($0)
                }
            }
            let exemplars = try connection.exemplars(
                service: service, number: number, hours: minutes.lowerBound.floorDivided(by: 60)...minutes.upperBound.floorDivided(by: 60))
            return LogHistory(
                service: service, counts: counts, leaves: leaves, firstSeen: firstSeen.filter { leaves[$0.key] != nil },
                exemplars: exemplars.filter { minutes.contains($0.at.minute) }, serviceFirstSeen: serviceFirstSeen)
        }
    }

    /// The counts of a service in these minutes, by minute, leaf and level.
    package func logCounts(service: String, minutes: Range<Int64>) throws -> [LogCount] {
        try access { connection in
            guard let number = try connection.storedNumber(of: service) else { return [] }
            return try connection.counts(service, number, minutes)
        }
    }

    /// Whether a service logged in these minutes.
    package func hasLogs(service: String, minutes: Range<Int64>) throws -> Bool {
        try access { connection in
            guard let number = try connection.storedNumber(of: service) else { return false }
            return try connection.first(
                LogQuery.any, ["service": .int(number), "from": .int(minutes.lowerBound), "to": .int(minutes.upperBound)]
            ) { $0.int(0) } != nil
        }
    }

    /// Records per minute of services, only minutes that have any. Services that did not log then are left out.
    package func logRates(services: some Sequence<String>, minutes: Range<Int64>) throws -> [LogRate] {
        try access { connection in
            var out: [LogRate] = []
            for service in Set(services).sorted() {
                guard let number = try connection.storedNumber(of: service) else { continue }
                var rate = LogRate(service: service, minutes: [], errors: [], all: [])
                try connection.forEach(
                    LogQuery.rates,
                    [
                        "service": .int(number), "from": .int(minutes.lowerBound), "to": .int(minutes.upperBound),
                        "warning": .int(Int64(LogLevel.warning.rawValue)),
                    ]
                ) { row in
                    rate.minutes.append(row.int(0))
                    rate.errors.append(row.int(1))
                    rate.all.append(row.int(2))
                }
                if !rate.minutes.isEmpty { out.append(rate) }
            }
            return out
        }
    }

    /// Kept raw records of a service (of these leaves, or of all) in a range of time, by time, path and offset.
    package func exemplars(service: String, leaves: Set<Int64>? = nil, around range: ClosedRange<Instant>) throws -> [LogExemplar] {
        try access { connection in
            guard let number = try connection.storedNumber(of: service) else { return [] }
            return try connection.exemplars(
                service: service, number: number,
                hours: range.lowerBound.ms.floorDivided(by: .hourMs)...range.upperBound.ms.floorDivided(by: .hourMs)
            ).filter { range.contains($0.at) && (leaves?.contains($0.leaf) ?? true) }
        }
    }
}

enum LogQuery {
    static let counts = """
        SELECT minute, leaf, level, n FROM log_count WHERE service = :service AND minute >= :from AND minute < :to \
        ORDER BY minute, leaf, level
        """
    static let firstSeen = "SELECT first_seen FROM log_service_leaf WHERE service = :service AND leaf = :leaf"
    static let any = "SELECT minute FROM log_count WHERE service = :service AND minute >= :from AND minute < :to LIMIT 1"
    static let rates = """
        SELECT minute, sum(CASE WHEN level >= :warning THEN n ELSE 0 END), sum(n) FROM log_count \
        WHERE service = :service AND minute >= :from AND minute < :to GROUP BY minute ORDER BY minute
        """
    static let exemplarColumns = """
        leaf, level, at, path, byte_offset, line, host, trace_id, text, before, after, exception, frames
        """
    static let exemplarsOfHours = """
        SELECT \(exemplarColumns) FROM log_service_leaf CROSS JOIN log_exemplar USING (service, leaf) \
        WHERE service = :service AND hour BETWEEN :from AND :to AND first_seen < (:to + 1) * 3600000 \
        AND last_seen >= :from * 3600000 ORDER BY at, path, byte_offset, leaf
        """
    static let exemplarsOfLeaf = """
        SELECT \(exemplarColumns) FROM log_exemplar WHERE service = :service AND leaf = :leaf AND hour = :hour ORDER BY place
        """
}

extension LogLeaf {
    fileprivate init(_ row: Row) { self.init(id: row.int(0), pattern: row.text(1)) }
}

extension LogExemplar {
    fileprivate init(_ row: Row, service: String) {
        self.init(
            service: service, leaf: row.int(0), level: LogLevel(rawValue: UInt8(clamping: row.int(1))) ?? .unknown,
            at: Instant(ms: row.int(2)),
            path: row.text(3), offset: row.int(4), line: row.int(5), host: row.optionalText(6), traceID: row.optionalText(7),
            text: row.text(8), before: row.strings(9), after: row.strings(10), exception: row.optionalText(11), frames: row.frames(12))
    }
    fileprivate var place: (Int64, String, Int64) { (at.ms, path, offset) }
    /// A record that grew says more; of equal ones the choice is arbitrary but the same in any order.
    fileprivate func saysMore(than other: LogExemplar) -> Bool {
        func weight(_ exemplar: LogExemplar) -> (Int, Int, Int, String) {
            (
                exemplar.text.utf8.count, exemplar.frames.count, exemplar.before.count + exemplar.after.count,
                exemplar.text + "\u{1f}" + exemplar.before.joined(separator: "\n") + "\u{1f}" + exemplar.after.joined(separator: "\n")
            )
        }
        return weight(self) > weight(other)
    }
}

extension Connection {
    fileprivate func merge(_ leaf: LogLeaf) throws {
        // Two patterns with one hash: the lesser one stays, in any order.
        try run(
            """
            INSERT INTO log_leaf (leaf, pattern) VALUES (:leaf, :pattern)
            ON CONFLICT (leaf) DO UPDATE SET pattern = excluded.pattern WHERE excluded.pattern < pattern
            """, ["leaf": .int(leaf.id), "pattern": .text(leaf.pattern)])
    }

    fileprivate func merge(_ counts: [LogCount]) throws {
        struct Place: Hashable {
            var service: String
            var leaf: Int64
        }
        var seen: [Place: (first: Int64, last: Int64)] = [:]
        var days: [String: Set<Int64>] = [:]
        let upsert = try statement(
            """
            INSERT INTO log_count (service, minute, leaf, level, n) VALUES (:service, :minute, :leaf, :level, :n)
            ON CONFLICT DO UPDATE SET n = n + excluded.n
            """)
        defer { upsert.reset() }
        for count in counts where count.count > 0 {
            try faults.write()
            for (index, value) in [
                try number(of: count.service), count.minute, count.leaf, Int64(count.level.rawValue), count.count,
            ].enumerated() {
                try upsert.bind(Int32(index + 1), .int(value))
            }
            while try upsert.step() {}
            upsert.reset()
            let atMs = count.minute.multipliedReportingOverflow(by: .minuteMs).partialValue
            let known = seen[Place(service: count.service, leaf: count.leaf)] ?? (atMs, atMs)
            seen[Place(service: count.service, leaf: count.leaf)] = (min(known.first, atMs), max(known.last, atMs))
            days[count.service, default: []].insert(Instant(ms: atMs).day)
        }
        for (place, range) in seen.sorted(by: { ($0.key.service, $0.key.leaf) < ($1.key.service, $1.key.leaf) }) {
            // A leaf counted without its pattern still has a row; the pattern comes with the summary that has it.
            try run("INSERT OR IGNORE INTO log_leaf (leaf, pattern) VALUES (:leaf, '\u{10FFFF}')", ["leaf": .int(place.leaf)])
            let key: Bindings = ["service": .int(try number(of: place.service)), "leaf": .int(place.leaf)]
            // What was news on a later day is none any more.
            if let known = try first(LogQuery.firstSeen, key, { $0.int(0) }), known > range.first {
                days[place.service, default: []].insert(Instant(ms: known).day)
            }
            try run(
                """
                INSERT INTO log_service_leaf (service, leaf, first_seen, last_seen) VALUES (:service, :leaf, :first, :last)
                ON CONFLICT DO UPDATE SET first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)
                """,
                [
                    "service": .int(try number(of: place.service)), "leaf": .int(place.leaf), "first": .int(range.first),
                    "last": .int(range.last),
                ])
        }
        for (service, days) in days.sorted(by: { $0.key < $1.key }) { try markDirty(.logs, subject: service, days: days) }
    }

    /// Keeps the earliest few of each service, leaf and hour. The same place in the same file is the same record.
    fileprivate func merge(_ exemplars: [LogExemplar]) throws {
        struct Group: Hashable {
            var service: String
            var leaf: Int64
            var hour: Int64
        }
        let groups = Dictionary(grouping: exemplars) { Group(service: $0.service, leaf: $0.leaf, hour: $0.at.ms.floorDivided(by: .hourMs)) }
        for (group, new) in groups.sorted(by: { ($0.key.service, $0.key.leaf, $0.key.hour) < ($1.key.service, $1.key.leaf, $1.key.hour) }) {
            let service = try number(of: group.service)
            let old = try all(
                LogQuery.exemplarsOfLeaf, ["service": .int(service), "leaf": .int(group.leaf), "hour": .int(group.hour)]
            ) { LogExemplar($0, service: group.service) }
            var kept = old
            for exemplar in new {
                if let same = kept.firstIndex(where: { $0.path == exemplar.path && $0.offset == exemplar.offset }) {
                    if exemplar.saysMore(than: kept[same]) { kept[same] = exemplar }
                } else {
                    kept.append(exemplar)
                }
            }
            kept = Array(kept.sorted { $0.place < $1.place }.prefix(Limits.exemplarsPerLeafHour))
            if kept == old { continue }
            try run(
                "DELETE FROM log_exemplar WHERE service = :service AND leaf = :leaf AND hour = :hour",
                ["service": .int(service), "leaf": .int(group.leaf), "hour": .int(group.hour)])
            for (place, exemplar) in kept.enumerated() { try insert(exemplar, service: service, hour: group.hour, place: place) }
            try markDirty(.logs, subject: group.service, days: Set(kept.map(\.at.day)))
        }
    }

    private func insert(_ exemplar: LogExemplar, service: Int64, hour: Int64, place: Int) throws {
        try run(
            """
            INSERT INTO log_exemplar (service, leaf, hour, place, at, path, byte_offset, line, level, host, trace_id, text, before, after,
              exception, frames)
            VALUES (:service, :leaf, :hour, :place, :at, :path, :offset, :line, :level, :host, :trace, :text, :before, :after, :exception,
              :frames)
            """,
            [
                "service": .int(service), "leaf": .int(exemplar.leaf), "hour": .int(hour), "place": .int(Int64(place)),
                "at": .int(exemplar.at.ms), "path": .text(exemplar.path), "offset": .int(exemplar.offset), "line": .int(exemplar.line),
                "level": .int(Int64(exemplar.level.rawValue)), "host": .optional(exemplar.host), "trace": .optional(exemplar.traceID),
                "text": .text(exemplar.text.clipped(toBytes: Limits.exemplarBytes)),
                "before": .text(JSONValue.strings(exemplar.before).text),
                "after": .text(JSONValue.strings(exemplar.after).text), "exception": .optional(exemplar.exception),
                "frames": .text(JSONValue.frames(exemplar.frames).text),
            ])
    }

    fileprivate func counts(_ service: String, _ number: Int64, _ minutes: Range<Int64>) throws -> [LogCount] {
        try all(LogQuery.counts, ["service": .int(number), "from": .int(minutes.lowerBound), "to": .int(minutes.upperBound)]) { row in
            LogCount(
                service: service, leaf: row.int(1), level: LogLevel(rawValue: UInt8(clamping: row.int(2))) ?? .unknown,
                minute: row.int(0), count: row.int(3))
        }
    }

    fileprivate func exemplars(service: String, number: Int64, hours: ClosedRange<Int64>) throws -> [LogExemplar] {
        try all(
            LogQuery.exemplarsOfHours, ["service": .int(number), "from": .int(hours.lowerBound), "to": .int(hours.upperBound)]
        ) { LogExemplar($0, service: service) }
    }
}
