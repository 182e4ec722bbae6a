import Model

/// Finds where the same message moves to a worse level, and where a whole service's records turn into errors though no message
/// stands out.
///
/// All looks reach back less than 23 h and ahead at most 5 h.
struct LogEscalations {
    /// The counts of one template or service, by level.
    struct Levels {
        var entries: [(minute: Int64, level: LogLevel, count: Int64)] = []
        func series(where passes: (LogLevel) -> Bool) -> MinuteSeries {
            MinuteSeries(entries.filter { passes($0.level) }.map { ($0.minute, $0.count) })
        }
    }
    struct Escalation {
        var onset: Int64
        var last: Int64
        var from: LogLevel
        var to: LogLevel
        var count: Int64
        var peak: Int64
        var before: Int64
    }
    struct Spread {
        var burst: LogBursts.Burst
        /// Records of any level meanwhile.
        var all: Int64
        var shareBefore: Double
        var messages: Int
    }

    static let lookBack: Int64 = 1_140
    static let leastBefore: Int64 = 10
    static let leastCount: Int64 = 3
    static let leastKnown: Int64 = 30

    let serviceFirstMinute: Int64

    /// Escalations of one template that begin in `first..<end`: none at the level for 19 h, ten records below it meanwhile, and
    /// then three within ten minutes.
    func escalations(of levels: Levels, from first: Int64, to end: Int64) -> [Escalation] {
        var out: [Escalation] = []
        for level in [LogLevel.critical, .error] {
            let high = levels.series { $0 >= level }
            if high.minutes.isEmpty { continue }
            let low = levels.series { $0 < level && $0 != .unknown }
            for index in high.index(after: first - 1)..<max(high.index(after: first - 1), high.index(after: end - 1)) {
                let onset = high.minutes[index]
                if index > 0, onset - high.minutes[index - 1] <= Self.lookBack { continue }
                let before = low.sum(from: onset - Self.lookBack, through: onset - 1)
                guard onset - serviceFirstMinute >= Self.leastKnown, before >= Self.leastBefore,
                    high.sum(from: onset, through: onset + 10) >= Self.leastCount,
                    !out.contains(where: { abs($0.onset - onset) <= 15 })
                else { continue }
                var last = onset
                var peak: Int64 = 0
                for next in index..<high.index(after: onset + LogBursts.longestMinutes) {
                    if high.minutes[next] > last + 15 { break }
                    last = high.minutes[next]
                    peak = max(peak, high.count(at: next))
                }
                let entries = levels.entries.filter { $0.minute >= onset - Self.lookBack && $0.minute < onset && $0.level < level }
                let worst = levels.entries.filter { $0.minute >= onset && $0.minute <= last }.map(\.level).max() ?? level
                out.append(
                    Escalation(
                        onset: onset, last: last, from: entries.map(\.level).max() ?? .unknown, to: worst,
                        count: high.sum(from: onset, through: last), peak: peak, before: before))
            }
        }
        return out
    }

    /// Bursts of errors over a whole service whose share of all records rises threefold, when the messages that stand out by
    /// themselves do not hold half of it.
    func spreads(of service: Levels, templates: [Levels], from first: Int64, to end: Int64) -> [Spread] {
        let errors = service.series { $0 >= .error }
        if errors.minutes.isEmpty { return [] }
        let all = service.series { _ in true }
        let bursts = LogBursts(series: errors, serviceFirstMinute: serviceFirstMinute, sensitivity: .problem).bursts(from: first, to: end)
        if bursts.isEmpty { return [] }
        let own = templates.map { template in template.series { $0 >= .error } }
        return bursts.compactMap { burst in
            var quiet: Int64 = 0
            var messages = 0
            for series in own {
                let count = series.sum(from: burst.onset, through: burst.last)
                if count > 0 { messages += 1 }
                if !standsOut(series, in: burst) { quiet += count }
            }
            guard messages >= 2, quiet * 2 >= burst.count else { return nil }
            let now = all.sum(from: burst.onset, through: burst.last)
            let from = burst.onset - LogBursts.baselineMinutes
            let before = (errors: errors.sum(from: from, through: burst.onset - 1), all: all.sum(from: from, through: burst.onset - 1))
            let share = (Double(before.errors) + 0.5) / (Double(before.all) + 5)
            guard Double(burst.count) >= 3 * share * Double(now) else { return nil }
            return Spread(burst: burst, all: now, shareBefore: share, messages: messages)
        }
    }

    /// As a burst of its own would.
    private func standsOut(_ series: MinuteSeries, in burst: LogBursts.Burst) -> Bool {
        let most = series.largestFive(from: burst.onset, through: burst.last)
        let before = series.sum(from: burst.onset - LogBursts.baselineMinutes, through: burst.onset - 1)
        let expected = 5 * Double(before + 1) / Double(LogBursts.baselineMinutes)
        let least = LogBursts.Sensitivity.problem
        return most >= least.minimum && Double(most) >= least.ratio * expected
            && poissonSurprise(seen: Double(most), expected: expected) >= least.surprise
    }
}
