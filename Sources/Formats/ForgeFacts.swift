import Model

/// What forges and trackers tell, whichever they are and whichever way they tell it (asked, or by a webhook): the one place that makes
/// events of their deployments, releases, merged changes and issues; of builds see `BuildFact`. `scope` is the project on its server, so
/// that numbers of two projects are never one fact.

/// One deployment that ended: it is live, or it failed.
struct DeploymentFact {
    var scope: String
    var id: String
    var environment: String
    var isFailure: Bool
    var at: Instant
    var createdAt: Instant?
    var commit: String?
    /// What was live in the environment before.
    var previousCommit: String?
    var service: String?
    /// What was deployed, where it has a name that is no commit.
    var version: String?
    var words: String?
    var actor: String?
    var url: String?

    func event(_ document: DocumentOrigin) -> Event {
        let service = service ?? document.service
        let what = service ?? scope.split(separator: "/").last.map(String.init) ?? scope
        let version = StructuredText.name(version)
        let name = [what, version ?? commit.map { String($0.prefix(12)) }].compactMap { $0 }.joined(separator: " ")
        var attributes: [String: JSONValue] = [EventAttribute.status: .string(isFailure ? "failed" : "succeeded")]
        for (name, value) in [
            (EventAttribute.version, version), (EventAttribute.previousCommit, previousCommit), (EventAttribute.author, actor),
        ] {
            if let value = StructuredText.name(value) { attributes[name] = .string(value) }
        }
        if let createdAt { attributes["duration_ms"] = .int(max(0, at - createdAt)) }
        // What failed did not change what is live: it is a signal of its own.
        return Event(
            source: isFailure ? .ci : .deploys, type: isFailure ? .buildFailure : .deployment, subject: "\(scope) deployment \(id)",
            isGlobal: true, at: at, severity: isFailure ? .medium : .info,
            title: StructuredText.title(
                isFailure ? "deployment of \(name) to \(environment) failed" : "deployed \(name) to \(environment)"),
            body: StructuredText.body(words ?? ""), service: service, environment: StructuredText.name(environment) ?? document.environment,
            attributes: StructuredText.bounded(attributes), origin: document.origin, sourceID: id, url: StructuredText.url(url),
            commit: commit)
    }
}

/// A release: a version that was published, not yet what runs somewhere.
struct ReleaseFact {
    var scope: String
    var version: String
    var name: String?
    var at: Instant
    var commit: String?
    var words: String?
    var author: String?
    var url: String?

    func event(_ document: DocumentOrigin) -> Event {
        var attributes: [String: JSONValue] = [EventAttribute.version: .string(StructuredText.title(version))]
        if let author = StructuredText.name(author) { attributes[EventAttribute.author] = .string(author) }
        let more = StructuredText.name(name).flatMap { $0 == version ? nil : ": \($0)" } ?? ""
        return Event(
            source: .git, type: .tag, subject: "\(scope) release \(version)", isGlobal: true, at: at, role: .change,
            title: StructuredText.title("released \(version)\(more)"), body: StructuredText.body(words ?? ""), service: document.service,
            environment: document.environment, tags: [StructuredText.title(version)], attributes: attributes, origin: document.origin,
            sourceID: version, url: StructuredText.url(url), commit: commit)
    }
}

/// A pull or merge request that was merged. The commit itself is git's to tell; this says what was discussed under which number.
struct MergedChangeFact {
    static let type = EventType(rawValue: "pull_request")
    var scope: String
    /// `#12`, `!12`
    var number: String
    var title: String
    var at: Instant
    /// When anything of it last changed: of two tellings the later counts.
    var updatedAt: Instant?
    var commit: String?
    var branch: String?
    var words: String?
    var author: String?
    var labels: [String] = []
    var url: String?

    func event(_ document: DocumentOrigin) -> Event {
        var attributes: [String: JSONValue] = ["number": .string(number)]
        if let author = StructuredText.name(author) { attributes[EventAttribute.author] = .string(author) }
        if let branch = StructuredText.name(branch) { attributes["branch"] = .string(branch) }
        if let updatedAt { attributes[EventAttribute.revisedAt] = .int(updatedAt.wholeSecond.ms) }
        return Event(
            source: .git, type: Self.type, subject: "\(scope) \(number)", isGlobal: true, at: at, role: .context,
            title: StructuredText.title("merged \(number): \(title)"), body: StructuredText.body(words ?? ""), service: document.service,
            environment: document.environment, tags: labels, attributes: attributes, origin: document.origin, sourceID: number,
            url: StructuredText.url(url), commit: commit)
    }
}

