/// A measure of how we work, now and before, and what the difference allows to say.
package struct Measure: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Milliseconds, the median of a sample.
        case duration
        /// 0…1, so many of so many.
        case share
        /// A day.
        case rate
    }
    /// An estimate with its 95 % interval.
    package struct Estimate: Hashable, Sendable {
        /// Nil when there is nothing to estimate from.
        package var value: Double?
        package var low: Double?
        package var high: Double?
        /// Size of the sample; for a share what it is a share of, for a rate the events.
        package var count: Int
        /// For a share: how many.
        package var hits: Int
        package init(value: Double? = nil, low: Double? = nil, high: Double? = nil, count: Int = 0, hits: Int = 0) {
            self.value = value
            self.low = low
            self.high = high
            self.count = count
            self.hits = hits
        }
    }
    package enum Verdict: Hashable, Sendable {
        case tooFew
        case noChange
        /// Now is greater (or less, when both are negative) by this much, with 95 % confidence.
        case changed(low: Double, high: Double)
    }
    /// Its name in the API.
    package var key: String
    package var name: String
    package var kind: Kind
    /// How it is counted, in a sentence.
    package var meaning: String
    package var now: Estimate
    package var before: Estimate
    package var verdict: Verdict
    package init(key: String, name: String, kind: Kind, meaning: String, now: Estimate, before: Estimate, verdict: Verdict) {
        self.key = key
        self.name = name
        self.kind = kind
        self.meaning = meaning
        self.now = now
        self.before = before
        self.verdict = verdict
    }
}

/// What the analytics page and its document are made from.
package struct AnalyticsFile: Sendable {
    /// By day, those that have anything.
    package var days: [DaySummary]
    /// All that are not deleted or merged.
    package var cases: [Investigation]
    package var delivery: [Measure]
    package var response: [Measure]
    /// The spans that the measures compare: whole days in UTC.
    package var now: Range<Instant>
    package var before: Range<Instant>
    package init(
        days: [DaySummary], cases: [Investigation], delivery: [Measure], response: [Measure], now: Range<Instant>, before: Range<Instant>
    ) {
        self.days = days
        self.cases = cases
        self.delivery = delivery
        self.response = response
        self.now = now
        self.before = before
    }
    package var nowDays: Int { Self.days(now) }
    package var beforeDays: Int { Self.days(before) }
    private static func days(_ range: Range<Instant>) -> Int { Int((range.upperBound - range.lowerBound) / .dayMs) }
}
