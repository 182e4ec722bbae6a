import Model
import Rendering
import Store

/// The commands that print one ranking of an investigation, each entry with its terms and its sentence.
package enum RankingQueries {
    package static func causes(_ workspace: Workspace, number: Int, now: Instant) throws -> Answer {
        let file = try CaseQueries.file(workspace, number: number, now: now)
        var lines = [CaseText.title(file.investigation)] + CaseText.causes(file.investigation, limit: 20, withTerms: true)
        if let first = file.investigation.hypotheses.first, first.score < thin {
            lines += ["", Line("the evidence is thin: take the first as a place to look, not as an answer", .faint)]
        }
        return Answer(lines: lines, json: document("caseboard.causes/1", "causes", file))
    }

    package static func suspects(_ workspace: Workspace, number: Int, now: Instant) throws -> Answer {
        let file = try CaseQueries.file(workspace, number: number, now: now)
        var lines = [CaseText.title(file.investigation)] + CaseText.suspects(file.investigation, limit: 20, withTerms: true)
        if file.investigation.suspects.isEmpty {
            lines += ["", "no change is a suspect: none was live before the first failure, or no source of changes is configured"]
        }
        return Answer(lines: lines, json: document("caseboard.suspects/1", "suspect_changes", file))
    }

    package static func similar(_ workspace: Workspace, number: Int, now: Instant) throws -> Answer {
        let (file, store) = try CaseQueries.fileAndStore(workspace, number: number, now: now)
        let similar = file.similar
        var lines = [CaseText.title(file.investigation)]
        lines += ["", Line("Earlier investigations like it", .strong)]
        if similar.isEmpty { lines.append("  none") }
        for other in similar {
            lines.append(Line("  \(scoreText(other.score))  ", .strong) + Line("#\(other.number) ", .strong) + Line(other.title))
            lines += CaseText.terms(other.terms, indent: 7)
        }
        let byKey = Dictionary(try store.allInvestigations().map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let later = try SimilarCases(store: store).later(like: number).compactMap { found in
            byKey[found.key].map { (investigation: $0, score: found.score) }
        }
        if !later.isEmpty { lines += ["", Line("Later ones like it", .strong)] }
        for (other, score) in later.prefix(20) {
            lines.append(Line("  \(scoreText(score))  ", .strong) + Line("#\(other.number) ", .strong) + Line(other.title))
        }
        var json = document("caseboard.similar/1", "similar", file)
        json["later"] = .array(
            later.map {
                [
                    "number": .int(Int64($0.investigation.number)), "title": .string($0.investigation.title), "score": .double($0.score),
                ]
            })
        return Answer(lines: lines, json: json)
    }

    /// Below this no cause is called probable.
    private static let thin = 0.4

    private static func document(_ schema: String, _ member: String, _ file: CaseFile) -> JSONValue {
        let it = file.investigation
        return .object([
            "schema": .string(schema), "number": .int(Int64(it.number)), "key": .string(it.key), "title": .string(it.title),
            member: APIDocuments.investigation(file)[member] ?? [],
        ])
    }
}
