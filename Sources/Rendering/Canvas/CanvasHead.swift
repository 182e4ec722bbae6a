import Model

/// The top of the canvas: status line, title, sentence, impact and course.
struct CanvasHead {
    let file: CaseFile
    let moments: CaseMoments
    let asOf: Instant

    var view: TemplateValue {
        let it = file.investigation
        return [
            "number": .number(it.number), "published": .text(PageWords.published(asOf)), "publishedISO": .text(asOf.rfc3339),
            "version": .number(it.version),
            "severity": .text(it.severity.rawValue), "severityName": .text(PageWords.capitalised(it.severity.rawValue)),
            "statusName": .text(PageWords.capitalised(it.status.words)), "statusMark": .html(Sparks.status(it.status)),
            "isGood": .flag(it.status == .resolved), "priority": .text(it.priority.rawValue.uppercased()),
            "environment": .optional(it.environment), "services": .optional(services), "owner": .optional(it.assignedTo),
            "pieces": .text(pieces), "remarks": .list(remarks.map { .text($0) }),
            "mergedInto": it.mergedInto.map { .number($0) } ?? .absent,
            "day": .text("\(it.startedAt.civil.weekdayName) \(PageWords.day(it.startedAt, near: asOf))"),
            "dayISO": .text(it.startedAt.date),
            "title": .text(it.title.isEmpty ? "Untitled" : it.title),
            "sentence": Emphasis.view(Emphasis.pieces(Self.sentence(file), names: names)),
            "impact": .list(impact.map(Emphasis.view).map { ["fact": $0] }),
            "course": moments.moments.count > 1 ? moments.view(near: it.startedAt) : .absent, "hasCourse": .flag(moments.moments.count > 1),
        ]
    }

    /// The verdict, or what can be said without one.
    static func sentence(_ file: CaseFile) -> String {
        let it = file.investigation
        if !it.verdict.trimmingBlanks().isEmpty { return PageWords.sentence(it.verdict) }
        let since = "It began at \(it.startedAt.clockMinute) on \(PageWords.day(it.startedAt, near: it.startedAt))"
        let place = it.services.isEmpty ? "" : " in \(PageWords.list(Array(it.services.prefix(4))))"
        if let cause = ProbableCause(file).hypothesis {
            return "\(since)\(place). \(PageWords.sentence("Probably " + PageWords.midSentence(cause.name)))"
        }
        return "\(since)\(place). No probable cause is known yet."
    }

    /// What stands out in the sentence: the cause first, which is linked to what shows it, then the services it began in.
    private var names: [Emphasis.Name] {
        let cause = ProbableCause(file)
        var names: [Emphasis.Name] = []
        if let hypothesis = cause.hypothesis {
            let target = cause.event.map(CanvasAnchor.event)
            names.append(Emphasis.Name(text: ChangeWords.bare(hypothesis.name), target: target))
            if let change = cause.change, let event = file.items.first(where: { $0.event.fingerprint == change })?.event {
                names.append(Emphasis.Name(text: ChangeWords.name(event), target: target))
            }
        }
        let early = file.items.filter { $0.event.role == .signal && ($0.evidence.phase == .cause || $0.evidence.phase == .firstFailure) }
        let services = Set(early.compactMap(\.event.service) + [cause.hypothesis?.service].compactMap { $0 })
        return names + services.sorted().map { Emphasis.Name(text: $0, target: nil) }
    }

    /// `checkout, payments, shop-db and 4 more`
    private var services: String {
        let all = file.investigation.services.filter { !$0.isEmpty }.map { $0.clipped(to: 60) }
        return all.count <= 5 ? PageWords.list(all) : all.prefix(4).joined(separator: ", ") + " and \(PageWords.count(all.count - 4)) more"
    }
    private var pieces: String {
        let sources = Set(file.items.map(\.event.source)).count
        return "\(PageWords.count(file.items.count, "piece")) of evidence, \(PageWords.count(sources, "source"))"
    }
    private var remarks: [String] {
        let it = file.investigation
        var out: [String] = []
        if it.flapping { out.append("flapping") }
        if it.reopenCount > 0 { out.append(it.reopenCount == 1 ? "reopened once" : "reopened \(PageWords.spelled(it.reopenCount)) times") }
        if !it.tags.isEmpty { out.append(it.tags.prefix(6).joined(separator: ", ")) }
        return out
    }

    /// Three facts at most: what people wrote, how long, who was hurt and who said so.
    private var impact: [[Emphasis.Piece]] {
        let it = file.investigation
        var facts: [[Emphasis.Piece]] = it.impact.split(whereSeparator: \.isNewline).map { String($0).trimmingBlanks() }.filter {
            !$0.isEmpty
        }.prefix(2)
            .map(Emphasis.numbers)
        func strong(_ text: String) -> Emphasis.Piece { Emphasis.Piece(text: text, isStrong: true) }
        if let ended = moments.endedAt {
            facts.append([
                strong(PageWords.step(ms: ended - moments.firstFailureAt)), Emphasis.Piece(text: " from first failure to the end"),
            ])
        } else if asOf > moments.firstFailureAt {
            facts.append([
                strong(PageWords.duration(ms: asOf - moments.firstFailureAt)),
                Emphasis.Piece(text: " since the first failure, and not over"),
            ])
        }
        let hurt = Set(
            file.items.filter { $0.event.role == .signal && $0.evidence.stance == .supports }.compactMap(\.event.service).filter {
                !$0.isEmpty
            })
        let alerts = file.items.filter { $0.event.type == .alert }.count
        let tickets = file.items.filter { $0.event.source == .tickets || $0.event.type == .report }.count
        var counts: [[Emphasis.Piece]] = []
        // What is written of the impact names the services already.
        for (count, one) in [(facts.count > 1 ? 0 : hurt.count, "service"), (alerts, "alert"), (tickets, "report")] where count > 0 {
            counts.append([strong(PageWords.count(count)), Emphasis.Piece(text: " " + (count == 1 ? one : one + "s"))])
        }
        if !counts.isEmpty { facts.append(Array(counts.joined(separator: [Emphasis.Piece(text: ", ")]))) }
        return Array(facts.prefix(3))
    }
}
