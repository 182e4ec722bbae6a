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

    /// Returns how many files changed on disk.
    func run() throws -> Int {
        if context.isDryRun { return 0 }
        let store = context.store
        // Lists of events are made from what is indexed.
        if writes == .pages { try store.indexSearch() }
        try store.shrinkCache()
        // Reports and pages are published apart, so each looks after its own files only.
        let mine = try store.publications { Self.isReport($0) == (writes == .reports) }
        var publisher = SitePublisher(root: context.workspace.site, known: mine, now: context.now)
        let site = try SiteInputs(context)
        for (index, entry) in site.cases.enumerated() {
            if index % 50 == 0 { context.progress.say("rendering #\(entry.stamp.number)") }
            try publish(entry.stamp.number, site.digest([entry.state]), site.templates, &publisher)
        }
        switch writes {
        case .reports: try ListPages(site).publishReports(&publisher)
        case .pages:
            try BoardPages(site).publish(&publisher)
            context.progress.say("rendering services, sources and days")
            try ServicePages(site).publish(&publisher)
            try SourcePages(site).publish(&publisher)
            try TimelinePages(site).publish(&publisher)
            try AnalyticsPages(site).publish(&publisher)
            try ListPages(site).publish(&publisher)
            context.progress.say("rendering the search")
            try SearchFiles(site).publish(&publisher)
        }
        if writes == .pages { try PublishAPI(context, assetsDigest: site.assetsDigest).run(site.cases.map(\.stamp), &publisher) }
        try publisher.finish(in: store)
        return publisher.writtenCount
    }

    private static func isReport(_ path: String) -> Bool {
        path.hasSuffix("/report.html") || path.hasSuffix("/report.md") || path.hasPrefix("reports/")
    }

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
            try publisher.publish(paths[0], inputDigest: digest) { asOf in
                try CanvasPage.render(file, asOf: asOf, templates: templates)
            }
            try publisher.publish(paths[1], inputDigest: digest) { PublishAPI.bytes(APIDocuments.investigation(file)) }
            for page in 1...APIPage.count(file.items.count) {
                try publisher.publish(events(page), inputDigest: digest) { PublishAPI.bytes(APIDocuments.events(of: file, page: page)) }
            }
        case .reports:
            try publisher.publish(paths[0], inputDigest: digest) { try PostMortem.page(file, asOf: $0, templates: templates) }
            try publisher.publish(paths[1], inputDigest: digest) {
                Array(try PostMortem.markdown(file, asOf: $0, templates: templates).utf8)
            }
        }
    }
}
