import Model

/// `sitemap.xml` (https://www.sitemaps.org/protocol.html): the board, and every investigation with its report. Its addresses
/// must be absolute, so there is none without a base URL.
package enum Sitemap {
    /// The protocol allows 50 000 addresses a file.
    static let maxAddresses = 50_000

    package static func render(_ entries: [CaseEntry], baseURL: String) -> [UInt8] {
        var out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
        func add(_ page: String, _ changedAt: Instant?) {
            out += "<url><loc>\(AtomFeed.text("\(baseURL)/\(page)"))</loc>"
            if let changedAt { out += "<lastmod>\(changedAt.rfc3339)</lastmod>" }
            out += "</url>\n"
        }
        add("index.html", entries.map(\.changedAt).max())
        for entry in entries.prefix(maxAddresses / 2 - 1) {
            add("investigations/\(entry.number)/index.html", entry.changedAt)
            add("investigations/\(entry.number)/report.html", entry.changedAt)
        }
        return Array((out + "</urlset>\n").utf8)
    }
}
