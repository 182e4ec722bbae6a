import Model

/// Signals from the counts of one service: new messages of failure, bursts, messages that move to a worse level, silences, and
/// what comes every day and did not come. What comes at this time of the day or week anyway is none.
///
/// Pure: an event depends on the counts of the 24 h before and the 6 h after its onset, on those of the same time up to fourteen
/// days before (`past`), on when leaves and the service were first seen, and on the exemplars between 23 h before its onset and
/// its end.
package enum LogSignals {
    /// Days after a touched one whose signals may change with it.
    package static let reachDays = Season.reachDays + 1

    /// Events whose onset lies in `onsets` (epoch ms), sorted by time, then fingerprint.
    package static func derive(
        _ history: LogHistory, templates: LogTemplates, onsets: Range<Int64>, origin: String, past: LogPast
    ) throws -> [Event] {
        guard !onsets.isEmpty else { return [] }
        let writer = LogSignalWriter(history: history, templates: templates, origin: origin)
        // Whole hours, since the loudest of each hour are kept.
        let firstHour = max(onsets.lowerBound, Instant.representable.lowerBound.ms).floorDivided(by: .hourMs)
        let lastHour = min(onsets.upperBound - 1, Instant.representable.upperBound.ms).floorDivided(by: .hourMs)
        guard firstHour <= lastHour else { return [] }
        let finder = LogFinder(
            writer: writer, history: history, seasons: LogSeasons(past: past, serviceFirstMinute: history.serviceFirstSeen.minute),
            first: firstHour * 60, end: (lastHour + 1) * 60)
        var events: [Event] = []
        for template in writer.templateIDs { events += try finder.problems(of: template) }
        for template in writer.templateIDs { events += try finder.routine(of: template) }
        events += try finder.ofService()
        return loudestOfEachHour(events).filter { onsets.contains($0.occurredAt.ms) }.sorted {
            ($0.occurredAt.ms, $0.fingerprint) < ($1.occurredAt.ms, $1.fingerprint)
        }
    }

    /// A service whose text has no templates could give thousands of events: of each hour and type the loudest are kept.
    static let eventsPerHour = 40

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
