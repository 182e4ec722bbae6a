import Model

/// Retry, breaker, rate limit and time budget of one request, as a value that is told the time and what happened and says
/// what to do next. It never sends and never sleeps.
///
/// One failure for the breaker is one *request* whose retries ran out, so that both of its numbers and those of the retry
/// table hold at once. A half-open breaker allows one attempt, without retries.
package struct Attempts: Sendable {
    package enum Step: Hashable, Sendable {
        case send
        case wait(ms: Int64)
        /// Done: take the answer.
        case accept
        case giveUp(GiveUp)
    }
    package enum GiveUp: Hashable, Sendable {
        case breakerOpen(until: Instant)
        /// The fault will not go away by itself.
        case permanent
        case retriesSpent
        /// The next attempt would begin after the time budget's end.
        case budgetSpent
    }
    /// How one attempt ended.
    package enum Outcome: Hashable, Sendable {
        case answered(status: Int, retryAfterSeconds: Double?)
        case failed(isTransient: Bool, reason: String)
    }

    private let policy: RetryPolicy
    let deadline: Instant
    private let isProbe: Bool
    private var earliest: Instant
    private var failures = 0
    /// The breaker as it is to be kept.
    package private(set) var breaker: CircuitBreaker
    package private(set) var attempts = 0

    package init(policy: RetryPolicy, breaker: CircuitBreaker, budgetMs: Int64, now: Instant) {
        self.policy = policy
        self.breaker = breaker
        deadline = now + max(0, budgetMs)
        isProbe = breaker.state(at: now) == .halfOpen
        earliest = now
    }

    /// What to do first, and after each wait.
    package mutating func next(now: Instant) -> Step {
        if attempts == 0, !breaker.allows(at: now), let openedAt = breaker.openedAt {
            return .giveUp(.breakerOpen(until: openedAt + CircuitBreaker.openMs))
        }
        guard max(now, earliest) < deadline else {
            return .giveUp(.budgetSpent)
        }
        if now < earliest { return .wait(ms: earliest - now) }
        attempts += 1
        return .send
    }

    /// What to do after an attempt. `chance` is in 0..<1.
    package mutating func finished(_ outcome: Outcome, now: Instant, chance: Double) -> Step {
        switch outcome {
        case .answered(let status, _) where !Self.isTransient(status: status):
            breaker.record(success: true, at: now)
            return .accept
        case .failed(isTransient: false, _):
            // Our own mistake or a lasting fault says nothing about the other side's health: the breaker stays as it is.
            return .giveUp(.permanent)
        case .answered(let status, let retryAfterSeconds):
            return again(
                reason: "status \(status)", retryAfterSeconds: retryAfterSeconds, countsForBreaker: status != 429, now: now, chance: chance)
        case .failed(isTransient: true, let reason):
            return again(reason: reason, retryAfterSeconds: nil, countsForBreaker: true, now: now, chance: chance)
        }
    }

    private mutating func again(
        reason: String, retryAfterSeconds: Double?, countsForBreaker: Bool, now: Instant, chance: Double
    ) -> Step {
        failures += 1
        let delay = isProbe ? nil : policy.delaySeconds(beforeRetry: failures, chance: chance, retryAfterSeconds: retryAfterSeconds)
        let ms = delay.map { Int64(min($0, 1e9) * 1_000) }
        if let ms, now + ms < deadline {
            earliest = now + ms
            return ms > 0 ? .wait(ms: ms) : next(now: now)
        }
        if countsForBreaker { breaker.record(success: false, error: reason, at: now) }
        return .giveUp(ms == nil ? .retriesSpent : .budgetSpent)
    }

    /// Too early, too many, or a fault on the other side that passes (RFC 9110, 15.5.9 and 15.6; RFC 6585).
    package static func isTransient(status: Int) -> Bool { [408, 425, 429, 500, 502, 503, 504].contains(status) }
}
