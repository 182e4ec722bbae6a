import Model

/// The values a view of a series has taken, as at most 32 weighted places in ascending order. How far a new value is from the
/// nearest of them, in units of what is a wide gap there, says how new it is (the study `metric-anomalies`, section 2.2).
struct SeenValues {
    private struct Place {
        var visits: Double
        /// How new it was when first seen: the memory of the bad.
        var birth: Double
        var lastRow: Int
        /// What that memory adds to the distance from here, for scores and for signals.
        private(set) var scoreMemory = 0.0
        private(set) var signalMemory = 0.0

        init(visits: Double, birth: Double, lastRow: Int, memory: Double) {
            self.visits = visits
            self.birth = birth
            self.lastRow = lastRow
            remember(memory)
        }
        /// After each change of the visits.
        mutating func remember(_ memory: Double) {
            scoreMemory = memory * min(birth, 1) / (visits * visits)
            signalMemory = memory * min(birth, 3) / visits
        }
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

    /// A multiple of the width of `Lanes`, and so are the gaps between one value more than that.
    static let capacity = 32
    private typealias Lanes = SIMD4<Double>
    private static let noValue = Double.infinity
    /// The first `count` are held, ascending, `noValue` behind them; `places` says more of each. Of fixed length, with room for one
    /// more than is kept and for a whole `Lanes` at its end.
    private var values: [Double]
    private var places: [Place]
    private var count = 0
    /// A ring of the values that came last; `turn` is the place of the oldest.
    private var waiting: [Waiting] = []
    private var turn = 0
    private let delay: Int
    private let memory: Double

    /// A value is taken in `delay` rows after it came, so that a short glitch does not vouch for itself.
    init(delay: Int = 2, memory: Double = 0.35) {
        self.delay = max(1, delay)
        self.memory = memory
        values = Array(repeating: Self.noValue, count: Self.capacity + Lanes.scalarCount)
        places = Array(repeating: Place(visits: 1, birth: 0, lastRow: 0, memory: 0), count: Self.capacity + 1)
        waiting.reserveCapacity(delay)
    }

    /// How new `value` is, with `floor` as the least unit; then remembers it.
    mutating func take(_ value: Double, row: Int, floor: Double) -> Deviation {
        let deviation = deviation(of: value, floor: floor)
        let new = Waiting(value: value, deviation: deviation.score)
        if waiting.count < delay {
            waiting.append(new)
        } else {
            let ripe = waiting[turn]
            waiting[turn] = new
            turn = turn + 1 == delay ? 0 : turn + 1
            absorb(ripe.value, deviation: ripe.deviation, row: row)
        }
        return deviation
    }

    private func deviation(of value: Double, floor: Double) -> Deviation {
        values.withUnsafeBufferPointer { values in
            places.withUnsafeBufferPointer { places in
                guard count > 0, let values = values.baseAddress, let places = places.baseAddress else { return Deviation() }
                return Self.deviation(of: value, floor: floor, count, values, places)
            }
        }
    }

    private static func deviation(
        of value: Double, floor: Double, _ count: Int, _ values: UnsafePointer<Double>, _ places: UnsafePointer<Place>
    ) -> Deviation {
        let range = values[count - 1] - values[0]
        let above = firstIndex(notBelow: value, count, values)
        let nearest: Int
        if above == count {
            nearest = above - 1
        } else if above > 0, value - values[above - 1] < values[above] - value {
            nearest = above - 1
        } else {
            nearest = above
        }
        let unit = max(0.15 * range, spacing(behind: nearest, from: value, count, values), floor)
        let side: Double = value > values[nearest] ? 1 : value < values[nearest] ? -1 : 0
        guard unit > 0 else { return side == 0 ? Deviation() : Deviation(score: 10, signal: 10, side: side) }
        var score = Double.infinity
        var signal = Double.infinity
        var down = nearest
        while down >= 0 {
            let distance = abs(value - values[down]) / unit
            guard distance < max(score, signal) else { break }
            score = min(score, distance + places[down].scoreMemory)
            signal = min(signal, distance + places[down].signalMemory)
            down -= 1
        }
        var up = nearest + 1
        while up < count {
            let distance = abs(value - values[up]) / unit
            guard distance < max(score, signal) else { break }
            score = min(score, distance + places[up].scoreMemory)
            signal = min(signal, distance + places[up].signalMemory)
            up += 1
        }
        return Deviation(score: score, signal: signal, side: side)
    }

