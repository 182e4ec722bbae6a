/// Where a fact came from, in the words of the field.
package enum EventSource: String, CaseIterable, Codable, Sendable {
    case git, ci, logs, metrics, traces, alerts, deploys, feeds, tickets, manual
}

/// What part a fact plays: a **signal** says something is wrong, a **change** may have made it so, **context** helps to read it.
package enum EventRole: String, CaseIterable, Codable, Sendable { case signal, change, context }

/// What kind of fact. Open, because people drop events of their own types into the inbox.
package struct EventType: RawRepresentable, Hashable, Comparable, Codable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package static func < (left: EventType, right: EventType) -> Bool { left.rawValue < right.rawValue }

    package static let commit = EventType(rawValue: "commit")
    package static let tag = EventType(rawValue: "tag")
    package static let deployment = EventType(rawValue: "deployment")
    package static let flagChange = EventType(rawValue: "flag_change")
    package static let configChange = EventType(rawValue: "config_change")
    package static let migration = EventType(rawValue: "migration")
    package static let build = EventType(rawValue: "build")
    package static let buildFailure = EventType(rawValue: "build_failure")
    package static let testFailure = EventType(rawValue: "test_failure")
    package static let testSlowdown = EventType(rawValue: "test_slowdown")
    package static let errorBurst = EventType(rawValue: "error_burst")
    package static let logBurst = EventType(rawValue: "log_burst")
    package static let newLogTemplate = EventType(rawValue: "new_log_template")
    package static let logSilence = EventType(rawValue: "log_silence")
    package static let levelEscalation = EventType(rawValue: "level_escalation")
    package static let metricAnomaly = EventType(rawValue: "metric_anomaly")
    package static let metricGap = EventType(rawValue: "metric_gap")
    package static let counterReset = EventType(rawValue: "counter_reset")
    package static let slowOperation = EventType(rawValue: "slow_operation")
    package static let errorSpans = EventType(rawValue: "error_spans")
    package static let missingSpans = EventType(rawValue: "missing_spans")
    package static let alert = EventType(rawValue: "alert")
    package static let kubernetesWarning = EventType(rawValue: "k8s_warning")
    package static let providerOutage = EventType(rawValue: "provider_outage")
    package static let feedEntry = EventType(rawValue: "feed_entry")
    package static let report = EventType(rawValue: "report")
    package static let note = EventType(rawValue: "note")

    /// The role a fact of this type plays when its source does not say.
    package var usualRole: EventRole {
        switch self {
        case .commit, .tag, .deployment, .flagChange, .configChange, .migration: .change
        case .build, .feedEntry, .note, .counterReset: .context
        default: .signal
        }
    }
}

/// One normalised, immutable fact. Never rewritten: a derived signal whose extent changes is *superseded* by a new
/// event with the same fingerprint.
package struct Event: Hashable, Sendable {
    /// `ev_` + fingerprint of the whole content: same fact, same id, on every machine.
    package var id: String
    /// The identity of the fact (source, type, subject, and the service unless the subject is global): what people link, star and
    /// silence by. Never which configured source told it.
    package var fingerprint: Fingerprint
    package var occurredAt: Instant
    /// When the source noticed, if it says; else `occurredAt`. Never the time of our own reading, which lives in the run.
    package var observedAt: Instant
    package var source: EventSource
    package var type: EventType
    package var role: EventRole
    package var severity: Severity
    package var title: String
    package var body: String
    package var service: String?
    package var component: String?
    package var environment: String?
    package var host: String?
    package var tags: [String]
    package var attributes: [String: JSONValue]
    /// The name of the configured source that gave it, as in `caseboard.yaml`.
    package var origin: String
    /// The source's own id of the fact (sha, alert fingerprint, entry id).
    package var sourceID: String?
    package var url: String?
    package var traceID: String?
    package var commit: String?

    /// `subject` is what, beside source, type and service, tells this fact from others of its kind: the sha, the alert
    /// fingerprint and start, the template id and onset. When it `isGlobal` the service is no part of the identity: two sources that
    /// tell of one and the same build may call its service differently, or not at all.
    package init(
        source: EventSource, type: EventType, subject: String, isGlobal: Bool = false, at occurredAt: Instant, observedAt: Instant? = nil,
        role: EventRole? = nil, severity: Severity = .info, title: String, body: String = "", service: String? = nil,
        component: String? = nil, environment: String? = nil, host: String? = nil, tags: [String] = [],
        attributes: [String: JSONValue] = [:], origin: String = "", sourceID: String? = nil, url: String? = nil,
        traceID: String? = nil, commit: String? = nil
    ) {
        self.occurredAt = occurredAt
        self.observedAt = observedAt ?? occurredAt
        self.source = source
        self.type = type
        self.role = role ?? type.usualRole
        self.severity = severity
        self.title = title
        self.body = body
        self.service = service
        self.component = component
        self.environment = environment
        self.host = host
        self.tags = tags
        self.attributes = attributes
        self.origin = origin
        self.sourceID = sourceID
        self.url = url
        self.traceID = traceID
        self.commit = commit
        fingerprint = Fingerprint(source.rawValue, type.rawValue, isGlobal ? "" : service ?? "", subject)
        id = ""
        id = contentID()
    }

    /// Every field, for the store and for tests; the id is taken as it is.
    package init(
        storedID id: String, fingerprint: Fingerprint, occurredAt: Instant, observedAt: Instant, source: EventSource,
        type: EventType, role: EventRole, severity: Severity, title: String, body: String, service: String?,
        component: String?, environment: String?, host: String?, tags: [String], attributes: [String: JSONValue],
        origin: String, sourceID: String?, url: String?, traceID: String?, commit: String?
    ) {
        self.id = id
        self.fingerprint = fingerprint
        self.occurredAt = occurredAt
        self.observedAt = observedAt
        self.source = source
        self.type = type
        self.role = role
        self.severity = severity
        self.title = title
        self.body = body
        self.service = service
        self.component = component
        self.environment = environment
        self.host = host
        self.tags = tags
        self.attributes = attributes
        self.origin = origin
        self.sourceID = sourceID
        self.url = url
        self.traceID = traceID
        self.commit = commit
    }

    /// The id its content gives now; call after changing a field (redaction, service mapping) and before storing.
    package func contentID() -> String {
        "ev_"
            + Fingerprint([
                fingerprint.text, String(occurredAt.ms), role.rawValue, severity.rawValue, title, body, service ?? "",
                component ?? "", environment ?? "", host ?? "", tags.joined(separator: "\u{1f}"),
                JSONValue.object(attributes).text, origin, sourceID ?? "", url ?? "", traceID ?? "", commit ?? "",
            ]).text
    }
    package mutating func sealID() { id = contentID() }
}

