import Model
import TestKit
import Testing

@testable import Signals

/// Builds of a made-up suite, one an hour.
struct TestBuilds {
    static let start: Int64 = 1_795_305_600_000  // 2026-11-22T00:00:00Z
    static let always = Instant.representable.lowerBound.ms..<Instant.representable.upperBound.ms

    static func result(
        _ run: Int, _ outcome: TestOutcome, commit: String? = nil, name: String = "adds up", message: String = "3 is not 4",
        durationMs: Int64 = 20
    ) -> TestResult {
        TestResult(
            suite: "CartTests", name: name, outcome: outcome, durationMs: durationMs, message: outcome == .failed ? message : "",
            runAt: Instant(ms: start + Int64(run) * .hourMs), run: "reports/build-\(run).xml#CartTests", commit: commit ?? "c\(run)",
            service: "cart")
    }

    static func derive(_ results: [TestResult]) -> [Event] { TestSignals.derive(results: results, onsets: always, origin: "ci") }

    /// A month of builds: tests that pass, one that is flaky, one that breaks and is mended, one that becomes slow, on a machine
    /// that is now and then three times slower.
    static func month(seed: UInt64) -> [TestResult] {
        var chance = SeededGenerator(seed: seed)
        var results: [TestResult] = []
        for run in 0..<240 {
            let machine: Double = Int.random(in: 0..<12, using: &chance) == 0 ? 3 : 1
            for (index, usual) in [30.0, 700, 800, 950, 1_200, 2_000, 3_000, 5_000].enumerated() {
                let slow: Double = index == 4 && run >= 150 && run < 180 ? 3.5 : 1
                let ms = usual * machine * slow * Double.random(in: 0.8...1.3, using: &chance)
                results.append(result(run, .passed, name: "takes \(index)", durationMs: Int64(ms)))
            }
            results.append(result(run, (100..<104).contains(run) ? .failed : .passed, name: "breaks"))
            if Int.random(in: 0..<20, using: &chance) == 0 {
                results.append(result(run, .failed, name: "flickers"))
                var again = result(run, .passed, name: "flickers")
                again.run = "reports/build-\(run)-again.xml#CartTests"
                again.runAt = again.runAt.map { $0 + 20 * .minuteMs }
                results.append(again)
            } else {
                results.append(result(run, .passed, name: "flickers"))
            }
        }
        return results
    }
}

@Suite struct TestSignalsTests {
    private typealias Builds = TestBuilds

    @Test func `the first failure after a pass is a new failure, once for its streak`() throws {
        let results = [
            Builds.result(1, .passed), Builds.result(2, .failed), Builds.result(3, .failed), Builds.result(4, .skipped),
            Builds.result(5, .errored), Builds.result(6, .passed),
        ]
        let events = Builds.derive(results)
        #expect(events.count == 1)
        let event = try #require(events.first)
        #expect(event.title == "New failure: CartTests.adds up")
        #expect(event.severity == .high)
        #expect(event.attributes["count"] == .int(3))
    }

