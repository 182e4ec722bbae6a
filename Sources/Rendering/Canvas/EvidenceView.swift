import Model

/// Which evidence has a row and details on a page: all of it up to `rowLimit`, from there on the strongest.
package enum ListedEvidence {
    static let rowLimit = 2_000
    static let strongestShown = 200

    /// In order of time; what is starred counts as strongest.
    package static func of(_ items: [EvidenceItem]) -> [EvidenceItem] {
        // Keys are sorted, not the items, which are large.
        let keys = items.map(key)
        let ordered = items.indices.sorted { keys[$0] < keys[$1] }.map { items[$0] }
        if ordered.count < rowLimit { return ordered }
        let strongest = ordered.sorted {
            (
                $0.evidence.starred ? 0 : 1, -$0.evidence.confidence, $0.event.severity.rank, $0.event.occurredAt.ms,
                $0.event.fingerprint.text
            )
                < (
                    $1.evidence.starred ? 0 : 1, -$1.evidence.confidence, $1.event.severity.rank, $1.event.occurredAt.ms,
                    $1.event.fingerprint.text
                )
        }
        return strongest.prefix(strongestShown).sorted { key($0) < key($1) }
    }
    private static func key(_ item: EvidenceItem) -> (Int64, String) { (item.event.occurredAt.ms, item.event.fingerprint.text) }
}

/// The evidence list: one row a piece, grouped by its phase, and the details of each.
struct EvidenceView {

    let file: CaseFile
    /// What the page shows, in order of time.
    let items: [EvidenceItem]
    private let reference: Instant

    init(_ file: CaseFile) {
        self.file = file
        reference = file.investigation.startedAt
        items = ListedEvidence.of(file.items)
    }

    var view: TemplateValue {
        let present = Set(items.map { MarkKind($0.event) })
        let phases = EvidencePhase.allCases.map { phase in (phase, items.filter { $0.evidence.phase == phase }) }.filter { !$0.1.isEmpty }
        return [
            "pieces": .text(PageWords.count(file.items.count, "piece")),
            "capped": .optional(capped),
            "phases": .list(phases.map { ["phase": .text($0.0.words), "rows": .list($0.1.map(row))] }),
            "noEvidence": .flag(items.isEmpty),
            "filters": .list(
                [MarkKind.critical, .high, .medium, .low, .change].filter { present.contains($0) }.map {
                    ["filterWord": .text($0.word), "filterLabel": .text($0 == .change ? "Changes" : PageWords.capitalised($0.word))]
                }),
            "manyDays": .flag(!isWithinDay), "contextDay": .text(PageWords.day(reference, near: reference)),
        ]
    }
    private var isWithinDay: Bool { !items.contains { $0.event.occurredAt.day != reference.day } }
    private var capped: String? {
        items.count == file.items.count
            ? nil
            : "These are the \(items.count) strongest of \(PageWords.count(file.items.count)). All of them are on the timeline and in the JSON."
    }

    private func row(_ item: EvidenceItem) -> TemplateValue {
        let event = item.event
        let muted = item.evidence.inhibitedBy != nil
        return [
            "anchor": .text(event.fingerprint.text), "iso": .text(event.occurredAt.rfc3339),
            "time": .text(PageWords.moment(event.occurredAt, near: reference)), "word": .text(MarkKind(event).word),
            "service": .text(event.service ?? ""), "source": .text(event.source.rawValue), "type": .text(event.type.rawValue),
            "title": .text(event.title.isEmpty ? event.type.rawValue : event.title),
            "sha": .optional(event.type == .commit ? (event.commit ?? event.sourceID).map(ChangeWords.shortSha) : nil),
            "confidence": .text(PageWords.score(item.evidence.confidence)),
            "starred": .flag(item.evidence.starred), "against": .flag(item.evidence.stance == .contradicts), "muted": .flag(muted),
        ]
    }
}
