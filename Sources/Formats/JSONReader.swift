import CSIMDJSON
import Model

/// Why some bytes are not one JSON document.
package struct JSONProblem: Error, Hashable, Sendable {
    package var reason: String
    /// Where the bytes stop being JSON, counted from their first byte.
    package var offset: Int?
    package init(reason: String, offset: Int? = nil) {
        self.reason = reason
        self.offset = offset
    }
}

/// Reads JSON of others by simdjson (DOM parser, <https://github.com/simdjson/simdjson/blob/v3.0.1/doc/tape.md>): the only
/// code that calls it.
///
/// Bounded by `Limits.documentBytes` and `Limits.jsonDepth`. Text must be UTF-8 (a byte order mark is skipped); of equal keys
/// the last wins; an integer that does not fit `Int64` becomes a double; a number beyond the range of doubles is a problem.
package enum JSONReader {
    /// The most values and keys one document may hold to be built as a `JSONValue`; a tape may hold more.
    package static let builtValues = 4 << 20

    /// One document as a value.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> Result<JSONValue, JSONProblem> {
        withDocument(bytes) { built($0) }.flatMap { $0 }
    }

    private static func built(_ node: JSONNode) -> Result<JSONValue, JSONProblem> {
        node.tapeCount <= builtValues ? .success(node.value) : .failure(JSONProblem(reason: "it holds more than \(builtValues) values"))
    }

    /// One document as a tape to walk, without building values. The node must not leave `body`.
    package static func withDocument<Outcome>(
        _ bytes: UnsafeRawBufferPointer, _ body: (JSONNode) -> Outcome
    ) -> Result<Outcome, JSONProblem> {
        guard let parser = JSONParser() else { return .failure(JSONProblem(reason: "there is no memory for the JSON parser")) }
        return parser.read(bytes, readable: bytes.count, body)
    }

    /// JSON lines as values: `body` gets each line that is not blank, with its number from 1.
    package static func lines(_ bytes: UnsafeRawBufferPointer, _ body: (Int64, Result<JSONValue, JSONProblem>) -> Void) {
        lineNodes(bytes) { line, node in body(line, node.flatMap { built($0) }) }
    }

    /// JSON lines as tapes, but for those that `isKnown` knows by their bytes. The offset of a problem counts from the start of all
    /// bytes.
    package static func lineNodes(
        _ bytes: UnsafeRawBufferPointer, unless isKnown: (UnsafeRawBufferPointer) -> Bool = { _ in false },
        _ body: (Int64, Result<JSONNode, JSONProblem>) -> Void
    ) {
        guard let parser = JSONParser() else {
            return body(1, .failure(JSONProblem(reason: "there is no memory for the JSON parser")))
        }
        JSONLine.forEach(in: bytes) { line in
            let range = UnsafeRawBufferPointer(rebasing: bytes[line.start..<line.end])
            if isKnown(range) { return true }
            let outcome = parser.read(range, readable: bytes.count - line.start) { body(line.number, .success($0)) }
            if case .failure(var problem) = outcome {
                problem.offset = problem.offset.map { $0 + line.start }
                body(line.number, .failure(problem))
            }
            return true
        }
    }

    /// One document or JSON lines, whichever the bytes are: lines when the first line alone is a document and more follow, or
    /// when the whole is broken but one of the first hundred lines is an object by itself.
    package static func documents(
        _ bytes: UnsafeRawBufferPointer, unless isKnown: (UnsafeRawBufferPointer) -> Bool = { _ in false },
        _ body: (Int64, Result<JSONNode, JSONProblem>) -> Void
    ) {
        guard let parser = JSONParser() else {
            return body(1, .failure(JSONProblem(reason: "there is no memory for the JSON parser")))
        }
        if looksLikeLines(bytes, parser) { return lineNodes(bytes, unless: isKnown, body) }
        let outcome = parser.read(bytes, readable: bytes.count) { body(1, .success($0)) }
        guard case .failure(let problem) = outcome else { return }
        if hasObjectLine(bytes, parser) { return lineNodes(bytes, unless: isKnown, body) }
        body(1 + LineEnds.count(in: bytes.prefix(problem.offset ?? 0)), .failure(problem))
    }

    private static func looksLikeLines(_ bytes: UnsafeRawBufferPointer, _ parser: JSONParser) -> Bool {
        var first: JSONLine?
        var hasSecond = false
        JSONLine.forEach(in: bytes) { line in
            hasSecond = first != nil
            first = first ?? line
            return !hasSecond
        }
        guard let first, hasSecond else { return false }
        return parser.accepts(bytes, first)
    }

    private static func hasObjectLine(_ bytes: UnsafeRawBufferPointer, _ parser: JSONParser) -> Bool {
        var found = false
        var seen = 0
        JSONLine.forEach(in: bytes) { line in
            seen += 1
            found = bytes[line.start] == 123 && line.end - line.start > 2 && parser.accepts(bytes, line)
            return !found && seen < 100
        }
        return found
    }
}

