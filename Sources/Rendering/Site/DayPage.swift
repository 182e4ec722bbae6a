import Model

/// Everything of one day: in a sentence, by the quarter of an hour, and as a list of the strongest events.
package enum DayPage {
    /// More are not on a page; the strongest are.
    package static let eventsShown = 2_000
    static let quarterMs: Int64 = 15 * .minuteMs

    package static func render(_ file: DayFile, frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        let summary = file.summary
        let day = Instant(ms: summary.day * .dayMs)
        let path = SiteAddress.day(summary.day)
        let c = day.civil
        let heading = "\(c.weekdayName) \(c.day) \(c.monthName) \(c.year)"
        let pieces = sentence(file)
        let shown = file.events.prefix(eventsShown)
        let names = Dictionary(grouping: shown, by: { $0.occurredAt.ms.floorDivided(by: .hourMs) })
        let view: TemplateView = [
            "heading": .text(heading), "worst": .optional(summary.worst.flatMap { $0 == .info ? nil : $0.rawValue }),
            "sentence": Emphasis.view(pieces),
            "before": .optional(file.before.map { "../" + SiteAddress.day($0) }), "beforeName": .text(file.before.map(name) ?? ""),
            "after": .optional(file.after.map { "../" + SiteAddress.day($0) }), "afterName": .text(file.after.map(name) ?? ""),
            "chart": .html(chart(file)), "chartTitle": .text(chartTitle(file)),
            "numbers": .numbers(
                ["Hour", "Signals"],
                summary.hours.enumerated().compactMap {
                    $0.element > 0 ? ["\(padded($0.offset, 2)):00", PageWords.count($0.element)] : nil
                }),
            "hasEvents": .flag(!shown.isEmpty), "findHint": "Filter by words, service, source",
            "severityFilters": filters(Array(shown)), "statusFilters": .list([]),
            "eventsMeta": .text(
                summary.total > shown.count
                    ? "the \(PageWords.count(shown.count)) strongest of \(PageWords.count(summary.total)), by time"
                    : PageWords.count(shown.count)),
            "hours": .list(
                names.keys.sorted().map { hour in
                    [
                        "hour": .text(Instant(ms: hour * .hourMs).clockMinute),
                        "events": .list((names[hour] ?? []).map { row($0, file: file) }),
                    ]
                }),
            "moreEvents": .optional(
                summary.total > shown.count
                    ? "The page holds the \(PageWords.count(eventsShown)) strongest: signals by severity, changes, then context. caseboard search finds all \(PageWords.count(summary.total))."
                    : nil),
        ]
        return try frame.page(
            "day.html", path: path, place: .timeline, title: heading, description: pieces.map(\.text).joined(), view: view,
            templates: templates)
    }

    private static func name(_ day: Int64) -> String {
        let c = Instant(ms: day * .dayMs).civil
        return "\(c.weekdayName) \(c.day) \(c.monthName)"
    }

    static func sentence(_ file: DayFile) -> [Emphasis.Piece] {
        let summary = file.summary
        if summary.total == 0 { return [Emphasis.Piece(text: "Nothing is known of this day any more.")] }
        var pieces: [Emphasis.Piece] = []
        let signals = PageWords.count(summary.signals, "signal")
        pieces.append(Emphasis.Piece(text: summary.signals == 0 ? "No signal" : signals, isStrong: true))
        pieces.append(Emphasis.Piece(text: " and \(PageWords.count(summary.changes, "change"))"))
        if let worst = summary.worst, let count = summary.severities[worst], worst != .info, summary.signals > 0 {
            pieces.append(Emphasis.Piece(text: "; \(count == summary.signals ? "all of them" : PageWords.count(count)) \(worst.rawValue)"))
        }
        pieces.append(Emphasis.Piece(text: "."))
        for (index, it) in file.cases.prefix(3).enumerated() {
            pieces.append(Emphasis.Piece(text: index == 0 ? " Under way: " : ", "))
            pieces.append(
                Emphasis.Piece(text: it.title.clipped(to: 90), isStrong: true, target: "../" + BoardPage.address(it.number)))
            pieces.append(Emphasis.Piece(text: " (#\(it.number))"))
        }
        if file.cases.count > 3 { pieces.append(Emphasis.Piece(text: " and \(PageWords.count(file.cases.count - 3)) more")) }
        if !file.cases.isEmpty { pieces.append(Emphasis.Piece(text: ".")) }
        return pieces
    }

    private static func chartTitle(_ file: DayFile) -> String {
        let most = file.summary.hours.enumerated().max { ($0.element, $1.offset) < ($1.element, $0.offset) }
        guard let most, most.element > 0 else { return "No signal on this day; a pin for each live change." }
        return
            "Most signals came between \(padded(most.offset, 2)):00 and \(padded(most.offset + 1, 2)):00: \(PageWords.count(most.element)) of \(PageWords.count(file.summary.signals))."
    }

    /// Marks while they can be told apart, in lanes of the services with most; columns of counts where they cannot.
    private static func chart(_ file: DayFile) -> SafeHTML {
        let from = Instant(ms: file.summary.day * .dayMs)
        let axis = TimeAxis(from: from, to: from + .dayMs)
        let shown = file.events.prefix(eventsShown)
        let byService = Dictionary(grouping: shown.filter { $0.role == .signal }) { $0.service ?? "" }
        let ranked = byService.keys.sorted { ((byService[$1]?.count ?? 0), $0) < ((byService[$0]?.count ?? 0), $1) }
        let lanes = ranked.prefix(12).map { service in
            LaneStack.Lane(
                name: service.isEmpty ? "no service named" : service.clipped(to: 40),
                content: .marks((byService[service] ?? []).map { LaneMark(at: $0.occurredAt, kind: MarkKind($0), target: "") }))
        }
        let live = shown.filter { ChangeWords.isLive($0) }
        var all: [LaneStack.Lane] = []
        if !live.isEmpty {
            all.append(
                LaneStack.Lane(
                    name: "Live changes", content: .marks(live.map { LaneMark(at: $0.occurredAt, kind: .change, target: "") })))
        }
        all += lanes
        if ranked.count > lanes.count {
            let rest = ranked.dropFirst(lanes.count).flatMap { byService[$0] ?? [] }
            all.append(
                LaneStack.Lane(
                    name: PageWords.count(ranked.count - lanes.count, "other service"),
                    content: .marks(rest.map { LaneMark(at: $0.occurredAt, kind: MarkKind($0), target: "") })))
        }
        let stack = LaneStack(axis: axis, lanes: all, changes: live.map(\.occurredAt))
        return LaneBox.html(stack, label: "The day by service, drawn; the list below holds the same events")
    }

    private static func filters(_ events: [Event]) -> TemplateValue {
        let kinds = events.map { MarkKind($0).word }
        return .list(
            MarkKind.allCases.compactMap { kind in
                let count = kinds.count { $0 == kind.word }
                if count == 0 { return nil }
                return [
                    "filterWord": .text(kind.word), "filterLabel": .text(PageWords.capitalised(kind.word)),
                    "filterCount": .text(PageWords.count(count)),
                ]
            })
    }

    private static func row(_ event: Event, file: DayFile) -> TemplateValue {
        let number = file.caseOf[event.fingerprint]
        return [
            "anchor": .text(CanvasAnchor.event(event.fingerprint)), "time": .text(event.occurredAt.clock),
            "iso": .text(event.occurredAt.rfc3339),
            "mark": .text(MarkKind(event).word), "source": .text(event.source.rawValue),
            "service": .optional(event.service?.clipped(to: 40)), "serviceKey": .text(event.service?.clipped(to: 40) ?? ""),
            "eventTitle": .text(event.role == .change ? ChangeWords.name(event).clipped(to: 160) : event.title.clipped(to: 160)),
            "caseAddress": .optional(
                number.map { "../\(BoardPage.address($0))#\(CanvasAnchor.event(event.fingerprint))" }), "number": .number(number ?? 0),
        ]
    }
}

