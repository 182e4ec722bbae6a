import Model

/// Reads metrics as text: OpenMetrics 1.0 (<https://prometheus.io/docs/specs/om/open_metrics_spec/>) and the older Prometheus
/// exposition format.
///
/// A document is OpenMetrics when its name ends in `.om` or `.openmetrics` or it has an `# EOF` or a `# UNIT` line; then the
/// rules of `OpenMetricsRules` hold, and a line that breaks one is refused. Otherwise any line that can be read is. Either way
/// the lines around a refused one are kept.
///
/// A series is the sample's name with its labels, without the one that names the service (`service`, `service_name`, `job`,
/// `app`, the first that is there) and without `instance`. Of histograms only the count and the sum are kept, of infos and
/// creation times nothing; values that are not finite are skipped. Times are seconds in OpenMetrics and milliseconds in
/// Prometheus' format; a sample without one takes the document's.
package enum OpenMetricsReader {
    /// `isStrict` overrides the guess between the two formats.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin, isStrict: Bool? = nil
    ) -> Reading {
        guard bytes.count <= Limits.documentBytes else {
            var reading = Reading()
            reading.refuse("it is longer than \(Limits.documentBytes >> 20) MiB, the most that is read at once")
            return reading
        }
        var session = OpenMetricsSession(document: document, isStrict: isStrict ?? looksStrict(bytes, document.path))
        session.run(bytes)
        return session.finished()
    }

    private static func looksStrict(_ bytes: UnsafeRawBufferPointer, _ path: String) -> Bool {
        if path.hasSuffix(".om") || path.hasSuffix(".openmetrics") { return true }
        var at = 0
        while let hash = StructuredText.firstIndex(of: 35, in: bytes, from: at) {
            let isLineStart = hash == 0 || bytes[hash - 1] == 10
            let head = bytes[hash..<min(bytes.count, hash + 7)]
            if isLineStart, head.starts(with: "# EOF".utf8) || head.elementsEqual("# UNIT ".utf8) { return true }
            at = hash + 1
        }
        return false
    }
}

/// One sample line, taken apart.
struct OpenMetricsSample {
    var name = ""
    var labels: [(name: String, value: String)] = []
    var value = 0.0
    /// As written: seconds or milliseconds.
    var timestamp: Double?
    var hasExemplar = false

    func label(_ name: String) -> String? { labels.first { $0.name == name }?.value }
}

private struct OpenMetricsSession {
    private let document: DocumentOrigin
    private let isStrict: Bool
    private var reading = Reading()
    private var tracks = MetricTrackBuilder()
    private var rules = OpenMetricsRules()
    /// Family → type and unit, of all metadata lines so far.
    private var types: [String: String] = [:]
    private var units: [String: String] = [:]

    init(document: DocumentOrigin, isStrict: Bool) {
        self.document = document
        self.isStrict = isStrict
    }

    mutating func run(_ bytes: UnsafeRawBufferPointer) {
        var at = 0
        var line: Int64 = 0
        var isEnded = false
        while at < bytes.count {
            line += 1
            let end = StructuredText.firstIndex(of: 10, in: bytes, from: at) ?? bytes.count
            var text = UnsafeRawBufferPointer(rebasing: bytes[at..<end])
            at = end + 1
            if !isStrict, text.last == 13 { text = UnsafeRawBufferPointer(rebasing: text.dropLast()) }
            if isEnded {
                reading.refuse("there is text after `# EOF`", line: line, excerpt: StructuredText.excerpt(text))
                return
            }
            if text.elementsEqual("# EOF".utf8) {
                isEnded = true
            } else if let reason = read(text, line) {
                reading.refuse(reason, line: line, excerpt: StructuredText.excerpt(text))
            }
        }
        guard isStrict else { return }
        if let reason = rules.endFamily() { reading.refuse(reason, line: line) }
        if !isEnded { reading.refuse("it ends without `# EOF`, so it may be cut off", line: line + 1) }
    }

    /// The reason why a line is refused, or nil.
    private mutating func read(_ text: UnsafeRawBufferPointer, _ line: Int64) -> String? {
        guard text.count <= Limits.lineBytes else { return "the line is longer than \(Limits.lineBytes >> 20) MiB" }
        guard let first = text.first else { return isStrict ? "a blank line is not allowed" : nil }
        if first == 35 { return metadata(String(decoding: text, as: UTF8.self)) }
        if !isStrict, text.allSatisfy({ $0 == 32 || $0 == 9 }) { return nil }
        var parser = OpenMetricsLine(bytes: text, isStrict: isStrict)
        switch parser.sample() {
        case .failure(let fault): return fault.reason
        case .success(let sample):
            if isStrict, let reason = rules.admit(sample) { return reason }
            return keep(sample)
        }
    }

