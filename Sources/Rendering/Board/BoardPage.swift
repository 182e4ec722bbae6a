import Model

/// The board: what is open, the last 90 days, what ended, and how the sources are.
package enum BoardPage {
    static let styleSheets = ["tokens", "base", "parts", "board"]
    static let openShown = 50
    static let endedShown = 200
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
        let view: TemplateView = [
            "boardTitle": .text(file.title.isEmpty ? "Board" : file.title), "published": .text(PageWords.published(asOf)),
            "publishedISO": .text(asOf.rfc3339),
            "worst": open.first.map { .text($0.investigation.severity.rawValue) } ?? .absent,
            "sentence": BoardSentence.view(sentence.pieces),
            "openMeta": .text(open.isEmpty ? "none" : open.count == 1 ? "1" : "\(PageWords.count(open.count)), worst first"),
            "nothingOpen": .optional(open.isEmpty ? sentence.nothingOpen : nil),
            "openRows": .list(open.prefix(openShown).enumerated().map { BoardOpen.row($0.element, isFirst: $0.offset == 0, asOf: asOf) }),
            "moreOpen": .optional(
                open.count > openShown
                    ? "And \(PageWords.count(open.count - openShown)) lesser ones: caseboard list prints them all." : nil),
            "days": live.isEmpty ? .absent : BoardDays(live.map(\.investigation), asOf: asOf).view,
            "ended": ended.isEmpty ? .absent : BoardEnded(ended.map(\.investigation), asOf: asOf).view,
        ]
        var body: [UInt8] = []
        try templates.template("board.html").render(.view(view.joined(with: BoardSources(file: file).view)), into: &body)
        return PageShell.page(
            title: "\(sentence.title) · Caseboard", description: sentence.pieces.map(\.text).joined().clipped(to: 300), body: body,
            style: try templates.style(styleSheets), script: try templates.script("board"),
            data: ["published": .int(asOf.ms), "investigations": .int(Int64(live.count))])
    }

    /// Worst first: severity, then the one that has been open for the shorter time, then the higher number.
    static func isWorse(_ left: Investigation, _ right: Investigation) -> Bool {
        (left.severity.rank, -left.startedAt.ms, -left.number) < (right.severity.rank, -right.startedAt.ms, -right.number)
    }
    /// Where the canvas of a case is, seen from the board.
    static func address(_ number: Int) -> String { "investigations/\(number)/index.html" }
}

extension Investigation {
    /// When it ended, as far as is known.
    var endAt: Instant { resolvedAt ?? lastSignalAt }
    /// The first hypothesis if it may be called probable.
    var probableCause: Hypothesis? { hypotheses.first.flatMap { $0.score >= ProbableCause.threshold ? $0 : nil } }
}
