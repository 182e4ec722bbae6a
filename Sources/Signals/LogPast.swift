import Model

/// Counts of a service before its history begins, read when they are asked for, an hour at a time: what the same minutes held on
/// earlier days.
package final class LogPast {
    package typealias Reader = (_ minutes: Range<Int64>) throws -> [LogCount]
    private struct Entry {
        var minute: Int64
        var level: LogLevel
        var count: Int64
    }
    private let read: Reader
    private var hours: [Int64: [Int64: [Entry]]] = [:]
    private var held = 0
    private static let mostHeld = 1 << 20

    /// `read` gives all counts of the service in a range of minutes.
    package init(_ read: @escaping Reader) { self.read = read }

    /// Without any past, nothing ever came before.
    package static var none: LogPast { LogPast { _ in [] } }

    private func hour(_ hour: Int64) throws -> [Int64: [Entry]] {
        if let known = hours[hour] { return known }
        if held > Self.mostHeld { (hours, held) = ([:], 0) }
        var leaves: [Int64: [Entry]] = [:]
        for count in try read(hour * 60..<(hour + 1) * 60) {
            leaves[count.leaf, default: []].append(Entry(minute: count.minute, level: count.level, count: count.count))
            held += 1
        }
        hours[hour] = leaves
        return leaves
    }

    /// The counts of some leaves, or of all, whose level passes, in the minutes `first...last`.
    func series(_ leaves: Set<Int64>?, from first: Int64, through last: Int64, where passes: (LogLevel) -> Bool = { _ in true }) throws
        -> MinuteSeries
    {
        var counts: [(minute: Int64, count: Int64)] = []
        guard first <= last else { return MinuteSeries([]) }
        for hour in first.floorDivided(by: 60)...last.floorDivided(by: 60) {
            let chunk = try self.hour(hour)
            func add(_ entries: [Entry]) {
                for entry in entries where entry.minute >= first && entry.minute <= last && passes(entry.level) {
                    counts.append((entry.minute, entry.count))
                }
            }
            if let leaves {
                for leaf in leaves { add(chunk[leaf] ?? []) }
            } else {
                for entries in chunk.values { add(entries) }
            }
        }
        return MinuteSeries(counts)
    }
}

/// What is usual at this time, for the findings of one service.
struct LogSeasons {
    let past: LogPast
    let serviceFirstMinute: Int64

    private func knownDays(_ minute: Int64) -> Int64 { max(0, minute - serviceFirstMinute - Season.slackMinutes) / 1_440 }

    /// A rise to `peak` records in five minutes that came with at least half of that at this time before.
    func usualRise(_ leaves: Set<Int64>?, at onset: Int64, through last: Int64, peak: Int64, where passes: (LogLevel) -> Bool) throws
        -> Season?
    {
        try Season.of(knownDays: knownDays(onset)) { days in
            let from = onset - days * 1_440 - Season.slackMinutes
            let to = min(onset + 60, last) - days * 1_440 + Season.slackMinutes
            return try past.series(leaves, from: from, through: to, where: passes).largestFive * 2 >= peak
        }
    }

    /// A silence that was there at this time before: next to nothing in its inner minutes.
    func usualSilence(_ leaves: Set<Int64>?, _ silence: LogSilences.Silence, where passes: (LogLevel) -> Bool) throws -> Season? {
        let inset = min(15, (silence.minutes - 1) / 4)
        let (first, last) = (silence.onset + inset, silence.onset + silence.minutes - 1 - inset)
        let allowed = 0.1 * silence.baseline * Double(last - first + 1)
        return try Season.of(knownDays: knownDays(silence.onset)) { days in
            // Where nothing at all is known of that day, nothing was silent.
            let (from, to) = (first - days * 1_440, last - days * 1_440)
            guard try past.series(nil, from: from - inset - 60, through: from - inset - 1).total > 0 else { return false }
            return Double(try past.series(leaves, from: from, through: to, where: passes).total) <= allowed
        }
    }
}

extension MinuteSeries {
    /// The most records that any five minutes hold.
    var largestFive: Int64 { minutes.map { sum(from: $0 - 4, through: $0) }.max() ?? 0 }

    /// The most records that any five minutes within `first...last` hold.
    func largestFive(from first: Int64, through last: Int64) -> Int64 {
        var most: Int64 = 0
        for index in index(after: first - 1)..<max(index(after: first - 1), index(after: last)) {
            most = max(most, sum(from: max(first, minutes[index] - 4), through: minutes[index]))
        }
        return most
    }
}
