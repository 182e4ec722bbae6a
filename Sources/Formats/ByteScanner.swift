import Glibc

/// A window of borrowed bytes, read by position; a position at or behind the end reads as NUL.
///
/// The window ends where the current line ends, so nothing here can run into the next line or out of the buffer. It
/// owns nothing: whoever makes one keeps the bytes alive while it is used.
struct ByteScanner {
    let base: UnsafePointer<UInt8>
    /// Behind the last readable byte.
    let end: Int

    @inline(__always)
    init(_ base: UnsafePointer<UInt8>, end: Int) {
        self.base = base
        self.end = end
    }

    @inline(__always)
    func byte(_ at: Int) -> UInt8 { at < end ? base[at] : 0 }

    /// Eight bytes, little-endian; NULs behind the end.
    @inline(__always)
    func word(_ at: Int) -> UInt64 {
        if at &+ 8 <= end { return UInt64(littleEndian: UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self)) }
        return shortWord(at)
    }

    @inline(never)
    private func shortWord(_ at: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = 0
        while index < 8, at &+ index < end {
            word |= UInt64(base[at &+ index]) << UInt64(index &* 8)
            index &+= 1
        }
        return word
    }

    /// The first place of `wanted` at or behind `from`, or `end`.
    @inline(__always)
    func first(_ wanted: UInt8, from: Int) -> Int {
        guard from < end, let found = memchr(base + from, Int32(wanted), end &- from) else { return end }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// The first place at or behind `from` that is neither blank nor tab.
    @inline(__always)
    func skipBlanks(_ from: Int) -> Int {
        var at = from
        while at < end, base[at] == 32 || base[at] == 9 { at &+= 1 }
        return at
    }

    /// The first place at or behind `from` that is not white space of any kind.
    @inline(__always)
    func skipSpace(_ from: Int) -> Int {
        var at = from
        while at < end, base[at] <= 32, base[at] != 27 { at &+= 1 }
        return at
    }

    /// The first blank, tab or line end at or behind `from`, or `end`.
    @inline(__always)
    func tokenEnd(_ from: Int) -> Int {
        var at = from
        while at < end, base[at] > 32 || Self.isOddControl(base[at]) { at &+= 1 }
        return at
    }

    /// The last place behind which only white space and NULs stand, not before `start`.
    @inline(__always)
    func trimmedEnd(_ start: Int, _ stop: Int) -> Int {
        var at = stop
        while at > start, base[at &- 1] <= 32, base[at &- 1] != 27 { at &-= 1 }
        return at
    }

    /// The first `"` or `\` at or behind `from`, or `end`. Eight bytes at a time (Mycroft's zero-byte test).
    @inline(__always)
    func quoteOrBackslash(_ from: Int) -> Int {
        var at = from
        while at &+ 8 <= end {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + at).loadUnaligned(as: UInt64.self))
            let found = Self.zeroBytes(word ^ 0x2222_2222_2222_2222) | Self.zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
            if found != 0 { return at &+ (found.trailingZeroBitCount &>> 3) }
            at &+= 8
        }
        while at < end, base[at] != 0x22, base[at] != 0x5C { at &+= 1 }
        return at
    }

    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    /// The `"` that closes a string whose first character stands at `from`; -1 when there is none. A backslash guards the
    /// character behind it and sets `escaped`.
    @inline(__always)
    func closingQuote(_ from: Int, escaped: inout Bool) -> Int {
        var at = quoteOrBackslash(from)
        while at < end {
            if base[at] == 0x22 { return at }
            escaped = true
            at = quoteOrBackslash(at &+ 2)
        }
        return -1
    }

    /// True when the ASCII text stands at `at`.
    @inline(__always)
    func has(_ text: StaticString, _ at: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard at >= 0, at &+ count <= end else { return false }
        return memcmp(base + at, text.utf8Start, count) == 0
    }

    /// True when the lower-case ASCII text stands at `at` in any case. Letters only.
    @inline(__always)
    func hasIgnoringCase(_ text: StaticString, _ at: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard at >= 0, at &+ count <= end else { return false }
        var index = 0
        while index < count {
            if base[at &+ index] | 0x20 != text.utf8Start[index] { return false }
            index &+= 1
        }
        return true
    }

    /// Where the ASCII text begins at or behind `from` and before `limit`, or -1.
    func find(_ text: StaticString, from: Int, limit: Int) -> Int {
        let stop = min(limit, end)
        guard from < stop else { return -1 }
        let head = text.utf8Start[0]
        let window = ByteScanner(base, end: stop)
        var at = window.first(head, from: from)
        while at < stop {
            if window.has(text, at) { return at }
            at = window.first(head, from: at &+ 1)
        }
        return -1
    }

    /// A number of one or two digits; how many there were, 0 for none. A third digit is left standing.
    @inline(__always)
    func upToTwoDigits(_ at: Int, _ value: inout Int) -> Int {
        let tens = Int(byte(at)) &- 48
        guard tens >= 0, tens <= 9 else { return 0 }
        let ones = Int(byte(at &+ 1)) &- 48
        guard ones >= 0, ones <= 9 else {
            value = tens
            return 1
        }
        value = tens &* 10 &+ ones
        return 2
    }

    /// Exactly `count` digits, or -1.
    @inline(__always)
    func digits(_ at: Int, _ count: Int) -> Int {
        guard at &+ count <= end else { return -1 }
        var value = 0
        var index = at
        while index < at &+ count {
            let digit = Int(base[index]) &- 48
            guard digit >= 0, digit <= 9 else { return -1 }
            value = value &* 10 &+ digit
            index &+= 1
        }
        return value
    }

    /// How many digits stand from `at` on, at most `limit`.
    @inline(__always)
    func digitCount(_ at: Int, limit: Int) -> Int {
        var count = 0
        while count < limit, Self.isDigit(byte(at &+ count)) { count &+= 1 }
        return count
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 }
    @inline(__always)
    static func isUpper(_ byte: UInt8) -> Bool { byte &- 65 < 26 }
    @inline(__always)
    static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
    /// A control that does not part words (a NUL, a terminal escape).
    @inline(__always)
    static func isOddControl(_ byte: UInt8) -> Bool { byte < 32 && byte != 9 && byte != 10 && byte != 13 }
    /// The value of a hexadecimal digit, or -1.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> Int {
        if isDigit(byte) { return Int(byte) &- 48 }
        let letter = Int(byte | 0x20) &- 97
        return letter >= 0 && letter < 6 ? letter &+ 10 : -1
    }
}

