import Model

/// The state of reading one page. The formats are extensions of it, one file each: each fills in `record` for one line.
struct LogPageReader {
    let source: UnsafePointer<UInt8>
    let count: Int
    let keys: UnsafePointer<LogKeys.Entry>
    let layout: LogLayout
    let header: PlainHeader.Packed
    let pattern: PatternLog.Matcher?
    let offset: Int64
    let firstLine: Int64
    let fallbackMs: Int64
    var time: LogTime
    var tail: LogTail
    /// Columns of the line being read (`PlainLog`).
    let columns: UnsafeMutablePointer<PlainHeader.Found>

    var records: [LogRecord] = []
    /// The record of the line being read.
    var record = Self.emptyRecord
    var carriedTimeMs: Int64?
    /// False before the first record, and when a refused line stands behind the last one: nothing may follow it then.
    var isOpen = false
    var openLines = 0
    var trace = LogTraceState()
    /// A container's line that goes on in the next one.
    var partial: PartialContainerLine?

    /// The last record's stack, if any, is the lines behind it rather than a field.
    private var stackIsLines = true
    private var lastLine: Int64 = 0
    private var lineBeforeLast: Int64 = 0
    private var carriedBeforeLast: Int64?
    private var rejections: [Rejection] = []
    private var rejectedCount = 0
    private var rejectedBeforeLast = 0
    private var rejectedBeforeLine = 0
    /// The line being read, from 1.
    private var line: Int64
    /// Everything before this place was read.
    private var settled = 0

    static let emptyRecord = LogRecord(timeMs: LogRecord.noTime, level: .unknown, record: .absent, message: .absent)

    init(
        source: UnsafePointer<UInt8>, count: Int, keys: UnsafePointer<LogKeys.Entry>, time: LogTime, layout: LogLayout,
        pattern: PatternLog.Matcher?, offset: Int64, firstLine: Int64, carriedTimeMs: Int64?, fallbackMs: Int64
    ) {
        self.source = source
        self.count = count
        self.keys = keys
        self.time = time
        self.layout = layout
        header = layout.header.packed
        self.pattern = pattern
        self.offset = offset
        self.firstLine = firstLine
        self.carriedTimeMs = carriedTimeMs
        carriedBeforeLast = carriedTimeMs
        self.fallbackMs = fallbackMs
        line = firstLine
        tail = LogTail(capacity: 4_096)
        columns = .allocate(capacity: PlainHeader.columnLimit + 4)
        records.reserveCapacity(min(count / 96, 1 << 20))
    }

    /// Frees all but the tail, which is handed over.
    func deallocate() {
        columns.deallocate()
        pattern?.deallocate()
    }

    // MARK: - Lines

    mutating func readLines(isEnd: Bool) {
        let all = ByteScanner(source, end: count)
        var at = offset == 0 && all.has("\u{FEFF}", 0) ? 3 : 0
        while at < count {
            let newline = all.first(10, from: at)
            if newline == count, !isEnd { break }
            readLine(at, newline)
            line &+= 1
            at = min(count, newline &+ 1)
            settled = at
        }
        guard !isEnd else { return }
        holdBack()
    }

    private mutating func readLine(_ start: Int, _ stop: Int) {
        var from = start
        while from < stop, source[from] == 0 { from &+= 1 }
        var end = ByteScanner(source, end: stop).trimmedEnd(from, stop)
        guard end > from else { return }
        rejectedBeforeLine = rejectedCount
        let isClipped = end &- from > Limits.lineBytes
        if isClipped {
            end = from &+ Limits.lineBytes
            refuse(.tooLong, from, end)
        }
        tail.reserve(4 &* (end &- from) &+ 64)
        record = Self.emptyRecord
        switch parse(from, end) {
        case .record: append(from, end)
        case .continuation: isOpen ? extend(from, end) : appendTimeless(from, end)
        case .joined: extend(from, end)
        case .refused(let reason):
            let s = ByteScanner(source, end: end)
            if isOpen, layout.format != .accessLog, trace.continues(s, from, end, lines: openLines) {
                extend(from, end)
            } else if LogTraceState.beginsCrash(s, from) {
                appendTimeless(from, end)
            } else {
                if !isClipped { refuse(reason, from, end) }
                isOpen = false
            }
        }
    }

    @inline(__always)
    private mutating func parse(_ start: Int, _ stop: Int) -> LogLineKind {
        let s = ByteScanner(source, end: stop)
        switch layout.format {
        case .jsonLines: return jsonLine(s, start)
        case .logfmt: return logfmtLine(s, start)
        case .syslog: return syslogLine(s, start)
        case .accessLog: return accessLine(s, start)
        case .journal: return journalLine(s, start)
        case .container: return containerLine(s, start)
        case .timestamps: return timestampedLine(s, start)
        case .plain: return plainLine(s, start)
        case .pattern: return patternLine(s, start)
        }
    }

