import Formats
import Model
import Testing

/// Payloads are cut down from GitHub's "Webhook events and payloads" and GitLab's "Webhook events".
@Suite struct WebhookTests {
    private func read(_ text: String) -> Reading { StructuredSample.read(text) { WebhookReader.read($0, from: $1) } }
    private static let sha = "9f3c1ae0b1c2d3e4f5a60718293a4b5c6d7e8f90"
    private func gitHub(_ members: String) -> String {
        #"{\#(members),"repository":{"full_name":"shop/cart","html_url":"https://github.com/shop/cart","default_branch":"main"},"sender":{"login":"ann"}}"#
    }
    private func gitLab(_ kind: String, _ members: String) -> String {
        #"{"object_kind":"\#(kind)",\#(members),"project":{"path_with_namespace":"shop/cart","web_url":"https://gitlab.example.org/shop/cart","default_branch":"main"}}"#
    }
    private func deployment(_ state: String, ref: String = "v4.18.0") -> String {
        gitHub(
            #""action":"created","deployment_status":{"state":"\#(state)","created_at":"2026-03-10T14:08:00Z","log_url":"https://ci.example.org/1"},"deployment":{"id":42,"sha":"\#(Self.sha)","ref":"\#(ref)","environment":"production","created_at":"2026-03-10T14:06:00Z","creator":{"login":"ann"}}"#
        )
    }

    @Test func `a deployment that succeeded is live from then on`() throws {
        let event = try #require(read(deployment("success")).events.first)
        #expect(event.type == .deployment)
        #expect(event.title == "deployed cart v4.18.0 to production")
        #expect(event.occurredAt == Instant(rfc3339: "2026-03-10T14:08:00Z"))
        #expect(event.service == nil)
        #expect(event.environment == "production")
        #expect(event.commit == Self.sha)
        #expect(event.attributes[EventAttribute.version] == "v4.18.0")
    }

    @Test func `a deployment is a fact when it is over`() throws {
        let created = gitHub(
            #""action":"created","deployment":{"id":42,"sha":"\#(Self.sha)","ref":"main","environment":"production","created_at":"2026-03-10T14:06:00Z"}"#
        )
        for text in [created, deployment("in_progress"), deployment("inactive")] {
            let reading = read(text)
            #expect(reading.events.isEmpty && reading.rejections.isEmpty)
        }
    }

    @Test func `a deployment that failed is a signal and leaves what is live as it is`() throws {
        let event = try #require(read(deployment("failure")).events.first)
        #expect(event.title == "deployment of cart v4.18.0 to production failed")
        #expect(event.type == .buildFailure && event.role == .signal)
    }

    @Test func `a branch is no version`() {
        #expect(read(deployment("success", ref: "main")).events.first?.title == "deployed cart 9f3c1ae0b1c2 to production")
    }

    private func run(_ conclusion: String, _ branch: String = "main", event: String = "push") -> Event? {
        read(
            gitHub(
                #""action":"completed","workflow_run":{"id":7,"name":"CI","run_number":562,"run_attempt":1,"event":"\#(event)","head_branch":"\#(branch)","head_sha":"\#(Self.sha)","conclusion":"\#(conclusion)","created_at":"2026-03-10T14:00:00Z","updated_at":"2026-03-10T14:01:00Z","html_url":"https://github.com/shop/cart/actions/runs/7"}"#
            )
        ).events.first
    }
    private func check(_ conclusion: String, _ app: String = "sonar") -> Event? {
        read(
            gitHub(
                #""action":"completed","check_run":{"id":9,"name":"quality","head_sha":"\#(Self.sha)","conclusion":"\#(conclusion)","started_at":"2026-03-10T14:00:00Z","completed_at":"2026-03-10T14:01:00Z","html_url":"https://github.com/shop/cart/runs/9","app":{"slug":"\#(app)"},"check_suite":{"head_branch":"main"},"pull_requests":[]}"#
            )
        ).events.first
    }