    /// The mean of up to four gaps on the far side of a place: wide where the series is sparse.
    @inline(__always)
    private static func spacing(behind nearest: Int, from value: Double, _ count: Int, _ values: UnsafePointer<Double>) -> Double {
        let gaps = value >= values[nearest] ? min(4, nearest) : min(4, count - 1 - nearest)
        if gaps == 0 { return 0 }
        let at = value >= values[nearest] ? nearest - gaps : nearest + gaps
        return abs(values[nearest] - values[at]) / Double(gaps)
    }

    /// Counts those below, a few at once: few values, and no branch to guess.
    @inline(__always)
    private static func firstIndex(notBelow value: Double, _ count: Int, _ values: UnsafePointer<Double>) -> Int {
        let sought = Lanes(repeating: value)
        var below = SIMD4<Int64>()
        var index = 0
        while index < count {
            below &-= unsafeBitCast(lanes(values + index) .< sought, to: SIMD4<Int64>.self)  // -1 where it is so
            index += Lanes.scalarCount
        }
        return Int(below.wrappedSum())
    }

    @inline(__always)
    private static func lanes(_ values: UnsafePointer<Double>) -> Lanes {
        UnsafeRawPointer(values).loadUnaligned(as: Lanes.self)
    }

    private mutating func absorb(_ value: Double, deviation: Double, row: Int) {
        values.withUnsafeMutableBufferPointer { values in
            places.withUnsafeMutableBufferPointer { places in
                guard let values = values.baseAddress, let places = places.baseAddress else { return }
                Self.absorb(value, deviation, row, memory, &count, values, places)
            }
        }
    }

    private static func absorb(
        _ value: Double, _ deviation: Double, _ row: Int, _ memory: Double, _ count: inout Int, _ values: UnsafeMutablePointer<Double>,
        _ places: UnsafeMutablePointer<Place>
    ) {
        let at = firstIndex(notBelow: value, count, values)
        let range = count > 0 ? values[count - 1] - values[0] : 0
        var near = -1
        if at < count, values[at] - value <= 0.005 * range { near = at }
        if at > 0, value - values[at - 1] <= 0.005 * range, near < 0 || value - values[at - 1] < values[at] - value { near = at - 1 }
        if near >= 0 {
            places[near].visits += row - places[near].lastRow > 50 ? 1 : 1.0 / 64
            places[near].lastRow = row
            places[near].remember(memory)
            return
        }
        (values + at + 1).update(from: values + at, count: count - at)
        (places + at + 1).update(from: places + at, count: count - at)
        values[at] = value
        places[at] = Place(visits: 1, birth: deviation, lastRow: row, memory: memory)
        count += 1
        if count > capacity { mergeClosest(memory, &count, values, places) }
    }

    /// Of `capacity` + 1 values makes the two that lie closest one.
    private static func mergeClosest(
        _ memory: Double, _ count: inout Int, _ values: UnsafeMutablePointer<Double>, _ places: UnsafeMutablePointer<Place>
    ) {
        var least = lanes(values + 1) - lanes(values)
        var index = Lanes.scalarCount
        while index < capacity {
            let gaps = lanes(values + index + 1) - lanes(values + index)
            least.replace(with: gaps, where: gaps .< least)
            index += Lanes.scalarCount
        }
        let gap = least.min()
        var best = 1
        while best < count - 1, values[best] - values[best - 1] != gap { best += 1 }
        let left = places[best - 1]
        let right = places[best]
        let visits = left.visits + right.visits
        var value = (values[best - 1] * left.visits + values[best] * right.visits) / visits
        if best - 1 == 0 { value = values[best - 1] }
        if best == count - 1 { value = values[best] }
        values[best - 1] = value
        places[best - 1] = Place(
            visits: visits, birth: min(left.birth, right.birth), lastRow: max(left.lastRow, right.lastRow), memory: memory)
        count -= 1
        (values + best).update(from: values + best + 1, count: count - best)
        (places + best).update(from: places + best + 1, count: count - best)
        values[count] = noValue
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
