/// How far a source is read: a small JSON document that only its connector understands.
package struct Cursor: Hashable, Codable, Sendable {
    package var state: JSONValue
    package init(_ state: JSONValue) { self.state = state }
}

/// Something that could not be read or sent: kept with reason, place and payload until a person retries or drops it.
package struct DeadLetter: Hashable, Sendable {
    /// The configured source or channel.
    package var origin: String
    /// `file.log:120`, `feed.xml, byte 812`, `outbox 17`
    package var place: String
    package var reason: String
    package var remedy: String
    /// The offending bytes, redacted, at most `Limits.deadLetterPayloadBytes`.
    package var payload: String
    package init(origin: String, place: String, reason: String, remedy: String = "", payload: String = "") {
        self.origin = origin
        self.place = place
        self.reason = reason
        self.remedy = remedy
        self.payload = payload
    }
}

/// One item a reader refused. `line` from 1 or `offset` from 0, whichever the format has.
package struct Rejection: Hashable, Sendable {
    package var reason: String
    package var line: Int64?
    package var offset: Int64?
    package var excerpt: String
    package init(reason: String, line: Int64? = nil, offset: Int64? = nil, excerpt: String = "") {
        self.reason = reason
        self.line = line
        self.offset = offset
        self.excerpt = excerpt
    }
}

/// What an object of a document says, whatever blanks stand in it: 128 bits of SHA-256.
package struct ObjectDigest: Hashable, Sendable {
    package var first: UInt64
    package var second: UInt64
    package init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }
}

/// What a pure reader made of some bytes: facts, telemetry, refusals. Never an exception.
package struct Reading: Sendable {
    package var events: [Event] = []
    /// Objects and lines that say nothing new when they come again (`DocumentOrigin.known`), of formats that repeat themselves.
    package var objects: [ObjectDigest] = []
    package var logs: [LogBatch] = []
    package var metrics: [MetricTrack] = []
    package var spans: [Span] = []
    package var tests: [TestResult] = []
    /// Call edges stated by the source itself (`topology.csv`).
    package var edges: [ServiceMap.Edge] = []
    package var rejections: [Rejection] = []
    package init() {}
    package mutating func append(_ other: Reading) {
        events += other.events
        objects += other.objects
        logs += other.logs
        metrics += other.metrics
        spans += other.spans
        tests += other.tests
        edges += other.edges
        rejections += other.rejections
    }
    /// Takes away what happened before `moment`. Records and tests without a time stay, and so do edges.
    package mutating func drop(before moment: Instant) {
        events.removeAll { $0.occurredAt < moment }
        for index in logs.indices {
            func isEarly(_ record: LogRecord) -> Bool {
                let at = Instant(ms: record.timeMs)
                return at < moment && Instant.representable.contains(at)
            }
            if let first = logs[index].records.first, isEarly(first) { logs[index].firstRecordIsKnown = false }
            logs[index].records.removeAll(where: isEarly)
        }
        for index in metrics.indices { metrics[index].points.removeAll { $0.timeMs < moment.ms } }
        metrics.removeAll { $0.points.isEmpty }
        spans.removeAll { $0.start < moment }
        tests.removeAll { $0.runAt.map { $0 < moment } ?? false }
    }
    /// Items accepted; a log record, sample, span, test or event each count one.
    package var acceptedCount: Int {
        events.count + logs.reduce(0) { $0 + $1.records.count } + metrics.reduce(0) { $0 + $1.points.count } + spans.count
            + tests.count + edges.count
    }
}

/// A problem with a place in a file and a remedy: `caseboard.yaml:31:4: no source kind is named …; did you mean …?`
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
    package enum Level: String, Sendable { case error, warning }
    package var level: Level
    package var file: String
    package var line: Int?
    package var column: Int?
    package var message: String
    package var remedy: String
    package init(level: Level = .error, file: String, line: Int? = nil, column: Int? = nil, message: String, remedy: String = "") {
        self.level = level
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        self.remedy = remedy
    }
    package var description: String {
        var place = file
        if let line { place += ":\(line)" }
        if let line, line > 0, let column { place += ":\(column)" }
        return "\(place): \(message)" + (remedy.isEmpty ? "" : "; \(remedy)")
    }
}

/// The nearest of `candidates` within a third of the word's length (Damerau–Levenshtein, restricted), for "did you mean".
package func nearestName(to word: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(1, word.count / 3)
    let scored = candidates.map { (name: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
    return scored.filter { $0.distance <= limit }.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
}

private func editDistance(_ left: String, _ right: String) -> Int {
    let a = Array(left.utf8.prefix(64))
    let b = Array(right.utf8.prefix(64))
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var current = [i + 1]
        for j in 0..<b.count {
            var best = min(last[j + 1] + 1, current[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
            current.append(best)
        }
        beforeLast = last
        last = current
    }
    return last[b.count]
}

/// Where a document came from and what to assume when it does not say.
package struct DocumentOrigin: Hashable, Sendable {
    /// The configured source's name.
    package var origin: String
    /// Path for messages and for `exemplar_position`.
    package var path: String
    package var service: String?
    /// What the document calls a service, a repository or a workflow → the service here.
    package var services: [String: String] = [:]
    package var environment: String?
    /// The moment assumed for facts without a time (the file's modification time).
    package var fallbackTime: Instant
    /// Objects of this source whose event is stored, and lines of nothing else: a reader may pass over them.
    package var known: Set<ObjectDigest> = []
    package init(origin: String, path: String, service: String? = nil, environment: String? = nil, fallbackTime: Instant) {
        self.origin = origin
        self.path = path
        self.service = service
        self.environment = environment
        self.fallbackTime = fallbackTime
    }
}

/// A text without its secrets, and how many of each kind were taken out.
package struct RedactedText: Hashable, Sendable {
    package var text: String
    package var counts: [String: Int]
    package init(text: String, counts: [String: Int] = [:]) {
        self.text = text
        self.counts = counts
    }
}

/// What a stack trace says: the class of the exception (or the error's type) and its frames, innermost first.
package struct StackSummary: Hashable, Sendable {
    package var exception: String
    package var message: String
    package var frames: [StackFrame]
    package init(exception: String, message: String, frames: [StackFrame]) {
        self.exception = exception
        self.message = message
        self.frames = frames
    }
}
