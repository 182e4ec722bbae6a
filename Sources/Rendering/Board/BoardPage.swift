import Model

/// The board: what is open, the last 90 days, what ended, and how the sources are.
package enum BoardPage {
    static let openShown = 30
    static let endedShown = 150
    static let changesShown = 20

    package static func render(_ file: BoardFile, templates: Templates) throws -> [UInt8] {
        let file = file.bounded
        let asOf = file.asOf
        let live = file.items.filter { $0.investigation.mergedInto == nil && !$0.investigation.isDeleted }
        let open = live.filter { !$0.investigation.status.isEnded }.sorted { Self.isWorse($0.investigation, $1.investigation) }
        let ended = live.filter { $0.investigation.status.isEnded }
            .sorted { ($1.investigation.endAt.ms, $1.investigation.number) < ($0.investigation.endAt.ms, $0.investigation.number) }
        let sentence = BoardSentence(
            open: open.map(\.investigation), ended: ended.map(\.investigation), hasSources: !file.sources.isEmpty, asOf: asOf)
        let shown = Array(ended.prefix(endedShown)).map(\.investigation)
        let openRows = open.prefix(openShown)
        let view: TemplateView = [
            "worst": open.first.map { .text($0.investigation.severity.rawValue) } ?? .absent,
            "sentence": BoardSentence.view(sentence.pieces),
            "openMeta": .text(open.isEmpty ? "none" : open.count == 1 ? "1" : "\(PageWords.count(open.count)), worst first"),
            "nothingOpen": .optional(open.isEmpty ? sentence.nothingOpen : nil), "hasFilters": .flag(!live.isEmpty),
            "findHint": "Filter by title, cause, service",
            "severityFilters": CaseTable.severityFilters(openRows.map(\.investigation.severity) + shown.map(\.severity)),
            "statusFilters": CaseTable.statusFilters(openRows.map(\.investigation.status) + shown.map(\.status)),
            "openRows": .list(openRows.enumerated().map { BoardOpen.row($0.element, isFirst: $0.offset == 0, asOf: asOf) }),
            "moreOpen": .optional(
                open.count > openRows.count ? "And \(PageWords.count(open.count - openRows.count)) lesser ones." : nil),
            "days": live.isEmpty ? .absent : BoardDays(live.map(\.investigation), asOf: asOf).view,
            "ended": ended.isEmpty
                ? .absent
                : [
                    "endedMeta": .text(
                        shown.count == ended.count
                            ? PageWords.count(ended.count) : "\(PageWords.count(shown.count)) newest of \(PageWords.count(ended.count))"),
                    "caseRows": CaseTable(shown, asOf: asOf, root: "").rows,
                    "moreEnded": .optional(
                        shown.count == ended.count
                            ? nil : "\(PageWords.count(ended.count - shown.count)) older ones are not on this page."),
                ],
        ]
        return try SiteFrame(title: file.title, asOf: asOf).page(
            "board.html", path: SiteAddress.board, place: .board, title: sentence.title,
            description: sentence.pieces.map(\.text).joined(), view: view.joined(with: BoardSources(file: file).view), templates: templates)
    }

    /// Worst first: severity, then the one that has been open for the shorter time, then the higher number.
    static func isWorse(_ left: Investigation, _ right: Investigation) -> Bool {
        (left.severity.rank, -left.startedAt.ms, -left.number) < (right.severity.rank, -right.startedAt.ms, -right.number)
    }
    /// Where the canvas of a case is, seen from the board.
    static func address(_ number: Int) -> String { SiteAddress.investigation(number) }
}

extension Investigation {
    /// When it ended, as far as is known.
    var endAt: Instant { resolvedAt ?? lastSignalAt }
    /// The first hypothesis if it may be called probable.
    var probableCause: Hypothesis? { hypotheses.first.flatMap { $0.score >= ProbableCause.threshold ? $0 : nil } }
}
