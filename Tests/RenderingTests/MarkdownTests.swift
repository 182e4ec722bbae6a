import Model
import TestKit
import Testing

@testable import Rendering

@Suite struct MarkdownRendererTests {
    @Test(arguments: [
        ("# One", "<h2>One</h2>\n"), ("###### Six", "<h6>Six</h6>\n"),
        ("a *b* **c** ~~d~~ `e`", "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e</code></p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"), ("3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>\n"),
        ("- a\n\n- b", "<ul>\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ul>\n"),
        (
            "- [x] a\n- [ ] b",
            "<ul>\n<li class=\"task done\"><span class=\"box\" role=\"img\" aria-label=\"done\">☑</span> a</li>\n"
                + "<li class=\"task\"><span class=\"box\" role=\"img\" aria-label=\"to do\">☐</span> b</li>\n</ul>\n"
        ),
        (
            "|a|b|c|\n|:-|-:|:-:|\n|1|2|3|",
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>\n<thead><tr><th scope=\"col\">a</th>"
                + "<th scope=\"col\" class=\"n\">b</th><th scope=\"col\" class=\"c\">c</th></tr></thead>\n"
                + "<tr><td>1</td><td class=\"n\">2</td><td class=\"c\">3</td></tr>\n</table></div>\n"
        ),
        ("[a](https://x.example/?a=1&b=2)", "<p><a href=\"https://x.example/?a=1&amp;b=2\" rel=\"noreferrer\">a</a></p>\n"),
        ("[a](../x.html)", "<p><a href=\"../x.html\">a</a></p>\n"), ("[a](javascript:alert(1))", "<p>a</p>\n"),
        ("[a](//x.example)", "<p>a</p>\n"),
        ("[a](&#106;avascript:alert(1))", "<p>a</p>\n"),
        ("![alt](https://x.example/i.png)", "<p><a href=\"https://x.example/i.png\" rel=\"noreferrer\">alt</a></p>\n"),
        ("![alt](data:image/png;base64,x)", "<p>alt</p>\n"),
        ("https://x.example", "<p><a href=\"https://x.example\" rel=\"noreferrer\">https://x.example</a></p>\n"),
        ("a <b onclick=x>c</b>", "<p>a &lt;b onclick=x&gt;c&lt;/b&gt;</p>\n"),
        ("<div>\n<script>", "<p>&lt;div&gt;\n&lt;script&gt;\n</p>\n"),
        ("[a](/föö\"[x])", "<p><a href=\"/f%C3%B6%C3%B6%22%5Bx%5D\">a</a></p>\n"),
        ("[a](/a%20b)", "<p><a href=\"/a%20b\">a</a></p>\n"),
        ("```c++\"><b> x\n```", "<pre><code class=\"language-c++&quot;&gt;&lt;b&gt;\"></code></pre>\n"),
        ("```sql x\n<a>\n```", "<pre><code class=\"language-sql\">&lt;a&gt;\n</code></pre>\n"),
        ("```\"><b>\nx\n```", "<pre><code class=\"language-&quot;&gt;&lt;b&gt;\">x\n</code></pre>\n"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"), ("> [!NOTE]\n> a\n> b", "<aside class=\"note\">\n<p>a\nb</p>\n</aside>\n"),
        ("> > [!NOTE]\n> > a", "<blockquote>\n<blockquote>\n<p>[!NOTE]\na</p>\n</blockquote>\n</blockquote>\n"),
        ("a  \nb", "<p>a<br>\nb</p>\n"), ("---", "<hr>\n"), ("", ""),
        ("\u{202E}a\u{1B}", "<p>\u{FFFD}a\u{FFFD}</p>\n"),
    ])
    func `Markdown becomes markup of our own making`(_ markdown: String, _ expected: String) {
        #expect(MarkdownRenderer.html(markdown, headingOffset: markdown.hasPrefix("# ") ? 1 : 0).text == expected)
    }

    @Test func `five columns and more are wide`() {
        #expect(MarkdownRenderer.html("|a|b|c|d|e|\n|-|-|-|-|-|\n").text.hasPrefix("<div class=\"scroll wide\""))
    }

    @Test(arguments: [
        ("# T\n\nA *b* `c`\n- d\n- e\n", "T A b c d e"), ("<b>x</b> [l](http://x.example)", "<b>x</b> l"),
        ("|a|b|\n|-|-|\n|c|d|", "a b c d"), ("", ""),
    ])
    func `plain text is the words alone`(_ markdown: String, _ expected: String) {
        #expect(MarkdownRenderer.plainText(markdown) == expected)
    }

