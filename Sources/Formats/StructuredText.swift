import Model

#if canImport(Glibc)
    import Glibc
#endif

/// How outside text is cut, cleaned and read before it goes into facts; shared by the readers of structured documents.
enum StructuredText {
    /// One line for a title: blanks folded, dangerous characters gone, at most `Limits.titleCharacters`.
    static func title(_ text: String) -> String { foldingBlanks(text).clipped(to: Limits.titleCharacters) }

    /// The same of text where it stands; nothing for none.
    static func title(_ value: XMLRawText?) -> String {
        guard let value else { return "" }
        let isPlain = !value.isEscaped && value.bytes.count <= Limits.titleCharacters && isFolded(value.bytes) && isPrintable(value.bytes)
        return isPlain ? String(decoding: value.bytes, as: UTF8.self) : title(value.text)
    }

    /// Text of many lines: line ends as `\n`, terminal controls and direction overrides gone, blanks at the ends cut, at most
    /// `limit` bytes.
    static func body(_ text: String, limit: Int = Limits.bodyBytes) -> String {
        var text = text.utf8.count > 2 * limit ? text.clipped(toBytes: 2 * limit) : text
        return text.withUTF8 { bytes -> String in
            if isPrintable(UnsafeRawBufferPointer(bytes), orLines: true) { return trimmed(bytes).clipped(toBytes: limit) }
            var out: [UInt8] = []
            out.reserveCapacity(bytes.count)
            var end = 0  // behind the last that is not blank
            var at = 0
            while at < bytes.count {
                let byte = bytes[at]
                let length = byte > 127 || byte < 32 || byte == 127 ? dangerousLength(bytes, at) : 0
                if length > 0 {
                    at += length
                    continue
                }
                let isBlank = byte == 10 || byte == 9 || byte == 32
                if byte != 13, !isBlank || !out.isEmpty {
                    out.append(byte)
                    if !isBlank { end = out.count }
                }
                at += 1
            }
            return String(decoding: out[..<end], as: UTF8.self).clipped(toBytes: limit)
        }
    }

    /// True when there is nothing but ASCII and no control in it, or none but line feeds and tabs. Looks at all: that is quick.
    private static func isPrintable(_ bytes: UnsafeRawBufferPointer, orLines: Bool = false) -> Bool {
        var others: UInt8 = 0
        for byte in bytes {
            let isLine = orLines && (byte == 10 || byte == 9)
            others |= byte &- 32 < 95 || isLine ? 0 : 1
        }
        return others == 0
    }

