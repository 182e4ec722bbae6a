import Model

/// Reads OpenTelemetry's OTLP in its JSON mapping (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>):
/// requests and files of spans, metrics and logs, one document or one a line; a bare `ResourceSpans` or an array of any of
/// them will do. Ids are hex as the mapping says, or base 64 as plain proto3 JSON would write them. Times are nanoseconds as
/// strings or numbers.
package enum OTLPReader {
    /// `stack` reads the frames out of an exception's stack trace.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin, stack: @Sendable (String) -> StackSummary? = { _ in nil }
    ) -> Reading {
        SpanCollector.read(bytes, from: document) { node, collector in
            if accepts(node) {
                read(node, into: &collector, stack)
            } else {
                collector.refuse("it is not OTLP: none of `resourceSpans`, `resourceMetrics` and `resourceLogs` is there", excerpt: node)
            }
        }
    }

    static func accepts(_ node: JSONNode) -> Bool {
        if node.isArray { return node.elements.first { _ in true }.map { $0.isObject && accepts($0) } ?? false }
        for member in node.members where isKnown(member.key) { return true }
        return false
    }

    private static func isKnown(_ key: JSONText) -> Bool {
        key == "resourceSpans" || key == "resourceMetrics" || key == "resourceLogs" || key == "scopeSpans" || key == "scopeMetrics"
            || key == "scopeLogs" || key == "instrumentationLibrarySpans" || key == "resource_spans" || key == "resource_metrics"
            || key == "resource_logs"
    }

    static func read(_ node: JSONNode, into collector: inout SpanCollector, _ stack: @Sendable (String) -> StackSummary?) {
        for element in node.elements where element.isObject { read(element, into: &collector, stack) }
        for member in node.members {
            if member.key == "resourceSpans" || member.key == "resource_spans" {
                for resource in member.value.elements { readSpans(of: resource, into: &collector, stack) }
            } else if member.key == "resourceMetrics" || member.key == "resource_metrics" {
                for resource in member.value.elements { readMetrics(of: resource, into: &collector) }
            } else if member.key == "resourceLogs" || member.key == "resource_logs" {
                readLogs(of: member.value, into: &collector)
            }
        }
        if node["scopeSpans"] != nil || node["instrumentationLibrarySpans"] != nil { readSpans(of: node, into: &collector, stack) }
        if node["scopeMetrics"] != nil { readMetrics(of: node, into: &collector) }
    }

    // MARK: Resources

    /// The service and the instance that a resource names.
    struct Resource {
        var service: String
        var instance: String

        init(_ node: JSONNode?, _ document: DocumentOrigin) {
            var service: String?
            var ranked: [String?] = [nil, nil, nil]
            if let attributes = node?["attributes"] {
                for attribute in attributes.elements {
                    guard let key = attribute["key"]?.text, let value = attribute["value"]?["stringValue"]?.text else { continue }
                    if key == "service.name" {
                        service = SpanFields.clean(value)
                    } else if key == "service.instance.id" {
                        ranked[0] = SpanFields.clean(value)
                    } else if key == "k8s.pod.name" {
                        ranked[1] = SpanFields.clean(value)
                    } else if key == "host.name" {
                        ranked[2] = SpanFields.clean(value)
                    }
                }
            }
            let named = service.flatMap { $0.isEmpty ? nil : $0 }
            self.service = named ?? document.service ?? "unknown_service"
            instance = ranked.compactMap { $0 }.first { !$0.isEmpty } ?? ""
        }
    }

    // MARK: Spans

    private static func readSpans(
        of node: JSONNode, into collector: inout SpanCollector, _ stack: @Sendable (String) -> StackSummary?
    ) {
        let resource = Resource(node["resource"], collector.document)
        for member in node.members where member.key == "scopeSpans" || member.key == "instrumentationLibrarySpans" {
            for scope in member.value.elements {
                for part in scope.members where part.key == "spans" {
                    for span in part.value.elements { readSpan(span, resource, into: &collector, stack) }
                }
            }
        }
    }

    private static func readSpan(
        _ node: JSONNode, _ resource: Resource, into collector: inout SpanCollector, _ stack: @Sendable (String) -> StackSummary?
    ) {
        var trace: String?
        var id: String?
        var parent = ""
        var operation = ""
        var start: Int64?
        var end: Int64?
        var kind = SpanKind.unknown
        var result = SpanFields.Result()
        var statusIsSet = false
        for (key, value) in node.members {
            switch key.count {
            case 7 where key == "traceId": trace = collector.traceID(value.text)
            case 6 where key == "spanId": id = SpanFields.spanID(value.text)
            case 12 where key == "parentSpanId": parent = SpanFields.spanID(value.text) ?? ""
            case 4 where key == "name": operation = value.text.map { collector.name($0) } ?? ""
            case 4 where key == "kind": kind = spanKind(value)
            case 17 where key == "startTimeUnixNano": start = value.looseInt
            case 15 where key == "endTimeUnixNano": end = value.looseInt
            case 10 where key == "attributes": readAttributes(value, into: &result)
            case 6 where key == "events": readEvents(value, into: &result)
            case 6 where key == "status": statusIsSet = readStatus(value, into: &result)
            default: break
            }
        }
        guard let trace, let id else {
            return collector.refuse("the span has no `\(trace == nil ? "traceId" : "spanId")` of hex digits", excerpt: node)
        }
        guard let start, start > 0 else {
            return collector.refuse("the span has no `startTimeUnixNano`", excerpt: node)
        }
        if !statusIsSet, result.failsByStatus { result.isError = true }
        var span = Span(
            traceID: trace, spanID: id, parentID: parent, service: resource.service, instance: resource.instance,
            operation: operation, kind: kind, start: Instant(nanoseconds: start),
            durationUs: SpanFields.durationUs(from: start, to: end ?? start))
        result.finish(&span, stack)
        collector.reading.spans.append(span)
    }

    private static func spanKind(_ node: JSONNode) -> SpanKind {
        if let number = node.int { return SpanKind(rawValue: UInt8(clamping: number)) ?? .unknown }
        switch node.string {
        case "SPAN_KIND_INTERNAL": return .internal
        case "SPAN_KIND_SERVER": return .server
        case "SPAN_KIND_CLIENT": return .client
        case "SPAN_KIND_PRODUCER": return .producer
        case "SPAN_KIND_CONSUMER": return .consumer
        default: return .unknown
        }
    }

    private static func readAttributes(_ node: JSONNode, into result: inout SpanFields.Result) {
        for attribute in node.elements {
            var key: JSONText?
            var value: JSONNode?
            for member in attribute.members {
                if member.key == "key" {
                    key = member.value.text
                } else if member.key == "value" {
                    value = member.value.members.first { _ in true }?.value
                }
            }
            if let key, let value { result.take(key, value) }
        }
    }

    private static func readEvents(_ node: JSONNode, into result: inout SpanFields.Result) {
        for event in node.elements {
            guard let name = event["name"]?.text, name == "exception", let attributes = event["attributes"] else { continue }
            readAttributes(attributes, into: &result)
        }
    }

    /// True when the status is OK or an error, so that tags need not be asked.
    private static func readStatus(_ node: JSONNode, into result: inout SpanFields.Result) -> Bool {
        var isSet = false
        for (key, value) in node.members {
            if key == "code" {
                let code = value.int
                let word = value.string
                result.isError = code == 2 || word == "STATUS_CODE_ERROR"
                isSet = result.isError || code == 1 || word == "STATUS_CODE_OK"
            } else if key == "message", let text = value.string, !text.isEmpty {
                result.message = text
            }
        }
        return isSet
    }
}
