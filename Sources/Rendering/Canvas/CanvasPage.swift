import Model

/// The page of one investigation: a single file that is complete without script and opens from disk.
package enum CanvasPage {
    static let styleSheets = ["tokens", "base", "parts", "bar", "canvas"]
    /// More marks than these are not put on a page.
    static let unlistedLimit = 20_000

    /// `asOf` is when the page is published: it is named in the masthead, and ages are counted up to it.
    package static func render(_ file: CaseFile, asOf: Instant, templates: Templates, place: CasePlace = .site) throws -> [UInt8] {
        let file = file.bounded
        let asOf = asOf.bounded
        let evidence = EvidenceView(file)
        let moments = CaseMoments(file)
        let listed = Set(evidence.items.map(\.event.fingerprint))
        let timeline = TimelineView(file, listed: listed, moments: moments)
        let graph = CauseGraphBuilder.graph(file)
        let details = DetailView(file: file, moments: moments, shown: listed)
        let opened = firstOpened(file, evidence.items)
        let view: TemplateView = [
            "head": CanvasHead(file: file, moments: moments, asOf: asOf).view,
            "timeline": timeline.view, "why": CausesView(file, items: evidence.items).view,
            "graph": graph.nodes.isEmpty ? .absent : graphView(graph),
            "evidence": evidence.view,
            "details": .list(evidence.items.map { details.view($0, isFirst: $0.event.fingerprint == opened) }),
            "notes": CaseNotesView(file: file, place: place).view,
            "beside": .flag(place != .single),
            "bar": place == .site
                ? .view(SiteFrame.bar(path: SiteAddress.investigation(file.investigation.number), searchKey: "s")) : .absent,
            "document": .text(place == .site ? "../../api/v1/investigations/\(file.investigation.number).json" : "investigation.json"),
        ]
        var body: [UInt8] = []
        body.reserveCapacity(32 << 10 + evidence.items.count * 3 << 10)
        try templates.template("canvas.html").render(.view(view), into: &body)
        let it = file.investigation
        return PageShell.page(
            title: "#\(it.number) \(it.title.clipped(to: 120)) · Caseboard", description: CanvasHead.sentence(file).clipped(to: 300),
            body: body,
            style: try templates.style(styleSheets), script: try templates.script("canvas"), data: data(file, listed: listed),
            head: place == .site ? CanvasNews.head(file, asOf: asOf) : .empty, asksItself: place == .site, loadsScripts: place == .site)
    }

    /// What the page's script cannot read off the page: the marks of what has no row, column by column, so that ten thousand
    /// take little room and repeated names none.
    private static func data(_ file: CaseFile, listed: Set<Fingerprint>) -> JSONValue {
        var members: [String: JSONValue] = ["number": .int(Int64(file.investigation.number))]
        let unlisted = file.items.filter { !listed.contains($0.event.fingerprint) }.prefix(unlistedLimit)
            .sorted { ($0.event.occurredAt.ms, $0.event.fingerprint.text) < ($1.event.occurredAt.ms, $1.event.fingerprint.text) }
        guard let first = unlisted.first?.event.occurredAt.ms else { return .object(members) }
        func column(_ name: String, _ text: (Event) -> String) {
            var places: [String: Int64] = [:]
            var names: [JSONValue] = []
            var indices: [JSONValue] = []
            for item in unlisted {
                let word = text(item.event)
                let known = places[word] ?? Int64(names.count)
                if places.updateValue(known, forKey: word) == nil { names.append(.string(word)) }
                indices.append(.int(known))
            }
            members[name] = ["names": .array(names), "of": .array(indices)]
        }
        members["first"] = .int(first)
        members["at"] = .array(unlisted.map { .int($0.event.occurredAt.ms - first) })
        column("kind") { MarkKind($0).word }
        column("service") { $0.service ?? "" }
        column("source") { $0.source.rawValue }
        column("type") { $0.type.rawValue }
        column("title") { ($0.title.isEmpty ? $0.type.rawValue : $0.title).clipped(to: 100) }
        return .object(members)
    }

    /// What the pane shows before anything is chosen: the first failure, else what shows the cause, else the worst.
    private static func firstOpened(_ file: CaseFile, _ items: [EvidenceItem]) -> Fingerprint? {
        if let failure = items.first(where: { $0.evidence.phase == .firstFailure }) { return failure.event.fingerprint }
        if let cause = ProbableCause(file).event, items.contains(where: { $0.event.fingerprint == cause }) { return cause }
        return items.min {
            ($0.event.severity.rank, $0.event.occurredAt.ms, $0.event.fingerprint.text) < (
                $1.event.severity.rank, $1.event.occurredAt.ms, $1.event.fingerprint.text
            )
        }?
        .event.fingerprint
    }

    private static func graphView(_ graph: CauseGraph) -> TemplateValue {
        let kinds = Set(graph.edges.map(\.kind))
        let all: [CauseGraph.EdgeKind] = [.causes, .precedes, .correlates, .dependsOn, .relates, .resolves]
        return [
            "drawing": .html(CauseGraphChart.html(graph)),
            "keys": .list(
                all.filter { kinds.contains($0) }.map {
                    ["edge": .text($0.rawValue), "edgeWords": .text($0.words), "edgeHead": .flag($0.hasHead)]
                }),
            "alertKey": .flag(graph.nodes.contains { $0.hasAlert }),
            "sentences": .list(graph.sentences.map { ["subject": .text($0.subject), "verb": .text($0.verb), "object": .text($0.object)] }),
            "alone": .flag(graph.edges.isEmpty),
            "omitted": .optional(graph.omitted == 0 ? nil : "\(PageWords.count(graph.omitted, "more service")) in the evidence below."),
        ]
    }
}