    private static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 10 || byte == 9 }
        var (from, to) = (0, bytes.count)
        while from < to, isBlank(bytes[from]) { from += 1 }
        while from < to, isBlank(bytes[to - 1]) { to -= 1 }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[from..<to]), as: UTF8.self)
    }

    /// How many bytes the scalar at `at` takes if it is dangerous (`Unicode.Scalar.isDangerous`) and no line end or tab; else 0.
    private static func dangerousLength(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        func byte(_ offset: Int) -> UInt8 { at + offset < bytes.count ? bytes[at + offset] : 0 }
        switch bytes[at] {
        case 9, 10, 13: return 0
        case 0..<32, 127: return 1
        case 0xC2: return byte(1) < 0xA0 ? 2 : 0
        case 0xE2 where byte(1) == 0x80: return byte(2) == 0x8E || byte(2) == 0x8F || (0xAA...0xAE).contains(byte(2)) ? 3 : 0
        case 0xE2 where byte(1) == 0x81: return (0xA6...0xA9).contains(byte(2)) ? 3 : 0
        case 0xEF: return byte(1) == 0xBB && byte(2) == 0xBF ? 3 : 0
        default: return 0
        }
    }

    /// A short name (a service, a label, an id): one line, at most `count` characters; nil when nothing is left.
    static func name(_ text: String?, count: Int = Limits.titleCharacters) -> String? {
        guard let text else { return nil }
        let folded = foldingBlanks(text).clipped(to: count)
        return folded.isEmpty ? nil : folded
    }

    /// An absolute `http`, `https` or `mailto` address of at most 2 048 bytes without blanks, quotes or controls; else nil.
    static func url(_ text: String?) -> String? {
        guard let text else { return nil }
        let trimmed = foldingBlanks(text)
        guard !trimmed.isEmpty, trimmed.utf8.count <= 2_048 else { return nil }
        for scalar in trimmed.unicodeScalars {
            if scalar.isDangerous || scalar == " " || scalar == "\"" || scalar == "<" || scalar == ">" || scalar == "\\" { return nil }
        }
        let lower = trimmed.prefix(8).lowercased()
        if lower.hasPrefix("mailto:") { return trimmed.contains("@") ? trimmed : nil }
        guard lower.hasPrefix("http://") || lower.hasPrefix("https://") else { return nil }
        let host = trimmed.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return host.isEmpty ? nil : trimmed
    }

    /// The first `limit` bytes as text for a rejection.
    static func excerpt(_ bytes: some Collection<UInt8>, limit: Int = 160) -> String {
        let head = String(decoding: bytes.prefix(limit), as: UTF8.self)
        return title(bytes.count > limit ? head + "…" : head)
    }

    static func foldingBlanks(_ text: String) -> String {
        if isFolded(text) { return text }
        var out = String.UnicodeScalarView()
        var pending = false
        for scalar in text.unicodeScalars {
            if scalar.value == 32 || (scalar.value >= 9 && scalar.value <= 13) || scalar.value == 0xA0 || scalar.value == 0x85 {
                pending = !out.isEmpty
            } else {
                if pending { out.append(" ") }
                pending = false
                out.append(scalar)
            }
        }
        return String(out)
    }

    /// True when single blanks between words are all there is to fold; a byte that may begin another kind of blank says no.
    private static func isFolded(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { isFolded(UnsafeRawBufferPointer($0)) }
    }
    private static func isFolded(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var last: UInt8 = 32
        for byte in bytes {
            if byte == 0xC2 || byte &- 9 <= 4 || byte == 32 && last == 32 { return false }
            last = byte
        }
        return bytes.isEmpty || last != 32
    }

    /// Attributes as far as `Limits.attributesBytes` goes, in the order of their names; the names of what was left out are
    /// under `left_out`.
    static func bounded(_ attributes: [String: JSONValue]) -> [String: JSONValue] {
        var room = Limits.attributesBytes
        var kept: [String: JSONValue] = [:]
        var leftOut: [String] = []
        for name in attributes.keys.sorted() {
            guard let value = attributes[name] else { continue }
            let size = name.utf8.count + value.text.utf8.count + 4
            if size <= room {
                room -= size
                kept[name] = value
            } else if leftOut.count < 20 {
                leftOut.append(name.clipped(to: 60))
            }
        }
        if !leftOut.isEmpty { kept["left_out"] = .strings(leftOut) }
        return kept
    }

    // MARK: Bytes

    static func firstIndex(of byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count else { return nil }
        guard let found = memchr(base + start, Int32(byte), bytes.count - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    static func equal(_ left: UnsafeRawBufferPointer, _ right: [UInt8]) -> Bool { right.withUnsafeBytes { equal(left, $0) } }

    static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, let base = left.baseAddress, let other = right.baseAddress else {
            return left.isEmpty && right.isEmpty
        }
        return memcmp(base, other, left.count) == 0
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 97...102: byte - 87
        case 65...70: byte - 55
        default: nil
        }
    }

    /// Decimal digits with an optional sign that fit `Int64`.
    static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        var at = 0
        var isNegative = false
        if let first = bytes.first, first == 45 || first == 43 {
            isNegative = first == 45
            at = 1
        }
        guard at < bytes.count else { return nil }
        var value: Int64 = 0
        while at < bytes.count {
            let digit = bytes[at] &- 48
            guard digit <= 9 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflowToo) = product.subtractingReportingOverflow(Int64(digit))
            if overflow || overflowToo { return nil }
            value = sum
            at += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// A number as metrics are written: decimal with an optional fraction and exponent, `NaN`, `Inf` or `Infinity` with an
    /// optional sign in any case; nothing hexadecimal, no blanks, no underscores.
    static func metricValue(_ bytes: UnsafeRawBufferPointer) -> Double? {
        var at = 0
        var isNegative = false
        if let first = bytes.first, first == 45 || first == 43 {
            isNegative = first == 45
            at = 1
        }
        guard at < bytes.count else { return nil }
        if (bytes[at] | 32) >= 97 && (bytes[at] | 32) <= 122 {
            switch String(decoding: bytes[at...].prefix(9), as: UTF8.self).lowercased() {
            case "nan": return .nan
            case "inf", "infinity": return isNegative ? -.infinity : .infinity
            default: return nil
            }
        }
        // Up to 15 digits and a power of ten up to 22 are exact in doubles (Clinger 1990); all else goes through `strtod`.
        var mantissa: Int64 = 0
        var digits = 0
        var fraction = 0
        var hasPoint = false
        while at < bytes.count {
            let byte = bytes[at]
            if byte >= 48 && byte <= 57 {
                if digits < 18 { mantissa = mantissa &* 10 &+ Int64(byte &- 48) }
                if mantissa != 0 { digits += 1 }
                if hasPoint { fraction += 1 }
            } else if byte == 46, !hasPoint {
                hasPoint = true
            } else {
                break
            }
            at += 1
        }
        if at == bytes.count, digits <= 15, fraction <= 22 {
            let value = Double(mantissa) / powersOfTen[fraction]
            let hasDigit = fraction > 0 || bytes.contains { $0 >= 48 && $0 <= 57 }
            return hasDigit ? (isNegative ? -value : value) : nil
        }
        guard bytes.count <= 400, bytes.allSatisfy({ ($0 >= 48 && $0 <= 57) || [43, 45, 46, 69, 101].contains($0) }) else { return nil }
        return Double(String(decoding: bytes, as: UTF8.self))
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// The length of the UTF-8 sequence at `at`, or nil when it is malformed (Unicode 15, table 3-7).
    static func utf8SequenceLength(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int? {
        func follows(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            at + offset < bytes.count && range.contains(bytes[at + offset])
        }
        switch bytes[at] {
        case 0..<0x80: return 1
        case 0xC2...0xDF: return follows(1) ? 2 : nil
        case 0xE0: return follows(1, 0xA0...0xBF) && follows(2) ? 3 : nil
        case 0xED: return follows(1, 0x80...0x9F) && follows(2) ? 3 : nil
        case 0xE1...0xEF: return follows(1) && follows(2) ? 3 : nil
        case 0xF0: return follows(1, 0x90...0xBF) && follows(2) && follows(3) ? 4 : nil
        case 0xF1...0xF3: return follows(1) && follows(2) && follows(3) ? 4 : nil
        case 0xF4: return follows(1, 0x80...0x8F) && follows(2) && follows(3) ? 4 : nil
        default: return nil
        }
    }
}

extension Reading {
    /// The most refusals one reading lists; the last entry then says how many more there were.
    static let listedRefusals = 1_000

    /// Adds a refusal, at most `listedRefusals` of them.
    mutating func refuse(_ reason: String, line: Int64? = nil, offset: Int64? = nil, excerpt: String = "") {
        if rejections.count < Reading.listedRefusals {
            rejections.append(Rejection(reason: reason, line: line, offset: offset, excerpt: excerpt))
        } else if rejections.count == Reading.listedRefusals {
            rejections.append(Rejection(reason: "more items were refused after the first \(Reading.listedRefusals)", line: line))
        }
    }
}

extension Instant {
    /// A moment as JSON gives it: RFC 3339, or an epoch number (as number or digits) told apart by magnitude.
    init?(json value: JSONValue?) {
        switch value {
        case .string(let text): self.init(text: text)
        case .int(let number): self.init(epoch: Double(number))
        case .double(let number): self.init(epoch: number)
        default: return nil
        }
    }
    /// Nanoseconds since the epoch: all that `Int64` holds (years 1677 to 2262) is representable.
    init(nanoseconds: Int64) { self.init(ms: nanoseconds.floorDivided(by: 1_000_000)) }
}
