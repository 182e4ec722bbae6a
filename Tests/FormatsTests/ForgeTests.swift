import Model
import Testing

@testable import Formats

private let document = DocumentOrigin(origin: "forge", path: "forge.example/shop", fallbackTime: Instant(ms: 0))
private let noon = Instant(ms: 1_767_268_800_000)

@Suite struct IssueFactTests {
    private func issue(labels: [String] = [], kind: String? = nil, priority: String? = nil) -> IssueFact {
        var fact = IssueFact(scope: "s", key: "#1", title: "It fails", createdAt: noon)
        fact.labels = labels
        fact.kind = kind
        fact.priority = priority
        return fact
    }

    @Test(
        arguments: [
            ([], nil, true), (["bug"], nil, true), (["kind/bug", "area/ui"], nil, true), (["type: defect"], nil, true),
            ([], "Incident", true),
            (["triage"], nil, true), (["enhancement"], nil, false), (["feature request"], nil, false),
            (["documentation", "bug"], nil, true),
            ([], "Story", false), ([], "Sub-task", false), (["dependencies"], nil, false), (["question"], nil, false), ([], "Bug", true),
        ] as [([String], String?, Bool)])
    func `what tells of a fault is a report`(labels: [String], kind: String?, isReport: Bool) {
        #expect(issue(labels: labels, kind: kind).isReport == isReport)
    }

    @Test(
        arguments: [
            ([], nil, .low), (["bug"], nil, .medium), (["P1"], nil, .critical), (["priority: high"], nil, .high),
            (["severity::2"], nil, .high),
            (["sev-1"], nil, .critical), (["blocker"], nil, .critical), (["page"], nil, .low), (["alert"], nil, .low),
            (["priority/low"], nil, .low), ([], "Highest", .critical), ([], "Lowest", .low), ([], "Major", .high), (["P1"], "Low", .low),
            (["high-contrast"], nil, .low), ([], "P2 - High", .high), ([], "Medium", .low),
            (["bug"], "Medium", .medium), (["severity: medium"], nil, .medium), (["incident"], "Low", .low),
        ] as [([String], String?, Severity)])
    func `labels and priorities say how bad it is`(labels: [String], priority: String?, severity: Severity) {
        #expect(issue(labels: labels, priority: priority).severity == severity)
    }

    @Test func `an issue that was put into another drawer is the same fact`() {
        #expect(issue().event(document).fingerprint == issue(labels: ["enhancement"]).event(document).fingerprint)
    }

    @Test func `a closed one has an end, never before its beginning`() {
        var fact = issue()
        fact.closedAt = noon - 1
        #expect(fact.event(document).endedAt == noon)
        #expect(fact.event(document).text(EventAttribute.status) == "closed")
    }
}

@Suite struct BuildFactTests {
    private func build(_ change: (inout BuildFact) -> Void = { _ in }) -> Event {
        var fact = BuildFact(scope: "forge.example/shop", name: "CI", number: 7, outcome: .failed, endedAt: noon)
        fact.branch = "main"
        change(&fact)
        return fact.event(document)
    }

    @Test func `the title says what failed, where and in which step`() {
        let event = build { ($0.job, $0.step) = ("build", "Run tests") }
        #expect(event.title == "CI #7 failed on main: build / Run tests")
    }

    @Test func `a branch that is part of the name is not said twice`() {
        #expect(build { $0.name = "shop/checkout/main" }.title == "shop/checkout/main #7 failed")
    }

    @Test func `builds of two servers or projects are two facts, and so are two attempts`() {
        let facts = [build(), build { $0.scope = "forge.example/cart" }, build { $0.attempt = 2 }]
        #expect(Set(facts.map(\.fingerprint)).count == 3)
    }

    @Test func `a build whose failing tests are known is context`() {
        #expect(build { $0.failedTests = 2 }.role == .context && build().role == .signal)
    }

    @Test func `a failure on a sideline is context of low severity`() {
        let event = build { $0.isSideline = true }
        #expect(event.role == .context && event.severity == .low && event.type == .buildFailure)
    }

    @Test func `a build that passed tells no log`() {
        let event = build {
            $0.outcome = .passed
            $0.log = JobLog(Array("all is well".utf8))
        }
        #expect(event.text(EventAttribute.exemplar) == nil && event.severity == .info)
    }

