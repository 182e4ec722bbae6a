import Model
import Yams

/// A YAML mapping that knows where each of its parts stands, and complains in sentences.
struct YAMLMap {
    let file: String
    let entries: [(key: String, line: Int, column: Int, node: Node)]

    init?(_ node: Node, file: String) {
        guard case .mapping(let mapping) = node else { return nil }
        self.file = file
        entries = mapping.map { pair in
            let mark = pair.key.mark
            return (pair.key.scalarText ?? "", mark?.line ?? 0, mark?.column ?? 0, pair.value)
        }
    }
    subscript(key: String) -> Node? { entries.first { $0.key == key }?.node }

    /// One diagnostic for each key that is not in `known`, with the nearest that is.
    func unknownKeys(besides known: [String], in place: String) -> [Diagnostic] {
        entries.filter { !known.contains($0.key) }.map { entry in
            let near = nearestName(to: entry.key, among: known)
            return Diagnostic(
                file: file, line: entry.line, column: entry.column, message: "\(place) has no setting `\(entry.key)`",
                remedy: near.map { "did you mean `\($0)`?" } ?? "it knows \(known.sorted().map { "`\($0)`" }.joined(separator: ", "))")
        }
    }
}

extension Node {
    /// A scalar exactly as written: `no`, `0123` and `12:30` stay text.
    var scalarText: String? { if case .scalar(let scalar) = self { scalar.string } else { nil } }
    var items: [Node]? {
        if case .sequence(let sequence) = self { return Array(sequence) }
        return nil
    }
    /// A list of scalars; a lone scalar counts as a list of one.
    var texts: [String]? {
        if let text = scalarText { return [text] }
        guard let items else { return nil }
        let texts = items.compactMap(\.scalarText)
        return texts.count == items.count ? texts : nil
    }
    var place: (line: Int, column: Int) { (mark?.line ?? 0, mark?.column ?? 0) }
    var settingNode: SettingNode? {
        let (line, column) = place
        if let text = scalarText { return SettingNode(.scalar(text), line: line, column: column) }
        if let list = texts { return SettingNode(.list(list), line: line, column: column) }
        guard case .mapping(let mapping) = self else { return nil }
        var map: [String: String] = [:]
        for pair in mapping {
            guard let key = pair.key.scalarText, let value = pair.value.scalarText else { return nil }
            map[key] = value
        }
        return SettingNode(.map(map), line: line, column: column)
    }
}
