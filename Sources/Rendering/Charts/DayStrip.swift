import Model

/// One mark an investigation, stacked by the day it began, for the last 90 days.
enum DayStrip {
    static let dayCount = 90
    static let stackLimit = 6

    struct Day: Hashable {
        /// Days since the epoch.
        var day: Int64
        /// Worst last, so that it stands on top.
        var severities: [Severity]
    }

    /// Unusual days are named: at least three and at least twice the third-most, the two fullest at most.
    static func unusual(_ days: [Day]) -> [Day] {
        let counts = days.map(\.severities.count).sorted(by: >)
        let usual = counts.count > 2 ? counts[2] : 0
        return days.filter { $0.severities.count >= 3 && $0.severities.count >= usual * 2 }
            .sorted { ($1.severities.count, $1.day) < ($0.severities.count, $0.day) }.prefix(2).sorted { $0.day < $1.day }
    }

    static func html(_ days: [Day], today: Int64) -> SafeHTML {
        let first = today - Int64(dayCount) + 1
        func percent(_ day: Int64) -> Double { (Double(day - first) + 0.5) / Double(dayCount) * 100 }
        let tallest = days.filter { $0.day >= first && $0.day <= today }.map { min($0.severities.count, stackLimit) }.max() ?? 1
        let ground = 26 + Double(tallest) * 11
        var svg = SVGBuilder()
        svg.begin(
            "svg", ["class": .literal("strip"), "width": .literal("100%"), "height": .number(ground + 18), "aria-hidden": .literal("true")])
        for day in days where day.day >= first && day.day <= today {
            let shown = day.severities.suffix(stackLimit)
            for (level, severity) in shown.enumerated() {
                svg.element(
                    "use",
                    [
                        "href": .literal("#s-" + severity.rawValue), "x": .percent(percent(day.day)),
                        "y": .number(ground - 8 - Double(level) * 11),
                    ])
            }
            if day.severities.count > stackLimit {
                svg.text(
                    "+\(day.severities.count - stackLimit)",
                    ["x": .percent(percent(day.day)), "y": .number(9), "text-anchor": .literal("middle"), "class": .literal("more")])
            }
        }
        svg.element(
            "line",
            [
                "class": .literal("ax"), "x1": .literal("0"), "x2": .literal("100%"), "y1": .number(ground + 0.5),
                "y2": .number(ground + 0.5),
            ])
        svg.text(
            PageWords.day(Instant(ms: first * .dayMs), near: Instant(ms: today * .dayMs)), ["x": .literal("0"), "y": .number(ground + 14)])
        for day in first...today where Instant(ms: day * .dayMs).civil.day == 1 {
            let c = Instant(ms: day * .dayMs).civil
            let x = Double(day - first) / Double(dayCount) * 100
            svg.element(
                "line", ["class": .literal("ax"), "x1": .percent(x), "x2": .percent(x), "y1": .number(ground), "y2": .number(ground + 6)])
            if x > 7 && x < 93 { svg.text(c.monthName, ["x": .percent(x), "y": .number(ground + 14), "dx": .number(4)]) }
        }
        svg.text("today", ["x": .literal("100%"), "y": .number(ground + 14), "text-anchor": .literal("end")])
        for day in unusual(days.filter { $0.day >= first && $0.day <= today }) {
            let date = PageWords.day(Instant(ms: day.day * .dayMs), near: Instant(ms: today * .dayMs))
            let x = percent(day.day)
            let isLeft = x > 70
            let y = ground - Double(min(day.severities.count, stackLimit)) * 11
            svg.text(
                "\(date): \(day.severities.count)",
                ["x": .percent(x), "dx": .number(isLeft ? -8 : 8), "y": .number(y), "text-anchor": .literal(isLeft ? "end" : "start")])
        }
        svg.end()
        return svg.html
    }
}
