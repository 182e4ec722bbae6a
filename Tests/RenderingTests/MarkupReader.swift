/// Reads produced markup as a browser's tokenizer would (HTML Living Standard, 13.2.5, the parts our pages use), so that
/// tests ask what elements there are and not what the text looks like.
struct MarkupReader {
    struct Element: Equatable {
        var name: String
        var attributes: [String: String]
    }
    private(set) var elements: [Element] = []
    /// Character data outside of elements' tags, references resolved for the five and `&#39;`.
    private(set) var text = ""
    /// Closing tags that close nothing, elements never closed, attributes given twice, and the like.
    private(set) var faults: [String] = []

    private static let void: Set<String> = ["meta", "br", "hr", "img", "input", "link", "path", "rect", "circle", "line", "use"]

    init(_ markup: String) {
        let source = Array(markup.utf8)
        var open: [String] = []
        var at = 0
        var data: [UInt8] = []
        func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }
        func starts(_ word: String, _ index: Int) -> Bool {
            let bytes = Array(word.utf8)
            return index + bytes.count <= source.count
                && Array(source[index..<index + bytes.count]).map { $0 | (isLetter($0) ? 32 : 0) } == bytes
        }
        while at < source.count {
            guard source[at] == 60, at + 1 < source.count else {
                data.append(source[at])
                at += 1
                continue
            }
            if starts("<!doctype", at) {
                at = (source[at...].firstIndex(of: 62) ?? source.count - 1) + 1
                continue
            }
            if source[at + 1] == 33 || source[at + 1] == 63 {
                faults.append("comment or declaration")
                at += 2
                continue
            }
            let isClosing = source[at + 1] == 47
            var index = at + (isClosing ? 2 : 1)
            guard index < source.count, isLetter(source[index]) else {
                faults.append("stray <")
                at += 1
                continue
            }
            func word(_ isEnd: (UInt8) -> Bool) -> String {
                let start = index
                while index < source.count, !isEnd(source[index]) { index += 1 }
                return String(decoding: source[start..<index], as: UTF8.self)
            }
            let name = word { $0 <= 32 || $0 == 62 || $0 == 47 }.lowercased()
            var attributes: [String: String] = [:]
            var isSelfClosing = false
            while index < source.count, source[index] != 62 {
                if source[index] <= 32 {
                    index += 1
                    continue
                }
                if source[index] == 47 {
                    isSelfClosing = true
                    index += 1
                    continue
                }
                let attribute = word { $0 <= 32 || $0 == 62 || $0 == 61 || $0 == 47 }.lowercased()
                var value = ""
                if index < source.count, source[index] == 61 {
                    index += 1
                    if index < source.count, source[index] == 34 || source[index] == 39 {
                        let quote = source[index]
                        index += 1
                        value = word { $0 == quote }
                        index += 1
                    } else {
                        value = word { $0 <= 32 || $0 == 62 }
                        faults.append("unquoted attribute \(attribute)")
                    }
                }
                if attributes.updateValue(Self.resolved(value), forKey: attribute) != nil { faults.append("attribute \(attribute) twice") }
            }
            if index >= source.count { faults.append("unclosed tag \(name)") }
            at = index + 1
            if isClosing {
                if open.popLast() != name { faults.append("</\(name)> closes nothing") }
                continue
            }
            elements.append(Element(name: name, attributes: attributes))
            if name == "script" || name == "style" {
                while at < source.count, !starts("</\(name)", at) { at += 1 }
                open.append(name)
            } else if !isSelfClosing, !Self.void.contains(name) {
                open.append(name)
            }
        }
        for name in open { faults.append("<\(name)> is never closed") }
        text = Self.resolved(String(decoding: data, as: UTF8.self))
    }

    private static func resolved(_ text: String) -> String {
        text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"").replacing("&#39;", with: "'")
            .replacing("&nbsp;", with: "\u{a0}").replacing("&amp;", with: "&")
    }

    /// What could run, load or lead somewhere it must not: empty for a page that is safe to open. Scripts are counted by
    /// the caller, who knows how many the page has of its own.
    var dangers: [String] {
        var out = faults
        for element in elements {
            if ["iframe", "object", "embed", "base", "form", "frame", "applet", "img", "audio", "video", "source", "template"].contains(
                element.name)
            {
                out.append("<\(element.name)>")
            }
            for (name, value) in element.attributes.sorted(by: { $0.key < $1.key }) {
                if name.hasPrefix("on") { out.append("\(element.name) \(name)") }
                if name == "style" || name == "srcdoc" { out.append("\(element.name) \(name)") }
                guard ["href", "src", "action", "formaction", "xlink:href", "data", "poster"].contains(name) else { continue }
                let address = value.lowercased().filter { !$0.isWhitespace }
                let scheme = address.prefix { $0 != ":" }
                let hasScheme = scheme.count < address.count && !scheme.contains { "/?#".contains($0) }
                if hasScheme, !["http", "https", "mailto"].contains(String(scheme)) { out.append("\(name)=\(value)") }
                if address.hasPrefix("//") || address.contains("\\") { out.append("\(name)=\(value)") }
            }
        }
        return out
    }

    func count(_ name: String) -> Int { elements.count { $0.name == name } }
}