    @Test(arguments: [("> ", 5_000), ("- ", 5_000), ("*a _b ", 5_000), ("[", 50_000), ("![a](", 5_000), ("1. ", 10_000), ("~~a ", 5_000)])
    func `text nested without end is shown without end of tags`(_ piece: String, _ count: Int) {
        let read = MarkupReader(MarkdownRenderer.html(String(repeating: piece, count: count) + "x").text)
        #expect(read.dangers == [])
        #expect(read.elements.count <= 4 * MarkdownRenderer.maxDepth)
        #expect(read.text.contains("x"))
    }

    @Test func `a table that would fill millions of cells is read as text`() {
        let table =
            "|" + String(repeating: "a|", count: 2_000) + "\n|" + String(repeating: "-|", count: 2_000) + "\n"
            + String(repeating: "|a\n", count: 2_000)
        #expect(MarkdownRenderer.html(table).text.utf8.count < 20_000)
    }

    @Test func `brackets behind an address do not keep the reader busy`() {
        let text = "http://a.example" + String(repeating: ")", count: 200_000)
        #expect(MarkupReader(MarkdownRenderer.html(text).text).count("a") == 0)
    }

    @Test func `text beyond the bound is cut and said to be`() {
        let html = MarkdownRenderer.html(String(repeating: "ä ", count: 600_000)).text
        #expect(html.hasSuffix("<p>(The text goes on; it was cut here.)</p>\n"))
        #expect(html.utf8.count <= MarkdownRenderer.maxBytes + 200)
    }

    @Test(arguments: CaseFixture.hostileTexts) func `a hostile text gives no danger`(_ text: String) {
        for markdown in [
            text, "# \(text)", "[\(text)](\(text))", "| \(text) |\n|---|\n| \(text) |", "```\(text)\n\(text)\n```", "> \(text)",
            "<\(text)>", "[a]: \(text)\n\n[a]",
        ] {
            let read = MarkupReader(MarkdownRenderer.html(markdown).text)
            #expect(read.dangers == [], "\(markdown.debugDescription)")
            #expect(read.count("script") == 0)
        }
    }

    @Test func `any Markdown gives balanced markup without danger`() {
        var chance = SeededGenerator(seed: 7)
        let pieces = [
            "*", "**", "_", "`", "```\n", "~~", "[", "](", ")", "![", "<", ">", "<b>", "</b>", "<!--", "-->", "javascript:", "http://a.b/",
            "www.a.b", "a@b.c",
            "|", "\n|-|-|\n", "\n", "\n\n", "- ", "1. ", "> ", "# ", "[!NOTE]", "[ ] ", "[x] ", "    ", "\t", "\\", "&lt;", "&#60;", "\"",
            "'", "a", "é", "\u{0}",
            "\u{202E}", "\r", "---", "===", ":", "//", "[a]: data:x\n", "{{x}}",
        ]
        for round in 0..<1_500 {
            let markdown = (0..<Int.random(in: 0...40, using: &chance)).map { _ in pieces.randomElement(using: &chance) ?? "" }.joined()
            let read = MarkupReader(MarkdownRenderer.html(markdown).text)
            if !read.dangers.isEmpty || read.count("script") > 0 {
                Issue.record("round \(round): \(read.dangers) from \(markdown.debugDescription)")
                return
            }
        }
    }

    @Test func `any bytes decoded as text give markup without danger`() {
        var chance = SeededGenerator(seed: 8)
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...300, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) }
            let read = MarkupReader(MarkdownRenderer.html(String(decoding: bytes, as: UTF8.self)).text)
            #expect(read.dangers == [])
        }
    }

    @Test func `texts read on many threads at once come out as each alone`() async {
        let texts = (0..<40).map { number in
            "| a | b |\n|--|-:|\n" + (0..<100).map { "| *a\($0)* `\(number)` | [b](https://x.example/\($0)) |\n" }.joined()
        }
        let alone = texts.map { MarkdownRenderer.html($0).text }
        let together = await withTaskGroup(of: (Int, String).self) { group in
            for (index, text) in texts.enumerated() { group.addTask { (index, MarkdownRenderer.html(text).text) } }
            return await group.reduce(into: [String](repeating: "", count: texts.count)) { $0[$1.0] = $1.1 }
        }
        #expect(together == alone)
    }
}

