import Model

/// The telemetry that one case is judged by. Order does not matter anywhere.
package struct CaseTelemetry: Sendable {
    package var spans: [Span]
    package var tracks: [MetricTrack]
    package var lines: [TracedLine]
    package var logs: [LogHistory]
    package var map: ServiceMap
    /// The time of the case. Telemetry outside of it is from quiet times, earlier or later.
    package var window: ClosedRange<Instant>
    package init(
        spans: [Span] = [], tracks: [MetricTrack] = [], lines: [TracedLine] = [], logs: [LogHistory] = [], map: ServiceMap = ServiceMap(),
        window: ClosedRange<Instant>
    ) {
        self.spans = spans
        self.tracks = tracks
        self.lines = lines
        self.logs = logs
        self.map = map
        self.window = window
    }
}

/// Services by number, in order of name, so that sorting by number is sorting by name.
struct ServiceNumbers {
    let names: [String]
    private let numbers: [String: Int]
    init(_ telemetry: CaseTelemetry) {
        var all = telemetry.map.services
        for span in telemetry.spans { all.insert(span.service) }
        for track in telemetry.tracks { all.insert(track.key.service) }
        for history in telemetry.logs { all.insert(history.service) }
        for line in telemetry.lines { all.insert(line.service) }
        names = all.subtracting([""]).sorted()
        numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    }
    subscript(_ name: String) -> Int? { numbers[name] }
    var count: Int { names.count }
}

/// What a service is on the way to be accused of, before it is put into words.
struct Accusation {
    var value: Double
    var why: String
    var instance: String?
    var metric: String?
    var operation: String?
    var isHearsay = false
    var isLatency = false
}

/// One measured quantity: its values of quiet times, and those of the case in order of time.
struct CauseSeries {
    private(set) var times: [Int64] = []
    private(set) var values: [Double] = []
    /// Ascending once sealed.
    private(set) var quiet: [Double] = []
    /// Places of `values` in ascending order of value, once sealed.
    private var places: [Int32] = []

    static let postMs: Int64 = 240_000
    static let mostSamples = 60_000
    /// From this share of the series on it is cheaper to pick a range out of the whole order than to sort it.
    private static let worthPicking = 1.0 / 8

    mutating func reserve(_ count: Int) {
        times.reserveCapacity(count)
        values.reserveCapacity(count)
    }

    mutating func add(_ value: Double, at ms: Int64, window: ClosedRange<Int64>) {
        guard value.isFinite else { return }
        if window.contains(ms) {
            times.append(ms)
            values.append(value)
        } else if quiet.count < Self.mostSamples {
            quiet.append(value)
        }
    }
    /// All points of a series at once, each value times `factor`.
    mutating func add(_ points: [MetricPoint], factor: Double, window: ClosedRange<Int64>) {
        if times.isEmpty, points.allSatisfy({ $0.value.isFinite && window.contains($0.timeMs) }) {
            times = points.map(\.timeMs)
            values = points.map { factor * $0.value }
        } else {
            for point in points { add(factor * point.value, at: point.timeMs, window: window) }
        }
    }

    /// In order of time; ties keep the order of arrival, which callers make the same for the same facts. Returns where each stood,
    /// nil when they were in order.
    @discardableResult mutating func seal() -> [Int]? {
        quiet.sortAscending()
        defer { places = values.ascendingPlaces() }
        let isOrdered = times.indices.dropFirst().allSatisfy {
            times[$0 - 1] < times[$0] || (times[$0 - 1], values[$0 - 1]) <= (times[$0], values[$0])
        }
        if isOrdered { return nil }
        let order = times.indices.sorted { (times[$0], values[$0], $0) < (times[$1], values[$1], $1) }
        times = order.map { times[$0] }
        values = order.map { values[$0] }
        return order
    }

    func index(notBefore ms: Int64) -> Int { times.partitionPoint { $0 < ms } }
    func beforeRange(_ cut: Int64) -> Range<Int> { 0..<index(notBefore: cut) }
    func afterRange(_ cut: Int64) -> Range<Int> {
        let low = index(notBefore: cut)
        return low..<max(low, index(notBefore: cut &+ Self.postMs))
    }

    /// The values of some places, ascending; of a sealed series.
    func ascending(_ range: Range<Int>) -> [Double] {
        guard range.count < values.count else { return places.map { values[Int($0)] } }
        return isWorthPicking(range) ? split(range, 0..<0).0 : Array(values[range]).ascending()
    }

    /// The values before a cut and those shortly after it, ascending each; of a sealed series.
    func around(_ cut: Int64) -> (before: [Double], after: [Double]) {
        let after = afterRange(cut)
        let before = 0..<after.lowerBound
        return isWorthPicking(before) && isWorthPicking(after) ? split(before, after) : (ascending(before), ascending(after))
    }

    private func isWorthPicking(_ range: Range<Int>) -> Bool { Double(range.count) >= Self.worthPicking * Double(values.count) }

    /// Two ranges picked out of the whole order: written always, counted where it belongs, so that there is no branch to guess.
    private func split(_ one: Range<Int>, _ other: Range<Int>) -> ([Double], [Double]) {
        func isIn(_ range: (first: UInt32, length: UInt32), _ place: Int32) -> Int {
            UInt32(bitPattern: place) &- range.first < range.length ? 1 : 0
        }
        let first = (first: UInt32(one.lowerBound), length: UInt32(one.count))
        let second = (first: UInt32(other.lowerBound), length: UInt32(other.count))
        var rest: [Double] = []
        let found = Array<Double>(unsafeUninitializedCapacity: places.count) { ones, count in
            rest = Array(unsafeUninitializedCapacity: places.count) { others, otherCount in
                values.withUnsafeBufferPointer { values in
                    guard let values = values.baseAddress, let ones = ones.baseAddress, let others = others.baseAddress else { return }
                    var (taken, otherTaken) = (0, 0)
                    for place in places {
                        let value = values[Int(place)]
                        ones[taken] = value
                        taken &+= isIn(first, place)
                        others[otherTaken] = value
                        otherTaken &+= isIn(second, place)
                    }
                    (count, otherCount) = (taken, otherTaken)
                }
            }
        }
        return (found, rest)
    }

    /// What it is compared with: quiet times when there are enough, else those and what came before the cut. Ascending.
    func reference(_ cut: Int64) -> [Double] { quiet.count >= Self.enough ? quiet : reference(ascending(beforeRange(cut))) }
    /// The same, by what came before the cut, ascending.
    func reference(_ earlier: [Double]) -> [Double] {
        if quiet.count >= Self.enough || earlier.isEmpty { return quiet }
        return quiet.isEmpty ? earlier : (quiet + earlier).ascending()
    }
    /// So many samples of quiet times need no others beside them.
    private static let enough = 8
}

extension [Double] {
    /// Of an ascending array; 0 of an empty one.
    func quantile(_ share: Double) -> Double { MetricExcursions.quantile(self, share) }
    var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}