/// Lanes with their names beside them, for pages that have several.
enum LaneBox {
    static func html(_ stack: LaneStack, label: String) -> SafeHTML {
        var out = "<div class=\"lanebox\"><ol class=\"lanes\" aria-hidden=\"true\"><li class=\"axisname\"></li>"
        for lane in stack.lanes {
            let kind = lane.height < 32 ? "low" : lane.height < 40 ? "mid" : "tall"
            let name = HTMLText.escape(lane.name)
            out += "<li class=\"\(kind)\"><b title=\"\(name)\">\(name)</b>"
            for word in [lane.measure, lane.usual] where !word.isEmpty { out += "<span>\(HTMLText.escape(word))</span>" }
            out += "</li>"
        }
        out +=
            "</ol><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(HTMLText.escape(label))\">\(stack.html.text)</div></div>"
        return SafeHTML(trusted: out)
    }
}

/// The days there are, a row a month.
package enum MonthsPage {
    /// Older months are left out; their days stay.
    static let monthsShown = 120

    package static func render(_ days: [DaySummary], frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        let known = days.filter { $0.total > 0 }.sorted { $0.day < $1.day }
        let months = Dictionary(grouping: known) { String(Instant(ms: $0.day * .dayMs).date.prefix(7)) }
        let shown = months.keys.sorted(by: >).prefix(monthsShown)
        let limits = steps(known.map(\.signals))
        let total = known.reduce(0) { $0 + $1.total }
        let sentence =
            known.isEmpty
            ? "No event has been read yet."
            : "\(PageWords.count(total, "event")) on \(PageWords.count(known.count, "day")), the newest on \(PageWords.published(Instant(ms: (known.last?.day ?? 0) * .dayMs)).split(separator: " ").prefix(4).joined(separator: " "))."
        let rows: [TemplateValue] = shown.map { month in
            let own = Dictionary((months[month] ?? []).map { ($0.day, $0) }, uniquingKeysWith: { first, _ in first })
            let pieces = month.split(separator: "-").compactMap { Int($0) }
            let (year, number) = (pieces.first ?? 1970, pieces.last ?? 1)
            let first = Instant.civil(year: year, month: number, day: 1).day
            let cells: [TemplateValue] = (0..<Int64(Instant.daysInMonth(year, number))).map { offset in
                guard let day = own[first + offset] else { return ["number": .number(offset + 1)] }
                let depth = limits.count { day.signals >= $0 }
                return [
                    "number": .number(offset + 1), "dayAddress": .text("../" + SiteAddress.day(day.day)), "depth": .text("q\(depth)"),
                    "dayWords": .text(
                        "\(PageWords.count(day.signals, "signal")), \(PageWords.count(day.changes, "change"))\(day.worst.map { ", worst \($0.rawValue)" } ?? "")"
                    ),
                    "isBad": .flag(day.worst == .critical),
                ]
            }
            let all = (months[month] ?? [])
            return [
                "month": .text(ArchivePage.name(month)), "cells": .list(cells),
                "signals": .text(PageWords.count(all.reduce(0) { $0 + $1.signals })),
                "changes": .text(PageWords.count(all.reduce(0) { $0 + $1.changes })),
            ]
        }
        return try frame.page(
            "timeline.html", path: SiteAddress.timeline, place: .timeline, title: "Timeline", description: sentence,
            view: [
                "sentence": .text(sentence), "hasMonths": .flag(!rows.isEmpty), "months": .list(rows),
                "legend": .list(
                    limits.enumerated().map { ["depth": .text("q\($0.offset + 1)"), "from": .text(PageWords.count($0.element) + "+")] }),
                "olderMonths": .optional(
                    months.count > monthsShown ? "\(PageWords.count(months.count - monthsShown)) older months are not listed here." : nil),
            ], templates: templates)
    }

    /// Up to five thresholds at 1, 3, 10, 30 … that suit the fullest day.
    static func steps(_ counts: [Int]) -> [Int] {
        let most = counts.max() ?? 0
        var all = [1]
        while let last = all.last, last < most, all.count < 12 { all.append(all.count % 2 == 1 ? last * 3 : last / 3 * 10) }
        let useful = all.filter { $0 <= max(1, most) }
        return useful.count <= 5 ? useful : [1] + useful.suffix(4)
    }
}
