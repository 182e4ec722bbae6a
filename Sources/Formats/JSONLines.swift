import Model

/// What a field of a structured record means to us.
enum LogField: UInt8 {
    case none, time, level, message, service, host, trace, span, stack
    static let count = 9
}

/// Names of fields in structured logs, looked up by hash without making a string.
///
/// A name is told by its first and last eight bytes and its length; two names of more than 16 bytes that agree in these
/// are taken for one another, which costs at most a wrong field. Of several names for one field the earlier in the list
/// wins. A name in an object is looked up with its object's number, and is the same as the name with a dot.
struct LogKeys: Sendable {
    struct Entry {
        var first: UInt64 = 0
        var last: UInt64 = 0
        var length: UInt8 = 0
        /// The number of the object it stands in; 0 for the line itself.
        var parent: UInt8 = 0
        var field = LogField.none
        var rank: UInt8 = 255
        /// Its own number when it is an object whose names we read.
        var group: UInt8 = 0
    }

    static let shared = LogKeys()
    static let size = 512
    /// `name`, which is the program in bunyan's records only.
    static let bunyanRank: UInt8 = 200
    /// `PRIORITY`, the one name whose numbers are syslog's.
    static let priorityRank: UInt8 = 5
    /// `_SYSTEMD_UNIT`, whose `.service` is cut off.
    static let unitRank: UInt8 = 100

    private(set) var entries: [Entry]

    private static let names: [(LogField, [String])] = [
        (
            .time,
            [
                "time", "timestamp", "@timestamp", "ts", "t", "datetime", "t.$date", "Timestamp", "@t", "asctime", "__REALTIME_TIMESTAMP",
                "instant.epochSecond",
            ]
        ),
        (
            .level,
            [
                "level", "severity", "lvl", "loglevel", "log.level", "PRIORITY", "levelname", "Level", "@l", "severity_text",
                "severityText", "log_level", "s",
            ]
        ),
        (
            .message,
            [
                "message", "msg", "log", "MESSAGE", "event", "fields.message", "fields.msg", "fields.event", "RenderedMessage", "Message",
                "@m", "@mt", "MessageTemplate", "short_message", "body", "error", "error.message", "err", "err.message",
                "exception.message",
            ]
        ),
        (
            .service,
            [
                "service", "service.name", "app", "service_name", "serviceName", "application", "resource.service.name", "app.name",
                "kubernetes.container_name", "container", "container.name", "container_name", "SYSLOG_IDENTIFIER",
            ]
        ),
        (
            .host,
            [
                "host", "hostname", "_HOSTNAME", "host.name", "host.hostname", "instance", "pod", "kubernetes.pod_name", "pod_name",
                "node",
            ]
        ),
        (
            .trace,
            ["trace_id", "traceId", "traceID", "trace", "trace.id", "fields.trace_id", "@tr", "TraceId", "dd.trace_id", "otelTraceID"]
        ),
        (.span, ["span_id", "spanId", "spanID", "span.id", "fields.span_id", "@sp", "SpanId", "dd.span_id", "otelSpanID"]),
        (
            .stack,
            [
                "stack", "stack_trace", "stacktrace", "exception", "error.stack", "exc_info", "error.stack_trace", "exception.stacktrace",
                "exception.stack_trace", "exception.stack", "err.stack", "Exception", "@x", "fields.stack", "fields.exception",
                "fields.error.stack", "full_message",
            ]
        ),
    ]

    private init() {
        entries = Array(repeating: Entry(), count: Self.size)
        var groups: [String: UInt8] = [:]
        for (field, names) in Self.names {
            for (rank, name) in names.enumerated() {
                insert(name, field, UInt8(rank), parent: 0)
                guard let dot = name.firstIndex(of: ".") else { continue }
                let object = String(name[..<dot])
                if groups[object] == nil {
                    groups[object] = UInt8(groups.count + 1)
                    if object == "fields" { groups["@fields"] = groups[object] }
                }
                insert(String(name[name.index(after: dot)...]), field, UInt8(rank), parent: groups[object] ?? 0)
            }
        }
        // Logstash's old `@fields` and tracing's `fields` hold the names of the line itself.
        if let fields = groups["fields"] {
            for (rank, name) in ["lvl", "level", "severity"].enumerated() { insert(name, .level, UInt8(50 + rank), parent: fields) }
        }
        insert("name", .service, Self.bunyanRank, parent: 0)
        insert("_SYSTEMD_UNIT", .service, Self.unitRank, parent: 0)
        for (object, number) in groups.sorted(by: { $0.key < $1.key }) { setGroup(object, number) }
    }

