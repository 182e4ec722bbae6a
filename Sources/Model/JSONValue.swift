import Foundation

/// Any JSON document. Objects are written with their keys sorted, so equal values are equal bytes.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    package subscript(key: String) -> JSONValue? {
        get { if case .object(let members) = self { members[key] } else { nil } }
        set {
            guard case .object(var members) = self else { return }
            members[key] = newValue
            self = .object(members)
        }
    }
    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var objectValue: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
    package var intValue: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value.rounded(.towardZero))
        default: nil
        }
    }
    package var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
    /// A string as it is; a number or boolean as its JSON text; nil for null, arrays and objects.
    package var scalarText: String? {
        switch self {
        case .string(let value): value
        case .int(let value): String(value)
        case .double, .bool: text
        case .null, .array, .object: nil
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
    /// A member with nil is left out, so optional fields need no branches at the caller.
    package static func compact(_ members: [String: JSONValue?]) -> JSONValue {
        .object(members.compactMapValues { $0 })
    }
    package static func strings(_ values: some Sequence<String>) -> JSONValue { .array(values.map { .string($0) }) }
}

// MARK: - Writing

extension JSONValue {
    /// Compact JSON, keys sorted, valid UTF-8, no trailing newline.
    package var text: String {
        var out: [UInt8] = []
        write(into: &out, indent: nil)
        return String(decoding: out, as: UTF8.self)
    }
    /// The same, indented by two blanks for people.
    package var prettyText: String {
        var out: [UInt8] = []
        write(into: &out, indent: 0)
        return String(decoding: out, as: UTF8.self)
    }

    package func write(into out: inout [UInt8], indent: Int?) {
        switch self {
        case .null: out.append(contentsOf: "null".utf8)
        case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): out.append(contentsOf: String(value).utf8)
        case .double(let value): JSONValue.write(number: value, into: &out)
        case .string(let value): JSONValue.write(string: value, into: &out)
        case .array(let values):
            JSONValue.writeList(open: 91, close: 93, count: values.count, indent: indent, into: &out) { index, inner, out in
                values[index].write(into: &out, indent: inner)
            }
        case .object(let members): JSONValue.write(sorted: members.sorted { $0.key < $1.key }, into: &out, indent: indent)
        }
    }

    /// An object whose members are in order already.
    package static func write(sorted members: [(key: String, value: JSONValue)], into out: inout [UInt8], indent: Int?) {
        writeList(open: 123, close: 125, count: members.count, indent: indent, into: &out) { index, inner, out in
            write(string: members[index].key, into: &out)
            out.append(58)
            if inner != nil { out.append(32) }
            members[index].value.write(into: &out, indent: inner)
        }
    }

    private static func writeList(
        open: UInt8, close: UInt8, count: Int, indent: Int?, into out: inout [UInt8],
        item: (Int, Int?, inout [UInt8]) -> Void
    ) {
        out.append(open)
        let inner = indent.map { $0 + 1 }
        for index in 0..<count {
            if index > 0 { out.append(44) }
            newline(inner, &out)
            item(index, inner, &out)
        }
        if count > 0 { newline(indent, &out) }
        out.append(close)
    }

    private static func newline(_ indent: Int?, _ out: inout [UInt8]) {
        guard let indent else { return }
        out.append(10)
        for _ in 0..<indent {
            out.append(32)
            out.append(32)
        }
    }

    /// The shortest digits that read back as the same number; what JSON cannot say (NaN, infinity) becomes null.
    package static func write(number value: Double, into out: inout [UInt8]) {
        guard value.isFinite else { return out.append(contentsOf: "null".utf8) }
        if value == value.rounded(), abs(value) < 1e15 {
            out.append(contentsOf: String(Int64(value)).utf8)
        } else {
            out.append(contentsOf: value.description.utf8)
        }
    }

    package static func write(string value: String, into out: inout [UInt8]) {
        let hex: StaticString = "0123456789abcdef"
        out.append(34)
        var value = value
        value.withUTF8 { bytes in
            var runStart = 0
            for (at, byte) in bytes.enumerated() where byte < 32 || byte == 34 || byte == 92 || byte == 127 {
                out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[runStart..<at]))
                runStart = at + 1
                out.append(92)
                switch byte {
                case 34, 92: out.append(byte)
                case 10: out.append(110)
                case 13: out.append(114)
                case 9: out.append(116)
                default:
                    out.append(contentsOf: "u00".utf8)
                    out.append(hex.utf8Start[Int(byte >> 4)])
                    out.append(hex.utf8Start[Int(byte & 15)])
                }
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[runStart...]))
        }
        out.append(34)
    }
}

// MARK: - Reading

extension JSONValue: Codable {
    /// Reads a document of our own making (store columns, API answers). Outside JSON is read by Formats' `JSONReader`,
    /// which is bounded in depth and size.
    package init?(ownText text: String) {
        guard let data = text.data(using: .utf8), let value = try? JSONDecoder().decode(JSONValue.self, from: data) else {
            return nil  // a column we did not write; the caller shows the empty state
        }
        self = value
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let values = try? container.decode([JSONValue].self) {
            self = .array(values)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }
}
