/// How much came in one hour.
package struct HourCount: Hashable, Sendable {
    /// Hours since the epoch.
    package var hour: Int64
    package var count: Int64
    package init(hour: Int64, count: Int64) {
        self.hour = hour
        self.count = count
    }
    package var from: Instant { Instant(ms: hour * .hourMs) }
}

/// Where something that used to speak was silent.
package enum Silences {
    static let weekHours: Int64 = 168
    /// Fewer hours say nothing about what is usual.
    static let leastUsualHours: Int64 = 12

    /// Spans of two whole hours or more without anything, where in the week before (or as much of it as is known, at least
    /// twelve hours) four hours of five had something. `hours` are those with something, in order; what comes after the last
    /// one counts up to `until`.
    package static func spans(in hours: [HourCount], until: Instant? = nil) -> [ClosedRange<Instant>] {
        let known = hours.filter { $0.count > 0 }.map(\.hour)
        guard let first = known.first else { return [] }
        var out: [ClosedRange<Instant>] = []
        var start = 0  // the first known hour of the week before
        func judge(_ last: Int64, _ next: Int64, _ end: Int) {
            if next - last <= 2 { return }
            while start < end, known[start] <= last - weekHours { start += 1 }
            let usual = last - max(first, last - weekHours + 1) + 1
            if usual >= leastUsualHours, Int64(end - start + 1) * 5 >= usual * 4 {
                out.append(Instant(ms: (last + 1) * .hourMs)...Instant(ms: next * .hourMs))
            }
        }
        for index in known.indices.dropFirst() { judge(known[index - 1], known[index], index - 1) }
        if let until, let last = known.last { judge(last, until.ms.floorDivided(by: .hourMs), known.count - 1) }
        return out
    }
}
