import Model
import Store
import TestKit
import Testing

@testable import Connectors
@testable import Transport

/// What is asked of a server and told by its webhook: the same object both ways.
struct BothWays: CustomTestStringConvertible {
    var testDescription: String
    var kind: String
    var settings: [String: JSONValue]
    /// The source's own id of the fact, and its type.
    var id: String
    var type: EventType
    var webhook: String
    /// Attributes that the API has found out more about.
    var differing: Set<String> = []
}

/// Webhooks are cut down from the services' documentation (GitHub's "Webhook events and payloads", GitLab's "Webhook events", PagerDuty's
/// "Webhook payload", Alertmanager's and Grafana's webhook receivers) and speak of what `Contracts/` has recorded of their APIs.
@Suite struct BothWaysTests {
    private static let onCart = "009b8a3a9ccbb128af87f9b1c0f4c62e8a304f6d"
    private static func gitHub(_ name: String, _ part: String, _ id: String, _ type: EventType, _ webhook: String) -> BothWays {
        let repository =
            #""repository":{"id":1296269,"full_name":"example/shop","html_url":"https://github.com/example/shop","default_branch":"main"}"#
        return BothWays(
            testDescription: "GitHub: \(name)", kind: "github",
            settings: ["url": "https://x.example", "repository": "example/shop", "read": part.json], id: id, type: type,
            webhook: "{\(webhook),\(repository),\"sender\":{\"login\":\"octocat\"}}", differing: ["duration_ms"])
    }
    private static func gitLab(_ name: String, _ part: String, _ id: String, _ type: EventType, _ webhook: String) -> BothWays {
        let project =
            #""project":{"id":42,"name":"shop","path_with_namespace":"example/shop","web_url":"https://gitlab.example.org/example/shop","default_branch":"main"}"#
        return BothWays(
            testDescription: "GitLab: \(name)", kind: "gitlab",
            settings: ["url": "https://x.example", "project": "example/shop", "read": part.json, "test_reports": "false"], id: id,
            type: type, webhook: "{\(webhook),\(project)}", differing: ["duration_ms", EventAttribute.revisedAt])
    }
    private static func run(_ id: Int, _ number: Int, _ sha: String, _ conclusion: String, _ title: String, _ from: String, _ to: String)
        -> String
    {
        #""action":"completed","workflow_run":{"id":\#(id),"name":"CI","head_branch":"main","head_sha":"\#(sha)","display_title":"\#(title)","run_number":\#(number),"run_attempt":1,"event":"push","status":"completed","conclusion":"\#(conclusion)","workflow_id":161335,"url":"https://api.github.com/repos/example/shop/actions/runs/\#(id)","html_url":"https://github.com/example/shop/actions/runs/\#(id)","pull_requests":[],"created_at":"\#(from)","updated_at":"\#(to)","actor":{"login":"octocat"},"run_started_at":"\#(from)"},"workflow":{"id":161335,"name":"CI"}"#
    }

