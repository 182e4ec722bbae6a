import Model

/// Counts by minute, sparse: sums over any span in logarithmic time.
struct MinuteSeries {
    /// Ascending, distinct.
    private(set) var minutes: [Int64] = []
    /// Sum of all counts before each index; one longer than `minutes`.
    private var sums: [Int64] = [0]

    /// `counts` in any order; several of one minute add up.
    init(_ counts: [(minute: Int64, count: Int64)]) {
        for item in counts.sorted(by: { $0.minute < $1.minute }) where item.count > 0 {
            let (sum, overflow) = (sums.last ?? 0).addingReportingOverflow(item.count)
            if minutes.last == item.minute {
                sums[sums.count - 1] = overflow ? .max : sum
            } else {
                minutes.append(item.minute)
                sums.append(overflow ? .max : sum)
            }
        }
    }

    var total: Int64 { sums.last ?? 0 }
    func count(at index: Int) -> Int64 { sums[index + 1] - sums[index] }
    func count(in minute: Int64) -> Int64 { sum(from: minute, through: minute) }

    func sum(from first: Int64, through last: Int64) -> Int64 {
        guard first <= last else { return 0 }
        return sums[index(after: last)] - sums[index(after: first - 1)]
    }

    /// The first index whose minute is greater than `minute`.
    func index(after minute: Int64) -> Int { minutes.partitionPoint { $0 <= minute } }

    /// Sums of the blocks of five minutes (aligned to the epoch) that begin and end in the span, empty ones left out.
    func blocks(from first: Int64, through last: Int64) -> [Int64] {
        var out: [Int64] = []
        var block = Int64.min
        for index in index(after: first - 1)..<index(after: last) {
            let own = minutes[index].floorDivided(by: 5)
            if own == block { out[out.count - 1] += count(at: index) } else { out.append(count(at: index)) }
            block = own
        }
        return out
    }
}

/// How surprising `seen` is where a Poisson process would give `expected`: Chernoff's bound of the upper tail, as −ln p.
func poissonSurprise(seen: Double, expected: Double) -> Double {
    guard seen > expected, expected > 0 else { return 0 }
    return seen * (seen / expected).logarithm - (seen - expected)
}
