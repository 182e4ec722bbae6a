import Assets
import Foundation
import Model
import TestKit
import Testing

@testable import Rendering

private let templates = Templates { EmbeddedAssets.bytes($0) }

@Suite struct ReportDefinitionTests {
    @Test func `front matter, queries and body are told apart`() throws {
        let definition = try ReportDefinition(
            path: "reports/x.md",
            source:
                "---\ntitle: \"Week\"\nschedule: weekly\nparameters: [service, 'team']\n\n# remark\naudience: all\n---\n# {{a}}\n```sql begun\nSELECT 1\n  AS a\n```\n```sql\nshown\n```\n"
        )
        #expect(definition.title == "Week" && definition.schedule == "weekly" && definition.audience == "all")
        #expect(definition.parameters == ["service", "team"])
        #expect(definition.queries == [ReportDefinition.Query(name: "begun", sql: "SELECT 1\n  AS a", line: 10)])
        #expect(definition.body.text(["a": "*"]) == "# \\*\n```sql\nshown\n```\n")
    }

    @Test(arguments: [
        ("---\ntitle: a\n", "r.md:1: the front matter that begins here never ends; close it with `---`"),
        ("---\nhello\n---\n", "r.md:2: `hello` is not `name: value`"),
        ("---\ntitel: a\n---\n", "r.md:2: no setting of a report is named `titel`; did you mean `title`?"),
        ("a\n```sql Begun\n```\n", "r.md:2: `Begun` cannot name a query; use small letters, digits and `_`, each name once"),
        ("```sql a\n```\n```sql a\n```", "r.md:3: `a` cannot name a query; use small letters, digits and `_`, each name once"),
        ("---\ntitle: a\n---\n```sql a\nSELECT", "r.md:4: query `a` never ends; close it with three backticks"),
        ("{{#a}}", "r.md:1: section `a` is never closed; add `{{/a}}`"),
    ])
    func `a faulty definition is refused with its line`(_ source: String, _ message: String) {
        let error = #expect(throws: ReportError.self) { try ReportDefinition(path: "r.md", source: source) }
        #expect(error?.description == message)
    }
}

@Suite struct PostMortemTests {
    private func markdown(_ file: CaseFile) throws -> String { try PostMortem.markdown(file, asOf: CaseFixture.asOf, templates: templates) }
    private func page(_ file: CaseFile) throws -> String {
        String(decoding: try PostMortem.page(file, asOf: CaseFixture.asOf, templates: templates), as: UTF8.self)
    }

    @Test func `the draft of an outage reads as agreed`() throws {
        try Golden.expect(markdown(CaseFixture.outage), matches: "post-mortem.md", in: "RenderingTests")
    }
    @Test func `the draft of a case about which nothing is known has a sentence in every section`() throws {
        try Golden.expect(markdown(CaseFixture.bare), matches: "post-mortem-bare.md", in: "RenderingTests")
    }
    @Test func `the body of the page is as agreed`() throws {
        let page = try page(CaseFixture.outage)
        let body = page[(page.range(of: "<main")?.lowerBound ?? page.endIndex)..<(page.range(of: "<dialog")?.lowerBound ?? page.endIndex)]
        try Golden.expect(String(body), matches: "post-mortem-body.html", in: "RenderingTests")
    }

    @Test func `every name the definition asks for is in its view`() throws {
        let definition = try ReportDefinition(path: "r.md", source: templates.text(PostMortem.definitionPath))
        let declared = names(PostMortemView(file: CaseFixture.hostile("x"), asOf: CaseFixture.asOf).value)
        #expect(definition.body.keys.subtracting(declared) == [])
    }

    @Test func `the page has the script of its bar, one title and no danger`() throws {
        let read = MarkupReader(try page(CaseFixture.outage))
        #expect(read.dangers == [])
        #expect(read.count("script") == 1 && read.count("h1") == 1 && read.count("title") == 1)
        #expect(read.elements.filter { $0.name == "th" }.allSatisfy { $0.attributes["scope"] == "col" })
    }

