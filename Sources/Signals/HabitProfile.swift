import Model

/// What each time of a day, or of a week, usually holds (section 2.3): the band of a slot and its neighbours.
struct HabitProfile {
    private let slotMs: Int64
    private let periodMs: Int64
    private var means: [Double]
    private var visits: [Int]
    private var current = -1
    private var sum = 0.0
    private var samples = 0
    private var residualSize: FadingMean
    private var plainSize: FadingMean
    private var slowMean = FadingMean(over: 2_000)

    /// Slots of ten minutes of the day, or of half an hour of the week; longer for a slower series.
    init(stepMs: Int64, season: Season) {
        let least: Int64 = season == .daily ? 10 * .minuteMs : 30 * .minuteMs
        slotMs = stepMs <= least ? least : stepMs <= 30 * .minuteMs ? 30 * .minuteMs : .hourMs
        periodMs = season == .daily ? .dayMs : 7 * .dayMs
        residualSize = FadingMean(over: season == .daily ? 400 : 2_000)
        plainSize = FadingMean(over: season == .daily ? 400 : 2_000)
        let count = Int(periodMs / slotMs)
        means = Array(repeating: 0, count: count)
        visits = Array(repeating: 0, count: count)
    }

    /// The band for this time, once two days or weeks know it.
    func band(at timeMs: Int64) -> ClosedRange<Double>? {
        let slot = slot(of: timeMs)
        var low = Double.infinity
        var high = -Double.infinity
        for near in [slot == 0 ? means.count - 1 : slot - 1, slot, slot == means.count - 1 ? 0 : slot + 1] {
            guard visits[near] >= 2 else { return nil }
            low = min(low, means[near])
            high = max(high, means[near])
        }
        return low...high
    }

    /// True when the profile explains the series better than its mean does.
    var isEarned: Bool { residualSize.value < 0.3 * plainSize.value }

    /// The signed distance to the band, 0 inside of it; nil while it is unknown. Then remembers the value.
    mutating func take(_ value: Double, at timeMs: Int64) -> Double? {
        var residual: Double?
        if let band = band(at: timeMs) {
            let distance = value > band.upperBound ? value - band.upperBound : value < band.lowerBound ? value - band.lowerBound : 0
            residualSize.add(abs(distance))
            plainSize.add(abs(value - slowMean.value))
            residual = distance
        }
        slowMean.add(value)
        let slot = slot(of: timeMs)
        if slot != current {
            leave()
            current = slot
        }
        sum += value
        samples += 1
        return residual
    }

    private mutating func leave() {
        guard current >= 0, samples > 0 else { return }
        visits[current] += 1
        means[current] += (sum / Double(samples) - means[current]) * max(1 / Double(visits[current]), 0.25)
        sum = 0
        samples = 0
    }

    private func slot(of timeMs: Int64) -> Int {
        let inPeriod = timeMs - timeMs.floorDivided(by: periodMs) * periodMs
        return min(means.count - 1, Int(inPeriod / slotMs))
    }
}
