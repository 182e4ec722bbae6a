extension Array where Element: Comparable & BitwiseCopyable {
    /// Sorted, none of them NaN; equal ones keep their order: by merging runs upwards (Knuth, volume 3, 5.2.4), without a closure
    /// for each comparison, which is what the standard library's sort spends its time on, and without branches to guess.
    func ascending() -> [Element] {
        var sorted = self
        sorted.sortAscending()
        return sorted
    }

    mutating func sortAscending() {
        let total = count
        if total < 2 { return }
        var spare = self
        let isInSpare = withUnsafeMutableBufferPointer { own -> Bool in
            spare.withUnsafeMutableBufferPointer { other -> Bool in
                guard var from = own.baseAddress, var to = other.baseAddress else { return false }
                Self.sortRuns(from, total)
                var width = 4
                var isSwapped = false
                while width < total {
                    var start = 0
                    while start &+ 2 &* width <= total {
                        Self.mergeEqual(from + start, width, into: to + start)
                        start &+= 2 &* width
                    }
                    Self.mergeRest(from + start, Swift.min(width, total &- start), total &- start, into: to + start)
                    (from, to) = (to, from)
                    isSwapped.toggle()
                    width &*= 2
                }
                return isSwapped
            }
        }
        if isInSpare { self = spare }
    }

    /// Runs of four: neighbours are compared and exchanged in four rounds (odd-even transposition); a shorter last one by insertion.
    private static func sortRuns(_ values: UnsafeMutablePointer<Element>, _ total: Int) {
        var start = 0
        while start &+ 4 <= total {
            let run = values + start
            exchange(run, run + 1)
            exchange(run + 2, run + 3)
            exchange(run + 1, run + 2)
            exchange(run, run + 1)
            exchange(run + 2, run + 3)
            exchange(run + 1, run + 2)
            start &+= 4
        }
        var next = start &+ 1
        while next < total {
            let value = values[next]
            var at = next
            while at > start, value < values[at &- 1] {
                values[at] = values[at &- 1]
                at &-= 1
            }
            values[at] = value
            next &+= 1
        }
    }

    @inline(__always)
    private static func exchange(_ one: UnsafeMutablePointer<Element>, _ other: UnsafeMutablePointer<Element>) {
        let (a, b) = (one.pointee, other.pointee)
        let isWrong = b < a
        one.pointee = isWrong ? b : a
        other.pointee = isWrong ? a : b
    }

    /// Two runs of `width` each, from both ends at once: neither can end before `width` steps are done, and the two ends do not
    /// wait for each other.
    private static func mergeEqual(
        _ from: UnsafeMutablePointer<Element>, _ width: Int, into to: UnsafeMutablePointer<Element>
    ) {
        var (left, right) = (from, from + width)
        var (lastLeft, lastRight) = (right - 1, right + (width &- 1))
        var (out, lastOut) = (to, to + (2 &* width &- 1))
        for _ in 0..<width {
            let isRight = right.pointee < left.pointee
            out.pointee = (isRight ? right : left).pointee
            let step = isRight ? 1 : 0
            right += step
            left += 1 &- step
            out += 1
            let isLeft = lastRight.pointee < lastLeft.pointee
            lastOut.pointee = (isLeft ? lastLeft : lastRight).pointee
            let lastStep = isLeft ? 1 : 0
            lastLeft -= lastStep
            lastRight -= 1 &- lastStep
            lastOut -= 1
        }
    }

    /// The last two runs, the second one shorter or missing.
    private static func mergeRest(
        _ from: UnsafeMutablePointer<Element>, _ middle: Int, _ end: Int, into to: UnsafeMutablePointer<Element>
    ) {
        var left = 0
        var right = middle
        var out = 0
        while left < middle, right < end {
            let (a, b) = (from[left], from[right])
            let takesRight = b < a
            to[out] = takesRight ? b : a
            left &+= takesRight ? 0 : 1
            right &+= takesRight ? 1 : 0
            out &+= 1
        }
        (to + out).update(from: from + left, count: middle &- left)
        (to + (out &+ middle &- left)).update(from: from + right, count: end &- right)
    }
}

extension [UInt64] {
    /// In order of their upper halves, equal ones as they were: byte by byte from the lowest (Knuth, volume 3, 5.2.5), but for bytes
    /// that all have in common.
    mutating func sortByUpperHalf() {
        let total = count
        if total < 2 { return }
        var spare = self
        let isInSpare = withUnsafeMutableBufferPointer { own -> Bool in
            spare.withUnsafeMutableBufferPointer { other -> Bool in
                withUnsafeTemporaryAllocation(of: Int.self, capacity: 4 * 256) { starts -> Bool in
                    guard var from = own.baseAddress, var to = other.baseAddress, let starts = starts.baseAddress else { return false }
                    starts.initialize(repeating: 0, count: 4 * 256)
                    for place in 0..<total {
                        let key = from[place]
                        starts[Int(key >> 32 & 255)] &+= 1
                        starts[Int(key >> 40 & 255) &+ 256] &+= 1
                        starts[Int(key >> 48 & 255) &+ 512] &+= 1
                        starts[Int(key >> 56) &+ 768] &+= 1
                    }
                    var isSwapped = false
                    for byte in 0..<4 {
                        let starts = starts + 256 * byte
                        let shift = UInt64(32 &+ 8 * byte)
                        if starts[Int(from[0] >> shift & 255)] == total { continue }
                        var sum = 0
                        for digit in 0..<256 {
                            let own = starts[digit]
                            starts[digit] = sum
                            sum &+= own
                        }
                        for place in 0..<total {
                            let key = from[place]
                            let digit = Int(key >> shift & 255)
                            to[starts[digit]] = key
                            starts[digit] &+= 1
                        }
                        (from, to) = (to, from)
                        isSwapped.toggle()
                    }
                    return isSwapped
                }
            }
        }
        if isInSpare { self = spare }
    }
}

/// A number and where it stands in its series; in order of the number.
struct PlacedNumber: Comparable, BitwiseCopyable {
    let value: Double
    let place: Int32
    static func < (one: PlacedNumber, other: PlacedNumber) -> Bool { one.value < other.value }
    static func == (one: PlacedNumber, other: PlacedNumber) -> Bool { one.value == other.value }
}

extension [Double] {
    /// Its places in ascending order of what stands there, none of it NaN.
    func ascendingPlaces() -> [Int32] {
        // Whole numbers are compared faster. They say the order to seven digits; where that is not enough, the numbers do.
        var keys = enumerated().map { Self.orderKey($1) << 32 | UInt64(UInt32(truncatingIfNeeded: $0)) }
        keys.sortByUpperHalf()
        let places = keys.map { Int32(truncatingIfNeeded: $0) }
        let isExact = zip(places, places.dropFirst()).allSatisfy { self[Int($0)] <= self[Int($1)] }
        if isExact { return places }
        var placed = enumerated().map { PlacedNumber(value: $1, place: Int32(truncatingIfNeeded: $0)) }
        placed.sortAscending()
        return placed.map(\.place)
    }

    /// 32 bits in the order of the number as a `Float`.
    private static func orderKey(_ value: Double) -> UInt64 {
        let bits = Float(value).bitPattern
        return UInt64(bits >> 31 == 0 ? bits | 1 << 31 : ~bits)
    }
}
