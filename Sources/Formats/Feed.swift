import Foundation
import Model

/// Reads Atom 1.0 and 0.3, RSS 2.0, 1.1, 1.0 and 0.9x: one event for each entry.
///
/// An entry that speaks of an incident is a `provider_outage`, anything else a `feed_entry`. It begins when it was published;
/// a resolved incident has `status` `resolved` and ends at its last update. Without any date an entry takes the feed's, then
/// the document's. HTML becomes plain text. The identity is the entry's id, else its link, title or first
/// line.
package enum FeedReader {
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        let visitor = FeedVisitor(document: document)
        if let problem = XMLReader.read(bytes, into: visitor) {
            visitor.reading.refuse(
                "the feed is broken: \(problem.reason) (line \(problem.line), column \(problem.column))", line: problem.line,
                excerpt: StructuredText.excerpt(bytes))
        }
        return visitor.reading
    }

    /// Nil when the bytes are one whole XML document that looks like a feed; else why not.
    package static func fault(_ bytes: UnsafeRawBufferPointer) -> String? {
        let visitor = FeedVisitor(document: DocumentOrigin(origin: "", path: "", fallbackTime: Instant(ms: 0)))
        if let problem = XMLReader.read(bytes, into: visitor) { return "the feed is broken: \(problem.reason)" }
        return visitor.reading.rejections.first { _ in visitor.isSatisfied && visitor.reading.events.isEmpty }?.reason
    }
}

/// The parts of an entry, whatever the dialect calls them.
private struct FeedEntry {
    var line: Int64
    var title = ""
    var id: String?
    var link: String?
    var published: Instant?
    var updated: Instant?
    var summary = ""
    var content = ""
    var categories: [String] = []
}

private final class FeedVisitor: XMLVisitor {
    var reading = Reading()
    private(set) var isSatisfied = false
    private let document: DocumentOrigin
    private var path: [String] = []
    /// `xml:base` of each open element, empty when none is known.
    private var bases: [String] = []
    private var entry: FeedEntry?
    private var entryDepth = 0
    private var feedTime: Instant?
    /// The field whose text is being gathered, with its depth and what its text is.
    private var field: (part: Part, depth: Int, markup: Markup)?
    private var buffer = XMLTextBuffer(limit: Limits.bodyBytes * 8)

    private enum Part { case title, id, link, published, updated, summary, content, category, feedTime, feedLink }
    /// Text as it stands, HTML in escapes, or XHTML elements, whose block elements are marked by `FeedVisitor.lineMark`.
    private enum Markup { case text, html, xhtml }
    /// U+0001 cannot stand in XML.
    private static let lineMark = "\u{1}"
    private static let blocks: [String] = ["p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol"]

    init(document: DocumentOrigin) { self.document = document }

    func start(_ element: XMLElement) {
        path.append(element.name)
        let base = element.base
        bases.append(base.flatMap { FeedVisitor.resolve($0, bases.last ?? "") } ?? bases.last ?? "")
        if path.count == 1 { checkRoot(element) }
        if field != nil {
            if FeedVisitor.blocks.contains(element.name) { buffer.append(FeedVisitor.lineMark) }
        } else if entry == nil, element.name == "entry" || element.name == "item" {
            entry = FeedEntry(line: element.line)
            entryDepth = path.count
        } else if entry != nil, path.count == entryDepth + 1 {
            startField(element)
        } else if entry == nil, path.count <= 3 {
            startFeedField(element)
        }
    }

    private func checkRoot(_ root: XMLElement) {
        if ["feed", "rss", "RDF", "Channel", "entry", "channel"].contains(root.name) { return }
        let what = root.name.lowercased() == "html" ? "an HTML page" : "an XML document of `<\(StructuredText.title(root.name))>`"
        reading.refuse("it is \(what), not a feed; Atom and RSS are read", line: root.line)
        isSatisfied = true
    }

