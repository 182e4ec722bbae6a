import Model

/// Reads the JSON of our own columns, some twenty times faster than a decoder of any shape. Total: text that is not JSON
/// (an edited file) gives nil, and depth is bounded.
struct StoredJSON {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        var reader = StoredJSON(bytes: bytes)
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipBlanks()
        return reader.at == bytes.count ? value : nil
    }
    static func read(_ text: String) -> JSONValue? {
        var text = text
        return text.withUTF8 { read($0) }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private var byte: UInt8 { at < bytes.count ? bytes[at] : 0 }

    private mutating func skipBlanks() {
        while byte == 32 || byte == 10 || byte == 13 || byte == 9 { at += 1 }
    }

    private mutating func value(depth: Int) -> JSONValue? {
        guard depth <= Limits.jsonDepth * 2 else { return nil }
        skipBlanks()
        switch byte {
        case 123: return object(depth: depth)
        case 91: return array(depth: depth)
        case 34: return string().map { .string($0) }
        case 116: return word("true") ? .bool(true) : nil
        case 102: return word("false") ? .bool(false) : nil
        case 110: return word("null") ? .null : nil
        default: return number()
        }
    }

    private mutating func word(_ expected: StaticString) -> Bool {
        guard at + expected.utf8CodeUnitCount <= bytes.count else { return false }
        for index in 0..<expected.utf8CodeUnitCount where bytes[at + index] != expected.utf8Start[index] { return false }
        at += expected.utf8CodeUnitCount
        return true
    }

    private mutating func object(depth: Int) -> JSONValue? {
        var members: [String: JSONValue] = [:]
        at += 1
        skipBlanks()
        if byte == 125 {
            at += 1
            return .object(members)
        }
        while true {
            skipBlanks()
            guard byte == 34, let key = string() else { return nil }
            skipBlanks()
            guard byte == 58 else { return nil }
            at += 1
            guard let value = value(depth: depth + 1) else { return nil }
            members[key] = value
            skipBlanks()
            if byte == 44 {
                at += 1
            } else if byte == 125 {
                at += 1
                return .object(members)
            } else {
                return nil
            }
        }
    }

    private mutating func array(depth: Int) -> JSONValue? {
        var values: [JSONValue] = []
        at += 1
        skipBlanks()
        if byte == 93 {
            at += 1
            return .array(values)
        }
        while true {
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
            skipBlanks()
            if byte == 44 {
                at += 1
            } else if byte == 93 {
                at += 1
                return .array(values)
            } else {
                return nil
            }
        }
    }

    private mutating func string() -> String? {
        at += 1
        let start = at
        while at < bytes.count, bytes[at] != 34, bytes[at] != 92 { at += 1 }
        guard at < bytes.count else { return nil }
        if bytes[at] == 34 {
            defer { at += 1 }
            return String(decoding: bytes[start..<at], as: UTF8.self)
        }
        var out = [UInt8](bytes[start..<at])
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte == 34 { return String(decoding: out, as: UTF8.self) }
            if byte != 92 {
                out.append(byte)
            } else if !escape(into: &out) {
                return nil
            }
        }
        return nil
    }

    private mutating func escape(into out: inout [UInt8]) -> Bool {
        let kind = byte
        at += 1
        switch kind {
        case 34, 92, 47: out.append(kind)
        case 110: out.append(10)
        case 114: out.append(13)
        case 116: out.append(9)
        case 98: out.append(8)
        case 102: out.append(12)
        case 117:
            guard var code = hexDigits() else { return false }
            if code >> 10 == 0x36, byte == 92 {
                at += 1
                guard byte == 117 else { return false }
                at += 1
                guard let low = hexDigits(), low >> 10 == 0x37 else { return false }
                code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
            }
            out.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
        default: return false
        }
        return true
    }

    private mutating func hexDigits() -> UInt32? {
        guard at + 4 <= bytes.count else { return nil }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue else { return nil }
            code = code << 4 | UInt32(digit)
            at += 1
        }
        return code
    }

    private mutating func number() -> JSONValue? {
        let start = at
        var isWhole = true
        while at < bytes.count {
            switch bytes[at] {
            case 48...57, 45, 43: break
            case 46, 69, 101: isWhole = false
            default:
                return number(bytes[start..<at], isWhole: isWhole)
            }
            at += 1
        }
        return number(bytes[start..<at], isWhole: isWhole)
    }

    private func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>, isWhole: Bool) -> JSONValue? {
        guard !digits.isEmpty else { return nil }
        let text = String(decoding: digits, as: UTF8.self)
        if isWhole, let whole = Int64(text) { return .int(whole) }
        return Double(text).map { .double($0) }
    }
}

extension Row {
    /// The JSON of a column; null when it is not readable.
    func json(_ column: Int32) -> JSONValue { StoredJSON.read(bytes(text: column)) ?? .null }
    func strings(_ column: Int32) -> [String] { json(column).strings }
    func terms(_ column: Int32) -> [Term] { json(column).terms }
    func frames(_ column: Int32) -> [StackFrame] { json(column).frames }
}

// MARK: - Small values as JSON

extension JSONValue {
    var strings: [String] { (arrayValue ?? []).compactMap(\.stringValue) }
    var terms: [Term] {
        (arrayValue ?? []).map {
            Term(name: $0["name"]?.stringValue ?? "", value: $0["value"]?.doubleValue ?? 0, why: $0["why"]?.stringValue ?? "")
        }
    }
    var frames: [StackFrame] {
        (arrayValue ?? []).compactMap { item in
            guard let parts = item.arrayValue, parts.count == 3, let file = parts[0].stringValue else { return nil }
            return StackFrame(file: file, line: Int(clamping: parts[1].intValue ?? 0), function: parts[2].stringValue ?? "")
        }
    }
    static func terms(_ terms: [Term]) -> JSONValue {
        .array(terms.map { ["name": .string($0.name), "value": .double($0.value), "why": .string($0.why)] })
    }
    static func frames(_ frames: [StackFrame]) -> JSONValue { .array(frames.map(\.json)) }
    static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    static func optional(_ instant: Instant?) -> JSONValue { instant.map { .int($0.ms) } ?? .null }
    func instant(_ key: String) -> Instant? { self[key]?.intValue.map { Instant(ms: $0) } }
    func string(_ key: String) -> String { self[key]?.stringValue ?? "" }
    func double(_ key: String) -> Double { self[key]?.doubleValue ?? 0 }
    func int(_ key: String) -> Int { Int(clamping: self[key]?.intValue ?? 0) }
    func flag(_ key: String) -> Bool { self[key]?.boolValue ?? false }
    func list(_ key: String) -> [JSONValue] { self[key]?.arrayValue ?? [] }
}
