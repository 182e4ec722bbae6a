import Model

/// Reads what services send to a webhook, told by its content: Alertmanager, Grafana's unified alerting and PagerDuty (as
/// `AlertmanagerReader` does), GitHub and GitLab. A body that a form carries as `payload=…` is taken out of it.
///
/// What such a service sends about other things than deployments, commits, builds, releases and issues is no fact, and no fault.
package enum WebhookReader {
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        if bytes.prefix(8).elementsEqual("payload=".utf8) {
            return Array(unescaped(bytes.dropFirst(8)).utf8).withUnsafeBytes { readJSON($0, document) }
        }
        return readJSON(bytes, document)
    }

    /// False while somebody is still writing: what is there is no whole document.
    package static func isWhole(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.prefix(8).elementsEqual("payload=".utf8) {
            return Array(unescaped(bytes.dropFirst(8)).utf8).withUnsafeBytes { isWhole($0) }
        }
        if case .success = JSONReader.withDocument(bytes, { _ in }) { return true }
        return false
    }

    private static func readJSON(_ bytes: UnsafeRawBufferPointer, _ document: DocumentOrigin) -> Reading {
        if JSONReader.withDocument(bytes, isAlertsAlone) == .success(true) { return AlertmanagerReader.read(bytes, from: document) }
        var reading = Reading()
        guard case .success(.object(let members)) = JSONReader.parse(bytes) else {
            return bytes.isEmpty ? reading : AlertmanagerReader.read(bytes, from: document)  // a list, lines, or a fault with its place
        }
        let fields = FactFields(members)
        if let kind = fields.line("object_kind") {
            GitLabWebhook(fields, document).read(kind, &reading)
        } else if fields.fields("repository") != nil || fields.line("zen") != nil {
            GitHubWebhook(fields, document).read(&reading)
        } else if let event = fields.fields("event"), event.line("event_type") != nil, !isIncident(event) {
            return reading  // PagerDuty also sends notes, responders and a ping
        } else if fields.line("specversion") != nil {
            return CloudEventsReader.read(bytes, from: document)
        } else {
            return AlertmanagerReader.read(bytes, from: document)
        }
        return reading
    }

    /// What most hooks bring, told without building it.
    private static func isAlertsAlone(_ node: JSONNode) -> Bool {
        let others: [StaticString] = ["object_kind", "repository", "zen", "event", "specversion"]
        return node["alerts"]?.isArray == true && !others.contains { node[$0] != nil }
    }

    private static func isIncident(_ event: FactFields) -> Bool { event.fields("data")?.line("type") == "incident" }

    /// As `application/x-www-form-urlencoded` writes the value of a field.
    private static func unescaped(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        var out: [UInt8] = []
        var at = bytes.startIndex
        while at < bytes.endIndex, bytes[at] != UInt8(ascii: "&") {
            if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.endIndex, let high = StructuredText.hexDigit(bytes[at + 1]),
                let low = StructuredText.hexDigit(bytes[at + 2])
            {
                out.append(high << 4 | low)
                at += 3
            } else {
                out.append(bytes[at] == UInt8(ascii: "+") ? 32 : bytes[at])
                at += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

/// What both forges say in their own words.
struct ForgeFacts {
    let document: DocumentOrigin
    /// `owner/name`.
    let repository: String
    /// Tells the same number of two repositories and forges apart.
    let place: String

    /// A service is called like its repository unless the source says otherwise.
    var service: String? {
        document.service ?? StructuredText.name(repository.split(separator: "/").last.map(String.init))
    }

    /// One deployment is one fact, whatever became of it.
    func deployment(
        id: String, status: String, at time: Instant, environment: String?, commit: String?, version: String?, by author: String?,
        url: String?
    ) -> Event {
        let isFailed = ["failure", "error", "failed", "canceled"].contains(status)
        let what = version ?? commit.map { String($0.prefix(12)) } ?? ""
        let name = service ?? repository
        let place = environment.map { " to \($0)" } ?? ""
        return Event(
            source: .deploys, type: .deployment, subject: "\(self.place)#deployment/\(id)", at: time,
            severity: isFailed ? .medium : .info,
            title: StructuredText.title(
                "\(isFailed ? "deployment failed: " : "deployed ")\(name)\(what.isEmpty ? "" : " " + what)\(place)"),
            service: service, environment: document.environment ?? environment,
            attributes: compact([
                EventAttribute.status: .string(status), EventAttribute.version: version.map { .string($0) },
                EventAttribute.author: author.map { .string($0) }, "repository": .string(repository),
            ]), origin: document.origin, sourceID: id, url: url, commit: commit)
    }

    func build(
        id: String, name: String, isFailed: Bool, status: String, at time: Instant, branch: String?, commit: String?, url: String?
    ) -> Event {
        Event(
            source: .ci, type: isFailed ? .buildFailure : .build, subject: "\(place)#build/\(id)", at: time,
            severity: isFailed ? .medium : .info,
            title: StructuredText.title("\(name) \(isFailed ? "failed" : "passed")\(branch.map { " on \($0)" } ?? "")"),
            service: service, environment: document.environment,
            attributes: compact([
                EventAttribute.status: .string(status), "branch": branch.map { .string($0) }, "repository": .string(repository),
            ]), origin: document.origin, sourceID: id, url: url, commit: commit)
    }

    /// What a deployment names, when it is a version: not a commit, and not the branch that all are made from.
    func version(_ ref: String?, commit: String?, _ fields: FactFields?) -> String? {
        guard let ref, ref.lowercased() != commit, ![fields?.line("default_branch") ?? "main", "main", "master"].contains(ref) else {
            return nil
        }
        return ref.hasPrefix("refs/tags/") ? String(ref.dropFirst(10)) : ref
    }

    /// The commits of a push, which GitHub and GitLab list in the same shape.
    func commits(_ fields: FactFields, _ reading: inout Reading) {
        for item in (fields.value("commits")?.arrayValue ?? []).prefix(Limits.commitsPerPage) {
            guard let item = FactFields(item), let sha = item.line("id")?.lowercased(), CommitFact.isSHA(sha),
                let time = item.time("timestamp")
            else {
                reading.refuse("the commit has no `id` and `timestamp`", excerpt: FactFields(item).map(FactDocument.excerpt) ?? "")
                continue
            }
            let message = item.text("message") ?? ""
            var commit = CommitFact(sha: sha, committedAt: time, subject: String(message.prefix { $0 != "\n" }))
            commit.author = item.fields("author")?.line("name", "username") ?? ""
            commit.body = String(message.drop { $0 != "\n" })
            commit.service = document.service
            commit.url = item.url("url")
            for list in ["added", "modified", "removed"] {
                for path in item.value(list)?.arrayValue ?? [] {
                    guard let path = path.stringValue, !path.isEmpty else { continue }
                    commit.touch(TouchedFile(path: path.clipped(to: 1_000), added: 0, deleted: 0))
                }
            }
            reading.events.append(commit.event(document))
        }
    }

    func compact(_ members: [String: JSONValue?]) -> [String: JSONValue] { StructuredText.bounded(members.compactMapValues { $0 }) }
}

/// GitHub's webhooks (<https://docs.github.com/en/webhooks/webhook-events-and-payloads>). The name of the event stands in a header
/// that a file does not keep, so it is told by what is in it.
private struct GitHubWebhook {
    private let fields: FactFields
    private let facts: ForgeFacts
    private let document: DocumentOrigin

    init(_ fields: FactFields, _ document: DocumentOrigin) {
        self.fields = fields
        self.document = document
        let repository = fields.fields("repository")
        facts = ForgeFacts(
            document: document, repository: repository?.line("full_name") ?? "", place: repository?.url("html_url") ?? "github")
    }

    func read(_ reading: inout Reading) {
        let action = fields.line("action") ?? ""
        if let deployment = fields.fields("deployment") {
            readDeployment(deployment, fields.fields("deployment_status"), &reading)
        } else if let run = fields.fields("workflow_run") ?? fields.fields("check_run") {
            if action == "completed" { readRun(run, isCheck: fields.fields("check_run") != nil, &reading) }
        } else if let release = fields.fields("release") {
            if action == "published" || action == "released" { readRelease(release, &reading) }
        } else if let issue = fields.fields("issue"), fields.fields("comment") == nil {
            if Self.issueActions.contains(action) { readIssue(issue, &reading) }
        } else if let ref = fields.line("ref"), fields.value("commits") != nil {
            // What is on other branches runs nowhere.
            let branch = fields.fields("repository")?.line("default_branch") ?? "main"
            if ref == "refs/heads/\(branch)" { facts.commits(fields, &reading) }
        }
    }

    /// Those that change what an issue tells.
    private static let issueActions: Set = ["opened", "reopened", "closed", "edited", "labeled", "unlabeled", "typed", "untyped"]

    private func refuse(_ what: String, _ inner: FactFields, _ reading: inout Reading) {
        reading.refuse("GitHub's \(what) has no `id` and time", excerpt: FactDocument.excerpt(inner))
    }

    private func readDeployment(_ deployment: FactFields, _ status: FactFields?, _ reading: inout Reading) {
        let state = status?.line("state") ?? "created"
        // What waits or runs is told again when it is done.
        guard ["created", "success", "failure", "error"].contains(state) else { return }
        guard let id = deployment.line("id"), let time = status?.time("created_at") ?? deployment.time("created_at") else {
            return refuse("deployment", deployment, &reading)
        }
        let commit = deployment.line("sha")?.lowercased()
        reading.events.append(
            facts.deployment(
                id: id, status: state, at: time, environment: deployment.line("environment"), commit: commit,
                version: facts.version(deployment.line("ref"), commit: commit, fields.fields("repository")),
                by: deployment.fields("creator")?.line("login"),
                url: status?.url("log_url", "target_url") ?? deployment.url("url")))
    }

    private func readRun(_ run: FactFields, isCheck: Bool, _ reading: inout Reading) {
        let conclusion = run.line("conclusion") ?? ""
        let isFailed = ["failure", "timed_out", "startup_failure"].contains(conclusion)
        // The checks that pass are the steps of builds that pass.
        guard isFailed || conclusion == "success" && !isCheck else { return }
        guard let id = run.line("id"), let time = run.time("completed_at", "updated_at") else {
            return refuse("run", run, &reading)
        }
        reading.events.append(
            facts.build(
                id: (isCheck ? "check/" : "") + id, name: run.line("name") ?? "build", isFailed: isFailed, status: conclusion, at: time,
                branch: run.line("head_branch") ?? run.fields("check_suite")?.line("head_branch"),
                commit: run.line("head_sha")?.lowercased(), url: run.url("html_url")))
    }

    private func readRelease(_ release: FactFields, _ reading: inout Reading) {
        guard let id = release.line("id"), let time = release.time("published_at", "created_at") else {
            return refuse("release", release, &reading)
        }
        let tag = release.line("tag_name")
        reading.events.append(
            Event(
                source: .git, type: .tag, subject: "\(facts.place)#release/\(id)", at: time,
                title: StructuredText.title("released \(facts.service ?? facts.repository) \(tag ?? release.line("name") ?? id)"),
                body: release.text("body") ?? "", service: facts.service, environment: document.environment,
                attributes: facts.compact([
                    EventAttribute.version: tag.map { .string($0) }, "repository": .string(facts.repository),
                    EventAttribute.author: release.fields("author")?.line("login").map { .string($0) },
                ]), origin: document.origin, sourceID: id, url: release.url("html_url")))
    }

    private func readIssue(_ issue: FactFields, _ reading: inout Reading) {
        guard let fact = GitHubReader.issue(issue, scope: facts.place) else { return refuse("issue", issue, &reading) }
        var document = document
        document.service = facts.service
        reading.events.append(fact.event(document))
    }
}

/// GitLab's webhooks (<https://docs.gitlab.com/user/project/integrations/webhook_events/>).
private struct GitLabWebhook {
    private let fields: FactFields
    private let facts: ForgeFacts
    private let document: DocumentOrigin

    init(_ fields: FactFields, _ document: DocumentOrigin) {
        self.fields = fields
        self.document = document
        let project = fields.fields("project")
        facts = ForgeFacts(
            document: document, repository: project?.line("path_with_namespace") ?? "", place: project?.url("web_url") ?? "gitlab")
    }

    func read(_ kind: String, _ reading: inout Reading) {
        switch kind {
        case "pipeline": readPipeline(&reading)
        case "deployment": readDeployment(&reading)
        case "push":
            let branch = fields.fields("project")?.line("default_branch") ?? "main"
            if fields.line("ref") == "refs/heads/\(branch)" { facts.commits(fields, &reading) }
        default: break
        }
    }

    /// `2026-03-10 14:08:00 UTC` and `2026-03-10 14:08:00 +0200` as well as RFC 3339.
    private static func time(_ fields: FactFields, _ names: String...) -> Instant? {
        for name in names {
            guard let text = fields.line(name) else { continue }
            if let time = Instant(text: text) { return time }
            let words = text.split(separator: " ")
            guard words.count == 3 else { continue }
            let zone = words[2] == "UTC" ? "Z" : words[2].count == 5 ? "\(words[2].prefix(3)):\(words[2].suffix(2))" : String(words[2])
            if let time = Instant(rfc3339: "\(words[0])T\(words[1])\(zone)") { return time }
        }
        return nil
    }

    private func readPipeline(_ reading: inout Reading) {
        guard let pipeline = fields.fields("object_attributes"), let status = pipeline.line("status"),
            ["success", "failed"].contains(status)
        else { return }
        guard let id = pipeline.line("id"), let time = Self.time(pipeline, "finished_at", "created_at") else {
            return reading.refuse("GitLab's pipeline has no `id` and `finished_at`", excerpt: FactDocument.excerpt(pipeline))
        }
        let page = fields.fields("project")?.url("web_url").map { "\($0)/-/pipelines/\(id)" }
        reading.events.append(
            facts.build(
                id: id, name: pipeline.line("name") ?? "pipeline", isFailed: status == "failed", status: status, at: time,
                branch: pipeline.line("ref"), commit: pipeline.line("sha")?.lowercased(), url: pipeline.url("url") ?? page))
    }

    private func readDeployment(_ reading: inout Reading) {
        guard let status = fields.line("status"), ["success", "failed", "canceled"].contains(status) else { return }
        guard let id = fields.line("deployment_id"), let time = Self.time(fields, "status_changed_at") else {
            return reading.refuse(
                "GitLab's deployment has no `deployment_id` and `status_changed_at`", excerpt: FactDocument.excerpt(fields))
        }
        let whole = fields.url("commit_url")?.split(separator: "/").last.map { $0.lowercased() }
        let commit = whole.flatMap { CommitFact.isSHA($0) ? $0 : nil } ?? fields.line("short_sha")?.lowercased()
        reading.events.append(
            facts.deployment(
                id: id, status: status, at: time, environment: fields.line("environment"), commit: commit,
                version: facts.version(fields.line("ref"), commit: commit, fields.fields("project")),
                by: fields.fields("user")?.line("username", "name"), url: fields.url("deployable_url", "commit_url")))
    }
}
