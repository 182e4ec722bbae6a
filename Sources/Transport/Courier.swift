import Model
import Synchronization

/// Time as the courier sees it; tests give a clock that never sleeps.
package protocol CourierClock: Sendable {
    func now() -> Instant
    func sleep(ms: Int64) async throws(TransportError)
}

/// The run's own clock: it begins where the run says it is, and goes on as time does.
package struct RunClock: CourierClock {
    private let start: Instant
    private let begun = ContinuousClock.now
    package init(start: Instant) { self.start = start }
    package func now() -> Instant {
        let (seconds, attoseconds) = (ContinuousClock.now - begun).components
        return start + (seconds &* 1_000 &+ attoseconds / 1_000_000_000_000_000)
    }
    package func sleep(ms: Int64) async throws(TransportError) {
        do { try await Task.sleep(for: .milliseconds(ms)) } catch { throw .cancelled }
    }
}

/// What is remembered of one source between its requests: the breaker is kept by the store, the rest by the run.
package struct CourierState: Hashable, Sendable {
    package var breaker: CircuitBreaker
    /// What is left of the source's time in this run.
    package var budgetMs: Int64
    package init(breaker: CircuitBreaker = CircuitBreaker(), budgetMs: Int64 = 120_000) {
        self.breaker = breaker
        self.budgetMs = budgetMs
    }
}

/// The rate limits of all hosts that a run talks to, shared by its sources.
package final class HostRates: Sendable {
    private let buckets = Mutex<[String: TokenBucket]>([:])
    package init() {}
    /// Takes a token of the host's bucket; the request may go at the moment that is returned.
    package func reserve(host: String, requestsPerSecond: Double, now: Instant) -> Instant {
        buckets.withLock { $0[host, default: TokenBucket()].take(requestsPerSecond: requestsPerSecond, now: now) }
    }
}

/// Why the courier came back without an answer; `last` is what the last attempt met.
package enum CourierError: Error, Hashable, Sendable {
    case breakerOpen(until: Instant, lastError: String?)
    case failed(last: TransportError, attempts: Int)
    case status(Int, place: String, attempts: Int)
    case budgetSpent(last: String, attempts: Int)

    package var isTransient: Bool {
        switch self {
        case .breakerOpen, .budgetSpent: true
        case .failed(let last, _): last.isTransient
        case .status(let status, _, _): Attempts.isTransient(status: status)
        }
    }
}

extension CourierError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .breakerOpen(let until, let lastError):
            "not asked: it failed \(CircuitBreaker.threshold) times in a row" + (lastError.map { ", last with: \($0)" } ?? "")
                + "; it is tried again after \(until.rfc3339)"
        case .failed(let last, let attempts): attempts > 1 ? "\(last) (\(attempts) attempts)" : "\(last)"
        case .status(let status, let place, let attempts): "\(place) answered with status \(status) (\(attempts) attempts)"
        case .budgetSpent(let last, let attempts): "no time left for this source in this run after \(attempts) attempts; last: \(last)"
        }
    }
}

