import Model

/// The rules of OpenMetrics 1.0 that reach over more than one line: metadata before samples, families in one piece and not
/// clashing, groups in order, and what each type's samples may be (sections "Overall Structure" and "Metric Types").
struct OpenMetricsRules {
    private var family = Family()
    /// Every name a family has taken, with the suffixes of its type.
    private var taken: Set<String> = []

    private struct Family {
        var name: String?
        var type: String?
        var unit: String?
        var hasHelp = false
        var hasSamples = false
        var group: String?
        var timestamp: Double?
        var seenGroups: Set<String> = []
        var histogram = Histogram()
    }

    static func suffixes(of type: String) -> [String] {
        switch type {
        case "counter": ["_total", "_created"]
        case "summary": ["", "_count", "_sum", "_created"]
        case "histogram": ["_count", "_sum", "_bucket", "_created"]
        case "gaugehistogram": ["_gcount", "_gsum", "_bucket"]
        case "info": ["_info"]
        default: [""]
        }
    }
    private static let types: Set<String> = [
        "unknown", "gauge", "counter", "stateset", "info", "histogram", "gaugehistogram", "summary",
    ]

    // MARK: Metadata

    /// Takes a metadata line; gives the reason why it breaks a rule.
    mutating func describe(_ name: String, _ keyword: String, _ text: String) -> String? {
        if name.isEmpty { return "the `\(keyword)` line has no name" }
        if family.name == name, family.hasSamples { return "`\(keyword)` of `\(name)` stands after its samples" }
        if family.name != name {
            let reason = endFamily()
            family = Family()
            family.name = name
            if let reason { return reason }
            if taken.contains(name) { return "the family `\(name)` stands twice" }
        }
        switch keyword {
        case "TYPE":
            guard family.type == nil else { return "`TYPE` of `\(name)` stands twice" }
            guard OpenMetricsRules.types.contains(text) else { return "`\(text.clipped(to: 40))` is not a type of metric" }
            family.type = text
        case "UNIT":
            guard family.unit == nil else { return "`UNIT` of `\(name)` stands twice" }
            family.unit = text
            if !text.isEmpty, !name.hasSuffix("_" + text) { return "the name `\(name)` does not end in its unit" }
        default:
            guard !family.hasHelp else { return "`HELP` of `\(name)` stands twice" }
            family.hasHelp = true
        }
        if let type = family.type, let unit = family.unit, !unit.isEmpty, type == "info" || type == "stateset" {
            return "a metric of type \(type) has no unit"
        }
        return nil
    }

    /// Closes the family that is open; gives what its samples together break.
    mutating func endFamily() -> String? {
        guard let name = family.name else { return nil }
        let type = family.type ?? "unknown"
        var clash: String?
        for suffix in Set(OpenMetricsRules.suffixes(of: type) + [""]).sorted() where !taken.insert(name + suffix).inserted {
            clash = "the name `\(name + suffix)` is taken by another family"
        }
        defer { family = Family() }
        return clash ?? family.histogram.fault()
    }

    // MARK: Samples

    /// Takes a sample; gives the reason why it breaks a rule.
    mutating func admit(_ sample: OpenMetricsSample) -> String? {
        if suffix(of: sample) == nil {
            let reason = endFamily()
            family = Family()
            family.name = sample.name
            if let reason { return reason }
            if taken.contains(sample.name) { return "the samples of `\(sample.name)` do not stand together, or its name is another's" }
        }
        let type = family.type ?? "unknown"
        guard let name = family.name, let suffix = suffix(of: sample) else { return nil }
        family.hasSamples = true
        if let reason = OpenMetricsRules.valueFault(sample, name, type, suffix) { return reason }
        let group = OpenMetricsRules.group(sample, name, type, suffix)
        if let reason = orderFault(sample, group, type) { return reason }
        if type == "histogram" || type == "gaugehistogram" {
            return family.histogram.take(sample, suffix, group: group)
        }
        return nil
    }

    /// The suffix by which a sample belongs to the open family; nil when it belongs to another.
    private func suffix(of sample: OpenMetricsSample) -> String? {
        guard let name = family.name, sample.name.hasPrefix(name) else { return nil }
        let suffix = String(sample.name.dropFirst(name.count))
        return OpenMetricsRules.suffixes(of: family.type ?? "unknown").contains(suffix) ? suffix : nil
    }