/// The place of one line that is not blank, without blanks around it.
struct JSONLine {
    var number: Int64
    var start: Int
    var end: Int

    /// Calls `body` until it returns false.
    static func forEach(in bytes: UnsafeRawBufferPointer, _ body: (JSONLine) -> Bool) {
        var number: Int64 = 0
        var at = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
        while at < bytes.count {
            number += 1
            let lineEnd = StructuredText.firstIndex(of: 10, in: bytes, from: at) ?? bytes.count
            var start = at
            var end = lineEnd
            while start < end, bytes[start] == 32 || bytes[start] == 9 || bytes[start] == 13 { start += 1 }
            while end > start, bytes[end - 1] == 32 || bytes[end - 1] == 9 || bytes[end - 1] == 13 { end -= 1 }
            if start < end, !body(JSONLine(number: number, start: start, end: end)) { return }
            at = lineEnd + 1
        }
    }
}

/// Owns one simdjson parser; kept for many documents, because its buffers are reused.
private final class JSONParser {
    private static let fine = Int32(CSIMDJSON_OK)
    private let handle: OpaquePointer

    init?() {
        // simdjson counts the scalars at the bottom as a level, and does not count an empty container there.
        guard let handle = csimdjson_new(Limits.jsonDepth + 1, Limits.documentBytes + 8) else { return nil }
        self.handle = handle
    }
    deinit { csimdjson_free(handle) }

    /// `readable` counts the bytes that may be read from the start of `bytes`; with enough of them nothing is copied.
    func read<Outcome>(
        _ bytes: UnsafeRawBufferPointer, readable: Int, _ body: (JSONNode) -> Outcome
    ) -> Result<Outcome, JSONProblem> {
        let mark = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
        let text = UnsafeRawBufferPointer(rebasing: bytes[mark...])
        guard let base = text.baseAddress, !text.isEmpty else { return .failure(JSONProblem(reason: "there is nothing in it", offset: 0)) }
        guard text.count <= Limits.documentBytes else {
            return .failure(JSONProblem(reason: "it is longer than \(Limits.documentBytes >> 20) MiB, the most that is read at once"))
        }
        var tape = csimdjson_tape()
        let code = csimdjson_parse(handle, base.assumingMemoryBound(to: UInt8.self), text.count, readable - mark, &tape)
        if code == JSONParser.fine, let root = JSONNode(root: tape) { return .success(body(root)) }
        if code == Int32(CSIMDJSON_NO_MEMORY) {
            return .failure(JSONProblem(reason: "there is not enough memory to parse it"))
        }
        if code == Int32(CSIMDJSON_NUMBER), let rewritten = JSONFault.wideIntegersAsDoubles(text) {
            return rewritten.withUnsafeBytes { again in
                let count = again.count - csimdjson_padding()
                let second = csimdjson_parse(handle, again.baseAddress?.assumingMemoryBound(to: UInt8.self), count, again.count, &tape)
                if second == JSONParser.fine, let root = JSONNode(root: tape) { return .success(body(root)) }
                return .failure(located(text, shift: mark))
            }
        }
        return .failure(located(text, shift: mark))
    }

    func accepts(_ bytes: UnsafeRawBufferPointer, _ line: JSONLine) -> Bool {
        let range = UnsafeRawBufferPointer(rebasing: bytes[line.start..<line.end])
        let outcome = read(range, readable: bytes.count - line.start) { $0.isObject || $0.isArray }
        return (try? outcome.get()) ?? false  // a failure only means: not a document by itself
    }

