import Model

/// Reads test reports in XML: JUnit in all its dialects (Ant, Maven Surefire, pytest, Jest, Mocha, Bazel, GoogleTest,
/// ScalaTest…), Visual Studio TRX, NUnit 2 and 3, and xUnit.net 1 and 2. The root element tells which.
///
/// Each test that is complete in the document becomes a `TestResult`; a test cut off by a broken document does not. Of several
/// verdicts on one test the worst counts: error, failure, skipped. The run is the document's path and the suite.
package enum JUnitReader {
    /// `stack` reads the frames out of a failure's text.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin, stack: @Sendable (String) -> StackSummary? = { _ in nil }
    ) -> Reading {
        withoutActuallyEscaping(stack) { stack in
            let visitor = TestReportVisitor(document: document, stack: stack)
            if let problem = XMLReader.read(bytes, into: visitor) {
                visitor.reading.refuse(
                    "the test report is broken: \(problem.reason) (line \(problem.line), column \(problem.column))",
                    line: problem.line, excerpt: StructuredText.excerpt(bytes))
            }
            return visitor.finished()
        }
    }
}

/// Gathers test results from any dialect, told what is what by a `TestReportDialect`.
private final class TestReportVisitor: XMLVisitor {
    var reading = Reading()
    private(set) var isSatisfied = false
    private let document: DocumentOrigin
    private let stack: @Sendable (String) -> StackSummary?

    private var dialect: TestReportDialect?
    private var path: [String] = []
    private var suites: [Suite] = []
    private var tests: [OpenTestResult] = []
    private var buffer = XMLTextBuffer()
    private var isGathering = false
    /// The class of the test before as it stood and as it is stored.
    private var className = (raw: "", title: "")
    private var rootTime: Instant?
    /// TRX only: test id → class name, known after the results.
    private var classNames: [String: String] = [:]
    private var definitionID = ""
    private var testIDs: [String] = []
    private var declaredTests = 0

    private struct Suite {
        var name: String
        /// What its tests are known by together: the document and the suite.
        var run: String
        var file: String?
        var time: Instant?
        var commit: String?
        var service: String?
        var depth: Int
    }

    init(document: DocumentOrigin, stack: @escaping @Sendable (String) -> StackSummary?) {
        self.document = document
        self.stack = stack
    }

    // MARK: Parts of the document

    func start(_ element: XMLElement) {
        path.append(element.name)
        guard let dialect else { return begin(element) }
        if path.count == 1 { return }
        openIfSuite(element, dialect)
        if element.name == dialect.test {
            open(element, dialect)
        } else if !tests.isEmpty {
            startInTest(element, dialect)
        } else if element.name == "property", let last = suites.indices.last {
            readProperty(element, suite: last)
        } else if dialect.definesClassesApart {
            if element.name == "UnitTest" { definitionID = element["id"] ?? "" }
            if element.name == "TestMethod", let name = element["className"], classNames.count < Limits.eventsPerPage * 10 {
                classNames[definitionID] = String(name.prefix { $0 != "," })
            }
            if element.name == "Times" { rootTime = rootTime ?? TestReportDialect.time(element["start"]) }
        }
    }

    private func begin(_ root: XMLElement) {
        guard let known = TestReportDialect.named(root.name, root.uri) else {
            let what = root.name.lowercased() == "html" ? "an HTML page" : "an XML document of `<\(StructuredText.title(root.name))>`"
            reading.refuse(
                "it is \(what), not a test report; JUnit, TRX, NUnit and xUnit.net reports are read", line: root.line)
            isSatisfied = true
            return
        }
        dialect = known
        rootTime = known.time(of: root)
        openIfSuite(root, known)
    }

    private func openIfSuite(_ element: XMLElement, _ dialect: TestReportDialect) {
        guard dialect.suites.contains(element.name) else { return }
        if let declared = element["tests"].flatMap({ Int($0) }), declared > declaredTests { declaredTests = declared }
        let outer = suites.last
        let name = StructuredText.name(element["name"]) ?? outer?.name ?? ""
        suites.append(
            Suite(
                name: name, run: document.path + "#" + name,
                file: StructuredText.name(element["file"] ?? element["filepath"], count: 1_000) ?? outer?.file,
                time: dialect.time(of: element) ?? outer?.time, commit: outer?.commit, service: outer?.service, depth: path.count))
    }

