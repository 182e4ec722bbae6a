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

    /// Whether the trace is, for now, among the least `Limits.tracesPerMinute` of its service and minute.
    mutating func admit(_ trace: UInt64, service: Int32, minute: Int64) -> Bool {
        let index = index(service, minute)
        let isFull = hashes[index].count >= Limits.tracesPerMinute
        if isFull, let greatest = hashes[index].last, trace > greatest { return false }
        let place = firstIndex(notBelow: trace, in: hashes[index])
        if place < hashes[index].count, hashes[index][place] == trace { return true }
        if isFull { hashes[index].removeLast() }
        hashes[index].insert(trace, at: place)
        return true
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

    private func firstIndex(notBelow trace: UInt64, in hashes: [UInt64]) -> Int {
        var low = 0
        var high = hashes.count
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < trace { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
