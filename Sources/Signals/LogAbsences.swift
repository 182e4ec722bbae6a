import Model

/// Finds what comes at the same time every day and did not come today: the nightly job that did not run.
///
/// A message is due when it came, after an hour of silence, within a quarter of an hour of this time yesterday, on this weekday a
/// week ago, and on five of the seven days before. It is absent when it does not come within the hour after, while the service
/// goes on to log.
struct LogAbsences {
    static let slackMinutes: Int64 = 15
    static let quietMinutes: Int64 = 60
    static let graceMinutes: Int64 = 60
    static let weekDays: Int64 = 7
    static let leastDays = 5

    struct Absence {
        /// The minute at which it was due.
        var onset: Int64
        /// When it came after all, within five hours.
        var end: Int64?
        /// On how many of the seven days before it came.
        var days: Int
        /// Records it usually has.
        var usual: Int64
    }

    let service: MinuteSeries
    let serviceFirstMinute: Int64
    let past: LogPast

    /// Absences of a message, due in `first..<end`. `series` reaches a day back before `first` and six hours beyond `end`.
    func absences(of series: MinuteSeries, leaves: Set<Int64>, from first: Int64, to end: Int64) throws -> [Absence] {
        let yesterday = series.index(after: first - 1_441)..<series.index(after: end - 1_441)
        var out: [Absence] = []
        for index in yesterday {
            let minute = series.minutes[index]
            let due = minute + 1_440
            if due - serviceFirstMinute < Self.weekDays * 1_440 { continue }
            if index > 0, minute - series.minutes[index - 1] <= Self.quietMinutes { continue }
            // It came, or nothing shows that it did not.
            guard series.sum(from: due - Self.slackMinutes, through: due + Self.graceMinutes) == 0,
                service.sum(from: due, through: due + Self.graceMinutes) > 0,
                service.sum(from: due + Self.graceMinutes + 1, through: due + 300) > 0
            else { continue }
            // Of several records only the first is due; the one before may lie before the history.
            if index == 0, try past.series(leaves, from: minute - Self.quietMinutes, through: minute - 1).total > 0 { continue }
            guard let days = try daysDue(due, leaves) else { continue }
            let next = series.index(after: due)
            let late = next < series.minutes.count && series.minutes[next] <= due + 300 ? series.minutes[next] : nil
            out.append(
                Absence(onset: due, end: late, days: days, usual: series.sum(from: minute, through: minute + Self.graceMinutes)))
        }
        return out
    }

    /// On how many of the seven days before a message came at this time; nil when that is too few.
    private func daysDue(_ due: Int64, _ leaves: Set<Int64>) throws -> Int? {
        // The farthest first: by chance it seldom came then.
        var days = 0
        var missed = 0
        for back in (1...Self.weekDays).reversed() {
            let at = due - back * 1_440
            let series = try past.series(leaves, from: at - Self.slackMinutes - Self.quietMinutes, through: at + Self.slackMinutes)
            let came = series.minutes.first.map { $0 >= at - Self.slackMinutes } ?? false
            if came {
                days += 1
            } else {
                missed += 1
                if back == 1 || back == Self.weekDays || missed > Int(Self.weekDays) - Self.leastDays { return nil }
            }
        }
        return days
    }
}
