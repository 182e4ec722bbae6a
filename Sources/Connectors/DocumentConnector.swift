import Formats
import Model

/// A connector that reads documents from files: it names its settings and its reader, and `DocumentFiles` does the rest.
protocol DocumentConnector: Connector {
    var files: DocumentFiles { get }
    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading
}

extension DocumentConnector {
    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        files.fetch(after: cursors, through: access)
    }
    package func read(_ item: Page.Item) -> Reading {
        switch item.content {
        case .read(let reading): reading
        case .bytes(let bytes, let document): bytes.withUnsafeBytes { Self.read($0, from: document) }
        }
    }
    /// The whole document: facts have identities, so what was read before counts once.
    package func cursors(refetching place: String) -> [String]? {
        [DocumentState.key(place.replacing(/(:[0-9]+|, byte [0-9]+)$/, with: ""))]
    }
    package func probe(through access: SourceAccess) async -> SourceProbe { files.probe(through: access) }
}
