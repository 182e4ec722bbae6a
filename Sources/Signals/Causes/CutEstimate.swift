import Foundation
import Model

/// When it began, told from the telemetry itself: the moment at which the series that changed most changed most. Metrics often
/// say the minute only, calls the moment: where nobody told a start, calls decide between moments that metrics cannot tell apart.
struct CutEstimate {
    private struct Track {
        var times: [Int64]
        /// Running sums of the distance from the usual, 0…20 spreads each.
        var sums: [Double]
        /// `guess` is where it may be: series of one source share their times.
        func index(notBefore ms: Int64, guess: Int) -> Int {
            let isRight =
                guess <= times.count && (guess == 0 || times[guess - 1] < ms) && (guess == times.count || times[guess] >= ms)
            return isRight ? guess : times.partitionPoint { $0 < ms }
        }
    }
    /// Those of calls first.
    private let tracks: [Track]
    private let callCount: Int
    private let window: ClosedRange<Int64>

    static let stepMs: Int64 = 15_000
    static let strongest = 8
    static let apartMs: Int64 = 60_000
    static let nearHintMs: Int64 = 45_000
    /// How much the calls alone weigh beside all series together.
    static let callShare = 0.2
    static let nearShare = 0.7
    static let most = 4
    static let mostSteps: Int64 = 480

    init(calls: CallTimes, metrics: CauseMetrics, window: ClosedRange<Int64>) {
        self.window = window
        var tracks = calls.items.compactMap { Self.track($0.series, floor: 1) }
        callCount = tracks.count
        tracks += metrics.items.lazy.filter { !$0.isFrom }.compactMap { Self.track($0.series, floor: 0) }
        self.tracks = tracks
    }

    private static func track(_ series: CauseSeries, floor: Double) -> Track? {
        guard series.times.count >= 4 else { return nil }
        let reference = series.reference(series.ascending(series.values.indices))
        let median = reference.quantile(0.5)
        let low = median - reference.quantile(0.1)
        let spread = max(1.5 * low, min(reference.quantile(0.9) - median, 3 * low), 0.1 * abs(median), floor, 1e-9)
        var sums = [0.0]
        sums.reserveCapacity(series.values.count + 1)
        var sum = 0.0
        for value in series.values {
            sum += min(20, max(0, (value - median) / spread))
            sums.append(sum)
        }
        return Track(times: series.times, sums: sums)
    }

    /// Of all series, and of calls alone.
    private func gains(at cut: Int64) -> (all: Double, calls: Double) {
        var best = Array(repeating: 0.0, count: Self.strongest)
        var least = 0
        var calls = 0.0
        var middle = 0
        var end = 0
        for (number, track) in tracks.enumerated() {
            if number == callCount { calls = best.sorted().reduce(0, +) }
            middle = track.index(notBefore: cut, guess: middle)
            end = track.index(notBefore: cut &+ CauseSeries.postMs, guess: end)
            guard middle > 0, end > middle else { continue }
            let before = Double(middle)
            let after = Double(end - middle)
            let rise = (track.sums[end] - track.sums[middle]) / after - track.sums[middle] / before
            let (a, b) = (min(30, before), min(30, after))
            let gain = rise * (a * b / (a + b)).squareRoot()
            guard gain > best[least] else { continue }
            best[least] = gain
            for other in best.indices where best[other] < best[least] { least = other }
        }
        let all = best.sorted().reduce(0, +)
        return (all, callCount == tracks.count ? all : calls)
    }

    /// Moments with weights, the likeliest first.
    func cuts(hint: Int64?) -> [(at: Int64, weight: Double)] {
        if let hint {
            let near = estimates(from: hint &- 150_000, to: hint &+ 90_000, callShare: 0).filter { abs($0.at &- hint) >= Self.nearHintMs }
            return [(at: hint, weight: 2)] + near.prefix(2).map { (at: $0.at, weight: 1) }
        }
        let best = estimates(from: window.lowerBound &+ 60_000, to: window.upperBound &- 45_000, callShare: Self.callShare)
        return best.map { (at: $0.at, weight: $0.weight * $0.weight) }
    }

    private func estimates(from: Int64, to: Int64, callShare: Double) -> [(at: Int64, weight: Double)] {
        guard from <= to else { return [] }
        let step = max(Self.stepMs, (to - from) / Self.mostSteps)
        let moments = Array(stride(from: from, through: to, by: Int(step)))
        let measured = moments.map { gains(at: $0) }
        func shares(_ gains: [Double]) -> [Double] {
            let most = gains.max() ?? 0
            return most > 0 ? gains.map { $0 / most } : gains.map { _ in 0 }
        }
        var found = zip(moments, shares(measured.map(\.all))).map { (at: $0, gain: $1) }
        if callShare > 0 {
            for (index, own) in shares(measured.map(\.calls)).enumerated() {
                found[index].gain += callShare * (own - found[index].gain)
            }
        }
        guard let top = found.map(\.gain).max(), top > 0 else { return [] }
        var out: [(at: Int64, weight: Double)] = []
        for candidate in found.sorted(by: { ($1.gain, $0.at) < ($0.gain, $1.at) })
        where candidate.gain >= Self.nearShare * top && out.count < Self.most {
            if out.contains(where: { abs($0.at - candidate.at) < Self.apartMs }) { continue }
            out.append((candidate.at, candidate.gain / top))
        }
        return out
    }
}
