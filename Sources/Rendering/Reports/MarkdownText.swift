import Model

/// Outside text on its way into Markdown.
package enum MarkdownText {
    /// The text as one inline run that every CommonMark and GFM reader shows as written: markup characters get a
    /// backslash where they could act, blanks and line ends become single blanks, controls and bidirectional overrides
    /// U+FFFD. Safe in a paragraph, a heading, a list item and a table cell, at the beginning of a line too.
    package static func escape(_ text: String) -> String {
        var out: [UInt8] = []
        escape(text, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    static func escape(_ text: String, into out: inout [UInt8]) {
        let bytes = oneLine(text)
        var isNumberSoFar = true  // since the beginning only digits: a list item would follow from `.` or `)`
        for (index, byte) in bytes.enumerated() {
            let before = index > 0 ? bytes[index - 1] : 32
            let after = index + 1 < bytes.count ? bytes[index + 1] : 32
            let acts: Bool
            switch byte {
            case 92, 96, 42, 91, 93, 60, 62, 124, 126, 35: acts = true  // \ ` * [ ] < > | ~ #
            case 95: acts = !(isWord(before) && isWord(after))  // _
            case 38: acts = after == 35 || isWord(after)  // &
            case 45: acts = index == 0 && (after == 32 || after == 45 || after == 58 || after == 124)  // - as in `- item`, `---`, `-|-`
            case 43: acts = index == 0 && after == 32  // +
            case 61: acts = index == 0  // =
            case 58: acts = index == 0 || after == 47  // : as in `http://`
            case 41: acts = isNumberSoFar && after == 32  // )
            case 46: acts = (isNumberSoFar && after == 32) || followsWWW(bytes, index)
            default: acts = false
            }
            if acts { out.append(92) }
            out.append(byte)
            isNumberSoFar = isNumberSoFar && byte >= 48 && byte <= 57
        }
    }

    /// A line of code between more backticks than any run inside; blanks as in `escape`. Empty text gives nothing.
    package static func code(_ text: String) -> String {
        let bytes = oneLine(text)
        if bytes.isEmpty { return "" }
        var longest = 0
        var run = 0
        for byte in bytes {
            run = byte == 96 ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        let pad = bytes.first == 96 || bytes.last == 96 ? " " : ""
        return fence + pad + String(decoding: bytes, as: UTF8.self) + pad + fence
    }

    private static func oneLine(_ text: String) -> [UInt8] {
        var visible: [UInt8] = []
        HTMLText.visible(text, into: &visible)
        var out: [UInt8] = []
        out.reserveCapacity(visible.count)
        for byte in visible {
            if byte > 32 {
                out.append(byte)
            } else if let last = out.last, last != 32 {
                out.append(32)
            }
        }
        if out.last == 32 { out.removeLast() }
        return out
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func followsWWW(_ bytes: [UInt8], _ index: Int) -> Bool {
        index >= 3 && bytes[index - 3..<index].allSatisfy { $0 | 32 == 119 }
    }
}

// MARK: - Markdown as a value

extension MarkdownText {
    /// `code` for a raw place of a Markdown template.
    static func codeSpan(_ text: String) -> SafeHTML {
        SafeHTML(trusted: code(text).replacing(each: "|", with: "\\|"))
    }

    /// Markdown that a person wrote, as a block quotation that nothing in it can leave. Markup that a reader less careful
    /// than ours would act on (raw HTML, links to other schemes, link definitions, `[!NOTE]`) turns the whole note to plain text.
    static func quote(_ markdown: String) -> SafeHTML {
        let visible = HTMLText.visible(markdown.clipped(toBytes: Limits.bodyBytes)).replacingLineEnds
        let isHarmless = !visible.contains("]:") && !visible.contains("[!") && MarkdownRenderer.isHarmless(visible)
        let lines = visible.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // A backslash at the end of a line is a line break.
        let kept = isHarmless ? lines : lines.map { $0.allSatisfy(\.isWhitespace) ? "" : escape($0) + "\\" }
        return SafeHTML(trusted: kept.map { $0.isEmpty ? ">" : "> " + $0 }.joined(separator: "\n"))
    }
}

extension String {
    /// CR LF and CR as LF.
    fileprivate var replacingLineEnds: String {
        utf8.contains(13) ? replacing("\r\n", with: "\n").replacing("\r", with: "\n") : self
    }
}
