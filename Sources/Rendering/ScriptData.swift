import Model

/// Data for a page's own script, inside `<script type="application/json">`.
package enum ScriptData {
    /// JSON in which `<`, `>`, `&`, U+2028 and U+2029 are `\u` escapes, so that nothing in it can end the element, open a
    /// comment or a character reference; controls and bidirectional overrides read back as U+FFFD.
    package static func json(_ value: JSONValue) -> SafeHTML {
        SafeHTML(trusted: bytes(value))
    }

    static func bytes(_ value: JSONValue) -> [UInt8] {
        var plain: [UInt8] = []
        value.write(into: &plain, indent: nil)
        var out: [UInt8] = []
        out.reserveCapacity(plain.count + plain.count / 16)
        plain.withUnsafeBufferPointer { bytes in
            var at = 0
            var runStart = 0
            func flush(_ upTo: Int) { out.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[runStart..<upTo])) }
            while at < bytes.count {
                let byte = bytes[at]
                let escape: StaticString
                var length = 1
                switch byte {
                case 60: escape = "\\u003c"
                case 62: escape = "\\u003e"
                case 38: escape = "\\u0026"
                case 92:
                    // A backslash of the JSON writer: `\u00xx` is a control, any other escape is two bytes long.
                    if at + 5 < bytes.count, bytes[at + 1] == 117 {
                        escape = "\\ufffd"
                        length = 6
                    } else {
                        at += 2
                        continue
                    }
                case 0xE2 where at + 2 < bytes.count && bytes[at + 1] == 0x80 && bytes[at + 2] & 0xFE == 0xA8:
                    escape = bytes[at + 2] == 0xA8 ? "\\u2028" : "\\u2029"
                    length = 3
                case 0xC2, 0xD8, 0xE2, 0xEF:
                    length = HTMLText.dangerousLength(bytes, at)
                    if length == 0 {
                        at += 1
                        continue
                    }
                    escape = "\\ufffd"
                default:
                    at += 1
                    continue
                }
                flush(at)
                HTMLText.append(escape, to: &out)
                at += length
                runStart = at
            }
            flush(bytes.count)
        }
        return out
    }
}
