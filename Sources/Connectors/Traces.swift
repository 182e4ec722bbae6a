import Formats
import Model

/// Traces as files.
package struct TracesConnector: DocumentConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "traces", summary: "Traces as OTLP, Jaeger or Zipkin JSON, one document or one a line, told by their content.",
        settings: DocumentFiles.settings,
        sample: """
            kind: traces
            path: traces/*.jsonl
            """)

    let files: DocumentFiles

    package init(settings: SourceSettings) throws(ConnectorError) {
        files = DocumentFiles(settings, cutting: DocumentFiles.cutsJSONLines)
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        TraceReader.read(bytes, from: document, stack: StackTrace.parse)
    }
}
