import Model

/// Estimates with intervals that assume no distribution, and comparisons that say nothing when there is nothing to say.
package enum Estimates {
    /// The 97.5 % point of the normal distribution.
    static let z = 1.959964
    /// A comparison of durations looks at the newest so many of each side.
    static let mostCompared = 500
    /// Fewer values or events on a side are too few to compare.
    package static let least = 6

    // MARK: - Durations

    /// Median and interval of `now` (newest last), beside `before`.
    package static func durations(_ key: String, _ name: String, meaning: String, now: [Int64], before: [Int64]) -> Measure {
        Measure(
            key: key, name: name, kind: .duration, meaning: meaning, now: median(now), before: median(before),
            verdict: shift(now: now, before: before))
    }

    static func median(_ values: [Int64]) -> Measure.Estimate {
        guard let interval = MedianInterval(values) else { return Measure.Estimate() }
        return Measure.Estimate(
            value: Double(interval.median), low: interval.low.map(Double.init), high: interval.high.map(Double.init), count: values.count)
    }

    /// How far one sample lies beyond the other: the interval of the Hodges–Lehmann shift from the ordered differences of all
    /// pairs, the bounds by the normal limit of the Mann–Whitney statistic (Hollander, Wolfe and Chicken, *Nonparametric
    /// Statistical Methods*, 3rd ed., 4.3). It is a change when the interval leaves zero out.
    static func shift(now: [Int64], before: [Int64]) -> Measure.Verdict {
        guard now.count >= least, before.count >= least else { return .tooFew }
        let (left, right) = (now.suffix(mostCompared), before.suffix(mostCompared))
        var differences: [Int64] = []
        differences.reserveCapacity(left.count * right.count)
        for a in left { for b in right { differences.append(a &- b) } }
        differences.sort()
        let pairs = Double(differences.count)
        let spread = (pairs * Double(left.count + right.count + 1) / 12).squareRoot()
        let rank = max(1, Int((pairs / 2 - z * spread).rounded(.down)))
        let (low, high) = (differences[rank - 1], differences[differences.count - rank])
        return low > 0 || high < 0 ? .changed(low: Double(low), high: Double(high)) : .noChange
    }

    // MARK: - Shares

    package static func share(
        _ key: String, _ name: String, meaning: String, now: (hits: Int, count: Int), before: (hits: Int, count: Int)
    ) -> Measure {
        Measure(
            key: key, name: name, kind: .share, meaning: meaning, now: wilson(now.hits, of: now.count),
            before: wilson(before.hits, of: before.count),
            verdict: difference(now, before))
    }

    /// The score interval (Wilson, *JASA* 22, 1927).
    static func wilson(_ hits: Int, of count: Int) -> Measure.Estimate {
        guard count > 0 else { return Measure.Estimate() }
        let n = Double(count)
        let p = Double(hits) / n
        let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
        return Measure.Estimate(value: p, low: max(0, middle - half), high: min(1, middle + half), count: count, hits: hits)
    }

    /// The interval of a difference from two score intervals (Newcombe, *Statistics in Medicine* 17, 1998, method 10).
    static func difference(_ now: (hits: Int, count: Int), _ before: (hits: Int, count: Int)) -> Measure.Verdict {
        guard now.count >= least, before.count >= least else { return .tooFew }
        let (a, b) = (wilson(now.hits, of: now.count), wilson(before.hits, of: before.count))
        guard let p1 = a.value, let l1 = a.low, let u1 = a.high, let p2 = b.value, let l2 = b.low, let u2 = b.high else { return .tooFew }
        let low = p1 - p2 - ((p1 - l1) * (p1 - l1) + (u2 - p2) * (u2 - p2)).squareRoot()
        let high = p1 - p2 + ((u1 - p1) * (u1 - p1) + (p2 - l2) * (p2 - l2)).squareRoot()
        return low > 0 || high < 0 ? .changed(low: low, high: high) : .noChange
    }

    // MARK: - Rates

    /// Events a day over spans of whole days.
    package static func rate(
        _ key: String, _ name: String, meaning: String, now: (count: Int, days: Double), before: (count: Int, days: Double)
    ) -> Measure {
        Measure(
            key: key, name: name, kind: .rate, meaning: meaning, now: poisson(now.count, days: now.days),
            before: poisson(before.count, days: before.days),
            verdict: ratio(now, before))
    }

    /// Byar's approximation of the exact Poisson interval (Breslow and Day, *Statistical Methods in Cancer Research* II, 1987,
    /// 2.3): within a per cent of it from a count of six on.
    static func poisson(_ count: Int, days: Double) -> Measure.Estimate {
        guard days > 0 else { return Measure.Estimate() }
        func cube(_ x: Double) -> Double { x * x * x }
        let n = Double(count)
        let low = count == 0 ? 0 : n * cube(max(0, 1 - 1 / (9 * n) - z / (3 * n.squareRoot())))
        let m = n + 1
        let high = m * cube(1 - 1 / (9 * m) + z / (3 * m.squareRoot()))
        return Measure.Estimate(value: n / days, low: low / days, high: high / days, count: count)
    }

    /// Of all events together, the share that fell into now is binomial when the rates are equal (Przyborowski and Wilenski,
    /// *Biometrika* 31, 1940); the difference follows from the interval of that share.
    static func ratio(_ now: (count: Int, days: Double), _ before: (count: Int, days: Double)) -> Measure.Verdict {
        let total = now.count + before.count
        guard total >= 2 * least, now.days > 0, before.days > 0 else { return .tooFew }
        let expected = now.days / (now.days + before.days)
        let share = wilson(now.count, of: total)
        guard let low = share.low, let high = share.high else { return .tooFew }
        if low <= expected && high >= expected { return .noChange }
        // With the share p, now's rate is p·total/days, and the other's (1 − p)·total/days.
        func apart(_ p: Double) -> Double { p * Double(total) / now.days - (1 - p) * Double(total) / before.days }
        return .changed(low: apart(low), high: apart(high))
    }
}
