import Model

/// Looks fields up in other people's JSON, where one thing has many names.
struct FactFields {
    let members: [String: JSONValue]

    init(_ members: [String: JSONValue]) { self.members = members }
    init?(_ value: JSONValue?) {
        guard case .object(let members) = value else { return nil }
        self.members = members
    }

    /// The first of the names that is there and not null.
    func value(_ names: String...) -> JSONValue? { value(names) }
    func value(_ names: [String]) -> JSONValue? {
        for name in names {
            if let value = members[name], value != .null { return value }
        }
        return nil
    }
    /// The first of the names that holds a text or number that is not blank, as one line.
    func line(_ names: String...) -> String? { line(names) }
    func line(_ names: [String]) -> String? {
        for name in names {
            if let text = StructuredText.name(members[name]?.scalarText) { return text }
        }
        return nil
    }
    /// The first of the names that holds an address to link to.
    func url(_ names: String...) -> String? {
        for name in names {
            if let url = StructuredText.url(members[name]?.stringValue) { return url }
        }
        return nil
    }
    /// The same, with its lines.
    func text(_ names: String...) -> String? {
        for name in names {
            if let text = members[name]?.scalarText {
                let body = StructuredText.body(text)
                if !body.isEmpty { return body }
            }
        }
        return nil
    }
    func time(_ names: String...) -> Instant? { time(names) }
    func time(_ names: [String]) -> Instant? {
        for name in names {
            if let time = Instant(json: members[name]) { return time }
        }
        return nil
    }
    func fields(_ names: String...) -> FactFields? {
        for name in names {
            if let inner = FactFields(members[name]) { return inner }
        }
        return nil
    }
    /// Names of people and teams, one or many; a text is split at commas.
    func words(_ names: String..., limit: Int = 32) -> [String] {
        switch value(names) {
        case .array(let items): items.prefix(limit).compactMap { StructuredText.name($0.scalarText, count: 120) }
        case .string(let text): text.split(separator: ",").prefix(limit).compactMap { StructuredText.name(String($0), count: 120) }
        default: []
        }
    }

    /// The service, component, environment and host that labels of any convention name.
    static let serviceNames = [
        "service", "service_name", "service.name", "app", "app_name", "application", "app_kubernetes_io_name", "job", "deployment",
        "workload", "statefulset", "daemonset", "namespace",
    ]
    static let hostNames = ["host", "hostname", "host_name", "node", "instance", "pod"]
    static let environmentNames = ["environment", "env", "deployment_environment", "stage"]
    static let severityNames = ["severity", "priority", "level", "urgency"]
}

/// Reads JSON facts item by item: an array's elements, or the lines of a file, each an object of its own.
enum FactDocument {
    /// The most values and keys one object may hold.
    static let objectValues = 1 << 20

    /// `body` gets each object with its line; anything else is refused.
    static func forEachObject(
        _ bytes: UnsafeRawBufferPointer, into reading: inout Reading, wanted: String,
        _ body: (FactFields, Int64, inout Reading) -> Void
    ) {
        forEachNode(bytes, into: &reading, wanted: wanted) { node, line, reading in
            if let fields = FactFields(node.value) { body(fields, line, &reading) }
        }
    }

    /// The same without building values; the node is an object and must not leave `body`. Of many lines those are passed over that
    /// `isKnown` knows.
    static func forEachNode(
        _ bytes: UnsafeRawBufferPointer, into reading: inout Reading, wanted: String,
        unless isKnown: (UnsafeRawBufferPointer, inout Reading) -> Bool = { _, _ in false },
        _ body: (JSONNode, Int64, inout Reading) -> Void
    ) {
        JSONReader.documents(bytes, unless: { isKnown($0, &reading) }) { line, outcome in
            switch outcome {
            case .failure(let problem):
                let from = problem.offset.map { min($0, bytes.count) } ?? 0
                reading.refuse(
                    "this is not JSON: \(problem.reason)", line: line, offset: problem.offset.map { Int64($0) },
                    excerpt: StructuredText.excerpt(bytes[max(0, from - 40)..<min(bytes.count, from + 80)]))
            case .success(let node):
                if node.isArray {
                    for element in node.elements { object(element, line, wanted, &reading, body) }
                } else {
                    object(node, line, wanted, &reading, body)
                }
            }
        }
    }

    private static func object(
        _ node: JSONNode, _ line: Int64, _ wanted: String, _ reading: inout Reading,
        _ body: (JSONNode, Int64, inout Reading) -> Void
    ) {
        guard node.isObject else {
            return reading.refuse("it is not an object, so it is no \(wanted)", line: line, excerpt: StructuredText.title(node.excerpt()))
        }
        guard node.tapeCount <= objectValues else {
            return reading.refuse(
                "the object holds more than \(objectValues) values", line: line, excerpt: StructuredText.title(node.excerpt()))
        }
        body(node, line, &reading)
    }

    static func excerpt(_ fields: FactFields) -> String {
        StructuredText.excerpt(JSONValue.object(fields.members).text.utf8.prefix(400))
    }
}
