import Model

/// What a page that is already open asks the site for: which publication this is and what changed last. It stands in the first
/// kilobytes of the page, so that asking costs no more than these.
enum CanvasNews {
    static func head(_ file: CaseFile, asOf: Instant) -> SafeHTML {
        SafeHTML(
            trusted: """
                <meta name="caseboard-version" content="\(file.investigation.version)">
                <meta name="caseboard-published" content="\(asOf.rfc3339)">
                <meta name="caseboard-news" content="\(HTMLText.escape(news(file).clipped(to: 300)))">
                """)
    }

    /// Who changed what last: `Mara Lindqvist: root cause and to-dos written`. Empty when nobody has.
    static func news(_ file: CaseFile) -> String {
        let version = file.versions.max { ($0.version, $0.at.ms) < ($1.version, $1.at.ms) }
        let note = file.notes.max { ($0.at.ms, $0.author) < ($1.at.ms, $1.author) }
        if let note, note.at > version?.at ?? note.at - 1 { return "\(note.author): a note" }
        return version.map { "\($0.author): \($0.changes.joined(separator: "; "))" } ?? ""
    }
}
