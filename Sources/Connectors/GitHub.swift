import Formats
import Model
import Transport

/// A repository on GitHub: what was built, deployed, released, merged and reported. Lists are read as far as they are new; a run that
/// failed is asked for its job and log, a deployment for what became of it. One request or one run a page.
package struct GitHubConnector: ForgeConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "github", summary: "A repository on GitHub: workflow runs, deployments, releases, issues, pull requests.",
        settings: HTTPSource.settings + [
            SettingDescriptor("repository", .text, isRequired: true, "`owner/name`"),
            SettingDescriptor("read", .choices(Part.allCases.map(\.rawValue)), usual: "all", "what to read"),
            SettingDescriptor(
                "artifacts", .text, usual: "none", "the artifacts that hold test reports, such as `*test*`; one request more for each run"),
        ] + BuildScope.forgeSettings + ListSweep.settings,
        sample: """
            kind: github
            url: https://api.github.com
            secret_file: github-token
            repository: example/shop
            """)

    enum Part: String, CaseIterable {
        case actions, deployments, releases, issues
        case pullRequests = "pull_requests"

        /// The permission of a fine-grained token.
        var permission: String {
            switch self {
            case .actions: "Actions"
            case .deployments: "Deployments"
            case .releases: "Contents"
            case .issues: "Issues"
            case .pullRequests: "Pull requests"
            }
        }
    }

    let http: HTTPSource
    let project: String
    var place: String { ForgeProject.gitHub(at: http.url, repository: project) }
    let parts: [Part]
    let builds: BuildScope
    private let artifacts: GlobPattern?
    private let sweeps: [Part: ListSweep]

    /// How long a run or its repetition may take and still be read when it ends.
    private static let longestRunMs = 6 * Int64.hourMs
    /// What GitHub shows of a filtered list.
    private static let mostListed: Int64 = 1_000
    private static let artifactsPerRun = 20
    private static let pagesOfJobs = 10

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        project = settings.text("repository") ?? ""
        let names = project.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw .badSetting(setting: "repository", why: "`\(project.clipped(to: 60))` is no repository; write `owner/name`")
        }
        let read = settings.texts("read")
        parts = Part.allCases.filter { read.isEmpty || read.contains($0.rawValue) }
        builds = BuildScope(settings, isForge: true)
        artifacts = settings.text("artifacts").map { GlobPattern("/" + $0) }
        sweeps = [
            .actions: ListSweep(.newestFirst, settings, leastOverlapMs: Self.longestRunMs),
            .deployments: ListSweep(.newestFirst, saysSince: false, settings),
            .releases: ListSweep(.newestFirst, saysSince: false, settings),
            .issues: ListSweep(.oldestFirst, settings),
            .pullRequests: ListSweep(.newestFirst, saysSince: false, settings),
        ]
    }

    // MARK: - Asking

    func get(_ path: String, _ query: [(name: String, value: String)] = [], tag: String? = nil) -> HTTPRequest {
        http.get(
            "/repos/\(project.split(separator: "/").map { HTTPSource.escaped(String($0)) }.joined(separator: "/"))\(path)", query,
            headers: Self.headers(tag))
    }
    private static func headers(_ tag: String?) -> [HTTPHeader] {
        [HTTPHeader("Accept", "application/vnd.github+json"), HTTPHeader("X-GitHub-Api-Version", "2022-11-28")]
            + (tag.map { [HTTPHeader("If-None-Match", $0)] } ?? [])
    }

    func request(_ part: Part, _ question: ListSweep.Question, branch: String?) -> HTTPRequest {
        if let page = question.page { return http.get(page: page, headers: Self.headers(nil)) }
        let since = question.since.rfc3339
        let size = ("per_page", "100")
        switch part {
        case .actions:
            let on = branch.map { [("branch", $0)] } ?? []
            return get(
                "/actions/runs", on + [("status", "completed"), ("created", ">=\(since)"), ("exclude_pull_requests", "true"), size],
                tag: question.tag)
        case .deployments: return get("/deployments", [size], tag: question.tag)
        case .releases: return get("/releases", [size], tag: question.tag)
        case .issues:
            return get(
                "/issues", [("state", "all"), ("sort", "updated"), ("direction", "asc"), ("since", since), size], tag: question.tag)
        case .pullRequests:
            return get("/pulls", [("state", "closed"), ("sort", "updated"), ("direction", "desc"), size], tag: question.tag)
        }
    }

    static func fault(_ name: StaticString?) -> (HTTPResponse) -> String? {
        { response in response.body.withUnsafeBytes { ForgeAnswer.fault($0, under: name) } }
    }
    private static func fault(_ part: Part) -> (HTTPResponse) -> String? { fault(part == .actions ? "workflow_runs" : nil) }

    // MARK: - Fetching

    func details(_ cursors: [String: Cursor], _ access: SourceAccess) async throws(ConnectorError) -> Page? {
        guard parts.contains(.deployments) else { return nil }
        return try await deployment(cursors, access)
    }

    func list(_ part: Part, _ cursors: [String: Cursor], _ access: SourceAccess) async throws(ConnectorError) -> Page? {
        guard let sweep = sweeps[part], let question = sweep.next(after: cursors[part.rawValue], now: access.now) else { return nil }
        let asked = builds.asked(cursors, now: access.now)
        if part == .actions, case .unknown = asked {
            return BuildScope.page(try await http.send(get(""), through: access).body, now: access.now)
        }
        let response = try await http.send(request(part, question, branch: asked.branch), through: access, fault: Self.fault(part))
        var answer = ListSweep.Answer(nextPage: HTTPSource.nextPage(response), tag: response.header("etag"))
        var page = Page()
        guard response.status != 304 else {
            answer.isUnchanged = true
            page.cursorUpdates[part.rawValue] = sweep.cursor(after: question, answer, cursors[part.rawValue], now: access.now)
                .remembering(cursors[part.rawValue]?.state["seen"])
            return page
        }
        switch part {
        case .actions: takeRuns(response, question, &answer, cursors, &page, access)
        case .deployments: takeDeployments(response, question, &answer, cursors, &page)
        case .releases, .issues, .pullRequests:
            let read =
                part == .releases ? GitHubReader.releases : part == .issues ? GitHubReader.issues : GitHubReader.pullRequests
            let list = response.body.withUnsafeBytes { read($0, question.since, question.horizon, origin(access)) }
            answer.times = list.times
            page.items = [Page.Item(place: part.rawValue, content: .read(list.reading))]
        }
        let next = sweep.cursor(after: question, answer, cursors[part.rawValue], now: access.now)
        page.cursorUpdates[part.rawValue] = next.remembering(page.cursorUpdates[part.rawValue]?.state["seen"])
        return page
    }

    // MARK: - Workflow runs

    /// Runs that passed are facts at once; what has to be asked for more waits in a cursor of its own.
    private func takeRuns(
        _ response: HTTPResponse, _ question: ListSweep.Question, _ answer: inout ListSweep.Answer, _ cursors: [String: Cursor],
        _ page: inout Page, _ access: SourceAccess
    ) {
        let (runs, times) = response.body.withUnsafeBytes { GitHubReader.runs($0) }
        answer.times = times
        var seen = SeenItems(cursors[Part.actions.rawValue]?.state["seen"], from: question.since.ms)
        var waiting = WaitingBuilds(cursors)
        var reading = Reading()
        for run in runs.sorted(by: { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }) {
            guard run.isFailure || run.isSuccess, !run.isOfPullRequest else { continue }
            guard seen.isNew("\(run.id).\(run.attempt)", at: run.createdAt.ms) else { continue }
            let fact = builds.placed(GitHubReader.fact(run, from: origin(access)))
            if !fact.isSideline, run.isFailure || artifacts != nil {
                waiting.append(run.json)
            } else {
                reading.events.append(fact.event(origin(access)))
            }
        }
        page.items = [Page.Item(place: Part.actions.rawValue, content: .read(reading))]
        seen.forget(before: question.since.ms)
        page.cursorUpdates[Part.actions.rawValue] = Cursor(["seen": seen.state])
        page.cursorUpdates[WaitingBuilds.key] = waiting.cursor
        let total = response.body.withUnsafeBytes { GitHubReader.totalCount($0) }
        if question.page == nil, total > Self.mostListed {
            page.deadLetters.append(
                DeadLetter(
                    origin: http.settings.name, place: "actions since \(question.since.rfc3339)",
                    reason: "GitHub lists the newest \(Self.mostListed) of \(total) runs; the older ones are not read",
                    remedy: "give a shorter `lookback`, or name a branch in `branches`"))
        }
    }

    func build(_ json: JSONValue, _ access: SourceAccess) async throws(ConnectorError) -> Page {
        var page = Page()
        guard let run = GitHubReader.Run(json) else { return page }
        var fact = builds.placed(GitHubReader.fact(run, from: origin(access)))
        let reports = try await testReports(of: run, fact, access)
        if run.isFailure {
            let job = try await failedJob(of: run, access)
            fact = builds.placed(GitHubReader.fact(run, job: job, from: origin(access)))
            fact.failedTests = reports.reduce(0) { $0 + BuildFact.failures(in: read($1).tests) }
            if let job, let log = try await detail(get("/actions/jobs/\(job.id)/logs"), of: run, access, fault: { _ in nil }) {
                fact.log = JobLog(log.body)
            }
            fact.lastGoodCommit = try await lastGood(before: run, access)
        }
        var reading = Reading()
        reading.events = [fact.event(origin(access))]
        page.items = [Page.Item(place: "actions, \(fact.place)", content: .read(reading))] + reports
        return page
    }

    /// On the first page of jobs that has one that failed.
    private func failedJob(of run: GitHubReader.Run, _ access: SourceAccess) async throws(ConnectorError) -> GitHubReader.Job? {
        var request = get("/actions/runs/\(run.id)/jobs", [("filter", "latest"), ("per_page", "100")])
        for _ in 0..<Self.pagesOfJobs {
            guard let jobs = try await detail(request, of: run, access, fault: Self.fault("jobs")) else { return nil }
            if let job = jobs.body.withUnsafeBytes({ GitHubReader.failedJob($0) }) { return job }
            guard let page = HTTPSource.nextPage(jobs) else { return nil }
            request = http.get(page: page, headers: Self.headers(nil))
        }
        return nil
    }

    /// The commit of the last run of the same workflow and branch that passed.
    private func lastGood(before run: GitHubReader.Run, _ access: SourceAccess) async throws(ConnectorError) -> String? {
        guard let workflow = run.workflow, let branch = run.branch else { return nil }
        let query = [
            ("branch", branch), ("status", "success"), ("created", "<\(run.createdAt.rfc3339)"), ("exclude_pull_requests", "true"),
            ("per_page", "1"),
        ]
        let runs = try await detail(
            get("/actions/workflows/\(workflow)/runs", query), of: run, access, fault: Self.fault("workflow_runs"))
        return runs.flatMap { $0.body.withUnsafeBytes { GitHubReader.firstCommit($0) } }
    }

    private func testReports(
        of run: GitHubReader.Run, _ fact: BuildFact, _ access: SourceAccess
    ) async throws(ConnectorError) -> [Page.Item] {
        guard let artifacts else { return [] }
        let list = try await detail(
            get("/actions/runs/\(run.id)/artifacts", [("per_page", "100")]), of: run, access, fault: Self.fault("artifacts"))
        let all = list.map { $0.body.withUnsafeBytes { GitHubReader.artifacts($0) } } ?? []
        let wanted = all.filter { artifacts.fits($0.name) }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        var items: [Page.Item] = []
        for artifact in wanted.prefix(Self.artifactsPerRun) {
            guard
                let archive = try await detail(
                    get("/actions/artifacts/\(artifact.id)/zip"), of: run, access, fault: { ZipArchive.fault($0.body) })
            else {
                continue
            }
            var document = http.origin(of: fact, access)
            document.path = artifact.name
            items += TestReportArchive.items(
                archive.body, of: fact, place: "actions, \(fact.place), \(artifact.name)", from: document)
        }
        return items
    }

    private func detail(
        _ request: HTTPRequest, of run: GitHubReader.Run, _ access: SourceAccess, fault: (HTTPResponse) -> String?
    ) async throws(ConnectorError) -> HTTPResponse? {
        try await detail(request, of: .actions, at: run.finishedAt, through: access, fault: fault)
    }

    // MARK: - Errors and checks

    static func cursors(beside part: Part) -> [String] { part == .deployments ? [deploymentsKey] : [] }

    static func remedy(_ part: Part, _ status: Int) -> String? {
        switch status {
        case 401: "the token is wrong or has expired; make a new one"
        case 403: "give the token the permission `\(part.permission): read`, or leave `\(part.rawValue)` out of `read`"
        case 404: "check `repository`; to a token that may not read it, it is not there"
        case 410: "it is turned off in the repository; leave `\(part.rawValue)` out of `read`"
        default: nil
        }
    }

    static func fault(_ response: HTTPResponse) -> String? { HTTPSource.jsonFault(response) }
    static func sample(
        _ bytes: UnsafeRawBufferPointer, _ part: Part, _ since: Instant, _ document: DocumentOrigin
    ) -> String {
        switch part {
        case .actions: "actions: \(GitHubReader.totalCount(bytes)) runs of the last day"
        case .deployments: "deployments: \(GitHubReader.deployments(bytes).deployments.count { $0.createdAt >= since }) of the last day"
        case .releases:
            "releases: \(GitHubReader.releases(bytes, since: since, horizon: since, from: document).reading.events.count) of the last day"
        case .issues:
            "issues: \(GitHubReader.issues(bytes, since: since, horizon: since, from: document).reading.events.count) changed in the last day"
        case .pullRequests:
            "pull requests: \(GitHubReader.pullRequests(bytes, since: since, horizon: since, from: document).reading.events.count) merged in the last day"
        }
    }
}
