import Model

extension CaseStore {
    /// The fact with this id, live or not.
    package func event(id: String) throws -> Event? {
        try access { connection in
            try connection.first(EventQuery.byID, ["id": .text(id)]) { try EventQuery.read($0) }
                ?? connection.first(EventQuery.byIDInBacklog, ["id": .text(id)]) { try EventQuery.read($0) }
        }
    }

    /// The live fact with this fingerprint.
    package func event(fingerprint: Fingerprint) throws -> Event? {
        try access { try $0.liveEvent(fingerprint) }
    }

    /// The live facts with these fingerprints, by time, then id. Unknown ones are left out.
    package func events(fingerprints: some Sequence<Fingerprint>) throws -> [Event] {
        try access { connection in
            try Set(fingerprints).sorted().compactMap { try connection.liveEvent($0) }.sorted(by: EventQuery.isEarlier)
        }
    }

    /// Live facts that occurred in a range, both ends included, by time, then id. With a limit, the earliest.
    package func events(in range: ClosedRange<Instant>, roles: Set<EventRole>? = nil, limit: Int? = nil) throws -> [Event] {
        try access { connection in
            let wanted = Set((roles ?? Set(EventRole.allCases)).map(\.rawValue))
            return try connection.all(
                EventQuery.inRange,
                [
                    "from": .int(range.lowerBound.ms), "to": .int(range.upperBound.ms),
                    "signal": .optional(wanted.contains("signal") ? "signal" : nil),
                    "change": .optional(wanted.contains("change") ? "change" : nil),
                    "context": .optional(wanted.contains("context") ? "context" : nil),
                    "limit": .int(limit.map(Int64.init) ?? -1),
                ]
            ) { try EventQuery.read($0) }
        }
    }

    /// The newest commits before a moment, by time, then id.
    package func commits(before moment: Instant, limit: Int) throws -> [Event] {
        try access { connection in
            try connection.all(EventQuery.commitsBefore, ["before": .int(moment.ms), "limit": .int(Int64(limit))]) {
                try EventQuery.read($0)
            }
            .reversed()
        }
    }

    /// How many live facts there are.
    package func eventCount() throws -> Int {
        try access { Int(try $0.number("SELECT count(*) FROM event WHERE \(EventQuery.isLive)")) }
    }

    /// The live fact that occurred last.
    package func newestEvent() throws -> Event? {
        try access { try $0.first(EventQuery.newest) { try EventQuery.read($0) } }
    }

    /// The closed slice of the past around a range: extended until no live signal outside lies within `gapMs` of one inside,
    /// but on no side by more than `maxSpanMs`. A signal counts from its start to its end.
    package func signalIsland(around range: ClosedRange<Instant>, gapMs: Int64, maxSpanMs: Int64) throws -> ClosedRange<Instant> {
        try access { connection in
            var island = (from: range.lowerBound.ms, to: range.upperBound.ms)
            let bounds = (from: island.from.clampedSubtracting(maxSpanMs), to: island.to.clampedAdding(maxSpanMs))
            while true {
                let before = island
                try connection.growLeft(&island, gapMs: gapMs, floor: bounds.from)
                try connection.growRight(&island, gapMs: gapMs, ceiling: bounds.to)
                island.from = max(island.from, bounds.from)
                island.to = min(island.to, bounds.to)
                if island == before { return Instant(ms: island.from)...Instant(ms: island.to) }
            }
        }
    }
}

extension Int64 {
    func clampedAdding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
    func clampedSubtracting(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}

/// The statements that read events; a test holds their plans.
enum EventQuery {
    static let columns = """
        id, fingerprint, occurred_at, observed_at, source, type, role, severity, title, body, service, component, environment, host, \
        tags, attributes, origin, source_id, url, trace_id, commit_sha
        """
    static let isLive = "superseded_by IS NULL AND deleted_at IS NULL"
    static let isGone = "(superseded_by IS NOT NULL OR deleted_at IS NOT NULL)"
    static let byID = "SELECT \(columns) FROM event WHERE event_id = (SELECT event_id FROM event_lookup WHERE id = :id)"
    /// Those appended since the last `indexSearch`.
    static let byIDInBacklog = """
        SELECT \(columns) FROM event_backlog CROSS JOIN event ON event_id BETWEEN from_event AND to_event WHERE +id = :id
        """
    static let anyGone = "SELECT EXISTS (SELECT 1 FROM event INDEXED BY event_gone WHERE \(isGone))"
    static let goneByID = "SELECT count(*) FROM event WHERE fingerprint = :fingerprint AND id = :id AND \(isGone)"
    static let byFingerprint = "SELECT \(columns) FROM event WHERE fingerprint = :fingerprint AND \(isLive)"
    static let liveID = "SELECT id FROM event WHERE fingerprint = :fingerprint AND \(isLive)"
    static let inRange = """
        SELECT \(columns) FROM event WHERE occurred_at BETWEEN :from AND :to AND \(isLive) AND role IN (:signal, :change, :context) \
        ORDER BY occurred_at, id LIMIT :limit
        """
    static let commitsBefore = """
        SELECT \(columns) FROM event INDEXED BY event_commit WHERE type = 'commit' AND \(isLive) AND occurred_at < :before \
        ORDER BY occurred_at DESC, id DESC LIMIT :limit
        """
    static let newest = "SELECT \(columns) FROM event INDEXED BY event_time WHERE \(isLive) ORDER BY occurred_at DESC, id DESC LIMIT 1"
    static let derived =
        "SELECT \(columns) FROM event WHERE derived_scope = :scope AND occurred_at >= :from AND occurred_at < :to AND \(isLive)"
    /// Signals longer than an hour have an index of their own, so that the others are found near their start.
    static let longSignals = """
        SELECT occurred_at, ended_at FROM event WHERE role = 'signal' AND \(isLive) AND ended_at > occurred_at + 3600000 \
        AND ended_at >= :from AND occurred_at < :before
        """
    static let signalsBefore = """
        SELECT occurred_at, ended_at FROM event WHERE occurred_at >= :from AND occurred_at < :before AND role = 'signal' AND \(isLive) \
        ORDER BY occurred_at DESC
        """
    static let signalsFrom = """
        SELECT occurred_at, ended_at FROM event WHERE occurred_at >= :from AND role = 'signal' AND \(isLive) ORDER BY occurred_at
        """
    static let shortSignalMs = Int64.hourMs

