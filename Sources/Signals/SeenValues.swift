import Model

/// The values a view of a series has taken, as at most 32 weighted places in ascending order. How far a new value is from the
/// nearest of them, in units of what is a wide gap there, says how new it is (the study `metric-anomalies`, section 2.2).
struct SeenValues: ~Copyable {
    private struct Place {
        var visits: Double
        /// How new it was when first seen: the memory of the bad.
        var birth: Double
        var lastRow: Int
        /// What that memory adds to the distance from here, for scores and for signals; never more for scores.
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
        /// How many places were below it when it came.
        var at: Int
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
    /// The first `count` are held, ascending, between endless ones, so that the first and the last have neighbours, too; `places` says
    /// more of each. Room for one more than is kept and for a whole `Lanes` at its end.
    private let values: UnsafeMutablePointer<Double>
    private let places: UnsafeMutablePointer<Place>
    private var count = 0
    /// Once `capacity` are held: no two neighbours are closer.
    private var leastGap = 0.0
    /// A ring of the values that came last; `turn` is the place of the oldest.
    private let waiting: UnsafeMutablePointer<Waiting>
    private var waitingCount = 0
    private var turn = 0
    private let delay: Int
    private let memory: Double

    /// A value is taken in `delay` rows after it came, so that a short glitch does not vouch for itself.
    init(delay: Int = 2, memory: Double = 0.35) {
        self.delay = max(1, delay)
        self.memory = memory
        let bounded = UnsafeMutablePointer<Double>.allocate(capacity: 1 + Self.capacity + Lanes.scalarCount)
        bounded.initialize(to: -.infinity)
        values = bounded + 1
        values.initialize(repeating: .infinity, count: Self.capacity + Lanes.scalarCount)
        places = .allocate(capacity: Self.capacity + 1)
        places.initialize(repeating: Place(visits: 1, birth: 0, lastRow: 0, memory: 0), count: Self.capacity + 1)
        waiting = .allocate(capacity: self.delay)
        waiting.initialize(repeating: Waiting(value: 0, deviation: 0, at: 0), count: self.delay)
    }

    deinit {
        (values - 1).deallocate()
        places.deallocate()
        waiting.deallocate()
    }

    /// How new `value` is, with `floor` as the least unit; then remembers it.
    mutating func take(_ value: Double, row: Int, floor: Double) -> Deviation {
        let at = firstIndex(notBelow: value)
        let deviation = deviation(of: value, at: at, floor: floor)
        let ripe = waiting[turn]
        waiting[turn] = Waiting(value: value, deviation: deviation.score, at: at)
        turn = turn &+ 1 == delay ? 0 : turn &+ 1
        if waitingCount < delay { waitingCount &+= 1 } else { absorb(ripe, row) }
        return deviation
    }

    // MARK: - How new

    /// Counts those below, a few at once: few values, and no branch to guess.
    @inline(__always)
    private func firstIndex(notBelow value: Double) -> Int {
        let sought = Lanes(repeating: value)
        var below = SIMD4<Int64>()
        var index = 0
        while index < Self.capacity {
            below &-= unsafeBitCast(lanes(index) .< sought, to: SIMD4<Int64>.self)  // -1 where it is so
            index &+= Lanes.scalarCount
        }
        return Int(below.wrappedSum())
    }

    @inline(__always)
    private func lanes(_ index: Int) -> Lanes { UnsafeRawPointer(values + index).loadUnaligned(as: Lanes.self) }

    /// `above` places are below the value.
    @inline(__always)
    private func deviation(of value: Double, at above: Int, floor: Double) -> Deviation {
        guard count > 0 else { return Deviation() }
        let last = count &- 1
        let nearest = min(last, value - values[above &- 1] < values[above] - value ? above &- 1 : above)
        let side: Double = value > values[nearest] ? 1 : value < values[nearest] ? -1 : 0
        let unit = max(0.15 * (values[last] - values[0]), spacing(behind: nearest, isBelow: value >= values[nearest]), floor)
        guard unit > 0 else { return side == 0 ? Deviation() : Deviation(score: 10, signal: 10, side: side) }
        let distance = abs(value - values[nearest]) / unit
        guard distance < .infinity else { return Deviation(score: .infinity, signal: .infinity, side: side) }
        var deviation = Deviation(
            score: distance + places[nearest].scoreMemory, signal: distance + places[nearest].signalMemory, side: side)
        // The score is never more than the signal, and what is farther than that matters to neither; mostly the neighbours are.
        if min(value - values[nearest &- 1], values[nearest &+ 1] - value) / unit < deviation.signal {
            compare(value, from: nearest, by: -1, unit, &deviation)
            compare(value, from: nearest, by: 1, unit, &deviation)
        }
        return deviation
    }

