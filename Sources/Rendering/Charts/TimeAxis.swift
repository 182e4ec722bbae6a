import Model

/// A span of time drawn to scale: where a moment stands, and where the labelled ticks are.
struct TimeAxis: Hashable {
    /// The width all drawings are planned for. They stretch from there, so places leave as per cent.
    static let nominalWidth = 840.0

    struct Tick: Hashable {
        var at: Instant
        /// Empty for a tick between two labels.
        var label: String
    }
    let from: Instant
    let to: Instant

    /// An empty or inverted span becomes one minute around its beginning.
    init(from: Instant, to: Instant) {
        let low = max(from, Instant.representable.lowerBound)
        let high = min(to, Instant.representable.upperBound)
        self.from = high > low ? low : low - Int64.minuteMs / 2
        self.to = high > low ? high : low + Int64.minuteMs / 2
    }
    var lengthMs: Int64 { to - from }
    var isWithinDay: Bool { from.day == (to - 1).day }

    /// 0…1 inside the span, clamped outside.
    func fraction(_ at: Instant) -> Double {
        if at <= from { return 0 }
        if at >= to { return 1 }
        return Double(at - from) / Double(lengthMs)
    }
    func percent(_ at: Instant) -> Double { fraction(at) * 100 }
    /// In nominal pixels.
    func x(_ at: Instant) -> Double { fraction(at) * Self.nominalWidth }
    func contains(_ at: Instant) -> Bool { at >= from && at <= to }

    /// From one second to a year; between two labels stand `minor` equal parts.
    private static let steps: [(ms: Int64, minor: Int64)] = [
        (1_000, 2), (2_000, 2), (5_000, 5), (10_000, 2), (15_000, 3), (30_000, 3), (60_000, 2), (120_000, 2), (300_000, 5), (600_000, 2),
        (900_000, 3), (1_800_000, 3), (.hourMs, 2), (2 * .hourMs, 2), (3 * .hourMs, 3), (6 * .hourMs, 2), (12 * .hourMs, 2),
        (.dayMs, 2), (2 * .dayMs, 2), (7 * .dayMs, 7), (14 * .dayMs, 2), (28 * .dayMs, 4), (91 * .dayMs, 2), (364 * .dayMs, 4),
        (3_640 * .dayMs, 10),
    ]

    /// At most `labels` labelled ticks on round moments, and the unlabelled ones between.
    func ticks(labels: Int = 8) -> [Tick] {
        let wanted = lengthMs / Int64(max(1, labels))
        let step = Self.steps.first { $0.ms >= wanted } ?? Self.steps[Self.steps.count - 1]
        let minor = step.ms / step.minor
        var ticks: [Tick] = []
        var at = Instant(ms: from.ms.floorDivided(by: minor) * minor)
        if at < from { at = at + minor }
        while at <= to, ticks.count < 400 {
            let isMajor = at.ms.floorDivided(by: step.ms) * step.ms == at.ms
            ticks.append(Tick(at: at, label: isMajor ? label(at, step: step.ms) : ""))
            at = at + minor
        }
        return ticks
    }

    private func label(_ at: Instant, step: Int64) -> String {
        let c = at.civil
        if step >= 364 * .dayMs { return "\(c.monthName) \(c.year)" }
        if step >= .dayMs || (at.ms.floorDivided(by: .dayMs) * .dayMs == at.ms && !isWithinDay) { return "\(c.day) \(c.monthName)" }
        return step < .minuteMs ? at.clock : at.clockMinute
    }
}