    static func isEarlier(_ left: Event, _ right: Event) -> Bool { (left.occurredAt, left.id) < (right.occurredAt, right.id) }

    /// Words this version does not know (a row of a newer one, or an edited file) make the row unreadable, not a crash.
    static func read(_ row: Row) throws -> Event {
        guard let source = EventSource(rawValue: row.text(4)), let role = EventRole(rawValue: row.text(6)),
            let severity = Severity(rawValue: row.text(7))
        else { throw StoreError.unreadable(table: "event", key: row.text(0)) }
        return Event(
            storedID: row.text(0), fingerprint: Fingerprint(stored: row.text(1)), occurredAt: Instant(ms: row.int(2)),
            observedAt: Instant(ms: row.int(3)), source: source, type: EventType(rawValue: row.text(5)), role: role, severity: severity,
            title: row.text(8), body: row.text(9), service: row.optionalText(10), component: row.optionalText(11),
            environment: row.optionalText(12), host: row.optionalText(13), tags: row.strings(14),
            attributes: row.json(15).objectValue ?? [:],
            origin: row.text(16), sourceID: row.optionalText(17), url: row.optionalText(18), traceID: row.optionalText(19),
            commit: row.optionalText(20))
    }
}

extension Connection {
    func liveEvent(_ fingerprint: Fingerprint) throws -> Event? {
        try first(EventQuery.byFingerprint, ["fingerprint": .text(fingerprint.text)]) { try EventQuery.read($0) }
    }

    func liveID(_ fingerprint: Fingerprint) throws -> String? {
        try first(EventQuery.liveID, ["fingerprint": .text(fingerprint.text)]) { $0.text(0) }
    }

    /// The live fact whose fingerprint was just found taken.
    func existingLiveEvent(_ fingerprint: Fingerprint) throws -> Event {
        guard let live = try liveEvent(fingerprint) else { throw StoreError.unreadable(table: "event", key: fingerprint.text) }
        return live
    }

    func isDeleted(_ event: Event) throws -> Bool {
        try number(
            "SELECT count(*) FROM event WHERE fingerprint = :fingerprint AND id = :id AND \(EventQuery.isGone) AND deleted_at IS NOT NULL",
            ["fingerprint": .text(event.fingerprint.text), "id": .text(event.id)]) > 0
    }

    /// The live fact with the fingerprint gives way to `id`, and so do those that had given way before, so that each names the
    /// present winner whatever the order of arrival. Returns how many were live.
    @discardableResult
    func supersede(_ fingerprint: Fingerprint, by id: String) throws -> Int {
        try run(
            """
            UPDATE event SET superseded_by = :id
            WHERE fingerprint = :fingerprint AND \(EventQuery.isGone) AND superseded_by IS NOT NULL AND id <> :id
            """,
            ["id": .text(id), "fingerprint": .text(fingerprint.text)])
        return try run(
            "UPDATE event SET superseded_by = :id WHERE fingerprint = :fingerprint AND \(EventQuery.isLive) AND id <> :id",
            ["id": .text(id), "fingerprint": .text(fingerprint.text)])
    }

    fileprivate func growLeft(_ island: inout (from: Int64, to: Int64), gapMs: Int64, floor: Int64) throws {
        var grew = true
        while grew {
            grew = false
            let start = island.from
            let reach = start.clampedSubtracting(gapMs)
            try forEach(EventQuery.longSignals, ["from": .int(reach), "before": .int(start)]) { row in
                // One that starts before and reaches near: both its ends may move ours.
                island.from = max(floor, min(island.from, row.int(0)))
                island.to = max(island.to, row.int(1))
            }
            // Nearest first, so that each found signal lets the next be farther away.
            try scan(
                EventQuery.signalsBefore, ["from": .int(floor.clampedSubtracting(EventQuery.shortSignalMs)), "before": .int(start)],
                while: { row in
                    let (from, to) = (row.int(0), row.int(1))
                    if from < island.from.clampedSubtracting(gapMs).clampedSubtracting(EventQuery.shortSignalMs) { return false }
                    if to >= island.from.clampedSubtracting(gapMs) {
                        island.from = max(floor, min(island.from, from))
                        island.to = max(island.to, to)
                    }
                    return true
                })
            grew = island.from < start
        }
    }

    fileprivate func growRight(_ island: inout (from: Int64, to: Int64), gapMs: Int64, ceiling: Int64) throws {
        try scan(
            EventQuery.signalsFrom, ["from": .int(island.from)],
            while: { row in
                if row.int(0) > island.to.clampedAdding(gapMs) || row.int(0) > ceiling { return false }
                island.to = max(island.to, row.int(1))
                return true
            })
    }
}
