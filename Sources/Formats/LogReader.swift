import Model

/// Why a reader cannot be made: the fault is in the configuration.
package enum LogReaderError: Error, Equatable, CustomStringConvertible {
    /// PCRE2's own words, and the byte of the pattern they are about.
    case badPattern(pattern: String, offset: Int, reason: String)
    case patternWithoutGroups(pattern: String)
    case patternMissing

    package var description: String {
        switch self {
        case .badPattern(let pattern, let offset, let reason):
            "the pattern `\(pattern.clipped(to: 120))` is not a regular expression: \(reason) at offset \(offset)"
        case .patternWithoutGroups(let pattern):
            "the pattern `\(pattern.clipped(to: 120))` names none of the groups \(PatternLog.groupNames.map { "`\($0)`" }.joined(separator: ", "));"
                + " write for example `(?<message>.*)`"
        case .patternMissing: "the log format `pattern` needs a pattern; write one with the groups `time`, `level` and `message`"
        }
    }
}

/// What was read of one page of a log file.
package struct LogPage: Sendable {
    package var batch: LogBatch
    /// Up to the end of the last complete record. A record that may go on in the next page is left for it.
    package var consumedBytes: Int
    package var consumedLines: Int64
    /// Where the last record of the batch begins, in bytes from the page's first; `consumedBytes` when there is none.
    /// Reading again from here re-reads that record when the file has grown.
    package var lastRecordStart: Int
    package var lastRecordLine: Int64
    /// The time that a line without one gets from here on.
    package var carriedTimeMs: Int64?
    /// The first `Limits.deadLettersPerFile` of what was refused.
    package var rejections: [Rejection]
    /// All that was refused, shown or not.
    package var rejectedCount: Int
}

/// Reads log files of every format we know: bytes in, records and refusals out.
///
/// A reader is configured once and then used for any number of files: `detect` learns a file's layout from its head,
/// `read` turns its bytes into records page by page. Neither fails, whatever the bytes are. Nothing is allocated per line:
/// records are ranges into the page, and what must be unescaped goes behind the page's own bytes.
package struct LogReader: Sendable {
    let format: LogFormat?
    let pattern: PatternLog?
    let referenceTime: Instant
    let defaultOffsetMinutes: Int
    /// Ranges are 32 bits wide, and unescaping may add to the bytes.
    private static let readableBytes = 256 << 20

    /// - Parameters:
    ///   - format: nil to tell it from the first lines.
    ///   - pattern: a PCRE2 expression with named groups (`PatternLog.groupNames`); by itself it means `format: .pattern`.
    ///   - referenceTime: places times without a year: in the latest year that makes them at most a day later than this.
    ///   - defaultOffsetMinutes: what a time without a zone is ahead of UTC.
    package init(format: LogFormat?, pattern: String?, referenceTime: Instant, defaultOffsetMinutes: Int = 0) throws(LogReaderError) {
        if let pattern {
            self.pattern = try PatternLog(pattern)
        } else if format == .pattern {
            throw .patternMissing
        } else {
            self.pattern = nil
        }
        self.format = pattern != nil && format == nil ? .pattern : format
        self.referenceTime = referenceTime
        self.defaultOffsetMinutes = defaultOffsetMinutes
    }

    /// Reads a page. The `layout` is `detect`'s for the head of the same file.
    ///
    /// - Parameters:
    ///   - bytes: at most 256 MiB are read; usually `Limits.logPageBytes`.
    ///   - offset: of the page's first byte in the (decompressed) file; `firstLine` is its line, from 1.
    ///   - carriedTimeMs: the page before's.
    ///   - isEnd: true when the file ends with these bytes. Otherwise the last record is left for the next page, unless a
    ///     page of `Limits.logPageBytes` holds nothing else.
    package func read(
        _ bytes: consuming [UInt8], origin: DocumentOrigin, offset: Int64, firstLine: Int64, layout: LogLayout, carriedTimeMs: Int64?,
        isEnd: Bool
    ) -> LogPage {
        let time = LogTime(referenceTime: referenceTime, offsetMinutes: defaultOffsetMinutes)
        let sourceCount = bytes.count
        var page = LogPage(
            batch: LogBatch(
                bytes: [], sourceCount: sourceCount, records: [], path: origin.path, offset: offset, firstLine: firstLine,
                defaultService: origin.service ?? Self.serviceName(ofPath: origin.path), environment: origin.environment),
            consumedBytes: 0, consumedLines: 0, lastRecordStart: 0, lastRecordLine: firstLine, carriedTimeMs: carriedTimeMs,
            rejections: [], rejectedCount: 0)
        // What was unescaped lives apart until the page's own bytes are no longer borrowed.
        let tail: LogTail? = bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            return LogKeys.shared.entries.withUnsafeBufferPointer { keys in
                guard let table = keys.baseAddress else { return nil }
                var reader = LogPageReader(
                    source: base, count: min(buffer.count, Self.readableBytes), keys: table, time: time, layout: layout,
                    pattern: pattern?.matcher(), offset: offset, firstLine: firstLine, carriedTimeMs: carriedTimeMs,
                    fallbackMs: origin.fallbackTime.ms)
                defer { reader.deallocate() }
                reader.readLines(isEnd: isEnd && buffer.count <= Self.readableBytes)
                reader.finish(&page)
                return reader.tail
            }
        }
        if let tail {
            if tail.count > 0 { bytes.append(contentsOf: UnsafeBufferPointer(start: tail.base, count: tail.count)) }
            tail.deallocate()
        }
        page.batch.bytes = bytes
        return page
    }

    /// The service a path suggests: `checkout` for `logs/checkout.log.1.gz`; the container's name in the paths of
    /// Kubernetes (`pods/shop_web-1_uid/checkout/0.log`, `containers/web-1_shop_checkout-<64 hex digits>.log`).
    package static func serviceName(ofPath path: String) -> String {
        let parts = path.split(separator: "/")
        guard let file = parts.last else { return "" }
        var stem = file.split(separator: ".", omittingEmptySubsequences: false).first.map(String.init) ?? ""
        if stem.isEmpty { stem = String(file.drop { $0 == "." }) }
        if parts.count > 1, stem.utf8.allSatisfy({ ByteScanner.isDigit($0) }) { return String(parts[parts.count - 2]) }
        let pieces = stem.split(separator: "_")
        if pieces.count == 3, let dash = pieces[2].lastIndex(of: "-") {
            let identifier = pieces[2][pieces[2].index(after: dash)...]
            if identifier.utf8.count == 64, identifier.utf8.allSatisfy({ ByteScanner.hexValue($0) >= 0 }) {
                return String(pieces[2][..<dash])
            }
        }
        return stem
    }
}
