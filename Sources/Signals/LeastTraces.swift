import Model

/// The least hashes of traces met so far in each service and minute: a record of any other trace is not in the sample that
/// `TracedLines` draws, whatever comes later, and need not be held.
struct LeastTraces {
    private struct Place: Hashable {
        var service: Int32
        var minute: Int64
    }
    /// Ascending.
    private var hashes: [[UInt64]] = []
    private var indices: [Place: Int] = [:]
    /// The minute a service was in last, and where its hashes are.
    private var latest: [(minute: Int64, index: Int)] = []

    /// The number of the trace's service and minute, if the trace is, for now, among the least `Limits.tracesPerMinute` there.
    mutating func admit(_ trace: UInt64, service: Int32, minute: Int64) -> Int32? {
        let index = index(service, minute)
        guard isAmongLeast(trace, Int32(index)) else { return nil }
        let place = firstIndex(notBelow: trace, in: hashes[index])
        if place < hashes[index].count, hashes[index][place] == trace { return Int32(index) }
        if hashes[index].count >= Limits.tracesPerMinute { hashes[index].removeLast() }
        hashes[index].insert(trace, at: place)
        return Int32(index)
    }

    /// Whether a trace that was admitted there is still among the least.
    func isAmongLeast(_ trace: UInt64, _ number: Int32) -> Bool {
        guard hashes[Int(number)].count >= Limits.tracesPerMinute, let greatest = hashes[Int(number)].last else { return true }
        return trace <= greatest
    }

    private mutating func index(_ service: Int32, _ minute: Int64) -> Int {
        let number = Int(service)
        while latest.count <= number { latest.append((.min, 0)) }
        if latest[number].minute == minute { return latest[number].index }
        let place = Place(service: service, minute: minute)
        let index = indices[place] ?? hashes.count
        if index == hashes.count {
            hashes.append([])
            indices[place] = index
        }
        latest[number] = (minute, index)
        return index
    }

    private func firstIndex(notBelow trace: UInt64, in hashes: [UInt64]) -> Int { hashes.partitionPoint { $0 < trace } }
}
