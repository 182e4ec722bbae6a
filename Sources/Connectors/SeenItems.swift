import Model

/// What was read of the newest stretch of time, so that it can be asked for once more and only what came late counts. For items
/// that add up, such as log lines, and for those about which more is asked, such as builds; other facts and points have identities of
/// their own.
///
/// Items are kept by second, as 64 bits of SHA-256. When there are too many the oldest are forgotten, and with them goes the time
/// that may be asked for again: nothing is ever counted twice.
struct SeenItems {
    private var seconds: [UInt64: Int64] = [:]
    /// From here on everything that was read is known; epoch milliseconds, a whole second.
    private(set) var since: Int64
    /// The most that a cursor carries; smaller in tests.
    var most = 20_000

    init(_ state: JSONValue?, from start: Int64) {
        since = state?["since"]?.intValue ?? start.floorDivided(by: 1_000) * 1_000
        for (second, items) in state?["items"]?.objectValue ?? [:] {
            guard let second = Int64(second), let text = items.stringValue else { continue }
            for item in text.split(separator: " ") {
                if let item = UInt64(item, radix: 36) { seconds[item] = max(second, seconds[item] ?? second) }
            }
        }
    }

    private static func second(_ ms: Int64) -> Int64 { ms.floorDivided(by: 1_000) }

    /// True for something that was not read before; it is known from now on, as long as the latest time with which it was seen.
    mutating func isNew(_ identity: String, at ms: Int64) -> Bool {
        let item = SHA256Digest.prefix64(of: identity)
        let known = seconds[item]
        seconds[item] = max(known ?? .min, Self.second(ms))
        return known == nil
    }

    /// Forgets what is before `ms`, and what is too much; never the second of `last`, in which the next question begins.
    mutating func forget(before ms: Int64, butNot last: Int64? = nil) {
        since = max(since, Self.second(ms) * 1_000)
        let bySecond = Dictionary(grouping: seconds.keys) { seconds[$0] ?? .min }
        for (second, items) in bySecond.sorted(by: { $0.key < $1.key }) {
            guard second < Self.second(ms) || seconds.count > most else { break }
            if let last, second == Self.second(last) { continue }
            for item in items { seconds[item] = nil }
            since = max(since, (second + 1) * 1_000)
        }
    }

    var state: JSONValue {
        let items = Dictionary(grouping: seconds.keys) { String(seconds[$0] ?? .min) }
        return [
            "since": .int(since),
            "items": .object(items.mapValues { .string($0.sorted().map { String($0, radix: 36) }.joined(separator: " ")) }),
        ]
    }
}
