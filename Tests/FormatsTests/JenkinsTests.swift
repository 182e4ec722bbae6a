import Model
import Testing

@testable import Formats

private let document = DocumentOrigin(origin: "jenkins", path: "shop #1", fallbackTime: Instant(ms: 1_767_268_800_000))
private func builds(_ text: String) -> [JenkinsReader.Build]? {
    Array(text.utf8).withUnsafeBytes { JenkinsReader.builds($0, job: "shop", scope: "x.example") }
}
private func tests(_ text: String) -> [TestResult] { Array(text.utf8).withUnsafeBytes { JenkinsReader.tests($0, from: document) } }

@Suite struct JenkinsTests {
    @Test(arguments: [
        ("SUCCESS", "passed"), ("UNSTABLE", "unstable"), ("FAILURE", "failed"), ("ABORTED", "cancelled"), ("NOT_BUILT", "cancelled"),
    ])
    func `a result is told by its word`(word: String, outcome: String) {
        let found = builds(#"{"allBuilds":[{"number":1,"timestamp":1767268800000,"result":"\#(word)","building":false}]}"#)
        #expect(found?.map(\.fact.outcome.rawValue) == [outcome])
    }

    @Test func `a build without a result still runs`() {
        #expect(
            builds(#"{"allBuilds":[{"number":1,"timestamp":1767268800000,"result":null,"building":false}]}"#)?.map(\.isRunning) == [true])
    }

    @Test(arguments: [("origin/main", "main"), ("refs/remotes/origin/release/2", "release/2"), ("refs/heads/x", "x")])
    func `a branch is known by its own name`(reference: String, name: String) { #expect(BuildFact.branch(reference) == name) }

    @Test func `a detached head is no branch`() { #expect(BuildFact.branch("detached") == nil) }

    @Test(arguments: ["", "[", "null", "{}", #"{"allBuilds":{}}"#])
    func `what holds no builds is told from a job without any`(text: String) { #expect(builds(text) == nil) }

    @Test func `members of the wrong kind give no build, or are as good as absent`() {
        let text = #"""
            {"allBuilds":[1,null,[],{"number":"x"},{"number":1},{"number":2,"timestamp":1e300},{"number":-1,"timestamp":1},
            {"number":3,"timestamp":1767268800000,"duration":-1e300,"result":[],"actions":[1,{"lastBuiltRevision":[]}],"changeSets":[{"items":7}],"culprits":{}}]}
            """#
        let found = builds(text)
        #expect(found?.map(\.fact.number) == [3])
        #expect(found?.first?.fact.commit == nil && found?.first?.fact.changes.isEmpty == true)
    }

    @Test func `the modules of a Maven job have a report each`() {
        let suite = #"{"suites":[{"name":"s","cases":[{"className":"c","name":"n","status":"FIXED","duration":1.5}]}]}"#
        let found = tests(#"{"childReports":[{"result":\#(suite)},{"result":null}]}"#)
        #expect(found.map(\.outcome) == [.passed] && found.first?.durationMs == 1_500 && found.first?.run == "shop #1#s")
    }

    @Test(arguments: ["", "[]", #"{"suites":1}"#, #"{"suites":[{"cases":[{"name":1},7,{}]}]}"#, #"{"childReports":[1]}"#])
    func `what is no report has no results`(text: String) { #expect(tests(text).isEmpty) }
}
