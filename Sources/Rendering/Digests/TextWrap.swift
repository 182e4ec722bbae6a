/// Plain text in columns, for mail and terminals.
enum TextWrap {
    /// Lines of at most `columns` columns, broken at blanks; a longer word, such as an address, has a line of its own.
    /// A character counts one column, one of East Asian width or an emoji two; blanks of all kinds become one.
    static func lines(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        for word in text.split(whereSeparator: \.isWhitespace) {
            let width = Self.width(word)
            if used > 0, used + 1 + width > columns {
                lines.append(line)
                (line, used) = ("", 0)
            }
            if used > 0 {
                line += " "
                used += 1
            }
            line += word
            used += width
        }
        if used > 0 { lines.append(line) }
        return lines
    }

    /// The text in exactly `columns` columns: cut with an ellipsis or filled with blanks.
    static func cell(_ text: String, columns: Int) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if width(words) <= columns { return words + String(repeating: " ", count: columns - width(words)) }
        var out = ""
        var used = 0
        for character in words {
            let next = width(String(character))
            if used + next > columns - 1 { break }
            out.append(character)
            used += next
        }
        return out + "…" + String(repeating: " ", count: max(0, columns - used - 1))
    }

    static func width(_ text: some StringProtocol) -> Int {
        text.reduce(0) { total, character in
            guard let scalar = character.unicodeScalars.first else { return total }
            switch scalar.value {
            case 0..<0x1100: return total + 1
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
                0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                return total + 2
            default: return total + 1
            }
        }
    }
}
