import Model

/// The last 90 days: the strip, and what it comes to in numbers with n and interval.
struct BoardDays {
    private let recent: [Investigation]
    private let today: Int64
    private let days: [DayStrip.Day]

    init(_ all: [Investigation], asOf: Instant) {
        let today = asOf.day
        self.today = today
        recent = all.filter { $0.startedAt.day > today - Int64(DayStrip.dayCount) && $0.startedAt.day <= today }
        days = Dictionary(grouping: recent, by: \.startedAt.day).map { day, items in
            DayStrip.Day(day: day, severities: items.map(\.severity).sorted())
        }.sorted { $0.day < $1.day }
    }

    var view: TemplateValue {
        if recent.isEmpty { return .absent }
        let counts = Severity.allCases.map { severity in (severity, recent.filter { $0.severity == severity }.count) }.filter { $0.1 > 0 }
        let durations = recent.filter { $0.status.isEnded }.map { max(0, $0.endAt - $0.startedAt) }
        let interval = MedianInterval(durations)
        let words = counts.map { "\(PageWords.count($0.1)) \($0.0.rawValue)" }
        let first = Instant(ms: (today - Int64(DayStrip.dayCount) + 1) * .dayMs)
        let now = Instant(ms: today * .dayMs)
        let (from, to) = (PageWords.day(first, near: now), PageWords.day(now, near: now))
        let followed = recent.filter { $0.probableCause?.kind == .change }.count
        return [
            "strip": .html(DayStrip.html(days, today: today)),
            "stripLabel": .text("\(from) to \(to): \(PageWords.count(recent.count, "investigation")), \(words.joined(separator: ", "))"),
            "dayTotal": .text(PageWords.count(recent.count)),
            "dayTotalWord": .text(recent.count == 1 ? "investigation:" : "investigations:"),
            "counts": .list(counts.map { ["word": .text($0.0.rawValue), "count": .text(PageWords.count($0.1))] }),
            "resolveBefore": .text("time to resolve"), "resolveMedian": .text(interval.map { PageWords.duration(ms: $0.median) } ?? ""),
            "resolveWords": .optional(interval?.words),
            "changeWords": .text("\(PageWords.count(followed)) of \(PageWords.count(recent.count)) probably followed a change"),
        ]
    }
}

extension MedianInterval {
    /// Behind the median: `median, 31 min to 66 min, n 39`.
    var words: String {
        guard let low, let high else { return count == 1 ? "for one" : "median, n \(count), too few for an interval" }
        return "median, \(PageWords.duration(ms: low)) to \(PageWords.duration(ms: high)), n \(PageWords.count(count))"
    }
}
