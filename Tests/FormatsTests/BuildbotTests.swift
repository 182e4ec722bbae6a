import Model
import Testing

@testable import Formats

private func builds(_ text: String) -> [BuildbotReader.Build] {
    Array(text.utf8).withUnsafeBytes { BuildbotReader.builds($0, page: "https://x.example", scope: "x.example") }
}
private func log(_ name: String, type: String = "s") -> BuildbotReader.Log {
    BuildbotReader.Log(id: 1, name: name, type: type, lines: 1, isComplete: true)
}

/// The payloads are those of <https://docs.buildbot.net/latest/developer/raml/index.html>.
@Suite struct BuildbotTests {
    @Test(arguments: [(0, "passed"), (1, "passed"), (2, "failed"), (3, "cancelled"), (4, "failed"), (5, "cancelled"), (6, "cancelled")])
    func `a result is told by its number`(results: Int, outcome: String) {
        let found = builds(#"{"builds":[{"buildid":1,"complete_at":1767268800,"results":\#(results)}]}"#)
        #expect(found.map(\.fact.outcome.rawValue) == [outcome])
    }

    @Test func `a build that is not complete is none yet`() {
        #expect(builds(#"{"builds":[{"buildid":1,"complete_at":null,"results":null}]}"#).isEmpty)
    }

    @Test func `a revision of another system than git is no commit`() {
        let found = builds(#"{"builds":[{"buildid":1,"complete_at":1767268800,"results":0,"properties":{"revision":["r12","x"]}}]}"#)
        #expect(found.first?.fact.commit == nil && found.count == 1)
    }

    @Test(arguments: [
        "", "[", "[]", "null", #"{"builds":{}}"#, #"{"builds":[1,null,[],{"buildid":"x"},{"buildid":1e300,"complete_at":1e300}]}"#,
    ])
    func `what is no answer gives no build`(text: String) { #expect(builds(text).isEmpty) }

    @Test func `members of the wrong kind are as good as absent`() {
        let text =
            #"{"builds":[{"buildid":1,"complete_at":1767268800,"number":"x","builderid":[],"results":"2","properties":{"buildername":"x","branch":[[]],"revision":[]}}]}"#
        let fact = builds(text).first?.fact
        #expect(fact?.name == "builder 0" && fact?.number == 1 && fact?.outcome == .cancelled && fact?.branch == nil)
    }

    @Test func `of a log of streams the letters go, and so does what Buildbot itself printed but for how it ended`() {
        let chunks = Array(
            #"{"logchunks":[{"content":"h PATH=/bin\noone\netwo\nhprogram finished with exit code 1\nhelapsedTime=1\n"}]}"#.utf8)
        #expect(chunks.withUnsafeBytes { BuildbotReader.text($0, of: log("stdio")) } == "one\ntwo\nprogram finished with exit code 1\n")
        #expect(chunks.withUnsafeBytes { BuildbotReader.text($0, of: log("text", type: "t")) }.hasPrefix("h PATH"))
    }

    @Test(arguments: ["junit.xml", "TEST-shop.xml", "results.trx", "pytest-junit", "report.xml"])
    func `a test report is known by its name`(name: String) { #expect(log(name).isTestReport) }

    @Test(arguments: ["stdio", "config.xml", "tests.log"])
    func `another log is none`(name: String) { #expect(!log(name).isTestReport) }
}
