import Model

/// Reads facts that people and programs hand in: CloudEvents 1.0 in structured JSON
/// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>) and Caseboard's own events. One object, a list, or
/// one a line.
///
/// Caseboard's fields are `occurred_at` (or `time`), `title`, and optionally `type`, `source`, `role`, `severity`, `body`,
/// `service`, `component`, `environment`, `host`, `tags`, `attributes`, `source_id`, `url`, `trace_id`, `commit`; any other
/// field becomes an attribute. Of a CloudEvent the same fields are taken from its `data`; its type is the last part of `type`
/// that is one of Caseboard's (`com.example.deployment` → `deployment`).
package enum CloudEventsReader {
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        FactDocument.forEachObject(bytes, into: &reading, wanted: "event") { fields, line, reading in
            append(fields, line, document, &reading)
        }
        return reading
    }

    /// Adds the event that an object says, or the reason why it says none.
    static func append(_ fields: FactFields, _ line: Int64, _ document: DocumentOrigin, _ reading: inout Reading) {
        let outcome = fields.line("specversion") == nil ? own(fields, document) : cloud(fields, document)
        switch outcome {
        case .success(let event): reading.events.append(event)
        case .failure(let refusal): reading.refuse(refusal.reason, line: line, excerpt: FactDocument.excerpt(fields))
        }
    }

    struct Refusal: Error { var reason: String }

    // MARK: CloudEvents

    private static let envelope: Set<String> = [
        "specversion", "id", "source", "type", "time", "subject", "data", "data_base64", "datacontenttype", "dataschema", "traceparent",
        "tracestate",
    ]

    private static func cloud(_ fields: FactFields, _ document: DocumentOrigin) -> Result<Event, Refusal> {
        guard let id = fields.line("id"), let source = fields.line("source"), let type = fields.line("type") else {
            return .failure(Refusal(reason: "a CloudEvent has an `id`, a `source` and a `type`; one of them is missing"))
        }
        var members = fields.fields("data")?.members ?? [:]
        for (name, value) in fields.members where !envelope.contains(name) && members[name] == nil { members[name] = value }
        if members["time"] == nil, members["occurred_at"] == nil { members["time"] = fields.members["time"] }
        if members["title"] == nil { members["title"] = fields.members["subject"] }
        if case .string(let text) = fields.members["data"], members["body"] == nil { members["body"] = .string(text) }
        members["type"] = .string(knownType(in: type)?.rawValue ?? StructuredText.title(type))
        if members["trace_id"] == nil, let trace = traceID(fields.line("traceparent")) { members["trace_id"] = .string(trace) }
        let inner = FactFields(members)
        return own(inner, document, subject: source + "#" + id, sourceID: id, extra: ["cloudevents_source": .string(source)])
    }

    private static let known: [String: EventType] = {
        let types: [EventType] = [
            .commit, .tag, .deployment, .flagChange, .configChange, .migration, .build, .buildFailure, .testFailure, .testSlowdown,
            .errorBurst, .logBurst, .newLogTemplate, .logSilence, .levelEscalation, .metricAnomaly, .metricGap, .counterReset,
            .slowOperation, .errorSpans, .missingSpans, .alert, .kubernetesWarning, .providerOutage, .feedEntry, .report, .note,
        ]
        var names = Dictionary(types.map { ($0.rawValue, $0) }, uniquingKeysWith: { first, _ in first })
        for word in ["deploy", "deployed", "rollout", "release", "released"] { names[word] = .deployment }
        for word in ["flag", "feature_flag", "flag_changed"] { names[word] = .flagChange }
        for word in ["config", "config_changed", "configuration_change"] { names[word] = .configChange }
        return names
    }()

    /// The last part of a dotted, slashed or colon-parted type that names one of ours.
    static func knownType(in text: String) -> EventType? {
        for part in text.lowercased().split(whereSeparator: { $0 == "." || $0 == "/" || $0 == ":" }).reversed() {
            if let type = known[String(part).replacing("-", with: "_")] { return type }
        }
        return nil
    }

    /// The trace id of a W3C `traceparent` header.
    private static func traceID(_ text: String?) -> String? {
        guard let parts = text?.split(separator: "-"), parts.count >= 4, parts[1].utf8.count == 32 else { return nil }
        return normalTraceID(String(parts[1]))
    }
    private static func normalTraceID(_ text: String) -> String? {
        var text = text
        return text.withUTF8 { SpanFields.id(UnsafeRawBufferPointer($0), digits: 32) }
    }

    // MARK: Caseboard's own

    private static let ownFields: Set<String> = [
        "occurred_at", "time", "timestamp", "observed_at", "source", "type", "role", "severity", "title", "body", "service",
        "component", "environment", "host", "tags", "attributes", "source_id", "id", "url", "trace_id", "commit", "sha",
    ]

    static func own(
        _ fields: FactFields, _ document: DocumentOrigin, subject: String? = nil, sourceID: String? = nil,
        extra: [String: JSONValue] = [:]
    ) -> Result<Event, Refusal> {
        let type = EventType(rawValue: typeName(fields.line("type")))
        guard let time = fields.time("occurred_at", "time", "timestamp") else {
            return .failure(Refusal(reason: "the event has no time; give it `occurred_at` in RFC 3339 or as an epoch number"))
        }
        let service = fields.line("service") ?? document.service
        let commit = fields.line("commit", "sha").map { $0.clipped(to: 100) }
        guard let title = fields.line("title", "message", "summary", "name") ?? usualTitle(type, service, fields, commit) else {
            return .failure(Refusal(reason: "the event has no title; give it a `title` of one line"))
        }
        var attributes = fields.fields("attributes")?.members ?? [:]
        let titleField = ["title", "message", "summary", "name"].first { fields.line($0) != nil }
        for (name, value) in fields.members where !ownFields.contains(name) && name != titleField && value != .null {
            if attributes[name] == nil { attributes[name] = value }
        }
        attributes.merge(extra) { own, _ in own }
        let ended = Instant(json: attributes[EventAttribute.endedAt])
        if let ended { attributes[EventAttribute.endedAt] = .int(ended.ms) }
        let id = sourceID ?? fields.line("source_id", "id")
        let source = fields.line("source").flatMap { EventSource(rawValue: $0.lowercased()) } ?? usualSource(type)
        let isOpenType = known[type.rawValue] == nil
        let role = fields.line("role").flatMap { EventRole(rawValue: $0.lowercased()) } ?? (isOpenType ? .context : type.usualRole)
        return .success(
            Event(
                source: source, type: type,
                subject: subject ?? id ?? commit.map { $0 + "@" + String(time.ms) } ?? title + "@" + String(time.ms),
                at: time, observedAt: fields.time("observed_at"), role: role,
                severity: AlertmanagerReader.severity(fields) ?? (role == .signal ? .medium : .info), title: StructuredText.title(title),
                body: fields.text("body", "description", "text") ?? "", service: service, component: fields.line("component"),
                environment: fields.line("environment", "env") ?? document.environment, host: fields.line("host"),
                tags: fields.words("tags"), attributes: StructuredText.bounded(attributes), origin: document.origin, sourceID: id,
                url: fields.url("url"),
                traceID: fields.line("trace_id").map { normalTraceID($0) ?? $0.clipped(to: 100) }, commit: commit))
    }

    /// A known type by its name; another as it is written, in lower case with `_`; a note when there is none.
    private static func typeName(_ text: String?) -> String {
        guard let text = text?.lowercased(), !text.isEmpty else { return EventType.note.rawValue }
        if let type = knownType(in: text) { return type.rawValue }
        let clean = text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") ? $0 : "_" }
        return String(clean.prefix(80))
    }

    /// Deployments and flag changes say enough without a title.
    private static func usualTitle(_ type: EventType, _ service: String?, _ fields: FactFields, _ commit: String?) -> String? {
        switch type {
        case .deployment:
            guard let service else { return nil }
            let what = fields.line("version") ?? fields.fields("attributes")?.line("version") ?? commit.map { String($0.prefix(12)) }
            return what.map { "deployed \(service) \($0)" } ?? "deployed \(service)"
        case .flagChange:
            guard let flag = fields.line("flag", "key") else { return nil }
            let values = [fields.line("from", "old"), fields.line("to", "new", "value")].compactMap { $0 }
            return values.isEmpty ? "changed the flag \(flag)" : "changed the flag \(flag): " + values.joined(separator: " → ")
        default: return nil
        }
    }

    private static func usualSource(_ type: EventType) -> EventSource {
        switch type {
        case .commit, .tag: .git
        case .build, .buildFailure, .testFailure, .testSlowdown: .ci
        case .deployment, .flagChange, .configChange, .migration: .deploys
        case .errorBurst, .logBurst, .newLogTemplate, .logSilence, .levelEscalation: .logs
        case .metricAnomaly, .metricGap, .counterReset: .metrics
        case .slowOperation, .errorSpans, .missingSpans: .traces
        case .alert, .kubernetesWarning: .alerts
        case .providerOutage, .feedEntry: .feeds
        case .report: .tickets
        default: .manual
        }
    }
}
