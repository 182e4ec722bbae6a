import Model

/// One line of the common log format: `host ident user [time] "request" status bytes …`, with anything before the
/// time (a virtual host, a missing ident) and behind the status (referrer, agent, durations).
struct AccessLogLine {
    var timeMs: Int64
    /// From the quote before the request to the last digit of the status.
    var message: Range<Int>
    var status: Int

    static func read(_ s: ByteScanner, _ start: Int, time: inout LogTime) -> AccessLogLine? {
        let open = s.first(0x5B, from: start)
        guard open &- start < 1_024, open > start else { return nil }
        let timeEnd = time.scan(s, open &+ 1)
        guard timeEnd > 0, time.shape == .moment, s.byte(timeEnd) == 0x5D else { return nil }
        let quote = s.skipBlanks(timeEnd &+ 1)
        guard s.byte(quote) == 0x22 else { return nil }
        var escaped = false
        let close = s.closingQuote(quote &+ 1, escaped: &escaped)
        guard close >= 0 else { return nil }
        let statusStart = s.skipBlanks(close &+ 1)
        let status = s.digits(statusStart, 3)
        guard status >= 0, !ByteScanner.isAlphanumeric(s.byte(statusStart &+ 3)) else { return nil }
        return AccessLogLine(timeMs: time.ms, message: quote..<statusStart &+ 3, status: status)
    }

    /// A failure of the server is an error, one of the client worth a notice.
    var level: LogLevel { status >= 500 ? .error : status >= 400 ? .notice : .info }
}

extension LogPageReader {
    mutating func accessLine(_ s: ByteScanner, _ start: Int) -> LogLineKind {
        guard let line = AccessLogLine.read(s, start, time: &time) else { return .refused(.access) }
        take(line, s)
        return .record
    }

    mutating func take(_ line: AccessLogLine, _ s: ByteScanner) {
        if record.timeMs == LogRecord.noTime { record.timeMs = line.timeMs }
        record.level = line.level
        record.message = range(s, line.message.lowerBound, line.message.upperBound)
    }
}
