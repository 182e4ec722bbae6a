import Model

/// What was found of events: how many, and a page of them.
package struct EventPage: Hashable, Sendable {
    package var total: Int
    /// True when the words are in more events than are looked at, so that `total` counts the latest of them only.
    package var isBounded: Bool
    package var events: [Event]
    package init(total: Int, isBounded: Bool, events: [Event]) {
        self.total = total
        self.isBounded = isBounded
        self.events = events
    }
}

extension CaseStore {
    /// The live events a filter admits, and how many there are in all. Events appended since the last `indexSearch` are not
    /// found yet. With words, those of the latest `EventListQuery.wordMatches` events that have them are found.
    package func events(matching filter: EventFilter) throws -> EventPage {
        if let text = filter.text {
            guard let words = SearchText.query(text) else { return EventPage(total: 0, isBounded: false, events: []) }
            return try access { try $0.events(withWords: words, filter) }
        }
        return try access { connection in
            let groups = try connection.groups(filter)
            let range = (from: filter.from?.ms ?? .min, to: filter.to?.ms ?? .max)
            var total = 0
            for group in groups {
                if group.first >= range.from && group.last <= range.to {
                    total += group.count
                } else {
                    total += Int(
                        try connection.number(
                            EventListQuery.count, ["group": .int(group.id), "from": .int(range.from), "to": .int(range.to)]))
                }
            }
            let rows = try connection.firstRows(of: groups, filter, range)
            let events = try rows.compactMap { row in
                try connection.first(EventListQuery.byRow, ["row": .int(row)]) { try EventQuery.read($0) }
            }
            return EventPage(total: total, isBounded: false, events: events)
        }
    }

    /// How many live events there are, by source, type and severity in this order.
    package func eventCounts() throws -> [EventCount] {
        try access {
            try $0.all(EventListQuery.counts) {
                EventCount(source: $0.text(0), type: $0.text(1), severity: $0.text(2), count: Int($0.int(3)))
            }
        }
    }

    /// When the commits with these ids (whole, or their beginnings) were made; unknown ones are left out.
    package func commitTimes(_ ids: Set<String>) throws -> [String: Instant] {
        var out: [String: Instant] = [:]
        try access { connection in
            for id in ids.sorted() where id.count >= 7 {
                guard let word = SearchText.words(id).first else { continue }
                out[id] = try connection.first(EventListQuery.commit, ["words": .text("reference : \(word)*"), "id": .text(id)]) {
                    Instant(ms: $0.int(0))
                }
            }
        }
        return out
    }
}

/// The statements that list events; a test holds their plans.
enum EventListQuery {
    /// More events with one word than this are not looked at: they would have to be read one by one.
    static let wordMatches = 4_000

    static let groups = """
        SELECT event_group_id, n, first_at, last_at FROM event_group
        WHERE n > 0 AND last_at >= :from AND first_at <= :to
          AND (:source IS NULL OR source = :source) AND (:type IS NULL OR type = :type) AND (:role IS NULL OR role = :role)
          AND (:severity IS NULL OR \(ListingQuery.severityRank) <= :severity) AND (:service IS NULL OR service = :service)
          AND (:component IS NULL OR component = :component) AND (:environment IS NULL OR environment = :environment)
        """
    static let count = "SELECT count(*) FROM event_member WHERE event_group_id = :group AND occurred_at BETWEEN :from AND :to"
    static let newestOfGroup = """
        SELECT occurred_at, event_id FROM event_member WHERE event_group_id = :group AND occurred_at BETWEEN :from AND :to
        ORDER BY occurred_at DESC, event_id DESC LIMIT :limit
        """
    static let oldestOfGroup = """
        SELECT occurred_at, event_id FROM event_member WHERE event_group_id = :group AND occurred_at BETWEEN :from AND :to
        ORDER BY occurred_at, event_id LIMIT :limit
        """
    static let byRow = "SELECT \(EventQuery.columns) FROM event WHERE event_id = :row AND \(EventQuery.isLive)"
    static let withWords = "SELECT rowid FROM event_search WHERE event_search MATCH :words ORDER BY rowid DESC LIMIT \(wordMatches + 1)"
    static let admitted = """
        SELECT occurred_at FROM event WHERE event_id = :row AND \(EventQuery.isLive)
          AND occurred_at BETWEEN :from AND :to
          AND (:source IS NULL OR source = :source) AND (:type IS NULL OR type = :type) AND (:role IS NULL OR role = :role)
          AND (:severity IS NULL OR \(ListingQuery.severityRank) <= :severity) AND (:service IS NULL OR service = :service)
          AND (:component IS NULL OR component = :component) AND (:environment IS NULL OR environment = :environment)
        """
    static let commit = """
        SELECT occurred_at FROM event_search CROSS JOIN event ON event_id = event_search.rowid
        WHERE event_search MATCH :words AND type = 'commit' AND substr(commit_sha, 1, length(:id)) = :id AND \(EventQuery.isLive) LIMIT 1
        """
    static let counts = """
        SELECT source, type, severity, sum(n) FROM event_group GROUP BY source, type, severity HAVING sum(n) > 0
        ORDER BY source, type, severity
        """
}

