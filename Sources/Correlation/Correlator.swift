import Model

/// Decides which signals are one problem, what probably caused it and how it stands.
///
/// A pure function: of the same live events, human decisions and moment it makes the same investigations (numbers, evidence,
/// ranking), in whatever order and however many runs the events came. Deciding again over its own result changes nothing.
package enum Correlator {
    package static func decide(_ window: CorrelationWindow) -> [CaseChange] { GroupedWindow(window).decide() }

    /// When each case of a window began and ended as its signals tell it: around these moments telemetry is measured, and what it
    /// says comes back as `CorrelationWindow.readings`. With `asksCode` each says what the repositories could tell of it; their
    /// answers come back as `CorrelationWindow.code`.
    package static func moments(_ window: CorrelationWindow, asksCode: Bool = false) -> [CaseMoment] {
        GroupedWindow(window).moments(asksCode: asksCode)
    }

    /// Moments outside of the calendar cannot be told to anyone; events that claim them are left alone.
    fileprivate static func bounded(_ window: CorrelationWindow) -> CorrelationWindow {
        let range = Instant.representable
        var window = window
        window.now = min(range.upperBound, max(range.lowerBound, window.now))
        window.startHint = window.startHint.map { min(range.upperBound, max(range.lowerBound, $0)) }
        window.events.removeAll { !range.contains($0.occurredAt) || !range.contains($0.observedAt) }
        return window
    }

    /// The terms of the link between two signals of a window, as the grouping weighs them; empty when they are not linked.
    package static func explainLink(_ first: Fingerprint, _ second: Fingerprint, in window: CorrelationWindow) -> (
        score: Double, terms: [Term]
    ) {
        let window = bounded(window)
        let groups = SignalGroups(window)
        guard let a = groups.numbers[first], let b = groups.numbers[second], a != b,
            let segment = groups.segments.first(where: { $0.range.contains(a) && $0.range.contains(b) })
        else { return (0, []) }
        let low = min(a, b) - segment.range.lowerBound
        let high = max(a, b) - segment.range.lowerBound
        let known = segment.grouping.links.first { $0.first == low && $0.second == high }
        let score = segment.model.score(low, high, isExplainedElsewhere: known?.isExplainedElsewhere ?? false)
        return (
            Scores.stored(score.total), segment.model.terms(of: score, from: a - segment.range.lowerBound, to: b - segment.range.lowerBound)
        )
    }
}

/// A window whose signals are grouped once: it says its moments, is told what was measured around them, and is decided.
package struct GroupedWindow {
    private var decision: Decision

    package init(_ window: CorrelationWindow) { decision = Decision(Correlator.bounded(window)) }

    /// As `Correlator.moments`.
    package func moments(asksCode: Bool) -> [CaseMoment] { decision.moments(asksCode: asksCode) }

    /// What the telemetry says around the moment of a case, and what the repositories say of it.
    package mutating func add(_ readings: [CauseReading], of key: String) { decision.builder.window.readings[key] = readings }
    package mutating func add(_ code: CodeAnswer, of key: String) { decision.builder.window.code[key] = code }

    /// As `Correlator.decide`.
    package func decide() -> [CaseChange] {
        var decision = decision
        decision.decide()
        return decision.changes
    }
}

/// One decision, step by step.
private struct Decision {
    let window: CorrelationWindow
    let groups: SignalGroups
    var changes: [CaseChange] = []
    var builder: CaseBuilder

    init(_ window: CorrelationWindow) {
        self.window = window
        groups = SignalGroups(window)
        var events: [Fingerprint: Event] = [:]
        for event in window.events {
            if let known = events[event.fingerprint], (known.observedAt, known.id) >= (event.observedAt, event.id) { continue }
            events[event.fingerprint] = event
        }
        let named = window.isSingleIncident ? window.map.services.union(window.events.compactMap(\.service)).subtracting([""]).sorted() : []
        builder = CaseBuilder(
            window: window, groups: groups, context: window.events.filter { $0.role == .context }, events: events, allServices: named)
    }

    mutating func decide() {
        changes = decide(CaseMatching(groups: groups, cases: window.cases, isSingle: window.isSingleIncident))
    }

    /// In the order and with the keys of the decision.
    func moments(asksCode: Bool) -> [CaseMoment] {
        let matching = CaseMatching(groups: groups, cases: window.cases, isSingle: window.isSingleIncident)
        var taken = Set(window.cases.map(\.investigation.key))
        var pasts: [Int: ChangePast] = [:]
        var out: [CaseMoment] = []
        for match in matching.matches where opens(match) && match.survivor?.investigation.isDeleted != true && !match.signals.isEmpty {
            let key = match.survivor?.investigation.key ?? freshKey(match, taken: taken)
            taken.insert(key)
            let blast = BlastRadius(match.signals.map { groups.signals[$0] }, map: window.map, fallback: window.now)
            var moment = CaseMoment(
                key: builder.answerKey(key), onset: blast.onset, lastSignalAt: blast.lastSignalAt, isBuildOnly: blast.isBuildOnly)
            if asksCode { moment.question = builder.question(match, key: key, past: past(of: match, &pasts)) }
            out.append(moment)
        }
        return out
    }

