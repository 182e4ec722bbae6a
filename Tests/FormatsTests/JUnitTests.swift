import Formats
import Model
import Testing

@Suite struct JUnitTests {
    private func read(_ text: String) -> Reading {
        StructuredSample.read(text, path: "build/junit.xml") { JUnitReader.read($0, from: $1) }
    }
    private func outcomes(_ text: String) -> [String] { read(text).tests.map { "\($0.name) \($0.outcome.rawValue)" } }

    @Test func `each test comes out with its verdict, time and place`() throws {
        let reading = read(StructuredSample.junit)
        #expect(reading.rejections.isEmpty)
        #expect(reading.tests.map(\.outcome) == [.passed, .failed, .errored, .skipped])
        #expect(reading.tests.map(\.durationMs) == [12, 1_250, 0, 0])
        let failed = try #require(reading.tests.dropFirst().first)
        #expect(failed.suite == "cart")
        #expect(failed.className == "shop.CartTests")
        #expect(failed.file == "Tests/Remove.swift")
        #expect(failed.line == 42)
        #expect(failed.message == "expected 1 & got 2")
        #expect(failed.detail.hasPrefix("line one\n"))
        #expect(failed.exception == "AssertionError")
        #expect(failed.runAt == Instant(rfc3339: "2026-11-22T14:00:00Z"))
        #expect(failed.run == "build/junit.xml#cart")
        #expect(failed.commit == "0123abcd")
        #expect(failed.service == "cart")
        #expect(reading.tests.first?.file == "Tests/Cart.swift")
    }

    @Test func `frames are read out of a failure and not out of a pass`() {
        let reading = StructuredSample.read(StructuredSample.junit) { bytes, document in
            JUnitReader.read(bytes, from: document) { text in
                StackSummary(exception: "E", message: "", frames: [StackFrame(file: "f", line: text.utf8.count, function: "")])
            }
        }
        #expect(reading.tests.map(\.frames.count) == [0, 1, 1, 0])
        #expect(reading.tests.map(\.exception) == [nil, "AssertionError", "E", nil])
    }

    @Test func `the worst of several verdicts counts`() {
        let text =
            "<testsuite name='s'><testcase name='a'><skipped/><failure message='f'/><error message='e'/></testcase>"
            + "<testcase name='b'><skipped message='s'/><failure message='f'/></testcase></testsuite>"
        #expect(outcomes(text) == ["a errored", "b failed"])
        #expect(read(text).tests.map(\.message) == ["e", "f"])
    }

    @Test func `GoogleTest's disabled tests are skipped and Surefire's flaky passes pass`() {
        let text =
            "<testsuite><testcase name='a' status='notrun'/><testcase name='b' status='run' result='suppressed'/>"
            + "<testcase name='c'><flakyFailure message='x'/></testcase></testsuite>"
        #expect(outcomes(text) == ["a skipped", "b skipped", "c passed"])
    }

    @Test func `nested suites lend their names and times`() {
        let text =
            "<testsuites timestamp='Sat, 03 Dec 2022 23:10:07 GMT'><testsuite name='outer'><testsuite name='inner'>"
            + "<testcase name='a'/></testsuite><testcase name='b'/></testsuite></testsuites>"
        #expect(read(text).tests.map(\.suite) == ["inner", "outer"])
        #expect(read(text).tests.map(\.runAt?.rfc3339) == ["2022-12-03T23:10:07Z", "2022-12-03T23:10:07Z"])
        #expect(read("<testsuite><testcase name='a'/></testsuite>").tests.first?.runAt == StructuredSample.fallback)
    }

