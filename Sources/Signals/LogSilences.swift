import Model

/// Finds where a steady message, or a whole service, stops. Silence counts only while the service is otherwise alive, or when
/// it speaks again within 5 h: the end of the data is not silence.
struct LogSilences {
    struct Silence: Hashable {
        var onset: Int64
        /// The first minute with records again; nil when there is none within 5 h.
        var end: Int64?
        var minutes: Int64
        /// Records a minute before.
        var baseline: Double
    }

    static let steadyMinutes: Int64 = 180
    static let longestMinutes: Int64 = 300
    /// So many records are missing at least.
    static let leastMissing = 30.0

    let service: MinuteSeries

    /// Silences of a template that begin in `first..<end`. The service's other messages must go on at half their rate.
    func silences(of series: MinuteSeries, from first: Int64, to end: Int64) -> [Silence] {
        gaps(in: series, from: first, to: end).compactMap { gap in
            guard let steady = steadyRate(of: series, before: gap.onset) else { return nil }
            let alive = service.sum(from: gap.onset, through: gap.onset + gap.minutes - 1)
            let aliveBefore =
                service.sum(from: gap.onset - Self.steadyMinutes, through: gap.onset - 1) - Int64(steady * Double(Self.steadyMinutes))
            guard aliveBefore > 0, Double(alive) / Double(gap.minutes) >= 0.5 * Double(aliveBefore) / Double(Self.steadyMinutes),
                alive >= 20
            else { return nil }
            return isLong(gap.minutes, steady) ? Silence(onset: gap.onset, end: gap.end, minutes: gap.minutes, baseline: steady) : nil
        }
    }

    /// Silences of the whole service that begin in `first..<end` and are over.
    func wholeSilences(from first: Int64, to end: Int64) -> [Silence] {
        gaps(in: service, from: first, to: end).compactMap { gap in
            guard gap.end != nil, let steady = steadyRate(of: service, before: gap.onset), isLong(gap.minutes, steady) else { return nil }
            return Silence(onset: gap.onset, end: gap.end, minutes: gap.minutes, baseline: steady)
        }
    }

    private func isLong(_ minutes: Int64, _ rate: Double) -> Bool { minutes >= 5 && Double(minutes) * rate >= Self.leastMissing }

    private func gaps(in series: MinuteSeries, from first: Int64, to end: Int64) -> [(onset: Int64, end: Int64?, minutes: Int64)] {
        var out: [(onset: Int64, end: Int64?, minutes: Int64)] = []
        let lower = series.index(after: first - 2)
        for index in lower..<max(lower, series.index(after: end - 2)) {
            let onset = series.minutes[index] + 1
            let next = index + 1 < series.minutes.count ? series.minutes[index + 1] : Int64.max
            guard next > onset + 4, onset >= first, onset < end else { continue }
            if next <= onset + Self.longestMinutes {
                out.append((onset, next, next - onset))
            } else {
                let alive = service.index(after: onset + Self.longestMinutes)
                let last = alive > 0 ? service.minutes[alive - 1] : onset
                if last > onset { out.append((onset, nil, last - onset + 1)) }
            }
        }
        return out
    }

    /// Records a minute over the three hours before, when nearly every five minutes of them held some.
    private func steadyRate(of series: MinuteSeries, before onset: Int64) -> Double? {
        let start = onset - Self.steadyMinutes
        let total = series.sum(from: start, through: onset - 1)
        guard Double(total) >= Self.leastMissing else { return nil }
        var empty = 0
        for block in 0..<(Self.steadyMinutes / 5) where series.sum(from: start + block * 5, through: start + block * 5 + 4) == 0 {
            empty += 1
            if empty > 1 { return nil }
        }
        return Double(total) / Double(Self.steadyMinutes)
    }
}
