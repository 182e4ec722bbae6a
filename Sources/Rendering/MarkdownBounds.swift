import Model

/// What is kept from cmark-gfm because it would take too long over it. Its core is linear; two extensions are not (release
/// 0.29.0.gfm.6: CVE-2023-22486 and the closing brackets and addresses of autolinks), so a text that would drive them there
/// is read without them.
enum MarkdownBounds {
    /// Cells that tables may come to, the ones filled in for short rows included.
    static let maxTableCells = 400_000
    /// Closing brackets in one run without blanks, and `@` in the whole text, up to which addresses are linked.
    static let maxClosingBrackets = 100
    static let maxAtSigns = 2_000

    static func cut(_ markdown: String, to maxBytes: Int) -> String {
        if markdown.utf8.count <= maxBytes { return markdown }
        return markdown.clipped(toBytes: maxBytes) + "\n\n(The text goes on; it was cut here.)\n"
    }

    /// The extensions that this text may be read with.
    static func extensions(for bytes: UnsafeBufferPointer<UInt8>) -> [String] {
        isHarmless(bytes) ? ["strikethrough", "tasklist", "table", "autolink"] : bounded(bytes)
    }

    /// Too little in the whole text for any line of it to be too much: so is nearly every text, and counting is cheap.
    private static func isHarmless(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var (lines, pipes, brackets, atSigns) = (1, 0, 0, 0)
        for byte in bytes {
            lines &+= byte == 10 || byte == 13 ? 1 : 0
            pipes &+= byte == 124 ? 1 : 0
            brackets &+= byte == 41 ? 1 : 0
            atSigns &+= byte == 64 ? 1 : 0
        }
        return lines.multipliedReportingOverflow(by: pipes + 1).partialValue <= maxTableCells && brackets <= maxClosingBrackets
            && atSigns <= maxAtSigns
    }

    private static func bounded(_ bytes: UnsafeBufferPointer<UInt8>) -> [String] {
        var lines = 1
        var columns = 0  // of the widest line that could be a table's delimiter row: no letters in it
        var pipes = 0
        var hasLetter = false
        var brackets = 0
        var worstBrackets = 0
        var atSigns = 0
        for byte in bytes {
            switch byte {
            case 10, 13:
                if !hasLetter { columns = max(columns, pipes + 1) }
                lines += 1
                (pipes, hasLetter, brackets) = (0, false, 0)
            case 32, 9: brackets = 0
            case 124: pipes += 1
            case 41:
                brackets += 1
                worstBrackets = max(worstBrackets, brackets)
            case 64: atSigns += 1
            case 65...90, 97...122: hasLetter = true
            default: break
            }
        }
        if !hasLetter { columns = max(columns, pipes + 1) }
        var names = ["strikethrough", "tasklist"]
        if lines.multipliedReportingOverflow(by: columns).partialValue <= maxTableCells { names.append("table") }
        if worstBrackets <= maxClosingBrackets, atSigns <= maxAtSigns { names.append("autolink") }
        return names
    }
}
