import Foundation
import Model
import Rendering
import Store

/// Row 8: values → bytes → files, only for what changed.
struct RenderSite {
    enum Writes { case pages, reports }
    private let context: RunContext
    private let writes: Writes
    init(_ context: RunContext, writes: Writes) {
        self.context = context
        self.writes = writes
    }

    private static let recentChangesMs: Int64 = .dayMs
    private static let sparkBuckets = 24

    /// Returns how many files changed on disk.
    func run() throws -> Int {
        if context.isDryRun { return 0 }
        let store = context.store
        // Lists of events are made from what is indexed.
        if writes == .pages { try store.indexSearch() }
        // Reports and pages are published apart, so each looks after its own files only.
        let mine = try store.publications().filter { Self.isReport($0.key) == (writes == .reports) }
        var publisher = SitePublisher(root: context.workspace.site, known: mine, now: context.now)
        let assetsDigest = context.assets.digest()
        let templates = Templates(assets: { [assets = context.assets] in assets.bytes($0) })
        let stamps = try store.caseStamps().filter { !$0.isDeleted }
        let states = try stamps.map { "\($0.key) \($0.number) \($0.version) \($0.noteCount) \(try store.pageTouches(key: $0.key))" }
        for (index, stamp) in stamps.enumerated() {
            if index % 50 == 0 { context.progress.say("rendering #\(stamp.number)") }
            try publish(stamp.number, "\(assetsDigest) \(states[index])", templates, &publisher)
        }
        if writes == .pages {
            try publishBoard(states, assetsDigest, templates, &publisher)
            try PublishAPI(context, assetsDigest: assetsDigest).run(stamps, &publisher)
        }
        try publisher.finish(in: store)
        return publisher.writtenCount
    }

    private static func isReport(_ path: String) -> Bool { path.hasSuffix("/report.html") || path.hasSuffix("/report.md") }

    private func publish(_ number: Int, _ digest: String, _ templates: Templates, _ publisher: inout SitePublisher) throws {
        let folder = "investigations/\(number)"
        let paths =
            writes == .pages
            ? ["\(folder)/index.html", "api/v1/investigations/\(number).json"] : ["\(folder)/report.html", "\(folder)/report.md"]
        func events(_ page: Int) -> String { "api/v1/investigations/\(number)/events/\(page).json" }
        var all = paths
        if writes == .pages {
            var page = 1
            repeat {
                all.append(events(page))
                page += 1
            } while publisher.isKnown(events(page))
        }
        if all.allSatisfy({ publisher.isCurrent($0, inputDigest: digest) }) {
            for path in all { publisher.keep(path) }
            return
        }
        guard let snapshot = try context.store.snapshot(number: number) else { return }
        let file = try CaseFileAssembly(store: context.store, now: context.now).file(of: snapshot)
        switch writes {
        case .pages:
            try publisher.publish(paths[0], inputDigest: digest) {
                try CanvasPage.render(file, asOf: context.now, templates: templates)
            }
            try publisher.publish(paths[1], inputDigest: digest) { PublishAPI.bytes(APIDocuments.investigation(file)) }
            for page in 1...APIPage.count(file.items.count) {
                try publisher.publish(events(page), inputDigest: digest) { PublishAPI.bytes(APIDocuments.events(of: file, page: page)) }
            }
        case .reports:
            let markdown = try PostMortem.markdown(file, asOf: context.now, templates: templates)
            try publisher.publish(paths[0], inputDigest: digest) { try PostMortem.page(file, asOf: context.now, templates: templates) }
            try publisher.publish(paths[1], inputDigest: digest) { Array(markdown.utf8) }
        }
    }

