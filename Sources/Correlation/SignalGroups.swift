import Model

/// The signals of a window in segments, each with its links and groups, and what people decided about them.
struct SignalGroups {
    struct Segment {
        /// Numbers into `signals`.
        let range: Range<Int>
        /// The changes from the lookback before it to an hour after it: what else the window holds changes nothing here.
        let changes: [Event]
        let releases: Releases
        let model: LinkModel
        let grouping: Grouping
    }
    struct Group {
        let segment: Int
        /// Numbers into `signals`, in order.
        let signals: [Int]
    }
    /// By time, then fingerprint; one for each fingerprint.
    let signals: [Signal]
    let numbers: [Fingerprint: Int]
    private(set) var segments: [Segment] = []
    private(set) var groups: [Group] = []
    let decisions: HumanDecisions

    init(_ window: CorrelationWindow) {
        var latest: [Fingerprint: Event] = [:]
        for event in window.events where event.role == .signal {
            if let known = latest[event.fingerprint], (known.observedAt, known.id) >= (event.observedAt, event.id) { continue }
            latest[event.fingerprint] = event
        }
        let ordered = latest.values.map { Signal($0, rules: window.rules, now: window.now) }.sorted(by: Signal.isEarlier)
        signals = ordered
        numbers = Dictionary(uniqueKeysWithValues: ordered.enumerated().map { ($1.fingerprint, $0) })
        decisions = HumanDecisions(window)
        for range in Self.ranges(ordered, rules: window.rules, isSingle: window.isSingleIncident) {
            let changes = Self.changes(of: window, around: ordered[range])
            let releases = Releases(changes: changes)
            let model = LinkModel(
                signals: Array(ordered[range]), map: window.map, releases: releases, changes: changes, rules: window.rules)
            let grouping = Grouping(
                model, constraints: decisions.constraints(for: ordered[range], offset: range.lowerBound, numbers: numbers))
            let segment = segments.count
            segments.append(Segment(range: range, changes: changes, releases: releases, model: model, grouping: grouping))
            if window.isSingleIncident { continue }
            for group in grouping.groups { groups.append(Group(segment: segment, signals: group.map { $0 + range.lowerBound })) }
        }
    }

    private static func changes(of window: CorrelationWindow, around signals: ArraySlice<Signal>) -> [Event] {
        let all = window.events.filter { $0.role == .change }
        guard !window.isSingleIncident, let first = signals.first else { return all }
        let from = first.start - window.rules.lookbackMs
        let until = (signals.map(\.end).max() ?? first.end) + Recovery.afterMs
        return all.filter { $0.occurredAt >= from && $0.occurredAt <= until }
    }

    /// Runs of signals without a gap longer than the longest link.
    private static func ranges(_ signals: [Signal], rules: CorrelationRules, isSingle: Bool) -> [Range<Int>] {
        if isSingle { return signals.isEmpty ? [] : [signals.indices] }
        let longest = Int64(max(0, min(rules.maxGapMinutes, 100_000))) * Int64.minuteMs
        var out: [Range<Int>] = []
        var from = 0
        var end = Int64.min
        for (index, signal) in signals.enumerated() {
            if index > from && Moments.elapsed(end, signal.startMs) > longest {
                out.append(from..<index)
                from = index
                end = signal.endMs
            } else {
                end = index == from ? signal.endMs : max(end, signal.endMs)
            }
        }
        if from < signals.count { out.append(from..<signals.count) }
        return out
    }

    /// The terms of each signal's strongest link to another signal of its group.
    func linkTerms(of members: [Int]) -> [Fingerprint: [Term]] {
        let inside = Set(members)
        var out: [Fingerprint: [Term]] = [:]
        guard var segment = segments.first else { return [:] }
        for member in members {
            if !segment.range.contains(member) { segment = segments.first { $0.range.contains(member) } ?? segment }
            let own = member - segment.range.lowerBound
            var best: (link: Link, other: Int)?
            for index in segment.grouping.adjacency[own] {
                let link = segment.grouping.links[index]
                let other = link.first == own ? link.second : link.first
                if !inside.contains(other + segment.range.lowerBound) { continue }
                if let known = best, (known.link.total, other) >= (link.total, known.other) { continue }
                best = (link, other)
            }
            guard let best else { continue }
            let score = segment.model.score(best.link.first, best.link.second, isExplainedElsewhere: best.link.isExplainedElsewhere)
            out[signals[member].fingerprint] = segment.model.terms(of: score, from: own, to: best.other)
        }
        return out
    }

