import Model

/// Reads what services send to a webhook, told by its content: Alertmanager, Grafana's unified alerting and PagerDuty (as
/// `AlertmanagerReader` does), GitHub (`GitHubWebhook`) and GitLab (`GitLabWebhook`). A body that a form carries as `payload=…` is taken
/// out of it. The facts are those of the connectors that ask the same services, so that what is told both ways is one event.
///
/// What such a service sends about other things than deployments, commits, builds, releases, issues and merged changes is no fact, and
/// no fault.
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

/// What the webhooks of both forges have in common.
extension DocumentOrigin {
    /// Of facts of a project at `place`, whose `name` (`owner/name`) the configuration may give a service.
    func telling(of name: String, at place: String) -> DocumentOrigin {
        var document = self
        document.path = place
        document.service = services[name] ?? service
        return document
    }

    /// A build of a branch: the failures of any but the default one alarm nobody.
    func placed(_ fact: BuildFact, defaultBranch: String?) -> BuildFact {
        var fact = fact
        fact.service = services[fact.name]
        fact.isSideline = fact.branch.flatMap { branch in defaultBranch.map { $0 != branch } } ?? false
        return fact
    }

    /// The commits of a push, which GitHub and GitLab list in the same shape. What is on other branches than the default one runs nowhere.
    func readPush(_ fields: FactFields, defaultBranch: String?, into reading: inout Reading) {
        guard fields.line("ref") == "refs/heads/\(defaultBranch ?? "main")" else { return }
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
            commit.service = service
            commit.countsLines = false
            commit.url = item.url("url")
            for list in ["added", "modified", "removed"] {
                for path in item.value(list)?.arrayValue ?? [] {
                    guard let path = path.stringValue, !path.isEmpty else { continue }
                    commit.touch(TouchedFile(path: path.clipped(to: 1_000), added: 0, deleted: 0))
                }
            }
            reading.events.append(commit.event(self))
        }
    }
}
