import Foundation
import Model
import TestKit

/// Checks documents against the published schemas, the part of JSON Schema 2020-12 that they use, and one thing more: a
/// member that its schema does not describe is a problem, so that no document says more than is documented.
struct JSONSchemaReader {
    private let schemas: [String: JSONValue]

    init() throws {
        let folder = Checkout.root.appending(path: "site/api/schemas")
        var schemas: [String: JSONValue] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)) {
            schemas[name] = JSONValue(ownText: try String(contentsOf: folder.appending(path: name), encoding: .utf8))
        }
        self.schemas = schemas
    }

    var names: [String] { schemas.keys.map { String($0.dropLast(5)) }.sorted() }

    func problems(_ document: JSONValue, schema name: String) -> [String] {
        guard let schema = schemas["\(name).json"] else { return ["there is no schema \(name)"] }
        return problems(document, schema, file: "\(name).json", at: "$")
    }

    private func problems(_ value: JSONValue, _ schema: JSONValue, file: String, at place: String, isPart: Bool = false) -> [String] {
        if let reference = schema["$ref"]?.stringValue {
            guard let (target, file) = resolve(reference, file) else { return ["\(place): \(reference) leads nowhere"] }
            return problems(value, target, file: file, at: place, isPart: isPart)
        }
        var found: [String] = []
        if let type = schema["type"] {
            let names = type.arrayValue?.compactMap(\.stringValue) ?? [type.stringValue ?? ""]
            if !names.contains(where: { isOf($0, value) }) { return ["\(place): \(value.text.prefix(60)) is not \(names)"] }
        }
        if let allowed = schema["enum"]?.arrayValue, !allowed.contains(value) {
            found.append("\(place): \(value.text.prefix(60)) is not allowed")
        }
        if let constant = schema["const"], constant != value { found.append("\(place): \(value.text.prefix(60)) is not \(constant.text)") }
        if let minimum = schema["minimum"]?.doubleValue, let number = value.doubleValue, number < minimum {
            found.append("\(place): \(number) is less than \(minimum)")
        }
        if let choices = schema["anyOf"]?.arrayValue,
            !choices.contains(where: { problems(value, $0, file: file, at: place).isEmpty })
        {
            found.append("\(place): none of the choices fits")
        }
        for part in schema["allOf"]?.arrayValue ?? [] { found += problems(value, part, file: file, at: place, isPart: true) }
        if let members = value.objectValue {
            for name in schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] where members[name] == nil {
                found.append("\(place): `\(name)` is missing")
            }
            let known = properties(schema, file)
            for (name, inner) in members.sorted(by: { $0.key < $1.key }) {
                if let own = schema["properties"]?[name] {
                    found += problems(inner, own, file: file, at: "\(place).\(name)")
                } else if !isPart, !known.isEmpty, !known.contains(name) {
                    found.append("\(place).\(name) is not documented")
                }
            }
        }
        if let items = schema["items"], let values = value.arrayValue {
            for (index, inner) in values.enumerated() { found += problems(inner, items, file: file, at: "\(place)[\(index)]") }
        }
        return found
    }

    /// The members that a schema and the parts it is made of describe.
    private func properties(_ schema: JSONValue, _ file: String) -> Set<String> {
        if let reference = schema["$ref"]?.stringValue {
            guard let (target, file) = resolve(reference, file) else { return [] }
            return properties(target, file)
        }
        let own = Set((schema["properties"]?.objectValue ?? [:]).keys)
        return (schema["allOf"]?.arrayValue ?? []).reduce(own) { $0.union(properties($1, file)) }
    }

    private func resolve(_ reference: String, _ file: String) -> (JSONValue, String)? {
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let target = parts[0].isEmpty ? file : parts[0]
        guard var found = schemas[target] else { return nil }
        for step in (parts.count > 1 ? parts[1] : "").split(separator: "/") {
            guard let next = found[String(step)] else { return nil }
            found = next
        }
        return (found, target)
    }

    private func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("integer", .int), ("number", .int), ("number", .double), ("string", .string),
            ("array", .array), ("object", .object):
            true
        default: false
        }
    }
}
