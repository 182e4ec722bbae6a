import Model

/// Signals from the counts of one service: new messages of failure, bursts, and silences.
///
/// Pure: an event depends on the counts of the 24 h before and the 6 h after its onset, on when leaves and the service were
/// first seen, and on the exemplars between an hour before its onset and its end.
package enum LogSignals {
    /// Events whose onset lies in `onsets` (epoch ms), sorted by time, then fingerprint.
    package static func derive(_ history: LogHistory, templates: LogTemplates, onsets: Range<Int64>, origin: String) -> [Event] {
        guard !onsets.isEmpty else { return [] }
        let writer = LogSignalWriter(history: history, templates: templates, origin: origin)
        // Whole hours, since the loudest of each hour are kept.
        let firstHour = max(onsets.lowerBound, Instant.representable.lowerBound.ms).floorDivided(by: .hourMs)
        let lastHour = min(onsets.upperBound - 1, Instant.representable.upperBound.ms).floorDivided(by: .hourMs)
        guard firstHour <= lastHour else { return [] }
        let hours = firstHour * .hourMs..<(lastHour + 1) * .hourMs
        let first = firstHour * 60
        let end = (lastHour + 1) * 60
        let serviceFirst = history.serviceFirstSeen.minute
        var events: [Event] = []

        for template in writer.templateIDs {
            guard let problems = writer.problems[template] else { continue }
            let new = newMessage(template, problems, history, writer.firstSeen[template])
            if let new, hours.contains(new.at.ms) { events.append(writer.newMessage(template, new)) }
            let bursts = LogBursts(series: problems, serviceFirstMinute: serviceFirst, sensitivity: .problem)
            for burst in bursts.bursts(from: first, to: end) {
                if let new, burst.onset >= new.at.minute, burst.onset <= new.last { continue }
                append(writer.burst(template, burst, isProblem: true), within: hours, to: &events)
            }
        }
        for template in writer.templateIDs {
            guard let routine = writer.routine[template] else { continue }
            let bursts = LogBursts(series: routine, serviceFirstMinute: serviceFirst, sensitivity: .routine)
            for burst in bursts.bursts(from: first, to: end) {
                append(writer.burst(template, burst, isProblem: false), within: hours, to: &events)
            }
        }
        let silences = LogSilences(service: writer.service)
        for silence in silences.wholeSilences(from: first, to: end) { append(writer.wholeSilence(silence), within: hours, to: &events) }
        for template in writer.templateIDs {
            guard let routine = writer.routine[template] else { continue }
            for silence in silences.silences(of: routine, from: first, to: end) {
                append(writer.silence(template, silence), within: hours, to: &events)
            }
        }
        return loudestOfEachHour(events).filter { onsets.contains($0.occurredAt.ms) }.sorted {
            ($0.occurredAt.ms, $0.fingerprint) < ($1.occurredAt.ms, $1.fingerprint)
        }
    }

    /// A service whose text has no templates could give thousands of events: of each hour and type the loudest are kept.
    static let eventsPerHour = 40

    /// Messages are news only to a service that was known before.
    static let leastKnownMs: Int64 = 30 * .minuteMs

    struct NewMessage {
        var at: Instant
        var last: Int64
        var count: Int64
        var peak: Int64
    }

    private static func newMessage(_ template: Int64, _ problems: MinuteSeries, _ history: LogHistory, _ firstSeen: Instant?) -> NewMessage?
    {
        guard let at = firstSeen, at - history.serviceFirstSeen >= leastKnownMs else { return nil }
        guard problems.sum(from: at.minute, through: at.minute + 10) > 0 else { return nil }
        var last = at.minute
        var peak: Int64 = 0
        for index in problems.index(after: at.minute - 1)..<problems.index(after: at.minute + LogBursts.longestMinutes) {
            if problems.minutes[index] > last + 15 { break }
            last = problems.minutes[index]
            peak = max(peak, problems.count(at: index))
        }
        return NewMessage(at: at, last: last, count: problems.sum(from: at.minute, through: last), peak: peak)
    }

    private static func append(_ event: Event, within hours: Range<Int64>, to events: inout [Event]) {
        if hours.contains(event.occurredAt.ms) { events.append(event) }
    }

    private static func loudestOfEachHour(_ events: [Event]) -> [Event] {
        struct Hour: Hashable {
            var type: EventType
            var hour: Int64
        }
        var groups: [Hour: [Event]] = [:]
        for event in events {
            groups[Hour(type: event.type, hour: event.occurredAt.ms.floorDivided(by: .hourMs)), default: []].append(event)
        }
        func count(_ event: Event) -> Int64 { event.attributes[EventAttribute.count]?.intValue ?? 0 }
        return groups.values.flatMap { group in
            group.sorted { (count($1), $0.fingerprint) < (count($0), $1.fingerprint) }.prefix(eventsPerHour)
        }
    }
}
