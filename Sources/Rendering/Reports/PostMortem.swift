import Model

/// The first draft of a post-mortem: what the evidence says, and a sentence wherever only people can say it.
package enum PostMortem {
    package static let definitionPath = "reports/post-mortem.md"

    /// The draft as Markdown, in which no text from outside is markup.
    package static func markdown(_ file: CaseFile, asOf: Instant, templates: Templates, place: CasePlace = .site) throws -> String {
        try markdown(file, asOf: asOf, definition: templates.report(definitionPath), place: place)
    }
    package static func markdown(_ file: CaseFile, asOf: Instant, definition: ReportDefinition, place: CasePlace = .site) -> String {
        definition.body.text(PostMortemView(file: file, asOf: asOf, place: place).value)
    }

    /// The draft as a page of its own, with a link to the Markdown beside it.
    package static func page(_ file: CaseFile, asOf: Instant, templates: Templates, place: CasePlace = .site) throws -> [UInt8] {
        let it = file.investigation
        let pieces = PageWords.count(file.items.count, "piece")
        return try ReportPage.render(
            markdown: markdown(file, asOf: asOf, templates: templates, place: place), title: "Post-mortem of #\(it.number): \(it.title)",
            asOf: asOf,
            templates: templates,
            frame: ReportPage.Frame(
                kicker: ["Post-mortem of investigation #\(it.number)", it.environment ?? ""].filter { !$0.isEmpty }.joined(separator: ", "),
                source: "From \(definitionPath) over \(pieces) of evidence",
                path: place == .site ? SiteAddress.report(it.number) : nil, canvas: "index.html", canvasName: "the investigation",
                markdown: "report.md"))
    }
}

/// Decides the words of the draft.
struct PostMortemView {
    let file: CaseFile
    let asOf: Instant
    let place: CasePlace
    private var it: Investigation { file.investigation }

    static let maxTimelineRows = 40

    init(file: CaseFile, asOf: Instant, place: CasePlace = .site) {
        self.file = file
        self.asOf = asOf
        self.place = place
    }

    var value: TemplateValue {
        let hypotheses = it.hypotheses.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
        let suspects = it.suspects.sorted { ($0.rank, $0.sha) < ($1.rank, $1.sha) }
        let rows = timelineRows
        let others = MentionView.related(file, place: place) + MentionView.similar(file, place: place)
        return [
            "number": .number(it.number), "title": .text(it.title.isEmpty ? "Investigation #\(it.number)" : it.title),
            "verdict": .text(verdict), "description": paragraphs(it.description), "course": .list(course), "facts": .text(facts),
            "impact": paragraphs(it.impact), "affected": .text(affected),
            "hasTimeline": .flag(!rows.isEmpty), "timelineRemark": .text(timelineRemark(rows.count)), "timeline": .list(rows),
            "rootCause": paragraphs(it.rootCause), "hasRootCause": .flag(!it.rootCause.isEmpty),
            "cause": hypotheses.first.map(cause) ?? .absent,
            "hasOtherCauses": .flag(hypotheses.count > 1),
            "otherCauses": .list(hypotheses.dropFirst().prefix(7).map(cause)),
            "hasSuspects": .flag(!suspects.isEmpty), "suspects": .list(suspects.prefix(10).map(suspect)),
            "others": .list(others.map(\.view)), "hasOthers": .flag(!others.isEmpty),
            "unknowns": .list(unknowns.map { .text($0) }), "notes": .list(file.notes.prefix(500).map(note)),
            "remediation": paragraphs(it.remediation), "recovery": .text(recovery), "lessons": paragraphs(it.lessonsLearned),
            "actions": .list(it.actionItems.map(action)),
        ]
    }

    // MARK: - Sentences

    private var verdict: String {
        if !it.verdict.isEmpty { return PageWords.sentence(it.verdict) }
        let services = it.services.isEmpty ? "" : ", in " + PageWords.list(Array(it.services.prefix(4)))
        return "It began at \(moment(it.startedAt))\(services); the cause is not known."
    }

    private var facts: String {
        var parts = ["Severity \(it.severity.rawValue), priority \(it.priority.rawValue.uppercased()), \(it.status.words)."]
        if let owner = it.assignedTo, !owner.isEmpty { parts.append("Owner \(owner).") } else { parts.append("Nobody owns it.") }
        if it.reopenCount > 0 { parts.append("Reopened \(PageWords.count(it.reopenCount, "time")).") }
        return parts.joined(separator: " ")
    }

    private var affected: String {
        it.services.isEmpty
            ? "The evidence names no service."
            : "The evidence touches \(PageWords.list(it.services.prefix(12).map { $0.clipped(to: 80) }))."
    }

    private func timelineRemark(_ shown: Int) -> String {
        let all = file.items.count
        let starred = file.items.count { $0.evidence.starred }
        let stars = starred == 0 ? "" : "; ★ marks what people starred"
        if shown == all { return "All \(PageWords.count(all, "piece")) of evidence, in order of time\(stars)." }
        return "The \(PageWords.count(shown)) strongest of \(PageWords.count(all, "piece")) of evidence, in order of time\(stars)."
    }

    private var recovery: String {
        guard let last = file.items.last(where: { $0.evidence.phase == .recovery }) else { return "" }
        return "The evidence shows a recovery at \(moment(last.event.occurredAt)): \(PageWords.sentence(last.event.title.clipped(to: 160)))"
    }

