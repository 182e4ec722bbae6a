import Model

/// Puts the findings in one service's logs into words and events.
struct LogSignalWriter {
    private let history: LogHistory
    private let templates: LogTemplates
    private let origin: String
    /// Ascending.
    private(set) var templateIDs: [Int64] = []
    /// Records at level warning and above, or without a level but speaking of failure, by template.
    private(set) var problems: [Int64: MinuteSeries] = [:]
    /// All others.
    private(set) var routine: [Int64: MinuteSeries] = [:]
    private(set) var service: MinuteSeries
    private(set) var firstSeen: [Int64: Instant] = [:]
    private var exemplars: [Int64: [LogExemplar]] = [:]
    private var levels: [Int64: [(minute: Int64, level: LogLevel)]] = [:]

    init(history: LogHistory, templates: LogTemplates, origin: String) {
        self.history = history
        self.templates = templates
        self.origin = origin
        var problemCounts: [Int64: [(minute: Int64, count: Int64)]] = [:]
        var routineCounts: [Int64: [(minute: Int64, count: Int64)]] = [:]
        var speaks: [Int64: Bool] = [:]
        for count in history.counts {
            let template = templates.template(of: count.leaf)
            var isProblem = count.level >= .warning
            if count.level == .unknown {
                if speaks[template] == nil {
                    speaks[template] = ErrorWords.speaksOfFailure(Self.pattern(template, templates, history))
                }
                isProblem = speaks[template] ?? false
            }
            if isProblem {
                problemCounts[template, default: []].append((count.minute, count.count))
                levels[template, default: []].append((count.minute, count.level))
            } else {
                routineCounts[template, default: []].append((count.minute, count.count))
            }
        }
        problems = problemCounts.mapValues { MinuteSeries($0) }
        routine = routineCounts.mapValues { MinuteSeries($0) }
        service = MinuteSeries(history.counts.map { ($0.minute, $0.count) })
        templateIDs = Set(problems.keys).union(routine.keys).sorted()
        for (leaf, at) in history.firstSeen {
            let template = templates.template(of: leaf)
            firstSeen[template] = min(firstSeen[template] ?? at, at)
        }
        for exemplar in history.exemplars { exemplars[templates.template(of: exemplar.leaf), default: []].append(exemplar) }
        exemplars = exemplars.mapValues { list in
            list.sorted { ($0.at.ms, $0.path, $0.offset, $0.leaf) < ($1.at.ms, $1.path, $1.offset, $1.leaf) }
        }
    }

    private static func pattern(_ template: Int64, _ templates: LogTemplates, _ history: LogHistory) -> String {
        let pattern = templates.pattern(of: template)
        return pattern.isEmpty ? history.leaves[template]?.pattern ?? "" : pattern
    }
    private func pattern(_ template: Int64) -> String {
        let text = Self.pattern(template, templates, history)
        return text.isEmpty ? "(no text)" : text
    }

    // MARK: - Events

    func newMessage(_ template: Int64, _ new: LogSignals.NewMessage) -> Event {
        let level = worstLevel(template, from: new.at.minute, through: new.last)
        let strength = (level == .warning ? 0.35 : 0.55) + 0.4 * (1 - 1 / (1 + Double(new.count) / 20))
        let known = readableDuration(ms: new.at - history.serviceFirstSeen)
        var event = event(
            .newLogTemplate, template, at: new.at, last: new.last, severity: severity(level, count: new.count), strength: strength,
            title: "New message: \(pattern(template))",
            reason:
                "first seen at \(new.at.clock), \(known) after \(history.service) began to log; "
                + "\(records(new.count)) in \(span(new.at.minute, new.last))"
        )
        event.attributes[EventAttribute.level] = .string(level.word)
        return finished(event, count: new.count, baseline: 0, peak: new.peak)
    }

    func burst(_ template: Int64, _ burst: LogBursts.Burst, isProblem: Bool) -> Event {
        let level = isProblem ? worstLevel(template, from: burst.onset, through: burst.last) : .info
        let certainty = burst.surprise / (burst.surprise + 25)
        let strength = isProblem ? (level == .warning ? 0.75 : 1) * (0.3 + 0.7 * certainty) : 0.4 * certainty
        var event = event(
            isProblem ? .errorBurst : .logBurst, template, at: Instant(ms: burst.onset * .minuteMs), last: burst.last,
            severity: isProblem ? severity(level, count: burst.count) : .low, strength: strength,
            title: "Burst ×\(burst.count): \(pattern(template))",
            reason: "\(records(burst.count)) in \(span(burst.onset, burst.last)), usually \(number(burst.baseline)) a minute")
        event.attributes[EventAttribute.level] = .string(level.word)
        return finished(event, count: burst.count, baseline: burst.baseline, peak: burst.peak)
    }

