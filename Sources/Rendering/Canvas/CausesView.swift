import Model

/// Probable causes and suspect changes, each with the terms of its score.
struct CausesView {
    static let causesShown = 4
    static let suspectsShown = 3
    static let pathsShown = 3
    private let file: CaseFile
    private let items: Set<Fingerprint>

    init(_ file: CaseFile, items: [EvidenceItem]) {
        self.file = file
        self.items = Set(items.map(\.event.fingerprint))
    }

    var view: TemplateValue {
        let hypotheses = file.investigation.hypotheses
        return [
            "causes": .list(hypotheses.prefix(Self.causesShown).enumerated().map { cause($0.element, isFirst: $0.offset == 0) }),
            "moreCauses": .list(hypotheses.dropFirst(Self.causesShown).map { cause($0, isFirst: false) }),
            "moreCausesWords": .optional(moreCauses),
            "noCause": .optional(noCause), "failure": failure,
            "howScored": .optional(hypotheses.isEmpty ? nil : "A score says how likely it is; each bar is one term behind it."),
            "explainCommand": .text("caseboard explain \(file.investigation.number)"),
            "suspects": .list(file.investigation.suspects.prefix(Self.suspectsShown).map(suspect)),
            "moreSuspects": .list(file.investigation.suspects.dropFirst(Self.suspectsShown).map(suspect)),
            "moreSuspectsWords": .optional(moreSuspects),
            "noSuspect": .optional(file.investigation.suspects.isEmpty ? noSuspect : nil),
            "suspectsMeta": .optional(
                file.investigation.suspects.isEmpty ? nil : PageWords.count(file.investigation.suspects.count, "commit")),
            "others": .list(otherChanges), "othersWords": .optional(othersWords),
        ]
    }

    /// What failed first, with the way to its details.
    private var failure: TemplateValue {
        let first = file.items.filter { $0.evidence.phase == .firstFailure && items.contains($0.event.fingerprint) }.min {
            ($0.event.occurredAt.ms, $0.event.severity.rank, $0.event.fingerprint.text)
                < ($1.event.occurredAt.ms, $1.event.severity.rank, $1.event.fingerprint.text)
        }
        guard let event = first?.event else { return .absent }
        return [
            "failureTime": .text(PageWords.moment(event.occurredAt, near: file.investigation.startedAt)),
            "failureISO": .text(event.occurredAt.rfc3339), "failureWord": .text(MarkKind(event).word),
            "failureService": .optional(event.service), "failureTarget": .text(CanvasAnchor.event(event.fingerprint)),
            "failureTitle": .text(event.title.isEmpty ? event.type.rawValue : event.title),
        ]
    }

    /// What stands in front of the weaker causes, folded away.
    private var moreCauses: String? {
        let rest = file.investigation.hypotheses.dropFirst(Self.causesShown)
        return rest.first.map { "\(rest.count) more, from \(PageWords.score($0.score)) down" }
    }

    /// The sentence in place of a cause, or before weak ones.
    private var noCause: String? {
        guard let first = file.investigation.hypotheses.first else {
            return "No probable cause yet: nothing that was weighed explains these signals."
        }
        let near = file.investigation.hypotheses.filter { first.score - $0.score <= 0.05 }.count
        if first.score < ProbableCause.threshold {
            return "No probable cause yet: the best candidate scores \(PageWords.score(first.score))."
        }
        return near > 2 ? "No single cause stands out: \(PageWords.spelled(near)) are equally near." : nil
    }
    private var noSuspect: String {
        "No commit is suspect: none that was live touches what failed, or no repository is read."
    }
    private var moreSuspects: String? {
        let rest = file.investigation.suspects.dropFirst(Self.suspectsShown)
        guard let best = rest.first else { return nil }
        return "\(PageWords.count(rest.count)) more, from \(PageWords.score(best.score)) down"
    }

    private func cause(_ hypothesis: Hypothesis, isFirst: Bool) -> TemplateValue {
        let event = ProbableCause.event(of: hypothesis, in: items)
        return [
            "score": .text(PageWords.score(hypothesis.score)), "causeName": .text(hypothesis.name.isEmpty ? "unnamed" : hypothesis.name),
            "causeTarget": .optional(event.map(CanvasAnchor.event)), "summary": .optional(hypothesis.summary),
            "isFirst": .flag(isFirst), "signature": .html(isFirst ? .empty : Sparks.signature(hypothesis.terms)),
            "terms": .list(hypothesis.terms.map(Self.term)), "hasTerms": .flag(!hypothesis.terms.isEmpty),
        ]
    }
    static func term(_ term: Term) -> TemplateValue {
        let value = term.value.isFinite ? min(max(term.value, 0), 1) : 0
        return [
            "termName": .text(term.name), "value": .text(PageWords.score(value)),
            "meter": .text(JSONValue.double((value * 100).rounded() / 100).text), "fact": .text(term.why),
        ]
    }