    /// `# TYPE name type`, `# UNIT name unit`, `# HELP name text`.
    private mutating func metadata(_ text: String) -> String? {
        let parts = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: !isStrict).map(String.init)
        guard parts.count >= 2, parts[0] == "#", ["TYPE", "UNIT", "HELP"].contains(parts[1]) else {
            return isStrict ? "after `#` only `TYPE`, `UNIT`, `HELP` or `EOF` may stand" : nil
        }
        guard parts.count == 4 else { return isStrict ? "the `\(parts[1])` line has no name and text" : nil }
        if isStrict, let reason = rules.describe(parts[2], parts[1], parts[3]) { return reason }
        if parts[1] == "TYPE" { types[parts[2]] = parts[3] }
        if parts[1] == "UNIT" { units[parts[2]] = parts[3] }
        return nil
    }

    private mutating func keep(_ sample: OpenMetricsSample) -> String? {
        let family = family(of: sample.name)
        if family.type == "info" || family.suffix == "_created" || family.suffix == "_bucket" { return nil }
        var time = document.fallbackTime
        if let timestamp = sample.timestamp {
            let ms = isStrict ? timestamp * 1_000 : timestamp
            guard abs(ms) < 2.6e14 else { return "the timestamp is out of range" }
            time = Instant(ms: Int64(ms.rounded()))
            guard Instant.representable.contains(time) else { return "the timestamp is out of range" }
        }
        guard sample.value.isFinite else { return nil }
        let key = MetricKey(name: sample.name, labels: sample.labels, service: document.service)
        tracks.add(time.ms, sample.value, key: key, kind: kind(family.type, family.suffix), unit: units[family.name] ?? "")
        return nil
    }

    /// The family a sample belongs to by its metadata, and the suffix that its type added.
    private func family(of name: String) -> (name: String, type: String, suffix: String) {
        if let type = types[name] { return (name, type, "") }
        for suffix in ["_total", "_created", "_bucket", "_count", "_sum", "_gcount", "_gsum", "_info"] where name.hasSuffix(suffix) {
            let family = String(name.dropLast(suffix.utf8.count))
            if let type = types[family], OpenMetricsRules.suffixes(of: type).contains(suffix) { return (family, type, suffix) }
        }
        return (name, "unknown", "")
    }

    private func kind(_ type: String, _ suffix: String) -> MetricKind {
        switch type {
        case "counter": .counter
        case "histogram", "summary": suffix.isEmpty ? .gauge : .counter
        case "gauge", "gaugehistogram", "stateset": .gauge
        default: .unknown
        }
    }

    consuming func finished() -> Reading {
        reading.metrics = tracks.tracks()
        return reading
    }
}

/// Takes one sample line apart: `name{label="value"} value timestamp # {label="value"} value timestamp`.
struct OpenMetricsLine {
    struct Fault: Error { var reason: String }

    private let bytes: UnsafeRawBufferPointer
    private let isStrict: Bool
    private var at = 0

    init(bytes: UnsafeRawBufferPointer, isStrict: Bool) {
        self.bytes = bytes
        self.isStrict = isStrict
    }

    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func sample() -> Result<OpenMetricsSample, Fault> {
        var sample = OpenMetricsSample()
        if !isStrict { skipBlanks() }
        guard let name = name(allowsColon: true) else { return .failure(Fault(reason: "a metric's name should stand here")) }
        sample.name = name
        if !isStrict { skipBlanks() }
        if byte == 123 {
            switch labels() {
            case .failure(let fault): return .failure(fault)
            case .success(let labels): sample.labels = labels
            }
            if isStrict, byte != 32 { return .failure(Fault(reason: "a blank is missing after the labels")) }
        }
        guard blank(), let value = number() else { return .failure(Fault(reason: "the value is not a number")) }
        sample.value = value
        if !isStrict { skipBlanks() }
        if isStrict ? byte == 32 && next != 35 : byte != nil && byte != 35 {
            guard isStrict ? blank() : true, let timestamp = number(), timestamp.isFinite else {
                return .failure(Fault(reason: "the timestamp is not a number"))
            }
            sample.timestamp = timestamp
            if !isStrict { skipBlanks() }
        }
        if byte == 32 || byte == 35, let fault = exemplar(&sample) { return .failure(fault) }
        return byte == nil ? .success(sample) : .failure(Fault(reason: "there is text after the sample"))
    }

