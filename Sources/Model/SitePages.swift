// What the pages beside board and canvas are made from. Assembled by the corridor, read by Rendering.

/// A service on the other end of calls, and what is wrong with it.
package struct Neighbour: Hashable, Sendable {
    package var name: String
    package var calls: Int64
    /// The worst open investigation it is part of.
    package var openNumber: Int?
    package var openSeverity: Severity?
    package init(name: String, calls: Int64, openNumber: Int? = nil, openSeverity: Severity? = nil) {
        self.name = name
        self.calls = calls
        self.openNumber = openNumber
        self.openSeverity = openSeverity
    }
}

package struct ServiceFile: Sendable {
    package var name: String
    /// All it is part of, deleted and merged ones left out.
    package var cases: [Investigation] = []
    /// Changes of it, newest first.
    package var changes: [Event] = []
    /// Signals of it between `from` and `to`, by time.
    package var signals: [Event] = []
    /// The investigation each of the signals is evidence of.
    package var caseOf: [Fingerprint: Int] = [:]
    package var callers: [Neighbour] = []
    package var callees: [Neighbour] = []
    /// Series with a week before `from`, for the usual range.
    package var tracks: [MetricTrack] = []
    package var seriesCount = 0
    package var logs: LogRate?
    /// Log records by hour, for a week.
    package var logHours: [HourCount] = []
    package var gaps: [SourceGap] = []
    /// The day that is drawn: it ends with the newest fact of the service.
    package var from: Instant
    package var to: Instant
    package init(name: String, from: Instant, to: Instant) {
        self.name = name
        self.from = from
        self.to = to
    }
}

/// A service in the list of all.
package struct ServiceLine: Hashable, Sendable {
    package var name: String
    package var openNumber: Int?
    package var openSeverity: Severity?
    package var caseCount: Int
    /// In the last 90 days.
    package var recentCount: Int
    package var lastAt: Instant?
    package var callers: Int
    package var callees: Int
    package init(
        name: String, openNumber: Int? = nil, openSeverity: Severity? = nil, caseCount: Int = 0, recentCount: Int = 0,
        lastAt: Instant? = nil, callers: Int = 0, callees: Int = 0
    ) {
        self.name = name
        self.openNumber = openNumber
        self.openSeverity = openSeverity
        self.caseCount = caseCount
        self.recentCount = recentCount
        self.lastAt = lastAt
        self.callers = callers
        self.callees = callees
    }
}

package struct SourceFile: Sendable {
    package var health: SourceHealth
    package var breaker: CircuitBreaker
    /// Facts and records by hour, the last 90 days.
    package var hours: [HourCount] = []
    /// Each followed file or page and how far it is read, as the cursor says it; the first of `cursorCount`.
    package var cursors: [(item: String, state: String)] = []
    package var cursorCount = 0
    /// The newest of them.
    package var deadLetters: [StoredDeadLetter] = []
    package init(health: SourceHealth, breaker: CircuitBreaker) {
        self.health = health
        self.breaker = breaker
    }
}

/// One day of everything.
package struct DayFile: Sendable {
    package var summary: DaySummary
    /// The strongest of the day, by time.
    package var events: [Event]
    package var caseOf: [Fingerprint: Int] = [:]
    /// Investigations that began or were active on the day, worst first.
    package var cases: [Investigation] = []
    /// The nearest days with anything.
    package var before: Int64?
    package var after: Int64?
    package init(summary: DaySummary, events: [Event]) {
        self.summary = summary
        self.events = events
    }
}
