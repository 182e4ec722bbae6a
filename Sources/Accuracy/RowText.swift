/// Comma-separated values as rows of fields (RFC 4180), for the small files that hold truths.
package enum RowText {
    package static func rows(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var wasQuoted = false
        let bytes = Array(text.utf8)
        func ended() -> String { String(decoding: field, as: UTF8.self) }
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            if isQuoted {
                if byte == 34, at + 1 < bytes.count, bytes[at + 1] == 34 {
                    field.append(34)
                    at += 1
                } else if byte == 34 {
                    isQuoted = false
                } else {
                    field.append(byte)
                }
            } else if byte == 34, field.isEmpty, !wasQuoted {
                isQuoted = true
                wasQuoted = true
            } else if byte == 44 || byte == 10 {
                if byte == 10, !wasQuoted, field.last == 13 { field.removeLast() }
                row.append(ended())
                field.removeAll(keepingCapacity: true)
                wasQuoted = false
                if byte == 10 {
                    rows.append(row)
                    row = []
                }
            } else if !(wasQuoted && byte == 13) {
                field.append(byte)
            }
            at += 1
        }
        if !field.isEmpty || !row.isEmpty || wasQuoted { rows.append(row + [ended()]) }
        return rows
    }

    /// The rows after the header, each as its fields by name.
    package static func records(_ text: String) -> [[String: String]] {
        let all = rows(text)
        guard let header = all.first else { return [] }
        return all.dropFirst().map { row in Dictionary(zip(header, row), uniquingKeysWith: { first, _ in first }) }
    }
}