/// The attributes that more than one room reads. Anything else in `Event.attributes` is shown, never interpreted.
package enum EventAttribute {
    /// Double 0…1: how sure the detector is that something is wrong.
    package static let strength = "strength"
    /// Int, epoch ms: the end of the signal; absent when it is a moment or still going on.
    package static let endedAt = "ended_at"
    /// Int: how many lines, spans, samples or failures stand behind it.
    package static let count = "count"
    /// String: the detector's reason in one sentence.
    package static let reason = "reason"
    package static let templateID = "template_id"
    package static let template = "template"
    package static let level = "level"
    /// String: one raw (redacted) line or message; `exemplar_position` is `file:offset`.
    package static let exemplar = "exemplar"
    package static let exemplarPosition = "exemplar_position"
    /// String: class of an exception; `frames` is an array of `[file, line, function]`, innermost first.
    package static let exception = "exception"
    package static let frames = "frames"
    package static let metric = "metric"
    package static let instance = "instance"
    package static let peak = "peak"
    package static let usualLow = "usual_low"
    package static let usualHigh = "usual_high"
    /// "up" or "down".
    package static let direction = "direction"
    package static let operation = "operation"
    /// String: the service called, for an anomaly on an edge.
    package static let callee = "callee"
    /// Array of trace ids (hex), at most 3.
    package static let exemplarTraces = "exemplar_traces"
    package static let suite = "suite"
    package static let test = "test"
    /// String: the class (or module) of a failing test.
    package static let testClass = "class"
    package static let message = "message"
    /// Commits: array of `[path, added, deleted]`; -1 for binary.
    package static let files = "files"
    package static let author = "author"
    package static let parents = "parents"
    package static let isMerge = "merge"
    package static let reverts = "reverts"
    /// Deployments and builds.
    package static let version = "version"
    /// The commit before: what a deployment replaced, the last good one of a failing test.
    package static let previousCommit = "previous_commit"
    package static let labels = "labels"
    package static let status = "status"
    /// Int, epoch ms: when the source last changed what it says of the fact; of two tellings of one fact the later stays.
    package static let revisedAt = "revised_at"
}

extension Event {
    package var strength: Double { attributes[EventAttribute.strength]?.doubleValue ?? 0.5 }
    package var endedAt: Instant? { attributes[EventAttribute.endedAt]?.intValue.map { Instant(ms: $0) } }
    package func text(_ attribute: String) -> String? { attributes[attribute]?.scalarText }
    /// Files a commit touched, with added and deleted lines.
    package var touchedFiles: [TouchedFile] {
        (attributes[EventAttribute.files]?.arrayValue ?? []).compactMap { item in
            guard let parts = item.arrayValue, let path = parts.first?.stringValue else { return nil }
            return TouchedFile(
                path: path, added: Int(parts.dropFirst().first?.intValue ?? 0), deleted: Int(parts.dropFirst(2).first?.intValue ?? 0))
        }
    }
    /// Stack frames, innermost first.
    package var stackFrames: [StackFrame] {
        (attributes[EventAttribute.frames]?.arrayValue ?? []).compactMap { item in
            guard let parts = item.arrayValue, let file = parts.first?.stringValue else { return nil }
            return StackFrame(
                file: file, line: Int(parts.dropFirst().first?.intValue ?? 0), function: parts.dropFirst(2).first?.stringValue ?? "")
        }
    }
}

/// A file in a commit. Binary files count -1.
package struct TouchedFile: Hashable, Sendable {
    package var path: String
    package var added: Int
    package var deleted: Int
    package init(path: String, added: Int, deleted: Int) {
        self.path = path
        self.added = added
        self.deleted = deleted
    }
    package var json: JSONValue { .array([.string(path), .int(Int64(added)), .int(Int64(deleted))]) }
}

/// One frame of a stack trace; line 0 when unknown.
package struct StackFrame: Hashable, Sendable {
    package var file: String
    package var line: Int
    package var function: String
    package init(file: String, line: Int, function: String) {
        self.file = file
        self.line = line
        self.function = function
    }
    package var json: JSONValue { .array([.string(file), .int(Int64(line)), .string(function)]) }
}
