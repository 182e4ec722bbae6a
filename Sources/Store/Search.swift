import Foundation
import Model

/// A piece of text, found or around what was found.
package struct SnippetPart: Hashable, Sendable {
    package var text: String
    package var isMatch: Bool
    package init(text: String, isMatch: Bool) {
        self.text = text
        self.isMatch = isMatch
    }
}

package struct SearchHit: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        case investigation(key: String, number: Int)
        case event(id: String, fingerprint: Fingerprint)
    }
    package var subject: Subject
    package var title: String
    package var at: Instant
    package var snippet: [SnippetPart]
    /// Greater is better; comparable among hits of one kind only.
    package var score: Double
}

extension CaseStore {
    /// Investigations first, then live events, each by relevance (BM25, https://sqlite.org/fts5.html#the_bm25_function), at
    /// most `limit` of each. All words must occur; the last may be the beginning of one. Nothing in the text is syntax.
    ///
    /// A word that occurs in more than `SearchText.commonCount` events says little about which of them is meant, and weighing
    /// them all would take seconds: then those that have the words in their title, service or template come first, the latest
    /// stored first, with the score 0.
    package func search(_ text: String, limit: Int) throws -> [SearchHit] {
        guard let words = SearchText.query(text), limit > 0 else { return [] }
        if !isReadOnly { try indexSearch() }
        return try access { connection in
            let bindings: Bindings = [
                "query": .text(words), "limit": .int(Int64(limit)), "open": .text(SearchText.open), "close": .text(SearchText.close),
            ]
            let cases = try connection.all(SearchText.cases, bindings) { row in
                SearchHit(
                    subject: .investigation(key: row.text(0), number: Int(row.int(1))), title: row.text(2), at: Instant(ms: row.int(3)),
                    snippet: SearchText.parts(row.text(4)), score: -row.real(5))
            }
            func read(_ row: Row) -> SearchHit {
                SearchHit(
                    subject: .event(id: row.text(0), fingerprint: Fingerprint(stored: row.text(1))), title: row.text(2),
                    at: Instant(ms: row.int(3)), snippet: SearchText.parts(row.text(4)), score: -row.real(5))
            }
            guard let (query, isCommon) = try connection.eventQuery(text) else { return cases }
            func ask(_ sql: String, _ query: String) throws -> [SearchHit] {
                try connection.all(
                    sql,
                    [
                        "query": .text(query), "limit": .int(Int64(limit)), "open": .text(SearchText.open),
                        "close": .text(SearchText.close),
                    ], read)
            }
            if !isCommon { return cases + (try ask(SearchText.events, query)) }
            var seen: Set<SearchHit.Subject> = []
            var events: [SearchHit] = []
            for query in ["{title service template} : (\(query))", query] where events.count < limit {
                events += try ask(SearchText.newestEvents, query).filter { seen.insert($0.subject).inserted }
            }
            return cases + events.prefix(limit)
        }
    }

    /// Brings the full text of events, and the table that finds them by id, up to date in bulk. `search` does it by itself; a
    /// run does it once at its end, so that readers of a read-only copy find everything.
    package func indexSearch() throws {
        if try access({ try $0.number("SELECT count(*) FROM event_backlog") }) == 0 { return }
        try write { connection in
            let ranges = try connection.all("SELECT from_event, to_event FROM event_backlog ORDER BY from_event") { ($0.int(0), $0.int(1)) }
            for (from, to) in ranges {
                try connection.run(
                    """
                    INSERT OR IGNORE INTO event_lookup (id, event_id)
                    SELECT id, event_id FROM event WHERE event_id BETWEEN :from AND :to ORDER BY id
                    """, ["from": .int(from), "to": .int(to)])
                try connection.listEvents(from: from, to: to)
                try connection.run(
                    """
                    INSERT INTO event_search (rowid, title, body, service, template, reference)
                    SELECT event_id, title, body, service, template, reference FROM event_text
                    WHERE event_id BETWEEN :from AND :to AND NOT EXISTS (SELECT 1 FROM event_search_docsize WHERE id = event_id)
                    """, ["from": .int(from), "to": .int(to)])
            }
            try connection.run("DELETE FROM event_backlog")
        }
    }
}

enum SearchText {
    /// Controls around what was found (STX, ETX). Text that holds them itself is at most marked in the wrong place.
    static let open = "\u{2}"
    static let close = "\u{3}"
    static let maxWords = 16
    static let maxWordBytes = 200

    static let cases = """
        SELECT key, coalesce(number, 0), investigation.title, started_at, snippet(case_search, -1, :open, :close, '…', 16),
          bm25(case_search, 8, 4, 2, 2, 1)
        FROM case_search JOIN investigation ON investigation_id = case_search.rowid
        WHERE case_search MATCH :query AND is_deleted = 0 ORDER BY bm25(case_search, 8, 4, 2, 2, 1), number DESC LIMIT :limit
        """
    static let events = """
        SELECT id, fingerprint, event.title, occurred_at, snippet(event_search, -1, :open, :close, '…', 16),
          bm25(event_search, 8, 1, 4, 4, 2)
        FROM event_search JOIN event ON event_id = event_search.rowid
        WHERE event_search MATCH :query AND superseded_by IS NULL AND deleted_at IS NULL
        ORDER BY bm25(event_search, 8, 1, 4, 4, 2), occurred_at DESC, id LIMIT :limit
        """

