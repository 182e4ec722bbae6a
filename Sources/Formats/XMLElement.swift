import Model

#if canImport(Glibc)
    import Glibc
#endif

/// Why reading an XML document stopped, and where; lines and columns from 1.
package struct XMLProblem: Error, Hashable, Sendable {
    package var reason: String
    package var line: Int64
    package var column: Int64
    package init(reason: String, line: Int64, column: Int64) {
        self.reason = reason
        self.line = line
        self.column = column
    }
}

package struct XMLAttribute: Hashable, Sendable {
    package var name: String
    package var uri: String
    package var value: String
}

/// An attribute where it stands in memory: local name, namespace (of no bytes when none) and value.
struct XMLRawAttribute {
    var name: UnsafeRawBufferPointer
    var uri: UnsafeRawBufferPointer
    var value: XMLRawText

    var text: String { value.text }
    /// True when it has no namespace and this name.
    @inline(__always)
    func isNamed(_ other: StaticString) -> Bool {
        guard name.count == other.utf8CodeUnitCount, uri.isEmpty, let base = name.baseAddress else { return false }
        return memcmp(base, other.utf8Start, name.count) == 0
    }
}

/// A start tag: local name, namespace (empty when none), attributes in their order, line from 1. Attributes are borrowed: they
/// become text when asked for, and only while the tag is being visited.
package struct XMLElement {
    package let name: String
    package let uri: String
    package let line: Int64
    let raw: UnsafeBufferPointer<XMLRawAttribute>

    package var attributes: [XMLAttribute] {
        raw.map {
            XMLAttribute(name: String(decoding: $0.name, as: UTF8.self), uri: String(decoding: $0.uri, as: UTF8.self), value: $0.text)
        }
    }

    /// The value of the attribute without a namespace, or nil.
    package subscript(name: StaticString) -> String? {
        for attribute in raw where attribute.isNamed(name) { return attribute.text }
        return nil
    }

    /// The same where it stands.
    func value(_ name: StaticString) -> XMLRawText? {
        for attribute in raw where attribute.isNamed(name) { return attribute.value }
        return nil
    }

    /// The value of `xml:base`, or nil.
    var base: String? {
        let known = raw.first { attribute in
            XMLElement.equal(attribute.name, "base") && XMLElement.equal(attribute.uri, XMLElement.xmlNamespace)
        }
        return known?.text
    }
    static var xmlNamespace: StaticString { "http://www.w3.org/XML/1998/namespace" }
    static func equal(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        StructuredText.equal(bytes, UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    /// As the subscript; gives `known` back when the value is the same, so that a value many tags share is one text.
    func text(_ name: StaticString, known: String) -> String? {
        for attribute in raw where attribute.isNamed(name) {
            let isSame = known.utf8.withContiguousStorageIfAvailable { bytes in
                !attribute.value.isEscaped && StructuredText.equal(attribute.value.bytes, UnsafeRawBufferPointer(bytes))
            }
            return isSame == true ? known : attribute.text
        }
        return nil
    }
}

/// What receives a document's parts in their order.
package protocol XMLVisitor: AnyObject {
    func start(_ element: XMLElement)
    /// A piece of character data, UTF-8, borrowed: one run of text may come in many pieces.
    func text(_ bytes: UnsafeRawBufferPointer)
    func end(_ name: String, uri: String)
    /// True when the rest need not be read; asked after each start tag.
    var isSatisfied: Bool { get }
    /// Asked before each start tag below the root, in `depth` open elements: the visitor may read whole elements by itself, with
    /// blanks between them, that it knows to be well-formed. Tells how many tags that were; nil, and the cursor as it was, when none.
    func readAhead(_ cursor: inout XMLCursor, depth: Int) -> Int?
}
extension XMLVisitor {
    package func readAhead(_ cursor: inout XMLCursor, depth: Int) -> Int? { nil }
}

/// Character data gathered from pieces, at most `limit` bytes.
struct XMLTextBuffer {
    private var bytes: [UInt8] = []
    private let limit: Int
    init(limit: Int = Limits.bodyBytes * 2) { self.limit = limit }

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        if bytes.count < limit { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece.prefix(limit - bytes.count))) }
    }
    mutating func append(_ piece: String) {
        if bytes.count < limit { bytes.append(contentsOf: piece.utf8.prefix(limit - bytes.count)) }
    }
    mutating func clear() { bytes.removeAll(keepingCapacity: true) }
    /// The text so far; the buffer is empty afterwards.
    mutating func take() -> String {
        defer { clear() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The references that stand in XML without a document type: five names and numbers of characters
/// (<https://www.w3.org/TR/xml/#sec-references>).
enum XMLEscapes {
    /// The scalar of the reference whose `&` stands at `at`, and its length; nil when it is none or no character of XML.
    static func reference(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> (scalar: Unicode.Scalar, length: Int)? {
        guard let base = bytes.baseAddress, at + 3 < bytes.count else { return nil }
        func isNamed(_ name: StaticString) -> Bool {
            at + name.utf8CodeUnitCount <= bytes.count && memcmp(base + at, name.utf8Start, name.utf8CodeUnitCount) == 0
        }
        switch bytes[at + 1] {
        case UInt8(ascii: "l"): return isNamed("&lt;") ? ("<", 4) : nil
        case UInt8(ascii: "g"): return isNamed("&gt;") ? (">", 4) : nil
        case UInt8(ascii: "a"): return isNamed("&amp;") ? ("&", 5) : isNamed("&apos;") ? ("'", 6) : nil
        case UInt8(ascii: "q"): return isNamed("&quot;") ? ("\"", 6) : nil
        case UInt8(ascii: "#"): break
        default: return nil
        }
        let isHex = bytes[at + 2] == UInt8(ascii: "x")
        var next = at + (isHex ? 3 : 2)
        let first = next
        var value: UInt32 = 0
        while next < bytes.count, next - first < 8, let digit = StructuredText.hexDigit(bytes[next]), isHex || digit < 10 {
            value = value &* (isHex ? 16 : 10) &+ UInt32(digit)
            next += 1
        }
        guard next > first, next - first < 8, next < bytes.count, bytes[next] == UInt8(ascii: ";") else { return nil }
        guard value >= 32 || value == 9 || value == 10 || value == 13, value != 0xFFFE, value != 0xFFFF else { return nil }
        return Unicode.Scalar(value).map { ($0, next + 1 - at) }
    }

    /// The scalar's UTF-8.
    static func withBytes(of scalar: Unicode.Scalar, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let units = UTF8.encode(scalar) else { return }
        var (packed, count) = (UInt32(0), 0)
        for unit in units {
            packed |= UInt32(unit) << UInt32(8 * count)
            count += 1
        }
        withUnsafeBytes(of: packed.littleEndian) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    /// An attribute's value with its references resolved and line ends and tabs as blanks, at most about `limit` bytes.
    static func resolved(_ bytes: UnsafeRawBufferPointer, limit: Int) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(min(bytes.count, limit))
        var at = 0
        while at < bytes.count, out.count < limit {
            let byte = bytes[at]
            if byte == UInt8(ascii: "&"), let (scalar, length) = reference(bytes, at) {
                out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                at += length
                continue
            }
            if byte == 13, at + 1 < bytes.count, bytes[at + 1] == 10 { at += 1 }
            out.append(byte == 9 || byte == 10 || byte == 13 ? 32 : byte)
            at += 1
        }
        return String(decoding: out.prefix(limit), as: UTF8.self)
    }
}
