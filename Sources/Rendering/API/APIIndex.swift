import Model

/// What is published beside the fixed documents, for `index.json`.
package struct APIContents: Sendable {
    package var title: String
    package var updatedAt: Instant?
    package var investigations: Int
    package var open: Int
    package var deadLetters: Int
    /// The services that have a feed, by name.
    package var services: [String]
    package var hasDatabase: Bool
    package init(
        title: String, updatedAt: Instant?, investigations: Int, open: Int, deadLetters: Int, services: [String], hasDatabase: Bool
    ) {
        self.title = title
        self.updatedAt = updatedAt
        self.investigations = investigations
        self.open = open
        self.deadLetters = deadLetters
        self.services = services
        self.hasDatabase = hasDatabase
    }
}

extension APIDocuments {
    /// The names of the schemas, each a file `schemas/NAME.json`.
    package static let schemas = [
        "analytics", "case", "change", "changes", "common", "dead-letters", "events", "filters", "index", "investigations", "selection",
        "sources", "stats",
    ]

    /// `index.json`: where everything is. Links are relative to it.
    package static func index(_ it: APIContents) -> JSONValue {
        .compact([
            "schema": "caseboard.index/1", "title": .string(it.title), "updated_at": it.updatedAt.map(time),
            "investigations": [
                "total": .int(Int64(it.investigations)), "open": .int(Int64(it.open)),
                "pages": .int(Int64(APIPage.count(it.investigations))), "href": "investigations/pages/1.json",
            ],
            "filters": ["href": "filters.json"], "stats": ["href": "stats.json"], "analytics": ["href": "analytics.json"],
            "sources": ["href": "sources.json"],
            "dead_letters": ["total": .int(Int64(it.deadLetters)), "href": "dead-letters/1.json"],
            "changes": ["href": "changes.jsonl", "index": "changes/index.json"],
            "feeds": [
                "atom": "../../feeds/all.xml", "json": "../../feeds/all.json",
                "services": .array(
                    it.services.map {
                        ["service": .string($0), "atom": .string("../../feeds/services/\(FileName.of($0)).xml")]
                    }),
            ],
            "database": it.hasDatabase ? ["href": "../../caseboard.db"] : nil,
            "openapi": "openapi.json",
            "schemas": .array(schemas.map { ["name": .string($0), "href": .string("schemas/\($0).json")] }),
        ])
    }
}