    /// With the places on one side of the nearest, as far as they matter.
    @inline(never)
    private func compare(_ value: Double, from nearest: Int, by step: Int, _ unit: Double, _ deviation: inout Deviation) {
        var place = nearest &+ step
        while case let distance = abs(value - values[place]) / unit, distance < deviation.signal {
            deviation.score = min(deviation.score, distance + places[place].scoreMemory)
            deviation.signal = min(deviation.signal, distance + places[place].signalMemory)
            place &+= step
        }
    }

    /// The mean of up to four gaps on the far side of a place: wide where the series is sparse.
    @inline(__always)
    private func spacing(behind nearest: Int, isBelow: Bool) -> Double {
        let gaps = min(4, isBelow ? nearest : count &- 1 &- nearest)
        let sum = abs(values[nearest] - values[isBelow ? nearest &- gaps : nearest &+ gaps])
        return gaps == 3 ? sum / 3 : sum * (gaps == 4 ? 0.25 : gaps == 2 ? 0.5 : 1)
    }

    // MARK: - Remembering

    private mutating func absorb(_ ripe: Waiting, _ row: Int) {
        let value = ripe.value
        // Little has changed since it came.
        var at = min(ripe.at, count)
        while at < count, values[at] < value { at &+= 1 }
        while at > 0, !(values[at &- 1] < value) { at &-= 1 }
        let range = count > 0 ? values[count &- 1] - values[0] : 0
        let below = value - values[at &- 1]
        let above = values[at] - value
        let gap = min(below, above)
        if gap <= 0.005 * range {
            let near = min(below < above ? at &- 1 : at, count &- 1)
            places[near].visits += row &- places[near].lastRow > 50 ? 1 : 1.0 / 64
            places[near].lastRow = row
            places[near].remember(memory)
            return
        }
        let new = Place(visits: 1, birth: ripe.deviation, lastRow: row, memory: memory)
        if count == Self.capacity, gap < leastGap {
            // Of all that would be held it is one of the two that lie closest.
            let into = above < below ? at : at &- 1
            merge(value, new, into: into, isFirst: into == 0, isLast: into == count &- 1)
            leastGap = min(leastGap, values[into] - values[into &- 1], values[into &+ 1] - values[into])
        } else {
            insert(value, new, at)
        }
    }

    @inline(never)
    private mutating func insert(_ value: Double, _ place: Place, _ at: Int) {
        (values + at + 1).update(from: values + at, count: count - at)
        (places + at + 1).update(from: places + at, count: count - at)
        values[at] = value
        places[at] = place
        count += 1
        if count < Self.capacity { return }
        let gaps = leastGaps()
        leastGap = gaps.least
        if count > Self.capacity {
            leastGap = gaps.next
            mergeClosest(gaps.least)
        }
    }

    /// The two least gaps between neighbours of `capacity` + 1 values, or of `capacity`.
    private func leastGaps() -> (least: Double, next: Double) {
        var least = Lanes(repeating: .infinity)
        var next = least
        var index = 0
        while index < Self.capacity {
            let gaps = lanes(index &+ 1) - lanes(index)
            let isLess = gaps .< least
            let more = gaps.replacing(with: least, where: isLess)
            least.replace(with: gaps, where: isLess)
            next.replace(with: more, where: more .< next)
            index &+= Lanes.scalarCount
        }
        let gap = least.min()
        var isMet = false
        var second = next.min()
        for lane in least.indices {
            if least[lane] == gap, !isMet { isMet = true } else { second = min(second, least[lane]) }
        }
        return (gap, second)
    }

    /// Of `capacity` + 1 values makes the two that lie closest one, which leaves no lesser gap than there were.
    private mutating func mergeClosest(_ gap: Double) {
        var best = 1
        while best < count - 1, values[best] - values[best - 1] != gap { best += 1 }
        merge(values[best], places[best], into: best - 1, isFirst: best == 1, isLast: best == count - 1)
        count -= 1
        (values + best).update(from: values + best + 1, count: count - best)
        (places + best).update(from: places + best + 1, count: count - best)
        values[count] = .infinity
    }

    /// Makes one of a place and another: their mean, but the least and the greatest value stay.
    @inline(__always)
    private func merge(_ value: Double, _ place: Place, into: Int, isFirst: Bool, isLast: Bool) {
        let own = places[into]
        let visits = own.visits + place.visits
        if isFirst {
            values[into] = min(values[into], value)
        } else if isLast {
            values[into] = max(values[into], value)
        } else {
            values[into] = (values[into] * own.visits + value * place.visits) / visits
        }
        places[into] = Place(
            visits: visits, birth: min(own.birth, place.birth), lastRow: max(own.lastRow, place.lastRow), memory: memory)
    }
}

/// A mean that begins as a plain one and then forgets.
struct FadingMean {
    private let rows: Double
    private var count = 0.0
    private var weight = 1.0
    private(set) var value = 0.0
    init(over rows: Double) { self.rows = rows }
    mutating func add(_ sample: Double) {
        if count < rows {
            count += 1
            weight = 1 / count
        }
        value += (sample - value) * weight
    }
}
