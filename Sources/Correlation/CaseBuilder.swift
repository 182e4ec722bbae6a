import Model

/// A case as its evidence makes it, before it has a number.
struct CaseDraft {
    var investigation: Investigation
    var evidence: [Evidence]
    let known: CaseSnapshot?
    let anchor: String
    let signalCount: Int
    var merged: [CaseSnapshot] = []
}

/// The changes around a segment, their releases, their words and the habits of who made them.
struct ChangePast {
    let changes: [Event]
    let releases: Releases
    let index: CommitIndex
    let habits: ChangeHabits
    /// `earlier` are commits before the changes.
    init(changes: [Event], releases: Releases, earlier: [Event]) {
        self.changes = changes
        self.releases = releases
        index = CommitIndex(releases)
        habits = ChangeHabits(releases, earlier: earlier)
    }
}

/// Builds one case from its signals and everything that may explain them.
struct CaseBuilder {
    var window: CorrelationWindow
    let groups: SignalGroups
    let context: [Event]
    let events: [Fingerprint: Event]
    /// All services of the map and the events, for the ranking of a single incident.
    let allServices: [String]

    /// The name of a case in what was measured for it.
    func answerKey(_ key: String) -> String { window.isSingleIncident ? "" : key }

    private var rules: CorrelationRules {
        var rules = window.rules
        if window.isSingleIncident { rules.changeLookbackHours = 100_000 }
        return rules
    }

    private func radius(_ match: CaseMatching.Match) -> (blast: BlastRadius, cuts: [(at: Instant, weight: Double)]) {
        let members = match.signals.map { groups.signals[$0] }
        let cuts = window.isSingleIncident ? Onset.cuts(members, hint: window.startHint) : []
        let blast = BlastRadius(
            members, map: window.map, cut: cuts.first?.at, fallback: window.startHint ?? window.events.first?.occurredAt ?? window.now,
            isHinted: window.isSingleIncident && window.startHint != nil)
        return (blast, cuts)
    }

    /// What the repositories could tell of a case.
    func question(_ match: CaseMatching.Match, key: String, past: ChangePast) -> CodeQuestion? {
        SuspectRanking(blast: radius(match).blast, past: past, rules: rules, excluded: groups.decisions.expelled(from: key)).question
    }

    func build(_ match: CaseMatching.Match, key: String, past: ChangePast, leftOut: [LeftOut]) -> CaseDraft {
        let (changes, releases, rules) = (past.changes, past.releases, rules)
        let (blast, cuts) = radius(match)
        let excluded = groups.decisions.expelled(from: key)
        let recoveries = Recovery.find(blast: blast, changes: changes, releases: releases, map: window.map, now: window.now)
        let suspects = SuspectRanking(blast: blast, past: past, rules: rules, excluded: excluded, code: window.code[answerKey(key)])
        var causes = ChangeCauses(blast: blast, changes: changes, rules: rules)
        let services = ServiceCauses(
            blast: blast, map: window.map, changeNearness: causes.nearness, knowsChanges: causes.knowsChanges,
            cuts: cuts.isEmpty ? [(at: blast.onset, weight: 1)] : cuts, all: window.isSingleIncident ? allServices : involved(blast),
            measured: MeasuredCauses(window.readings[answerKey(key)] ?? [], map: window.map))
        causes.rank(
            blast: blast, services: services, map: window.map, releases: releases, suspects: suspects, recoveries: recoveries,
            excluded: excluded)
        let ranking = CauseRanking(
            blast: blast, window: window, changes: causes, services: services, suspects: suspects, releases: releases)

        var evidence = CaseEvidence()
        let muted = Inhibition.find(blast: blast, services: services, map: window.map)
        evidence.addSignals(blast, links: groups.linkTerms(of: match.signals), ranking: ranking, muted: muted)
        evidence.addChanges(ranking, suspects: suspects, releases: releases, blast: blast, excluded: excluded)
        evidence.addRecoveries(recoveries, blast: blast, excluded: excluded)
        evidence.addContext(context, blast: blast, suspects: suspects, excluded: excluded)
        keepHuman(&evidence, match, key: key, excluded: excluded, blast: blast)

        let known = match.survivor
        var investigation =
            known?.investigation
            ?? Investigation(
                key: key, number: 0, title: "", severity: blast.severity, startedAt: blast.startedAt, lastSignalAt: blast.lastSignalAt)
        let lifecycle = Lifecycle(blast: blast, recoveries: recoveries, rules: rules, now: window.now)
        fill(&investigation, blast: blast, ranking: ranking, suspects: suspects, lifecycle: lifecycle)
        investigation.leftOut = leftOut + expelledWords(key: key, evidence: evidence)
        return CaseDraft(
            investigation: investigation, evidence: evidence.sorted, known: known,
            anchor: (blast.firstFailure ?? blast.signals.first)?.fingerprint.text ?? key,
            signalCount: match.signals.count, merged: match.merged)
    }