/// Bytes behind the source of a batch: what had to be unescaped or joined. Grows only between lines (`reserve`), so a
/// pointer into it holds while one line is read.
struct LogTail {
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = max(64, capacity)
        base = .allocate(capacity: self.capacity)
    }

    func deallocate() { base.deallocate() }

    /// Makes room for `more` bytes; pointers into the tail are void afterwards.
    mutating func reserve(_ more: Int) {
        if count &+ more <= capacity { return }
        capacity = max(capacity &* 2, count &+ more)
        let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        grown.update(from: base, count: count)
        base.deallocate()
        base = grown
    }

    /// Appends one byte; nothing when the room reserved for this line is used up.
    @inline(__always)
    mutating func append(_ byte: UInt8) {
        guard count < capacity else { return }
        base[count] = byte
        count &+= 1
    }

    mutating func append(_ source: UnsafePointer<UInt8>, count more: Int) {
        let taken = min(more, capacity &- count)
        guard taken > 0 else { return }
        memmove(base + count, source, taken)
        count &+= taken
    }

    mutating func truncate(to length: Int) { count = min(count, max(0, length)) }

    /// Appends the scalar as UTF-8; a surrogate or a number beyond Unicode becomes U+FFFD.
    mutating func append(scalar value: UInt32) {
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte) }
    }

    /// Appends the inside of a JSON (or logfmt) string with its escapes resolved (RFC 8259 section 7). A lone surrogate
    /// becomes U+FFFD; an escape that JSON does not know stands for the character behind the backslash.
    mutating func appendUnescaped(_ source: ByteScanner, _ start: Int, _ stop: Int) {
        var at = start
        while at < stop {
            let plain = min(stop, ByteScanner(source.base, end: stop).first(0x5C, from: at))
            append(source.base + at, count: plain &- at)
            at = plain &+ 1
            guard at < stop else { return }
            switch source.base[at] {
            case 0x6E: append(10)
            case 0x74: append(9)
            case 0x72: append(13)
            case 0x62: append(8)
            case 0x66: append(12)
            case 0x75:
                at = appendUnicodeEscape(source, at, stop)
                continue
            case let other: append(other)
            }
            at &+= 1
        }
    }

    /// Reads `uXXXX`, with the `\uXXXX` of its low surrogate when it needs one; the position behind it.
    private mutating func appendUnicodeEscape(_ source: ByteScanner, _ at: Int, _ stop: Int) -> Int {
        func unit(_ at: Int) -> UInt32? {
            guard at &+ 4 <= stop else { return nil }
            var value = 0
            for index in at..<at &+ 4 {
                let digit = ByteScanner.hexValue(source.base[index])
                if digit < 0 { return nil }
                value = value &* 16 &+ digit
            }
            return UInt32(truncatingIfNeeded: value)
        }
        guard let high = unit(at &+ 1) else {
            append(scalar: 0xFFFD)
            return at &+ 1
        }
        guard high & 0xFC00 == 0xD800 else {
            append(scalar: high)
            return at &+ 5
        }
        if at &+ 7 <= stop, source.base[at &+ 5] == 0x5C, source.base[at &+ 6] == 0x75, let low = unit(at &+ 7), low & 0xFC00 == 0xDC00 {
            append(scalar: 0x10000 &+ ((high & 0x3FF) << 10) &+ (low & 0x3FF))
            return at &+ 11
        }
        append(scalar: 0xFFFD)
        return at &+ 5
    }
}