    // MARK: - Records

    @inline(__always)
    private mutating func append(_ start: Int, _ stop: Int) {
        carriedBeforeLast = carriedTimeMs
        rejectedBeforeLast = rejectedBeforeLine
        if record.timeMs == LogRecord.noTime {
            record.timeMs = carriedTimeMs ?? fallbackMs
        } else {
            carriedTimeMs = record.timeMs
        }
        record.record = ByteRange(start: start, count: stop &- start)
        if record.message.isAbsent { record.message = record.record }
        records.append(record)
        stackIsLines = record.stack.isAbsent && !layout.format.isWrapped
        lineBeforeLast = lastLine
        lastLine = line
        isOpen = true
        openLines = 1
        trace = LogTraceState()
        if header.isEmpty, layout.format == .plain || layout.format.isWrapped, !record.message.isAbsent {
            let (message, from) = window(record.message)
            trace.begin(message, from)
        }
    }

    /// A line that stands alone though it has no header: a crash, or the rest of a record whose head is not here.
    private mutating func appendTimeless(_ start: Int, _ stop: Int) {
        record = Self.emptyRecord
        let s = ByteScanner(source, end: stop)
        let from = s.skipBlanks(start)
        record.message = ByteRange(start: from, count: stop &- from)
        record.level = LogLevelWord.leading(s, from, stop)
        append(start, stop)
        trace.begin(s, start)
    }

    private mutating func extend(_ start: Int, _ stop: Int) {
        guard !records.isEmpty else { return }
        openLines &+= 1
        if openLines > Limits.recordLines {
            if openLines == Limits.recordLines &+ 1 { refuse(.tooManyLines, start, stop) }
            return
        }
        let last = records.count &- 1
        records[last].record.count = Int32(truncatingIfNeeded: stop &- records[last].record.lower)
        guard stackIsLines else { return }
        let from = records[last].stack.isAbsent ? start : records[last].stack.lower
        records[last].stack = ByteRange(start: from, count: stop &- from)
    }

    /// Keeps the last record open for the next page: forgets it, and what was refused behind its beginning.
    private mutating func holdBack() {
        let lastStart = records.last?.record.lower ?? 0
        let fillsPage = lastStart == 0 && count >= Limits.logPageBytes
        if isOpen, !records.isEmpty, !fillsPage {
            records.removeLast()
            settled = lastStart
            line = lastLine
            lastLine = lineBeforeLast
            carriedTimeMs = carriedBeforeLast
            rejectedCount = rejectedBeforeLast
            rejections.removeLast(max(0, rejections.count &- rejectedCount))
        } else if settled == 0, count >= Limits.logPageBytes {
            // One line longer than a page: its head is a record, the rest is passed over with it.
            readLine(0, count)
            settled = count
        }
    }

    mutating func finish(_ page: inout LogPage) {
        page.batch.records = records
        page.consumedBytes = settled
        page.consumedLines = line &- firstLine
        page.lastRecordStart = records.last?.record.lower ?? settled
        page.lastRecordLine = records.isEmpty ? line : lastLine
        page.carriedTimeMs = carriedTimeMs
        page.rejections = rejections
        page.rejectedCount = rejectedCount
    }

    private mutating func refuse(_ reason: LogRefusal, _ start: Int, _ stop: Int) {
        rejectedCount &+= 1
        guard rejections.count < Limits.deadLettersPerFile else { return }
        let excerpt = UnsafeBufferPointer(start: source + start, count: min(stop &- start, 512))
        rejections.append(
            Rejection(
                reason: reason.text, line: line, offset: offset &+ Int64(start), excerpt: String(decoding: excerpt, as: UTF8.self)))
    }

    // MARK: - Fields

    /// The range of `start..<stop` in the batch; `s` looks at the page itself or at the tail.
    @inline(__always)
    func range(_ s: ByteScanner, _ start: Int, _ stop: Int) -> ByteRange {
        guard stop > start else { return .absent }
        let shift = s.base == source ? 0 : count
        return ByteRange(start: shift &+ start, count: stop &- start)
    }

    /// The bytes a range of the batch stands for, as a window that ends with it, and where it begins there.
    @inline(__always)
    func window(_ range: ByteRange) -> (ByteScanner, Int) {
        if range.lower < count { return (ByteScanner(source, end: range.upper), range.lower) }
        return (ByteScanner(UnsafePointer(tail.base), end: range.upper &- count), range.lower &- count)
    }