    static let all: [BothWays] = [
        gitHub(
            "a run that failed", "actions", "30433642.1", .buildFailure,
            run(30_433_642, 562, onCart, "failure", "Count items once", "2026-01-01T11:20:00Z", "2026-01-01T11:24:30Z")),
        gitHub(
            "a run that passed", "actions", "30433641.1", .build,
            run(
                30_433_641, 561, "6dcb09b5b57875f334f61aebed695e2e4193db5e", "success", "Update README.md", "2026-01-01T10:00:00Z",
                "2026-01-01T10:04:00Z")),
        gitHub(
            "a deployment", "deployments", "3", .deployment,
            #""action":"created","deployment_status":{"id":33,"state":"success","description":"Deployment finished successfully.","created_at":"2026-01-01T11:12:00Z","log_url":"https://ci.example.org/deploy/33"},"deployment":{"url":"https://api.github.com/repos/example/shop/deployments/3","id":3,"sha":"\#(onCart)","ref":"v1.4.0","task":"deploy","payload":{"service":"cart"},"environment":"production","creator":{"login":"octocat"},"created_at":"2026-01-01T11:10:00Z","transient_environment":false}"#
        ),
        gitHub(
            "a deployment that failed", "deployments", "4", .buildFailure,
            #""action":"created","deployment_status":{"id":42,"state":"failure","description":"the health check did not pass","created_at":"2026-01-01T11:33:00Z","log_url":"https://ci.example.org/deploy/42"},"deployment":{"url":"https://api.github.com/repos/example/shop/deployments/4","id":4,"sha":"\#(onCart)","ref":"main","task":"deploy","payload":{},"environment":"staging","creator":{"login":"octocat"},"created_at":"2026-01-01T11:30:00Z"}"#
        ),
        gitHub(
            "a release", "releases", "v1.4.0", .tag,
            #""action":"published","release":{"id":1,"html_url":"https://github.com/example/shop/releases/v1.4.0","tag_name":"v1.4.0","target_commitish":"\#(onCart)","name":"The cart counts","body":"Fixes of the cart.","draft":false,"created_at":"2026-01-01T11:00:00Z","published_at":"2026-01-01T11:05:00Z","author":{"login":"octocat"}}"#
        ),
        gitHub(
            "an issue", "issues", "#3", .report,
            #""action":"labeled","issue":{"number":3,"state":"open","title":"Checkout shows an old total","body":"It goes wrong since today.","user":{"login":"ann"},"labels":[{"name":"bug"},{"name":"priority: high"}],"created_at":"2025-12-31T20:00:00Z","updated_at":"2025-12-31T21:00:00Z","html_url":"https://github.com/example/shop/issues/3"}"#
        ),
        gitHub(
            "a pull request", "pull_requests", "#7", EventType(rawValue: "pull_request"),
            #""action":"closed","number":7,"pull_request":{"number":7,"state":"closed","title":"Count items once","body":"Closes #6.","user":{"login":"ben"},"labels":[{"name":"bug"}],"created_at":"2025-12-30T08:00:00Z","updated_at":"2026-01-01T10:56:00Z","merged":true,"merged_at":"2026-01-01T10:55:00Z","merge_commit_sha":"\#(onCart)","html_url":"https://github.com/example/shop/pull/7","base":{"ref":"main"}}"#
        ),
        gitLab(
            "a pipeline that failed", "pipelines", "48", .buildFailure,
            #""object_kind":"pipeline","object_attributes":{"id":48,"iid":13,"name":"Build pipeline","ref":"main","tag":false,"sha":"\#(onCart)","source":"push","status":"failed","created_at":"2026-01-01 11:00:00 UTC","finished_at":"2026-01-01 11:10:00 UTC","duration":600,"url":"https://gitlab.example.org/example/shop/-/pipelines/48"},"user":{"username":"ann"},"commit":{"id":"\#(onCart)","title":"Count items once"},"builds":[{"id":6,"stage":"test","name":"audit","status":"failed","finished_at":"2026-01-01 11:02:00 UTC","failure_reason":"script_failure","allow_failure":true,"user":{"username":"ann"}},{"id":7,"stage":"test","name":"rspec","status":"failed","finished_at":"2026-01-01 11:08:00 UTC","failure_reason":"script_failure","allow_failure":false,"user":{"username":"ann"}}]"#
        ),
        gitLab(
            "a pipeline that passed", "pipelines", "46", .build,
            #""object_kind":"pipeline","object_attributes":{"id":46,"iid":11,"name":"Build pipeline","ref":"main","sha":"6dcb09b5b57875f334f61aebed695e2e4193db5e","source":"push","status":"success","created_at":"2026-01-01 08:00:00 UTC","finished_at":"2026-01-01 08:06:00 UTC","url":"https://gitlab.example.org/example/shop/-/pipelines/46"},"builds":[]"#
        ),
        gitLab(
            "a deployment", "deployments", "42", .deployment,
            #""object_kind":"deployment","status":"success","status_changed_at":"2026-01-01 12:12:00 +0100","deployment_id":42,"deployable_id":657,"deployable_url":"https://gitlab.example.org/example/shop/-/jobs/657","environment":"production","environment_external_url":"https://shop.example.org","short_sha":"009b8a3a","user":{"name":"Ann","username":"ann"},"commit_url":"https://gitlab.example.org/example/shop/-/commit/\#(onCart)","commit_title":"Count items once","ref":"v1.4.0""#
        ),
        gitLab(
            "a release", "releases", "v1.4.0", .tag,
            #""object_kind":"release","action":"create","id":1,"created_at":"2026-01-01 11:05:00 UTC","description":"Fixes of the cart.","name":"The cart counts","released_at":"2026-01-01 11:05:00 UTC","tag":"v1.4.0","url":"https://gitlab.example.org/example/shop/-/releases/v1.4.0","commit":{"id":"\#(onCart)","title":"Count items once"}"#
        ),
        gitLab(
            "an issue", "issues", "#3", .report,
            #""object_kind":"issue","event_type":"issue","user":{"username":"root"},"object_attributes":{"id":73,"iid":3,"title":"Checkout is down","description":"It goes wrong since today.","state":"closed","type":"Incident","severity":"critical","created_at":"2026-01-01 07:00:00 UTC","updated_at":"2026-01-01 08:00:00 UTC","action":"close","url":"https://gitlab.example.org/example/shop/-/issues/3"},"labels":[{"id":1,"title":"incident::major"}]"#
        ),
        gitLab(
            "a merge request", "merge_requests", "!7", EventType(rawValue: "pull_request"),
            #""object_kind":"merge_request","user":{"username":"root"},"object_attributes":{"id":7,"iid":7,"title":"Count items once","description":"Closes #3","state":"merged","created_at":"2025-12-30 08:59:51 UTC","updated_at":"2026-01-01 10:55:00 UTC","target_branch":"main","source_branch":"fix","merge_commit_sha":"\#(onCart)","last_commit":{"id":"acb5820ced9479c074f688cc328bf03f341a511d"},"action":"merge","url":"https://gitlab.example.org/example/shop/-/merge_requests/7"},"labels":[{"id":2,"title":"cart"}]"#
        ),
        BothWays(
            testDescription: "PagerDuty: an incident that was acknowledged", kind: "pagerduty", settings: ["url": "https://x.example"],
            id: "PT4KHLK", type: .alert,
            webhook:
                #"{"event":{"id":"5ac64","event_type":"incident.acknowledged","resource_type":"incident","occurred_at":"2026-01-01T11:52:00.412Z","data":{"id":"PT4KHLK","type":"incident","self":"https://api.pagerduty.com/incidents/PT4KHLK","html_url":"https://subdomain.pagerduty.com/incidents/PT4KHLK","number":1234,"status":"acknowledged","title":"The server is on fire.","created_at":"2026-01-01T11:40:00Z","service":{"id":"PIJ90N7","summary":"Checkout (production)"},"assignees":[{"id":"PXPGF42","summary":"Earline Greenholt"}],"priority":{"id":"P53ZZH5","summary":"P1"},"urgency":"high"}}}"#
        ),
        BothWays(
            testDescription: "PagerDuty: an incident that is over", kind: "pagerduty", settings: ["url": "https://x.example"],
            id: "PENDED1",
            type: .alert,
            webhook:
                #"{"event":{"id":"5ac65","event_type":"incident.resolved","resource_type":"incident","occurred_at":"2026-01-01T09:30:00.873Z","data":{"id":"PENDED1","type":"incident","html_url":"https://subdomain.pagerduty.com/incidents/PENDED1","number":1230,"status":"resolved","title":"Payments time out","created_at":"2026-01-01T09:00:00Z","service":{"id":"PPAY","summary":"payments"},"assignees":[],"priority":null,"urgency":"high"}}}"#,
            differing: [EventAttribute.endedAt]),
        BothWays(
            testDescription: "Alertmanager: an alert", kind: "alertmanager", settings: ["url": "https://x.example"], id: "f00d",
            type: .alert,
            webhook:
                #"{"version":"4","groupKey":"{}:{}","status":"firing","receiver":"caseboard","alerts":[{"status":"firing","labels":{"alertname":"Down","service":"cart","severity":"critical"},"annotations":{"summary":"cart is down"},"startsAt":"2026-01-01T11:00:00.000Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"f00d"}]}"#
        ),
        BothWays(
            testDescription: "Grafana: an alert", kind: "grafana", settings: ["url": "https://x.example", "annotations": "false"],
            id: "57c6d9296de2ad39", type: .alert,
            webhook:
                #"{"receiver":"on-call","status":"firing","orgId":1,"version":"1","alerts":[{"status":"firing","labels":{"alertname":"HighErrors","grafana_folder":"shop","service":"checkout","severity":"critical"},"annotations":{"summary":"Checkout answers with errors"},"startsAt":"2026-01-01T12:40:00+01:00","endsAt":"0001-01-01T00:00:00Z","values":{"B":22.23},"valueString":"[ var='B' ]","generatorURL":"https://grafana.example.org/alerting/grafana/aSyxRk/view?orgId=1","fingerprint":"57c6d9296de2ad39","dashboardURL":"https://grafana.example.org/d/uGlb_lG7z"}]}"#
        ),
    ]

