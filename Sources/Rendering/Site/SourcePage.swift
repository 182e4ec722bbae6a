import Model

/// The page of one source: whether it is well and how to mend it, what came in by day, how far each file is read, what could not
/// be read.
package enum SourcePage {
    package static let cursorsShown = 100
    package static let lettersShown = 100
    static let dayCount = 90

    package static func render(_ file: SourceFile, frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        let health = file.health
        let path = SiteAddress.source(health.name)
        let asOf = frame.asOf
        let gaps = Silences.spans(in: file.hours, until: file.breaker.lastError == nil ? nil : asOf)
        let sentence = Self.sentence(file, gaps: gaps, asOf: asOf)
        let dead = Int64(file.deadLetters.count)
        let name = health.name.clipped(to: 80)
        let breakerOpen = file.breaker.state(at: asOf)
        let view: TemplateView = [
            "name": .text(name), "kind": .text(health.kind.clipped(to: 40)), "state": .text(BoardSources.word(health.state)),
            "stateMark": .text(BoardSources.mark(health.state)), "sentence": .text(sentence),
            "hasDays": .flag(!file.hours.isEmpty), "days": file.hours.isEmpty ? .absent : days(file.hours, gaps: gaps, asOf: asOf),
            "gapsMeta": .text(gaps.isEmpty ? "none" : PageWords.count(gaps.count)), "hasGaps": .flag(!gaps.isEmpty),
            "gaps": .list(
                gaps.suffix(20).reversed().map {
                    [
                        "gapFrom": .text(PageWords.moment($0.lowerBound, near: asOf)), "gapISO": .text($0.lowerBound.rfc3339),
                        "gapTo": .text(PageWords.moment($0.upperBound, near: $0.lowerBound)),
                        "gapLasted": .text(PageWords.duration(ms: $0.upperBound - $0.lowerBound)),
                    ]
                }),
            "breaker": .text(breakerWords(file.breaker, state: breakerOpen, asOf: asOf)),
            "breakerState": .text(
                file.breaker.lastError == nil ? "closed" : breakerOpen == .open ? "open" : breakerOpen == .halfOpen ? "half open" : "closed"
            ),
            "breakerError": .optional(file.breaker.lastError?.clipped(to: 600)),
            "cursorsMeta": .text(shown(file.cursors.count, of: file.cursorCount)), "hasCursors": .flag(!file.cursors.isEmpty),
            "cursors": .list(
                file.cursors.map { ["item": .text($0.item.clipped(to: 300)), "position": .text($0.state.clipped(to: 300))] }),
            "lettersMeta": .text(health.deadLetterCount == 0 ? "none" : PageWords.count(health.deadLetterCount)),
            "hasLetters": .flag(dead > 0),
            "letters": .list(file.deadLetters.prefix(lettersShown).map { letter($0, asOf: asOf) }),
            "moreLetters": .optional(
                file.deadLetters.count > lettersShown
                    ? "The \(PageWords.count(lettersShown)) newest of \(PageWords.count(file.deadLetters.count)) are shown." : nil),
        ]
        return try frame.page(
            "source.html", path: path, place: .sources, title: name, description: sentence, view: view, templates: templates)
    }

    private static func shown(_ shown: Int, of all: Int) -> String {
        shown == all ? PageWords.count(all) : "\(PageWords.count(shown)) of \(PageWords.count(all))"
    }

    private static func sentence(_ file: SourceFile, gaps: [ClosedRange<Instant>], asOf: Instant) -> String {
        let health = file.health
        let newest = health.newestAt.map { " Its newest fact is \(PageWords.duration(ms: max(0, asOf - $0))) old." } ?? ""
        let read =
            health.readCount == 0
            ? "Nothing has been read from it yet" : "\(PageWords.count(Int(clamping: health.readCount), "fact")) read in all"
        var out: String
        switch health.state {
        case .well: out = "It is well: \(PageWords.midSentence(read))."
        case .empty: out = "\(read): check its settings with caseboard check."
        case .stopped:
            out =
                "It is left alone for a while after \(PageWords.count(file.breaker.consecutiveFailures, "failure")) in a row: \(PageWords.midSentence(read))."
        case .failing, .gap, .late:
            out =
                file.breaker.lastError != nil
                ? "The last try failed: \(PageWords.midSentence(read))."
                : "\(PageWords.capitalised(PageWords.spelled(Int(clamping: health.deadLetterCount)))) \(health.deadLetterCount == 1 ? "piece" : "pieces") of it could not be read; \(PageWords.midSentence(read))."
        }
        out += newest
        if let last = gaps.last {
            out +=
                " It was silent from \(PageWords.moment(last.lowerBound, near: asOf)) to \(PageWords.moment(last.upperBound, near: last.lowerBound))."
        }
        return out
    }

    private static func breakerWords(_ breaker: CircuitBreaker, state: CircuitBreaker.State, asOf: Instant) -> String {
        guard breaker.lastError != nil else { return "Closed: the last try went well." }
        let failures = PageWords.count(breaker.consecutiveFailures, "failure")
        if let opened = breaker.openedAt, state == .open {
            let next = PageWords.moment(opened + CircuitBreaker.openMs, near: asOf)
            return "Open after \(failures) in a row, since \(PageWords.moment(opened, near: asOf)); the next try is due at \(next)."
        }
        if breaker.openedAt != nil { return "Half open after \(failures) in a row: the next run tries once." }
        return "Closed, with \(failures) in a row; it opens at \(CircuitBreaker.threshold)."
    }

    /// Columns by day up to the day of publication.
    private static func days(_ hours: [HourCount], gaps: [ClosedRange<Instant>], asOf: Instant) -> TemplateValue {
        let newest = hours.last.map { $0.from.day } ?? asOf.day
        let last = max(newest, min(asOf.day, newest + 7))
        let first = last - Int64(dayCount) + 1
        var counts: [Int64: Int64] = [:]
        for hour in hours { counts[hour.from.day, default: 0] += hour.count }
        let columns = (first...last).map { day in
            ColumnChart.Column(tick: tick(day, first: first, last: last), values: [counts[day] ?? 0])
        }
        let total = (first...last).reduce(Int64(0)) { $0 + (counts[$1] ?? 0) }
        let most = (first...last).max { (counts[$0] ?? 0, $1) < (counts[$1] ?? 0, $0) } ?? last
        func place(_ at: Instant) -> Double { min(Double(dayCount), max(0, Double(at.ms - first * .dayMs) / Double(Int64.dayMs))) }
        let label =
            "\(PageWords.count(total)) facts and records in \(dayCount) days, at most \(PageWords.count(counts[most] ?? 0)) on \(PageWords.day(Instant(ms: most * .dayMs), near: asOf))"
        let chart = ColumnChart(
            layers: [ColumnChart.Layer(kind: "plain", name: "")], columns: columns,
            gaps: gaps.map { place($0.lowerBound)...max(place($0.lowerBound), place($0.upperBound)) }.filter {
                $0.upperBound > $0.lowerBound
            },
            height: 110, label: label)
        return [
            "chart": .html(chart.html), "chartTitle": .text(label + "."),
            "numbers": .numbers(
                ["Day", "Facts and records"],
                (first...last).reversed().compactMap { day in
                    counts[day].map { [PageWords.day(Instant(ms: day * .dayMs), near: asOf), PageWords.count($0)] }
                }),
        ]
    }

    /// The first of a month by its name, and both ends.
    static func tick(_ day: Int64, first: Int64, last: Int64) -> String {
        let at = Instant(ms: day * .dayMs)
        if day == last { return "\(at.civil.day) \(at.civil.monthName)" }
        if day == first { return last - first > 20 && at.civil.day > 22 ? "" : "\(at.civil.day) \(at.civil.monthName)" }
        return at.civil.day == 1 && last - day > 6 ? at.civil.monthName : ""
    }

    private static func letter(_ stored: StoredDeadLetter, asOf: Instant) -> TemplateValue {
        let letter = stored.letter
        return [
            "id": .number(stored.id), "letterPlace": .text(letter.place.clipped(to: 300)),
            "reason": .text(PageWords.sentence(letter.reason.clipped(to: 400))),
            "remedy": .optional(PageWords.sentence(letter.remedy.clipped(to: 400))),
            "payload": .optional(letter.payload.clipped(toBytes: 2_000)),
            "times": .optional(stored.count > 1 ? "\(PageWords.count(stored.count)) times" : nil),
            "firstAt": .text(PageWords.moment(stored.firstAt, near: asOf)), "firstISO": .text(stored.firstAt.rfc3339),
            "lastAt": .optional(stored.lastAt == stored.firstAt ? nil : PageWords.moment(stored.lastAt, near: asOf)),
        ]
    }
}

