import Model

/// Reads what people reported: `reports/*.json` with `{time, title, text}`, one object, a list, or one a line. Optional are
/// `id`, `service`, `severity`, `url` and `reporter`. A report is a signal.
package enum ReportLinesReader {
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        FactDocument.forEachObject(bytes, into: &reading, wanted: "report") { fields, line, reading in
            let text = fields.text("text", "body", "description", "message") ?? ""
            let firstLine = StructuredText.name(String(text.prefix { $0 != "\n" }))
            guard let title = fields.line("title", "subject", "summary") ?? firstLine else {
                return reading.refuse("the report has neither a `title` nor a `text`", line: line, excerpt: FactDocument.excerpt(fields))
            }
            guard let time = fields.time("time", "occurred_at", "reported_at", "created_at", "timestamp") else {
                return reading.refuse(
                    "the report has no `time` in RFC 3339 or as an epoch number", line: line, excerpt: FactDocument.excerpt(fields))
            }
            let id = fields.line("id", "key", "source_id")
            var attributes: [String: JSONValue] = [:]
            if let reporter = fields.line("reporter", "author") { attributes["reporter"] = .string(StructuredText.title(reporter)) }
            reading.events.append(
                Event(
                    source: .tickets, type: .report, subject: id ?? title + "@" + String(time.ms), at: time,
                    severity: AlertmanagerReader.severity(fields) ?? .medium, title: StructuredText.title(title), body: text,
                    service: fields.line("service") ?? document.service, component: fields.line("component"),
                    environment: fields.line("environment", "env") ?? document.environment, tags: fields.words("tags", "labels"),
                    attributes: attributes, origin: document.origin, sourceID: id, url: fields.url("url", "link")))
        }
        return reading
    }
}