    @Test func `Visual Studio's results take their classes from the definitions`() throws {
        let text = """
            <TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>
            <UnitTestResult testId="1" testName="Adds" duration="00:01:02.5" startTime="2026-11-22T14:00:00.5+01:00" outcome="Failed">
            <Output><ErrorInfo><Message>Expected: 1</Message><StackTrace>at X.Adds() in C:\\a.cs:line 3</StackTrace></ErrorInfo></Output></UnitTestResult>
            <UnitTestResult testId="2" testName="Later" outcome="NotExecuted"/><UnitTestResult testId="3" testName="Ok" outcome="Passed"/></Results>
            <TestDefinitions><UnitTest id="1"><TestMethod className="Shop.X, Shop, Version=1"/></UnitTest></TestDefinitions></TestRun>
            """
        let reading = read(text)
        #expect(reading.tests.map(\.outcome) == [.failed, .skipped, .passed])
        let first = try #require(reading.tests.first)
        #expect(first.className == "Shop.X")
        #expect(first.durationMs == 62_500)
        #expect(first.message == "Expected: 1")
        #expect(first.detail == "at X.Adds() in C:\\a.cs:line 3")
        #expect(first.runAt == Instant(rfc3339: "2026-11-22T13:00:00.5Z"))
    }

    @Test func `NUnit 2 and 3 and xUnit are told apart by their roots`() {
        let two = """
            <test-results date="2026-11-22" time="14:00:00"><test-suite name="S"><results>
            <test-case name="N.C.M(1.5)" executed="True" success="False" result="Error" time="0.5"><failure><message>m</message><stack-trace>t</stack-trace></failure></test-case>
            <test-case name="N.C.Skip" executed="False"><reason><message>why</message></reason></test-case></results></test-suite></test-results>
            """
        #expect(
            read(two).tests.map { "\($0.className) \($0.name) \($0.outcome.rawValue) \($0.message) \($0.runAt?.clock ?? "")" } == [
                "N.C M(1.5) errored m 14:00:00", "N.C Skip skipped why 14:00:00",
            ])
        let three = """
            <test-run><test-suite type="TestFixture" name="S"><failure><message>children failed</message></failure>
            <test-case name="M" classname="N.C" result="Failed" duration="0.25"><failure><message>m</message></failure></test-case>
            <test-case name="P" classname="N.C" result="Passed"/><test-case name="I" result="Inconclusive"/></test-suite></test-run>
            """
        #expect(outcomes(three) == ["M failed", "P passed", "I skipped"])
        let net = """
            <assemblies><assembly name="a.dll" run-date="2026-11-22" run-time="14:34:32"><collection name="c">
            <test name="N.C.F" type="N.C" method="F" time="0,014" result="Fail"><failure exception-type="X.E"><message>m</message></failure></test>
            <test name="N.C.S" type="N.C" result="Skip"/></collection></assembly></assemblies>
            """
        #expect(outcomes(net) == ["N.C.F failed", "N.C.S skipped"])
        #expect(read(net).tests.first?.exception == "X.E")
        #expect(read(net).tests.first?.durationMs == 14)
        #expect(read(net).tests.first?.runAt?.clock == "14:34:32")
    }

    @Test func `a report cut off keeps the tests before the cut`() {
        let cut = "<testsuite name='s'><testcase name='a'/><testcase name='b'><failure>tex"
        let reading = read(cut)
        #expect(reading.tests.map(\.name) == ["a"])
        #expect(reading.rejections.count == 1)
        #expect(reading.rejections.first?.line == 1)
        #expect(reading.rejections.first?.reason.contains("cut off") == true)
    }

    @Test(arguments: [
        ("<html><body>504</body></html>", "an HTML page"), ("<suites/>", "`<suites>`"),
        ("<testsuite name='s' tests='6' failures='1'/>", "counts 6 tests but lists none"), ("not xml", "broken"),
    ])
    func `what holds no tests says what it is`(text: String, reason: String) {
        let reading = read(text)
        #expect(reading.tests.isEmpty)
        #expect(reading.rejections.count == 1)
        #expect(reading.rejections.first?.reason.contains(reason) == true, "\(reading.rejections)")
    }

    @Test func `terminal escapes and huge texts are tamed`() {
        let text =
            "<testsuite><testcase name='a&#x9b;31m\u{202E}b'><failure>\(String(repeating: "x", count: 300_000))</failure></testcase></testsuite>"
        let test = read(text).tests.first
        #expect(test?.name == "a 31m b")
        #expect((test?.detail.utf8.count ?? 0) <= Limits.bodyBytes + 3)
    }
}
