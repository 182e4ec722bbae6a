import Model

/// The plain text of HTML found in feeds: tags dropped (with what stands in `script` and `style`), block elements and breaks
/// as line ends, character references decoded (HTML 5, section 13.5: numbers and the names that prose uses), blanks folded.
/// Not a parser: no tree, one pass, and a `<` that opens no tag stays a `<`.
enum MarkupText {
    /// At most `limit` bytes of text; `html` beyond eight times that is not looked at.
    static func plain(_ html: String, limit: Int = Limits.bodyBytes) -> String {
        var html = html.clipped(toBytes: limit * 8)
        let bytes = html.withUTF8 { strip(UnsafeRawBufferPointer($0)) }
        return StructuredText.body(folded(String(decoding: bytes, as: UTF8.self)), limit: limit)
    }

    /// Blanks within lines folded, at most one empty line between paragraphs.
    private static func folded(_ text: String) -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let clean = StructuredText.foldingBlanks(String(line))
            if clean.isEmpty, lines.last?.isEmpty ?? true { continue }
            lines.append(clean)
        }
        return lines.joined(separator: "\n")
    }

    private static func strip(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        // Behind the last `>` no tag can end, and looking for one again and again would cost the square of the length.
        let lastClose = bytes.lastIndex(of: 62) ?? -1
        var at = 0
        while at < bytes.count {
            switch bytes[at] {
            case 60 where at < lastClose: at = tag(bytes, at, into: &out)
            case 38: at = reference(bytes, at, into: &out)
            case 10, 13:
                out.append(32)
                at += 1
            default:
                out.append(bytes[at])
                at += 1
            }
        }
        return out
    }

    /// Skips the tag or comment at `start`; gives the index behind it.
    private static func tag(_ bytes: UnsafeRawBufferPointer, _ start: Int, into out: inout [UInt8]) -> Int {
        let next = start + 1 < bytes.count ? bytes[start + 1] : 0
        guard isLetter(next) || next == 47 || next == 33 || next == 63 else {
            out.append(60)
            return start + 1
        }
        if matches(bytes, start, "<!--") {
            return find("-->", in: bytes, from: start + 4).map { $0 + 3 } ?? bytes.count
        }
        if matches(bytes, start, "<![cdata[") { return start + 9 }
        guard let close = StructuredText.firstIndex(of: 62, in: bytes, from: start) else {
            out.append(60)
            return start + 1
        }
        let isEnd = next == 47
        let nameStart = start + (isEnd ? 2 : 1)
        var nameEnd = nameStart
        while nameEnd < close, isLetter(bytes[nameEnd]) || (bytes[nameEnd] >= 48 && bytes[nameEnd] <= 57) { nameEnd += 1 }
        let name = String(decoding: bytes[nameStart..<nameEnd], as: UTF8.self).lowercased()
        if blocks.contains(name) { out.append(10) }
        if name == "td" || name == "th" { out.append(32) }
        if !isEnd, name == "script" || name == "style" {
            return find("</" + name, in: bytes, from: close) ?? bytes.count
        }
        return close + 1
    }

    private static func reference(_ bytes: UnsafeRawBufferPointer, _ start: Int, into out: inout [UInt8]) -> Int {
        let limit = min(bytes.count, start + 12)
        var end = start + 1
        while end < limit, bytes[end] != 59 { end += 1 }
        if end < limit {
            let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
            if let scalar = scalar(named: name) {
                out.append(contentsOf: String(Character(scalar)).utf8)
                return end + 1
            }
        }
        out.append(38)
        return start + 1
    }

    private static func scalar(named name: String) -> Unicode.Scalar? {
        if name.hasPrefix("#") {
            let digits = name.dropFirst()
            let value = digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            guard let value, value > 0, let scalar = Unicode.Scalar(value) else { return nil }
            return scalar
        }
        return named[name].flatMap { Unicode.Scalar($0) }
    }

    private static let blocks: Set<String> = [
        "p", "br", "div", "li", "ul", "ol", "dl", "dt", "dd", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre",
        "blockquote", "section", "article", "header", "footer",
    ]
    private static let named: [String: UInt32] = [
        "amp": 38, "lt": 60, "gt": 62, "quot": 34, "apos": 39, "nbsp": 32, "copy": 169, "reg": 174, "trade": 8482,
        "hellip": 8230, "mdash": 8212, "ndash": 8211, "lsquo": 8216, "rsquo": 8217, "sbquo": 8218, "ldquo": 8220, "rdquo": 8221,
        "bdquo": 8222, "laquo": 171, "raquo": 187, "bull": 8226, "middot": 183, "times": 215, "divide": 247, "deg": 176,
        "micro": 181, "para": 182, "sect": 167, "plusmn": 177, "euro": 8364, "pound": 163, "yen": 165, "cent": 162, "larr": 8592,
        "uarr": 8593, "rarr": 8594, "darr": 8595, "le": 8804, "ge": 8805, "ne": 8800, "asymp": 8776, "infin": 8734, "auml": 228,
        "ouml": 246, "uuml": 252, "Auml": 196, "Ouml": 214, "Uuml": 220, "szlig": 223, "eacute": 233, "egrave": 232,
        "ecirc": 234, "agrave": 224, "aacute": 225, "acirc": 226, "aring": 229, "aelig": 230, "ccedil": 231, "iacute": 237,
        "ntilde": 241, "oacute": 243, "oslash": 248, "uacute": 250, "ensp": 32, "emsp": 32, "thinsp": 32, "shy": 173,
    ]

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 32) >= 97 && (byte | 32) <= 122 }

    /// `word` in lower case.
    private static func matches(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ word: String) -> Bool {
        var at = start
        for letter in word.utf8 {
            guard at < bytes.count else { return false }
            let byte = bytes[at] >= 65 && bytes[at] <= 90 ? bytes[at] | 32 : bytes[at]
            guard byte == letter else { return false }
            at += 1
        }
        return true
    }

    private static func find(_ word: String, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let first = word.utf8.first else { return nil }
        var at = start
        while let candidate = StructuredText.firstIndex(of: first, in: bytes, from: at) {
            if matches(bytes, candidate, word) { return candidate }
            at = candidate + 1
        }
        return nil
    }
}
