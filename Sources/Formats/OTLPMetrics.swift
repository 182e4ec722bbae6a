import Model

// Metrics of OTLP: gauges and sums as they are; of histograms, exponential histograms and summaries the count and the sum, as
// `name_count` and `name_sum`. Buckets and quantiles are left out: the detectors work on levels and rates.
extension OTLPReader {
    static func readMetrics(of node: JSONNode, into collector: inout SpanCollector) {
        let resource = Resource(node["resource"], collector.document)
        for member in node.members where member.key == "scopeMetrics" || member.key == "instrumentationLibraryMetrics" {
            for scope in member.value.elements {
                for metric in scope["metrics"]?.elements ?? JSONNode.Elements.none(in: node) {
                    readMetric(metric, resource, into: &collector)
                }
            }
        }
    }

    private static func readMetric(_ node: JSONNode, _ resource: Resource, into collector: inout SpanCollector) {
        guard let name = node["name"]?.text.map(SpanFields.clean), !name.isEmpty else {
            return collector.refuse("the metric has no `name`", excerpt: node)
        }
        let unit = node["unit"]?.text.map(SpanFields.clean) ?? ""
        for (key, value) in node.members {
            let isSum = key == "sum"
            let isTotals = key == "histogram" || key == "exponentialHistogram" || key == "summary"
            guard isSum || isTotals || key == "gauge" else { continue }
            let isCumulative = key == "summary" || temporality(value["aggregationTemporality"]) == 2
            let isCounter = isCumulative && (isTotals || value["isMonotonic"]?.bool == true)
            let kind: MetricKind = isCounter ? .counter : .gauge
            for point in value["dataPoints"]?.elements ?? JSONNode.Elements.none(in: node) {
                readPoint(point, name, unit, kind, isTotals, resource, into: &collector)
            }
        }
    }

    private static func temporality(_ node: JSONNode?) -> Int64 {
        node?.int ?? (node?.string == "AGGREGATION_TEMPORALITY_CUMULATIVE" ? 2 : 1)
    }

    private static func readPoint(
        _ node: JSONNode, _ name: String, _ unit: String, _ kind: MetricKind, _ isTotals: Bool, _ resource: Resource,
        into collector: inout SpanCollector
    ) {
        guard let nanoseconds = node["timeUnixNano"]?.looseInt, nanoseconds > 0 else {
            return collector.refuse("a point of the metric `\(name)` has no `timeUnixNano`", excerpt: node)
        }
        if let flags = node["flags"]?.int, flags & 1 == 1 { return }  // no value was recorded
        let time = Instant(nanoseconds: nanoseconds).ms
        let labels = labels(node["attributes"])
        func add(_ name: String, _ value: Double?, _ unit: String) {
            guard let value, value.isFinite else { return }
            let key = MetricKey(
                service: resource.service, instance: resource.instance, metric: MetricTrackBuilder.name(name, labels: labels))
            collector.metrics.add(time, value, key: key, kind: kind, unit: unit)
        }
        if isTotals {
            add(name + "_count", number(node["count"]), "")
            add(name + "_sum", number(node["sum"]), unit)
        } else if let value = number(node["asDouble"]) ?? number(node["asInt"]) {
            add(name, value, unit)
        } else {
            collector.refuse("a point of the metric `\(name)` has no value", excerpt: node)
        }
    }

    /// A number, or digits in a string as proto3 JSON writes 64-bit integers.
    private static func number(_ node: JSONNode?) -> Double? { node?.double ?? node?.string.flatMap { Double($0) } }

    private static func labels(_ node: JSONNode?) -> [(String, String)] {
        guard let node else { return [] }
        var out: [(String, String)] = []
        for attribute in node.elements {
            guard let key = attribute["key"]?.text else { continue }
            let value = attribute["value"]?.members.first { _ in true }?.value
            out.append((SpanFields.clean(key), value.flatMap { $0.scalarText } ?? ""))
        }
        return out
    }
}
