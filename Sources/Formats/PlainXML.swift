import Model

/// How much of a document has been given to a visitor: tags, start and end each for one, and bytes of text behind the last.
struct PlainXMLPlace {
    var tags = 0
    var text = 0
}

/// Reads the plain part of XML 1.0 with namespaces (<https://www.w3.org/TR/xml/>, <https://www.w3.org/TR/xml-names/>) that reports
/// and feeds are written in, in one pass over the bytes and without a copy: UTF-8, ASCII names, no document type.
///
/// It judges nothing: it stops before the first thing that it does not know to be well-formed and within the limits, and another
/// parser decides about that.
struct PlainXML<Visitor: XMLVisitor> {
    private let bytes: UnsafeRawBufferPointer
    private let visitor: Visitor
    private var at = 0
    private var line: Int64
    private var place = PlainXMLPlace()
    private var open: [Open] = []
    private var namespaces: [Namespace] = []
    private var attributes: [XMLRawAttribute] = []
    private var hasRoot = false
    /// True when the visitor wants no more.
    private var isDone = false

    private struct Open {
        /// The whole name with its prefix.
        var tag: UnsafeRawBufferPointer
        var name: String
        var uri: String
        /// Namespaces in force outside it.
        var namespaces: Int
        var textBytes = 0
    }
    private struct Namespace {
        /// Of no bytes for the default.
        var prefix: UnsafeRawBufferPointer
        var uri: UnsafeRawBufferPointer
        var text: String
    }
    private struct Name {
        var prefix: UnsafeRawBufferPointer
        var local: UnsafeRawBufferPointer
        var whole: UnsafeRawBufferPointer
    }

    /// `line` is the number of the document's first line.
    init(_ bytes: UnsafeRawBufferPointer, visitor: Visitor, line: Int64) {
        self.bytes = bytes
        self.visitor = visitor
        self.line = line
    }

    /// Nil when the whole document is read or the visitor is satisfied; else what the visitor has seen of it.
    mutating func run() -> PlainXMLPlace? {
        if has("\u{FEFF}") { at = 3 }
        guard declaration() else { return place }
        while at < bytes.count, !isDone {
            guard byte(at) == UInt8(ascii: "<") ? markup() : text() else { return place }
        }
        return isDone || open.isEmpty && hasRoot ? nil : place
    }

    // MARK: Bytes

