import Foundation
import Model

/// What one service's own signals say about it.
struct ServiceEvidence {
    var service: String
    /// Best confidence × weight of each channel.
    var channels: [SignalNature: Double] = [:]
    var novelty = 0.0
    var onset: Instant?
    /// The signal that says most.
    var leading: Signal?
    var leadingValue = 0.0
    var novel: Signal?
    var fingerprints: [Fingerprint] = []

    /// m + .5 (noisy-or - m): one proof counts whole, five weak hints do not outvote it.
    static func combine(_ values: some Collection<Double>) -> Double {
        let most = values.max() ?? 0
        return most + 0.5 * (Scores.noisyOr(values) - most)
    }
    var combined: Double { Self.combine(Array(channels.values.sorted()) + [novelty]) }
}

/// A service as a candidate cause.
struct ServiceCause {
    var service: String
    var score: Double
    var terms: [Term]
    var evidence: ServiceEvidence
    /// True for a called service that sends nothing itself.
    var isHidden: Bool
    /// What its telemetry says most surely.
    var measured: ChannelEvidence?
}

/// Ranks services: (deviation ⊕ novelty) × position in the map × precedence × nearness of changes.
///
/// - deviation: strength × (.7 + .3 z/(z + 6)), z the distance of the peak from the usual range in ranges; weighted by
///   channel: saturation and platform .9, traces .85, errors .8, logs .75, metrics .65, alerts .45, silence .5.
/// - position: what callers catch is discounted by 1 - .8 × the best anomalous callee that began no later than two minutes
///   after; times .3 + .7 × the share of all anomaly that can be reached upwards through anomalous callers.
/// - precedence: .6 + .4 exp(-lag / 5 min) behind the first service struck.
/// - a called service without signals of its own scores up to .3 of its callers' mean (the "hidden callee").
/// The soft walk, reach and hidden-callee rule were chosen on simulated call graphs; the channel weights by hand.
struct ServiceCauses {
    /// Best first, ties by name.
    private(set) var causes: [ServiceCause] = []
    static let discount = 0.8
    static let reachFloor = 0.3
    static let hidden = 0.3
    static let lagMs = 5.0 * 60_000
    static let graceMs: Int64 = 60_000

    init(
        blast: BlastRadius, map: ServiceMap, changeNearness: [String: Term], knowsChanges: Bool, cuts: [(at: Instant, weight: Double)],
        all: [String], measured: MeasuredCauses = MeasuredCauses()
    ) {
        var totals: [String: Double] = [:]
        var best: [String: ServiceCause] = [:]
        var bestWeight: [String: Double] = [:]
        let weightSum = max(1e-9, cuts.reduce(0) { $0 + $1.weight })
        for cut in cuts {
            let isOnly = cuts.count == 1
            for cause in Self.rank(
                blast, map, changeNearness, knowsChanges, cut: isOnly && cut.at == blast.onset ? nil : cut.at,
                Set(all).union(measured.causes.keys).sorted(), certainty: measured.certainty)
            {
                totals[cause.service, default: 0] += cause.score * cut.weight / weightSum
                if cause.score * cut.weight > bestWeight[cause.service] ?? -1 {
                    best[cause.service] = cause
                    bestWeight[cause.service] = cause.score * cut.weight
                }
            }
        }
        causes = best.values.map { cause in
            var cause = cause
            cause.score = totals[cause.service] ?? 0
            return measured.weigh(cause)
        }.sorted { ($1.score, $0.service) < ($0.score, $1.service) }
    }

    var isMeasured: Bool { causes.contains { $0.measured != nil } }
    func score(of service: String) -> Double { causes.first { $0.service == service }?.score ?? 0 }

    // MARK: - One moment

