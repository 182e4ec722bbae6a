import Model

/// Spans in which a series left what it usually does. A row opens one when it is new (`MetricDetector`) *and* far from the
/// recent past in units of its noise *and* not alone *and* came about abruptly or against a known daily pattern.
struct MetricExcursions {
    let rows: MetricRows

    /// How the series left what is usual.
    enum Shape: String {
        /// Five rows at most, and back.
        case spike
        /// To another level, on one side.
        case shift
        /// Beyond what is usual on both sides by turns.
        case scatter
        case flat
    }

    struct Mark {
        var value: Double
        var rows: Int
    }

    struct Excursion {
        var onset: Int64
        /// The last row out.
        var last: Int64
        var shape: Shape
        /// Nil while it lasts.
        var end: Int64?
        var peak: Double
        /// 5th and 95th percentile of the day before.
        var usualLow: Double
        var usualHigh: Double
        /// Distance of the peak from the base, in units of noise.
        var sigmas: Double
        var rows: Int
        /// How many rows went beyond half of the way to the peak, and of the way to the typical row out; and these two marks.
        var far = Mark(value: 0, rows: 0)
        var near = Mark(value: 0, rows: 0)
        var isUp: Bool
        var isFlat: Bool { shape == .flat }
    }

    static let warmUpRows = 16
    static let opening = 0.5
    static let ringRows = 96
    static let backRows = 64
    static let longestMs: Int64 = 6 * .hourMs

    /// Excursions whose onset lies in `day`, in order.
    func found(in day: Range<Int64>) -> [Excursion] {
        var detector = MetricDetector()
        var out: [Excursion] = []
        var busyUntil = -1
        for index in rows.times.indices {
            let row = detector.take(rows.values[index], at: rows.times[index])
            guard index > busyUntil, index >= Self.warmUpRows, row.signal >= Self.opening else { continue }
            if row.view == .stillness {
                guard let flat = flatline(at: index) else { continue }
                busyUntil = index + 12
                if day.contains(flat.onset) { out.append(flat) }
                continue
            }
            guard let (excursion, last) = excursion(at: index, row) else { continue }
            busyUntil = last + 12
            if day.contains(excursion.onset) { out.append(excursion) }
        }
        return out
    }

    // MARK: - Opening

    private struct Base {
        var level: Double
        var noise: Double
    }

    private func excursion(at index: Int, _ row: MetricDetector.Row) -> (Excursion, last: Int)? {
        guard let base = base(before: index, row) else { return nil }
        let value = rows.values[index]
        let isUp = value >= base.level
        let direction: Double = isUp ? 1 : -1
        func distance(_ at: Int) -> Double { direction * (rows.values[at] - base.level) / base.noise }
        guard distance(index) >= 5 else { return nil }
        // Back to where it left.
        var onset = index
        while onset > 0, index - onset < Self.backRows, distance(onset - 1) >= 3 { onset -= 1 }
        guard onset >= Self.warmUpRows else { return nil }
        // On to where it came back.
        var last = index
        var peak = onset
        var out = 0
        var opposite = 0
        var at = onset
        while at < rows.times.count, rows.times[at] - rows.times[onset] <= Self.longestMs {
            if distance(at) >= 3 {
                last = at
                out += 1
                if distance(at) > distance(peak) { peak = at }
            } else if at - last >= 6 {
                break
            } else if distance(at) <= -3 {
                opposite += 1
            }
            at += 1
        }
        let isOver = last + 6 < rows.times.count && rows.times[min(last + 1, rows.times.count - 1)] - rows.times[onset] <= Self.longestMs
        // A span too short is noise, unless it stands out by far.
        let step = max(1, (rows.times[index] - rows.times[max(0, index - 8)]) / Int64(max(1, min(8, index))))
        let enough = step >= 2 * .minuteMs ? 2 : 3
        if out < enough, distance(peak) < 15 || row.signal < 3 { return nil }
        if !isOver, out < enough { return nil }
        if row.band == nil, !isAbrupt(onset, base, distance(peak)) { return nil }
        let change = abs(rows.values[peak] - base.level)
        guard change >= 0.05 * abs(base.level) else { return nil }
        let usual = usual(before: onset)
        if isUp ? rows.values[peak] <= usual.high : rows.values[peak] >= usual.low { return nil }
        let shape: Shape = opposite >= 2 && opposite * 4 >= out ? .scatter : isOver && last - onset < 5 ? .spike : .shift
        var excursion = Excursion(
            onset: rows.times[onset], last: rows.times[last], shape: shape, end: isOver ? rows.times[last + 1] : nil,
            peak: rows.values[peak], usualLow: usual.low,
            usualHigh: usual.high,
            sigmas: min(1_000, distance(peak)), rows: out, isUp: isUp)
        let edge = isUp ? usual.high : usual.low
        let outside = rows.values[onset...last].filter { direction * ($0 - edge) > 0 }.sorted()
        func mark(_ value: Double) -> Mark {
            let middle = edge + 0.5 * (value - edge)
            return Mark(value: middle, rows: outside.count { direction * ($0 - middle) >= 0 })
        }
        excursion.far = mark(rows.values[peak])
        excursion.near = mark(Self.quantile(outside, 0.5))
        return (excursion, last)
    }