    /// NUL, which stands nowhere in XML, behind the end.
    @inline(__always)
    private func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    private func slice(_ from: Int, _ to: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[from..<to]) }

    private func has(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard at + count <= bytes.count else { return false }
        return StructuredText.equal(slice(at, at + count), UnsafeRawBufferPointer(start: word.utf8Start, count: count))
    }

    /// The length of the character beyond ASCII at `index`; 0 when it is none of XML's.
    private func wideLength(_ index: Int) -> Int {
        guard let length = StructuredText.utf8SequenceLength(bytes, index) else { return 0 }
        return byte(index) == 0xEF && byte(index + 1) == 0xBF && byte(index + 2) >= 0xBE ? 0 : length
    }

    private mutating func skipBlanks() -> Bool {
        let start = at
        while true {
            switch byte(at) {
            case 10: line += 1
            case 32, 9: break
            case 13 where byte(at + 1) == 10: break
            default: return at > start
            }
            at += 1
        }
    }

    /// Skips to behind the word, over characters of XML; false when one is none or the word is missing or far away.
    private mutating func skip(past word: StaticString) -> Bool {
        let limit = min(bytes.count, at + Limits.lineBytes)
        while at < limit {
            let byte = bytes[at]
            if byte == word.utf8Start[0], has(word) {
                at += word.utf8CodeUnitCount
                return true
            }
            guard let length = self.length(byte) else { return false }
            at += length
        }
        return false
    }

    /// The length of the character of XML at the place reached, counting its line.
    private mutating func length(_ byte: UInt8) -> Int? {
        if byte >= 0x80 {
            let length = wideLength(at)
            return length > 0 ? length : nil
        }
        if byte == 10 { line += 1 }
        return byte >= 32 || byte == 10 || byte == 9 || byte == 13 && self.byte(at + 1) == 10 ? 1 : nil
    }

    // MARK: Text

    /// Gives the bytes to the visitor as far as the element may have text.
    private mutating func give(_ piece: UnsafeRawBufferPointer) {
        guard let last = open.indices.last, !piece.isEmpty else { return }
        let count = min(piece.count, Limits.xmlTextBytes - open[last].textBytes)
        guard count > 0 else { return }
        open[last].textBytes += count
        place.text += count
        visitor.text(UnsafeRawBufferPointer(rebasing: piece[..<count]))
    }

    private mutating func text() -> Bool {
        if open.isEmpty { return skipBlanks() }
        var start = at
        while true {
            let byte = self.byte(at)
            if byte > 0x26 && byte < 0x3C || byte > 0x5D && byte < 0x80 || byte >= 0x20 && byte < 0x26 || byte > 0x3C && byte < 0x5D {
                at += 1
                continue
            }
            switch byte {
            case UInt8(ascii: "<"):
                give(slice(start, at))
                return true
            case 10: line += 1
            case 9: break
            case UInt8(ascii: "]"):
                if self.byte(at + 1) == UInt8(ascii: "]"), self.byte(at + 2) == UInt8(ascii: ">") { return false }
            case 13:
                guard self.byte(at + 1) == 10 else { return false }
                give(slice(start, at))
                start = at + 1
            case UInt8(ascii: "&"):
                guard let (scalar, length) = XMLEscapes.reference(bytes, at) else { return false }
                give(slice(start, at))
                give(scalar)
                at += length
                start = at
                continue
            default:
                let length = byte >= 0x80 ? wideLength(at) : 0
                guard length > 0 else { return false }
                at += length
                continue
            }
            at += 1
        }
    }

    private mutating func give(_ scalar: Unicode.Scalar) {
        guard let units = UTF8.encode(scalar) else { return }
        var (packed, count) = (UInt32(0), 0)
        for unit in units {
            packed |= UInt32(unit) << UInt32(8 * count)
            count += 1
        }
        let little = packed.littleEndian
        withUnsafeBytes(of: little) { give(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }

    private mutating func characterData() -> Bool {
        guard !open.isEmpty else { return false }
        at += 9
        let start = at
        guard skip(past: "]]>") else { return false }
        give(slice(start, at - 3))
        return true
    }

    // MARK: Markup

    private mutating func markup() -> Bool {
        switch byte(at + 1) {
        case UInt8(ascii: "/"): return endTag()
        case UInt8(ascii: "?"): return instruction()
        case UInt8(ascii: "!"):
            if has("<![CDATA[") { return characterData() }
            guard has("<!--") else { return false }
            at += 4
            return skip(past: "--") && skipByte(UInt8(ascii: ">"))
        default: return startTag()
        }
    }

    private mutating func skipByte(_ wanted: UInt8) -> Bool {
        guard byte(at) == wanted else { return false }
        at += 1
        return true
    }

    /// `<?xml …?>` of version 1.0 in UTF-8, or nothing.
    private mutating func declaration() -> Bool {
        guard has("<?xml"), byte(at + 5) == 32 else { return byte(at) == UInt8(ascii: "<") }
        guard let end = StructuredText.firstIndex(of: UInt8(ascii: ">"), in: bytes, from: at), end < at + 200 else { return false }
        var said = Substring(decoding: slice(at + 5, end + 1), as: UTF8.self)
        func takes(_ words: [String]) -> Bool {
            for word in words {
                for form in [" \(word)", " \(word.replacing(each: "\"", with: "'"))"] where said.hasPrefix(form) {
                    said = said.dropFirst(form.count)
                    return true
                }
            }
            return false
        }
        guard takes(["version=\"1.0\""]) else { return false }
        _ = takes(["encoding=\"UTF-8\"", "encoding=\"utf-8\""])
        _ = takes(["standalone=\"yes\"", "standalone=\"no\""])
        guard said == "?>" || said == " ?>" else { return false }
        at = end + 1
        return true
    }

    private mutating func instruction() -> Bool {
        at += 2
        guard let target = self.name(), target.prefix.isEmpty else { return false }
        if target.local.count == 3, String(decoding: target.local, as: UTF8.self).lowercased() == "xml" { return false }
        return has("?>") || skipBlanks() ? skip(past: "?>") : false
    }

    @inline(__always)
    private func isOfName(_ byte: UInt8) -> Bool {
        byte | 32 >= UInt8(ascii: "a") && byte | 32 <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
            || byte >= UInt8(ascii: "-") && byte <= UInt8(ascii: "9") && byte != UInt8(ascii: "/")
    }
    private func beginsName(_ byte: UInt8) -> Bool { isOfName(byte) && byte > UInt8(ascii: "9") }

    /// A name of ASCII letters, digits, points, hyphens and underlines, with at most one prefix.
    private mutating func name() -> Name? {
        let start = at
        var local = at
        guard beginsName(byte(at)) else { return nil }
        while true {
            let byte = self.byte(at)
            if byte == UInt8(ascii: ":") {
                guard local == start, beginsName(self.byte(at + 1)) else { return nil }
                local = at + 1
            } else if !isOfName(byte) {
                guard byte < 0x80, at - start <= 1_000 else { return nil }
                return Name(prefix: slice(start, max(start, local - 1)), local: slice(local, at), whole: slice(start, at))
            }
            at += 1
        }
    }

    private mutating func endTag() -> Bool {
        guard let last = open.last else { return false }
        at += 2
        let end = at + last.tag.count
        guard end <= bytes.count, StructuredText.equal(slice(at, end), last.tag) else { return false }
        at = end
        _ = skipBlanks()
        guard skipByte(UInt8(ascii: ">")) else { return false }
        close()
        return true
    }

    private mutating func close() {
        guard let last = open.popLast() else { return }
        if namespaces.count > last.namespaces { namespaces.removeLast(namespaces.count - last.namespaces) }
        passed()
        visitor.end(last.name, uri: last.uri)
    }

    private mutating func passed() {
        place.tags += 1
        place.text = 0
    }

    // MARK: Start tags

    private mutating func startTag() -> Bool {
        guard !open.isEmpty || !hasRoot, open.count < Limits.xmlDepth else { return false }
        at += 1
        let outside = namespaces.count
        guard let tag = self.name(), let isEmpty = readAttributes(), resolveAttributes(), let namespace = self.namespace(tag.prefix)
        else { return false }
        hasRoot = true
        let element = Open(
            tag: tag.whole, name: String(decoding: tag.local, as: UTF8.self), uri: namespace.text, namespaces: outside)
        open.append(element)
        passed()
        attributes.withUnsafeBufferPointer {
            visitor.start(XMLElement(name: element.name, uri: element.uri, line: line, raw: $0))
        }
        at += isEmpty ? 2 : 1
        isDone = visitor.isSatisfied
        if isEmpty, !isDone { close() }
        return true
    }

    /// Up to the end of the tag; true when the element is empty, nil when something is not plain. Prefixes stand as namespaces.
    private mutating func readAttributes() -> Bool? {
        attributes.removeAll(keepingCapacity: true)
        let outside = namespaces.count
        while true {
            let isApart = skipBlanks()
            if byte(at) == UInt8(ascii: ">") { return false }
            if byte(at) == UInt8(ascii: "/") { return byte(at + 1) == UInt8(ascii: ">") ? true : nil }
            guard isApart, let name = self.name() else { return nil }
            _ = skipBlanks()
            guard skipByte(UInt8(ascii: "=")) else { return nil }
            _ = skipBlanks()
            guard let (value, isEscaped) = self.value() else { return nil }
            let isDefault = name.prefix.isEmpty && XMLElement.equal(name.local, "xmlns")
            if isDefault || XMLElement.equal(name.prefix, "xmlns") {
                guard !isEscaped, declare(isDefault ? name.prefix : name.local, value, outside) else { return nil }
            } else {
                guard attributes.count < XMLGuard.attributesOfAnElement else { return nil }
                attributes.append(XMLRawAttribute(name: name.local, uri: name.prefix, value: value, isEscaped: isEscaped))
            }
        }
    }

    private mutating func value() -> (UnsafeRawBufferPointer, isEscaped: Bool)? {
        let quote = byte(at)
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        at += 1
        let start = at
        var isEscaped = false
        while true {
            let byte = self.byte(at)
            if byte == quote { break }
            if byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "&"), byte != UInt8(ascii: "<") {
                at += 1
                continue
            }
            guard byte != UInt8(ascii: "<") else { return nil }
            if byte == UInt8(ascii: "&") {
                guard let (_, length) = XMLEscapes.reference(bytes, at) else { return nil }
                at += length
                isEscaped = true
                continue
            }
            guard let length = self.length(byte) else { return nil }
            at += length
            if byte < 0x80 { isEscaped = true }
        }
        // The other parser has a limit of its own for values of many megabytes.
        guard at - start <= Limits.lineBytes else { return nil }
        at += 1
        return (slice(start, at - 1), isEscaped)
    }

    private mutating func declare(_ prefix: UnsafeRawBufferPointer, _ uri: UnsafeRawBufferPointer, _ outside: Int) -> Bool {
        guard !uri.isEmpty, namespaces.count < 256, !XMLElement.equal(prefix, "xml"), !XMLElement.equal(prefix, "xmlns") else {
            return false
        }
        guard !XMLElement.equal(uri, XMLElement.xmlNamespace), !XMLElement.equal(uri, "http://www.w3.org/2000/xmlns/") else { return false }
        for index in outside..<namespaces.count where StructuredText.equal(namespaces[index].prefix, prefix) { return false }
        namespaces.append(Namespace(prefix: prefix, uri: uri, text: String(decoding: uri, as: UTF8.self)))
        return true
    }

    /// Puts each attribute's namespace in place of its prefix; false when one is not known or two attributes may be the same.
    private mutating func resolveAttributes() -> Bool {
        for index in attributes.indices {
            for earlier in 0..<index
            where attributes[earlier].uri.isEmpty == attributes[index].uri.isEmpty
                && StructuredText.equal(attributes[earlier].name, attributes[index].name)
            {
                return false
            }
            if attributes[index].uri.isEmpty { continue }
            if XMLElement.equal(attributes[index].uri, "xml") {
                let xml = XMLElement.xmlNamespace
                attributes[index].uri = UnsafeRawBufferPointer(start: xml.utf8Start, count: xml.utf8CodeUnitCount)
            } else {
                guard let namespace = self.namespace(attributes[index].uri) else { return false }
                attributes[index].uri = namespace.uri
            }
        }
        return true
    }

    /// The namespace that the prefix, or none, stands for; nil for a prefix that is not declared.
    private func namespace(_ prefix: UnsafeRawBufferPointer) -> Namespace? {
        for known in namespaces.reversed() where StructuredText.equal(known.prefix, prefix) { return known }
        return prefix.isEmpty ? Namespace(prefix: prefix, uri: prefix, text: "") : nil
    }
}
