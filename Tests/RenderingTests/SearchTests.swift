import Foundation
import Model
import TestKit
import Testing

@testable import Rendering

@Suite struct SearchTermTests {
    /// One table for the index and for the page's script: text, terms of the index, and terms of a query where they differ.
    private static func table() throws -> [(text: String, terms: [String])] {
        let bytes = try Data(contentsOf: Checkout.root.appending(path: "Tests/SiteTests/search-terms.json"))
        let rows = try #require(JSONValue(ownText: String(decoding: bytes, as: UTF8.self))?.arrayValue)
        return rows.compactMap { row in
            guard let parts = row.arrayValue, let text = parts.first?.stringValue, parts.count > 1 else { return nil }
            return (text, (parts[1].arrayValue ?? []).compactMap(\.stringValue))
        }
    }
    static func terms(_ text: String) -> [String] {
        var out: [String] = []
        var cutter = SearchTerms()
        cutter.each(of: text) { out.append(String(decoding: $0, as: UTF8.self)) }
        return out
    }

    @Test func `text of thirty languages is cut as the table says`() throws {
        let table = try Self.table()
        #expect(table.count > 15)
        for (text, expected) in table {
            var seen: Set<String> = []
            let terms = Self.terms(text).filter { seen.insert($0).inserted }
            #expect(terms == expected, "\(text)")
        }
    }

    @Test func `terms are short whatever the text is`() {
        let text =
            String(repeating: "x", count: 10_000) + " " + String(repeating: "é", count: 10_000) + " " + String(repeating: "漢", count: 500)
        for term in Self.terms(text) { #expect(term.count <= SearchTerms.longest) }
    }

    @Test func `hostile text gives terms of letters and digits only`() {
        for text in CaseFixture.hostileTexts {
            for term in Self.terms(text) { #expect(term.allSatisfy { $0.isLetter || $0.isNumber }, "\(term)") }
        }
    }
}

@Suite struct SearchIndexTests {
    static func document(_ number: Int, _ title: String, _ pieces: [String] = []) -> SearchDocument {
        SearchDocument(
            id: number, kind: .investigation, title: title, address: "investigations/\(number)/index.html", mark: "high",
            remark: "#\(number)",
            pieces: pieces.map { SearchDocument.Piece($0) })
    }
    static let some = [
        document(1, "Payments fail", ["connection pool exhausted"]), document(2, "Checkout is slow", ["payments answered 503"]),
        document(3, "支付服务超时"), document(40, "Mail queue grows", ["</script><script>alert(1)</script>"]),
    ]

    @Test func `the same documents give the same files`() {
        #expect(SearchIndex.files(Self.some).map(\.bytes) == SearchIndex.files(Self.some).map(\.bytes))
        #expect(SearchIndex.files(Self.some).map(\.path) == SearchIndex.files(Self.some.reversed()).map(\.path))
        #expect(SearchIndex.files(Self.some).map(\.bytes) == SearchIndex.files(Self.some.reversed()).map(\.bytes))
    }

    @Test func `a new document leaves the files of other words as they are`() {
        let before = Dictionary(SearchIndex.files(Self.some).map { ($0.path, $0.bytes) }, uniquingKeysWith: { first, _ in first })
        let after = SearchIndex.files(Self.some + [Self.document(41, "Zebra", ["xylophone"])])
        let changed = after.filter { before[$0.path] != $0.bytes }.map(\.path).sorted()
        #expect(
            changed == ["search/d-10.js", "search/index.js", "search/t-4.js", "search/t-x.js", "search/t-z.js", "search/words.js"].sorted())
    }

    @Test func `every file is one call with data that no page can be hurt by`() throws {
        for file in SearchIndex.files(Self.some) {
            let text = String(decoding: file.bytes, as: UTF8.self)
            #expect(text.hasPrefix("caseboardFound({") && text.hasSuffix("});\n"), "\(file.path)")
            #expect(!text.contains { "<>&".contains($0) }, "\(file.path)")
            #expect(JSONValue(ownText: String(text.dropFirst(15).dropLast(3))) != nil, "\(file.path)")
            #expect(file.path.utf8.allSatisfy { $0 < 128 }, "\(file.path)")
        }
    }

    @Test func `a term in very many documents keeps its strongest and says how many there are`() {
        let postings = (0..<5_000).map { UInt64($0) << 8 | UInt64($0 % 7 + 1) }
        let bytes = SearchIndex.encoded(postings)
        #expect(bytes.count < 4_500)
        #expect(String(decoding: SearchIndex.encoded([1 << 8 | 28, 41 << 8 | 1]), as: UTF8.self) == "CBcoBB")
    }

    @Test func `no file of terms is larger than it may be unless one term fills it`() {
        let words = (0..<4_000).map { "word\(String($0, radix: 36))" }
        let documents = (1...400).map { number in Self.document(number, words[(number * 10 - 10)..<(number * 10)].joined(separator: " ")) }
        for file in SearchIndex.files(documents) where file.path.hasPrefix("search/t-") {
            #expect(file.bytes.count <= SearchIndex.shardBytes + 2_000, "\(file.path)")
        }
    }

    @Test func `words are stored by what they share with the one before`() {
        #expect(SearchIndex.frontCoded(["pay", "payment", "payments", "pool"]) == "0pay 3ment 7s 1ool")
    }

    @Test func `a document of ten thousand costs little`() {
        let files = SearchIndex.files(
            (1...2_000).map { Self.document($0, "Payments of shop \($0) fail", ["connection pool exhausted after \($0) ms"]) })
        let largest = files.filter { $0.path.hasPrefix("search/d-") }.map(\.bytes.count).max() ?? 0
        #expect(largest < 2_000)
    }
}

@Suite struct SearchCardTests {
    @Test func `an investigation is found by its causes, suspects, notes and evidence`() {
        let notes = [Annotation(at: CanvasFixture.asOf, author: "Mara", text: "We **rolled back**.")]
        let evidence = [(fingerprint: CanvasFixture.timeout.fingerprint, title: CanvasFixture.timeout.title)]
        let card = SearchCards.investigation(CanvasFixture.investigation, evidence: evidence, notes: notes[...])
        let all = ([card.title, card.remark] + card.pieces.map(\.text) + card.hidden).joined(separator: " ")
        for word in ["Payments fail", "PoolTimeout", "rolled back", "Ola Berg", CanvasFixture.guiltySha, "Deploy of checkout"] {
            #expect(all.contains(word), "\(word)")
        }
        #expect(card.pieces.map(\.anchor).contains("#n-1"))
        #expect(card.pieces.map(\.anchor).contains("#e-\(CanvasFixture.timeout.fingerprint.text)"))
    }

    @Test func `a day without live changes is not found`() {
        #expect(SearchCards.changes([CanvasFixture.guilty], day: 20_000, limit: 5) == nil)
        #expect(SearchCards.changes([CanvasFixture.deploy], day: 20_000, limit: 5)?.pieces.count == 1)
    }
}