    private func publishBoard(_ states: [String], _ assetsDigest: String, _ templates: Templates, _ publisher: inout SitePublisher) throws {
        let sources = try SourceHealthReading(context).sources()
        let changes = try recentChanges()
        let health = sources.map { "\($0.name) \($0.state.rawValue) \($0.remark) \($0.readCount) \($0.deadLetterCount)" }
        let digest = Fingerprint([assetsDigest, context.configuration.title] + states + changes.map(\.id) + ["sources"] + health).text
        if publisher.isCurrent("index.html", inputDigest: digest) { return publisher.keep("index.html") }
        let items = try context.store.allInvestigations().map { try item($0) }
        let board = BoardFile(title: context.configuration.title, items: items, sources: sources, recentChanges: changes, asOf: context.now)
        try publisher.publish("index.html", inputDigest: digest) {
            try BoardPage.render(board, templates: templates)
        }
    }

    private func item(_ investigation: Investigation) throws -> BoardItem {
        let end = investigation.status.isEnded ? investigation.lastSignalAt : max(investigation.lastSignalAt, investigation.startedAt)
        let from = investigation.startedAt - max(30 * .minuteMs, (end - investigation.startedAt) / 4)
        let to = end + .minuteMs
        let moments = try moments(of: investigation)
        var rate = [Int64](repeating: 0, count: Self.sparkBuckets)
        // Ended ones are shown without a sparkline.
        if !investigation.status.isEnded {
            for moment in moments where moment >= from && moment <= to {
                let bucket = Int((moment - from) * Int64(Self.sparkBuckets) / max(1, to - from))
                rate[min(Self.sparkBuckets - 1, max(0, bucket))] += 1
            }
        }
        return BoardItem(
            investigation: investigation, evidenceCount: moments.count, rate: rate, from: from, to: to,
            changeAt: investigation.suspects.first?.liveAt)
    }

    private func moments(of investigation: Investigation) throws -> [Instant] {
        let evidence = try context.store.evidence(key: investigation.key)
        // Ended ones show how much evidence there was, and no drawing of it.
        if investigation.status.isEnded { return evidence.map { _ in investigation.startedAt } }
        return try context.store.events(fingerprints: evidence.map(\.fingerprint)).filter { $0.role == .signal }.map(\.occurredAt)
    }

    /// What went live in the day before the newest fact.
    private func recentChanges() throws -> [Event] {
        guard let newest = try context.store.newestEvent() else { return [] }
        let live: Set<EventType> = [.deployment, .flagChange, .configChange, .migration]
        return try context.store.events(in: (newest.occurredAt - Self.recentChangesMs)...newest.occurredAt, roles: [.change])
            .filter { live.contains($0.type) }.reversed()
    }
}

/// How each configured source is doing, from what the store remembers of it.
struct SourceHealthReading {
    private let context: RunContext
    init(_ context: RunContext) { self.context = context }

    func sources() throws -> [SourceHealth] {
        let stats = Dictionary(
            try context.store.sourceStats(now: context.now).map { ($0.origin, $0) }, uniquingKeysWith: { first, _ in first })
        var declared = context.configuration.sources.map { (name: $0.name, kind: $0.kind) }
        if stats["inbox"] != nil { declared.append(("inbox", "events")) }
        return try declared.map { source in
            let stat = stats[source.name]
            let breaker = try context.store.breaker(origin: source.name)
            var state = SourceHealth.State.well
            var remark = ""
            if let error = breaker.lastError {
                state = breaker.state(at: context.now) == .open ? .stopped : .failing
                remark = error
            } else if let dead = stat?.deadLetterCount, dead > 0 {
                state = .failing
                let letter = try context.store.deadLetters(origin: source.name, limit: 1).first?.letter
                let file = letter?.place.split(separator: "/").last ?? ""
                remark = letter.map { "\(file): \($0.reason)" } ?? ""
            } else if (stat?.readCount ?? 0) == 0 {
                state = .empty
                remark = "nothing read yet"
            }
            return SourceHealth(
                name: source.name, kind: source.kind, state: state, remark: remark, recent: stat?.recent ?? [], newestAt: stat?.newestAt,
                readCount: stat?.readCount ?? 0, deadLetterCount: stat?.deadLetterCount ?? 0)
        }
    }
}
