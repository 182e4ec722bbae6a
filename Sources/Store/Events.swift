import GRDBSQLite
import Model

/// What became of a list of events.
package struct AppendResult: Hashable, Sendable {
    /// Facts that were not known, live or not.
    package var inserted = 0
    /// Facts that were known.
    package var known = 0
    /// Facts that gave way to another one with the same fingerprint, or are no longer derived.
    package var superseded = 0
    package init(inserted: Int = 0, known: Int = 0, superseded: Int = 0) {
        self.inserted = inserted
        self.known = known
        self.superseded = superseded
    }
    package static func += (left: inout AppendResult, right: AppendResult) {
        left.inserted += right.inserted
        left.known += right.known
        left.superseded += right.superseded
    }
}

extension Event {
    /// The end of its interval, never before its start.
    var storedEnd: Instant { max(occurredAt, endedAt ?? occurredAt) }
    /// When its source last changed what it says, of sources that tell; what ended was changed when it ended.
    var revision: Int64 { (attributes[EventAttribute.revisedAt] ?? attributes[EventAttribute.endedAt])?.intValue ?? 0 }

    /// Of two tellings of one fact this one stays when it is the greater: the one revised later, else the one that says more.
    func prevails(over other: Event) -> Bool {
        if revision != other.revision { return revision > other.revision }
        let (own, others) = (fullness, other.fullness)
        return (own.values, own.bytes, storedEnd, id) > (others.values, others.bytes, other.storedEnd, other.id)
    }
    /// How many values it holds, and of how much text.
    private var fullness: (values: Int, bytes: Int) {
        let texts = [title, body, service, component, environment, host, sourceID, url, traceID, commit].compactMap { $0 } + tags
        let attributes = JSONValue.object(attributes)
        return (
            texts.count { !$0.isEmpty } + attributes.leafCount,
            texts.reduce(0) { $0 + $1.utf8.count } + attributes.text.utf8.count
        )
    }
}

extension JSONValue {
    fileprivate var leafCount: Int {
        switch self {
        case .null: 0
        case .array(let items): items.reduce(0) { $0 + $1.leafCount }
        case .object(let members): members.values.reduce(0) { $0 + $1.leafCount }
        default: 1
        }
    }
}

extension CaseStore {
    /// Adds facts. A known id is ignored. Of two live facts with one fingerprint the one revised (or ended) later, then the one that says
    /// more, then the one with the greater id, stays live and the other is superseded by it: any order of arrival ends the same.
    /// Marks the ranges of new signals and changes dirty.
    @discardableResult
    package func append(_ events: [Event]) throws -> AppendResult {
        if events.isEmpty { return AppendResult() }
        return try write { connection in
            var writer = try EventWriter(connection)
            defer { writer.finish() }
            for event in events { try writer.append(event) }
            try writer.saveMarks()
            return writer.result
        }
    }

    /// Hides a fact for good; it stays in the store, and appending it again changes nothing.
    package func deleteEvent(id: String, at: Instant) throws -> Bool {
        try write { connection in
            guard let event = try event(id: id) else { return false }
            var marks = EventMarks()
            marks.note(event)
            try marks.save(connection)
            return try connection.run(
                "UPDATE event SET deleted_at = :at WHERE fingerprint = :fingerprint AND id = :id AND \(EventQuery.isLive)",
                ["at": .int(at.ms), "fingerprint": .text(event.fingerprint.text), "id": .text(id)]) > 0
        }
    }
}

/// Puts events into their table, one statement for each new one. All text of a row is gathered in one buffer and bound from
/// there without a copy (`SQLITE_STATIC`): the buffer outlives the step.
struct EventWriter {
    let connection: Connection
    private(set) var result = AppendResult()
    private var marks = EventMarks()
    private let insert: Statement
    private var buffer: [UInt8] = []
    /// The bounds of each text column in the buffer; -1 for NULL.
    private var columns: [(start: Int, count: Int)] = []
    /// False while no event is superseded or deleted, which spares a look for each.
    private var hasGone: Bool
    private var firstKey: Int64?
    private var lastKey: Int64 = 0

