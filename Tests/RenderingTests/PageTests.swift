import Foundation
import Model
import TestKit
import Testing

@testable import Rendering

@Suite struct HTMLTextTests {
    @Test(arguments: [
        ("plain", "plain"), ("a<b>\"c\"&'d'", "a&lt;b&gt;&quot;c&quot;&amp;&#39;d&#39;"), ("tab\tline\n", "tab\tline\n"),
        ("\u{0}\u{1F}\u{7F}\u{9F}", "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("\u{202A}x\u{2069}\u{200E}\u{FEFF}", "\u{FFFD}x\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("\u{61C}", "\u{FFFD}"), ("é ß 漢 🙂 … “q” ×\u{a0}\u{202F}", "é ß 漢 🙂 … “q” ×\u{a0}\u{202F}"), ("\u{2028}", "\u{2028}"), ("", ""),
    ])
    func `text is escaped and the invisible shown`(_ text: String, _ expected: String) {
        #expect(HTMLText.escape(text) == expected)
    }

    @Test func `every scalar that the model calls dangerous is replaced and no other is`() {
        for value in UInt32(1)...0xFFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            if [9, 10, 13, 34, 38, 39, 60, 62, 0x61C, 0xFFFD].contains(value) { continue }
            let replaced = HTMLText.escape(String(Character(scalar))) == "\u{FFFD}"
            if replaced != scalar.isDangerous { Issue.record("U+\(String(value, radix: 16)): replaced \(replaced)") }
        }
    }

    @Test(arguments: [
        "http://a.example/x?y=1#z", "https://a.example", "mailto:a@b.example", "index.html", "../x/y.html", "/x", "#top", "?q=a:b", "a/b:c",
        "x#a:b",
    ])
    func `a safe address stays as it is`(_ address: String) { #expect(HTMLText.safeLink(address) == address) }

    @Test(arguments: [
        "", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//evil.example",
        "\\\\evil",
        "/\\evil", "java\nscript:x", " javascript:x", "\u{1}javascript:x", "http:", "http:evil", "https://", "mailto:", "tel:1", "a:b",
        "http://a b", ":x",
        "\u{202E}x", String(repeating: "a", count: 5_000),
    ])
    func `an address that leads elsewhere is refused`(_ address: String) { #expect(HTMLText.safeLink(address) == nil) }
}

@Suite struct ScriptDataTests {
    @Test(arguments: CaseFixture.hostileTexts + ["</script", "<!--<script", "a\\u0041", "\\", "\\\"", "\"\\"])
    func `no text leaves the element and all visible text comes back`(_ text: String) throws {
        let json = ScriptData.json(["k": .string(text), text: [.string(text)]]).text
        #expect(!json.contains { "<>&".contains($0) })
        #expect(!json.unicodeScalars.contains { $0.isDangerous || $0.value == 0x2028 || $0.value == 0x2029 })
        let back = try #require(JSONValue(ownText: json))
        #expect(back["k"]?.stringValue == HTMLText.visible(text))
    }
}

@Suite struct PageShellTests {
    private func page(css: String = "a{}", script: String? = nil, data: JSONValue? = nil, title: String = "T") -> String {
        String(
            decoding: PageShell.page(
                title: title, description: title, body: Array("<main>x</main>".utf8), css: Array(css.utf8),
                script: script.map { Array($0.utf8) },
                data: data), as: UTF8.self)
    }
    private func policy(_ page: String) -> String {
        MarkupReader(page).elements.first { $0.attributes["http-equiv"] == "Content-Security-Policy" }?.attributes["content"] ?? ""
    }
    private func between(_ page: String, _ open: String, _ close: String) -> String {
        guard let start = page.range(of: open), let end = page[start.upperBound...].range(of: close) else { return "" }
        return String(page[start.upperBound..<end.lowerBound])
    }

    @Test func `the policy allows nothing but the page's own style`() {
        // The digest is that of openssl dgst -sha256 -binary | base64 over `a{}`.
        #expect(
            policy(page())
                == "default-src 'none'; style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='; base-uri 'none'; form-action 'none'"
        )
    }

    @Test func `the policy names the digests of exactly what stands in the page`() {
        let made = page(css: "b{}\r\n/* </style><b> */", script: "const a = '</script><!--<script>';\r\n\u{0}", data: ["x": "</script>"])
        let style = between(made, "<style>", "</style>")
        let script = between(made, "<script type=\"module\">", "</script>")
        #expect(style == "b{}\n/* <\\/style><b> */")
        #expect(script == "const a = '<\\/script><\\!--<\\script>';\n")
        #expect(policy(made).contains("style-src \(PageShell.source(Array(style.utf8)));"))
        #expect(policy(made).contains("script-src \(PageShell.source(Array(script.utf8)));"))
    }

    @Test(arguments: CaseFixture.hostileTexts) func `a hostile title or datum adds no element`(_ text: String) {
        let plain = MarkupReader(page(script: "1", data: ["k": "v"]))
        let hostile = MarkupReader(page(script: "1", data: ["k": .string(text), text: "v"], title: text))
        #expect(hostile.dangers == [])
        #expect(hostile.elements.map(\.name) == plain.elements.map(\.name))
    }

    @Test(arguments: [
        ([UInt8]("".utf8), ""), (Array("f".utf8), "Zg=="), (Array("fo".utf8), "Zm8="), (Array("foo".utf8), "Zm9v"),
        (Array("foobar".utf8), "Zm9vYmFy"),
    ])
    func `base 64 is that of RFC 4648`(_ bytes: [UInt8], _ expected: String) { #expect(PageShell.base64(bytes) == expected) }
}

@Suite struct InlineTrimTests {
    @Test func `a module loses indentation and comments on lines of their own`() {
        let source = "// a comment\nexport function f() {\n  // another\n  return `one`; // stays\n}\n"
        #expect(InlineTrim.script(source) == "export function f() {\nreturn `one`; // stays\n}\n")
    }
    @Test(arguments: ["const a = `\n  // text\n`;\n", "const a = \"one \\\n  two\";\n"])
    func `a module whose text runs over a line end is left as it is`(_ source: String) {
        #expect(InlineTrim.script(source) == source)
    }
    @Test func `a style sheet loses comments on lines of their own only`() {
        #expect(
            InlineTrim.style("/* a */\n  .b { c: d; } /* e */\n/* f */ .g {} /* h */\n") == ".b { c: d; } /* e */\n/* f */ .g {} /* h */\n")
    }
}