    private func startField(_ element: XMLElement) {
        let isAtom = element.uri.contains("Atom") || element.uri.contains("atom")
        let markup: Markup =
            switch element["type"] {
            case "xhtml", "application/xhtml+xml": .xhtml
            case "html", "text/html": .html
            case "text", "text/plain": .text
            default: isAtom ? .text : .html
            }
        switch element.name {
        case "title" where !element.uri.contains("search.yahoo"): gather(.title, markup)
        case "id", "guid": gather(.id)
        case "link":
            if let href = element["href"] {
                let isAlternate = element["rel"] == nil || element["rel"] == "alternate"
                if isAlternate, entry?.link == nil { entry?.link = FeedVisitor.link(href, bases.last ?? "") }
            } else {
                gather(.link)
            }
        case "updated", "modified": gather(.updated)
        case "published", "issued", "created", "pubDate", "date": gather(.published)
        case "summary", "description": gather(.summary, markup)
        case "content", "encoded": gather(.content, markup)
        case "category":
            if let term = element["term"] ?? element["label"] { addCategory(term) } else { gather(.category) }
        default: break
        }
    }

    private func startFeedField(_ element: XMLElement) {
        switch element.name {
        case "updated", "modified", "lastBuildDate", "pubDate", "date": gather(.feedTime)
        case "link" where element["href"] == nil && bases.allSatisfy(\.isEmpty): gather(.feedLink)
        default: break
        }
    }

    private func gather(_ part: Part, _ markup: Markup = .text) {
        _ = buffer.take()
        field = (part, path.count, markup)
    }

    func text(_ bytes: UnsafeRawBufferPointer) {
        if field != nil { buffer.append(bytes) }
    }

    func end(_ name: String, uri: String) {
        if let field, field.depth == path.count {
            self.field = nil
            let raw = buffer.take()
            store(raw, field.part, field.markup)
        } else if field != nil, FeedVisitor.blocks.contains(name) {
            buffer.append(FeedVisitor.lineMark)
        }
        if entry != nil, path.count == entryDepth { finishEntry() }
        _ = path.popLast()
        _ = bases.popLast()
    }

    private func store(_ raw: String, _ part: Part, _ markup: Markup) {
        let base = bases.last ?? ""
        switch part {
        case .title: entry?.title = StructuredText.title(plain(raw, markup))
        case .id: entry?.id = StructuredText.name(raw, count: 1_000)
        case .link: if entry?.link == nil { entry?.link = FeedVisitor.link(raw, base) }
        case .published:
            let known = entry?.published
            entry?.published = earlier(known, Instant(feedDate: raw))
        case .updated: entry?.updated = Instant(feedDate: raw)
        case .summary: entry?.summary = plain(raw, markup)
        case .content: entry?.content = plain(raw, markup)
        case .category: addCategory(raw)
        case .feedTime: feedTime = feedTime ?? Instant(feedDate: raw)
        case .feedLink: if let url = StructuredText.url(raw), !bases.isEmpty { bases = bases.map { $0.isEmpty ? url : $0 } }
        }
    }

    private func plain(_ raw: String, _ markup: Markup) -> String {
        switch markup {
        case .text: return StructuredText.body(raw)
        case .html: return MarkupText.plain(raw)
        case .xhtml:
            let lines = raw.split(separator: FeedVisitor.lineMark).map { StructuredText.foldingBlanks(String($0)) }
            return StructuredText.body(lines.filter { !$0.isEmpty }.joined(separator: "\n"))
        }
    }