    @Test func `a run that failed is a signal, one that passed is context`() {
        #expect(run("failure")?.type == .buildFailure && run("failure")?.role == .signal)
        #expect(run("failure")?.title == "CI #562 failed on main")
        #expect(run("success")?.role == .context)
        #expect(run("cancelled") == nil)
    }

    @Test func `a run on another branch is context, and one for a pull request is nothing`() {
        #expect(run("failure", "feature/x")?.role == .context)
        #expect(run("failure", event: "pull_request") == nil)
    }

    @Test func `of the checks of other programs those that fail are builds, and what Actions checks its runs tell`() {
        #expect(check("timed_out")?.type == .buildFailure && check("timed_out")?.commit == Self.sha)
        #expect(check("success") == nil)
        #expect(check("failure", "github-actions") == nil)
    }

    private func push(_ ref: String) -> String {
        let commit =
            #"{"id":"\#(Self.sha)","message":"Keep carts\n\nLonger.","timestamp":"2026-03-10T16:00:00+02:00","url":"https://github.com/shop/cart/commit/9","author":{"name":"Ann","email":"a@b.c"},"added":["a.swift"],"modified":["b.swift"],"removed":[]}"#
        return gitHub(#""ref":"\#(ref)","commits":[\#(commit)]"#)
    }

    @Test func `what is pushed to the main branch is commits with their files`() throws {
        let event = try #require(read(push("refs/heads/main")).events.first)
        #expect(event.type == .commit)
        #expect(event.title == "Keep carts")
        #expect(event.commit == Self.sha)
        #expect(event.occurredAt == Instant(rfc3339: "2026-03-10T14:00:00Z"))
        #expect(event.touchedFiles.map(\.path) == ["a.swift", "b.swift"])
        #expect(read(push("refs/heads/mine")).events.isEmpty)
    }

    @Test func `a release is a tag, an issue is a report until it is closed`() throws {
        let release = gitHub(
            #""action":"published","release":{"id":1,"tag_name":"v4.18.0","published_at":"2026-03-10T14:05:00Z","html_url":"https://github.com/shop/cart/releases/1"}"#
        )
        #expect(read(release).events.first?.title == "released v4.18.0")
        func issue(_ action: String, _ more: String = "") -> Event? {
            read(
                gitHub(
                    #""action":"\#(action)","issue":{"number":9,"title":"Carts are empty","body":"since noon","created_at":"2026-03-10T14:05:00Z","labels":[{"name":"critical"}],"user":{"login":"bob"}\#(more)}"#
                )
            ).events.first
        }
        #expect(issue("opened")?.type == .report)
        #expect(issue("opened")?.severity == .critical)
        let closed = issue("closed", #","closed_at":"2026-03-10T15:05:00Z""#)
        #expect(closed?.endedAt == Instant(rfc3339: "2026-03-10T15:05:00Z"))
        #expect(closed?.fingerprint == issue("opened")?.fingerprint)
        #expect(issue("assigned") == nil)
    }

    @Test func `an issue that is labelled later is told again, and the later telling counts`() throws {
        func issue(_ action: String, _ labels: String, _ updated: String) throws -> Event {
            let text =
                #""action":"\#(action)","issue":{"number":9,"title":"Carts are empty","created_at":"2026-03-10T14:05:00Z","updated_at":"\#(updated)","labels":[\#(labels)]}"#
            return try #require(read(gitHub(text)).events.first)
        }
        let opened = try issue("opened", "", "2026-03-10T14:05:00Z")
        let labelled = try issue("labeled", #"{"name":"bug"}"#, "2026-03-10T14:06:00Z")
        #expect(opened.severity == .low && labelled.severity == .medium && opened.fingerprint == labelled.fingerprint)
        #expect(labelled.attributes[EventAttribute.revisedAt] == .int(labelled.occurredAt.ms + .minuteMs))
    }

    @Test(arguments: ["success", "failed"])
    func `a pipeline of GitLab is a build at its end`(status: String) throws {
        let event = try #require(
            read(
                gitLab(
                    "pipeline",
                    #""object_attributes":{"id":31,"ref":"main","sha":"\#(Self.sha)","status":"\#(status)","created_at":"2026-03-10 14:00:00 UTC","finished_at":"2026-03-10 14:03:00 UTC"}"#
                )
            ).events.first)
        #expect(event.type == (status == "failed" ? .buildFailure : .build))
        #expect(event.occurredAt == Instant(rfc3339: "2026-03-10T14:03:00Z"))
        #expect(event.url == "https://gitlab.example.org/shop/cart/-/pipelines/31")
    }

    @Test func `a deployment of GitLab names its commit`() throws {
        let event = try #require(
            read(
                gitLab(
                    "deployment",
                    #""status":"success","status_changed_at":"2026-03-10 16:08:00 +0200","deployment_id":15,"environment":"production","short_sha":"9f3c1ae0","commit_url":"https://gitlab.example.org/shop/cart/-/commit/\#(Self.sha)","ref":"main","user":{"username":"ann"}"#
                )
            ).events.first)
        #expect(event.commit == Self.sha)
        #expect(event.occurredAt == Instant(rfc3339: "2026-03-10T14:08:00Z"))
        #expect(event.title == "deployed cart 9f3c1ae0b1c2 to production")
    }

    @Test func `alerts of Alertmanager, Grafana and PagerDuty are alerts`() {
        let pagerDuty =
            #"{"event":{"event_type":"incident.triggered","occurred_at":"2026-03-10T14:05:00Z","data":{"id":"P1","type":"incident","title":"Down","created_at":"2026-03-10T14:05:00Z"}}}"#
        for text in [StructuredSample.alertmanager, pagerDuty] { #expect(read(text).events.first?.type == .alert) }
    }

    @Test(arguments: [
        #"{"event":{"event_type":"pagey.ping","data":{"type":"ping"}}}"#, #"{"zen":"Keep it simple","hook_id":1}"#,
        #"{"object_kind":"wiki_page","object_attributes":{}}"#, #"{"action":"started","repository":{"full_name":"a/b"}}"#, "",
    ])
    func `what is about other things is neither a fact nor a fault`(text: String) {
        let reading = read(text)
        #expect(reading.events.isEmpty && reading.rejections.isEmpty)
    }

    @Test func `a form carries the same payload`() {
        let form =
            "payload=" + push("refs/heads/main").utf8.map { $0 == 32 ? "+" : "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            + "&x=1"
        #expect(read(form).events == read(push("refs/heads/main")).events)
        #expect(Array(form.utf8).withUnsafeBytes { WebhookReader.isWhole($0) })
        #expect(!Array(form.prefix(60).utf8).withUnsafeBytes { WebhookReader.isWhole($0) })
    }

    @Test(arguments: [
        #"{"action":"#, "hello", #"{"a":1}"#, #"{"action":"created","deployment":{},"repository":{}}"#,
        #"{"action":"completed","workflow_run":{"id":"x","conclusion":["failure"]},"repository":{"html_url":7}}"#,
        #"{"action":"published","release":{"tag_name":{}},"repository":{"full_name":"a/b"}}"#,
        #"{"object_kind":"pipeline","object_attributes":{"id":"x","status":"failed","created_at":"now then here"},"builds":[1,null],"project":7}"#,
        #"{"object_kind":"deployment","status":"success","deployment_id":[],"commit_url":"javascript:alert(1)"}"#,
        #"{"object_kind":"issue","object_attributes":{"iid":1,"title":"t"}}"#, #"{"object_kind":"release","action":"create"}"#,
    ])
    func `what is broken or unknown is refused with a reason`(text: String) {
        #expect(read(text).rejections.count == 1)
    }
}
