import Model

/// Puts a case on the time axis: which lanes there are, in what order, and what stands on each.
struct TimelineView {
    static let laneLimit = 14
    static let elsewhere = "no service named"

    let drawing: TimelineDrawing
    /// Services with signals that have no lane of their own.
    let omittedCount: Int
    private let file: CaseFile

    /// `listed` is what has a row and details on the page; what has none is drawn and leads nowhere. Of many pieces no mark leads
    /// anywhere by itself: the script draws them and knows what is under the pointer, the list has the links.
    init(_ file: CaseFile, listed: Set<Fingerprint>, moments: CaseMoments) {
        self.file = file
        let items = file.items
        let axis = TimeAxis(from: file.from, to: file.to)
        let cause = ProbableCause(file)
        let areLinks = listed.count < DetailView.foldedFrom
        func target(_ item: EvidenceItem) -> String {
            areLinks && listed.contains(item.event.fingerprint) ? CanvasAnchor.event(item.event.fingerprint) : ""
        }
        func marks(_ items: [EvidenceItem]) -> [LaneMark] {
            items.map { LaneMark(at: $0.event.occurredAt, kind: MarkKind($0.event), target: target($0)) }
        }
        let names = Self.laneNames(file, items: items, cause: cause)
        let kept = names.count > Self.laneLimit ? Array(names.prefix(Self.laneLimit - 1)) : names
        omittedCount = names.count - kept.count
        let signals = items.filter { $0.event.role != .change && MarkKind($0.event) != .note }
        let byLane = Dictionary(grouping: signals) { item in
            let service = item.event.service ?? ""
            return service.isEmpty ? Self.elsewhere : kept.contains(service) ? service : "others"
        }
        var lanes = kept.map { name in
            var lane = Self.lane(name, file: file, axis: axis, moments: moments, items: byLane[name] ?? [])
            lane.marks = marks(byLane[name] ?? [])
            if name == Self.elsewhere { lane.content = .nameless }
            lane.traces = Self.traces((byLane[name] ?? []).filter { listed.contains($0.event.fingerprint) }, axis: axis)
            return lane
        }
        if omittedCount > 0 {
            var others = TimelineLane(name: PageWords.count(omittedCount, "other service"))
            others.content = .others
            others.marks = marks(byLane["others"] ?? [])
            lanes.append(others)
        }
        drawing = TimelineDrawing(
            axis: axis, changes: Self.changes(file, listed: listed, cause: cause, axis: axis), lanes: lanes,
            notes: file.notes.enumerated().filter { axis.contains($0.element.at) }.map {
                LaneMark(at: $0.element.at, kind: .note, target: CanvasAnchor.note($0.offset))
            }
                + items.filter { MarkKind($0.event) == .note && axis.contains($0.event.occurredAt) }.map {
                    LaneMark(at: $0.event.occurredAt, kind: .note, target: target($0))
                },
            gaps: file.gaps.filter { ($0.service ?? "").isEmpty }.sorted { ($0.from.ms, $0.origin) < ($1.from.ms, $1.origin) },
            firstFailureAt: moments.firstFailureAt, endedAt: moments.endedAt)
    }

    // MARK: - Lanes

    /// Hurt services by causal distance from the first cause and then by time; quiet ones of the case after them.
    static func laneNames(_ file: CaseFile, items: [EvidenceItem], cause: ProbableCause) -> [String] {
        var first: [String: Instant] = [:]
        var hasNameless = false
        for item in items where item.event.role != .change && MarkKind(item.event) != .note {
            guard let service = item.event.service, !service.isEmpty else {
                hasNameless = true
                continue
            }
            first[service] = min(first[service] ?? item.event.occurredAt, item.event.occurredAt)
        }
        let root =
            cause.hypothesis?.service ?? file.items.first { $0.evidence.phase == .cause }?.event.service
            ?? file.investigation.services.first
        let distances = distances(from: root, in: file.map)
        func key(_ service: String) -> (Int, Int, Int64, String) {
            (first[service] == nil ? 1 : 0, distances[service] ?? 99, first[service]?.ms ?? .max, service)
        }
        var names = Set(first.keys)
        names.formUnion(file.investigation.services.filter { !$0.isEmpty })
        names.formUnion(file.tracks.map(\.key.service).filter { !$0.isEmpty })
        if let root, !root.isEmpty, file.items.contains(where: { $0.event.service == root }) { names.insert(root) }
        return names.sorted { key($0) < key($1) } + (hasNameless ? [elsewhere] : [])
    }
    /// Calls in either direction count one.
    private static func distances(from root: String?, in map: ServiceMap) -> [String: Int] {
        guard let root else { return [:] }
        var found = [root: 0]
        var front = [root]
        while !front.isEmpty {
            var next: [String] = []
            for service in front {
                for other in map.callees(of: service) + map.callers(of: service) where found[other] == nil {
                    found[other] = (found[service] ?? 0) + 1
                    next.append(other)
                }
            }
            front = next
        }
        return found
    }

