import Model

/// Reads alerts: Prometheus Alertmanager's webhook (version 4) and its API's lists, Grafana's webhook (the same shape), what
/// PagerDuty sends and takes (`PagerDuty`), and plain objects `{time, title, body, service, severity}`. One document, a list,
/// or one a line.
///
/// One alert is one fact for each start: its identity is its labels and `startsAt`, never who delivered it or when, so a
/// repetition is the same event, and its end gives the same fingerprint with `status` `resolved` and `ended_at`. Labels that begin
/// with `__` are none of them: Grafana's API shows them, and its webhook does not.
package enum AlertmanagerReader {
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        var pagerDuty = PagerDuty(document: document)
        // What fires on is sent again and again, in groups that change.
        var known = KnownObjects(document.known)
        func readUnknown(_ alert: JSONNode, _ line: Int64, _ reading: inout Reading) {
            known.pass(alert, &reading) { reading in
                let before = reading.events.count
                readAlert(FactFields(alert.value), line, document, &reading)
                return reading.events.count > before
            }
        }
        FactDocument.forEachNode(bytes, into: &reading, wanted: "alert", unless: { known.isKnown(line: $0, &$1) }) { node, line, reading in
            if let alerts = node["alerts"], alerts.isArray {
                for alert in alerts.elements { readUnknown(alert, line, &reading) }
            } else if node["labels"]?.isObject == true, node["startsAt"] != nil || node["activeAt"] != nil {
                readUnknown(node, line, &reading)
            } else if let fields = FactFields(node.value) {
                known.keepReadingLine()
                if pagerDuty.accepts(fields) {
                    pagerDuty.read(fields, line, &reading)
                } else {
                    readPlain(fields, line, document, &reading)
                }
            }
        }
        known.endLine(&reading)
        pagerDuty.finish(&reading)
        return reading
    }

    // MARK: Alertmanager

    static func readAlert(_ fields: FactFields?, _ line: Int64, _ document: DocumentOrigin, _ reading: inout Reading) {
        guard let fields, let all = fields.fields("labels") else {
            return reading.refuse("the alert has no `labels`", line: line, excerpt: fields.map(FactDocument.excerpt) ?? "")
        }
        let isPlain = !all.members.keys.contains { $0.hasPrefix("__") }
        let labels = isPlain ? all : FactFields(all.members.filter { !$0.key.hasPrefix("__") })
        guard let startsAt = fields.time("startsAt", "activeAt"), startsAt.ms > 0 else {
            return reading.refuse("the alert has no time in `startsAt`", line: line, excerpt: FactDocument.excerpt(fields))
        }
        let annotations = fields.fields("annotations") ?? FactFields([:])
        let name = labels.line("alertname") ?? fields.line(titleNames) ?? ""
        let identity = labels.members.keys.sorted().map { "\($0)=\(labels.members[$0]?.scalarText ?? "")" }
        let fingerprint = Fingerprint(identity).text
        let endsAt = fields.time("endsAt").flatMap { $0.ms > 0 ? $0 : nil }
        let state = (fields.line("status", "state") ?? fields.fields("status")?.line("state"))?.lowercased()
        // Without a status a given end means that it has ended; a firing alert's end is only when Alertmanager would give it up.
        let isResolved = state == "resolved" || state == "inactive" || (state == nil && endsAt != nil)
        var attributes: [String: JSONValue] = [
            EventAttribute.labels: .object(labels.members.mapValues { .string(StructuredText.title($0.scalarText ?? "")) }),
            EventAttribute.status: .string(isResolved ? "resolved" : "firing"),
        ]
        if isResolved, let endsAt { attributes[EventAttribute.endedAt] = .int(max(startsAt, endsAt).ms) }
        if !isResolved, let revised = fields.time("revisedAt") { attributes[EventAttribute.revisedAt] = .int(revised.ms) }
        // A person has muted it: it is evidence, and opens nothing on its own.
        let isSilenced = fields.fields("status")?.value("silencedBy")?.arrayValue?.isEmpty == false
        if isSilenced { attributes["silenced"] = fields.value("silences") ?? true }
        if let runbook = annotations.url("runbook_url", "runbook") { attributes["runbook"] = .string(runbook) }
        let service = labels.line(FactFields.serviceNames) ?? document.service
        let summary = annotations.line("summary", "title", "message") ?? ""
        let title = summary.isEmpty ? (name.isEmpty ? "alert without a name" : name) : summary
        reading.events.append(
            Event(
                source: .alerts, type: .alert, subject: fingerprint + "@" + String(startsAt.ms), isGlobal: true, at: startsAt,
                severity: isSilenced ? .low : severity(labels) ?? severity(annotations) ?? .high, title: StructuredText.title(title),
                body: annotations.text("description", "message", "details") ?? "", service: service,
                component: labels.line("component", "container", "subsystem"),
                environment: labels.line(FactFields.environmentNames) ?? document.environment, host: labels.line(FactFields.hostNames),
                tags: (name.isEmpty ? [] : [StructuredText.title(name)]) + (isSilenced ? ["silenced"] : []),
                attributes: StructuredText.bounded(attributes),
                origin: document.origin, sourceID: fields.line("fingerprint") ?? fingerprint,
                url: fields.url("generatorURL") ?? fields.url("dashboardURL", "panelURL")))
    }

    static func severity(_ fields: FactFields) -> Severity? {
        for name in FactFields.severityNames {
            if let word = fields.line(name), let severity = Severity(word: word) { return severity }
        }
        return nil
    }

    // MARK: Plain objects

    private static let titleNames = ["title", "name", "alertname", "summary", "subject"]

    private static func readPlain(_ fields: FactFields, _ line: Int64, _ document: DocumentOrigin, _ reading: inout Reading) {
        guard let title = fields.line(titleNames) else {
            return reading.refuse(
                "it is not an alert format that Caseboard reads; give it a `title` and a `time`, or send Alertmanager's webhook",
                line: line, excerpt: FactDocument.excerpt(fields))
        }
        let times = ["time", "timestamp", "occurred_at", "startsAt", "starts_at", "started_at", "created_at", "triggered_at", "date"]
        guard let time = fields.time(times) else {
            return reading.refuse(
                "the alert `\(StructuredText.title(title))` has no time; give it a `time` in RFC 3339 or as an epoch number",
                line: line, excerpt: FactDocument.excerpt(fields))
        }
        let labels = fields.fields("labels") ?? FactFields([:])
        let service = fields.line(FactFields.serviceNames) ?? labels.line(FactFields.serviceNames) ?? document.service
        let id = fields.line("fingerprint", "id", "alert_id", "source_id")
        let state = fields.line("status", "state")?.lowercased()
        let ended = fields.time("ended_at", "endsAt", "ends_at", "resolved_at")
        let isResolved = state.map { ["resolved", "ok", "closed", "recovered"].contains($0) } ?? (ended != nil)
        var attributes: [String: JSONValue] = [EventAttribute.status: .string(isResolved ? "resolved" : "firing")]
        if let ended, isResolved { attributes[EventAttribute.endedAt] = .int(max(time, ended).ms) }
        if !labels.members.isEmpty { attributes[EventAttribute.labels] = .object(labels.members) }
        reading.events.append(
            Event(
                source: .alerts, type: .alert, subject: (id ?? title) + "@" + String(time.ms), at: time,
                severity: severity(fields) ?? severity(labels) ?? .high, title: StructuredText.title(title),
                body: fields.text("body", "description", "message", "text") ?? "", service: service,
                component: fields.line("component"),
                environment: fields.line(FactFields.environmentNames) ?? document.environment, host: fields.line(FactFields.hostNames),
                tags: fields.words("tags"), attributes: StructuredText.bounded(attributes), origin: document.origin, sourceID: id,
                url: fields.url("url", "link", "generatorURL")))
    }
}
