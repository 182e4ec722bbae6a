import Model

extension LogReader {
    /// How many lines of a file's head tell its layout.
    private static let sampleLines = 256

    /// Tells the layout of a file from its first lines: the first format, in the order journald, container, JSON,
    /// access log, syslog, logfmt, that reads at least half of the lines that belong to no stack trace; else plain text, whose header is
    /// learned. A configured format is taken as it is.
    package func detect(head: UnsafeRawBufferPointer) -> LogLayout {
        if format == .pattern { return LogLayout(format: .pattern) }
        return LogKeys.shared.entries.withUnsafeBufferPointer { keys in
            guard let table = keys.baseAddress, let base = head.bindMemory(to: UInt8.self).baseAddress else {
                return LogLayout(format: format ?? .plain)
            }
            var sampler = LogSampler(
                lines: Self.sample(base, head.count), keys: table,
                time: LogTime(referenceTime: referenceTime, offsetMinutes: defaultOffsetMinutes))
            return sampler.layout(configured: format)
        }
    }

    /// The first lines with something in them, without the last one when it is cut off by the end of the head.
    private static func sample(_ base: UnsafePointer<UInt8>, _ count: Int) -> [LogSampler.Line] {
        let all = ByteScanner(base, end: count)
        var lines: [LogSampler.Line] = []
        var at = all.has("\u{FEFF}", 0) ? 3 : 0
        while at < count, lines.count < sampleLines {
            let newline = all.first(10, from: at)
            if newline == count, !lines.isEmpty { break }
            var start = at
            while start < newline, base[start] == 0 { start += 1 }
            let end = min(all.trimmedEnd(start, newline), start + Limits.lineBytes)
            if end > start { lines.append(LogSampler.Line(s: ByteScanner(base, end: end), start: start)) }
            at = newline + 1
        }
        return lines
    }
}

/// Counts which formats read the lines of a sample.
struct LogSampler {
    struct Line {
        var s: ByteScanner
        var start: Int
    }

    let lines: [Line]
    let keys: UnsafePointer<LogKeys.Entry>
    var time: LogTime

    mutating func layout(configured: LogFormat?) -> LogLayout {
        var counts: [LogFormat: Int] = [:]
        var dockers = 0
        var standing = 0
        var trace = LogTraceState()
        var together = 0
        for line in lines {
            together += 1
            if trace.continues(line.s, line.start, line.s.end, lines: together) { continue }
            trace = LogTraceState()
            trace.begin(line.s, line.start)
            together = 1
            if LogTraceState.beginsCrash(line.s, line.start) { continue }
            standing += 1
            for format in formats(of: line, &dockers) { counts[format, default: 0] += 1 }
        }
        let order: [LogFormat] = [.journal, .container, .jsonLines, .accessLog, .syslog, .logfmt]
        let found = order.first { (counts[$0] ?? 0) * 2 >= max(1, standing) }
        switch configured ?? found ?? .plain {
        case .container:
            let isDocker = dockers * 2 > (counts[.container] ?? 0)
            return LogLayout(format: .container, header: innerHeader(isDocker: isDocker), isDockerJSON: isDocker)
        case .timestamps: return LogLayout(format: .timestamps, header: innerHeader(isDocker: false))
        case .plain: return LogLayout(format: .plain, header: PlainHeader.learn(from: lines, time: &time))
        case let other: return LogLayout(format: other)
        }
    }

    private mutating func formats(of line: Line, _ dockers: inout Int) -> [LogFormat] {
        let s = line.s
        if s.byte(line.start) == 0x7B {
            var object = JSONLineScanner(s, keys: keys)
            guard object.read(line.start) else { return [] }
            if s.find("\"__REALTIME_TIMESTAMP\"", from: line.start, limit: s.end) >= 0 { return [.journal, .jsonLines] }
            if s.find("\"stream\":\"std", from: line.start, limit: s.end) >= 0, s.find("\"log\":\"", from: line.start, limit: s.end) >= 0 {
                dockers += 1
                return [.container, .jsonLines]
            }
            return [.jsonLines]
        }
        if ContainerLine.readCRI(s, line.start, time: &time) != nil { return [.container] }
        var found: [LogFormat] = []
        if AccessLogLine.read(s, line.start, time: &time) != nil { found.append(.accessLog) }
        if let header = SyslogHeader.read(s, line.start, time: &time, strict: true), header.namesProgram { found.append(.syslog) }
        var pairs = LogfmtScanner(s, keys: keys)
        if pairs.beginsWithPair(line.start), pairs.read(line.start), pairs.isConvincing { found.append(.logfmt) }
        return found
    }