    func silence(_ template: Int64, _ silence: LogSilences.Silence) -> Event {
        var event = event(
            .logSilence, template, at: Instant(ms: silence.onset * .minuteMs), last: silence.end.map { $0 - 1 }, severity: .low,
            strength: 0.35,
            title: "Silent: \(pattern(template))",
            reason:
                "none for \(span(silence.onset, silence.onset + silence.minutes - 1)), usually \(number(silence.baseline)) a minute; "
                + "other messages went on"
        )
        event.attributes[EventAttribute.level] = .string(LogLevel.info.word)
        return finished(event, count: 0, baseline: silence.baseline, peak: 0)
    }

    func wholeSilence(_ silence: LogSilences.Silence) -> Event {
        let event = Event(
            source: .logs, type: .logSilence, subject: "all:\(silence.onset)", at: Instant(ms: silence.onset * .minuteMs),
            severity: .medium,
            title: "No log records for \(span(silence.onset, silence.onset + silence.minutes - 1))", service: history.service,
            attributes: [
                EventAttribute.strength: .double(0.5), EventAttribute.count: 0,
                EventAttribute.endedAt: .int((silence.end ?? silence.onset + silence.minutes) * .minuteMs),
                EventAttribute.reason: .string("\(history.service) logs \(number(silence.baseline)) records a minute and logged none"),
            ], origin: origin)
        return finished(event, count: 0, baseline: silence.baseline, peak: 0)
    }

    // MARK: - Parts

    private func event(
        _ type: EventType, _ template: Int64, at: Instant, last: Int64?, severity: Severity, strength: Double, title: String, reason: String
    ) -> Event {
        let hex = String(template, radix: 16)
        var attributes: [String: JSONValue] = [
            EventAttribute.strength: .double((min(1, strength) * 1_000).rounded() / 1_000), EventAttribute.templateID: .string(hex),
            EventAttribute.template: .string(pattern(template).clipped(to: 2_000)), EventAttribute.reason: .string(reason),
        ]
        if let last { attributes[EventAttribute.endedAt] = .int((last + 1) * .minuteMs) }
        let near = exemplars(of: template, from: at, through: last ?? at.minute)
        if let exemplar = near.first {
            attributes[EventAttribute.exemplar] = .string(exemplar.text.clipped(toBytes: 2_048))
            attributes[EventAttribute.exemplarPosition] = .string("\(exemplar.path):\(exemplar.offset)")
        }
        if let thrown = near.first(where: { $0.exception != nil || !$0.frames.isEmpty }) {
            if let exception = thrown.exception { attributes[EventAttribute.exception] = .string(exception) }
            if !thrown.frames.isEmpty { attributes[EventAttribute.frames] = .array(thrown.frames.prefix(32).map(\.json)) }
        }
        var traces: [String] = []
        for trace in near.compactMap(\.traceID) where !traces.contains(trace) && traces.count < 3 { traces.append(trace) }
        if !traces.isEmpty { attributes[EventAttribute.exemplarTraces] = .strings(traces) }
        return Event(
            source: .logs, type: type, subject: "\(hex):\(at.minute)", at: at, severity: severity,
            title: title.clipped(to: Limits.titleCharacters),
            service: history.service, host: near.first?.host, attributes: attributes, origin: origin, traceID: traces.first)
    }

    private func finished(_ event: Event, count: Int64, baseline: Double, peak: Int64) -> Event {
        var event = event
        event.attributes[EventAttribute.count] = .int(count)
        event.attributes["baseline_per_minute"] = .double((baseline * 1_000).rounded() / 1_000)
        event.attributes["peak_per_minute"] = .int(peak)
        event.sealID()
        return event
    }

    /// Exemplars inside the signal, else the last one of the hour before.
    private func exemplars(of template: Int64, from at: Instant, through last: Int64) -> [LogExemplar] {
        let all = exemplars[template] ?? []
        let minute = at.minute * .minuteMs
        let inside = all.filter { $0.at.ms >= minute && $0.at.minute <= last }
        if !inside.isEmpty { return inside }
        return all.filter { $0.at.ms < minute && $0.at.ms >= minute - .hourMs }.suffix(1)
    }

    private func worstLevel(_ template: Int64, from first: Int64, through last: Int64) -> LogLevel {
        let found = (levels[template] ?? []).filter { $0.minute >= first && $0.minute <= last }.map(\.level).max() ?? .unknown
        return found == .unknown ? .error : found
    }

    /// One record says less than a hundred.
    private func severity(_ level: LogLevel, count: Int64) -> Severity {
        switch level {
        case .critical: count >= 3 ? .critical : .high
        case .error: count >= 5 ? .high : .medium
        default: count >= 20 ? .medium : .low
        }
    }

    private func records(_ count: Int64) -> String { count == 1 ? "1 record" : "\(count) records" }
    private func span(_ first: Int64, _ last: Int64) -> String { readableDuration(ms: (last - first + 1) * .minuteMs) }
    private func number(_ value: Double) -> String { value > 0 && value < 0.1 ? "less than 0.1" : SignalNumber.text(value) }
}
