/// One token of a masked message: bytes that stay as they are, a parameter, or a word with a number in it (`eth0`) of
/// which the digits are the parameter.
struct MaskToken {
    enum Kind: UInt8 { case constant, variable, stem }
    var hash: UInt64
    var start: Int32
    var end: Int32
    var kind: Kind
    /// A blank stands before it. Part of the identity; runs of blanks count as one.
    var isSpaced: Bool
}

/// Turns a log message into tokens in one pass from left to right over its bytes, without allocating: numbers, ids, hex,
/// UUIDs, paths, addresses, URLs, e-mails, times, durations and sizes, and quoted values become parameters. Two messages
/// that differ only in such values give the same `key` and the same `pattern`.
///
/// At most `maximumBytes` of a message and `maximumTokens` tokens are looked at; what follows is one parameter.
/// `LineMaskerTests` holds a table of value shapes.
final class LineMasker {
    static let maximumBytes = 4_096
    static let maximumTokens = 160

    let classes: UnsafeMutablePointer<UInt8>
    let hosts = HostNames()
    let tokens: UnsafeMutablePointer<MaskToken>
    var count = 0
    private var isCut = false

    init() {
        classes = .allocate(capacity: 256)
        for byte in 0...255 { classes[byte] = ByteClass.of(UInt8(byte)) }
        tokens = .allocate(capacity: Self.maximumTokens)
    }
    deinit {
        classes.deallocate()
        tokens.deallocate()
    }

    /// Scans `bytes[start..<end]`, of which all up to `limit` may be read; then `pattern(of:)` gives the text. The key is never 0.
    func key(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, limit: Int) -> UInt64 {
        scan(bytes, start, end, limit)
        // A sum of what the tokens are at their places: no product waits for the one before it.
        var key: UInt64 = 0x8EBC_6AF0_9C88_C6E3
        var place: UInt64 = 0
        for index in 0..<count {
            let token = tokens[index]
            let salt: UInt64 = UInt64(token.kind.rawValue) << 1 | (token.isSpaced ? 1 : 0)
            place &+= 0x9E37_79B9_7F4A_7C15
            key &+= mixed(token.hash ^ place, 0x5895_66D2_5A6F_3F4B &+ salt)
        }
        key = mixed(key, 0xA24B_AED4_963E_E407)
        if isCut { key = mixed(key, 0x1D8E_4E27_C47D_124F) }
        return key | 1
    }

    /// The masked text of the message scanned last: tokens as written, each parameter `<*>`, a single blank for many.
    func pattern(of bytes: UnsafePointer<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        for index in 0..<count {
            let token = tokens[index]
            if token.isSpaced, !out.isEmpty { out.append(32) }
            switch token.kind {
            case .variable: out.append(contentsOf: Self.hole)
            case .constant:
                out.append(contentsOf: UnsafeBufferPointer(start: bytes + Int(token.start), count: Int(token.end - token.start)))
            case .stem:
                var inDigits = false
                for at in Int(token.start)..<Int(token.end) {
                    let isDigit = isDigit(bytes, at, Int(token.start), Int(token.end))
                    if !isDigit { out.append(bytes[at]) } else if !inDigits { out.append(contentsOf: Self.hole) }
                    inDigits = isDigit
                }
            }
        }
        if isCut {
            if !out.isEmpty { out.append(32) }
            out.append(contentsOf: Self.hole)
        }
        return out
    }
    static let hole: [UInt8] = Array("<*>".utf8)

    // MARK: - Emitting

    static let variableHash: UInt64 = 0x2545_F491_4F6C_DD1D

