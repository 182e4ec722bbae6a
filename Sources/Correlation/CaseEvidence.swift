import Model

/// Collects the evidence of one case: signals with their links, changes that may be to blame, recoveries, context, and what
/// people linked.
struct CaseEvidence {
    private var items: [Fingerprint: Evidence] = [:]
    private var times: [Fingerprint: Instant] = [:]

    static let signalRule = "rule:grouping"
    static let changeRule = "rule:changes"
    static let contextRule = "rule:context"
    static let changeFloor = 0.2
    static let deploymentFloor = 0.05
    static let mostChanges = 8
    static let suspectFloor = 0.1
    static let mostSuspects = 5
    static let mostRecoveries = 6
    static let mostContext = 20
    static let contextBeforeMs: Int64 = 30 * Int64.minuteMs
    static let contextAfterMs: Int64 = 60 * Int64.minuteMs

    /// By time, then fingerprint.
    var sorted: [Evidence] {
        items.keys.map { (at: times[$0]?.ms ?? 0, fingerprint: $0) }.sorted { ($0.at, $0.fingerprint) < ($1.at, $1.fingerprint) }
            .compactMap { items[$0.fingerprint] }
    }
    func contains(_ fingerprint: Fingerprint) -> Bool { items[fingerprint] != nil }

    mutating func add(
        _ event: Event, terms: [Term], phase: EvidencePhase, linkedBy: String, stance: Evidence.Stance = .supports,
        inhibitedBy: Fingerprint? = nil
    ) {
        if items[event.fingerprint] != nil { return }
        items[event.fingerprint] = Evidence(
            fingerprint: event.fingerprint, eventID: event.id, confidence: Scores.stored(Scores.noisyOr(terms.map(\.value))), terms: terms,
            phase: phase,
            stance: stance, linkedBy: linkedBy, inhibitedBy: inhibitedBy)
        times[event.fingerprint] = event.occurredAt
    }

    mutating func addSignals(_ blast: BlastRadius, links: [Fingerprint: [Term]], ranking: CauseRanking, muted: [Fingerprint: Signal]) {
        for signal in blast.signals {
            var terms = links[signal.fingerprint] ?? []
            if terms.isEmpty {
                terms = [
                    Term(
                        rounding: "strength", signal.strength,
                        (signal.event.text(EventAttribute.reason) ?? "severity \(signal.event.severity.rawValue), and nothing else is near")
                            .clipped(to: 200))
                ]
            }
            let cause = muted[signal.fingerprint]
            if let cause {
                terms.append(
                    Term(
                        rounding: "inhibited", 0,
                        "muted: \(cause.service) has been struck since \(cause.start.clock), and \(signal.service) calls it"))
            }
            let ended = signal.nature == .outage && signal.endMs < blast.onset.ms && signal.event.endedAt != nil
            add(
                signal.event, terms: terms, phase: Phases.of(signal, blast: blast, ranking: ranking), linkedBy: Self.signalRule,
                stance: ended ? .contradicts : .supports, inhibitedBy: cause?.fingerprint)
        }
    }

    mutating func addChanges(
        _ ranking: CauseRanking, suspects: SuspectRanking, releases: Releases, blast: BlastRadius, excluded: Set<Fingerprint>
    ) {
        let struck = Set(blast.services)
        var taken = 0
        for cause in ranking.changes.causes where !excluded.contains(cause.event.fingerprint) && taken < Self.mostChanges {
            let isOwnDeployment = cause.event.type == .deployment && cause.event.service.map(struck.contains) ?? false
            if cause.score < (isOwnDeployment ? Self.deploymentFloor : Self.changeFloor) { continue }
            add(cause.event, terms: cause.terms, phase: .change, linkedBy: Self.changeRule)
            taken += 1
        }
        for suspect in suspects.suspects.prefix(Self.mostSuspects) where suspect.score >= Self.suspectFloor {
            guard let commit = releases.commit(named: suspect.sha) else { continue }
            // The part of the commit's score that its terms explain, so that their noisy-or is the confidence.
            let sum = Scores.noisyOr(suspect.terms.map(\.value))
            let terms = suspect.terms.map { Term(rounding: $0.name, sum > 0 ? $0.value * suspect.score / sum : 0, $0.why) }
            add(releases.commits[commit].event, terms: terms, phase: .change, linkedBy: Self.changeRule)
        }
    }

    mutating func addRecoveries(_ recoveries: [Recovery], blast: BlastRadius, excluded: Set<Fingerprint>) {
        let struck = Set(blast.services)
        var taken = 0
        for recovery in recoveries where !excluded.contains(recovery.event.fingerprint) && taken < Self.mostRecoveries {
            let isOwn = recovery.event.service.map(struck.contains) ?? recovery.isRollback
            if !isOwn && !recovery.isRollback { continue }
            var terms = [
                Term(
                    rounding: "time", 0.2,
                    Phrases.offset(Moments.elapsed(blast.startedAt.ms, recovery.event.occurredAt.ms), subject: "the first failure"))
            ]
            if isOwn, let service = recovery.event.service {
                terms.append(Term(rounding: "topology", 0.4, "it changed \(service), which was struck"))
            }
            if recovery.isImprovement {
                terms.append(Term(rounding: "recovery", recovery.isRollback ? 0.6 : 0.3, "it got better within 10 min of it"))
            }
            add(
                recovery.event, terms: terms, phase: recovery.isImprovement || recovery.isRollback ? .recovery : .impact,
                linkedBy: Self.changeRule)
            taken += 1
        }
    }

