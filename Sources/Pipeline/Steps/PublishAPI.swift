import Foundation
import Model
import Rendering
import Store

/// The lists and numbers of `public/api/v1/`, the change feed and the feeds. Investigations have their own documents, made with
/// their pages. Nothing here reads a document of the store or depends on the clock; what did not change is not looked at again.
struct PublishAPI {
    private let context: RunContext
    private let assetsDigest: String
    private var store: CaseStore { context.store }
    private var places: PublishedPlaces { PublishedPlaces(context.workspace) }
    init(_ context: RunContext, assetsDigest: String) {
        self.context = context
        self.assetsDigest = assetsDigest
    }

    static let root = "api/v1/"

    func run(_ stamps: [CaseStamp], _ publisher: inout SitePublisher) throws {
        let configuration = context.configuration
        let settings = [assetsDigest, configuration.title, configuration.baseURL ?? "", "\(configuration.publishesDatabase)"]
        let lists = Fingerprint(settings + stamps.map { "\($0.key) \($0.number) \($0.version) \($0.changedAt.ms)" }).text
        let letters = try store.deadLetterStamp()
        let events = try store.eventCounts()
        let counts = Fingerprint([lists] + events.map { "\($0.source) \($0.type) \($0.severity) \($0.count)" }).text
        let index = Fingerprint(lists, letters.text).text

        let isListed = publisher.keep(
            below: [Self.root + "filters", Self.root + "investigations/pages", "feeds", "sitemap.xml"],
            marker: Self.root + "filters.json", inputDigest: lists)
        let isCounted = publisher.isCurrent(Self.root + "stats.json", inputDigest: counts)
        if !isListed || !isCounted || !publisher.isCurrent(Self.root + "index.json", inputDigest: index) {
            let entries = try store.caseEntries()
            let selections = APISelection.all(entries)
            if !isListed { try publishLists(entries, selections, lists, &publisher) }
            try publisher.publish(Self.root + "stats.json", inputDigest: counts) {
                Self.bytes(APIDocuments.stats(entries, selections, events: events))
            }
            try publisher.publish(Self.root + "index.json", inputDigest: index) {
                Self.bytes(APIDocuments.index(contents(entries, selections, letters: letters.count)))
            }
        }
        for path in ["stats.json", "index.json"] { publisher.keep(Self.root + path) }
        if configuration.publishesDatabase { try publishDatabase(lists, stamps, &publisher) }
        try publishSources(&publisher)
        try publishDeadLetters(letters, &publisher)
        try publishChanges(&publisher)
        for name in APIDocuments.schemas {
            try publishAsset("site/api/schemas/\(name).json", as: "schemas/\(name).json", &publisher)
        }
        try publishAsset("site/api/openapi.json", as: "openapi.json", &publisher)
    }

    static func bytes(_ document: JSONValue) -> [UInt8] {
        var out: [UInt8] = []
        document.write(into: &out, indent: nil)
        out.append(10)
        return out
    }

    private func publishAsset(_ asset: String, as path: String, _ publisher: inout SitePublisher) throws {
        try publisher.publish(Self.root + path, inputDigest: assetsDigest) { context.assets.bytes(asset) ?? [] }
    }

    private func contents(_ entries: [CaseEntry], _ selections: [APISelection], letters: Int) -> APIContents {
        APIContents(
            title: context.configuration.title, updatedAt: entries.map(\.changedAt).max(), investigations: entries.count,
            open: entries.count { !$0.status.isEnded }, deadLetters: min(letters, APIDeadLetter.maxPublished),
            services: selections.filter { $0.name == .service }.map(\.value), hasDatabase: context.configuration.publishesDatabase)
    }

    // MARK: - Lists

    private func publishLists(_ entries: [CaseEntry], _ selections: [APISelection], _ lists: String, _ publisher: inout SitePublisher)
        throws
    {
        func stamp(_ entries: some Sequence<CaseEntry>, _ more: String) -> String {
            Fingerprint([assetsDigest, more] + entries.map { "\($0.key) \($0.number) \($0.version)" }).text
        }
        for page in 1...APIPage.count(entries.count) {
            let shown = entries[APIPage.range(page, of: entries.count)]
            try publisher.publish("\(Self.root)investigations/pages/\(page).json", inputDigest: stamp(shown, "\(entries.count)")) {
                Self.bytes(
                    APIDocuments.investigations(
                        try store.briefs(keys: shown.map(\.key)), page: APIPage(number: page, total: entries.count)))
            }
        }
        for selection in selections {
            for page in 1...APIPage.count(selection.entries.count) {
                let shown = selection.entries[APIPage.range(page, of: selection.entries.count)]
                try publisher.publish(
                    "\(Self.root)\(selection.folder)/\(page).json", inputDigest: stamp(shown, "\(selection.entries.count)")
                ) { Self.bytes(APIDocuments.selection(selection, page: page)) }
            }
        }
        try publishFeeds(entries, selections, &publisher)
        // Last, so that a run that is stopped before looks at all of them again.
        try publisher.publish(Self.root + "filters.json", inputDigest: lists) { Self.bytes(APIDocuments.filters(selections)) }
    }

