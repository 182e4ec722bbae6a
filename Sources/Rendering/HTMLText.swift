import Model

/// Outside text on its way into markup.
package enum HTMLText {
    /// The text with `& < > " '` as character references, and every control character and bidirectional override (see
    /// `Unicode.Scalar.isDangerous`) as U+FFFD; tabs and line ends stay. Safe as content and in a quoted attribute.
    package static func escape(_ text: String) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count + 16)
        escape(text, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    package static func escape(_ text: String, into out: inout [UInt8]) {
        var text = text
        text.withUTF8 { escape($0, into: &out) }
    }

    /// The same over UTF-8 bytes. Plain runs are copied whole. Without `quotes`, `"` and `'` stay, which only the content of an
    /// element allows.
    package static func escape(_ bytes: UnsafeBufferPointer<UInt8>, quotes: Bool = true, into out: inout [UInt8]) {
        var runStart = 0
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            if isPlain(byte) {
                at += 1
                continue
            }
            let reference: StaticString
            var length = 1
            switch byte {
            case 34 where !quotes, 39 where !quotes:
                at += 1
                continue
            case 38: reference = "&amp;"
            case 60: reference = "&lt;"
            case 62: reference = "&gt;"
            case 34: reference = "&quot;"
            case 39: reference = "&#39;"
            default:
                length = dangerousLength(bytes, at)
                if length == 0 {
                    at += 1
                    continue
                }
                reference = "\u{FFFD}"
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[runStart..<at]))
            append(reference, to: &out)
            at += length
            runStart = at
        }
        out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[runStart..<bytes.count]))
    }

    /// The text with controls and bidirectional overrides as U+FFFD and nothing else changed, for plain-text output.
    package static func visible(_ text: String, into out: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            var runStart = 0
            var at = 0
            while at < bytes.count {
                let length = isPlain(bytes[at]) ? 0 : dangerousLength(bytes, at)
                if length == 0 {
                    at += 1
                    continue
                }
                out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[runStart..<at]))
                append("\u{FFFD}", to: &out)
                at += length
                runStart = at
            }
            out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[runStart..<bytes.count]))
        }
    }
    package static func visible(_ text: String) -> String {
        var out: [UInt8] = []
        visible(text, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    static func append(_ text: StaticString, to out: inout [UInt8]) {
        out.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Bytes that need no second look: printable ASCII but the five, tab, line ends, and UTF-8 that leads to nothing
    /// dangerous (C2, D8, E2 and EF do).
    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 34, 38, 39, 60, 62, 127, 0xC2, 0xD8, 0xE2, 0xEF: false
        case 0..<32: byte == 9 || byte == 10 || byte == 13
        default: true
        }
    }

    /// How many bytes the dangerous scalar at `at` takes; 0 when the scalar is harmless.
    static func dangerousLength(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        func byte(_ offset: Int) -> UInt8 { at + offset < bytes.count ? bytes[at + offset] : 0 }
        switch bytes[at] {
        case 9, 10, 13: return 0
        case 0..<32, 127: return 1
        case 0xC2: return (0x80...0x9F).contains(byte(1)) ? 2 : 0  // C1
        case 0xD8: return byte(1) == 0x9C ? 2 : 0  // U+061C
        case 0xE2 where byte(1) == 0x80: return [0x8E, 0x8F, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE].contains(byte(2)) ? 3 : 0
        case 0xE2 where byte(1) == 0x81: return (0xA6...0xA9).contains(byte(2)) ? 3 : 0
        case 0xEF: return byte(1) == 0xBB && byte(2) == 0xBF ? 3 : 0
        default: return 0
        }
    }

    /// The address if a reader may be sent there: http, https or mailto, or relative without leaving the site. Nil for
    /// every other scheme, for `//host`, and when it holds blanks, controls or backslashes, which browsers reinterpret.
    package static func safeLink(_ address: String) -> String? {
        guard !address.isEmpty, address.utf8.count <= 4_096 else { return nil }
        for scalar in address.unicodeScalars {
            if scalar.isDangerous || scalar.properties.isWhitespace || scalar == "\\" || scalar.value == 0x61C { return nil }
        }
        if address.hasPrefix("//") { return nil }
        let head = address.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let colon = head.firstIndex(of: ":") else { return address }
        switch head[..<colon].lowercased() {
        case "http", "https": return address[colon...].hasPrefix("://") && address[colon...].count > 3 ? address : nil
        case "mailto": return address[address.index(after: colon)...].isEmpty ? nil : address
        default: return nil
        }
    }
}