/// An issue of a tracker. What tells of a fault is a report, a signal; what asks for a feature, a text or a chore is context. One of which
/// nobody has said yet what it is, is a report of low severity: it tells more of an investigation, and opens none.
struct IssueFact {
    var scope: String
    /// `#12`, `SHOP-12`
    var key: String
    var title: String
    var createdAt: Instant
    /// When anything of it last changed: of two tellings the later counts.
    var updatedAt: Instant?
    var closedAt: Instant?
    var status: String?
    /// The tracker's own kind, such as `Bug`.
    var kind: String?
    /// The tracker's own word for how bad or how urgent it is.
    var priority: String?
    var labels: [String] = []
    var words: String?
    var reporter: String?
    var component: String?
    var url: String?

    private var drawers: Set<String> { Set((labels + [kind].compactMap { $0 }).flatMap(Self.words)) }
    private var isFault: Bool { !drawers.isDisjoint(with: Self.faults) }
    var isReport: Bool { isFault || drawers.isDisjoint(with: Self.others) }
    private static let faults: Set<String> = [
        "bug", "bugs", "defect", "incident", "outage", "regression", "crash", "problem", "fault", "failure", "error", "hotfix",
    ]
    private static let others: Set<String> = [
        "enhancement", "feature", "features", "improvement", "proposal", "idea", "wish", "documentation", "docs", "question", "discussion",
        "support", "dependencies", "chore", "refactor", "refactoring", "maintenance", "task", "story", "epic", "subtask", "spike", "test",
        "requirement", "change", "duplicate", "invalid", "wontfix",
    ]
    private static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// By the tracker's own word, else by a label such as `P1`, `sev-2`, `priority::high` or `blocker`; without them that of a fault is
    /// medium. Of what is not called a fault only a label or a word above the middle counts, which many trackers give to every issue.
    var severity: Severity {
        let told = priority.flatMap(Self.severity(ofPriority:))
        let labelled = labels.lazy.compactMap(Self.severity(ofLabel:)).first
        if isFault || labelled != nil { return told ?? labelled ?? .medium }
        return told.flatMap { $0 > .medium ? $0 : nil } ?? .low
    }
    private static func severity(ofPriority text: String) -> Severity? {
        for word in words(text) {
            switch word {
            case "highest", "urgent", "immediate", "1", "p0", "s1", "sev0": return .critical
            case "2", "s2": return .high
            case "3", "s3": return .medium
            case "lowest", "trivial", "4", "s4": return .low
            default: if let severity = Severity(word: word) { return severity }
            }
        }
        return nil
    }
    private static func severity(ofLabel label: String) -> Severity? {
        let words = words(label)
        guard let first = words.first else { return nil }
        if ["severity", "sev", "priority", "prio", "urgency", "impact"].contains(first) {
            return severity(ofPriority: words.dropFirst().joined(separator: " "))
        }
        guard words.count == 1 else { return nil }
        let plain: Set = ["p0", "p1", "p2", "p3", "p4", "s1", "s2", "s3", "s4", "sev0", "sev1", "sev2", "sev3", "sev4"]
        return plain.contains(first) || ["blocker", "critical", "urgent"].contains(first) ? severity(ofPriority: first) : nil
    }

    func event(_ document: DocumentOrigin) -> Event {
        let isReport = isReport
        let status = StructuredText.name(status) ?? (closedAt == nil ? "open" : "closed")
        var attributes: [String: JSONValue] = [EventAttribute.status: .string(status)]
        if let updatedAt { attributes[EventAttribute.revisedAt] = .int(updatedAt.wholeSecond.ms) }
        if let closedAt { attributes[EventAttribute.endedAt] = .int(max(createdAt, closedAt).ms) }
        for (name, value) in [("reporter", reporter), ("kind", kind), ("priority", priority)] {
            if let value = StructuredText.name(value) { attributes[name] = .string(value) }
        }
        return Event(
            source: .tickets, type: .report, subject: "\(scope) \(key)", isGlobal: true, at: createdAt,
            role: isReport ? .signal : .context, severity: isReport ? severity : .info, title: StructuredText.title(title),
            body: StructuredText.body(words ?? ""), service: document.service, component: StructuredText.name(component),
            environment: document.environment, tags: labels, attributes: StructuredText.bounded(attributes), origin: document.origin,
            sourceID: key, url: StructuredText.url(url))
    }
}

