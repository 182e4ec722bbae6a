import Model
import TestKit
import Testing

@testable import Rendering

@Suite struct MustacheTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        var template: String
        var view: TemplateValue
        var expected: String
        var partials: [String: String] = [:]
        var testDescription: String { name }
    }

    static let cases = [
        Case(name: "text without tags stays", template: "a {b} }} c", view: [:], expected: "a {b} }} c"),
        Case(name: "a name is replaced", template: "Hello, {{ name }}!", view: ["name": "you"], expected: "Hello, you!"),
        Case(name: "an absent name is nothing", template: "[{{nobody}}]", view: [:], expected: "[]"),
        Case(
            name: "text is escaped", template: "{{t}}", view: ["t": "<a href=\"x\" class='y'>&"],
            expected: "&lt;a href=&quot;x&quot; class=&#39;y&#39;&gt;&amp;"),
        Case(name: "text is escaped in raw places too", template: "{{{t}}}{{&t}}", view: ["t": "<b>"], expected: "&lt;b&gt;&lt;b&gt;"),
        Case(
            name: "safe markup is raw where asked for and escaped elsewhere", template: "{{{h}}} {{&h}} {{h}}",
            view: ["h": .html(SafeHTML(trusted: "<b>"))], expected: "<b> <b> &lt;b&gt;"),
        Case(name: "a replaced value is not read again", template: "{{a}}", view: ["a": "{{b}}", "b": "no"], expected: "{{b}}"),
        Case(name: "a list repeats its section", template: "{{#l}}{{n}},{{/l}}", view: ["l": [["n": "1"], ["n": "2"]]], expected: "1,2,"),
        Case(name: "a list of texts has the point", template: "{{#l}}({{.}}){{/l}}", view: ["l": ["a", "<"]], expected: "(a)(&lt;)"),
        Case(name: "an empty text skips its section", template: "{{#t}}x{{/t}}{{^t}}y{{/t}}", view: ["t": ""], expected: "y"),
        Case(name: "a text is the point of its section", template: "{{#t}}[{{.}}]{{/t}}", view: ["t": "a"], expected: "[a]"),
        Case(name: "inner views see outer names", template: "{{#a}}{{b}}{{c}}{{/a}}", view: ["a": ["b": "1"], "c": "2"], expected: "12"),
        Case(name: "inner names hide outer ones", template: "{{#a}}{{b}}{{/a}}", view: ["a": ["b": "in"], "b": "out"], expected: "in"),
        Case(name: "dotted names go down", template: "{{a.b.c}}", view: ["a": ["b": ["c": "x"]]], expected: "x"),
        Case(
            name: "a dotted name that breaks off is not sought outside", template: "{{#a}}{{b.c}}{{/a}}",
            view: ["a": ["b": [:]], "b": ["c": "no"]], expected: ""),
        Case(name: "inverted sections show for empty lists", template: "{{^l}}none{{/l}}", view: ["l": []], expected: "none"),
        Case(
            name: "tags alone on their lines take the lines away", template: "a\n  {{#t}}\nb\n  {{/t}}\nc\n", view: ["t": true],
            expected: "a\nb\nc\n"),
        Case(name: "the same with carriage returns", template: "a\r\n{{! note }}\r\nb\r\n", view: [:], expected: "a\r\nb\r\n"),
        Case(name: "tags within a line leave it", template: " {{#t}}x{{/t}}\n", view: ["t": true], expected: " x\n"),
        Case(
            name: "delimiters change and change back", template: "{{=<% %>=}}<%a%>{{a}}<%={{ }}=%>{{a}}", view: ["a": "1"],
            expected: "1{{a}}1"),
        Case(
            name: "a partial sees the view", template: "[{{>p.html}}]", view: ["a": "1"], expected: "[*1*]", partials: ["p.html": "*{{a}}*"]
        ),
        Case(
            name: "a partial alone on its line indents its lines and not its values", template: "<\n  {{>p}}\n>", view: ["t": "x\ny"],
            expected: "<\n  |\n  x\ny\n  |\n>", partials: ["p": "|\n{{t}}\n|\n"]),
        Case(
            name: "indents of nested partials add up", template: " {{>a}}\n", view: [:], expected: " 1\n   2\n",
            partials: ["a": "1\n  {{>b}}\n", "b": "2\n"]),
        Case(
            name: "a partial may use itself", template: "{{>n}}", view: ["v": "1", "k": [["v": "2", "k": []]]], expected: "1(2())",
            partials: ["n": "{{v}}({{#k}}{{>n}}{{/k}})"]),
        Case(
            name: "controls and overrides become visible", template: "{{t}}", view: ["t": "a\u{202E}b\u{1B}c\u{85}d"],
            expected: "a\u{FFFD}b\u{FFFD}c\u{FFFD}d"),
    ]

    @Test(arguments: cases) func `renders as the specification and our rules say`(_ item: Case) throws {
        let template = try MustacheTemplate(name: "t", source: item.template, partials: item.partials)
        #expect(template.text(item.view) == item.expected)
    }

    @Test(arguments: [
        ("{{a", "t:1: the tag that begins here never ends; close it with `}}`"),
        ("\n{{#a}}", "t:2: section `a` is never closed; add `{{/a}}`"),
        ("{{/a}}", "t:1: `{{/a}}` closes a section that is not open; remove it"),
        ("{{#a}}\n{{#b}}{{/a}}{{/b}}", "t:2: `{{/a}}` stands where section `b` must be closed first"),
        ("{{a b}}", "t:1: `a b` is not a name; names are words joined by single dots"),
        ("{{a..b}}", "t:1: `a..b` is not a name; names are words joined by single dots"),
        ("{{}}", "t:1: `` is not a name; names are words joined by single dots"),
        ("{{=a=}}", "t:1: new delimiters are two words without `=`, as in `{{=<% %>=}}`"),
        ("{{<layout}}", "t:1: `{{<` begins a tag of an optional Mustache module, which is not supported"),
        ("a\n{{> head.html}}", "t:2: no partial is named `head.html`; it would be `templates/partials/head.html`"),
    ])
    func `a faulty template is refused with its line`(_ source: String, _ message: String) {
        let error = #expect(throws: TemplateError.self) { try MustacheTemplate(name: "t", source: source) }
        #expect(error?.description == message)
    }

    @Test func `sections nested too deep are refused`() {
        let source = String(repeating: "{{#a}}", count: 65) + String(repeating: "{{/a}}", count: 65)
        #expect(throws: TemplateError.tooDeep(template: "t", line: 1)) { try MustacheTemplate(name: "t", source: source) }
    }

    @Test func `a partial that uses itself without end still ends`() throws {
        let template = try MustacheTemplate(name: "t", source: "{{>p}}", partials: ["p": "x{{>p}}"])
        #expect(template.text([:]) == String(repeating: "x", count: MustacheTemplate.maxPartialDepth))
    }

    @Test func `keys are all names of the template and its partials`() throws {
        let template = try MustacheTemplate(
            name: "t", source: "{{a}}{{#b}}{{.}}{{c.d}}{{/b}}{{^e}}{{>p}}{{/e}}{{{f}}}{{! g }}", partials: ["p": "{{h}}"])
        #expect(template.keys == ["a", "b", "c.d", "e", "f", "h"])
    }

    @Test func `plain-text templates escape nothing but what cannot be seen`() throws {
        let template = try MustacheTemplate(name: "t", source: "{{t}}{{{t}}}", escaping: .text)
        #expect(template.text(["t": "<&\u{7}"]) == "<&\u{FFFD}<&\u{FFFD}")
    }

    @Test func `any bytes of template compile or are refused`() {
        var chance = SeededGenerator(seed: 11)
        let pieces = ["{{", "}}", "{{{", "}}}", "#", "/", "^", ">", "!", "=", "&", "a", ".", " ", "\n", "\r\n", "b", "<% %>", "é", "\u{0}"]
        for _ in 0..<1_500 {
            let source = (0..<Int.random(in: 0...14, using: &chance)).map { _ in pieces.randomElement(using: &chance) ?? "" }.joined()
            guard let template = try? MustacheTemplate(name: "t", source: source, partials: ["a": "{{>a}}{{b}}", "b": "b"]) else {
                continue
            }
            #expect(!template.text(["a": ["x", "y"], "b": "<script>"]).contains("<script>"), "\(source.debugDescription)")
        }
    }
}

@Suite struct TemplatesTests {
    @Test func `a template is found by its path and its partials beside it`() throws {
        let files = ["templates/a.html": "{{> b.html }}{{x}}", "templates/partials/b.html": "[{{x}}]", "templates/c.md": "{{x}}"]
        let templates = Templates { files[$0].map { Array($0.utf8) } }
        #expect(try templates.template("a.html").text(["x": "<"]) == "[&lt;]&lt;")
        #expect(try templates.template("templates/a.html").text(["x": "1"]) == "[1]1")
        #expect(try templates.template("c.md").text(["x": "*"]) == "\\*")
    }

    @Test func `a template that is not there is named`() {
        let templates = Templates { _ in nil }
        let error = #expect(throws: TemplateError.self) { try templates.template("x.html") }
        #expect(error?.description.hasPrefix("templates/x.html: there is no such template") == true)
    }

    @Test func `a template that is not UTF-8 is refused`() {
        let templates = Templates { _ in [0x61, 0xFF] }
        #expect(throws: TemplateError.notUTF8(template: "templates/x.html")) { try templates.template("x.html") }
    }
}
