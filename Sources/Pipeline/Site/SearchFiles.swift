import Model
import Rendering
import Store

/// The search: investigations with the evidence and notes that matter in them, live changes by day, services and sources.
struct SearchFiles {
    private let site: SiteInputs
    init(_ site: SiteInputs) { self.site = site }

    static let marker = "search/index.js"
    /// Pieces of evidence of an investigation, and notes, that are found with it.
    private static let evidenceKept = 6
    private static let notesKept = 6
    /// Live changes older than this are found on their days only.
    private static let changeDays = 90
    private static let changesOfDay = 40
    private static let changesRead = 2_000

    func publish(_ publisher: inout SitePublisher) throws {
        let days = site.dayStamps.keys.sorted()
        var parts = ["search"] + site.cases.map(\.state)
        parts += days.suffix(Self.changeDays).map { "\($0) \(site.dayStamps[$0] ?? 0)" }
        parts += site.serviceStamps.keys.sorted() + site.context.configuration.sources.map(\.name)
        let digest = site.digest(parts)
        if publisher.keep(below: ["search"], marker: Self.marker, inputDigest: digest) { return }
        try publisher.publish("search/box.js", bytes: site.templates.script("search").bytes)
        try SearchIndex.each(of: try documents(days)) { file in
            if file.path == Self.marker {
                try publisher.publish(file.path, inputDigest: digest) { file.bytes }
            } else {
                try publisher.publish(file.path, bytes: file.bytes)
            }
        }
    }

    private func documents(_ days: [Int64]) throws -> [SearchDocument] {
        let notes = try site.store.allNotes()
        var out: [SearchDocument] = []
        for it in try site.listed() {
            let evidence = try site.store.strongestEvidence(key: it.key, limit: Self.evidenceKept)
            out.append(SearchCards.investigation(it, evidence: evidence, notes: (notes[it.key] ?? []).suffix(Self.notesKept)))
        }
        for day in days.suffix(Self.changeDays) {
            let from = Instant(ms: day * .dayMs)
            let changes: [Event] = try site.store.changes(in: from...(from + Int64.dayMs - 1), limit: Self.changesRead).reversed()
            if let card = SearchCards.changes(changes, day: day, limit: Self.changesOfDay) { out.append(card) }
        }
        let map = try site.map.get()
        let names = map.services.union(site.serviceStamps.keys).sorted().prefix(ServicePages.mostPages)
        for name in names { out.append(SearchCards.service(name, callers: map.callers(of: name), callees: map.callees(of: name))) }
        for source in try site.sources.get() { out.append(SearchCards.source(source)) }
        return out
    }
}
