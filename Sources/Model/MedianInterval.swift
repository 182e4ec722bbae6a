/// The median of a sample with an interval that holds the median of what it is a sample of with a probability of at least
/// 95 %, whatever the distribution.
///
/// The interval runs from the `k`-th smallest to the `k`-th largest value, `k` the greatest number with
/// P(B ≤ k − 1) ≤ 0.025 for B binomial (n, ½): the number of values below the median (David and Nagaraja, *Order Statistics*,
/// 3rd ed., 7.1; Conover, *Practical Nonparametric Statistics*, 3.2). Five values are too few for any.
package struct MedianInterval: Hashable, Sendable {
    package let count: Int
    package let median: Int64
    package let low: Int64?
    package let high: Int64?

    /// Nil for no values.
    package init?(_ values: [Int64]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        count = sorted.count
        let (upper, lower) = (sorted[sorted.count / 2], sorted[(sorted.count - 1) / 2])
        median = lower + (upper - lower) / 2
        let rank = Self.rank(count)
        low = rank > 0 ? sorted[rank - 1] : nil
        high = rank > 0 ? sorted[sorted.count - rank] : nil
    }

    /// `k`, from 1; 0 when the sample is too small.
    package static func rank(_ count: Int) -> Int {
        // From a thousand values on the binomial is the normal one to four digits (n/2 − 1.96·√n/2).
        if count > 1_000 { return Int((Double(count) / 2 - 0.98 * Double(count).squareRoot()).rounded(.down)) }
        var term = 1.0
        for _ in 0..<count { term /= 2 }  // P(B = 0); 2⁻¹⁰⁰⁰ is still a normal number
        var sum = term
        var rank = 0
        while sum <= 0.025, rank < count {
            rank += 1
            term *= Double(count - rank + 1) / Double(rank)
            sum += term
        }
        return rank
    }
}
