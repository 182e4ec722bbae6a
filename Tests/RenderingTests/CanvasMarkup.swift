@testable import Rendering

/// A page taken apart just far enough to test it: elements with attributes and text, and what is wrong with the tags.
struct CanvasMarkup {
    struct Element {
        var name: String
        var attributes: [String: String]
        /// Index of the element around it.
        var parent: Int?
        /// All text inside, references resolved.
        var text = ""
        var classes: [Substring] { (attributes["class"] ?? "").split(separator: " ") }
    }
    private(set) var elements: [Element] = []
    private(set) var errors: [String] = []

    private static let void: Set<String> = ["meta", "link", "input", "br", "hr", "img", "col"]
    private static let ownEnd: Set<String> = ["path", "circle", "rect", "use", "line"]

    init(_ bytes: [UInt8]) {
        var at = 0
        var open: [Int] = []
        func starts(_ text: String, _ index: Int) -> Bool { bytes[index...].starts(with: text.utf8) }
        while at < bytes.count {
            guard bytes[at] == 60, at + 1 < bytes.count else {
                let end = bytes[at...].firstIndex(of: 60) ?? bytes.count
                let text = Self.resolved(String(decoding: bytes[at..<(end == at ? at + 1 : end)], as: UTF8.self))
                for index in open { elements[index].text += text }
                at = end == at ? at + 1 : end
                continue
            }
            if starts("<!", at) {
                at = (bytes[at...].firstIndex(of: 62) ?? bytes.count - 1) + 1
                continue
            }
            guard let end = Self.tagEnd(bytes, at) else {
                errors.append("a tag never ends")
                return
            }
            let isClosing = bytes[at + 1] == 47
            let inner = String(decoding: bytes[(at + (isClosing ? 2 : 1))..<end], as: UTF8.self)
            at = end + 1
            let name = String(inner.prefix { !$0.isWhitespace && $0 != "/" })
            if isClosing {
                guard let last = open.popLast() else {
                    errors.append("</\(name)> closes nothing")
                    continue
                }
                if elements[last].name != name { errors.append("</\(name)> closes <\(elements[last].name)>") }
                continue
            }
            let isSelfClosed = inner.hasSuffix("/")
            let (attributes, problem) = Self.attributes(String(inner.dropFirst(name.count)))
            if let problem { errors.append("<\(name)>: \(problem)") }
            elements.append(Element(name: name, attributes: attributes, parent: open.last))
            if isSelfClosed && !Self.ownEnd.contains(name) { errors.append("<\(name)/> closes itself") }
            if Self.void.contains(name) || isSelfClosed { continue }
            if name == "script" || name == "style" {
                let close = "</\(name)>"
                var stop = at
                while stop < bytes.count, !starts(close, stop) { stop += 1 }
                elements[elements.count - 1].text = String(decoding: bytes[at..<min(stop, bytes.count)], as: UTF8.self)
                at = stop + close.utf8.count
                continue
            }
            open.append(elements.count - 1)
        }
        for index in open { errors.append("<\(elements[index].name)> is never closed") }
        var seen: Set<String> = []
        for id in elements.compactMap({ $0.attributes["id"] }) where !seen.insert(id).inserted {
            errors.append("two elements have the id \(id)")
        }
    }

    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }
    func all(class name: String) -> [Element] { elements.filter { $0.classes.contains { $0 == name } } }
    func first(class name: String) -> String? { all(class: name).first.map { Self.oneLine($0.text) } }
    func contains(id: String) -> Bool { elements.contains { $0.attributes["id"] == id } }
    static func oneLine(_ text: String) -> String { text.split(whereSeparator: { $0 == " " || $0 == "\n" }).joined(separator: " ") }

    private static func tagEnd(_ bytes: [UInt8], _ start: Int) -> Int? {
        var quote: UInt8 = 0
        for index in start..<bytes.count {
            let byte = bytes[index]
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == 34 || byte == 39 {
                quote = byte
            } else if byte == 62 {
                return index
            }
        }
        return nil
    }
    private static func attributes(_ text: String) -> ([String: String], String?) {
        var out: [String: String] = [:]
        var rest = text[...]
        while true {
            rest = rest.drop { $0.isWhitespace || $0 == "/" }
            if rest.isEmpty { return (out, nil) }
            let name = String(rest.prefix { $0 != "=" && !$0.isWhitespace && $0 != "/" })
            if out[name] != nil { return (out, "attribute \(name) twice") }
            rest = rest.dropFirst(name.count)
            guard rest.first == "=" else {
                out[name] = ""
                continue
            }
            rest = rest.dropFirst()
            guard rest.first == "\"" else { return (out, "attribute \(name) is not quoted") }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: "\"") else { return (out, "attribute \(name) has no end") }
            out[name] = resolved(String(rest[..<end]))
            rest = rest[rest.index(after: end)...]
        }
    }
    private static func resolved(_ text: String) -> String {
        guard text.contains("&") else { return text }
        return text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"").replacing("&#39;", with: "'")
            .replacing("&amp;", with: "&")
    }
}
