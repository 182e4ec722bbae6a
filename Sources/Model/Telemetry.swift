/// Telemetry is bulk: log records, samples, spans. It is folded into aggregates that merge in any order (counts, minima,
/// unions by key), and only signals derived from these become events.

/// A range in a batch's bytes; `count` 0 means absent.
package struct ByteRange: Hashable, Sendable {
    package var start: Int32
    package var count: Int32
    @inlinable package init(start: Int, count: Int) {
        self.start = Int32(truncatingIfNeeded: start)
        self.count = Int32(truncatingIfNeeded: count)
    }
    package static let absent = ByteRange(start: 0, count: 0)
    @inlinable package var isAbsent: Bool { count == 0 }
    @inlinable package var lower: Int { Int(start) }
    @inlinable package var upper: Int { Int(start) + Int(count) }
}

/// The level of a log record. Raw values are stored; never renumber.
package enum LogLevel: UInt8, CaseIterable, Codable, Sendable, Comparable {
    case unknown = 0
    case trace, debug, info, notice, warning, error, critical
    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
    package var word: String {
        switch self {
        case .unknown: "unknown"
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        case .critical: "critical"
        }
    }
    package var severity: Severity {
        switch self {
        case .critical: .critical
        case .error: .high
        case .warning: .medium
        case .notice: .low
        default: .info
        }
    }
}

/// One log record as ranges into its batch. A record is a line and the continuation lines (a stack trace) that follow it.
package struct LogRecord: Sendable {
    /// Epoch milliseconds; `LogRecord.noTime` when the line says none (the reader then carries the last known time on).
    package var timeMs: Int64
    /// The whole record in the source's own bytes, without the final newline.
    package var record: ByteRange
    package var message: ByteRange
    package var service: ByteRange
    package var host: ByteRange
    package var traceID: ByteRange
    package var spanID: ByteRange
    /// Continuation lines, usually a stack trace; or the value of a `stack`/`exception` field.
    package var stack: ByteRange
    package var level: LogLevel
    package init(
        timeMs: Int64, level: LogLevel, record: ByteRange, message: ByteRange, service: ByteRange = .absent,
        host: ByteRange = .absent, traceID: ByteRange = .absent, spanID: ByteRange = .absent, stack: ByteRange = .absent
    ) {
        self.timeMs = timeMs
        self.level = level
        self.record = record
        self.message = message
        self.service = service
        self.host = host
        self.traceID = traceID
        self.spanID = spanID
        self.stack = stack
    }
    package static let noTime = Int64.min
}

/// A chunk of one log file, parsed. `bytes` begins with the `sourceCount` bytes of the source; unescaped strings are
/// appended behind them, so every range of every record indexes the one buffer.
package struct LogBatch: Sendable {
    package var bytes: [UInt8]
    package var sourceCount: Int
    package var records: [LogRecord]
    /// Where the chunk stands: a path as configured or found, the byte offset of its first byte, 1-based first line number.
    package var path: String
    package var offset: Int64
    package var firstLine: Int64
    /// True when the first record was counted by an earlier page and is here only because it grew (more stack frames):
    /// its exemplar is refreshed, its count is not.
    package var firstRecordIsKnown: Bool
    /// Used when a record names no service.
    package var defaultService: String
    package var environment: String?
    package init(
        bytes: [UInt8], sourceCount: Int, records: [LogRecord], path: String, offset: Int64, firstLine: Int64,
        firstRecordIsKnown: Bool = false, defaultService: String, environment: String? = nil
    ) {
        self.bytes = bytes
        self.sourceCount = sourceCount
        self.records = records
        self.path = path
        self.offset = offset
        self.firstLine = firstLine
        self.firstRecordIsKnown = firstRecordIsKnown
        self.defaultService = defaultService
        self.environment = environment
    }
}

// MARK: - Log aggregates

/// One distinct masked line ("leaf"). Templates are unions of leaves, computed from the *set* of leaves, so that they do
/// not depend on the order of arrival.
package struct LogLeaf: Hashable, Sendable, Codable {
    /// Hash of the redacted masked text; positive.
    package var id: Int64
    /// The masked text, tokens as written, each parameter as `<*>`; redacted.
    package var pattern: String
    package init(id: Int64, pattern: String) {
        self.id = id
        self.pattern = pattern
    }
}

