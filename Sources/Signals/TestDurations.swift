import Model

/// How long the tests of one suite took, for finding those that became slow and stayed so.
///
/// A run is slow when it took at least twice the median of the runs before it, lies six robust deviations (1.4826 × median absolute
/// deviation) above it and half a second at least. Three slow runs in a row after three usual ones are a slow-down; three usual ones end it. When the other
/// slow tests of the suite took longer in that run, too, the machine was slow: each run is divided by the median of their ratios.
package struct TestDurations {
    private struct Pass {
        var at: Int64
        var ms: Double
        var run: String
        var commit: String?
        var service: String?
    }
    private var passes: [TestName: [Pass]] = [:]

    /// Shorter tests are not watched.
    package static let leastMs: Int64 = 500
    package static let reachMs: Int64 = 14 * .dayMs
    static let baselineRuns = 30
    static let leastBaseline = 8
    static let slowRuns = 3
    static let fewTests = 5

    package init() {}

    /// Results of a test, in any order; those that did not pass or have no time are left out.
    package mutating func add(_ results: [TestResult]) {
        for result in results where result.outcome == .passed && result.durationMs >= 0 {
            guard let at = result.runAt, Instant.representable.contains(at) else { continue }
            passes[TestName(result), default: []].append(
                Pass(at: at.ms, ms: Double(result.durationMs), run: result.run, commit: result.commit, service: result.service))
        }
    }

    /// Slow-downs that begin in `onsets`, sorted by time, then fingerprint.
    package func slowdowns(onsets: Range<Int64>, origin: String) -> [Event] {
        let tests = passes.filter { $0.value.contains { $0.ms >= Double(Self.leastMs) } }.sorted { $0.key < $1.key }
        let histories = tests.map { History(Self.oneEachRun($0.value)) }
        // How much longer than usual each slow test took, by run.
        var ratios: [String: [(test: Int, ratio: Double)]] = [:]
        for (test, history) in histories.enumerated() {
            for index in history.passes.indices {
                if let ratio = history.ratio(at: index) { ratios[history.passes[index].run, default: []].append((test, ratio)) }
            }
        }
        var events: [Event] = []
        for (test, history) in histories.enumerated() {
            let factors = history.passes.map { pass in
                let others = (ratios[pass.run] ?? []).filter { $0.test != test }.map(\.ratio).sorted()
                return others.count >= Self.fewTests ? max(1, MetricExcursions.quantile(others, 0.5)) : 1
            }
            for found in history.slowdowns(factors: factors) where onsets.contains(history.passes[found.first].at) {
                events.append(event(tests[test].key, history, found, origin))
            }
        }
        return TestSignals.sorted(events)
    }

    /// By time; of several results of one run the longest.
    private static func oneEachRun(_ passes: [Pass]) -> [Pass] {
        var out: [Pass] = []
        for pass in passes.sorted(by: { ($0.at, $0.run, $1.ms, $0.commit ?? "") < ($1.at, $1.run, $0.ms, $1.commit ?? "") }) {
            if let last = out.last, last.at == pass.at, last.run == pass.run { continue }
            out.append(pass)
        }
        return out
    }

    private struct History {
        struct Slowdown {
            var first: Int
            var slow: Int
            /// The first usual run after.
            var end: Int?
            var before: Double
            var after: Double
            var baseline: Int
        }
        let passes: [Pass]
        private let usual: [(median: Double, spread: Double, count: Int)?]

        init(_ passes: [Pass]) {
            self.passes = passes
            usual = passes.indices.map { index in
                let before = passes[max(0, index - TestDurations.baselineRuns)..<index].filter {
                    passes[index].at - $0.at <= TestDurations.reachMs
                }.map(\.ms).sorted()
                guard before.count >= TestDurations.leastBaseline else { return nil }
                let median = MetricExcursions.quantile(before, 0.5)
                let deviation = MetricExcursions.quantile(before.map { abs($0 - median) }.sorted(), 0.5)
                return (median, max(1.4826 * deviation, 0.05 * median), before.count)
            }
        }

        func ratio(at index: Int) -> Double? { usual[index].map { passes[index].ms / max(1, $0.median) } }

        private func isSlow(_ ms: Double, _ usual: (median: Double, spread: Double, count: Int)) -> Bool {
            ms >= 2 * usual.median && ms >= usual.median + 6 * usual.spread && ms - usual.median >= Double(TestDurations.leastMs)
        }

        func slowdowns(factors: [Double]) -> [Slowdown] {
            func ms(_ index: Int) -> Double { passes[index].ms / factors[index] }
            var out: [Slowdown] = []
            for first in passes.indices {
                guard let usual = usual[first], isSlow(ms(first), usual) else { continue }
                // The runs before are in the baseline, so there are some.
                // Slow, or at least half as slow as the first.
                let middle = usual.median + 0.5 * (ms(first) - usual.median)
                let isPart = { (index: Int) in ms(index) >= middle || isSlow(ms(index), usual) }
                if (max(0, first - TestDurations.slowRuns)..<first).contains(where: isPart) { continue }
                var slow: [Double] = []
                var end: Int?
                for index in first..<passes.count {
                    if passes[index].at - passes[first].at > TestDurations.reachMs { break }
                    if isPart(index) {
                        slow.append(ms(index))
                        end = nil
                    } else if slow.count < TestDurations.slowRuns {
                        break
                    } else {
                        end = end ?? index
                        if let end, index - end + 1 >= TestDurations.slowRuns { break }
                    }
                }
                guard slow.count >= TestDurations.slowRuns else { continue }
                out.append(
                    Slowdown(
                        first: first, slow: slow.count, end: end, before: usual.median,
                        after: MetricExcursions.quantile(slow.sorted(), 0.5), baseline: usual.count))
            }
            return out
        }
    }

    private func event(_ test: TestName, _ history: History, _ found: History.Slowdown, _ origin: String) -> Event {
        let first = history.passes[found.first]
        let last = history.passes[found.first - 1]
        let names = BuildName.pair(first.run, last.run)
        func named(_ name: String, _ pass: Pass) -> String { name + (pass.commit.map { " (\($0.prefix(12)))" } ?? "") }
        let (after, before) = (SignalNumber.duration(ms: found.after), SignalNumber.duration(ms: found.before))
        var reason = "a median of \(after) in \(found.slow) runs, \(before) in the \(found.baseline) before; "
        reason += "first slow build \(named(names.own, first)), last usual one \(named(names.other ?? "", last))"
        if let end = found.end { reason += "; as before since \(Instant(ms: history.passes[end].at).rfc3339)" }
        var attributes: [String: JSONValue] = [
            EventAttribute.strength: .double(0.3), EventAttribute.count: .int(Int64(found.slow)), EventAttribute.test: .string(test.name),
            EventAttribute.reason: .string(reason), "before_ms": .double(found.before.rounded()),
            "after_ms": .double(found.after.rounded()),
        ]
        if !test.suite.isEmpty { attributes[EventAttribute.suite] = .string(test.suite) }
        if !test.className.isEmpty { attributes[EventAttribute.testClass] = .string(test.className) }
        if let end = found.end { attributes[EventAttribute.endedAt] = .int(history.passes[end].at) }
        if let commit = last.commit, commit != first.commit { attributes[EventAttribute.previousCommit] = .string(commit) }
        return Event(
            source: .ci, type: .testSlowdown, subject: [test.suite, test.className, test.name, first.run].joined(separator: "\u{1f}"),
            at: Instant(ms: first.at), severity: .low,
            title: "Slower test: \(test.words) takes \(after), was \(before)".clipped(to: Limits.titleCharacters), service: first.service,
            attributes: attributes, origin: origin, commit: first.commit)
    }
}
