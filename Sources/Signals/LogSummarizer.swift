import Model

/// Folds log batches into counts per service, masked line ("leaf"), level and minute, with the earliest few records of
/// each hour as exemplars. Batches may come in any order and any cut: the merged summaries are the same.
///
/// The hot path is one scan of the message's bytes and one table probe; a record makes no `String` and allocates nothing
/// unless its leaf is new or it becomes an exemplar.
///
/// Bounds: past `Limits.servicesPerSource` services a record counts for its batch's default service. Past
/// `Limits.leavesPerService` leaves of a service a new message counts for the leaf of its first three words, and past a
/// twentieth more of those for the leaf `<*>`. Only beyond these bounds does the order of arrival show.
package struct LogSummarizer {
    private let redact: @Sendable (String) -> RedactedText
    private let masker = LineMasker()
    private var services = ServiceTable()
    private var slots = SlotTable()
    private var exemplars: ExemplarKeeper

    private var leaves: [LogLeaf] = []
    private var leafIndex: [Int64: Int32] = [:]
    /// How many leaves each service has, by service index.
    private var leafCounts: [Int] = []
    private var flushed: [Flushed] = []
    /// How many counts the last compaction left.
    private var compactedCount = 0
    private var lines: [Line] = []
    private var traces = LeastTraces()
    private var recordCount = 0
    private var timelessCount = 0
    private var redactions: [String: Int] = [:]

    /// A count that is no longer the current one of its slot.
    private struct Flushed {
        var service: Int32
        var leaf: Int32
        var level: UInt8
        var minute: Int64
        var count: Int64
        init(_ slot: LogSlot) {
            service = slot.service
            leaf = slot.leaf
            level = slot.level
            minute = slot.minute
            count = slot.count
        }
    }

    /// A record of a request, by the numbers of this summarizer.
    private struct Line {
        var service: Int32
        var leaf: Int32
        var level: UInt8
        var timeMs: Int64
        var place: Int64
        var trace: UInt64
        var span: UInt64
        /// In `LeastTraces`.
        var sample: Int32
    }

    /// `redact` takes secrets out of a text before it is kept. `stack` reads a stack trace, given the message and what
    /// follows it, already redacted.
    package init(redact: @escaping @Sendable (String) -> RedactedText, stack: @escaping @Sendable (String) -> StackSummary?) {
        self.redact = redact
        exemplars = ExemplarKeeper(redact: redact, stack: stack)
    }

    package mutating func add(_ batch: LogBatch) {
        guard !batch.records.isEmpty else { return }
        if slots.count > Self.maximumSlots { forgetSlots() }
        let defaultService = services.index(of: batch.defaultService)
        exemplars.begin(batch)
        batch.bytes.withUnsafeBufferPointer { buffer in
            guard let bytes = buffer.baseAddress else { return }
            batch.records.withUnsafeBufferPointer { records in
                var minute: Int64 = .min
                var minuteStart: Int64 = 0
                for index in 0..<records.count {
                    let isKnown = index == 0 && batch.firstRecordIsKnown
                    let time = records[index].timeMs
                    if !isKnown { recordCount &+= 1 }
                    if minute == .min || time < minuteStart || time &- minuteStart >= .minuteMs {
                        guard Instant.representable.contains(Instant(ms: time)) else {
                            if !isKnown { timelessCount &+= 1 }
                            continue
                        }
                        minute = time.floorDivided(by: .minuteMs)
                        minuteStart = minute * .minuteMs
                    }
                    add(records[index], index, bytes, buffer.count, minute, defaultService, batch.offset, isKnown: isKnown)
                }
            }
        }
        exemplars.end(batch, services: services, leaves: leaves, redactions: &redactions)
        if flushed.count > max(Self.maximumFlushed, compactedCount * 2) { compact() }
    }

    private static let maximumSlots = 1 << 18
    private static let maximumLeaves = 1 << 18
    private static let maximumFlushed = 1 << 18

    @inline(__always)
    private mutating func add(
        _ record: LogRecord, _ index: Int, _ bytes: UnsafePointer<UInt8>, _ byteCount: Int, _ minute: Int64, _ defaultService: Int32,
        _ offset: Int64, isKnown: Bool
    ) {
        let start = record.message.lower
        let end = record.message.upper
        guard start >= 0, end >= start, end <= byteCount else { return }
        var level = record.level
        if level == .unknown, ErrorWords.beginsLikeException(bytes, start, end) { level = .error }
        var service = defaultService
        if !record.service.isAbsent, record.service.lower >= 0, record.service.upper <= byteCount {
            service = services.index(of: bytes + record.service.lower, Int(record.service.count)) ?? defaultService
        }
        let message = masker.key(bytes, start, end, limit: byteCount)
        let salt = UInt64(truncatingIfNeeded: service) << 8 | UInt64(level.rawValue)
        let key = mixed(message ^ salt &* 0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93) | 1
        let slot: Int
        if let found = slots.find(key) { slot = found } else { slot = insert(key, bytes, start, end, service, level) }
        if !isKnown, let before = slots.count(slot, in: minute) { flushed.append(Flushed(before)) }
        if !exemplars.isTooLate(record.timeMs, slots[slot]) || isKnown {
            slots[slot].bound = exemplars.offer(record, index, service: service, leaf: slots[slot].leaf, level: level)
        }
        if !isKnown, !record.traceID.isAbsent { keep(record, slot, bytes, byteCount, minute, offset) }
    }

    private mutating func keep(
        _ record: LogRecord, _ slot: Int, _ bytes: UnsafePointer<UInt8>, _ byteCount: Int, _ minute: Int64, _ offset: Int64
    ) {
        func hash(_ range: ByteRange) -> UInt64 {
            guard !range.isAbsent, range.lower >= 0, range.upper <= byteCount, range.count > 0 else { return 0 }
            return hashed(bytes + range.lower, Int(range.count)) | 1
        }
        let trace = hash(record.traceID)
        guard trace != 0, let sample = traces.admit(trace, service: slots[slot].service, minute: minute) else { return }
        lines.append(
            Line(
                service: slots[slot].service, leaf: slots[slot].leaf, level: slots[slot].level, timeMs: record.timeMs,
                place: offset &+ Int64(record.record.lower), trace: trace, span: hash(record.spanID),
                sample: sample))
        if lines.count >= Self.maximumLines { thin() }
    }

    private static let maximumLines = 1 << 18

    /// Past the bound only the traces with the least hashes stay; a sample of a sample, the same in any order.
    private mutating func thin() {
        lines.sort { ($0.trace, $0.timeMs, $0.place) < ($1.trace, $1.timeMs, $1.place) }
        lines.removeLast(lines.count / 2)
    }

    // MARK: - The miss

    private mutating func insert(
        _ key: UInt64, _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ service: Int32, _ level: LogLevel
    ) -> Int {
        while leafCounts.count <= Int(service) { leafCounts.append(0) }
        let masked = String(decoding: masker.pattern(of: bytes), as: UTF8.self)
        let redacted = redact(masked)
        var pattern = redacted.text.clipped(toBytes: LineMasker.maximumBytes * 2)
        var id = Self.leafID(of: pattern)
        let held = leafCounts[Int(service)]
        if leafIndex[id] == nil, held >= Limits.leavesPerService || leaves.count >= Self.maximumLeaves {
            pattern = held < Limits.leavesPerService + Limits.leavesPerService / 20 ? Self.head(of: pattern) : "<*>"
            id = Self.leafID(of: pattern)
        }
        if let known = leafIndex[id] { return slots.insert(key, leaf: known, service: service, level: level) }
        for (kind, count) in redacted.counts { redactions[kind, default: 0] += count }
        let leaf = Int32(leaves.count)
        leaves.append(LogLeaf(id: id, pattern: pattern))
        leafIndex[id] = leaf
        leafCounts[Int(service)] += 1
        return slots.insert(key, leaf: leaf, service: service, level: level)
    }

    /// The identity of a masked line: 63 bits of SHA-256 of its redacted text, never 0.
    package static func leafID(of pattern: String) -> Int64 {
        max(1, Int64(bitPattern: SHA256Digest.prefix64(of: pattern) & 0x7FFF_FFFF_FFFF_FFFF))
    }

    static func head(of pattern: String) -> String {
        pattern.split(separator: " ").prefix(3).joined(separator: " ") + " <*>"
    }

    // MARK: - Giving away

    /// Everything since the last call, sorted; what is remembered of leaves stays, so that later batches stay fast.
    package mutating func take() -> LogSummary {
        compact()
        let ranks = services.ranks()
        var seen: Set<Int32> = []
        var rows = flushed.map { (rank: ranks[Int($0.service)], id: leaves[Int($0.leaf)].id, count: $0) }
        rows.sort { ($0.rank, $0.id, $0.count.level, $0.count.minute) < ($1.rank, $1.id, $1.count.level, $1.count.minute) }
        var counts: [LogCount] = []
        counts.reserveCapacity(rows.count)
        for row in rows {
            seen.insert(row.count.leaf)
            counts.append(
                LogCount(
                    service: services.name(row.count.service), leaf: row.id, level: LogLevel(rawValue: row.count.level) ?? .unknown,
                    minute: row.count.minute, count: row.count.count))
        }
        let kept = exemplars.take()
        for exemplar in kept { if let index = leafIndex[exemplar.leaf] { seen.insert(index) } }
        let traced = TracedLines.sampled(
            lines.filter { traces.isAmongLeast($0.trace, $0.sample) }.map { line in
                TracedLine(
                    service: services.name(line.service), trace: line.trace, span: line.span, timeMs: line.timeMs, place: line.place,
                    leaf: leaves[Int(line.leaf)].id, level: LogLevel(rawValue: line.level) ?? .unknown)
            })
        let summary = LogSummary(
            leaves: seen.map { leaves[Int($0)] }.sorted { $0.id < $1.id }, counts: counts, exemplars: kept, lines: traced,
            recordCount: recordCount, timelessCount: timelessCount, redactions: redactions)
        flushed.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
        traces = LeastTraces()
        recordCount = 0
        timelessCount = 0
        redactions = [:]
        if leaves.count >= Self.maximumLeaves {
            forgetSlots()
            leaves = []
            leafIndex = [:]
            leafCounts = []
            exemplars.forget()
        }
        return summary
    }

    /// Flushes every slot and adds up equal counts.
    private mutating func compact() {
        for slot in 0..<slots.count where slots[slot].count > 0 {
            flushed.append(Flushed(slots[slot]))
            slots[slot].count = 0
        }
        flushed.sort { ($0.service, $0.leaf, $0.level, $0.minute) < ($1.service, $1.leaf, $1.level, $1.minute) }
        var out = 0
        for item in flushed {
            if out > 0, flushed[out - 1].leaf == item.leaf, flushed[out - 1].minute == item.minute, flushed[out - 1].level == item.level,
                flushed[out - 1].service == item.service
            {
                flushed[out - 1].count &+= item.count
            } else {
                flushed[out] = item
                out += 1
            }
        }
        flushed.removeLast(flushed.count - out)
        compactedCount = out
    }

    /// Free text makes a slot a line: the table is emptied rather than let grow, and rebuilt by what still comes.
    private mutating func forgetSlots() {
        compact()
        slots = SlotTable()
    }
}

/// One message at a time, for commands that show templates: slow, exact, the same leaves as `LogSummarizer`'s.
package struct LogMessageMask {
    private let masker = LineMasker()
    package init() {}
    /// The leaf of a message that holds no secret.
    package func leaf(of message: [UInt8]) -> LogLeaf {
        let pattern = message.withUnsafeBufferPointer { buffer -> String in
            guard let base = buffer.baseAddress else { return "" }
            _ = masker.key(base, 0, buffer.count, limit: buffer.count)
            return String(decoding: masker.pattern(of: base), as: UTF8.self)
        }
        return LogLeaf(id: LogSummarizer.leafID(of: pattern), pattern: pattern)
    }
}
