import Model

/// Which symptoms a known cause explains, told from the map: a muted signal is marked with the signal that mutes it, never
/// dropped.
enum Inhibition {
    static let mostSteps = 3
    static let toleranceMs: Int64 = 60_000
    static let mostCauses = 3

    /// The muting signal of each muted one. A cause is a service scoring at least `CauseRanking.probable`; it mutes what its
    /// callers, up to three calls above and through struck services only, caught from a minute before it on, as long as they
    /// score less. Saturation, crashes, tests and failures with a stack of the caller's own code are never muted.
    static func find(blast: BlastRadius, services: ServiceCauses, map: ServiceMap) -> [Fingerprint: Signal] {
        let struck = Set(blast.services)
        let scores = Dictionary(uniqueKeysWithValues: services.causes.map { ($0.service, $0.score) })
        var out: [Fingerprint: Signal] = [:]
        for cause in services.causes.prefix(mostCauses) where cause.score >= CauseRanking.probable {
            guard let first = blast.strong.first(where: { $0.service == cause.service }) else { continue }
            let above = callers(of: cause.service, map: map, struck: struck)
            for signal in blast.signals where above.contains(signal.service) && out[signal.fingerprint] == nil {
                if !signal.nature.propagates || signal.family != .runtime { continue }
                if signal.event.type == .newLogTemplate && signal.event.stackFrames.contains(where: { !CodeBlame.isLibrary($0) }) {
                    continue
                }
                if (scores[signal.service] ?? 0) >= cause.score || Moments.elapsed(first.startMs, signal.startMs) < -toleranceMs {
                    continue
                }
                out[signal.fingerprint] = first
            }
        }
        return out
    }

    private static func callers(of service: String, map: ServiceMap, struck: Set<String>) -> Set<String> {
        var seen: Set<String> = []
        var front = [service]
        for _ in 0..<mostSteps {
            var next: [String] = []
            for called in front {
                for caller in map.callers(of: called) where caller != service && struck.contains(caller) && seen.insert(caller).inserted {
                    next.append(caller)
                }
            }
            front = next
        }
        return seen
    }
}
