import Model

/// Investigations that the board has no room for: the ended ones by the month they ended in, in parts of a bounded size, and all
/// that are open.
package enum ArchivePage {
    /// Rows of one page.
    package static let partRows = 1_000

    /// A page of the archive, and which investigations are on it.
    package struct Part: Sendable {
        package var month: String
        package var part: Int
        package var keys: [String]
        package var path: String { SiteAddress.month(month, part: part) }
    }

    /// What is needed to put an investigation in its month.
    package struct Ended: Sendable {
        package var key: String
        package var number: Int
        package var endAt: Instant
        package var severity: Severity
        package init(key: String, number: Int, endAt: Instant, severity: Severity) {
            self.key = key
            self.number = number
            self.endAt = endAt
            self.severity = severity
        }
    }

    /// The pages, newest month first; within a month the first part holds the oldest, so that later ones change no full page.
    package static func parts(_ ended: [Ended]) -> [Part] {
        let months = Dictionary(grouping: ended) { String($0.endAt.date.prefix(7)) }
        return months.keys.sorted(by: >).flatMap { month -> [Part] in
            let items = (months[month] ?? []).sorted { ($0.endAt.ms, $0.number) < ($1.endAt.ms, $1.number) }
            return stride(from: 0, to: items.count, by: partRows).enumerated().map { index, start in
                Part(month: month, part: index + 1, keys: items[start..<min(start + partRows, items.count)].map(\.key))
            }
        }
    }

    /// The list of months.
    package static func index(_ ended: [Ended], openCount: Int, frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        let parts = Dictionary(grouping: Self.parts(ended), by: \.month)
        let months = Dictionary(grouping: ended) { String($0.endAt.date.prefix(7)) }
        let most = Double(max(1, months.values.map(\.count).max() ?? 1))
        let rows: [TemplateValue] = months.keys.sorted(by: >).map { month in
            let items = months[month] ?? []
            let own = parts[month] ?? []
            return [
                "month": .text(name(month)), "address": .text("../" + SiteAddress.month(month, part: 1)),
                "parts": .list(
                    own.dropFirst().map { ["part": .number($0.part), "partAddress": .text("../" + $0.path)] }),
                "count": .text(PageWords.count(items.count)), "bar": .html(Sparks.bar(Double(items.count) / most)),
                "counts": .list(
                    Severity.allCases.compactMap { severity in
                        let count = items.count { $0.severity == severity }
                        return count == 0 ? nil : ["word": .text(severity.rawValue), "severityCount": .text(PageWords.count(count))]
                    }),
            ]
        }
        let open = openCount == 0 ? "nothing is open" : "\(PageWords.count(openCount)) \(openCount == 1 ? "is" : "are") open"
        let sentence =
            ended.isEmpty
            ? "No investigation has ended yet; \(open)."
            : "\(PageWords.count(ended.count, "investigation")) ended in \(PageWords.count(months.count, "month")); \(open)."
        return try frame.page(
            "archive.html", path: SiteAddress.archive, place: .board, title: "All investigations", description: sentence,
            view: ["heading": "All investigations", "sentence": .text(sentence), "hasMonths": .flag(!rows.isEmpty), "months": .list(rows)],
            templates: templates)
    }

    /// One part of a month, newest first.
    package static func month(_ part: Part, of parts: [Part], cases: [Investigation], frame: SiteFrame, templates: Templates) throws
        -> [UInt8]
    {
        let shown = cases.sorted { ($1.endAt.ms, $1.number) < ($0.endAt.ms, $0.number) }
        let siblings = parts.filter { $0.month == part.month }.count
        let heading = name(part.month) + (siblings > 1 ? ", part \(part.part) of \(siblings)" : "")
        // `parts` runs from the newest month to the oldest, and inside a month from its first part to its last.
        let order = parts.sorted { ($0.month, $0.part) < ($1.month, $1.part) }
        let place = order.firstIndex { $0.path == part.path } ?? 0
        let before = place > 0 ? order[place - 1] : nil
        let after = place + 1 < order.count ? order[place + 1] : nil
        let durations = shown.map { max(0, $0.endAt - $0.startedAt) }
        let interval = MedianInterval(durations)
        var sentence = "\(PageWords.count(shown.count, "investigation")) ended"
        if let interval, interval.low != nil { sentence += "; half of them lasted under \(PageWords.duration(ms: interval.median))" }
        return try list(
            shown, path: part.path, heading: heading, sentence: sentence + ".", listHeading: "Ended",
            around: [
                "before": .optional(before.map { "../" + $0.path }), "beforeName": .text(before.map { label($0, of: parts) } ?? ""),
                "after": .optional(after.map { "../" + $0.path }), "afterName": .text(after.map { label($0, of: parts) } ?? ""),
            ], frame: frame, templates: templates)
    }

    /// All that are open, worst first.
    package static func open(_ cases: [Investigation], frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        let shown = cases.sorted(by: BoardPage.isWorse).prefix(2 * partRows)
        let more = cases.count > shown.count ? " The \(PageWords.count(shown.count)) worst are shown." : ""
        return try list(
            Array(shown), path: SiteAddress.open, heading: "All that are open",
            sentence: "\(PageWords.count(cases.count, "investigation")) \(cases.count == 1 ? "is" : "are") open, worst first.\(more)",
            listHeading: "Open", around: [:], frame: frame, templates: templates)
    }

    private static func list(
        _ shown: [Investigation], path: String, heading: String, sentence: String, listHeading: String, around: TemplateView,
        frame: SiteFrame, templates: Templates
    ) throws -> [UInt8] {
        let view: TemplateView = [
            "heading": .text(heading), "sentence": .text(sentence), "hasCases": .flag(!shown.isEmpty), "listHeading": .text(listHeading),
            "listMeta": .text(PageWords.count(shown.count)), "findHint": "Filter by title, cause, service",
            "severityFilters": CaseTable.severityFilters(shown.map(\.severity)), "statusFilters": .list([]),
            "caseRows": CaseTable(shown, asOf: frame.asOf, root: "../").rows,
        ]
        return try frame.page(
            "archive.html", path: path, place: .board, title: heading, description: sentence, view: view.joined(with: around),
            templates: templates)
    }

    private static func label(_ part: Part, of parts: [Part]) -> String {
        name(part.month) + (parts.count { $0.month == part.month } > 1 ? ", part \(part.part)" : "")
    }
    /// `2026-03` as `March 2026`.
    static func name(_ month: String) -> String {
        let pieces = month.split(separator: "-")
        guard pieces.count == 2, let number = Int(pieces[1]), let year = Int(pieces[0]) else { return month }
        return "\(MonthWords.name(number)) \(year)"
    }
}

enum MonthWords {
    private static let names = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
    /// 1 is January.
    static func name(_ month: Int) -> String { names[(max(1, month) - 1) % 12] }
}
