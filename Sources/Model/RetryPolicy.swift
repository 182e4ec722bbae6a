/// Delays between attempts: 1, 2, 4, 8, 16 s with full jitter (Brooker, "Exponential Backoff and Jitter", AWS 2015): the
/// n-th delay is uniform in 0…base·2ⁿ.
///
/// | attempt after failure | 1 | 2 | 3 | 4 | 5 |
/// |---|---|---|---|---|---|
/// | at most, seconds | 1 | 2 | 4 | 8 | 16 |
package struct RetryPolicy: Hashable, Sendable {
    package var maxRetries = 5
    package var baseSeconds = 1.0
    package init() {}

    /// Seconds before retry `number` (from 1), or nil when there is none left. `chance` is in 0..<1; a server's
    /// `Retry-After` is a floor.
    package func delaySeconds(beforeRetry number: Int, chance: Double, retryAfterSeconds: Double? = nil) -> Double? {
        guard number >= 1, number <= maxRetries else { return nil }
        var ceiling = baseSeconds
        for _ in 1..<max(1, number) { ceiling *= 2 }
        return max(retryAfterSeconds ?? 0, ceiling * chance)
    }
}

/// closed → open after `threshold` consecutive failures → half-open after `openSeconds` → closed on success.
/// A value, because processes are short-lived: the store keeps it between runs.
package struct CircuitBreaker: Hashable, Codable, Sendable {
    package enum State: String, Codable, Sendable { case closed, open, halfOpen = "half_open" }
    package static let threshold = 5
    package static let openMs: Int64 = 60_000

    package var consecutiveFailures = 0
    package var openedAt: Instant?
    package var lastError: String?
    package init() {}

    package func state(at now: Instant) -> State {
        guard let openedAt else { return .closed }
        return now - openedAt >= Self.openMs ? .halfOpen : .open
    }
    package func allows(at now: Instant) -> Bool { state(at: now) != .open }

    package mutating func record(success: Bool, error: String? = nil, at now: Instant) {
        if success {
            self = CircuitBreaker()
            return
        }
        consecutiveFailures += 1
        lastError = error
        if consecutiveFailures >= Self.threshold || openedAt != nil { openedAt = now }
    }
}
