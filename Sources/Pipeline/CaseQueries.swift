import Model
import Rendering
import Store

/// The commands that only read. They take no lock: SQLite's WAL lets them look while a run writes.
package enum CaseQueries {
    static func open(_ workspace: Workspace) throws -> CaseStore? {
        // A workspace that never ran has no store yet; that is an empty answer, not an error.
        guard FileExists.at(workspace.database) else { return nil }
        return try CaseStore.open(path: workspace.database.plainPath, createIfMissing: false, readOnly: true)
    }

    package static func list(_ workspace: Workspace, filter: CaseFilter, now: Instant) throws -> Answer {
        let store = try open(workspace)
        let (total, shown) = try store?.investigations(matching: filter) ?? (0, [])
        let all = total > 0 ? total : try store?.investigations(matching: CaseFilter(limit: 1)).total ?? 0
        var lines: [Line] = []
        if all == 0 {
            lines = ["no investigation has been opened yet"]
        } else if shown.isEmpty {
            lines = ["nothing matches; \(counted(all, "investigation")) in all"]
        }
        let width = shown.map { String($0.number).count }.max() ?? 1
        for investigation in shown {
            let number = String(repeating: " ", count: width - String(investigation.number).count) + "#\(investigation.number)"
            lines.append(
                Line("\(number)  ", .strong)
                    + Line("\(investigation.severity.mark) \(pad(investigation.severity.rawValue, 8))  ", investigation.severity.role)
                    + Line("\(pad(investigation.status.words, 11))  ", investigation.status.isEnded ? .good : .plain)
                    + Line("\(investigation.startedAt.readable(asOf: now))  ", .faint) + Line(investigation.title))
            if let best = investigation.hypotheses.first, !investigation.status.isEnded {
                lines.append(Line(String(repeating: " ", count: width + 3) + "\(scoreText(best.score)) \(best.name)", .faint))
            }
        }
        if total > shown.count { lines.append(Line("and \(total - shown.count) more; raise --limit", .faint)) }
        let documents = shown.map { APIDocuments.summary($0) }
        return Answer(
            lines: lines,
            json: ["schema": "caseboard.investigations/1", "total": .int(Int64(total)), "investigations": .array(documents)])
    }

    package static func file(_ workspace: Workspace, number: Int, now: Instant) throws -> CaseFile {
        try fileAndStore(workspace, number: number, now: now).file
    }

    static func fileAndStore(_ workspace: Workspace, number: Int, now: Instant) throws -> (file: CaseFile, store: CaseStore) {
        guard let store = try open(workspace) else { throw PipelineError.noSuchInvestigation(number, known: []) }
        guard let snapshot = try store.snapshot(number: number) else {
            throw PipelineError.noSuchInvestigation(number, known: try store.allInvestigations().map(\.number))
        }
        return (try CaseFileAssembly(store: store, now: now).file(of: snapshot), store)
    }

    package static func show(_ workspace: Workspace, number: Int, now: Instant) throws -> Answer {
        let file = try file(workspace, number: number, now: now)
        return Answer(lines: CaseText.summary(file, now: now, evidenceLimit: 60), json: APIDocuments.investigation(file))
    }

    package static func explain(_ workspace: Workspace, number: Int, event: String?, now: Instant) throws -> Answer {
        let file = try file(workspace, number: number, now: now)
        guard let event else { return Answer(lines: CaseText.explanation(file, now: now), json: APIDocuments.investigation(file)) }
        if let item = file.items.first(where: { $0.event.id == event || $0.event.fingerprint.text == event }) {
            return Answer(lines: CaseText.explanation(of: item), json: APIDocuments.evidence(item))
        }
        if let left = file.investigation.leftOut.first(where: { $0.fingerprint.text == event }) {
            return Answer(
                lines: CaseText.explanation(of: left),
                json: [
                    "fingerprint": .string(left.fingerprint.text), "title": .string(left.title), "score": .double(left.score),
                    "reason": .string(left.reason), "terms": APIDocuments.terms(left.terms),
                ])
        }
        throw PipelineError.noSuchEvent(event)
    }

    package static func search(_ workspace: Workspace, text: String, limit: Int) throws -> Answer {
        let hits = try open(workspace)?.search(text, limit: limit) ?? []
        var lines: [Line] = hits.isEmpty ? ["nothing found for `\(text.clipped(to: 80))`"] : []
        for hit in hits {
            lines.append(Line(label(hit) + "  ", .strong) + Line(hit.title))
            let snippet = hit.snippet.map { Line($0.text, $0.isMatch ? .strong : .faint) }.reduce(Line("    "), +)
            if !hit.snippet.isEmpty && snippet.text.trimmingPrefix("    ") != hit.title { lines.append(snippet) }
        }
        return Answer(lines: lines, json: ["schema": "caseboard.search/1", "hits": .array(hits.map(document))])
    }

    private static func label(_ hit: SearchHit) -> String {
        switch hit.subject {
        case .investigation(_, let number): "#\(number)"
        case .event(let id, _): id
        }
    }
    private static func document(_ hit: SearchHit) -> JSONValue {
        var out: [String: JSONValue] = [
            "title": .string(hit.title), "at": .string(hit.at.rfc3339), "score": .double(hit.score),
            "snippet": .string(hit.snippet.map(\.text).joined()),
        ]
        switch hit.subject {
        case .investigation(_, let number): out["investigation"] = .int(Int64(number))
        case .event(let id, let fingerprint):
            out["event"] = .string(id)
            out["fingerprint"] = .string(fingerprint.text)
        }
        return .object(out)
    }

    static func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
}
