import Model
import Rendering
import Signals
import Store

/// Gathers from the store everything a page about one investigation is made from.
struct CaseFileAssembly {
    private let store: CaseStore
    private let now: Instant
    init(store: CaseStore, now: Instant) {
        self.store = store
        self.now = now
    }

    /// More evidence than this is never put on one page; the page says so.
    private static let maxItems = 20_000
    private static let otherChangesShown = 200

    func file(of snapshot: CaseSnapshot) throws -> CaseFile {
        let investigation = snapshot.investigation
        let byFingerprint = Dictionary(
            try store.events(fingerprints: snapshot.evidence.map(\.fingerprint)).map { ($0.fingerprint, $0) },
            uniquingKeysWith: { first, _ in first })
        let linked = snapshot.evidence.compactMap { evidence in byFingerprint[evidence.fingerprint].map { (evidence, $0) } }
        let strongest = linked.sorted { ($0.0.confidence, $1.0.fingerprint) > ($1.0.confidence, $0.0.fingerprint) }.prefix(Self.maxItems)
        let sourceGaps = try store.sourceGaps()
        let axis = timeAxis(investigation, strongest.map(\.1), sourceGaps)
        let services = lanes(investigation, strongest.map(\.1))
        var items: [EvidenceItem] = []
        for (evidence, event) in strongest.sorted(by: { ($0.1.occurredAt, $0.0.fingerprint) < ($1.1.occurredAt, $1.0.fingerprint) }) {
            items.append(EvidenceItem(evidence: evidence, event: event))
        }
        // What lies behind a piece is read only where it is shown.
        let listed = Set(ListedEvidence.of(items).map(\.event.fingerprint))
        for index in items.indices where listed.contains(items[index].event.fingerprint) {
            items[index] = try item(items[index].evidence, items[index].event, axis)
        }
        let minutes = axis.lowerBound.minute..<axis.upperBound.minute + 1
        let known = Set(items.map(\.event.fingerprint))
        let others = try store.events(in: axis, roles: [.change], limit: Self.otherChangesShown).filter { !known.contains($0.fingerprint) }
        let tracks = try tracks(services, items, axis)
        let logRates = try store.logRates(services: services, minutes: minutes)
        return CaseFile(
            investigation: investigation, items: items, tracks: tracks, logRates: logRates, otherChanges: others,
            map: try store.serviceMap(),
            notes: try store.notes(key: investigation.key), versions: try store.versions(key: investigation.key),
            gaps: SourceGaps.found(tracks: tracks, logRates: logRates)
                + Self.gaps(sourceGaps, in: axis),
            similar: try SimilarCases(store: store).stored(investigation.key),
            related: try RelatedCases(store: store).stored(investigation.key),
            from: axis.lowerBound, to: axis.upperBound)
    }

    /// From a little before the first change or signal that matters to a little after the last. A source that could not be read since
    /// belongs to it while it is open: nobody knows whether it goes on.
    private func timeAxis(_ investigation: Investigation, _ events: [Event], _ gaps: [SourceGap]) -> ClosedRange<Instant> {
        var from = investigation.startedAt
        let last = max(investigation.lastSignalAt, investigation.startedAt)
        var to = last
        for event in events where event.role == .change || event.type == .deployment {
            // A change hours before would squeeze the drawing; its distance is told in words.
            if investigation.startedAt - event.occurredAt <= Self.mostBeforeMs { from = min(from, event.occurredAt) }
            to = max(to, min(event.occurredAt, last + Self.mostAfterMs))
        }
        if !investigation.status.isEnded {
            for gap in gaps where gap.to > last && gap.from < last + Self.mostAfterMs { to = max(to, min(gap.to, last + Self.mostAfterMs)) }
        }
        return Self.padded(from, to)
    }
    private static let mostBeforeMs = 30 * Int64.minuteMs
    private static let mostAfterMs = Int64.hourMs
    private static func padded(_ from: Instant, _ to: Instant) -> ClosedRange<Instant> {
        let pad = max((to - from) / 8, 5 * .minuteMs)
        return (from - pad)...(to + pad)
    }

    /// Those of the gaps that a page about an investigation may show, told from its stamp alone: whatever its evidence is, its time
    /// axis is no wider.
    static func gaps(_ gaps: [SourceGap], near stamp: CaseStamp) -> [SourceGap] {
        Self.gaps(gaps, in: padded(stamp.startedAt - mostBeforeMs, max(stamp.lastSignalAt, stamp.startedAt) + mostAfterMs))
    }
    private static func gaps(_ gaps: [SourceGap], in axis: ClosedRange<Instant>) -> [SourceGap] {
        gaps.filter { $0.from < axis.upperBound && $0.to > axis.lowerBound }
    }

    private func lanes(_ investigation: Investigation, _ events: [Event]) -> [String] {
        var seen = Set(investigation.services)
        for event in events { if let service = event.service { seen.insert(service) } }
        return seen.sorted()
    }

    private func item(_ evidence: Evidence, _ event: Event, _ axis: ClosedRange<Instant>) throws -> EvidenceItem {
        var item = EvidenceItem(evidence: evidence, event: event)
        switch event.source {
        case .logs:
            if let service = event.service, let position = event.text(EventAttribute.exemplarPosition) {
                let range = (event.occurredAt - .hourMs)...max(event.endedAt ?? event.occurredAt, event.occurredAt + .hourMs)
                item.exemplar = try store.exemplars(service: service, around: range).first {
                    "\($0.path):\($0.offset)" == position || "\($0.path):\($0.line)" == position
                }
            }
        case .metrics:
            if let service = event.service, let metric = event.text(EventAttribute.metric) {
                let key = MetricKey(service: service, instance: event.text(EventAttribute.instance) ?? "", metric: metric)
                item.track = try store.track(key: key, from: axis.lowerBound, to: axis.upperBound)
            }
        case .traces:
            let ids = (event.attributes[EventAttribute.exemplarTraces]?.arrayValue ?? []).compactMap(\.stringValue)
            if let first = ids.first { item.spans = try store.spans(traceIDs: [first]) }
        default: break
        }
        return item
    }

    /// The series whose anomaly weighs most, one a service; a quiet service shows none.
    private func tracks(_ services: [String], _ items: [EvidenceItem], _ axis: ClosedRange<Instant>) throws -> [MetricTrack] {
        try services.compactMap { service in
            let anomalies = items.filter { $0.event.service == service && $0.event.type == .metricAnomaly }
            let best = anomalies.max { ($0.event.strength, $1.event.fingerprint) < ($1.event.strength, $0.event.fingerprint) }
            guard let best, let metric = best.event.text(EventAttribute.metric) else { return nil }
            let key = MetricKey(service: service, instance: best.event.text(EventAttribute.instance) ?? "", metric: metric)
            return try store.track(key: key, from: axis.lowerBound, to: axis.upperBound)
        }
    }
}
