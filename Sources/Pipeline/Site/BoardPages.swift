import Model
import Rendering
import Store

/// The board, and the archive behind it.
struct BoardPages {
    private let site: SiteInputs
    private var context: RunContext { site.context }
    init(_ site: SiteInputs) { self.site = site }

    private static let recentChangesMs: Int64 = .dayMs
    private static let sparkBuckets = 24

    func publish(_ publisher: inout SitePublisher) throws {
        try publishBoard(&publisher)
        try publishArchive(&publisher)
    }

    private func publishBoard(_ publisher: inout SitePublisher) throws {
        let sources = try site.sources.get()
        let changes = try recentChanges()
        let health = sources.map { "\($0.name) \($0.state.rawValue) \($0.remark) \($0.readCount) \($0.deadLetterCount)" }
        let states = site.cases.map(\.state)
        let digest = site.digest(states + changes.map(\.id) + ["sources"] + health)
        if publisher.isCurrent("index.html", inputDigest: digest) { return publisher.keep("index.html") }
        let items = try site.cases.compactMap { try site.investigation($0.stamp.key) }.map { try item($0) }
        try publisher.publish("index.html", inputDigest: digest) { asOf in
            try BoardPage.render(
                BoardFile(title: site.title, items: items, sources: sources, recentChanges: changes, asOf: asOf), templates: site.templates)
        }
    }

    private func item(_ investigation: Investigation) throws -> BoardItem {
        // Ended ones are shown without a drawing of their signals.
        if investigation.status.isEnded {
            return BoardItem(investigation: investigation, evidenceCount: 0, from: investigation.startedAt, to: investigation.startedAt)
        }
        let end = max(investigation.lastSignalAt, investigation.startedAt)
        let from = investigation.startedAt - max(30 * .minuteMs, (end - investigation.startedAt) / 4)
        let to = end + .minuteMs
        let evidence = try context.store.evidence(key: investigation.key)
        let moments = try context.store.events(fingerprints: evidence.map(\.fingerprint)).filter { $0.role == .signal }.map(\.occurredAt)
        var rate = [Int64](repeating: 0, count: Self.sparkBuckets)
        for moment in moments where moment >= from && moment <= to {
            let bucket = Int((moment - from) * Int64(Self.sparkBuckets) / max(1, to - from))
            rate[min(Self.sparkBuckets - 1, max(0, bucket))] += 1
        }
        return BoardItem(
            investigation: investigation, evidenceCount: moments.count, rate: rate, from: from, to: to,
            changeAt: investigation.suspects.first?.liveAt)
    }

    /// What went live in the day before the newest fact.
    private func recentChanges() throws -> [Event] {
        guard let newest = try context.store.newestEvent() else { return [] }
        let live: Set<EventType> = [.deployment, .flagChange, .configChange, .migration]
        return try context.store.events(in: (newest.occurredAt - Self.recentChangesMs)...newest.occurredAt, roles: [.change])
            .filter { live.contains($0.type) }.reversed()
    }

    // MARK: - The archive

    /// Months by their stamps; an investigation is read only for a part that is out of date.
    private func publishArchive(_ publisher: inout SitePublisher) throws {
        let overall = site.digest(["archive"] + site.cases.map(\.state))
        if publisher.keep(below: ["archive"], marker: SiteAddress.archive, inputDigest: overall) { return }
        let listed = try site.listed()
        let states = Dictionary(site.cases.map { ($0.stamp.key, $0.state) }, uniquingKeysWith: { first, _ in first })
        let ended = listed.filter { $0.status.isEnded }.map {
            ArchivePage.Ended(key: $0.key, number: $0.number, endAt: $0.resolvedAt ?? $0.lastSignalAt, severity: $0.severity)
        }
        let open = listed.filter { !$0.status.isEnded }
        let parts = ArchivePage.parts(ended)
        for (index, part) in parts.enumerated() {
            let around = [index > 0 ? parts[index - 1].path : "", index + 1 < parts.count ? parts[index + 1].path : ""]
            let digest = site.digest(around + part.keys.map { states[$0] ?? "" })
            let cases = try part.keys.compactMap { try site.investigation($0) }
            try publisher.publish(part.path, inputDigest: digest) { asOf in
                try ArchivePage.month(part, of: parts, cases: cases, frame: site.frame(asOf), templates: site.templates)
            }
        }
        try publisher.publish(SiteAddress.open, inputDigest: site.digest(["open"] + open.map { states[$0.key] ?? "" })) { asOf in
            try ArchivePage.open(open, frame: site.frame(asOf), templates: site.templates)
        }
        try publisher.publish(SiteAddress.archive, inputDigest: overall) { asOf in
            try ArchivePage.index(ended, openCount: open.count, frame: site.frame(asOf), templates: site.templates)
        }
    }
}
