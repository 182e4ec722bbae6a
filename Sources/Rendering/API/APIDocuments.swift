import Model

/// The static JSON of `public/api/v1/` and the answer of `caseboard investigate --json`.
///
/// Every document says its `schema`; a schema only ever gains members. Names are snake_case, times RFC 3339 in UTC, scores
/// 0…1. Text stands as it is stored (redacted, otherwise unchanged): readers must treat it as text.
package enum APIDocuments {
    /// `api/v1/investigations/42.json`: the whole case.
    package static func investigation(_ file: CaseFile) -> JSONValue {
        var members = fields(file.investigation)
        members["schema"] = "caseboard.case/1"
        members["evidence"] = .array(file.items.map(evidence))
        members["notes"] = .array(file.notes.map(note))
        members["versions"] = .array(file.versions.map(version))
        members["gaps"] = .array(file.gaps.map(gap))
        members["related"] = .array(
            file.related.map { other in .object(mention(other.mention).merging(["reason": .string(other.reason)]) { first, _ in first }) })
        members["similar"] = .array(
            file.similar.map { other in
                let own: [String: JSONValue] = [
                    "score": .double(other.score), "terms": terms(other.terms), "summary": .string(other.summary),
                    "ending": .string(other.ending),
                ]
                return .object(mention(other.mention).merging(own) { first, _ in first })
            })
        members["service_map"] = serviceMap(file.map)
        members["window"] = ["from": time(file.from), "to": time(file.to)]
        return .object(members)
    }

    /// The answer to one evidence bundle: ranked causes, suspect changes and the evidence behind them.
    package static func investigationAnswer(_ file: CaseFile) -> JSONValue {
        let it = file.investigation
        let phases = Dictionary(grouping: file.items, by: \.evidence.phase)
        return .compact([
            "schema": "caseboard.investigation/1", "title": .string(it.title), "verdict": text(it.verdict),
            "started_at": time(it.startedAt), "detected_at": it.detectedAt.map(time), "last_signal_at": time(it.lastSignalAt),
            "severity": .string(it.severity.rawValue), "environment": it.environment.map { .string($0) },
            "services": .strings(it.services),
            "causes": .array(distinct(it.hypotheses).enumerated().map { cause($1, rank: $0 + 1) }),
            "suspect_changes": .array(ranked(it.suspects).enumerated().map { suspect($1, rank: $0 + 1) }),
            "first_failure": phases[.firstFailure]?.first.map(evidence) ?? [:],
            "impact": .array((phases[.impact] ?? []).map(evidence)),
            "evidence": .array(file.items.map(evidence)),
            "left_out": .array(it.leftOut.map(leftOut)),
        ])
    }

    // MARK: - An investigation

    /// What lists and the board need.
    package static func summary(_ it: Investigation) -> JSONValue {
        .compact([
            "number": .int(Int64(it.number)), "key": .string(it.key), "title": .string(it.title), "verdict": text(it.verdict),
            "status": .string(it.status.rawValue), "severity": .string(it.severity.rawValue), "priority": .string(it.priority.rawValue),
            "started_at": time(it.startedAt), "detected_at": it.detectedAt.map(time), "acknowledged_at": it.acknowledgedAt.map(time),
            "mitigated_at": it.mitigatedAt.map(time), "resolved_at": it.resolvedAt.map(time), "last_signal_at": time(it.lastSignalAt),
            "services": .strings(it.services), "components": .strings(it.components), "environment": it.environment.map { .string($0) },
            "tags": .strings(it.tags), "assigned_to": it.assignedTo.map { .string($0) }, "flapping": .bool(it.flapping),
            "version": .int(Int64(it.version)), "merged_into": it.mergedInto.map { .int(Int64($0)) },
            "cause": distinct(it.hypotheses).first.map { cause($0, rank: 1) },
        ])
    }

    private static func fields(_ it: Investigation) -> [String: JSONValue] {
        var members = summary(it).objectValue ?? [:]
        members["cause"] = nil
        members["description"] = .string(it.description)
        members["impact"] = .string(it.impact)
        members["root_cause"] = .string(it.rootCause)
        members["remediation"] = .string(it.remediation)
        members["lessons_learned"] = .string(it.lessonsLearned)
        members["created_by"] = .string(it.createdBy)
        members["action_items"] = .array(
            it.actionItems.map { item in
                .compact([
                    "text": .string(item.text), "owner": item.owner.map { .string($0) }, "due": item.due.map { .string($0) },
                    "done": .bool(item.done),
                ])
            })
        members["causes"] = .array(distinct(it.hypotheses).enumerated().map { cause($1, rank: $0 + 1) })
        members["suspect_changes"] = .array(ranked(it.suspects).enumerated().map { suspect($1, rank: $0 + 1) })
        members["left_out"] = .array(it.leftOut.map(leftOut))
        members["reopen_count"] = .int(Int64(it.reopenCount))
        members["deleted"] = .bool(it.isDeleted)
        members["human_fields"] = .strings(it.humanFields.sorted())
        return members
    }

    private static func mention(_ other: CaseMention) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "number": .int(Int64(other.number)), "title": .string(other.title), "status": .string(other.status.rawValue),
            "severity": .string(other.severity.rawValue), "started_at": time(other.startedAt),
        ]
        if let end = other.resolvedAt { members["resolved_at"] = time(end) }
        return members
    }

    /// By rank; of those with one and the same (kind, service, instance, metric, class) the first stays.
    private static func distinct(_ hypotheses: [Hypothesis]) -> [Hypothesis] {
        var seen: Set<[String?]> = []
        return hypotheses.sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }.filter {
            // Two changes in one service are two causes.
            let change = $0.kind == .change ? $0.change?.text ?? $0.sha : nil
            return seen.insert([$0.kind.rawValue, $0.service, $0.instance, $0.metric, $0.className, change]).inserted
        }
    }
    private static func ranked(_ suspects: [SuspectChange]) -> [SuspectChange] {
        suspects.sorted { ($0.rank, $0.sha) < ($1.rank, $1.sha) }
    }

    // MARK: - Parts

    package static func cause(_ hypothesis: Hypothesis, rank: Int) -> JSONValue {
        .compact([
            "rank": .int(Int64(rank)), "kind": .string(hypothesis.kind.rawValue), "service": hypothesis.service.map { .string($0) },
            "instance": hypothesis.instance.map { .string($0) }, "metric": hypothesis.metric.map { .string($0) },
            "class": hypothesis.className.map { .string($0) }, "change": hypothesis.change.map { .string($0.text) },
            "sha": hypothesis.sha.map { .string($0) }, "name": .string(hypothesis.name), "score": .double(hypothesis.score),
            "terms": terms(hypothesis.terms), "summary": .string(hypothesis.summary),
            "evidence": .strings(hypothesis.evidence.map(\.text)),
        ])
    }

    package static func suspect(_ suspect: SuspectChange, rank: Int) -> JSONValue {
        .compact([
            "rank": .int(Int64(rank)), "sha": .string(suspect.sha), "change": .string(suspect.change.text),
            "subject": .string(suspect.subject), "author": .string(suspect.author), "committed_at": time(suspect.committedAt),
            "live_at": suspect.liveAt.map(time), "files": .strings(suspect.files), "url": suspect.url.map { .string($0) },
            "score": .double(suspect.score), "terms": terms(suspect.terms), "summary": .string(suspect.summary),
        ])
    }

    package static func terms(_ terms: [Term]) -> JSONValue {
        .array(terms.map { ["name": .string($0.name), "value": .double($0.value), "why": .string($0.why)] })
    }

    private static func leftOut(_ left: LeftOut) -> JSONValue {
        [
            "fingerprint": .string(left.fingerprint.text), "title": .string(left.title), "score": .double(left.score),
            "terms": terms(left.terms), "reason": .string(left.reason),
        ]
    }

    /// A piece of evidence: the link with its terms, the event, and what was kept of the telemetry behind it.
    package static func evidence(_ item: EvidenceItem) -> JSONValue {
        let link = item.evidence
        return .compact([
            "fingerprint": .string(link.fingerprint.text), "confidence": .double(link.confidence), "terms": terms(link.terms),
            "phase": .string(link.phase.rawValue), "stance": .string(link.stance.rawValue), "linked_by": .string(link.linkedBy),
            "starred": .bool(link.starred), "inhibited_by": link.inhibitedBy.map { .string($0.text) }, "event": event(item.event),
            "exemplar": item.exemplar.map(exemplar), "track": item.track.map(track),
            "spans": item.spans.isEmpty ? nil : .array(item.spans.map(span)),
        ])
    }

    package static func event(_ event: Event) -> JSONValue {
        .object(Dictionary(members(of: event).map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }))
    }

    /// The members of an event in the order in which they are written, those that are nil left out.
    static func members(of event: Event) -> [(key: String, value: JSONValue)] {
        var members: [(key: String, value: JSONValue)] = []
        members.reserveCapacity(21)
        func add(_ key: String, _ value: JSONValue?) { if let value { members.append((key, value)) } }
        func add(_ key: String, text: String?) { if let text { members.append((key, .string(text))) } }
        add("attributes", .object(event.attributes))
        add("body", text(event.body))
        add("commit", text: event.commit)
        add("component", text: event.component)
        add("environment", text: event.environment)
        add("fingerprint", text: event.fingerprint.text)
        add("host", text: event.host)
        add("id", text: event.id)
        add("observed_at", time(event.observedAt))
        add("occurred_at", time(event.occurredAt))
        add("origin", text: event.origin)
        add("role", text: event.role.rawValue)
        add("service", text: event.service)
        add("severity", text: event.severity.rawValue)
        add("source", text: event.source.rawValue)
        add("source_id", text: event.sourceID)
        add("tags", .strings(event.tags))
        add("title", text: event.title)
        add("trace_id", text: event.traceID)
        add("type", text: event.type.rawValue)
        add("url", text: event.url)
        return members
    }

    private static func exemplar(_ it: LogExemplar) -> JSONValue {
        .compact([
            "service": .string(it.service), "level": .string(it.level.word), "at": time(it.at), "path": .string(it.path),
            "offset": .int(it.offset), "line": .int(it.line), "host": it.host.map { .string($0) },
            "trace_id": it.traceID.map { .string($0) },
            "text": .string(it.text), "before": .strings(it.before), "after": .strings(it.after),
            "exception": it.exception.map { .string($0) }, "frames": it.frames.isEmpty ? nil : .array(it.frames.map(\.json)),
        ])
    }

    private static func track(_ track: MetricTrack) -> JSONValue {
        [
            "service": .string(track.key.service), "instance": .string(track.key.instance), "metric": .string(track.key.metric),
            "kind": .string(track.kind.rawValue), "unit": .string(track.unit),
            "points": .array(track.points.map { .array([.int($0.timeMs), .double($0.value)]) }),
        ]
    }

    private static func span(_ span: Span) -> JSONValue {
        .compact([
            "trace_id": .string(span.traceID), "span_id": .string(span.spanID), "parent_id": text(span.parentID),
            "service": .string(span.service), "instance": text(span.instance), "operation": .string(span.operation),
            "kind": .string("\(span.kind)"), "start": time(span.start), "duration_us": .int(span.durationUs), "error": .bool(span.isError),
            "status": text(span.statusText), "exception": span.exception.map { .string($0) },
        ])
    }

    private static func note(_ note: Annotation) -> JSONValue {
        ["at": time(note.at), "author": .string(note.author), "text": .string(note.text)]
    }
    private static func version(_ version: CaseVersion) -> JSONValue {
        [
            "version": .int(Int64(version.version)), "at": time(version.at), "author": .string(version.author),
            "changes": .strings(version.changes),
        ]
    }
    private static func gap(_ gap: SourceGap) -> JSONValue {
        .compact([
            "origin": .string(gap.origin), "source": gap.source.map { .string($0.rawValue) }, "service": gap.service.map { .string($0) },
            "from": time(gap.from), "to": time(gap.to),
        ])
    }
    private static func serviceMap(_ map: ServiceMap) -> JSONValue {
        [
            "services": .strings(map.services.sorted()),
            "calls": .array(
                map.edges.sorted { $0.key < $1.key }.map {
                    ["caller": .string($0.key.caller), "callee": .string($0.key.callee), "calls": .int($0.value)]
                }),
        ]
    }

    static func time(_ at: Instant) -> JSONValue { .string(at.rfc3339) }
    /// Left out when empty.
    static func text(_ text: String) -> JSONValue? { text.isEmpty ? nil : .string(text) }
}