    /// Parameters are bound by position here and only here: their order is that of `bindRow`.
    static let insertSQL = """
        INSERT INTO event (occurred_at, ended_at, observed_at, id, fingerprint, source, type, role, severity, title, body, service,
          component, environment, host, tags, attributes, origin, source_id, url, trace_id, commit_sha, derived_scope, superseded_by)
        VALUES (:occurred_at, :ended_at, :observed_at, :id, :fingerprint, :source, :type, :role, :severity, :title, :body, :service,
          :component, :environment, :host, :tags, :attributes, :origin, :source_id, :url, :trace_id, :commit_sha, :derived_scope,
          :superseded_by)
        ON CONFLICT (fingerprint) WHERE superseded_by IS NULL AND deleted_at IS NULL DO NOTHING
        """
    private enum Outcome { case inserted, fingerprintTaken }

    init(_ connection: Connection) throws {
        self.connection = connection
        insert = try connection.statement(Self.insertSQL)
        hasGone = try connection.number(EventQuery.anyGone) > 0
        buffer.reserveCapacity(16 << 10)
        columns.reserveCapacity(24)
    }

    func finish() { insert.reset() }

    mutating func append(_ event: Event) throws {
        // Equal ids have equal fingerprints, so that a known event is the live one of its fingerprint or one of those gone.
        if try hasGone && isGone(event) { return result.known += 1 }
        if try insertRow(event) == .inserted { return noteInserted(event) }
        if try connection.liveID(event.fingerprint) == event.id { return result.known += 1 }
        let live = try connection.existingLiveEvent(event.fingerprint)
        // Two facts with one fingerprint: the winner stays, whoever came first.
        result.superseded += 1
        if live.prevails(over: event) {
            try insertRow(event, supersededBy: live.id)
        } else {
            marks.note(live)
            try connection.supersede(event.fingerprint, by: event.id)
            try insertRow(event)
        }
        hasGone = true
        noteInserted(event)
    }

    /// A derived signal takes the place of whatever has its fingerprint, and comes back if it was gone (unless a person
    /// deleted it).
    mutating func replace(_ event: Event, scope: String) throws {
        if try hasGone && isGone(event) {
            if try connection.isDeleted(event) { return result.known += 1 }
            result.superseded += try connection.supersede(event.fingerprint, by: event.id)
            try connection.run(
                """
                UPDATE event SET superseded_by = NULL, derived_scope = :scope
                WHERE fingerprint = :fingerprint AND id = :id AND \(EventQuery.isGone)
                """,
                ["scope": .text(scope), "fingerprint": .text(event.fingerprint.text), "id": .text(event.id)])
            return noteInserted(event)
        }
        if try insertRow(event, scope: scope) == .inserted { return noteInserted(event) }
        if try connection.liveID(event.fingerprint) == event.id { return result.known += 1 }
        marks.note(try connection.existingLiveEvent(event.fingerprint))
        result.superseded += try connection.supersede(event.fingerprint, by: event.id)
        hasGone = true
        try insertRow(event, scope: scope)
        noteInserted(event)
    }

    private mutating func noteInserted(_ event: Event) {
        result.inserted += 1
        marks.note(event)
    }

    private func isGone(_ event: Event) throws -> Bool {
        try connection.number(EventQuery.goneByID, ["fingerprint": .text(event.fingerprint.text), "id": .text(event.id)]) > 0
    }

    mutating func retire(_ event: Event) throws {
        try connection.run(
            "UPDATE event SET superseded_by = '' WHERE fingerprint = :fingerprint AND \(EventQuery.isLive)",
            ["fingerprint": .text(event.fingerprint.text)])
        hasGone = true
        marks.note(event)
        result.superseded += 1
    }

    mutating func saveMarks() throws {
        try marks.save(connection)
        if let firstKey {
            try connection.run(
                "INSERT OR IGNORE INTO event_backlog (from_event, to_event) VALUES (:from, :to)",
                ["from": .int(firstKey), "to": .int(lastKey)])
        }
    }

