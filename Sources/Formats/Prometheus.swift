import Model

/// Reads answers of Prometheus' HTTP API (<https://prometheus.io/docs/prometheus/latest/querying/api/>), which VictoriaMetrics,
/// Mimir and Thanos speak too.
///
/// A series is keyed as `OpenMetricsReader` keys it; one without a name, as aggregation leaves it, takes the document's. Values
/// that are not finite are skipped. What the server warns of is refused with its words, because an answer may lack a part then.
package enum PrometheusReader {
    /// The most series of one answer that are kept.
    package static let seriesPerAnswer = 5_000

    /// Nil when the bytes are one whole answer of success; else why not.
    package static func fault(_ bytes: UnsafeRawBufferPointer) -> String? {
        JSONReader.fault(bytes) { node in
            guard node["data"] != nil, let status = node["status"]?.string else { return JSONReader.otherKind }
            return status == "success" ? nil : "the status is `\(StructuredText.title(status))`"
        }
    }

    /// The points of a matrix (`query_range`) or vector (`query`).
    package static func metrics(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        var tracks = MetricTrackBuilder()
        let refusals = forEachSeries(bytes) { series in
            let labels = labels(series)
            let name = labels.first { $0.name == "__name__" }?.value ?? document.path
            let key = MetricKey(name: name, labels: labels.filter { $0.name != "__name__" }, service: document.service)
            let isCounter = name != document.path && ["_total", "_count", "_sum"].contains { name.hasSuffix($0) }
            let index = tracks.index(of: key, kind: isCounter ? .counter : .unknown)
            forEachPoint(series) { ms, value in tracks.add(ms, value, to: index) }
        }
        reading.metrics = tracks.tracks()
        for refusal in refusals { reading.refuse(refusal) }
        return reading
    }

    /// The alerts in a matrix whose series are alerts with all their labels and whose values are the epoch seconds at which each
    /// became active. One whose last point lies before the last step has ended after it. `rules` is the answer of
    /// `/api/v1/rules`, for the annotations; empty for none.
    package static func alerts(
        _ bytes: UnsafeRawBufferPointer, rules: [UInt8], lastStepMs: Int64, stepMs: Int64, from document: DocumentOrigin
    ) -> Reading {
        var reading = Reading()
        let annotations = rules.withUnsafeBytes { Self.annotations($0) }
        let refusals = forEachSeries(bytes) { series in
            let labels = labels(series).filter { $0.name != "__name__" && $0.name != "alertstate" }
            var spells: [(activeAt: Int64, lastMs: Int64)] = []
            forEachPoint(series) { ms, value in
                guard value > 0, value < 1e11 else { return }
                let activeAt = Int64(value) * 1_000
                if spells.last?.activeAt == activeAt { spells[spells.count - 1].lastMs = ms } else { spells.append((activeAt, ms)) }
            }
            let named = Dictionary(labels.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
            let said = annotations[named["alertname"] ?? ""] ?? [:]
            for spell in spells {
                var alert: [String: JSONValue] = [
                    "labels": .object(named.mapValues { .string($0) }), "startsAt": .string(Instant(ms: spell.activeAt).rfc3339),
                    "annotations": .object(said.mapValues { .string(rendered($0, named)) }),
                ]
                let hasEnded = spell.lastMs < lastStepMs
                alert["status"] = hasEnded ? "resolved" : "firing"
                if hasEnded { alert["endsAt"] = .string(Instant(ms: spell.lastMs + stepMs).rfc3339) }
                AlertmanagerReader.readAlert(FactFields(alert), 1, document, &reading)
            }
        }
        for refusal in refusals { reading.refuse(refusal) }
        return reading
    }

    // MARK: - Series

    /// Returns what is to be refused.
    private static func forEachSeries(_ bytes: UnsafeRawBufferPointer, _ body: (JSONNode) -> Void) -> [String] {
        var refusals: [String] = []
        let outcome = JSONReader.withDocument(bytes) { root in
            for warning in (root["warnings"]?.elements).map(Array.init) ?? [] {
                refusals.append("the server warns: \(StructuredText.title(warning.string ?? ""))")
            }
            guard let result = root["data"]?["result"], result.isArray else { return refusals.append("the answer has no `data.result`") }
            var count = 0
            for series in result.elements {
                count += 1
                if count <= seriesPerAnswer { body(series) }
            }
            if count > seriesPerAnswer {
                refusals.append(
                    "the answer has \(count) series, of which \(seriesPerAnswer) are kept; aggregate them, as in `sum by (service) (…)`")
            }
        }
        if case .failure(let problem) = outcome { refusals.append("the answer is not JSON: \(problem.reason)") }
        return Array(refusals.prefix(Limits.deadLettersPerFile))
    }

    private static func labels(_ series: JSONNode) -> [(name: String, value: String)] {
        var labels: [(name: String, value: String)] = []
        for member in (series["metric"]?.members).map(Array.init) ?? [] where labels.count < 128 {
            labels.append((StructuredText.title(member.key.string), StructuredText.title(member.value.string ?? "")))
        }
        return labels
    }

    private static func forEachPoint(_ series: JSONNode, _ body: (_ ms: Int64, _ value: Double) -> Void) {
        func take(_ pair: JSONNode) {
            var parts = pair.elements
            guard let seconds = parts.next()?.double, abs(seconds) < 1e11, let text = parts.next()?.text,
                let value = StructuredText.metricValue(text.bytes), value.isFinite
            else { return }
            body(Int64((seconds * 1_000).rounded()), value)
        }
        if let values = series["values"] { for pair in values.elements { take(pair) } } else if let pair = series["value"] { take(pair) }
    }

    // MARK: - Rules

    /// Alert → annotation → its template.
    private static func annotations(_ bytes: UnsafeRawBufferPointer) -> [String: [String: String]] {
        var out: [String: [String: String]] = [:]
        _ = JSONReader.withDocument(bytes) { root in  // without rules an alert has no annotations, as many have none
            for group in (root["data"]?["groups"]?.elements).map(Array.init) ?? [] {
                for rule in (group["rules"]?.elements).map(Array.init) ?? [] where rule["type"]?.string == "alerting" {
                    guard let name = rule["name"]?.string, out.count < 5_000 else { continue }
                    for member in (rule["annotations"]?.members).map(Array.init) ?? [] {
                        if let text = member.value.string { out[name, default: [:]][member.key.string] = text }
                    }
                }
            }
        }
        return out
    }

    /// A template with its labels in place. What only the server can work out, such as the value, is left out as `…`.
    static func rendered(_ template: String, _ labels: [String: String]) -> String {
        var out = ""
        var rest = template[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            out += rest[..<open.lowerBound]
            let words = rest[open.upperBound..<close.lowerBound].split(separator: " ")
            let label = words.count == 1 && words[0].hasPrefix("$labels.") ? labels[String(words[0].dropFirst(8))] : nil
            out += label ?? "…"
            rest = rest[close.upperBound...]
        }
        return out + rest
    }
}