    private static func rank(
        _ blast: BlastRadius, _ map: ServiceMap, _ changes: [String: Term], _ knowsChanges: Bool, cut: Instant?, _ all: [String],
        certainty: Double
    ) -> [ServiceCause] {
        let evidence = gather(blast, cut: cut, certainty: certainty)
        let raw = evidence.mapValues(\.combined)
        let surely = evidence.filter { raw[$0.key, default: 0] > 0.2 }
        let earliest = (surely.isEmpty ? evidence : surely).values.compactMap(\.onset).min()
        let total = raw.keys.sorted().reduce(0) { $0 + raw[$1, default: 0] }
        let hasMap = !map.edges.isEmpty
        var out: [ServiceCause] = []
        for service in Set(all).union(evidence.keys).sorted() {
            guard let own = evidence[service], let rawScore = raw[service], rawScore > 0 else {
                out.append(hiddenCause(service, map, raw, blast))
                continue
            }
            var terms = [deviationTerm(own)]
            if own.novelty > 0, let novel = own.novel {
                terms.append(
                    Term(rounding: "novelty", own.novelty, "“\(novel.event.title.clipped(to: 100))” never seen before \(novel.start.clock)")
                )
            }
            let (kept, explaining) = discounted(service, own, map, raw, evidence)
            let reach = hasMap ? reachable(service, map, raw) / max(1e-9, total) : 1
            let position = (rawScore > 0 ? kept / rawScore : 0) * (reachFloor + (1 - reachFloor) * min(1, reach))
            terms.append(Term(rounding: "position", position, positionWords(service, explaining, reach, hasMap: hasMap, evidence)))
            let lag = max(0, (own.onset?.ms ?? 0) - (earliest?.ms ?? 0) - graceMs)
            let precedence = 0.6 + 0.4 * Scores.decay(lag, constantMs: lagMs)
            if let onset = own.onset {
                let words =
                    lag == 0
                    ? "among the first struck, from \(onset.clock)"
                    : "struck from \(onset.clock), \(readableDuration(ms: lag + graceMs)) behind the first"
                terms.append(Term(rounding: "precedence", precedence, words))
            }
            var score = rawScore * position * precedence
            if knowsChanges {
                let near = changes[service]
                score *= 0.85 + 0.15 * (near?.value ?? 0)
                terms.append(near ?? Term(rounding: "change", 0, "no change of \(service) is known shortly before"))
            }
            out.append(ServiceCause(service: service, score: Scores.bounded(score), terms: terms, evidence: own, isHidden: false))
        }
        return out
    }

    /// Signals that were derived from telemetry count the less the more surely the telemetry itself was measured.
    private static func gather(_ blast: BlastRadius, cut: Instant?, certainty: Double) -> [String: ServiceEvidence] {
        var out: [String: ServiceEvidence] = [:]
        func credit(_ service: String, _ signal: Signal, _ value: Double, _ nature: SignalNature) {
            var own = out[service] ?? ServiceEvidence(service: service)
            own.channels[nature] = max(own.channels[nature] ?? 0, value)
            let isWorse = value == own.leadingValue && own.leading.map { signal.event.severity > $0.event.severity } ?? false
            if value > own.leadingValue || isWorse {
                own.leadingValue = value
                own.leading = signal
            }
            if value > 0.2 || own.onset == nil { own.onset = min(own.onset ?? signal.start, signal.start) }
            if own.fingerprints.count < 40 { own.fingerprints.append(signal.fingerprint) }
            out[service] = own
        }
        for signal in blast.signals {
            let sure = confidence(signal) * relevance(signal, cut) * (signal.isMeasured ? 1 - certainty : 1)
            if !signal.service.isEmpty {
                let callee = signal.event.text(EventAttribute.callee)
                let isEdge = callee.map { !$0.isEmpty && $0 != signal.service } ?? false
                credit(signal.service, signal, weight(signal) * sure * (isEdge ? 0.5 : 1), signal.nature)
                if let callee, isEdge { credit(callee, signal, 0.7 * weight(signal) * sure, signal.nature) }
                if signal.event.type == .newLogTemplate, signal.nature == .errors {
                    let value = (signal.event.text(EventAttribute.exception) == nil ? 0.55 : 0.8) * sure
                    if value > out[signal.service]?.novelty ?? 0 {
                        out[signal.service]?.novelty = value
                        out[signal.service]?.novel = signal
                    }
                }
            }
        }
        return out
    }

    static func confidence(_ signal: Signal) -> Double {
        signal.strength * (0.7 + 0.3 * (deviation(signal).map { $0 / ($0 + 6) } ?? 0.5))
    }
    /// How many usual ranges the peak lies outside of the usual range; nil when the signal does not say.
    static func deviation(_ signal: Signal) -> Double? {
        let attributes = signal.event.attributes
        guard let peak = attributes[EventAttribute.peak]?.doubleValue, let low = attributes[EventAttribute.usualLow]?.doubleValue,
            let high = attributes[EventAttribute.usualHigh]?.doubleValue, peak.isFinite, low.isFinite, high.isFinite, high >= low
        else { return nil }
        let outside = peak > high ? peak - high : max(0, low - peak)
        let range = max(high - low, 0.05 * abs(high), 1e-9)
        return min(1_000, outside / range)
    }
    private static func weight(_ signal: Signal) -> Double {
        switch signal.nature {
        case .saturation, .platform, .outage: 0.9
        case .latency: signal.event.source == .traces ? 0.85 : 0.65
        case .errors: signal.event.source == .traces ? 0.8 : signal.event.source == .logs ? 0.75 : 0.65
        case .alert: 0.45
        case .silence, .test: 0.5
        case .novelty, .other: 0.4
        case .report: 0.2
        case .traffic: 0.1
        }
    }
    /// How much a signal belongs to a moment: whole from a minute before to five after, less with distance.
    private static func relevance(_ signal: Signal, _ cut: Instant?) -> Double {
        guard let cut else { return 1 }
        let late = Moments.elapsed(cut.ms, signal.startMs)
        if late < -60_000 { return max(0.05, Scores.decay(-late - 60_000, constantMs: 180_000)) }
        return max(0.15, Scores.decay(late - 300_000, constantMs: 600_000))
    }

