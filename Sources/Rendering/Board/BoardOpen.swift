import Model

/// One open investigation: age, title, cause in a sentence, its signals around the change.
enum BoardOpen {
    static func row(_ item: BoardItem, isFirst: Bool, asOf: Instant) -> TemplateValue {
        let it = item.investigation
        let from = item.from
        let to = max(item.to, item.from)
        let ends =
            from.day == to.day
            ? (from.clockMinute, to.clockMinute)
            : (PageWords.day(from, near: asOf), to.day == asOf.day ? "today" : PageWords.day(to, near: asOf))
        let most = item.rate.max() ?? 0
        let span = "\(PageWords.moment(from, near: asOf)) to \(PageWords.moment(to, near: asOf))"
        let label = "Signals from \(span): \(PageWords.count(most)) at the most"
        var remarks: [TemplateValue] = []
        if it.flapping { remarks.append(.text("flapping")) }
        if it.reopenCount > 0 { remarks.append(.text("reopened")) }
        let impact = it.impact.split(whereSeparator: \.isNewline).first.map { String($0).clipped(to: 100) } ?? ""
        if !impact.isEmpty { remarks.append(.text(impact)) }
        return [
            "isFirst": .flag(isFirst), "isCritical": .flag(it.severity == .critical),
            "age": .text(age(max(0, asOf - it.startedAt))), "iso": .text(it.startedAt.rfc3339),
            "since": .text(it.startedAt.day == asOf.day ? it.startedAt.clockMinute + " UTC" : it.startedAt.readable(asOf: asOf)),
            "severity": .text(it.severity.rawValue), "address": .text(BoardPage.address(it.number)),
            "title": .text(it.title.isEmpty ? "Untitled" : it.title.clipped(to: 160)), "cause": Emphasis.view(cause(it)),
            "number": .number(it.number), "priority": .text(it.priority.rawValue.uppercased()),
            "statusMark": .html(Sparks.status(it.status)),
            "statusName": .text(it.status.words), "owner": .optional(it.assignedTo?.clipped(to: 60)),
            "status": .text(it.status.rawValue), "serviceKeys": .text(CaseTable.serviceKeys(it)),
            "hasServices": .flag(!it.services.isEmpty),
            "serviceLinks": .list(
                it.services.prefix(4).map {
                    ["serviceName": .text($0.clipped(to: 40)), "serviceAddress": .text(SiteAddress.service($0))]
                }), "moreServices": .optional(it.services.count > 4 ? "+\(it.services.count - 4)" : nil),
            "pieces": .text(PageWords.count(item.evidenceCount, "piece") + " of evidence"), "remarks": .list(remarks),
            "spark": item.rate.isEmpty
                ? .absent : .html(Sparks.rate(item.rate, from: from, to: to, changeAt: item.changeAt, ends: ends, label: label)),
        ]
    }

    /// In large figures: from ten hours to two days whole hours are enough.
    static func age(_ ms: Int64) -> String {
        ms >= 10 * .hourMs && ms < 2 * .dayMs ? PageWords.duration(ms: ms / .hourMs * .hourMs) : PageWords.duration(ms: ms)
    }

    /// `Probably **x** (.87). Its summary.`, or that there is none yet.
    static func cause(_ it: Investigation) -> [Emphasis.Piece] {
        guard let cause = it.probableCause else {
            let near = it.hypotheses.first.map { ": the best candidate scores \(PageWords.score($0.score))" } ?? ""
            return [Emphasis.Piece(text: "No probable cause yet\(near).")]
        }
        let bare = ChangeWords.bare(cause.name)
        let kind = bare == cause.name ? "" : "the " + PageWords.midSentence(String(cause.name.dropLast(bare.count)))
        var pieces = [
            Emphasis.Piece(text: "Probably \(kind)"), Emphasis.Piece(text: PageWords.midSentence(bare).clipped(to: 100), isStrong: true),
            Emphasis.Piece(text: " (\(PageWords.score(cause.score))). "),
        ]
        if !cause.summary.isEmpty { pieces.append(Emphasis.Piece(text: PageWords.sentence(cause.summary.clipped(to: 240)))) }
        return pieces
    }
    /// `payments checkout orders +3`
    static func services(_ services: [String], shown: Int) -> String {
        let names = services.prefix(shown).map { $0.clipped(to: 40) }.joined(separator: " ")
        return services.count > shown ? "\(names) +\(services.count - shown)" : names
    }
}
