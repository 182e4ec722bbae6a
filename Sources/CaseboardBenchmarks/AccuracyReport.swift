import Foundation

/// A table of figures, printed as Markdown.
struct FigureTable {
    var title: String
    var head: [String]
    /// The first cell is a name; rows of data sets hold the set's name there.
    var rows: [[String]] = []

    /// With `isNamed` false the sets are called a, b, c …, for pages that name no data.
    func text(isNamed: Bool) -> String {
        var letters: [String: String] = [:]
        let shown = rows.map { row -> [String] in
            guard !isNamed, let name = row.first, name.hasPrefix("`") else { return row }
            let letter = letters[name] ?? String(UnicodeScalar(UInt8(97 + letters.count % 26)))
            letters[name] = letter
            return [letter] + row.dropFirst()
        }
        let widths = head.indices.map { column in ([head] + shown).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            "| "
                + head.indices.map { column in
                    let cell = column < cells.count ? cells[column] : ""
                    let pad = String(repeating: " ", count: max(0, widths[column] - cell.count))
                    return column == 0 ? cell + pad : pad + cell
                }.joined(separator: " | ") + " |"
        }
        let rule =
            "|" + head.indices.map { String(repeating: "-", count: widths[$0] + 1) + ($0 == 0 ? "-" : ":") }.joined(separator: "|") + "|"
        return (["### \(title)", "", line(head), rule] + shown.map(line)).joined(separator: "\n") + "\n"
    }
}

/// All that one measurement says: tables and remarks, in order.
struct AccuracyReport {
    enum Part {
        case table(FigureTable)
        case remark(String)
    }
    private(set) var parts: [Part] = []

    mutating func add(_ table: FigureTable) {
        parts.append(.table(table))
        print(table.text(isNamed: true))
        fflush(nil)
    }
    mutating func add(_ remark: String) {
        parts.append(.remark(remark))
        print(remark + "\n")
        fflush(nil)
    }

    var page: String {
        parts.map { part in
            switch part {
            case .table(let table): table.text(isNamed: false)
            case .remark(let text): text + "\n"
            }
        }.joined(separator: "\n")
    }

    /// Puts the tables between the two marks of a page; nothing when the page or its marks are not there.
    func rewrite(_ page: URL) throws {
        guard let text = try? String(contentsOf: page, encoding: .utf8), let from = text.range(of: Self.opening),
            let to = text.range(of: Self.closing), from.upperBound <= to.lowerBound
        else { return }
        let new = text[..<from.upperBound] + "\n\n" + self.page + "\n" + text[to.lowerBound...]
        try String(new).write(to: page, atomically: true, encoding: .utf8)
    }
    private static let opening = "<!-- printed by make accuracy -->"
    private static let closing = "<!-- end -->"
}

/// `.854`, as papers print shares.
func share(_ value: Double) -> String {
    let text = String(format: "%.3f", value)
    return text.hasPrefix("0.") ? String(text.dropFirst()) : text
}
func oneDigit(_ value: Double) -> String {
    String(format: "%.1f", value)
}
