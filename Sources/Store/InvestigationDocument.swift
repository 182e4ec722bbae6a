import Model

/// An investigation as the JSON of its `document` column. Keys are part of the schema; sorted, so equal investigations are
/// equal bytes. The key, the number, the version, the deletion and the merge live in columns of their own.
extension Investigation {
    var document: JSONValue {
        .object([
            "title": .string(title), "description": .string(description), "verdict": .string(verdict), "status": .string(status.rawValue),
            "severity": .string(severity.rawValue), "priority": .string(priority.rawValue), "started_at": .int(startedAt.ms),
            "detected_at": .optional(detectedAt), "acknowledged_at": .optional(acknowledgedAt), "mitigated_at": .optional(mitigatedAt),
            "resolved_at": .optional(resolvedAt), "last_signal_at": .int(lastSignalAt.ms), "services": .strings(services),
            "components": .strings(components), "environment": .optional(environment), "tags": .strings(tags), "impact": .string(impact),
            "root_cause": .string(rootCause), "remediation": .string(remediation), "lessons_learned": .string(lessonsLearned),
            "assigned_to": .optional(assignedTo), "created_by": .string(createdBy), "action_items": .array(actionItems.map(\.document)),
            "hypotheses": .array(hypotheses.map(\.document)), "suspects": .array(suspects.map(\.document)),
            "left_out": .array(leftOut.map(\.document)), "flapping": .bool(flapping), "reopen_count": .int(Int64(reopenCount)),
            "human_fields": .strings(humanFields.sorted()),
        ])
    }

    /// Nil when a word of the document is not one this version knows.
    init?(document: JSONValue, key: String, number: Int, version: Int, isDeleted: Bool, mergedInto: Int?) {
        guard let status = InvestigationStatus(rawValue: document.string("status")),
            let severity = Severity(rawValue: document.string("severity")), let priority = Priority(rawValue: document.string("priority")),
            let startedAt = document.instant("started_at"), let lastSignalAt = document.instant("last_signal_at")
        else { return nil }
        self.init(
            key: key, number: number, title: document.string("title"), description: document.string("description"),
            verdict: document.string("verdict"), status: status, severity: severity, priority: priority, startedAt: startedAt,
            detectedAt: document.instant("detected_at"), acknowledgedAt: document.instant("acknowledged_at"),
            mitigatedAt: document.instant("mitigated_at"), resolvedAt: document.instant("resolved_at"), lastSignalAt: lastSignalAt,
            services: document["services"]?.strings ?? [], components: document["components"]?.strings ?? [],
            environment: document["environment"]?.stringValue, tags: document["tags"]?.strings ?? [], impact: document.string("impact"),
            rootCause: document.string("root_cause"), remediation: document.string("remediation"),
            lessonsLearned: document.string("lessons_learned"), assignedTo: document["assigned_to"]?.stringValue,
            createdBy: document.string("created_by"), actionItems: document.list("action_items").map(ActionItem.init(document:)),
            hypotheses: document.list("hypotheses").map(Hypothesis.init(document:)),
            suspects: document.list("suspects").map(SuspectChange.init(document:)),
            leftOut: document.list("left_out").map(LeftOut.init(document:)), flapping: document.flag("flapping"),
            reopenCount: document.int("reopen_count"), version: version, isDeleted: isDeleted, mergedInto: mergedInto,
            humanFields: Set(document["human_fields"]?.strings ?? []))
    }
}

extension ActionItem {
    fileprivate var document: JSONValue {
        ["text": .string(text), "owner": .optional(owner), "due": .optional(due), "done": .bool(done)]
    }
    fileprivate init(document: JSONValue) {
        self.init(
            text: document.string("text"), owner: document["owner"]?.stringValue, due: document["due"]?.stringValue,
            done: document.flag("done"))
    }
}

extension Hypothesis {
    fileprivate var document: JSONValue {
        [
            "rank": .int(Int64(rank)), "kind": .string(kind.rawValue), "service": .optional(service), "instance": .optional(instance),
            "metric": .optional(metric), "class_name": .optional(className), "change": .optional(change?.text), "sha": .optional(sha),
            "name": .string(name), "score": .double(score), "terms": .terms(terms), "summary": .string(summary),
            "evidence": .strings(evidence.map(\.text)),
        ]
    }
    fileprivate init(document: JSONValue) {
        self.init(
            rank: document.int("rank"), kind: CauseKind(rawValue: document.string("kind")) ?? .service,
            service: document["service"]?.stringValue, instance: document["instance"]?.stringValue, metric: document["metric"]?.stringValue,
            className: document["class_name"]?.stringValue, change: document["change"]?.stringValue.map { Fingerprint(stored: $0) },
            sha: document["sha"]?.stringValue, name: document.string("name"), score: document.double("score"),
            terms: document["terms"]?.terms ?? [], summary: document.string("summary"),
            evidence: (document["evidence"]?.strings ?? []).map { Fingerprint(stored: $0) })
    }
}

extension SuspectChange {
    fileprivate var document: JSONValue {
        [
            "rank": .int(Int64(rank)), "change": .string(change.text), "sha": .string(sha), "subject": .string(subject),
            "author": .string(author), "committed_at": .int(committedAt.ms), "live_at": .optional(liveAt), "files": .strings(files),
            "url": .optional(url), "score": .double(score), "terms": .terms(terms), "summary": .string(summary),
        ]
    }
    fileprivate init(document: JSONValue) {
        self.init(
            rank: document.int("rank"), change: Fingerprint(stored: document.string("change")), sha: document.string("sha"),
            subject: document.string("subject"), author: document.string("author"),
            committedAt: document.instant("committed_at") ?? Instant(ms: 0), liveAt: document.instant("live_at"),
            files: document["files"]?.strings ?? [], url: document["url"]?.stringValue, score: document.double("score"),
            terms: document["terms"]?.terms ?? [], summary: document.string("summary"))
    }
}

extension LeftOut {
    fileprivate var document: JSONValue {
        [
            "fingerprint": .string(fingerprint.text), "title": .string(title), "score": .double(score), "terms": .terms(terms),
            "reason": .string(reason),
        ]
    }
    fileprivate init(document: JSONValue) {
        self.init(
            fingerprint: Fingerprint(stored: document.string("fingerprint")), title: document.string("title"),
            score: document.double("score"), terms: document["terms"]?.terms ?? [], reason: document.string("reason"))
    }
}
