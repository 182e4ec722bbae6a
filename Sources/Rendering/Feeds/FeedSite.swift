import Model

/// An investigation in a feed: the brief of it, and when the store last wrote it.
package struct FeedItem: Sendable {
    package var investigation: Investigation
    package var changedAt: Instant
    package init(_ investigation: Investigation, changedAt: Instant) {
        self.investigation = investigation
        self.changedAt = changedAt
    }
    var title: String { "#\(investigation.number) \(investigation.title)" }
    var summary: String { investigation.verdict.isEmpty ? "No probable cause yet." : investigation.verdict }
    /// The same in every feed that shows it, wherever the site is put.
    var id: String { "urn:caseboard:\(investigation.key)" }
    var words: [String] {
        [investigation.severity.rawValue, investigation.status.rawValue] + investigation.services
    }
}

/// One feed and where it stands, so that its links are right: absolute with a base URL, else relative to the feed.
package struct FeedSite: Sendable {
    package static let maxItems = 100

    package var title: String
    /// The service whose feed it is; nil for all.
    package var service: String?
    /// Where the site is published, without a slash at its end.
    private let base: String?

    package init(title: String, service: String? = nil, baseURL: String?) {
        self.title = title
        self.service = service
        base = baseURL.flatMap { HTMLText.safeLink($0) }.flatMap { $0.contains("://") ? $0 : nil }
            .map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    package var isAbsolute: Bool { base != nil }
    var name: String { service.map { "\(title): \($0)" } ?? title }
    var id: String { "urn:caseboard:feed:\(Fingerprint([title] + (service.map { [$0] } ?? [])).text)" }
    /// Below the site's root: `feeds/all` or `feeds/services/checkout`.
    package var path: String { service.map { "feeds/services/\(FileName.of($0))" } ?? "feeds/all" }
    /// The address of a page given by its path below the site's root.
    func address(_ page: String) -> String {
        if let base { return "\(base)/\(page)" }
        return (service == nil ? "../" : "../../") + page
    }
    func address(of item: FeedItem) -> String { address("investigations/\(item.investigation.number)/index.html") }
    /// The latest change first.
    static func order(_ items: [FeedItem]) -> [FeedItem] {
        Array(
            items.filter { !$0.investigation.isDeleted && $0.investigation.mergedInto == nil }
                .sorted { ($1.changedAt, $1.investigation.number) < ($0.changedAt, $0.investigation.number) }.prefix(maxItems))
    }
}
