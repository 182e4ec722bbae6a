import Model

/// The newest ended investigations, with a bar for how long each lasted.
struct BoardEnded {
    private let all: [Investigation]
    private let shown: [Investigation]
    private let asOf: Instant

    init(_ all: [Investigation], asOf: Instant) {
        self.all = all
        self.asOf = asOf
        shown = Array(all.prefix(BoardPage.endedShown))
    }

    var view: TemplateValue {
        let durations = shown.map { max(0, $0.endAt - $0.startedAt) }.sorted()
        // Bars are linear up to the 90th percentile, so that one long case does not flatten all others.
        let scale = Double(max(1, durations[min(durations.count - 1, durations.count * 90 / 100)]))
        let present = Set(shown.map(\.severity))
        return [
            "endedMeta": .text(
                shown.count == all.count
                    ? PageWords.count(all.count) : "\(PageWords.count(shown.count)) newest of \(PageWords.count(all.count))"),
            "filters": .list(
                Severity.allCases.filter { present.contains($0) }.map {
                    ["filterWord": .text($0.rawValue), "filterLabel": .text(PageWords.capitalised($0.rawValue))]
                }),
            "endedRows": .list(shown.map { row($0, scale: scale) }),
            "moreEnded": .optional(
                shown.count == all.count ? nil : "\(PageWords.count(all.count - shown.count)) older ones are not on this page."),
        ]
    }

    private func row(_ it: Investigation, scale: Double) -> TemplateValue {
        let lasted = max(0, it.endAt - it.startedAt)
        let cause = it.probableCause
        let written = it.rootCause.split(whereSeparator: \.isNewline).first.map { String($0).clipped(to: 80) }
        let began = it.startedAt
        return [
            "severity": .text(it.severity.rawValue), "address": .text(BoardPage.address(it.number)),
            "title": .text(it.title.isEmpty ? "Untitled" : it.title.clipped(to: 100)), "number": .number(it.number),
            "cause": .text(written ?? cause.map { PageWords.midSentence($0.name).clipped(to: 80) } ?? "no probable cause"),
            "score": .optional(written == nil ? cause.map { PageWords.score($0.score) } : nil),
            "services": .text(BoardOpen.services(it.services, shown: 3)), "iso": .text(began.rfc3339),
            "began": .text("\(PageWords.day(began, near: asOf)) \(began.clockMinute)"), "lasted": .text(PageWords.duration(ms: lasted)),
            "bar": .html(Sparks.bar(Double(lasted) / scale)),
        ]
    }
}
