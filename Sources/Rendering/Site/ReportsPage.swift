import Model

/// The list of the reports there are: a post-mortem draft for each investigation.
package enum ReportsPage {
    static let shown = 400

    /// One report for the list.
    package struct Entry: Sendable {
        package var number: Int
        package var title: String
        package var severity: Severity
        package var status: InvestigationStatus
        package var startedAt: Instant
        /// A person wrote the root cause.
        package var isWritten: Bool
        package var openActions: Int
        package init(_ it: Investigation) {
            number = it.number
            title = it.title
            severity = it.severity
            status = it.status
            startedAt = it.startedAt
            isWritten = !it.rootCause.isEmpty
            openActions = it.actionItems.count { !$0.done }
        }
    }

    package static func render(_ entries: [Entry], frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        let ordered = entries.sorted { $1.number < $0.number }
        let written = ordered.count { $0.isWritten }
        let actions = ordered.reduce(0) { $0 + $1.openActions }
        let sentence =
            entries.isEmpty
            ? "No report yet: each investigation gets a post-mortem draft as soon as it is opened."
            : "\(PageWords.count(entries.count, "post-mortem draft")); people have written the root cause of \(PageWords.spelled(written))"
                + (actions == 0 ? "." : ", and \(PageWords.count(actions, "action item")) \(actions == 1 ? "is" : "are") open.")
        return try frame.page(
            "reports.html", path: SiteAddress.reports, place: .reports, title: "Reports", description: sentence,
            view: [
                "sentence": .text(sentence), "hasReports": .flag(!entries.isEmpty), "findHint": "Filter by title",
                "meta": .text(
                    entries.count > shown
                        ? "\(PageWords.count(shown)) newest of \(PageWords.count(entries.count))" : PageWords.count(entries.count)),
                "severityFilters": CaseTable.severityFilters(ordered.prefix(shown).map(\.severity)), "statusFilters": .list([]),
                "reports": .list(
                    ordered.prefix(shown).map { entry in
                        let folder = "../investigations/\(entry.number)"
                        return [
                            "severity": .text(entry.severity.rawValue), "status": .text(entry.status.rawValue),
                            "title": .text(entry.title.isEmpty ? "Untitled" : entry.title.clipped(to: 120)),
                            "number": .number(entry.number),
                            "report": .text(folder + "/report.html"), "markdown": .text(folder + "/report.md"),
                            "canvas": .text(folder + "/index.html"), "statusWords": .text(entry.status.words),
                            "began": .text(PageWords.day(entry.startedAt, near: frame.asOf)), "iso": .text(entry.startedAt.rfc3339),
                            "written": .text(entry.isWritten ? "written" : "draft"),
                            "actions": .text(entry.openActions == 0 ? "" : PageWords.count(entry.openActions)),
                        ]
                    }),
                "older": .flag(entries.count > shown),
            ], templates: templates)
    }
}

/// What the words, marks and keys of the site mean.
package enum HelpPage {
    package static func render(frame: SiteFrame, templates: Templates) throws -> [UInt8] {
        try frame.page(
            "help.html", path: SiteAddress.help, place: nil, title: "Help",
            description: "What the marks, words and keys of these pages mean.",
            view: [
                "statuses": .list(
                    InvestigationStatus.allCases.map { ["statusMark": .html(Sparks.status($0)), "statusName": .text($0.words)] })
            ], templates: templates)
    }
}

/// What changed in the investigations, by day, and what is new in Caseboard itself.
package enum ChangelogPage {
    package static let changesShown = 200

    package struct Entry: Sendable {
        package var number: Int
        package var title: String
        package var version: CaseVersion
        package init(number: Int, title: String, version: CaseVersion) {
            self.number = number
            self.title = title
            self.version = version
        }
    }

    /// `entries` are newest first; `notes` is Markdown of our own.
    package static func render(_ entries: [Entry], program: String, notes: String, frame: SiteFrame, templates: Templates) throws -> [UInt8]
    {
        // The page has its own first heading.
        let notes = notes.hasPrefix("# ") ? String(notes.drop { $0 != "\n" }) : notes
        let days = Dictionary(grouping: entries.prefix(changesShown), by: \.version.at.day)
        let people = Set(entries.prefix(changesShown).map(\.version.author)).subtracting(["caseboard"]).count
        let sentence =
            entries.isEmpty
            ? "Nothing has changed yet."
            : "The newest \(PageWords.count(min(entries.count, changesShown), "change")) of the investigations, by Caseboard\(people == 0 ? "" : " and \(PageWords.count(people, "person", "people"))")."
        return try frame.page(
            "changelog.html", path: SiteAddress.changelog, place: nil, title: "What changed", description: sentence,
            view: [
                "sentence": .text(sentence), "program": .text(program), "notes": .html(MarkdownRenderer.html(notes)),
                "days": .list(
                    days.keys.sorted(by: >).map { day in
                        let c = Instant(ms: day * .dayMs).civil
                        return [
                            "day": .text("\(c.weekdayName) \(c.day) \(c.monthName) \(c.year)"),
                            "changes": .list(
                                (days[day] ?? []).map { entry in
                                    [
                                        "time": .text(entry.version.at.clockMinute), "iso": .text(entry.version.at.rfc3339),
                                        "address": .text(BoardPage.address(entry.number)), "number": .number(entry.number),
                                        "title": .text(entry.title.isEmpty ? "Untitled" : entry.title.clipped(to: 100)),
                                        "what": .text(
                                            entry.version.changes.prefix(6).map { $0.clipped(to: 160) }.joined(separator: "; ")
                                                + (entry.version.changes.count > 6 ? "; and \(entry.version.changes.count - 6) more" : "")),
                                        "author": .text(entry.version.author.clipped(to: 60)), "version": .number(entry.version.version),
                                    ]
                                }),
                        ]
                    }),
            ], templates: templates)
    }
}
