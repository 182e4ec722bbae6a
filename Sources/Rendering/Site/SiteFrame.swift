import Model

/// What stands around every page of the site: the way to the others, the search, the moment of publication. Canvas and report
/// have the bar alone.
package struct SiteFrame: Sendable {
    /// The first pages of the parts of the site, in the order of the bar.
    enum Place: String, CaseIterable {
        case board, timeline, services, sources, analytics, reports
        var address: String {
            switch self {
            case .board: SiteAddress.board
            case .timeline: SiteAddress.timeline
            case .services: SiteAddress.services
            case .sources: SiteAddress.sources
            case .analytics: SiteAddress.analytics
            case .reports: SiteAddress.reports
            }
        }
    }
    static let styleSheets = ["tokens", "base", "parts", "bar", "site"]

    /// The site's own title.
    package var title: String
    package var asOf: Instant
    package init(title: String, asOf: Instant) {
        self.title = title
        self.asOf = asOf
    }
    var siteTitle: String { title.isEmpty ? "Caseboard" : title.clipped(to: 80) }

    /// A whole document from `templates/TEMPLATE`. `path` is where the page will be, from the root of the site.
    func page(
        _ template: String, path: String, place: Place?, title: String, description: String, view: TemplateView, templates: Templates
    ) throws -> [UInt8] {
        let around: TemplateView = [
            "siteTitle": .text(siteTitle), "published": .text(PageWords.published(asOf)), "publishedISO": .text(asOf.rfc3339),
            "hasRows": true,
        ]
        var body: [UInt8] = []
        try templates.template(template).render(
            .view(view.joined(with: around).joined(with: Self.bar(path: path, place: place))), into: &body)
        return PageShell.page(
            title: "\(title.clipped(to: 120)) · \(siteTitle)", description: description.clipped(to: 300), body: body,
            style: try templates.style(Self.styleSheets), script: try templates.script("site"), data: ["published": .int(asOf.ms)],
            loadsScripts: true)
    }

    /// The bar of a page: the way to the parts of the site, and the search with the key that leads to it.
    static func bar(path: String, place: Place? = nil, searchKey: String = "/") -> TemplateView {
        [
            "root": .text(root(of: path)), "searchKey": .text(searchKey),
            "places": .list(
                Place.allCases.map {
                    [
                        "place": .text(PageWords.capitalised($0.rawValue)), "placeAddress": .text($0.address),
                        "here": .flag($0 == place && $0.address == path), "within": .flag($0 == place && $0.address != path),
                    ]
                }),
        ]
    }

    /// The way up from a page: `""`, `"../"`, `"../../"`.
    static func root(of path: String) -> String { String(repeating: "../", count: path.utf8.count { $0 == 47 }) }
}

extension TemplateValue {
    /// The numbers behind a drawing, for `numbers.html`: what stands over the columns, and the rows.
    static func numbers(_ heads: [String], _ rows: [[String]]) -> TemplateValue {
        if rows.isEmpty { return .absent }
        return [
            "numberHeads": .list(heads.map { .text($0) }),
            "numberRows": .list(
                rows.map { row in
                    ["rowName": .text(row.first ?? ""), "cells": .list(row.dropFirst().map { .text($0) })]
                }),
        ]
    }
}
