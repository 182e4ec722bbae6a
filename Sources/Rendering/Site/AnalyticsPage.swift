import Model

/// How often, how bad, how long, and how we deliver: each drawing with a title that states and its numbers under it.
package enum AnalyticsPage {
    package static let dayCount = 90
    static let weekCount = 26

    package static func render(_ file: AnalyticsFile, frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        let today = frame.asOf.day
        let first = today - Int64(dayCount) + 1
        let recent = file.cases.filter { $0.startedAt.day >= first && $0.startedAt.day <= today }
        let days = file.days.filter { $0.day >= first && $0.day <= today }
        let sentence = Self.sentence(file, recent: recent)
        let view: TemplateView = [
            "sentence": .text(sentence), "nowDays": .number(file.nowDays), "beforeDays": .number(file.beforeDays),
            "delivery": .list(file.delivery.map(row)), "response": .list(file.response.map(row)),
            "meanings": .list((file.delivery + file.response).map { ["measure": .text($0.name), "meaning": .text($0.meaning)] }),
            "weeks": weeks(file.cases, today: today), "resolve": resolve(file.cases, today: today),
            "signals": signals(days, first: first, today: today), "heat": heat(file.days, today: today),
            "sources": ranking(days.map(\.sources), "Source"), "services": ranking(days.map(\.services), "Service"),
            "components": ranking(
                recent.map { Dictionary($0.components.map { ($0, 1) }, uniquingKeysWith: { first, _ in first }) }, "Component"),
            "severities": severities(recent),
        ]
        return try frame.page(
            "analytics.html", path: SiteAddress.analytics, place: .analytics, title: "Analytics", description: sentence, view: view,
            templates: templates)
    }

    static func sentence(_ file: AnalyticsFile, recent: [Investigation]) -> String {
        guard !recent.isEmpty else {
            return file.cases.isEmpty
                ? "There is nothing to count yet: no investigation has been opened."
                : "No investigation began in the last \(dayCount) days."
        }
        let changed = (file.response + file.delivery).filter { if case .changed = $0.verdict { true } else { false } }
        let few = (file.response + file.delivery).filter { $0.verdict == .tooFew }
        let begin = "\(PageWords.count(recent.count, "investigation")) began in the last \(dayCount) days. "
        if let measure = changed.first {
            return begin
                + "\(measure.name): \(MeasureWords.verdict(measure)), the last \(file.nowDays) days beside the \(file.beforeDays) before."
        }
        let known = file.response.count + file.delivery.count - few.count
        if known == 0 { return begin + "There is too little of everything else to say whether we are getting faster." }
        return begin + "In none of the \(PageWords.spelled(known)) measures that can be compared is a change detectable."
    }

    private static func row(_ measure: Measure) -> TemplateValue {
        [
            "measure": .text(measure.name), "value": .text(MeasureWords.value(measure.now.value, measure.kind)),
            "interval": .text(MeasureWords.interval(measure.now, measure.kind)), "n": .text(MeasureWords.size(measure.now, measure.kind)),
            "before": .text(MeasureWords.value(measure.before.value, measure.kind)),
            "beforeN": .text(MeasureWords.size(measure.before, measure.kind)),
            "verdict": .text(MeasureWords.verdict(measure)),
            "isChange": .flag({ if case .changed = measure.verdict { true } else { false } }()),
        ]
    }

    // MARK: - Drawings

    private static let layers = [
        ColumnChart.Layer(kind: "low", name: "low"), ColumnChart.Layer(kind: "medium", name: "medium"),
        ColumnChart.Layer(kind: "high", name: "high"), ColumnChart.Layer(kind: "critical", name: "critical"),
    ]
    private static func stacked(_ count: (Severity) -> Int) -> [Int64] {
        [Int64(count(.low) + count(.info)), Int64(count(.medium)), Int64(count(.high)), Int64(count(.critical))]
    }
    private static func monday(_ day: Int64) -> Int64 { (day + 3).floorDivided(by: 7) * 7 - 3 }

    private static func weeks(_ cases: [Investigation], today: Int64) -> TemplateValue {
        let last = monday(today)
        let weeks = (0..<weekCount).map { last - Int64(weekCount - 1 - $0) * 7 }
        let byWeek = Dictionary(grouping: cases) { monday($0.startedAt.day) }
        let counts = weeks.map { byWeek[$0]?.count ?? 0 }
        let total = counts.reduce(0, +)
        guard total > 0 else { return .absent }
        let now = Instant(ms: today * .dayMs)
        let before = counts.dropLast().sorted()
        let usual = before.isEmpty ? 0 : before[before.count / 2]
        let title =
            "\(PageWords.count(counts.last ?? 0)) this week so far; half of the weeks before had \(PageWords.count(usual)) or fewer."
        let chart = ColumnChart(
            layers: layers,
            columns: weeks.enumerated().map { index, week in
                let at = Instant(ms: week * .dayMs)
                let isTick = index == weekCount - 1 || (index < weekCount - 2 && index % 4 == 0)
                return ColumnChart.Column(
                    tick: isTick ? (index == weekCount - 1 ? "this week" : PageWords.day(at, near: now)) : "",
                    values: stacked { severity in (byWeek[week] ?? []).count { $0.severity == severity } })
            }, label: "Investigations begun by week: \(title)")
        return [
            "chart": .html(chart.html), "chartTitle": .text(title),
            "numbers": .numbers(
                ["Week from", "Critical", "High", "Medium", "Low"],
                weeks.reversed().map { week in
                    [PageWords.day(Instant(ms: week * .dayMs), near: now)]
                        + stacked { severity in (byWeek[week] ?? []).count { $0.severity == severity } }.reversed().map {
                            PageWords.count($0)
                        }
                }),
        ]
    }

    private static func resolve(_ cases: [Investigation], today: Int64) -> TemplateValue {
        let last = monday(today)
        let weeks = (0..<12).map { last - Int64(11 - $0) * 7 }
        let ended = cases.filter { $0.resolvedAt != nil }
        let byWeek = Dictionary(grouping: ended) { monday($0.startedAt.day) }
        let points = weeks.map { week in (byWeek[week] ?? []).compactMap { it in it.resolvedAt.map { max(0, $0 - it.startedAt) } } }
        guard points.contains(where: { !$0.isEmpty }) else { return .absent }
        let now = Instant(ms: today * .dayMs)
        let all = MedianInterval(points.flatMap { $0 })
        let title =
            all.map {
                "Half of the last \(PageWords.count($0.count)) lasted under \(PageWords.duration(ms: $0.median))\($0.low == nil ? "; n is too small for an interval" : "")."
            } ?? ""
        let chart = MedianChart(
            points: zip(weeks, points).enumerated().map { index, pair in
                MedianChart.Point(
                    tick: index % 2 == 1 ? PageWords.day(Instant(ms: pair.0 * .dayMs), near: now) : "", interval: MedianInterval(pair.1))
            }, label: "Time to resolve by week: \(title)")
        return [
            "chart": .html(chart.html), "chartTitle": .text(title),
            "numbers": .numbers(
                ["Week from", "Median", "95 % interval", "n"],
                zip(weeks, points).reversed().compactMap { week, values in
                    MedianInterval(values).map { interval in
                        [
                            PageWords.day(Instant(ms: week * .dayMs), near: now), PageWords.duration(ms: interval.median),
                            interval.low.flatMap { low in
                                interval.high.map { "\(PageWords.duration(ms: low)) to \(PageWords.duration(ms: $0))" }
                            } ?? "too few",
                            PageWords.count(interval.count),
                        ]
                    }
                }),
        ]
    }

    private static func signals(_ days: [DaySummary], first: Int64, today: Int64) -> TemplateValue {
        let byDay = Dictionary(days.map { ($0.day, $0) }, uniquingKeysWith: { first, _ in first })
        guard let most = days.max(by: { ($0.signals, $1.day) < ($1.signals, $0.day) }), most.signals > 0 else { return .absent }
        let now = Instant(ms: today * .dayMs)
        let title =
            "Most came on \(PageWords.day(Instant(ms: most.day * .dayMs), near: now)): \(PageWords.count(most.signals)) of \(PageWords.count(days.reduce(0) { $0 + $1.signals }))."
        let chart = ColumnChart(
            layers: layers,
            columns: (first...today).map { day in
                ColumnChart.Column(
                    tick: SourcePage.tick(day, first: first, last: today), values: stacked { byDay[day]?.severities[$0] ?? 0 })
            }, label: "Signals by day: \(title)")
        return [
            "chart": .html(chart.html), "chartTitle": .text(title),
            "numbers": .numbers(
                ["Day", "Critical", "High", "Medium", "Low", "Changes"],
                days.reversed().map { day in
                    [PageWords.day(Instant(ms: day.day * .dayMs), near: now)]
                        + stacked { day.severities[$0] ?? 0 }.reversed().map { PageWords.count($0) } + [PageWords.count(day.changes)]
                }),
        ]
    }

    /// Signals by weekday and hour of the last eight whole weeks.
    private static func heat(_ days: [DaySummary], today: Int64) -> TemplateValue {
        let shown = days.filter { $0.day > today - 56 && $0.day <= today }
        var grid = [[Int]](repeating: [Int](repeating: 0, count: 24), count: 7)
        for day in shown {
            let weekday = Int((day.day + 3) - (day.day + 3).floorDivided(by: 7) * 7)
            for (hour, count) in day.hours.enumerated() { grid[weekday][hour] += count }
        }
        let all = grid.flatMap { $0 }
        guard let most = all.max(), most > 0, let place = all.firstIndex(of: most) else { return .absent }
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let limits = MonthsPage.steps(all)
        let title =
            "The fullest hour of the week is \(names[place / 24]) \(padded(place % 24, 2)):00, with \(PageWords.count(most)) of \(PageWords.count(all.reduce(0, +)))."
        return [
            "chartTitle": .text(title), "hours": .list((0..<24).map { .text(padded($0, 2)) }),
            "rows": .list(
                names.enumerated().map { index, name in
                    [
                        "weekday": .text(name),
                        "cells": .list(
                            grid[index].map { count in
                                [
                                    "depth": .text("q\(limits.count { count >= $0 })"),
                                    "cellCount": .optional(count > 0 ? PageWords.count(count) : nil),
                                ]
                            }),
                    ]
                }),
        ]
    }

    private static func severities(_ cases: [Investigation]) -> TemplateValue {
        let most = Double(max(1, Severity.allCases.map { severity in cases.count { $0.severity == severity } }.max() ?? 1))
        return .list(
            Severity.allCases.compactMap { severity in
                let own = cases.filter { $0.severity == severity }
                if own.isEmpty { return nil }
                let interval = MedianInterval(own.filter { $0.status.isEnded }.map { max(0, $0.endAt - $0.startedAt) })
                return [
                    "severity": .text(severity.rawValue), "count": .text(PageWords.count(own.count)),
                    "bar": .html(Sparks.bar(Double(own.count) / most)),
                    "lasted": .text(interval.map { PageWords.duration(ms: $0.median) } ?? "–"),
                    "interval": .text(
                        interval.map { $0.low == nil ? "n \($0.count), too few" : $0.words.replacing("median, ", with: "") } ?? "none ended"
                    ),
                ]
            })
    }

    /// Names by their sum, the ten greatest and the others.
    private static func ranking(_ counts: [[String: Int]], _ head: String) -> TemplateValue {
        var sums: [String: Int] = [:]
        for each in counts { for (name, count) in each where !name.isEmpty { sums[name, default: 0] += count } }
        let ordered = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        guard let most = ordered.first?.value, most > 0 else { return .absent }
        let total = Double(ordered.reduce(0) { $0 + $1.value })
        var rows = ordered.prefix(10).map { ($0.key.clipped(to: 60), $0.value) }
        let rest = ordered.dropFirst(10).reduce(0) { $0 + $1.value }
        if rest > 0 { rows.append(("\(PageWords.count(ordered.count - 10)) others", rest)) }
        return [
            "rankingHead": .text(head),
            "rows": .list(
                rows.map { name, count in
                    [
                        "name": .text(name), "count": .text(PageWords.count(count)), "bar": .html(Sparks.bar(Double(count) / Double(most))),
                        "share": .text(PageWords.share(Double(count) / total * 100)),
                    ]
                }),
        ]
    }
}

