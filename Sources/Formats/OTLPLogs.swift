import Model

// Log records of OTLP. Their strings are unescaped, so nothing of the source's own bytes is kept: a batch's bytes are the
// messages, names and stack traces themselves (`sourceCount` 0), and a record is its message.
extension OTLPReader {
    /// `node` is the value of `resourceLogs`; everything in it becomes one batch.
    static func readLogs(of node: JSONNode, into collector: inout SpanCollector) {
        var batch = LogBatch(
            bytes: [], sourceCount: 0, records: [], path: collector.document.path, offset: 0, firstLine: collector.line,
            defaultService: collector.document.service ?? "unknown_service", environment: collector.document.environment)
        for resourceLogs in node.elements {
            let resource = Resource(resourceLogs["resource"], collector.document)
            let service = append(resource.service, to: &batch)
            let host = append(resource.instance, to: &batch)
            for member in resourceLogs.members where member.key == "scopeLogs" || member.key == "instrumentationLibraryLogs" {
                for scope in member.value.elements {
                    for record in scope["logRecords"]?.elements ?? JSONNode.Elements.none(in: node) {
                        readLog(record, service, host, into: &batch, &collector)
                    }
                }
            }
        }
        if !batch.records.isEmpty { collector.reading.logs.append(batch) }
    }

    private static func readLog(
        _ node: JSONNode, _ service: ByteRange, _ host: ByteRange, into batch: inout LogBatch, _ collector: inout SpanCollector
    ) {
        var tags = SpanFields.Result()
        for attribute in node["attributes"]?.elements ?? JSONNode.Elements.none(in: node) {
            if let key = attribute["key"]?.text, let value = attribute["value"]?.members.first(where: { _ in true })?.value {
                tags.take(key, value)
            }
        }
        let body = node["body"].map { plain($0) }
        let message = body?.scalarText ?? body.flatMap { $0 == .null ? nil : $0.text } ?? node["eventName"]?.string ?? tags.message
        guard !message.isEmpty else { return collector.refuse("the log record has no `body`", excerpt: node) }
        let recorded = node["timeUnixNano"]?.looseInt ?? 0
        let observed = node["observedTimeUnixNano"]?.looseInt ?? 0
        let nanoseconds = recorded > 0 ? recorded : observed
        let text = append(message.clipped(toBytes: Limits.bodyBytes), to: &batch)
        let trace = SpanFields.traceID(node["traceId"]?.text).map { append($0, to: &batch) } ?? .absent
        let span = SpanFields.spanID(node["spanId"]?.text).map { append($0, to: &batch) } ?? .absent
        let stack = tags.stackText.isEmpty ? ByteRange.absent : append(tags.stackText.clipped(toBytes: Limits.bodyBytes), to: &batch)
        batch.records.append(
            LogRecord(
                timeMs: nanoseconds > 0 ? Instant(nanoseconds: nanoseconds).ms : LogRecord.noTime,
                level: LogLevelWord.otlp(node["severityNumber"]?.looseInt, node["severityText"]?.string), record: text, message: text,
                service: service, host: host, traceID: trace, spanID: span, stack: stack))
    }

    private static func append(_ text: String, to batch: inout LogBatch) -> ByteRange {
        guard !text.isEmpty else { return .absent }
        let start = batch.bytes.count
        batch.bytes.append(contentsOf: text.utf8)
        return ByteRange(start: start, count: batch.bytes.count - start)
    }

    /// OTLP's typed values (`{"stringValue": …}`) as plain JSON.
    private static func plain(_ node: JSONNode) -> JSONValue {
        guard let (key, value) = node.members.first(where: { _ in true }) else { return .null }
        if key == "intValue" { return value.looseInt.map { .int($0) } ?? value.value }
        if key == "arrayValue" {
            return .array((value["values"]?.elements ?? JSONNode.Elements.none(in: node)).map { plain($0) })
        }
        if key == "kvlistValue" {
            var members: [String: JSONValue] = [:]
            for pair in value["values"]?.elements ?? JSONNode.Elements.none(in: node) {
                if let name = pair["key"]?.string { members[name] = pair["value"].map { plain($0) } ?? .null }
            }
            return .object(members)
        }
        return value.value
    }
}