    /// The value of a field, unescaped behind the page when it must be.
    @inline(__always)
    mutating func text(_ value: LogFields.Value, _ s: ByteScanner) -> ByteRange {
        guard value.isPresent else { return .absent }
        guard value.kind == .escapedText else { return range(s, value.start, value.end) }
        let start = tail.count
        tail.appendUnescaped(s, value.start, value.end)
        return ByteRange(start: count &+ start, count: tail.count &- start)
    }

    /// Fills the record from the fields of a structured line. A time that the record has already (the container's, the
    /// syslog header's) stays, and so do its service and host.
    mutating func take(_ fields: LogFields, _ s: ByteScanner) {
        if fields.time.isPresent, record.timeMs == LogRecord.noTime, time.readValue(s, fields.time.start, fields.time.end) {
            record.timeMs = time.ms
        }
        if fields.level.isPresent, case let level = level(fields.level, s), level != .unknown { record.level = level }
        if fields.service.isPresent, record.service.isAbsent {
            switch fields.service.rank {
            case LogKeys.bunyanRank where fields.level.kind != .number: break
            case LogKeys.unitRank where s.has(".service", fields.service.end &- 8):
                record.service = range(s, fields.service.start, fields.service.end &- 8)
            default: record.service = text(fields.service, s)
            }
        }
        if fields.host.isPresent, record.host.isAbsent { record.host = text(fields.host, s) }
        if fields.trace.isPresent { record.traceID = text(fields.trace, s) }
        if fields.span.isPresent { record.spanID = text(fields.span, s) }
        if fields.stack.isPresent, fields.stack.kind != .array { record.stack = text(fields.stack, s) }
        if fields.message.isPresent { takeMessage(text(fields.message, s)) }
        if record.level == .unknown, !record.message.isAbsent {
            let (message, start) = window(record.message)
            record.level = LogLevelWord.leading(message, start, message.end)
        }
    }

    /// Sets the message to the first line of the text; if there are more, the whole text is the stack, unless a field is.
    @inline(__always)
    mutating func takeMessage(_ text: ByteRange) {
        guard !text.isAbsent else { return }
        let (s, from) = window(text)
        let start = text.lower < count ? s.skipBlanks(from) : s.skipSpace(from)
        let end = s.trimmedEnd(start, s.end)
        guard end > start else { return }
        let firstEnd = text.lower < count ? end : min(end, s.first(10, from: start))
        record.message = range(s, start, s.trimmedEnd(start, firstEnd))
        if firstEnd < end, record.stack.isAbsent { record.stack = range(s, start, end) }
    }

    /// A word, or a number of syslog (`PRIORITY`) or of bunyan.
    @inline(__always)
    func level(_ value: LogFields.Value, _ s: ByteScanner) -> LogLevel {
        let digits = s.digitCount(value.start, limit: 3)
        if digits == 0 { return LogLevelWord.read(s, value.start, value.end) }
        guard digits == value.end &- value.start, digits < 3 else { return .unknown }
        let number = s.digits(value.start, digits)
        return value.rank == LogKeys.priorityRank ? LogLevelWord.syslog(number) : LogLevelWord.bunyan(number)
    }

    /// Looks for a trace id in the text of a record that may be worth a link.
    @inline(__always)
    mutating func takeTraceID(_ s: ByteScanner, _ start: Int, _ stop: Int) {
        guard record.level >= .warning || record.level == .unknown, record.traceID.isAbsent else { return }
        let found = LogTraceID.find(s, start, stop)
        record.traceID = range(s, found.lowerBound, found.upperBound)
    }

    /// Reads what a program wrote inside of another format's line: JSON, logfmt, an access log, text with a header, or plain words.
    mutating func takeInner(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        let from = s.skipBlanks(start)
        let first = s.byte(from)
        if first == 0x7B {
            var object = JSONLineScanner(s, keys: keys)
            if object.read(from) {
                take(object.fields, s)
                if record.message.isAbsent { record.message = range(s, from, s.end) }
                return .record
            }
        } else if ByteScanner.isLetter(first) {
            var pairs = LogfmtScanner(s, keys: keys)
            if pairs.beginsWithPair(from), pairs.read(from), pairs.isConvincing {
                take(pairs.fields, s)
                if record.message.isAbsent { record.message = range(s, from, s.end) }
                return .record
            }
        } else if header.isEmpty, ByteScanner.isDigit(first), let line = AccessLogLine.read(s, from, time: &time) {
            take(line, s)
            return .record
        }
        return plainLine(s, start)
    }
}
