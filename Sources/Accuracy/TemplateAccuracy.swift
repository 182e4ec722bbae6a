import Model

/// How well lines were put into templates.
///
/// - GA, the grouping accuracy: the share of lines whose predicted group holds exactly the lines of one true template. Zhu et al.,
///   "Tools and Benchmarks for Automated Log Parsing", ICSE-SEIP 2019.
/// - FGA, the F1 of the groups: exact groups over predicted groups (precision) and over true templates (recall). Jiang et al.,
///   "A Large-Scale Evaluation for Log Parsing Techniques: How Far Are We?", ISSTA 2024 (LogHub-2.0).
/// - PA, the parsing accuracy: the share of lines whose predicted template text equals the true one. Dai et al., "Logram", TSE 2020.
/// - FTA, the F1 of template texts: a predicted text is right when all lines that bear it have it as their true text. Khan et al.,
///   "Guidelines for Assessing the Accuracy of Log Message Template Identification Techniques", ICSE 2022; F1 after LogHub-2.0.
///
/// Texts are compared after runs of white space became one blank.
package struct TemplateAccuracy: Hashable, Sendable {
    package var grouping = 0.0
    package var groupF1 = 0.0
    package var parsing = 0.0
    package var textF1 = 0.0

    /// A line of the truth, and what was predicted for it; nil when the prediction lacks the line.
    package struct Line: Sendable {
        package var id: String
        package var text: String
        package init(id: String, text: String) {
            self.id = id
            self.text = TemplateAccuracy.squeezed(text)
        }
    }

    package init(truth: [Line], predicted: [Line?]) {
        guard !truth.isEmpty else { return }
        let ids = truth.indices.map { index in
            index < predicted.count ? predicted[index].map { "p\($0.id)" } ?? "m\(index)" : "m\(index)"
        }
        let (lines, f1) = Self.groups(truth.map(\.id), ids)
        grouping = lines
        groupF1 = f1
        var right = 0
        var trueTexts: [String: Set<String>] = [:]
        for index in truth.indices {
            let own = index < predicted.count ? predicted[index] : nil
            if own?.text == truth[index].text { right += 1 }
            trueTexts[own.map { "p\($0.text)" } ?? "m\(index)", default: []].insert(truth[index].text)
        }
        parsing = Double(right) / Double(truth.count)
        let hits = trueTexts.reduce(0) { $0 + ($1.value.count == 1 && $1.value.first.map { "p\($0)" } == $1.key ? 1 : 0) }
        textF1 = Self.f1(hits, trueTexts.count, Set(truth.map(\.text)).count)
    }

    /// Text with single blanks.
    package static func squeezed(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    private static func groups(_ truth: [String], _ predicted: [String]) -> (lines: Double, f1: Double) {
        func grouped(_ ids: [String]) -> [String: [Int]] {
            var out: [String: [Int]] = [:]
            for (line, id) in ids.enumerated() { out[id, default: []].append(line) }
            return out
        }
        let trueGroups = grouped(truth)
        let ownGroups = grouped(predicted)
        let exact = Set(trueGroups.values)
        let hits = ownGroups.values.filter(exact.contains)
        return (
            Double(hits.reduce(0) { $0 + $1.count }) / Double(truth.count), f1(hits.count, ownGroups.count, trueGroups.count)
        )
    }

    private static func f1(_ hits: Int, _ predicted: Int, _ truth: Int) -> Double {
        hits == 0 ? 0 : 2 * Double(hits) / Double(predicted + truth)
    }
}
