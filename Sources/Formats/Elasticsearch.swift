import Model

/// Reads answers to searches of Elasticsearch and OpenSearch whose documents are log records, in the names of the Elastic Common
/// Schema (<https://www.elastic.co/guide/en/ecs/current/>), of OpenTelemetry, or of plain loggers.
package enum ElasticsearchReader {
    package struct Document: Sendable {
        /// Index and id: no two documents have the same.
        package var id: String
        /// What is sent back to go on behind it.
        package var sort: JSONValue
        package var time: Instant
        var service: String?
        var host: String
        var file: String
        /// Nil for one that says nothing.
        var entry: LogEntry?
    }
    package struct Answer: Sendable {
        package var documents: [Document] = []
        /// The point in time from here on; an answer may name a new one.
        package var pointInTime: String?
        package var refused: [Rejection] = []
        /// How many parts of indices were searched: 0 when no index has the name, or none that may be read; nil when it is not said.
        package var shards: Int64?
    }

    /// Nil when the bytes are the whole answer to a search; else why not.
    package static func fault(_ bytes: UnsafeRawBufferPointer) -> String? {
        JSONReader.fault(bytes) { root in
            guard root["hits"]?["hits"]?.isArray == true else { return JSONReader.otherKind }
            if root["timed_out"]?.bool == true { return "the search took too long, and only a part of it was answered" }
            if let failed = root["_shards"]?["failed"]?.int, failed > 0 { return "\(failed) shards did not answer" }
            return nil
        }
    }

    /// The documents of an answer in its order.
    package static func answer(_ bytes: UnsafeRawBufferPointer, timeField: String) -> Answer {
        var answer = Answer()
        var reading = Reading()
        _ = JSONReader.withDocument(bytes) { root in  // what is not JSON has no documents, and `fault` says so
            answer.pointInTime = root["pit_id"]?.string
            answer.shards = root["_shards"]?["total"]?.int
            for hit in (root["hits"]?["hits"]?.elements).map(Array.init) ?? [] {
                let id = "\(hit["_index"]?.string ?? "")/\(hit["_id"]?.string ?? "")"
                guard let source = hit["_source"], source.isObject, source.tapeCount <= FactDocument.objectValues else {
                    reading.refuse("the document has no `_source`", excerpt: StructuredText.title(hit.excerpt()))
                    continue
                }
                // It goes into the cursor.
                let sort = (hit["sort"]?.tapeCount ?? 0) <= 16 ? hit["sort"]?.value ?? [] : []
                let fields = source.value
                guard let time = Instant(json: value(fields, timeField[...])) ?? sorted(sort) else {
                    reading.refuse("the document has no time in `\(timeField)`", excerpt: StructuredText.title(hit.excerpt()))
                    continue
                }
                let document = document(id, sort, time, fields)
                if document.entry == nil { reading.refuse("the document has no message", excerpt: StructuredText.title(hit.excerpt())) }
                answer.documents.append(document)
            }
        }
        answer.refused = reading.rejections
        return answer
    }

    /// Milliseconds of a `date`, nanoseconds of a `date_nanos`.
    private static func sorted(_ sort: JSONValue) -> Instant? {
        guard let number = sort.arrayValue?.first?.intValue else { return nil }
        return Instant(epoch: Double(number))
    }

    // MARK: - Meaning

    private static func document(_ id: String, _ sort: JSONValue, _ time: Instant, _ fields: JSONValue) -> Document {
        var document = Document(id: id, sort: sort, time: time, service: line(fields, services), host: line(fields, hosts) ?? "", file: "")
        document.file = line(fields, ["log.file.path", "kubernetes.container.id", "container.id"]) ?? ""
        let stack = line(fields, stacks, isText: true) ?? ""
        guard let message = line(fields, messages, isText: true) else { return document }
        var entry = LogEntry(time: time, text: message)
        let number = line(fields, ["severity_number", "SeverityNumber", "severityNumber"]).flatMap { Int64($0) }
        let word = line(fields, levels)
        entry.level = word.flatMap { Int($0) }.map { LogLevelWord.bunyan($0) } ?? LogLevelWord.otlp(number, word)
        entry.traceID = line(fields, ["trace.id", "trace_id", "traceId", "TraceId", "traceID"]) ?? ""
        entry.spanID = line(fields, ["span.id", "span_id", "spanId", "SpanId", "spanID"]) ?? ""
        entry.stack = stack
        document.entry = entry
        return document
    }

    private static let messages = [
        "message", "msg", "body.text", "body", "Body", "log", "MESSAGE", "event.original", "error.message", "exception.message",
    ]
    private static let levels = [
        "log.level", "level", "severity_text", "SeverityText", "severityText", "severity.text", "severity", "loglevel", "levelname",
        "log.syslog.severity.name",
    ]
    private static let services = [
        "service.name", "resource.attributes.service.name", "resource.attributes.service@name", "serviceName",
        "kubernetes.labels.app_kubernetes_io/name", "kubernetes.labels.app", "kubernetes.container.name", "kubernetes.container_name",
        "container.name", "fields.service", "service", "app", "application", "process.name", "log.syslog.appname", "systemd.unit",
        "event.dataset",
    ]
    private static let hosts = [
        "kubernetes.pod.name", "kubernetes.pod_name", "resource.attributes.k8s.pod.name", "resource.attributes.host.name",
        "service.node.name", "host.name", "host.hostname", "agent.hostname", "hostname", "host",
    ]
    private static let stacks = [
        "error.stack_trace", "attributes.exception.stacktrace", "exception.stacktrace", "error.stack", "stack_trace", "stack",
    ]

    private static func line(_ fields: JSONValue, _ names: [String], isText: Bool = false) -> String? {
        for name in names {
            guard let text = value(fields, name[...])?.scalarText else { continue }
            if isText {
                if !text.utf8.allSatisfy({ $0 <= 32 }) { return text }
            } else if let line = StructuredText.name(text) {
                return line
            }
        }
        return nil
    }

    /// A field by its dotted name, whichever of its dots are objects; of several values the first.
    private static func value(_ fields: JSONValue, _ name: Substring) -> JSONValue? {
        if let found = fields[String(name)], found != .null {
            if case .array(let values) = found { return values.first }
            return found
        }
        var at = name.startIndex
        while let dot = name[at...].firstIndex(of: ".") {
            let rest = name.index(after: dot)
            if let inner = fields[String(name[..<dot])], let found = value(inner, name[rest...]) { return found }
            at = rest
        }
        return nil
    }

    /// Documents of one program, on one machine, of one file, in the order in which they came.
    package static func streams(_ documents: [Document]) -> [LogStream] {
        var places: [String: Int] = [:]
        var streams: [LogStream] = []
        for document in documents {
            guard let entry = document.entry else { continue }
            let key = "\(document.service ?? "")\u{1f}\(document.host)\u{1f}\(document.file)"
            let place = places[key] ?? streams.count
            if place == streams.count {
                places[key] = place
                streams.append(LogStream(service: document.service, host: document.host))
            }
            streams[place].entries.append(entry)
        }
        return streams
    }
}
