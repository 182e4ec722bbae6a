import Model

/// A report's Markdown as a page: serif prose on a measure, tables as wide as the page.
package enum ReportPage {
    /// What stands around the report's own words. Addresses are relative to the page; nil leaves the link out.
    package struct Frame: Sendable {
        /// The line above the title.
        package var kicker: String
        /// The line at the end, `From reports/weekly.md over 1 204 events`.
        package var source: String
        /// Where the page is in a published site, from its root; nil where there is no site around it, and then no bar.
        package var path: String?
        package var canvas: String?
        package var canvasName: String
        package var markdown: String?
        package init(
            kicker: String = "", source: String = "", path: String? = nil, canvas: String? = nil, canvasName: String = "",
            markdown: String? = nil
        ) {
            self.kicker = kicker
            self.source = source
            self.path = path
            self.canvas = canvas
            self.canvasName = canvasName
            self.markdown = markdown
        }
    }

    /// The whole document. A first heading of level 1 is the page's title and the paragraph after it its sentence; when
    /// the Markdown begins otherwise, `title` is set above it.
    package static func render(
        markdown: String, title: String, asOf: Instant, templates: Templates, frame: Frame = Frame()
    ) throws -> [UInt8] {
        let template = try templates.template("report.html")
        let style = try templates.style(["tokens", "base", "parts", "bar", "report"])
        var body: [UInt8] = []
        template.render(
            [
                "bar": frame.path.map { .view(SiteFrame.bar(path: $0)) } ?? .absent, "hasRows": false, "canvas": .optional(frame.canvas),
                "canvasName": .text(frame.canvasName),
                "markdown": .optional(frame.markdown), "asOf": .text(PageWords.published(asOf)), "asOfTime": .text(asOf.rfc3339),
                "kicker": .optional(frame.kicker), "title": markdown.hasPrefix("# ") ? .absent : .text(title),
                "prose": .html(MarkdownRenderer.html(markdown)), "source": .optional(frame.source),
            ], into: &body)
        return PageShell.page(
            title: "\(title) · Caseboard", description: MarkdownRenderer.summary(markdown), body: body, style: style,
            script: try frame.path.map { _ in try templates.script("report") }, loadsScripts: frame.path != nil)
    }
}

extension MarkdownRenderer {
    /// The first paragraph's text, at most 200 characters: a page's description.
    static func summary(_ markdown: String) -> String {
        let blocks = markdown.utf8.split(separator: [10, 10], maxSplits: 4)
        let first = blocks.first { $0.first != UInt8(ascii: "#") && $0.first != UInt8(ascii: "|") }
        return first.map { plainText(String(Substring($0).prefix(2_000))).clipped(to: 200) } ?? ""
    }
}
