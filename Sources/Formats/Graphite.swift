import Model

/// Reads answers of Graphite's render API as JSON (<https://graphite.readthedocs.io/en/latest/render_api.html>) and of its events
/// (<https://graphite.readthedocs.io/en/latest/events.html>).
package enum GraphiteReader {
    /// The most series of one answer that are kept.
    package static let seriesPerAnswer = PrometheusReader.seriesPerAnswer

    /// The points of `[{target, tags, datapoints: [[value, epoch seconds]…]}…]`. The metric is the document's path. A series whose
    /// tags name a service is keyed by them; of any other the target is the service, or the instance when the document has a service.
    package static func metrics(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        var tracks = MetricTrackBuilder()
        var count = 0
        let outcome = JSONReader.withDocument(bytes) { root in
            guard root.isArray else { return }
            for series in root.elements {
                count += 1
                guard count <= seriesPerAnswer, let points = series["datapoints"], points.isArray else { continue }
                let index = tracks.index(of: key(series, document))
                for pair in points.elements where pair.isArray {
                    var parts = pair.elements
                    guard let value = parts.next()?.double, value.isFinite, let seconds = parts.next()?.double, abs(seconds) < 1e11 else {
                        continue
                    }
                    tracks.add(Int64((seconds * 1_000).rounded()), value, to: index)
                }
            }
        }
        reading.metrics = tracks.tracks()
        if case .failure(let problem) = outcome { reading.refuse("the answer is not JSON: \(problem.reason)") }
        if count > seriesPerAnswer {
            reading.refuse(
                "the answer has \(count) series, of which \(seriesPerAnswer) are kept; aggregate them, as in `groupByNode(…, 1, 'sum')`")
        }
        return reading
    }

    private static func key(_ series: JSONNode, _ document: DocumentOrigin) -> MetricKey {
        var labels: [(name: String, value: String)] = []
        for member in (series["tags"]?.members).map(Array.init) ?? [] where labels.count < 128 {
            let name = StructuredText.title(member.key.string)
            if name != "name" && name != "aggregatedBy" { labels.append((name, StructuredText.title(member.value.string ?? ""))) }
        }
        let tagged = MetricKey(name: document.path, labels: labels, service: nil)
        if !tagged.service.isEmpty { return tagged }
        let target = StructuredText.title(series["target"]?.string ?? "")
        guard let service = document.service else { return MetricKey(service: target, instance: "", metric: document.path) }
        return MetricKey(service: service, instance: target, metric: document.path)
    }

    /// Events `{when, what, tags, data}` as changes: a deployment when a tag or the title says so, else a change of configuration.
    /// `data` that is an object may name `service`, `version`, `commit` and whatever else a change of the inbox has.
    package static func events(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        FactDocument.forEachObject(bytes, into: &reading, wanted: "event") { fields, line, reading in
            guard fields.time("when") != nil, let title = fields.line("what") else {
                return reading.refuse("the event has no `when` or no `what`", line: line, excerpt: FactDocument.excerpt(fields))
            }
            var members = data(fields.value("data"))
            members["specversion"] = nil
            let tags = tags(fields.value("tags"))
            let isDeployment = isDeployment(title, tags: tags)
            members["type"] = members["type"] ?? .string((isDeployment ? EventType.deployment : .configChange).rawValue)
            members["title"] = .string(title)
            members["time"] = fields.value("when")
            members["tags"] = .strings(tags)
            if let id = fields.line("id") { members["source_id"] = .string(id) }
            CloudEventsReader.append(FactFields(members), line, document, &reading)
        }
        return reading
    }

    /// True when a tag or a word of the title says `deploy` or `release`.
    static func isDeployment(_ title: String, tags: [String]) -> Bool {
        (tags + title.split(separator: " ").map(String.init)).contains {
            $0.lowercased().hasPrefix("deploy") || $0.lowercased().hasPrefix("release")
        }
    }

    /// Text becomes the body; an object, or text that is one, the members.
    private static func data(_ value: JSONValue?) -> [String: JSONValue] {
        guard let value else { return [:] }
        if case .object(let members) = value { return members }
        guard let text = value.scalarText, !text.isEmpty else { return [:] }
        if text.hasPrefix("{"), case .success(.object(let members)) = Array(text.utf8).withUnsafeBytes({ JSONReader.parse($0) }) {
            return members
        }
        return ["body": .string(text)]
    }
    /// A list, or words in one text as older versions have it.
    private static func tags(_ value: JSONValue?) -> [String] {
        let texts = value?.arrayValue?.compactMap(\.stringValue) ?? (value?.stringValue ?? "").split(separator: " ").map(String.init)
        return texts.prefix(32).compactMap { StructuredText.name($0, count: 120) }
    }
}
