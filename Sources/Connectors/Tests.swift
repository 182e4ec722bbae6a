import Formats
import Model

/// Test reports as files.
package struct TestsConnector: DocumentConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "junit", summary: "Test reports in XML: JUnit in all dialects, TRX, NUnit, xUnit.", settings: DocumentFiles.settings,
        sample: """
            kind: junit
            path: build/**/TEST-*.xml
            """)

    let files: DocumentFiles

    package init(settings: SourceSettings) throws(ConnectorError) {
        files = DocumentFiles(settings, cutting: { _ in .never })
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        JUnitReader.read(bytes, from: document, stack: StackTrace.parse)
    }
}