    private var next: UInt8? { at + 1 < bytes.count ? bytes[at + 1] : nil }

    private mutating func exemplar(_ sample: inout OpenMetricsSample) -> Fault? {
        guard isStrict ? blank() : true, byte == 35 else { return Fault(reason: "there is text after the sample") }
        at += 1
        guard blank(), byte == 123 else { return Fault(reason: "the exemplar has no labels in braces") }
        guard case .success(let labels) = labels() else { return Fault(reason: "the exemplar's labels are not well-formed") }
        let characters = labels.reduce(0) { $0 + $1.name.unicodeScalars.count + $1.value.unicodeScalars.count }
        guard characters <= 128 || !isStrict else { return Fault(reason: "the exemplar's labels are longer than 128 characters") }
        guard blank(), number() != nil else { return Fault(reason: "the exemplar's value is not a number") }
        if byte == 32 {
            guard blank(), let timestamp = number(), timestamp.isFinite else {
                return Fault(reason: "the exemplar's timestamp is not a number")
            }
        }
        sample.hasExemplar = true
        return nil
    }

    private mutating func skipBlanks() { while byte == 32 || byte == 9 { at += 1 } }

    /// Exactly one blank in OpenMetrics, at least one in Prometheus' format.
    private mutating func blank() -> Bool {
        guard byte == 32 || (!isStrict && byte == 9) else {
            return !isStrict && at > 0 && (bytes[at - 1] == 125 || bytes[at - 1] == 32 || bytes[at - 1] == 9)
        }
        at += 1
        if !isStrict { skipBlanks() }
        return true
    }

    private mutating func name(allowsColon: Bool) -> String? {
        let start = at
        while let byte {
            let isLetter = (byte | 32) >= 97 && (byte | 32) <= 122
            let isDigit = byte >= 48 && byte <= 57
            guard isLetter || byte == 95 || (allowsColon && byte == 58) || (isDigit && at > start) else { break }
            at += 1
        }
        return at > start ? String(decoding: bytes[start..<at], as: UTF8.self) : nil
    }

    private mutating func labels() -> Result<[(name: String, value: String)], Fault> {
        at += 1
        var out: [(name: String, value: String)] = []
        while true {
            if !isStrict { skipBlanks() }
            if byte == 125, out.isEmpty || !isStrict || bytes[at - 1] != 44 { break }
            guard let name = name(allowsColon: false) else { return .failure(Fault(reason: "a label's name should stand here")) }
            if !isStrict { skipBlanks() }
            guard byte == 61 else { return .failure(Fault(reason: "the label `\(name)` has no `=`")) }
            at += 1
            if !isStrict { skipBlanks() }
            guard byte == 34, let value = quoted() else {
                return .failure(Fault(reason: "the value of the label `\(name)` is not in double quotes"))
            }
            if isStrict, out.contains(where: { $0.name == name }) { return .failure(Fault(reason: "the label `\(name)` stands twice")) }
            guard out.count < 128 else { return .failure(Fault(reason: "it has more than 128 labels")) }
            out.append((name, value))
            if !isStrict { skipBlanks() }
            if byte == 44 {
                at += 1
            } else if byte != 125 {
                return .failure(Fault(reason: "a `,` or `}` is missing after the label `\(name)`"))
            }
        }
        at += 1
        return .success(out)
    }

    /// `\n`, `\\` and `\"` are escapes; any other backslash stands for itself.
    private mutating func quoted() -> String? {
        at += 1
        var out: [UInt8] = []
        while let byte {
            at += 1
            if byte == 34 { return String(decoding: out, as: UTF8.self) }
            if byte == 92, let escaped = self.byte, escaped == 110 || escaped == 92 || escaped == 34 {
                out.append(escaped == 110 ? 10 : escaped)
                at += 1
            } else {
                out.append(byte)
            }
        }
        return nil
    }

    private mutating func number() -> Double? {
        let start = at
        while let byte, byte != 32, byte != 9 { at += 1 }
        return StructuredText.metricValue(UnsafeRawBufferPointer(rebasing: bytes[start..<at]))
    }
}
