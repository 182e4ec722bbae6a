import Foundation
import Model

enum FileExists {
    static func at(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.plainPath) }
}

/// An investigation as lines for a terminal.
enum CaseText {
    static func summary(_ file: CaseFile, now: Instant, evidenceLimit: Int) -> [Line] {
        let case_ = file.investigation
        var lines = heading(case_, now: now)
        lines += ["", Line(case_.verdict)]
        if !case_.impact.isEmpty { lines.append(Line(case_.impact)) }
        lines += causes(case_, limit: 5, withTerms: false) + suspects(case_, limit: 5, withTerms: false)
        lines += ["", Line("Evidence", .strong)]
        var phase: EvidencePhase?
        let shown = file.items.sorted {
            ($0.evidence.phase.order, $0.event.occurredAt, $0.event.id) < ($1.evidence.phase.order, $1.event.occurredAt, $1.event.id)
        }
        for item in shown.prefix(evidenceLimit) {
            if phase != item.evidence.phase {
                phase = item.evidence.phase
                lines.append(Line("  \(item.evidence.phase.words)", .faint))
            }
            lines.append(row(item))
        }
        if shown.count > evidenceLimit { lines.append(Line("  and \(shown.count - evidenceLimit) more; `--json` has all", .faint)) }
        if !file.notes.isEmpty {
            lines += ["", Line("Notes", .strong)]
            for note in file.notes { lines.append(Line("  \(note.at.readable(asOf: now))  \(note.author): \(note.text.clipped(to: 300))")) }
        }
        return lines
    }

    static func explanation(_ file: CaseFile, now: Instant) -> [Line] {
        let case_ = file.investigation
        var lines = heading(case_, now: now) + ["", Line(case_.verdict)]
        lines += causes(case_, limit: 20, withTerms: true) + suspects(case_, limit: 20, withTerms: true)
        lines += ["", Line("Why each piece of evidence is linked", .strong)]
        for item in file.items { lines += explanation(of: item) }
        if !case_.leftOut.isEmpty {
            lines += ["", Line("Weighed and left out", .strong)]
            for left in case_.leftOut { lines += explanation(of: left) }
        }
        if !file.versions.isEmpty {
            lines += ["", Line("Versions", .strong)]
            for version in file.versions {
                lines.append(
                    Line(
                        "  \(version.version)  \(version.at.readable(asOf: now))  \(version.author): \(version.changes.joined(separator: "; "))"
                    ))
            }
        }
        return lines
    }

    static func explanation(of item: EvidenceItem) -> [Line] {
        var lines = [row(item)]
        if let muted = item.evidence.inhibitedBy { lines.append(Line("            muted: its cause is known (\(muted.text))", .faint)) }
        return lines + terms(item.evidence.terms, indent: 12) + [
            Line("            \(item.event.id)  linked by \(item.evidence.linkedBy)", .faint)
        ]
    }

    static func explanation(of left: LeftOut) -> [Line] {
        [Line("  \(scoreText(left.score))  \(left.title)"), Line("      \(left.reason)", .faint)] + terms(left.terms, indent: 6)
    }

    static func title(_ case_: Investigation) -> Line { Line("#\(case_.number) ", .strong) + Line(case_.title, .strong) }

    private static func heading(_ case_: Investigation, now: Instant) -> [Line] {
        let span = readableDuration(ms: (case_.resolvedAt ?? max(now, case_.lastSignalAt)) - case_.startedAt)
        return [
            title(case_),
            Line("\(case_.severity.mark) \(case_.severity.rawValue)", case_.severity.role)
                + Line(
                    "  \(case_.status.words)  since \(case_.startedAt.readable(asOf: now)) UTC, \(span)  \(case_.services.joined(separator: ", "))",
                    .faint),
        ]
    }

    static func causes(_ case_: Investigation, limit: Int, withTerms: Bool) -> [Line] {
        var lines: [Line] = ["", Line("Probable causes", .strong)]
        if case_.hypotheses.isEmpty { lines.append("  none yet") }
        for cause in case_.hypotheses.prefix(limit) {
            lines.append(Line("  \(scoreText(cause.score))  ", .strong) + Line(cause.name, cause.kind == .change ? .change : .plain))
            lines.append(Line("       \(cause.summary)", .faint))
            if withTerms { lines += terms(cause.terms, indent: 7) }
        }
        return lines
    }

    static func suspects(_ case_: Investigation, limit: Int, withTerms: Bool) -> [Line] {
        if case_.suspects.isEmpty { return [] }
        var lines: [Line] = ["", Line("Suspect changes", .strong)]
        for suspect in case_.suspects.prefix(limit) {
            lines.append(
                Line("  \(scoreText(suspect.score))  ", .strong) + Line(String(suspect.sha.prefix(9)), .change)
                    + Line("  \(suspect.subject)") + Line("  \(suspect.author)", .faint))
            lines.append(Line("       \(suspect.summary)", .faint))
            if withTerms { lines += terms(suspect.terms, indent: 7) }
        }
        return lines
    }

    static func terms(_ terms: [Term], indent: Int) -> [Line] {
        terms.map {
            Line(String(repeating: " ", count: indent) + "\(scoreText($0.value)) \(CaseQueries.pad($0.name, 11)) \($0.why)", .faint)
        }
    }

    private static func row(_ item: EvidenceItem) -> Line {
        let event = item.event
        let mark = event.role == .change ? Line("▼ ", .change) : Line("\(event.severity.mark) ", event.severity.role)
        return Line("    \(event.occurredAt.clock)  ", .faint) + mark + Line(CaseQueries.pad(event.service ?? "", 14))
            + Line(CaseQueries.pad(event.source.rawValue, 9), .faint) + Line(event.title.clipped(to: 100))
            + Line("  \(scoreText(item.evidence.confidence))", .faint)
    }
}

extension EvidencePhase {
    /// The place in the story.
    var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
