import Model

/// Whether a case really differs from what is stored, and the words of the difference.
enum CaseDifference {
    /// Nil when nothing but the version would change.
    static func reasons(_ draft: CaseDraft, _ known: CaseSnapshot, rules: CorrelationRules) -> [String]? {
        let old = known.investigation
        var new = draft.investigation
        new.version = old.version
        let oldEvidence = known.evidence.sorted { $0.fingerprint < $1.fingerprint }
        let newEvidence = draft.evidence.sorted { $0.fingerprint < $1.fingerprint }
        if new == old && oldEvidence == newEvidence { return nil }
        var out: [String] = []
        if old.number != new.number { out.append("number \(old.number) → \(new.number)") }
        for gone in draft.merged { out.append("merged with \(gone.investigation.title.clipped(to: 80))") }
        out += evidenceWords(oldEvidence, newEvidence)
        if old.severity != new.severity { out.append("severity \(old.severity.rawValue) → \(new.severity.rawValue)") }
        if old.status != new.status { out.append(statusWords(old, new, rules)) }
        if old.reopenCount < new.reopenCount && old.status == new.status { out.append("came back after a quiet period") }
        if !old.flapping && new.flapping { out.append("flapping: came back \(new.reopenCount) times") }
        if old.title != new.title { out.append("title “\(old.title.clipped(to: 100))” → “\(new.title.clipped(to: 100))”") }
        if old.startedAt != new.startedAt { out.append("started \(new.startedAt.clock), was \(old.startedAt.clock)") }
        if old.mitigatedAt != new.mitigatedAt, let at = new.mitigatedAt { out.append("mitigated at \(at.clock)") }
        let services = new.services.filter { !old.services.contains($0) }
        if !services.isEmpty { out.append("reached \(Phrases.list(services))") }
        out += firstWords(
            "likeliest cause", old.hypotheses.first.map { ($0.name, $0.score) }, new.hypotheses.first.map { ($0.name, $0.score) })
        out += firstWords(
            "suspect", old.suspects.first.map { (Phrases.short($0.sha), $0.score) },
            new.suspects.first.map { (Phrases.short($0.sha), $0.score) })
        return out.isEmpty ? ["scores and words follow the evidence"] : out
    }

    /// `suspect 249729c (.31) → 8d16bcf (.64)`, `suspect now 8d16bcf (.64)`
    private static func firstWords(_ what: String, _ old: (name: String, score: Double)?, _ new: (name: String, score: Double)?) -> [String]
    {
        guard let new, new.name != old?.name else { return [] }
        let now = "\(new.name.clipped(to: 100)) (\(Scores.words(new.score)))"
        return [old.map { "\(what) \($0.name.clipped(to: 100)) (\(Scores.words($0.score))) → \(now)" } ?? "\(what) now \(now)"]
    }

    private static func evidenceWords(_ old: [Evidence], _ new: [Evidence]) -> [String] {
        let before = Dictionary(old.map { ($0.fingerprint, $0) }, uniquingKeysWith: { first, _ in first })
        let after = Set(new.map(\.fingerprint))
        let joined = new.filter { before[$0.fingerprint] == nil }
        let signals = joined.count { $0.linkedBy == CaseEvidence.signalRule }
        let superseded = new.count { item in before[item.fingerprint].map { $0.eventID != item.eventID } ?? false }
        let gone = old.count { !after.contains($0.fingerprint) }
        var out: [String] = []
        if signals > 0 { out.append("joined: \(Phrases.counted(signals, "signal"))") }
        if joined.count > signals {
            out.append("joined: \(Phrases.counted(joined.count - signals, "change or note", plural: "changes and notes"))")
        }
        if superseded > 0 { out.append("\(Phrases.counted(superseded, "signal")) superseded") }
        if gone > 0 { out.append("left: \(Phrases.counted(gone, "piece", plural: "pieces")) of evidence") }
        return out
    }

    private static func statusWords(_ old: Investigation, _ new: Investigation, _ rules: CorrelationRules) -> String {
        switch new.status {
        case .resolved: return "resolved: quiet for \(rules.quietPeriodMinutes) min"
        case .open where old.status.isEnded: return "reopened: signals came back at \(new.lastSignalAt.clock)"
        default: return "status \(old.status.words) → \(new.status.words)"
        }
    }
}
