import Model

/// Says where and why bytes are not JSON. simdjson only says that they are not, so this slow walk (RFC 8259) runs over
/// documents it has refused.
enum JSONFault {
    /// The first fault, or nil when the bytes are one JSON document of at most `Limits.jsonDepth` levels.
    static func first(in bytes: UnsafeRawBufferPointer) -> JSONProblem? {
        var walk = Walk(bytes: bytes)
        return walk.run()
    }

    /// The document with `e0` after each integer too wide for 64 bits, and 64 zero bytes behind it; nil when it has none.
    static func wideIntegersAsDoubles(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count + 128)
        var found = false
        var inString = false
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            if inString {
                if byte == 92, at + 1 < bytes.count {
                    out.append(byte)
                    at += 1
                } else if byte == 34 {
                    inString = false
                }
                out.append(bytes[at])
                at += 1
            } else if isDigit(byte) {
                let start = at
                var isInteger = true
                while at < bytes.count, isDigit(bytes[at]) || [43, 45, 46, 69, 101].contains(bytes[at]) {
                    if !isDigit(bytes[at]) { isInteger = false }
                    at += 1
                }
                out.append(contentsOf: bytes[start..<at])
                if isInteger, StructuredText.integer(UnsafeRawBufferPointer(rebasing: bytes[start..<at])) == nil {
                    out.append(contentsOf: [101, 48])
                    found = true
                }
            } else {
                if byte == 34 { inString = true }
                out.append(byte)
                at += 1
            }
        }
        guard found else { return nil }
        out.append(contentsOf: repeatElement(0, count: 64))
        return out
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    private struct Walk {
        let bytes: UnsafeRawBufferPointer
        var at = 0
        /// True for an object, false for an array.
        var open: [Bool] = []

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        private func fault(_ reason: String) -> JSONProblem { JSONProblem(reason: reason, offset: at) }
        private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }
        private mutating func skipBlanks() { while let byte, byte == 32 || byte == 10 || byte == 13 || byte == 9 { at += 1 } }

        mutating func run() -> JSONProblem? {
            skipBlanks()
            if byte == nil { return fault("there is nothing in it") }
            while true {
                if let problem = value() { return problem }
                // A value is complete: close what ends here, then come to the next value or to the end.
                while true {
                    skipBlanks()
                    guard let isObject = open.last else {
                        return byte == nil ? nil : fault("there is more text after the end of the document")
                    }
                    if byte == (isObject ? 125 : 93) {
                        at += 1
                        open.removeLast()
                        continue
                    }
                    guard byte == 44 else {
                        let close = isObject ? "`}`" : "`]`"
                        return fault(
                            byte == nil ? "the document ends inside \(isObject ? "an object" : "an array")" : "a `,` or \(close) is missing"
                        )
                    }
                    at += 1
                    skipBlanks()
                    if isObject, let problem = key() { return problem }
                    break
                }
            }
        }

        /// Reads down to the first complete value: an empty container, or a scalar inside any number of opened ones.
        private mutating func value() -> JSONProblem? {
            while true {
                skipBlanks()
                guard let byte else { return fault("the document ends where a value should stand") }
                switch byte {
                case 123, 91:
                    if open.count >= Limits.jsonDepth { return fault("it is nested deeper than \(Limits.jsonDepth) levels") }
                    open.append(byte == 123)
                    at += 1
                    skipBlanks()
                    if self.byte == (byte == 123 ? 125 : 93) {
                        at += 1
                        open.removeLast()
                        return nil
                    }
                    if byte == 123, let problem = key() { return problem }
                case 34: return string()
                case 45, 48...57: return number()
                case 116: return word("true")
                case 102: return word("false")
                case 110: return word("null")
                default: return fault("a value should stand here")
                }
            }
        }

        private mutating func key() -> JSONProblem? {
            guard byte == 34 else { return fault(byte == nil ? "the document ends inside an object" : "a key in quotes should stand here") }
            if let problem = string() { return problem }
            skipBlanks()
            guard byte == 58 else { return fault("a `:` is missing after the key") }
            at += 1
            return nil
        }

        private mutating func word(_ word: StaticString) -> JSONProblem? {
            for index in 0..<word.utf8CodeUnitCount where at + index >= bytes.count || bytes[at + index] != word.utf8Start[index] {
                return fault("`\(word)` is misspelt or cut off")
            }
            at += word.utf8CodeUnitCount
            return nil
        }

        private mutating func number() -> JSONProblem? {
            let start = at
            if byte == 45 { at += 1 }
            guard let first = byte, JSONFault.isDigit(first) else { return fault("a digit should stand here") }
            at += 1
            if first == 48, let byte, JSONFault.isDigit(byte) { return fault("a number begins with a zero") }
            digits()
            if byte == 46 {
                at += 1
                guard digits() else { return fault("a digit should stand after the point") }
            }
            if byte == 101 || byte == 69 {
                at += 1
                if byte == 43 || byte == 45 { at += 1 }
                guard digits() else { return fault("the exponent has no digit") }
            }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            guard let value = Double(text), value.isFinite else {
                at = start
                return fault("a number is out of range")
            }
            return nil
        }

        @discardableResult private mutating func digits() -> Bool {
            let start = at
            while let byte, JSONFault.isDigit(byte) { at += 1 }
            return at > start
        }

        private mutating func string() -> JSONProblem? {
            at += 1
            while let byte {
                switch byte {
                case 34:
                    at += 1
                    return nil
                case 92:
                    if let problem = escape() { return problem }
                case 0..<32: return fault("a control character stands unescaped in a string")
                case 32..<128: at += 1
                default:
                    guard let count = StructuredText.utf8SequenceLength(bytes, at) else { return fault("the text is not UTF-8") }
                    at += count
                }
            }
            return fault("the document ends inside a string")
        }

        private mutating func escape() -> JSONProblem? {
            guard at + 1 < bytes.count else { return fault("the document ends inside a string") }
            switch bytes[at + 1] {
            case 34, 92, 47, 98, 102, 110, 114, 116: at += 2
            case 117:
                guard let first = hex(at + 2) else { return fault("`\\u` is not followed by four hexadecimal digits") }
                if first >= 0xD800 && first < 0xDC00 {
                    guard at + 7 < bytes.count, bytes[at + 6] == 92, bytes[at + 7] == 117, let second = hex(at + 8),
                        second >= 0xDC00 && second < 0xE000
                    else { return fault("half of a surrogate pair is missing") }
                    at += 12
                } else if first >= 0xDC00 && first < 0xE000 {
                    return fault("half of a surrogate pair is missing")
                } else {
                    at += 6
                }
            default: return fault("there is no escape of this letter")
            }
            return nil
        }

        private func hex(_ start: Int) -> UInt32? {
            guard start + 4 <= bytes.count else { return nil }
            var value: UInt32 = 0
            for index in start..<start + 4 {
                guard let digit = StructuredText.hexDigit(bytes[index]) else { return nil }
                value = value << 4 | UInt32(digit)
            }
            return value
        }
    }
}
