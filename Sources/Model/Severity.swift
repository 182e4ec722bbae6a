/// How bad, worst first when sorted by `rank`.
package enum Severity: String, CaseIterable, Codable, Sendable, Comparable {
    case critical, high, medium, low, info

    /// 0 is worst.
    package var rank: Int {
        switch self {
        case .critical: 0
        case .high: 1
        case .medium: 2
        case .low: 3
        case .info: 4
        }
    }
    /// `a < b` when a is *less* severe.
    package static func < (left: Severity, right: Severity) -> Bool { left.rank > right.rank }

    /// The words monitors and loggers use, mapped onto ours; nil when the word says nothing.
    package init?(word: some StringProtocol) {
        switch word.lowercased() {
        case "critical", "crit", "fatal", "emerg", "emergency", "panic", "alert", "page", "disaster", "p1", "sev1", "blocker":
            self = .critical
        case "high", "error", "err", "severe", "major", "p2", "sev2", "failure": self = .high
        case "medium", "warning", "warn", "average", "p3", "sev3", "minor": self = .medium
        case "low", "notice", "p4", "sev4": self = .low
        case "info", "informational", "information", "debug", "trace", "ok", "none", "p5", "normal", "verbose": self = .info
        default: return nil
        }
    }
    package var priority: Priority {
        switch self {
        case .critical: .p0
        case .high: .p1
        case .medium: .p2
        case .low, .info: .p3
        }
    }
}

package enum Priority: String, CaseIterable, Codable, Sendable { case p0, p1, p2, p3 }
