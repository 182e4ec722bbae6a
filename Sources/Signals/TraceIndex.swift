import Model

/// Linked spans by operation and by call, and the words for what was found in them. Items are places in `forest.linked`.
struct TraceIndex {
    let spans: [Span]
    let forest: TraceForest
    private(set) var operations: [TraceOperation: [Int]] = [:]
    private(set) var edges: [TraceEdge: [Int]] = [:]

    init(_ spans: [Span]) {
        self.spans = spans
        forest = TraceForest(spans)
        for place in forest.linked.indices where Instant.representable.contains(span(place).start) {
            operations[operation(place), default: []].append(place)
            guard let child = forest.linked[place].remoteChild else { continue }
            edges[TraceEdge(caller: operation(place), callee: operation(child)), default: []].append(place)
        }
    }

    func span(_ place: Int) -> Span { spans[forest.linked[place].span] }
    func operation(_ place: Int) -> TraceOperation { TraceOperation(service: span(place).service, operation: span(place).operation) }
    func minute(_ place: Int) -> Int64 { span(place).start.minute }
    func wholeMs(_ place: Int) -> Double { Double(max(0, span(place).durationUs)) / 1_000 }
    func selfMs(_ place: Int) -> Double { Double(forest.linked[place].selfUs) / 1_000 }
    /// What a remote call took beside the callee's own span.
    func gapMs(_ place: Int) -> Double {
        guard let child = forest.linked[place].remoteChild else { return 0 }
        return max(0, wholeMs(place) - wholeMs(child))
    }

    // MARK: - Events

    func slow(_ operation: TraceOperation, _ finding: SlowSpans.Finding, origin: String) -> Event {
        let items = inside(operations[operation] ?? [], finding.onset, finding.last)
        let slowest = items.sorted { (selfMs($1), span($0).spanID) < (selfMs($0), span($1).spanID) }
        return event(
            .slowOperation, operation, finding, origin, key: "self", strength: finding.strength,
            severity: finding.strength >= 0.5 ? .high : .medium,
            title:
                "\(operation.operation) takes \(time(finding.after)) itself, was \(time(finding.before))",
            reason:
                "\(finding.count) calls spent a median of \(time(finding.after)) outside of what they call, "
                + "usually \(time(finding.before))",
            examples: slowest)
    }

    /// Slow as a whole though not by itself: the callee whose time rose most is named. Nil when none rose.
    func dragged(_ operation: TraceOperation, _ items: [Int], _ finding: SlowSpans.Finding, origin: String) -> Event? {
        let slow = inside(items, finding.onset, finding.last)
        let before = items.filter { minute($0) >= finding.onset - SlowSpans.lookBack && minute($0) < finding.onset }
        func childTimes(_ items: [Int]) -> [TraceOperation: Double] {
            var sums: [TraceOperation: Double] = [:]
            for item in items { for child in forest.linked[item].children { sums[self.operation(child), default: 0] += wholeMs(child) } }
            return sums.mapValues { $0 / Double(max(1, items.count)) }
        }
        let now = childTimes(slow)
        let then = childTimes(before)
        let rises = now.map { (callee: $0.key, rise: $0.value - (then[$0.key] ?? 0), now: $0.value) }
            .sorted { ($1.rise, $0.callee) < ($0.rise, $1.callee) }
        guard let worst = rises.first, worst.rise > 0.3 * (finding.after - finding.before) else { return nil }
        let examples = slow.sorted { (wholeMs($1), span($0).spanID) < (wholeMs($0), span($1).spanID) }
        var event = event(
            .slowOperation, operation, finding, origin, key: "whole", strength: finding.strength * 0.4, severity: .low,
            title:
                "\(operation.operation) takes \(time(finding.after)), was \(time(finding.before)): waits for \(worst.callee.service)",
            reason:
                "explained by \(worst.callee.service) \(worst.callee.operation), "
                + "which took \(time(worst.now - worst.rise)) of it before and takes \(time(worst.now)) now",
            examples: examples)
        if worst.callee.service != operation.service { event.attributes[EventAttribute.callee] = .string(worst.callee.service) }
        event.attributes["explained_by"] = .string("\(worst.callee.service) \(worst.callee.operation)")
        event.sealID()
        return event
    }

    func slowCall(_ edge: TraceEdge, _ items: [Int], _ finding: SlowSpans.Finding, origin: String) -> Event {
        let examples = inside(items, finding.onset, finding.last).sorted { (gapMs($1), span($0).spanID) < (gapMs($0), span($1).spanID) }
        var event = event(
            .slowOperation, edge.caller, finding, origin, key: "edge:\(edge.callee.service):\(edge.callee.operation)",
            strength: finding.strength,
            severity: finding.strength >= 0.5 ? .high : .medium,
            title:
                "Calls to \(edge.callee.service) take \(time(finding.after)) on the way, were \(time(finding.before))",
            reason:
                "between the spans of \(edge.caller.service) and \(edge.callee.service): "
                + "\(time(finding.before)) became \(time(finding.after)) in \(finding.count) calls",
            examples: examples)
        event.attributes[EventAttribute.callee] = .string(edge.callee.service)
        event.sealID()
        return event
    }