    private func readProperty(_ element: XMLElement, suite: Int) {
        guard let name = element["name"]?.lowercased(), let value = StructuredText.name(element["value"]) else { return }
        switch name {
        case "commit", "git.commit", "git_commit", "git.sha", "sha", "revision", "scm.revision": suites[suite].commit = value
        case "service", "service.name": suites[suite].service = value
        default: break
        }
    }

    private func open(_ element: XMLElement, _ dialect: TestReportDialect) {
        let suite = suites.last
        let names = dialect.names(of: element, known: className.raw)
        if names.className != className.raw { className = (names.className, StructuredText.title(names.className)) }
        var result = TestResult(
            suite: suite?.name ?? "", className: className.title, name: StructuredText.title(names.name),
            file: StructuredText.name(element["file"], count: 1_000) ?? suite?.file, line: TestReportDialect.line(element["line"]),
            outcome: .passed, durationMs: TestReportDialect.durationMs(element.value("time") ?? element.value("duration")))
        result.runAt = dialect.time(of: element) ?? suite?.time ?? rootTime ?? document.fallbackTime
        result.run = suite?.run ?? document.path + "#"
        result.commit = suite?.commit
        result.service = suite?.service ?? document.service
        let verdict = dialect.verdict(element)
        result.outcome = verdict ?? .passed
        tests.append(
            OpenTestResult(result: result, isDecided: verdict != nil, id: element["testId"] ?? "", depth: path.count))
    }

    private func startInTest(_ element: XMLElement, _ dialect: TestReportDialect) {
        guard let last = tests.indices.last else { return }
        if path.count == tests[last].depth + 1, let outcome = dialect.outcomes[element.name] {
            tests[last].take(outcome, message: element["message"], type: element["type"] ?? element["exception-type"])
            gather(dialect.textIsDetail)
        } else if isWords(dialect) {
            gather(true)
        }
    }

    /// True in `<failure><message>` and its like, where the dialect puts the words into elements.
    private func isWords(_ dialect: TestReportDialect) -> Bool {
        guard path.count >= 2, let name = path.last else { return false }
        return dialect.wordParents.contains(path[path.count - 2]) && (name == dialect.message || name == dialect.detail)
    }

    private func gather(_ wanted: Bool) {
        _ = buffer.take()
        isGathering = wanted
    }

    func text(_ bytes: UnsafeRawBufferPointer) {
        if isGathering { buffer.append(bytes) }
    }

    func end(_ name: String, uri: String) {
        defer { _ = path.popLast() }
        guard let dialect else { return }
        if isGathering, let last = tests.indices.last { store(name, in: last, dialect) }
        // Asked in place: a test and a suite are large to copy.
        if let last = tests.indices.last, tests[last].depth == path.count { close() }
        if let last = suites.indices.last, suites[last].depth == path.count { suites.removeLast() }
    }

    private func store(_ name: String, in last: Int, _ dialect: TestReportDialect) {
        isGathering = false
        let text = StructuredText.body(buffer.take())
        tests[last].take(text, isMessage: name == dialect.message && !dialect.textIsDetail)
    }

    private func close() {
        guard var test = tests.popLast() else { return }
        test.conclude(stack)
        reading.tests.append(test.result)
        testIDs.append(test.id)
    }

    // MARK: Tests as nearly all are written

    func readAhead(_ cursor: inout XMLCursor, depth: Int) -> Int? {
        guard cursor.has("<testcase"), tests.isEmpty, depth + 2 <= Limits.xmlDepth, dialect?.test == "testcase" else { return nil }
        var results: [TestResult] = []
        swap(&results, &reading.tests)
        defer { swap(&results, &reading.tests) }
        let suite = suites.last
        var common = TestResult(suite: suite?.name ?? "", name: "", file: suite?.file, outcome: .passed)
        common.runAt = suite?.time ?? rootTime ?? document.fallbackTime
        common.run = suite?.run ?? document.path + "#"
        common.commit = suite?.commit
        common.service = suite?.service ?? document.service
        var known: XMLRawText?
        var words = XMLTextBuffer()
        var behind = cursor
        var tags = 0
        var test = PlainTestCase()
        while test.read(&cursor, words: &words) {
            (behind, tags) = (cursor, tags + test.tags)
            let name = test.className ?? test.class
            if !XMLRawText.isSame(name, known) { (known, common.className) = (name, StructuredText.title(name)) }
            if results.count == results.capacity {
                // As if the rest were like what is read: results are large, and to move them costs as much as to read them.
                let likely = (results.count + results.count / 8) * cursor.bytes.count / cursor.at
                results.reserveCapacity(max(results.count * 2, min(likely, results.count * 32)) + 64)
            }
            results.append(common)
            fill(&results[results.count - 1], from: test, words: &words)
            cursor.skipBlanks()
        }
        cursor = behind
        return tags > 0 ? tags : nil
    }

