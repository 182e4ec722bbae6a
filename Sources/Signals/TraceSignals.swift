import Model

/// Signals from spans: operations that became slow by themselves, calls that became slow on the way, operations that are slow
/// because of what they call (weaker, and they say so), operations in which errors begin, and services whose spans stay away while
/// others go on calling them.
package enum TraceSignals {
    /// Events whose onset lies in `onsets` (epoch ms), sorted by time, then fingerprint. `spans` in any order, from 24 h before;
    /// an event depends on the spans of the 24 h before and the 6 h after its onset.
    package static func derive(spans: [Span], onsets: Range<Int64>, origin: String) -> [Event] {
        guard !onsets.isEmpty else { return [] }
        // One order for all, so that a span stored twice counts the same way.
        let spans = spans.sorted {
            ($0.start.ms, $0.traceID, $0.spanID, $0.service, $0.operation) < ($1.start.ms, $1.traceID, $1.spanID, $1.service, $1.operation)
        }
        let index = TraceIndex(spans)
        let first = max(onsets.lowerBound, Instant.representable.lowerBound.ms).floorDivided(by: .minuteMs)
        let end = min(onsets.upperBound - 1, Instant.representable.upperBound.ms).floorDivided(by: .minuteMs) + 1
        var events: [Event] = []
        for (operation, items) in index.operations.sorted(by: { $0.key < $1.key }) {
            let own = SlowSpans(series: DurationSeries(items.map { (index.minute($0), index.selfMs($0)) })).findings(from: first, to: end)
            for finding in own where !index.lacksCallees(operation, finding) {
                events.append(index.slow(operation, finding, origin: origin))
            }
            let whole = SlowSpans(series: DurationSeries(items.map { (index.minute($0), index.wholeMs($0)) })).findings(
                from: first, to: end)
            for finding in whole where !own.contains(where: { abs($0.onset - finding.onset) <= 5 }) {
                if let event = index.dragged(operation, items, finding, origin: origin) { events.append(event) }
            }
            events += ErrorSpans(index: index, items: items).findings(from: first, to: end).map {
                index.failing(operation, items, $0, origin: origin)
            }
        }
        for (edge, items) in index.edges.sorted(by: { $0.key < $1.key }) {
            let gaps = SlowSpans(series: DurationSeries(items.map { (index.minute($0), index.gapMs($0)) })).findings(from: first, to: end)
            for finding in gaps { events.append(index.slowCall(edge, items, finding, origin: origin)) }
        }
        events += MissingSpans(index: index).events(from: first, to: end, origin: origin)
        return events.filter { onsets.contains($0.occurredAt.ms) }
            .sorted { ($0.occurredAt.ms, $0.fingerprint) < ($1.occurredAt.ms, $1.fingerprint) }
    }
}

struct TraceOperation: Hashable, Comparable {
    var service: String
    var operation: String
    static func < (left: TraceOperation, right: TraceOperation) -> Bool {
        (left.service, left.operation) < (right.service, right.operation)
    }
}

struct TraceEdge: Hashable, Comparable {
    var caller: TraceOperation
    var callee: TraceOperation
    static func < (left: TraceEdge, right: TraceEdge) -> Bool { (left.caller, left.callee) < (right.caller, right.callee) }
}

/// Where errors begin: error spans without an error child, against all spans of the operation.
struct ErrorSpans {
    struct Finding {
        var onset: Int64
        var last: Int64
        var count: Int64
        var total: Int64
        var shareBefore: Double
        var surprise: Double
    }
    private let errors: MinuteSeries
    private let all: MinuteSeries

    init(index: TraceIndex, items: [Int]) {
        all = MinuteSeries(items.map { (index.minute($0), 1) })
        errors = MinuteSeries(items.filter { index.forest.linked[$0].isErrorOrigin }.map { (index.minute($0), 1) })
    }

    /// Findings that begin in `first..<end`: five minutes with errors far beyond the share of the 21 h before.
    func findings(from first: Int64, to end: Int64) -> [Finding] {
        var out: [Finding] = []
        var lastRaised = Int64.min / 2
        let start = errors.index(after: first - 41)
        for index in start..<max(start, errors.index(after: end + 5)) {
            let minute = errors.minutes[index]
            guard let raised = raised(at: minute) else { continue }
            defer { lastRaised = minute }
            guard minute - lastRaised > 30 else { continue }
            let finding = extended(minute, raised)
            if finding.onset >= first, finding.onset < end { out.append(finding) }
        }
        return out
    }

    private func raised(at minute: Int64) -> (share: Double, surprise: Double)? {
        let seen = errors.sum(from: minute - 4, through: minute)
        guard seen >= 3 else { return nil }
        let total = all.sum(from: minute - 4, through: minute)
        let before = errors.sum(from: minute - 1_264, through: minute - 5)
        let totalBefore = all.sum(from: minute - 1_264, through: minute - 5)
        let share = (Double(before) + 0.5) / (Double(totalBefore) + 5)
        let surprise = poissonSurprise(seen: Double(seen), expected: share * Double(total))
        guard surprise >= 10, Double(seen) / Double(max(1, total)) >= share + 0.02 else { return nil }
        return (share, surprise)
    }

    private func extended(_ minute: Int64, _ raised: (share: Double, surprise: Double)) -> Finding {
        var onset = minute
        for candidate in (minute - 4)...minute
        where Double(errors.count(in: candidate)) > 2 * raised.share * Double(all.count(in: candidate)) {
            onset = candidate
            break
        }
        var last = minute
        for index in errors.index(after: minute)..<errors.index(after: onset + 240) {
            let at = errors.minutes[index]
            if at > last + 10 { break }
            let total = all.sum(from: at - 4, through: at)
            if Double(errors.sum(from: at - 4, through: at)) >= max(2, 2.5 * raised.share * Double(total)) { last = at }
        }
        return Finding(
            onset: onset, last: last, count: errors.sum(from: onset, through: last), total: all.sum(from: onset, through: last),
            shareBefore: raised.share, surprise: raised.surprise)
    }
}
