import Model

/// Reads Jaeger's JSON: what its interface and API give (`{"data": [{"traceID", "spans", "processes"}]}`), single traces and
/// spans, the span documents of its Elasticsearch store, and the JSON mapping of its protocol buffers (`traceId` in base 64).
package enum JaegerJSONReader {
    /// `stack` reads the frames out of an exception's stack trace.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin, stack: @Sendable (String) -> StackSummary? = { _ in nil }
    ) -> Reading {
        SpanCollector.read(bytes, from: document) { node, collector in read(node, into: &collector, stack) }
    }

    static func accepts(_ node: JSONNode) -> Bool {
        if node.isArray { return node.elements.first { _ in true }.map { accepts($0) } ?? false }
        for (key, _) in node.members
        where key == "data" || key == "spans" || key == "operationName" || key == "hits" || key == "_source" { return true }
        return false
    }

    static func read(_ node: JSONNode, into collector: inout SpanCollector, _ stack: @Sendable (String) -> StackSummary?) {
        if node.isArray {
            for element in node.elements { read(element, into: &collector, stack) }
        } else if let inner = node["data"] ?? node["hits"] ?? node["_source"] {
            read(inner, into: &collector, stack)
        } else if let spans = node["spans"] {
            var processes: [String: JSONNode] = [:]
            if let known = node["processes"] {
                for (id, process) in known.members { processes[id.string] = process }
            }
            let batch = node["process"]
            for span in spans.elements { readSpan(span, processes: processes, batch: batch, into: &collector, stack) }
        } else if node["operationName"] != nil || node["spanID"] != nil {
            readSpan(node, processes: [:], batch: nil, into: &collector, stack)
        } else {
            collector.refuse("it is not a trace or a span of Jaeger's", excerpt: node)
        }
    }

    private static func readSpan(
        _ node: JSONNode, processes: [String: JSONNode], batch: JSONNode?, into collector: inout SpanCollector,
        _ stack: @Sendable (String) -> StackSummary?
    ) {
        guard let trace = collector.traceID((node["traceID"] ?? node["traceId"])?.text),
            let id = SpanFields.spanID((node["spanID"] ?? node["spanId"])?.text)
        else { return collector.refuse("the span has no `traceID` and `spanID` of hex digits", excerpt: node) }
        guard let start = startUs(node) else { return collector.refuse("the span has no `startTime`", excerpt: node) }
        let process = node["process"] ?? node["processID"]?.string.flatMap { processes[$0] } ?? batch
        let service = process?["serviceName"]?.text.map(SpanFields.clean)
        var span = Span(
            traceID: trace, spanID: id, parentID: parent(of: node),
            service: service.flatMap { $0.isEmpty ? nil : $0 } ?? collector.document.service ?? "unknown_service",
            instance: instance(process), operation: node["operationName"]?.text.map { collector.name($0) } ?? "",
            start: Instant(ms: start.floorDivided(by: 1_000)), durationUs: durationUs(node["duration"]))
        guard Instant.representable.contains(span.start) else {
            return collector.refuse("the span's `startTime` is out of range", excerpt: node)
        }
        var result = SpanFields.Result()
        forEachTag(node["tags"] ?? node["tag"]) { key, value in
            result.take(key, value)
            if key == "span.kind" { span.kind = kind(value.string) }
        }
        for log in node["logs"]?.elements ?? JSONNode.Elements.none(in: node) { readLog(log, into: &result) }
        if result.failsByStatus { result.isError = true }
        result.finish(&span, stack)
        collector.reading.spans.append(span)
    }

    /// OpenTracing's error logs (`error.kind`, `error.object`, `message`, `stack`) and OpenTelemetry's exception events.
    private static func readLog(_ log: JSONNode, into result: inout SpanFields.Result) {
        var isError = false
        var message: String?
        forEachTag(log["fields"]) { key, value in
            if key == "event" {
                isError = value.string == "error" || value.string == "exception"
            } else if key == "error.kind" || key == "error.object" {
                isError = true
                if let name = value.string, result.exception == nil, !name.contains(" ") { result.exception = name }
            } else if key == "message" {
                message = value.string
            } else if key == "stack" {
                result.stackText = value.string ?? ""
            } else if key.count != 5 {
                result.take(key, value)  // `error` in a log is not the span's
            }
        }
        if isError, result.message.isEmpty, let message { result.message = message }
    }

    /// Tags are a list of `key` and `value` (or `vStr`, `vBool`…), or in Elasticsearch an object with `@` for the dots.
    private static func forEachTag(_ node: JSONNode?, _ body: (JSONText, JSONNode) -> Void) {
        guard let node else { return }
        for (key, value) in node.members { body(key, value) }
        for tag in node.elements {
            guard let key = tag["key"]?.text else { continue }
            if let value = tag["value"] ?? tag["vStr"] ?? tag["vInt64"] ?? tag["vBool"] ?? tag["vFloat64"] { body(key, value) }
        }
    }

    private static func instance(_ process: JSONNode?) -> String {
        var best: (rank: Int, name: String) = (99, "")
        forEachTag(process?["tags"]) { key, value in
            let names: [StaticString] = ["service.instance.id", "k8s.pod.name", "pod.name", "host.name", "hostname"]
            guard let rank = names.firstIndex(where: { key == $0 }), rank < best.rank, let text = value.text, text.count > 0 else { return }
            best = (rank, SpanFields.clean(text))
        }
        return best.name
    }

    /// The span it is a child of; failing that, the one it follows from.
    private static func parent(of node: JSONNode) -> String {
        if let id = SpanFields.spanID((node["parentSpanID"] ?? node["parentSpanId"])?.text) { return id }
        var found = ""
        for reference in node["references"]?.elements ?? JSONNode.Elements.none(in: node) {
            guard let id = SpanFields.spanID((reference["spanID"] ?? reference["spanId"])?.text) else { continue }
            let kind = reference["refType"]?.string
            if kind == "CHILD_OF" || kind == nil { return id }
            if found.isEmpty { found = id }
        }
        return found
    }

    /// Microseconds since the epoch, or RFC 3339.
    private static func startUs(_ node: JSONNode) -> Int64? {
        guard let start = node["startTime"] else {
            return node["startTimeMillis"]?.looseInt.flatMap { $0 > 0 && $0 < .max / 1_000 ? $0 * 1_000 : nil }
        }
        if let number = start.looseInt { return number > 0 ? number : nil }
        return start.text.flatMap { Instant.read(rfc3339: $0.bytes) }.map { $0.ms * 1_000 }
    }

    /// Microseconds, or a duration with a unit: `22938000ns`, `0.1s`.
    private static func durationUs(_ node: JSONNode?) -> Int64 {
        if let number = node?.looseInt { return max(0, number) }
        guard let text = node?.string else { return 0 }
        let units: [(String, Double)] = [("ns", 1e-3), ("us", 1), ("µs", 1), ("ms", 1e3), ("s", 1e6)]
        guard let unit = units.first(where: { text.hasSuffix($0.0) }), let value = Double(text.dropLast(unit.0.count)) else { return 0 }
        let us = value * unit.1
        return us > 0 && us < 1e17 ? Int64(us) : 0
    }

    private static func kind(_ word: String?) -> SpanKind {
        switch word {
        case "server": .server
        case "client": .client
        case "producer": .producer
        case "consumer": .consumer
        case "internal": .internal
        default: .unknown
        }
    }
}
