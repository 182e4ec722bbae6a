import Model

/// How a table that may be long is written.
package enum RowFormat: String, CaseIterable, Sendable { case csv, json, table }

/// Gathers text and hands it on in pieces, so that a long answer is never held as a whole.
struct RowWriter {
    private var buffer: [UInt8] = []
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private static let pieceBytes = 64 << 10

    init(sink: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.sink = sink }

    mutating func write(_ text: String) throws {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= Self.pieceBytes { try flush() }
    }
    mutating func write(_ bytes: [UInt8]) throws {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.pieceBytes { try flush() }
    }
    mutating func flush() throws {
        if buffer.isEmpty { return }
        try buffer.withUnsafeBytes(sink)
        buffer.removeAll(keepingCapacity: true)
    }

    /// A field of comma-separated values (RFC 4180): quoted when it holds a comma, a quote, a line end or a blank at an end.
    static func field(_ text: String) -> String {
        let needsQuotes =
            text.utf8.contains { $0 == 44 || $0 == 34 || $0 == 10 || $0 == 13 } || text.utf8.first == 32 || text.utf8.last == 32
        return needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }

    /// The same for text from outside, which a spreadsheet would otherwise take for a formula: what begins as one gets an
    /// apostrophe in front (OWASP, "CSV Injection").
    static func safeField(_ text: String) -> String {
        switch text.utf8.first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"), 9, 13: field("'" + text)
        default: field(text)
        }
    }
}
