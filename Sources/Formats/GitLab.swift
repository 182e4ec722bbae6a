import Model

/// Reads answers of GitLab's REST API, version 4 (<https://docs.gitlab.com/api/rest/>): pipelines with their jobs and test reports,
/// deployments, releases, issues and merge requests; its webhooks in the API's words, too. `document.path` is the project of items that
/// do not say where they are.
package enum GitLabReader {
    /// Whose item it is, as its page says.
    private static func scope(_ page: String?, _ document: DocumentOrigin) -> String { ForgeProject.gitLab(page) ?? document.path }

    // MARK: - Pipelines

    /// One pipeline that is over.
    package struct Pipeline: Hashable, Sendable {
        package let id: Int64
        package let createdAt: Instant
        package let updatedAt: Instant
        package let ref: String?
        package let status: String
        /// What a cursor remembers of it: `init(_:)` reads it again.
        package let json: JSONValue

        package var isFailure: Bool { status == "failed" }
        package var isSuccess: Bool { status == "success" }
        /// What a merge request tries has reached nobody yet.
        package var isOfMergeRequest: Bool {
            ["merge_request_event", "external_pull_request_event"].contains(json["source"]?.stringValue ?? "")
        }
        package var commit: String? { ForgeAnswer.sha(json["sha"]) }

        package init?(_ json: JSONValue) { self.init(FactFields(json)) }
        init?(_ fields: FactFields?) {
            guard let fields, let id = fields.value("id")?.intValue, let created = fields.time("created_at"),
                let status = fields.line("status")
            else { return nil }
            self.id = id
            createdAt = created
            updatedAt = max(created, fields.time("updated_at") ?? created)
            ref = fields.line("ref")
            self.status = status
            json = .object(fields.members)
        }
    }

    package static func pipelines(_ bytes: UnsafeRawBufferPointer) -> (pipelines: [Pipeline], times: [Instant]) {
        let names: [StaticString] = ["id", "iid", "sha", "ref", "status", "source", "name", "created_at", "updated_at", "web_url"]
        let all = ObjectList.read(bytes, keeping: names) ?? []
        return (all.compactMap { Pipeline($0) }, all.compactMap { $0.time("updated_at") })
    }

    /// The job that failed first, of those that may not.
    package struct Job: Hashable, Sendable {
        package let id: Int64
        let name: String
        let stage: String?
        let reason: String?
        let finishedAt: Instant?
        let url: String?
        let change: String?
        let user: String?
    }

    package static func failedJob(_ bytes: UnsafeRawBufferPointer) -> Job? {
        let names: [StaticString] = [
            "id", "name", "stage", "status", "allow_failure", "failure_reason", "finished_at", "web_url", "commit", "user",
        ]
        return failedJob(ObjectList.read(bytes, keeping: names) ?? [])
    }
    static func failedJob(_ all: [FactFields]) -> Job? {
        let jobs = all.compactMap { fields -> Job? in
            guard let id = fields.value("id")?.intValue, fields.line("status") == "failed", fields.value("allow_failure")?.boolValue != true
            else { return nil }
            return Job(
                id: id, name: fields.line("name") ?? "job \(id)", stage: fields.line("stage"), reason: fields.line("failure_reason"),
                finishedAt: fields.time("finished_at"), url: fields.url("web_url"), change: fields.fields("commit")?.line("title"),
                user: fields.fields("user")?.line("username"))
        }
        let end = Instant.representable.upperBound
        return jobs.min { ($0.finishedAt ?? end, $0.id) < ($1.finishedAt ?? end, $1.id) }
    }

    /// A pipeline with the job that failed it.
    package static func fact(_ pipeline: Pipeline, job: Job? = nil, from document: DocumentOrigin) -> BuildFact {
        var fact = BuildFact(
            scope: scope(pipeline.json["web_url"]?.stringValue, document),
            name: StructuredText.name(pipeline.json["name"]?.stringValue) ?? "pipeline",
            number: pipeline.json["iid"]?.intValue ?? pipeline.id,
            outcome: pipeline.isFailure ? .failed : pipeline.isSuccess ? .passed : .cancelled,
            endedAt: job?.finishedAt ?? pipeline.updatedAt)
        // A pipeline may be given another name.
        fact.id = String(pipeline.id)
        fact.startedAt = pipeline.createdAt
        fact.revisedAt = pipeline.updatedAt
        fact.branch = pipeline.ref
        fact.commit = pipeline.commit
        if let job {
            fact.changes = [BuildFact.Change(commit: pipeline.commit ?? "", author: job.user ?? "", subject: job.change ?? "")]
        }
        fact.url = job?.url ?? pipeline.json["web_url"]?.stringValue
        fact.job = job?.name
        fact.reason = job?.reason?.replacing("_", with: " ")
        return fact
    }

    package static func firstCommit(_ bytes: UnsafeRawBufferPointer) -> String? {
        ObjectList.read(bytes, keeping: ["sha"])?.first.flatMap { ForgeAnswer.sha($0.value("sha")) }
    }

    /// The tests of a pipeline, in `/test_report`. Their run is the document's path and the suite, as in `JUnitReader`.
    package static func tests(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        let suites = ObjectList.read(bytes, under: "test_suites", keeping: ["name", "suite_error", "test_cases"]) ?? []
        for fields in suites {
            let suite = fields.line("name") ?? ""
            if let error = fields.line("suite_error") { reading.refuse("GitLab could not read the suite `\(suite)`: \(error)") }
            for value in fields.value("test_cases")?.arrayValue ?? [] {
                guard let fields = FactFields(value), let name = fields.line("name"), let outcome = outcome(fields.line("status")) else {
                    reading.refuse("the test has no `name` or no known `status`")
                    continue
                }
                var result = TestResult(
                    suite: suite, className: fields.line("classname") ?? "", name: name, file: fields.line("file"), outcome: outcome,
                    durationMs: milliseconds(fields.value("execution_time")?.doubleValue))
                if outcome != .passed {
                    let output = fields.value("system_output").map { $0.stringValue ?? $0.text } ?? ""
                    result.detail = StructuredText.body(
                        [output, fields.text("stack_trace") ?? ""].filter { !$0.isEmpty }.joined(separator: "\n"))
                    result.message = StructuredText.title(String(result.detail.prefix { $0 != "\n" }))
                }
                if outcome == .failed || outcome == .errored, let stack = StackTrace.parse(result.detail) {
                    result.frames = Array(stack.frames.prefix(Limits.stackFrames))
                    result.exception = StructuredText.name(stack.exception)
                }
                result.runAt = document.fallbackTime
                result.run = document.path + "#" + suite
                result.service = document.service
                reading.tests.append(result)
            }
        }
        return reading
    }
    private static func outcome(_ status: String?) -> TestOutcome? {
        switch status {
        case "success": .passed
        case "failed": .failed
        case "error": .errored
        case "skipped": .skipped
        default: nil
        }
    }
    private static func milliseconds(_ seconds: Double?) -> Int64 {
        guard let seconds, seconds > 0, seconds < 1e12 else { return 0 }
        return Int64((seconds * 1_000).rounded())
    }

    // MARK: - Deployments

    /// One deployment that is over.
    package struct Deployment: Sendable {
        package let id: Int64
        package let status: String
        package let updatedAt: Instant
        package let environment: String
        package let commit: String?
        fileprivate let fields: FactFields

        package var isSuccess: Bool { status == "success" }
        /// An environment of a branch or merge request comes and goes.
        package var isOfReview: Bool { environment.hasPrefix("review/") }
    }

    package static func deployments(_ bytes: UnsafeRawBufferPointer) -> (deployments: [Deployment], times: [Instant]) {
        let names: [StaticString] = ["id", "sha", "ref", "status", "created_at", "updated_at", "environment", "deployable", "user"]
        let all = ObjectList.read(bytes, keeping: names) ?? []
        return (all.compactMap { deployment($0) }, all.compactMap { $0.time("updated_at") })
    }
    /// Nil for one that is not over.
    static func deployment(_ fields: FactFields) -> Deployment? {
        guard let id = fields.value("id")?.intValue, let updated = fields.time("updated_at", "created_at"),
            let status = fields.line("status"), status == "success" || status == "failed"
        else { return nil }
        return Deployment(
            id: id, status: status, updatedAt: updated, environment: fields.fields("environment")?.line("name") ?? "production",
            commit: ForgeAnswer.sha(fields.value("sha")), fields: fields)
    }

    package static func event(_ deployment: Deployment, previous: String?, from document: DocumentOrigin) -> Event {
        let fields = deployment.fields
        let job = fields.fields("deployable")
        let page = job?.url("web_url") ?? job?.fields("pipeline")?.url("web_url")
        var fact = DeploymentFact(
            scope: scope(page, document), id: String(deployment.id), environment: deployment.environment,
            isFailure: !deployment.isSuccess, at: job?.time("finished_at") ?? deployment.updatedAt)
        fact.createdAt = fields.time("created_at")
        fact.commit = deployment.commit
        fact.previousCommit = previous
        fact.version = fields.line("ref").flatMap { job?.value("tag")?.boolValue == true || ForgeAnswer.looksLikeVersion($0) ? $0 : nil }
        fact.words = job?.fields("commit")?.line("title")
        fact.actor = fields.fields("user")?.line("username")
        fact.url = page
        return fact.event(document)
    }

    // MARK: - Releases, issues, merge requests

    package static func releases(_ bytes: UnsafeRawBufferPointer, since: Instant, horizon: Instant, from document: DocumentOrigin)
        -> ListPage
    {
        let names: [StaticString] = [
            "tag_name", "name", "description", "released_at", "author", "commit", "upcoming_release", "_links",
        ]
        return ListPage(bytes, keeping: names, orderedBy: "released_at", since: since, horizon: horizon) {
            release($0, from: document)?.event(document)
        }
    }
    /// Nil for one that is yet to come, and without a tag and a time.
    static func release(_ fields: FactFields, from document: DocumentOrigin) -> ReleaseFact? {
        guard let version = fields.line("tag_name"), let at = fields.time("released_at"),
            fields.value("upcoming_release")?.boolValue != true
        else { return nil }
        let page = fields.fields("_links")?.url("self")
        var fact = ReleaseFact(scope: scope(page, document), version: version, name: fields.line("name"), at: at)
        fact.commit = ForgeAnswer.sha(fields.fields("commit")?.value("id"))
        fact.words = fields.text("description")
        fact.author = fields.fields("author")?.line("username")
        fact.url = page
        return fact
    }

    package static func issues(_ bytes: UnsafeRawBufferPointer, since: Instant, horizon: Instant, from document: DocumentOrigin) -> ListPage
    {
        let names: [StaticString] = [
            "iid", "title", "description", "state", "labels", "author", "created_at", "updated_at", "closed_at", "web_url", "issue_type",
            "severity",
        ]
        return ListPage(bytes, keeping: names, orderedBy: "updated_at", since: since, horizon: horizon) {
            issue($0, from: document)?.event(document)
        }
    }
    /// Nil without a number, a title and a time.
    static func issue(_ fields: FactFields, from document: DocumentOrigin) -> IssueFact? {
        guard let number = fields.line("iid"), let title = fields.line("title"), let created = fields.time("created_at") else { return nil }
        let page = fields.url("web_url")
        var fact = IssueFact(scope: scope(page, document), key: "#\(number)", title: title, createdAt: created)
        fact.updatedAt = fields.time("updated_at")
        fact.closedAt = fields.time("closed_at")
        fact.status = fields.line("state")
        // The API and the webhooks write them in large letters and in small ones.
        fact.kind = fields.line("issue_type").map { $0.lowercased() }.flatMap { $0 == "issue" ? nil : $0 }
        fact.priority = fields.line("severity").map { $0.lowercased() }.flatMap { $0 == "unknown" ? nil : $0 }
        fact.labels = ForgeAnswer.labels(fields.value("labels"))
        fact.words = fields.text("description")
        fact.reporter = fields.fields("author")?.line("username")
        fact.url = page
        return fact
    }

    package static func mergeRequests(_ bytes: UnsafeRawBufferPointer, since: Instant, horizon: Instant, from document: DocumentOrigin)
        -> ListPage
    {
        let names: [StaticString] = [
            "iid", "title", "description", "labels", "author", "updated_at", "merged_at", "merge_commit_sha", "squash_commit_sha", "sha",
            "target_branch", "web_url",
        ]
        return ListPage(bytes, keeping: names, orderedBy: "updated_at", since: since, horizon: horizon) {
            mergeRequest($0, from: document)?.event(document)
        }
    }
    /// Nil for one that is not merged.
    static func mergeRequest(_ fields: FactFields, from document: DocumentOrigin) -> MergedChangeFact? {
        guard let number = fields.line("iid"), let title = fields.line("title"), let merged = fields.time("merged_at") else { return nil }
        let page = fields.url("web_url")
        var fact = MergedChangeFact(scope: scope(page, document), number: "!\(number)", title: title, at: merged)
        fact.updatedAt = fields.time("updated_at")
        // Merged without a commit of its own, the last commit of the request is what came in.
        fact.commit = ForgeAnswer.sha(fields.value("merge_commit_sha", "squash_commit_sha", "sha"))
        fact.branch = fields.line("target_branch")
        fact.words = fields.text("description")
        fact.author = fields.fields("author")?.line("username")
        fact.labels = ForgeAnswer.labels(fields.value("labels"))
        fact.url = page
        return fact
    }
}
