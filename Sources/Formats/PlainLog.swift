import Model

/// The columns that stand before the message in the lines of a plain log, as learned from its head.
package struct PlainHeader: Codable, Hashable, Sendable {
    /// What a column is. Raw values are kept in cursors; never renumber.
    package enum Column: UInt8, Codable, Sendable {
        case any = 0
        case time, level, tag, separator, bracket, integer, name
        /// Closed by a `|`.
        case barred

        /// A class that a message seldom imitates, so that a header may end with it.
        var isAnchor: Bool {
            switch self {
            case .time, .level, .tag, .separator, .bracket, .barred: true
            case .any, .integer, .name: false
            }
        }
    }

    /// From the first column to the last of the header; empty when there is no header.
    package var columns: [Column]
    /// Columns are parted by `|` as well.
    package var isBarred: Bool
    /// glog's and klog's `I1122 21:35:31.000000 1 file.go:12]`.
    package var isGlog: Bool

    package init(columns: [Column], isBarred: Bool = false, isGlog: Bool = false) {
        self.columns = columns
        self.isBarred = isBarred
        self.isGlog = isGlog
    }

    package static let none = PlainHeader(columns: [])
    static let columnLimit = 16
    var isEmpty: Bool { columns.isEmpty && !isGlog }

    /// One column of the line being read: where it ends, what it is, and the level it names.
    struct Found {
        var column: Column
        var level: LogLevel
        var end: Int
    }

    /// The header in registers.
    struct Packed {
        let last: Int
        let lastColumn: Column
        /// A line has its first time before this column, or it has no header.
        let timeBefore: Int
        let isBarred: Bool
        let isGlog: Bool
        let isEmpty: Bool
    }

    var packed: Packed {
        let last = min(columns.count, Self.columnLimit) - 1
        return Packed(
            last: last, lastColumn: last >= 0 ? columns[last] : .any, timeBefore: (columns.firstIndex(of: .time) ?? 0) + 2,
            isBarred: isBarred, isGlog: isGlog, isEmpty: isEmpty)
    }
}

/// Reads columns from left to right: at each place the first recogniser that fits wins, in the order time, bracketed
/// group, level, separator, integer, tag, name.
struct PlainColumnScanner {
    let s: ByteScanner
    let isBarred: Bool
    /// Behind the column read last.
    private(set) var end = 0
    private(set) var level = LogLevel.unknown
    /// The times read so far: the first whole moment, a date, a clock.
    private(set) var momentMs = LogRecord.noTime
    private(set) var dateMs = LogRecord.noTime
    private(set) var clockMs = LogRecord.noTime

    /// The longest group in brackets, in bytes.
    private static let groupBytes = 200
    /// The longest column closed by a bar.
    private static let barBytes = 64

    @inline(__always)
    init(_ s: ByteScanner, isBarred: Bool) {
        self.s = s
        self.isBarred = isBarred
    }

    var hasTime: Bool { momentMs != LogRecord.noTime || dateMs != LogRecord.noTime || clockMs != LogRecord.noTime }

    /// The first place at or behind `from` with something to see: blanks and terminal colours are passed over.
    @inline(__always)
    func columnStart(_ from: Int) -> Int {
        var at = s.skipBlanks(from)
        while s.byte(at) == 27, s.byte(at &+ 1) == 0x5B {
            at &+= 2
            while at < s.end, !ByteScanner.isLetter(s.base[at]), at < from &+ 32 { at &+= 1 }
            at = s.skipBlanks(at &+ 1)
        }
        return min(at, s.end)
    }

    /// What the column at `at` is; `end` and `level` say more.
    @inline(__always)
    mutating func column(_ at: Int, _ time: inout LogTime) -> PlainHeader.Column {
        level = .unknown
        let first = s.byte(at)
        let timeEnd = time.scan(s, at)
        if timeEnd > 0 {
            note(time)
            end = timeEnd
            let after = s.byte(end)
            if after == 0x2C || after == 0x3A || after == 0x3B || (isBarred && after == 0x7C) { end &+= 1 }
            return .time
        }
        if first == 0x5B || first == 0x28 || first == 0x3C, let column = group(at, first, &time) { return column }
        return word(at, first)
    }

    private mutating func note(_ time: LogTime) {
        switch time.shape {
        case .moment: if momentMs == LogRecord.noTime { momentMs = time.ms }
        case .date: if dateMs == LogRecord.noTime { dateMs = time.ms }
        case .clock: if clockMs == LogRecord.noTime { clockMs = time.ms }
        }
    }

