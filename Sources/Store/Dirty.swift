import Model

/// Telemetry of one subject on one day that changed since signals were last derived from it.
package struct DirtyTelemetry: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable { case logs, metrics, traces, tests }
    package var kind: Kind
    /// A service for logs, metrics and traces; a suite for tests.
    package var subject: String
    /// Days since the epoch.
    package var day: Int64
    package init(kind: Kind, subject: String, day: Int64) {
        self.kind = kind
        self.subject = subject
        self.day = day
    }
}

extension CaseStore {
    /// What is to be derived again, by kind, subject and day.
    package func dirtyTelemetry() throws -> [DirtyTelemetry] {
        try access { connection in
            try connection.all("SELECT kind, subject, day FROM dirty_telemetry ORDER BY kind, subject, day") { row in
                guard let kind = DirtyTelemetry.Kind(rawValue: row.text(0)) else {
                    throw StoreError.unreadable(table: "dirty_telemetry", key: row.text(0))
                }
                return DirtyTelemetry(kind: kind, subject: row.text(1), day: row.int(2))
            }
        }
    }

    package func clearDirty(_ marks: some Sequence<DirtyTelemetry>) throws {
        try write { connection in
            for mark in marks {
                try connection.run(
                    "DELETE FROM dirty_telemetry WHERE kind = :kind AND subject = :subject AND day = :day",
                    ["kind": .text(mark.kind.rawValue), "subject": .text(mark.subject), "day": .int(mark.day)])
            }
        }
    }

    /// The ranges in which signals or changes came, went or changed since they were last correlated; disjoint, in order.
    package func dirtyRanges() throws -> [ClosedRange<Instant>] {
        var out: [ClosedRange<Instant>] = []
        try access { connection in
            try connection.forEach("SELECT from_ms, to_ms FROM dirty_range ORDER BY from_ms, to_ms") { row in
                let (from, to) = (Instant(ms: row.int(0)), Instant(ms: row.int(1)))
                if let last = out.last, from <= last.upperBound {
                    out[out.count - 1] = last.lowerBound...max(last.upperBound, to)
                } else {
                    out.append(from...max(from, to))
                }
            }
        }
        return out
    }

    package func markDirty(_ range: ClosedRange<Instant>) throws {
        _ = try write {
            try $0.run(
                "INSERT OR IGNORE INTO dirty_range (from_ms, to_ms) VALUES (:from, :to)",
                ["from": .int(range.lowerBound.ms), "to": .int(range.upperBound.ms)])
        }
    }

    package func clearDirtyRanges() throws {
        _ = try write { try $0.run("DELETE FROM dirty_range") }
    }
}

extension Connection {
    func markDirty(_ kind: DirtyTelemetry.Kind, subject: String, days: Set<Int64>) throws {
        for day in days.sorted() {
            try run(
                "INSERT OR IGNORE INTO dirty_telemetry (kind, subject, day) VALUES (:kind, :subject, :day)",
                ["kind": .text(kind.rawValue), "subject": .text(subject), "day": .int(day)])
        }
        if kind != .tests && !days.isEmpty && !subject.isEmpty { try touch(.service, subject: subject) }
    }
}
