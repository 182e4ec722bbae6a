import Assets
import Model
import TestKit
import Testing

@testable import Rendering

private let templates = Templates { EmbeddedAssets.bytes($0) }

@Suite struct DigestTests {
    private func mail(_ digest: Digest) throws -> DigestMail { try DigestPage.mail(digest, templates: templates) }
    private static func digest(_ text: String) -> Digest {
        var digest = CaseFixture.digest
        let hostile = CaseFixture.hostile(text).investigation
        digest.title = text
        digest.entries = DigestEntry.News.allCases.map { DigestEntry(news: $0, investigation: hostile, difference: text) }
        digest.stillOpen = [hostile]
        digest.remarks = [text]
        return digest
    }

    @Test func `the mail in plain text reads as agreed`() throws {
        let mail = try mail(CaseFixture.digest)
        try Golden.expect("Subject: \(mail.subject)\n\n\(mail.text)", matches: "digest.txt", in: "RenderingTests")
    }
    @Test func `the mail in HTML is as agreed`() throws {
        try Golden.expect(mail(CaseFixture.digest).html, matches: "digest.html", in: "RenderingTests")
    }

    @Test func `the subject is the worst of the news, then counts`() throws {
        #expect(
            try mail(CaseFixture.digest).subject == "Resolved: #42 Payments fail: database connections used up (37 min); 1 worse, 1 new")
        var digest = CaseFixture.digest
        digest.entries = digest.entries.filter { $0.news != .resolved }
        #expect(try mail(digest).subject == "Worse: #41 Nightly stock export fails since the schema change; 1 new")
        digest.entries = Array(repeating: digest.entries[0], count: 3)
        #expect(try mail(digest).subject == "New: #43 Builds wait for runners; 2 more new")
    }

    @Test func `a digest without news says so`() throws {
        let some = Digest(title: "shop", asOf: CaseFixture.asOf, entries: [], stillOpen: CaseFixture.digest.stillOpen)
        #expect(try mail(some).subject == "Nothing new; 3 still open")
        #expect(try mail(some).text.contains("NOTHING NEW. Three still open, as below."))
        let none = Digest(title: "shop", asOf: CaseFixture.asOf, entries: [], stillOpen: [])
        #expect(try mail(none).subject == "Nothing is open")
        #expect(try mail(none).text == "shop, Tue 17 Mar 2026 15:10 UTC\n\nNOTHING IS OPEN. Nothing has changed since the last digest.\n")
    }

    @Test func `the id is that of the content and the thread that of the investigation`() throws {
        let first = try mail(CaseFixture.digest)
        #expect(try mail(CaseFixture.digest) == first)
        var later = CaseFixture.digest
        later.asOf = later.asOf + 60_000
        let second = try mail(later)
        #expect(second.id != first.id)
        #expect(second.references == first.references && first.references.count == 1)
        #expect(first.id.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 95 })
    }

    @Test func `both forms say the same investigations, sentences and addresses`() throws {
        let mail = try mail(CaseFixture.digest)
        let flat = mail.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for word in [
            "#42", "#41", "#43", "checkout 4.18.0 went live", "Suspect commit 4f1c9aed20 by Ola Berg.", "Nobody owns it.",
            "One source is silent: tickets since 12:40.",
        ] {
            #expect(flat.contains(word), "\(word)")
            #expect(MarkupReader(mail.html).text.replacing("\u{a0}", with: " ").contains(word), "\(word)")
        }
        for number in [41, 42, 43] {
            let address = "https://cases.example/investigations/\(number)/index.html"
            #expect(mail.text.contains("  \(address)\n"))
            #expect(MarkupReader(mail.html).elements.contains { $0.attributes["href"] == address })
        }
    }

    @Test(arguments: ["javascript:alert(1)", "ftp://x", "", "not an address", "//x.example"])
    func `without a proper address there are no links`(_ base: String) throws {
        var digest = CaseFixture.digest
        digest.baseURL = base
        #expect(MarkupReader(try mail(digest).html).count("a") == 0)
        #expect(!(try mail(digest).text.contains("index.html")))
    }

    @Test(arguments: CaseFixture.hostileTexts) func `a hostile text adds no element, no line and no control`(_ text: String) throws {
        let (calm, hostile) = (try mail(Self.digest("calm")), try mail(Self.digest(text)))
        let read = MarkupReader(hostile.html)
        #expect(read.dangers == [])
        let optional: Set<String> = ["p"]
        #expect(
            read.elements.map(\.name).filter { !optional.contains($0) }
                == MarkupReader(calm.html).elements.map(\.name).filter { !optional.contains($0) })
        #expect(!hostile.subject.unicodeScalars.contains { $0.isDangerous })
        #expect(!hostile.text.unicodeScalars.contains { $0.isDangerous && $0 != "\n" })
    }

    @Test(arguments: CaseFixture.hostileTexts + [String(repeating: "word ", count: 200), "漢字 " + String(repeating: "漢", count: 30)])
    func `no line of text is wider than 78 columns but for a word that is`(_ text: String) throws {
        for line in try mail(Self.digest(text)).text.split(separator: "\n") {
            let words = line.split(separator: " ")
            #expect(TextWrap.width(line) <= DigestView.columns || words.count <= 3, "\(line)")
        }
    }

    @Test func `a thousand pieces of news are cut and said to be`() throws {
        var digest = CaseFixture.digest
        digest.entries = (0..<1_000).map { _ in digest.entries[0] }
        let mail = try mail(digest)
        #expect(mail.text.contains("900 more pieces of news did not fit; see the board."))
        #expect(mail.subject.hasSuffix("999 more new"))
    }

    @Test func `every name the templates ask for is in their views`() throws {
        let view = DigestView(CaseFixture.digest)
        #expect(try templates.template("digest.html").keys.subtracting(names(view.html)) == [])
        #expect(try templates.template("digest.txt").keys.subtracting(names(view.plain)) == [])
    }
}

@Suite struct TextWrapTests {
    @Test(arguments: [
        ("", []), ("a", ["a"]), ("aa bb cc", ["aa bb", "cc"]), ("aaaaaaaa b", ["aaaaaaaa", "b"]), ("a  b\n c", ["a b c"]),
        ("漢字 漢", ["漢字", "漢"]),
    ])
    func `lines break at blanks`(_ text: String, _ expected: [String]) { #expect(TextWrap.lines(text, columns: 5) == expected) }

    @Test(arguments: [("ab", "ab   "), ("abcde", "abcde"), ("abcdef", "abcd…"), ("漢字漢", "漢字…"), ("a\nb", "a b  ")])
    func `cells are as wide as asked`(_ text: String, _ expected: String) { #expect(TextWrap.cell(text, columns: 5) == expected) }
}
