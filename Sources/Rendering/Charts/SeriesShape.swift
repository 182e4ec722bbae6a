import Model

/// A metric as a line: thinned to what the eye can tell apart, broken where nothing was measured.
struct SeriesShape: Hashable {
    struct Point: Hashable {
        var at: Instant
        var value: Double
    }
    /// Runs of points without a gap between them.
    var runs: [[Point]]
    var low: Double
    var high: Double
    /// The usual range, when it is known.
    var usual: ClosedRange<Double>?
    /// Where it first comes as far from the usual range (or from the median) as it ever gets, within 2 %; nil when it
    /// never leaves it by more than a twentieth.
    var peak: Point?

    /// Counters are drawn as their rate a second. Two points farther apart than five times the median step have a gap
    /// between them. At most two points (lowest and highest) stay for each of `buckets` parts of the axis.
    init?(
        _ track: MetricTrack, on axis: TimeAxis, usual: ClosedRange<Double>? = nil, quietBefore: Instant? = nil, gaps: [SourceGap] = [],
        buckets: Int = 420
    ) {
        var points = track.points.filter { point in
            point.value.isFinite && abs(point.value) < 1e300 && axis.contains(Instant(ms: point.timeMs))
                && !gaps.contains { $0.source == .metrics && point.timeMs > $0.from.ms && point.timeMs < $0.to.ms }
        }
        points.sort { ($0.timeMs, $0.value) < ($1.timeMs, $1.value) }
        if track.kind == .counter { points = Self.rates(points) }
        guard let first = points.first else { return nil }
        self.usual = usual ?? quietBefore.flatMap { Self.quietRange(points, before: $0) }

        let steps = zip(points.dropFirst(), points).map { $0.timeMs &- $1.timeMs }.sorted()
        let gap = steps.isEmpty ? Int64.max : max(1, steps[steps.count / 2]).multipliedReportingOverflow(by: 5).partialValue
        runs = [[]]
        var last = first.timeMs
        var bucket: [MetricPoint] = []
        var bucketIndex = -1
        func thinned(_ bucket: [MetricPoint]) -> [Point] {
            guard bucket.count > 2, let low = bucket.min(by: { $0.value < $1.value }), let high = bucket.max(by: { $0.value < $1.value })
            else { return bucket.map { Point(at: Instant(ms: $0.timeMs), value: $0.value) } }
            return [low, high].sorted { $0.timeMs < $1.timeMs }.map { Point(at: Instant(ms: $0.timeMs), value: $0.value) }
        }
        for point in points {
            let index = Int(axis.fraction(Instant(ms: point.timeMs)) * Double(buckets))
            let isApart =
                point.timeMs &- last > gap || gaps.contains { $0.source == .metrics && $0.from.ms >= last && $0.to.ms <= point.timeMs }
            if index != bucketIndex || isApart {
                runs[runs.count - 1] += thinned(bucket)
                bucket = []
                bucketIndex = index
                if isApart { runs.append([]) }
            }
            bucket.append(point)
            last = point.timeMs
        }
        runs[runs.count - 1] += thinned(bucket)

        low = points.map(\.value).min() ?? 0
        high = points.map(\.value).max() ?? 0
        let middle = self.usual ?? { $0...$0 }(Self.median(points.map(\.value)))
        func distance(_ value: Double) -> Double { max(value - middle.upperBound, middle.lowerBound - value) }
        let farthest = points.map { distance($0.value) }.max() ?? 0
        let size = max(abs(middle.lowerBound), abs(middle.upperBound))
        if farthest > 0, farthest > size / 20, let first = points.first(where: { distance($0.value) >= farthest * 0.98 }) {
            peak = Point(at: Instant(ms: first.timeMs), value: first.value)
        }
        low = min(low, middle.lowerBound)
        high = max(high, middle.upperBound)
        // A calm series stays a calm line: the scale spans at least a quarter of its size.
        let short = size / 4 - (high - low)
        if short > 0 {
            low -= short / 2
            high += short / 2
        }
    }

    /// Height of `value` between `bottom` and `top` (pixels, top is smaller).
    func y(_ value: Double, top: Double, bottom: Double) -> Double {
        let range = high - low
        guard range > 0, range.isFinite else { return bottom }
        return bottom - (value - low) / range * (bottom - top)
    }

    /// The usual range of what is drawn (a counter's rate) before a moment.
    static func usualRange(_ track: MetricTrack, before moment: Instant) -> ClosedRange<Double>? {
        var points = track.points.filter { $0.value.isFinite && abs($0.value) < 1e300 }
        points.sort { ($0.timeMs, $0.value) < ($1.timeMs, $1.value) }
        return quietRange(track.kind == .counter ? rates(points) : points, before: moment)
    }
    /// Differences of a counter a second; a fall is a restart from zero.
    private static func rates(_ points: [MetricPoint]) -> [MetricPoint] {
        zip(points.dropFirst(), points).compactMap { next, last in
            let seconds = Double(next.timeMs &- last.timeMs) / 1_000
            guard seconds > 0 else { return nil }
            let grown = next.value >= last.value ? next.value - last.value : next.value
            return MetricPoint(timeMs: next.timeMs, value: grown / seconds)
        }
    }
    /// The 5th to 95th percentile of at least eight points before `moment`.
    private static func quietRange(_ points: [MetricPoint], before moment: Instant) -> ClosedRange<Double>? {
        let values = points.filter { $0.timeMs < moment.ms }.map(\.value).sorted()
        guard values.count >= 8 else { return nil }
        let low = values[values.count * 5 / 100]
        return low...max(low, values[min(values.count - 1, values.count * 95 / 100)])
    }
    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