    func failing(_ operation: TraceOperation, _ items: [Int], _ finding: ErrorSpans.Finding, origin: String) -> Event {
        let errors = inside(items, finding.onset, finding.last).filter { forest.linked[$0].isErrorOrigin }
            .sorted { (span($0).start.ms, span($0).traceID, span($0).spanID) < (span($1).start.ms, span($1).traceID, span($1).spanID) }
        let share = Double(finding.count) / Double(max(1, finding.total))
        let strength = finding.surprise / (finding.surprise + 12)
        let thrown = errors.first { span($0).exception != nil }.map { span($0) }
        var texts: [String: Int] = [:]
        for item in errors where !span(item).statusText.isEmpty { texts[span(item).statusText, default: 0] += 1 }
        let message = texts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        let what = thrown?.exception ?? message ?? "error"
        var attributes: [String: JSONValue] = [
            EventAttribute.strength: .double((strength * 1_000).rounded() / 1_000), EventAttribute.count: .int(finding.count),
            EventAttribute.operation: .string(operation.operation), EventAttribute.endedAt: .int((finding.last + 1) * .minuteMs),
            EventAttribute.reason: .string(
                "\(finding.count) of \(finding.total) calls failed here first, usually \(SignalNumber.text(finding.shareBefore * 100)) %"),
            "share": .double((share * 10_000).rounded() / 10_000),
        ]
        if let message { attributes[EventAttribute.message] = .string(message.clipped(to: 1_000)) }
        if let exception = thrown?.exception { attributes[EventAttribute.exception] = .string(exception) }
        if let frames = thrown?.frames, !frames.isEmpty { attributes[EventAttribute.frames] = .array(frames.prefix(32).map(\.json)) }
        let traces = traces(errors)
        if !traces.isEmpty { attributes[EventAttribute.exemplarTraces] = .strings(traces) }
        return Event(
            source: .traces, type: .errorSpans, subject: "\(operation.operation):\(finding.onset)",
            at: Instant(ms: finding.onset * .minuteMs),
            severity: finding.count >= 10 && share >= 0.05 ? .high : .medium,
            title: "\(operation.operation) fails: \(what), \(SignalNumber.text(share * 100)) % of calls".clipped(
                to: Limits.titleCharacters),
            service: operation.service, host: commonInstance(errors), attributes: attributes, origin: origin, traceID: traces.first)
    }

    // MARK: - Parts

    private func event(
        _ type: EventType, _ operation: TraceOperation, _ finding: SlowSpans.Finding, _ origin: String, key: String, strength: Double,
        severity: Severity, title: String, reason: String, examples: [Int]
    ) -> Event {
        let traces = traces(examples)
        var attributes: [String: JSONValue] = [
            EventAttribute.strength: .double((strength * 1_000).rounded() / 1_000), EventAttribute.count: .int(Int64(finding.count)),
            EventAttribute.operation: .string(operation.operation), EventAttribute.endedAt: .int((finding.last + 1) * .minuteMs),
            EventAttribute.reason: .string(reason), "before_ms": .double((finding.before * 1_000).rounded() / 1_000),
            "after_ms": .double((finding.after * 1_000).rounded() / 1_000),
        ]
        if !traces.isEmpty { attributes[EventAttribute.exemplarTraces] = .strings(traces) }
        return Event(
            source: .traces, type: type, subject: "\(operation.operation):\(key):\(finding.onset)",
            at: Instant(ms: finding.onset * .minuteMs),
            severity: severity, title: title.clipped(to: Limits.titleCharacters), service: operation.service,
            host: commonInstance(examples),
            attributes: attributes, origin: origin, traceID: traces.first)
    }

    private func time(_ ms: Double) -> String { SignalNumber.duration(ms: ms) }

    private func inside(_ items: [Int], _ first: Int64, _ last: Int64) -> [Int] {
        items.filter { minute($0) >= first && minute($0) <= last }
    }

    /// The traces of the first items, each once, at most three.
    private func traces(_ items: [Int]) -> [String] {
        var out: [String] = []
        for item in items.prefix(64) where out.count < 3 && !out.contains(span(item).traceID) { out.append(span(item).traceID) }
        return out
    }

    /// The instance of all of them, when it is one.
    private func commonInstance(_ items: [Int]) -> String? {
        guard let first = items.first.map({ span($0).instance }), !first.isEmpty else { return nil }
        return items.allSatisfy { span($0).instance == first } ? first : nil
    }
}
