import Formats
import Model

/// Status feeds as files; from the network with the network connectors.
package struct FeedConnector: DocumentConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "feed", summary: "Status feeds as Atom or RSS files.", settings: DocumentFiles.settings,
        sample: """
            kind: feed
            path: feeds/provider.atom
            """)

    let files: DocumentFiles

    package init(settings: SourceSettings) throws(ConnectorError) {
        files = DocumentFiles(settings, cutting: { _ in .never })
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        FeedReader.read(bytes, from: document)
    }
}
