import Model

/// Whether something comes at this time of day, or at this time of the week, anyway.
enum Season: String {
    case daily, weekly

    /// How many days back are looked at, and how far from the same minute.
    static let days: Int64 = 4
    static let slackMinutes: Int64 = 30
    /// The farthest day back.
    static let reachDays: Int64 = 14

    /// Daily: on three of the last four days at the same time (two where less than four are known). Weekly: one week ago and two
    /// weeks ago. `knownDays` is how many whole days of history there are; `came` says whether it was there so many days ago.
    static func of(knownDays: Int64, came: (Int64) throws -> Bool) rethrows -> Season? {
        let days = min(Self.days, knownDays)
        if days >= 2 {
            let needed = max(2, min(3, days - 1))
            var seen: Int64 = 0
            for back in 1...days {
                if try came(back) { seen += 1 }
                if seen >= needed { return .daily }
                if seen + days - back < needed { break }
            }
        }
        if knownDays >= reachDays, try came(7), try came(14) { return .weekly }
        return nil
    }
}
