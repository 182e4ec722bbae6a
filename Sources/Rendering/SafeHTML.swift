/// Markup that may stand in a page as it is. Made only where every outside text has been escaped: by a rendered HTML
/// template (here), by `MarkdownRenderer` and by `ScriptData`. In a Markdown template it is Markdown, made by `MarkdownText`.
package struct SafeHTML: Hashable, Sendable {
    /// UTF-8.
    package let bytes: [UInt8]
    package var text: String { String(decoding: bytes, as: UTF8.self) }
    init(trusted bytes: [UInt8]) { self.bytes = bytes }
    init(trusted text: String) { bytes = Array(text.utf8) }

    package static let empty = SafeHTML(trusted: [])
    /// Any text, escaped.
    package init(escaping text: String) {
        var out: [UInt8] = []
        HTMLText.escape(text, into: &out)
        bytes = out
    }
    /// UTF-8 text as the content of an element, not fit for an attribute: quotes stay as they are.
    init(escapingContent text: [UInt8]) {
        var out: [UInt8] = []
        out.reserveCapacity(text.count + text.count / 16)
        text.withUnsafeBufferPointer { HTMLText.escape($0, quotes: false, into: &out) }
        bytes = out
    }
    package static func + (left: SafeHTML, right: SafeHTML) -> SafeHTML { SafeHTML(trusted: left.bytes + right.bytes) }
}

extension MustacheTemplate {
    /// The rendered template as markup for another template. Only an HTML template gives markup; the output of a
    /// template of another kind is escaped.
    package func html(_ view: TemplateValue) -> SafeHTML {
        var out: [UInt8] = []
        render(view, into: &out)
        return escaping == .html ? SafeHTML(trusted: out) : SafeHTML(escaping: String(decoding: out, as: UTF8.self))
    }
}