/// One page of a list: what it says, and the time by which the list is ordered, of every item, also of those that say nothing.
package struct ListPage: Sendable {
    package var reading = Reading()
    package var times: [Instant] = []

    /// Without what changed before `since`, which a list shows that cannot be asked from a moment on, and what happened before `horizon`.
    init(_ items: [FactFields], orderedBy name: String, since: Instant, horizon: Instant, _ event: (FactFields) -> Event?) {
        for fields in items {
            let time = fields.time(name)
            if let time { times.append(time) }
            if time ?? since >= since, let event = event(fields), event.occurredAt >= horizon { reading.events.append(event) }
        }
    }
    /// Of a list as it was answered, with those members of its items that are needed.
    init(
        _ bytes: UnsafeRawBufferPointer, keeping names: [StaticString], orderedBy name: String, since: Instant, horizon: Instant,
        _ event: (FactFields) -> Event?
    ) {
        self.init(ObjectList.read(bytes, keeping: names) ?? [], orderedBy: name, since: since, horizon: horizon, event)
    }
}

/// What the answers of all forges have in common.
package enum ForgeAnswer {
    /// Nil when it is a list, or an object with a list under that name.
    package static func fault(_ bytes: UnsafeRawBufferPointer, under name: StaticString? = nil) -> String? {
        ObjectList.fault(bytes, under: name)
    }
    /// Of what is said of a repository.
    package static func defaultBranch(_ bytes: UnsafeRawBufferPointer) -> String? {
        (try? JSONReader.withDocument(bytes) { $0["default_branch"]?.string }.get()).flatMap { StructuredText.name($0) }
    }

    static func labels(_ value: JSONValue?) -> [String] {
        (value?.arrayValue ?? []).prefix(32).compactMap { label in
            StructuredText.name(label.stringValue ?? label["name"]?.stringValue ?? label["title"]?.stringValue, count: 120)
        }
    }
    static func sha(_ value: JSONValue?) -> String? {
        guard let text = value?.stringValue?.lowercased(), text.utf8.count >= 40, CommitFact.isSHA(text) else { return nil }
        return text
    }
    /// A name with a number in it that is no commit: `v1.4.0`, `2026-01-01.3`.
    static func looksLikeVersion(_ ref: String) -> Bool {
        guard !ref.contains("/"), !CommitFact.isSHA(ref.lowercased()) else { return false }
        let digits = ref.drop { $0 == "v" || $0 == "V" }
        return digits.first?.isNumber == true && digits.contains(".")
    }
}

/// Reads a list of objects, as forges page them: an array, or one under a name in an object.
enum ObjectList {
    /// Each object with those of its members that are wanted; most are of no use and much of the answer. Nil when it is no such list.
    static func read(_ bytes: UnsafeRawBufferPointer, under name: StaticString? = nil, keeping names: [StaticString]) -> [FactFields]? {
        let parsed = JSONReader.withDocument(bytes) { root -> [FactFields]? in
            guard let list = name.map({ root[$0] }) ?? root, list.isArray else { return nil }
            return list.elements.prefix(Limits.eventsPerPage).map { element in
                var members: [String: JSONValue] = [:]
                for (key, value) in element.members where names.contains(where: { key == $0 }) && value.tapeCount <= 200_000 {
                    members[key.string] = value.value
                }
                return FactFields(members)
            }
        }
        return (try? parsed.get()) ?? nil  // what is no JSON was refused when it came
    }

    /// Nil when it is such a list.
    static func fault(_ bytes: UnsafeRawBufferPointer, under name: StaticString? = nil) -> String? {
        JSONReader.kindFault(bytes, unless: { root in (name.map { root[$0] } ?? root)?.isArray == true })
    }
}
