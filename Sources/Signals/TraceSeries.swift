import Model

/// Durations of one kind of span by minute: a bounded, deterministic sample of each minute in order of size.
struct DurationSeries {
    struct Minute {
        var minute: Int64
        /// Ascending, at most `samplesPerMinute`, evenly picked.
        var samples: [Double]
        var count: Int
    }
    static let samplesPerMinute = 32
    private(set) var minutes: [Minute] = []

    /// Milliseconds by minute, in any order.
    init(_ durations: [(minute: Int64, ms: Double)]) {
        let sorted = durations.sorted { ($0.minute, $0.ms) < ($1.minute, $1.ms) }
        var start = 0
        while start < sorted.count {
            var end = start
            while end < sorted.count, sorted[end].minute == sorted[start].minute { end += 1 }
            let all = sorted[start..<end].map(\.ms)
            var samples = all
            if all.count > Self.samplesPerMinute {
                samples = (0..<Self.samplesPerMinute).map { all[$0 * (all.count - 1) / (Self.samplesPerMinute - 1)] }
            }
            minutes.append(Minute(minute: sorted[start].minute, samples: samples, count: all.count))
            start = end
        }
    }

    func index(notBefore minute: Int64) -> Int { minutes.partitionPoint { $0.minute < minute } }

    /// Samples of `first...last`, ascending, and how many durations they stand for.
    func samples(from first: Int64, through last: Int64) -> (sorted: [Double], count: Int) {
        let range = index(notBefore: first)..<max(index(notBefore: first), index(notBefore: last + 1))
        return (minutes[range].flatMap(\.samples).sorted(), minutes[range].reduce(0) { $0 + $1.count })
    }

    /// The usual of `first...last`: median, 10th and 90th percentile. Long spans are read from the quantiles of their minutes.
    func usual(from first: Int64, through last: Int64) -> (median: Double, low: Double, high: Double, count: Int)? {
        let lower = index(notBefore: first)
        let range = lower..<max(lower, index(notBefore: last + 1))
        let step = max(1, range.count / 240)
        var values: [Double] = []
        var count = 0
        for at in range {
            count += minutes[at].count
            if (at - lower) % step == 0 { values += minutes[at].samples }
        }
        guard values.count >= 8 else { return nil }
        values.sort()
        return (
            MetricExcursions.quantile(values, 0.5), MetricExcursions.quantile(values, 0.1), MetricExcursions.quantile(values, 0.9), count
        )
    }
}

/// Finds where durations rise far above those of the 19 h before (the study `causes-and-suspects`, section 2.1: spread from the
/// lower half, since faults pollute the upper).
struct SlowSpans {
    struct Finding {
        var onset: Int64
        var last: Int64
        var before: Double
        var after: Double
        var count: Int
        var strength: Double
    }
    let series: DurationSeries
    static let lookBack: Int64 = 1_140
    static let quietMinutes: Int64 = 30
    static let longestMinutes: Int64 = 240

    private struct Slow {
        var before: Double
        var after: Double
        var threshold: Double
        var spread: Double
        var shareBefore: Double
        var from: Int64
    }

    /// Findings that begin in `first..<end`; a decision looks back less than 24 h and ahead at most 4 h. What begins while an
    /// earlier finding lasts is part of it.
    func findings(from first: Int64, to end: Int64) -> [Finding] {
        var raw: [Finding] = []
        var lastSlow = Int64.min / 2
        let start = series.index(notBefore: first - Self.longestMinutes - Self.quietMinutes - 6)
        for at in start..<max(start, series.index(notBefore: end + 4)) {
            let minute = series.minutes[at].minute
            guard let slow = slow(at: minute) else { continue }
            if minute - lastSlow > Self.quietMinutes { raw.append(finding(minute, slow)) }
            lastSlow = minute
        }
        return raw.enumerated().filter { index, finding in
            finding.onset >= first && finding.onset < end
                && !raw[..<index].contains { finding.onset - $0.onset <= Self.longestMinutes && $0.last >= finding.onset }
        }.map(\.element)
    }

    private func slow(at minute: Int64) -> Slow? {
        let recent = series.samples(from: minute - 2, through: minute)
        guard recent.count >= 5, recent.sorted.count >= 5 else { return nil }
        let median = MetricExcursions.quantile(recent.sorted, 0.5)
        let upper = MetricExcursions.quantile(recent.sorted, 0.75)
        // Cheap look first: nothing new against the last twenty minutes means nothing to decide.
        let near = series.index(notBefore: minute - 22)..<series.index(notBefore: minute - 2)
        if near.count >= 10, near.contains(where: { series.minutes[$0].samples[series.minutes[$0].samples.count / 2] >= median }),
            near.contains(where: { series.minutes[$0].samples[series.minutes[$0].samples.count * 3 / 4] >= upper })
        {
            return nil
        }
        guard let usual = series.usual(from: minute - 2 - Self.lookBack, through: minute - 3) else { return nil }
        let spread = max(
            1.5 * (usual.median - usual.low), min(usual.high - usual.median, 3 * (usual.median - usual.low)), 0.1 * usual.median, 1)
        let z = max((median - usual.median) / spread, 0.7 * (upper - usual.median) / spread)
        guard z >= 4 else { return nil }
        let threshold = usual.median + 2 * spread
        let share = Double(recent.sorted.count { $0 > threshold }) / Double(recent.sorted.count)
        let before = series.samples(from: minute - 62, through: minute - 3).sorted
        let shareBefore = before.isEmpty ? 0 : Double(before.count { $0 > threshold }) / Double(before.count)
        guard Self.certainty(share, shareBefore, recent.count) >= 0.15 else { return nil }
        var from = minute
        for candidate in (minute - 2)...minute {
            let own = series.samples(from: candidate, through: candidate).sorted
            if !own.isEmpty, Double(own.count { $0 > threshold }) / Double(own.count) >= share / 2 {
                from = candidate
                break
            }
        }
        return Slow(
            before: usual.median, after: max(median, upper), threshold: threshold, spread: spread, shareBefore: shareBefore, from: from)
    }

    /// How much the share of slow calls surely rose: few calls count little.
    private static func certainty(_ share: Double, _ before: Double, _ count: Int) -> Double {
        share - before - (max(0.1, share * (1 - share) + 0.05) / Double(max(1, count))).squareRoot()
    }

    private func finding(_ minute: Int64, _ slow: Slow) -> Finding {
        var last = minute
        var count = 0
        var all: [Double] = []
        for at in series.index(notBefore: slow.from)..<series.index(notBefore: slow.from + Self.longestMinutes) {
            let own = series.minutes[at]
            if own.minute > last + 10 { break }
            let above = own.samples.count { $0 > slow.threshold }
            guard above * 4 >= own.samples.count else { continue }
            last = max(last, own.minute)
            count += own.count * above / own.samples.count
            all += own.samples.filter { $0 > slow.threshold }
        }
        all.sort()
        // How strong: by the first ten minutes of it.
        let early = series.samples(from: slow.from, through: min(last, slow.from + 9))
        let share = Double(early.sorted.count { $0 > slow.threshold }) / Double(max(1, early.sorted.count))
        let after = all.isEmpty ? slow.after : MetricExcursions.quantile(all, 0.5)
        let z = max(0, after - slow.before) / slow.spread
        let strength = min(1, max(0.1, Self.certainty(share, slow.shareBefore, early.count) * 1.2)) * z / (z + 4)
        return Finding(onset: slow.from, last: last, before: slow.before, after: after, count: count, strength: strength)
    }
}
