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
        return event(
            .slowOperation, operation, finding, origin, key: "self", strength: finding.strength,
            severity: finding.strength >= 0.5 ? .high : .medium,
            title:
                "\(operation.operation) takes \(time(finding.after)) itself, was \(time(finding.before))",
            reason:
                "\(finding.count) calls spent a median of \(time(finding.after)) outside of what they call, "
                + "usually \(time(finding.before))",
            examples: representative(items, of: finding, by: selfMs))
    }

    /// True when an operation seems slow only because the spans of what it usually calls are missing: what was theirs looks like its
    /// own. Its calls that have them are not slow.
    func lacksCallees(_ operation: TraceOperation, _ finding: SlowSpans.Finding) -> Bool {
        let items = operations[operation] ?? []
        let before = items.filter { minute($0) >= finding.onset - SlowSpans.lookBack && minute($0) < finding.onset }
        let hasCallee = { (item: Int) in !forest.linked[item].children.isEmpty }
        guard before.count(where: hasCallee) * 2 >= before.count else { return false }
        let now = inside(items, finding.onset, finding.last)
        let whole = now.filter(hasCallee)
        guard whole.count < now.count else { return false }
        // A call that failed before it reached its callee spent its own time.
        let lacking = now.filter { !hasCallee($0) }
        if lacking.count(where: { span($0).isError }) * 2 > lacking.count { return false }
        let middle = (finding.before + finding.after) / 2
        return whole.count { selfMs($0) >= middle } * 4 <= whole.count
    }

    /// Examples that stand for a finding: one that took what is typical of it, the slowest, and the first.
    private func representative(_ items: [Int], of finding: SlowSpans.Finding, by ms: (Int) -> Double) -> [Int] {
        let ordered = items.sorted { (ms($1), span($0).spanID) < (ms($0), span($1).spanID) }
        guard let slowest = ordered.first else { return [] }
        let typical = ordered.min { abs(ms($0) - finding.after) < abs(ms($1) - finding.after) } ?? slowest
        let slow = ordered.filter { ms($0) * 2 >= finding.after }
        let first = slow.min { (span($0).start.ms, span($0).spanID) < (span($1).start.ms, span($1).spanID) } ?? slowest
        return [typical, slowest, first] + ordered
    }

    /// Slow as a whole though not by itself: the deepest operation below it whose time rose is named. Nil when none rose.
    func dragged(_ operation: TraceOperation, _ items: [Int], _ finding: SlowSpans.Finding, origin: String) -> Event? {
        let slow = inside(items, finding.onset, finding.last)
        let before = items.filter { minute($0) >= finding.onset - SlowSpans.lookBack && minute($0) < finding.onset }
        let path = worstPath(below: (slow, before), rise: finding.after - finding.before)
        guard let worst = path.last, let next = path.first else { return nil }
        let depth = path.count == 1 ? "" : ", \(path.count) calls below"
        var event = event(
            .slowOperation, operation, finding, origin, key: "whole", strength: finding.strength * 0.4, severity: .low,
            title:
                "\(operation.operation) takes \(time(finding.after)), was \(time(finding.before)): waits for \(worst.callee.service)",
            reason:
                "explained by \(worst.callee.service) \(worst.callee.operation)\(depth), "
                + "which took \(time(worst.now - worst.rise)) of it before and takes \(time(worst.now)) now",
            examples: representative(slow, of: finding, by: wholeMs))
        if next.callee.service != operation.service {
            event.attributes[EventAttribute.callee] = .string(next.callee.service)
        } else if worst.callee.service != operation.service {
            event.attributes[EventAttribute.callee] = .string(worst.callee.service)
        }
        event.attributes["explained_by"] = .string("\(worst.callee.service) \(worst.callee.operation)")
        event.sealID()
        return event
    }

    private struct Rise {
        var callee: TraceOperation
        var rise: Double
        var now: Double
    }
    private static let deepest = 16

    /// From call to call the one whose time rose most, as long as it explains 30 % of the rise above; times are of one call at the
    /// top.
    private func worstPath(below items: (now: [Int], before: [Int]), rise: Double) -> [Rise] {
        var path: [Rise] = []
        var (now, before, rise) = (items.now, items.before, rise)
        let calls = (now: Double(max(1, now.count)), before: Double(max(1, before.count)))
        func children(_ items: [Int]) -> [TraceOperation: [Int]] {
            var out: [TraceOperation: [Int]] = [:]
            for item in items { for child in forest.linked[item].children { out[operation(child), default: []].append(child) } }
            return out
        }
        while path.count < Self.deepest {
            let (present, past) = (children(now), children(before))
            func sum(_ items: [Int]?) -> Double { (items ?? []).reduce(0) { $0 + wholeMs($1) } }
            let rises = present.map { callee, items in
                let ms = sum(items) / calls.now
                return Rise(callee: callee, rise: ms - sum(past[callee]) / calls.before, now: ms)
            }.sorted { ($1.rise, $0.callee) < ($0.rise, $1.callee) }
            guard let worst = rises.first, worst.rise > 0.3 * rise, worst.rise > 0 else { break }
            path.append(worst)
            (now, before, rise) = (present[worst.callee] ?? [], past[worst.callee] ?? [], worst.rise)
        }
        return path
    }

    func slowCall(_ edge: TraceEdge, _ items: [Int], _ finding: SlowSpans.Finding, origin: String) -> Event {
        var event = event(
            .slowOperation, edge.caller, finding, origin, key: "edge:\(edge.callee.service):\(edge.callee.operation)",
            strength: finding.strength,
            severity: finding.strength >= 0.5 ? .high : .medium,
            title:
                "Calls to \(edge.callee.service) take \(time(finding.after)) on the way, were \(time(finding.before))",
            reason:
                "between the spans of \(edge.caller.service) and \(edge.callee.service): "
                + "\(time(finding.before)) became \(time(finding.after)) in \(finding.count) calls",
            examples: representative(inside(items, finding.onset, finding.last), of: finding, by: gapMs))
        event.attributes[EventAttribute.callee] = .string(edge.callee.service)
        event.sealID()
        return event
    }

    func failing(_ operation: TraceOperation, _ items: [Int], _ finding: ErrorSpans.Finding, origin: String) -> Event {
        let errors = inside(items, finding.onset, finding.last).filter { forest.linked[$0].isErrorOrigin }
            .sorted { (span($0).start.ms, span($0).traceID, span($0).spanID) < (span($1).start.ms, span($1).traceID, span($1).spanID) }
        let share = Double(finding.count) / Double(max(1, finding.total))
        let strength = finding.surprise / (finding.surprise + 12)
        let exception = commonest(errors.compactMap { span($0).exception })
        let message = commonest(errors.map { span($0).statusText })
        // Examples of what failed most often; the first with a stack tells where.
        let typical = errors.filter { span($0).exception == exception && (exception != nil || span($0).statusText == message) }
        let thrown = (typical.first { !span($0).frames.isEmpty } ?? typical.first).map { span($0) }
        let callee = failingCallee(errors)
        let what = exception ?? message ?? "error"
        var reason =
            "\(finding.count) of \(finding.total) calls failed here first, usually \(SignalNumber.text(finding.shareBefore * 100)) %"
        if let callee {
            let answered = errors.count { !forest.linked[$0].children.isEmpty }
            reason += answered == 0 ? "; \(callee) sent no span of them" : "; \(callee), which it calls, shows no error"
        }
        var attributes: [String: JSONValue] = [
            EventAttribute.strength: .double((strength * 1_000).rounded() / 1_000), EventAttribute.count: .int(finding.count),
            EventAttribute.operation: .string(operation.operation), EventAttribute.endedAt: .int((finding.last + 1) * .minuteMs),
            EventAttribute.reason: .string(reason), "share": .double((share * 10_000).rounded() / 10_000),
        ]
        if let message { attributes[EventAttribute.message] = .string(message.clipped(to: 1_000)) }
        if let callee { attributes[EventAttribute.callee] = .string(callee) }
        if let exception { attributes[EventAttribute.exception] = .string(exception) }
        if let frames = thrown?.frames, !frames.isEmpty { attributes[EventAttribute.frames] = .array(frames.prefix(32).map(\.json)) }
        let traces = traces(typical)
        if !traces.isEmpty { attributes[EventAttribute.exemplarTraces] = .strings(traces) }
        return Event(
            source: .traces, type: .errorSpans, subject: "\(operation.operation):\(finding.onset)",
            at: Instant(ms: finding.onset * .minuteMs),
            severity: finding.count >= 10 && share >= 0.05 ? .high : .medium,
            title: "\(operation.operation) fails: \(what), \(SignalNumber.text(share * 100)) % of calls".clipped(
                to: Limits.titleCharacters),
            service: operation.service, host: commonInstance(errors), attributes: attributes, origin: origin, traceID: traces.first)
    }

    /// The service that the failed calls of an operation go to, when it is one and nine of ten calls of the operation do.
    private func failingCallee(_ errors: [Int]) -> String? {
        guard let first = errors.first else { return nil }
        let near = (operations[operation(first)] ?? []).filter { minute($0) <= minute(first) && minute($0) > minute(first) - 1_260 }
        let callees = near.compactMap { forest.linked[$0].remoteChild.map { span($0).service } }
        guard let callee = commonest(callees), callees.count(where: { $0 == callee }) * 10 >= near.count * 9, near.count >= 10 else {
            return nil
        }
        return callee
    }

    /// Of the texts that are not empty the most frequent; of equals the least.
    private func commonest(_ texts: [String]) -> String? {
        var counts: [String: Int] = [:]
        for text in texts where !text.isEmpty { counts[text, default: 0] += 1 }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
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