    /// Notes, builds and feed entries of a struck service (or about a commit or service of the case) around the trouble.
    mutating func addContext(_ context: [Event], blast: BlastRadius, suspects: SuspectRanking, excluded: Set<Fingerprint>) {
        let from = blast.onset - Self.contextBeforeMs
        let until = blast.lastSignalAt + Self.contextAfterMs
        let struck = Set(blast.services)
        let names = Set(blast.services.map { $0.lowercased() }.filter { $0.utf8.count >= 3 })
        let shas = Set(suspects.suspects.prefix(3).map { Phrases.short($0.sha) })
        var found: [(event: Event, terms: [Term], distance: Int64)] = []
        for event in context where event.occurredAt >= from && event.occurredAt <= until && !excluded.contains(event.fingerprint) {
            var terms: [Term] = []
            if let service = event.service, struck.contains(service) {
                terms.append(Term(rounding: "topology", 0.25, "it is about \(service), which was struck"))
            } else if let sha = event.commit.map(Phrases.short), shas.contains(sha) {
                terms.append(Term(rounding: "entity", 0.3, "it is about \(sha), a suspect"))
            } else if event.service == nil, let name = TextTokens.plainWords(event.title + " " + event.body).intersection(names).min() {
                terms.append(Term(rounding: "text", 0.2, "its text names \(name)"))
            } else {
                continue
            }
            let distance = Moments.elapsed(blast.startedAt.ms, event.occurredAt.ms)
            terms.append(Term(rounding: "time", 0.1, Phrases.offset(distance, subject: "the first failure")))
            found.append((event, terms, abs(distance)))
        }
        let nearest = found.sorted { ($0.distance, $0.event.fingerprint) < ($1.distance, $1.event.fingerprint) }.prefix(Self.mostContext)
        for item in nearest {
            add(item.event, terms: item.terms, phase: item.event.occurredAt < blast.onset ? .before : .impact, linkedBy: Self.contextRule)
        }
    }

    /// What a person linked is certain, whatever the rules think of it.
    mutating func addHuman(_ event: Event, author: String, phase: EvidencePhase?) {
        let known = items[event.fingerprint]
        items[event.fingerprint] = Evidence(
            fingerprint: event.fingerprint, eventID: event.id, confidence: 1,
            terms: [Term(rounding: "person", 1, "linked by \(author.clipped(to: 80))")] + (known?.terms ?? []),
            phase: phase ?? known?.phase ?? .impact, stance: known?.stance ?? .supports, linkedBy: author, inhibitedBy: known?.inhibitedBy)
        times[event.fingerprint] = event.occurredAt
    }

    /// What people linked before stays linked; `events` says what is still live.
    mutating func keepHuman(from old: [Evidence], events: [Fingerprint: Event], excluded: Set<Fingerprint>) {
        for item in old where !item.linkedBy.hasPrefix("rule:") && !excluded.contains(item.fingerprint) {
            var kept = item
            if let event = events[item.fingerprint] {
                kept.eventID = event.id
                times[item.fingerprint] = event.occurredAt
            }
            items[item.fingerprint] = kept
        }
    }
    mutating func keepStars(from old: [Evidence]) {
        for item in old where item.starred { items[item.fingerprint]?.starred = true }
    }
}

/// Where a signal stands in the story.
enum Phases {
    static let togetherMs: Int64 = 60_000

    static func of(_ signal: Signal, blast: BlastRadius, ranking: CauseRanking) -> EvidencePhase {
        guard let first = blast.firstFailure else { return .impact }
        if signal.fingerprint == first.fingerprint { return .firstFailure }
        let top = ranking.services.causes.first
        let isAtCause = top.map { $0.score >= CauseRanking.probable && $0.service == signal.service } ?? false
        let late = Moments.elapsed(first.startMs, signal.startMs)
        if !signal.nature.isFailure, late <= togetherMs {
            if isAtCause { return .cause }
            let blamed = ranking.hypotheses.first { $0.kind == .dependency && $0.evidence.contains(signal.fingerprint) }
            if signal.nature == .outage, blamed?.score ?? 0 >= CauseRanking.probable { return .cause }
        }
        if late < 0 { return .before }
        let isTogether = signal.isStrong && signal.nature.isFailure && signal.service == first.service && late <= togetherMs
        return isTogether && signal.family == first.family ? .firstFailure : .impact
    }
}