    private func asked(_ way: BothWays, _ more: [String: JSONValue] = [:]) async throws -> Event {
        let workspace = try Workspace(now: Workspace.noon)
        let connector = try workspace.connector(way.kind, way.settings.merging(more) { $1 })
        let run = try await workspace.collect(connector, network: try Contract(way.kind).server.access())
        return try #require(run.reading.events.first { $0.sourceID == way.id && $0.type == way.type })
    }
    private func told(_ way: BothWays, _ more: [String: JSONValue] = [:]) async throws -> Event {
        let workspace = try Workspace()
        try workspace.write(way.webhook, to: "spool/1")
        let run = try await workspace.collect(try workspace.connector("webhooks", ["path": "spool"].merging(more) { $1 }))
        #expect(run.deadLetters.isEmpty && run.reading.events.count == 1)
        var event = try #require(run.reading.events.first)
        event.origin = "spool"
        event.sealID()
        return event
    }
    /// What stays of two tellings, in both orders.
    private func kept(_ first: Event, _ second: Event) throws -> [Event] {
        try [[first, second], [second, first]].flatMap { order in
            let store = try CaseStore.inMemory()
            for event in order { try store.append([event]) }
            #expect(try store.eventCount() == 1)
            return try store.event(fingerprint: first.fingerprint).map { [$0] } ?? []
        }
    }

