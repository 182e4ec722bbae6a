import Model

/// One digest as a mail: the HTML and the plain text say the same in the same order, the subject is the news.
package enum DigestPage {
    package static func mail(_ digest: Digest, templates: Templates) throws(TemplateError) -> DigestMail {
        let view = DigestView(digest)
        let html = try templates.template("digest.html").text(view.html)
        let text = try templates.template("digest.txt").text(view.plain)
        let subject = view.subject
        let id = "digest_" + Fingerprint(digest.title, digest.asOf.rfc3339, subject, text).text
        // Mails whose news is about the same investigation name the same (never sent) first mail, which is what mail
        // programs build threads from (RFC 5322, 3.6.4).
        let thread = view.lead.map { ["thread_" + Fingerprint(digest.title, $0.investigation.key).text] } ?? []
        return DigestMail(subject: subject, text: text, html: html, id: id, references: thread)
    }
}

/// Decides the words of a digest.
struct DigestView {
    let digest: Digest
    /// In the order of the news: resolved, worse, new, reopened, better, flapping; worst and newest first within.
    let entries: [DigestEntry]
    /// The worst of the entries; at equal severity the first.
    let lead: DigestEntry?

    static let columns = 78
    static let maxEntries = 100
    static let maxStillOpen = 50

    init(_ digest: Digest) {
        self.digest = digest
        let order = DigestEntry.News.allCases
        let sorted = digest.entries.sorted { left, right in
            let (a, b) = (order.firstIndex(of: left.news) ?? 0, order.firstIndex(of: right.news) ?? 0)
            if a != b { return a < b }
            if left.investigation.severity != right.investigation.severity {
                return left.investigation.severity > right.investigation.severity
            }
            return left.investigation.number > right.investigation.number
        }
        entries = Array(sorted.prefix(Self.maxEntries))
        var lead: DigestEntry?
        for entry in entries where lead.map({ entry.investigation.severity > $0.investigation.severity }) ?? true { lead = entry }
        self.lead = lead
    }

    // MARK: - Words

    /// `Resolved: #42 Payments fail (37 min); 1 worse, 1 new`
    var subject: String {
        let open = digest.stillOpen.count
        guard let lead else { return open == 0 ? "Nothing is open" : "Nothing new; \(open) still open" }
        let it = lead.investigation
        var length = ""
        if lead.news == .resolved, let ended = it.resolvedAt { length = " (\(readableDuration(ms: ended - it.startedAt)))" }
        var rest: [String] = []
        for news in DigestEntry.News.allCases {
            let count = digest.entries.count { $0.news == news } - (news == lead.news ? 1 : 0)
            if count > 0 { rest.append("\(count) \(news == lead.news ? "more " : "")\(news.rawValue)") }
        }
        let others = rest.isEmpty ? "" : "; " + rest.joined(separator: ", ")
        return "\(PageWords.capitalised(lead.news.rawValue)): #\(it.number) \(plain(it.title).clipped(to: 80))\(length)\(others)"
    }

    /// The sentence in bold and the rest of the argument.
    var headline: (news: String, argument: String) {
        guard let lead else {
            return digest.stillOpen.isEmpty
                ? ("Nothing is open.", "Nothing has changed since the last digest.")
                : ("Nothing new.", "\(PageWords.capitalised(PageWords.spelled(digest.stillOpen.count))) still open, as below.")
        }
        let it = lead.investigation
        let argument = it.verdict.isEmpty ? PageWords.sentence(it.title) : PageWords.sentence(it.verdict)
        let news: String
        switch lead.news {
        case .resolved:
            news = it.resolvedAt.map { "Over since \(moment($0)), after \(readableDuration(ms: $0 - it.startedAt))." } ?? "It is over."
        case .worse: news = "It got worse\(difference(lead))."
        case .better: news = "It got better\(difference(lead))."
        case .new: news = "New since \(moment(it.startedAt)), \(it.severity.rawValue)."
        case .reopened: news = "It is back\(difference(lead))."
        case .flapping: news = "It comes and goes\(difference(lead))."
        }
        return (news, argument)
    }

    private func difference(_ entry: DigestEntry) -> String {
        let words = plain(entry.difference)
        return words.isEmpty ? "" : ": " + (words.hasSuffix(".") ? String(words.dropLast()) : words)
    }

