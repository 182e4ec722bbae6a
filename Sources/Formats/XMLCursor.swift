import Model

/// Text of a document where it stands in memory.
struct XMLRawText {
    var bytes: UnsafeRawBufferPointer
    /// True when it holds references or line ends that are still to be resolved.
    var isEscaped: Bool

    /// At most `Limits.bodyBytes`.
    var text: String {
        isEscaped
            ? XMLEscapes.resolved(bytes, limit: Limits.bodyBytes)
            : String(decoding: UnsafeRawBufferPointer(rebasing: bytes.prefix(Limits.bodyBytes)), as: UTF8.self)
    }

    /// True when both are written the same, or neither is there.
    static func isSame(_ one: XMLRawText?, _ other: XMLRawText?) -> Bool {
        guard let one, let other else { return one == nil && other == nil }
        return StructuredText.equal(one.bytes, other.bytes)
    }
}

/// A place in a document and the pieces of plain XML that can be read from there on: names, values, text. Each says nothing, and
/// leaves the place anywhere, when what stands there is not plain or not well-formed.
package struct XMLCursor {
    let bytes: UnsafeRawBufferPointer
    var at: Int
    /// The number of the line that the place is in.
    var line: Int64

    struct Name {
        /// Of no bytes when none.
        var prefix: UnsafeRawBufferPointer
        var local: UnsafeRawBufferPointer
        var whole: UnsafeRawBufferPointer
    }
    enum Text {
        case bytes(UnsafeRawBufferPointer)
        case scalar(Unicode.Scalar)
        /// A tag begins.
        case end
        case unknown
    }

    init(_ bytes: UnsafeRawBufferPointer, at: Int = 0, line: Int64) {
        self.bytes = bytes
        self.at = at
        self.line = line
    }

    // MARK: Bytes

    /// NUL, which stands nowhere in XML, behind the end.
    @inline(__always)
    func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    @inline(__always)
    func slice(_ from: Int, _ to: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[from..<to]) }

    @inline(__always)
    func has(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard at + count <= bytes.count else { return false }
        return StructuredText.equal(slice(at, at + count), UnsafeRawBufferPointer(start: word.utf8Start, count: count))
    }

    @inline(__always)
    mutating func skip(_ wanted: UInt8) -> Bool {
        guard byte(at) == wanted else { return false }
        at += 1
        return true
    }

    @inline(__always)
    mutating func skip(_ word: StaticString) -> Bool {
        guard has(word) else { return false }
        at += word.utf8CodeUnitCount
        return true
    }

    /// True when there were any.
    @discardableResult
    mutating func skipBlanks() -> Bool {
        let start = at
        while true {
            switch byte(at) {
            case 10: line += 1
            case 32, 9: break
            case 13 where byte(at + 1) == 10: break
            default: return at > start
            }
            at += 1
        }
    }

    /// Skips to behind the word, over characters of XML; false when one is none or the word is missing or far away.
    mutating func skip(past word: StaticString) -> Bool {
        let limit = min(bytes.count, at + Limits.lineBytes)
        while at < limit {
            let byte = bytes[at]
            if byte == word.utf8Start[0], skip(word) { return true }
            guard let length = self.length(byte) else { return false }
            at += length
        }
        return false
    }

    /// The length of the character of XML at the place reached, counting its line.
    private mutating func length(_ byte: UInt8) -> Int? {
        if byte >= 0x80 {
            let length = wideLength()
            return length > 0 ? length : nil
        }
        if byte == 10 { line += 1 }
        return byte >= 32 || byte == 10 || byte == 9 || byte == 13 && self.byte(at + 1) == 10 ? 1 : nil
    }

    /// The length of the character beyond ASCII; 0 when it is none of XML's.
    private func wideLength() -> Int {
        guard let length = StructuredText.utf8SequenceLength(bytes, at) else { return 0 }
        return byte(at) == 0xEF && byte(at + 1) == 0xBF && byte(at + 2) >= 0xBE ? 0 : length
    }

    /// Skips ASCII that is no control, `<`, `&` or `other`, eight bytes at a time: of the bytes that a subtraction without carries
    /// finds, the first is always right (Mycroft 1987). Up to seven such bytes may be left.
    @inline(__always)
    private mutating func skipPlain(but other: UInt8) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let others = ones &* UInt64(other)
        while at + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let (less, and, stop) = (word ^ (ones &* 0x3C), word ^ (ones &* 0x26), word ^ others)
            let zeros = ((less &- ones) & ~less) | ((and &- ones) & ~and) | ((stop &- ones) & ~stop)
            let found = (zeros | word | (word &- (ones &* 0x20))) & (ones &* 0x80)
            if found != 0 {
                at += found.trailingZeroBitCount >> 3
                return
            }
            at += 8
        }
    }

    // MARK: Pieces

    /// The next piece of character data.
    mutating func text() -> Text {
        switch byte(at) {
        case UInt8(ascii: "<"): return .end
        case UInt8(ascii: "&"):
            guard let (scalar, length) = XMLEscapes.reference(bytes, at) else { return .unknown }
            at += length
            return .scalar(scalar)
        case 13:
            guard byte(at + 1) == 10 else { return .unknown }
            at += 1
        default: break
        }
        let start = at
        while true {
            skipPlain(but: UInt8(ascii: "]"))
            let byte = self.byte(at)
            switch byte {
            case UInt8(ascii: "<"), UInt8(ascii: "&"), 13: return .bytes(slice(start, at))
            case UInt8(ascii: "]"):
                if self.byte(at + 1) == UInt8(ascii: "]"), self.byte(at + 2) == UInt8(ascii: ">") { return .unknown }
                at += 1
            default:
                guard let length = self.length(byte) else { return .unknown }
                at += length
            }
        }
    }

    /// What stands in the `<![CDATA[` that begins here.
    mutating func characterData() -> UnsafeRawBufferPointer? {
        at += 9
        let start = at
        return skip(past: "]]>") ? slice(start, at - 3) : nil
    }

    @inline(__always)
    private func isOfName(_ byte: UInt8) -> Bool {
        byte | 32 >= UInt8(ascii: "a") && byte | 32 <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
            || byte >= UInt8(ascii: "-") && byte <= UInt8(ascii: "9") && byte != UInt8(ascii: "/")
    }
    @inline(__always)
    private func beginsName(_ byte: UInt8) -> Bool { isOfName(byte) && byte > UInt8(ascii: "9") }

    /// A name of ASCII letters, digits, points, hyphens and underlines, with at most one prefix.
    @inline(__always)
    mutating func name() -> Name? {
        let start = at
        var local = at
        guard beginsName(byte(at)) else { return nil }
        while true {
            let byte = self.byte(at)
            if byte == UInt8(ascii: ":") {
                guard local == start, beginsName(self.byte(at + 1)) else { return nil }
                local = at + 1
            } else if !isOfName(byte) {
                guard byte < 0x80, at - start <= 1_000 else { return nil }
                return Name(prefix: slice(start, max(start, local - 1)), local: slice(local, at), whole: slice(start, at))
            }
            at += 1
        }
    }

    /// `name = "value"`.
    mutating func attribute() -> (name: Name, value: XMLRawText)? {
        guard let name = self.name() else { return nil }
        if byte(at) != UInt8(ascii: "=") { skipBlanks() }
        guard skip(UInt8(ascii: "=")) else { return nil }
        if byte(at) != UInt8(ascii: "\"") { skipBlanks() }
        guard let value = self.value() else { return nil }
        return (name, value)
    }

    @inline(__always)
    private mutating func value() -> XMLRawText? {
        let quote = byte(at)
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        at += 1
        let start = at
        var isEscaped = false
        while true {
            skipPlain(but: quote)
            let byte = self.byte(at)
            if byte == quote { break }
            switch byte {
            case UInt8(ascii: "<"): return nil
            case UInt8(ascii: "&"):
                guard let (_, length) = XMLEscapes.reference(bytes, at) else { return nil }
                at += length
                isEscaped = true
            default:
                guard let length = self.length(byte) else { return nil }
                at += length
                if byte < 32 { isEscaped = true }
            }
        }
        // The other parser has a limit of its own for values of many megabytes.
        guard at - start <= Limits.lineBytes else { return nil }
        at += 1
        return XMLRawText(bytes: slice(start, at - 1), isEscaped: isEscaped)
    }
}
