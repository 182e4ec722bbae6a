import Model

/// A feed of investigations as Atom (RFC 4287): one entry each, changed whenever its version is.
package enum AtomFeed {
    /// The latest change first. A feed without an entry was last changed at `asOf`.
    package static func render(_ items: [FeedItem], site: FeedSite, asOf: Instant) -> [UInt8] {
        let shown = FeedSite.order(items)
        var out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
        out += "<title>\(text(site.name))</title>\n<id>\(site.id)</id>\n"
        out += "<updated>\((shown.first?.changedAt ?? asOf).rfc3339)</updated>\n<author><name>Caseboard</name></author>\n"
        out += "<link rel=\"alternate\" type=\"text/html\" href=\"\(text(site.address("index.html")))\"/>\n"
        if site.isAbsolute {
            out += "<link rel=\"self\" type=\"application/atom+xml\" href=\"\(text(site.address(site.path + ".xml")))\"/>\n"
        }
        for item in shown {
            let it = item.investigation
            out += "<entry>\n<title>\(text(item.title))</title>\n<id>\(text(item.id))</id>\n"
            out += "<published>\(it.startedAt.rfc3339)</published>\n<updated>\(item.changedAt.rfc3339)</updated>\n"
            for word in item.words { out += "<category term=\"\(text(word))\"/>\n" }
            out += "<link rel=\"alternate\" type=\"text/html\" href=\"\(text(site.address(of: item)))\"/>\n"
            out += "<content type=\"text\">\(text(item.summary))</content>\n</entry>\n"
        }
        out += "</feed>\n"
        return Array(out.utf8)
    }

    /// Escaped as for HTML, whose five references XML has too (`&#39;` as a number); U+FFFE and U+FFFF, which XML refuses,
    /// become U+FFFD.
    static func text(_ text: String) -> String {
        HTMLText.escape(text).replacing("\u{FFFE}", with: "\u{FFFD}").replacing("\u{FFFF}", with: "\u{FFFD}")
    }
}