    /// `14:04 to 14:41, critical` or `since 03:10; severity medium, was low`
    private func course(_ entry: DigestEntry) -> String {
        let it = entry.investigation
        let difference = plain(entry.difference)
        let time: String
        if entry.news == .resolved, let ended = it.resolvedAt {
            let end = ended.day == it.startedAt.day ? ended.clockMinute : moment(ended)
            time = "\(moment(it.startedAt)) to \(end)"
        } else {
            time = "since \(moment(it.startedAt))"
        }
        let saysSeverity = difference.hasPrefix("severity")
        let state = saysSeverity ? time : "\(time), \(it.severity.rawValue)"
        return difference.isEmpty ? state : "\(state); \(difference)"
    }

    /// Why, in one sentence; the lead's verdict is already the headline.
    private func argument(_ entry: DigestEntry) -> String {
        let it = entry.investigation
        let cause = it.hypotheses.min { ($0.rank, $0.name) < ($1.rank, $1.name) }
        let isLead = entry == lead
        let candidates =
            isLead ? [cause?.summary ?? "", it.description] : [it.verdict, cause.map { "Probably: \($0.summary)" } ?? "", it.description]
        let chosen = candidates.first { !$0.isEmpty } ?? ""
        if chosen.isEmpty { return isLead && !it.verdict.isEmpty ? "" : "No probable cause yet." }
        return PageWords.sentence(plain(chosen).clipped(to: 400))
    }

    /// `Score .87. Suspect commit 4f1c9ae by Ola Berg. 31 % of checkouts failed. Owner Mara Lindqvist.`
    private func facts(_ entry: DigestEntry) -> String {
        let it = entry.investigation
        var parts: [String] = []
        if let cause = it.hypotheses.min(by: { ($0.rank, $0.name) < ($1.rank, $1.name) }) {
            parts.append("Score \(PageWords.score(cause.score)).")
        }
        if let suspect = it.suspects.min(by: { ($0.rank, $0.sha) < ($1.rank, $1.sha) }) {
            let author = suspect.author.isEmpty ? "" : " by \(plain(suspect.author).clipped(to: 60))"
            parts.append("Suspect commit \(plain(suspect.sha).clipped(to: 10).replacing("…", with: ""))\(author).")
        }
        if !it.impact.isEmpty { parts.append(PageWords.sentence(plain(it.impact).clipped(to: 240))) }
        if let owner = it.assignedTo, !owner.isEmpty {
            parts.append("Owner \(plain(owner).clipped(to: 60)).")
        } else if entry.news != .resolved {
            parts.append("Nobody owns it.")
        }
        return parts.joined(separator: " ")
    }

    private func openFor(_ it: Investigation) -> String { readableDuration(ms: digest.asOf - it.startedAt) }

    private func owner(_ it: Investigation) -> String {
        guard let owner = it.assignedTo, !owner.isEmpty else { return "nobody" }
        return plain(owner)
    }

    private var stillOpen: [Investigation] {
        Array(
            digest.stillOpen.sorted { ($1.severity, $1.startedAt, $1.number) < ($0.severity, $0.startedAt, $0.number) }.prefix(
                Self.maxStillOpen))
    }

    private var remarks: [String] {
        var remarks = digest.remarks.prefix(20).map { PageWords.sentence(plain($0).clipped(to: 400)) }
        let hidden = digest.entries.count - entries.count
        if hidden > 0 { remarks.append("\(PageWords.count(hidden, "more piece")) of news did not fit; see the board.") }
        let unlisted = digest.stillOpen.count - stillOpen.count
        if unlisted > 0 { remarks.append("\(PageWords.count(unlisted)) more are open; see the board.") }
        return remarks
    }

    /// Times of the day of the digest are clock times, others carry their date.
    private func moment(_ at: Instant) -> String { at.day == digest.asOf.day ? at.clockMinute : at.readable(asOf: digest.asOf) }

