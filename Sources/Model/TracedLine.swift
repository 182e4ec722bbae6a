/// One log record of a request: which message, when, in which trace. Ids are hashes; 0 is "none".
package struct TracedLine: Hashable, Comparable, Sendable {
    package var service: String
    package var trace: UInt64
    package var span: UInt64
    package var timeMs: Int64
    /// Where it stands in its file: what orders records of one millisecond.
    package var place: Int64
    package var leaf: Int64
    package var level: LogLevel
    package init(service: String, trace: UInt64, span: UInt64 = 0, timeMs: Int64, place: Int64 = 0, leaf: Int64, level: LogLevel) {
        self.service = service
        self.trace = trace
        self.span = span
        self.timeMs = timeMs
        self.place = place
        self.leaf = leaf
        self.level = level
    }
    /// The messages of one request in one service stand together, in order of time.
    package static func < (left: TracedLine, right: TracedLine) -> Bool {
        if left.trace != right.trace { return left.trace < right.trace }
        if left.span != right.span { return left.span < right.span }
        return (left.service, left.timeMs, left.place, left.leaf, left.level)
            < (right.service, right.timeMs, right.place, right.leaf, right.level)
    }
}

/// Which lines of requests are kept: of each service and minute those of the traces with the least hashes, and of each trace the
/// earliest lines. A sample that is the same for all services and in whatever order lines come (bottom-k sampling: Cohen and
/// Kaplan, "Summarizing data using bottom-k sketches", 2007).
package enum TracedLines {
    package static func sampled(_ lines: [TracedLine]) -> [TracedLine] {
        struct Place: Hashable {
            var service: String
            var minute: Int64
        }
        let groups = Dictionary(grouping: lines) { Place(service: $0.service, minute: $0.timeMs.floorDivided(by: .minuteMs)) }
        return groups.values.flatMap(kept).sorted()
    }

    /// Lines of one service and minute, sorted, none twice.
    package static func kept(_ lines: [TracedLine]) -> [TracedLine] {
        var out: [TracedLine] = []
        var traces = 0
        var inTrace = 0
        for line in lines.sorted(by: {
            ($0.trace, $0.timeMs, $0.place, $0.span, $0.leaf) < ($1.trace, $1.timeMs, $1.place, $1.span, $1.leaf)
        }) {
            if let last = out.last, last.trace == line.trace {
                if last == line || inTrace >= Limits.linesPerTraceMinute { continue }
                inTrace += 1
            } else {
                traces += 1
                inTrace = 1
                if traces > Limits.tracesPerMinute { break }
            }
            out.append(line)
        }
        return out.sorted()
    }
}
