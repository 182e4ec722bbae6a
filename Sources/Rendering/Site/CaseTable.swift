import Model

/// Investigations as rows of a table, with a bar for how long each lasted: ended ones on the board, all others elsewhere.
struct CaseTable {
    private let shown: [Investigation]
    private let asOf: Instant
    private let root: String
    private let scale: Double

    init(_ shown: [Investigation], asOf: Instant, root: String) {
        self.shown = shown
        self.asOf = asOf
        self.root = root
        let durations = shown.map { Self.lasted($0, asOf: asOf) }.sorted()
        // Bars are linear up to the 90th percentile, so that one long case does not flatten all others.
        scale = durations.isEmpty ? 1 : Double(max(1, durations[min(durations.count - 1, durations.count * 90 / 100)]))
    }

    /// For `cases.html`.
    var rows: TemplateValue { .list(shown.map(row)) }

    static func lasted(_ it: Investigation, asOf: Instant) -> Int64 {
        max(0, (it.status.isEnded ? it.endAt : max(asOf, it.startedAt)) - it.startedAt)
    }

    private func row(_ it: Investigation) -> TemplateValue {
        let lasted = Self.lasted(it, asOf: asOf)
        let cause = it.probableCause
        let written = it.rootCause.split(whereSeparator: \.isNewline).first.map { String($0).clipped(to: 80) }
        return [
            "severity": .text(it.severity.rawValue), "address": .text(root + BoardPage.address(it.number)),
            "title": .text(it.title.isEmpty ? "Untitled" : it.title.clipped(to: 100)), "number": .number(it.number),
            "status": .text(it.status.rawValue), "statusWords": .optional(it.status.isEnded ? nil : it.status.words),
            "cause": .text(written ?? cause.map { PageWords.midSentence($0.name).clipped(to: 80) } ?? "no probable cause"),
            "score": .optional(written == nil ? cause.map { PageWords.score($0.score) } : nil),
            "services": .text(BoardOpen.services(it.services, shown: 3)), "serviceKeys": .text(Self.serviceKeys(it)),
            "iso": .text(it.startedAt.rfc3339),
            "began": .text("\(PageWords.day(it.startedAt, near: asOf)) \(it.startedAt.clockMinute)"),
            "lasted": .text(it.status.isEnded ? PageWords.duration(ms: lasted) : "\(PageWords.duration(ms: lasted)) so far"),
            "bar": .html(Sparks.bar(Double(lasted) / scale)),
        ]
    }

    /// What the filter by service compares with: a name a line.
    static func serviceKeys(_ it: Investigation) -> String { it.services.prefix(8).map { $0.clipped(to: 40) }.joined(separator: "\n") }

    /// The severities there are, worst first, each with how many: buttons of the filter.
    static func severityFilters(_ severities: [Severity]) -> TemplateValue {
        .list(
            Severity.allCases.compactMap { severity in
                let count = severities.count { $0 == severity }
                if count == 0 { return nil }
                return [
                    "filterWord": .text(severity.rawValue), "filterLabel": .text(PageWords.capitalised(severity.rawValue)),
                    "filterCount": .text(PageWords.count(count)),
                ]
            })
    }
    static func statusFilters(_ statuses: [InvestigationStatus]) -> TemplateValue {
        .list(
            InvestigationStatus.allCases.compactMap { status in
                let count = statuses.count { $0 == status }
                if count == 0 { return nil }
                return [
                    "filterWord": .text(status.rawValue), "filterLabel": .text(PageWords.capitalised(status.words)),
                    "filterCount": .text(PageWords.count(count)), "filterMark": .html(Sparks.status(status)),
                ]
            })
    }
}