    private func suspect(_ suspect: SuspectChange) -> TemplateValue {
        let failure = file.investigation.startedAt
        var facts = [suspect.author].filter { !$0.isEmpty }
        if let live = suspect.liveAt {
            facts.append(
                live <= failure
                    ? "live \(PageWords.duration(ms: failure - live)) before the first signal"
                    : "live \(PageWords.duration(ms: live - failure)) after the first signal")
        } else {
            facts.append("committed \(PageWords.moment(suspect.committedAt, near: failure))")
        }
        let event =
            file.items.first { $0.event.fingerprint == suspect.change }?.event
            ?? file.otherChanges.first { $0.fingerprint == suspect.change }
        let touched = (event?.touchedFiles ?? []).filter { $0.added >= 0 }
        if !touched.isEmpty {
            let added = touched.reduce(0) { $0 &+ $1.added }
            let deleted = touched.reduce(0) { $0 &+ max(0, $1.deleted) }
            facts.append("+\(PageWords.count(added)) −\(PageWords.count(deleted))")
        }
        if !suspect.files.isEmpty { facts.append(PageWords.count(suspect.files.count, "file")) }
        let diff = (suspect.url ?? event?.url).flatMap(OutsideLink.address)
        return [
            "sha": .text(ChangeWords.shortSha(suspect.sha)), "subject": .text(suspect.subject.isEmpty ? "no subject" : suspect.subject),
            "suspectTarget": .optional(items.contains(suspect.change) ? CanvasAnchor.event(suspect.change) : nil),
            "suspectURL": .optional(diff), "paths": .list(suspect.files.prefix(Self.pathsShown).map { .text($0.clipped(to: 120)) }),
            "morePaths": .optional(
                suspect.files.count > Self.pathsShown ? "and \(PageWords.count(suspect.files.count - Self.pathsShown)) more" : nil),
            "hasPaths": .flag(!suspect.files.isEmpty), "suspectScore": .text(PageWords.score(suspect.score)),
            "facts": .text(facts.joined(separator: ", ")), "suspectSummary": .optional(suspect.summary),
            "suspectTerms": .list(suspect.terms.map(Self.term)), "hasSuspectTerms": .flag(!suspect.terms.isEmpty),
        ]
    }

    /// Changes in the window that are on the timeline but not evidence.
    private var otherChanges: [TemplateValue] {
        let suspects = Set(file.investigation.suspects.map(\.change))
        return file.otherChanges.filter { !items.contains($0.fingerprint) && !suspects.contains($0.fingerprint) }
            .sorted { ($0.occurredAt.ms, $0.fingerprint.text) < ($1.occurredAt.ms, $1.fingerprint.text) }.suffix(100).map {
                [
                    "otherTime": .text(PageWords.moment($0.occurredAt, near: file.investigation.startedAt)),
                    "otherISO": .text($0.occurredAt.rfc3339),
                    "otherName": .text(ChangeWords.name($0).clipped(to: 120)), "otherService": .optional($0.service),
                ]
            }
    }
    private var othersWords: String? {
        let count = otherChanges.count
        return count == 0 ? nil : "\(PageWords.count(count, "other change")) near in time"
    }
}

/// Addresses that lead out of the site: http, https and mailto only, never a relative one.
enum OutsideLink {
    static func address(_ text: String) -> String? {
        guard let safe = HTMLText.safeLink(text) else { return nil }
        let lower = safe.prefix(8).lowercased()
        return lower.hasPrefix("http://") || lower.hasPrefix("https://") || lower.hasPrefix("mailto:") ? safe : nil
    }
    /// The host of an address: `git.example`; of a mail address all behind `mailto:`.
    static func place(_ address: String) -> String {
        guard let start = address.firstRange(of: "://")?.upperBound else {
            return String(address.drop { $0 != ":" }.dropFirst()).clipped(to: 60)
        }
        let host = address[start...].prefix { !"/?#".contains($0) }
        return String(host.split(separator: "@").last ?? host).clipped(to: 60)
    }
}