    static let commonCount = 4_000
    static let newestEvents = """
        SELECT id, fingerprint, event.title, occurred_at, snippet(event_search, -1, :open, :close, '…', 16), 0
        FROM event_search CROSS JOIN event ON event_id = event_search.rowid
        WHERE event_search MATCH :query AND superseded_by IS NULL AND deleted_at IS NULL
        ORDER BY event_search.rowid DESC LIMIT :limit
        """
    static let maxBeginnings = 64
    static let nextWord = "SELECT term FROM event_words WHERE term >= :from LIMIT 1"
    static let occurrences = """
        SELECT count(*) FROM (SELECT rowid FROM event_search WHERE event_search MATCH :word LIMIT \(commonCount + 1))
        """

    /// Every word as an FTS5 string, so that no character in it has a meaning; the last one as a prefix. Nil when there is no
    /// word to search for.
    static func query(_ text: String) -> String? {
        let words = words(text)
        return words.isEmpty ? nil : words.joined(separator: " ") + "*"
    }

    /// Each word as a string of FTS5.
    static func words(_ text: String) -> [String] {
        text.split { $0.isWhitespace || $0 == "\0" }.prefix(maxWords).map { word in
            String(word.unicodeScalars.map { $0 == "\"" || $0.value == 0 ? " " : Character($0) }).clipped(toBytes: maxWordBytes)
        }.filter { $0.unicodeScalars.contains { $0.properties.isAlphabetic || $0.properties.numericType != nil } }.map { "\"\($0)\"" }
    }

    static func parts(_ snippet: String) -> [SnippetPart] {
        var out: [SnippetPart] = []
        var current = ""
        var isMatch = false
        func flush() {
            if !current.isEmpty { out.append(SnippetPart(text: current, isMatch: isMatch)) }
            current = ""
        }
        for scalar in snippet.unicodeScalars {
            switch scalar {
            case "\u{2}":
                flush()
                isMatch = true
            case "\u{3}":
                flush()
                isMatch = false
            default: current.unicodeScalars.append(scalar)
            }
        }
        flush()
        return out
    }
}

extension Connection {
    /// All words as a query over events, and whether one of them is in more events than can be weighed. The last word stands for
    /// the words that begin with it, written out, at most `SearchText.maxBeginnings` of them: the prefix search of FTS5 would
    /// read every one of their events before the first is found. Nil when there is no word.
    func eventQuery(_ text: String) throws -> (query: String, isCommon: Bool)? {
        var words = SearchText.words(text)
        guard let last = words.popLast() else { return nil }
        let ends = try beginnings(last)
        let isCommon = try (words + ends).contains { try number(SearchText.occurrences, ["word": .text($0)]) > SearchText.commonCount }
        return ((words + ["(\(ends.joined(separator: " OR ")))"]).joined(separator: " AND "), isCommon)
    }

    /// A word, and the words of events that begin with it. Of a word of several tokens only the last may be a beginning.
    private func beginnings(_ word: String) throws -> [String] {
        let tokens = word.folding(options: [.diacriticInsensitive, .caseInsensitive], locale: nil).unicodeScalars
            .split { !($0.properties.isAlphabetic || $0.properties.numericType != nil) }.map { String(String.UnicodeScalarView($0)) }
        guard let last = tokens.last else { return [word] }
        let head = tokens.dropLast().map { $0 + " " }.joined()
        var found = [word]
        var from = last
        while found.count <= SearchText.maxBeginnings {
            let next = try first(SearchText.nextWord, ["from": .text(from)]) { $0.text(0) }
            guard let next, next.hasPrefix(last) else { break }
            if next != last { found.append("\"\(head)\(next.replacing("\"", with: ""))\"") }
            from = next + "\u{1}"
        }
        return found
    }

    /// Writes the searchable words of an investigation anew.
    func indexCase(_ key: String) throws {
        guard let stored = try storedCase(key) else { return }
        try run("DELETE FROM case_search WHERE rowid = :row", ["row": .int(stored.rowKey)])
        let investigation = stored.investigation
        if investigation.isDeleted { return }
        let notes = try all("SELECT text FROM annotation WHERE case_key = :key ORDER BY at, author, text", ["key": .text(key)]) {
            $0.text(0)
        }
        let words =
            [investigation.verdict, investigation.impact, investigation.rootCause, investigation.remediation, investigation.lessonsLearned]
            + investigation.hypotheses.map(\.summary) + investigation.suspects.flatMap { [$0.sha, $0.subject, $0.author] }
            + investigation.actionItems.map(\.text)
        try run(
            """
            INSERT INTO case_search (rowid, title, description, words, services, notes)
            VALUES (:row, :title, :description, :words, :services, :notes)
            """,
            [
                "row": .int(stored.rowKey), "title": .text(investigation.title), "description": .text(investigation.description),
                "words": .text(words.joined(separator: "\n")),
                "services": .text((investigation.services + investigation.components + investigation.tags).joined(separator: " ")),
                "notes": .text(notes.joined(separator: "\n")),
            ])
    }
}
