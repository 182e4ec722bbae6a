import Model

/// What was read of the newest stretch of time, so that it can be asked for once more and only what came late counts. For items
/// that add up, such as log lines; facts and points have identities of their own.
///
/// Items are kept by second, as 64 bits of SHA-256. When there are too many the oldest are forgotten, and with them goes the time
/// that may be asked for again: nothing is ever counted twice.
struct SeenItems {
    private var bySecond: [Int64: Set<UInt64>] = [:]
    private var count = 0
    /// From here on everything that was read is known; epoch milliseconds, a whole second.
    private(set) var since: Int64
    /// The most that a cursor carries; smaller in tests.
    var most = 20_000

    init(_ state: JSONValue?, from start: Int64) {
        since = state?["since"]?.intValue ?? start.floorDivided(by: 1_000) * 1_000
        for (second, items) in state?["items"]?.objectValue ?? [:] {
            guard let second = Int64(second), let text = items.stringValue else { continue }
            bySecond[second] = Set(text.split(separator: " ").compactMap { UInt64($0, radix: 36) })
            count += bySecond[second]?.count ?? 0
        }
    }

    private static func second(_ ms: Int64) -> Int64 { ms.floorDivided(by: 1_000) }

    /// True for something that was not read before; it is known from now on.
    mutating func isNew(_ identity: String, at ms: Int64) -> Bool {
        let isNew = bySecond[Self.second(ms), default: []].insert(SHA256Digest.prefix64(of: identity)).inserted
        if isNew { count += 1 }
        return isNew
    }

    /// Forgets what is before `ms`, and what is too much; never the second of `last`, in which the next question begins.
    mutating func forget(before ms: Int64, butNot last: Int64) {
        since = max(since, Self.second(ms) * 1_000)
        for second in bySecond.keys.sorted() {
            guard second < Self.second(ms) || count > most else { break }
            guard second != Self.second(last) else { continue }
            count -= bySecond.removeValue(forKey: second)?.count ?? 0
            since = max(since, (second + 1) * 1_000)
        }
    }

    var state: JSONValue {
        let items = bySecond.filter { !$0.value.isEmpty }.map { second, items in
            (String(second), JSONValue.string(items.sorted().map { String($0, radix: 36) }.joined(separator: " ")))
        }
        return ["since": .int(since), "items": .object(Dictionary(items) { first, _ in first })]
    }
}
