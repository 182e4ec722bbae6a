import Model

/// Writes the JSON of our own columns: the very bytes of `JSONValue.write`, which a test holds, without a closure or a copy
/// per value.
enum JSONWriter {
    static func write(_ value: JSONValue, into out: inout [UInt8]) {
        switch value {
        case .null: out.append(contentsOf: [0x6E, 0x75, 0x6C, 0x6C])
        case .bool(let flag): append(flag ? "true" : "false", to: &out)
        case .int(let number): write(number, into: &out)
        case .double(let number): JSONValue.write(number: number, into: &out)
        case .string(let text): write(text, into: &out)
        case .array(let values):
            out.append(91)
            var isFirst = true
            for value in values {
                if !isFirst { out.append(44) }
                isFirst = false
                write(value, into: &out)
            }
            out.append(93)
        case .object(let members): write(members, into: &out)
        }
    }

    static func write(_ members: [String: JSONValue], into out: inout [UInt8]) {
        out.append(123)
        if members.count == 1, let only = members.first {
            write(only.key, into: &out)
            out.append(58)
            write(only.value, into: &out)
        } else if !members.isEmpty {
            var isFirst = true
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                if !isFirst { out.append(44) }
                isFirst = false
                write(key, into: &out)
                out.append(58)
                write(value, into: &out)
            }
        }
        out.append(125)
    }

    static func write(_ texts: [String], into out: inout [UInt8]) {
        out.append(91)
        var isFirst = true
        for text in texts {
            if !isFirst { out.append(44) }
            isFirst = false
            write(text, into: &out)
        }
        out.append(93)
    }

    /// Most text needs no escape: it is copied as a whole.
    static func write(_ text: String, into out: inout [UInt8]) {
        let isPlain: Bool? = text.utf8.withContiguousStorageIfAvailable { bytes in
            for byte in bytes where byte < 32 || byte == 34 || byte == 92 || byte == 127 { return false }
            out.append(34)
            out.append(contentsOf: bytes)
            out.append(34)
            return true
        }
        if isPlain != true { JSONValue.write(string: text, into: &out) }
    }

    private static func write(_ number: Int64, into out: inout [UInt8]) {
        if number >= 0 && number < 10 { return out.append(48 + UInt8(number)) }
        append(String(number), to: &out)
    }

    static func append(_ text: String, to out: inout [UInt8]) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { out.append(contentsOf: $0) }
        if isDone == nil { out.append(contentsOf: text.utf8) }
    }
}
