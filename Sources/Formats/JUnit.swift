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
    private var tests: [OpenTest] = []
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
    private struct OpenTest {
        var result: TestResult
        var id: String
        var depth: Int
        var isDecided: Bool
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
            file: StructuredText.name(element["file"], count: 1_000) ?? suite?.file, line: element["line"].flatMap { Int($0) },
            outcome: .passed, durationMs: dialect.durationMs(of: element))
        if let line = result.line, line < 0 || line > 100_000_000 { result.line = nil }
        result.runAt = dialect.time(of: element) ?? suite?.time ?? rootTime ?? document.fallbackTime
        result.run = suite?.run ?? document.path + "#"
        result.commit = suite?.commit
        result.service = suite?.service ?? document.service
        let verdict = dialect.verdict(element)
        result.outcome = verdict ?? .passed
        tests.append(
            OpenTest(result: result, id: element["testId"] ?? "", depth: path.count, isDecided: verdict != nil))
    }

    private func startInTest(_ element: XMLElement, _ dialect: TestReportDialect) {
        guard let last = tests.indices.last else { return }
        if path.count == tests[last].depth + 1, let outcome = dialect.outcomes[element.name] {
            if TestReportVisitor.rank(outcome) > TestReportVisitor.rank(tests[last].result.outcome), !tests[last].isDecided {
                // A worse verdict brings its own words.
                tests[last].result.outcome = outcome
                if outcome != .skipped { tests[last].result.message = "" }
            }
            if tests[last].result.message.isEmpty, let message = element["message"] {
                tests[last].result.message = StructuredText.title(message)
                if message.contains("\n") { tests[last].result.detail = StructuredText.body(message) }
            }
            if tests[last].result.exception == nil, outcome == .failed || outcome == .errored {
                tests[last].result.exception = StructuredText.name(element["type"] ?? element["exception-type"])
            }
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
        guard !text.isEmpty else { return }
        if name == dialect.message, !dialect.textIsDetail {
            if tests[last].result.message.isEmpty { tests[last].result.message = StructuredText.title(text) }
            if text.contains("\n") { prepend(text, to: last) }
        } else {
            prepend("", to: last)
            let detail = tests[last].result.detail
            tests[last].result.detail = detail.isEmpty || text.contains(detail) ? text : StructuredText.body(detail + "\n" + text)
        }
    }

    private func prepend(_ text: String, to last: Int) {
        if tests[last].result.detail.isEmpty { tests[last].result.detail = text }
    }

    private func close() {
        guard var test = tests.popLast() else { return }
        if test.result.message.isEmpty, test.result.outcome != .passed {
            test.result.message = StructuredText.title(String(test.result.detail.prefix { $0 != "\n" }))
        }
        if test.result.outcome == .failed || test.result.outcome == .errored {
            if let summary = stack(test.result.message + "\n" + test.result.detail) {
                test.result.frames = Array(summary.frames.prefix(Limits.stackFrames))
                if test.result.exception == nil { test.result.exception = StructuredText.name(summary.exception) }
            }
        } else {
            test.result.exception = nil
        }
        reading.tests.append(test.result)
        testIDs.append(test.id)
    }

    private static func rank(_ outcome: TestOutcome) -> Int {
        switch outcome {
        case .passed: 0
        case .skipped: 1
        case .failed: 2
        case .errored: 3
        }
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
