import Model
import Signals
import Store

/// Row 4 of the house: telemetry that changed → signals. Each day of each service or series is derived anew from the stored
/// aggregates, so the signals depend on what is known and never on the order in which it came.
struct DeriveSignals {
    private let context: RunContext
    private var store: CaseStore { context.store }
    init(_ context: RunContext) { self.context = context }

    /// A decision at a moment looks back a day (metrics: two), at the same time on earlier days, and ahead a quarter of a day; so
    /// a touched day is derived again together with the one before and the ones behind it.
    private static let daysBefore: Int64 = 1
    private static let lookAheadMs: Int64 = 6 * .hourMs

    /// Returns how many signals are new or changed.
    func run() throws -> Int {
        var changed = 0
        let dirty = try store.dirtyTelemetry()
        if dirty.isEmpty { return 0 }
        for (index, group) in grouped(dirty).enumerated() {
            if index % 16 == 0 { context.progress.say("signals of \(group.kind.rawValue) \(group.subject)") }
            try store.transaction {
                switch group.kind {
                case .logs: changed += try deriveLogs(group)
                case .metrics: changed += try deriveMetrics(group)
                case .traces: changed += try deriveTraces(group)
                case .tests: changed += try deriveTests(group)
                }
                try touchPages(of: group.days)
                try store.clearDirty(group.entries)
            }
        }
        return changed
    }

    /// Pages of investigations that lie in a touched day show its metrics and log rates, so they are made again.
    private func touchPages(of days: [Int64]) throws {
        let touched = Set(days)
        for stamp in try store.caseStamps() where !stamp.isDeleted {
            let from = (stamp.startedAt - .hourMs).day
            let to = (stamp.lastSignalAt + .hourMs).day
            if to >= from, (from...min(to, from + 60)).contains(where: touched.contains) {
                try store.touchPage(key: stamp.key)
                // Causes are measured in the telemetry around the start, so that is weighed again, too.
                try store.markDirty(stamp.startedAt...max(stamp.startedAt, stamp.lastSignalAt))
            }
        }
    }

    private struct Group {
        var kind: DirtyTelemetry.Kind
        var subject: String
        var entries: [DirtyTelemetry]
        var days: [Int64] { entries.map(\.day).sorted() }
    }
    /// Traces are derived for all services at once, because a span's parent may be another service's.
    private func grouped(_ dirty: [DirtyTelemetry]) -> [Group] {
        var groups: [String: Group] = [:]
        for entry in dirty {
            let subject = entry.kind == .traces ? "" : entry.subject
            let key = "\(entry.kind.rawValue)\u{1f}\(subject)"
            groups[key, default: Group(kind: entry.kind, subject: subject, entries: [])].entries.append(entry)
        }
        return groups.keys.sorted().compactMap { groups[$0] }
    }

    /// The days to derive again: touched ones, the day before, and `after` days behind.
    private func affected(_ days: [Int64], after: Int64) -> [Range<Int64>] {
        var all: Set<Int64> = []
        for day in days { for near in (day - Self.daysBefore)...(day + after) { all.insert(near) } }
        return all.sorted().map { $0 * .dayMs..<($0 + 1) * .dayMs }
    }

    private func deriveLogs(_ group: Group) throws -> Int {
        var changed = 0
        let past = LogPast { [store] minutes in try store.logCounts(service: group.subject, minutes: minutes) }
        for onsets in affected(group.days, after: LogSignals.reachDays) {
            let minutes = (onsets.lowerBound - .dayMs) / .minuteMs..<(onsets.upperBound + Self.lookAheadMs) / .minuteMs
            var events: [Event] = []
            // Nothing begins on a day without records, but the silence of its first minute.
            let own = onsets.lowerBound / .minuteMs - 1..<onsets.upperBound / .minuteMs
            if try store.hasLogs(service: group.subject, minutes: own),
                let history = try store.logHistory(service: group.subject, minutes: minutes)
            {
                let templates = LogTemplates(leaves: history.leaves.values.sorted { $0.id < $1.id })
                events = try LogSignals.derive(history, templates: templates, onsets: onsets, origin: "caseboard", past: past)
            }
            changed += try replace(
                events,
                DerivedScope(
                    types: [.newLogTemplate, .errorBurst, .logBurst, .logSilence, .levelEscalation], scopeKey: "logs:\(group.subject)"),
                onsets)
        }
        return changed
    }

    private func deriveMetrics(_ group: Group) throws -> Int {
        var changed = 0
        func points(_ key: MetricKey, _ range: Range<Int64>) throws -> [MetricPoint] {
            try store.track(key: key, from: Instant(ms: range.lowerBound), to: Instant(ms: range.upperBound - 1))?.points ?? []
        }
        for onsets in affected(group.days, after: MetricAnomalies.reachDays) {
            var events: [Event] = []
            let (from, to) = (Instant(ms: onsets.lowerBound), Instant(ms: onsets.upperBound))
            // A gap may begin on the day after the last value.
            if try store.hasMetrics(service: group.subject, from: from - .hourMs, to: to) {
                let tracks = try store.tracks(service: group.subject, from: from - 2 * .dayMs, to: to + Self.lookAheadMs)
                for track in tracks {
                    events += try MetricAnomalies.derive(track, onsets: onsets, origin: "caseboard") { try points(track.key, $0) }
                }
                events += try MetricGaps.derive(tracks, onsets: onsets, origin: "caseboard", past: points)
            }
            changed += try replace(
                events, DerivedScope(types: [.metricAnomaly, .metricGap, .counterReset], scopeKey: "metrics:\(group.subject)"), onsets)
        }
        return changed
    }