    private func publishFeeds(_ entries: [CaseEntry], _ selections: [APISelection], _ publisher: inout SitePublisher) throws {
        let configuration = context.configuration
        let services = selections.filter { $0.name == .service }.map { (name: Optional($0.value), entries: $0.entries) }
        for feed in [(name: nil, entries: entries)] + services {
            let shown = feed.entries.sorted { ($1.changedAt, $1.number) < ($0.changedAt, $0.number) }.prefix(FeedSite.maxItems)
            let site = FeedSite(title: configuration.title, service: feed.name, baseURL: configuration.baseURL)
            let digest = Fingerprint(
                [assetsDigest, configuration.title, configuration.baseURL ?? ""]
                    + shown.map { "\($0.key) \($0.number) \($0.version) \($0.changedAt.ms)" }
            ).text
            let atom = site.path + ".xml"
            let json = site.path + ".json"
            let isWithJSON = feed.name == nil
            if publisher.isCurrent(atom, inputDigest: digest), !isWithJSON || publisher.isCurrent(json, inputDigest: digest) {
                publisher.keep(atom)
                if isWithJSON { publisher.keep(json) }
                continue
            }
            let items = zip(try store.briefs(keys: shown.map(\.key)), shown).map { FeedItem($0, changedAt: $1.changedAt) }
            try publisher.publish(atom, inputDigest: digest) { AtomFeed.render(items, site: site, asOf: context.now) }
            if isWithJSON { try publisher.publish(json, inputDigest: digest) { Self.bytes(JSONFeed.render(items, site: site)) } }
        }
        if let base = configuration.baseURL {
            let digest = Fingerprint([base] + entries.map { "\($0.number) \($0.changedAt.ms)" }).text
            try publisher.publish("sitemap.xml", inputDigest: digest) { Sitemap.render(entries, baseURL: base) }
        }
    }

    // MARK: - Sources and dead letters

    private func publishSources(_ publisher: inout SitePublisher) throws {
        var sources = try DeclaredSource.all(context).map { source in
            APISource(
                name: source.name, kind: source.kind, readCount: source.stats?.readCount ?? 0,
                deadLetterCount: source.stats?.deadLetterCount ?? 0, newestAt: source.stats?.newestAt,
                consecutiveFailures: source.breaker.consecutiveFailures, openedAt: source.breaker.openedAt,
                lastError: source.breaker.lastError.map(places.local),
                cursors: places.positions(try store.cursors(origin: source.name)), days: [])
        }
        let digest = Fingerprint([assetsDigest, APIDocuments.sources(sources).text]).text
        try publisher.publish(Self.root + "sources.json", inputDigest: digest) {
            for index in sources.indices { sources[index].days = try store.activityByDay(origin: sources[index].name) }
            return Self.bytes(APIDocuments.sources(sources))
        }
    }

    private func publishDeadLetters(_ stamp: (count: Int, text: String), _ publisher: inout SitePublisher) throws {
        let pages = 1...APIPage.count(min(stamp.count, APIDeadLetter.maxPublished))
        let digest = Fingerprint(assetsDigest, stamp.text).text
        func path(_ page: Int) -> String { "\(Self.root)dead-letters/\(page).json" }
        if pages.allSatisfy({ publisher.isCurrent(path($0), inputDigest: digest) }) { return pages.forEach { publisher.keep(path($0)) } }
        let letters = try store.deadLetters(includeOutbox: false, limit: APIDeadLetter.maxPublished).map {
            APIDeadLetter(
                id: $0.id, origin: $0.letter.origin, place: places.local($0.letter.place), reason: $0.letter.reason,
                remedy: $0.letter.remedy,
                firstAt: $0.firstAt, lastAt: $0.lastAt, count: $0.count)
        }
        for page in pages {
            try publisher.publish(path(page), inputDigest: digest) { Self.bytes(APIDocuments.deadLetters(letters, page: page)) }
        }
    }

    // MARK: - The database

    private func publishDatabase(_ lists: String, _ stamps: [CaseStamp], _ publisher: inout SitePublisher) throws {
        let notes = stamps.map { "\($0.noteCount)" }
        let digest = Fingerprint([lists] + notes).text
        try publisher.publish("caseboard-metadata.json", inputDigest: digest) {
            Self.bytes(PublishedDatabase.metadata(title: context.configuration.title))
        }
        try publisher.publish(file: "caseboard.db", inputDigest: digest) { path in
            try PublishedDatabase.make(at: path, scratch: path + ".scratch", from: context.workspace.database.plainPath)
        }
    }

    // MARK: - Changes

    private func publishChanges(_ publisher: inout SitePublisher) throws {
        let lastSeq = try store.lastAuditSequence()
        let last = ChangeFeed.segment(of: lastSeq)
        let base = context.configuration.baseURL
        for segment in max(1, last - ChangeFeed.maxSegments + 1)...last {
            let first = (segment - 1) * ChangeFeed.segmentEntries
            let end = min(lastSeq, segment * ChangeFeed.segmentEntries)
            let digest = Fingerprint(assetsDigest, base ?? "", "\(first) \(end)").text
            try publisher.publish(Self.root + ChangeFeed.path(segment, last: last), inputDigest: digest) {
                ChangeFeed.lines(try store.auditEntries(after: first, limit: Int(ChangeFeed.segmentEntries)), baseURL: base)
            }
        }
        try publisher.publish(Self.root + "changes/index.json", inputDigest: Fingerprint(assetsDigest, "\(lastSeq)").text) {
            Self.bytes(ChangeFeed.index(last: last, lastSeq: lastSeq))
        }
    }
}
