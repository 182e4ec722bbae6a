import Model

/// Which span of time to ask a server for next: from where the last answer ended up to now, in pieces.
///
/// What was asked for while it was younger than `overlap` is asked for once more, because data come late; facts have identities
/// and points have times, so nothing counts twice. A long absence is caught up piece by piece.
struct TimeWindows: Sendable {
    /// How far back the first run reads.
    let lookbackMs: Int64
    let overlapMs: Int64
    /// Windows begin and end at multiples of it.
    let stepMs: Int64
    let longestMs: Int64

    static let settings: [SettingDescriptor] = [
        SettingDescriptor("lookback", .duration, usual: "24h", "how far back the first run reads"),
        SettingDescriptor("overlap", .duration, usual: "5min", "how late data may come"),
    ]

    init(_ settings: SourceSettings, stepMs: Int64, longestMs: Int64, overlapMs: Int64? = nil) {
        self.stepMs = max(1, stepMs)
        self.longestMs = max(self.stepMs, longestMs.floorDivided(by: self.stepMs) * self.stepMs)
        lookbackMs = settings.number("lookback") ?? .dayMs
        self.overlapMs = overlapMs ?? settings.number("overlap") ?? 5 * .minuteMs
    }

    /// Nil when everything up to now was asked for.
    func next(after cursor: Cursor?, now: Instant) -> Range<Int64>? {
        let end = aligned(now.ms) + stepMs
        var from = aligned(now.ms - lookbackMs)
        if let until = cursor?.state["until"]?.intValue, let asked = cursor?.state["asked"]?.intValue {
            guard asked < now.ms else { return until < end ? whole(until, end) : nil }
            from = aligned(min(until, asked - overlapMs))
        }
        return from < end ? whole(from, end) : nil
    }
    private func whole(_ from: Int64, _ end: Int64) -> Range<Int64> { from..<min(end, from + longestMs) }
    private func aligned(_ ms: Int64) -> Int64 { ms.floorDivided(by: stepMs) * stepMs }

    /// What `ask` brings of a window; of half of it while that is too much for one page.
    func fetch(
        _ window: Range<Int64>, _ ask: (Range<Int64>) async throws(ConnectorError) -> Page
    ) async throws(ConnectorError) -> Page {
        var window = window
        while true {
            do throws(ConnectorError) {
                return try await ask(window)
            } catch {
                let steps = (window.upperBound - window.lowerBound) / stepMs
                guard error.isTooMuch, steps > 1 else { throw error }
                window = window.lowerBound..<(window.lowerBound + steps / 2 * stepMs)
            }
        }
    }

    /// Where to go on after everything before `until` was answered.
    func cursor(until: Int64, now: Instant) -> Cursor { Cursor(["until": .int(until), "asked": .int(now.ms)]) }
}
