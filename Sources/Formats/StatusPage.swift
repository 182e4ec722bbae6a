import Model

/// Reads the incidents of hosted status pages: `/api/v2/incidents.json` as Atlassian Statuspage documents it
/// (<https://www.atlassian.com/software/statuspage/api>), which others copied. One event for each incident, from its start to its
/// resolution; its text is its updates, newest first.
package enum StatusPageReader {
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        let parsed = JSONReader.parse(bytes)
        guard case .success(let root) = parsed, let incidents = root["incidents"]?.arrayValue else {
            if case .failure(let problem) = parsed {
                reading.refuse("it is not JSON: \(problem.reason)")
            } else {
                reading.refuse("it has no `incidents`")
            }
            return reading
        }
        let page = FactFields(root["page"])?.line("name")
        for (index, incident) in incidents.prefix(Limits.eventsPerPage).enumerated() {
            guard let fields = FactFields(incident) else {
                reading.refuse("the incident is no object", line: Int64(index + 1))
                continue
            }
            readIncident(fields, page, Int64(index + 1), document, &reading)
        }
        return reading
    }

    private static func readIncident(
        _ fields: FactFields, _ page: String?, _ number: Int64, _ document: DocumentOrigin, _ reading: inout Reading
    ) {
        guard let id = fields.line("id"), let title = fields.line("name"), let start = fields.time("started_at", "created_at") else {
            return reading.refuse("the incident has no `id`, `name` or `created_at`", line: number, excerpt: FactDocument.excerpt(fields))
        }
        let status = fields.line("status") ?? "investigating"
        let isOver = ["resolved", "postmortem", "completed"].contains(status)
        var attributes: [String: JSONValue] = [EventAttribute.status: .string(isOver ? "resolved" : status)]
        let end = fields.time("resolved_at") ?? (isOver ? fields.time("updated_at") : nil)
        if let end { attributes[EventAttribute.endedAt] = .int(max(start, end).ms) }
        let updates = (fields.value("incident_updates")?.arrayValue ?? []).prefix(50).compactMap { FactFields($0) }
        let body = updates.map { update in
            "\(update.time("created_at")?.rfc3339 ?? "") \(update.line("status") ?? ""): \(update.text("body") ?? "")"
        }
        let isPlanned = ["scheduled", "in_progress", "verifying", "completed"].contains(status) || fields.line("impact") == "maintenance"
        reading.events.append(
            Event(
                source: .feeds, type: isPlanned ? .feedEntry : .providerOutage, subject: id, at: start,
                observedAt: max(start, fields.time("updated_at") ?? start),
                severity: isPlanned ? .info : severity(fields.line("impact")), title: StructuredText.title(title),
                body: StructuredText.body(body.joined(separator: "\n")), service: document.service, environment: document.environment,
                tags: [page].compactMap { $0 }, attributes: attributes, origin: document.origin, sourceID: id,
                url: fields.url("shortlink", "url")))
    }

    private static func severity(_ impact: String?) -> Severity {
        switch impact {
        case "critical": .critical
        case "major": .high
        case "none": .low
        default: .medium
        }
    }
}