    /// `[…]`, `(…)` or `<…>`, balanced; nil when it does not close in time.
    private mutating func group(_ at: Int, _ open: UInt8, _ time: inout LogTime) -> PlainHeader.Column? {
        let close: UInt8 = open == 0x28 ? 0x29 : open &+ 2
        let limit = min(s.end, at &+ Self.groupBytes)
        var depth = 0
        var stop = at
        while stop < limit {
            if s.base[stop] == open { depth &+= 1 }
            if s.base[stop] == close {
                depth &-= 1
                if depth == 0 { break }
            }
            stop &+= 1
        }
        guard stop < limit else { return nil }
        end = stop &+ 1
        if s.byte(end) == 0x3A { end &+= 1 }
        let inside = ByteScanner(s.base, end: stop)
        let from = inside.skipBlanks(at &+ 1)
        let timeEnd = time.scan(inside, from)
        if timeEnd > 0 {
            note(time)
            // `[2024-01-01T00:00:00Z ERROR crate]`: a level may stand behind the time.
            let word = inside.skipBlanks(timeEnd)
            level = LogLevelWord.read(inside, word, inside.tokenEnd(word))
            return .time
        }
        let insideEnd = inside.trimmedEnd(from, stop)
        level = insideEnd &- from > 1 ? LogLevelWord.read(inside, from, insideEnd) : .unknown
        return level == .unknown ? .bracket : .level
    }

    @inline(__always)
    private mutating func word(_ at: Int, _ first: UInt8) -> PlainHeader.Column {
        if isBarred, case let bar = s.first(0x7C, from: at), bar < s.end, bar &- at <= Self.barBytes {
            end = bar &+ 1
            level = LogLevelWord.read(s, at, s.trimmedEnd(at, bar))
            return .barred
        }
        let stop = s.tokenEnd(at)
        end = stop
        let count = stop &- at
        if ByteScanner.isLetter(first) {
            if let column = levelWord(at, stop) { return column }
        } else if ByteScanner.isDigit(first) {
            return s.digitCount(at, limit: 20) == count ? .integer : .name
        } else if count <= 3, Self.isSeparator(first), count == 1 || Self.isSeparator(s.base[stop &- 1]) {
            return .separator
        }
        guard count > 1, s.base[stop &- 1] == 0x3A, Self.beginsTag(first) else { return .name }
        level = tagLevel(at, stop &- 1)
        return .tag
    }

    /// `ERROR`, `warn:`, `I`, `DEBUG:rest`; nil for any other word.
    @inline(__always)
    private mutating func levelWord(_ at: Int, _ stop: Int) -> PlainHeader.Column? {
        var wordEnd = at &+ 1
        while wordEnd < stop, wordEnd &- at < 15, ByteScanner.isAlphanumeric(s.base[wordEnd]) { wordEnd &+= 1 }
        let after = s.byte(wordEnd)
        let isWhole = wordEnd == stop || after == 27
        let isClosed = wordEnd &+ 1 == stop && (after == 0x3A || after == 0x2C || after == 0x5D)
        let isGlued = after == 0x3A && ByteScanner.isUpper(s.base[at]) && ByteScanner.isUpper(s.byte(at &+ 1))
        guard wordEnd &- at <= 14, isWhole || isClosed || isGlued else { return nil }
        if wordEnd == at &+ 1, !isWhole || !ByteScanner.isUpper(s.base[at]) { return nil }
        level = LogLevelWord.read(s, at, wordEnd)
        guard level != .unknown else { return nil }
        if !isWhole { end = wordEnd &+ 1 }
        return .level
    }

    /// `local.ERROR:` names its level behind the last dot.
    private func tagLevel(_ start: Int, _ stop: Int) -> LogLevel {
        var dot = stop
        while dot > start, s.base[dot] != 0x2E { dot &-= 1 }
        guard dot > start, stop &- dot > 3, ByteScanner.isUpper(s.byte(dot &+ 1)), ByteScanner.isUpper(s.byte(dot &+ 2)) else {
            return .unknown
        }
        return LogLevelWord.read(s, dot &+ 1, stop)
    }

    @inline(__always)
    private static func isSeparator(_ byte: UInt8) -> Bool { byte == 0x2D || byte == 0x7C || byte == 0x3A || byte == 0x3E }
    @inline(__always)
    private static func beginsTag(_ byte: UInt8) -> Bool {
        ByteScanner.isLetter(byte) || byte == 0x5F || byte == 0x2F || byte == 0x40 || byte == 0x2E || byte == 0x2A || byte == 0x2D
    }
}

