import Model

/// One piece of evidence, opened: the thing itself as its source gave it, facts, why it is linked, and the event as
/// the API gives it.
struct DetailView {
    static let bodyCharacters = 4_000
    static let jsonBytes = 24 << 10
    static let filesShown = 40
    static let framesShown = 20
    static let testsShown = 40
    /// From so many pieces on, a browser with scripts makes elements only of the details that are opened.
    static let foldedFrom = 200

    let file: CaseFile
    let moments: CaseMoments
    /// The anchors of what is on the page.
    let shown: Set<Fingerprint>

    func view(_ item: EvidenceItem, isFirst: Bool) -> TemplateValue {
        let event = item.event
        var metric = TemplateValue.absent
        if let track = item.track { metric = chart(track, item) }
        let lines = logLines(item)
        let files = event.touchedFiles
        let tests = failingTests(item)
        // On paper only what shows more than its row does, and is not muted by what does.
        let showsMore = !lines.isEmpty || item.track != nil || !item.spans.isEmpty || !files.isEmpty || !event.body.isEmpty
        let isRich = item.evidence.starred || showsMore && item.evidence.inhibitedBy == nil
        return [
            "anchor": .text(event.fingerprint.text), "isFirst": .flag(isFirst), "isSlight": .flag(!isRich),
            "isFolded": .flag(!isFirst && shown.count >= Self.foldedFrom),
            "source": .text(event.source.rawValue), "service": .optional(event.service),
            "time": .text(PageWords.moment(event.occurredAt, near: file.investigation.startedAt)), "iso": .text(event.occurredAt.rfc3339),
            "word": .text(MarkKind(event).word), "title": .text(event.title.isEmpty ? event.type.rawValue : event.title),
            "reason": .optional(reason(item)),
            "log": .list(lines), "hasLog": .flag(!lines.isEmpty),
            "metric": metric, "waterfall": waterfall(item), "moreSpans": .optional(moreSpans(item)),
            "tests": .list(tests), "hasTests": .flag(!tests.isEmpty),
            "outside": outside(item),
            "files": .list(files.prefix(Self.filesShown).map(touched)), "hasFiles": .flag(!files.isEmpty),
            "moreFiles": .optional(
                files.count > Self.filesShown ? "and \(PageWords.count(files.count - Self.filesShown)) more files" : nil),
            "body": isProse(event) ? .absent : .optional(body(event)),
            "words": isProse(event) ? body(event).map { .html(MarkdownRenderer.html($0, headingOffset: 3)) } ?? .absent : .absent,
            "labels": .list(labels(event)), "facts": .list(facts(item)),
            "linkTerms": .list(item.evidence.terms.map(CausesView.term)), "hasLinkTerms": .flag(!item.evidence.terms.isEmpty),
            "linkedBy": .text(linkedBy(item.evidence)), "confidence": .text(PageWords.score(item.evidence.confidence)),
            "id": .text(event.id), "json": .html(json(event)),
        ]
    }

    // MARK: - In one sentence

    private func reason(_ item: EvidenceItem) -> String? {
        var sentences: [String] = []
        if let said = item.event.text(EventAttribute.reason), !said.isEmpty {
            sentences.append(PageWords.sentence(PageWords.capitalised(said)))
        }
        if let by = item.evidence.inhibitedBy {
            let name = file.items.first { $0.event.fingerprint == by }?.event.title
            sentences.append("Muted: it follows from " + (name.map { "“\($0.clipped(to: 120))”" } ?? "a known cause") + ".")
        }
        if item.evidence.stance == .contradicts { sentences.append("It speaks against the case.") }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }
    private func linkedBy(_ evidence: Evidence) -> String {
        evidence.linkedBy.hasPrefix("rule:") ? "by the rule " + evidence.linkedBy.dropFirst(5) : "by " + evidence.linkedBy
    }

    // MARK: - The thing itself

