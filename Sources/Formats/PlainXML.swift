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
    private var cursor: XMLCursor
    private let visitor: Visitor
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

    /// `line` is the number of the document's first line.
    init(_ bytes: UnsafeRawBufferPointer, visitor: Visitor, line: Int64) {
        cursor = XMLCursor(bytes, line: line)
        self.visitor = visitor
    }

    /// Nil when the whole document is read or the visitor is satisfied; else what the visitor has seen of it.
    mutating func run() -> PlainXMLPlace? {
        _ = cursor.skip("\u{FEFF}")
        guard declaration() else { return place }
        while cursor.at < cursor.bytes.count, !isDone {
            guard cursor.byte(cursor.at) == UInt8(ascii: "<") ? markup() : text() else { return place }
        }
        return isDone || open.isEmpty && hasRoot ? nil : place
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
        if open.isEmpty { return cursor.skipBlanks() }
        while true {
            switch cursor.text() {
            case .bytes(let piece): give(piece)
            case .scalar(let scalar): XMLEscapes.withBytes(of: scalar) { give($0) }
            case .end: return true
            case .unknown: return false
            }
        }
    }

    private mutating func characterData() -> Bool {
        guard !open.isEmpty, let piece = cursor.characterData() else { return false }
        give(piece)
        return true
    }

    // MARK: Markup

    private mutating func markup() -> Bool {
        switch cursor.byte(cursor.at + 1) {
        case UInt8(ascii: "/"): return endTag()
        case UInt8(ascii: "?"): return instruction()
        case UInt8(ascii: "!"):
            if cursor.has("<![CDATA[") { return characterData() }
            return cursor.skip("<!--") && cursor.skip(past: "--") && cursor.skip(UInt8(ascii: ">"))
        default: return readAhead() || startTag()
        }
    }

    /// True when the visitor has read elements by itself.
    private mutating func readAhead() -> Bool {
        guard !open.isEmpty, let tags = visitor.readAhead(&cursor, depth: open.count) else { return false }
        place.tags += tags
        place.text = 0
        return true
    }

    /// `<?xml …?>` of version 1.0 in UTF-8, or nothing.
    private mutating func declaration() -> Bool {
        let (bytes, at) = (cursor.bytes, cursor.at)
        guard cursor.has("<?xml"), cursor.byte(at + 5) == 32 else { return cursor.byte(at) == UInt8(ascii: "<") }
        guard let end = StructuredText.firstIndex(of: UInt8(ascii: ">"), in: bytes, from: at), end < at + 200 else { return false }
        var said = Substring(decoding: cursor.slice(at + 5, end + 1), as: UTF8.self)
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
        cursor.at = end + 1
        return true
    }

    private mutating func instruction() -> Bool {
        cursor.at += 2
        guard let target = cursor.name(), target.prefix.isEmpty else { return false }
        if target.local.count == 3, String(decoding: target.local, as: UTF8.self).lowercased() == "xml" { return false }
        return cursor.has("?>") || cursor.skipBlanks() ? cursor.skip(past: "?>") : false
    }

    private mutating func endTag() -> Bool {
        guard let last = open.last else { return false }
        let start = cursor.at + 2
        let end = start + last.tag.count
        guard end <= cursor.bytes.count, StructuredText.equal(cursor.slice(start, end), last.tag) else { return false }
        cursor.at = end
        cursor.skipBlanks()
        guard cursor.skip(UInt8(ascii: ">")) else { return false }
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
        cursor.at += 1
        let outside = namespaces.count
        guard let tag = cursor.name(), let isEmpty = readAttributes(), resolveAttributes(), let namespace = self.namespace(tag.prefix)
        else { return false }
        hasRoot = true
        let element = Open(
            tag: tag.whole, name: String(decoding: tag.local, as: UTF8.self), uri: namespace.text, namespaces: outside)
        open.append(element)
        passed()
        attributes.withUnsafeBufferPointer {
            visitor.start(XMLElement(name: element.name, uri: element.uri, line: cursor.line, raw: $0))
        }
        cursor.at += isEmpty ? 2 : 1
        isDone = visitor.isSatisfied
        if isEmpty, !isDone { close() }
        return true
    }

    /// Up to the end of the tag; true when the element is empty, nil when something is not plain. Prefixes stand as namespaces.
    private mutating func readAttributes() -> Bool? {
        attributes.removeAll(keepingCapacity: true)
        let outside = namespaces.count
        while true {
            let isApart = cursor.skipBlanks()
            if cursor.byte(cursor.at) == UInt8(ascii: ">") { return false }
            if cursor.byte(cursor.at) == UInt8(ascii: "/") { return cursor.has("/>") ? true : nil }
            guard isApart, let (name, value) = cursor.attribute() else { return nil }
            let isDefault = name.prefix.isEmpty && XMLElement.equal(name.local, "xmlns")
            if isDefault || XMLElement.equal(name.prefix, "xmlns") {
                guard !value.isEscaped, declare(isDefault ? name.prefix : name.local, value.bytes, outside) else { return nil }
            } else {
                guard attributes.count < XMLGuard.attributesOfAnElement else { return nil }
                attributes.append(XMLRawAttribute(name: name.local, uri: name.prefix, value: value))
            }
        }
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
