import Model

/// The rows a detector looks at: finite, ascending in time, counters as rates, dense series thinned.
struct MetricRows {
    private(set) var times: [Int64] = []
    private(set) var values: [Double] = []

    /// The finest grain: points of the same ten seconds (counted from the epoch) are one row, their mean.
    static let grainMs: Int64 = 10_000

    /// `points` in any order; of two values for one moment the larger stays. With `isCounter` each row is the growth per
    /// second since the point before; a counter that fell began again at zero.
    init(_ points: some Sequence<MetricPoint>, isCounter: Bool, thinned: Bool = true) {
        let moments = Instant.representable.lowerBound.ms...Instant.representable.upperBound.ms
        var ordered = points.filter { abs($0.value) < 1e300 && moments.contains($0.timeMs) }  // which no NaN is
        if !zip(ordered, ordered.dropFirst()).allSatisfy({ $0.timeMs < $1.timeMs }) {
            ordered.sort { ($0.timeMs, $0.value) < ($1.timeMs, $1.value) }
        }
        times.reserveCapacity(ordered.count)
        values.reserveCapacity(ordered.count)
        var last: MetricPoint?
        var sum = 0.0
        var count = 0
        var grain = Int64.min
        var firstTime: Int64 = 0
        for (index, point) in ordered.enumerated() {
            if index + 1 < ordered.count, ordered[index + 1].timeMs == point.timeMs { continue }
            var value = point.value
            if isCounter {
                defer { last = point }
                guard let last else { continue }
                let growth = point.value >= last.value ? point.value - last.value : point.value
                value = max(0, growth) * 1_000 / Double(point.timeMs - last.timeMs)
            }
            let own = thinned ? point.timeMs.floorDivided(by: Self.grainMs) : point.timeMs
            if own != grain {
                if count > 0 { append(firstTime, sum / Double(count)) }
                grain = own
                firstTime = point.timeMs
                sum = 0
                count = 0
            }
            sum += value
            count += 1
        }
        if count > 0 { append(firstTime, sum / Double(count)) }
    }

    /// The row of a moment, if there is one.
    func index(of time: Int64) -> Int? {
        let place = times.partitionPoint { $0 < time }
        return place < times.count && times[place] == time ? place : nil
    }

    private mutating func append(_ time: Int64, _ value: Double) {
        times.append(time)
        values.append(value)
    }

    /// Whether a series counts up: as its source says; else by name, or when it never falls and mostly grows.
    static func isCounter(_ track: MetricTrack, sample: some Collection<MetricPoint>) -> Bool {
        switch track.kind {
        case .counter: return true
        case .gauge: return false
        case .unknown: break
        }
        let name = track.key.metric.lowercased()
        if name.hasSuffix("_total") { return true }
        var falls = 0
        var rises = 0
        var last: MetricPoint?
        for point in sample where point.value.isFinite {
            if let last {
                if point.value < last.value { falls += 1 } else if point.value > last.value { rises += 1 }
            }
            last = point
        }
        let steps = max(0, sample.count - 1)
        let isNamedSo = name.hasSuffix("_count") || name.hasSuffix("_sum") || name.hasSuffix("_bucket")
        return steps >= (isNamedSo ? 8 : 31) && falls * 100 <= steps && rises * (isNamedSo ? 10 : 2) >= steps
    }
}
