import Formats
import Model

/// Metrics as files.
package struct MetricsConnector: DocumentConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "metrics", summary: "Metrics as CSV, OpenMetrics or Prometheus text, told by their content.",
        settings: DocumentFiles.settings,
        sample: """
            kind: metrics
            path: metrics/*.csv
            """)

    let files: DocumentFiles

    package init(settings: SourceSettings) throws(ConnectorError) {
        files = DocumentFiles(settings, cutting: Self.cutting)
    }

    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        isCSV(bytes.prefix(4_096)) ? MetricCSVReader.read(bytes, from: document) : OpenMetricsReader.read(bytes, from: document)
    }

    private static func cutting(_ head: ArraySlice<UInt8>) -> DocumentFiles.Cutting {
        head.withUnsafeBytes { isCSV($0.prefix(4_096)) } ? .linesUnderHeader : .never
    }

    /// CSV has a first line with a comma and neither blanks between words nor braces: `time,service,metric,value`. In
    /// OpenMetrics a comma stands only inside of braces or behind `# HELP`.
    private static func isCSV(_ head: Slice<UnsafeRawBufferPointer>) -> Bool {
        let line = head.drop { $0 == 0xEF || $0 == 0xBB || $0 == 0xBF || $0 == 10 || $0 == 13 }.prefix { $0 != 10 }
        guard line.first != UInt8(ascii: "#"), let comma = line.firstIndex(of: UInt8(ascii: ",")) else { return false }
        return !line[..<comma].contains(UInt8(ascii: "{"))
    }
}
