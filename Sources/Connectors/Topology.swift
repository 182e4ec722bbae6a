import Formats
import Model

/// Call edges as files.
package struct TopologyConnector: DocumentConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "topology", summary: "Who calls whom, as CSV: `caller,callee`.", settings: DocumentFiles.settings,
        sample: """
            kind: topology
            path: topology.csv
            """)

    let files: DocumentFiles

    package init(settings: SourceSettings) throws(ConnectorError) {
        files = DocumentFiles(settings, cutting: { _ in .linesUnderHeader })
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        TopologyReader.read(bytes, from: document)
    }
}