    // MARK: The row

    @discardableResult
    private mutating func insertRow(_ event: Event, scope: String? = nil, supersededBy: String? = nil) throws -> Outcome {
        try connection.faults.write()
        gather(event, scope: scope, supersededBy: supersededBy)
        let handle = insert.handle
        sqlite3_bind_int64(handle, 1, event.occurredAt.ms)
        sqlite3_bind_int64(handle, 2, event.storedEnd.ms)
        sqlite3_bind_int64(handle, 3, event.observedAt.ms)
        let code = buffer.withUnsafeBytes { bytes -> Int32 in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            for (index, column) in columns.enumerated() {
                let bound =
                    column.start < 0
                    ? sqlite3_bind_null(handle, Int32(index + 4))
                    : sqlite3_bind_text(handle, Int32(index + 4), base.map { $0 + column.start }, Int32(column.count), nil)
                if bound != SQLITE_OK { return bound }
            }
            return sqlite3_step(handle)
        }
        defer { sqlite3_reset(handle) }
        switch code {
        case SQLITE_DONE:
            if sqlite3_changes(connection.handle) == 0 { return .fingerprintTaken }
            lastKey = connection.lastInsertedKey
            if firstKey == nil { firstKey = lastKey }
            marks.count(event)
            return .inserted
        default: throw StoreError(connection.handle, code: code, sql: Self.insertSQL)
        }
    }

    private mutating func gather(_ event: Event, scope: String?, supersededBy: String?) {
        buffer.removeAll(keepingCapacity: true)
        columns.removeAll(keepingCapacity: true)
        add(event.id)
        add(event.fingerprint.text)
        add(event.source.rawValue)
        add(event.type.rawValue)
        add(event.role.rawValue)
        add(event.severity.rawValue)
        add(event.title)
        add(event.body)
        add(event.service)
        add(event.component)
        add(event.environment)
        add(event.host)
        add { JSONWriter.write(event.tags, into: &$0) }
        add { JSONWriter.write(event.attributes, into: &$0) }
        add(event.origin)
        add(event.sourceID)
        add(event.url)
        add(event.traceID)
        add(event.commit)
        add(scope)
        add(supersededBy)
    }

    private mutating func add(_ text: String?) {
        guard let text else { return columns.append((-1, 0)) }
        add(text)
    }
    private mutating func add(_ text: String) { add { JSONWriter.append(text, to: &$0) } }
    private mutating func add(_ write: (inout [UInt8]) -> Void) {
        let start = buffer.count
        write(&buffer)
        columns.append((start, buffer.count - start))
    }
}

/// What a batch of events leaves behind beside its rows: dirty ranges of time, and how many facts each source gave per hour.
struct EventMarks {
    private var ranges: [(from: Int64, to: Int64)] = []
    private var activity = SourceActivity()
    private var stamps = StampMarks()

    /// Ranges nearer than this are one row.
    static let joinMs = Int64.hourMs

    mutating func note(_ event: Event) {
        stamps.note(event)
        if event.role != .context { ranges.append((event.occurredAt.ms, event.storedEnd.ms)) }
        if ranges.count >= 50_000 { ranges = joined() }
    }

    mutating func count(_ event: Event) { activity.count(origin: event.origin, at: event.occurredAt) }

    func joined() -> [(from: Int64, to: Int64)] {
        var out: [(from: Int64, to: Int64)] = []
        for range in ranges.sorted(by: { ($0.from, $0.to) < ($1.from, $1.to) }) {
            if let last = out.last, range.from &- last.to <= Self.joinMs {
                out[out.count - 1].to = max(last.to, range.to)
            } else {
                out.append(range)
            }
        }
        return out
    }

    mutating func save(_ connection: Connection) throws {
        for range in joined() {
            try connection.run(
                "INSERT OR IGNORE INTO dirty_range (from_ms, to_ms) VALUES (:from, :to)", ["from": .int(range.from), "to": .int(range.to)])
        }
        try activity.save(connection)
        try stamps.save(connection)
    }
}
