import Foundation
import Model

/// The score of the Numenta Anomaly Benchmark: Lavin and Ahmad, "Evaluating Real-Time Anomaly Detection Algorithms", ICMLA 2015.
///
/// A detection inside a window earns by how early it is, 2/(1+exp(5y)) - 1 with y from -1 at the left edge to 0 at the right one,
/// scaled so that the earliest earns all; only the best of a window counts. A window without any costs the weight of a miss. A
/// detection outside costs the weight of a false alarm times the same curve past the window before, -1 when far away or before the
/// first. The first 15 % of a series, at most 750 rows, are not scored. One threshold for all series together is chosen for each
/// profile; the score is 100·(total - null)/(perfect - null), where null detects nothing.
package struct AnomalyAccuracy: Sendable {
    package struct Profile: Sendable {
        package var name: String
        package var hit: Double
        package var falseAlarm: Double
        package var miss: Double
    }
    package static let profiles = [
        Profile(name: "standard", hit: 1, falseAlarm: 0.11, miss: 1),
        Profile(name: "reward_low_FP_rate", hit: 1, falseAlarm: 0.22, miss: 1),
        Profile(name: "reward_low_FN_rate", hit: 1, falseAlarm: 0.11, miss: 2),
    ]

    /// A scored row: what it would earn or cost as a detection.
    struct Point {
        var score: Double
        /// The window it lies in.
        var window: Int?
        var gain: Double
    }
    private var points: [Point] = []
    private var windowCount = 0

    package init() {}

    /// Adds a series: a score a row, and its windows as first and last row, in order, apart from each other.
    package mutating func add(scores: [Double], windows: [ClosedRange<Int>]) {
        let probation = min(scores.count * 15 / 100, 750)
        let best = Self.curve(-1)
        var next = 0
        var current: (window: Int, range: ClosedRange<Int>)?
        var last: ClosedRange<Int>?
        for (row, score) in scores.enumerated() {
            if current == nil, next < windows.count, row == windows[next].lowerBound {
                current = (windowCount + next, windows[next])
                next += 1
            }
            var point = Point(score: score, window: nil, gain: -1)
            if let current {
                point.window = current.window
                point.gain = Self.curve(-Double(current.range.upperBound - row + 1) / Double(current.range.count)) / best
            } else if let last {
                point.gain = last.count > 1 ? Self.curve(Double(row - last.upperBound) / Double(last.count - 1)) : -1
            }
            if row >= probation { points.append(point) }
            if let open = current, row == open.range.upperBound {
                last = open.range
                current = nil
            }
        }
        windowCount += windows.count
    }

    static func curve(_ y: Double) -> Double { y > 3 ? -1 : 2 / (1 + exp(5 * y)) - 1 }

    package struct Result: Hashable, Sendable {
        package var score: Double
        package var threshold: Double
        package var windowsFound: Int
        package var falseRows: Int
    }

    /// At the threshold that is best for the profile.
    package func best(_ profile: Profile) -> Result {
        let ordered = points.sorted { $0.score > $1.score }
        var worth: [Int: Double] = [:]
        for point in points { if let window = point.window { worth[window] = -profile.miss } }
        var total = -profile.miss * Double(worth.count)
        var best = (total: total, threshold: Double.infinity)
        var at = 0
        while at < ordered.count {
            let score = ordered[at].score
            while at < ordered.count, ordered[at].score == score {
                let point = ordered[at]
                if let window = point.window {
                    let gain = point.gain * profile.hit
                    if let held = worth[window], gain > held {
                        total += gain - held
                        worth[window] = gain
                    }
                } else {
                    total += point.gain * profile.falseAlarm
                }
                at += 1
            }
            if total > best.total + 1e-12 { best = (total, score) }
        }
        return self.at(best.threshold, profile)
    }

    package func at(_ threshold: Double, _ profile: Profile) -> Result {
        var worth: [Int: Double] = [:]
        var total = 0.0
        var falseRows = 0
        for point in points {
            if let window = point.window { worth[window] = worth[window] ?? -profile.miss }
            guard point.score >= threshold else { continue }
            if let window = point.window {
                worth[window] = max(worth[window] ?? -profile.miss, point.gain * profile.hit)
            } else {
                total += point.gain * profile.falseAlarm
                falseRows += 1
            }
        }
        total += worth.keys.sorted().reduce(0) { $0 + (worth[$1] ?? 0) }
        let nothing = -profile.miss * Double(windowCount)
        let perfect = profile.hit * Double(windowCount)
        return Result(
            score: perfect > nothing ? 100 * (total - nothing) / (perfect - nothing) : 0, threshold: threshold,
            windowsFound: worth.values.reduce(0) { $0 + ($1 > -profile.miss ? 1 : 0) }, falseRows: falseRows)
    }
}