    @Test(arguments: all)
    func `what is told both ways is one event, and the telling that says more stays, whoever comes first`(way: BothWays) async throws {
        let (asked, told) = (try await asked(way), try await told(way))
        #expect(asked.fingerprint == told.fingerprint)
        let kept = try kept(asked, told)
        #expect(kept.count == 2 && Set(kept).count == 1)
        let names = Set(kept.flatMap(\.attributes.keys))
        #expect(names.isSuperset(of: asked.attributes.keys) && names.isSuperset(of: told.attributes.keys))
    }

    @Test(arguments: all)
    func `what both ways tell they tell alike`(way: BothWays) async throws {
        let (asked, told) = (try await asked(way), try await told(way))
        // Of a build that failed the API tells what failed in it.
        #expect(asked.title == told.title || asked.title.hasPrefix(told.title + ": "))
        #expect(asked.role == told.role && asked.severity == told.severity && asked.source == told.source)
        #expect(asked.service == told.service && asked.environment == told.environment && asked.commit == told.commit)
        #expect(asked.body == told.body && asked.tags == told.tags)
        for (name, value) in told.attributes where !way.differing.contains(name) && asked.attributes[name] != nil {
            #expect(asked.attributes[name] == value, "\(name)")
        }
        #expect(Set(told.attributes.keys).subtracting(asked.attributes.keys).isEmpty)
    }

    @Test(arguments: all)
    func `whose service it is may be said otherwise by each of two sources`(way: BothWays) async throws {
        let asked = try await asked(way, ["service": "one"])
        let told = try await told(way, ["service": "another"])
        #expect(asked.fingerprint == told.fingerprint)
    }

