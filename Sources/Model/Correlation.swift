// The values that pass between the corridor and the room that decides.

/// An investigation with its evidence, as the store holds it.
package struct CaseSnapshot: Hashable, Sendable {
    package var investigation: Investigation
    package var evidence: [Evidence]
    /// True once its number may no longer change: a person touched it, or it is older than the settling time.
    package var isSettled: Bool
    package init(investigation: Investigation, evidence: [Evidence], isSettled: Bool) {
        self.investigation = investigation
        self.evidence = evidence
        self.isSettled = isSettled
    }
}

/// A closed slice of the past: no signal outside is near enough to one inside to be linked to it.
package struct CorrelationWindow: Sendable {
    /// Live events only, sorted by time, then id: all signals of the slice; changes and context from its lookback on.
    package var events: [Event]
    package var map: ServiceMap
    /// Every investigation that has evidence in the slice, and every unsettled one.
    package var cases: [CaseSnapshot]
    package var humanLinks: [HumanLink]
    /// Settled numbers are taken; new ones are given from here on, in order of start.
    package var firstFreeNumber: Int
    package var now: Instant
    package var rules: CorrelationRules
    /// True for `investigate`: everything in the window is one incident.
    package var isSingleIncident: Bool
    /// Start given from outside (a bundle's `started_at`), if any.
    package var startHint: Instant?
    /// What the telemetry around each case says, by the case's key; of a single incident under the empty key.
    package var readings: [String: [CauseReading]]
    /// What the repositories say of each case's code, by the same keys.
    package var code: [String: CodeAnswer]
    /// Commits before those of `events`, the newest, at most `Limits.earlierCommits`: never suspects, but they tell habits.
    package var earlierCommits: [Event]
    package init(
        events: [Event], map: ServiceMap, cases: [CaseSnapshot] = [], humanLinks: [HumanLink] = [], firstFreeNumber: Int = 1,
        now: Instant, rules: CorrelationRules = CorrelationRules(), isSingleIncident: Bool = false, startHint: Instant? = nil,
        readings: [String: [CauseReading]] = [:], code: [String: CodeAnswer] = [:], earlierCommits: [Event] = []
    ) {
        self.events = events
        self.map = map
        self.cases = cases
        self.humanLinks = humanLinks
        self.firstFreeNumber = firstFreeNumber
        self.now = now
        self.rules = rules
        self.isSingleIncident = isSingleIncident
        self.startHint = startHint
        self.readings = readings
        self.code = code
        self.earlierCommits = earlierCommits
    }
}

/// The few numbers a user may set under `rules:`; each has a default that needs no tuning.
package struct CorrelationRules: Hashable, Codable, Sendable {
    /// Two signals link when the noisy-or of their terms reaches this.
    package var linkThreshold = 0.5
    /// No link across more than this; also the gap that closes a window.
    package var maxGapMinutes = 60
    /// An investigation with no signal for so long is resolved.
    package var quietPeriodMinutes = 90
    /// Changes this long before the first signal can be suspects.
    package var changeLookbackHours = 48
    /// A lone signal below this severity and strength opens nothing.
    package var minimumSeverity = Severity.medium
    package var minimumStrength = 0.5
    package var maxSuspects = 10
    package var maxHypotheses = 8
    package init() {}
}

/// What the correlator decided, in the order to apply. The store applies all of one decision in one transaction.
package enum CaseChange: Hashable, Sendable {
    /// A new investigation, complete, with its evidence.
    case open(CaseSnapshot, reasons: [String])
    /// The new state of a known one (same key); `reasons` are the words of the new version.
    case update(CaseSnapshot, reasons: [String])
    /// It is part of another one now.
    case merge(key: String, into: String, reasons: [String])
    /// Nothing is left of it (its signals were superseded) and nobody touched it.
    case withdraw(key: String, reasons: [String])
}
