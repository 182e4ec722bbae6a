import Model

/// Another investigation as canvas and report name it: `partials/mention.html` and the table of the report.
struct MentionView {
    let mention: CaseMention
    let why: [String]
    var score: Double?
    /// Whether its page is in the same site.
    let isLinked: Bool
    /// The start of the investigation whose page it is.
    let reference: Instant

    /// The related ones, then those that look like it.
    static func related(_ file: CaseFile, place: CasePlace) -> [MentionView] {
        file.related.map {
            MentionView(mention: $0.mention, why: [$0.reason], isLinked: place == .site, reference: file.investigation.startedAt)
        }
    }
    static func similar(_ file: CaseFile, place: CasePlace) -> [MentionView] {
        file.similar.sorted { ($1.score, $0.number) < ($0.score, $1.number) }.map {
            MentionView(
                mention: $0.mention, why: [$0.summary, $0.ending], score: $0.score, isLinked: place == .site,
                reference: file.investigation.startedAt)
        }
    }

    var view: TemplateValue {
        [
            "mentionNumber": .number(mention.number), "isLinked": .flag(isLinked),
            "mentionTitle": .text(mention.title.isEmpty ? "Untitled" : mention.title.clipped(to: 200)),
            "mentionSeverity": .text(mention.severity.rawValue), "mentionState": .text(state),
            "mentionDay": .text(PageWords.day(mention.startedAt.bounded, near: reference)),
            "mentionISO": .text(mention.startedAt.bounded.date),
            "mentionScore": .optional(score.map(PageWords.score)),
            "mentionWhy": .optional(why.map { PageWords.sentence($0.clipped(to: 300)) }.filter { !$0.isEmpty }.joined(separator: " ")),
        ]
    }

    /// `resolved after 52 min`, `open`
    private var state: String {
        guard mention.status.isEnded, let end = mention.resolvedAt, end > mention.startedAt else { return mention.status.words }
        return "\(mention.status.words) after \(PageWords.duration(ms: end.bounded - mention.startedAt.bounded))"
    }
}
