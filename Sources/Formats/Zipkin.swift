import Model

/// Reads Zipkin's JSON v2 (<https://zipkin.io/zipkin-api/>): a list of spans, or one span or list a line.
package enum ZipkinReader {
    /// `stack` reads the frames out of an exception's stack trace.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin, stack: @Sendable (String) -> StackSummary? = { _ in nil }
    ) -> Reading {
        SpanCollector.read(bytes, from: document) { node, collector in read(node, into: &collector, stack) }
    }

    /// Zipkin's spans carry `traceId` and `id`; its answers for many traces are lists of lists.
    static func accepts(_ node: JSONNode) -> Bool {
        if node.isArray { return node.elements.first { _ in true }.map { accepts($0) } ?? true }
        return node["traceId"] != nil && node["id"] != nil
    }

    static func read(_ node: JSONNode, into collector: inout SpanCollector, _ stack: @Sendable (String) -> StackSummary?) {
        if node.isArray {
            for element in node.elements { read(element, into: &collector, stack) }
            return
        }
        guard let trace = collector.traceID(node["traceId"]?.text), let id = SpanFields.spanID(node["id"]?.text) else {
            return collector.refuse("the span has no `traceId` and `id` of hex digits", excerpt: node)
        }
        guard let start = node["timestamp"]?.looseInt, start > 0 else {
            return collector.refuse("the span has no `timestamp`", excerpt: node)
        }
        let service = node["localEndpoint"]?["serviceName"]?.text.map(SpanFields.clean)
        var span = Span(
            traceID: trace, spanID: id, parentID: SpanFields.spanID(node["parentId"]?.text) ?? "",
            service: service.flatMap { $0.isEmpty ? nil : $0 } ?? collector.document.service ?? "unknown_service",
            instance: instance(node), operation: node["name"]?.text.map { collector.name($0) } ?? "", kind: kind(node["kind"]?.string),
            start: Instant(ms: start.floorDivided(by: 1_000)), durationUs: max(0, node["duration"]?.looseInt ?? 0))
        guard Instant.representable.contains(span.start) else {
            return collector.refuse("the span's `timestamp` is out of range", excerpt: node)
        }
        var result = SpanFields.Result()
        if let tags = node["tags"] {
            for (key, value) in tags.members { result.take(key, value) }
        }
        if let annotations = node["annotations"] {
            for annotation in annotations.elements {
                if let value = annotation["value"]?.text { takeException(value, into: &result) }
            }
        }
        if result.failsByStatus { result.isError = true }
        result.finish(&span, stack)
        collector.reading.spans.append(span)
    }

    /// Zipkin has no place for the attributes of OpenTelemetry's events, so exporters write them into an annotation:
    /// `"exception":{…}` (<https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/#events>), the same in braces, or, as
    /// the collector does, `exception|{…}|0`.
    private static func takeException(_ value: JSONText, into result: inout SpanFields.Result) {
        let text = value.bytes
        let name = text.drop { $0 == 123 || $0 == 34 }
        guard name.starts(with: "exception".utf8), let mark = name.dropFirst(9).first, mark == 34 || mark == 124,
            let start = name.firstIndex(of: 123), var end = text.lastIndex(of: 125)
        else { return }
        if text.first == 123 { end = text[..<end].lastIndex(of: 125) ?? start }
        guard start < end else { return }
        // An annotation that is cut off says nothing; the span's tags still do.
        _ = JSONReader.withDocument(UnsafeRawBufferPointer(rebasing: text[start...end])) { attributes in
            for (key, value) in attributes.members { result.take(key, value) }
        }
    }

    /// The pod or instance from a tag, else the address that the span was recorded at.
    private static func instance(_ node: JSONNode) -> String {
        for name: StaticString in ["service.instance.id", "k8s.pod.name", "host.name", "hostname"] {
            if let value = node["tags"]?[name]?.text, value.count > 0 { return SpanFields.clean(value) }
        }
        return node["localEndpoint"]?["ipv4"]?.text.map(SpanFields.clean) ?? ""
    }

    private static func kind(_ word: String?) -> SpanKind {
        switch word {
        case "SERVER": .server
        case "CLIENT": .client
        case "PRODUCER": .producer
        case "CONSUMER": .consumer
        default: .unknown
        }
    }
}
