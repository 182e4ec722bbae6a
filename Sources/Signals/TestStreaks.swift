import Model

/// Streaks of failures of one test.
///
/// The first failure after a pass is a *new failure*, and the builds between the two are where it broke. A test that passes and
/// fails at one commit is a *flake*: weak evidence, however often. A test that was flaky lately has to fail in several runs in a
/// row before its failure counts as one.
struct TestStreaks {
    struct Streak {
        /// The first bad run.
        var first: TestResult
        /// Failing runs in a row, `first` among them.
        var count: Int
        /// The last good run before.
        var pass: TestResult?
        /// The first good run after.
        var end: TestResult?
        /// Failing runs whose commit also passed, and how many runs at those commits passed.
        var flakes: Int
        var passesBeside: Int
        /// Commits of the time before at which the test both passed and failed.
        var flakedBefore: Int
    }

    static let flakyHabit = 2
    static let sureRuns = 3

    /// One result a run, ascending: of several (retries within it) a failure counts.
    private let runs: [TestResult]
    /// Runs that hold both a pass and a failure.
    private let mixed: Set<String>
    private let passesAt: [String: [Int64]]

    /// Results of one test, in any order.
    init(_ results: [TestResult]) {
        let placed = results.filter { $0.runAt.map { Instant.representable.contains($0) } ?? false && $0.outcome != .skipped }
        let sorted = placed.sorted { left, right in
            let (a, b) = (
                (Self.at(left), left.run, Self.isFailure(left) ? 0 : 1), (Self.at(right), right.run, Self.isFailure(right) ? 0 : 1)
            )
            return a == b ? Self.content(left).lexicographicallyPrecedes(Self.content(right)) : a < b
        }
        var runs: [TestResult] = []
        var mixed: Set<String> = []
        for result in sorted {
            if let last = runs.last, last.run == result.run, Self.at(last) == Self.at(result) {
                if Self.isFailure(last) != Self.isFailure(result) { mixed.insert(result.run) }
            } else {
                runs.append(result)
            }
        }
        var passesAt: [String: [Int64]] = [:]
        for run in runs where !Self.isFailure(run) { if let commit = run.commit { passesAt[commit, default: []].append(Self.at(run)) } }
        (self.runs, self.mixed, self.passesAt) = (runs, mixed, passesAt)
    }

    static func at(_ result: TestResult) -> Int64 { result.runAt?.ms ?? 0 }
    static func isFailure(_ result: TestResult) -> Bool { result.outcome == .failed || result.outcome == .errored }

    /// All else that an event tells, for an order that depends on nothing else.
    private static func content(_ result: TestResult) -> [String] {
        [
            result.message, result.detail, result.commit ?? "", result.outcome.rawValue, result.exception ?? "", result.file ?? "",
            String(result.line ?? 0), result.service ?? "", JSONValue.array(result.frames.map(\.json)).text,
        ]
    }

    func found(in onsets: Range<Int64>) -> [Streak] {
        var out: [Streak] = []
        for index in runs.indices where Self.isFailure(runs[index]) && onsets.contains(Self.at(runs[index])) {
            let onset = Self.at(runs[index])
            let before = index > 0 && onset - Self.at(runs[index - 1]) <= TestSignals.reachMs ? runs[index - 1] : nil
            if before.map(Self.isFailure) ?? false { continue }
            let later = runs[index...].prefix { Self.at($0) - onset <= TestSignals.reachMs }
            let failing = Array(later.prefix(while: Self.isFailure))
            let beside = failing.map { passes(beside: $0, of: onset) }
            out.append(
                Streak(
                    first: runs[index], count: failing.count, pass: before, end: later.dropFirst(failing.count).first,
                    flakes: beside.count { $0 > 0 },
                    passesBeside: beside.max() ?? 0, flakedBefore: flaked(before: onset)))
        }
        return out
    }

    /// Passes at the commit of a failing run near the onset of its streak; at least one for a run that also passed.
    private func passes(beside failure: TestResult, of onset: Int64) -> Int {
        let same = failure.commit.flatMap { passesAt[$0] } ?? []
        let near = same.count { abs($0 - onset) <= TestSignals.reachMs }
        return max(near, mixed.contains(failure.run) ? 1 : 0)
    }

    private func flaked(before onset: Int64) -> Int {
        var commits: Set<String> = []
        for run in runs.reversed() where Self.isFailure(run) && Self.at(run) < onset {
            if onset - Self.at(run) > TestSignals.reachMs { break }
            if mixed.contains(run.run) { commits.insert("#" + run.run) }
            guard let commit = run.commit, let passes = passesAt[commit] else { continue }
            if passes.contains(where: { $0 < onset && onset - $0 <= TestSignals.reachMs }) { commits.insert(commit) }
        }
        return commits.count
    }
}