    private static func discounted(
        _ service: String, _ own: ServiceEvidence, _ map: ServiceMap, _ raw: [String: Double], _ evidence: [String: ServiceEvidence]
    ) -> (score: Double, explaining: String?) {
        var worst = 0.0
        var explaining: String?
        let mine = max(1e-9, raw[service] ?? 0)
        for callee in map.callees(of: service).prefix(ServiceRelations.mostNeighbours) {
            let other = raw[callee] ?? 0
            if other <= 0.1 { continue }
            let late = Moments.elapsed(own.onset?.ms ?? 0, evidence[callee]?.onset?.ms ?? 0)
            let value = min(1, other / mine) * other * Scores.decay(late - 120_000, constantMs: lagMs)
            if value > worst {
                worst = value
                explaining = callee
            }
        }
        let keep = 1 - discount * worst
        let channels = own.channels.map { $0.value * ($0.key.propagates ? keep : 1) }.sorted()
        // A new exception of one's own counts more than one that may only report the callee.
        let novelty = own.novelty * (0.5 + 0.5 * keep)
        return (ServiceEvidence.combine(channels + [novelty]), worst > 0.1 ? explaining : nil)
    }

    /// All anomaly held by a service and its anomalous callers, and theirs.
    private static func reachable(_ service: String, _ map: ServiceMap, _ raw: [String: Double]) -> Double {
        var seen: Set<String> = [service]
        var front = [service]
        var sum = 0.0
        while let next = front.popLast() {
            sum += raw[next] ?? 0
            for caller in map.callers(of: next) where (raw[caller] ?? 0) > 0.2 && seen.count < 2_000 && seen.insert(caller).inserted {
                front.append(caller)
            }
        }
        return sum
    }

    private static func hiddenCause(_ service: String, _ map: ServiceMap, _ raw: [String: Double], _ blast: BlastRadius) -> ServiceCause {
        let callers = map.callers(of: service)
        let struck = callers.filter { (raw[$0] ?? 0) > 0.3 }
        var evidence = ServiceEvidence(service: service)
        var score = 0.0
        var terms: [Term] = []
        if !struck.isEmpty {
            let mean = struck.reduce(0) { $0 + (raw[$1] ?? 0) } / Double(struck.count)
            let share = Double(struck.count) / Double(callers.count)
            score = hidden * mean * share * (callers.count >= 2 ? 1 : 0.6)
            terms.append(
                Term(
                    rounding: "position", share,
                    "\(struck.count) of \(Phrases.counted(callers.count, "caller")) struck (\(Phrases.list(struck))), "
                        + "and it sends no signals itself"
                ))
        } else {
            // Nothing points here; the nearer to the first failure, the earlier it is listed.
            let first = blast.firstFailure?.service ?? ""
            let steps =
                first.isEmpty ? nil : map.distance(from: first, to: service) ?? map.distance(from: service, to: first).map { $0 + 6 }
            score = steps.map { 0.001 / Double(1 + $0) } ?? 0
            terms.append(Term(rounding: "deviation", 0, "no signal"))
        }
        evidence.fingerprints = []
        return ServiceCause(service: service, score: Scores.bounded(score), terms: terms, evidence: evidence, isHidden: !struck.isEmpty)
    }

    private static func deviationTerm(_ own: ServiceEvidence) -> Term {
        let value = ServiceEvidence.combine(Array(own.channels.values.sorted()))
        guard let signal = own.leading else { return Term(rounding: "deviation", value, "no signal") }
        let said = signal.said
        let clock = signal.start.clock
        return Term(rounding: "deviation", value, said.holds(clock) ? said : "\(said) from \(clock)")
    }

    private static func positionWords(
        _ service: String, _ explaining: String?, _ reach: Double, hasMap: Bool, _ evidence: [String: ServiceEvidence]
    ) -> String {
        if let explaining, let onset = evidence[explaining]?.onset {
            return "it calls \(explaining), which was struck from \(onset.clock) and explains part of this"
        }
        if !hasMap { return "no service map is known, so position says nothing" }
        return "nothing it calls explains it; \(Int((min(1, reach) * 100).rounded())) % of all that is wrong is here or calls this way"
    }
}