    /// The header of what the programs in the container wrote themselves, unless that is JSON or logfmt.
    private mutating func innerHeader(isDocker: Bool) -> PlainHeader {
        var tail = LogTail(capacity: lines.reduce(64) { $0 + 2 * ($1.s.end - $1.start) })
        defer { tail.deallocate() }
        var inner: [Line] = []
        for line in lines {
            if isDocker {
                var object = JSONLineScanner(line.s, keys: keys)
                guard object.read(line.start), object.fields.message.isPresent else { continue }
                let start = tail.count
                tail.appendUnescaped(line.s, object.fields.message.start, object.fields.message.end)
                let text = ByteScanner(UnsafePointer(tail.base), end: tail.count)
                inner.append(Line(s: ByteScanner(text.base, end: text.trimmedEnd(start, text.end)), start: start))
            } else if let header = ContainerLine.readCRI(line.s, line.start, time: &time)
                ?? ContainerLine.readTimestamped(line.s, line.start, time: &time)
            {
                inner.append(Line(s: line.s, start: header.messageStart))
            }
        }
        inner.removeAll { $0.start >= $0.s.end || $0.s.byte($0.start) == 0x7B }
        return PlainHeader.learn(from: inner, time: &time)
    }
}

extension PlainHeader {
    /// The share of lines that must agree on what a column is.
    private static let agreement = 0.9

    /// Learns the header of plain lines: the columns up to the last one that separates header and message.
    ///
    /// A header needs a time in one of the first three columns. Lines without one there (stack traces, banners) do not count,
    /// but if they are the most, the first line must have one. From the time on to the right, a column belongs to the header
    /// when it is an anchor (time, level, tag, separator, bracketed group), an integer right behind a header column, or when
    /// an anchor follows soon: within three columns, or within one once the level was there.
    static func learn(from lines: [LogSampler.Line], time: inout LogTime) -> PlainHeader {
        var glogs = 0
        var bars = 0
        for line in lines {
            if GlogLine.read(line.s, line.start, time: &time) != nil { glogs += 1 }
            let end = time.scan(line.s, line.start)
            if end > 0, line.s.byte(end) == 0x7C, line.s.first(0x7C, from: end + 1) < line.s.end { bars += 1 }
        }
        if glogs > 0, glogs * 3 >= lines.count { return PlainHeader(columns: [], isGlog: true) }
        let isBarred = bars > 0 && Double(bars) >= agreement * Double(lines.count)

        let rows = lines.compactMap { columns(of: $0, isBarred: isBarred, time: &time) }
        guard !rows.isEmpty else { return .none }
        let isMinority = rows.count * 5 < lines.count
        if isMinority, let first = lines.first, columns(of: first, isBarred: isBarred, time: &time) == nil { return .none }
        let classes = (0..<columnLimit).map { index in dominant(rows, index) }
        guard let timeAt = classes.prefix(3).firstIndex(of: .time) else { return .none }
        return PlainHeader(columns: Array(classes.prefix(lastColumn(classes, from: timeAt) + 1)), isBarred: isBarred)
    }

    /// The classes of a line's first columns; nil when none of the first three is a time.
    private static func columns(of line: LogSampler.Line, isBarred: Bool, time: inout LogTime) -> [Column]? {
        var scanner = PlainColumnScanner(line.s, isBarred: isBarred)
        var found: [Column] = []
        var at = line.start
        while found.count < columnLimit {
            at = scanner.columnStart(at)
            guard at < line.s.end else { break }
            found.append(scanner.column(at, &time))
            at = scanner.end
        }
        return found.prefix(3).contains(.time) ? found : nil
    }

    private static func dominant(_ rows: [[Column]], _ index: Int) -> Column {
        var counts = [Int](repeating: 0, count: 16)
        for row in rows where index < row.count { counts[Int(row[index].rawValue)] += 1 }
        guard let most = counts.indices.max(by: { counts[$0] < counts[$1] }) else { return .any }
        return Double(counts[most]) >= agreement * Double(rows.count) ? Column(rawValue: UInt8(most)) ?? .any : .any
    }

    private static func lastColumn(_ columns: [Column], from timeAt: Int) -> Int {
        func isAnchor(_ index: Int) -> Bool { index < columns.count && columns[index].isAnchor }
        var last = timeAt
        var sawLevel = false
        var index = timeAt + 1
        while index < columns.count - 2 {
            let column = columns[index]
            if column.isAnchor {
                last = index
                if column == .level { sawLevel = true }
                if column == .tag, !isAnchor(index + 1) { break }
                index += 1
            } else if column == .integer, last == index - 1 {
                last = index
                index += 1
            } else {
                let reach = sawLevel ? 1 : 3
                guard let next = (index + 1...index + reach).first(where: isAnchor) else { break }
                index = next
            }
        }
        return last
    }
}