package struct LogCount: Hashable, Sendable {
    package var service: String
    package var leaf: Int64
    package var level: LogLevel
    package var minute: Int64
    package var count: Int64
    package init(service: String, leaf: Int64, level: LogLevel, minute: Int64, count: Int64) {
        self.service = service
        self.leaf = leaf
        self.level = level
        self.minute = minute
        self.count = count
    }
}

/// A raw record kept as an example of its leaf: the earliest few of each service, leaf and hour.
package struct LogExemplar: Hashable, Sendable {
    package var service: String
    package var leaf: Int64
    package var level: LogLevel
    package var at: Instant
    package var path: String
    package var offset: Int64
    package var line: Int64
    package var host: String?
    package var traceID: String?
    /// The record, redacted, at most `Limits.exemplarBytes`.
    package var text: String
    /// Neighbouring lines of the same file, redacted.
    package var before: [String]
    package var after: [String]
    /// From its stack trace, when there is one.
    package var exception: String?
    package var frames: [StackFrame]
    package init(
        service: String, leaf: Int64, level: LogLevel, at: Instant, path: String, offset: Int64, line: Int64, host: String? = nil,
        traceID: String? = nil, text: String, before: [String] = [], after: [String] = [], exception: String? = nil,
        frames: [StackFrame] = []
    ) {
        self.service = service
        self.leaf = leaf
        self.level = level
        self.at = at
        self.path = path
        self.offset = offset
        self.line = line
        self.host = host
        self.traceID = traceID
        self.text = text
        self.before = before
        self.after = after
        self.exception = exception
        self.frames = frames
    }
}

/// What one or many log batches came to: mergeable in any order.
package struct LogSummary: Sendable {
    package var leaves: [LogLeaf]
    package var counts: [LogCount]
    package var exemplars: [LogExemplar]
    /// Records of requests, of a bounded sample of traces: see `TracedLines`.
    package var lines: [TracedLine]
    package var recordCount: Int
    /// Records without any time; they are counted here and nowhere else.
    package var timelessCount: Int
    package var redactions: [String: Int]
    package init(
        leaves: [LogLeaf] = [], counts: [LogCount] = [], exemplars: [LogExemplar] = [], lines: [TracedLine] = [], recordCount: Int = 0,
        timelessCount: Int = 0,
        redactions: [String: Int] = [:]
    ) {
        self.leaves = leaves
        self.counts = counts
        self.exemplars = exemplars
        self.lines = lines
        self.recordCount = recordCount
        self.timelessCount = timelessCount
        self.redactions = redactions
    }
}

/// What detectors see of one service's logs: every count in a span of minutes, the leaves, when each leaf was first seen
/// here (ever), and exemplars of the span.
package struct LogHistory: Sendable {
    package var service: String
    package var counts: [LogCount]
    package var leaves: [Int64: LogLeaf]
    package var firstSeen: [Int64: Instant]
    package var exemplars: [LogExemplar]
    /// The first minute this service ever logged in.
    package var serviceFirstSeen: Instant
    package init(
        service: String, counts: [LogCount], leaves: [Int64: LogLeaf], firstSeen: [Int64: Instant], exemplars: [LogExemplar],
        serviceFirstSeen: Instant
    ) {
        self.service = service
        self.counts = counts
        self.leaves = leaves
        self.firstSeen = firstSeen
        self.exemplars = exemplars
        self.serviceFirstSeen = serviceFirstSeen
    }
}

// MARK: - Metrics

package enum MetricKind: String, Codable, Sendable { case gauge, counter, unknown }

package struct MetricKey: Hashable, Comparable, Sendable, Codable {
    package var service: String
    package var instance: String
    package var metric: String
    package init(service: String, instance: String = "", metric: String) {
        self.service = service
        self.instance = instance
        self.metric = metric
    }
    package static func < (left: MetricKey, right: MetricKey) -> Bool {
        (left.service, left.metric, left.instance) < (right.service, right.metric, right.instance)
    }
}