extension TestStreaks.Streak {
    private enum Verdict { case flake, flakyHabit, new, failing }

    private var verdict: Verdict {
        if flakes * 2 >= count { return .flake }
        if flakedBefore >= TestStreaks.flakyHabit, count < TestStreaks.sureRuns { return .flakyHabit }
        return pass == nil ? .failing : .new
    }

    func event(of test: TestName, origin: String) -> Event {
        let verdict = self.verdict
        let isWeak = verdict == .flake || verdict == .flakyHabit
        var attributes: [String: JSONValue] = [
            EventAttribute.strength: .double(isWeak ? 0.25 : verdict == .new ? 0.9 : 0.6), EventAttribute.count: .int(Int64(count)),
            EventAttribute.test: .string(test.name), EventAttribute.reason: .string(reason(verdict)), "first_failing": .string(first.run),
        ]
        if !test.suite.isEmpty { attributes[EventAttribute.suite] = .string(test.suite) }
        if !test.className.isEmpty { attributes[EventAttribute.testClass] = .string(test.className) }
        if let file = first.file { attributes["file"] = .string(file) }
        if let line = first.line { attributes["line"] = .int(Int64(line)) }
        if !first.message.isEmpty { attributes[EventAttribute.message] = .string(first.message.clipped(to: 2_000)) }
        if let exception = first.exception { attributes[EventAttribute.exception] = .string(exception) }
        if !first.frames.isEmpty { attributes[EventAttribute.frames] = .array(first.frames.prefix(32).map(\.json)) }
        if let end = end?.runAt { attributes[EventAttribute.endedAt] = .int(end.ms) }
        if let end { attributes["fixed_in"] = .string(end.run) }
        if let pass {
            attributes["previous_pass"] = .string(pass.run)
            // The same commit before and after holds no change to blame.
            if let commit = pass.commit, commit != first.commit, !isWeak { attributes[EventAttribute.previousCommit] = .string(commit) }
        }
        let title =
            switch verdict {
            case .flake: "Flaky test: \(test.words)"
            case .flakyHabit: "Flaky test fails again: \(test.words)"
            case .new: "New failure: \(test.words)"
            case .failing: "Test fails: \(test.words)"
            }
        return Event(
            source: .ci, type: .testFailure, subject: [test.suite, test.className, test.name, first.run].joined(separator: "\u{1f}"),
            at: first.runAt ?? Instant(ms: 0), severity: isWeak ? .low : verdict == .new ? .high : .medium,
            title: title.clipped(to: Limits.titleCharacters), body: first.detail.clipped(toBytes: 8 << 10), service: first.service,
            tags: isWeak ? ["flaky"] : [], attributes: attributes, origin: origin, commit: first.commit)
    }

    /// `failed in 3 runs in a row; first bad build 8807 (9f3c1ae), last good build 8806 (77e0b2c) at 2026-03-10 14:02`
    private func reason(_ verdict: Verdict) -> String {
        var words = count == 1 ? "failed in 1 run" : "failed in \(count) runs in a row"
        let names = BuildName.pair(first.run, pass?.run)
        switch verdict {
        case .flake:
            words += ", but also passed \(passesBeside == 1 ? "once" : "\(passesBeside) times") at the same commit"
            if let commit = first.commit { words += " (\(commit.prefix(12)))" }
            if flakedBefore > 0 { words += "; flaky at \(commits(flakedBefore)) in the 30 days before" }
            return words
        case .flakyHabit:
            words += "; flaky at \(commits(flakedBefore)) in the 30 days before, so this says little"
        case .new, .failing:
            words += "; first bad build \(named(names.own, first))"
            if let pass, let name = names.other {
                words += ", last good build \(named(name, pass)) at \(moment(pass))"
                if let commit = pass.commit, commit == first.commit { words += ": the same commit" }
            } else {
                words += "; no earlier pass is known"
            }
        }
        if let end { words += "; passes again since \(moment(end))" }
        return words
    }

    private func commits(_ count: Int) -> String { count == 1 ? "1 commit" : "\(count) commits" }
    private func named(_ name: String, _ run: TestResult) -> String { name + (run.commit.map { " (\($0.prefix(12)))" } ?? "") }
    private func moment(_ run: TestResult) -> String { run.runAt.map { "\($0.date) \($0.clockMinute)" } ?? "" }
}