    private func decide(_ matching: CaseMatching) -> [CaseChange] {
        let opened = matching.matches.filter { opens($0) }
        let closed = matching.matches.filter { !opens($0) }
        var openGroups: Set<Int> = []
        var groupOf = Array(repeating: -1, count: groups.signals.count)
        for (index, match) in opened.enumerated() {
            openGroups.insert(index)
            for signal in match.signals { groupOf[signal] = index }
        }
        var taken = Set(window.cases.map(\.investigation.key))
        var drafts: [CaseDraft] = []
        var pasts: [Int: ChangePast] = [:]
        for match in opened {
            if match.survivor?.investigation.isDeleted == true { continue }
            let key = match.survivor?.investigation.key ?? freshKey(match, taken: taken)
            taken.insert(key)
            let past = past(of: match, &pasts)
            drafts.append(builder.build(match, key: key, past: past, leftOut: leftOut(of: match, openGroups: openGroups, groupOf: groupOf)))
        }
        var withdrawn: [CaseSnapshot] = []
        var kept: [CaseSnapshot] = []
        for snapshot in matching.orphans + closed.flatMap({ [$0.survivor].compactMap { $0 } + $0.merged })
        where !snapshot.investigation.isDeleted {
            if isUntouched(snapshot) && isInside(snapshot) { withdrawn.append(snapshot) } else { kept.append(snapshot) }
        }
        return emit(drafts, withdrawn: withdrawn, kept: kept)
    }

    /// Of the segment that a case lies in, made once.
    private func past(of match: CaseMatching.Match, _ made: inout [Int: ChangePast]) -> ChangePast {
        let number = match.signals.first.flatMap { signal in groups.segments.firstIndex { $0.range.contains(signal) } } ?? -1
        let past = made[number] ?? past(of: number)
        made[number] = past
        return past
    }

    private func past(of number: Int) -> ChangePast {
        guard number >= 0 else {
            let changes = window.events.filter { $0.role == .change }
            return ChangePast(changes: changes, releases: Releases(changes: changes), earlier: window.earlierCommits)
        }
        let segment = groups.segments[number]
        return ChangePast(changes: segment.changes, releases: segment.releases, earlier: earlierCommits(before: segment))
    }

    /// The newest commits before a segment's own changes, however far the window reaches.
    private func earlierCommits(before segment: SignalGroups.Segment) -> [Event] {
        if window.isSingleIncident { return window.earlierCommits }
        let from = groups.signals[segment.range.lowerBound].start - window.rules.lookbackMs
        let commits = (window.earlierCommits + window.events).filter { $0.type == .commit && $0.occurredAt < from }
        return commits.sorted { ($0.occurredAt, $0.fingerprint) < ($1.occurredAt, $1.fingerprint) }.suffix(Limits.earlierCommits)
    }

    /// A group opens an investigation by one severe and sure signal, or because a person has a hand in it.
    private func opens(_ match: CaseMatching.Match) -> Bool {
        if window.isSingleIncident { return true }
        if match.signals.contains(where: { groups.signals[$0].isStrong }) { return true }
        if match.signals.isEmpty { return false }
        return match.survivor.map { !isUntouched($0) } ?? false
    }

    private func isUntouched(_ snapshot: CaseSnapshot) -> Bool {
        let old = snapshot.investigation
        if snapshot.isSettled || !old.humanFields.isEmpty || !old.actionItems.isEmpty || old.assignedTo != nil || old.acknowledgedAt != nil
        {
            return false
        }
        if snapshot.evidence.contains(where: { $0.starred || !$0.linkedBy.hasPrefix("rule:") }) { return false }
        return !window.humanLinks.contains { $0.caseKey == old.key }
    }

    /// Only a case whose time lies within the signals at hand can be said to have lost its own.
    private func isInside(_ snapshot: CaseSnapshot) -> Bool {
        guard let first = groups.signals.first else { return true }
        let last = groups.signals.reduce(first.end) { max($0, $1.end) }
        let gap = Int64(max(0, min(window.rules.maxGapMinutes, 100_000))) * Int64.minuteMs
        return snapshot.investigation.lastSignalAt >= first.start - gap && snapshot.investigation.startedAt <= last + gap
    }

    /// `case_` and the fingerprint of the earliest signal whose key is free.
    private func freshKey(_ match: CaseMatching.Match, taken: Set<String>) -> String {
        for signal in match.signals {
            let key = "case_" + groups.signals[signal].fingerprint.text
            if !taken.contains(key) { return key }
        }
        return "case_" + Fingerprint(["case"] + match.signals.map { groups.signals[$0].fingerprint.text }).text
    }

