import Formats
import Model

/// Alerts as files.
package struct AlertsConnector: DocumentConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "alerts", summary: "Alerts as JSON: Alertmanager webhooks, PagerDuty, or plain objects with `time` and `title`.",
        settings: DocumentFiles.settings,
        sample: """
            kind: alerts
            path: alerts/*.json
            """)

    let files: DocumentFiles

    package init(settings: SourceSettings) throws(ConnectorError) {
        files = DocumentFiles(settings, cutting: DocumentFiles.cutsJSONLines)
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        AlertmanagerReader.read(bytes, from: document)
    }
}
