import Synchronization

/// The templates of this run: found among the assets, compiled when first asked for, kept.
///
/// `template("canvas.html")` is the asset `templates/canvas.html`; `{{> mark.html}}` in it is
/// `templates/partials/mark.html`. The ending decides the escaping: `.html`, `.md` (Markdown), anything else plain text.
package struct Templates: Sendable {
    private let assets: @Sendable (String) -> [UInt8]?
    private let cache = Cache()

    private final class Cache: Sendable {
        let compiled = Mutex<[String: MustacheTemplate]>([:])
        let styles = Mutex<[[String]: InlineText]>([:])
        let scripts = Mutex<[String: InlineText]>([:])
        let reports = Mutex<[String: ReportDefinition]>([:])
    }

    package init(assets: @escaping @Sendable (String) -> [UInt8]?) { self.assets = assets }

    package func template(_ path: String) throws(TemplateError) -> MustacheTemplate {
        let path = path.hasPrefix("templates/") ? path : "templates/" + path
        if let known = cache.compiled.withLock({ $0[path] }) { return known }
        let source = try text(path)
        let template = try MustacheTemplate(name: path, source: source, escaping: Self.escaping(for: path)) { name in
            assets("templates/partials/" + name).map { String(decoding: $0, as: UTF8.self) }
        }
        cache.compiled.withLock { $0[path] = template }
        return template
    }

    /// The style sheets `site/css/NAME.css` in this order; made once.
    package func style(_ names: [String]) throws(TemplateError) -> InlineText {
        if let known = cache.styles.withLock({ $0[names] }) { return known }
        var css = ""
        for name in names { css += InlineTrim.style(try text("site/css/\(name).css")) }
        let style = InlineText(Array(css.utf8))
        cache.styles.withLock { $0[names] = style }
        return style
    }

    /// The module `site/js/NAME.js` with all it imports as one script; stitched once.
    package func script(_ name: String) throws -> InlineText {
        if let known = cache.scripts.withLock({ $0[name] }) { return known }
        let entry = "site/js/\(name).js"
        _ = try text(entry)  // a missing entry is named as an asset, not as a module
        let stitched = try ModuleStitcher.stitch(entry: entry) { path in
            assets(path).map { InlineTrim.script(String(decoding: $0, as: UTF8.self)) }
        }
        let script = InlineText(Array(stitched.utf8))
        cache.scripts.withLock { $0[name] = script }
        return script
    }

    /// The report definition at a path such as `reports/post-mortem.md`; read once.
    package func report(_ path: String) throws(ReportError) -> ReportDefinition {
        if let known = cache.reports.withLock({ $0[path] }) { return known }
        let source: String
        do { source = try text(path) } catch { throw .template(error) }
        let definition = try ReportDefinition(path: path, source: source)
        cache.reports.withLock { $0[path] = definition }
        return definition
    }

    /// An asset that is text: a style sheet, a module, a report definition.
    package func text(_ path: String) throws(TemplateError) -> String {
        guard let bytes = assets(path) else { throw .missing(template: path) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8(template: path) }
        return text
    }

    static func escaping(for path: String) -> TemplateEscaping {
        path.hasSuffix(".html") ? .html : path.hasSuffix(".md") ? .markdown : .text
    }
}