    private var unknowns: [String] {
        var out: [String] = []
        if it.rootCause.isEmpty { out.append("The root cause: no person has concluded one.") }
        let ranked = it.hypotheses.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
        if ranked.count > 1, ranked[0].score - ranked[1].score < 0.05 {
            out.append(
                "Which of the first two causes it is: their scores are \(PageWords.score(ranked[0].score)) and \(PageWords.score(ranked[1].score))."
            )
        }
        if it.detectedAt == nil { out.append("When it was detected: no alert and no person says.") }
        if it.acknowledgedAt == nil { out.append("When somebody took it on: nobody acknowledged it.") }
        for gap in file.gaps.sorted(by: { ($0.from, $0.origin, $0.service ?? "") < ($1.from, $1.origin, $1.service ?? "") }).prefix(8) {
            let whose = gap.service.map { " about \($0.clipped(to: 80))" } ?? ""
            let until = moment(gap.to)
            out.append("What happened\(whose) between \(moment(gap.from)) and \(until): \(PageWords.missing(gap)).")
        }
        for item in file.items where item.evidence.stance == .contradicts {
            out.append("How this fits: \(PageWords.sentence(item.event.title.clipped(to: 160))) It speaks against the explanation.")
        }
        for left in it.leftOut.prefix(4) {
            let reason = left.reason.isEmpty ? "" : ": \(left.reason.clipped(to: 160))"
            out.append(
                PageWords.sentence(
                    "Whether this belongs here: \(left.title.clipped(to: 160)), left out with score \(PageWords.score(left.score))\(reason)"
                ))
        }
        return Array(out.prefix(24))
    }

    // MARK: - Rows

    /// The moments people ask for, those that are known, in order of time.
    private var course: [TemplateValue] {
        let change = CaseMoments(file).moments.first { $0.kind == .change }?.at
        let failure = file.items.filter { $0.evidence.phase == .firstFailure }.map(\.event.occurredAt).min()
        let steps: [(String, Instant?)] = [
            ("Change", change), ("First signal", it.startedAt), ("First failure", failure), ("Detected", it.detectedAt),
            ("Acknowledged", it.acknowledgedAt), ("Mitigated", it.mitigatedAt), ("Resolved", it.resolvedAt),
        ]
        let known = steps.enumerated().compactMap { index, step in step.1.map { (order: index, name: step.0, at: $0) } }
            .sorted { ($0.at, $0.order) < ($1.at, $1.order) }
        return known.enumerated().map { index, step in
            let after = index == 0 ? "" : "+" + PageWords.step(ms: step.at - known[index - 1].at)
            return ["step": .text(step.name), "time": .text(moment(step.at)), "after": .text(after)]
        }
    }

    /// Starred first, then the strongest; shown in order of time.
    private var timelineRows: [TemplateValue] {
        let ranked = file.items.enumerated().sorted { left, right in
            let (a, b) = (left.element.evidence, right.element.evidence)
            if a.starred != b.starred { return a.starred }
            if a.confidence != b.confidence { return a.confidence > b.confidence }
            return left.offset < right.offset
        }
        let kept = ranked.prefix(Self.maxTimelineRows).sorted { $0.offset < $1.offset }
        return kept.map { _, item in
            [
                "time": .text(moment(item.event.occurredAt)), "starred": .flag(item.evidence.starred),
                "title": .text(item.event.title.clipped(to: 200)), "service": .text((item.event.service ?? "").clipped(to: 80)),
                "source": .text(item.event.source.rawValue), "part": .text(item.evidence.phase.words),
                "score": .text(PageWords.score(item.evidence.confidence)),
            ]
        }
    }

    private func cause(_ hypothesis: Hypothesis) -> TemplateValue {
        [
            "name": .text(hypothesis.name.clipped(to: 160)), "score": .text(PageWords.score(hypothesis.score)),
            "summary": .text(PageWords.sentence(hypothesis.summary.clipped(to: 600))),
            "terms": .list(
                hypothesis.terms.prefix(20).map {
                    ["name": .text($0.name), "value": .text(PageWords.score($0.value)), "why": .text($0.why.clipped(to: 300))]
                }),
        ]
    }

    private func suspect(_ suspect: SuspectChange) -> TemplateValue {
        [
            "score": .text(PageWords.score(suspect.score)), "sha": .html(MarkdownText.codeSpan(String(suspect.sha.prefix(10)))),
            "subject": .text(suspect.subject.clipped(to: 160)), "author": .text(suspect.author.clipped(to: 80)),
            "committed": .text(moment(suspect.committedAt)), "live": .text(suspect.liveAt.map(moment) ?? "not known"),
            "summary": .text(suspect.summary.clipped(to: 300)),
        ]
    }

    private func note(_ note: Annotation) -> TemplateValue {
        ["author": .text(note.author.clipped(to: 80)), "time": .text(moment(note.at)), "text": .html(MarkdownText.quote(note.text))]
    }

    private func action(_ item: ActionItem) -> TemplateValue {
        ["text": .text(item.text.clipped(to: 600)), "owner": .optional(item.owner), "due": .optional(item.due), "done": .flag(item.done)]
    }

    /// Text of people, a paragraph each.
    private func paragraphs(_ text: String) -> TemplateValue {
        let lines = text.clipped(toBytes: Limits.bodyBytes).split(separator: "\n", omittingEmptySubsequences: false)
        let blocks = lines.split { $0.allSatisfy(\.isWhitespace) }.map { $0.joined(separator: " ").trimmingBlanks() }
        return .list(blocks.filter { !$0.isEmpty }.map { .text($0) })
    }

    private func moment(_ at: Instant) -> String { PageWords.moment(at, near: it.startedAt) }
}
