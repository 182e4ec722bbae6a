import Model

extension CaseStore {
    /// Adds test results. Of two results of one test in one run the worse stays: errored, failed, passed, skipped.
    package func merge(_ tests: [TestResult]) throws {
        try write { connection in
            var days: [String: Set<Int64>] = [:]
            for test in tests {
                let key: Bindings = [
                    "suite": .text(test.suite), "class": .text(test.className), "name": .text(test.name), "run": .text(test.run),
                ]
                let known = try connection.first(
                    """
                    SELECT \(TestQuery.columns) FROM test_result
                    WHERE suite = :suite AND class_name = :class AND name = :name AND run = :run
                    """, key
                ) { TestResult($0) }
                if let known, known == test || !test.isWorse(than: known) { continue }
                try connection.insert(test)
                days[test.suite, default: []].insert(test.runAt?.day ?? 0)
            }
            for (suite, days) in days.sorted(by: { $0.key < $1.key }) { try connection.markDirty(.tests, subject: suite, days: days) }
        }
    }

    /// The results of one test from `from` up to `to`, by time and run; the newest `Limits.runsPerTest` of them.
    package func testResults(_ test: TestName, from: Instant, to: Instant) throws -> [TestResult] {
        try access { connection in
            try connection.all(
                TestQuery.ofTest,
                [
                    "suite": .text(test.suite), "class": .text(test.className), "name": .text(test.name), "from": .int(from.ms),
                    "to": .int(to.ms), "limit": .int(Int64(Limits.runsPerTest)),
                ]
            ) { TestResult($0) }.reversed()
        }
    }

    /// The tests of a suite that failed from `from` up to `to`, by class and name.
    package func failingTests(suite: String, from: Instant, to: Instant) throws -> [TestName] {
        try names(TestQuery.failing, suite, ["suite": .text(suite), "from": .int(from.ms), "to": .int(to.ms)])
    }

    /// The tests of a suite that passed and took half a second or longer from `from` up to `to`, the longest first; at most
    /// `Limits.longTestsPerSuite`.
    package func longTests(suite: String, from: Instant, to: Instant) throws -> [TestName] {
        try names(
            TestQuery.long, suite,
            [
                "suite": .text(suite), "from": .int(from.ms), "to": .int(to.ms), "limit": .int(Int64(Limits.longTestsPerSuite)),
            ])
    }

    private func names(_ query: String, _ suite: String, _ bindings: Bindings) throws -> [TestName] {
        try access { try $0.all(query, bindings) { TestName(suite: suite, className: $0.text(0), name: $0.text(1)) } }
    }
}

enum TestQuery {
    static let columns = """
        suite, class_name, name, file, line, outcome, duration_ms, message, detail, exception, frames, run_at, run, commit_sha, service
        """
    static let ofTest = """
        SELECT \(columns) FROM test_result WHERE suite = :suite AND class_name = :class AND name = :name \
        AND run_at >= :from AND run_at < :to ORDER BY run_at DESC, run DESC LIMIT :limit
        """
    static let failing = """
        SELECT DISTINCT class_name, name FROM test_result WHERE suite = :suite AND run_at >= :from AND run_at < :to \
        AND outcome IN ('failed', 'errored') ORDER BY class_name, name
        """
    static let long = """
        SELECT class_name, name FROM test_result WHERE suite = :suite AND run_at >= :from AND run_at < :to \
        AND outcome = 'passed' AND duration_ms >= 500 GROUP BY class_name, name \
        ORDER BY max(duration_ms) DESC, class_name, name LIMIT :limit
        """
}

extension TestResult {
    fileprivate init(_ row: Row) {
        self.init(
            suite: row.text(0), className: row.text(1), name: row.text(2), file: row.optionalText(3),
            line: row.optionalInt(4).map { Int(clamping: $0) }, outcome: TestOutcome(rawValue: row.text(5)) ?? .skipped,
            durationMs: row.int(6), message: row.text(7), detail: row.text(8), exception: row.optionalText(9), frames: row.frames(10),
            runAt: row.optionalInt(11).map { Instant(ms: $0) }, run: row.text(12), commit: row.optionalText(13),
            service: row.optionalText(14))
    }

    /// A total order on what a result says, so that the choice is the same in any order of arrival.
    fileprivate func isWorse(than other: TestResult) -> Bool {
        func weight(_ test: TestResult) -> (Int, Int64, String) {
            let outcome = [TestOutcome.skipped, .passed, .failed, .errored].firstIndex(of: test.outcome) ?? 0
            let words = [
                test.message, test.detail, test.exception ?? "", test.file ?? "", String(test.line ?? 0), test.commit ?? "",
                test.service ?? "", JSONValue.frames(test.frames).text,
            ]
            return (outcome, test.runAt?.ms ?? .min, String(test.durationMs) + "\u{1f}" + words.joined(separator: "\u{1f}"))
        }
        return weight(self) > weight(other)
    }
}

extension Connection {
    fileprivate func insert(_ test: TestResult) throws {
        try run(
            """
            INSERT OR REPLACE INTO test_result (suite, class_name, name, run, run_at, outcome, duration_ms, file, line, message, detail,
              exception, frames, commit_sha, service)
            VALUES (:suite, :class, :name, :run, :at, :outcome, :duration, :file, :line, :message, :detail, :exception, :frames, :commit,
              :service)
            """,
            [
                "suite": .text(test.suite), "class": .text(test.className), "name": .text(test.name), "run": .text(test.run),
                "at": .optional(test.runAt?.ms), "outcome": .text(test.outcome.rawValue), "duration": .int(test.durationMs),
                "file": .optional(test.file), "line": .optional(test.line.map(Int64.init)), "message": .text(test.message),
                "detail": .text(test.detail), "exception": .optional(test.exception), "frames": .text(JSONValue.frames(test.frames).text),
                "commit": .optional(test.commit), "service": .optional(test.service),
            ])
    }
}
