import Model

/// What people wrote, what came before, and what was left out.
struct CaseNotesView {
    let file: CaseFile
    let place: CasePlace

    static let versionsShown = 40

    var view: TemplateValue {
        let it = file.investigation
        let prose: [(String, String)] = [
            ("Description", it.description), ("Root cause", it.rootCause), ("Remediation", it.remediation),
            ("Lessons learned", it.lessonsLearned),
        ]
        let written = prose.filter { !$0.1.trimmingBlanks().isEmpty }
        return [
            "prose": .list(
                written.map {
                    ["heading": .text($0.0), "markdown": .html(MarkdownRenderer.html($0.1.clipped(toBytes: 64 << 10), headingOffset: 3))]
                }),
            "notes": .list(file.notes.enumerated().map(note)),
            "noNotes": .flag(file.notes.isEmpty && written.isEmpty),
            "noteCommand": .text("caseboard note \(it.number) TEXT"),
            "actions": .list(it.actionItems.map(action)), "hasActions": .flag(!it.actionItems.isEmpty),
            "similar": .list(MentionView.similar(file, place: place).map(\.view)), "noSimilar": .flag(file.similar.isEmpty),
            "related": .list(MentionView.related(file, place: place).map(\.view)), "hasRelated": .flag(!file.related.isEmpty),
            "versions": .list(
                file.versions.sorted { ($1.version, $1.at.ms) < ($0.version, $0.at.ms) }.prefix(Self.versionsShown).map(version)),
            "versionsMeta": .optional(versionsMeta), "hasVersions": .flag(!file.versions.isEmpty),
            "leftOut": .list(
                it.leftOut.sorted { ($1.score, $0.fingerprint.text) < ($0.score, $1.fingerprint.text) }.prefix(50).map(leftOut)),
            "leftOutMeta": .optional(
                it.leftOut.count > 50
                    ? "the 50 nearest of \(PageWords.count(it.leftOut.count))"
                    : it.leftOut.isEmpty ? nil : PageWords.count(it.leftOut.count)),
            "hasLeftOut": .flag(!it.leftOut.isEmpty),
        ]
    }
    private var versionsMeta: String? {
        let count = file.versions.count
        if count == 0 { return nil }
        return count > Self.versionsShown
            ? "the newest \(Self.versionsShown) of \(PageWords.count(count))" : "\(PageWords.count(count)), newest first"
    }

    private func note(_ index: Int, _ note: Annotation) -> TemplateValue {
        [
            "noteAnchor": .text(CanvasAnchor.note(index)), "author": .text(note.author), "noteISO": .text(note.at.rfc3339),
            "noteTime": .text(PageWords.moment(note.at, near: file.investigation.startedAt)),
            "markdown": .html(MarkdownRenderer.html(note.text.clipped(toBytes: 64 << 10), headingOffset: 3)),
        ]
    }
    private func action(_ item: ActionItem) -> TemplateValue {
        let who = [item.owner ?? "", item.due.map { "until \($0)" } ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
        return ["action": .text(item.text), "done": .flag(item.done), "who": .optional(who)]
    }
    private func version(_ version: CaseVersion) -> TemplateValue {
        [
            "number": .number(version.version), "changes": .list(version.changes.map(VersionDifference.view)),
            "by": .text(version.author), "isPerson": .flag(version.author != "caseboard"),
            "versionTime": .text(PageWords.moment(version.at, near: file.investigation.startedAt)),
            "versionISO": .text(version.at.rfc3339),
        ]
    }
    private func leftOut(_ signal: LeftOut) -> TemplateValue {
        [
            "leftTitle": .text(signal.title), "leftScore": .text(PageWords.score(signal.score)),
            "leftReason": .text(PageWords.sentence(PageWords.capitalised(signal.reason))),
        ]
    }
}

/// One change of a version as what was and what is: `severity high → critical`, `started 14:02:40, was 14:04:12`.
struct VersionDifference: Hashable {
    var what: String
    var before: String
    /// Empty when only something new is said, which then stands in `what`.
    var after: String

    init(_ change: String) {
        if let arrow = change.firstRange(of: " → ") {
            let left = change[..<arrow.lowerBound]
            // The name ends before the value: a known name, else all but the last word.
            let name = ["severity", "status", "number", "priority", "owner", "title", "likeliest cause", "suspect"].first {
                left.hasPrefix($0 + " ")
            }
            let split = name.map { left.index(left.startIndex, offsetBy: $0.count) } ?? left.lastIndex(of: " ")
            if let split {
                what = String(left[..<split])
                before = String(left[left.index(after: split)...])
                after = String(change[arrow.upperBound...])
                return
            }
        }
        if let was = change.firstRange(of: ", was "), let split = change[..<was.lowerBound].firstIndex(of: " ") {
            what = String(change[..<split])
            before = String(change[was.upperBound...])
            after = String(change[change.index(after: split)..<was.lowerBound])
            return
        }
        (what, before, after) = (change, "", "")
    }

    static func view(_ change: String) -> TemplateValue {
        let difference = VersionDifference(change)
        return [
            "what": .text(PageWords.capitalised(difference.what)), "isDifference": .flag(!difference.after.isEmpty),
            "before": .text(difference.before), "after": .text(difference.after),
        ]
    }
}
