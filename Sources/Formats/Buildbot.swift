import Model

/// Reads answers of Buildbot's REST API, version 2 (<https://docs.buildbot.net/latest/developer/rest.html>): an object whose
/// member of the asked kind is a list (<https://docs.buildbot.net/latest/developer/raml/index.html>).
package enum BuildbotReader {
    package struct Build: Hashable, Sendable {
        package var id: Int64
        package var fact: BuildFact
    }
    package struct Step: Hashable, Sendable {
        package var id: Int64
        package var name: String
        package var isFailed: Bool
    }
    package struct Log: Hashable, Sendable {
        package var id: Int64
        package var name: String
        /// `s` stands for standard streams, `t` for text, `h` for HTML, `d` for one that was deleted.
        package var type: String
        package var lines: Int64
        package var isComplete: Bool

        /// True when its name is that of a test report: `junit.xml`, `TEST-shop.xml`, `results.trx`.
        package var isTestReport: Bool {
            let lower = name.lowercased()
            if lower.contains("junit") || lower.hasSuffix(".trx") { return type != "h" && type != "d" }
            return lower.hasSuffix(".xml") && (lower.contains("test") || lower.contains("report") || lower.contains("result"))
                && type != "d"
        }
    }

    /// Nil when the bytes are one whole answer of that kind; else why not.
    package static func fault(_ bytes: UnsafeRawBufferPointer, _ kind: StaticString) -> String? {
        JSONReader.kindFault(bytes, unless: { $0[kind]?.isArray == true })
    }
    /// How many items the answer lists; its own `total` counts no more than were asked for.
    package static func count(_ bytes: UnsafeRawBufferPointer, _ kind: StaticString) -> Int {
        (try? JSONReader.withDocument(bytes) { $0[kind]?.elements.reduce(0) { sum, _ in sum + 1 } ?? 0 }.get()) ?? 0  // as below
    }

    /// Finished builds in the order of the answer. `page` is where people see Buildbot.
    package static func builds(_ bytes: UnsafeRawBufferPointer, page: String, scope: String) -> [Build] {
        list(bytes, "builds") { fields in
            guard let id = fields.value("buildid")?.intValue, let ended = fields.time("complete_at") else { return nil }
            let properties = fields.fields("properties") ?? FactFields([:])
            /// A property is a value and who set it.
            func property(_ name: String) -> JSONValue? { properties.value(name)?.arrayValue?.first }
            let builder = fields.value("builderid")?.intValue ?? 0
            let number = fields.value("number")?.intValue ?? id
            let name = StructuredText.name(property("buildername")?.scalarText) ?? "builder \(builder)"
            var fact = BuildFact(
                scope: scope, name: name, number: number, outcome: outcome(fields.value("results")?.intValue), endedAt: ended)
            fact.startedAt = fields.time("started_at")
            fact.commit = BuildFact.commit(revision(property("got_revision")) ?? revision(property("revision")))
            fact.branch = BuildFact.branch(property("branch")?.scalarText)
            fact.url = "\(page)/#/builders/\(builder)/builds/\(number)"
            return Build(id: id, fact: fact)
        }
    }
    /// The results of <https://docs.buildbot.net/latest/developer/results.html>: a build with warnings has passed, and one that
    /// broke off has failed.
    private static func outcome(_ results: Int64?) -> BuildFact.Outcome {
        switch results {
        case 0, 1: .passed
        case 2, 4: .failed
        default: .cancelled
        }
    }
    /// Of several codebases it is a map of revisions.
    private static func revision(_ value: JSONValue?) -> String? {
        guard case .object(let members)? = value else { return value?.scalarText }
        return members.sorted { $0.key < $1.key }.lazy.compactMap { $0.value.scalarText }.first { !$0.isEmpty }
    }

    package static func steps(_ bytes: UnsafeRawBufferPointer) -> [Step] {
        list(bytes, "steps") { fields in
            guard let id = fields.value("stepid")?.intValue else { return nil }
            return Step(id: id, name: fields.line("name") ?? "step \(id)", isFailed: outcome(fields.value("results")?.intValue) == .failed)
        }
    }

    package static func logs(_ bytes: UnsafeRawBufferPointer) -> [Log] {
        list(bytes, "logs") { fields in
            guard let id = fields.value("logid")?.intValue else { return nil }
            return Log(
                id: id, name: fields.line("name") ?? "", type: fields.line("type") ?? "", lines: fields.value("num_lines")?.intValue ?? 0,
                isComplete: fields.value("complete")?.boolValue ?? false)
        }
    }

    package static func changes(_ bytes: UnsafeRawBufferPointer) -> [BuildFact.Change] {
        list(bytes, "changes") { fields in
            BuildFact.Change(
                commit: fields.line("revision") ?? "", author: fields.line("author") ?? "",
                subject: StructuredText.title(String((fields.text("comments") ?? "").prefix { $0 != "\n" })))
        }
    }

    /// The text of a log. In one of standard streams each line begins with the letter of its stream; of what Buildbot itself says
    /// there (`h`) only how the program ended is kept, since the rest lists the environment.
    package static func text(_ bytes: UnsafeRawBufferPointer, of log: Log) -> String {
        let chunks = list(bytes, "logchunks") { $0.value("content")?.stringValue }
        guard log.type == "s" else { return chunks.joined() }
        var out = ""
        for line in chunks.joined().split(separator: "\n") {
            let words = line.dropFirst()
            if line.first != "h" || words.hasPrefix("program finished") || words.hasPrefix("command timed out") { out += words + "\n" }
        }
        return out
    }

    private static func list<Item>(
        _ bytes: UnsafeRawBufferPointer, _ kind: StaticString, _ item: (FactFields) -> Item?
    ) -> [Item] {
        let found = JSONReader.withDocument(bytes) { root -> [Item] in
            guard let list = root[kind] else { return [] }
            return list.elements.compactMap { node in
                guard node.isObject, node.tapeCount <= FactDocument.objectValues else { return nil }
                return FactFields(node.value).flatMap(item)
            }
        }
        return (try? found.get()) ?? []  // what is no document was refused when it came
    }
}
