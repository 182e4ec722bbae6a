import Model

/// Made-up incidents that overlap in time, each signal labelled with the incident it belongs to; the same seed gives the same
/// signals. What is known by construction: which service failed first, who calls it, and which signals are noise.
package struct OverlappingIncidents: Sendable {
    package enum Family: String, CaseIterable, Sendable {
        /// Different branches of the call graph.
        case apart
        /// Branches that meet in one caller.
        case neighbours
        /// The same symptom at the same time in services that do not call each other.
        case twins
        /// Few signals, minutes apart.
        case slow
        /// As many stray signals as signals.
        case noisy
    }

    package let family: Family
    package let seed: UInt64
    package private(set) var map = ServiceMap()
    /// By time, then id.
    package private(set) var events: [Event] = []
    /// The incident of a signal; noise has none.
    package private(set) var incident: [Fingerprint: Int] = [:]
    package private(set) var incidentCount = 0

    /// Ten in the morning of a day.
    package static let start = Instant(ms: 1_795_341_600_000)
    package var end: Instant { Self.start + 6 * .hourMs }

    private var chance: SplitMix64
    private var layers: [[String]] = []
    private var used: Set<String> = []

    package init(_ family: Family, seed: UInt64) {
        self.family = family
        self.seed = seed
        chance = SplitMix64(seed: seed &* 0x9E37_79B9 &+ UInt64(Family.allCases.firstIndex(of: family) ?? 0))
        makeMap()
        makeIncidents()
        makeNoise()
        events.sort { ($0.occurredAt, $0.id) < ($1.occurredAt, $1.id) }
    }

    // MARK: - The shop

    private mutating func makeMap() {
        let counts = [2, 6, 10, 6]
        let names = ["web", "flow", "unit", "base"]
        layers = zip(names, counts).map { name, count in (0..<count).map { "\(name)-\($0)" } }
        for layer in 0..<3 {
            for caller in layers[layer] {
                for callee in shuffled(layers[layer + 1]).prefix(layer == 0 ? 4 : 2) { map.add(caller: caller, callee: callee, calls: 100) }
            }
        }
    }

    private mutating func shuffled(_ list: [String]) -> [String] {
        var list = list
        for index in list.indices.dropLast() { list.swapAt(index, index + chance.below(list.count - index)) }
        return list
    }

    // MARK: - Incidents

    private static let faults = ["pool", "heap", "socket", "shard", "lease", "quota", "disk", "thread"]
    private static let words = [
        "no free slot in the pool", "allocation refused by the heap", "peer closed its socket", "shard has no leader",
        "lease ran out before renewal", "quota of the tenant is spent", "no space left on the volume", "all workers are busy",
    ]

    private mutating func makeIncidents() {
        let moments: [Int64]
        switch family {
        case .twins:
            let at = Int64(chance.below(60)) * .minuteMs
            moments = [at, at + Int64(chance.below(20)) * 1_000]
        case .slow: moments = (0..<2).map { _ in Int64(chance.below(120)) * .minuteMs }
        default: moments = (0..<(3 + chance.below(3))).map { _ in Int64(chance.below(40 * 60)) * 1_000 }
        }
        let fault = chance.below(Self.faults.count)
        for (number, moment) in moments.enumerated() {
            guard let root = root(number) else { return }
            cascade(root, Self.start + moment, fault: family == .twins ? fault : (fault + number) % Self.faults.count)
            incidentCount += 1
        }
    }

    private mutating func root(_ number: Int) -> String? {
        let deep = layers[2] + layers[3]
        var free = shuffled(deep).filter { !used.contains($0) && !touchesUsed($0) }
        if family == .neighbours, number > 0 {
            let near = shuffled(deep).filter { !used.contains($0) && touchesUsed($0) }
            free = near + free
        }
        return free.first ?? shuffled(deep).first { !used.contains($0) }
    }

    /// A caller of it was struck already.
    private func touchesUsed(_ service: String) -> Bool {
        used.contains(service)
            || map.callers(of: service).contains { used.contains($0) || map.callers(of: $0).contains(where: used.contains) }
    }

    /// The root saturates and fails; one caller on each level follows.
    private mutating func cascade(_ root: String, _ start: Instant, fault: Int) {
        var front = [root]
        var moment = start
        let stretch: Int64 = family == .slow ? 8 : 1
        for level in 0..<3 {
            var next: [String] = []
            for service in front where used.insert(service).inserted {
                let until = moment + Int64(300 + chance.below(600)) * 1_000 * stretch
                let jitter = Int64(chance.below(40)) * 1_000 * stretch
                if level == 0 { add(metric(service, "\(Self.faults[fault])_used", moment, until)) }
                add(message(service, Self.words[fault], moment + 15_000 + jitter, until, exception: "\(Self.faults[fault])Exhausted"))
                if family != .slow || level == 0 { add(metric(service, "error_rate", moment + 30_000 + jitter, until)) }
                if chance.chance(0.5) { add(spans(service, moment + 40_000 * stretch, until)) }
                if chance.chance(0.5) { add(alert(service, "ErrorsHigh", moment + 120_000 * stretch, until, .high)) }
                next += shuffled(map.callers(of: service).filter { !used.contains($0) }).prefix(1)
            }
            front = next
            moment = moment + Int64(20 + chance.below(50)) * 1_000 * stretch
        }
    }

    private mutating func makeNoise() {
        let count = family == .noisy ? events.count : events.count / 4
        let all = layers.flatMap { $0 }
        for index in 0..<count {
            let service = chance.pick(all)
            let at = Self.start + Int64(chance.below(180) - 60) * .minuteMs + Int64(chance.below(60)) * 1_000
            switch index % 4 {
            case 0: addNoise(metric(service, "cpu", at, at + .minuteMs, .low, strength: 0.35))
            case 1: addNoise(alert(service, "DiskSpaceLow", at, at + 10 * .minuteMs, .medium, host: "node-\(index)"))
            case 2:
                addNoise(message(service, "cache entry \(index) was rebuilt", at, at + .minuteMs, .medium, strength: 0.4, exception: nil))
            default: addNoise(metric(service, "gc_pause", at, at + 2 * .minuteMs, .medium, strength: 0.45))
            }
        }
    }

    private mutating func add(_ event: Event) {
        events.append(event)
        incident[event.fingerprint] = incidentCount
    }
    private mutating func addNoise(_ event: Event) { events.append(event) }

    // MARK: - Signals

    private func metric(
        _ service: String, _ metric: String, _ at: Instant, _ until: Instant, _ severity: Severity = .high, strength: Double = 0.9
    ) -> Event {
        Event(
            source: .metrics, type: .metricAnomaly, subject: "\(metric) \(at.ms)", at: at, severity: severity,
            title: "\(metric) 90; usual 10 to 20", service: service,
            attributes: [
                EventAttribute.metric: .string(metric), EventAttribute.strength: .double(strength), EventAttribute.peak: 90.0,
                EventAttribute.usualLow: 10.0, EventAttribute.usualHigh: 20.0, EventAttribute.direction: "up",
                EventAttribute.endedAt: .int(until.ms),
            ])
    }

    private func message(
        _ service: String, _ template: String, _ at: Instant, _ until: Instant, _ severity: Severity = .high, strength: Double = 0.9,
        exception: String?
    ) -> Event {
        var attributes: [String: JSONValue] = [
            EventAttribute.template: .string(template), EventAttribute.templateID: .string(Fingerprint(service, template).text),
            EventAttribute.strength: .double(strength), EventAttribute.level: severity >= .high ? "error" : "warning",
            EventAttribute.endedAt: .int(until.ms),
        ]
        if let exception { attributes[EventAttribute.exception] = .string(exception) }
        return Event(
            source: .logs, type: .newLogTemplate, subject: "\(template) \(at.ms)", at: at, severity: severity,
            title: "New message: \(template)", service: service, attributes: attributes)
    }

    private func spans(_ service: String, _ at: Instant, _ until: Instant) -> Event {
        Event(
            source: .traces, type: .errorSpans, subject: "call \(at.ms)", at: at, severity: .high, title: "call: failing spans",
            service: service,
            attributes: [EventAttribute.operation: "call", EventAttribute.strength: 0.9, EventAttribute.endedAt: .int(until.ms)])
    }

    private func alert(
        _ service: String, _ name: String, _ at: Instant, _ until: Instant, _ severity: Severity, host: String? = nil
    ) -> Event {
        Event(
            source: .alerts, type: .alert, subject: "\(name) \(at.ms)", at: at, severity: severity, title: name, service: service,
            host: host,
            attributes: [EventAttribute.strength: 0.9, EventAttribute.endedAt: .int(until.ms)])
    }
}
