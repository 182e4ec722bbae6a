import Model

/// Signals from test results: one for each streak of failures of a test, one for each lasting slow-down.
///
/// Pure: an event depends on the results of its test (a slow-down also on how long the other slow tests of its suite took)
/// within `reachMs` before and after its onset, and on nothing else.
package enum TestSignals {
    package static let reachMs: Int64 = 30 * .dayMs

    /// Events whose onset lies in `onsets` (epoch ms), sorted by time, then fingerprint. `results` in any order, of one suite or of
    /// many; results that do not say when they ran cannot be placed and are left out.
    package static func derive(results: [TestResult], onsets: Range<Int64>, origin: String) -> [Event] {
        var tests: [TestName: [TestResult]] = [:]
        for result in results { tests[TestName(result), default: []].append(result) }
        var events: [Event] = []
        var durations: [String: TestDurations] = [:]
        for (test, results) in tests.sorted(by: { $0.key < $1.key }) {
            events += failures(of: results, onsets: onsets, origin: origin)
            durations[test.suite, default: TestDurations()].add(results)
        }
        for (_, suite) in durations.sorted(by: { $0.key < $1.key }) { events += suite.slowdowns(onsets: onsets, origin: origin) }
        return sorted(events)
    }

    /// The streaks of failures of one test that begin in `onsets`. A run that was skipped neither breaks nor begins a streak.
    package static func failures(of results: [TestResult], onsets: Range<Int64>, origin: String) -> [Event] {
        guard let first = results.first else { return [] }
        let streaks = TestStreaks(results)
        return sorted(streaks.found(in: onsets).map { $0.event(of: TestName(first), origin: origin) })
    }

    static func sorted(_ events: [Event]) -> [Event] {
        events.sorted { ($0.occurredAt.ms, $0.fingerprint) < ($1.occurredAt.ms, $1.fingerprint) }
    }
}

/// What a sentence calls the builds of two results: the part of their paths that tells them apart.
enum BuildName {
    static func pair(_ run: String, _ other: String?) -> (own: String, other: String?) {
        let own = parts(run)
        guard let other else { return (name(own, 1), nil) }
        let second = parts(other)
        var depth = 1
        while depth < max(own.count, second.count), depth < 4, own.suffix(depth) == second.suffix(depth) { depth += 1 }
        return (name(own, depth), name(second, depth))
    }

    /// The path of a run without its suite and without an ending.
    private static func parts(_ run: String) -> [Substring] {
        var parts = run.prefix { $0 != "#" }.split(separator: "/")
        if let last = parts.last, let dot = last.lastIndex(of: "."), dot > last.startIndex, last.hasSuffix(".xml") || last.hasSuffix(".trx")
        {
            parts[parts.count - 1] = last[..<dot]
        }
        return parts
    }
    private static func name(_ parts: [Substring], _ depth: Int) -> String {
        parts.suffix(depth).joined(separator: "/").clipped(to: 80)
    }
}
