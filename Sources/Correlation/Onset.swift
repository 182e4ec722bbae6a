import Model

/// When one incident began, told from the onsets of its signals, for evidence that nobody dated.
enum Onset {
    static let gatherMs: Int64 = 180_000
    static let quietMs: Int64 = 240_000
    static let apartMs: Int64 = 60_000
    static let nearShare = 0.7
    static let hintWeight = 2.0
    static let mostCandidates = 240

    /// Up to three moments with weights (gain / best gain)². The gain of a moment is the sum over services of the surest signal that
    /// begins within three minutes after it, less that of the four minutes before.
    static func estimate(_ signals: [Signal]) -> [(at: Instant, weight: Double)] {
        let ordered = signals.sorted(by: Signal.isEarlier)
        var starts: [Int64] = []
        for signal in ordered where starts.last.map({ signal.startMs - $0 >= 15_000 }) ?? true { starts.append(signal.startMs) }
        if starts.count > mostCandidates {
            let step = Double(starts.count) / Double(mostCandidates)
            starts = (0..<mostCandidates).map { starts[Int(Double($0) * step)] }
        }
        let gains = starts.map { start in (at: start, gain: gain(ordered, at: start)) }
        let best = gains.map(\.gain).max() ?? 0
        if best <= 0 { return ordered.first.map { [(at: $0.start, weight: 1)] } ?? [] }
        var out: [(at: Instant, weight: Double)] = []
        for candidate in gains.sorted(by: { ($1.gain, $0.at) < ($0.gain, $1.at) }) where candidate.gain >= nearShare * best && out.count < 3
        {
            if out.contains(where: { abs(Moments.elapsed($0.at.ms, candidate.at)) < apartMs }) { continue }
            let share = candidate.gain / best
            out.append((at: Instant(ms: candidate.at), weight: share * share))
        }
        return out
    }

    private static func gain(_ ordered: [Signal], at start: Int64) -> Double {
        var after: [String: Double] = [:]
        var before: [String: Double] = [:]
        let first = ordered.partitionPoint { Moments.elapsed(start, $0.startMs) < -quietMs }
        for signal in ordered[first...] {
            let late = Moments.elapsed(start, signal.startMs)
            if late > gatherMs { break }
            let sure = ServiceCauses.confidence(signal)
            if late >= 0 {
                after[signal.service] = max(after[signal.service] ?? 0, sure)
            } else {
                before[signal.service] = max(before[signal.service] ?? 0, sure)
            }
        }
        return after.keys.sorted().reduce(0) { $0 + (after[$1] ?? 0) } - 0.5 * before.keys.sorted().reduce(0) { $0 + (before[$1] ?? 0) }
    }

    /// The moments a single incident is ranked for: the hint counts twice beside up to two estimates around it, so that a wrong
    /// hint costs little.
    static func cuts(_ signals: [Signal], hint: Instant?) -> [(at: Instant, weight: Double)] {
        guard let hint else { return estimate(signals) }
        let near = signals.filter { abs(Moments.elapsed(hint.ms, $0.startMs)) <= 30 * Int64.minuteMs }
        return [(at: hint, weight: hintWeight)] + estimate(near).prefix(2).map { (at: $0.at, weight: 1) }
    }
}
