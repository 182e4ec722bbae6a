import Model

/// GitLab's webhooks (<https://docs.gitlab.com/user/project/integrations/webhook_events/>). They call things otherwise than the API does:
/// each is put into the API's words, and `GitLabReader` reads it.
struct GitLabWebhook {
    private let fields: FactFields
    private let document: DocumentOrigin
    private let page: String?
    private let defaultBranch: String?

    init(_ fields: FactFields, _ document: DocumentOrigin) {
        self.fields = fields
        let project = fields.fields("project")
        let name = project?.line("path_with_namespace") ?? ""
        page = project?.url("web_url")
        self.document = document.telling(of: name, at: ForgeProject.gitLab(page) ?? "gitlab/\(name)")
        defaultBranch = project?.line("default_branch")
    }

    func read(_ kind: String, _ reading: inout Reading) {
        switch kind {
        case "pipeline": readPipeline(&reading)
        case "deployment": readDeployment(&reading)
        case "release": readRelease(&reading)
        case "issue": readIssue(&reading)
        case "merge_request": readMergeRequest(&reading)
        case "push": document.readPush(fields, defaultBranch: defaultBranch, into: &reading)
        default: break
        }
    }

    private func refuse(_ what: String, without names: String, _ inner: FactFields, _ reading: inout Reading) {
        reading.refuse("GitLab's \(what) has no \(names)", excerpt: FactDocument.excerpt(inner))
    }

    // MARK: - Words of the API

    /// With times in RFC 3339, and members that the API calls otherwise; those without a value stay as they are.
    private static func translated(_ members: [String: JSONValue], _ more: [String: JSONValue?]) -> FactFields {
        var out = members.merging(more.compactMapValues { $0 == .null ? nil : $0 }) { $1 }
        for name in ["created_at", "updated_at", "finished_at", "released_at", "closed_at", "merged_at"] {
            out[name] = out[name].map(time)
        }
        return FactFields(out)
    }
    /// `2026-03-10 14:08:00 UTC` and `2026-03-10 14:08:00 +0200` in RFC 3339.
    private static func time(_ value: JSONValue) -> JSONValue {
        let words = (value.stringValue ?? "").split(separator: " ")
        guard words.count == 3 else { return value }
        return .string("\(words[0])T\(words[1])\(words[2] == "UTC" ? "Z" : words[2])")
    }
    private func page(of section: String, _ id: JSONValue?) -> JSONValue? {
        guard let page, let id = id?.scalarText else { return nil }
        return .string("\(page)/-/\(section)/\(id)")
    }

    // MARK: - What they tell

    private func readPipeline(_ reading: inout Reading) {
        guard let members = fields.fields("object_attributes")?.members, ["success", "failed"].contains(members["status"]?.stringValue)
        else { return }
        let told = Self.translated(
            members, ["web_url": members["url"] ?? page(of: "pipelines", members["id"]), "updated_at": members["finished_at"]])
        guard let pipeline = GitLabReader.Pipeline(told) else {
            return refuse("pipeline", without: "`id` and `created_at`", told, &reading)
        }
        // What a parent began fails it, too; the API does not list it.
        guard !pipeline.isOfMergeRequest, told.line("source") != "parent_pipeline" else { return }
        let jobs = (fields.value("builds")?.arrayValue ?? []).prefix(1_000).compactMap { FactFields($0)?.members }
        let job = GitLabReader.failedJob(
            jobs.map { Self.translated($0, ["web_url": page(of: "jobs", $0["id"]), "commit": fields.value("commit")]) })
        let fact = GitLabReader.fact(pipeline, job: pipeline.isFailure ? job : nil, from: document)
        reading.events.append(document.placed(fact, defaultBranch: defaultBranch).event(document))
    }

    private func readDeployment(_ reading: inout Reading) {
        guard ["success", "failed"].contains(fields.line("status")) else { return }
        let commit = fields.url("commit_url")?.split(separator: "/").last.map { JSONValue.string(String($0)) }
        let job = JSONValue.compact([
            "web_url": fields.value("deployable_url"), "commit": .compact(["title": fields.value("commit_title")]),
        ])
        let told = Self.translated(
            fields.members,
            [
                "id": fields.value("deployment_id"), "sha": commit, "updated_at": fields.value("status_changed_at"), "deployable": job,
                "environment": .compact(["name": fields.value("environment")]),
            ])
        guard let deployment = GitLabReader.deployment(told) else {
            return refuse("deployment", without: "`deployment_id` and `status_changed_at`", fields, &reading)
        }
        reading.events.append(GitLabReader.event(deployment, previous: nil, from: document))
    }

    private func readRelease(_ reading: inout Reading) {
        guard fields.line("action") != "delete" else { return }
        let told = Self.translated(
            fields.members, ["tag_name": fields.value("tag"), "_links": .compact(["self": fields.value("url")])])
        guard let fact = GitLabReader.release(told, from: document) else {
            return refuse("release", without: "`tag` and `released_at`", fields, &reading)
        }
        reading.events.append(fact.event(document))
    }

    /// Who acted is the author of what was just opened only.
    private func attributes(_ more: (FactFields) -> [String: JSONValue?]) -> FactFields? {
        guard let inner = fields.fields("object_attributes") else { return nil }
        let author = inner.line("action") == "open" ? fields.value("user") : nil
        return Self.translated(
            inner.members,
            ["web_url": inner.value("url"), "author": author, "labels": inner.value("labels") ?? fields.value("labels")]
                .merging(more(inner)) { $1 })
    }

    private func readIssue(_ reading: inout Reading) {
        let told = attributes { inner in
            [
                "issue_type": inner.value("type"),
                "closed_at": inner.value("closed_at") ?? (inner.line("action") == "close" ? inner.value("updated_at") : nil),
            ]
        }
        guard let told, let fact = GitLabReader.issue(told, from: document) else {
            return refuse("issue", without: "`iid`, `title` and `created_at`", fields, &reading)
        }
        reading.events.append(fact.event(document))
    }

    /// A merge request is merged when it was changed last, unless it says when.
    private func readMergeRequest(_ reading: inout Reading) {
        let told = attributes { inner in
            [
                "merged_at": inner.value("merged_at") ?? (inner.line("action") == "merge" ? inner.value("updated_at") : nil),
                "sha": inner.fields("last_commit")?.value("id"),
            ]
        }
        guard let told, told.line("state") == "merged", let fact = GitLabReader.mergeRequest(told, from: document) else { return }
        reading.events.append(fact.event(document))
    }
}
