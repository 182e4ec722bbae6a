import Model

/// Up to when an hour still takes exemplars of a slot's leaf, as far as the slot remembers.
struct ExemplarBound {
    var hour: Int64 = .min
    /// Records of that hour after this are too late.
    var timeMs: Int64 = .max
    /// The batch that set the bound: in it, an equal time is too late as well, since offsets grow.
    var batch: Int32 = -1
}

/// Keeps the earliest `Limits.exemplarsPerLeafHour` records of each service, leaf and hour, by (time, path, offset). A
/// record becomes text only when it is still among them at the end of its batch.
struct ExemplarKeeper {
    private struct Key: Hashable {
        var service: Int32
        var leaf: Int32
        var hour: Int64
    }
    private struct Kept {
        var timeMs: Int64
        var path: String
        var offset: Int64
        /// Index into the present batch, or -1 once it has become text.
        var record: Int32
        var level: LogLevel
    }

    private let redact: @Sendable (String) -> RedactedText
    private let stack: @Sendable (String) -> StackSummary?
    private var kept: [Key: [Kept]] = [:]
    private var pending: [Key] = []
    /// Made since the last `take`. What was given away stays in `kept`, so that later batches offer only earlier records.
    private var made: [LogExemplar] = []
    private var path = ""
    private var baseOffset: Int64 = 0
    private var batch: Int32 = 0

    init(redact: @escaping @Sendable (String) -> RedactedText, stack: @escaping @Sendable (String) -> StackSummary?) {
        self.redact = redact
        self.stack = stack
    }

    mutating func begin(_ batch: LogBatch) {
        path = batch.path
        baseOffset = batch.offset
        self.batch &+= 1
    }

    @inline(__always)
    func isTooLate(_ timeMs: Int64, _ slot: LogSlot) -> Bool {
        let bound = slot.bound
        guard timeMs >= bound.hour, timeMs &- bound.hour < .hourMs else { return false }
        return timeMs > bound.timeMs || timeMs == bound.timeMs && bound.batch == batch
    }

    /// Gives the bound that the slot may remember.
    mutating func offer(_ record: LogRecord, _ index: Int, service: Int32, leaf: Int32, level: LogLevel) -> ExemplarBound {
        let hour = record.timeMs.floorDivided(by: .hourMs) * .hourMs
        let key = Key(service: service, leaf: leaf, hour: hour)
        let offset = baseOffset &+ Int64(record.record.start)
        let new = Kept(timeMs: record.timeMs, path: path, offset: offset, record: Int32(truncatingIfNeeded: index), level: level)
        var list = kept[key] ?? []
        if let same = list.firstIndex(where: { $0.timeMs == new.timeMs && $0.offset == offset && $0.path == path }) {
            list[same] = new
        } else {
            let place = list.firstIndex { Self.isBefore(new, $0) } ?? list.count
            guard place < Limits.exemplarsPerLeafHour else { return bound(hour, list) }
            list.insert(new, at: place)
            if list.count > Limits.exemplarsPerLeafHour { list.removeLast() }
        }
        kept[key] = list
        pending.append(key)
        return bound(hour, list)
    }

    private func bound(_ hour: Int64, _ list: [Kept]) -> ExemplarBound {
        guard list.count >= Limits.exemplarsPerLeafHour, let last = list.last else { return ExemplarBound() }
        return ExemplarBound(hour: hour, timeMs: last.timeMs, batch: last.record >= 0 ? batch : -1)
    }

    private static func isBefore(_ left: Kept, _ right: Kept) -> Bool {
        (left.timeMs, left.path, left.offset) < (right.timeMs, right.path, right.offset)
    }

    // MARK: - Becoming text

    mutating func end(_ batch: LogBatch, services: ServiceTable, leaves: [LogLeaf], redactions: inout [String: Int]) {
        defer { pending.removeAll(keepingCapacity: true) }
        var wanted: [(key: Key, place: Int, record: Int)] = []
        for key in Set(pending) {
            for (place, item) in (kept[key] ?? []).enumerated() where item.record >= 0 { wanted.append((key, place, Int(item.record))) }
        }
        // In the order of the file, so that lines are counted once.
        wanted.sort { ($0.record, $0.place) < ($1.record, $1.place) }
        var lines = LineCounter()
        for want in wanted {
            guard let item = kept[want.key]?[want.place] else { continue }
            let record = batch.records[want.record]
            let line = batch.firstLine &+ lines.count(in: batch.bytes, upTo: record.record.lower)
            made.append(
                exemplar(
                    record, item, batch, index: want.record, line: line, service: services.name(want.key.service),
                    leaf: leaves[Int(want.key.leaf)].id, redactions: &redactions))
            kept[want.key]?[want.place].record = -1
        }
    }

