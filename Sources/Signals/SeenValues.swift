import Model

/// The values a view of a series has taken, as at most 32 weighted places in ascending order. How far a new value is from the
/// nearest of them, in units of what is a wide gap there, says how new it is (the study `metric-anomalies`, section 2.2).
struct SeenValues {
    private struct Place {
        var value: Double
        var visits: Double
        /// How new it was when first seen: the memory of the bad.
        var birth: Double
        var lastRow: Int
    }
    private struct Waiting {
        var value: Double
        var deviation: Double
    }
    /// Two ways to read the memory of the bad: sharply for scores, long for signals.
    struct Deviation {
        var score: Double = 0
        var signal: Double = 0
        /// +1 above the nearest place, -1 below.
        var side: Double = 0
    }

    static let capacity = 32
    private var places: [Place] = []
    private var waiting: [Waiting] = []
    private let delay: Int
    private let memory: Double

    /// A value is taken in `delay` rows after it came, so that a short glitch does not vouch for itself.
    init(delay: Int = 2, memory: Double = 0.35) {
        self.delay = delay
        self.memory = memory
        places.reserveCapacity(Self.capacity + 1)
    }

    /// How new `value` is, with `floor` as the least unit; then remembers it.
    mutating func take(_ value: Double, row: Int, floor: Double) -> Deviation {
        let deviation = deviation(of: value, floor: floor)
        waiting.append(Waiting(value: value, deviation: deviation.score))
        if waiting.count > delay {
            let ripe = waiting.removeFirst()
            absorb(ripe.value, deviation: ripe.deviation, row: row)
        }
        return deviation
    }

    private func deviation(of value: Double, floor: Double) -> Deviation {
        guard let first = places.first, let last = places.last else { return Deviation() }
        let range = last.value - first.value
        let above = firstIndex(notBelow: value)
        let nearest: Int
        if above == places.count {
            nearest = above - 1
        } else if above > 0, value - places[above - 1].value < places[above].value - value {
            nearest = above - 1
        } else {
            nearest = above
        }
        let unit = max(0.15 * range, spacing(behind: nearest, from: value), floor)
        let side: Double = value > places[nearest].value ? 1 : value < places[nearest].value ? -1 : 0
        guard unit > 0 else { return side == 0 ? Deviation() : Deviation(score: 10, signal: 10, side: side) }
        var score = Double.infinity
        var signal = Double.infinity
        func look(_ index: Int) -> Bool {
            let distance = abs(value - places[index].value) / unit
            guard distance < max(score, signal) else { return false }
            let place = places[index]
            score = min(score, distance + memory * min(place.birth, 1) / (place.visits * place.visits))
            signal = min(signal, distance + memory * min(place.birth, 3) / place.visits)
            return true
        }
        var down = nearest
        while down >= 0, look(down) { down -= 1 }
        var up = nearest + 1
        while up < places.count, look(up) { up += 1 }
        return Deviation(score: score, signal: signal, side: side)
    }

    /// The mean of up to four gaps on the far side of a place: wide where the series is sparse.
    private func spacing(behind nearest: Int, from value: Double) -> Double {
        let step = value >= places[nearest].value ? -1 : 1
        var gaps = 0
        var at = nearest
        while gaps < 4, at + step >= 0, at + step < places.count {
            at += step
            gaps += 1
        }
        return gaps == 0 ? 0 : abs(places[nearest].value - places[at].value) / Double(gaps)
    }

    private func firstIndex(notBelow value: Double) -> Int {
        var low = 0
        var high = places.count
        while low < high {
            let middle = (low + high) / 2
            if places[middle].value < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func absorb(_ value: Double, deviation: Double, row: Int) {
        let at = firstIndex(notBelow: value)
        let range = (places.last?.value ?? 0) - (places.first?.value ?? 0)
        var near: Int?
        if at < places.count, places[at].value - value <= 0.005 * range { near = at }
        if at > 0, value - places[at - 1].value <= 0.005 * range, near == nil || value - places[at - 1].value < places[at].value - value {
            near = at - 1
        }
        if let near {
            places[near].visits += row - places[near].lastRow > 50 ? 1 : 1.0 / 64
            places[near].lastRow = row
            return
        }
        places.insert(Place(value: value, visits: 1, birth: deviation, lastRow: row), at: at)
        if places.count > Self.capacity { mergeClosest() }
    }

    private mutating func mergeClosest() {
        var best = 1
        var gap = Double.infinity
        for index in 1..<places.count where places[index].value - places[index - 1].value < gap {
            gap = places[index].value - places[index - 1].value
            best = index
        }
        let left = places[best - 1]
        let right = places[best]
        let visits = left.visits + right.visits
        var value = (left.value * left.visits + right.value * right.visits) / visits
        if best - 1 == 0 { value = left.value }
        if best == places.count - 1 { value = right.value }
        places[best - 1] = Place(
            value: value, visits: visits, birth: min(left.birth, right.birth), lastRow: max(left.lastRow, right.lastRow))
        places.remove(at: best)
    }
}

/// A mean that begins as a plain one and then forgets.
struct FadingMean {
    private let weight: Double
    private var count = 0.0
    private(set) var value = 0.0
    init(over rows: Double) { weight = 1 / rows }
    mutating func add(_ sample: Double) {
        count += 1
        value += (sample - value) * max(weight, 1 / count)
    }
}

/// What each time of day usually holds (section 2.3): the band of a slot and its neighbours.
struct DayProfile {
    private let slotMs: Int64
    private var means: [Double]
    private var visits: [Int]
    private var current = -1
    private var sum = 0.0
    private var samples = 0
    private var residualSize = FadingMean(over: 400)
    private var plainSize = FadingMean(over: 400)
    private var slowMean = FadingMean(over: 2_000)

    init(stepMs: Int64) {
        slotMs = stepMs <= 10 * .minuteMs ? 10 * .minuteMs : stepMs <= 30 * .minuteMs ? 30 * .minuteMs : .hourMs
        let count = Int(Int64.dayMs / slotMs)
        means = Array(repeating: 0, count: count)
        visits = Array(repeating: 0, count: count)
    }

    /// The band for this time, when the last two days know it.
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
        let inDay = timeMs - timeMs.floorDivided(by: .dayMs) * .dayMs
        return min(means.count - 1, Int(inDay / slotMs))
    }
}
