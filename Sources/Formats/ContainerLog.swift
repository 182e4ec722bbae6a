import Model

/// A line that the container runtime broke in pieces: the pieces so far, joined behind the page.
struct PartialContainerLine {
    /// In the tail.
    var start: Int
    /// The stream's last letter, `t` for stdout and `r` for stderr.
    var stream: UInt8
}

/// The runtime's own part of one line: `2016-10-06T00:17:09.669794202Z stdout F message` (the Container Runtime
/// Interface's log format) or Docker's `{"log":"message\n","stream":"stdout","time":"…"}`.
struct ContainerLine {
    var timeMs = LogRecord.noTime
    var stream: UInt8 = 0
    var isPartial = false
    var messageStart = 0

    /// Reads the CRI form; nil when it is none.
    static func readCRI(_ s: ByteScanner, _ start: Int, time: inout LogTime) -> ContainerLine? {
        let end = time.scan(s, start)
        guard end > 0, time.shape == .moment, s.byte(end) == 32 else { return nil }
        guard s.has("stdout ", end &+ 1) || s.has("stderr ", end &+ 1) else { return nil }
        var line = ContainerLine()
        line.timeMs = time.ms
        line.stream = s.byte(end &+ 6)
        let flag = s.byte(end &+ 8)
        let flagEnd = s.tokenEnd(end &+ 8)
        guard flag == 0x46 || flag == 0x50, flagEnd == end &+ 9 || s.byte(end &+ 9) == 0x3A else { return nil }
        line.isPartial = flag == 0x50
        line.messageStart = min(s.end, flagEnd &+ 1)
        return line
    }

    /// Reads a time and what follows it; nil without a time.
    static func readTimestamped(_ s: ByteScanner, _ start: Int, time: inout LogTime) -> ContainerLine? {
        let end = time.scan(s, start)
        guard end > 0, time.shape == .moment, s.byte(end) == 32 || end >= s.end else { return nil }
        var line = ContainerLine()
        line.timeMs = time.ms
        line.messageStart = min(s.end, end &+ 1)
        return line
    }
}

extension LogPageReader {
    /// Docker breaks lines of this many bytes; the piece then ends without a newline.
    private static let dockerPieceBytes = 16 << 10