@Suite struct MarkdownTextTests {
    @Test(arguments: [
        ("plain text, 14:04:12 and 31 %", "plain text, 14:04:12 and 31 %"), ("order_service v1.2.3-rc", "order_service v1.2.3-rc"),
        ("*a* _b_", "\\*a\\* \\_b\\_"),
        ("1. a", "1\\. a"), ("1.5", "1.5"), ("2)", "2\\)"), ("- a", "\\- a"), ("-5", "-5"), ("---", "\\---"), ("+ a", "\\+ a"),
        ("+12 s", "+12 s"), ("=", "\\="),
        ("# a", "\\# a"), ("<b>&amp;", "\\<b\\>\\&amp;"), ("a & b", "a & b"), ("a|b", "a\\|b"), ("a\n\n b\t c", "a b c"),
        ("http://x", "http\\://x"), ("www.x", "www\\.x"),
        ("a\\", "a\\\\"), ("[a](b)", "\\[a\\](b)"), ("  ", ""), ("\u{1B}[0m", "\u{FFFD}\\[0m"),
    ])
    func `characters that could act are escaped and others left readable`(_ text: String, _ expected: String) {
        #expect(MarkdownText.escape(text) == expected)
    }

    @Test(arguments: [("a", "`a`"), ("a`b", "``a`b``"), ("`", "`` ` ``"), ("", ""), ("a\nb", "`a b`")])
    func `code has a fence that its text does not hold`(_ text: String, _ expected: String) { #expect(MarkdownText.code(text) == expected) }

    /// The law: read back by cmark-gfm, escaped text is itself, in every place our reports put text.
    @Test func `escaped text reads back as itself wherever it stands`() {
        var chance = SeededGenerator(seed: 3)
        let pieces = [
            "*", "_", "`", "~", "[", "]", "(", ")", "<", ">", "!", "#", "-", "+", "=", ".", "1", "12", "|", "\\", "&", "amp;", "#60;", ":",
            "/", "//", "http://", "www.",
            "a", "b", " ", "  ", "\n", "\n\n", "\t", "é", "[x] ", "x", "{{a}}", "\"", "'", "$", "^", "%", "---", "***", ":-", "    ",
        ]
        for round in 0..<1_000 {
            let text = (0..<Int.random(in: 0...16, using: &chance)).map { _ in pieces.randomElement(using: &chance) ?? "" }.joined()
            let words = text.split { $0 == " " || $0 == "\n" || $0 == "\t" }.joined(separator: " ")
            let escaped = MarkdownText.escape(text)
            let places: [(String, Set<String>)] = [
                ("lead\n\n\(escaped)\n\nend", ["p"]), ("- [ ] \(escaped) z", ["ul", "li", "span"]),
                ("> \(escaped) z", ["blockquote", "p"]),
                ("| a | b |\n|---|---|\n| \(escaped) | z |", ["div", "table", "thead", "tr", "th", "td"]), ("# T \(escaped) z", ["h1"]),
            ]
            for (markdown, allowed) in places {
                let read = MarkupReader(MarkdownRenderer.html(markdown).text)
                // Addresses may become links; that is harmless and http, https or mailto only.
                let extra = read.elements.map(\.name).filter { !allowed.contains($0) && $0 != "a" }
                if !extra.isEmpty || !read.text.contains(words) || !read.dangers.isEmpty {
                    Issue.record(
                        "round \(round): \(text.debugDescription) in \(markdown.debugDescription): \(extra), \(read.text.debugDescription)")
                    return
                }
            }
        }
    }

    @Test(arguments: [
        ("**a**\n\n- b", "> **a**\n>\n> - b"), ("<b>x</b>", "> \\<b\\>x\\</b\\>\\"), ("[a](javascript:x)", "> \\[a\\](javascript:x)\\"),
        ("[a]: http://x.example\n", "> \\[a\\]: http\\://x.example\\\n>"), ("```\nopen", "> ```\n> open"), ("a\r\nb\rc", "> a\n> b\n> c"),
    ])
    func `a note is quoted, as plain text when it holds what a careless reader would act on`(_ text: String, _ expected: String) {
        #expect(MarkdownText.quote(text).text == expected)
    }

    @Test(arguments: CaseFixture.hostileTexts) func `nothing leaves a quotation`(_ text: String) {
        let read = MarkupReader(MarkdownRenderer.html("# T\n\n\(MarkdownText.quote(text).text)\n\nend").text)
        #expect(read.elements.first?.name == "h1")
        #expect(read.dangers == [])
        #expect(MarkdownRenderer.html("\(MarkdownText.quote(text).text)\n\nend").text.hasSuffix("</blockquote>\n<p>end</p>\n"))
    }
}