/// Carries requests of one source over any transport: retries, waits, respects the breaker and the time budget.
package struct Courier: Sendable {
    /// What carries HTTP.
    package var transport: any HTTPTransport
    package var clock: any CourierClock
    package var policy: RetryPolicy
    /// Takes a place in the host's rate limit, and says when the request may go.
    package var reserve: @Sendable (_ now: Instant) -> Instant
    /// Uniform in 0..<1, for jitter.
    package var chance: @Sendable () -> Double

    package init(
        transport: any HTTPTransport = NetworkTransport(), clock: any CourierClock, policy: RetryPolicy = RetryPolicy(),
        reserve: @escaping @Sendable (Instant) -> Instant = { $0 }, chance: @escaping @Sendable () -> Double
    ) {
        self.transport = transport
        self.clock = clock
        self.policy = policy
        self.reserve = reserve
        self.chance = chance
    }

    /// The answer, whatever its status unless that is transient to the last. A successful one in which `fault` finds something
    /// counts as failed: half an answer is asked for again. `state` is updated on every way out.
    package func send(
        _ request: HTTPRequest, state: inout CourierState, fault: (HTTPResponse) -> String? = { _ in nil }
    ) async throws(CourierError) -> HTTPResponse {
        let place = WebAddress(request.url)?.shown ?? "the address"
        return try await carry(
            to: place, timeoutSeconds: request.timeoutSeconds, isRepeatable: request.isRepeatable, state: &state,
            outcome: { .answered(status: $0.isRateLimited ? 429 : $0.status, retryAfterSeconds: $0.waitSeconds(now: $1)) }
        ) { (seconds) async throws(TransportError) in
            var timed = request
            timed.timeoutSeconds = seconds
            let response = try await transport.send(timed)
            if response.isSuccess, let why = fault(response) { throw .garbled(place: place, why: why) }
            return response
        }
    }

    /// Any exchange with a server, in whatever protocol: `attempt` makes it once, within the seconds it is given. `state` is updated
    /// on every way out.
    package func carry<Answer: Sendable>(
        to place: String, timeoutSeconds: Double, isRepeatable: Bool = true, state: inout CourierState,
        outcome: (Answer, Instant) -> Attempts.Outcome = { _, _ in .answered(status: 200, retryAfterSeconds: nil) },
        _ attempt: (_ seconds: Double) async throws(TransportError) -> Answer
    ) async throws(CourierError) -> Answer {
        let start = clock.now()
        var policy = policy
        if !isRepeatable { policy.maxRetries = 0 }
        var attempts = Attempts(policy: policy, breaker: state.breaker, budgetMs: state.budgetMs, now: start)
        defer {
            state.breaker = attempts.breaker
            state.budgetMs = max(0, state.budgetMs - max(0, clock.now() - start))
        }
        var answer: Answer?
        var failure: TransportError?
        var ended = Attempts.Outcome.failed(isTransient: false, reason: "interrupted")
        var step = attempts.next(now: start)
        while true {
            switch step {
            case .send:
                let askedAt = clock.now()
                let mayGo = reserve(askedAt)
                if mayGo >= attempts.deadline {
                    throw .budgetSpent(last: "the rate limit of \(place) left no place", attempts: attempts.attempts - 1)
                }
                do throws(TransportError) {
                    if mayGo > askedAt { try await clock.sleep(ms: mayGo - askedAt) }
                    let came = try await attempt(min(timeoutSeconds, max(0.001, Double(attempts.deadline - clock.now()) / 1_000)))
                    (answer, failure) = (came, nil)
                    ended = outcome(came, clock.now())
                } catch {
                    (answer, failure) = (nil, error)
                    ended = Self.outcome(error)
                }
                let now = clock.now()
                step = attempts.finished(ended, now: now, chance: chance())
            case .wait(let ms):
                do throws(TransportError) { try await clock.sleep(ms: ms) } catch {
                    throw .failed(last: error, attempts: attempts.attempts)
                }
                step = attempts.next(now: clock.now())
            case .accept:
                guard let answer else { throw .failed(last: failure ?? .cancelled, attempts: attempts.attempts) }
                return answer
            case .giveUp(let why):
                throw Self.error(why, failure, ended, place: place, attempts: attempts)
            }
        }
    }

    private static func outcome(_ error: TransportError) -> Attempts.Outcome {
        error == .cancelled
            ? .failed(isTransient: false, reason: "interrupted") : .failed(isTransient: error.isTransient, reason: error.description)
    }

    /// `failure` is what the last attempt met, nil when it was an answer; `ended` is how it ended.
    private static func error(
        _ why: Attempts.GiveUp, _ failure: TransportError?, _ ended: Attempts.Outcome, place: String, attempts: Attempts
    ) -> CourierError {
        switch (why, failure, ended) {
        case (.breakerOpen(let until), _, _): .breakerOpen(until: until, lastError: attempts.breaker.lastError)
        case (.budgetSpent, nil, .answered(let status, _)):
            .budgetSpent(
                last: status == 429 ? "the rate limit of \(place) is spent" : "\(place) answered with status \(status)",
                attempts: attempts.attempts)
        case (.budgetSpent, let failure, _):
            .budgetSpent(last: attempts.attempts == 0 ? "not asked" : failure?.description ?? "", attempts: attempts.attempts)
        case (_, nil, .answered(let status, _)): .status(status, place: place, attempts: attempts.attempts)
        case (_, let failure, _): .failed(last: failure ?? .cancelled, attempts: attempts.attempts)
        }
    }
}
