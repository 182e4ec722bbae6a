import Model

/// The five measures of software delivery (DORA, *Accelerate State of DevOps* 2024) and four of response, from the evidence.
package struct DeliveryMeasures {
    /// A deployment and how it went.
    package struct Deployment: Hashable, Sendable {
        package var at: Instant
        package var service: String?
        package var goesBack: Bool
        /// It probably caused an investigation, or the next deployment of its service went back.
        package var failed: Bool
        /// From the deployment to the end of the investigation or to the deployment that went back, whichever came first.
        package var recoveryMs: Int64?
        /// Unplanned: it goes back, or it went live into an open investigation of its service that a deployment caused.
        package var isRework: Bool
    }
    package private(set) var deployments: [Deployment] = []
    /// From a commit to the first deployment that carried it, with the time of the latter, by time.
    package private(set) var leads: [(at: Instant, ms: Int64)] = []

    /// A cause is probable from this score on, as on the pages.
    static let leastScore = 0.3

    /// `changes` are commits and deployments. Deployments that name an environment count when it is production; when none is, all do.
    package init(changes: [Event], cases: [Investigation]) {
        let releases = Releases(changes: changes)
        func isProduction(_ environment: String) -> Bool {
            let word = environment.lowercased()
            return word.hasPrefix("prod") || word == "live"
        }
        let named = releases.deployments.compactMap(\.event.environment)
        let counts: (Event) -> Bool = { event in !named.contains(where: isProduction) || event.environment.map(isProduction) ?? true }

        let caused = cases.filter { it in
            guard let first = it.hypotheses.first else { return false }
            return first.kind == .change && first.score >= Self.leastScore && first.change != nil
        }
        let byChange = Dictionary(grouping: caused, by: { $0.hypotheses.first?.change })
        for (index, release) in releases.deployments.enumerated() where counts(release.event) {
            let carried = release.carried.map { releases.commits[$0].event.fingerprint }
            let guilty = ([release.event.fingerprint] + carried).flatMap { byChange[$0] ?? [] }
            // A commit may be carried by several deployments: the one before the failure is it.
            let failures = guilty.filter { $0.startedAt >= release.at - 5 * .minuteMs }
            let next = releases.deployments[(index + 1)...].first { $0.service == release.service && counts($0.event) }
            let wentBack = next.map { $0.isRollback && !release.isRollback } ?? false
            let ends = failures.compactMap(Self.end) + (wentBack ? [next?.at].compactMap { $0 } : [])
            let service = release.service ?? ""
            let isRework =
                release.isRollback
                || caused.contains { it in
                    it.startedAt < release.at && (Self.end(it) ?? Instant(ms: .max)) >= release.at && it.services.contains(service)
                        && !guilty.contains(it)
                }
            deployments.append(
                Deployment(
                    at: release.at, service: release.service, goesBack: release.isRollback, failed: !failures.isEmpty || wentBack,
                    recoveryMs: failures.isEmpty && !wentBack ? nil : ends.min().map { max(0, $0 - release.at) }, isRework: isRework))
        }
        for (commit, carriers) in releases.carriers.sorted(by: { $0.key < $1.key }) {
            guard let first = carriers.map({ releases.deployments[$0] }).filter({ counts($0.event) }).map(\.at).min() else { continue }
            if releases.commits[commit].isMerge { continue }
            leads.append((at: first, ms: max(0, first - releases.commits[commit].at)))
        }
        leads.sort { ($0.at.ms, $0.ms) < ($1.at.ms, $1.ms) }
    }

    private static func end(_ it: Investigation) -> Instant? { [it.mitigatedAt, it.resolvedAt].compactMap { $0 }.min() }

    /// The five, `now` beside `before`, whole days each.
    package func five(now: Range<Instant>, before: Range<Instant>) -> [Measure] {
        func days(_ range: Range<Instant>) -> Double { Double(range.upperBound - range.lowerBound) / Double(Int64.dayMs) }
        let (recent, earlier) = (deployments.filter { now.contains($0.at) }, deployments.filter { before.contains($0.at) })
        func recoveries(_ list: [Deployment]) -> [Int64] { list.compactMap(\.recoveryMs) }
        return [
            Estimates.rate(
                "deployment_frequency", "Deployments a day", meaning: "Deployments to production by day.", now: (recent.count, days(now)),
                before: (earlier.count, days(before))),
            Estimates.durations(
                "lead_time_for_changes", "Lead time, commit to live",
                meaning: "From a commit to the first deployment that carried it; merges left out.",
                now: leads.filter { now.contains($0.at) }.map(\.ms), before: leads.filter { before.contains($0.at) }.map(\.ms)),
            Estimates.share(
                "change_failure_rate", "Deployments that failed",
                meaning: "They probably caused an investigation, or the next deployment of the service went back.",
                now: (recent.count { $0.failed }, recent.count), before: (earlier.count { $0.failed }, earlier.count)),
            Estimates.durations(
                "failed_deployment_recovery_time", "Recovery from a failed deployment",
                meaning: "From a failed deployment to the end of its investigation, or to the deployment that went back.",
                now: recoveries(recent), before: recoveries(earlier)),
            Estimates.share(
                "deployment_rework_rate", "Rework",
                meaning: "Deployments that went back, or went live into an open investigation of their service that a deployment caused.",
                now: (recent.count { $0.isRework }, recent.count), before: (earlier.count { $0.isRework }, earlier.count)),
        ]
    }

    /// Time to detect, acknowledge, mitigate and resolve, of investigations that began in the span.
    package static func response(_ cases: [Investigation], now: Range<Instant>, before: Range<Instant>) -> [Measure] {
        let ordered = cases.sorted { ($0.startedAt.ms, $0.number) < ($1.startedAt.ms, $1.number) }
        func steps(_ range: Range<Instant>, _ step: (Investigation) -> Int64?) -> [Int64] {
            ordered.filter { range.contains($0.startedAt) }.compactMap(step).map { max(0, $0) }
        }
        let kinds: [(String, String, String, (Investigation) -> Int64?)] = [
            (
                "detect", "Time to detect", "From the first sign to the first alert or report.",
                { it in it.detectedAt.map { $0 - it.startedAt } }
            ),
            (
                "acknowledge", "Time to acknowledge", "From detection until somebody took it.",
                { it in it.acknowledgedAt.map { $0 - (it.detectedAt ?? it.startedAt) } }
            ),
            (
                "mitigate", "Time to mitigate", "From the first sign until the effect ended.",
                { it in it.mitigatedAt.map { $0 - it.startedAt } }
            ),
            ("resolve", "Time to resolve", "From the first sign until it was over.", { it in it.resolvedAt.map { $0 - it.startedAt } }),
        ]
        return kinds.map { key, name, meaning, step in
            Estimates.durations(key, name, meaning: meaning, now: steps(now, step), before: steps(before, step))
        }
    }
}