package struct MetricPoint: Hashable, Sendable {
    package var timeMs: Int64
    package var value: Double
    package init(timeMs: Int64, value: Double) {
        self.timeMs = timeMs
        self.value = value
    }
}

/// Points of one series. In the store they are unique by time; of two values for one moment the larger stays.
package struct MetricTrack: Hashable, Sendable {
    package var key: MetricKey
    package var kind: MetricKind
    package var unit: String
    package var points: [MetricPoint]
    package init(key: MetricKey, kind: MetricKind = .unknown, unit: String = "", points: [MetricPoint]) {
        self.key = key
        self.kind = kind
        self.unit = unit
        self.points = points
    }
}

// MARK: - Traces

package enum SpanKind: UInt8, Codable, Sendable { case unknown = 0, `internal`, server, client, producer, consumer }

package struct Span: Hashable, Sendable {
    /// 32 lower-case hex digits.
    package var traceID: String
    /// 16 lower-case hex digits.
    package var spanID: String
    /// Empty for a root.
    package var parentID: String
    package var service: String
    package var instance: String
    package var operation: String
    package var kind: SpanKind
    package var start: Instant
    package var durationUs: Int64
    package var isError: Bool
    /// HTTP or gRPC status, exception message: one short line, redacted.
    package var statusText: String
    package var exception: String?
    package var frames: [StackFrame]
    package init(
        traceID: String, spanID: String, parentID: String = "", service: String, instance: String = "", operation: String,
        kind: SpanKind = .unknown, start: Instant, durationUs: Int64, isError: Bool = false, statusText: String = "",
        exception: String? = nil, frames: [StackFrame] = []
    ) {
        self.traceID = traceID
        self.spanID = spanID
        self.parentID = parentID
        self.service = service
        self.instance = instance
        self.operation = operation
        self.kind = kind
        self.start = start
        self.durationUs = durationUs
        self.isError = isError
        self.statusText = statusText
        self.exception = exception
        self.frames = frames
    }
}

// MARK: - Tests

package enum TestOutcome: String, Codable, Sendable { case passed, failed, errored, skipped }

package struct TestResult: Hashable, Sendable {
    package var suite: String
    package var className: String
    package var name: String
    package var file: String?
    package var line: Int?
    package var outcome: TestOutcome
    package var durationMs: Int64
    package var message: String
    package var detail: String
    package var exception: String?
    package var frames: [StackFrame]
    package var runAt: Instant?
    /// The build or file it came from; with the test's names it identifies the result.
    package var run: String
    package var commit: String?
    package var service: String?
    package init(
        suite: String, className: String = "", name: String, file: String? = nil, line: Int? = nil, outcome: TestOutcome,
        durationMs: Int64 = 0, message: String = "", detail: String = "", exception: String? = nil, frames: [StackFrame] = [],
        runAt: Instant? = nil, run: String = "", commit: String? = nil, service: String? = nil
    ) {
        self.suite = suite
        self.className = className
        self.name = name
        self.file = file
        self.line = line
        self.outcome = outcome
        self.durationMs = durationMs
        self.message = message
        self.detail = detail
        self.exception = exception
        self.frames = frames
        self.runAt = runAt
        self.run = run
        self.commit = commit
        self.service = service
    }
}

/// Which test a result is of.
package struct TestName: Hashable, Comparable, Sendable {
    package var suite: String
    package var className: String
    package var name: String
    package init(suite: String, className: String, name: String) {
        self.suite = suite
        self.className = className
        self.name = name
    }
    package init(_ result: TestResult) { self.init(suite: result.suite, className: result.className, name: result.name) }
    package static func < (left: TestName, right: TestName) -> Bool {
        (left.suite, left.className, left.name) < (right.suite, right.className, right.name)
    }
    /// `suite` is often the class once more.
    package var words: String {
        let group = className.isEmpty ? suite : className
        return group.isEmpty ? name : "\(group).\(name)"
    }
}
