import Model

/// Watches one series row by row and says of each row how new it is, looked at in several ways. Keeps no future and a bounded
/// past; the same rows give the same answers.
struct MetricDetector: ~Copyable {
    enum View: Int, CaseIterable {
        case value, shortLevel, level, longLevel, jump, spread, day, week, stillness

        private static let names = allCases.map { "\($0)" }
        /// As it is written here.
        var name: String { Self.names[rawValue] }
    }
    struct Row {
        var score = 0.0
        var signal = 0.0
        var view = View.value
        /// +1 up, -1 down.
        var side = 0.0
        /// What this time of day or week usually holds, when the pattern explains the series.
        var band: ClosedRange<Double>?
    }

    private var rows = 0
    private var low = Double.infinity
    private var high = -Double.infinity
    private var origin = 0.0
    private var lastTime: Int64 = 0
    private var lastValue = 0.0
    private var seenValues = SeenValues()
    private var seenShortLevels = SeenValues()
    private var seenLevels = SeenValues()
    private var seenLongLevels = SeenValues()
    private var seenJumps = SeenValues()
    private var seenSpreads = SeenValues()
    private var short = FadingMean(over: 8)
    private var middle = FadingMean(over: 24)
    private var long = FadingMean(over: 64)
    private var square = FadingMean(over: 24)
    private var moves = FadingMean(over: 256)
    private var run = 0
    private var longestRun = 0
    private var steps: [Int64] = []
    private var daily = Habit(view: .day)
    private var weekly = Habit(view: .week)

    /// One rhythm of the series, and how far it is off it.
    private struct Habit: ~Copyable {
        let view: View
        /// Once the step of the series is known.
        var profile: HabitProfile?
        private var seen = SeenValues(delay: 24, memory: 0)
        private var level = FadingMean(over: 6)
        private var size = FadingMean(over: 400)

        init(view: View) { self.view = view }

        /// The distance from the band of a habit, as a level against its own past and against its own size.
        mutating func compare(_ value: Double, at timeMs: Int64, row: Int, range: Double, _ best: inout Row) {
            guard let isEarned = profile?.isEarned, let distance = profile?.take(value, at: timeMs) else { return }
            let residual = distance.residual
            level.add(residual)
            var deviation = seen.take(level.value, row: row, floor: 0.05 * range)
            let scale = max(8 * size.value, 0.1 * range)
            size.add(min(abs(residual), 4 * max(size.value, 1e-12)))
            guard row >= 144, isEarned else { return }
            best.band = distance.band
            if scale > 0 {
                let direct = 0.3 * abs(residual) / scale
                deviation.score = max(deviation.score, direct)
                deviation.signal = max(deviation.signal, direct)
            }
            if deviation.signal > best.signal {
                best.signal = deviation.signal
                best.view = view
                best.side = residual >= 0 ? 1 : -1
            }
            best.score = max(best.score, deviation.score)
        }
    }

    /// `value` is finite, `timeMs` later than the row before.
    mutating func take(_ value: Double, at timeMs: Int64) -> Row {
        if rows == 0 { origin = value }
        if rows > 0, rows <= 9 {
            steps.append(timeMs - lastTime)
            if rows == 9 {
                let step = steps.sorted()[4]
                daily.profile = HabitProfile(stepMs: step, season: .daily)
                weekly.profile = HabitProfile(stepMs: step, season: .weekly)
            }
        }
        let range = high >= low ? high - low : 0
        let row = rows
        var best = Row()
        func look(_ view: View, _ seen: inout SeenValues, _ sample: Double, floor: Double, after warmUp: Int) {
            let deviation = seen.take(sample, row: row, floor: floor * range)
            guard row >= warmUp, deviation.score.isFinite else { return }
            if deviation.signal > best.signal {
                best.signal = deviation.signal
                best.view = view
                best.side = deviation.side
            }
            best.score = max(best.score, deviation.score)
        }
        look(.value, &seenValues, value, floor: 0, after: 16)
        if rows > 0 { look(.jump, &seenJumps, value - short.value, floor: 0.2, after: 144) }
        short.add(value)
        middle.add(value)
        long.add(value)
        let shifted = value - origin
        square.add(shifted * shifted)
        look(.shortLevel, &seenShortLevels, short.value, floor: 0.02, after: 16)
        look(.level, &seenLevels, middle.value, floor: 0.02, after: 16)
        look(.longLevel, &seenLongLevels, long.value, floor: 0.05, after: 144)
        let mean = middle.value - origin
        look(.spread, &seenSpreads, max(0, square.value - mean * mean).squareRoot(), floor: 0.1, after: 144)
        daily.compare(value, at: timeMs, row: row, range: range, &best)
        weekly.compare(value, at: timeMs, row: row, range: range, &best)
        still(value, &best)
        low = min(low, value)
        high = max(high, value)
        lastTime = timeMs
        lastValue = value
        rows += 1
        return best
    }

    /// A series that always moves and now stands still.
    private mutating func still(_ value: Double, _ best: inout Row) {
        guard rows > 0 else { return }
        if value == lastValue {
            run += 1
        } else {
            longestRun = max(longestRun, run)
            run = 0
        }
        if run < 8 { moves.add(run == 0 ? 1 : 0) }
        let threshold = max(12, 3 * longestRun)
        guard moves.value > 0.5, rows > 64, run >= threshold else { return }
        let deviation = min(2, 0.5 * (2 * Double(run) / Double(threshold)).logarithm / 0.693_147_180_559_945_3)
        best.score = max(best.score, deviation)
        if deviation > best.signal {
            best.signal = deviation
            best.view = .stillness
            best.side = 0
        }
    }
}