    @Test func `authors of changes are named once, in order`() {
        let event = build { fact in
            fact.changes = ["bob", "ann", "", "bob"].map { BuildFact.Change(commit: "", author: $0, subject: "s") }
        }
        #expect(event.text(EventAttribute.author) == "ann, bob")
    }
}

@Suite struct JobLogTests {
    private func log(_ lines: String...) -> JobLog { JobLog(Array(lines.joined(separator: "\n").utf8)) }

    @Test func `the runner's times, colours and marks go, and so does what comes after the verdict`() {
        let log = log(
            "2026-01-01T11:23:51.1234567Z ##[group]Run make", "2026-01-01T11:23:51.2234567Z \u{1B}[36;1mmake\u{1B}[0m",
            "2026-01-01T11:23:51.3234567Z ##[endgroup]", "2026-01-01T11:23:52.0000000Z cart.c:14: error: expected ';'",
            "2026-01-01T11:23:53.0000000Z ##[error]Process completed with exit code 2.", "2026-01-01T11:23:54.0000000Z Post job cleanup.")
        #expect(log.text == "make\ncart.c:14: error: expected ';'\nError: Process completed with exit code 2.")
    }

    @Test func `a log of GitLab ends with why its job failed`() {
        let log = log(
            "section_start:1767266580:step_script\r\u{1B}[0K\u{1B}[0K\u{1B}[36;1mExecuting \"step_script\" stage\u{1B}[0;m",
            "10%\r100%", "2026-01-01T11:23:51.123456Z 01O bundle exec rspec", "rspec failed",
            "\u{1B}[31;1mERROR: Job failed: exit code 1", "\u{1B}[0;m", "after")
        #expect(
            log.text
                == "Executing \"step_script\" stage\n100%\nbundle exec rspec\nrspec failed\nERROR: Job failed: exit code 1")
    }

    @Test func `the end of a long log is kept, within its bounds`() {
        let log = JobLog(Array((0..<200_000).map { "line \($0)" }.joined(separator: "\n").utf8))
        #expect(log.text.hasSuffix("line 199999"))
        #expect(log.text.utf8.count <= Limits.exemplarBytes)
    }

    @Test func `a line without end and bytes that are no text are bounded too`() {
        #expect(JobLog([UInt8](repeating: 120, count: 1 << 20)).text.utf8.count <= 2_100)
        #expect(JobLog((0..<4_096).map { UInt8($0 & 255) }).text.utf8.count <= Limits.exemplarBytes)
        #expect(JobLog([]).text.isEmpty)
    }

    @Test func `a stack trace in it is read`() {
        #expect(log("AssertionError: no", "    at Cart.remove (src/cart.ts:14:5)").stack?.frames.first?.file == "src/cart.ts")
    }

    @Test func `a stack trace above what is shown is read too`() {
        let trace = ["AssertionError: no", "    at Cart.remove (src/cart.ts:14:5)"]
        let log = JobLog(Array((trace + (0..<80).map { "line \($0)" }).joined(separator: "\n").utf8))
        #expect(log.text.hasPrefix("line 20\n") && log.stack?.frames.first?.file == "src/cart.ts")
    }
}

