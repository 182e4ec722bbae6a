import Model

/// Reads what Jira's search answers, of Cloud (`/rest/api/3/search/jql`) and of Data Center (`/rest/api/2/search`)
/// (<https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/>). `document.path` is the server.
package enum JiraReader {
    /// The fields that are asked for.
    package static let fields = [
        "summary", "description", "issuetype", "priority", "status", "labels", "components", "created", "updated", "resolutiondate",
        "reporter",
    ]

    package static func issues(_ bytes: UnsafeRawBufferPointer, since: Instant, horizon: Instant, from document: DocumentOrigin) -> ListPage
    {
        let issues = ObjectList.read(bytes, under: "issues", keeping: ["key", "self", "fields"]) ?? []
        let inner = issues.compactMap { issue in
            issue.fields("fields").map { fields in
                FactFields(fields.members.merging(["key": issue.members["key"] ?? .null, "self": issue.members["self"] ?? .null]) { $1 })
            }
        }
        return ListPage(inner, orderedBy: "updated", since: since, horizon: horizon) { fields in
            guard let key = fields.line("key"), let title = fields.line("summary"), let created = fields.time("created") else { return nil }
            var fact = IssueFact(scope: document.path, key: key, title: title, createdAt: created)
            fact.updatedAt = fields.time("updated")
            fact.closedAt = fields.time("resolutiondate")
            fact.status = fields.fields("status")?.line("name")
            fact.kind = fields.fields("issuetype")?.line("name")
            fact.priority = fields.fields("priority")?.line("name")
            fact.labels = ForgeAnswer.labels(fields.value("labels"))
            fact.words = fields.value("description").map { $0.stringValue ?? text(of: $0) }
            fact.reporter = fields.fields("reporter")?.line("displayName", "name")
            fact.component = fields.value("components")?.arrayValue?.first?["name"]?.stringValue
            fact.url = page(of: key, fields.line("self"))
            return fact.event(document)
        }
    }

    /// Where the next page is: a token, or where it starts; nil after the last.
    package static func nextPage(_ bytes: UnsafeRawBufferPointer) -> String? {
        let read = JSONReader.withDocument(bytes) { root -> String? in
            if let token = root["nextPageToken"]?.string { return root["isLast"]?.bool == true ? nil : token }
            guard let start = root["startAt"]?.int, let total = root["total"]?.int, let issues = root["issues"] else { return nil }
            let count = Int64(issues.elements.reduce(0) { sum, _ in sum + 1 })
            return count > 0 && start >= 0 && total >= count && start < total - count ? String(start + count) : nil
        }
        return (try? read.get()) ?? nil
    }

    /// Of `/myself`.
    package static func name(ofAccount body: [UInt8]) -> String {
        let read = body.withUnsafeBytes { JSONReader.withDocument($0) { ($0["displayName"] ?? $0["name"])?.string } }
        return StructuredText.name((try? read.get()) ?? nil) ?? "somebody without a name"
    }

    /// The page for people beside the address for programs; the gateway for scoped tokens has none.
    private static func page(of key: String, _ address: String?) -> String? {
        guard let address, let rest = address.firstRange(of: "/rest/api/"), !address.hasPrefix("https://api.atlassian.com/") else {
            return nil
        }
        return "\(address[..<rest.lowerBound])/browse/\(key)"
    }

    // MARK: - Atlassian Document Format

    /// A rich text as lines (<https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>). What has no words, such as a
    /// picture, is left out. As deep as `Limits.jsonDepth`, as the parser saw to.
    package static func text(of document: JSONValue) -> String {
        var out = ""
        write(document, prefix: "", into: &out)
        return StructuredText.body(out)
    }

    private static let blocks: Set<String> = [
        "paragraph", "heading", "codeBlock", "blockquote", "panel", "rule", "listItem", "taskItem", "decisionItem", "tableRow", "expand",
        "nestedExpand",
    ]

    private static func write(_ node: JSONValue, prefix: String, into out: inout String) {
        guard out.utf8.count < 2 * Limits.bodyBytes, let type = node["type"]?.stringValue else { return }
        let attributes = node["attrs"]
        let children = node["content"]?.arrayValue ?? []
        switch type {
        case "text": out += node["text"]?.stringValue ?? ""
        case "hardBreak": out += "\n" + prefix
        case "mention", "emoji", "status", "date":
            let words = attributes?["text"] ?? attributes?["shortName"]
            out += words?.stringValue ?? Instant(json: attributes?["timestamp"]).map { String($0.rfc3339.prefix(10)) } ?? ""
        case "inlineCard", "blockCard", "embedCard": out += attributes?["url"]?.stringValue ?? ""
        case "bulletList", "taskList", "decisionList":
            for child in children { write(child, prefix: prefix + "- ", into: &out) }
        case "orderedList":
            for (index, child) in children.enumerated() { write(child, prefix: prefix + "\(index + 1). ", into: &out) }
        case "listItem", "taskItem", "decisionItem":
            beginLine(&out)
            out += prefix
            let indent = String(repeating: " ", count: min(prefix.count, 40))
            for (index, child) in children.enumerated() {
                // The first paragraph stands behind the mark.
                if index == 0, child["type"]?.stringValue == "paragraph" {
                    for inline in child["content"]?.arrayValue ?? [] { write(inline, prefix: indent, into: &out) }
                } else {
                    write(child, prefix: indent, into: &out)
                }
            }
        case "tableCell", "tableHeader":
            for child in children {
                for inline in child["content"]?.arrayValue ?? [] { write(inline, prefix: prefix, into: &out) }
            }
            out += " | "
        default:
            if blocks.contains(type) {
                beginLine(&out)
                if type == "rule" { out += "---" }
                if type != "blockquote", type != "panel", !children.isEmpty { out += prefix }
            }
            for child in children { write(child, prefix: prefix, into: &out) }
        }
        if blocks.contains(type) { beginLine(&out) }
    }
    private static func beginLine(_ out: inout String) { if !out.isEmpty, !out.hasSuffix("\n") { out += "\n" } }
}
