import Model

/// What each time of a day, or of a week, usually holds (section 2.3): the band of a slot and its neighbours.
struct HabitProfile {
    private let slotMs: Int64
    private let periodMs: Int64
    private var means: [Double]
    private var visits: [Int]
    /// The slot of the row before, its times, and its band from its second row on.
    private var current = -1
    private var times: Range<Int64> = 0..<0
    private var band: ClosedRange<Double>?
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

    /// True when the profile explains the series better than its mean does.
    var isEarned: Bool { residualSize.value < 0.3 * plainSize.value }

    /// What is known of a time, and how far a value is from it.
    struct Distance {
        var band: ClosedRange<Double>
        /// Signed, 0 inside of the band.
        var residual: Double
    }

    /// How far a value is from the band of its time; nil while that is unknown. Then remembers the value.
    mutating func take(_ value: Double, at timeMs: Int64) -> Distance? {
        let isSameSlot = times.contains(timeMs)
        let slot = isSameSlot ? current : slot(of: timeMs)
        var distance: Distance?
        if let band = isSameSlot ? band : band(of: slot) {
            let residual = value > band.upperBound ? value - band.upperBound : value < band.lowerBound ? value - band.lowerBound : 0
            residualSize.add(abs(residual))
            plainSize.add(abs(value - slowMean.value))
            distance = Distance(band: band, residual: residual)
        }
        slowMean.add(value)
        if !isSameSlot {
            if slot != current { leave() }
            current = slot
            band = band(of: slot)
            let start = timeMs - (timeMs - timeMs.floorDivided(by: periodMs) * periodMs) % slotMs
            times = start..<start + slotMs
        }
        sum += value
        samples += 1
        return distance
    }

    /// The band of a slot, once two days or weeks know it.
    private func band(of slot: Int) -> ClosedRange<Double>? {
        let before = slot == 0 ? means.count - 1 : slot - 1
        let after = slot == means.count - 1 ? 0 : slot + 1
        guard min(visits[before], visits[slot], visits[after]) >= 2 else { return nil }
        return min(means[before], means[slot], means[after])...max(means[before], means[slot], means[after])
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
