import Model

/// What a stamp counts the changes of.
package enum StampKind: String, Sendable { case day, service }

/// The days and services that a batch of events touches, gathered in runs: most batches are few of both.
struct StampMarks {
    private var days: Set<Int64> = []
    private var newest: [String: Int64] = [:]
    private var day = Int64.min
    private var service = ""
    private var at = Int64.min

    mutating func note(_ event: Event) {
        let eventDay = event.occurredAt.day
        if eventDay != day {
            day = eventDay
            days.insert(day)
        }
        guard let name = event.service, !name.isEmpty else { return }
        if name != service {
            flush()
            service = name
        }
        at = max(at, event.occurredAt.ms)
    }

    private mutating func flush() {
        if !service.isEmpty { newest[service] = max(newest[service] ?? .min, at) }
        at = .min
    }

    mutating func save(_ connection: Connection) throws {
        flush()
        for day in days.sorted() { try connection.touch(.day, subject: String(day)) }
        for (service, at) in newest.sorted(by: { $0.key < $1.key }) { try connection.touch(.service, subject: service, newestAt: at) }
        self = StampMarks()
    }
}

extension CaseStore {
    /// How often each subject of a kind changed. Every day with an event and every service that anything was ever heard of is here.
    package func stamps(_ kind: StampKind) throws -> [String: Int64] {
        var out: [String: Int64] = [:]
        try access { connection in
            try connection.forEach("SELECT subject, changes FROM stamp WHERE kind = :kind", ["kind": .text(kind.rawValue)]) {
                out[$0.text(0)] = $0.int(1)
            }
        }
        return out
    }
}

extension Connection {
    func touch(_ kind: StampKind, subject: String, newestAt: Int64? = nil) throws {
        try run(
            """
            INSERT INTO stamp (kind, subject, changes, newest_at) VALUES (:kind, :subject, 1, :newest)
            ON CONFLICT (kind, subject) DO UPDATE SET changes = changes + 1,
              newest_at = max(coalesce(newest_at, excluded.newest_at), coalesce(excluded.newest_at, newest_at))
            """, ["kind": .text(kind.rawValue), "subject": .text(subject), "newest": .optional(newestAt)])
    }
}
