import Model

/// The header of one syslog line, RFC 3164 (with or without priority and host; RFC 3339 times too, as rsyslog writes
/// them) or RFC 5424.
struct SyslogHeader {
    var timeMs = LogRecord.noTime
    /// -1 without a priority.
    var severity = -1
    var host = 0..<0
    var program = 0..<0
    var messageStart = 0
    /// A program was named the way syslog names it: `program[pid]:` or in its field of RFC 5424.
    var namesProgram = false
    var hasPriority = false

    /// Nil when the line has no such header. A strict reading, for telling formats apart, also asks for a program.
    static func read(_ s: ByteScanner, _ start: Int, time: inout LogTime, strict: Bool = false) -> SyslogHeader? {
        var header = SyslogHeader()
        var at = start
        if s.byte(at) == 0x3C {
            let count = s.digitCount(at &+ 1, limit: 4)
            let priority = s.digits(at &+ 1, count)
            guard count > 0, count <= 3, priority <= 191, s.byte(at &+ 1 &+ count) == 0x3E else { return nil }
            header.severity = priority & 7
            header.hasPriority = true
            at &+= 2 &+ count
            if s.byte(at) == 0x31, s.byte(at &+ 1) == 32, header.readModern(s, at &+ 2, time: &time) { return header }
            at = s.skipBlanks(at)
        }
        guard header.readClassic(s, at, time: &time, strict: strict) else { return nil }
        return header
    }

    /// `2003-10-11T22:14:15.003Z host app 8710 ID47 [sd@0 k="v"] message`: RFC 5424 section 6.
    private mutating func readModern(_ s: ByteScanner, _ start: Int, time: inout LogTime) -> Bool {
        var at = start
        if s.byte(at) == 0x2D, s.byte(at &+ 1) == 32 {
            at &+= 1
        } else {
            let end = time.scan(s, at)
            guard end > 0, time.shape == .moment else { return false }
            timeMs = time.ms
            at = end
        }
        host = field(s, &at)
        program = field(s, &at)
        _ = field(s, &at)
        _ = field(s, &at)
        guard at < s.end else { return false }
        at &+= 1
        if s.byte(at) == 0x2D {
            at &+= 1
        } else {
            guard let end = Self.structuredDataEnd(s, at) else { return false }
            at = end
        }
        at = s.skipBlanks(at)
        messageStart = s.has("\u{FEFF}", at) ? at &+ 3 : at
        namesProgram = true
        return true
    }

    /// The next word; empty for `-`. Leaves `at` behind it.
    private func field(_ s: ByteScanner, _ at: inout Int) -> Range<Int> {
        let start = min(s.end, at &+ 1)
        at = s.tokenEnd(start)
        return at == start &+ 1 && s.byte(start) == 0x2D ? start..<start : start..<max(start, at)
    }

    /// The place behind `[id k="v" …][id …]`; a `]` in a quoted value is guarded by its quotes, `\"` by its backslash.
    private static func structuredDataEnd(_ s: ByteScanner, _ start: Int) -> Int? {
        var at = start
        guard s.byte(at) == 0x5B else { return nil }
        while s.byte(at) == 0x5B {
            at &+= 1
            while at < s.end, s.base[at] != 0x5D {
                if s.base[at] == 0x22 {
                    var escaped = false
                    at = s.closingQuote(at &+ 1, escaped: &escaped)
                    guard at >= 0 else { return nil }
                }
                at &+= 1
            }
            guard at < s.end else { return nil }
            at &+= 1
        }
        return at
    }

    /// `Jun 14 15:16:01 host program[pid]: message`
    private mutating func readClassic(_ s: ByteScanner, _ start: Int, time: inout LogTime, strict: Bool) -> Bool {
        let end = time.scan(s, start)
        guard end > 0, time.shape == .moment else { return false }
        let isNamed = ByteScanner.isLetter(s.byte(start))
        guard isNamed || s.byte(start &+ 4) == 0x2D && s.byte(start &+ 10) == 0x54 else { return false }
        timeMs = time.ms
        var at = s.byte(end) == 0x3A ? end &+ 1 : end
        at = s.skipBlanks(at)
        let first = s.tokenEnd(at)
        guard first > at else { return false }
        if s.base[first &- 1] != 0x3A {
            host = at..<first
            if strict, LogLevelWord.read(s, at, first) != .unknown { return false }
            at = s.skipBlanks(first)
        }
        messageStart = at
        readProgram(s, at)
        return !strict || namesProgram && (isNamed || !host.isEmpty)
    }

    /// `sshd(pam_unix)[19939]:`, `kernel:`, `syslogd 1.4.1:`; sets the program without what stands in brackets.
    private mutating func readProgram(_ s: ByteScanner, _ start: Int) {
        var at = start
        while at < s.end, at &- start < 128, Self.isProgramByte(s.base[at]) { at &+= 1 }
        let nameEnd = at
        guard nameEnd > start, !ByteScanner.isDigit(s.base[start]) else { return }
        if s.byte(at) == 0x28 {
            at = s.first(0x29, from: at) &+ 1
            guard at &- start < 128 else { return }
        }
        if s.byte(at) == 0x5B {
            at = s.first(0x5D, from: at) &+ 1
            guard at &- start < 160 else { return }
        }
        if s.byte(at) == 32, at == nameEnd, ByteScanner.isDigit(s.byte(at &+ 1)) {
            let version = s.tokenEnd(at &+ 1)
            if s.byte(version &- 1) == 0x3A, version &- at < 16 { at = version &- 1 }
        }
        guard s.byte(at) == 0x3A, at &+ 1 >= s.end || ByteScanner.isBlank(s.byte(at &+ 1)) || s.byte(at &- 1) == 0x5D else { return }
        program = start..<nameEnd
        messageStart = s.skipBlanks(at &+ 1)
        namesProgram = true
    }

    @inline(__always)
    private static func isProgramByte(_ byte: UInt8) -> Bool {
        ByteScanner.isAlphanumeric(byte) || byte == 0x2D || byte == 0x5F || byte == 0x2E || byte == 0x2F || byte == 0x40
    }
}

extension LogPageReader {
    mutating func syslogLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        guard let header = SyslogHeader.read(s, start, time: &time) else { return .refused(.syslog) }
        record.timeMs = header.timeMs
        record.host = range(s, header.host.lowerBound, header.host.upperBound)
        record.service = range(s, header.program.lowerBound, header.program.upperBound)
        record.level = header.severity < 0 ? .unknown : LogLevelWord.syslog(header.severity)
        let message = header.messageStart
        if s.byte(message) == 0x7B {
            var object = JSONLineScanner(s, keys: keys)
            if object.read(message) { take(object.fields, s) }
        }
        if record.message.isAbsent { record.message = range(s, message, s.end) }
        if record.level == .unknown { record.level = LogLevelWord.leading(s, message, s.end) }
        takeTraceID(s, message, s.end)
        return .record
    }
}
