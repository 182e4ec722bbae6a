/// A sample of durations in words a reader may trust: how many there are, their median, and what the median may be.
package struct DurationStatistic: Hashable, Sendable {
    package var count: Int
    /// Seconds; nil without a duration.
    package var median: Double?
    package var p90: Double?
    /// Where the median of all such incidents lies with 95 % confidence, in seconds; nil for fewer than six durations.
    package var interval: ClosedRange<Double>?

    /// Durations in milliseconds; negative ones are left out.
    package init(_ durations: [Int64]) {
        let sorted = durations.filter { $0 >= 0 }.sorted().map { Double($0) / 1_000 }
        count = sorted.count
        guard let first = sorted.first, let last = sorted.last else { return }
        median = sorted.count % 2 == 1 ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
        // The nearest rank: the smallest value that at least nine of ten do not exceed.
        p90 = sorted[min(sorted.count - 1, (sorted.count * 9 + 9) / 10 - 1)]
        let rank = MedianInterval.rank(sorted.count)
        if rank > 0 { interval = max(first, sorted[rank - 1])...min(last, sorted[sorted.count - rank]) }
    }
}

/// A share of a sample with where the true share lies with 95 % confidence.
package struct RateStatistic: Hashable, Sendable {
    package var hits: Int
    package var count: Int
    /// 0…1; nil for an empty sample.
    package var value: Double? { count > 0 ? Double(hits) / Double(count) : nil }
    package init(hits: Int, count: Int) {
        self.hits = hits
        self.count = count
    }
    /// Wilson's score interval (J. Am. Stat. Assoc. 22, 1927).
    package var interval: ClosedRange<Double>? {
        guard let p = value else { return nil }
        let (n, z) = (Double(count), 1.96)
        let center = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        return max(0, center - half)...min(1, center + half)
    }
}

/// Numbers over all investigations and deployments.
package struct Analytics: Sendable {
    package struct Day: Hashable, Sendable {
        /// Days since the epoch, in UTC.
        package var day: Int64
        package var opened = 0
        package var resolved = 0
        package var bySeverity: [Severity: Int] = [:]
    }
    package struct Deployment: Hashable, Sendable {
        package var fingerprint: Fingerprint
        package var service: String?
        package var at: Instant
        /// When its commit was made, if the commit is known.
        package var committedAt: Instant?
        package init(fingerprint: Fingerprint, service: String?, at: Instant, committedAt: Instant? = nil) {
            self.fingerprint = fingerprint
            self.service = service
            self.at = at
            self.committedAt = committedAt
        }
    }

    /// Days on which something was opened or resolved, oldest first.
    package private(set) var days: [Day] = []
    /// From the start to when it was noticed, to when a person took it, to when it no longer hurt, to its end.
    package private(set) var detect: DurationStatistic
    package private(set) var acknowledge: DurationStatistic
    package private(set) var mitigate: DurationStatistic
    package private(set) var resolve: DurationStatistic
    // DORA's five, over the deployments given.
    package private(set) var deployments = 0
    /// First and last deployment; nil without one.
    package private(set) var deployedFrom: Instant?
    package private(set) var deployedTo: Instant?
    /// From the commit to its deployment.
    package private(set) var leadTime: DurationStatistic
    /// Deployments that are the first cause of an investigation.
    package private(set) var changeFailures: RateStatistic
    /// How long investigations lasted whose first cause is a deployment.
    package private(set) var recovery: DurationStatistic
    /// Deployments of a service made while an investigation that a deployment caused and that touches the service lasted.
    package private(set) var rework: RateStatistic

    package init(cases: [CaseEntry], deployments: [Deployment]) {
        func durations(_ end: (CaseEntry) -> Instant?) -> DurationStatistic {
            DurationStatistic(cases.compactMap { it in end(it).map { $0 - it.startedAt } })
        }
        detect = durations(\.detectedAt)
        acknowledge = durations(\.acknowledgedAt)
        mitigate = durations(\.mitigatedAt)
        resolve = durations(\.resolvedAt)
        leadTime = DurationStatistic(deployments.compactMap { it in it.committedAt.map { it.at - $0 } })
        let known = Set(deployments.map(\.fingerprint))
        let caused = cases.filter { it in it.change.map { known.contains($0) } ?? false }
        let failed = Set(caused.compactMap(\.change))
        changeFailures = RateStatistic(hits: failed.count, count: deployments.count)
        recovery = DurationStatistic(caused.compactMap { it in (it.mitigatedAt ?? it.resolvedAt).map { $0 - it.startedAt } })
        let repairs = deployments.filter { deployment in
            caused.contains { it in
                deployment.fingerprint != it.change && deployment.at > it.startedAt
                    && deployment.at <= it.mitigatedAt ?? it.resolvedAt ?? it.lastSignalAt
                    && (deployment.service.map { it.services.contains($0) } ?? false)
            }
        }
        rework = RateStatistic(hits: repairs.count, count: deployments.count)
        self.deployments = deployments.count
        deployedFrom = deployments.map(\.at).min()
        deployedTo = deployments.map(\.at).max()
        count(cases)
    }

    /// Deployments a week between the first and the last; nil for fewer than two.
    package var deploymentsPerWeek: Double? {
        guard deployments > 1, let deployedFrom, let deployedTo, deployedTo > deployedFrom else { return nil }
        return Double(deployments - 1) / (Double(deployedTo - deployedFrom) / Double(7 * Int64.dayMs))
    }

    private mutating func count(_ cases: [CaseEntry]) {
        var found: [Int64: Day] = [:]
        for it in cases {
            found[it.startedAt.day, default: Day(day: it.startedAt.day)].opened += 1
            found[it.startedAt.day]?.bySeverity[it.severity, default: 0] += 1
            if let end = it.resolvedAt { found[end.day, default: Day(day: end.day)].resolved += 1 }
        }
        days = found.values.sorted { $0.day < $1.day }
    }
}