extension LogPageReader {
    /// Reads a line with the learned header. A line without a time where the header has its first one continues the record before;
    /// without any header every line is a record unless it looks like a line of a stack trace.
    mutating func plainLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        if header.isGlog { return glogLine(s, start) }
        if header.isEmpty {
            if isOpen, layout.format == .plain, trace.continues(s, start, s.end, lines: openLines) { return .continuation }
            takePlainMessage(s, s.skipBlanks(start))
            return .record
        }
        var scanner = PlainColumnScanner(s, isBarred: header.isBarred)
        guard let headerEnd = scanHeader(&scanner, start) else { return .continuation }
        if record.timeMs == LogRecord.noTime { record.timeMs = moment(scanner) }
        takePlainMessage(s, scanner.columnStart(headerEnd))
        return .record
    }

    /// Where the header ends, or nil when the line has none; takes the level of its columns.
    ///
    /// The header's last column should be of the learned class. When it is not, the next three columns and the one before
    /// are tried, and then the last time or level ends the header.
    @inline(__always)
    private mutating func scanHeader(_ scanner: inout PlainColumnScanner, _ start: Int) -> Int? {
        let isIndented = ByteScanner.isBlank(scanner.s.byte(start))
        let last = header.last
        var found = 0
        var at = start
        while found <= last {
            at = scanner.columnStart(at)
            guard at < scanner.s.end else { break }
            let column = scanner.column(at, &time)
            columns[found] = PlainHeader.Found(column: column, level: scanner.level, end: scanner.end)
            at = scanner.end
            found &+= 1
            if found == header.timeBefore || found > last, !scanner.hasTime { return nil }
        }
        guard found > 0, scanner.hasTime else { return nil }
        if found &- 1 == last, columns[last].column == header.lastColumn { return headerEnd(last) }
        return isIndented ? nil : scanOddHeader(&scanner, found, at)
    }

    @inline(never)
    private mutating func scanOddHeader(_ scanner: inout PlainColumnScanner, _ read: Int, _ from: Int) -> Int? {
        var found = read
        var at = from
        let last = header.last
        while found <= last &+ 3, found < PlainHeader.columnLimit &+ 4 {
            at = scanner.columnStart(at)
            guard at < scanner.s.end else { break }
            let column = scanner.column(at, &time)
            columns[found] = PlainHeader.Found(column: column, level: scanner.level, end: scanner.end)
            at = scanner.end
            found &+= 1
            if column == header.lastColumn, found &- 1 > last { return headerEnd(found &- 1) }
        }
        if last > 0, last &- 1 < found, columns[last &- 1].column == header.lastColumn { return headerEnd(last &- 1) }
        var index = min(found, last &+ 1) &- 1
        while index > 0, columns[index].column != .time, columns[index].column != .level { index &-= 1 }
        return headerEnd(max(0, index))
    }

    @inline(__always)
    private mutating func headerEnd(_ last: Int) -> Int {
        var index = 0
        while index <= last {
            if columns[index].level != .unknown {
                record.level = columns[index].level
                break
            }
            index &+= 1
        }
        return columns[last].end
    }

    private func moment(_ scanner: PlainColumnScanner) -> Int64 {
        if scanner.momentMs != LogRecord.noTime { return scanner.momentMs }
        if scanner.clockMs == LogRecord.noTime { return scanner.dateMs }
        if scanner.dateMs != LogRecord.noTime { return scanner.dateMs &+ scanner.clockMs }
        return time.moment(ofClockMs: scanner.clockMs, after: carriedTimeMs ?? fallbackMs)
    }

    @inline(__always)
    private mutating func takePlainMessage(_ s: ByteScanner, _ start: Int) {
        record.message = range(s, start, s.end)
        if record.level == .unknown { record.level = LogLevelWord.leading(s, start, s.end) }
        takeTraceID(s, start, s.end)
    }

    /// `I1122 21:35:31.000000       1 file.go:12] message` (github.com/kubernetes/klog and glog).
    private mutating func glogLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        guard let line = GlogLine.read(s, start, time: &time) else { return .continuation }
        if record.timeMs == LogRecord.noTime { record.timeMs = line.timeMs }
        record.level = LogLevelWord.letter(s.byte(start))
        takePlainMessage(s, line.messageStart)
        return .record
    }
}

/// The header of glog and klog: level letter, month and day, clock, thread, `file:line]`.
struct GlogLine {
    var timeMs: Int64
    var messageStart: Int

    static func read(_ s: ByteScanner, _ start: Int, time: inout LogTime) -> GlogLine? {
        switch s.byte(start) {
        case 0x49, 0x57, 0x45, 0x46, 0x44: break
        default: return nil
        }
        guard let end = time.scanGlog(s, start &+ 1) else { return nil }
        let ms = time.ms
        var at = s.skipBlanks(end)
        let thread = s.digitCount(at, limit: 20)
        guard thread > 0 else { return nil }
        at = s.skipBlanks(at &+ thread)
        let close = s.first(0x5D, from: at)
        guard close < s.end, close &- at < 256, s.tokenEnd(at) == close &+ 1 else { return nil }
        return GlogLine(timeMs: ms, messageStart: s.skipBlanks(close &+ 1))
    }
}