    /// Puts into a result what the test says: all results are large, so each is made where it stays.
    private func fill(_ result: inout TestResult, from test: PlainTestCase, words: inout XMLTextBuffer) {
        result.name = StructuredText.title(test.name)
        result.durationMs = TestReportDialect.durationMs(test.time ?? test.duration)
        if let file = test.file { result.file = StructuredText.name(file.text, count: 1_000) ?? result.file }
        if let line = test.line { result.line = TestReportDialect.line(line.text) }
        if let time = test.timestamp { result.runAt = TestReportDialect.time(time.text) ?? result.runAt }
        let isIdle = TestReportDialect.isIdle(test.status?.text) || TestReportDialect.isIdle(test.result?.text)
        if isIdle { result.outcome = .skipped }
        guard let verdict = test.verdict else { return }
        var open = OpenTestResult(result: result, isDecided: isIdle)
        open.take(verdict.outcome, message: verdict.message?.text, type: verdict.type?.text)
        open.take(StructuredText.body(words.take()), isMessage: false)
        open.conclude(stack)
        result = open.result
    }

    // MARK: The end

    func finished() -> Reading {
        if dialect?.definesClassesApart == true {
            for index in reading.tests.indices {
                if let name = classNames[testIDs[index]] { reading.tests[index].className = StructuredText.title(name) }
            }
        }
        if reading.tests.isEmpty, declaredTests > 0, reading.rejections.isEmpty {
            reading.refuse("the report counts \(declaredTests) tests but lists none, so nothing can be said about them", line: 1)
        }
        return reading
    }
}

/// A test whose end is not read yet: what its verdicts and their words make of its result.
private struct OpenTestResult {
    var result: TestResult
    /// True when the test's own attributes said what became of it.
    var isDecided: Bool
    var id = ""
    var depth = 0

    mutating func take(_ outcome: TestOutcome, message: @autoclosure () -> String?, type: @autoclosure () -> String?) {
        if Self.rank(outcome) > Self.rank(result.outcome), !isDecided {
            // A worse verdict brings its own words.
            result.outcome = outcome
            if outcome != .skipped { result.message = "" }
        }
        if result.message.isEmpty, let message = message() {
            result.message = StructuredText.title(message)
            if message.utf8.contains(10), message.contains("\n") { result.detail = StructuredText.body(message) }
        }
        if result.exception == nil, outcome == .failed || outcome == .errored {
            result.exception = StructuredText.name(type())
        }
    }

    mutating func take(_ text: String, isMessage: Bool) {
        guard !text.isEmpty else { return }
        let detail = result.detail
        if isMessage {
            if result.message.isEmpty { result.message = StructuredText.title(text) }
            if detail.isEmpty, text.contains("\n") { result.detail = text }
        } else {
            result.detail = detail.isEmpty || text.contains(detail) ? text : StructuredText.body(detail + "\n" + text)
        }
    }

    mutating func conclude(_ stack: (String) -> StackSummary?) {
        if result.message.isEmpty, result.outcome != .passed {
            result.message = StructuredText.title(String(result.detail.prefix { $0 != "\n" }))
        }
        if result.outcome == .failed || result.outcome == .errored {
            if let summary = stack(result.message + "\n" + result.detail) {
                result.frames =
                    summary.frames.count <= Limits.stackFrames ? summary.frames : Array(summary.frames.prefix(Limits.stackFrames))
                if result.exception == nil { result.exception = StructuredText.name(summary.exception) }
            }
        } else {
            result.exception = nil
        }
    }

    private static func rank(_ outcome: TestOutcome) -> Int {
        switch outcome {
        case .passed: 0
        case .skipped: 1
        case .failed: 2
        case .errored: 3
        }
    }
}