    private func deriveTraces(_ group: Group) throws -> Int {
        var changed = 0
        let affected = affected(group.days, after: 1)
        guard let first = affected.first, let last = affected.last else { return 0 }
        let stretch = try SpanStretch(
            store, from: Instant(ms: first.lowerBound - .dayMs), to: Instant(ms: last.upperBound + Self.lookAheadMs))
        for onsets in affected {
            let (from, to) = (Instant(ms: onsets.lowerBound), Instant(ms: onsets.upperBound))
            // Without a span on the day nothing began on it.
            let isEmpty = try stretch.isEmpty(from: from, to: to - 1)
            let spans = isEmpty ? [] : try stretch.spans(from: from - .dayMs, to: to + Self.lookAheadMs)
            let events = spans.isEmpty ? [] : TraceSignals.derive(spans: spans, onsets: onsets, origin: "caseboard")
            changed += try replace(events, DerivedScope(types: [.slowOperation, .errorSpans, .missingSpans], scopeKey: "traces"), onsets)
        }
        let before = try store.serviceMap()
        for day in group.days {
            let spans = try stretch.spans(from: Instant(ms: day * .dayMs - .hourMs), to: Instant(ms: (day + 1) * .dayMs + .hourMs))
            let edges = TraceMap.edges(spans).sorted { $0.key < $1.key }
            try store.replaceEdges(origin: "traces:\(day)", edges.map { (edge: $0.key, calls: $0.value) })
        }
        try reconsider(before)
        return changed
    }

    /// Who calls whom decides what belongs together, so a call that was not known before opens the recent past again.
    private func reconsider(_ before: ServiceMap) throws {
        let known = Set(before.edges.keys)
        if Set(try store.serviceMap().edges.keys) == known { return }
        guard let newest = try store.newestEvent() else { return }
        try store.markDirty((newest.occurredAt - CorrelateCases.maxSliceMs)...newest.occurredAt)
    }

    /// A decision looks a month back and a month ahead, so tests are derived in blocks of a month, test by test.
    private func deriveTests(_ group: Group) throws -> Int {
        let reach = TestSignals.reachMs
        var blocks: Set<Int64> = []
        for day in group.days {
            for near in [day * .dayMs - reach, day * .dayMs, (day + 1) * .dayMs - 1 + reach] { blocks.insert(near.floorDivided(by: reach)) }
        }
        var changed = 0
        for block in blocks.sorted() {
            let onsets = block * reach..<(block + 1) * reach
            let (from, to) = (Instant(ms: onsets.lowerBound), Instant(ms: onsets.upperBound))
            var events: [Event] = []
            for test in try store.failingTests(suite: group.subject, from: from, to: to) {
                let results = try store.testResults(test, from: from - reach, to: to + reach)
                events += TestSignals.failures(of: results, onsets: onsets, origin: "caseboard")
            }
            var durations = TestDurations()
            for test in try store.longTests(suite: group.subject, from: from, to: to) {
                durations.add(try store.testResults(test, from: from - TestDurations.reachMs, to: to + TestDurations.reachMs))
            }
            events += durations.slowdowns(onsets: onsets, origin: "caseboard")
            changed += try replace(
                events, DerivedScope(types: [.testFailure, .testSlowdown], scopeKey: "tests:\(group.subject)"), onsets)
        }
        return changed
    }

    private func replace(_ events: [Event], _ scope: DerivedScope, _ onsets: Range<Int64>) throws -> Int {
        var redactions: [String: Int] = [:]
        let prepared = events.map { context.prepare($0, origin: "caseboard", redactions: &redactions) }
        let result = try store.replaceDerived(prepared, scope: scope, onsets: onsets)
        return result.inserted + result.superseded
    }
}

/// The spans of a stretch of time: read once when they are few, part by part when they are many.
private struct SpanStretch {
    private static let fewSpans = 200_000
    private let store: CaseStore
    private let all: [Span]?

    init(_ store: CaseStore, from: Instant, to: Instant) throws {
        self.store = store
        all = try store.spanCount(from: from, to: to) <= Self.fewSpans ? try store.spans(from: from, to: to) : nil
    }

    /// By start, both ends included.
    func spans(from: Instant, to: Instant) throws -> [Span] {
        guard let all else { return try store.spans(from: from, to: to) }
        return Array(all[place(from, all)..<place(to + 1, all)])
    }
    func isEmpty(from: Instant, to: Instant) throws -> Bool {
        guard let all else { return try store.spanCount(from: from, to: to) == 0 }
        return place(from, all) == place(to + 1, all)
    }
    /// The place of the first span that starts at or after `moment`.
    private func place(_ moment: Instant, _ all: [Span]) -> Int { all.partitionPoint { $0.start < moment } }
}
