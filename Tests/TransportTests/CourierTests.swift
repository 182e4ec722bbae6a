import Model
import Synchronization
import TestKit
import Testing

@testable import Transport

/// A clock that moves when somebody sleeps on it.
private final class TestClock: CourierClock {
    private let moment = Mutex<(now: Instant, slept: [Int64])>((Instant(ms: 1_000_000), []))
    func now() -> Instant { moment.withLock { $0.now } }
    func sleep(ms: Int64) async throws(TransportError) {
        moment.withLock {
            $0.now = $0.now + ms
            $0.slept.append(ms)
        }
    }
    var slept: [Int64] { moment.withLock { $0.slept } }
}

/// Answers from a list; the last one again and again.
private final class Script: HTTPTransport {
    private let answers: [Result<HTTPResponse, TransportError>]
    private let sent = Mutex(0)
    init(_ answers: [Result<HTTPResponse, TransportError>]) { self.answers = answers }
    var count: Int { sent.withLock { $0 } }
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let index = sent.withLock { count in
            defer { count += 1 }
            return count
        }
        return try answers[min(index, answers.count - 1)].get()
    }
}

private func status(_ code: Int, _ headers: [HTTPHeader] = []) -> Result<HTTPResponse, TransportError> {
    .success(HTTPResponse(status: code, headers: headers))
}
private let request = HTTPRequest(.get, "https://example.org/api?token=abc")

private func courier(_ script: Script, _ clock: TestClock, chance: Double = 1, rate: Double = 1_000) -> Courier {
    let rates = HostRates()
    return Courier(
        transport: script, clock: clock, reserve: { rates.reserve(host: "example.org", requestsPerSecond: rate, now: $0) },
        chance: { chance })
}

@Suite struct CourierTests {
    @Test func `an answer is taken at once`() async throws {
        let (script, clock) = (Script([status(200)]), TestClock())
        var state = CourierState()
        #expect(try await courier(script, clock).send(request, state: &state).status == 200)
        #expect(clock.slept.isEmpty)
    }