/// Measures as people read them.
enum MeasureWords {
    static func value(_ value: Double?, _ kind: Measure.Kind) -> String {
        guard let value else { return "–" }
        switch kind {
        case .duration: return PageWords.duration(ms: Int64(value))
        case .share: return PageWords.share(value * 100)
        case .rate: return PageWords.number(PageWords.rounded(value, digits: 2))
        }
    }
    static func interval(_ estimate: Measure.Estimate, _ kind: Measure.Kind) -> String {
        guard let low = estimate.low, let high = estimate.high else { return estimate.count == 0 ? "–" : "too few" }
        return "\(value(low, kind)) to \(value(high, kind))"
    }
    static func size(_ estimate: Measure.Estimate, _ kind: Measure.Kind) -> String {
        kind == .share ? "\(PageWords.count(estimate.hits)) of \(PageWords.count(estimate.count))" : PageWords.count(estimate.count)
    }
    static func verdict(_ measure: Measure) -> String {
        switch measure.verdict {
        case .tooFew: return "n is too small to say"
        case .noChange: return "no detectable change"
        case .changed(let low, let high):
            let isMore = low > 0
            let word = measure.kind == .duration ? (isMore ? "longer" : "shorter") : (isMore ? "more" : "fewer")
            let (from, to) = (min(abs(low), abs(high)), max(abs(low), abs(high)))
            let unit = measure.kind == .share ? " points" : ""
            func text(_ value: Double) -> String {
                measure.kind == .share ? PageWords.number(PageWords.rounded(value * 100, digits: 2)) : Self.value(value, measure.kind)
            }
            return "\(word), by \(text(from)) to \(text(to))\(unit)"
        }
    }
}
