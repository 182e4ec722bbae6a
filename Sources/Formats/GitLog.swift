import Model

/// One commit, as git or a file of changes tells it; the one place that makes commit events.
struct CommitFact {
    var sha: String
    var parents: [String] = []
    var author = ""
    var authoredAt: Instant?
    var committedAt: Instant
    var subject: String
    var body = ""
    var files: [TouchedFile] = []
    /// Files beyond `Limits.filesPerCommit`, counted but not listed.
    var unlistedFiles = 0
    var insertions = 0
    var deletions = 0
    /// False where only the paths of files are told.
    var countsLines = true
    var service: String?
    var url: String?

    mutating func touch(_ file: TouchedFile) {
        insertions = insertions &+ max(0, file.added)
        deletions = deletions &+ max(0, file.deleted)
        if files.count < Limits.filesPerCommit { files.append(file) } else { unlistedFiles += 1 }
    }

    /// Branches and tags are not part of it: they move, and a fact does not change.
    func event(_ document: DocumentOrigin) -> Event {
        var attributes: [String: JSONValue] = [
            EventAttribute.author: .string(StructuredText.title(author)),
            EventAttribute.parents: .strings(parents.prefix(16)),
            EventAttribute.isMerge: .bool(parents.count > 1),
            EventAttribute.files: .array(files.map(\.json)),
        ]
        if countsLines {
            attributes["insertions"] = .int(Int64(insertions))
            attributes["deletions"] = .int(Int64(deletions))
        }
        if let authoredAt, authoredAt != committedAt { attributes["authored_at"] = .int(authoredAt.ms) }
        if unlistedFiles > 0 { attributes["unlisted_files"] = .int(Int64(unlistedFiles)) }
        if let reverted = CommitFact.reverted(in: body) { attributes[EventAttribute.reverts] = .string(reverted) }
        return Event(
            source: .git, type: .commit, subject: sha, isGlobal: true, at: committedAt, role: .change,
            title: subject.isEmpty ? "commit \(sha.prefix(12))" : StructuredText.title(subject), body: StructuredText.body(body),
            service: service, attributes: attributes, origin: document.origin, sourceID: sha,
            url: StructuredText.url(url), commit: sha)
    }

    /// The commit that `git revert` says it takes back: `This reverts commit <sha>`.
    static func reverted(in body: String) -> String? {
        guard let range = body.firstRange(of: "This reverts commit ") else { return nil }
        let sha = body[range.upperBound...].prefix { $0.isHexDigit }
        return (7...64).contains(sha.utf8.count) ? sha.lowercased() : nil
    }

    static func isSHA(_ text: String) -> Bool {
        (7...64).contains(text.utf8.count) && text.utf8.allSatisfy { StructuredText.hexDigit($0) != nil }
    }
}

