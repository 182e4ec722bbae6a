import Correlation
import Model
import Store

/// Rows 6 and 7: for every slice of the past that changed, decide anew and apply the decision in one transaction.
struct CorrelateCases {
    private let context: RunContext
    private var store: CaseStore { context.store }
    init(_ context: RunContext) { self.context = context }

    /// A slice may not grow without end when signals never stop; beyond this it is cut.
    static let maxSliceMs: Int64 = 14 * .dayMs
    /// A number may change for so long after its investigation was opened, unless a person touched it.
    static let settleMs: Int64 = .hourMs

    func run() async throws -> RunSummary.Cases {
        var summary = RunSummary.Cases()
        let slices = try slicesToDecide()
        if slices.isEmpty { return summary }
        var code = await CodeReading(
            try ConfigurationBinding(context.configuration, workspace: context.workspace).connectors(), now: context.now)
        for (index, slice) in slices.enumerated() {
            context.progress.say("correlating slice \(index + 1) of \(slices.count)")
            guard let window = try window(of: slice) else { continue }
            var grouped = GroupedWindow(window)
            try await measure(&grouped, window.map, &code)
            let decided = grouped.decide()
            try store.transaction { try apply(decided, over: window, &summary) }
        }
        try store.clearDirtyRanges()
        return summary
    }

    /// Dirty ranges grown to islands, and the islands of open investigations whose quiet period may be over; overlapping ones
    /// become one.
    private func slicesToDecide() throws -> [ClosedRange<Instant>] {
        let gapMs = Int64(context.configuration.rules.maxGapMinutes) * .minuteMs
        let lookbackMs = Int64(context.configuration.rules.changeLookbackHours) * .hourMs
        var ranges = try store.dirtyRanges()
        // A change may be a suspect for signals that come up to the lookback after it.
        ranges = ranges.map { $0.lowerBound...min($0.upperBound + lookbackMs, max($0.upperBound, context.now)) }
        let quietMs = Int64(context.configuration.rules.quietPeriodMinutes) * .minuteMs
        for stamp in try store.caseStamps() where !stamp.isDeleted && !stamp.status.isEnded {
            if context.now - stamp.lastSignalAt >= quietMs { ranges.append(stamp.startedAt...max(stamp.startedAt, stamp.lastSignalAt)) }
        }
        let islands = try ranges.map { try store.signalIsland(around: $0, gapMs: gapMs, maxSpanMs: Self.maxSliceMs) }
        return merged(islands)
    }

    private func merged(_ ranges: [ClosedRange<Instant>]) -> [ClosedRange<Instant>] {
        var out: [ClosedRange<Instant>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = out.last, last.upperBound >= range.lowerBound {
                out[out.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                out.append(range)
            }
        }
        return out
    }

    /// Everything that the decision on a slice depends on; nil when nothing went wrong in it.
    private func window(of slice: ClosedRange<Instant>) throws -> CorrelationWindow? {
        let rules = context.configuration.rules
        let from = slice.lowerBound - Int64(rules.changeLookbackHours) * .hourMs
        let signals = try store.events(in: slice, roles: [.signal])
        // Notes a little before and after belong to the signals they speak of.
        let notes = try store.events(in: (slice.lowerBound - 30 * .minuteMs)...(slice.upperBound + .hourMs), roles: [.context])
        let changes = try store.events(in: from...(slice.upperBound + .hourMs), roles: [.change])
        let near = try store.snapshots(touching: slice, settleMs: Self.settleMs, now: context.now)
        // Nothing went wrong in this slice and nothing is known of it: a change alone is no case.
        if near.isEmpty && signals.isEmpty { return nil }
        let events = (signals + notes + changes).sorted { ($0.occurredAt, $0.id) < ($1.occurredAt, $1.id) }
        var window = CorrelationWindow(
            events: events, map: try context.serviceMap(), cases: signals.isEmpty ? near : try withUnsettled(near),
            humanLinks: try store.humanLinks(),
            firstFreeNumber: try store.firstFreeNumber(settleMs: Self.settleMs, now: context.now), now: context.now, rules: rules)
        if !signals.isEmpty { window.earlierCommits = try store.commits(before: from, limit: Limits.earlierCommits) }
        return window
    }

    /// What telemetry and the repositories say of each case of the window.
    private func measure(_ window: inout GroupedWindow, _ map: ServiceMap, _ code: inout CodeReading) async throws {
        let measuring = CaseEvidenceReading(store: store, map: map)
        for moment in window.moments(asksCode: !code.isEmpty) {
            if !moment.isBuildOnly { window.add(try measuring.readings(around: moment), of: moment.key) }
            if let question = moment.question { window.add(await code.answer(question), of: moment.key) }
        }
    }

    private func apply(_ decided: [CaseChange], over window: CorrelationWindow, _ summary: inout RunSummary.Cases) throws {
        for snapshot in window.cases { try store.touchPage(key: snapshot.investigation.key) }
        if decided.isEmpty { return }
        try store.apply(decided, at: context.now, author: "caseboard")
        note(decided, before: window.cases, &summary)
    }

    /// The investigations of the slice, and all others whose number may still move.
    private func withUnsettled(_ near: [CaseSnapshot]) throws -> [CaseSnapshot] {
        let known = Set(near.map(\.investigation.key))
        let unsettled = try store.unsettledSnapshots(settleMs: Self.settleMs, now: context.now)
        return near + unsettled.filter { !known.contains($0.investigation.key) }
    }

    private func note(_ changes: [CaseChange], before: [CaseSnapshot], _ summary: inout RunSummary.Cases) {
        for change in changes {
            switch change {
            case .open(let snapshot, _): summary.opened.append(snapshot.investigation)
            case .update(let snapshot, _):
                let investigation = snapshot.investigation
                let earlier = before.first { $0.investigation.key == investigation.key }?.investigation
                if investigation.status == .resolved && earlier?.status != .resolved {
                    summary.resolved.append(investigation)
                } else {
                    summary.updated.append(investigation)
                }
            case .merge, .withdraw: summary.gone += 1
            }
        }
    }
}
