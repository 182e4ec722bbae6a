import Model

/// Where series of a service have no values, and where counters begin again at zero.
///
/// A series is steady when 95 of 100 steps of the day before are at most twice the median step. A gap in it is five median steps and
/// five minutes long at least, and half as long again as any step of that day. The end of the data is no gap: the series must go
/// on within six hours, or others of the service must.
package enum MetricGaps {
    static let lookBackMs: Int64 = .dayMs
    static let lookAheadMs: Int64 = 6 * .hourMs
    static let leastSteps = 30
    static let leastMs: Int64 = 5 * .minuteMs
    /// Gaps that begin so near to one another are one.
    static let togetherMs: Int64 = 2 * .minuteMs
    static let eventsPerHour = 10

    private struct Gap {
        var key: MetricKey
        var onset: Int64
        var end: Int64?
        var lastPoint: Int64
        var step: Int64
    }

    /// Events whose onset lies in `onsets` (epoch ms), sorted by time, then fingerprint. `tracks` are the series of one service from
    /// a day before to six hours after; `past` gives the points of one of them on earlier days.
    package static func derive(
        _ tracks: [MetricTrack], onsets: Range<Int64>, origin: String, past: (MetricKey, Range<Int64>) throws -> [MetricPoint]
    ) rethrows -> [Event] {
        let series = tracks.sorted { $0.key < $1.key }.map { (track: $0, times: Self.times(of: $0)) }
        let newest = series.compactMap(\.times.last).max() ?? .min
        var gaps: [Gap] = []
        var steady = 0
        for (track, times) in series {
            let found = self.gaps(track.key, times, newest: newest)
            if found.isSteady { steady += 1 }
            for gap in found.gaps where onsets.contains(gap.onset) { if try !isUsual(gap, past) { gaps.append(gap) } }
        }
        gaps.sort { ($0.onset, $0.key) < ($1.onset, $1.key) }
        var events: [Event] = []
        var at = 0
        while at < gaps.count {
            let first = gaps[at]
            let group = gaps[at...].prefix { $0.onset - first.onset <= max(togetherMs, 2 * first.step) }
            events.append(event(Array(group), of: steady, first, origin))
            at += group.count
        }
        events += loudest(series.flatMap { resets($0.track, onsets) }, origin)
        return TestSignals.sorted(events)
    }

    /// Ascending, each once; the points of the store are so already.
    private static func times(of track: MetricTrack) -> [Int64] {
        let given = track.points.filter { $0.value.isFinite }.map(\.timeMs)
        return zip(given, given.dropFirst()).allSatisfy { $0 < $1 } ? given : Set(given).sorted()
    }

    private static func gaps(_ key: MetricKey, _ times: [Int64], newest: Int64) -> (gaps: [Gap], isSteady: Bool) {
        var out: [Gap] = []
        var isSteady = false
        guard times.count > leastSteps else { return ([], false) }
        for index in leastSteps..<times.count {
            let next = index + 1 < times.count ? times[index + 1] : nil
            let until = min(next ?? newest, times[index] + lookAheadMs)
            // Cheap look first.
            guard until - times[index] >= leastMs || index + 1 == times.count else { continue }
            var start = index
            while start > 0, times[index] - times[start - 1] <= lookBackMs, index - start < 2_000 { start -= 1 }
            guard index - start >= leastSteps else { continue }
            let steps = (start + 1...index).map { times[$0] - times[$0 - 1] }.sorted()
            let median = steps[steps.count / 2]
            guard steps[steps.count * 95 / 100] <= 2 * median else { continue }
            isSteady = true
            let silent = until - times[index]
            guard silent >= max(leastMs, 5 * median), Double(silent) > 1.5 * Double(steps[steps.count - 1]) else { continue }
            let end = next.flatMap { $0 - times[index] <= lookAheadMs ? $0 : nil }
            out.append(Gap(key: key, onset: times[index] + median, end: end, lastPoint: times[index], step: median))
        }
        return (out, isSteady)
    }

    /// A gap that was there at this time on earlier days, too, with values just before it.
    private static func isUsual(_ gap: Gap, _ past: (MetricKey, Range<Int64>) throws -> [MetricPoint]) rethrows -> Bool {
        let length = (gap.end ?? gap.onset + leastMs) - gap.onset
        let inset = min(15 * .minuteMs, length / 4)
        return try Season.of(knownDays: Season.reachDays) { days in
            let shift = days * .dayMs
            let inner = gap.onset + inset - shift..<gap.onset + length - inset - shift + 1
            let before = gap.lastPoint - .hourMs - shift..<gap.lastPoint - shift
            return try past(gap.key, inner).isEmpty && !past(gap.key, before).isEmpty
        } != nil
    }

    private static func event(_ group: [Gap], of steady: Int, _ first: Gap, _ origin: String) -> Event {
        let instances = Set(group.map(\.key.instance))
        let metrics = Set(group.map(\.key.metric)).sorted()
        let end = group.contains { $0.end == nil } ? nil : group.compactMap(\.end).max()
        let isWhole = group.count == steady && steady > 1
        let length = end.map { " for " + readableDuration(ms: $0 - first.onset) } ?? ""
        let instance = instances.count == 1 ? instances.first ?? "" : ""
        let place = instance.isEmpty ? "" : " from \(instance)"
        let what =
            isWhole || (group.count > 1 && !instance.isEmpty)
            ? "No metrics\(place)\(length)"
            : "\(metrics.prefix(3).joined(separator: ", "))\(metrics.count > 3 ? " and \(metrics.count - 3) more" : "") "
                + "\(metrics.count == 1 ? "has" : "have") no values\(place)\(length)"
        let count = group.count == 1 ? "1 series" : "\(group.count) of \(max(steady, group.count)) series"
        let ended = end.map { "none for \(readableDuration(ms: $0 - first.onset))" } ?? "none since, while other series go on"
        var attributes: [String: JSONValue] = [
            EventAttribute.strength: .double(isWhole ? 0.45 : 0.35), EventAttribute.count: .int(Int64(group.count)),
            EventAttribute.reason: .string("\(count) gave a value every \(readableDuration(ms: first.step)) and \(ended)"),
        ]
        if metrics.count == 1, let metric = metrics.first { attributes[EventAttribute.metric] = .string(metric) }
        if !instance.isEmpty { attributes[EventAttribute.instance] = .string(instance) }
        if let end { attributes[EventAttribute.endedAt] = .int(end) }
        return Event(
            source: .metrics, type: .metricGap, subject: "\(first.key.metric)|\(first.key.instance)|\(first.onset)",
            at: Instant(ms: first.onset), severity: isWhole ? .medium : .low, title: what.clipped(to: Limits.titleCharacters),
            service: first.key.service.isEmpty ? nil : first.key.service, attributes: attributes, origin: origin)
    }

    // MARK: - Counters

    private struct Reset {
        var key: MetricKey
        var at: Int64
        var from: Double
        var to: Double
    }

    /// Where a counter fell to less than half.
    private static func resets(_ track: MetricTrack, _ onsets: Range<Int64>) -> [Reset] {
        guard MetricRows.isCounter(track, sample: track.points) else { return [] }
        var out: [Reset] = []
        var last: MetricPoint?
        for point in track.points.filter({ $0.value.isFinite }).sorted(by: { ($0.timeMs, $0.value) < ($1.timeMs, $1.value) }) {
            if let last, point.timeMs > last.timeMs, point.value >= 0, point.value < last.value * 0.5, onsets.contains(point.timeMs) {
                out.append(Reset(key: track.key, at: point.timeMs, from: last.value, to: point.value))
            }
            last = point
        }
        return out
    }

    /// One event for each moment and instance: something began again. Context, never a signal; the largest ten of each hour.
    private static func loudest(_ resets: [Reset], _ origin: String) -> [Event] {
        var groups: [[Reset]] = []
        var open: [String: Int] = [:]
        for reset in resets.sorted(by: { ($0.at, $0.key) < ($1.at, $1.key) }) {
            if let known = open[reset.key.instance], let first = groups[known].first, reset.at - first.at <= togetherMs {
                groups[known].append(reset)
            } else {
                open[reset.key.instance] = groups.count
                groups.append([reset])
            }
        }
        let hours = Dictionary(grouping: groups) { ($0.first?.at ?? 0).floorDivided(by: .hourMs) }
        return hours.values.flatMap { hour in
            hour.sorted {
                ($1.count, $0.first?.at ?? 0, $0.first?.key.instance ?? "") < ($0.count, $1.first?.at ?? 0, $1.first?.key.instance ?? "")
            }
            .prefix(eventsPerHour)
        }.compactMap { group in
            guard let first = group.first else { return nil }
            let who = first.key.instance.isEmpty ? first.key.service : first.key.instance
            let count = group.count == 1 ? "1 counter" : "\(group.count) counters"
            var attributes: [String: JSONValue] = [
                EventAttribute.count: .int(Int64(group.count)), EventAttribute.metric: .string(first.key.metric),
                EventAttribute.reason: .string(
                    "\(first.key.metric) fell from \(SignalNumber.text(first.from)) to \(SignalNumber.text(first.to)), as after a restart"),
            ]
            if !first.key.instance.isEmpty { attributes[EventAttribute.instance] = .string(first.key.instance) }
            return Event(
                source: .metrics, type: .counterReset, subject: "\(first.key.instance)|\(first.at)", at: Instant(ms: first.at),
                title: "\(count) of \(who.isEmpty ? "a series" : who) began again".clipped(to: Limits.titleCharacters),
                service: first.key.service.isEmpty ? nil : first.key.service, attributes: attributes, origin: origin)
        }
    }
}
