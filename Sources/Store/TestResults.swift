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

    /// Every result of some suites, by suite, class, name, time and run.
    package func testResults(suites: some Sequence<String>) throws -> [TestResult] {
        try access { connection in
            try Set(suites).sorted().flatMap { suite in
                try connection.all(TestQuery.ofSuite, ["suite": .text(suite)]) { TestResult($0) }
            }
        }
    }

    /// The suites that have results, by name.
    package func testSuites() throws -> [String] {
        try access { try $0.all("SELECT DISTINCT suite FROM test_result ORDER BY suite") { $0.text(0) } }
    }
}

enum TestQuery {
    static let columns = """
        suite, class_name, name, file, line, outcome, duration_ms, message, detail, exception, frames, run_at, run, commit_sha, service
        """
    static let ofSuite = "SELECT \(columns) FROM test_result WHERE suite = :suite ORDER BY class_name, name, run_at, run"
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
