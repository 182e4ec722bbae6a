import Model

/// Watches one series row by row and says of each row how new it is, looked at in several ways. Keeps no future and a bounded
/// past; the same rows give the same answers.
struct MetricDetector {
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
    private var seen = View.allCases.map { view in
        view == .day || view == .week ? SeenValues(delay: 24, memory: 0) : SeenValues(delay: 2, memory: 0.35)
    }
    private var short = FadingMean(over: 8)
    private var middle = FadingMean(over: 24)
    private var long = FadingMean(over: 64)
    private var square = FadingMean(over: 24)
    private var moves = FadingMean(over: 256)
    private var run = 0
    private var longestRun = 0
    private var steps: [Int64] = []
    private var habits: [Habit] = []

    /// One rhythm of the series, and how far it is off it.
    private struct Habit {
        let view: View
        var profile: HabitProfile
        var level = FadingMean(over: 6)
        var size = FadingMean(over: 400)
    }

    /// `value` is finite, `timeMs` later than the row before.
    mutating func take(_ value: Double, at timeMs: Int64) -> Row {
        if rows == 0 { origin = value }
        if rows > 0, rows <= 9 {
            steps.append(timeMs - lastTime)
            if rows == 9 {
                let step = steps.sorted()[4]
                habits = [
                    Habit(view: .day, profile: HabitProfile(stepMs: step, season: .daily)),
                    Habit(view: .week, profile: HabitProfile(stepMs: step, season: .weekly)),
                ]
            }
        }
        let range = high >= low ? high - low : 0
        var best = Row()
        func look(_ view: View, _ sample: Double, floor: Double, after warmUp: Int) {
            let deviation = seen[view.rawValue].take(sample, row: rows, floor: floor * range)
            guard rows >= warmUp, deviation.score.isFinite else { return }
            if deviation.signal > best.signal {
                best.signal = deviation.signal
                best.view = view
                best.side = deviation.side
            }
            best.score = max(best.score, deviation.score)
        }
        look(.value, value, floor: 0, after: 16)
        if rows > 0 { look(.jump, value - short.value, floor: 0.2, after: 144) }
        short.add(value)
        middle.add(value)
        long.add(value)
        let shifted = value - origin
        square.add(shifted * shifted)
        look(.shortLevel, short.value, floor: 0.02, after: 16)
        look(.level, middle.value, floor: 0.02, after: 16)
        look(.longLevel, long.value, floor: 0.05, after: 144)
        let mean = middle.value - origin
        look(.spread, max(0, square.value - mean * mean).squareRoot(), floor: 0.1, after: 144)
        // Taken out, so that the profiles are changed in place.
        var own = habits
        habits = []
        for index in own.indices { compare(value, timeMs, range, &own[index], &best) }
        habits = own
        still(value, &best)
        low = min(low, value)
        high = max(high, value)
        lastTime = timeMs
        lastValue = value
        rows += 1
        return best
    }

    /// The distance from the band of a habit, as a level against its own past and against its own size.
    private mutating func compare(_ value: Double, _ timeMs: Int64, _ range: Double, _ habit: inout Habit, _ best: inout Row) {
        let isEarned = habit.profile.isEarned
        let band = habit.profile.band(at: timeMs)
        guard let residual = habit.profile.take(value, at: timeMs) else { return }
        habit.level.add(residual)
        var deviation = seen[habit.view.rawValue].take(habit.level.value, row: rows, floor: 0.05 * range)
        let scale = max(8 * habit.size.value, 0.1 * range)
        habit.size.add(min(abs(residual), 4 * max(habit.size.value, 1e-12)))
        guard rows >= 144, isEarned else { return }
        best.band = band
        if scale > 0 {
            let direct = 0.3 * abs(residual) / scale
            deviation.score = max(deviation.score, direct)
            deviation.signal = max(deviation.signal, direct)
        }
        if deviation.signal > best.signal {
            best.signal = deviation.signal
            best.view = habit.view
            best.side = residual >= 0 ? 1 : -1
        }
        best.score = max(best.score, deviation.score)
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
