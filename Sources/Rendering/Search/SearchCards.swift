import Model

/// What is found of each kind of thing, and what the list of results shows of it. Small: a first search loads a handful.
package enum SearchCards {
    /// `notes` are a slice of all notes of the investigation, so that their places are those on the canvas.
    package static func investigation(
        _ it: Investigation, evidence: [(fingerprint: Fingerprint, title: String)], notes: ArraySlice<Annotation>
    ) -> SearchDocument {
        var pieces: [SearchDocument.Piece] = []
        let verdict = it.rootCause.isEmpty ? it.verdict : MarkdownRenderer.plainText(String(it.rootCause.prefix(2_000)))
        if !verdict.isEmpty { pieces.append(SearchDocument.Piece(verdict.clipped(to: 200))) }
        pieces += evidence.map { SearchDocument.Piece($0.title.clipped(to: 90), anchor: "#" + CanvasAnchor.event($0.fingerprint)) }
        pieces += zip(notes.indices, notes).map { index, note in
            SearchDocument.Piece(
                "\(note.author.clipped(to: 30)): \(MarkdownRenderer.plainText(String(note.text.prefix(2_000))).clipped(to: 160))",
                anchor: "#" + CanvasAnchor.note(index))
        }
        let day = it.startedAt.date
        let services = it.services.prefix(4).map { $0.clipped(to: 30) }.joined(separator: " ")
        var hidden = it.services.dropFirst(4).map { $0 } + it.components + it.tags + it.hypotheses.prefix(3).map(\.name)
        hidden += it.suspects.prefix(3).flatMap { [$0.sha, $0.subject, $0.author] }
        hidden += [it.impact, it.remediation, it.lessonsLearned, it.assignedTo ?? ""].map { String($0.prefix(1_000)) }
        hidden += it.actionItems.prefix(10).map(\.text)
        return SearchDocument(
            id: it.number, kind: .investigation, title: it.title.isEmpty ? "Untitled" : it.title.clipped(to: 120),
            address: SiteAddress.investigation(it.number), mark: it.severity.rawValue,
            remark: "#\(it.number), \(it.status.words), \(day)\(services.isEmpty ? "" : ", " + services)", pieces: pieces,
            hidden: hidden.filter { !$0.isEmpty })
    }

    /// The live changes of a day; nil when there are none.
    package static func changes(_ events: [Event], day: Int64, limit: Int) -> SearchDocument? {
        let live = events.filter { ChangeWords.isLive($0) }.prefix(limit)
        if live.isEmpty { return nil }
        let c = Instant(ms: day * .dayMs).civil
        return SearchDocument(
            id: SearchDocument.id(day: day), kind: .changes, title: "\(c.weekdayName) \(c.day) \(c.monthName) \(c.year)",
            address: SiteAddress.day(day), mark: "change", remark: PageWords.count(live.count, "live change"),
            pieces: live.map { event in
                SearchDocument.Piece(
                    "\(event.occurredAt.clockMinute) \(ChangeWords.name(event).clipped(to: 90))",
                    anchor: "#" + CanvasAnchor.event(event.fingerprint))
            }, hidden: live.compactMap(\.service))
    }

    package static func service(_ name: String, callers: [String], callees: [String]) -> SearchDocument {
        var pieces: [SearchDocument.Piece] = []
        if !callers.isEmpty {
            pieces.append(SearchDocument.Piece("called by " + callers.prefix(8).joined(separator: ", ").clipped(to: 200)))
        }
        if !callees.isEmpty { pieces.append(SearchDocument.Piece("calls " + callees.prefix(8).joined(separator: ", ").clipped(to: 200))) }
        return SearchDocument(
            id: SearchDocument.id(kind: .service, name: name), kind: .service, title: name.clipped(to: 80),
            address: SiteAddress.service(name), pieces: pieces)
    }

    package static func source(_ source: SourceHealth) -> SearchDocument {
        SearchDocument(
            id: SearchDocument.id(kind: .source, name: source.name), kind: .source, title: source.name.clipped(to: 80),
            address: SiteAddress.source(source.name), remark: source.kind.clipped(to: 40))
    }
}
