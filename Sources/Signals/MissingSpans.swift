import Model

/// Finds services whose spans stay away while their callers go on calling them: the service is down, or its exporter is.
struct MissingSpans {
    let index: TraceIndex

    func events(from first: Int64, to end: Int64, origin: String) -> [Event] {
        var callers: [String: Set<TraceOperation>] = [:]
        for edge in index.edges.keys { callers[edge.callee.service, default: []].insert(edge.caller) }
        return callers.sorted { $0.key < $1.key }.flatMap { service, operations in
            events(of: service, operations.sorted(), first, end, origin)
        }
    }

    private func events(of service: String, _ callers: [TraceOperation], _ first: Int64, _ end: Int64, _ origin: String) -> [Event] {
        let calls = callers.flatMap { index.operations[$0] ?? [] }
        let answered = calls.filter { index.forest.linked[$0].remoteChild.map { index.span($0).service } == service }
        let answers = MinuteSeries(answered.map { (index.minute($0), 1) })
        // A silence must fall while the calls go on.
        let all = MinuteSeries((calls + answered).map { (index.minute($0), 1) })
        return LogSilences(service: all).silences(of: answers, from: first, to: end).map { silence in
            let last = silence.onset + silence.minutes - 1
            let made = calls.filter { index.minute($0) >= silence.onset && index.minute($0) <= last }
            let names = Set(made.map { index.span($0).service }).sorted()
            let who = names.count == 1 ? names.joined() : "\(names.count) services"
            let length = readableDuration(ms: silence.minutes * .minuteMs)
            var attributes: [String: JSONValue] = [
                EventAttribute.strength: .double(0.4), EventAttribute.count: .int(Int64(made.count)),
                EventAttribute.reason: .string(
                    "\(made.count) calls by \(who) in \(length) without a span of \(service), which usually sends "
                        + "\(SignalNumber.text(silence.baseline)) a minute for them"),
            ]
            if let end = silence.end { attributes[EventAttribute.endedAt] = .int(end * .minuteMs) }
            let traces = made.prefix(3).map { index.span($0).traceID }
            if !traces.isEmpty { attributes[EventAttribute.exemplarTraces] = .strings(Array(traces)) }
            return Event(
                source: .traces, type: .missingSpans, subject: "missing:\(silence.onset)", at: Instant(ms: silence.onset * .minuteMs),
                severity: .medium,
                title: "No spans of \(service) for \(length) though \(who) went on calling".clipped(
                    to: Limits.titleCharacters), service: service, attributes: attributes, origin: origin)
        }
    }
}
