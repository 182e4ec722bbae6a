import Model

/// PagerDuty's shapes: webhooks of version 3 (`{"event": {"event_type", "data"}}`) and version 2 (`{"messages": [...]}`), and
/// events as sent to it (Events API v2: `event_action`, `dedup_key`, `payload`).
///
/// An incident is one fact, by its id. Of an event with a `dedup_key` the trigger is the fact; a resolve ends the last trigger
/// of its key in the same document.
struct PagerDuty {
    private let document: DocumentOrigin
    private var triggers: [String: Int] = [:]
    private var events: [Event] = []

    init(document: DocumentOrigin) { self.document = document }

    func accepts(_ fields: FactFields) -> Bool {
        fields.fields("event")?.line("event_type") != nil || fields.value("messages")?.arrayValue != nil
            || (fields.line("event_action") != nil && (fields.fields("payload") != nil || fields.line("dedup_key") != nil))
    }

    mutating func read(_ fields: FactFields, _ line: Int64, _ reading: inout Reading) {
        if let event = fields.fields("event") {
            readIncident(event.fields("data"), event.line("event_type") ?? "", event.time("occurred_at"), line, &reading)
        } else if let messages = fields.value("messages")?.arrayValue {
            for message in messages {
                let message = FactFields(message)
                readIncident(message?.fields("incident"), message?.line("event") ?? "", message?.time("created_on"), line, &reading)
            }
        } else {
            readSent(fields, line, &reading)
        }
    }

    mutating func finish(_ reading: inout Reading) {
        for index in events.indices { events[index].sealID() }
        reading.events += events
        events = []
    }

    private mutating func readIncident(
        _ data: FactFields?, _ type: String, _ occurred: Instant?, _ line: Int64, _ reading: inout Reading
    ) {
        guard let data, let id = data.line("id") else {
            return reading.refuse(
                "the PagerDuty event has no incident with an `id`", line: line, excerpt: data.map(FactDocument.excerpt) ?? "")
        }
        // Notes, responders and field changes belong to an incident, but are not one.
        if let kind = data.line("type"), !kind.hasPrefix("incident") || kind.contains("note") || kind.contains("responder") {
            return reading.refuse("a PagerDuty event about `\(kind.clipped(to: 60))` is not an alert", line: line)
        }
        guard let started = data.time("created_at", "created_on") ?? occurred else {
            return reading.refuse("the PagerDuty incident has no time in `created_at`", line: line, excerpt: FactDocument.excerpt(data))
        }
        let isResolved = data.line("status") == "resolved" || type.hasSuffix("resolved") || type.hasSuffix("resolve")
        let ended = isResolved ? data.time("resolved_at") ?? occurred : nil
        events.append(Self.event(data, id, from: started, changedAt: occurred, isResolved: isResolved, endedAt: ended, document))
    }

    /// An incident as PagerDuty shows it, at whatever door. Its priority says how bad it is, or else its urgency. Of two tellings the one
    /// that `changedAt` places later counts, to the second, since the API tells no more.
    static func event(
        _ incident: FactFields, _ id: String, from started: Instant, changedAt: Instant?, isResolved: Bool, endedAt: Instant?,
        _ document: DocumentOrigin
    ) -> Event {
        var attributes: [String: JSONValue] = [EventAttribute.status: .string(isResolved ? "resolved" : "firing")]
        if let endedAt { attributes[EventAttribute.endedAt] = .int(max(started, endedAt).ms) }
        if let changedAt { attributes[EventAttribute.revisedAt] = .int(changedAt.wholeSecond.ms) }
        if let number = incident.value("incident_number", "number")?.intValue { attributes["incident_number"] = .int(number) }
        let assigned = (incident.value("assignments", "assignees")?.arrayValue ?? []).prefix(20).compactMap { FactFields($0) }
        let people = assigned.compactMap { ($0.fields("assignee") ?? $0).line("summary") }
        if !people.isEmpty { attributes["assigned_to"] = .strings(people) }
        let service = incident.fields("service")?.line("summary", "name")
        let priority = incident.fields("priority")?.line("summary", "name").flatMap { Severity(word: $0) }
        let urgency: Severity? = incident.line("urgency").map { $0 == "high" ? .high : .medium }
        return Event(
            source: .alerts, type: .alert, subject: "PagerDuty \(id)", isGlobal: true, at: started, severity: priority ?? urgency ?? .high,
            title: StructuredText.title(incident.line("title", "summary", "description") ?? "PagerDuty incident \(id)"),
            body: incident.fields("body")?.text("details") ?? "",
            service: service.map { document.services[$0] ?? $0 } ?? document.service, environment: document.environment,
            attributes: attributes, origin: document.origin, sourceID: id, url: incident.url("html_url", "self"))
    }

    private mutating func readSent(_ fields: FactFields, _ line: Int64, _ reading: inout Reading) {
        let action = fields.line("event_action") ?? ""
        let payload = fields.fields("payload") ?? FactFields([:])
        let key = fields.line("dedup_key")
        if action != "trigger" {
            guard let key, let index = triggers[key] else {
                return reading.refuse(
                    "the `\(action.clipped(to: 40))` belongs to no trigger in this document", line: line,
                    excerpt: FactDocument.excerpt(fields))
            }
            guard action == "resolve" else { return }
            events[index].attributes[EventAttribute.status] = "resolved"
            if let ended = payload.time("timestamp") ?? fields.time("timestamp", "time") {
                events[index].attributes[EventAttribute.endedAt] = .int(max(events[index].occurredAt, ended).ms)
            }
            return
        }
        guard let title = payload.line("summary"), let started = payload.time("timestamp") ?? fields.time("timestamp", "time") else {
            return reading.refuse(
                "the PagerDuty event has no `payload.summary` and `payload.timestamp`", line: line, excerpt: FactDocument.excerpt(fields))
        }
        let details = payload.fields("custom_details") ?? FactFields([:])
        let attributes: [String: JSONValue] = [
            EventAttribute.status: "firing", "details": .object(details.members),
        ]
        events.append(
            Event(
                source: .alerts, type: .alert, subject: (key ?? title) + "@" + String(started.ms), at: started,
                severity: payload.line("severity").flatMap { Severity(word: $0) } ?? .high, title: StructuredText.title(title),
                service: details.line(FactFields.serviceNames) ?? payload.line("service", "group") ?? document.service,
                component: payload.line("component"), environment: document.environment, host: payload.line("source"),
                attributes: StructuredText.bounded(attributes), origin: document.origin, sourceID: key,
                url: fields.url("client_url")))
        if let key { triggers[key] = events.count - 1 }
    }
}