private struct EventGroup {
    var id: Int64
    var count: Int
    var first: Int64
    var last: Int64
}

extension Connection {
    /// Lists events of a range of row keys that are live and not listed yet.
    func listEvents(from: Int64, to: Int64) throws {
        try run(
            """
            INSERT OR IGNORE INTO event_group (source, type, role, severity, service, component, environment, n, first_at, last_at)
            SELECT source, type, role, severity, coalesce(service, ''), coalesce(component, ''), coalesce(environment, ''), 0,
              min(occurred_at), max(occurred_at)
            FROM event WHERE event_id BETWEEN :from AND :to AND \(EventQuery.isLive) GROUP BY 1, 2, 3, 4, 5, 6, 7
            """, ["from": .int(from), "to": .int(to)])
        try run(
            """
            INSERT OR IGNORE INTO event_member (event_group_id, occurred_at, event_id)
            SELECT g.event_group_id, e.occurred_at, e.event_id FROM event AS e CROSS JOIN event_group AS g
              ON g.source = e.source AND g.type = e.type AND g.role = e.role AND g.severity = e.severity
                AND g.service = coalesce(e.service, '') AND g.component = coalesce(e.component, '')
                AND g.environment = coalesce(e.environment, '')
            WHERE e.event_id BETWEEN :from AND :to AND e.superseded_by IS NULL AND e.deleted_at IS NULL ORDER BY 1, 2, 3
            """, ["from": .int(from), "to": .int(to)])
    }

    fileprivate func groups(_ filter: EventFilter) throws -> [EventGroup] {
        try all(
            EventListQuery.groups,
            [
                "from": .int(filter.from?.ms ?? .min), "to": .int(filter.to?.ms ?? .max), "source": .optional(filter.source?.rawValue),
                "type": .optional(filter.type?.rawValue), "role": .optional(filter.role?.rawValue),
                "severity": .optional(filter.severity.map { Int64($0.rank) }), "service": .optional(filter.service),
                "component": .optional(filter.component), "environment": .optional(filter.environment),
            ]
        ) { EventGroup(id: $0.int(0), count: Int($0.int(1)), first: $0.int(2), last: $0.int(3)) }
    }

    /// The row keys of the page of a filter. Groups are visited in the order of their nearest event, until the page is full of
    /// nearer ones than any group still has.
    fileprivate func firstRows(of groups: [EventGroup], _ filter: EventFilter, _ range: (from: Int64, to: Int64)) throws -> [Int64] {
        let wanted = max(0, filter.offset) + max(0, filter.limit)
        if filter.limit <= 0 { return [] }
        let isNewest = filter.order == .newest
        var best: [(at: Int64, row: Int64)] = []
        func isNearer(_ left: (at: Int64, row: Int64), _ right: (at: Int64, row: Int64)) -> Bool { isNewest ? left > right : left < right }
        for group in groups.sorted(by: { isNewest ? ($0.last, $0.id) > ($1.last, $1.id) : ($0.first, $0.id) < ($1.first, $1.id) }) {
            var (from, to) = range
            if best.count == wanted, let farthest = best.last {
                if isNewest ? group.last < farthest.at : group.first > farthest.at { break }
                if isNewest { from = max(from, farthest.at) } else { to = min(to, farthest.at) }
            }
            let found = try all(
                isNewest ? EventListQuery.newestOfGroup : EventListQuery.oldestOfGroup,
                ["group": .int(group.id), "from": .int(from), "to": .int(to), "limit": .int(Int64(wanted))]
            ) { (at: $0.int(0), row: $0.int(1)) }
            if found.isEmpty { continue }
            best = Array((best + found).sorted(by: isNearer).prefix(wanted))
        }
        return best.dropFirst(max(0, filter.offset)).map(\.row)
    }

    fileprivate func events(withWords words: String, _ filter: EventFilter) throws -> EventPage {
        var rows = try all(EventListQuery.withWords, ["words": .text(words)]) { $0.int(0) }
        let isBounded = rows.count > EventListQuery.wordMatches
        if isBounded { rows.removeLast() }
        var found: [(at: Int64, row: Int64)] = []
        for row in rows {
            let at = try first(
                EventListQuery.admitted,
                [
                    "row": .int(row), "from": .int(filter.from?.ms ?? .min), "to": .int(filter.to?.ms ?? .max),
                    "source": .optional(filter.source?.rawValue), "type": .optional(filter.type?.rawValue),
                    "role": .optional(filter.role?.rawValue), "severity": .optional(filter.severity.map { Int64($0.rank) }),
                    "service": .optional(filter.service), "component": .optional(filter.component),
                    "environment": .optional(filter.environment),
                ]
            ) { $0.int(0) }
            if let at { found.append((at, row)) }
        }
        found.sort { filter.order == .newest ? $0 > $1 : $0 < $1 }
        let events = try found.dropFirst(max(0, filter.offset)).prefix(max(0, filter.limit)).compactMap { item in
            try first(EventListQuery.byRow, ["row": .int(item.row)]) { try EventQuery.read($0) }
        }
        return EventPage(total: found.count, isBounded: isBounded, events: events)
    }
}
