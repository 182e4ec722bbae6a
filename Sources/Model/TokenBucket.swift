/// A token bucket that holds one second's tokens, kept as the moment at which it is full again: the generic cell rate algorithm
/// (ITU-T I.371, annex A), which needs no timer and no counter.
package struct TokenBucket: Hashable, Sendable {
    private var fullAt: Instant?
    package init() {}

    /// Takes a token, on credit when there is none, and says when it is there.
    package mutating func take(requestsPerSecond: Double, now: Instant) -> Instant {
        let rate = min(max(requestsPerSecond, 0.001), 1_000)
        let intervalMs = Int64((1_000 / rate).rounded(.up))
        let burst = max(1, Int64(rate))
        let full = max(now, fullAt ?? now)
        fullAt = full + intervalMs
        return max(now, full - (burst - 1) * intervalMs)
    }
}