    /// Sorted; of a record that was refreshed only the last version.
    mutating func take() -> [LogExemplar] {
        var out: [LogExemplar] = []
        let order = made.indices.sorted { left, right in
            let (a, b) = (made[left], made[right])
            return (a.service, a.leaf, a.at.ms, a.path, a.offset) == (b.service, b.leaf, b.at.ms, b.path, b.offset)
                ? left < right : (a.service, a.leaf, a.at.ms, a.path, a.offset) < (b.service, b.leaf, b.at.ms, b.path, b.offset)
        }
        for index in order {
            let next = made[index]
            if let last = out.last, last.service == next.service, last.leaf == next.leaf, last.at == next.at, last.path == next.path,
                last.offset == next.offset
            {
                out[out.count - 1] = next
            } else {
                out.append(next)
            }
        }
        made = []
        if kept.count > Self.maximumRemembered { kept = [:] }
        return out
    }
    private static let maximumRemembered = 1 << 17

    /// Leaf numbers are about to be given anew.
    mutating func forget() { kept = [:] }

    private func exemplar(
        _ record: LogRecord, _ item: Kept, _ batch: LogBatch, index: Int, line: Int64, service: String, leaf: Int64,
        redactions: inout [String: Int]
    ) -> LogExemplar {
        func text(_ range: ByteRange, _ limit: Int) -> String {
            let lower = min(max(0, range.lower), batch.bytes.count)
            let upper = min(max(lower, range.upper), batch.bytes.count, lower &+ limit)
            return String(decoding: batch.bytes[lower..<upper], as: UTF8.self)
        }
        // A little more than is kept, so that no secret is cut in two before it is recognised.
        let redacted = redact(text(record.record, Limits.exemplarBytes + 1_024))
        for (kind, count) in redacted.counts { redactions[kind, default: 0] += count }
        var exemplar = LogExemplar(
            service: service, leaf: leaf, level: item.level, at: Instant(ms: item.timeMs), path: batch.path, offset: item.offset,
            line: line,
            text: redacted.text.clipped(toBytes: Limits.exemplarBytes))
        if !record.host.isAbsent { exemplar.host = redact(text(record.host, 256)).text }
        let writtenService = text(record.service, 256)
        if exemplar.host == nil, !writtenService.isEmpty, writtenService != service { exemplar.host = writtenService }
        if !record.traceID.isAbsent {
            let trace = text(record.traceID, 64)
            if trace.utf8.allSatisfy({ ByteClass.of($0) & ByteClass.hex != 0 || $0 == UInt8(ascii: "-") }) {
                exemplar.traceID = trace.lowercased()
            }
        }
        (exemplar.before, exemplar.after) = context(batch, index)
        let message = text(record.message, 4_096)
        if !record.stack.isAbsent || Self.looksLikeException(message) {
            let whole = record.stack.isAbsent ? message : message + "\n" + text(record.stack, 64 << 10)
            if let summary = stack(redact(whole).text) {
                exemplar.exception = summary.exception.isEmpty ? nil : summary.exception.clipped(to: Limits.titleCharacters)
                exemplar.frames = Array(summary.frames.prefix(Limits.stackFrames))
            }
        }
        return exemplar
    }

    static func looksLikeException(_ message: String) -> Bool {
        let head = message.utf8.prefix(512)
        let text = String(Substring(head))
        return ["Exception", "Traceback", "panic:", "Error:", "Caused by", "goroutine ", "Fatal error", "\tat ", "\n  at "].contains {
            text.contains($0)
        }
    }

    /// The records before and after in the same batch, redacted in one piece with this one, since a secret may reach over
    /// several lines; when the pieces cannot be told apart afterwards, there is no context.
    private func context(_ batch: LogBatch, _ index: Int) -> (before: [String], after: [String]) {
        let reach = Limits.exemplarContextLines
        let first = max(0, index - reach)
        let last = min(batch.records.count - 1, index + reach)
        guard first < last else { return ([], []) }
        let mark: UInt8 = 0x1e
        var joined: [UInt8] = []
        for record in first...last {
            if record > first { joined += [10, mark, 10] }
            let range = batch.records[record].record
            let lower = min(max(0, range.lower), batch.bytes.count)
            let upper = min(max(lower, range.upper), batch.bytes.count, lower &+ 1_024)
            for byte in batch.bytes[lower..<upper] where byte != mark { joined.append(byte) }
        }
        let redacted = Array(redact(String(decoding: joined, as: UTF8.self)).text.utf8)
        let parts = redacted.split(separator: mark, omittingEmptySubsequences: false)
        guard parts.count == last - first + 1 else { return ([], []) }
        let lines = parts.map { part in
            var part = part
            if part.first == 10 { part.removeFirst() }
            if part.last == 10 { part.removeLast() }
            return String(decoding: part, as: UTF8.self).clipped(toBytes: 512)
        }
        return (Array(lines[..<(index - first)]), Array(lines[(index - first + 1)...]))
    }
}

/// Newlines counted forward through one buffer.
private struct LineCounter {
    private var at = 0
    private var lines: Int64 = 0
    mutating func count(in bytes: [UInt8], upTo offset: Int) -> Int64 {
        let end = min(max(at, offset), bytes.count)
        lines &+= bytes.withUnsafeBytes { LineEnds.count(in: $0[at..<end]) }
        at = end
        return lines
    }
}
