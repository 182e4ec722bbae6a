import Model

/// GitHub's webhooks (<https://docs.github.com/en/webhooks/webhook-events-and-payloads>). The name of the event stands in a header
/// that a file does not keep, so it is told by what is in it. Items have the shape that the API gives them, so `GitHubReader` reads them.
struct GitHubWebhook {
    private let fields: FactFields
    private let document: DocumentOrigin
    private let defaultBranch: String?

    init(_ fields: FactFields, _ document: DocumentOrigin) {
        self.fields = fields
        let repository = fields.fields("repository")
        let name = repository?.line("full_name") ?? ""
        self.document = document.telling(of: name, at: ForgeProject.gitHub(repository?.url("html_url", "url")) ?? "github/\(name)")
        defaultBranch = repository?.line("default_branch")
    }

    func read(_ reading: inout Reading) {
        let action = fields.line("action") ?? ""
        if let deployment = fields.fields("deployment") {
            readDeployment(deployment, fields.fields("deployment_status"), &reading)
        } else if let run = fields.fields("workflow_run") {
            if action == "completed" { readRun(run, &reading) }
        } else if let check = fields.fields("check_run") {
            if action == "completed" { readCheck(check, &reading) }
        } else if let release = fields.fields("release") {
            if action == "published" || action == "released" { readRelease(release, &reading) }
        } else if fields.fields("comment") != nil || fields.fields("review") != nil {
            return  // what is said of an issue or of a pull request
        } else if let issue = fields.fields("issue") {
            if Self.issueActions.contains(action) { readIssue(issue, &reading) }
        } else if let request = fields.fields("pull_request") {
            if Self.requestActions.contains(action) { readRequest(request, &reading) }
        } else if fields.value("commits") != nil {
            document.readPush(fields, defaultBranch: defaultBranch, into: &reading)
        }
    }

    /// Those that change what an issue or a pull request tells.
    private static let issueActions: Set = ["opened", "reopened", "closed", "edited", "labeled", "unlabeled", "typed", "untyped"]
    private static let requestActions: Set = ["closed", "edited", "labeled", "unlabeled"]

    private func refuse(_ what: String, _ inner: FactFields, _ reading: inout Reading) {
        reading.refuse("GitHub's \(what) has no `id` and time", excerpt: FactDocument.excerpt(inner))
    }

    /// What was only asked for, waits or runs is told again when it is done.
    private func readDeployment(_ fields: FactFields, _ status: FactFields?, _ reading: inout Reading) {
        guard let deployment = GitHubReader.Deployment(fields) else { return refuse("deployment", fields, &reading) }
        guard let status else { return }
        let outcome = GitHubReader.outcome([status])
        if let event = GitHubReader.event(deployment, outcome, previous: nil, from: document) { reading.events.append(event) }
    }

    private func readRun(_ fields: FactFields, _ reading: inout Reading) {
        guard let run = GitHubReader.Run(fields) else { return refuse("run", fields, &reading) }
        guard run.isFailure || run.isSuccess, !run.isOfPullRequest else { return }
        let fact = GitHubReader.fact(run, from: document)
        reading.events.append(document.placed(fact, defaultBranch: defaultBranch).event(document))
    }

    /// Of the checks of other programs those that fail: the ones that pass are the steps of builds that pass, and what Actions checks is
    /// told by its runs.
    private func readCheck(_ fields: FactFields, _ reading: inout Reading) {
        guard ["failure", "timed_out", "startup_failure"].contains(fields.line("conclusion")),
            fields.fields("app")?.line("slug") != "github-actions", fields.value("pull_requests")?.arrayValue?.isEmpty != false
        else { return }
        guard let id = fields.value("id")?.intValue, let ended = fields.time("completed_at") else {
            return refuse("check", fields, &reading)
        }
        var fact = BuildFact(
            scope: document.path, name: fields.line("name") ?? "check", number: id, outcome: .failed, endedAt: ended)
        fact.id = "check \(id)"
        fact.startedAt = fields.time("started_at")
        fact.branch = fields.fields("check_suite")?.line("head_branch")
        fact.commit = ForgeAnswer.sha(fields.value("head_sha"))
        fact.url = fields.url("html_url", "details_url")
        reading.events.append(document.placed(fact, defaultBranch: defaultBranch).event(document))
    }

    private func readRelease(_ fields: FactFields, _ reading: inout Reading) {
        guard let fact = GitHubReader.release(fields, from: document) else {
            return reading.refuse("GitHub's release has no `tag_name` and `published_at`", excerpt: FactDocument.excerpt(fields))
        }
        reading.events.append(fact.event(document))
    }

    private func readIssue(_ fields: FactFields, _ reading: inout Reading) {
        guard let fact = GitHubReader.issue(fields, from: document) else {
            return reading.refuse("GitHub's issue has no `number` and `created_at`", excerpt: FactDocument.excerpt(fields))
        }
        reading.events.append(fact.event(document))
    }

    private func readRequest(_ fields: FactFields, _ reading: inout Reading) {
        if let fact = GitHubReader.pullRequest(fields, from: document) { reading.events.append(fact.event(document)) }
    }
}
