import Formats
import Model

/// Changes as files.
package struct ChangesConnector: DocumentConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "changes", summary: "Commits, deployments, flags and other changes as JSON lines.", settings: DocumentFiles.settings,
        sample: """
            kind: changes
            path: changes/*.jsonl
            """)

    let files: DocumentFiles

    package init(settings: SourceSettings) throws(ConnectorError) {
        files = DocumentFiles(settings, cutting: DocumentFiles.cutsJSONLines)
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        ChangeLinesReader.read(bytes, from: document)
    }
}
