import Model

/// What a piece of evidence looks like: shape and colour are chosen by the word, in the style sheet and in `#m-WORD`.
enum MarkKind: String, CaseIterable, Hashable {
    case critical, high, medium, low, info, change, note

    init(_ event: Event) {
        if event.role == .change {
            self = .change
        } else if event.type == .note || event.source == .manual && event.role == .context {
            self = .note
        } else {
            self.init(event.role == .context ? .info : event.severity)
        }
    }
    init(_ severity: Severity) {
        switch severity {
        case .critical: self = .critical
        case .high: self = .high
        case .medium: self = .medium
        case .low: self = .low
        case .info: self = .info
        }
    }
    var word: String { rawValue }
    /// 0 is drawn last, over all others.
    var rank: Int {
        switch self {
        case .critical: 0
        case .high: 1
        case .medium: 2
        case .low: 3
        case .change: 4
        case .note: 5
        case .info: 6
        }
    }
}
