import Model

/// How one family of test reports says what a suite, a test and a verdict are.
final class TestReportDialect {
    let suites: [String]
    let test: String
    /// Children of a test that are verdicts.
    let outcomes: [String: TestOutcome]
    /// True when a verdict's own text is the detail; else the words stand in elements below it.
    let textIsDetail: Bool
    let message: String
    let detail: String
    let wordParents: [String]
    /// TRX lists test classes apart from the results.
    let definesClassesApart: Bool
    /// The verdict by the test's own attributes; nil when only its children say.
    let verdict: (XMLElement) -> TestOutcome?

    init(
        suites: [String], test: String, outcomes: [String: TestOutcome], textIsDetail: Bool = false, message: String = "",
        detail: String = "", wordParents: [String] = [], definesClassesApart: Bool = false,
        verdict: @escaping (XMLElement) -> TestOutcome?
    ) {
        self.suites = suites
        self.test = test
        self.outcomes = outcomes
        self.textIsDetail = textIsDetail
        self.message = message
        self.detail = detail
        self.wordParents = wordParents
        self.definesClassesApart = definesClassesApart
        self.verdict = verdict
    }

    /// By the root element; namespaces matter for TRX only.
    static func named(_ root: String, _ uri: String) -> TestReportDialect? {
        switch root {
        case "testsuites", "testsuite", "testcase": junit
        case "TestRun": trx
        case "test-results": nunit2
        case "test-run", "test-suite": nunit3
        case "assemblies", "assembly": xunit
        default: nil
        }
    }

    private static let idle: Set<String> = ["notrun", "disabled", "skipped", "suppressed", "suspended"]

    private static var junit: TestReportDialect {
        TestReportDialect(
            suites: ["testsuite"], test: "testcase",
            outcomes: ["failure": .failed, "error": .errored, "skipped": .skipped, "disabled": .skipped, "ignored": .skipped],
            textIsDetail: true,
            verdict: { element in
                // GoogleTest and its kin state tests that did not run in an attribute.
                isIdle(element["status"]) || isIdle(element["result"]) ? .skipped : nil
            })
    }
    /// `status` or `result` of a test that did not run.
    static func isIdle(_ word: String?) -> Bool { word.map { idle.contains($0.lowercased()) } ?? false }

    private static var trx: TestReportDialect {
        TestReportDialect(
            suites: [], test: "UnitTestResult", outcomes: [:], message: "Message", detail: "StackTrace", wordParents: ["ErrorInfo"],
            definesClassesApart: true,
            verdict: { element in
                switch element["outcome"] ?? "" {
                case "Passed", "PassedButRunAborted", "Completed", "Warning": .passed
                case "Failed", "Timeout", "Aborted": .failed
                case "Error": .errored
                default: .skipped
                }
            })
    }

    private static var nunit2: TestReportDialect {
        TestReportDialect(
            suites: ["test-suite"], test: "test-case", outcomes: ["failure": .failed], message: "message", detail: "stack-trace",
            wordParents: ["failure", "reason"],
            verdict: { element in
                switch element["result"] ?? "" {
                case "Success": .passed
                case "Failure": .failed
                case "Error": .errored
                case "": element["executed"] == "False" ? .skipped : element["success"] == "False" ? .failed : nil
                default: .skipped
                }
            })
    }

    private static var nunit3: TestReportDialect {
        TestReportDialect(
            suites: ["test-suite"], test: "test-case", outcomes: [:], message: "message", detail: "stack-trace",
            wordParents: ["failure", "reason"],
            verdict: { element in
                let result = element["result"] ?? ""
                return result.hasPrefix("Failed") ? .failed : result == "Passed" || result == "Warning" ? .passed : .skipped
            })
    }

    private static var xunit: TestReportDialect {
        TestReportDialect(
            suites: ["assembly", "collection", "class"], test: "test", outcomes: ["failure": .failed], message: "message",
            detail: "stack-trace", wordParents: ["failure", "reason"],
            verdict: { element in
                switch element["result"] ?? "" {
                case "Pass": .passed
                case "Fail": .failed
                case "Skip", "NotRun": .skipped
                default: nil
                }
            })
    }

    // MARK: Attributes all dialects share

    /// Names as the dialects have them; NUnit 2 has only `Namespace.Class.Method(arguments)`. `known` is the class of the test
    /// before, most often of this one, too.
    func names(of element: XMLElement, known: String) -> (className: String, name: String) {
        let name = element["name"] ?? element["testName"] ?? ""
        let className = element.text("classname", known: known) ?? element.text("class", known: known) ?? element.text("type", known: known)
        if let className { return (className, name) }
        guard message == "message", let dot = name.prefix(while: { $0 != "(" }).lastIndex(of: ".") else { return ("", name) }
        return (String(name[..<dot]), String(name[name.index(after: dot)...]))
    }

    /// Seconds with a point or a comma (`time`, `duration`), or TRX's `hh:mm:ss.fffffff`.
    static func durationMs(_ value: XMLRawText?) -> Int64 {
        guard let value else { return 0 }
        if value.bytes.count <= 400, value.bytes.allSatisfy({ $0 &- 48 < 10 || $0 == 46 }),
            let plain = StructuredText.metricValue(value.bytes)
        {
            return milliseconds(plain)
        }
        let text = value.text
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var seconds = 0.0
        for part in parts.prefix(4) {
            var number = String(part)
            if number.contains("."), number.contains(",") { number.removeAll { $0 == "," } }
            guard let value = Double(number.replacing(",", with: ".")), value.isFinite else { return 0 }
            seconds = seconds * 60 + value
        }
        return milliseconds(seconds)
    }
    private static func milliseconds(_ seconds: Double) -> Int64 {
        seconds > 0 && seconds < 1e12 ? Int64((seconds * 1_000).rounded()) : 0
    }

    static func line(_ text: String?) -> Int? {
        text.flatMap { Int($0) }.flatMap { (0...100_000_000).contains($0) ? $0 : nil }
    }

    func time(of element: XMLElement) -> Instant? {
        if let time = TestReportDialect.time(element["timestamp"] ?? element["start-time"] ?? element["startTime"]) { return time }
        guard let date = element["run-date"] ?? element["date"] else { return nil }
        guard let clock = element["run-time"] ?? element["time"], clock.contains(":") else { return Instant(rfc3339: date) }
        return Instant(rfc3339: date + "T" + clock)
    }

    /// RFC 3339 with or without an offset, or the date of a mail.
    static func time(_ text: String?) -> Instant? {
        guard let text = text.map(StructuredText.foldingBlanks), !text.isEmpty else { return nil }
        return Instant(rfc3339: text) ?? Instant(feedDate: text)
    }
}
