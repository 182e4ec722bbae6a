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

    /// The next page of one thing that is asked for: what `ask` brings of its next window (see `fetch`). Nil when everything up to now
    /// was asked for.
    func page(
        of item: String, after cursors: [String: Cursor], now: Instant,
        _ ask: (inout Range<Int64>) async throws(ConnectorError) -> [Page.Item]
    ) async throws(ConnectorError) -> Page? {
        guard let window = next(after: cursors[item], now: now) else { return nil }
        return try await fetch(window) { (window: inout Range<Int64>) async throws(ConnectorError) in
            var page = Page()
            page.items = try await ask(&window)
            page.cursorUpdates[item] = cursor(until: window.upperBound, now: now)
            return page
        }
    }

    /// What `ask` brings of a window; of half of it while that is too much for one page. An `ask` that answers less makes the window as
    /// long as what it answers.
    func fetch(
        _ window: Range<Int64>, _ ask: (inout Range<Int64>) async throws(ConnectorError) -> Page
    ) async throws(ConnectorError) -> Page {
        var window = window
        while true {
            do throws(ConnectorError) {
                return try await ask(&window)
            } catch {
                let steps = (window.upperBound - window.lowerBound) / stepMs
                guard error.isTooMuch, steps > 1 else { throw error }
                window = window.lowerBound..<(window.lowerBound + steps / 2 * stepMs)
            }
        }
    }

    /// What is called a window of something in messages and dead letters: `error_rate, 2026-01-01T11:00:00Z to 2026-01-01T12:00:00Z`.
    static func place(_ name: String, _ window: Range<Int64>) -> String {
        "\(name), \(Instant(ms: window.lowerBound).rfc3339) to \(Instant(ms: window.upperBound).rfc3339)"
    }
    /// True when `place` calls a window of it.
    static func isPlace(_ place: String, of name: String) -> Bool { place.hasPrefix("\(name), ") }

    /// Where to go on after everything before `until` was answered.
    func cursor(until: Int64, now: Instant) -> Cursor { Cursor(["until": .int(until), "asked": .int(now.ms)]) }
}
