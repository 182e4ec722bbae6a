import Model

/// Reads `changes/*.jsonl` of an evidence bundle: commits `{sha, author_time, commit_time, author, subject, body, files:
/// [[path, added, deleted]…]}` become the events that `GitLogReader` makes; deployments, flags and all else are read as
/// `CloudEventsReader` does, where an object inside `deployment` or `flag` will do too.
package enum ChangeLinesReader {
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        FactDocument.forEachObject(bytes, into: &reading, wanted: "change") { fields, line, reading in
            if fields.line("specversion") == nil, fields.line("sha") != nil, fields.line("type") ?? "commit" == "commit" {
                readCommit(fields, line, document, &reading)
            } else {
                CloudEventsReader.append(unwrapped(fields), line, document, &reading)
            }
        }
        return reading
    }

    private static func readCommit(_ fields: FactFields, _ line: Int64, _ document: DocumentOrigin, _ reading: inout Reading) {
        guard let sha = fields.line("sha")?.lowercased(), CommitFact.isSHA(sha) else {
            return reading.refuse("`sha` is not the id of a commit", line: line, excerpt: FactDocument.excerpt(fields))
        }
        guard let time = fields.time("commit_time", "committed_at", "time", "author_time") else {
            return reading.refuse("the commit has no `commit_time`", line: line, excerpt: FactDocument.excerpt(fields))
        }
        var commit = CommitFact(sha: sha, committedAt: time, subject: fields.line("subject", "title") ?? "")
        commit.authoredAt = fields.time("author_time", "authored_at")
        commit.author = fields.line("author") ?? fields.fields("author")?.line("name") ?? ""
        commit.body = fields.text("body", "message") ?? ""
        commit.service = fields.line("service") ?? document.service
        commit.url = fields.url("url")
        switch fields.value("parents") {
        case .array(let parents): commit.parents = parents.compactMap { $0.stringValue }.filter(CommitFact.isSHA)
        case .string(let text): commit.parents = text.split(separator: " ").map(String.init).filter(CommitFact.isSHA)
        default: break
        }
        for file in fields.value("files")?.arrayValue ?? [] {
            if let touched = touchedFile(file) { commit.touch(touched) }
        }
        reading.events.append(commit.event(document))
    }

    /// `[path, added, deleted]`, `{path, added, deleted}` or the path alone.
    private static func touchedFile(_ value: JSONValue) -> TouchedFile? {
        func count(_ value: JSONValue?) -> Int { Int(min(max(value?.intValue ?? 0, -1), 1_000_000_000)) }
        switch value {
        case .string(let path) where !path.isEmpty: return TouchedFile(path: path.clipped(to: 1_000), added: 0, deleted: 0)
        case .array(let parts):
            guard let path = parts.first?.stringValue, !path.isEmpty else { return nil }
            return TouchedFile(
                path: path.clipped(to: 1_000), added: count(parts.dropFirst().first), deleted: count(parts.dropFirst(2).first))
        case .object(let members):
            guard let path = (members["path"] ?? members["file"])?.stringValue, !path.isEmpty else { return nil }
            return TouchedFile(
                path: path.clipped(to: 1_000), added: count(members["added"] ?? members["additions"]),
                deleted: count(members["deleted"] ?? members["deletions"]))
        default: return nil
        }
    }

    /// `{"deployment": {…}}` and `{"flag": …}` as events that name their type.
    private static func unwrapped(_ fields: FactFields) -> FactFields {
        guard fields.line("specversion") == nil, fields.line("type") == nil else { return fields }
        var members = fields.members
        for (name, type) in [("deployment", EventType.deployment), ("flag", .flagChange), ("config", .configChange)] {
            guard let value = members[name], value != .null else { continue }
            if case .object(let inner) = value {
                members[name] = nil
                members.merge(inner) { _, inner in inner }
            }
            members["type"] = .string(type.rawValue)
            return FactFields(members)
        }
        if members["version"] != nil, members["service"] != nil { members["type"] = .string(EventType.deployment.rawValue) }
        return FactFields(members)
    }
}
