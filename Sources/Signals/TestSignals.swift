import Model

/// Signals from test results: one for each streak of failures of a test.
package enum TestSignals {
    /// Events sorted by time, then fingerprint. `results` are all stored results of the tests, in any order; results that do not
    /// say when they ran cannot be placed and are left out. A run that was skipped neither breaks nor begins a streak.
    ///
    /// The first failure after a pass is a *new failure*; a test that both passed and failed at one commit is *flaky*.
    package static func derive(results: [TestResult], origin: String) -> [Event] {
        var tests: [TestName: [TestResult]] = [:]
        for result in results where result.runAt.map({ Instant.representable.contains($0) }) ?? false && result.outcome != .skipped {
            tests[TestName(result), default: []].append(result)
        }
        var events: [Event] = []
        for (name, results) in tests.sorted(by: { $0.key < $1.key }) { events += streaks(of: name, results, origin: origin) }
        return events.sorted { ($0.occurredAt.ms, $0.fingerprint) < ($1.occurredAt.ms, $1.fingerprint) }
    }

    private struct TestName: Hashable, Comparable {
        var suite: String
        var className: String
        var name: String
        init(_ result: TestResult) {
            suite = result.suite
            className = result.className
            name = result.name
        }
        static func < (left: TestName, right: TestName) -> Bool {
            (left.suite, left.className, left.name) < (right.suite, right.className, right.name)
        }
        /// `suite` is often the class once more.
        var words: String {
            let group = className.isEmpty ? suite : className
            return group.isEmpty ? name : "\(group).\(name)"
        }
    }

    private static func at(_ result: TestResult) -> Int64 { result.runAt?.ms ?? 0 }
    private static func isFailure(_ result: TestResult) -> Bool { result.outcome == .failed || result.outcome == .errored }

    /// All else that an event tells, for an order that depends on nothing else.
    private static func content(_ result: TestResult) -> [String] {
        [
            result.message, result.detail, result.commit ?? "", result.outcome.rawValue, result.exception ?? "", result.file ?? "",
            String(result.line ?? 0), result.service ?? "", JSONValue.array(result.frames.map(\.json)).text,
        ]
    }

    private static func streaks(of name: TestName, _ results: [TestResult], origin: String) -> [Event] {
        // One result a run: of several (retries within it) a failure counts and a pass makes it flaky.
        let sorted = results.sorted { left, right in
            let (a, b) = ((at(left), left.run, isFailure(left) ? 0 : 1), (at(right), right.run, isFailure(right) ? 0 : 1))
            return a == b ? content(left).lexicographicallyPrecedes(content(right)) : a < b
        }
        var runs: [TestResult] = []
        var mixed: Set<String> = []
        for result in sorted {
            if let last = runs.last, last.run == result.run, at(last) == at(result) {
                if isFailure(last) != isFailure(result) { mixed.insert(result.run) }
            } else {
                runs.append(result)
            }
        }
        let passed = Set(runs.filter { !isFailure($0) }.compactMap(\.commit))
        var events: [Event] = []
        var streak: [TestResult] = []
        var previousPass: TestResult?
        for run in runs {
            if isFailure(run) {
                streak.append(run)
                continue
            }
            if let event = event(name, streak, after: previousPass, endedBy: run, passed: passed, mixed: mixed, origin: origin) {
                events.append(event)
            }
            streak = []
            previousPass = run
        }
        if let event = event(name, streak, after: previousPass, endedBy: nil, passed: passed, mixed: mixed, origin: origin) {
            events.append(event)
        }
        return events
    }

    private static func event(
        _ name: TestName, _ streak: [TestResult], after pass: TestResult?, endedBy end: TestResult?, passed: Set<String>,
        mixed: Set<String>,
        origin: String
    ) -> Event? {
        guard let first = streak.first, let runAt = first.runAt else { return nil }
        let isFlaky = streak.contains { mixed.contains($0.run) || $0.commit.map(passed.contains) ?? false }
        let isNew = pass != nil && !isFlaky
        var reason = streak.count == 1 ? "failed in 1 run" : "failed in \(streak.count) runs in a row"
        if isFlaky {
            reason += ", but also passed at the same commit"
        } else if let pass, let passAt = pass.runAt {
            reason += "; passed before at \(passAt.date) \(passAt.clockMinute)" + (pass.commit.map { " (\($0.prefix(12)))" } ?? "")
        } else {
            reason += "; no earlier pass is known"
        }
        var attributes: [String: JSONValue] = [
            EventAttribute.strength: .double(isFlaky ? 0.25 : isNew ? 0.9 : 0.6), EventAttribute.count: .int(Int64(streak.count)),
            EventAttribute.test: .string(name.name), EventAttribute.reason: .string(reason), "first_failing": .string(first.run),
        ]
        if !name.suite.isEmpty { attributes[EventAttribute.suite] = .string(name.suite) }
        if !name.className.isEmpty { attributes[EventAttribute.testClass] = .string(name.className) }
        if let file = first.file { attributes["file"] = .string(file) }
        if let line = first.line { attributes["line"] = .int(Int64(line)) }
        if !first.message.isEmpty { attributes[EventAttribute.message] = .string(first.message.clipped(to: 2_000)) }
        if let exception = first.exception { attributes[EventAttribute.exception] = .string(exception) }
        if !first.frames.isEmpty { attributes[EventAttribute.frames] = .array(first.frames.prefix(32).map(\.json)) }
        if let end = end?.runAt { attributes[EventAttribute.endedAt] = .int(end.ms) }
        if let pass {
            attributes["previous_pass"] = .string(pass.run)
            if let commit = pass.commit { attributes[EventAttribute.previousCommit] = .string(commit) }
        }
        let title = isFlaky ? "Flaky test: \(name.words)" : isNew ? "New failure: \(name.words)" : "Test fails: \(name.words)"
        return Event(
            source: .ci, type: .testFailure, subject: [name.suite, name.className, name.name, first.run].joined(separator: "\u{1f}"),
            at: runAt,
            severity: isFlaky ? .low : isNew ? .high : .medium, title: title.clipped(to: Limits.titleCharacters),
            body: first.detail.clipped(toBytes: 8 << 10), service: first.service, tags: isFlaky ? ["flaky"] : [], attributes: attributes,
            origin: origin, commit: first.commit)
    }
}
