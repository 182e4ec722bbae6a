import Model

/// The kinds of log file. Raw values are what people write in `caseboard.yaml` and what cursors keep.
package enum LogFormat: String, Codable, CaseIterable, Sendable {
    /// One JSON object per line.
    case jsonLines = "json"
    /// `level=info msg="…"`
    case logfmt
    /// RFC 3164 and RFC 5424, with or without the priority.
    case syslog
    /// The common and combined format of Apache and nginx.
    case accessLog = "access"
    /// `journalctl -o json`
    case journal = "journald"
    /// Kubernetes' CRI and Docker's json-file.
    case container
    /// Each line behind its time, as `kubectl logs --timestamps` and `docker logs --timestamps` print them.
    case timestamps
    /// Text with a learned header, or without one.
    case plain
    /// The user's own regular expression.
    case pattern

    /// The program's own line stands behind what a runtime wrote before it.
    var isWrapped: Bool { self == .container || self == .timestamps }
}

/// How the lines of one file are laid out, as `LogReader.detect` learned it: kept with the file's cursor, so that a file
/// is read the same way to its end.
package struct LogLayout: Codable, Hashable, Sendable {
    package var format: LogFormat
    /// `plain`, `container` and `timestamps`: the columns before the message (of the program's own line when it is wrapped).
    package var header: PlainHeader
    /// `container`: json-file rather than CRI.
    package var isDockerJSON: Bool

    package init(format: LogFormat, header: PlainHeader = .none, isDockerJSON: Bool = false) {
        self.format = format
        self.header = header
        self.isDockerJSON = isDockerJSON
    }
}

/// Why a line is refused. One byte, because a hostile file refuses every line.
enum LogRefusal: UInt8 {
    case json, logfmt, syslog, access, journal, container, timestamps, pattern, patternLimit, tooLong, tooManyLines

    var text: String {
        switch self {
        case .json: "the line is not one JSON object"
        case .logfmt: "the line has no `key=value` pairs"
        case .syslog: "the line has neither the header of RFC 3164 nor of RFC 5424"
        case .access: "the line is not in the common log format"
        case .journal: "the line is not a JSON object of journald"
        case .container: "the line has no container header (time, stream, flag, or a `log` field)"
        case .timestamps: "the line does not begin with a time"
        case .pattern: "the line does not match the pattern"
        case .patternLimit: "the pattern needs more than \(Limits.regexMatchSteps) steps on this line"
        case .tooLong: "the line is longer than \(Limits.lineBytes) bytes; the rest was left out"
        case .tooManyLines: "the record has more than \(Limits.recordLines) lines; the rest was left out"
        }
    }
}

/// What one line turned out to be.
enum LogLineKind {
    /// A record, and its fields are filled in.
    case record
    /// It belongs to the record before.
    case continuation
    /// The same, and what it says was already added to that record.
    case joined
    case refused(LogRefusal)
}

/// Levels as programs write them: words, letters and numbers.
enum LogLevelWord {
    /// The level that the whole range names, in any case; `.unknown` when it names none. A digit behind the word
    /// (`DEBUG2`) is a finer grade of the same level.
    static func read(_ s: ByteScanner, _ start: Int, _ stop: Int) -> LogLevel {
        var end = min(stop, s.end)
        guard end > start, end &- start <= 13 else { return .unknown }
        if ByteScanner.isDigit(s.base[end &- 1]), end &- start > 1 { end &-= 1 }
        let count = end &- start
        // The rest of the word behind its first letter.
        @inline(__always) func rest(_ text: StaticString) -> Bool {
            text.utf8CodeUnitCount == count &- 1 && s.hasIgnoringCase(text, start &+ 1)
        }
        if count == 1 { return letter(s.base[start]) }
        switch s.base[start] | 0x20 {
        case 0x69:  // i
            return rest("nfo") || rest("nf") || rest("nformation") || rest("nformational") ? .info : .unknown
        case 0x77:  // w
            return rest("arn") || rest("arning") || rest("rn") ? .warning : .unknown
        case 0x65:  // e
            if rest("rror") || rest("rr") || rest("rro") { return .error }
            return rest("merg") || rest("mergency") ? .critical : .unknown
        case 0x64: return rest("ebug") || rest("bg") || rest("bug") ? .debug : .unknown
        case 0x74: return rest("race") || rest("rc") || rest("rce") ? .trace : .unknown
        case 0x66:  // f
            if rest("atal") || rest("tl") { return .critical }
            if rest("ail") || rest("ailure") { return .error }
            if rest("ine") { return .debug }
            return rest("iner") || rest("inest") ? .trace : .unknown
        case 0x6E: return rest("otice") || rest("ote") ? .notice : .unknown
        case 0x63: return rest("ritical") || rest("rit") || rest("rt") ? .critical : rest("onfig") ? .debug : .unknown
        case 0x76: return rest("erbose") || rest("rb") ? .trace : .unknown
        case 0x73: return rest("evere") ? .error : .unknown
        case 0x61: return rest("lert") ? .critical : .unknown
        case 0x70: return rest("anic") ? .critical : .unknown
        default: return .unknown
        }
    }

    /// Android's and glog's letters.
    @inline(__always)
    static func letter(_ byte: UInt8) -> LogLevel {
        switch byte | 0x20 {
        case 0x69: .info
        case 0x77: .warning
        case 0x65: .error
        case 0x64: .debug
        case 0x66: .critical
        case 0x76, 0x74: .trace
        default: .unknown
        }
    }