    private static func lane(_ name: String, file: CaseFile, axis: TimeAxis, moments: CaseMoments, items: [EvidenceItem]) -> TimelineLane {
        var lane = TimelineLane(name: name)
        lane.logs = file.logRates.first { $0.service == name }
        lane.gaps = file.gaps.filter { $0.service == name }.sorted { ($0.from.ms, $0.origin) < ($1.from.ms, $1.origin) }
        guard let track = file.tracks.first(where: { $0.key.service == name }) else { return lane }
        let known = usualRange(of: track.key, in: items)
        guard
            let shape = SeriesShape(track, on: axis, usual: known, quietBefore: moments.changeAt ?? moments.firstFailureAt, gaps: lane.gaps)
        else { return lane }
        let unit = SeriesWords(track)
        lane.measure = unit.name
        if let usual = shape.usual { lane.usual = (known == nil ? "before " : "usually ") + unit.range(usual, dash: "–") }
        lane.series = TimelineLane.Series(shape: shape, peakWords: shape.peak.map { unit.value($0.value) } ?? "")
        return lane
    }
    /// The traces kept as examples, where they began. Each trace stands once.
    private static func traces(_ items: [EvidenceItem], axis: TimeAxis) -> [LaneMark] {
        var seen: Set<String> = []
        return items.compactMap { item in
            guard let first = item.spans.min(by: { ($0.start.ms, $0.spanID) < ($1.start.ms, $1.spanID) }) else { return nil }
            guard axis.contains(first.start.bounded), seen.insert(first.traceID).inserted else { return nil }
            return LaneMark(at: first.start.bounded, kind: .info, target: CanvasAnchor.event(item.event.fingerprint))
        }
    }
    /// The range a detector found usual for this metric; of several the one with the strongest signal.
    static func usualRange(of key: MetricKey, in items: [EvidenceItem]) -> ClosedRange<Double>? {
        let anomalies = items.filter { $0.event.type == .metricAnomaly && $0.event.text(EventAttribute.metric) == key.metric }
        let best = anomalies.max { ($0.event.strength, $1.event.fingerprint.text) < ($1.event.strength, $0.event.fingerprint.text) }
        return best.flatMap { usualRange(of: $0.event) }
    }
    static func usualRange(of event: Event) -> ClosedRange<Double>? {
        guard let low = event.attributes[EventAttribute.usualLow]?.doubleValue,
            let high = event.attributes[EventAttribute.usualHigh]?.doubleValue,
            low.isFinite, high.isFinite, low <= high
        else { return nil }
        return low...high
    }

    // MARK: - Changes

    private static func changes(_ file: CaseFile, listed: Set<Fingerprint>, cause: ProbableCause, axis: TimeAxis) -> [ChangePin] {
        var pins: [ChangePin] = []
        var seen: Set<Fingerprint> = []
        func add(_ event: Event, target: String?) {
            guard seen.insert(event.fingerprint).inserted else { return }
            let isSuspect = event.fingerprint == cause.change
            let at = isSuspect ? cause.changeAt ?? event.occurredAt : event.occurredAt
            guard axis.contains(at) else { return }
            pins.append(
                ChangePin(
                    at: at, label: ChangeWords.name(event).clipped(to: 24),
                    shortLabel: (event.text(EventAttribute.version) ?? "").clipped(to: 12), isLive: ChangeWords.isLive(event),
                    isSuspect: isSuspect, target: target))
        }
        for item in file.items where item.event.role == .change {
            let isListed = listed.contains(item.event.fingerprint)
            add(item.event, target: isListed ? CanvasAnchor.event(item.event.fingerprint) : nil)
        }
        for event in file.otherChanges { add(event, target: nil) }
        return pins.sorted { ($0.at.ms, $0.label, $0.target ?? "") < ($1.at.ms, $1.label, $1.target ?? "") }
    }

