import Model

/// Reads what GitHub's REST API, version 2022-11-28 (<https://docs.github.com/rest>), answers and its webhooks tell in the same words:
/// workflow runs with their jobs, deployments with their statuses, releases, issues and pull requests. `document.path` is the project of
/// items that do not say where they are.
package enum GitHubReader {
    /// Whose item it is: what its own page, or else its address in the API, says.
    private static func scope(_ fields: FactFields?, _ document: DocumentOrigin) -> String {
        ForgeProject.gitHub(fields?.url("html_url", "url")) ?? document.path
    }

    // MARK: - Workflow runs

    /// One run of a workflow that is over.
    package struct Run: Hashable, Sendable {
        package let id: Int64
        package let attempt: Int64
        package let workflow: Int64?
        package let createdAt: Instant
        package let finishedAt: Instant
        package let branch: String?
        package let name: String
        package let conclusion: String
        /// What a cursor remembers of it: `init(_:)` reads it again.
        package let json: JSONValue

        /// A run that somebody cancelled, or of which nothing was to be done, is neither.
        package var isFailure: Bool { ["failure", "timed_out", "startup_failure"].contains(conclusion) }
        package var isSuccess: Bool { conclusion == "success" }
        /// What a pull request tries has reached nobody yet.
        package var isOfPullRequest: Bool { json["event"]?.stringValue?.hasPrefix("pull_request") == true }
        package var commit: String? { ForgeAnswer.sha(json["head_sha"]) }

        package init?(_ json: JSONValue) { self.init(FactFields(json)) }
        init?(_ fields: FactFields?) {
            guard let fields, let id = fields.value("id")?.intValue, let created = fields.time("created_at"),
                let conclusion = fields.line("conclusion")
            else { return nil }
            self.id = id
            attempt = fields.value("run_attempt")?.intValue ?? 1
            workflow = fields.value("workflow_id")?.intValue
            createdAt = created
            finishedAt = max(created, fields.time("updated_at") ?? created)
            branch = fields.line("head_branch")
            name = fields.line("name", "path") ?? "workflow"
            self.conclusion = conclusion
            var members = fields.members
            members["actor"] = (fields.fields("actor")?.line("login") ?? fields.line("actor")).map { .string($0) }
            members["display_title"] = fields.line("display_title").map { .string($0) }
            json = .object(members)
        }
    }

    private static let runMembers: [StaticString] = [
        "id", "name", "path", "head_branch", "head_sha", "display_title", "run_number", "run_attempt", "event", "conclusion", "workflow_id",
        "created_at", "updated_at", "run_started_at", "html_url", "actor",
    ]

    /// The runs of a page that are over, and the times of all.
    package static func runs(_ bytes: UnsafeRawBufferPointer) -> (runs: [Run], times: [Instant]) {
        let all = ObjectList.read(bytes, under: "workflow_runs", keeping: runMembers) ?? []
        return (all.compactMap { Run($0) }, all.compactMap { $0.time("created_at") })
    }
    /// How many items the whole list has, of which a page shows some.
    package static func totalCount(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        (try? JSONReader.withDocument(bytes) { $0["total_count"]?.int }.get()) ?? 0
    }

    /// The job that failed first.
    package struct Job: Hashable, Sendable {
        package let id: Int64
        let name: String
        let step: String?
        let completedAt: Instant?
        let url: String?
    }

    package static func failedJob(_ bytes: UnsafeRawBufferPointer) -> Job? {
        let jobs = ObjectList.read(bytes, under: "jobs", keeping: ["id", "name", "conclusion", "completed_at", "html_url", "steps"]) ?? []
        func isFailure(_ fields: FactFields?) -> Bool { ["failure", "timed_out"].contains(fields?.line("conclusion")) }
        let failed = jobs.filter(isFailure).compactMap { fields -> Job? in
            guard let id = fields.value("id")?.intValue else { return nil }
            let step = (fields.value("steps")?.arrayValue ?? []).lazy.map { FactFields($0) }.first(where: isFailure)
            return Job(
                id: id, name: fields.line("name") ?? "job \(id)", step: step??.line("name"), completedAt: fields.time("completed_at"),
                url: fields.url("html_url"))
        }
        let end = Instant.representable.upperBound
        return failed.min { ($0.completedAt ?? end, $0.id) < ($1.completedAt ?? end, $1.id) }
    }

    /// A run with the job that failed it.
    package static func fact(_ run: Run, job: Job? = nil, from document: DocumentOrigin) -> BuildFact {
        let fields = FactFields(run.json)
        var fact = BuildFact(
            scope: scope(fields, document), name: run.name, number: fields?.value("run_number")?.intValue ?? run.id,
            outcome: run.isFailure ? .failed : run.isSuccess ? .passed : .cancelled, endedAt: job?.completedAt ?? run.finishedAt)
        fact.attempt = run.attempt
        // Two workflows may have one name.
        fact.id = "\(run.id).\(run.attempt)"
        fact.startedAt = fields?.time("run_started_at") ?? run.createdAt
        fact.branch = run.branch
        fact.commit = run.commit
        fact.changes = [
            BuildFact.Change(commit: run.commit ?? "", author: fields?.line("actor") ?? "", subject: fields?.line("display_title") ?? "")
        ]
        fact.url = job?.url ?? fields?.url("html_url")
        fact.job = job?.name
        fact.step = job?.step
        fact.reason = !run.isFailure || run.conclusion == "failure" ? nil : run.conclusion.replacing("_", with: " ")
        return fact
    }

    /// The commit of the first run of a list.
    package static func firstCommit(_ bytes: UnsafeRawBufferPointer) -> String? {
        ObjectList.read(bytes, under: "workflow_runs", keeping: ["head_sha"])?.first.flatMap { ForgeAnswer.sha($0.value("head_sha")) }
    }

    package struct Artifact: Hashable, Sendable {
        package let id: Int64
        package let name: String
        package let bytes: Int64
    }

    /// Those that can still be had.
    package static func artifacts(_ bytes: UnsafeRawBufferPointer) -> [Artifact] {
        let all = ObjectList.read(bytes, under: "artifacts", keeping: ["id", "name", "size_in_bytes", "expired"]) ?? []
        return all.compactMap { fields in
            guard let id = fields.value("id")?.intValue, let name = fields.line("name"), fields.value("expired")?.boolValue != true else {
                return nil
            }
            return Artifact(id: id, name: name, bytes: fields.value("size_in_bytes")?.intValue ?? 0)
        }
    }

    // MARK: - Deployments

    package struct Deployment: Hashable, Sendable {
        package let id: Int64
        package let createdAt: Instant
        package let environment: String
        package let commit: String?
        /// One of many that come and go, such as a preview of a pull request.
        package let isTransient: Bool
        package let json: JSONValue

        package init?(_ json: JSONValue) { self.init(FactFields(json)) }
        init?(_ fields: FactFields?) {
            guard let fields, let id = fields.value("id")?.intValue, let created = fields.time("created_at") else { return nil }
            self.id = id
            createdAt = created
            environment = fields.line("environment") ?? "production"
            commit = ForgeAnswer.sha(fields.value("sha"))
            isTransient = fields.value("transient_environment")?.boolValue == true
            var members = fields.members
            members["creator"] = (fields.fields("creator")?.line("login") ?? fields.line("creator")).map { .string($0) }
            members["description"] = fields.text("description").map { .string($0.clipped(toBytes: 1_000)) }
            members["service"] = (fields.fields("payload")?.line("service") ?? fields.line("service")).map { .string($0) }
            members["payload"] = nil
            json = .object(members)
        }
    }

    package static func deployments(_ bytes: UnsafeRawBufferPointer) -> (deployments: [Deployment], times: [Instant]) {
        let all =
            ObjectList.read(
                bytes,
                keeping: [
                    "id", "sha", "ref", "environment", "created_at", "creator", "description", "payload", "transient_environment",
                    "url",
                ]) ?? []
        return (all.compactMap { Deployment($0) }, all.compactMap { $0.time("created_at") })
    }

    /// What became of a deployment, by its statuses in any order.
    package struct Outcome: Hashable, Sendable {
        package enum State: Hashable, Sendable { case live, failed, underWay, replaced }
        package let state: State
        let at: Instant?
        let words: String?
        let url: String?
    }

    /// Live at its first success; failed when its last word is a failure. What is inactive without ever having been live was replaced.
    package static func outcome(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        outcome(ObjectList.read(bytes, keeping: ["id", "state", "created_at", "description", "log_url", "target_url"]) ?? [])
    }
    static func outcome(_ all: [FactFields]) -> Outcome {
        let statuses = all.compactMap { fields in fields.time("created_at").map { (at: $0, fields: fields) } }
            .sorted { ($0.at, $0.fields.value("id")?.intValue ?? 0) < ($1.at, $1.fields.value("id")?.intValue ?? 0) }
        func outcome(_ state: Outcome.State, _ status: (at: Instant, fields: FactFields)?) -> Outcome {
            Outcome(
                state: state, at: status?.at, words: status?.fields.text("description"), url: status?.fields.url("log_url", "target_url"))
        }
        if let success = statuses.first(where: { $0.fields.line("state") == "success" }) { return outcome(.live, success) }
        switch statuses.last?.fields.line("state") {
        case "failure", "error": return outcome(.failed, statuses.last)
        case "inactive": return outcome(.replaced, statuses.last)
        default: return outcome(.underWay, statuses.last)
        }
    }

    /// Nil for one that is neither live nor failed.
    package static func event(
        _ deployment: Deployment, _ outcome: Outcome, previous: String?, from document: DocumentOrigin
    ) -> Event? {
        guard outcome.state == .live || outcome.state == .failed else { return nil }
        let fields = FactFields(deployment.json)
        var fact = DeploymentFact(
            scope: scope(fields, document), id: String(deployment.id), environment: deployment.environment,
            isFailure: outcome.state == .failed,
            at: max(deployment.createdAt, outcome.at ?? deployment.createdAt))
        fact.createdAt = deployment.createdAt
        fact.commit = deployment.commit
        fact.previousCommit = previous
        fact.service = fields?.line("service")
        // A branch says nothing of what runs; a tag does.
        fact.version = fields?.line("ref").flatMap { ForgeAnswer.looksLikeVersion($0) ? $0 : nil }
        fact.words = outcome.words ?? fields?.text("description")
        fact.actor = fields?.line("creator")
        fact.url = outcome.url
        return fact.event(document)
    }

    // MARK: - Releases, issues, pull requests

    package static func releases(_ bytes: UnsafeRawBufferPointer, since: Instant, horizon: Instant, from document: DocumentOrigin)
        -> ListPage
    {
        ListPage(
            bytes,
            keeping: ["id", "tag_name", "name", "body", "draft", "target_commitish", "created_at", "published_at", "html_url", "author"],
            orderedBy: "published_at", since: since, horizon: horizon
        ) { release($0, from: document)?.event(document) }
    }
    /// Nil for a draft, and without a tag and a time.
    static func release(_ fields: FactFields, from document: DocumentOrigin) -> ReleaseFact? {
        guard fields.value("draft")?.boolValue != true, let version = fields.line("tag_name"), let at = fields.time("published_at") else {
            return nil
        }
        var fact = ReleaseFact(scope: scope(fields, document), version: version, name: fields.line("name"), at: at)
        fact.commit = ForgeAnswer.sha(fields.value("target_commitish"))
        fact.words = fields.text("body")
        fact.author = fields.fields("author")?.line("login")
        fact.url = fields.url("html_url")
        return fact
    }

    /// A pull request is an issue, too; here it only counts for the order.
    package static func issues(_ bytes: UnsafeRawBufferPointer, since: Instant, horizon: Instant, from document: DocumentOrigin) -> ListPage
    {
        ListPage(
            bytes,
            keeping: [
                "number", "title", "body", "state", "state_reason", "labels", "type", "user", "created_at", "updated_at", "closed_at",
                "html_url", "pull_request",
            ],
            orderedBy: "updated_at", since: since, horizon: horizon
        ) { fields -> Event? in
            fields.fields("pull_request") == nil ? issue(fields, from: document)?.event(document) : nil
        }
    }
    /// Nil without a number and a time.
    static func issue(_ fields: FactFields, from document: DocumentOrigin) -> IssueFact? {
        guard let number = fields.line("number"), let created = fields.time("created_at") else { return nil }
        var fact = IssueFact(
            scope: scope(fields, document), key: "#\(number)", title: fields.line("title") ?? "issue \(number)", createdAt: created)
        fact.updatedAt = fields.time("updated_at")
        fact.closedAt = fields.time("closed_at")
        fact.status = [fields.line("state"), fields.line("state_reason")].compactMap { $0 }.joined(separator: ", ")
        fact.kind = fields.fields("type")?.line("name")
        fact.labels = ForgeAnswer.labels(fields.value("labels"))
        fact.words = fields.text("body")
        fact.reporter = fields.fields("user")?.line("login")
        fact.url = fields.url("html_url")
        return fact
    }

    package static func pullRequests(_ bytes: UnsafeRawBufferPointer, since: Instant, horizon: Instant, from document: DocumentOrigin)
        -> ListPage
    {
        ListPage(
            bytes,
            keeping: ["number", "title", "body", "labels", "user", "updated_at", "merged_at", "merge_commit_sha", "base", "html_url"],
            orderedBy: "updated_at", since: since, horizon: horizon
        ) { pullRequest($0, from: document)?.event(document) }
    }
    /// Nil for one that is not merged.
    static func pullRequest(_ fields: FactFields, from document: DocumentOrigin) -> MergedChangeFact? {
        guard let number = fields.line("number"), let title = fields.line("title"), let merged = fields.time("merged_at") else {
            return nil
        }
        var fact = MergedChangeFact(scope: scope(fields, document), number: "#\(number)", title: title, at: merged)
        fact.updatedAt = fields.time("updated_at")
        fact.commit = ForgeAnswer.sha(fields.value("merge_commit_sha"))
        fact.branch = fields.fields("base")?.line("ref")
        fact.words = fields.text("body")
        fact.author = fields.fields("user")?.line("login")
        fact.labels = ForgeAnswer.labels(fields.value("labels"))
        fact.url = fields.url("html_url")
        return fact
    }
}