    @inline(__always)
    func emit(constant bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ spaced: Bool) {
        guard count < Self.maximumTokens else { return isCut = true }
        tokens[count] = MaskToken(
            hash: hashed(bytes + start, end &- start), start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end),
            kind: .constant, isSpaced: spaced)
        count &+= 1
    }

    /// A parameter that touches the one before it is part of it.
    @inline(__always)
    func emit(variable bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ spaced: Bool) {
        if count > 0, !spaced, tokens[count &- 1].kind == .variable {
            tokens[count &- 1].end = Int32(truncatingIfNeeded: end)
            return
        }
        guard count < Self.maximumTokens else { return isCut = true }
        tokens[count] = MaskToken(
            hash: Self.variableHash, start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end), kind: .variable,
            isSpaced: spaced)
        count &+= 1
    }

    /// The hash leaves the digits out.
    func emit(stem bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ spaced: Bool) {
        guard count < Self.maximumTokens else { return isCut = true }
        var hash: UInt64 = 0xCA5A_8263_95FC_FB5D
        var inDigits = false
        for at in start..<end {
            let isDigit = isDigit(bytes, at, start, end)
            if !isDigit || !inDigits { hash = (hash ^ UInt64(isDigit ? 35 : bytes[at])) &* 0x0000_0100_0000_01B3 }
            inDigits = isDigit
        }
        // A list of such words is one: `blk_1 blk_2 blk_3`.
        if count > 0, spaced, tokens[count &- 1].kind == .stem, tokens[count &- 1].hash == mixed(hash, 0xA076_1D64_78BD_642F) { return }
        tokens[count] = MaskToken(
            hash: mixed(hash, 0xA076_1D64_78BD_642F), start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: end),
            kind: .stem, isSpaced: spaced)
        count &+= 1
    }

    /// A digit of a stem, or the sign of its number: `blk_-17`.
    private func isDigit(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ start: Int, _ end: Int) -> Bool {
        if classes[Int(bytes[at])] & ByteClass.digit != 0 { return true }
        return bytes[at] == UInt8(ascii: "-") && at > start && bytes[at &- 1] == UInt8(ascii: "_") && at &+ 1 < end
            && classes[Int(bytes[at &+ 1])] & ByteClass.digit != 0
    }

    /// True when the last token is this delimiter and nothing but the present place follows it.
    @inline(__always)
    func follows(_ delimiter: UInt8, _ bytes: UnsafePointer<UInt8>, _ spaced: Bool) -> Bool {
        guard count > 0, !spaced else { return false }
        let last = tokens[count &- 1]
        return last.kind == .constant && last.end &- last.start == 1 && bytes[Int(last.start)] == delimiter
    }

    // MARK: - Scanning

    private func scan(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ fullEnd: Int, _ limit: Int) {
        let end = min(fullEnd, start &+ Self.maximumBytes)
        isCut = end < fullEnd
        count = 0
        var variableCount = 0
        var spaced = false
        var at = start
        while at < end {
            let byte = bytes[at]
            let kind = classes[Int(byte)]
            if kind & ByteClass.blank != 0 {
                if byte == 27 { at = escapeEnd(bytes, at, end) } else { at &+= 1 }
                spaced = true
                continue
            }
            if count >= Self.maximumTokens { return isCut = true }
            if kind & ByteClass.delimiter != 0 {
                at = delimiter(byte, bytes, at, end, spaced)
            } else if at &+ 8 <= limit, let stop = plainWord(bytes, at, end, limit, spaced) {
                at = stop
                spaced = false
                continue
            } else {
                at = word(kind, bytes, at, end, spaced)
            }
            if count > 0, tokens[count &- 1].kind == .variable { variableCount &+= 1 }
            spaced = false
        }
        if variableCount >= 5 { foldLists(bytes) }
    }

    /// Terminal colours are not text: `ESC [ 31 m`.
    private func escapeEnd(_ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> Int {
        guard at &+ 1 < end, bytes[at &+ 1] == UInt8(ascii: "[") else { return at &+ 1 }
        var next = at &+ 2
        while next < end, next &- at < 16, bytes[next] == UInt8(ascii: ";") || classes[Int(bytes[next])] & ByteClass.digit != 0 {
            next &+= 1
        }
        return next < end && classes[Int(bytes[next])] & ByteClass.anyLetter != 0 ? next &+ 1 : next
    }

    private func delimiter(_ byte: UInt8, _ bytes: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ spaced: Bool) -> Int {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), follows(UInt8(ascii: "="), bytes, spaced) {
            if let close = closingQuote(byte, bytes, at &+ 1, end) {
                emit(constant: bytes, at, at &+ 1, spaced)
                emit(variable: bytes, at &+ 1, close, false)
                emit(constant: bytes, close, close &+ 1, false)
                return close &+ 1
            }
        }
        if byte == UInt8(ascii: ":"), at &+ 2 < end, bytes[at &+ 1] == byte, spaced || count == 0 || !endsInWord(bytes) {
            let stop = HexGroups.address(bytes, at, end, classes)
            if stop > at {
                emit(variable: bytes, at, stop, spaced)
                return stop
            }
        }
        // Base64 padding belongs to its value.
        if byte == UInt8(ascii: "="), count > 0, !spaced, tokens[count &- 1].kind == .variable,
            tokens[count &- 1].end &- tokens[count &- 1].start >= 8
        {
            let next = at &+ 1 < end && bytes[at &+ 1] == byte ? at &+ 2 : at &+ 1
            if next >= end || classes[Int(bytes[next])] & ByteClass.endOfWord != 0 || bytes[next] == UInt8(ascii: ".") { return next }
        }
        emit(constant: bytes, at, at &+ 1, spaced)
        return at &+ 1
    }

    private func endsInWord(_ bytes: UnsafePointer<UInt8>) -> Bool {
        let last = tokens[count &- 1]
        return last.end > last.start && classes[Int(bytes[Int(last.end) &- 1])] & ByteClass.endOfWord == 0
    }

    private func closingQuote(_ quote: UInt8, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var at = start
        while at < end {
            if bytes[at] == UInt8(ascii: "\\") {
                at &+= 2
            } else if bytes[at] == quote {
                return at
            } else {
                at &+= 1
            }
        }
        return nil
    }

    /// Most words: one to seven letters with nothing special about them, scanned and hashed by one load.
    @inline(__always)
    private func plainWord(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ limit: Int, _ spaced: Bool) -> Int? {
        let word = UInt64(littleEndian: UnsafeRawPointer(bytes + start).loadUnaligned(as: UInt64.self))
        let length = min(letterRun(word), end &- start)
        if length == 8 { return longWord(bytes, start, end, limit, spaced) }
        guard length > 0 else { return nil }
        let stop = start &+ length
        if stop < end {
            let next = bytes[stop]
            guard classes[Int(next)] & ByteClass.endOfWord != 0, next != UInt8(ascii: ":") else { return nil }
        }
        // `Mon`, `Jan`; `=nil`, `=null`, `=None`.
        if length == 3, word & 0x20 == 0 { return nil }
        if length == 3 || length == 4, follows(UInt8(ascii: "="), bytes, spaced) { return nil }
        tokens[count] = MaskToken(
            hash: hashed(word: word, length), start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: stop),
            kind: .constant,
            isSpaced: spaced)
        count &+= 1
        return stop
    }

    /// Eight letters and more, with nothing special about them: eight at a time.
    private func longWord(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ limit: Int, _ spaced: Bool) -> Int? {
        var stop = start &+ 8
        var run = 8
        while run == 8 {
            guard stop &+ 8 <= limit else { return nil }
            run = letterRun(UInt64(littleEndian: UnsafeRawPointer(bytes + stop).loadUnaligned(as: UInt64.self)))
            stop &+= run
        }
        stop = min(stop, end)
        if stop < end {
            let next = bytes[stop]
            guard classes[Int(next)] & ByteClass.endOfWord != 0, next != UInt8(ascii: ":") else { return nil }
        }
        // `=undefined`
        if stop &- start == 9, follows(UInt8(ascii: "="), bytes, spaced) { return nil }
        emit(constant: bytes, start, stop, spaced)
        return stop
    }

    /// Where four numbers parted by dots end that are a word of their own, an IPv4 address; nil for anything else.
    @inline(__always)
    private func dottedQuad(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var at = start
        var digits = 0
        var dots = 0
        while at < end {
            if bytes[at] &- 48 < 10 {
                digits &+= 1
                if digits > 3 { return nil }
            } else if bytes[at] == UInt8(ascii: "."), digits > 0, dots < 3 {
                dots &+= 1
                digits = 0
            } else {
                break
            }
            at &+= 1
        }
        guard dots == 3, digits > 0 else { return nil }
        if at == end { return at }
        let isAuthority = bytes[at] == UInt8(ascii: ":") && at &+ 1 < end && bytes[at &+ 1] == UInt8(ascii: "/")
        return classes[Int(bytes[at])] & ByteClass.endOfWord != 0 && !isAuthority ? at : nil
    }

    @inline(__always)
    private func word(_ firstClass: UInt8, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ spaced: Bool) -> Int {
        if firstClass & ByteClass.digit != 0, let stop = dottedQuad(bytes, start, end) {
            emit(variable: bytes, start, stop, spaced)
            return stop
        }
        var flags = firstClass
        var at = start &+ 1
        while at < end {
            let kind = classes[Int(bytes[at])]
            if kind & ByteClass.endOfWord != 0 { break }
            flags |= kind
            at &+= 1
        }
        if flags & (ByteClass.digit | ByteClass.sign) == 0 {
            // Letters and joiners only: nearly always a constant.
            if at < end, bytes[at] == UInt8(ascii: ":"), let stop = colonWord(flags, bytes, start, at, end) {
                emit(variable: bytes, start, stop, spaced)
                return stop
            }
            if at &- start == 3, flags & ByteClass.upper != 0 {
                let stop = CalendarForms.named(bytes, start, end, classes)
                if stop > start {
                    emit(variable: bytes, start, stop, spaced)
                    return stop
                }
            }
            if at &- start <= 9, follows(UInt8(ascii: "="), bytes, spaced), isNothing(bytes, start, at) {
                emit(variable: bytes, start, at, spaced)
            } else {
                emit(constant: bytes, start, at, spaced)
            }
            return at
        }
        if flags & (ByteClass.sign | ByteClass.joiner) == 0, at == end || bytes[at] != UInt8(ascii: ":"),
            firstClass & ByteClass.digit != 0 || flags & ByteClass.letter == 0 && at &- start >= 6
        {
            // Digits first (`200`, `35ms`), or a hex id: always a value.
            if flags & ByteClass.anyLetter == 0, follows(UInt8(ascii: ":"), bytes, spaced) { number(after: bytes) }
            emit(variable: bytes, start, at, spaced)
            return at
        }
        return oddWord(flags, bytes, start, at, end, spaced)
    }

    /// What begins with letters and goes on with a colon: a URL, a drive path, a MAC or IPv6 address. Where it ends.
    func colonWord(_ flags: UInt8, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ at: Int, _ end: Int) -> Int? {
        if at &+ 3 < end, bytes[at &+ 1] == UInt8(ascii: "/"), bytes[at &+ 2] == UInt8(ascii: "/") { return urlEnd(bytes, at &+ 3, end) }
        if at &- start == 1, at &+ 2 < end, bytes[at &+ 1] == UInt8(ascii: "\\") {
            var stop = at &+ 2
            while stop < end, classes[Int(bytes[stop])] & ByteClass.endOfWord == 0 { stop &+= 1 }
            return stop
        }
        if flags & (ByteClass.letter | ByteClass.sign) == 0 {
            let stop = HexGroups.address(bytes, start, end, classes)
            if stop > start { return stop }
        }
        return nil
    }

    /// To a blank, comma, quote or bracket; a full stop at the end belongs to the sentence.
    private func urlEnd(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int {
        var at = start
        loop: while at < end {
            switch bytes[at] {
            case 0...32, 127, UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "("), UInt8(ascii: ")"),
                UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "<"), UInt8(ascii: ">"),
                UInt8(ascii: "|"):
                break loop
            default: at &+= 1
            }
        }
        while at > start, bytes[at &- 1] == UInt8(ascii: ".") || bytes[at &- 1] == UInt8(ascii: ":") || bytes[at &- 1] == UInt8(ascii: ";")
        {
            at &-= 1
        }
        return at
    }

    func isNothing(_ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Bool {
        func equals(_ word: StaticString) -> Bool {
            guard word.utf8CodeUnitCount == end &- start else { return false }
            for index in 0..<(end &- start) where bytes[start &+ index] | 32 != word.utf8Start[index] { return false }
            return true
        }
        return equals("null") || equals("nil") || equals("none") || equals("undefined")
    }
}