    private static func key(_ name: String) -> (first: UInt64, last: UInt64, length: Int) {
        let bytes = Array(name.utf8)
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return (0, 0, 0) }
            return words(ByteScanner(base, end: bytes.count), 0, bytes.count)
        }
    }

    private mutating func insert(_ name: String, _ field: LogField, _ rank: UInt8, parent: UInt8) {
        let slot = slot(for: name, parent: parent)
        guard entries[slot].field == .none else { return }
        entries[slot].field = field
        entries[slot].rank = rank
    }

    private mutating func setGroup(_ name: String, _ group: UInt8) { entries[slot(for: name, parent: 0)].group = group }

    /// The slot that has the name, or a free one that has it from now on.
    private mutating func slot(for name: String, parent: UInt8) -> Int {
        let key = Self.key(name)
        var slot = Self.hash(key.first, key.last, key.length, parent)
        while entries[slot].length != 0 {
            let entry = entries[slot]
            if entry.first == key.first, entry.last == key.last, Int(entry.length) == key.length, entry.parent == parent { return slot }
            slot = (slot + 1) % Self.size
        }
        entries[slot].first = key.first
        entries[slot].last = key.last
        entries[slot].length = UInt8(truncatingIfNeeded: key.length)
        entries[slot].parent = parent
        return slot
    }

    /// The first eight bytes (NULs behind a short name), the last eight of a longer one, and the length.
    @inline(__always)
    static func words(_ s: ByteScanner, _ start: Int, _ stop: Int) -> (first: UInt64, last: UInt64, length: Int) {
        let count = stop &- start
        let first = s.word(start)
        if count >= 8 { return (first, s.word(stop &- 8), count) }
        return (first & ((1 &<< UInt64(count &* 8)) &- 1), 0, count)
    }

    @inline(__always)
    static func hash(_ first: UInt64, _ last: UInt64, _ length: Int, _ parent: UInt8) -> Int {
        var mixed = first ^ (last &* 0x9E37_79B9_7F4A_7C15) ^ (UInt64(truncatingIfNeeded: length) &+ UInt64(parent) &* 64)
        mixed = mixed &* 0xBF58_476D_1CE4_E5B9
        return Int(truncatingIfNeeded: mixed &>> 55)
    }

    /// What the name at `start..<stop` means; an entry of field `none` and group 0 when it is none of ours.
    @inline(__always)
    static func find(_ table: UnsafePointer<Entry>, _ s: ByteScanner, _ start: Int, _ stop: Int, parent: UInt8) -> Entry {
        let count = stop &- start
        guard count > 0, count <= 32 else { return Entry() }
        let key = words(s, start, stop)
        var slot = hash(key.first, key.last, key.length, parent)
        while table[slot].length != 0 {
            let entry = table[slot]
            if entry.first == key.first, entry.last == key.last, Int(entry.length) == key.length, entry.parent == parent { return entry }
            slot = (slot &+ 1) & (size &- 1)
        }
        return Entry()
    }
}

/// The best value found so far for each field of a structured line.
struct LogFields {
    enum Kind: UInt8 { case text, escapedText, number, array }
    struct Value {
        var start = 0
        var end = 0
        var rank: UInt8 = 255
        var kind = Kind.text
        var isPresent: Bool { rank != 255 }
    }

    var time = Value()
    var level = Value()
    var message = Value()
    var service = Value()
    var host = Value()
    var trace = Value()
    var span = Value()
    var stack = Value()

    @inline(__always)
    mutating func set(_ entry: LogKeys.Entry, _ kind: Kind, _ start: Int, _ end: Int) {
        switch entry.field {
        case .none: return
        case .time: Self.set(&time, entry.rank, kind, start, end)
        case .level: Self.set(&level, entry.rank, kind, start, end)
        case .message: if kind != .number { Self.set(&message, entry.rank, kind, start, end) }
        case .service: if kind != .number { Self.set(&service, entry.rank, kind, start, end) }
        case .host: if kind != .number { Self.set(&host, entry.rank, kind, start, end) }
        case .trace: if kind != .number { Self.set(&trace, entry.rank, kind, start, end) }
        case .span: if kind != .number { Self.set(&span, entry.rank, kind, start, end) }
        case .stack: if kind != .number { Self.set(&stack, entry.rank, kind, start, end) }
        }
    }

    /// An earlier name wins; of equal names the last, as in most JSON readers; an empty value never.
    @inline(__always)
    private static func set(_ value: inout Value, _ rank: UInt8, _ kind: Kind, _ start: Int, _ end: Int) {
        guard rank <= value.rank, end > start else { return }
        value = Value(start: start, end: end, rank: rank, kind: kind)
    }
}

