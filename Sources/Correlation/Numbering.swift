import Model

/// Gives numbers. Settled cases keep theirs; all others, new and known, are numbered together in order of their start, so
/// that the numbers do not depend on which was found first.
enum Numbering {
    struct Entry {
        let startedAt: Instant
        /// The fingerprint of the first failure (or the key, for a case outside of the slice): the same whenever it was opened.
        let anchor: String
        let key: String
    }

    static func assign(_ entries: [Entry], taken: Set<Int>, from first: Int) -> [String: Int] {
        var out: [String: Int] = [:]
        var next = max(1, first)
        for entry in entries.sorted(by: { ($0.startedAt, $0.anchor, $0.key) < ($1.startedAt, $1.anchor, $1.key) }) {
            while taken.contains(next) { next += 1 }
            out[entry.key] = next
            next += 1
        }
        return out
    }
}
