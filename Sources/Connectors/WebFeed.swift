import Formats
import Model
import Transport

/// A status feed of a provider over HTTP. It is asked for with the tag of the last answer, so that a feed that did not change
/// costs one short exchange.
package struct WebFeedConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "web-feed", summary: "A provider's status over HTTP: Atom, RSS, or the incidents of a hosted status page as JSON.",
        settings: HTTPSource.settings,
        sample: """
            kind: web-feed
            url: https://status.example.org/history.atom
            """)

    let http: HTTPSource
    private static let item = "feed"

    package init(settings: SourceSettings) throws(ConnectorError) { http = HTTPSource(settings) }

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        let known = cursors[Self.item]?.state
        if let asked = known?["asked"]?.intValue, asked >= access.now.ms { return nil }
        let tags = [("If-None-Match", known?["etag"]?.stringValue), ("If-Modified-Since", known?["modified"]?.stringValue)]
        let conditions = tags.compactMap { tag in tag.1.map { HTTPHeader(tag.0, $0) } }
        let response = try await http.send(http.get("", headers: conditions), through: access, fault: Self.fault)
        var page = Page()
        var next: [String: JSONValue?] = ["asked": .int(access.now.ms), "etag": known?["etag"], "modified": known?["modified"]]
        if response.status != 304 {
            page.items = [Page.Item(place: http.url, content: .bytes(response.body, from: http.origin(http.url, access)))]
            next["etag"] = response.header("etag").map { .string($0) }
            next["modified"] = response.header("last-modified").map { .string($0) }
        }
        page.cursorUpdates[Self.item] = Cursor(.compact(next))
        return page
    }

    package func cursors(refetching place: String) -> [String]? { [Self.item] }

    private static func isJSON(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.first { ![9, 10, 13, 32, 0xEF, 0xBB, 0xBF].contains($0) } == UInt8(ascii: "{")
    }
    private static func fault(_ response: HTTPResponse) -> String? {
        response.body.withUnsafeBytes { isJSON($0) ? HTTPSource.jsonFault(response) : FeedReader.fault($0) }
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        isJSON(bytes) ? StatusPageReader.read(bytes, from: document) : FeedReader.read(bytes, from: document)
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        await http.probe(http.get(""), through: access, fault: Self.fault) { response in
            let count = response.body.withUnsafeBytes { Self.read($0, from: http.origin(http.url, access)).events.count }
            return "\(count) \(count == 1 ? "entry" : "entries")"
        }
    }
}