    /// Level and noise of the recent past: the ring without its last rows (which may belong to the excursion), following a
    /// trend; where a daily pattern is known, its band.
    private func base(before index: Int, _ row: MetricDetector.Row) -> Base? {
        let end = index - min(40, index / 3)
        let start = max(0, end - Self.ringRows)
        guard end - start >= 10 else { return nil }
        let ring = Array(rows.values[start..<end])
        let sorted = ring.ascending()
        let median = Self.quantile(sorted, 0.5)
        let deviations = ring.map { abs($0 - median) }.ascending()
        let mean = ring.reduce(0, +) / Double(ring.count)
        let variance = ring.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(ring.count)
        var noise = max(1.4826 * Self.quantile(deviations, 0.5), 0.6 * variance.squareRoot(), 0.01 * abs(median), 1e-9)
        var level = median
        if let band = row.band {
            level = min(max(rows.values[index], band.lowerBound), band.upperBound)
            noise = max(jitter(start, end), 0.25 * (band.upperBound - band.lowerBound), 0.01 * abs(level), 1e-9)
            if level == rows.values[index] { return nil }
        } else {
            let third = max(3, ring.count / 3)
            let early = Self.quantile(ring.prefix(third).sorted(), 0.5)
            let late = Self.quantile(ring.suffix(third).sorted(), 0.5)
            if abs(late - early) > 1.5 * jitter(start, end) {
                let slope = (late - early) / Double(ring.count - third)
                level = late + slope * Double(index - end + third / 2)
                if (rows.values[index] >= median) != (rows.values[index] >= level) { return nil }
            }
        }
        return Base(level: level, noise: noise)
    }

    /// Noise from one row to the next, which trend and season leave alone.
    private func jitter(_ start: Int, _ end: Int) -> Double {
        guard end - start >= 3 else { return 0 }
        let steps = (start + 1..<end).map { abs(rows.values[$0] - rows.values[$0 - 1]) }.ascending()
        return max(1.0484 * Self.quantile(steps, 0.5), 0.5 * Self.quantile(steps, 0.9))
    }

    /// Most of the way must have been made in a few rows: a slow rise may be the rhythm of the day.
    private func isAbrupt(_ onset: Int, _ base: Base, _ sigmas: Double) -> Bool {
        let before = rows.values[max(0, onset - 6)..<onset].sorted()
        let after = rows.values[onset..<min(rows.values.count, onset + 4)].sorted()
        guard !before.isEmpty, !after.isEmpty else { return false }
        let step = abs(Self.quantile(after, 0.5) - Self.quantile(before, 0.5))
        return step >= 0.4 * min(sigmas, 12) * base.noise && step >= 3 * jitter(max(0, onset - Self.ringRows), onset)
    }

    private func usual(before onset: Int) -> (low: Double, high: Double) {
        var start = onset
        while start > 0, rows.times[onset] - rows.times[start - 1] <= .dayMs { start -= 1 }
        let before = Array(rows.values[start..<onset]).ascending()
        return (Self.quantile(before, 0.05), Self.quantile(before, 0.95))
    }

    private func flatline(at index: Int) -> Excursion? {
        let value = rows.values[index]
        var onset = index
        while onset > 0, rows.values[onset - 1] == value { onset -= 1 }
        guard onset >= Self.warmUpRows else { return nil }
        var end: Int64?
        var last = index
        while last + 1 < rows.times.count {
            if rows.values[last + 1] != value {
                end = rows.times[last + 1]
                break
            }
            last += 1
        }
        if let held = end, held - rows.times[onset] > Self.longestMs { end = nil }
        let usual = usual(before: onset)
        return Excursion(
            onset: rows.times[onset], last: rows.times[last], shape: .flat, end: end, peak: value, usualLow: usual.low,
            usualHigh: usual.high, sigmas: 5, rows: index - onset + 1,
            isUp: false)
    }

    static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        guard let last = sorted.last else { return 0 }
        let position = share * Double(sorted.count - 1)
        let low = Int(position)
        guard low + 1 < sorted.count else { return last }
        return sorted[low] + (sorted[low + 1] - sorted[low]) * (position - Double(low))
    }
}