    private func earlier(_ left: Instant?, _ right: Instant?) -> Instant? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }

    private func addCategory(_ text: String) {
        if let name = StructuredText.name(text, count: 60), (entry?.categories.count ?? 0) < 10 { entry?.categories.append(name) }
    }

    private func finishEntry() {
        guard let entry else { return }
        self.entry = nil
        guard reading.events.count < Limits.eventsPerPage else {
            reading.refuse("the feed has more than \(Limits.eventsPerPage) entries; the rest is not read", line: entry.line)
            isSatisfied = true
            return
        }
        let body = entry.content.isEmpty ? entry.summary : entry.content
        let firstLine = StructuredText.title(String(body.prefix { $0 != "\n" }))
        guard let subject = entry.id ?? entry.link ?? StructuredText.name(entry.title) ?? StructuredText.name(firstLine)
        else {
            return reading.refuse(
                "the entry has no id, link, title or text, so it could not be told from another", line: entry.line, excerpt: firstLine)
        }
        let started = entry.published ?? entry.updated ?? feedTime ?? document.fallbackTime
        let status = ProviderStatus(title: entry.title, text: body)
        var attributes: [String: JSONValue] = [:]
        if let status { attributes[EventAttribute.status] = .string(status.word) }
        if status?.isResolved == true { attributes[EventAttribute.endedAt] = .int(max(started, entry.updated ?? started).ms) }
        reading.events.append(
            Event(
                source: .feeds, type: status == nil ? .feedEntry : .providerOutage, subject: subject, at: started,
                observedAt: max(started, entry.updated ?? started), severity: status?.severity ?? .info,
                title: entry.title.isEmpty ? (firstLine.isEmpty ? subject : firstLine) : entry.title, body: body,
                service: document.service, environment: document.environment, tags: entry.categories, attributes: attributes,
                origin: document.origin, sourceID: entry.id, url: entry.link ?? StructuredText.url(entry.id)))
    }

    // MARK: Links

    /// `href` made absolute, when it ends up at http or https.
    private static func link(_ href: String, _ base: String) -> String? {
        let clean = StructuredText.foldingBlanks(href)
        return StructuredText.url(clean) ?? resolve(clean, base)
    }

    private static func resolve(_ href: String, _ base: String) -> String? {
        guard href.utf8.count <= 2_048 else { return nil }
        let from = base.isEmpty ? nil : URL(string: base)
        return StructuredText.url(URL(string: href, relativeTo: from)?.absoluteString)
    }
}

/// What an entry of a provider's status feed says: the words that hosted status pages use.
struct ProviderStatus {
    var word: String
    var severity: Severity
    var isResolved: Bool { word == "resolved" }

    private static let states: [(phrase: String, word: String)] = [
        ("resolved", "resolved"), ("completed", "resolved"), ("postmortem", "resolved"), ("operating normally", "resolved"),
        ("monitoring", "monitoring"), ("identified", "identified"), ("investigating", "investigating"),
    ]
    private static let troubles: [(phrase: String, severity: Severity)] = [
        ("major outage", .critical), ("critical outage", .critical), ("full outage", .critical), ("partial outage", .high),
        ("service disruption", .high), ("outage", .high), ("disruption", .high), ("unavailable", .high), ("downtime", .high),
        ("elevated error", .high), ("increased error", .high), ("error rates", .high), ("degraded", .medium),
        ("degradation", .medium), ("incident", .medium), ("elevated latency", .medium), ("increased latency", .medium),
        ("connectivity issues", .medium), ("investigating", .medium), ("service issue", .medium),
    ]

    /// Nil when neither the title nor a status line of the text (`Investigating - …`) speaks of trouble, or when it is planned
    /// maintenance.
    init?(title: String, text: String) {
        let title = title.lowercased()
        let text = String(text.prefix(4_000)).lowercased()
        let firstState = ProviderStatus.stateLine(text)
        let trouble = ProviderStatus.troubles.first { ProviderStatus.has($0.phrase, title) }
        if trouble == nil, title.contains("maintenance") || firstState?.word == "scheduled" { return nil }
        let inText = ProviderStatus.troubles.first { ProviderStatus.has($0.phrase, text) }
        guard trouble != nil || (inText != nil && firstState != nil && firstState?.word != "scheduled") else { return nil }
        severity = [trouble?.severity, inText?.severity].compactMap { $0 }.max() ?? .medium
        let inTitle = ProviderStatus.states.first { ProviderStatus.has($0.phrase, title) }?.word
        word = inTitle ?? firstState?.word ?? "investigating"
    }

    /// The newest status line; status pages put it first: `Resolved - This incident has been resolved.`
    private static func stateLine(_ text: String) -> (word: String, at: String.Index)? {
        var best: (word: String, at: String.Index)?
        for state in states + [("scheduled", "scheduled"), ("in progress", "scheduled")] {
            for dash in [" - ", " – ", ": "] {
                guard let range = text.range(of: state.phrase + dash) else { continue }
                let isAtStart = range.lowerBound == text.startIndex || !text[text.index(before: range.lowerBound)].isLetter
                if isAtStart, range.lowerBound < best?.at ?? text.endIndex { best = (state.word, range.lowerBound) }
            }
        }
        return best
    }

    /// True when the phrase stands in the text at the start of a word.
    private static func has(_ phrase: String, _ text: String) -> Bool {
        guard let range = text.range(of: phrase) else { return false }
        return range.lowerBound == text.startIndex || !text[text.index(before: range.lowerBound)].isLetter
    }
}