    private func located(_ text: UnsafeRawBufferPointer, shift: Int) -> JSONProblem {
        let fault = JSONFault.first(in: text) ?? JSONProblem(reason: "it is not JSON")
        return JSONProblem(reason: fault.reason, offset: fault.offset.map { $0 + shift })
    }
}

// MARK: - Walking the tape

/// A place on simdjson's tape: one value of a parsed document, read without copying. It is valid only inside the closure that
/// received it.
package struct JSONNode {
    private let words: UnsafePointer<UInt64>
    private let strings: UnsafePointer<UInt8>
    private let at: Int

    fileprivate init?(root tape: csimdjson_tape) {
        guard let words = tape.words, let strings = tape.strings else { return nil }
        self.words = words
        self.strings = strings
        at = 1
    }
    private init(_ words: UnsafePointer<UInt64>, _ strings: UnsafePointer<UInt8>, _ at: Int) {
        self.words = words
        self.strings = strings
        self.at = at
    }

    @inline(__always) private var tag: UInt8 { UInt8(truncatingIfNeeded: words[at] >> 56) }
    @inline(__always) private var payload: Int { Int(words[at] & 0x00FF_FFFF_FFFF_FFFF) }
    /// The tape index behind this value.
    @inline(__always) private var next: Int {
        switch tag {
        case 123, 91: Int(words[at] & 0xFFFF_FFFF)
        case 108, 117, 100: at + 2
        default: at + 1
        }
    }

    /// Words of tape this value takes: at least one for each value and key in it.
    package var tapeCount: Int { next - at }

    package var isObject: Bool { tag == 123 }
    package var isArray: Bool { tag == 91 }
    package var isNull: Bool { tag == 110 }

    /// The bytes of a string, valid UTF-8; nil for anything else.
    package var text: JSONText? {
        guard tag == 34 else { return nil }
        return textHere
    }
    @inline(__always) private var textHere: JSONText {
        let start = strings + payload
        let count = UnsafeRawPointer(start).loadUnaligned(as: UInt32.self)
        return JSONText(start: start + 4, count: Int(count))
    }
    package var string: String? { text?.string }
    package var bool: Bool? { tag == 116 ? true : tag == 102 ? false : nil }
    package var double: Double? {
        switch tag {
        case 100: Double(bitPattern: words[at + 1])
        case 108: Double(Int64(bitPattern: words[at + 1]))
        case 117: Double(words[at + 1])
        default: nil
        }
    }
    /// An integer, or a double without a fraction.
    package var int: Int64? {
        switch tag {
        case 108: Int64(bitPattern: words[at + 1])
        case 100: Int64(exactly: Double(bitPattern: words[at + 1]))
        default: nil
        }
    }
    /// An integer given as a number or as a string of digits, as proto3 JSON writes 64-bit fields.
    package var looseInt: Int64? {
        if let text { return StructuredText.integer(text.bytes) }
        return int
    }
    /// A string as it is, a number or boolean as its JSON text.
    package var scalarText: String? { tag == 34 ? textHere.string : value.scalarText }

    /// The elements of an array; nothing for anything else.
    package var elements: Elements { Elements(words: words, strings: strings, at: at + 1, end: tag == 91 ? next - 1 : at + 1) }
    /// The members of an object in their order, equal keys included; nothing for anything else.
    package var members: Members { Members(words: words, strings: strings, at: at + 1, end: tag == 123 ? next - 1 : at + 1) }

    /// The last member of this name; nil when there is none or it is null.
    package subscript(name: StaticString) -> JSONNode? {
        var found: JSONNode?
        for member in members where member.key == name { found = member.value }
        return found.flatMap { $0.isNull ? nil : $0 }
    }

    package struct Elements: Sequence, IteratorProtocol {
        fileprivate let words: UnsafePointer<UInt64>
        fileprivate let strings: UnsafePointer<UInt8>
        fileprivate var at: Int
        fileprivate let end: Int
        /// No elements, of the same document.
        static func none(in node: JSONNode) -> Elements { Elements(words: node.words, strings: node.strings, at: 0, end: 0) }
        package mutating func next() -> JSONNode? {
            guard at < end else { return nil }
            let node = JSONNode(words, strings, at)
            at = node.next
            return node
        }
    }
    package struct Members: Sequence, IteratorProtocol {
        fileprivate let words: UnsafePointer<UInt64>
        fileprivate let strings: UnsafePointer<UInt8>
        fileprivate var at: Int
        fileprivate let end: Int
        package mutating func next() -> (key: JSONText, value: JSONNode)? {
            guard at < end else { return nil }
            let key = JSONNode(words, strings, at).textHere
            let node = JSONNode(words, strings, at + 1)
            at = node.next
            return (key, node)
        }
    }

    /// The beginning of the value's JSON text, cut soon after `limit` bytes: cheap whatever the value's size.
    package func excerpt(limit: Int = 400) -> String {
        var out: [UInt8] = []
        write(into: &out, limit)
        return String(decoding: out, as: UTF8.self)
    }
    private func write(into out: inout [UInt8], _ limit: Int) {
        if isObject {
            out.append(123)
            for (key, value) in members {
                if out.count > limit { return }
                if out.last != 123 { out.append(44) }
                JSONValue.write(string: key.prefix(limit), into: &out)
                out.append(58)
                value.write(into: &out, limit)
            }
            out.append(125)
        } else if isArray {
            out.append(91)
            for element in elements {
                if out.count > limit { return }
                if out.last != 91 { out.append(44) }
                element.write(into: &out, limit)
            }
            out.append(93)
        } else if let text {
            JSONValue.write(string: text.prefix(limit), into: &out)
        } else {
            value.write(into: &out, indent: nil)
        }
    }

    /// What the value says: of its strings, numbers and their nesting. Members in another order are another value.
    package var digest: ObjectDigest {
        // The tape holds the strings of a value one behind the other, each with its length before it and a zero behind it.
        let end = next
        var first = 0
        var last = 0
        var index = at
        while index < end {
            let tag = UInt8(truncatingIfNeeded: words[index] >> 56)
            if tag == 34 {
                let start = Int(words[index] & 0x00FF_FFFF_FFFF_FFFF)
                if last == 0 { first = start }
                last = start + 5 + Int(UnsafeRawPointer(strings + start).loadUnaligned(as: UInt32.self))
            }
            index += Self.isWide(tag) ? 2 : 1
        }
        return withUnsafeTemporaryAllocation(byteCount: (end - at) * 5 + last - first, alignment: 8) { said in
            var count = 0
            index = at
            while index < end {
                let tag = UInt8(truncatingIfNeeded: words[index] >> 56)
                said[count] = tag
                count += 1
                index += 1
                if Self.isWide(tag) {
                    said.storeBytes(of: words[index], toByteOffset: count, as: UInt64.self)
                    count += 8
                    index += 1
                }
            }
            UnsafeMutableRawBufferPointer(rebasing: said[count...]).copyMemory(
                from: UnsafeRawBufferPointer(start: strings + first, count: last - first))
            return SHA256Digest.prefix128(of: UnsafeRawBufferPointer(rebasing: said[..<(count + last - first)]))
        }
    }
    /// Numbers take two words: `l`, `u` and `d`.
    @inline(__always) private static func isWide(_ tag: UInt8) -> Bool { tag == 108 || tag == 117 || tag == 100 }

    /// The value with everything in it; the recursion is as deep as `Limits.jsonDepth` at most.
    package var value: JSONValue {
        switch tag {
        case 34: return .string(textHere.string)
        case 108: return .int(Int64(bitPattern: words[at + 1]))
        case 117: return .double(Double(words[at + 1]))
        case 100: return .double(Double(bitPattern: words[at + 1]))
        case 116: return .bool(true)
        case 102: return .bool(false)
        case 91: return .array(elements.map { $0.value })
        case 123:
            var out: [String: JSONValue] = [:]
            for member in members { out[member.key.string] = member.value.value }
            return .object(out)
        default: return .null
        }
    }
}

/// Borrowed UTF-8 of a key or a string value.
package struct JSONText {
    fileprivate let start: UnsafePointer<UInt8>
    package let count: Int

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
    package var string: String { String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self) }

    fileprivate func prefix(_ limit: Int) -> String { String(decoding: bytes.prefix(limit), as: UTF8.self) }

    package static func == (text: JSONText, name: StaticString) -> Bool {
        guard text.count == name.utf8CodeUnitCount else { return false }
        let other = name.utf8Start
        for index in 0..<text.count where text.start[index] != other[index] { return false }
        return true
    }
}
