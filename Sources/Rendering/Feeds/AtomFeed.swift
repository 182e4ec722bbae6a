import Model

/// The feed of investigations as Atom (RFC 4287): one entry each, changed whenever its version is.
package enum AtomFeed {
    static let maxEntries = 100

    /// Newest change first. `baseURL` is where the site is published; without one the feed has no links and its ids are
    /// names that need no host.
    package static func investigations(_ items: [Investigation], title: String, asOf: Instant, baseURL: String?) -> [UInt8] {
        let base = baseURL.flatMap { HTMLText.safeLink($0) }.flatMap { $0.contains("://") ? ($0.hasSuffix("/") ? $0 : $0 + "/") : nil }
        let shown = items.filter { !$0.isDeleted && $0.mergedInto == nil }
            .sorted { (changedAt($1), $1.number) < (changedAt($0), $0.number) }.prefix(maxEntries)
        var out = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
        out += "<title>\(text(title))</title>\n<id>urn:caseboard:\(Fingerprint(title, base ?? "").text)</id>\n"
        out += "<updated>\((shown.first.map(changedAt) ?? asOf).rfc3339)</updated>\n<author><name>Caseboard</name></author>\n"
        if let base { out += "<link rel=\"alternate\" type=\"text/html\" href=\"\(text(base))index.html\"/>\n" }
        for it in shown {
            out += "<entry>\n<title>\(text("#\(it.number) \(it.title)"))</title>\n"
            out += "<id>urn:caseboard:\(Fingerprint(title, it.key).text)</id>\n"
            out += "<published>\(it.startedAt.rfc3339)</published>\n<updated>\(changedAt(it).rfc3339)</updated>\n"
            out += "<category term=\"\(it.severity.rawValue)\"/>\n<category term=\"\(it.status.rawValue)\"/>\n"
            if let base {
                out += "<link rel=\"alternate\" type=\"text/html\" href=\"\(text(base))investigations/\(it.number)/index.html\"/>\n"
            }
            out += "<summary>\(text(it.verdict.isEmpty ? "No probable cause yet." : it.verdict))</summary>\n</entry>\n"
        }
        out += "</feed>\n"
        return Array(out.utf8)
    }

    /// The last moment the facts of an investigation say something happened to it.
    private static func changedAt(_ it: Investigation) -> Instant {
        [it.detectedAt, it.acknowledgedAt, it.mitigatedAt, it.resolvedAt].compactMap { $0 }.reduce(max(it.startedAt, it.lastSignalAt), max)
    }

    /// Escaped as for HTML, whose five references XML has too (`&#39;` as a number); U+FFFE and U+FFFF, which XML refuses,
    /// become U+FFFD.
    private static func text(_ text: String) -> String {
        HTMLText.escape(text).replacing("\u{FFFE}", with: "\u{FFFD}").replacing("\u{FFFF}", with: "\u{FFFD}")
    }
}
