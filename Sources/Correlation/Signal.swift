import Model

/// Which world a signal speaks of. Worlds meet only over shared facts: a red build is not an outage because both were at noon.
enum SignalFamily { case runtime, build, provider, people }

/// What a signal says, told from its type and the words of its metric.
enum SignalNature {
    case saturation, platform, latency, errors, alert, silence, novelty, test, outage, report, traffic, other

    /// A failure that somebody notices; the rest are states that lead to one.
    var isFailure: Bool {
        switch self {
        case .latency, .errors, .alert, .silence, .test, .report, .other: true
        case .saturation, .platform, .novelty, .outage, .traffic: false
        }
    }
    /// True for what callers catch from the services they call.
    var propagates: Bool {
        switch self {
        case .latency, .errors, .alert, .silence, .novelty, .traffic, .report, .other: true
        case .saturation, .platform, .test, .outage: false
        }
    }
}

/// One signal event, read once. A class only so that the many lists a signal stands in share it: an event is wide.
final class Signal: Sendable {
    let event: Event
    let startMs: Int64
    /// Never before `startMs` nor after both it and now.
    let endMs: Int64
    /// Empty when unknown.
    let service: String
    let family: SignalFamily
    let nature: SignalNature
    let strength: Double
    /// Severe and sure enough to open an investigation by itself.
    let isStrong: Bool

    /// True when it was derived from telemetry that can be measured again.
    var isMeasured: Bool {
        switch event.type {
        case .metricAnomaly, .metricGap, .slowOperation, .errorSpans, .missingSpans, .errorBurst, .newLogTemplate, .logBurst, .logSilence,
            .levelEscalation:
            true
        default: false
        }
    }
    var fingerprint: Fingerprint { event.fingerprint }
    var start: Instant { Instant(ms: startMs) }
    var end: Instant { Instant(ms: endMs) }
    /// The detector's reason, or the title.
    var said: String { (event.text(EventAttribute.reason) ?? event.title).clipped(to: 160) }

    /// True for a rise in level alone, which does not say what happened.
    var isVague: Bool { event.type == .levelEscalation }
    /// How much a headline made of it would tell, 0 the most: an exception or an error in words, a call that fails, what a monitor
    /// says, a rate.
    var eloquence: Int {
        if event.text(EventAttribute.exception) != nil || nature == .test { return 0 }
        switch event.type {
        case .newLogTemplate, .errorBurst, .logBurst: return nature == .errors ? 0 : 4
        case .errorSpans: return 1
        case .alert: return 2
        case .slowOperation: return 3
        case .levelEscalation: return 5
        default: return 4
        }
    }

    init(_ event: Event, rules: CorrelationRules, now: Instant) {
        self.event = event
        startMs = event.occurredAt.ms
        endMs = max(event.occurredAt.ms, min(event.endedAt?.ms ?? event.occurredAt.ms, max(now.ms, event.occurredAt.ms)))
        service = event.service ?? ""
        family = Signal.family(of: event)
        nature = Signal.nature(of: event)
        strength = Scores.bounded(event.strength)
        isStrong = event.severity >= rules.minimumSeverity && strength >= rules.minimumStrength
    }

    /// By time, then fingerprint: the one order of signals everywhere in this room.
    static func isEarlier(_ left: Signal, _ right: Signal) -> Bool {
        (left.startMs, left.fingerprint, left.event.id) < (right.startMs, right.fingerprint, right.event.id)
    }

    /// How long the nearness of two signals of such a type lasts: e-folding times, in ms.
    var windowMs: Double {
        switch family {
        case .build: 60 * 60_000
        case .provider, .people: 30 * 60_000
        case .runtime: nature == .alert ? 20 * 60_000 : 15 * 60_000
        }
    }

    private static func family(of event: Event) -> SignalFamily {
        switch event.type {
        case .testFailure, .testSlowdown, .buildFailure: .build
        case .providerOutage: .provider
        case .report: .people
        default:
            switch event.source {
            case .ci, .git: .build
            case .feeds: .provider
            case .tickets: .people
            default: .runtime
            }
        }
    }

    private static func nature(of event: Event) -> SignalNature {
        switch event.type {
        case .testFailure, .buildFailure: return .test
        case .providerOutage: return .outage
        case .report: return .report
        case .alert: return .alert
        case .kubernetesWarning: return .platform
        case .slowOperation, .testSlowdown: return .latency
        case .errorSpans, .errorBurst: return .errors
        case .logSilence, .metricGap, .missingSpans: return .silence
        case .newLogTemplate, .logBurst, .levelEscalation: return isErrorLog(event) ? .errors : .novelty
        case .metricAnomaly:
            return nature(ofMetric: event.text(EventAttribute.metric) ?? event.title, direction: event.text(EventAttribute.direction))
        default: return .other
        }
    }

    private static func isErrorLog(_ event: Event) -> Bool {
        if event.text(EventAttribute.exception) != nil { return true }
        if let level = event.text(EventAttribute.level), let severity = Severity(word: level) { return severity >= .high }
        return event.severity >= .high
    }

    /// By the words in a metric's name; errors win over latency, latency over saturation, saturation over traffic.
    static func nature(ofMetric name: String, direction: String? = nil) -> SignalNature {
        let words = Set(
            TextTokens.plainWords(name.map { $0 == "." || $0 == "_" || $0 == "/" ? " " : String($0) }.joined()).map(TextTokens.stem))
        func has(_ list: Set<String>) -> Bool { !words.isDisjoint(with: list) }
        if has(errorWords) { return .errors }
        if direction == "down" && has(["availability", "success", "uptime"]) { return .errors }
        if has(latencyWords) { return .latency }
        if has(saturationWords) { return .saturation }
        if has(trafficWords) { return .traffic }
        return .other
    }
    private static let errorWords: Set<String> = [
        "error", "errors", "fail", "failed", "failure", "5xx", "exception", "timeout", "rejected", "reject", "refus", "abort",
        "unavailable",
    ]
    private static let latencyWords: Set<String> = [
        "latency", "duration", "p50", "p75", "p90", "p95", "p99", "delay", "response", "elaps", "wait", "slow", "apdex",
    ]
    private static let saturationWords: Set<String> = [
        "cpu", "mem", "memory", "heap", "gc", "disk", "io", "fs", "thread", "queue", "pool", "throttl", "restart", "fd", "socket", "inode",
        "swap", "oom", "connection", "lag", "load", "backlog", "usage", "utilization", "saturation", "space", "rss", "lock", "locks",
        "goroutin", "evict", "network", "receiv", "transmit", "byte",
    ]
    private static let trafficWords: Set<String> = [
        "request", "rps", "qps", "throughput", "traffic", "call", "hit", "order", "visit", "rate",
    ]

    /// Slow-burning housekeeping that overlaps everything and explains nothing, unless the other signal speaks of it too.
    /// Its number, -1 for none.
    static func housekeepingSubject(_ text: Set<String>) -> Int {
        housekeeping.firstIndex { !text.isDisjoint(with: $0) } ?? -1
    }
    private static let housekeeping: [Set<String>] = [
        ["disk", "inode", "filesystem", "volume", "enospc"], ["certificate", "certificat", "cert", "x509", "expiry"],
        ["backup", "restore", "snapshot"], ["ntp", "chrony", "skew"],
    ]
}