    private func way(_ name: String) throws -> BothWays { try #require(Self.all.first { $0.testDescription == name }) }

    @Test func `the log that was asked for stays beside a webhook that ends later`() async throws {
        let way = try way("GitHub: a run that failed")
        let (asked, told) = (try await asked(way), try await told(way))
        #expect(told.occurredAt > asked.occurredAt)
        #expect(try kept(told, asked) == [asked, asked])
    }

    @Test func `a webhook that is newer than the last question counts`() async throws {
        var way = try way("PagerDuty: an incident that was acknowledged")
        let asked = try await asked(way)
        way.webhook = way.webhook.replacing("acknowledged", with: "resolved").replacing("11:52:00.412", with: "11:58:00.412")
        let told = try await told(way)
        #expect(told.endedAt != nil)
        #expect(try kept(asked, told) == [told, told])
    }

    @Test func `a commit that was pushed and is in a repository is one, and what git says of it stays`() async throws {
        let workspace = try Workspace()
        let repository = try Repository(workspace)
        try repository.commit("one", ["a.txt": "1\n"])
        let sha = try repository.commit("two", ["a.txt": "1\n2\n"])
        let git = try workspace.connector("git", ["path": "repo", "service": "shop"])
        let read = try #require(try await workspace.collect(git).reading.events.first { $0.commit == sha })
        let push =
            #"{"ref":"refs/heads/main","commits":[{"id":"\#(sha)","message":"two","timestamp":"2026-01-01T10:02:00Z","url":"https://github.com/example/shop/commit/\#(sha)","author":{"name":"Ann"},"added":[],"modified":["a.txt"],"removed":[]}],"repository":{"full_name":"example/shop","html_url":"https://github.com/example/shop","default_branch":"main"}}"#
        let told = try await told(
            BothWays(testDescription: "a push", kind: "git", settings: [:], id: sha, type: .commit, webhook: push))
        #expect(told.occurredAt == read.occurredAt && told.title == read.title)
        #expect(try kept(told, read) == [read, read])
    }

    @Test func `an alert whose rule Grafana's API names in its labels is that of the webhook`() async throws {
        let way = try way("Grafana: an alert")
        let list =
            #"[{"annotations":{"summary":"Checkout answers with errors"},"endsAt":"2026-01-01T12:04:00.000Z","fingerprint":"57c6d9296de2ad39","startsAt":"2026-01-01T11:40:00.000Z","status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},"labels":{"__alert_rule_uid__":"aSyxRk","alertname":"HighErrors","grafana_folder":"shop","service":"checkout","severity":"critical"}}]"#
        let workspace = try Workspace(now: Workspace.noon)
        let run = try await workspace.collect(
            try workspace.connector("grafana", way.settings), network: FakeServer(list).access())
        let told = try await told(way)
        #expect(run.reading.events.map(\.fingerprint) == [told.fingerprint])
        #expect(run.reading.events.first?.attributes[EventAttribute.labels] == told.attributes[EventAttribute.labels])
    }

    @Test func `a repository has the service that it is said to have, and a service at PagerDuty the name that it has here`() async throws {
        let services: JSONValue = ["example/shop": "shop", "Checkout (production)": "checkout"]
        #expect(try await told(try way("GitHub: a release"), ["services": services]).service == "shop")
        #expect(try await told(try way("GitHub: a deployment"), ["services": services]).service == "cart")
        #expect(try await told(try way("PagerDuty: an incident that was acknowledged"), ["services": services]).service == "checkout")
    }

    @Test func `items of two servers on one host that differ in their port only are two`() async throws {
        let list =
            #"[{"id":1,"status":"success","sha":"\#(Self.onCart)","ref":"main","environment":{"name":"production"},"created_at":"2026-01-01T11:50:00Z","updated_at":"2026-01-01T11:55:00Z"}]"#
        var prints: Set<Fingerprint> = []
        for url in ["https://git.example", "https://git.example:443", "https://git.example:8443", "https://git.example:9443"] {
            let workspace = try Workspace(now: Workspace.noon)
            let server = FakeServer { _, request in request.url.contains("environment=") ? .ok("[]") : .ok(list) }
            let connector = try workspace.connector(
                "gitlab", ["url": url.json, "project": "example/shop", "read": "deployments"])
            prints.formUnion(try await workspace.collect(connector, network: server.access()).reading.events.map(\.fingerprint))
        }
        #expect(prints.count == 3)
    }
}

extension String {
    fileprivate var json: JSONValue { .string(self) }
}