    @Test(arguments: CaseFixture.hostileTexts) func `a hostile text changes no element outside the notes`(_ text: String) throws {
        var (calm, hostile) = (CaseFixture.hostile("calm"), CaseFixture.hostile(text))
        calm.notes = []
        hostile.notes = []
        // Blank lines in what people wrote are paragraphs; here the number of elements is compared, so they are joined.
        let flat = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        (hostile.investigation.description, hostile.investigation.impact) = (flat, flat)
        (hostile.investigation.rootCause, hostile.investigation.remediation, hostile.investigation.lessonsLearned) = (flat, flat, flat)
        let (left, right) = (MarkupReader(try page(calm)), MarkupReader(try page(hostile)))
        #expect(right.dangers == [])
        // Addresses become links, if they are safe ones, and code spans need text.
        let linkable: Set<String> = ["a", "code"]
        #expect(right.elements.map(\.name).filter { !linkable.contains($0) } == left.elements.map(\.name).filter { !linkable.contains($0) })
    }

    @Test(arguments: CaseFixture.hostileTexts) func `a hostile note stays in its quotation`(_ text: String) throws {
        let read = MarkupReader(try page(CaseFixture.hostile(text)))
        #expect(read.dangers == [])
        #expect(read.count("script") == 1 && read.count("h1") == 1)
    }

    @Test func `the change of the course is the one to blame, not the first of the evidence`() throws {
        var file = CaseFixture.outage
        var earlier = CaseFixture.evidence(CaseFixture.slow, 0.4, .change, "an earlier deploy")
        earlier.event.occurredAt = file.investigation.startedAt - .dayMs
        file.items.insert(earlier, at: 0)
        #expect(try markdown(file).contains("| Change | 14:01:40 |  |"))
    }

    @Test func `of many pieces the starred and the strongest are shown, in order of time`() throws {
        var file = CaseFixture.outage
        let weak = CaseFixture.evidence(CaseFixture.slow, 0.1, .impact, "weak", starred: true)
        file.items = [weak] + (0..<100).map { _ in CaseFixture.evidence(CaseFixture.pool, 0.5, .impact, "same") }
        let rows = try markdown(file).split(separator: "\n").filter { $0.hasSuffix("| .50 |") || $0.hasSuffix("| .10 |") }
        #expect(rows.count == PostMortemView.maxTimelineRows)
        #expect(rows.first?.contains("★") == true)
        #expect(try markdown(file).contains("The 40 strongest of 101\u{a0}pieces of evidence"))
    }

    @Test func `others are rows that lead to their pages, and are text where there is no site`() throws {
        let file = CaseFixture.outage
        let site = try PostMortem.markdown(file, asOf: CaseFixture.asOf, templates: templates)
        #expect(site.contains("| high | [#17](../17/index.html) Checkout pool used up after 4.2.0 | closed after 52"))
        #expect(site.contains("| At the same time in search, which storefront calls. |"))
        let alone = try PostMortem.markdown(file, asOf: CaseFixture.asOf, templates: templates, place: .single)
        #expect(alone.contains("| high | #17 Checkout pool used up after 4.2.0 |") && !alone.contains("../17"))
        #expect(!(try markdown(CaseFixture.bare)).contains("Related and similar"))
    }
    @Test func `a report of the site stands in its bar with the search, one without a site stands alone`() throws {
        let inSite = MarkupReader(try page(CaseFixture.outage))
        #expect(
            inSite.elements.contains { $0.attributes["id"] == "search" }
                && inSite.elements.contains { $0.attributes["href"] == "../../index.html" })
        let alone = MarkupReader(
            String(
                decoding: try PostMortem.page(CaseFixture.outage, asOf: CaseFixture.asOf, templates: templates, place: .alone),
                as: UTF8.self))
        #expect(alone.count("script") == 0 && !alone.elements.contains { ($0.attributes["href"] ?? "").hasPrefix("..") })
    }

    @Test func `the same case gives the same bytes`() throws {
        #expect(try page(CaseFixture.outage) == page(CaseFixture.outage))
    }
}

@Suite struct ReportPageTests {
    @Test func `Markdown without a title gets one`() throws {
        let page = try ReportPage.render(markdown: "Just words & more.", title: "A <b>", asOf: CaseFixture.asOf, templates: templates)
        let read = MarkupReader(String(decoding: page, as: UTF8.self))
        #expect(read.count("h1") == 1)
        #expect(read.text.contains("A <b>"))
        #expect(read.elements.first { $0.attributes["name"] == "description" }?.attributes["content"] == "Just words & more.")
    }
}

/// Every name that a view declares at any depth, dotted for none.
func names(_ value: TemplateValue) -> Set<String> {
    switch value {
    case .view(let members): members.members.reduce(into: Set(members.members.map(\.0))) { $0.formUnion(names($1.1)) }
    case .list(let items): items.reduce(into: []) { $0.formUnion(names($1)) }
    default: []
    }
}
