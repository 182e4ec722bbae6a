import Model

/// Reads answers of Loki's `query_range` (<https://grafana.com/docs/loki/latest/reference/loki-http-api/>). A matrix is read by
/// `PrometheusReader`, whose form it has.
package enum LokiReader {
    /// One line as Loki keeps it.
    package struct Line: Sendable {
        /// Since the epoch.
        package var nanoseconds: Int64
        package var text: String
        /// Structured metadata and what the query parsed out of the line.
        package var labels: [String: String]
    }
    package struct Stream: Sendable {
        package var labels: [String: String]
        package var lines: [Line]
        /// Labels in the order of their names: what tells streams apart.
        package var identity: String
    }
    package enum Result: String, Sendable { case streams, matrix }

    /// Nil when the bytes are one whole answer of this kind; else why not.
    package static func fault(_ bytes: UnsafeRawBufferPointer, wanted: Result) -> String? {
        if let fault = PrometheusReader.fault(bytes) { return fault }
        let found = JSONReader.withDocument(bytes) { $0["data"]?["resultType"]?.string ?? "" }
        guard case .success(let kind) = found, kind != wanted.rawValue else { return nil }
        return "the result is `\(StructuredText.title(kind))`, not `\(wanted.rawValue)`"
    }

    /// The lines of an answer, each stream's in the order of time. What is no line is refused.
    package static func streams(_ bytes: UnsafeRawBufferPointer) -> (streams: [Stream], refused: [Rejection]) {
        var reading = Reading()
        let streams = JSONReader.withDocument(bytes) { root in
            (root["data"]?["result"]?.elements).map(Array.init)?.map { stream($0, &reading) } ?? []
        }
        return ((try? streams.get()) ?? [], reading.rejections)  // what is not JSON has no streams, and `fault` says so
    }

    private static func stream(_ node: JSONNode, _ reading: inout Reading) -> Stream {
        let labels = labels(node["stream"])
        var lines: [Line] = []
        for pair in (node["values"]?.elements).map(Array.init) ?? [] {
            var parts = pair.elements
            guard let time = parts.next()?.looseInt, time > 0, let text = parts.next()?.string else {
                reading.refuse("it is no line of Loki's: a time in nanoseconds and a text", excerpt: StructuredText.title(pair.excerpt()))
                continue
            }
            lines.append(Line(nanoseconds: time, text: text, labels: parts.next().map(more) ?? [:]))
        }
        lines.sort { $0.nanoseconds < $1.nanoseconds }
        return Stream(labels: labels, lines: lines, identity: JSONValue.object(labels.mapValues { .string($0) }).text)
    }

    /// `{"structuredMetadata": {…}, "parsed": {…}}` of categorised labels, or the labels themselves.
    private static func more(_ node: JSONNode) -> [String: String] {
        guard node["structuredMetadata"] != nil || node["parsed"] != nil else { return labels(node) }
        return labels(node["parsed"]).merging(labels(node["structuredMetadata"])) { $1 }
    }
    private static func labels(_ node: JSONNode?) -> [String: String] {
        var labels: [String: String] = [:]
        for member in (node?.members).map(Array.init) ?? [] where labels.count < 256 {
            labels[member.key.string] = member.value.scalarText
        }
        return labels
    }

    // MARK: - Meaning

    /// A stream with what its labels mean.
    package static func logs(_ stream: Stream) -> LogStream {
        let first = stream.lines.first?.labels ?? [:]
        let labels = first.merging(stream.labels) { $1 }
        return LogStream(
            service: service(labels), host: value(hostNames, labels) ?? "",
            entries: stream.lines.map { line in
                let labels = line.labels.merging(stream.labels) { own, _ in own }
                var entry = LogEntry(time: Instant(nanoseconds: line.nanoseconds), text: line.text)
                entry.level = LogLevelWord.otlp(labels["severity_number"].flatMap { Int64($0) }, value(levelNames, labels))
                entry.guessedLevel = labels["detected_level"].map { LogLevelWord.read($0) } ?? .unknown
                entry.traceID = value(["trace_id", "traceid", "traceID", "traceId"], labels) ?? ""
                entry.spanID = value(["span_id", "spanid", "spanID", "spanId"], labels) ?? ""
                entry.stack = value(["exception_stacktrace"], labels) ?? ""
                return entry
            })
    }

    private static let serviceNames = [
        "service_name", "service", "app_kubernetes_io_name", "app", "app_name", "application", "deployment", "workload", "statefulset",
        "daemonset", "container", "container_name", "component", "job", "syslog_identifier", "unit", "namespace",
    ]
    private static let hostNames = [
        "pod", "pod_name", "k8s_pod_name", "service_instance_id", "instance", "hostname", "host", "host_name", "node", "node_name",
    ]
    private static let levelNames = ["level", "severity", "severity_text", "loglevel", "log_level", "lvl"]

    private static func value(_ names: [String], _ labels: [String: String]) -> String? {
        for name in names {
            if let value = StructuredText.name(labels[name]) { return value }
        }
        return nil
    }
    /// Loki calls what it cannot name `unknown_service`; a job is `namespace/name`, a unit ends in `.service`.
    private static func service(_ labels: [String: String]) -> String? {
        guard var name = value(serviceNames, labels.filter { $0.value != "unknown_service" }) else { return nil }
        if name.hasSuffix(".service") { name = String(name.dropLast(8)) }
        return name.split(separator: "/").last.map(String.init)
    }
}
