import Model

/// One record as a store of logs gives it: its time, its text, and what the store knows of it besides.
package struct LogEntry: Hashable, Sendable {
    package var time: Instant
    package var text: String
    /// As the store names it; `.unknown` leaves it to the text.
    package var level = LogLevel.unknown
    /// What holds when neither the store nor the text names a level: the store's guess.
    package var guessedLevel = LogLevel.unknown
    package var traceID = ""
    package var spanID = ""
    package var stack = ""
    package init(time: Instant, text: String) {
        self.time = time
        self.text = text
    }
}

/// Entries of one program on one machine, in the order of time: only their lines may belong together.
package struct LogStream: Sendable {
    /// Of entries that name none themselves; nil when the store knows none either.
    package var service: String?
    package var host = ""
    package var entries: [LogEntry]
    package init(service: String? = nil, host: String = "", entries: [LogEntry] = []) {
        self.service = service
        self.host = host
        self.entries = entries
    }
}

/// Reads entries as if they stood in a file, each behind its time: what a program wrote (JSON, logfmt, access logs, headers, stack
/// traces over many entries or within one) is read as it is there. The time is the store's; what the text says of itself comes
/// first in all other things but the level.
package enum LogEntryReader {
    /// - Parameters:
    ///   - offset: where the page begins in all that was read of the source, so that no two records have one place;
    ///     `batch.sourceCount` bytes are added to it.
    ///   - firstLine: likewise its line; `consumedLines` are added.
    /// - Returns: nil when there is nothing in the entries.
    package static func read(_ stream: LogStream, from document: DocumentOrigin, offset: Int64, firstLine: Int64) -> LogPage? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(stream.entries.reduce(0) { $0 + $1.text.utf8.count + 28 })
        var starts: [Int] = []
        for entry in stream.entries {
            starts.append(bytes.count)
            write(entry, into: &bytes)
        }
        var origin = document
        origin.service = stream.service ?? document.service
        guard var page = read(lines: bytes, from: origin, offset: offset, firstLine: firstLine) else { return nil }
        complete(&page.batch, stream, starts)
        return page
    }

    /// The same for lines that stand behind their times already, each of an entry of its own.
    package static func read(
        lines: [UInt8], host: String = "", from document: DocumentOrigin, offset: Int64, firstLine: Int64
    ) -> LogPage? {
        // Without a pattern there is nothing that could be wrong with it.
        guard !lines.isEmpty, let reader = try? LogReader(format: .timestamps, pattern: nil, referenceTime: document.fallbackTime) else {
            return nil
        }
        let layout = lines.withUnsafeBytes { reader.detect(head: UnsafeRawBufferPointer(rebasing: $0.prefix(64 << 10))) }
        var page = reader.read(
            lines, origin: document, offset: offset, firstLine: firstLine, layout: layout, carriedTimeMs: nil, isEnd: true)
        let range = append(host, to: &page.batch)
        for index in page.batch.records.indices where page.batch.records[index].host.isAbsent { page.batch.records[index].host = range }
        return page
    }

    private static func append(_ text: String, limit: Int = 200, to batch: inout LogBatch) -> ByteRange {
        guard !text.isEmpty else { return .absent }
        let start = batch.bytes.count
        batch.bytes.append(contentsOf: text.clipped(toBytes: limit).utf8)
        return ByteRange(start: start, count: batch.bytes.count - start)
    }

    /// A line that begins with a digit could be taken for one with a time.
    private static func write(_ entry: LogEntry, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: entry.time.rfc3339.utf8)
        bytes.append(32)
        var isFirst = true
        for line in entry.text.utf8.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            if !isFirst, let first = line.first, ByteScanner.isDigit(first) { bytes.append(32) }
            isFirst = false
            bytes.append(contentsOf: line)
            bytes.append(10)
        }
        if isFirst { bytes.append(10) }
    }

    /// Adds what the store knows of each record.
    private static func complete(_ batch: inout LogBatch, _ stream: LogStream, _ starts: [Int]) {
        let host = append(stream.host, to: &batch)
        var at = 0
        for index in batch.records.indices {
            var record = batch.records[index]
            while at + 1 < starts.count, starts[at + 1] <= record.record.lower { at += 1 }
            let entry = stream.entries[at]
            if entry.level != .unknown {
                record.level = entry.level
            } else if record.level == .unknown {
                record.level = entry.guessedLevel
            }
            if record.host.isAbsent { record.host = host }
            if record.traceID.isAbsent { record.traceID = append(entry.traceID, to: &batch) }
            if record.spanID.isAbsent { record.spanID = append(entry.spanID, to: &batch) }
            if record.stack.isAbsent { record.stack = append(entry.stack, limit: Limits.bodyBytes, to: &batch) }
            batch.records[index] = record
        }
    }
}
