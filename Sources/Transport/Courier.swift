import Model

/// Time as the courier sees it; tests give a clock that never sleeps.
package protocol CourierClock: Sendable {
    func now() -> Instant
    func sleep(ms: Int64) async throws(TransportError)
}

/// What is remembered of one source between its requests: the breaker is kept by the store, the rest by the run.
package struct CourierState: Hashable, Sendable {
    package var breaker: CircuitBreaker
    package var lastSentAt: Instant?
    /// What is left of the source's time in this run.
    package var budgetMs: Int64
    package init(breaker: CircuitBreaker = CircuitBreaker(), lastSentAt: Instant? = nil, budgetMs: Int64 = 120_000) {
        self.breaker = breaker
        self.lastSentAt = lastSentAt
        self.budgetMs = budgetMs
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
    package var transport: any HTTPTransport
    package var clock: any CourierClock
    package var policy: RetryPolicy
    /// Between the starts of two requests of one source; 0 is no limit.
    package var minimumIntervalMs: Int64
    /// Uniform in 0..<1, for jitter.
    package var chance: @Sendable () -> Double

    package init(
        transport: any HTTPTransport, clock: any CourierClock, policy: RetryPolicy = RetryPolicy(), minimumIntervalMs: Int64 = 0,
        chance: @escaping @Sendable () -> Double
    ) {
        self.transport = transport
        self.clock = clock
        self.policy = policy
        self.minimumIntervalMs = minimumIntervalMs
        self.chance = chance
    }

    /// The answer, whatever its status unless that is transient to the last. `state` is updated on every way out.
    package func send(_ request: HTTPRequest, state: inout CourierState) async throws(CourierError) -> HTTPResponse {
        let start = clock.now()
        var attempts = Attempts(
            policy: policy, breaker: state.breaker, budgetMs: state.budgetMs,
            earliest: state.lastSentAt.map { $0 + minimumIntervalMs }, now: start)
        defer {
            state.breaker = attempts.breaker
            state.budgetMs = max(0, state.budgetMs - max(0, clock.now() - start))
        }
        let place = WebAddress(request.url)?.shown ?? "the address"
        var last: Result<HTTPResponse, TransportError> = .failure(.cancelled)
        var step = attempts.next(now: start)
        while true {
            switch step {
            case .send:
                let sentAt = clock.now()
                state.lastSentAt = sentAt
                var timed = request
                timed.timeoutSeconds = min(request.timeoutSeconds, max(0.001, Double(attempts.deadline - sentAt) / 1_000))
                do throws(TransportError) {
                    last = .success(try await transport.send(timed))
                } catch {
                    last = .failure(error)
                }
                let now = clock.now()
                step = attempts.finished(Self.outcome(last, now: now), now: now, chance: chance())
            case .wait(let ms):
                do throws(TransportError) { try await clock.sleep(ms: ms) } catch {
                    throw .failed(last: error, attempts: attempts.attempts)
                }
                step = attempts.next(now: clock.now())
            case .accept:
                if case .success(let response) = last { return response }
                preconditionFailure("only an answer is accepted")
            case .giveUp(let why):
                throw Self.error(why, last, place: place, attempts: attempts)
            }
        }
    }

    private static func outcome(_ result: Result<HTTPResponse, TransportError>, now: Instant) -> Attempts.Outcome {
        switch result {
        case .success(let response): .answered(status: response.status, retryAfterSeconds: response.retryAfterSeconds(now: now))
        case .failure(.cancelled): .failed(isTransient: false, reason: "interrupted")
        case .failure(let error): .failed(isTransient: error.isTransient, reason: error.description)
        }
    }

    private static func error(
        _ why: Attempts.GiveUp, _ last: Result<HTTPResponse, TransportError>, place: String, attempts: Attempts
    ) -> CourierError {
        switch (why, last) {
        case (.breakerOpen(let until), _): .breakerOpen(until: until, lastError: attempts.breaker.lastError)
        case (.budgetSpent, .success(let response)):
            .budgetSpent(last: "\(place) answered with status \(response.status)", attempts: attempts.attempts)
        case (.budgetSpent, .failure(let error)):
            .budgetSpent(last: attempts.attempts == 0 ? "not asked" : error.description, attempts: attempts.attempts)
        case (_, .success(let response)): .status(response.status, place: place, attempts: attempts.attempts)
        case (_, .failure(let error)): .failed(last: error, attempts: attempts.attempts)
        }
    }
}
