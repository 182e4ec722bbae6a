import Model

/// One source with what the store knows of it, for the API.
package struct APISource: Sendable {
    package var name: String
    package var kind: String
    package var readCount: Int64
    package var deadLetterCount: Int64
    package var newestAt: Instant?
    package var consecutiveFailures: Int
    package var openedAt: Instant?
    package var lastError: String?
    /// How far each item (a file, a stream) is read, by name.
    package var cursors: [(item: String, position: JSONValue)]
    /// What it gave on each day (since the epoch, in UTC), oldest first.
    package var days: [(day: Int64, count: Int64)]
    package init(
        name: String, kind: String, readCount: Int64, deadLetterCount: Int64, newestAt: Instant?, consecutiveFailures: Int,
        openedAt: Instant?, lastError: String?, cursors: [(item: String, position: JSONValue)], days: [(day: Int64, count: Int64)]
    ) {
        self.name = name
        self.kind = kind
        self.readCount = readCount
        self.deadLetterCount = deadLetterCount
        self.newestAt = newestAt
        self.consecutiveFailures = consecutiveFailures
        self.openedAt = openedAt
        self.lastError = lastError
        self.cursors = cursors
        self.days = days
    }
    /// More items of one source than this are only counted.
    package static let maxCursors = 100
}

/// What could not be read, without its bytes: those are for whoever can open the store.
package struct APIDeadLetter: Sendable {
    package var id: Int64
    package var origin: String
    package var place: String
    package var reason: String
    package var remedy: String
    package var firstAt: Instant
    package var lastAt: Instant
    package var count: Int64
    package init(
        id: Int64, origin: String, place: String, reason: String, remedy: String, firstAt: Instant, lastAt: Instant, count: Int64
    ) {
        self.id = id
        self.origin = origin
        self.place = place
        self.reason = reason
        self.remedy = remedy
        self.firstAt = firstAt
        self.lastAt = lastAt
        self.count = count
    }
    package static let maxPublished = 1_000
}

/// The numbers of the API.
extension APIDocuments {
    /// `stats.json`: how many there are of what.
    package static func stats(
        _ entries: [CaseEntry], _ selections: [APISelection], events: [EventCount]
    ) -> JSONValue {
        func counts(_ name: APISelection.Name) -> JSONValue {
            .array(
                selections.filter { $0.name == name }.map {
                    ["value": .string($0.value), "total": .int(Int64($0.entries.count))]
                })
        }
        func sums(_ key: KeyPath<EventCount, String>) -> JSONValue {
            var sums: [String: Int] = [:]
            for row in events { sums[row[keyPath: key], default: 0] += row.count }
            return .array(sums.sorted { $0.key < $1.key }.map { ["value": .string($0.key), "total": .int(Int64($0.value))] })
        }
        return .compact([
            "schema": "caseboard.stats/1", "updated_at": entries.map(\.changedAt).max().map(time),
            "investigations": .object([
                "total": .int(Int64(entries.count)), "open": .int(Int64(entries.count { !$0.status.isEnded })),
                "status": counts(.status), "severity": counts(.severity), "priority": counts(.priority), "service": counts(.service),
                "component": counts(.component), "assignee": counts(.assignee),
            ]),
            "events": [
                "total": .int(Int64(events.reduce(0) { $0 + $1.count })), "source": sums(\.source), "type": sums(\.type),
                "severity": sums(\.severity),
            ],
        ])
    }

    /// Days of one list, the newest.
    static let maxDays = 3_660

    /// `sources.json`: how each source is doing. Nothing in it depends on the clock.
    package static func sources(_ sources: [APISource]) -> JSONValue {
        [
            "schema": "caseboard.sources/1", "total": .int(Int64(sources.count)),
            "sources": .array(
                sources.map { source in
                    .compact([
                        "name": .string(source.name), "kind": .string(source.kind), "read": .int(source.readCount),
                        "dead_letters": .int(source.deadLetterCount), "newest_at": source.newestAt.map(time),
                        "breaker": .compact([
                            "state": source.openedAt == nil ? "closed" : "open",
                            "consecutive_failures": .int(Int64(source.consecutiveFailures)), "opened_at": source.openedAt.map(time),
                            "last_error": source.lastError.map { .string($0) },
                        ]),
                        "cursor_count": .int(Int64(source.cursors.count)),
                        "cursors": .array(
                            source.cursors.prefix(APISource.maxCursors).map { ["item": .string($0.item), "position": $0.position] }),
                        "days": .array(
                            source.days.suffix(maxDays).map {
                                ["day": .string(Instant(ms: $0.day * .dayMs).date), "read": .int($0.count)]
                            }),
                    ])
                }),
        ]
    }

    /// `dead-letters/1.json`: a page of what could not be read, the oldest first, without its bytes.
    package static func deadLetters(_ letters: [APIDeadLetter], page: Int) -> JSONValue {
        let kept = Array(letters.prefix(APIDeadLetter.maxPublished))
        let shown = kept[APIPage.range(page, of: kept.count)]
        var members: [String: JSONValue?] = APIPage(number: page, total: kept.count).members
        members["schema"] = "caseboard.dead-letters/1"
        members["dead_letters"] = .array(
            shown.map {
                [
                    "id": .int($0.id), "source": .string($0.origin), "place": .string($0.place), "reason": .string($0.reason),
                    "remedy": .string($0.remedy), "first_at": time($0.firstAt), "last_at": time($0.lastAt), "count": .int($0.count),
                ]
            })
        return .compact(members)
    }
}
