import Model
import Testing

@testable import Correlation

@Suite struct MedianIntervalTests {
    /// The rank k of the interval, from the binomial table: Conover, table A3, two-sided 5 %.
    @Test(arguments: [(5, 0), (6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (15, 4), (20, 6), (25, 8), (30, 10), (39, 13), (50, 18), (100, 40)])
    func `the rank of the interval is that of the binomial table`(_ count: Int, _ rank: Int) {
        #expect(MedianInterval.rank(count) == rank)
    }

    @Test func `the binomial goes over into the normal without a step`() {
        #expect(abs(MedianInterval.rank(1_001) - MedianInterval.rank(1_000)) <= 1)
    }

    @Test func `nine values give the second and the second last`() throws {
        let interval = try #require(MedianInterval([9, 1, 8, 2, 7, 3, 6, 4, 5]))
        #expect(interval.median == 5)
        #expect(interval.low == 2)
        #expect(interval.high == 8)
    }

    @Test func `an even sample has the middle of its two middle values`() throws {
        let interval = try #require(MedianInterval([1, 3, 5, 9]))
        #expect(interval.median == 4)
        #expect(interval.low == nil)
    }

    @Test func `nothing has no median`() { #expect(MedianInterval([]) == nil) }
}

@Suite struct EstimateTests {
    /// Wilson (1927); by hand for 3 of 29: centre 0.1478, half-width 0.1118.
    @Test func `the score interval of three of twenty-nine`() throws {
        let estimate = Estimates.wilson(3, of: 29)
        let (low, high) = (try #require(estimate.low), try #require(estimate.high))
        #expect(abs(low - 0.0358) < 0.0005)
        #expect(abs(high - 0.2639) < 0.0005)
    }

    @Test func `none of ten is not impossible`() throws {
        let estimate = Estimates.wilson(0, of: 10)
        let high = try #require(estimate.high)
        #expect(estimate.low == 0)
        #expect(abs(high - 0.2775) < 0.0005)
    }

    /// Newcombe (1998), table II, contrast (a): 56/70 against 48/80 gives 0.0524 to 0.3339.
    @Test func `two shares that differ are told apart by as much as the paper says`() throws {
        guard case .changed(let low, let high) = Estimates.difference((56, 70), (48, 80)) else {
            Issue.record("no change was found")
            return
        }
        #expect(abs(low - 0.0524) < 0.0002)
        #expect(abs(high - 0.3339) < 0.0002)
    }

    /// Newcombe (1998), table II, contrast (b): 9/10 against 3/10 gives 0.1705 to 0.8090.
    @Test func `small samples may differ too`() throws {
        guard case .changed(let low, let high) = Estimates.difference((9, 10), (3, 10)) else {
            Issue.record("no change was found")
            return
        }
        #expect(abs(low - 0.1705) < 0.0002)
        #expect(abs(high - 0.8090) < 0.0002)
    }

    /// Exact Poisson limits of ten events: 4.795 to 18.39.
    @Test func `a count of ten has the interval of the Poisson table within a per cent`() throws {
        let estimate = Estimates.poisson(10, days: 1)
        let (low, high) = (try #require(estimate.low), try #require(estimate.high))
        #expect(abs(low / 4.795 - 1) < 0.01)
        #expect(abs(high / 18.39 - 1) < 0.01)
    }

    @Test func `a rate that doubles over many events is a change, and one of few is not`() {
        guard case .changed(let low, _) = Estimates.ratio((80, 28), (120, 84)) else {
            Issue.record("no change was found")
            return
        }
        #expect(low > 0)
        #expect(Estimates.ratio((4, 28), (6, 84)) == .tooFew)
        #expect(Estimates.ratio((28, 28), (84, 84)) == .noChange)
    }

    /// By hand: of the 36 differences the middle one is −10; k = ⌊18 − 1.96·√39⌋ = 5, so the interval is the 5th to the 32nd.
    @Test func `six values ten lower than six others are shorter`() {
        let verdict = Estimates.shift(now: [1, 2, 3, 4, 5, 6], before: [11, 12, 13, 14, 15, 16])
        #expect(verdict == .changed(low: -13, high: -7))
    }

    @Test func `samples that overlap show no detectable change`() {
        #expect(Estimates.shift(now: [1, 5, 9, 13, 17, 21], before: [2, 6, 8, 14, 16, 22]) == .noChange)
    }

    @Test func `five on a side are too few to say`() {
        #expect(Estimates.shift(now: [1, 2, 3, 4, 5], before: [11, 12, 13, 14, 15, 16]) == .tooFew)
    }
}

@Suite struct DeliveryMeasureTests {
    private static let day = Instant.civil(year: 2026, month: 3, day: 2)
    private static func at(_ hour: Double) -> Instant { day + Int64(hour * 3_600_000) }
    private static func commit(_ sha: String, _ hour: Double, service: String = "checkout") -> Event {
        Event(source: .git, type: .commit, subject: sha, at: at(hour), title: sha, service: service, sourceID: sha, commit: sha)
    }
    private static func deploy(
        _ version: String, _ hour: Double, commit: String? = nil, service: String = "checkout", title: String = "",
        environment: String? = "production"
    ) -> Event {
        Event(
            source: .deploys, type: .deployment, subject: "\(service) \(version) \(hour)", at: at(hour),
            title: title.isEmpty ? "\(service) \(version)" : title,
            service: service, environment: environment, attributes: [EventAttribute.version: .string(version)], commit: commit)
    }
    private static func outage(_ change: Event, from: Double, to: Double?) -> Investigation {
        Investigation(
            key: "case_1", number: 1, title: "Outage", status: to == nil ? .open : .resolved, severity: .high, startedAt: at(from),
            resolvedAt: to.map(at), lastSignalAt: at(to ?? from), services: ["checkout"],
            hypotheses: [
                Hypothesis(rank: 1, kind: .change, change: change.fingerprint, name: "Deploy", score: 0.8, terms: [], summary: "")
            ])
    }

    @Test func `a deployment that caused an investigation failed and recovered when it ended`() throws {
        let bad = Self.deploy("2", 10)
        let measures = DeliveryMeasures(changes: [Self.deploy("1", 1), bad], cases: [Self.outage(bad, from: 10.1, to: 11.5)])
        #expect(measures.deployments.map(\.failed) == [false, true])
        #expect(measures.deployments.last?.recoveryMs == Int64(1.5 * 3_600_000))
    }

    @Test func `a deployment whose successor goes back failed, and going back is rework`() {
        let measures = DeliveryMeasures(
            changes: [Self.deploy("1", 1), Self.deploy("2", 10), Self.deploy("1", 10.5, title: "Rollback of checkout to 1")], cases: [])
        #expect(measures.deployments.map(\.failed) == [false, true, false])
        #expect(measures.deployments.map(\.isRework) == [false, false, true])
        #expect(measures.deployments[1].recoveryMs == Int64(0.5 * 3_600_000))
    }

    @Test func `a fix into the open investigation of a deployment is rework`() {
        let bad = Self.deploy("2", 10)
        let measures = DeliveryMeasures(changes: [bad, Self.deploy("3", 11)], cases: [Self.outage(bad, from: 10.1, to: nil)])
        #expect(measures.deployments.map(\.isRework) == [false, true])
    }

    @Test func `lead time runs from the commit to the first deployment that carried it`() {
        let measures = DeliveryMeasures(
            changes: [
                Self.deploy("0", 0), Self.commit("aaaaaaa1", 2), Self.deploy("1", 5, commit: "aaaaaaa1"),
                Self.deploy("2", 9, commit: "aaaaaaa1"),
            ], cases: [])
        #expect(measures.leads.map(\.ms) == [3 * .hourMs])
    }

    @Test func `where some deployments go to production the others do not count`() {
        let measures = DeliveryMeasures(
            changes: [Self.deploy("1", 1, environment: "staging"), Self.deploy("1", 2), Self.deploy("2", 3, environment: "prod-eu")],
            cases: [])
        #expect(measures.deployments.count == 2)
    }

    @Test func `with no deployments nothing is claimed`() {
        let span = Self.day..<(Self.day + 28 * .dayMs)
        let five = DeliveryMeasures(changes: [], cases: []).five(now: span, before: span)
        #expect(five.map(\.verdict) == Array(repeating: .tooFew, count: 5))
        #expect(five.map(\.name).count == 5)
    }

    @Test func `response times count from the first sign`() throws {
        var it = Self.outage(Self.deploy("1", 1), from: 10, to: 12)
        it.detectedAt = Self.at(10.25)
        it.acknowledgedAt = Self.at(10.5)
        it.mitigatedAt = Self.at(11)
        let span = Self.day..<(Self.day + .dayMs)
        let values = DeliveryMeasures.response([it], now: span, before: (Self.day - .dayMs)..<Self.day).map {
            $0.now.value.map { $0 / 60_000 }
        }
        #expect(values == [15, 15, 60, 120])
    }
}