/// The list of all sources.
package enum SourcesPage {
    package static func render(_ sources: [SourceHealth], frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        let well = sources.filter { $0.state == .well }.count
        let bad = sources.filter { $0.state != .well }.map { $0.name.clipped(to: 40) }
        let sentence =
            sources.isEmpty
            ? "No source is read yet. Name one under sources: in caseboard.yaml, check it with caseboard check, then caseboard run."
            : well == sources.count
                ? (well == 1 ? "The one source is well." : "All \(PageWords.count(well)) sources are well.")
                : "\(PageWords.count(well)) of \(PageWords.count(sources.count)) sources \(well == 1 ? "is" : "are") well; look at \(PageWords.list(Array(bad.prefix(4))))\(bad.count > 4 ? " and others" : "")."
        return try frame.page(
            "sources.html", path: SiteAddress.sources, place: .sources, title: "Sources", description: sentence,
            view: [
                "sentence": .text(sentence), "hasSources": .flag(!sources.isEmpty), "meta": .text(PageWords.count(sources.count)),
                "sources": .list(
                    sources.map { source -> TemplateValue in
                        guard case .view(let view) = BoardSources.source(source, root: "../", asOf: frame.asOf) else { return .absent }
                        return .view(
                            view.joined(with: [
                                "kind": .text(source.kind.clipped(to: 40)), "read": .text(PageWords.count(source.readCount)),
                                "stateWord": .text(BoardSources.word(source.state)),
                            ]))
                    }),
            ], templates: templates)
    }
}
