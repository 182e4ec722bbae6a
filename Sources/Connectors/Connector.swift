import Formats
import Model

/// One kind of source: where its facts are and how to fetch them. Only `fetch` and `probe` touch the world; what they return
/// are values, and a connector never sees the store.
package protocol Connector: Sendable {
    static var descriptor: ConnectorDescriptor { get }
    init(settings: SourceSettings) throws(ConnectorError)
    /// True when it waits for others more than it works: then it is read beside the others, and its waiting delays none.
    var isRemote: Bool { get }
    /// The next page after `cursors`, bounded; nil when nothing is left for this run. Whoever stores a page stores its
    /// cursor updates with it, in one transaction: then every item is read exactly once.
    func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page?
    /// What an item says. Pure and total.
    func read(_ item: Page.Item) -> Reading
    /// Up to when everything was read, as far as cursors can tell: where the gap begins when the source fails.
    func readUntil(_ cursors: [String: Cursor]) -> Instant?
    /// True when the first answer after a gap brings what was missed; false when a source only knows what holds now.
    var catchesUp: Bool { get }
    /// The cursors to forget so that the next run fetches the item of a dead letter again; nil when it is never fetched twice.
    func cursors(refetching place: String) -> [String]?
    /// For `check`: what is there and what is wrong, without reading the sources through.
    func probe(through access: SourceAccess) async -> SourceProbe
}

extension Connector {
    package var isRemote: Bool { false }
    package var catchesUp: Bool { true }
    package func cursors(refetching place: String) -> [String]? { nil }
    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { nil }
}

/// What one `fetch` brought.
package struct Page: Sendable {
    package struct Item: Sendable {
        package enum Content: Sendable {
            /// Bytes for `read`.
            case bytes([UInt8], from: DocumentOrigin)
            /// Already read, because where to go on reading depends on what was read.
            case read(Reading)
        }
        /// Where it is, for messages and dead letters: a path, or a repository and a commit.
        package var place: String
        package var content: Content
        /// Added to the lines of rejections: the item begins further down in its file.
        package var lineOffset: Int64 = 0
        package init(place: String, content: Content, lineOffset: Int64 = 0) {
            self.place = place
            self.content = content
            self.lineOffset = lineOffset
        }
    }
    package var items: [Item] = []
    /// Item key → where to go on. An item is a file, an identity of a log, a branch or a tag.
    package var cursorUpdates: [String: Cursor] = [:]
    /// What could not even be fetched: an unreadable file, a truncated archive, a bomb.
    package var deadLetters: [DeadLetter] = []
    package init() {}

    package var isEmpty: Bool { items.isEmpty && cursorUpdates.isEmpty && deadLetters.isEmpty }
}

/// What a page says: facts and telemetry, and what was refused, with its place.
package struct PageReading: Sendable {
    package var reading = Reading()
    package var deadLetters: [DeadLetter] = []
}

extension Connector {
    /// Reads all items of a page, in order. The reading's own rejections are moved to the dead letters, at most
    /// `Limits.deadLettersPerFile` of each item; the last then says how many more there were.
    package func read(_ page: Page, origin: String) -> PageReading {
        var result = PageReading(deadLetters: page.deadLetters)
        for item in page.items {
            var reading = read(item)
            result.deadLetters += Self.deadLetters(reading.rejections, of: item, origin: origin)
            reading.rejections = []
            result.reading.append(reading)
        }
        return result
    }

    private static func deadLetters(_ rejections: [Rejection], of item: Page.Item, origin: String) -> [DeadLetter] {
        let shown = rejections.prefix(Limits.deadLettersPerFile)
        var letters = shown.map { rejection in
            var place = item.place
            if let line = rejection.line {
                place += ":\(line &+ item.lineOffset)"
            } else if let offset = rejection.offset {
                place += ", byte \(offset)"
            }
            return DeadLetter(
                origin: origin, place: place, reason: rejection.reason,
                payload: rejection.excerpt.clipped(toBytes: Limits.deadLetterPayloadBytes))
        }
        if rejections.count > shown.count {
            letters.append(
                DeadLetter(origin: origin, place: item.place, reason: "\(rejections.count - shown.count) more items were refused"))
        }
        return letters
    }
}

/// What `check` says about a source.
package struct SourceProbe: Sendable {
    /// Sentences: "3 files, 12 MB, read as JSON lines".
    package var findings: [String]
    package var diagnostics: [Diagnostic]
    /// True when there is nothing to read: no file of that name.
    package var isAbsent = false
    package init(findings: [String] = [], diagnostics: [Diagnostic] = []) {
        self.findings = findings
        self.diagnostics = diagnostics
    }

    /// Adds that the server at `place` gave nothing, and why.
    mutating func failed(at place: String, _ error: ConnectorError, of source: String) {
        let wasAsked = if case .noSecret = error { false } else { true }
        findings.append("\(place) \(wasAsked ? "does not answer as it should" : "was not asked")")
        diagnostics.append(Diagnostic(file: source, message: "\(error)"))
    }

    /// Warns when the server's clock and ours are more than five seconds apart.
    mutating func compare(clock theirs: Instant, with ours: Instant, of source: String) {
        let seconds = (theirs - ours) / 1_000
        guard abs(seconds) > 5 else { return }
        diagnostics.append(
            Diagnostic(
                level: .warning, file: source,
                message: "the server's clock is \(abs(seconds)) s \(seconds > 0 ? "ahead of" : "behind") ours",
                remedy: "set both clocks by NTP"))
    }
}