/// Reads what git prints with these formats: commits with the lines they touched, and tags. Any bytes may stand in names and
/// messages (git prints them as they are; what is not UTF-8 is repaired), because every field ends at a NUL.
package enum GitLogReader {
    /// `git log` prints, for each commit, a mark, seven fields and the body, each closed by NUL, then `--numstat -z`.
    package static let format = "tformat:%x01commit%x00%H%x00%P%x00%an%x00%at%x00%ct%x00%s%x00%b%x00"
    /// Arguments behind `git -C REPOSITORY`; a range or `--all` comes last. Renames are followed, merges list no files, and
    /// neither colours, signatures nor the user's own settings change the output.
    package static let arguments = [
        "-c", "log.showSignature=false", "-c", "core.quotePath=false", "log", "-z", "--numstat", "-M", "--no-color", "--no-notes",
        "--no-decorate", "--no-ext-diff", "--no-textconv", "--encoding=UTF-8", "--format=" + format,
    ]
    /// `git for-each-ref` prints one line for each tag.
    package static let tagFormat =
        "%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objectname)%00%(creatordate:unix)%00%(contents:subject)"
    package static let tagArguments = ["for-each-ref", "--sort=refname", "--format=" + tagFormat, "refs/tags"]

    /// Commits, in the order given. The offset of a refusal is that of the commit's mark.
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        var fields = NulFields(bytes: bytes)
        var pending: (text: String, offset: Int)? = fields.next()
        while let mark = pending {
            guard isMark(mark.text) else {
                if !trimmed(mark.text).isEmpty {
                    reading.refuse(
                        "a commit should begin here", offset: Int64(mark.offset), excerpt: StructuredText.excerpt(mark.text.utf8))
                }
                pending = fields.next()
                continue
            }
            var parts: [String] = []
            while parts.count < 7, let field = fields.next() { parts.append(field.text) }
            pending = nil
            guard parts.count == 7, var commit = commit(parts) else {
                reading.refuse(
                    "the commit is cut off or has no readable id and time", offset: Int64(mark.offset),
                    excerpt: StructuredText.excerpt(parts.joined(separator: " ").utf8))
                pending = fields.next()
                continue
            }
            while let field = fields.next() {
                if isMark(field.text) {
                    pending = field
                    break
                }
                let text = trimmed(field.text)
                if text.isEmpty { continue }
                readNumstat(text, &fields, into: &commit)
            }
            commit.service = document.service
            reading.events.append(commit.event(document))
        }
        return reading
    }

    private static func isMark(_ text: String) -> Bool { trimmed(text) == "\u{1}commit" }
    private static func trimmed(_ text: String) -> Substring { text.drop { $0 == "\n" } }

    private static func commit(_ parts: [String]) -> CommitFact? {
        guard CommitFact.isSHA(parts[0]), let seconds = Int64(parts[4]), let time = instant(seconds) else { return nil }
        var commit = CommitFact(sha: parts[0].lowercased(), committedAt: time, subject: parts[5])
        commit.parents = parts[1].split(separator: " ").map(String.init).filter(CommitFact.isSHA)
        commit.author = parts[2]
        commit.authoredAt = Int64(parts[3]).flatMap(instant)
        commit.body = parts[6]
        return commit
    }

    private static func instant(_ seconds: Int64) -> Instant? {
        guard abs(seconds) < 1 << 40 else { return nil }
        let instant = Instant(ms: seconds * 1_000)
        return Instant.representable.contains(instant) ? instant : nil
    }

    /// `12<tab>3<tab>path`, `-` for binary files; of a rename the path is empty and the old and the new one follow.
    private static func readNumstat(_ text: Substring, _ fields: inout NulFields, into commit: inout CommitFact) {
        let parts = text.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let added = count(parts[0]), let deleted = count(parts[1]) else { return }
        var path = String(parts[2])
        if path.isEmpty {
            _ = fields.next()
            path = fields.next()?.text ?? ""
        }
        if !path.isEmpty { commit.touch(TouchedFile(path: path.clipped(to: 1_000), added: added, deleted: deleted)) }
    }

    private static func count(_ text: Substring) -> Int? {
        text == "-" ? -1 : Int(text).flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
    }

    /// Tags, in the order given; an annotated tag is at its tagger's time and points at the commit it was put on.
    package static func readTags(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        var line: Int64 = 0
        for row in bytes.split(separator: 10) {
            line += 1
            let parts = row.split(separator: 0, maxSplits: 5, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
            guard parts.count == 6, let name = StructuredText.name(parts[0]), let seconds = Int64(parts[4]), let time = instant(seconds),
                CommitFact.isSHA(parts[2])
            else {
                reading.refuse("this is not a tag with an id and a time", line: line, excerpt: StructuredText.excerpt(row))
                continue
            }
            let commit = (CommitFact.isSHA(parts[3]) ? parts[3] : parts[2]).lowercased()
            reading.events.append(
                Event(
                    source: .git, type: .tag, subject: name + "@" + commit, at: time, role: .change, title: "tagged \(name)",
                    body: parts[1] == "tag" ? StructuredText.body(parts[5]) : "", service: document.service, tags: [name],
                    attributes: [EventAttribute.version: .string(name)], origin: document.origin, sourceID: name, commit: commit))
        }
        return reading
    }
}

/// Walks fields that end at NUL.
private struct NulFields {
    let bytes: UnsafeRawBufferPointer
    private var at = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> (text: String, offset: Int)? {
        guard at < bytes.count else { return nil }
        let start = at
        let end = StructuredText.firstIndex(of: 0, in: bytes, from: at) ?? bytes.count
        at = end + 1
        return (String(decoding: bytes[start..<end], as: UTF8.self), start)
    }
}
