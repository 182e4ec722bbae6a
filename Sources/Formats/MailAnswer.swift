import Model

/// What somebody wrote in an answer, without what it quotes and without the signature. Where that is not certain everything stays:
/// a quotation too many costs the reader a glance, a lost sentence costs a cause.
package enum MailAnswer {
    package static func own(of text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.last == "\r" ? $0.dropLast() : $0 }
        var kept = withoutQuotedEnd(withoutSignature(lines[...]))
        kept = withoutSignature(kept)
        let own = kept.joined(separator: "\n")
        return own.contains { !$0.isWhitespace } ? own : text
    }

    /// `-- ` on a line of its own (RFC 3676, 4.3), and at most a dozen lines behind it that quote nothing. A mail program may have
    /// cut the blank off.
    private static func withoutSignature(_ lines: ArraySlice<Substring>) -> ArraySlice<Substring> {
        guard let mark = lines.lastIndex(where: { $0 == "-- " || $0 == "--" }) else { return lines }
        let behind = lines[(mark + 1)...]
        return behind.count > 12 || behind.contains(where: isQuoted) ? lines : lines[..<mark]
    }

    private static func isQuoted(_ line: Substring) -> Bool { line.first == ">" }
    private static func isBlank(_ line: Substring) -> Bool { line.allSatisfy(\.isWhitespace) }

    private static func withoutQuotedEnd(_ lines: ArraySlice<Substring>) -> ArraySlice<Substring> {
        if let start = copyStart(lines) { return lines[..<start] }
        guard let first = lines.firstIndex(where: isQuoted), lines[first...].allSatisfy({ isQuoted($0) || isBlank($0) }),
            let start = attributionStart(lines, before: first)
        else { return lines }
        return lines[..<start]
    }

    /// `On Tuesday, 10 March 2026, Ann wrote:` in any language: what stands right before a quotation that goes to the end, ends in a
    /// colon, and names a year or an address; it may be broken into two lines. Without it a quotation may be a log that somebody shows.
    private static func attributionStart(_ lines: ArraySlice<Substring>, before quotation: Int) -> Int? {
        guard let last = lines[..<quotation].lastIndex(where: { !isBlank($0) }), lines[last].last == ":" else { return nil }
        let isBroken =
            last > lines.startIndex && !isBlank(lines[last - 1]) && (last - 1 == lines.startIndex || isBlank(lines[last - 2]))
        if isBroken, namesYear(lines[last - 1]) { return last - 1 }
        return namesYear(lines[last]) || lines[last].contains("@") ? last : nil
    }
    private static func namesYear(_ line: Substring) -> Bool {
        line.split { !($0.isASCII && $0.isNumber) }.contains { $0.count == 4 && ($0.hasPrefix("19") || $0.hasPrefix("20")) }
    }

    /// Where the copy of the whole mail begins that some programs put under an answer: a line of dashes or underlines, or none, and
    /// then at least three header fields, one of them with an address or all the usual ones.
    private static func copyStart(_ lines: ArraySlice<Substring>) -> Int? {
        var at = lines.startIndex
        while at < lines.endIndex {
            let end = lines[at...].firstIndex { !isField($0) } ?? lines.endIndex
            if end - at >= 3, at == lines.startIndex || isBlank(lines[at - 1]) || isRule(lines[at - 1]),
                lines[at..<end].contains(where: { $0.contains("@") }) || namesUsualFields(lines[at..<end])
            {
                var start = at
                while start > lines.startIndex, isBlank(lines[start - 1]) || isRule(lines[start - 1]) { start -= 1 }
                return start
            }
            at = max(end, at + 1)
        }
        return nil
    }

    private static func isRule(_ line: Substring) -> Bool {
        let dashes = line.utf8.prefix { $0 == 45 || $0 == 95 }.count
        return dashes >= 5 && line.utf8.count <= 80 || line.hasPrefix("-----")
    }
    /// `From: …`, `*Von:* …`: one word or two, a colon and a value.
    private static func isField(_ line: Substring) -> Bool {
        let name = line.drop { $0 == "*" }.prefix { $0 != ":" }
        guard !name.isEmpty, name.count <= 20, name.endIndex < line.endIndex, name.allSatisfy({ $0.isLetter || $0 == " " || $0 == "-" }),
            name.split(separator: " ").count <= 2
        else { return false }
        return line[name.endIndex...].dropFirst().first.map { $0 == " " || $0 == "*" } ?? false
    }
    private static func namesUsualFields(_ lines: ArraySlice<Substring>) -> Bool {
        let names = Set(lines.map { $0.drop { $0 == "*" }.prefix { $0 != ":" }.lowercased() })
        return names.isSuperset(of: ["from", "to", "subject"])
    }
}
