import Model

/// Puts services, changes, dependencies, code, instances and metrics into one ranked list.
///
/// A change scoring at least `strong` outranks the service it changed; services that nothing changed give way to it a
/// little. At most one entry stands for each (kind, service, instance, metric, class).
struct CauseRanking {
    private(set) var hypotheses: [Hypothesis] = []
    let changes: ChangeCauses
    let services: ServiceCauses

    static let strong = 0.55
    static let probable = 0.4
    static let mostServices = 200

    init(
        blast: BlastRadius, window: CorrelationWindow, changes: ChangeCauses, services: ServiceCauses, suspects: SuspectRanking,
        releases: Releases
    ) {
        self.changes = changes
        self.services = services
        var entries = Self.serviceEntries(services, changes, blast, isSingle: window.isSingleIncident, map: window.map)
        entries += Self.changeEntries(changes, services)
        entries += Self.commitEntries(
            suspects, blast, hasDeployment: changes.causes.contains { $0.event.type == .deployment && $0.score >= 0.25 })
        entries += Self.providerEntries(blast, window.map)
        entries += CodeCauses(blast).entries(services, hasSuspects: !suspects.suspects.isEmpty)
        entries += Self.detailEntries(services, of: entries, most: window.isSingleIncident ? 3 : 1)
        hypotheses = Self.listed(entries, rules: window.rules, isSingle: window.isSingleIncident)
        if services.isMeasured { hypotheses = Self.weighed(hypotheses) }
    }

    /// The first entry when it is worth the word "probably".
    var probable: Hypothesis? { hypotheses.first.flatMap { $0.score >= Self.probable ? $0 : nil } }

    // MARK: - Entries

    private static func serviceEntries(
        _ services: ServiceCauses, _ changes: ChangeCauses, _ blast: BlastRadius, isSingle: Bool, map: ServiceMap
    ) -> [Hypothesis] {
        let best = changes.causes.first
        return services.causes.compactMap { cause in
            if !isSingle && cause.evidence.leading == nil && !cause.isHidden && cause.measured == nil { return nil }
            if Array(cause.evidence.channels.keys) == [.outage] && cause.measured == nil { return nil }  // it stands below as a provider
            var score = cause.score
            var terms = cause.terms
            if let best, best.score >= strong, best.event.service != cause.service,
                cause.evidence.leading != nil || cause.measured != nil,
                changes.nearness[cause.service] == nil
            {
                score *= 1 - 0.4 * best.score
                terms.append(
                    Term(
                        rounding: "inhibited", 0,
                        "nothing changed here, while \(ChangeWords.name(of: best.event)) went live at \(best.event.occurredAt.clockMinute)")
                )
            }
            let isLeaf = map.callees(of: cause.service).isEmpty && !map.callers(of: cause.service).isEmpty
            let kind: CauseKind = cause.isHidden && isLeaf ? .dependency : .service
            let leading = cause.evidence.leading
            let summary: String
            if let measured = cause.measured {
                summary = sentence("\(cause.service): \(measured.why)")
            } else if let leading {
                summary = sentence("\(cause.service): \(leading.said), from \(leading.start.clock)")
            } else {
                summary = sentence("\(cause.service): \(terms.first?.why ?? "no signal")")
            }
            return Hypothesis(
                rank: 0, kind: kind, service: cause.service,
                instance: cause.measured.map { $0.instance }
                    ?? leading?.event.text(EventAttribute.instance) ?? (leading?.nature == .saturation ? leading?.event.host : nil),
                metric: cause.measured.map { $0.metric } ?? leading?.event.text(EventAttribute.metric),
                name: kind == .dependency ? "\(cause.service), which is not watched" : "\(cause.service) itself",
                score: Scores.stored(score),
                terms: terms, summary: summary, evidence: Array(cause.evidence.fingerprints.prefix(12)))
        }
    }

    private static func changeEntries(_ changes: ChangeCauses, _ services: ServiceCauses) -> [Hypothesis] {
        changes.causes.prefix(20).filter { $0.score >= 0.05 }.map { cause in
            var score = cause.score
            if cause.score >= strong, let service = cause.event.service {
                let own = services.score(of: service)
                if own >= score { score = min(1, own + 0.05 * (1 - own) + 0.0001) }
            }
            var evidence = [cause.event.fingerprint]
            if let suspect = cause.suspect, suspect.score >= 0.2 { evidence.append(suspect.change) }
            if let ended = cause.endedBy { evidence.append(ended) }
            let told = cause.terms.filter { $0.value > 0.05 }.prefix(2).map { $0.name == "time" ? "it came \($0.why)" : $0.why }
            let name = ChangeWords.name(of: cause.event)
            let summary =
                told.isEmpty
                ? "\(name) at \(cause.event.occurredAt.clockMinute)"
                : "\(name) at \(cause.event.occurredAt.clockMinute): \(told.joined(separator: "; "))"
            return Hypothesis(
                rank: 0, kind: .change, service: cause.event.service, change: cause.event.fingerprint,
                sha: cause.suspect.flatMap { $0.score >= 0.2 ? $0.sha : nil } ?? cause.event.commit,
                name: ChangeWords.heading(of: cause.event),
                score: Scores.stored(score), terms: cause.terms, summary: sentence(summary), evidence: evidence)
        }
    }

    /// Commits stand for themselves only where no deployment speaks for them.
    private static func commitEntries(_ suspects: SuspectRanking, _ blast: BlastRadius, hasDeployment: Bool) -> [Hypothesis] {
        if hasDeployment { return [] }
        return suspects.suspects.prefix(3).filter { $0.score >= 0.05 }.map { suspect in
            Hypothesis(
                rank: 0, kind: .change, service: blast.isBuildOnly ? nil : blast.services.first, change: suspect.change, sha: suspect.sha,
                name: "Commit \(Phrases.short(suspect.sha)): \(suspect.subject.clipped(to: 80))", score: Scores.stored(0.9 * suspect.score),
                terms: suspect.terms,
                summary: sentence("commit \(Phrases.short(suspect.sha)) (\(suspect.subject.clipped(to: 80))): \(suspect.summary)"),
                evidence: [suspect.change])
        }
    }

