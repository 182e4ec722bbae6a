import Model

/// Gathers samples into tracks: one for each key, its points in the order of time, the tracks in the order of their keys.
struct MetricTrackBuilder {
    private var indices: [MetricKey: Int] = [:]
    private var gathered: [MetricTrack] = []

    var isEmpty: Bool { gathered.isEmpty }

    /// The position of a key's track, for readers that add to the same track again and again.
    mutating func index(of key: MetricKey, kind: MetricKind = .unknown, unit: String = "") -> Int {
        if let index = indices[key] { return index }
        indices[key] = gathered.count
        gathered.append(MetricTrack(key: key, kind: kind, unit: unit, points: []))
        return gathered.count - 1
    }
    mutating func add(_ timeMs: Int64, _ value: Double, to index: Int) {
        gathered[index].points.append(MetricPoint(timeMs: timeMs, value: value))
    }
    mutating func add(_ timeMs: Int64, _ value: Double, key: MetricKey, kind: MetricKind, unit: String = "") {
        add(timeMs, value, to: index(of: key, kind: kind, unit: unit))
    }

    /// Tracks with at least one point.
    consuming func tracks() -> [MetricTrack] {
        var out: [MetricTrack] = []
        for index in gathered.indices where !gathered[index].points.isEmpty {
            var track = gathered[index]
            gathered[index].points = []
            if !track.points.isSortedByTime { track.points.sort { ($0.timeMs, $0.value) < ($1.timeMs, $1.value) } }
            out.append(track)
        }
        return out.sorted { $0.key < $1.key }
    }

    /// `name{a="b",c="d"}` with the labels sorted and escaped as OpenMetrics does; values at most 120 characters.
    static func name(_ name: String, labels: [(String, String)]) -> String {
        if labels.isEmpty { return name }
        let parts = labels.sorted { $0 < $1 }.prefix(32).map { label in
            let value = label.1.clipped(to: 120).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "\(label.0.clipped(to: 60))=\"\(value)\""
        }
        return name + "{" + parts.joined(separator: ",") + "}"
    }
}

extension MetricKey {
    /// The key of a series of Prometheus: the first label that names a service is taken out of the name, and so is the instance.
    init(name: String, labels: [(name: String, value: String)], service: String?) {
        let serviceLabel = ["service", "service_name", "job", "app"].first { name in
            labels.contains { $0.name == name && !$0.value.isEmpty }
        }
        func value(_ name: String) -> String? { labels.first { $0.name == name }?.value }
        let rest = labels.filter { $0.name != serviceLabel && $0.name != "instance" && !$0.value.isEmpty }
        self.init(
            service: StructuredText.title(serviceLabel.flatMap(value) ?? service ?? ""),
            instance: StructuredText.title(value("instance") ?? ""),
            metric: MetricTrackBuilder.name(name, labels: rest.map { ($0.name, $0.value) }))
    }
}

extension [MetricPoint] {
    fileprivate var isSortedByTime: Bool {
        for index in indices.dropFirst() where self[index].timeMs < self[index - 1].timeMs { return false }
        return true
    }
}