/// Reads one line of JSON for the fields we know, without building a tree.
///
/// The line must be one object: names, values and commas in their places, strings closed, brackets balanced to
/// `Limits.jsonDepth`. The inside of arrays and of objects we do not know is only skipped. RFC 8259.
struct JSONLineScanner {
    let s: ByteScanner
    let keys: UnsafePointer<LogKeys.Entry>
    var fields = LogFields()

    @inline(__always)
    init(_ s: ByteScanner, keys: UnsafePointer<LogKeys.Entry>) {
        self.s = s
        self.keys = keys
    }

    /// True when one object, and nothing else, stands between `start` and the end of the window.
    mutating func read(_ start: Int) -> Bool {
        guard s.byte(start) == 0x7B else { return false }
        let end = readObject(start, parent: 0)
        return end > 0 && skipSpace(end) == s.end
    }

    @inline(__always)
    private func skipSpace(_ from: Int) -> Int {
        var at = from
        while at < s.end, s.base[at] == 32 || s.base[at] == 9 || s.base[at] == 13 { at &+= 1 }
        return at
    }

    /// The place behind the object that begins at `start`, or -1.
    private mutating func readObject(_ start: Int, parent: UInt8) -> Int {
        var at = skipSpace(start &+ 1)
        if s.byte(at) == 0x7D { return at &+ 1 }
        while true {
            guard s.byte(at) == 0x22 else { return -1 }
            var escaped = false
            let nameStart = at &+ 1
            let nameEnd = s.closingQuote(nameStart, escaped: &escaped)
            guard nameEnd >= 0 else { return -1 }
            at = skipSpace(nameEnd &+ 1)
            guard s.byte(at) == 0x3A else { return -1 }
            at = skipSpace(at &+ 1)
            let entry = LogKeys.find(keys, s, nameStart, nameEnd, parent: parent)
            at = readValue(at, entry, mayOpen: parent == 0)
            guard at > 0 else { return -1 }
            at = skipSpace(at)
            switch s.byte(at) {
            case 0x2C: at = skipSpace(at &+ 1)
            case 0x7D: return at &+ 1
            default: return -1
            }
        }
    }

    @inline(__always)
    private mutating func readValue(_ start: Int, _ entry: LogKeys.Entry, mayOpen: Bool) -> Int {
        switch s.byte(start) {
        case 0x22:
            var escaped = false
            let end = s.closingQuote(start &+ 1, escaped: &escaped)
            guard end >= 0 else { return -1 }
            fields.set(entry, escaped ? .escapedText : .text, start &+ 1, end)
            return end &+ 1
        case 0x7B:
            return entry.group != 0 && mayOpen ? readObject(start, parent: entry.group) : skipNested(start)
        case 0x5B:
            let end = skipNested(start)
            if entry.field == .message, end > 0 { fields.set(entry, .array, start, end) }
            return end
        case 0x74: return s.has("true", start) ? start &+ 4 : -1
        case 0x66: return s.has("false", start) ? start &+ 5 : -1
        case 0x6E: return s.has("null", start) ? start &+ 4 : -1
        case 0x2D, 0x30...0x39:
            var end = start &+ 1
            while Self.isNumberByte(s.byte(end)) { end &+= 1 }
            fields.set(entry, .number, start, end)
            return end
        default: return -1
        }
    }

    @inline(__always)
    private static func isNumberByte(_ byte: UInt8) -> Bool {
        ByteScanner.isDigit(byte) || byte == 0x2E || byte | 0x20 == 0x65 || byte == 0x2B || byte == 0x2D
    }

    /// The place behind the array or object that begins at `start`, or -1 when brackets do not match or nest too deep.
    private func skipNested(_ start: Int) -> Int {
        // One bit per open bracket: 1 for an object.
        var kinds: UInt64 = 0
        var depth = 0
        var at = start
        while at < s.end {
            switch s.base[at] {
            case 0x22:
                var escaped = false
                at = s.closingQuote(at &+ 1, escaped: &escaped)
                guard at >= 0 else { return -1 }
            case 0x7B, 0x5B:
                guard depth < min(64, Limits.jsonDepth) else { return -1 }
                kinds = kinds &<< 1 | (s.base[at] == 0x7B ? 1 : 0)
                depth &+= 1
            case 0x7D, 0x5D:
                guard kinds & 1 == (s.base[at] == 0x7D ? 1 : 0) else { return -1 }
                kinds &>>= 1
                depth &-= 1
                if depth == 0 { return at &+ 1 }
            default: break
            }
            at &+= 1
        }
        return -1
    }
}