    /// RFC 5424's severity: 0 is an emergency, 7 is for debugging.
    static func syslog(_ severity: Int) -> LogLevel {
        switch severity {
        case 0, 1, 2: .critical
        case 3: .error
        case 4: .warning
        case 5: .notice
        case 6: .info
        case 7: .debug
        default: .unknown
        }
    }

    /// bunyan's and pino's numbers, 10 for tracing to 60 for fatal.
    static func bunyan(_ number: Int) -> LogLevel {
        switch number {
        case 10..<20: .trace
        case 20..<30: .debug
        case 30..<40: .info
        case 40..<50: .warning
        case 50..<60: .error
        case 60...70: .critical
        default: .unknown
        }
    }

    /// OTLP's severity numbers, which come in fours (OTLP logs data model, "SeverityNumber"), or else its word.
    static func otlp(_ number: Int64?, _ word: String?) -> LogLevel {
        switch number ?? 0 {
        case 1...4: return .trace
        case 5...8: return .debug
        case 9...12: return .info
        case 13...16: return .warning
        case 17...20: return .error
        case 21...24: return .critical
        default: return word.map { read($0) } ?? .unknown
        }
    }

    /// The level that a word of any convention names, as structured records give it.
    static func read(_ word: String) -> LogLevel {
        var word = word
        let level = word.withUTF8 { bytes in bytes.baseAddress.map { read(ByteScanner($0, end: bytes.count), 0, bytes.count) } ?? .unknown }
        if level != .unknown { return level }
        switch Severity(word: word) {
        case .critical: return .critical
        case .high: return .error
        case .medium: return .warning
        case .low: return .notice
        case .info: return .info
        case nil: return .unknown
        }
    }

    /// The level a text says at its very beginning or as `level=…`, for lines without a column of their own:
    /// `[error] …`, `ERROR: …`, `WARNING …`, `E0517 15:04:22 …`. A word of the sentence itself ("error reading …",
    /// "panic: …") is not a level.
    static func leading(_ s: ByteScanner, _ start: Int, _ stop: Int) -> LogLevel {
        let text = ByteScanner(s.base, end: min(stop, s.end))
        let first = text.byte(start)
        if first == 0x5B || first == 0x28 || first == 0x3C {
            let inside = text.skipBlanks(start &+ 1)
            let close = wordEnd(text, inside)
            let after = text.byte(text.skipBlanks(close))
            if after == 0x5D || after == 0x29 || after == 0x3E, close &- inside > 1 { return read(text, inside, close) }
            return .unknown
        }
        if ByteScanner.isUpper(first) {
            let close = wordEnd(text, start)
            let after = text.byte(close)
            let isColumn = after == 0x3A || after == 0 || after == 0x5D || after == 0x7C || ByteScanner.isBlank(after)
            if close &- start > 2, isColumn, ByteScanner.isUpper(text.byte(start &+ 1)), ByteScanner.isUpper(text.byte(start &+ 2)) {
                let level = read(text, start, close)
                if level != .unknown { return level }
            }
            if close == start &+ 5, text.digits(start &+ 1, 4) >= 0, after == 32, ByteScanner.isDigit(text.byte(close &+ 1)) {
                return letter(first)
            }
        }
        return pair(text, start)
    }

    private static func wordEnd(_ s: ByteScanner, _ start: Int) -> Int {
        var at = start
        while at &- start < 14, ByteScanner.isAlphanumeric(s.byte(at)) { at &+= 1 }
        return at
    }

    /// `level=warn`, `lvl="error"` as a word of its own within the first 512 bytes.
    private static func pair(_ s: ByteScanner, _ start: Int) -> LogLevel {
        var at = start
        let limit = min(s.end, start &+ 512)
        let window = ByteScanner(s.base, end: limit)
        while true {
            let equals = window.first(0x3D, from: at)
            guard equals < limit else { return .unknown }
            at = equals &+ 1
            let key = s.has("level", equals &- 5) ? equals &- 5 : s.has("lvl", equals &- 3) ? equals &- 3 : -1
            guard key >= start, key == start || !ByteScanner.isAlphanumeric(s.base[key &- 1]) else { continue }
            if s.byte(at) == 0x22 { at &+= 1 }
            let level = read(s, at, wordEnd(s, at))
            if level != .unknown { return level }
        }
    }
}

/// The trace id that a text mentions: `trace_id=4bf9…`, `"traceId":"…"`, `traceID: …`.
enum LogTraceID {
    /// The range of at least 16 hexadecimal digits behind such a word, or an empty one.
    static func find(_ s: ByteScanner, _ start: Int, _ stop: Int) -> Range<Int> {
        let text = ByteScanner(s.base, end: min(stop, s.end))
        var at = start
        while at < text.end {
            let found = text.find("race", from: at, limit: text.end)
            guard found > start, text.byte(found &- 1) | 0x20 == 0x74 else {
                if found < 0 { break }
                at = found &+ 4
                continue
            }
            at = found &+ 4
            if text.byte(at) == 0x5F || text.byte(at) == 0x2D || text.byte(at) == 0x2E { at &+= 1 }
            guard text.hasIgnoringCase("id", at) else { continue }
            at &+= 2
            while text.byte(at) == 0x22 || text.byte(at) == 0x3A || text.byte(at) == 0x3D || text.byte(at) == 32 { at &+= 1 }
            var end = at
            while end < text.end, end &- at < 64, ByteScanner.hexValue(text.byte(end)) >= 0 { end &+= 1 }
            if end &- at >= 16, !ByteScanner.isAlphanumeric(text.byte(end)) { return at..<end }
        }
        return start..<start
    }
}
