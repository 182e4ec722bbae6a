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
            return try access { connection in
                guard let words = try connection.eventQuery(text)?.query else { return EventPage(total: 0, isBounded: false, events: []) }
                return try connection.events(withWords: words, filter)
            }
        }
        return try access { connection in
            let groups = try connection.groups(filter)
            let range = (from: filter.from?.ms ?? .min, to: filter.to?.ms ?? .max)
            var total = 0
            for group in groups {
                if group.first >= range.from && group.last <= range.to {
                    total += group.count
                } else {
                    total += try connection.count(group, range)
                }
            }
            let rows = try connection.firstRows(of: groups, total: total, filter, range)
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
    static let matches = """
        SELECT count(*) FROM (SELECT rowid FROM event_search WHERE event_search MATCH :words LIMIT \(wordMatches + 1))
        """
    /// Of the latest events with some words, those that a filter admits.
    static let admitted = """
        SELECT occurred_at, event_id
        FROM (SELECT rowid AS found FROM event_search WHERE event_search MATCH :words ORDER BY rowid DESC LIMIT \(wordMatches))
          CROSS JOIN event ON event_id = found
        WHERE \(EventQuery.isLive) AND occurred_at BETWEEN :from AND :to
          AND (:source IS NULL OR source = :source) AND (:type IS NULL OR type = :type) AND (:role IS NULL OR role = :role)
          AND (:severity IS NULL OR \(ListingQuery.severityRank) <= :severity) AND (:service IS NULL OR service = :service)
          AND (:component IS NULL OR component = :component) AND (:environment IS NULL OR environment = :environment)
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

    /// How many events of a group lie in a range, counted inside of it or outside, whichever is likely to be less.
    fileprivate func count(_ group: EventGroup, _ range: (from: Int64, to: Int64)) throws -> Int {
        func count(_ from: Int64, _ to: Int64) throws -> Int {
            if from > to { return 0 }
            return Int(try number(EventListQuery.count, ["group": .int(group.id), "from": .int(from), "to": .int(to)]))
        }
        let (from, to) = (max(range.from, group.first), min(range.to, group.last))
        if from > to { return 0 }
        if (to - from) / 2 < (group.last - group.first) / 4 { return try count(from, to) }
        let before = from > group.first ? try count(group.first, from - 1) : 0
        let after = to < group.last ? try count(to + 1, group.last) : 0
        return group.count - before - after
    }

    /// The row keys of the page of a filter. Time is walked in strips from the near end, the first as wide as the page should
    /// need, each next one four times as wide, until the page is full; of each strip every group gives its own.
    fileprivate func firstRows(
        of groups: [EventGroup], total: Int, _ filter: EventFilter, _ range: (from: Int64, to: Int64)
    ) throws -> [Int64] {
        let wanted = max(0, filter.offset) + max(0, filter.limit)
        guard filter.limit > 0, filter.offset < total, let first = groups.map(\.first).min(), let last = groups.map(\.last).max() else {
            return []
        }
        let isNewest = filter.order == .newest
        var (low, high) = (max(range.from, first), min(range.to, last))
        var width = max(1, Int64(Double(high - low) * min(1, 1.2 * Double(wanted) / Double(total))))
        var found: [(at: Int64, row: Int64)] = []
        while low <= high, found.count < wanted {
            let strip =
                isNewest ? (from: max(low, high.clampedSubtracting(width)), to: high) : (from: low, to: min(high, low.clampedAdding(width)))
            var own: [(at: Int64, row: Int64)] = []
            for group in groups where group.first <= strip.to && group.last >= strip.from {
                own += try all(
                    isNewest ? EventListQuery.newestOfGroup : EventListQuery.oldestOfGroup,
                    ["group": .int(group.id), "from": .int(strip.from), "to": .int(strip.to), "limit": .int(Int64(wanted))]
                ) { (at: $0.int(0), row: $0.int(1)) }
            }
            found += own.sorted { isNewest ? $0 > $1 : $0 < $1 }.prefix(wanted - found.count)
            if isNewest { high = strip.from - 1 } else { low = strip.to + 1 }
            width = width.clampedAdding(width.clampedAdding(width.clampedAdding(width)))
        }
        return found.dropFirst(max(0, filter.offset)).map(\.row)
    }

    fileprivate func events(withWords words: String, _ filter: EventFilter) throws -> EventPage {
        let matches = try number(EventListQuery.matches, ["words": .text(words)])
        var found = try all(
            EventListQuery.admitted,
            [
                "words": .text(words), "from": .int(filter.from?.ms ?? .min), "to": .int(filter.to?.ms ?? .max),
                "source": .optional(filter.source?.rawValue), "type": .optional(filter.type?.rawValue),
                "role": .optional(filter.role?.rawValue), "severity": .optional(filter.severity.map { Int64($0.rank) }),
                "service": .optional(filter.service), "component": .optional(filter.component),
                "environment": .optional(filter.environment),
            ]
        ) { (at: $0.int(0), row: $0.int(1)) }
        found.sort { filter.order == .newest ? $0 > $1 : $0 < $1 }
        let events = try found.dropFirst(max(0, filter.offset)).prefix(max(0, filter.limit)).compactMap { item in
            try first(EventListQuery.byRow, ["row": .int(item.row)]) { try EventQuery.read($0) }
        }
        return EventPage(total: found.count, isBounded: matches > EventListQuery.wordMatches, events: events)
    }
}