    private func address(_ it: Investigation) -> String? {
        guard let base = digest.baseURL.flatMap({ HTMLText.safeLink($0) }), base.contains("://") else { return nil }
        return (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/investigations/\(it.number)/index.html"
    }

    /// One line of visible text with plain blanks, so that columns can be counted.
    private func plain(_ text: String) -> String {
        HTMLText.visible(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The mark of an entry: its news where that is good, else its severity. DESIGN's marks as characters.
    private func mark(_ entry: DigestEntry) -> (character: String, role: String) {
        entry.news == .resolved || entry.news == .better ? ("✓", "good") : Self.mark(entry.investigation.severity)
    }
    private static func mark(_ severity: Severity) -> (character: String, role: String) {
        switch severity {
        case .critical: ("◆", "critical")
        case .high: ("▲", "high")
        case .medium: ("■", "medium")
        case .low: ("●", "low")
        case .info: ("○", "dim")
        }
    }

    // MARK: - Views

    private var head: String {
        [
            plain(digest.title),
            "\(digest.asOf.civil.weekdayName) \(digest.asOf.civil.day) \(digest.asOf.civil.monthName) \(digest.asOf.civil.year) \(digest.asOf.clockMinute) UTC",
        ]
        .filter { !$0.isEmpty }.joined(separator: ", ")
    }

    var html: TemplateValue {
        let said = headline
        return [
            "subject": .text(subject), "preview": .text("\(said.news) \(said.argument)".clipped(to: 160)), "head": .text(head),
            "news": .text(said.news), "argument": .text(said.argument),
            "entries": .list(
                entries.map { entry in
                    let mark = mark(entry)
                    return [
                        "isLead": .flag(entry == lead), "mark": .text(mark.character), "role": .text(mark.role),
                        "newsWord": .text(PageWords.capitalised(entry.news.rawValue)), "number": .number(entry.investigation.number),
                        "course": .text(course(entry)), "title": .text(plain(entry.investigation.title)),
                        "url": .optional(address(entry.investigation)), "argument": .optional(argument(entry)),
                        "facts": .optional(facts(entry)),
                    ]
                }),
            "hasOpen": .flag(!stillOpen.isEmpty),
            "open": .list(
                stillOpen.map { it in
                    let mark = Self.mark(it.severity)
                    return [
                        "mark": .text(mark.character), "role": .text(mark.role), "severity": .text(it.severity.rawValue),
                        "number": .number(it.number), "title": .text(plain(it.title)), "owner": .text(owner(it)), "age": .text(openFor(it)),
                        "url": .optional(address(it)),
                    ]
                }),
            "remarks": .list(remarks.map { .text($0) }), "board": .optional(board),
        ]
    }

    private var board: String? {
        guard let base = digest.baseURL.flatMap({ HTMLText.safeLink($0) }), base.contains("://") else { return nil }
        return (base.hasSuffix("/") ? base : base + "/") + "index.html"
    }

    var plain: TemplateValue {
        let said = headline
        func wrapped(_ text: String, _ indent: Int = 0) -> TemplateValue {
            .list(TextWrap.lines(text, columns: Self.columns - indent).map { .text($0) })
        }
        return [
            "head": wrapped(head), "headline": wrapped("\(said.news.uppercased()) \(plain(said.argument))"),
            "entries": .list(
                entries.map { entry in
                    let label = TextWrap.cell(entry.news.rawValue.uppercased(), columns: 10)
                    let title = TextWrap.lines(plain(entry.investigation.title), columns: Self.columns - 16)
                    return [
                        "label": .text(label + TextWrap.cell("#\(entry.investigation.number)", columns: 6)),
                        "title": .text(title.first ?? ""),
                        "titleRest": .list(title.dropFirst().map { .text($0) }), "course": wrapped(course(entry), 2),
                        "argument": wrapped(argument(entry), 2), "facts": wrapped(plain(facts(entry)), 2),
                        "url": .optional(address(entry.investigation)),
                    ]
                }),
            "hasOpen": .flag(!stillOpen.isEmpty),
            "open": .list(
                stillOpen.map { it in
                    let row =
                        TextWrap.cell(it.severity.rawValue, columns: 10) + TextWrap.cell("#\(it.number)", columns: 7)
                        + TextWrap.cell(plain(it.title), columns: 32) + "  " + TextWrap.cell(owner(it), columns: 14) + "  " + openFor(it)
                    return .text(row)
                }),
            "remarks": .list(remarks.map { wrapped(plain($0)) }), "board": .optional(board),
        ]
    }
}
