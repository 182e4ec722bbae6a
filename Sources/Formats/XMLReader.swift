import CXML
import Model

/// Reads XML: what is plain by `PlainXML`, and from the first thing on that is not, or is wrong, by libxml2's SAX2 push parser
/// (<https://gnome.pages.gitlab.gnome.org/libxml2/html/libxml2-parser.html>), which begins anew and passes over what was given. A
/// visitor sees the same either way. This is the only code that calls libxml2.
///
/// No network, no file, no document type: reading stops with a problem at any `<!DOCTYPE`, because `XML_PARSE_NONET` alone
/// lets `file://` entities through. At most `Limits.documentBytes`, `Limits.xmlDepth` levels, `Limits.xmlTextBytes` of text in
/// one element (the rest is dropped), 256 attributes of an element, each clipped to `Limits.bodyBytes`, and 256 namespaces at a
/// time. A document in an encoding it declares is converted.
package enum XMLReader {
    /// Everything before the problem has been given to `visitor`; nil when the whole document is well-formed.
    package static func read(_ bytes: UnsafeRawBufferPointer, into visitor: some XMLVisitor) -> XMLProblem? {
        guard bytes.count <= Limits.documentBytes else {
            return XMLProblem(
                reason: "it is longer than \(Limits.documentBytes >> 20) MiB, the most that is read at once", line: 1, column: 1)
        }
        // Blank lines before the declaration are an error in XML and a habit of shell scripts.
        let blanks = bytes.prefix { $0 == 32 || $0 == 10 || $0 == 13 || $0 == 9 }
        let skippedLines = LineEnds.count(in: blanks)
        let document = UnsafeRawBufferPointer(rebasing: bytes[blanks.count...])
        guard !document.isEmpty else { return XMLProblem(reason: "there is nothing in it", line: 1, column: 1) }
        var plain = PlainXML(document, visitor: visitor, line: skippedLines + 1)
        guard let given = plain.run() else { return nil }
        if let problem = XMLGuard.fault(in: document) {
            return XMLProblem(reason: problem.reason, line: problem.line + Int64(skippedLines), column: problem.column)
        }
        let session = XMLSession(visitor: visitor, given: given, skippedLines: Int64(skippedLines))
        return session.run(document)
    }

    /// `xmlInitParser` must have run once before any thread parses.
    fileprivate static let isReady: Bool = {
        xmlInitParser()
        return true
    }()
}

/// One parse: what libxml2's callbacks find by their user data.
private final class XMLSession {
    private let visitor: any XMLVisitor
    private let skippedLines: Int64
    private var context: xmlParserCtxtPtr?
    private var problem: XMLProblem?
    private var isStopped = false
    private var depth = 0
    private var hasRoot = false
    /// Bytes of text seen in each open element.
    private var textBytes: [Int] = []
    /// Namespaces in force in each open element: libxml2 looks through all of them for each prefix.
    private var namespaces: [Int] = []
    /// Names met, each in the place that its address says: the parser keeps one copy of each name as long as it lives.
    private var names: [(address: UnsafePointer<xmlChar>?, text: String)] = Array(repeating: (nil, ""), count: 64)
    private var attributes: [XMLRawAttribute] = []
    /// What the visitor has already seen.
    private var given: PlainXMLPlace

    init(visitor: any XMLVisitor, given: PlainXMLPlace, skippedLines: Int64) {
        self.visitor = visitor
        self.given = given
        self.skippedLines = skippedLines
    }

    func run(_ document: UnsafeRawBufferPointer) -> XMLProblem? {
        guard XMLReader.isReady else { return nil }
        var handlers = XMLSession.handlers()
        let user = Unmanaged.passUnretained(self).toOpaque()
        guard let context = xmlCreatePushParserCtxt(&handlers, user, nil, 0, nil) else {
            return XMLProblem(reason: "there is no memory for the XML parser", line: 1, column: 1)
        }
        defer { xmlFreeParserCtxt(context) }
        self.context = context
        defer { self.context = nil }
        _ = xmlCtxtUseOptions(context, Int32(XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue))
        let chunk = 1 << 20
        var at = 0
        while at < document.count, !isStopped {
            let end = min(at + chunk, document.count)
            let part = document[at..<end]
            let code = UnsafeRawBufferPointer(rebasing: part).withMemoryRebound(to: CChar.self) {
                xmlParseChunk(context, $0.baseAddress, Int32($0.count), end == document.count ? 1 : 0)
            }
            if code != 0, context.pointee.wellFormed == 0 { break }
            at = end
        }
        if problem == nil, !isStopped, context.pointee.wellFormed == 0 { note("it is not well-formed XML") }
        return problem
    }

    /// Records the first problem where the parser stands.
    private func note(_ reason: String) {
        guard problem == nil else { return }
        let input = context?.pointee.input
        problem = XMLProblem(
            reason: reason, line: Int64(input?.pointee.line ?? 1) + skippedLines, column: Int64(max(1, input?.pointee.col ?? 1)))
    }

    private func stop() {
        isStopped = true
        if let context { xmlStopParser(context) }
    }