    @Test func `a new failure names the last good and the first bad build`() throws {
        let event = try #require(Builds.derive([Builds.result(1, .passed), Builds.result(4, .failed), Builds.result(5, .failed)]).first)
        #expect(event.text("previous_pass") == "reports/build-1.xml#CartTests")
        #expect(event.text("previous_commit") == "c1")
        #expect(event.text("first_failing") == "reports/build-4.xml#CartTests")
        #expect(event.commit == "c4")
        #expect(
            event.text("reason")
                == "failed in 2 runs in a row; first bad build build-4 (c4), last good build build-1 (c1) at 2026-11-22 01:00")
    }

    @Test func `builds whose files bear one name are told apart by their folders`() {
        let names = BuildName.pair("ci/118/junit.xml#a", "ci/117/junit.xml#a")
        #expect(names.own == "118/junit" && names.other == "117/junit")
    }

    @Test func `a test that passes again ends its signal, and the reason says when`() throws {
        let event = try #require(
            Builds.derive([Builds.result(1, .passed), Builds.result(2, .failed), Builds.result(6, .passed)]).first)
        #expect(event.endedAt?.ms == Builds.start + 6 * .hourMs)
        #expect(event.text("fixed_in") == "reports/build-6.xml#CartTests")
        #expect(event.text("reason")?.hasSuffix("; passes again since 2026-11-22 06:00") == true)
    }

    @Test func `a test that still fails is not new`() {
        let first = Builds.derive([Builds.result(1, .passed), Builds.result(2, .failed)])
        let later = Builds.derive([Builds.result(1, .passed)] + (2..<40).map { Builds.result($0, .failed) })
        #expect(first.map(\.fingerprint) == later.map(\.fingerprint))
        #expect(later.first?.occurredAt == first.first?.occurredAt)
    }

    @Test func `a test that passes and fails at one commit is flaky, of low severity, and too weak to open anything`() throws {
        let events = Builds.derive([
            Builds.result(1, .passed, commit: "a"), Builds.result(2, .failed, commit: "b"), Builds.result(3, .passed, commit: "b"),
        ])
        #expect(events.map(\.severity) == [.low])
        #expect(events.map(\.tags) == [["flaky"]])
        #expect(events.allSatisfy { $0.strength < 0.5 && $0.text("previous_commit") == nil })
        #expect(events.first?.text("reason") == "failed in 1 run, but also passed once at the same commit (b)")
    }

    @Test func `a test that was flaky lately has to fail three times in a row before it counts`() throws {
        var results: [TestResult] = [Builds.result(0, .passed)]
        for run in [10, 20] {
            results += [Builds.result(run, .failed, commit: "f\(run)"), Builds.result(run + 1, .passed, commit: "f\(run)")]
        }
        let once = try #require(Builds.derive(results + [Builds.result(30, .failed)]).last)
        #expect(once.severity == .low && once.tags == ["flaky"])
        #expect(once.text("reason") == "failed in 1 run; flaky at 2 commits in the 30 days before, so this says little")
        let thrice = try #require(Builds.derive(results + (30..<33).map { Builds.result($0, .failed) }).last)
        #expect(thrice.severity == .high && thrice.tags.isEmpty)
    }

    @Test func `one pass among many failing commits does not make a failure a flake`() throws {
        let results = [Builds.result(0, .passed)] + (1..<6).map { Builds.result($0, .failed) } + [Builds.result(6, .passed, commit: "c5")]
        #expect(Builds.derive(results).map(\.title) == ["New failure: CartTests.adds up"])
    }

    @Test func `a test that was never seen to pass is of medium severity`() {
        #expect(Builds.derive([Builds.result(1, .failed)]).map(\.severity) == [.medium])
    }

    @Test func `passing and skipped tests, and results without a time, are no signal`() {
        var timeless = Builds.result(1, .failed)
        timeless.runAt = nil
        #expect(Builds.derive([timeless, Builds.result(2, .passed), Builds.result(3, .skipped)]).isEmpty)
    }

    @Test func `a test that became slow and stays so is a weak signal with the figure and the builds`() throws {
        let results = (0..<30).map { Builds.result($0, .passed, durationMs: $0 < 20 ? 300 + Int64($0 % 5) * 20 : 2_400) }
        let events = Builds.derive(results)
        #expect(events.map(\.title) == ["Slower test: CartTests.adds up takes 2.4 s, was 340 ms"])
        let event = try #require(events.first)
        #expect(event.type == .testSlowdown && event.severity == .low && event.strength < 0.5)
        #expect(event.commit == "c20" && event.text("previous_commit") == "c19")
        #expect(
            event.text("reason")
                == "a median of 2.4 s in 10 runs, 340 ms in the 20 before; first slow build build-20 (c20), last usual one build-19 (c19)")
    }

    @Test func `one slow run, and a slow machine, are no slow-down`() {
        var results = (0..<30).map { Builds.result($0, .passed, durationMs: $0 == 20 ? 9_000 : 300) }
        for index in 0..<8 {
            results += (0..<30).map {
                Builds.result($0, .passed, name: "long \(index)", durationMs: (20..<26).contains($0) ? 6_000 : 1_500)
            }
        }
        #expect(Builds.derive(results).isEmpty)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a month of builds gives what happened and nothing else`(seed: UInt64) {
        let events = Builds.derive(Builds.month(seed: seed))
        #expect(events.filter { $0.severity >= .medium }.map(\.title) == ["New failure: CartTests.breaks"])
        let slower = events.filter { $0.type == .testSlowdown }
        #expect(slower.map { $0.text("test") } == ["takes 4"], "\(slower.map { $0.text("reason") ?? "" })")
        #expect(events.filter { $0.tags == ["flaky"] }.allSatisfy { $0.text("test") == "flickers" })
    }

    @Test(arguments: [4, 5] as [UInt64])
    func `block by block, with a month around each, gives what at once gives`(seed: UInt64) {
        var results = Builds.month(seed: seed)
        for index in results.indices {  // ten days become a hundred
            results[index].runAt = results[index].runAt.map { Instant(ms: Builds.start + ($0.ms - Builds.start) * 10) }
        }
        let whole = Builds.derive(results)
        #expect(whole.count > 2)
        var chance = SeededGenerator(seed: seed)
        var pieces: [Event] = []
        for block in -1..<5 as Range<Int64> {
            let onsets = Builds.start + block * TestSignals.reachMs..<Builds.start + (block + 1) * TestSignals.reachMs
            let near = results.filter { result in
                result.runAt.map { (onsets.lowerBound - TestSignals.reachMs..<onsets.upperBound + TestSignals.reachMs).contains($0.ms) }
                    ?? false
            }
            pieces += TestSignals.derive(results: near.shuffled(using: &chance), onsets: onsets, origin: "ci")
        }
        #expect(pieces == whole)
    }

    @Test func `no order of results and no repetition shows`() {
        var chance = SeededGenerator(seed: 3)
        for _ in 0..<30 {
            let results = (0..<60).map { _ in
                Builds.result(
                    Int.random(in: 0..<15, using: &chance),
                    [.passed, .failed, .errored, .skipped].randomElement(using: &chance) ?? .passed,
                    commit: "c\(Int.random(in: 0..<10, using: &chance))", name: ["a", "b", "c"].randomElement(using: &chance) ?? "a",
                    message: "m\(Int.random(in: 0..<3, using: &chance))")
            }
            let expected = Builds.derive(results)
            #expect(Builds.derive((results + results.prefix(7)).shuffled(using: &chance)) == expected)
            #expect(Set(expected.map(\.fingerprint)).count == expected.count)
        }
    }
}
