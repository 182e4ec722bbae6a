import Formats
import Model

/// Reports by people as files.
package struct ReportsConnector: DocumentConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "reports", summary: "What people reported, as JSON: `time`, `title`, `text`.", settings: DocumentFiles.settings,
        sample: """
            kind: reports
            path: reports/*.json
            """)

    let files: DocumentFiles

    package init(settings: SourceSettings) throws(ConnectorError) {
        files = DocumentFiles(settings, cutting: DocumentFiles.cutsJSONLines)
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        ReportLinesReader.read(bytes, from: document)
    }
}