    /// Struck services, and what they call that sends no signals.
    private func involved(_ blast: BlastRadius) -> [String] {
        Set(blast.services).union(blast.services.prefix(200).flatMap { window.map.callees(of: $0).prefix(50) }).sorted()
    }

    private func keepHuman(
        _ evidence: inout CaseEvidence, _ match: CaseMatching.Match, key: String, excluded: Set<Fingerprint>, blast: BlastRadius
    ) {
        for (fingerprint, pin) in groups.decisions.pinned.sorted(by: { $0.key < $1.key }) where pin.key == key {
            guard let event = events[fingerprint] else { continue }
            let phase: EvidencePhase? =
                event.role == .change ? (event.occurredAt <= blast.onset ? .change : .recovery) : event.role == .context ? .before : nil
            evidence.addHuman(event, author: pin.author, phase: evidence.contains(fingerprint) ? nil : phase)
        }
        for snapshot in [match.survivor].compactMap({ $0 }) + match.merged {
            evidence.keepHuman(
                from: snapshot.evidence, events: events,
                excluded: excluded.union(groups.decisions.pinned.filter { $0.value.key == key }.keys))
            evidence.keepStars(from: snapshot.evidence)
        }
    }

    private func expelledWords(key: String, evidence: CaseEvidence) -> [LeftOut] {
        groups.decisions.expelled(from: key).sorted().prefix(20).compactMap { fingerprint in
            guard let event = events[fingerprint], let author = groups.decisions.expelled[fingerprint]?[key] else { return nil }
            return LeftOut(
                fingerprint: fingerprint, title: event.title.clipped(to: Limits.titleCharacters), score: 0, terms: [],
                reason: "marked not related by \(author.clipped(to: 80))")
        }
    }

    /// Machine fields follow the evidence; what a person has set stays.
    private func fill(
        _ investigation: inout Investigation, blast: BlastRadius, ranking: CauseRanking, suspects: SuspectRanking, lifecycle: Lifecycle
    ) {
        let human = HumanFields(investigation.humanFields)
        investigation.verdict = Verdict.sentence(blast: blast, ranking: ranking)
        investigation.hypotheses = ranking.hypotheses
        investigation.suspects = suspects.suspects
        investigation.lastSignalAt = blast.lastSignalAt
        investigation.reopenCount = lifecycle.reopenCount
        investigation.flapping = lifecycle.flapping
        if !human.has("title") { investigation.title = Verdict.title(blast: blast, ranking: ranking) }
        if !human.has("severity") { investigation.severity = blast.severity }
        if !human.has("priority") { investigation.priority = investigation.severity.priority }
        if !human.has("impact") { investigation.impact = blast.impactSentence() }
        if !human.has("started_at") { investigation.startedAt = blast.startedAt }
        if !human.has("detected_at") { investigation.detectedAt = blast.detectedAt }
        if !human.has("mitigated_at") { investigation.mitigatedAt = lifecycle.mitigatedAt }
        if !human.has("services") { investigation.services = blast.services }
        if !human.has("components") { investigation.components = Set(blast.signals.compactMap(\.event.component)).sorted() }
        if !human.has("environment") { investigation.environment = Self.commonest(blast.signals.compactMap(\.event.environment)) }
        if !human.has("tags") { investigation.tags = Array(Set(blast.signals.flatMap(\.event.tags)).sorted().prefix(20)) }
        HumanFields.settle(&investigation, status: lifecycle.status, resolvedAt: lifecycle.resolvedAt)
    }

    private static func commonest(_ values: [String]) -> String? {
        var counts: [String: Int] = [:]
        for value in values { counts[value, default: 0] += 1 }
        return counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
    }
}

/// The fields a person has set, by their names in a case file (`started_at`) or in code (`startedAt`).
struct HumanFields {
    private let names: Set<String>
    init(_ names: Set<String>) { self.names = Set(names.map { $0.replacing("_", with: "").lowercased() }) }
    func has(_ name: String) -> Bool { !names.isEmpty && names.contains(name.replacing("_", with: "").lowercased()) }

    /// Status and end: a person's status stays; work in progress stays in progress until it is quiet.
    static func settle(_ investigation: inout Investigation, status: InvestigationStatus, resolvedAt: Instant?) {
        let human = HumanFields(investigation.humanFields)
        if human.has("status") {
            if investigation.status.isEnded, investigation.resolvedAt == nil, !human.has("resolved_at") {
                investigation.resolvedAt = investigation.lastSignalAt
            }
            if !investigation.status.isEnded, !human.has("resolved_at") { investigation.resolvedAt = nil }
            return
        }
        investigation.status = investigation.status == .inProgress && status == .open ? .inProgress : status
        if !human.has("resolved_at") { investigation.resolvedAt = resolvedAt }
    }
}
