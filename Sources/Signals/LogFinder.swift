import Model

/// Looks at one service's counts from `first` up to `end` (minutes of whole hours) for everything that is a signal.
struct LogFinder {
    let writer: LogSignalWriter
    let history: LogHistory
    let seasons: LogSeasons
    let first: Int64
    let end: Int64

    private var serviceFirst: Int64 { seasons.serviceFirstMinute }

    private func kept(_ events: [Event]) -> [Event] {
        events.filter { $0.occurredAt.minute >= first && $0.occurredAt.minute < end }
    }

    // MARK: - Failures

    struct NewMessage {
        var at: Instant
        var last: Int64
        var count: Int64
        var peak: Int64
    }

    /// Messages are news only to a service that was known before.
    static let leastKnownMs: Int64 = 30 * .minuteMs

    func problems(of template: Int64) throws -> [Event] {
        guard let problems = writer.problems[template] else { return [] }
        var events: [Event] = []
        let new = newMessage(problems, writer.firstSeen[template])
        if let new { events.append(writer.newMessage(template, new)) }
        let isProblem = { writer.isProblem(template, $0) }
        let levels = writer.levels[template] ?? LogEscalations.Levels()
        // One that began earlier explains a burst of now.
        let escalations = LogEscalations(serviceFirstMinute: serviceFirst).escalations(
            of: levels, from: first - LogBursts.longestMinutes, to: end)
        for escalation in escalations where escalation.onset >= first {
            if let new, escalation.onset >= new.at.minute, escalation.onset <= new.last { continue }
            let peak = levels.series { $0 >= .error }.largestFive(from: escalation.onset, through: escalation.last)
            let season = try seasons.usualRise(
                writer.leaves[template], at: escalation.onset, through: escalation.last, peak: peak, where: { $0 >= .error })
            if season == nil { events.append(writer.escalation(template, escalation)) }
        }
        let bursts = LogBursts(series: problems, serviceFirstMinute: serviceFirst, sensitivity: .problem)
        for burst in bursts.bursts(from: first, to: end) {
            if let new, burst.onset >= new.at.minute, burst.onset <= new.last { continue }
            if escalations.contains(where: { burst.onset >= $0.onset - 5 && burst.onset <= $0.last }) { continue }
            if try isUsual(burst, problems, template, where: isProblem) { continue }
            events.append(writer.burst(template, burst, isProblem: true))
        }
        return kept(events)
    }

    private func newMessage(_ problems: MinuteSeries, _ firstSeen: Instant?) -> NewMessage? {
        guard let at = firstSeen, at - history.serviceFirstSeen >= Self.leastKnownMs else { return nil }
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

    private func isUsual(
        _ burst: LogBursts.Burst, _ series: MinuteSeries, _ template: Int64, where passes: (LogLevel) -> Bool
    ) throws -> Bool {
        let peak = series.largestFive(from: burst.onset, through: burst.last)
        return try seasons.usualRise(
            writer.leaves[template], at: burst.onset, through: burst.last, peak: peak, where: passes) != nil
    }

    // MARK: - Routine

    func routine(of template: Int64) throws -> [Event] {
        var events: [Event] = []
        let isRoutine = { !writer.isProblem(template, $0) }
        if let routine = writer.routine[template] {
            let bursts = LogBursts(series: routine, serviceFirstMinute: serviceFirst, sensitivity: .routine)
            for burst in bursts.bursts(from: first, to: end) where try !isUsual(burst, routine, template, where: isRoutine) {
                events.append(writer.burst(template, burst, isProblem: false))
            }
            for silence in LogSilences(service: writer.service).silences(of: routine, from: first, to: end)
            where try seasons.usualSilence(writer.leaves[template], silence, where: isRoutine) == nil {
                events.append(writer.silence(template, silence))
            }
        }
        let absences = LogAbsences(service: writer.service, serviceFirstMinute: serviceFirst, past: seasons.past)
        let whole = MinuteSeries((writer.levels[template]?.entries ?? []).map { ($0.minute, $0.count) })
        for absence in try absences.absences(of: whole, leaves: writer.leaves[template] ?? [], from: first, to: end) {
            events.append(writer.absence(template, absence))
        }
        return kept(events)
    }

    // MARK: - The whole service

    func ofService() throws -> [Event] {
        var events: [Event] = []
        let silences = LogSilences(service: writer.service)
        for silence in silences.wholeSilences(from: first, to: end)
        where try seasons.usualSilence(nil, silence, where: { _ in true }) == nil {
            events.append(writer.wholeSilence(silence))
        }
        let all = LogEscalations.Levels(entries: history.counts.map { ($0.minute, $0.level, $0.count) })
        let templates = writer.templateIDs.filter { writer.problems[$0] != nil }.compactMap { writer.levels[$0] }
        for spread in LogEscalations(serviceFirstMinute: serviceFirst).spreads(of: all, templates: templates, from: first, to: end) {
            let peak = all.series { $0 >= .error }.largestFive(from: spread.burst.onset, through: spread.burst.last)
            let season = try seasons.usualRise(
                nil, at: spread.burst.onset, through: spread.burst.last, peak: peak, where: { $0 >= .error })
            if season == nil { events.append(writer.spread(spread)) }
        }
        return kept(events)
    }
}
