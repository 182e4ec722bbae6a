import Formats
import Model

/// The inbox.
package struct EventsConnector: DocumentConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "events", summary: "Events dropped by other programs and people: CloudEvents or our own, as JSON or JSON lines.",
        settings: DocumentFiles.settings,
        sample: """
            kind: events
            path: inbox/*.jsonl
            """)

    let files: DocumentFiles

    package init(settings: SourceSettings) throws(ConnectorError) {
        files = DocumentFiles(settings, cutting: DocumentFiles.cutsJSONLines)
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        CloudEventsReader.read(bytes, from: document)
    }
}