    mutating func containerLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        layout.isDockerJSON ? dockerLine(s, start) : criLine(s, start)
    }

    /// A line without a time belongs to the record before.
    mutating func timestampedLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        guard let line = ContainerLine.readTimestamped(s, start, time: &time) else {
            return isOpen ? continueStack(s, start) : .refused(.timestamps)
        }
        record.timeMs = line.timeMs
        return takeProgramLine(s, line.messageStart)
    }

    private mutating func criLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        guard let line = ContainerLine.readCRI(s, start, time: &time) else { return .refused(.container) }
        record.timeMs = line.timeMs
        let isNext = isOpen && partial.map { $0.stream == line.stream } ?? false
        if !isNext, !line.isPartial {
            partial = nil
            return takeProgramLine(s, line.messageStart)
        }
        return join(s, line.messageStart, s.end, line)
    }

    private mutating func dockerLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        var object = JSONLineScanner(s, keys: keys)
        guard object.read(start), object.fields.message.isPresent, object.fields.message.kind != .array else { return .refused(.container) }
        let fields = object.fields
        if fields.time.isPresent, time.readValue(s, fields.time.start, fields.time.end) { record.timeMs = time.ms }
        let from = tail.count
        if fields.message.kind == .escapedText {
            tail.appendUnescaped(s, fields.message.start, fields.message.end)
        } else {
            tail.append(s.base + fields.message.start, count: fields.message.end &- fields.message.start)
        }
        var line = ContainerLine()
        let length = tail.count &- from
        line.isPartial = length >= Self.dockerPieceBytes && tail.base[tail.count &- 1] != 10
        // While pieces are joined nothing else is written to the tail, so this one stands right behind those before it.
        if partial != nil, isOpen { return joinPiece(from: from, line) }
        partial = nil
        if line.isPartial {
            partial = PartialContainerLine(start: from, stream: 0)
            return takeJoined()
        }
        let text = ByteScanner(UnsafePointer(tail.base), end: tail.count)
        return takeProgramLine(ByteScanner(text.base, end: text.trimmedEnd(from, text.end)), from)
    }

    /// Joins Docker's piece that stands at the tail's end to the pieces before.
    private mutating func joinPiece(from: Int, _ line: ContainerLine) -> LogLineKind {
        guard let known = partial else { return .refused(.container) }
        if !line.isPartial { partial = nil }
        guard tail.count &- known.start <= Limits.lineBytes else {
            tail.truncate(to: from)
            return .joined
        }
        retake(from: known.start)
        return .joined
    }

    /// Starts or continues a line of several pieces (CRI).
    private mutating func join(_ s: ByteScanner, _ start: Int, _ stop: Int, _ line: ContainerLine) -> LogLineKind {
        if let known = partial, isOpen, known.stream == line.stream {
            let room = Limits.lineBytes &- (tail.count &- known.start)
            tail.append(s.base + start, count: max(0, min(room, stop &- start)))
            if !line.isPartial { partial = nil }
            retake(from: known.start)
            return .joined
        }
        partial = PartialContainerLine(start: tail.count, stream: line.stream)
        tail.append(s.base + start, count: stop &- start)
        return takeJoined()
    }

    /// The first piece: its text is read once more whenever another piece is joined.
    private mutating func takeJoined() -> LogLineKind {
        guard let partial else { return .refused(.container) }
        let s = ByteScanner(UnsafePointer(tail.base), end: tail.count)
        record.message = range(s, partial.start, s.trimmedEnd(partial.start, s.end))
        return .record
    }

    /// Reads the joined text into the open record.
    private mutating func retake(from start: Int) {
        guard !records.isEmpty else { return }
        let last = records.count &- 1
        tail.reserve(2 &* (tail.count &- start) &+ 64)
        let s = ByteScanner(UnsafePointer(tail.base), end: tail.count)
        let text = ByteScanner(s.base, end: s.trimmedEnd(start, s.end))
        let known = records[last]
        record = Self.emptyRecord
        record.timeMs = known.timeMs
        record.message = range(text, start, text.end)
        if partial == nil {
            let unread = record
            if case .record = takeInner(text, start) {} else { record = unread }
        }
        record.record = known.record
        if record.message.isAbsent { record.message = known.message }
        records[last] = record
    }

    /// Reads the program's own line, or joins it to the record before when it continues a stack trace.
    private mutating func takeProgramLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        guard s.skipSpace(start) < s.end else {
            if isOpen { return .joined }
            record.message = .absent
            return .record
        }
        if isOpen, header.isEmpty, trace.continues(s, start, s.end, lines: openLines) { return continueStack(s, start) }
        let known = record
        switch takeInner(s, start) {
        case .continuation where isOpen:
            record = known
            return continueStack(s, start)
        case .continuation, .refused, .joined:
            record = known
            record.message = range(s, start, s.end)
            record.level = LogLevelWord.leading(s, start, s.end)
            return .record
        case .record: return .record
        }
    }

    /// Appends the line to the open record's stack, which is kept whole behind the page: the runtime's header stands
    /// between its lines in the source.
    private mutating func continueStack(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        guard !records.isEmpty, openLines < Limits.recordLines else { return .joined }
        let last = records.count &- 1
        let known = records[last].stack.isAbsent ? records[last].message : records[last].stack
        let line = (start: start, count: s.end &- start)
        let (text, from) = window(known)
        let size = text.end &- from
        guard size &+ line.count < Limits.lineBytes else { return .joined }
        // The line may itself stand in the tail, which may move when it grows.
        let isInTail = s.base == UnsafePointer(tail.base)
        let isAtEnd = known.lower >= count && text.end == tail.count
        tail.reserve((isAtEnd ? 0 : size) &+ line.count &+ 2)
        let lineBase = isInTail ? UnsafePointer(tail.base) : s.base
        let begin = isAtEnd ? from : tail.count
        if !isAtEnd { tail.append(known.lower >= count ? UnsafePointer(tail.base) + from : source + from, count: size) }
        tail.append(10)
        tail.append(lineBase + line.start, count: line.count)
        records[last].stack = ByteRange(start: count &+ begin, count: tail.count &- begin)
        return .joined
    }
}
