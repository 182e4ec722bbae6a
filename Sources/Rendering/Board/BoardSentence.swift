import Model

/// The first sentence of the board: what is open, how bad, since when and why; or that nothing is.
struct BoardSentence {
    let pieces: [Emphasis.Piece]
    /// For the browser's tab.
    let title: String
    /// The sentence under `Open` when nothing is.
    let nothingOpen: String

    /// `open` is worst first, `ended` newest first.
    init(open: [Investigation], ended: [Investigation], hasSources: Bool, asOf: Instant) {
        if let worst = open.first {
            pieces = Self.openPieces(worst, open: open, asOf: asOf)
            let worstCount = open.filter { $0.severity == worst.severity }.count
            title = "\(PageWords.count(open.count)) open, \(PageWords.count(worstCount)) \(worst.severity.rawValue)"
            nothingOpen = ""
            return
        }
        title = "Nothing open"
        if let last = ended.first {
            let ago = last.endAt < asOf ? "\(PageWords.duration(ms: asOf - last.endAt)) ago" : "just now"
            pieces = [
                Emphasis.Piece(text: "Nothing is open.", isStrong: true), Emphasis.Piece(text: " The last one ended \(ago): "),
                Emphasis.Piece(text: last.title.clipped(to: 100), isStrong: true, target: BoardPage.address(last.number)),
                Emphasis.Piece(text: " (#\(last.number))."),
            ]
            nothingOpen = "Nothing is open. The last one ended \(ago) (#\(last.number))."
        } else if hasSources {
            pieces = [
                Emphasis.Piece(text: "Nothing is open.", isStrong: true),
                Emphasis.Piece(text: " No investigation has been opened yet: the sources are read, and nothing in them is wrong enough."),
            ]
            nothingOpen = "Nothing is open, and nothing has been yet."
        } else {
            pieces = [
                Emphasis.Piece(text: "Nothing is open,", isStrong: true),
                Emphasis.Piece(text: " because nothing is read yet. Name a source in caseboard.yaml and start caseboard run."),
            ]
            nothingOpen = "Investigations appear here by themselves once a source is read."
        }
    }

    private static func openPieces(_ worst: Investigation, open: [Investigation], asOf: Instant) -> [Emphasis.Piece] {
        let alike = open.filter { $0.severity == worst.severity }.count
        let others = open.count - alike
        var pieces: [Emphasis.Piece] = []
        func plain(_ text: String) { pieces.append(Emphasis.Piece(text: text)) }
        let name = worst.severity.rawValue
        let age = PageWords.duration(ms: max(0, asOf - worst.startedAt))
        pieces.append(
            Emphasis.Piece(
                text: alike == 1
                    ? "One \(name) investigation is open"
                    : "\(PageWords.capitalised(PageWords.spelled(alike))) \(name) investigations are open", isStrong: true))
        let title = news(worst)
        if alike == 1 {
            plain(", for \(age): ")
        } else {
            plain(". The newest, for \(age): ")
        }
        pieces.append(Emphasis.Piece(text: title, isStrong: true, target: BoardPage.address(worst.number)))
        if let cause = worst.probableCause {
            let bare = ChangeWords.bare(cause.name)
            if bare != cause.name {
                let kind = PageWords.midSentence(String(cause.name.dropLast(bare.count)))
                plain(", probably since the \(kind)")
            } else {
                plain(cause.kind == .change ? ", probably since " : ", probably from ")
            }
            pieces.append(Emphasis.Piece(text: bare.clipped(to: 80), isStrong: true))
            plain(".")
        } else {
            plain(". No probable cause is known yet.")
        }
        if others > 0 { plain(" \(PageWords.capitalised(PageWords.spelled(others))) lesser \(others == 1 ? "one is" : "ones are") open.") }
        return pieces
    }

    /// What broke, short enough for the sentence: `payments fail` of `Payments fail: connections used up`; `PoolTimeout in payments`
    /// of `payments: PoolTimeout after deploy of x`, since the sentence names the cause itself.
    private static func news(_ it: Investigation) -> String {
        let whole = it.title.clipped(to: 140)
        guard let colon = whole.firstRange(of: ": ") else { return PageWords.midSentence(whole) }
        let before = String(whole[..<colon.lowerBound])
        guard it.services.contains(before) else { return PageWords.midSentence(before) }
        var what = whole[colon.upperBound...]
        if it.probableCause != nil, let after = what.firstRange(of: " after ") { what = what[..<after.lowerBound] }
        return "\(PageWords.midSentence(String(what))) in \(before)"
    }

    static func view(_ pieces: [Emphasis.Piece]) -> TemplateValue { Emphasis.view(pieces) }
}
