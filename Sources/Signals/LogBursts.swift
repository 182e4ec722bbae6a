import Model

/// Finds spans of minutes in which a message comes much more often than before. Every decision at minute t looks back less
/// than 23 h and ahead at most 5 h, so that deriving day by day gives what deriving at once gives.
///
/// Raised: five minutes hold at least `minimum` records, are beyond a Poisson process of the rate of the 18 h before (Chernoff
/// bound), are `ratio` times that rate, and at most 1.5 % of the five-minute blocks before held half as many (what comes in
/// bursts every hour is usual).
struct LogBursts {
    struct Sensitivity {
        var minimum: Int64
        var surprise: Double
        var ratio: Double
        static let problem = Sensitivity(minimum: 5, surprise: 14, ratio: 3)
        static let routine = Sensitivity(minimum: 60, surprise: 40, ratio: 8)
    }
    struct Burst: Hashable {
        var onset: Int64
        /// The last raised minute.
        var last: Int64
        var count: Int64
        /// Records a minute before.
        var baseline: Double
        /// Records in the worst minute.
        var peak: Int64
        var surprise: Double
    }

    static let baselineMinutes: Int64 = 1_080
    static let quietMinutes: Int64 = 30
    static let longestMinutes: Int64 = 240
    static let chainMinutes: Int64 = 60
    static let leastKnownMinutes: Int64 = 10

    let series: MinuteSeries
    let serviceFirstMinute: Int64
    let sensitivity: Sensitivity

    /// Bursts whose onset lies in `first..<end`, ascending.
    func bursts(from first: Int64, to end: Int64) -> [Burst] {
        guard first < end else { return [] }
        var raw: [Burst] = []
        var lastRaised = Int64.min / 2
        let start = series.index(after: first - Self.longestMinutes - Self.quietMinutes - 10)
        for index in start..<max(start, series.index(after: end + Self.chainMinutes + 5)) {
            let minute = series.minutes[index]
            guard let raised = raised(at: minute) else { continue }
            if minute - lastRaised > Self.quietMinutes { raw.append(burst(at: minute, raised)) }
            lastRaised = minute
        }
        // The first candidate of the look-back may stand in a longer run: it only ever serves to cover others.
        var out: [Burst] = []
        for (index, burst) in raw.enumerated() where burst.onset >= first && burst.onset < end {
            let isCovered = raw[..<index].contains { burst.onset - $0.onset <= Self.longestMinutes && $0.last >= burst.onset }
            if !isCovered { out.append(chained(burst, raw[(index + 1)...])) }
        }
        return out
    }

    private struct Raised {
        var expected: Double
        var surprise: Double
        var usualBlock: Int64
    }

    private func raised(at minute: Int64) -> Raised? {
        let recent = series.sum(from: minute - 4, through: minute)
        guard recent >= sensitivity.minimum else { return nil }
        let known = min(Self.baselineMinutes, minute - 4 - serviceFirstMinute)
        guard known >= Self.leastKnownMinutes else { return nil }
        let before = series.sum(from: minute - 4 - known, through: minute - 5)
        let expected = 5 * Double(before + 1) / Double(known)
        guard Double(recent) >= sensitivity.ratio * expected else { return nil }
        let surprise = poissonSurprise(seen: Double(recent), expected: expected)
        guard surprise >= sensitivity.surprise else { return nil }
        var usualBlock: Int64 = 0
        if before * 2 >= recent {
            let blocks = series.blocks(from: minute - 4 - known, through: minute - 5).sorted(by: >)
            let allowed = Int(Double(known) / 5 * 0.015)
            if blocks.count > allowed { usualBlock = blocks[allowed] }
            guard usualBlock * 2 < recent else { return nil }
        }
        return Raised(expected: expected, surprise: surprise, usualBlock: usualBlock)
    }

    private func burst(at minute: Int64, _ raised: Raised) -> Burst {
        let perMinute = raised.expected / 5
        var onset = minute
        for candidate in (minute - 4)...minute where Double(series.count(in: candidate)) > 2 * perMinute {
            onset = candidate
            break
        }
        let floor = max(3, Int64((raised.expected * 2.5).rounded(.up)), raised.usualBlock + 1)
        var last = minute
        var peak: Int64 = 0
        for index in series.index(after: onset - 1)..<series.index(after: onset + Self.longestMinutes) {
            let at = series.minutes[index]
            if at > last + 10 { break }
            if at > minute, series.sum(from: at - 4, through: at) < floor || Double(series.count(at: index)) <= 1.5 * perMinute { continue }
            last = at
            peak = max(peak, series.count(at: index))
        }
        return Burst(
            onset: onset, last: max(last, minute), count: series.sum(from: onset, through: max(last, minute)), baseline: perMinute,
            peak: max(peak, series.count(in: minute)), surprise: raised.surprise)
    }

    /// A burst that flares up again before it ended is one.
    private func chained(_ burst: Burst, _ later: ArraySlice<Burst>) -> Burst {
        var burst = burst
        for next in later where next.onset - burst.onset <= Self.chainMinutes && next.onset <= burst.last {
            burst.last = max(burst.last, next.last)
            burst.peak = max(burst.peak, next.peak)
            burst.surprise = max(burst.surprise, next.surprise)
        }
        burst.count = series.sum(from: burst.onset, through: burst.last)
        return burst
    }
}
