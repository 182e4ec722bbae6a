import Model

/// The story `caseboard init --demo` tells: an online shop on a quiet day, a deploy that opens one database session per cart
/// line, a database that runs out of connections, and two smaller problems that have nothing to do with it.
///
/// Everything is computed from a seed and the moment the story ends, so the same two give the same bytes.
package struct Story: Sendable {
    /// The story covers the four hours before this moment.
    package let end: Instant
    package let seed: UInt64
    /// 1 gives about 200 000 log lines; tests use less.
    package let scale: Double

    package init(end: Instant, seed: UInt64 = 20, scale: Double = 1) {
        self.end = end
        self.seed = seed
        self.scale = scale
    }

    /// The story of a workspace made at `now` ends with the last full hour.
    package static func end(before now: Instant) -> Instant { Instant(ms: now.ms.floorDivided(by: .hourMs) * .hourMs) }

    package var start: Instant { minutesBeforeEnd(240) }
    package func minutesBeforeEnd(_ minutes: Double) -> Instant { end - Int64(minutes * 60_000) }

    // The plot. Minutes before the end.
    /// The guilty deploy goes live.
    package var badDeploy: Instant { minutesBeforeEnd(52) }
    /// The database reaches its connection limit.
    package var poolExhausted: Instant { badDeploy + 106_000 }
    package var searchTroubleStart: Instant { minutesBeforeEnd(165) }
    package var searchTroubleEnd: Instant { minutesBeforeEnd(148) }
    package var mailTroubleStart: Instant { minutesBeforeEnd(41) }

    package static let services = ["storefront", "cart", "checkout", "payments", "inventory", "search", "notifications", "shop-db"]
    package static let calls: [(caller: String, callee: String)] = [
        ("storefront", "cart"), ("storefront", "checkout"), ("storefront", "search"), ("checkout", "cart"), ("checkout", "payments"),
        ("checkout", "inventory"), ("checkout", "shop-db"), ("checkout", "notifications"), ("payments", "shop-db"),
        ("inventory", "shop-db"),
    ]

    /// How far the main incident has got at a moment: 0 before, rising to 1 over four minutes.
    func harm(at moment: Instant) -> Double {
        let since = Double(moment - poolExhausted) / 240_000
        return since <= 0 ? 0 : min(1, 0.35 + since * 0.65)
    }
    func searchTrouble(at moment: Instant) -> Bool { moment >= searchTroubleStart && moment < searchTroubleEnd }
    func mailTrouble(at moment: Instant) -> Bool { moment >= mailTroubleStart }
    /// Requests per second over the day: a slow swell, no randomness.
    func load(at moment: Instant) -> Double {
        let position = Double(moment - start) / Double(end - start)
        return 2.9 * (0.9 + 0.25 * position * (2 - position)) * scale
    }
}

/// One file of the story: a path inside its folder, its bytes, and the time of its last record, which becomes its
/// modification time.
package struct StoryFile: Sendable {
    package var path: String
    package var bytes: [UInt8]
    package var modifiedAt: Instant
    package init(path: String, bytes: [UInt8], modifiedAt: Instant) {
        self.path = path
        self.bytes = bytes
        self.modifiedAt = modifiedAt
    }
    package init(path: String, text: String, modifiedAt: Instant) {
        self.init(path: path, bytes: Array(text.utf8), modifiedAt: modifiedAt)
    }
}