    private static func providerEntries(_ blast: BlastRadius, _ map: ServiceMap) -> [Hypothesis] {
        blast.signals.filter { $0.nature == .outage }.prefix(40).map { signal in
            let name = signal.event.component ?? (signal.service.isEmpty ? signal.event.title.clipped(to: 80) : signal.service)
            let late = Moments.elapsed(blast.onset.ms, signal.startMs)
            let time =
                late <= ChangeCauses.skewMs
                ? Scores.decay(-late, constantMs: 2 * 60 * 60_000) : Scores.decay(late, constantMs: 15 * 60_000) * 0.5
            let isCalled = map.callers(of: signal.service).contains { blast.services.contains($0) }
            let place = isCalled || blast.services.contains(signal.service) && blast.services.count > 1 ? 0.9 : 0.5
            let title = signal.event.title.clipped(to: 120)
            let terms = [
                Term(rounding: "deviation", ServiceCauses.confidence(signal), "its provider says so: \(title)"),
                Term(rounding: "precedence", time, Phrases.offset(late, subject: "the first signal")),
                Term(rounding: "position", place, isCalled ? "struck services call it" : "no call to it is known"),
            ]
            return Hypothesis(
                rank: 0, kind: .dependency, service: signal.service.isEmpty ? nil : signal.service, name: "\(name), an outside provider",
                score: Scores.stored(ServiceCauses.confidence(signal) * time * place), terms: terms,
                summary: sentence(
                    "the provider \(name) reported trouble at \(signal.start.clockMinute): \(signal.event.title.clipped(to: 120))"),
                evidence: [signal.fingerprint])
        }
    }

    /// The one instance or metric that stands out in the likeliest services.
    private static func detailEntries(_ services: ServiceCauses, of entries: [Hypothesis], most: Int) -> [Hypothesis] {
        services.causes.prefix(most).flatMap { cause -> [Hypothesis] in
            let score = entries.first { $0.kind == .service && $0.service == cause.service }?.score ?? 0
            guard let signal = cause.evidence.leading, signal.service == cause.service, signal.nature == .saturation else { return [] }
            let said = signal.said
            var out: [Hypothesis] = []
            if let metric = signal.event.text(EventAttribute.metric) {
                out.append(
                    Hypothesis(
                        rank: 0, kind: .metric, service: cause.service, instance: signal.event.text(EventAttribute.instance),
                        metric: metric,
                        name: "\(cause.service): \(metric)", score: Scores.stored(0.95 * score), terms: cause.terms,
                        summary: sentence("\(cause.service): \(said), from \(signal.start.clock)"), evidence: [signal.fingerprint]))
            }
            if let instance = signal.event.text(EventAttribute.instance), !instance.isEmpty {
                out.append(
                    Hypothesis(
                        rank: 0, kind: .instance, service: cause.service, instance: instance, name: instance,
                        score: Scores.stored(0.93 * score),
                        terms: cause.terms, summary: sentence("\(instance) of \(cause.service): \(said), from \(signal.start.clock)"),
                        evidence: [signal.fingerprint]))
            }
            return out
        }
    }

    /// Where telemetry was measured, scores become probabilities: what tells of one service stands or falls together, services and
    /// changes of no known one exclude each other. The order stays.
    private static func weighed(_ hypotheses: [Hypothesis]) -> [Hypothesis] {
        var best: [String: Double] = [:]
        for hypothesis in hypotheses {
            let group = hypothesis.service ?? "\(hypothesis.kind.rawValue) \(hypothesis.name)"
            best[group] = max(best[group] ?? 0, hypothesis.score)
        }
        let probabilities = CauseProbabilities(best.values.sorted())
        return hypotheses.map { hypothesis in
            var hypothesis = hypothesis
            hypothesis.score = Scores.stored(probabilities.probability(hypothesis.score))
            return hypothesis
        }
    }

    // MARK: - One list

    private static func listed(_ entries: [Hypothesis], rules: CorrelationRules, isSingle: Bool) -> [Hypothesis] {
        let ordered = entries.sorted {
            ($1.score, $0.name, $0.kind.rawValue, $0.change?.text ?? "") < ($0.score, $1.name, $1.kind.rawValue, $1.change?.text ?? "")
        }
        var seen: Set<[String]> = []
        var out: [Hypothesis] = []
        var count = 0
        var services = 0
        for entry in ordered {
            let key = [entry.kind.rawValue, entry.service ?? "", entry.instance ?? "", entry.metric ?? "", entry.className ?? ""]
            if !seen.insert(key).inserted { continue }
            // Every involved service stays in the list, so that a rank of each exists.
            let isService = entry.kind == .service || entry.kind == .dependency
            if count >= max(1, rules.maxHypotheses) && !isService { continue }
            if isService {
                services += 1
                if services > (isSingle ? mostServices : max(rules.maxHypotheses, 40)) { continue }
            }
            count += 1
            var entry = entry
            entry.rank = out.count + 1
            out.append(entry)
        }
        return out
    }

    /// With a capital where the text begins with an article or noun of ours, never in a name, and with a full stop.
    static func sentence(_ text: String) -> String {
        let ended = [".", "!", "?"].contains(where: text.hasSuffix) ? text : text + "."
        return ["the ", "commit "].contains(where: ended.hasPrefix) ? ended.prefix(1).uppercased() + ended.dropFirst() : ended
    }
}