    /// Signals outside of a group that have a link into it, with the strongest, and weak ones that are only near in time: of all these
    /// the `most` that are nearest, in this order.
    func nearMisses(of members: [Int], openGroups: Set<Int>, groupOf: [Int], most: Int) -> [(
        signal: Int, score: Double, terms: [Term], isElsewhere: Bool
    )] {
        let inside = Set(members)
        var best: [Int: (segment: Int, link: Link)] = [:]
        guard var segment = segments.first else { return [] }
        var number = 0
        for member in members {
            if !segment.range.contains(member) {
                number = segments.firstIndex { $0.range.contains(member) } ?? number
                segment = segments[number]
            }
            for index in segment.grouping.adjacency[member - segment.range.lowerBound] {
                let link = segment.grouping.links[index]
                let mine = member - segment.range.lowerBound
                let other = (link.first == mine ? link.second : link.first) + segment.range.lowerBound
                if inside.contains(other) { continue }
                if let known = best[other], (known.link.total, link.first, link.second) >= (link.total, known.link.first, known.link.second)
                {
                    continue
                }
                best[other] = (number, link)
            }
        }
        let scored = best.map { other, found in
            let link = found.link
            let score = segments[found.segment].model.score(link.first, link.second, isExplainedElsewhere: link.isExplainedElsewhere)
            return (other: other, segment: found.segment, link: link, score: score)
        }
        let nearest = scored.sorted {
            ($1.score.total, signals[$0.other].fingerprint, $0.other) < ($0.score.total, signals[$1.other].fingerprint, $1.other)
        }
        return nearest.prefix(most).map { other, number, link, score in
            let segment = segments[number]
            let own = other - segment.range.lowerBound
            let partner = link.first == own ? link.second : link.first
            let isElsewhere = groupOf[other] >= 0 && openGroups.contains(groupOf[other])
            return (other, score.total, segment.model.terms(of: score, from: own, to: partner), isElsewhere)
        }
    }
}

/// The decisions of people that are in force in a window: the last one on a signal and a case counts.
struct HumanDecisions {
    /// The case each signal, change or note was put into.
    private(set) var pinned: [Fingerprint: (key: String, author: String)] = [:]
    private(set) var expelled: [Fingerprint: [String: String]] = [:]
    private(set) var current: [Fingerprint: String] = [:]

    init(_ window: CorrelationWindow) {
        let known = Dictionary(window.cases.map { ($0.investigation.key, $0.investigation) }, uniquingKeysWith: { first, _ in first })
        let byNumber = Dictionary(window.cases.map { ($0.investigation.number, $0.investigation) }, uniquingKeysWith: { first, _ in first })
        func resolved(_ key: String) -> String? {
            guard var investigation = known[key] else { return nil }
            for _ in 0..<16 {
                guard let into = investigation.mergedInto, let next = byNumber[into], next.key != investigation.key else { break }
                investigation = next
            }
            return investigation.key
        }
        for link in window.humanLinks {
            guard let key = resolved(link.caseKey) else { continue }
            switch link.verdict {
            case .linked:
                pinned[link.fingerprint] = (key, link.author)
                expelled[link.fingerprint]?[key] = nil
            case .unrelated:
                expelled[link.fingerprint, default: [:]][key] = link.author
                if pinned[link.fingerprint]?.key == key { pinned[link.fingerprint] = nil }
            }
        }
        expelled = expelled.filter { !$0.value.isEmpty }
        if pinned.isEmpty && expelled.isEmpty { return }
        for snapshot in window.cases.sorted(by: { $0.investigation.number < $1.investigation.number })
        where snapshot.investigation.mergedInto == nil {
            for item in snapshot.evidence where current[item.fingerprint] == nil { current[item.fingerprint] = snapshot.investigation.key }
        }
    }

    func isExpelled(_ fingerprint: Fingerprint, from key: String) -> Bool { expelled[fingerprint]?[key] != nil }
    /// Everything a person took out of a case.
    func expelled(from key: String) -> Set<Fingerprint> { Set(expelled.filter { $0.value[key] != nil }.keys) }

    func constraints(for signals: ArraySlice<Signal>, offset: Int, numbers: [Fingerprint: Int]) -> GroupingConstraints {
        var out = GroupingConstraints()
        if pinned.isEmpty && expelled.isEmpty { return out }
        for (index, signal) in signals.enumerated() {
            if let pin = pinned[signal.fingerprint] { out.pinned[index] = pin.key }
            if let cases = expelled[signal.fingerprint] { out.expelled[index] = Set(cases.keys) }
            if let key = current[signal.fingerprint], expelled[signal.fingerprint]?[key] == nil { out.current[index] = key }
        }
        return out
    }
}

extension CorrelationRules {
    /// How long before a signal a change may matter.
    var lookbackMs: Int64 { Int64(max(0, min(changeLookbackHours, 100_000))) * Int64.hourMs }
}