    // MARK: - The view

    var view: TemplateValue {
        let axis = drawing.axis
        let from = axis.isWithinDay ? axis.from.clockMinute : PageWords.moment(axis.from, near: file.investigation.lastSignalAt)
        let to = axis.isWithinDay ? axis.to.clockMinute : PageWords.moment(axis.to, near: file.investigation.startedAt)
        return [
            "span": .text("\(from) to \(to) UTC\(axis.isWithinDay ? ", " + PageWords.day(axis.from, near: axis.from) : "")"),
            "plot": .html(TimelineChart.html(drawing)),
            "lanes": .list(
                drawing.lanes.map {
                    ["laneName": .text($0.name), "measure": .optional($0.measure), "usual": .optional($0.usual)]
                }),
            "silenceLane": .flag(!drawing.gaps.isEmpty), "notesLane": .flag(!drawing.notes.isEmpty),
            "legend": .list(legend), "hasLine": .flag(drawing.lanes.contains { $0.series != nil }),
            "hasLogs": .flag(
                drawing.lanes.contains { lane in lane.logs.map { !TimelineChart.strips($0).isEmpty } ?? false }),
            "hasTrace": .flag(drawing.lanes.contains { !$0.traces.isEmpty }), "hasGap": .flag(!file.gaps.isEmpty),
            "remarks": .list(remarks.map { .text($0) }),
        ]
    }
    /// Only what is drawn, in order of rank.
    private var legend: [TemplateValue] {
        var kinds = Set(drawing.lanes.flatMap(\.marks).map(\.kind))
        if !drawing.changes.isEmpty { kinds.insert(.change) }
        if !drawing.notes.isEmpty { kinds.insert(.note) }
        return MarkKind.allCases.filter { kinds.contains($0) }.map { ["word": .text($0.word)] }
    }
    /// What the drawing alone does not say.
    private var remarks: [String] {
        var out: [String] = []
        for gap in file.gaps.sorted(by: { ($0.from.ms, $0.origin, $0.service ?? "") < ($1.from.ms, $1.origin, $1.service ?? "") }).prefix(6)
        {
            let place = gap.service.map { " (\($0))" } ?? ""
            let isThatDay = drawing.axis.isWithinDay && gap.from.day == drawing.axis.from.day
            let from = isThatDay ? gap.from.clockMinute : PageWords.moment(gap.from, near: file.investigation.startedAt)
            let to = gap.to.day == gap.from.day ? gap.to.clockMinute : PageWords.moment(gap.to, near: gap.from)
            out.append("\(PageWords.capitalised(PageWords.missing(gap)))\(place) between \(from) and \(to).")
        }
        if file.gaps.count > 6 { out.append("And \(PageWords.count(file.gaps.count - 6, "more gap")).") }
        if omittedCount > 0 { out.append("\(PageWords.capitalised(PageWords.spelled(omittedCount))) more services share the last lane.") }
        if drawing.lanes.contains(where: { $0.marks.count >= LaneMarks.densityFrom }) {
            out.append("A lane with \(LaneMarks.densityFrom) signals or more shows counts, the worst severity in each.")
        }
        return out
    }
}

/// How one series names its values.
struct SeriesWords {
    private let metric: String
    private let unit: String
    private let isRate: Bool
    init(_ track: MetricTrack) {
        metric = track.key.metric
        unit = track.unit
        isRate = track.kind == .counter
    }
    var name: String { EventWords.metricName(metric) + (isRate ? " a second" : "") }
    func value(_ value: Double) -> String { PageWords.measure(value, unit: unit, metric: metric) }
    func range(_ range: ClosedRange<Double>, dash: String = " to ") -> String {
        PageWords.range(range, unit: unit, metric: metric, dash: dash)
    }
}
