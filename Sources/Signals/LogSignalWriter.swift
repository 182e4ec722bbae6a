import Model

/// Puts the findings in one service's logs into words and events.
struct LogSignalWriter {
    let history: LogHistory
    let templates: LogTemplates
    let origin: String
    /// Ascending.
    private(set) var templateIDs: [Int64] = []
    /// Records at level warning and above, or without a level but speaking of failure, by template.
    private(set) var problems: [Int64: MinuteSeries] = [:]
    /// All others.
    private(set) var routine: [Int64: MinuteSeries] = [:]
    private(set) var service: MinuteSeries
    private(set) var firstSeen: [Int64: Instant] = [:]
    /// Every count of a template.
    private(set) var levels: [Int64: LogEscalations.Levels] = [:]
    private(set) var leaves: [Int64: Set<Int64>] = [:]
    /// Templates whose records without a level speak of failure.
    private var speaks: [Int64: Bool] = [:]
    private var exemplars: [Int64: [LogExemplar]] = [:]
    /// All exemplars by time.
    private var placed: [(template: Int64, exemplar: LogExemplar)] = []

    init(history: LogHistory, templates: LogTemplates, origin: String) {
        self.history = history
        self.templates = templates
        self.origin = origin
        var problemCounts: [Int64: [(minute: Int64, count: Int64)]] = [:]
        var routineCounts: [Int64: [(minute: Int64, count: Int64)]] = [:]
        var speaks: [Int64: Bool] = [:]
        var levels: [Int64: LogEscalations.Levels] = [:]
        var leaves: [Int64: Set<Int64>] = [:]
        for count in history.counts {
            let template = templates.template(of: count.leaf)
            var isProblem = count.level >= .warning
            if count.level == .unknown {
                if speaks[template] == nil {
                    speaks[template] = ErrorWords.speaksOfFailure(Self.pattern(template, templates, history))
                }
                isProblem = speaks[template] ?? false
            }
            levels[template, default: LogEscalations.Levels()].entries.append((count.minute, count.level, count.count))
            leaves[template, default: []].insert(count.leaf)
            if isProblem {
                problemCounts[template, default: []].append((count.minute, count.count))
            } else {
                routineCounts[template, default: []].append((count.minute, count.count))
            }
        }
        (self.speaks, self.levels, self.leaves) = (speaks, levels, leaves)
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
        placed = exemplars.flatMap { template, list in list.map { (template, $0) } }.sorted {
            ($0.1.at.ms, $0.1.path, $0.1.offset, $0.1.leaf) < ($1.1.at.ms, $1.1.path, $1.1.offset, $1.1.leaf)
        }
    }

    /// Whether a record of a template at this level is one of failure.
    func isProblem(_ template: Int64, _ level: LogLevel) -> Bool {
        level == .unknown ? speaks[template] ?? false : level >= .warning
    }

    private static func pattern(_ template: Int64, _ templates: LogTemplates, _ history: LogHistory) -> String {
        let pattern = templates.pattern(of: template)
        return pattern.isEmpty ? history.leaves[template]?.pattern ?? "" : pattern
    }
    func pattern(_ template: Int64) -> String {
        let text = Self.pattern(template, templates, history)
        return text.isEmpty ? "(no text)" : text
    }

    // MARK: - Events

    func newMessage(_ template: Int64, _ new: LogFinder.NewMessage) -> Event {
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

    // MARK: - Parts

    func event(
        _ type: EventType, _ template: Int64, at: Instant, last: Int64?, severity: Severity, strength: Double, title: String,
        reason: String,
        above level: LogLevel = .unknown
    ) -> Event {
        let hex = String(template, radix: 16)
        var attributes: [String: JSONValue] = [
            EventAttribute.strength: .double((min(1, strength) * 1_000).rounded() / 1_000), EventAttribute.templateID: .string(hex),
            EventAttribute.template: .string(pattern(template).clipped(to: 2_000)), EventAttribute.reason: .string(reason),
        ]
        if let last { attributes[EventAttribute.endedAt] = .int((last + 1) * .minuteMs) }
        let near = exemplars(of: template, from: at, through: last ?? at.minute, above: level)
        if type != .logSilence, let found = concentration(of: template, from: at, near) {
            attributes[EventAttribute.reason] = .string("\(reason); \(found.words)")
            attributes["concentrated_on"] = .string("\(found.key)=\(found.value)")
        }
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

    func finished(_ event: Event, count: Int64, baseline: Double, peak: Int64) -> Event {
        var event = event
        event.attributes[EventAttribute.count] = .int(count)
        event.attributes["baseline_per_minute"] = .double((baseline * 1_000).rounded() / 1_000)
        event.attributes["peak_per_minute"] = .int(peak)
        event.sealID()
        return event
    }

    /// Exemplars inside the signal, else the last one of the hour before.
    private func exemplars(of template: Int64, from at: Instant, through last: Int64, above level: LogLevel) -> [LogExemplar] {
        let all = (exemplars[template] ?? []).filter { $0.level >= level }
        let minute = at.minute * .minuteMs
        let inside = all.filter { $0.at.ms >= minute && $0.at.minute <= last }
        if !inside.isEmpty { return inside }
        return all.filter { $0.at.ms < minute && $0.at.ms >= minute - .hourMs }.suffix(1)
    }

    /// What the examples of a finding share that those of the 23 h before do not.
    private func concentration(of template: Int64?, from at: Instant, _ examples: [LogExemplar]) -> LogConcentration? {
        let begin = at.minute * .minuteMs
        let inside = examples.filter { $0.at.ms >= begin }
        guard inside.count >= LogConcentration.leastExamples else { return nil }
        let before = placed.filter { $0.exemplar.at.ms < begin && $0.exemplar.at.ms >= begin - 23 * .hourMs }
        return LogConcentration.find(in: inside, before: before, template: template)
    }

    private func worstLevel(_ template: Int64, from first: Int64, through last: Int64) -> LogLevel {
        let found =
            (levels[template]?.entries ?? []).filter { $0.minute >= first && $0.minute <= last && isProblem(template, $0.level) }
            .map(\.level).max() ?? .unknown
        return found == .unknown ? .error : found
    }

    /// One record says less than a hundred.
    func severity(_ level: LogLevel, count: Int64) -> Severity {
        switch level {
        case .critical: count >= 3 ? .critical : .high
        case .error: count >= 5 ? .high : .medium
        default: count >= 20 ? .medium : .low
        }
    }

    func records(_ count: Int64) -> String { count == 1 ? "1 record" : "\(count) records" }
    func span(_ first: Int64, _ last: Int64) -> String { readableDuration(ms: (last - first + 1) * .minuteMs) }
    func number(_ value: Double) -> String { value > 0 && value < 0.1 ? "less than 0.1" : SignalNumber.text(value) }
}
