import Model

/// The words for what stopped and for what became worse.
extension LogSignalWriter {
    func silence(_ template: Int64, _ silence: LogSilences.Silence) -> Event {
        var event = event(
            .logSilence, template, at: Instant(ms: silence.onset * .minuteMs), last: silence.end.map { $0 - 1 }, severity: .low,
            strength: 0.35,
            title: "Silent: \(pattern(template))",
            reason:
                "none for \(span(silence.onset, silence.onset + silence.minutes - 1)), usually \(number(silence.baseline)) a minute; "
                + "other messages went on"
        )
        event.attributes[EventAttribute.level] = .string(LogLevel.info.word)
        return finished(event, count: 0, baseline: silence.baseline, peak: 0)
    }

    func wholeSilence(_ silence: LogSilences.Silence) -> Event {
        let event = Event(
            source: .logs, type: .logSilence, subject: "all:\(silence.onset)", at: Instant(ms: silence.onset * .minuteMs),
            severity: .medium,
            title: "No log records for \(span(silence.onset, silence.onset + silence.minutes - 1))", service: history.service,
            attributes: [
                EventAttribute.strength: .double(0.5), EventAttribute.count: 0,
                EventAttribute.endedAt: .int((silence.end ?? silence.onset + silence.minutes) * .minuteMs),
                EventAttribute.reason: .string("\(history.service) logs \(number(silence.baseline)) records a minute and logged none"),
            ], origin: origin)
        return finished(event, count: 0, baseline: silence.baseline, peak: 0)
    }

    func absence(_ template: Int64, _ absence: LogAbsences.Absence) -> Event {
        let at = Instant(ms: absence.onset * .minuteMs)
        let isSure = absence.days == Int(LogAbsences.weekDays)
        var reason = "\(records(absence.usual)) came at about \(at.clockMinute) "
        reason += isSure ? "on each of the seven days before" : "on \(absence.days) of the seven days before"
        reason += absence.end.map { ", today only after \(span(absence.onset, $0 - 1))" } ?? ", none today"
        var event = event(
            .logSilence, template, at: at, last: absence.end.map { $0 - 1 }, severity: isSure ? .medium : .low,
            strength: isSure ? 0.5 : 0.4, title: "Did not come at \(at.clockMinute): \(pattern(template))",
            reason: reason + "; other messages went on")
        event.attributes[EventAttribute.level] = .string(LogLevel.info.word)
        return finished(event, count: 0, baseline: 0, peak: 0)
    }

    func escalation(_ template: Int64, _ found: LogEscalations.Escalation) -> Event {
        let minutes = Double(LogEscalations.lookBack)
        var event = event(
            .levelEscalation, template, at: Instant(ms: found.onset * .minuteMs), last: found.last,
            severity: severity(found.to, count: found.count), strength: 0.55 + 0.4 * (1 - 1 / (1 + Double(found.count) / 20)),
            title: "From \(found.from.word) to \(found.to.word): \(pattern(template))",
            reason:
                "\(records(found.count)) at level \(found.to.word) in \(span(found.onset, found.last)); in the 19 h before "
                + "\(records(found.before)) at \(found.from.word) or below and none above",
            above: .error)
        event.attributes[EventAttribute.level] = .string(found.to.word)
        return finished(event, count: found.count, baseline: Double(found.before) / minutes, peak: found.peak)
    }

    /// A share of errors that rose without any message that stands out.
    func spread(_ found: LogEscalations.Spread) -> Event {
        let burst = found.burst
        let share = Double(burst.count) / Double(max(1, found.all))
        func percent(_ share: Double) -> String { SignalNumber.text(min(1, share) * 100, digits: 2) + " %" }
        let certainty = burst.surprise / (burst.surprise + 25)
        let event = Event(
            source: .logs, type: .levelEscalation, subject: "all:\(burst.onset)", at: Instant(ms: burst.onset * .minuteMs),
            severity: severity(.error, count: burst.count), title: "Errors in \(found.messages) messages: \(percent(share)) of all records",
            service: history.service,
            attributes: [
                EventAttribute.strength: .double(((0.3 + 0.5 * certainty) * 1_000).rounded() / 1_000),
                EventAttribute.endedAt: .int((burst.last + 1) * .minuteMs), EventAttribute.level: .string(LogLevel.error.word),
                EventAttribute.reason: .string(
                    "\(burst.count) of \(found.all) records were errors for \(span(burst.onset, burst.last)), usually "
                        + "\(percent(found.shareBefore)); few of them in messages that stand out"),
            ], origin: origin)
        return finished(event, count: burst.count, baseline: burst.baseline, peak: burst.peak)
    }
}
