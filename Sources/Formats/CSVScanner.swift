import Model

/// Walks the rows of comma-separated values (RFC 4180) over borrowed bytes: nothing is copied. Quoted fields may hold
/// separators, line ends and doubled quotes; a quote inside an unquoted field is an ordinary character.
struct CSVScanner {
    /// A field's place; quotes are outside of it.
    struct Field {
        var start: Int
        var end: Int
        var hasDoubledQuotes = false
    }

    let bytes: UnsafeRawBufferPointer
    let separator: UInt8
    private(set) var at: Int
    /// Line of the row that was read last, from 1; quoted line ends count.
    private(set) var line: Int64 = 0
    private var nextLine: Int64 = 1

    /// The separator is the first of `,`, `;` and tab that the first line has.
    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        at = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
        let end = StructuredText.firstIndex(of: 10, in: bytes, from: at) ?? bytes.count
        let head = bytes[at..<end]
        separator = head.contains(44) ? 44 : head.contains(59) ? 59 : head.contains(9) ? 9 : 44
    }

    /// The next row that is not blank, into `fields`; false at the end.
    mutating func next(_ fields: inout [Field]) -> Bool {
        while at < bytes.count {
            fields.removeAll(keepingCapacity: true)
            line = nextLine
            readRow(&fields)
            if fields.count > 1 || fields.first.map({ $0.end > $0.start }) ?? false { return true }
        }
        return false
    }

    private mutating func readRow(_ fields: inout [Field]) {
        while true {
            var field = Field(start: at, end: at)
            if at < bytes.count, bytes[at] == 34 {
                readQuoted(&field)
            } else {
                while at < bytes.count, bytes[at] != separator, bytes[at] != 10 { at += 1 }
                field.end = at
                if field.end > field.start, bytes[field.end - 1] == 13 { field.end -= 1 }
            }
            fields.append(field)
            guard at < bytes.count else { return }
            let byte = bytes[at]
            at += 1
            if byte == 10 {
                nextLine += 1
                return
            }
        }
    }

    private mutating func readQuoted(_ field: inout Field) {
        at += 1
        field.start = at
        while at < bytes.count {
            if bytes[at] == 34 {
                guard at + 1 < bytes.count, bytes[at + 1] == 34 else { break }
                field.hasDoubledQuotes = true
                at += 1
            } else if bytes[at] == 10 {
                nextLine += 1
            }
            at += 1
        }
        field.end = min(at, bytes.count)
        while at < bytes.count, bytes[at] != separator, bytes[at] != 10 { at += 1 }
    }

    func bytes(of field: Field) -> UnsafeRawBufferPointer {
        var start = field.start
        var end = field.end
        while start < end, bytes[start] == 32 { start += 1 }
        while end > start, bytes[end - 1] == 32 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
    func text(of field: Field) -> String {
        let text = String(decoding: bytes(of: field), as: UTF8.self)
        return field.hasDoubledQuotes ? text.replacing("\"\"", with: "\"") : text
    }
    /// The row as it stands, for a rejection.
    func excerpt(_ fields: [Field]) -> String {
        guard let first = fields.first, let last = fields.last, last.end >= first.start else { return "" }
        return StructuredText.excerpt(bytes[first.start..<last.end])
    }
}
