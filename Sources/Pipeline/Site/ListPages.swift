import Model
import Rendering
import Store

/// Reports, help and what changed.
struct ListPages {
    private let site: SiteInputs
    init(_ site: SiteInputs) { self.site = site }

    func publish(_ publisher: inout SitePublisher) throws {
        try publisher.publish(SiteAddress.help, inputDigest: site.digest(["help"])) { asOf in
            try HelpPage.render(frame: site.frame(asOf), templates: site.templates)
        }
        let digest = site.digest(["changelog"] + site.cases.map(\.state))
        if publisher.isCurrent(SiteAddress.changelog, inputDigest: digest) { return publisher.keep(SiteAddress.changelog) }
        let entries = try site.store.lastVersions(limit: ChangelogPage.changesShown).map {
            ChangelogPage.Entry(number: $0.number, title: $0.title, version: $0.version)
        }
        let notes = site.context.assets.bytes("CHANGELOG.md").map { String(decoding: $0, as: UTF8.self) } ?? ""
        try publisher.publish(SiteAddress.changelog, inputDigest: digest) { asOf in
            try ChangelogPage.render(
                entries, program: "version \(Program.version)", notes: notes, frame: site.frame(asOf), templates: site.templates)
        }
    }

    func publishReports(_ publisher: inout SitePublisher) throws {
        let digest = site.digest(["reports"] + site.cases.map(\.state))
        if publisher.isCurrent(SiteAddress.reports, inputDigest: digest) { return publisher.keep(SiteAddress.reports) }
        let entries = try site.listed().map { ReportsPage.Entry($0) }
        try publisher.publish(SiteAddress.reports, inputDigest: digest) { asOf in
            try ReportsPage.render(entries, frame: site.frame(asOf), templates: site.templates)
        }
    }
}
