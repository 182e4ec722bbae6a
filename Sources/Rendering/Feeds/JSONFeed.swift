import Model

/// A feed of investigations as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/).
package enum JSONFeed {
    /// The latest change first.
    package static func render(_ items: [FeedItem], site: FeedSite) -> JSONValue {
        .compact([
            "version": "https://jsonfeed.org/version/1.1", "title": .string(site.name),
            "home_page_url": site.isAbsolute ? .string(site.address("index.html")) : nil,
            "feed_url": site.isAbsolute ? .string(site.address(site.path + ".json")) : nil, "language": "en",
            "authors": [["name": "Caseboard"]],
            "items": .array(
                FeedSite.order(items).map { item in
                    [
                        "id": .string(item.id), "url": .string(site.address(of: item)), "title": .string(item.title),
                        "content_text": .string(item.summary), "date_published": .string(item.investigation.startedAt.rfc3339),
                        "date_modified": .string(item.changedAt.rfc3339), "tags": .strings(item.words),
                    ]
                }),
        ])
    }
}
