/// The ways in which telemetry accuses a service.
package enum CauseChannel: CaseIterable, Sendable {
    /// Where time was spent that is usually not spent, from spans.
    case time
    /// A resource of the service ran out.
    case saturation
    /// Its latency, errors or success rate, as its metrics tell them.
    case symptom
    /// Metrics that name both ends of a call.
    case dependency
    /// Calls that are usually made and now are not, or the other way round.
    case structure
    /// The same of the log messages of one request.
    case pattern
    /// Errors that begin here.
    case errors

    package var name: String {
        switch self {
        case .time: "time"
        case .saturation: "saturation"
        case .symptom: "symptom"
        case .dependency: "dependency"
        case .structure: "structure"
        case .pattern: "pattern"
        case .errors: "errors"
        }
    }
}

/// What one channel says about one service at one moment.
package struct ChannelEvidence: Hashable, Sendable {
    package var service: String
    package var channel: CauseChannel
    /// 0…1
    package var value: Double
    /// One readable fact, without a full stop.
    package var why: String
    package var instance: String?
    /// The metric that tells it, if one does.
    package var metric: String?
    package var operation: String?
    /// True when others tell it (a caller that lost a call): it explains nothing of theirs.
    package var isHearsay: Bool
    /// True when it is about time that spans measure better.
    package var isLatency: Bool
    package init(
        service: String, channel: CauseChannel, value: Double, why: String, instance: String? = nil, metric: String? = nil,
        operation: String? = nil, isHearsay: Bool = false, isLatency: Bool = false
    ) {
        self.service = service
        self.channel = channel
        self.value = value
        self.why = why
        self.instance = instance
        self.metric = metric
        self.operation = operation
        self.isHearsay = isHearsay
        self.isLatency = isLatency
    }
}

/// A case as its signals date it, before anything is measured.
package struct CaseMoment: Hashable, Sendable {
    /// Empty for a single incident.
    package var key: String
    package var onset: Instant
    package var lastSignalAt: Instant
    /// True when only builds and tests failed: there is no telemetry of it.
    package var isBuildOnly: Bool
    /// Nil when there is nothing to ask, or nobody to.
    package var question: CodeQuestion?
    package init(key: String, onset: Instant, lastSignalAt: Instant, isBuildOnly: Bool = false, question: CodeQuestion? = nil) {
        self.key = key
        self.onset = onset
        self.lastSignalAt = lastSignalAt
        self.isBuildOnly = isBuildOnly
        self.question = question
    }
}

/// What telemetry says if the trouble began at one moment.
package struct CauseReading: Hashable, Sendable {
    package var at: Instant
    /// How likely this moment is, beside the others.
    package var weight: Double
    /// At most one entry for each service and channel, by service, then channel.
    package var evidence: [ChannelEvidence]
    /// True when there are spans, so that time is measured and metrics of latency only repeat it.
    package var hasSpans: Bool
    /// Services on traces that took too long.
    package var onSlowTraces: Set<String>
    /// Services of the map that send nothing at all.
    package var silent: Set<String>
    package init(
        at: Instant, weight: Double, evidence: [ChannelEvidence], hasSpans: Bool = false, onSlowTraces: Set<String> = [],
        silent: Set<String> = []
    ) {
        self.at = at
        self.weight = weight
        self.evidence = evidence
        self.hasSpans = hasSpans
        self.onSlowTraces = onSlowTraces
        self.silent = silent
    }
}