    @Test func `the delays are 1, 2, 4, 8 and 16 s times chance`() async throws {
        let (script, clock) = (Script([status(503)]), TestClock())
        var state = CourierState()
        await #expect(throws: CourierError.status(503, place: "https://example.org/api", attempts: 6)) {
            try await courier(script, clock).send(request, state: &state)
        }
        #expect(clock.slept == [1_000, 2_000, 4_000, 8_000, 16_000])
        #expect(script.count == 6)
        #expect(state.breaker.consecutiveFailures == 1)
    }

    @Test func `jitter spreads the delays over the whole range`() async throws {
        let (script, clock) = (Script([status(503)]), TestClock())
        var state = CourierState()
        _ = try? await courier(script, clock, chance: 0.25).send(request, state: &state)
        #expect(clock.slept == [250, 500, 1_000, 2_000, 4_000])
    }

    @Test func `retry-after is a floor`() async throws {
        let (script, clock) = (Script([status(429, [HTTPHeader("Retry-After", "7")]), status(200)]), TestClock())
        var state = CourierState()
        _ = try await courier(script, clock).send(request, state: &state)
        #expect(clock.slept == [7_000])
    }

    @Test func `a retry-after beyond the budget is not waited for`() async throws {
        let (script, clock) = (Script([status(429, [HTTPHeader("Retry-After", "99999999999999999")])]), TestClock())
        var state = CourierState(budgetMs: 60_000)
        await #expect(throws: CourierError.budgetSpent(last: "the rate limit of https://example.org/api is spent", attempts: 1)) {
            try await courier(script, clock).send(request, state: &state)
        }
        #expect(clock.slept.isEmpty)
        #expect(state.breaker.consecutiveFailures == 0)
    }

    @Test(arguments: [200, 301, 400, 401, 404, 501])
    func `what will not change is not asked again`(code: Int) async throws {
        let (script, clock) = (Script([status(code)]), TestClock())
        var state = CourierState()
        #expect(try await courier(script, clock).send(request, state: &state).status == code)
        #expect(script.count == 1)
        #expect(state.breaker == CircuitBreaker())
    }

    @Test func `a lasting fault is not asked again and names itself`() async throws {
        let fault = TransportError.untrusted(place: "https://example.org/api", why: "self-signed certificate")
        let (script, clock) = (Script([.failure(fault)]), TestClock())
        var state = CourierState()
        await #expect(throws: CourierError.failed(last: fault, attempts: 1)) {
            try await courier(script, clock).send(request, state: &state)
        }
    }

    @Test func `the last error is remembered over all retries`() async throws {
        let last = TransportError.unreachable(place: "https://example.org/api", why: "refused")
        let (script, clock) = (Script([status(500), .failure(.timedOut(place: "x", seconds: 30)), .failure(last)]), TestClock())
        var state = CourierState()
        await #expect(throws: CourierError.failed(last: last, attempts: 6)) {
            try await courier(script, clock).send(request, state: &state)
        }
        #expect(state.breaker.lastError == last.description)
    }

    @Test func `five failed requests open the breaker and the sixth is not sent`() async throws {
        let (script, clock) = (Script([status(500)]), TestClock())
        var state = CourierState(budgetMs: 3_600_000)
        for _ in 0..<5 { _ = try? await courier(script, clock, chance: 0).send(request, state: &state) }
        #expect(script.count == 30)
        let openedAt = try #require(state.breaker.openedAt)
        await #expect(throws: CourierError.breakerOpen(until: openedAt + 60_000, lastError: "status 500")) {
            try await courier(script, clock).send(request, state: &state)
        }
        #expect(script.count == 30)
    }

    @Test(arguments: [(200, CircuitBreaker.State.closed), (500, .open)])
    func `after its pause one attempt decides`(code: Int, expected: CircuitBreaker.State) async throws {
        let (script, clock) = (Script([status(code)]), TestClock())
        var state = CourierState()
        for _ in 0..<5 { state.breaker.record(success: false, error: "x", at: clock.now() - 60_000) }
        #expect(state.breaker.state(at: clock.now()) == .halfOpen)
        _ = try? await courier(script, clock).send(request, state: &state)
        #expect(script.count == 1)
        #expect(state.breaker.state(at: clock.now()) == expected)
    }

    @Test func `requests keep to the rate, a second's worth at once`() async throws {
        let (script, clock) = (Script([status(200)]), TestClock())
        var state = CourierState()
        let courier = courier(script, clock, rate: 2)
        for _ in 0..<5 { _ = try await courier.send(request, state: &state) }
        #expect(clock.slept == [500, 500, 500])
    }

    @Test func `a retry takes its place in the rate limit too`() async throws {
        let (script, clock) = (Script([status(503), status(200)]), TestClock())
        var state = CourierState()
        _ = try await courier(script, clock, chance: 0, rate: 0.5).send(request, state: &state)
        #expect(clock.slept == [2_000])
    }

    @Test func `a rate limit that leaves no time is told as such and is no fault of the server`() async throws {
        let (script, clock) = (Script([status(200)]), TestClock())
        var state = CourierState(budgetMs: 1_500)
        let courier = courier(script, clock, rate: 0.5)
        _ = try await courier.send(request, state: &state)
        await #expect(throws: CourierError.budgetSpent(last: "the rate limit of https://example.org/api left no place", attempts: 0)) {
            try await courier.send(request, state: &state)
        }
        #expect(state.breaker == CircuitBreaker())
    }

    @Test func `half an answer is asked for again`() async throws {
        let (script, clock) = (
            Script([.success(HTTPResponse(status: 200, body: [1])), .success(HTTPResponse(status: 200, body: [1, 2]))]), TestClock()
        )
        var state = CourierState()
        let answer = try await courier(script, clock).send(request, state: &state) { $0.body.count < 2 ? "it is short" : nil }
        #expect(answer.body == [1, 2])
        #expect(clock.slept == [1_000])
    }

    @Test func `what may not be sent twice is sent once`() async throws {
        let (script, clock) = (Script([status(503)]), TestClock())
        var state = CourierState()
        await #expect(throws: CourierError.status(503, place: "https://example.org/api", attempts: 1)) {
            try await courier(script, clock).send(HTTPRequest(.post, "https://example.org/api", body: []), state: &state)
        }
        #expect(script.count == 1)
    }

    @Test func `a spent budget sends nothing`() async throws {
        let (script, clock) = (Script([status(200)]), TestClock())
        var state = CourierState(budgetMs: 0)
        await #expect(throws: CourierError.budgetSpent(last: "not asked", attempts: 0)) {
            try await courier(script, clock).send(request, state: &state)
        }
        #expect(script.count == 0)
    }

    @Test func `no chance of events makes it wait longer than the budget or try more than six times`() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let budget = Int64.random(in: 0...90_000, using: &random)
            var now = Instant(ms: 5_000)
            var attempts = Attempts(policy: RetryPolicy(), breaker: CircuitBreaker(), budgetMs: budget, now: now)
            var step = attempts.next(now: now)
            var waited: Int64 = 0
            loop: while true {
                switch step {
                case .send:
                    let outcome: Attempts.Outcome =
                        Bool.random(using: &random)
                        ? .answered(
                            status: [429, 500, 503].randomElement(using: &random) ?? 500,
                            retryAfterSeconds: Double.random(in: 0...40, using: &random))
                        : .failed(isTransient: true, reason: "x")
                    step = attempts.finished(outcome, now: now, chance: Double.random(in: 0..<1, using: &random))
                case .wait(let ms):
                    #expect(ms > 0)
                    waited += ms
                    now = now + ms
                    step = attempts.next(now: now)
                case .accept, .giveUp: break loop
                }
            }
            #expect(waited <= budget)
            #expect(attempts.attempts <= 6)
        }
    }
}
