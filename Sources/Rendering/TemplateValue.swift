/// What a template is filled with. A view is a tree of these, made by a view struct that has already decided every
/// plural, format and order; the template only places them.
package enum TemplateValue: Hashable, Sendable {
    /// Not there; renders as nothing, a section over it is skipped.
    case absent
    /// Text from anywhere; always escaped.
    case text(String)
    /// Markup made by our own renderers; raw only where the template asks for it with `{{{name}}}`.
    case html(SafeHTML)
    case flag(Bool)
    case list([TemplateValue])
    case view(TemplateView)
}

/// Named values in the order they were given; views are small and read once, so names are compared, not hashed.
package struct TemplateView: Hashable, Sendable {
    package private(set) var members: [(String, TemplateValue)]

    package init(_ members: [(String, TemplateValue)] = []) { self.members = members }

    package subscript(name: String) -> TemplateValue? {
        // By index, so that only what is found is copied; most names differ in length already.
        let length = name.utf8.count
        for index in members.indices where members[index].0.utf8.count == length && members[index].0 == name { return members[index].1 }
        return nil
    }
    /// These members and then the other's; of two with one name the first counts.
    package func joined(with other: TemplateView) -> TemplateView { TemplateView(members + other.members) }

    package static func == (left: TemplateView, right: TemplateView) -> Bool {
        left.members.elementsEqual(right.members) { $0.0 == $1.0 && $0.1 == $1.1 }
    }
    package func hash(into hasher: inout Hasher) {
        for (name, value) in members {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}
extension TemplateView: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, TemplateValue)...) { members = elements }
}

extension TemplateValue {
    /// The text, or absent when it is nil or empty, so that `{{#name}}` tells whether there is something to say.
    package static func optional(_ text: String?) -> TemplateValue {
        guard let text, !text.isEmpty else { return .absent }
        return .text(text)
    }
    package static func number(_ value: some BinaryInteger) -> TemplateValue { .text(String(value)) }

    /// False for absent, `false`, an empty list and empty text: what an inverted section shows.
    package var isTruthy: Bool {
        switch self {
        case .absent: false
        case .text(let text): !text.isEmpty
        case .html(let html): !html.bytes.isEmpty
        case .flag(let flag): flag
        case .list(let items): !items.isEmpty
        case .view: true
        }
    }
}

extension TemplateValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
    package init(arrayLiteral elements: TemplateValue...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, TemplateValue)...) {
        self = .view(TemplateView(elements))
    }
}
