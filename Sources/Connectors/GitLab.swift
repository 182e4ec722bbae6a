import Formats
import Model
import Transport

/// A project on GitLab: what was built and tested, deployed, released, merged and reported. Lists are read in the order in which their
/// items were updated; of a pipeline its failed job, the job's log and the test report are asked for. One request or one pipeline a page.
package struct GitLabConnector: ForgeConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "gitlab", summary: "A project on GitLab: pipelines with test reports, deployments, releases, issues, merge requests.",
        settings: HTTPSource.settings + [
            SettingDescriptor("project", .text, isRequired: true, "`group/name`, or the project's number"),
            SettingDescriptor("read", .choices(Part.allCases.map(\.rawValue)), usual: "all", "what to read"),
            SettingDescriptor("test_reports", .flag, usual: "true", "read the test report of each pipeline, one request more"),
        ] + BuildScope.forgeSettings + ListSweep.settings,
        sample: """
            kind: gitlab
            url: https://gitlab.example.org
            secret_file: gitlab-token
            project: example/shop
            """)

    enum Part: String, CaseIterable {
        case pipelines, deployments, releases, issues
        case mergeRequests = "merge_requests"
    }

    let http: HTTPSource
    let project: String
    var place: String { ForgeProject.gitLab(at: http.url, project: project) }
    let parts: [Part]
    let builds: BuildScope
    private let readsTests: Bool
    private let sweep: ListSweep
    private let releasesSweep: ListSweep

    /// A cursor beside those of the lists, which are named after their part.
    private static let liveKey = "live deployments"
    private static let mostEnvironments = 500

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        project = settings.text("project") ?? ""
        let names = project.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count > 1 || Int64(project) != nil, names.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw .badSetting(setting: "project", why: "`\(project.clipped(to: 60))` is no project; write `group/name`")
        }
        let read = settings.texts("read")
        parts = Part.allCases.filter { read.isEmpty || read.contains($0.rawValue) }
        builds = BuildScope(settings, isForge: true)
        readsTests = settings.flag("test_reports") ?? true
        sweep = ListSweep(.oldestFirst, settings)
        releasesSweep = ListSweep(.newestFirst, saysSince: false, settings)
    }

    // MARK: - Asking

    private func get(_ path: String, _ query: [(name: String, value: String)] = [], tag: String? = nil) -> HTTPRequest {
        http.get(
            "/api/v4/projects/\(HTTPSource.escaped(project))\(path)", query, headers: tag.map { [HTTPHeader("If-None-Match", $0)] } ?? [])
    }

    func request(_ part: Part, _ question: ListSweep.Question, branch: String?) -> HTTPRequest {
        if let page = question.page { return http.get(page: page) }
        let size = ("per_page", "100")
        let updated = [("order_by", "updated_at"), ("sort", "asc"), ("updated_after", question.since.rfc3339), size]
        switch part {
        case .pipelines:
            return get("/pipelines", (branch.map { [("ref", $0)] } ?? []) + [("scope", "finished")] + updated, tag: question.tag)
        case .deployments: return get("/deployments", updated, tag: question.tag)
        case .releases: return get("/releases", [("order_by", "released_at"), ("sort", "desc"), size], tag: question.tag)
        case .issues: return get("/issues", [("scope", "all")] + updated, tag: question.tag)
        case .mergeRequests: return get("/merge_requests", [("scope", "all"), ("state", "merged")] + updated, tag: question.tag)
        }
    }

    static func fault(_ response: HTTPResponse) -> String? { HTTPSource.listFault(response) }

    // MARK: - Fetching

    func list(_ part: Part, _ cursors: [String: Cursor], _ access: SourceAccess) async throws(ConnectorError) -> Page? {
        let sweep = part == .releases ? releasesSweep : sweep
        let cursor = cursors[part.rawValue]
        guard let question = sweep.next(after: cursor, now: access.now) else { return nil }
        let asked = builds.asked(cursors, now: access.now)
        if part == .pipelines, case .unknown = asked {
            return BuildScope.page(try await http.send(get(""), through: access).body, now: access.now)
        }
        let response = try await http.send(request(part, question, branch: asked.branch), through: access, fault: Self.fault)
        var answer = ListSweep.Answer(nextPage: HTTPSource.nextPage(response), tag: response.header("etag"))
        var page = Page()
        var seen = cursor?.state["seen"]
        if response.status == 304 {
            answer.isUnchanged = true
        } else {
            switch part {
            case .pipelines: (answer.times, seen) = takePipelines(response, question, cursors, &page, access)
            case .deployments: (answer.times, seen) = try await takeDeployments(response, question, cursors, &page, access)
            case .releases, .issues, .mergeRequests:
                let read =
                    part == .releases ? GitLabReader.releases : part == .issues ? GitLabReader.issues : GitLabReader.mergeRequests
                let list = response.body.withUnsafeBytes { read($0, question.since, question.horizon, origin(access)) }
                answer.times = list.times
                page.items = [Page.Item(place: part.rawValue, content: .read(list.reading))]
            }
        }
        page.cursorUpdates[part.rawValue] = sweep.cursor(after: question, answer, cursor, now: access.now).remembering(seen)
        return page
    }

    // MARK: - Pipelines

    private func takePipelines(
        _ response: HTTPResponse, _ question: ListSweep.Question, _ cursors: [String: Cursor], _ page: inout Page, _ access: SourceAccess
    ) -> (times: [Instant], seen: JSONValue) {
        let (pipelines, times) = response.body.withUnsafeBytes { GitLabReader.pipelines($0) }
        var seen = SeenItems(cursors[Part.pipelines.rawValue]?.state["seen"], from: question.since.ms)
        var waiting = WaitingBuilds(cursors)
        var reading = Reading()
        for pipeline in pipelines where (pipeline.isFailure || pipeline.isSuccess) && !pipeline.isOfMergeRequest {
            let id = "\(pipeline.id) \(pipeline.status) \(pipeline.updatedAt.ms)"
            guard seen.isNew(id, at: pipeline.updatedAt.ms) else { continue }
            let fact = builds.placed(GitLabReader.fact(pipeline, from: origin(access)))
            if fact.isSideline { reading.events.append(fact.event(origin(access))) } else { waiting.append(pipeline.json) }
        }
        page.items = [Page.Item(place: Part.pipelines.rawValue, content: .read(reading))]
        page.cursorUpdates[WaitingBuilds.key] = waiting.cursor
        seen.forget(before: question.since.ms)
        return (times, seen.state)
    }

    func build(_ json: JSONValue, _ access: SourceAccess) async throws(ConnectorError) -> Page {
        var page = Page()
        guard let pipeline = GitLabReader.Pipeline(json) else { return page }
        var fact = builds.placed(GitLabReader.fact(pipeline, from: origin(access)))
        var reading = Reading()
        if readsTests {
            let report = try await detail(
                get("/pipelines/\(pipeline.id)/test_report"), of: pipeline, access,
                fault: { $0.body.withUnsafeBytes { ForgeAnswer.fault($0, under: "test_suites") } })
            let document = http.origin(of: fact, access)
            if let report { reading = report.body.withUnsafeBytes { GitLabReader.tests($0, from: document) } }
            reading.tests = fact.complete(reading.tests)
        }
        if pipeline.isFailure {
            let jobs = try await detail(
                get("/pipelines/\(pipeline.id)/jobs", [("scope[]", "failed"), ("per_page", "100")]), of: pipeline, access,
                fault: Self.fault)
            let job = jobs.flatMap { $0.body.withUnsafeBytes { GitLabReader.failedJob($0) } }
            fact = builds.placed(GitLabReader.fact(pipeline, job: job, from: origin(access)))
            fact.failedTests = BuildFact.failures(in: reading.tests)
            if let job, let log = try await detail(get("/jobs/\(job.id)/trace"), of: pipeline, access, fault: { _ in nil }) {
                fact.log = JobLog(log.body)
            }
            fact.lastGoodCommit = try await lastGood(before: pipeline, access)
        }
        reading.events = [fact.event(origin(access))]
        page.items = [Page.Item(place: "pipelines, \(fact.place)", content: .read(reading))]
        return page
    }

    /// The commit of the last pipeline of the same branch that passed.
    private func lastGood(before pipeline: GitLabReader.Pipeline, _ access: SourceAccess) async throws(ConnectorError) -> String? {
        guard let ref = pipeline.ref else { return nil }
        let query = [
            ("ref", ref), ("status", "success"), ("order_by", "id"), ("sort", "desc"), ("updated_before", pipeline.createdAt.rfc3339),
            ("per_page", "1"),
        ]
        let pipelines = try await detail(get("/pipelines", query), of: pipeline, access, fault: Self.fault)
        return pipelines.flatMap { $0.body.withUnsafeBytes { GitLabReader.firstCommit($0) } }
    }

    private func detail(
        _ request: HTTPRequest, of pipeline: GitLabReader.Pipeline, _ access: SourceAccess, fault: (HTTPResponse) -> String?
    ) async throws(ConnectorError) -> HTTPResponse? {
        try await detail(request, of: .pipelines, at: pipeline.updatedAt, through: access, fault: fault)
    }

    // MARK: - Deployments

    private func takeDeployments(
        _ response: HTTPResponse, _ question: ListSweep.Question, _ cursors: [String: Cursor], _ page: inout Page, _ access: SourceAccess
    ) async throws(ConnectorError) -> (times: [Instant], seen: JSONValue) {
        let (deployments, times) = response.body.withUnsafeBytes { GitLabReader.deployments($0) }
        var seen = SeenItems(cursors[Part.deployments.rawValue]?.state["seen"], from: question.since.ms)
        var live = cursors[Self.liveKey]?.state.objectValue ?? [:]
        var reading = Reading()
        let origin = origin(access)
        for deployment in deployments where seen.isNew("\(deployment.id) \(deployment.status)", at: deployment.updatedAt.ms) {
            let environment = deployment.environment
            if live[environment] == nil, !deployment.isOfReview, live.count < Self.mostEnvironments {
                let before = try await liveBefore(question.since, in: environment, access)
                live[environment] = .string(before?.commit ?? "")
                if let before { reading.events.append(GitLabReader.event(before, previous: nil, from: origin)) }
            }
            let previous = live[environment]?.stringValue.flatMap { $0.isEmpty || $0 == deployment.commit ? nil : $0 }
            reading.events.append(GitLabReader.event(deployment, previous: previous, from: origin))
            if deployment.isSuccess, live[environment] != nil, let commit = deployment.commit { live[environment] = .string(commit) }
        }
        page.items = [Page.Item(place: Part.deployments.rawValue, content: .read(reading))]
        page.cursorUpdates[Self.liveKey] = Cursor(.object(live))
        seen.forget(before: question.since.ms)
        return (times, seen.state)
    }

    /// What was live in an environment before the first that is read: then that is known to replace it.
    private func liveBefore(
        _ moment: Instant, in environment: String, _ access: SourceAccess
    ) async throws(ConnectorError) -> GitLabReader.Deployment? {
        let query = [
            ("environment", environment), ("status", "success"), ("order_by", "updated_at"), ("sort", "desc"),
            ("updated_before", moment.rfc3339), ("per_page", "1"),
        ]
        let response = try await http.send(get("/deployments", query), through: access, fault: Self.fault)
        return response.body.withUnsafeBytes { GitLabReader.deployments($0) }.deployments.first
    }

    // MARK: - Errors and checks

    static func cursors(beside part: Part) -> [String] { part == .deployments ? [liveKey] : [] }

    static func remedy(_ part: Part, _ status: Int) -> String? {
        switch status {
        case 401: "the token is wrong or has expired; make a new one with the scope `read_api`"
        case 403: "the token needs the scope `read_api` and a role that may see this; or leave `\(part.rawValue)` out of `read`"
        case 404: "check `project`; to a token that may not read it, it is not there"
        default: nil
        }
    }

    static func sample(
        _ bytes: UnsafeRawBufferPointer, _ part: Part, _ since: Instant, _ document: DocumentOrigin
    ) -> String {
        let count =
            switch part {
            case .pipelines: GitLabReader.pipelines(bytes).pipelines.count
            case .deployments: GitLabReader.deployments(bytes).deployments.count
            case .releases: GitLabReader.releases(bytes, since: since, horizon: since, from: document).reading.events.count
            case .issues: GitLabReader.issues(bytes, since: since, horizon: since, from: document).reading.events.count
            case .mergeRequests: GitLabReader.mergeRequests(bytes, since: since, horizon: since, from: document).reading.events.count
            }
        return "\(part.rawValue.replacing("_", with: " ")): \(count) of the last day" + (count == 100 ? ", or more" : "")
    }
}
