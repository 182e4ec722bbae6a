import Model

/// Reads annotations of Grafana: what people and programs marked on their dashboards, and the states through which alerts went
/// (<https://grafana.com/docs/grafana/v12.4/developer-resources/api-reference/http-api/annotations.md>).
///
/// A mark is a deployment when a tag or its text says so, a change of configuration when a tag says `config` or `flag`, else a note. Tags
/// of the form `service:checkout` say what an event of the inbox says by its member of that name. A change of an alert's state is
/// context: the alert itself is listed elsewhere.
package enum GrafanaReader {
    /// How many annotations an answer holds; nil for what is no list.
    package static func count(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard case .success(let count) = JSONReader.withDocument(bytes, { $0.isArray ? $0.elements.reduce(0) { sum, _ in sum + 1 } : nil })
        else { return nil }
        return count
    }

    /// `page` is where people see Grafana.
    package static func annotations(_ bytes: UnsafeRawBufferPointer, page: String, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        FactDocument.forEachObject(bytes, into: &reading, wanted: "annotation") { fields, line, reading in
            guard let time = fields.value("time")?.intValue, Instant.representable.contains(Instant(ms: time)) else {
                return reading.refuse("the annotation has no `time`", line: line, excerpt: FactDocument.excerpt(fields))
            }
            var members = members(fields, at: time)
            // States of alerts that Grafana keeps in Loki have no id.
            let words = ["alertName", "prevState", "newState", "text"].map { fields.value($0)?.scalarText ?? "" }
            members["source_id"] = .string(fields.line("id") ?? Fingerprint([String(time)] + words).text)
            members["time"] = .string(Instant(ms: time).rfc3339)
            if let dashboard = fields.line("dashboardUID") { members["url"] = .string("\(page)/d/\(dashboard)") }
            CloudEventsReader.append(FactFields(members), line, document, &reading)
        }
        return reading
    }

    private static func members(_ fields: FactFields, at time: Int64) -> [String: JSONValue] {
        let text = MarkupText.plain(fields.value("text")?.stringValue ?? "")
        let title = StructuredText.name(String(text.prefix { $0 != "\n" })) ?? ""
        let tags = fields.words("tags")
        if let state = fields.line("newState") {
            var members: [String: JSONValue] = labels(in: text)
            let name = fields.line("alertName") ?? StructuredText.name(String(title.prefix { $0 != "{" })) ?? "alert"
            let change = [fields.line("prevState"), state].compactMap { $0 }.joined(separator: " → ")
            members["type"] = .string(EventType.alert.rawValue)
            members["role"] = .string(EventRole.context.rawValue)
            members["severity"] = .string(Severity.info.rawValue)
            members["title"] = .string("\(name): \(change)")
            members["body"] = .string(text)
            members["state"] = .string(state)
            return members
        }
        var members: [String: JSONValue] = [:]
        for tag in tags {
            guard let colon = tag.firstIndex(of: ":") else { continue }
            let name = tag[..<colon].lowercased()
            if named.contains(name), let value = StructuredText.name(String(tag[tag.index(after: colon)...])) {
                members[name] = .string(value)
            }
        }
        let isConfiguration = tags.contains { $0.lowercased().hasPrefix("config") || $0.lowercased().hasPrefix("flag") }
        let type: EventType = GraphiteReader.isDeployment(title, tags: tags) ? .deployment : isConfiguration ? .configChange : .note
        members["type"] = .string(type.rawValue)
        members["title"] = .string(title.isEmpty ? tags.first ?? "annotation" : title)
        if text.count > title.count { members["body"] = .string(text) }
        members["tags"] = .strings(tags)
        if let end = fields.value("timeEnd")?.intValue, end > time { members[EventAttribute.endedAt] = .int(end) }
        if let author = fields.line("login", "userName", "email") { members[EventAttribute.author] = .string(author) }
        return members
    }
    private static let named: Set<String> = ["service", "environment", "env", "version", "commit", "component", "host"]

    /// Of `HighErrors {alertname=HighErrors, service=cart} - B=22`, as alerting writes it, what the labels say of the place.
    private static func labels(in text: String) -> [String: JSONValue] {
        guard let open = text.firstIndex(of: "{"), let close = text[open...].firstIndex(of: "}") else { return [:] }
        var labels: [String: JSONValue] = [:]
        for pair in text[text.index(after: open)..<close].split(separator: ",").prefix(64) {
            guard let equals = pair.firstIndex(of: "=") else { continue }
            let name = StructuredText.foldingBlanks(String(pair[..<equals]))
            labels[name] = .string(StructuredText.title(String(pair[pair.index(after: equals)...])))
        }
        let fields = FactFields(labels)
        return JSONValue.compact([
            "service": fields.line(FactFields.serviceNames).map { .string($0) },
            "host": fields.line(FactFields.hostNames).map { .string($0) },
            "environment": fields.line(FactFields.environmentNames).map { .string($0) },
        ]).objectValue ?? [:]
    }
}