    // MARK: Callbacks

    private static func session(_ user: UnsafeMutableRawPointer?) -> XMLSession? {
        user.map { Unmanaged<XMLSession>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func handlers() -> xmlSAXHandler {
        var sax = xmlSAXHandler()
        sax.initialized = 0xDEED_BEAF  // XML_SAX2_MAGIC, a macro that Swift does not see
        sax.startElementNs = { user, name, _, uri, namespaces, _, count, _, attributes in
            XMLSession.session(user)?.started(name, uri, Int(namespaces), Int(count), attributes)
        }
        sax.endElementNs = { user, name, _, uri in XMLSession.session(user)?.ended(name, uri) }
        sax.characters = { user, text, count in XMLSession.session(user)?.read(text, Int(count)) }
        sax.ignorableWhitespace = { user, text, count in XMLSession.session(user)?.read(text, Int(count)) }
        sax.cdataBlock = { user, text, count in XMLSession.session(user)?.read(text, Int(count)) }
        sax.internalSubset = { user, _, _, _ in
            guard let session = XMLSession.session(user), !session.isStopped else { return }
            session.note("it has a document type declaration (`<!DOCTYPE`), which is never read because it can pull in other files")
            session.stop()
        }
        sax.serror = { user, error in
            guard let session = XMLSession.session(user), !session.isStopped, session.problem == nil, let error else { return }
            guard error.pointee.level == XML_ERR_FATAL else { return }
            var reason = StructuredText.title(error.pointee.message.map { String(cString: $0) } ?? "it is not well-formed XML")
            if error.pointee.code == Int32(XML_ERR_DOCUMENT_END.rawValue) {
                // libxml2 says "extra content" of a document that ends too early as well.
                if session.depth > 0 { reason = "it is cut off inside an element" }
                if !session.hasRoot { reason = "it holds no XML element" }
            }
            session.problem = XMLProblem(
                reason: reason, line: Int64(error.pointee.line) + session.skippedLines,
                column: Int64(max(1, error.pointee.int2)))
        }
        return sax
    }

    private func started(
        _ name: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?, _ declared: Int, _ count: Int,
        _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) {
        guard !isStopped else { return }
        hasRoot = true
        depth += 1
        guard depth <= Limits.xmlDepth else {
            note("it is nested deeper than \(Limits.xmlDepth) elements")
            return stop()
        }
        namespaces.append((namespaces.last ?? 0) + declared)
        guard (namespaces.last ?? 0) <= 256 else {
            note("it declares more than 256 namespaces at a time")
            return stop()
        }
        textBytes.append(0)
        guard !isGiven() else { return }
        self.attributes.removeAll(keepingCapacity: true)
        if let attributes {
            for index in 0..<count {
                // Five pointers each: local name, prefix, namespace, start and end of the value.
                let item = attributes + index * 5
                guard let start = item[3], let end = item[4], end >= start else { continue }
                self.attributes.append(
                    XMLRawAttribute(
                        name: XMLSession.bytes(item[0]), uri: XMLSession.bytes(item[2]),
                        value: XMLRawText(bytes: UnsafeRawBufferPointer(start: start, count: end - start), isEscaped: false)))
            }
        }
        let line = Int64(context?.pointee.input?.pointee.line ?? 0) + skippedLines
        self.attributes.withUnsafeBufferPointer {
            visitor.start(XMLElement(name: self.name(name), uri: self.name(uri), line: line, raw: $0))
        }
        if visitor.isSatisfied { stop() }
    }

    /// True when the visitor has seen the tag at which the parser stands.
    private func isGiven() -> Bool {
        if given.tags == 0 {
            given.text = 0
            return false
        }
        given.tags -= 1
        return true
    }

    private func ended(_ name: UnsafePointer<xmlChar>?, _ uri: UnsafePointer<xmlChar>?) {
        guard !isStopped else { return }
        depth -= 1
        _ = textBytes.popLast()
        _ = namespaces.popLast()
        if !isGiven() { visitor.end(self.name(name), uri: self.name(uri)) }
    }

    private func read(_ text: UnsafePointer<xmlChar>?, _ count: Int) {
        guard !isStopped, let text, count > 0, let seen = textBytes.last, seen < Limits.xmlTextBytes else { return }
        textBytes[textBytes.count - 1] = seen + count
        guard given.tags == 0 else { return }
        let old = min(given.text, count)
        given.text -= old
        if old < count { visitor.text(UnsafeRawBufferPointer(start: text + old, count: count - old)) }
    }

    private static func bytes(_ text: UnsafePointer<xmlChar>?) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text, count: text.map { Int(xmlStrlen($0)) } ?? 0)
    }

    /// Element and attribute names and namespaces, which the parser's dictionary holds.
    private func name(_ text: UnsafePointer<xmlChar>?) -> String {
        guard let text else { return "" }
        let place = Int(truncatingIfNeeded: (UInt(bitPattern: text) &* 0x9E37_79B9_7F4A_7C15) &>> 58)
        if names[place].address != text { names[place] = (text, String(cString: text)) }
        return names[place].text
    }
}