    private mutating func orderFault(_ sample: OpenMetricsSample, _ group: String, _ type: String) -> String? {
        defer {
            family.group = group
            family.timestamp = sample.timestamp
        }
        guard family.group == group else {
            return family.seenGroups.insert(group).inserted ? nil : "the samples of one group do not stand together"
        }
        guard (sample.timestamp == nil) == (family.timestamp == nil) else { return "only some samples of the group have a timestamp" }
        if let now = sample.timestamp, let last = family.timestamp, now < last, type != "info" {
            return "the timestamps of the group go backwards"
        }
        return nil
    }

    private static func valueFault(_ sample: OpenMetricsSample, _ name: String, _ type: String, _ suffix: String) -> String? {
        if sample.hasExemplar, !(suffix == "_bucket" || (type == "counter" && suffix == "_total")) {
            return "only buckets and the totals of counters have exemplars"
        }
        if suffix == "_bucket", number(sample.label("le")) == nil { return "the bucket has no label `le` with a number" }
        switch type {
        case "stateset":
            if sample.label(name) == nil { return "the state has no label `\(name)`" }
            if sample.value != 0, sample.value != 1 { return "a state is 0 or 1" }
        case "info": if sample.value != 1 { return "the value of an info is 1" }
        case "summary" where suffix.isEmpty:
            guard let quantile = number(sample.label("quantile")), quantile >= 0, quantile <= 1 else {
                return "the label `quantile` is not a number from 0 to 1"
            }
            if sample.value < 0 { return "a quantile is not negative" }
        default: break
        }
        if ["_total", "_sum", "_count", "_bucket", "_gcount", "_gsum"].contains(suffix) {
            if sample.value.isNaN { return "the value is not a number (NaN)" }
            if sample.value < 0, suffix != "_gsum" { return "the value is negative" }
        }
        return nil
    }

    /// `+Inf` or a finite number.
    static func number(_ text: String?) -> Double? {
        guard let text else { return nil }
        if text == "+Inf" { return .infinity }
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// The labels that samples of one group share.
    private static func group(_ sample: OpenMetricsSample, _ name: String, _ type: String, _ suffix: String) -> String {
        let own = suffix == "_bucket" ? "le" : type == "summary" && suffix.isEmpty ? "quantile" : type == "stateset" ? name : nil
        return MetricTrackBuilder.name("", labels: sample.labels.filter { $0.name != own }.map { ($0.name, $0.value) })
    }

    /// The buckets, count and sum of one group of a histogram.
    private struct Histogram {
        private var group: String?
        private var timestamp: Double?
        private var bucket: Double?
        private var bucketValue = 0.0
        private var count: Double?
        private var hasSum = false
        private var hasNegativeSum = false
        private var hasNegativeBucket = false
        private var isGauge = false

        mutating func take(_ sample: OpenMetricsSample, _ suffix: String, group: String) -> String? {
            var reason: String?
            if group != self.group || sample.timestamp != timestamp {
                reason = fault()
                self = Histogram()
                self.group = group
                timestamp = sample.timestamp
            }
            switch suffix {
            case "_bucket":
                let bound = OpenMetricsRules.number(sample.label("le")) ?? .infinity
                if bound < 0 { hasNegativeBucket = true }
                if let bucket, bound <= bucket { reason = reason ?? "the buckets are not in the order of their bounds" }
                if sample.value < bucketValue { reason = reason ?? "a bucket counts less than the one before it" }
                bucket = bound
                bucketValue = sample.value
            case "_count", "_gcount": count = sample.value
            case "_sum", "_gsum":
                hasSum = true
                hasNegativeSum = sample.value < 0
                isGauge = suffix == "_gsum"
            default: break
            }
            return reason
        }

        /// What the group as a whole breaks; nil before its first sample.
        func fault() -> String? {
            guard group != nil else { return nil }
            if bucket != .infinity { return "the histogram has no bucket `+Inf`" }
            if let count, count != bucketValue { return "the count is not that of the bucket `+Inf`" }
            if (count != nil) != hasSum { return "a histogram has both a count and a sum, or neither" }
            if hasNegativeBucket, hasSum, !isGauge { return "a histogram with negative buckets has no sum" }
            if !hasNegativeBucket, hasNegativeSum { return "the sum is negative, but no bucket is" }
            return nil
        }
    }
}