    private func logLines(_ item: EvidenceItem) -> [TemplateValue] {
        func line(_ text: some StringProtocol, _ isHit: Bool) -> TemplateValue {
            ["line": .text(String(text).clipped(toBytes: 2_000)), "hit": .flag(isHit)]
        }
        func lines(_ text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false).prefix(60).map { $0 } }
        if let exemplar = item.exemplar {
            return exemplar.before.suffix(Limits.exemplarContextLines).flatMap(lines).map { line($0, false) }
                + lines(exemplar.text).map { line($0, true) }
                + exemplar.after.prefix(Limits.exemplarContextLines).flatMap(lines).map { line($0, false) }
        }
        let event = item.event
        var out: [TemplateValue] = []
        for attribute in [EventAttribute.exemplar, EventAttribute.message] {
            if let text = event.text(attribute), !text.isEmpty { out += lines(text).map { line($0, true) } }
        }
        let frames = event.stackFrames
        out += frames.prefix(Self.framesShown).map { frame in
            let place = frame.line > 0 ? "\(frame.file):\(frame.line)" : frame.file
            return line(frame.function.isEmpty ? "  at \(place)" : "  at \(frame.function) (\(place))", false)
        }
        if frames.count > Self.framesShown { out.append(line("  … \(frames.count - Self.framesShown) more frames", false)) }
        return out
    }

    private func chart(_ track: MetricTrack, _ item: EvidenceItem) -> TemplateValue {
        let axis = TimeAxis(from: file.from, to: file.to)
        let known = TimelineView.usualRange(of: item.event)
        guard
            let shape = SeriesShape(
                track, on: axis, usual: known, quietBefore: moments.changeAt ?? moments.firstFailureAt,
                gaps: file.gaps.filter { $0.service == track.key.service }, buckets: 192)
        else {
            return .absent
        }
        let words = SeriesWords(track)
        let usual = shape.usual.map { (known == nil ? "before " : "usual ") + words.range($0) } ?? ""
        let peak = shape.peak.map { words.value($0.value) } ?? ""
        let label = [words.name, usual, peak.isEmpty ? "" : "farthest \(peak)"].filter { !$0.isEmpty }.joined(separator: ", ")
        return .html(
            MetricChart.html(
                shape, axis: axis, label: label, usualWords: usual, peakWords: peak, signalAt: item.event.occurredAt,
                changeAt: moments.changeAt))
    }
    private func waterfall(_ item: EvidenceItem) -> TemplateValue {
        if item.spans.isEmpty { return .absent }
        let failing = item.spans.filter(\.isError).count
        return .html(
            WaterfallChart.html(
                item.spans,
                label: "Trace of \(PageWords.count(item.spans.count, "span")), \(failing == 0 ? "none" : PageWords.count(failing)) failing")
        )
    }
    private func moreSpans(_ item: EvidenceItem) -> String? {
        item.spans.count > WaterfallChart.rowLimit
            ? "and \(PageWords.count(item.spans.count - WaterfallChart.rowLimit)) more spans of the trace" : nil
    }
    /// Of a build: the tests that failed in it or at its commit.
    private func failingTests(_ item: EvidenceItem) -> [TemplateValue] {
        let build = item.event
        guard build.source == .ci, build.type != .testFailure, let commit = build.commit, !commit.isEmpty else { return [] }
        return file.items.filter { $0.event.type == .testFailure && $0.event.commit == commit }.prefix(Self.testsShown).map {
            [
                "testName": .text($0.event.text(EventAttribute.test) ?? $0.event.title),
                "testTarget": .optional(shown.contains($0.event.fingerprint) ? CanvasAnchor.event($0.event.fingerprint) : nil),
            ]
        }
    }
    /// The way to where it came from, by what is to be found there.
    private func outside(_ item: EvidenceItem) -> TemplateValue {
        let event = item.event
        let suspect = file.investigation.suspects.first { $0.change == event.fingerprint }
        guard let address = (event.url ?? suspect?.url).flatMap(OutsideLink.address) else { return .absent }
        let what =
            switch event.source {
            case .git: "Diff"
            case .ci: "Build"
            case .alerts: "Alert"
            case .tickets: "Ticket"
            case .traces: "Trace"
            case .metrics, .logs: "Query"
            case .deploys, .feeds, .manual: "Open"
            }
        return ["outsideHref": .text(address), "outsideWords": .text("\(what) at \(OutsideLink.place(address))")]
    }
    private func touched(_ file: TouchedFile) -> TemplateValue {
        [
            "path": .text(file.path), "isBinary": .flag(file.added < 0),
            "added": .text("+" + PageWords.count(max(0, file.added))), "deleted": .text("−" + PageWords.count(max(0, file.deleted))),
        ]
    }
    /// What people wrote is an argument, not evidence quoted as it was.
    private func isProse(_ event: Event) -> Bool { event.type == .note || event.source == .tickets || event.source == .manual }
    private func body(_ event: Event) -> String? {
        let text = event.body.trimmingBlanks()
        if text.isEmpty || text == event.title { return nil }
        let rest = text.hasPrefix(event.title + "\n") ? String(text.dropFirst(event.title.count)).trimmingBlanks() : text
        return rest.isEmpty ? nil : rest.clipped(toBytes: Self.bodyCharacters)
    }

    /// The event as the API gives it, indented; of a very long one the beginning.
    private func json(_ event: Event) -> SafeHTML {
        var text: [UInt8] = []
        JSONValue.write(sorted: APIDocuments.members(of: event), into: &text, indent: 0)
        if text.count > Self.jsonBytes {
            text.removeLast(text.count - Self.jsonBytes)
            while let last = text.last, last & 0xC0 == 0x80 { text.removeLast() }  // back to a whole character
            if let last = text.last, last >= 0xC0 { text.removeLast() }
            text += Array("…".utf8)
        }
        return SafeHTML(escapingContent: text)
    }

    // MARK: - Facts

    private func labels(_ event: Event) -> [TemplateValue] {
        let labels = event.attributes[EventAttribute.labels]?.objectValue ?? [:]
        return labels.keys.sorted().prefix(40).map {
            ["label": .text($0), "labelValue": .text(labels[$0].map { $0.scalarText ?? $0.text } ?? "")]
        }
    }

    private func facts(_ item: EvidenceItem) -> [TemplateValue] {
        let event = item.event
        var facts: [TemplateValue] = []
        func add(_ name: String, _ value: String?, isCode: Bool = false, target: String? = nil) {
            guard let value, !value.isEmpty else { return }
            facts.append(
                [
                    "name": .text(name), "textValue": isCode ? .absent : .text(value), "codeValue": isCode ? .text(value) : .absent,
                    "factTarget": .optional(target),
                ])
        }
        if event.type == .metricAnomaly { addMetricFacts(event, add: { add($0, $1, isCode: $2) }) }
        add("Operation", event.text(EventAttribute.operation), isCode: true)
        add(
            "Test", [event.text(EventAttribute.suite), event.text(EventAttribute.test)].compactMap { $0 }.joined(separator: " › "),
            isCode: true)
        add("First failing run", event.text("first_failing"))
        add("Passed before in", event.text("previous_pass"))
        add("Exception", item.exemplar?.exception ?? event.text(EventAttribute.exception), isCode: true)
        add("Pattern", event.text(EventAttribute.template), isCode: true)
        if let count = event.attributes[EventAttribute.count]?.intValue { add("Count", PageWords.count(count)) }
        if let ended = event.endedAt?.bounded, ended > event.occurredAt {
            add("Until", "\(PageWords.moment(ended, near: event.occurredAt)), \(PageWords.duration(ms: ended - event.occurredAt))")
        }
        add("Author", event.text(EventAttribute.author))
        add("Commit", event.commit.map(ChangeWords.shortSha), isCode: true, target: commitTarget(event))
        add("Version", event.text(EventAttribute.version), isCode: true)
        if let exemplar = item.exemplar {
            add("Where", exemplar.line > 0 ? "\(exemplar.path), line \(PageWords.count(exemplar.line))" : exemplar.path)
        } else {
            add("Where", event.text(EventAttribute.exemplarPosition))
        }
        add("Trace", event.traceID ?? item.exemplar?.traceID, isCode: true)
        add("Host", event.host ?? item.exemplar?.host)
        add("Environment", event.environment)
        add("Tags", event.tags.joined(separator: ", "))
        add("From", event.origin)
        if let url = event.url, OutsideLink.address(url) == nil { add("Address", url) }
        return facts
    }
    /// The commit that a deployment or a build carries, if it is on the page.
    private func commitTarget(_ event: Event) -> String? {
        guard event.type != .commit, let commit = event.commit, !commit.isEmpty else { return nil }
        let item = file.items.first { $0.event.type == .commit && $0.event.commit == commit && shown.contains($0.event.fingerprint) }
        return item.map { CanvasAnchor.event($0.event.fingerprint) }
    }
    private func addMetricFacts(_ event: Event, add: (String, String?, Bool) -> Void) {
        let metric = event.text(EventAttribute.metric) ?? ""
        let unit = event.text("unit") ?? ""
        add("Metric", metric, true)
        add("Instance", event.text(EventAttribute.instance), true)
        guard let peak = event.attributes[EventAttribute.peak]?.doubleValue else { return }
        let usual = TimelineView.usualRange(of: event).map { "; usual " + PageWords.range($0, unit: unit, metric: metric) } ?? ""
        add("Farthest", PageWords.measure(peak, unit: unit, metric: metric) + usual, false)
    }
}
