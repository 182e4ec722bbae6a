import CArena
import CMarkdown
import Glibc
import Model

/// Markdown to markup through cmark-gfm's tree (cmark-gfm(3); GFM with tables, strikethrough, task lists, autolinks) and
/// our own walk over it.
///
/// Raw HTML is shown as text. An outermost quotation that begins with `[!NOTE]` is a side note (`<aside class="note">`). Links lead only where `HTMLText.safeLink` allows; images become links. Elements nested more
/// than `maxDepth` deep lose their tags and keep their text. Input beyond `maxBytes` is cut, and said to be.
package enum MarkdownRenderer {
    static let maxBytes = 1 << 20
    static let maxDepth = 48

    /// `headingOffset` moves headings down: with 1, `# Title` becomes `<h2>`; never below `<h6>`.
    package static func html(_ markdown: String, headingOffset: Int = 0) -> SafeHTML {
        var out: [UInt8] = []
        html(markdown, headingOffset: headingOffset, into: &out)
        return SafeHTML(trusted: out)
    }

    package static func html(_ markdown: String, headingOffset: Int = 0, into out: inout [UInt8]) {
        out.reserveCapacity(out.count + markdown.utf8.count * 2)
        var walk = MarkdownHTML(headingOffset: headingOffset)
        parse(markdown) { event, node in walk.visit(event, node, into: &out) }
    }

    /// The text without markup, blocks separated by a blank; for titles, summaries and search.
    package static func plainText(_ markdown: String) -> String {
        var out: [UInt8] = []
        parse(markdown) { event, node in
            switch cmark_node_get_type(node) {
            case CMARK_NODE_TEXT, CMARK_NODE_CODE, CMARK_NODE_CODE_BLOCK, CMARK_NODE_HTML_INLINE, CMARK_NODE_HTML_BLOCK:
                if let literal = literal(node) { out.append(contentsOf: literal) }
                if cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK { out.append(32) }
            case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: out.append(32)
            default: if event == CMARK_EVENT_EXIT, isBlock(node), out.last != 32 { out.append(32) }
            }
        }
        let words = String(decoding: out, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return HTMLText.visible(words)
    }

    /// True when no reader, however careless, would find raw HTML or a link that `HTMLText.safeLink` refuses in it.
    package static func isHarmless(_ markdown: String) -> Bool {
        var isHarmless = true
        parse(markdown) { _, node in
            switch cmark_node_get_type(node) {
            case CMARK_NODE_HTML_BLOCK, CMARK_NODE_HTML_INLINE: isHarmless = false
            case CMARK_NODE_LINK, CMARK_NODE_IMAGE:
                if cmark_node_get_url(node).flatMap({ HTMLText.safeLink(String(cString: $0)) }) == nil { isHarmless = false }
            default: break
            }
        }
        return isHarmless
    }

    static func literal(_ node: OpaquePointer) -> UnsafeBufferPointer<UInt8>? {
        guard let text = cmark_node_get_literal(node) else { return nil }
        return bytes(text)
    }

    static func bytes(_ text: UnsafePointer<CChar>) -> UnsafeBufferPointer<UInt8> {
        let count = strlen(text)
        return UnsafeRawBufferPointer(start: text, count: count).assumingMemoryBound(to: UInt8.self)
    }

    private static func isBlock(_ node: OpaquePointer) -> Bool {
        let type = cmark_node_get_type(node).rawValue
        return type & UInt32(CMARK_NODE_TYPE_MASK) == UInt32(CMARK_NODE_TYPE_BLOCK)
    }

    /// Registration writes to the library's globals, so it happens once (cmark-gfm-core-extensions.h).
    private static let registered: Void = cmark_gfm_core_extensions_ensure_registered()

    private static func parse(_ markdown: String, _ visit: (cmark_event_type, OpaquePointer) -> Void) {
        _ = registered
        // The tree and all that belongs to it goes when the arena ends.
        caseboard_arena_begin()
        defer { caseboard_arena_end() }
        var memory = cmark_mem(calloc: caseboard_arena_calloc, realloc: caseboard_arena_realloc, free: caseboard_arena_free)
        withUnsafeMutablePointer(to: &memory) { parse(markdown, memory: $0, visit) }
    }

    private static func parse(
        _ markdown: String, memory: UnsafeMutablePointer<cmark_mem>, _ visit: (cmark_event_type, OpaquePointer) -> Void
    ) {
        guard let parser = cmark_parser_new_with_mem(CMARK_OPT_VALIDATE_UTF8, memory) else { return }
        defer { cmark_parser_free(parser) }
        var text = MarkdownBounds.cut(markdown, to: maxBytes)
        text.withUTF8 { bytes in
            for name in MarkdownBounds.extensions(for: bytes) {
                if let found = cmark_find_syntax_extension(name) { cmark_parser_attach_syntax_extension(parser, found) }
            }
            UnsafeRawBufferPointer(bytes).withMemoryRebound(to: CChar.self) {
                if let start = $0.baseAddress { cmark_parser_feed(parser, start, $0.count) }
            }
        }
        guard let document = cmark_parser_finish(parser) else { return }
        guard let iterator = cmark_iter_new(document) else { return }
        while true {
            let event = cmark_iter_next(iterator)
            if event == CMARK_EVENT_DONE { return }
            if let node = cmark_iter_get_node(iterator) { visit(event, node) }
        }
    }
}

/// The walk's state: one closing tag for each node entered, so that a node without tags closes with none.
struct MarkdownHTML {
    let headingOffset: Int
    private var closing: [StaticString] = []
    private var depth = 0
    /// Quotations around; a heading inside is two levels lower, out of the page's outline.
    private var quotes = 0
    private var isHeaderRow = false
    private var column = 0
    private var alignments: [UInt8] = []
    /// Nodes that only say what the element around them is.
    private var skipped: [OpaquePointer] = []

    init(headingOffset: Int) { self.headingOffset = headingOffset }

    mutating func visit(_ event: cmark_event_type, _ node: OpaquePointer, into out: inout [UInt8]) {
        if event == CMARK_EVENT_EXIT {
            guard let close = closing.popLast() else { return }
            if cmark_node_get_type(node) == CMARK_NODE_BLOCK_QUOTE { quotes -= 1 }
            if close.utf8CodeUnitCount > 0 {
                depth -= 1
                HTMLText.append(close, to: &out)
            }
            return
        }
        if !skipped.isEmpty, skipped.contains(node) { return }
        func add(_ text: StaticString) { HTMLText.append(text, to: &out) }
        switch cmark_node_get_type(node) {
        case CMARK_NODE_TEXT: escapeLiteral(node, into: &out)
        case CMARK_NODE_SOFTBREAK: add("\n")
        case CMARK_NODE_LINEBREAK: add("<br>\n")
        case CMARK_NODE_CODE:
            add("<code>")
            escapeLiteral(node, into: &out)
            add("</code>")
        case CMARK_NODE_HTML_INLINE: escapeLiteral(node, into: &out)
        case CMARK_NODE_HTML_BLOCK:
            add("<p>")
            escapeLiteral(node, into: &out)
            add("</p>\n")
        case CMARK_NODE_CODE_BLOCK:
            let language = cmark_node_get_fence_info(node).map { Self.language(String(cString: $0)) } ?? ""
            out.append(contentsOf: (language.isEmpty ? "<pre><code>" : "<pre><code class=\"language-\(language)\">").utf8)
            escapeLiteral(node, into: &out)
            add("</code></pre>\n")
        case CMARK_NODE_THEMATIC_BREAK: add("<hr>\n")
        case CMARK_NODE_PARAGRAPH: isTight(node) ? closing.append("") : open("<p>", "</p>\n", &out)
        case CMARK_NODE_HEADING:
            let level = min(6, max(1, Int(cmark_node_get_heading_level(node)) + headingOffset + (quotes > 0 ? 2 : 0)))
            let (tag, close) = Self.headings[level - 1]
            open(tag, close, &out)
        case CMARK_NODE_BLOCK_QUOTE:
            quotes += 1
            skipped = depth == 0 ? Self.noteMark(node) : []
            skipped.isEmpty ? open("<blockquote>\n", "</blockquote>\n", &out) : open("<aside class=\"note\">\n", "</aside>\n", &out)
        case CMARK_NODE_LIST:
            if cmark_node_get_list_type(node) == CMARK_ORDERED_LIST {
                let start = cmark_node_get_list_start(node)
                start == 1 ? open("<ol>\n", "</ol>\n", &out) : open(made: "<ol start=\"\(start)\">\n", "</ol>\n", &out)
            } else {
                open("<ul>\n", "</ul>\n", &out)
            }
        case CMARK_NODE_ITEM: openItem(node, &out)
        case CMARK_NODE_EMPH: open("<em>", "</em>", &out)
        case CMARK_NODE_STRONG: open("<strong>", "</strong>", &out)
        case CMARK_NODE_LINK, CMARK_NODE_IMAGE: openLink(node, &out)
        case CMARK_NODE_DOCUMENT: closing.append("")
        default: openExtension(node, &out)
        }
    }

    private static let headings: [(StaticString, StaticString)] = [
        ("<h1>", "</h1>\n"), ("<h2>", "</h2>\n"), ("<h3>", "</h3>\n"), ("<h4>", "</h4>\n"), ("<h5>", "</h5>\n"), ("<h6>", "</h6>\n"),
    ]

    private mutating func open(_ tag: StaticString, _ close: StaticString, _ out: inout [UInt8]) {
        if enters(close) { HTMLText.append(tag, to: &out) }
    }
    /// The same with a tag that is made up of parts.
    private mutating func open(made tag: String, _ close: StaticString, _ out: inout [UInt8]) {
        if enters(close) { out.append(contentsOf: tag.utf8) }
    }
    private mutating func enters(_ close: StaticString) -> Bool {
        let enters = depth < MarkdownRenderer.maxDepth
        if enters { depth += 1 }
        closing.append(enters ? close : "")
        return enters
    }

    private mutating func openItem(_ node: OpaquePointer, _ out: inout [UInt8]) {
        guard cmark_node_get_syntax_extension(node) != nil else { return open("<li>", "</li>\n", &out) }
        cmark_gfm_extensions_get_tasklist_item_checked(node)
            ? open("<li class=\"task done\"><span class=\"box\" role=\"img\" aria-label=\"done\">☑</span> ", "</li>\n", &out)
            : open("<li class=\"task\"><span class=\"box\" role=\"img\" aria-label=\"to do\">☐</span> ", "</li>\n", &out)
    }

    private mutating func openLink(_ node: OpaquePointer, _ out: inout [UInt8]) {
        guard let address = cmark_node_get_url(node).flatMap({ HTMLText.safeLink(String(cString: $0)) }) else {
            return closing.append("")
        }
        let outside = address.contains(":") ? " rel=\"noreferrer\"" : ""
        open(made: "<a href=\"\(HTMLText.escape(Self.encoded(address)))\"\(outside)>", "</a>", &out)
    }

    /// The address as a URI: what may not stand in one (RFC 3986, appendix A) as the hexadecimal of its UTF-8; `%` stays, since
    /// what is encoded already is not encoded again.
    private static func encoded(_ address: String) -> String {
        func isPlain(_ byte: UInt8) -> Bool {
            (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || allowed.contains(byte)
        }
        if address.utf8.allSatisfy(isPlain) { return address }
        var out: [UInt8] = []
        for byte in address.utf8 {
            if isPlain(byte) {
                out.append(byte)
            } else {
                out.append(37)
                out.append(contentsOf: [byte >> 4, byte & 15].map { $0 < 10 ? 48 + $0 : 55 + $0 })
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
    private static let allowed = Set("-_.+!*'(),%#@?=;:/&$~".utf8)

    private mutating func openExtension(_ node: OpaquePointer, _ out: inout [UInt8]) {
        let name = cmark_node_get_type_string(node).map { MarkdownRenderer.bytes($0) } ?? UnsafeBufferPointer(start: nil, count: 0)
        func isNamed(_ wanted: StaticString) -> Bool {
            name.count == wanted.utf8CodeUnitCount && name.elementsEqual(UnsafeBufferPointer(start: wanted.utf8Start, count: name.count))
        }
        if isNamed("table_cell") {
            let alignment = column < alignments.count ? alignments[column] : 0
            column += 1
            openCell(alignment, &out)
        } else if isNamed("table_row") {
            (isHeaderRow, column) = (false, 0)
            open("<tr>", "</tr>\n", &out)
        } else if isNamed("table_header") {
            (isHeaderRow, column) = (true, 0)
            open("<thead><tr>", "</tr></thead>\n", &out)
        } else if isNamed("strikethrough") {
            open("<del>", "</del>", &out)
        } else if isNamed("table") {
            let count = Int(cmark_gfm_extensions_get_table_columns(node))
            alignments = []
            if let given = cmark_gfm_extensions_get_table_alignments(node) {
                alignments = Array(UnsafeBufferPointer(start: given, count: count))
            }
            // Five columns and more want the width of the page.
            open(
                count >= 5
                    ? "<div class=\"scroll wide\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>\n"
                    : "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>\n", "</table></div>\n", &out)
        } else {
            closing.append("")
        }
    }

    private mutating func openCell(_ alignment: UInt8, _ out: inout [UInt8]) {
        switch (isHeaderRow, alignment) {
        case (true, UInt8(ascii: "r")): open("<th scope=\"col\" class=\"n\">", "</th>", &out)
        case (true, UInt8(ascii: "c")): open("<th scope=\"col\" class=\"c\">", "</th>", &out)
        case (true, _): open("<th scope=\"col\">", "</th>", &out)
        case (false, UInt8(ascii: "r")): open("<td class=\"n\">", "</td>", &out)
        case (false, UInt8(ascii: "c")): open("<td class=\"c\">", "</td>", &out)
        case (false, _): open("<td>", "</td>", &out)
        }
    }

    private func escapeLiteral(_ node: OpaquePointer, into out: inout [UInt8]) {
        if let literal = MarkdownRenderer.literal(node) { HTMLText.escape(literal, into: &out) }
    }

    /// A paragraph of a tight list has no tags of its own.
    private func isTight(_ paragraph: OpaquePointer) -> Bool {
        guard let item = cmark_node_parent(paragraph), cmark_node_get_type(item) == CMARK_NODE_ITEM,
            let list = cmark_node_parent(item)
        else { return false }
        return cmark_node_get_list_tight(list) != 0
    }

    /// The nodes of the line `[!NOTE]` that makes an outermost quotation a side note, as forges write it; else none.
    private static func noteMark(_ quote: OpaquePointer) -> [OpaquePointer] {
        guard let paragraph = cmark_node_first_child(quote), cmark_node_get_type(paragraph) == CMARK_NODE_PARAGRAPH else { return [] }
        var text = ""
        var nodes: [OpaquePointer] = []
        var next = cmark_node_first_child(paragraph)
        while let node = next, nodes.count < 6 {
            nodes.append(node)
            if cmark_node_get_type(node) == CMARK_NODE_SOFTBREAK { return text == "[!NOTE]" ? nodes : [] }
            guard cmark_node_get_type(node) == CMARK_NODE_TEXT, let literal = cmark_node_get_literal(node) else { return [] }
            text += String(cString: literal)
            next = cmark_node_next(node)
        }
        return []
    }

    /// The first word of a fence's info string, escaped, when it is a short one.
    private static func language(_ info: String) -> String {
        let word = info.prefix { !$0.isWhitespace }
        return word.utf8.count <= 32 ? HTMLText.escape(String(word)) : ""
    }
}
