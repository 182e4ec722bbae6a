import Model

/// Reads one line of `key=value key="quoted value" flag` for the fields we know.
///
/// Keys are letters, digits and `_ . - @ / $`; a value is quoted with `"` and backslashes, or runs to the next blank.
/// As in the reference implementation (github.com/kr/logfmt), a word without `=` is a flag.
struct LogfmtScanner {
    let s: ByteScanner
    let keys: UnsafePointer<LogKeys.Entry>
    var fields = LogFields()
    private(set) var pairs = 0
    private(set) var flags = 0

    @inline(__always)
    init(_ s: ByteScanner, keys: UnsafePointer<LogKeys.Entry>) {
        self.s = s
        self.keys = keys
    }

    @inline(__always)
    func beginsWithPair(_ start: Int) -> Bool {
        let end = keyEnd(start)
        return end > start && s.byte(end) == 0x3D
    }

    /// True when what was read, if it begins with a pair, is a logfmt line rather than a sentence that mentions one.
    var isConvincing: Bool {
        guard pairs >= 2 else { return false }
        return flags <= pairs && (fields.level.isPresent || fields.message.isPresent || fields.time.isPresent || pairs >= 3 && flags == 0)
    }

    /// True when the window holds pairs from `start` to its end and every quote is closed.
    mutating func read(_ start: Int) -> Bool {
        var at = s.skipBlanks(start)
        while at < s.end {
            let nameStart = at
            at = keyEnd(at)
            if at > nameStart, s.byte(at) == 0x3D {
                pairs &+= 1
                at = readValue(at &+ 1, nameStart, at)
                guard at >= 0 else { return false }
            } else {
                flags &+= 1
                at = s.tokenEnd(at)
            }
            at = s.skipSpace(at)
        }
        return pairs > 0
    }

    @inline(__always)
    private mutating func readValue(_ start: Int, _ nameStart: Int, _ nameEnd: Int) -> Int {
        let entry = LogKeys.find(keys, s, nameStart, nameEnd, parent: 0)
        if s.byte(start) == 0x22 {
            var escaped = false
            let end = s.closingQuote(start &+ 1, escaped: &escaped)
            guard end >= 0 else { return -1 }
            fields.set(entry, escaped ? .escapedText : .text, start &+ 1, end)
            return end &+ 1
        }
        let end = s.tokenEnd(start)
        let isNumber = entry.field == .level && ByteScanner.isDigit(s.byte(start))
        fields.set(entry, isNumber ? .number : .text, start, end)
        return end
    }

    @inline(__always)
    private func keyEnd(_ start: Int) -> Int {
        var at = start
        while at < s.end, Self.isKeyByte(s.base[at]) { at &+= 1 }
        return at
    }

    @inline(__always)
    private static func isKeyByte(_ byte: UInt8) -> Bool {
        ByteScanner.isAlphanumeric(byte) || byte == 0x5F || byte == 0x2E || byte == 0x2D || byte == 0x40 || byte == 0x2F || byte == 0x24
    }
}

extension LogPageReader {
    mutating func logfmtLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        if ByteScanner.isBlank(s.byte(start)) { return .refused(.logfmt) }
        var pairs = LogfmtScanner(s, keys: keys)
        guard pairs.read(start), pairs.beginsWithPair(start) || pairs.fields.level.isPresent || pairs.fields.message.isPresent else {
            return .refused(.logfmt)
        }
        take(pairs.fields, s)
        return .record
    }

    mutating func jsonLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        var object = JSONLineScanner(s, keys: keys)
        guard object.read(start) else { return .refused(.json) }
        take(object.fields, s)
        return .record
    }
}