    private func leftOut(of match: CaseMatching.Match, openGroups: Set<Int>, groupOf: [Int]) -> [LeftOut] {
        let misses = groups.nearMisses(of: match.signals, openGroups: openGroups, groupOf: groupOf, most: 12)
        return misses.map { miss in
            let signal = groups.signals[miss.signal]
            let reason: String
            if miss.isElsewhere {
                let threshold = Scores.words(window.rules.linkThreshold)
                reason =
                    miss.score >= window.rules.linkThreshold
                    ? "in another investigation: too few of its signals have a link here"
                    : "in another investigation: its strongest link here is below \(threshold)"
            } else {
                reason =
                    "alone and weak: severity \(signal.event.severity.rawValue), strength \(Scores.words(signal.strength)), "
                    + "strongest link \(Scores.words(miss.score))"
            }
            return LeftOut(
                fingerprint: signal.fingerprint, title: signal.event.title.clipped(to: Limits.titleCharacters),
                score: Scores.stored(miss.score), terms: miss.terms, reason: reason)
        }
    }

    // MARK: - Numbers and words

    private func emit(_ drafts: [CaseDraft], withdrawn: [CaseSnapshot], kept: [CaseSnapshot]) -> [CaseChange] {
        var taken: Set<Int> = []
        for snapshot in window.cases where snapshot.isSettled || snapshot.investigation.isDeleted {
            taken.insert(snapshot.investigation.number)
        }
        var entries: [Numbering.Entry] = []
        for draft in drafts where draft.known?.isSettled != true {
            entries.append(Numbering.Entry(startedAt: draft.investigation.startedAt, anchor: draft.anchor, key: draft.investigation.key))
        }
        for snapshot in kept where !snapshot.isSettled {
            entries.append(
                Numbering.Entry(
                    startedAt: snapshot.investigation.startedAt, anchor: snapshot.investigation.key, key: snapshot.investigation.key))
        }
        let numbers = Numbering.assign(entries, taken: taken, from: window.firstFreeNumber)
        var out: [CaseChange] = []
        for snapshot in withdrawn.sorted(by: { $0.investigation.key < $1.investigation.key }) {
            out.append(.withdraw(key: snapshot.investigation.key, reasons: ["nothing is left of it: its signals were superseded"]))
        }
        for draft in drafts.sorted(by: { $0.investigation.key < $1.investigation.key }) {
            for gone in draft.merged {
                out.append(
                    .merge(
                        key: gone.investigation.key, into: draft.investigation.key,
                        reasons: ["its signals belong to “\(draft.investigation.title.clipped(to: 100))”"]))
            }
        }
        var written: [(number: Int, change: CaseChange)] = []
        for var draft in drafts {
            draft.investigation.number = numbers[draft.investigation.key] ?? draft.investigation.number
            if let change = change(draft) { written.append((draft.investigation.number, change)) }
        }
        for snapshot in kept {
            if let change = rest(snapshot, number: numbers[snapshot.investigation.key]) {
                written.append((snapshot.investigation.number, change))
            }
        }
        return out + written.sorted { $0.number < $1.number }.map(\.change)
    }

    private func change(_ draft: CaseDraft) -> CaseChange? {
        guard let known = draft.known else {
            let snapshot = CaseSnapshot(investigation: draft.investigation, evidence: draft.evidence, isSettled: false)
            return .open(snapshot, reasons: ["opened from \(Phrases.counted(draft.signalCount, "signal"))"])
        }
        guard let reasons = CaseDifference.reasons(draft, known, rules: window.rules) else { return nil }
        var investigation = draft.investigation
        investigation.version = known.investigation.version &+ 1
        return .update(CaseSnapshot(investigation: investigation, evidence: draft.evidence, isSettled: known.isSettled), reasons: reasons)
    }

    /// A known case without signals at hand: only its number and its end may change.
    private func rest(_ snapshot: CaseSnapshot, number: Int?) -> CaseChange? {
        var investigation = snapshot.investigation
        let quiet = Int64(max(1, min(window.rules.quietPeriodMinutes, 1_000_000))) * Int64.minuteMs
        let (status, resolvedAt) = Lifecycle.status(
            lastSignalAt: investigation.lastSignalAt, isMitigated: investigation.mitigatedAt != nil, quietMs: quiet, now: window.now)
        HumanFields.settle(&investigation, status: status, resolvedAt: resolvedAt)
        investigation.number = number ?? investigation.number
        let draft = CaseDraft(
            investigation: investigation, evidence: snapshot.evidence, known: snapshot, anchor: investigation.key, signalCount: 0)
        return change(draft)
    }
}
