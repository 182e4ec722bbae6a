import Formats
import Model

/// A spool of webhooks: one file for each, as a web server or a CGI drops them.
package struct WebhooksConnector: DocumentConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "webhooks",
        summary: "Webhooks that a web server dropped as files: Alertmanager, Grafana, PagerDuty, GitHub, GitLab, told by content.",
        settings: DocumentFiles.settings + [
            SettingDescriptor(
                "services", .map,
                "what they call it → the service here: a repository (`owner/name`), a workflow or pipeline, a service at PagerDuty")
        ],
        sample: """
            kind: webhooks
            path: /var/spool/caseboard
            """)

    let files: DocumentFiles

    package init(settings: SourceSettings) throws(ConnectorError) {
        var files = DocumentFiles(settings, cutting: DocumentFiles.cutsJSONLines)
        files.isWhole = { $0.withUnsafeBytes { WebhookReader.isWhole($0) } }
        self.files = files
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        WebhookReader.read(bytes, from: document)
    }
}
