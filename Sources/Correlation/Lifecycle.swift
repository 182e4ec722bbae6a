import Model

/// Status and times that follow from evidence and the clock. Nothing here remembers: an investigation that ended and came
/// back did so because its signals were silent for a quiet period in between, whichever run first looked.
struct Lifecycle {
    var status: InvestigationStatus
    var mitigatedAt: Instant?
    var resolvedAt: Instant?
    var reopenCount: Int
    var flapping: Bool

    static let flappingReopenings = 3

    init(blast: BlastRadius, recoveries: [Recovery], rules: CorrelationRules, now: Instant) {
        let quietMs = Int64(max(1, min(rules.quietPeriodMinutes, 1_000_000))) * Int64.minuteMs
        reopenCount = Self.reopenings(blast.signals, quietMs: quietMs)
        flapping = reopenCount >= Self.flappingReopenings
        mitigatedAt = Self.mitigation(blast, recoveries)
        (status, resolvedAt) = Self.status(lastSignalAt: blast.lastSignalAt, isMitigated: mitigatedAt != nil, quietMs: quietMs, now: now)
    }

    static func status(lastSignalAt: Instant, isMitigated: Bool, quietMs: Int64, now: Instant) -> (InvestigationStatus, Instant?) {
        if Moments.elapsed(lastSignalAt.ms, now.ms) >= quietMs { return (.resolved, lastSignalAt) }
        return (isMitigated ? .mitigated : .open, nil)
    }

    /// How often signals came back after a quiet period.
    private static func reopenings(_ signals: [Signal], quietMs: Int64) -> Int {
        guard var end = signals.first?.endMs else { return 0 }
        var count = 0
        for signal in signals.dropFirst() {
            if Moments.elapsed(end, signal.startMs) >= quietMs { count += 1 }
            end = max(end, signal.endMs)
        }
        return count
    }

    /// The last change after the first failure that nothing followed: a rollback, or a deployment of a struck service.
    private static func mitigation(_ blast: BlastRadius, _ recoveries: [Recovery]) -> Instant? {
        let struck = Set(blast.services)
        let good = recoveries.filter { recovery in
            recovery.isImprovement && recovery.event.type != .commit && recovery.event.occurredAt > blast.startedAt
                && (recovery.isRollback || recovery.event.service.map(struck.contains) ?? false)
        }
        return (good.first { $0.isRollback } ?? good.first)?.event.occurredAt
    }
}