@Suite struct GitHubTests {
    private func bytes<Outcome>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Outcome) -> Outcome {
        Array(text.utf8).withUnsafeBytes(body)
    }
    private static let hostile = [
        "", "[", "{}", "null", "[]", "[null,1,\"x\",[],{}]",
        #"[{"id":"x","number":{},"title":[],"created_at":1e300,"updated_at":"never"}]"#,
        #"[{"id":99999999999999999999,"number":1,"title":"t","created_at":"2026-01-01T00:00:00Z","updated_at":"9999-12-31T23:59:59Z","labels":{"a":1},"user":"ann","type":7}]"#,
        #"{"workflow_runs":[{"id":1,"created_at":"2026-01-01T00:00:00Z","conclusion":["failure"]}],"jobs":[{"id":1,"conclusion":"failure","steps":"none"}],"artifacts":[{"id":1}]}"#,
        #"{"workflow_runs":{"id":1},"jobs":1,"artifacts":null}"#,
        #"[{"id":1,"sha":"; rm -rf /","created_at":"2026-01-01T00:00:00Z","environment":{"x":[]},"payload":"text","creator":null}]"#,
        #"[{"number":1,"title":"\u0000\u202e<script>alert(1)</script>","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","html_url":"javascript:alert(1)"}]"#,
        String(repeating: "[", count: 200),
    ]

    @Test(arguments: hostile)
    func `what is no answer of GitHub never traps, and leads nowhere`(text: String) {
        bytes(text) { bytes in
            let runs = GitHubReader.runs(bytes).runs
            for run in runs { #expect(GitHubReader.fact(run, from: document).commit == nil) }
            _ = (GitHubReader.failedJob(bytes), GitHubReader.artifacts(bytes), GitHubReader.firstCommit(bytes), GitHubReader.outcome(bytes))
            #expect(ForgeAnswer.defaultBranch(bytes) == nil)
            #expect(GitHubReader.deployments(bytes).deployments.allSatisfy { $0.commit == nil })
            let since = Instant(ms: 0)
            let pages = [
                GitHubReader.releases(bytes, since: since, horizon: since, from: document),
                GitHubReader.issues(bytes, since: since, horizon: since, from: document),
                GitHubReader.pullRequests(bytes, since: since, horizon: since, from: document),
            ]
            for event in pages.flatMap(\.reading.events) {
                #expect(event.url == nil)
                #expect(!event.title.unicodeScalars.contains { $0.isDangerous })
            }
        }
    }

    @Test func `what a cursor remembers of a run reads the same again`() throws {
        let text =
            #"{"workflow_runs":[{"id":7,"name":"CI","run_number":3,"run_attempt":2,"head_branch":"main","head_sha":"009b8a3a9ccbb128af87f9b1c0f4c62e8a304f6d","event":"push","conclusion":"failure","created_at":"2026-01-01T11:00:00Z","updated_at":"2026-01-01T11:05:00Z","actor":{"login":"ann"},"repository":{"id":1}}]}"#
        let run = try #require(bytes(text) { GitHubReader.runs($0) }.runs.first)
        #expect(run.json["repository"] == nil)
        let again = try #require(GitHubReader.Run(run.json))
        #expect(again == run)
        #expect(GitHubReader.fact(again, from: document) == GitHubReader.fact(run, from: document))
        #expect(GitHubReader.fact(run, from: document).place == "CI #3.2" && run.isFailure)
    }

    @Test(arguments: [
        (#"[{"state":"inactive","created_at":"2026-01-01T12:00:00Z"},{"state":"success","created_at":"2026-01-01T11:00:00Z"}]"#, "live"),
        (#"[{"state":"error","created_at":"2026-01-01T12:00:00Z"},{"state":"in_progress","created_at":"2026-01-01T11:00:00Z"}]"#, "failed"),
        (#"[{"state":"inactive","created_at":"2026-01-01T12:00:00Z"}]"#, "replaced"), ("[]", "underWay"),
        (
            #"[{"state":"in_progress","created_at":"2026-01-01T12:00:00Z"},{"state":"failure","created_at":"2026-01-01T11:00:00Z"}]"#,
            "underWay"
        ),
    ])
    func `statuses tell what became of a deployment`(text: String, state: String) {
        #expect("\(bytes(text) { GitHubReader.outcome($0) }.state)" == state)
    }

    @Test(arguments: [
        ("v1.4.0", true), ("2026-01-01.3", true), ("main", false), ("release/1.4", false), ("6dcb09b5b578", false), ("1", false),
    ])
    func `a tag is a version, a branch and a commit are none`(ref: String, isVersion: Bool) {
        #expect(ForgeAnswer.looksLikeVersion(ref) == isVersion)
    }
}

@Suite struct GitLabTests {
    private func bytes<Outcome>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Outcome) -> Outcome {
        Array(text.utf8).withUnsafeBytes(body)
    }

    @Test(arguments: [
        "", "[", "{}", "null", "[]", "[null,1,\"x\",[],{}]",
        #"[{"id":1,"iid":[],"status":"failed","ref":7,"sha":"x","created_at":"2026-01-01T00:00:00Z","web_url":"javascript:alert(1)"}]"#,
        #"[{"id":1e400,"status":"failed","created_at":"2026-01-01T00:00:00Z"}]"#,
        #"[{"id":1,"status":"success","environment":"production","updated_at":"2026-01-01T00:00:00Z","deployable":[1]}]"#,
        #"[{"iid":1,"title":"\u202et","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","labels":"bug","severity":1}]"#,
        #"{"test_suites":[{"name":1,"test_cases":[1,{"name":"n","status":"odd"},{"name":"n","status":"failed","execution_time":1e300,"system_output":{"message":"m"}}]}]}"#,
        #"{"test_suites":{"name":1}}"#, String(repeating: "[", count: 200),
    ])
    func `what is no answer of GitLab never traps, and leads nowhere`(text: String) {
        bytes(text) { bytes in
            for pipeline in GitLabReader.pipelines(bytes).pipelines {
                #expect(GitLabReader.fact(pipeline, from: document).event(document).url == nil)
            }
            _ = (GitLabReader.failedJob(bytes), GitLabReader.firstCommit(bytes))
            for deployment in GitLabReader.deployments(bytes).deployments {
                #expect(GitLabReader.event(deployment, previous: nil, from: document).commit == nil)
            }
            #expect(GitLabReader.tests(bytes, from: document).tests.allSatisfy { $0.durationMs == 0 })
            let since = Instant(ms: 0)
            let pages = [
                GitLabReader.releases(bytes, since: since, horizon: since, from: document),
                GitLabReader.issues(bytes, since: since, horizon: since, from: document),
                GitLabReader.mergeRequests(bytes, since: since, horizon: since, from: document),
            ]
            for event in pages.flatMap(\.reading.events) { #expect(!event.title.unicodeScalars.contains { $0.isDangerous }) }
        }
    }

    @Test func `a suite that GitLab could not read is a dead letter`() {
        let text = #"{"test_suites":[{"name":"rspec","suite_error":"JUnit XML parsing failed: 1:1","test_cases":[]}]}"#
        #expect(
            bytes(text) { GitLabReader.tests($0, from: document) }.rejections.first?.reason.contains("parsing failed") == true
        )
    }
}

@Suite struct JiraTests {
    private func bytes<Outcome>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Outcome) -> Outcome {
        Array(text.utf8).withUnsafeBytes(body)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"issues":1}"#, #"{"issues":[1,null,{"key":"A-1"},{"key":"A-1","fields":[]}],"startAt":-5,"total":99}"#,
        #"{"issues":[{"key":"A-1","self":"javascript:alert(1)/rest/api/2","fields":{"summary":"s","created":"2026-01-01T00:00:00.000+0000","updated":"2026-01-01T00:00:00.000+0000","priority":"High","labels":7,"components":["x"],"description":{"type":"doc","content":[{"type":"paragraph","content":7}]}}}],"startAt":9223372036854775807,"total":9223372036854775807}"#,
    ])
    func `what is no answer of Jira never traps, and leads nowhere`(text: String) {
        bytes(text) { bytes in
            #expect(
                JiraReader.issues(bytes, since: Instant(ms: 0), horizon: Instant(ms: 0), from: document).reading.events.allSatisfy {
                    $0.url == nil
                })
            #expect(JiraReader.nextPage(bytes) == nil)
        }
    }

    @Test(
        arguments: [
            (#"{"issues":[],"nextPageToken":"t"}"#, "t"), (#"{"issues":[],"nextPageToken":"t","isLast":true}"#, nil),
            (#"{"issues":[{},{}],"startAt":2,"total":5}"#, "4"), (#"{"issues":[{}],"startAt":4,"total":5}"#, nil),
            (#"{"issues":[],"startAt":0,"total":5}"#, nil),
        ] as [(String, String?)])
    func `the next page is told by a token or by what is left`(text: String, next: String?) {
        #expect(bytes(text) { JiraReader.nextPage($0) } == next)
    }

    @Test func `lists in lists and tables keep their shape`() throws {
        let text = #"""
            {"type":"doc","content":[{"type":"orderedList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"one"}]},{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"inner"}]}]}]}]},{"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"two"}]}]}]},{"type":"table","content":[{"type":"tableRow","content":[{"type":"tableHeader","content":[{"type":"paragraph","content":[{"type":"text","text":"a"}]}]},{"type":"tableCell","content":[{"type":"paragraph","content":[{"type":"text","text":"b"}]}]}]}]},{"type":"rule"},{"type":"strange","content":[{"type":"text","text":"end"}]}]}
            """#
        let document = try bytes(text) { JSONReader.parse($0) }.get()
        #expect(JiraReader.text(of: document) == "1. one\n   - inner\n2. two\na | b | \n---\nend")
    }
}
