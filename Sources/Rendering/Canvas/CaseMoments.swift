import Model

/// The moments a case is told by: change, first failure, detected, acknowledged, mitigated, resolved. Only known ones.
struct CaseMoments: Hashable {
    enum Kind: String, CaseIterable {
        case change, firstFailure, detected, acknowledged, mitigated, resolved
        var words: String {
            switch self {
            case .change: "Change"
            case .firstFailure: "First failure"
            case .detected: "Detected"
            case .acknowledged: "Acknowledged"
            case .mitigated: "Mitigated"
            case .resolved: "Resolved"
            }
        }
    }
    struct Moment: Hashable {
        var kind: Kind
        var at: Instant
        /// `+2 m 08 s`; `36 m 48 s in all` for the last; empty for the first.
        var since: String
    }
    /// In the order they happened; moments of the same time in the order of the story.
    var moments: [Moment]
    /// When the change that is probably to blame went live.
    var changeAt: Instant?
    var firstFailureAt: Instant
    /// Resolution, or nil while it goes on.
    var endedAt: Instant?

    init(_ file: CaseFile) {
        let investigation = file.investigation
        changeAt = ProbableCause(file).changeAt
        firstFailureAt =
            file.items.filter { $0.evidence.phase == .firstFailure }.map(\.event.occurredAt).min() ?? investigation.startedAt
        endedAt = investigation.resolvedAt ?? (investigation.status.isEnded ? investigation.lastSignalAt : nil)
        var known: [(Kind, Instant)] = []
        if let changeAt, changeAt <= firstFailureAt { known.append((.change, changeAt)) }
        known.append((.firstFailure, firstFailureAt))
        let later: [(Kind, Instant?)] = [
            (.detected, investigation.detectedAt), (.acknowledged, investigation.acknowledgedAt),
            (.mitigated, investigation.mitigatedAt), (.resolved, endedAt),
        ]
        for case (let kind, let at?) in later { known.append((kind, at)) }
        let ordered = known.enumerated().sorted { ($0.element.1.ms, $0.offset) < ($1.element.1.ms, $1.offset) }.map(\.element)
        moments = []
        for (index, (kind, at)) in ordered.enumerated() {
            let since =
                kind == .resolved && index > 0
                ? PageWords.step(ms: at - firstFailureAt) + " in all"
                : index > 0 ? "+" + PageWords.step(ms: at - ordered[index - 1].1) : ""
            moments.append(Moment(kind: kind, at: at, since: since))
        }
    }

    /// Lines such as `Change 14:02:04`, `First failure 14:04:12 +2 m 08 s`.
    func view(near reference: Instant) -> TemplateValue {
        .list(
            moments.map {
                [
                    "name": .text($0.kind.words), "kind": .text($0.kind == .firstFailure ? "failure" : $0.kind.rawValue),
                    "time": .text(PageWords.moment($0.at, near: reference)), "iso": .text($0.at.rfc3339), "since": .optional($0.since),
                ]
            })
    }
}

/// What the case is probably due to, and the event that shows it.
struct ProbableCause {
    /// Below this a first hypothesis is not called probable.
    static let threshold = 0.3

    let hypothesis: Hypothesis?
    /// The fingerprint of the event to open for it.
    let event: Fingerprint?
    /// The change it names, whether it is evidence or not; else the first suspect change, if it scores at least .5.
    let change: Fingerprint?
    let changeAt: Instant?

    init(_ file: CaseFile) {
        let first = file.investigation.hypotheses.first
        hypothesis = first.flatMap { $0.score >= Self.threshold ? $0 : nil }
        let items = Set(file.items.map(\.event.fingerprint))
        event = hypothesis.flatMap { Self.event(of: $0, in: items) }
        let named =
            hypothesis?.change ?? (hypothesis?.sha).flatMap { sha in file.investigation.suspects.first { $0.sha == sha }?.change }
            ?? file.investigation.suspects.first { $0.score >= 0.5 && $0.liveAt != nil }?.change
        change = named
        let suspect = file.investigation.suspects.first { $0.change == named && named != nil }
        let known = file.items.first { $0.event.fingerprint == named }?.event ?? file.otherChanges.first { $0.fingerprint == named }
        changeAt = suspect?.liveAt ?? known?.occurredAt
    }

    /// The change it names, or its first piece of evidence, if that is on the page.
    static func event(of hypothesis: Hypothesis, in items: Set<Fingerprint>) -> Fingerprint? {
        if let change = hypothesis.change, items.contains(change) { return change }
        return hypothesis.evidence.first { items.contains($0) }
    }
}
