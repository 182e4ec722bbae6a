import Model

/// A report as its author wrote it: front matter, named SQL blocks, and Markdown with Mustache tags.
///
/// ```
/// ---
/// title: Weekly review
/// schedule: weekly
/// parameters: [service]
/// audience: everyone
/// ---
/// # Week {{week}}
/// ```sql begun
/// SELECT …
/// ```
/// ```
/// A block fenced as `sql NAME` is a query, not text: the store runs it and its rows are the section `NAME`.
package struct ReportDefinition: Sendable {
    package struct Query: Hashable, Sendable {
        package var name: String
        package var sql: String
        /// Of the fence, from 1.
        package var line: Int
    }
    package let path: String
    package let title: String
    package let schedule: String
    package let parameters: [String]
    package let audience: String
    package let queries: [Query]
    package let body: MustacheTemplate

    package init(path: String, source: String) throws(ReportError) {
        self.path = path
        var lines = source.split(separator: "\n", omittingEmptySubsequences: false).map { $0.hasSuffix("\r") ? $0.dropLast() : $0 }
        var fields: [String: [String]] = [:]
        var bodyLine = 1
        if lines.first == "---" {
            guard let end = lines.dropFirst().firstIndex(of: "---") else {
                throw .frontMatter(path: path, line: 1, problem: "the front matter that begins here never ends; close it with `---`")
            }
            fields = try Self.fields(lines[1..<end], path: path)
            lines.removeFirst(end + 1)
            bodyLine = end + 2
        }
        title = fields["title"]?.first ?? path
        schedule = fields["schedule"]?.first ?? ""
        audience = fields["audience"]?.first ?? ""
        parameters = fields["parameters"] ?? []
        let (queries, text) = try Self.queries(lines, firstLine: bodyLine, path: path)
        self.queries = queries
        do {
            body = try MustacheTemplate(name: path, source: text, escaping: .markdown)
        } catch {
            throw .template(error)
        }
    }

    private static let known = ["title", "schedule", "parameters", "audience"]

    /// `name: value` and `name: [a, b]`, values bare or in quotes.
    private static func fields(_ lines: ArraySlice<Substring>, path: String) throws(ReportError) -> [String: [String]] {
        var fields: [String: [String]] = [:]
        for (index, line) in zip(lines.indices, lines) where !line.allSatisfy(\.isWhitespace) && !line.hasPrefix("#") {
            guard let colon = line.firstIndex(of: ":") else {
                throw .frontMatter(path: path, line: index + 1, problem: "`\(String(line).clipped(to: 60))` is not `name: value`")
            }
            let name = String(line[..<colon]).trimmingBlanks()
            guard known.contains(name) else {
                let near =
                    nearestName(to: name, among: known).map { "did you mean `\($0)`?" } ?? "there are \(known.joined(separator: ", "))"
                throw .frontMatter(
                    path: path, line: index + 1, problem: "no setting of a report is named `\(name.clipped(to: 60))`; \(near)")
            }
            var value = String(line[line.index(after: colon)...]).trimmingBlanks()
            let isList = value.hasPrefix("[") && value.hasSuffix("]")
            if isList { value = String(value.dropFirst().dropLast()) }
            let items = isList ? value.split(separator: ",").map(String.init) : [value]
            fields[name] = items.map { unquoted($0.trimmingBlanks()) }.filter { !$0.isEmpty }
        }
        return fields
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, let quote = text.first, quote == "\"" || quote == "'", text.last == quote else { return text }
        return String(text.dropFirst().dropLast())
    }

    private static func queries(
        _ lines: [Substring], firstLine: Int, path: String
    ) throws(ReportError) -> (queries: [Query], text: String) {
        var queries: [Query] = []
        var text: [Substring] = []
        var open: Query?
        var sql: [Substring] = []
        for (index, line) in lines.enumerated() {
            if var query = open {
                if line == "```" {
                    query.sql = sql.joined(separator: "\n")
                    queries.append(query)
                    open = nil
                } else {
                    sql.append(line)
                }
            } else if line.hasPrefix("```sql ") {
                let name = String(line.dropFirst(7)).trimmingBlanks()
                guard !name.isEmpty, name.utf8.allSatisfy({ ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 95 }),
                    !queries.contains(where: { $0.name == name })
                else { throw .queryName(path: path, line: firstLine + index, name: name.clipped(to: 60)) }
                open = Query(name: name, sql: "", line: firstLine + index)
                sql = []
            } else {
                text.append(line)
            }
        }
        if let open { throw .unclosedQuery(path: path, line: open.line, name: open.name) }
        return (queries, text.joined(separator: "\n"))
    }
}

/// What is wrong with a report definition, and where.
package enum ReportError: Error, Hashable, Sendable, CustomStringConvertible {
    case frontMatter(path: String, line: Int, problem: String)
    case queryName(path: String, line: Int, name: String)
    case unclosedQuery(path: String, line: Int, name: String)
    case template(TemplateError)

    package var description: String {
        switch self {
        case .frontMatter(let path, let line, let problem): "\(path):\(line): \(problem)"
        case .queryName(let path, let line, let name):
            "\(path):\(line): `\(name)` cannot name a query; use small letters, digits and `_`, each name once"
        case .unclosedQuery(let path, let line, let name): "\(path):\(line): query `\(name)` never ends; close it with three backticks"
        case .template(let error): error.description
        }
    }
}
