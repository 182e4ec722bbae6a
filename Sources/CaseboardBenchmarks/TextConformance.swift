import Foundation
import Model
import Rendering
import Yams

/// The official specifications of Mustache and of GitHub Flavored Markdown over our own renderers.
///
/// Where our renderer differs on purpose (raw HTML is shown as text, addresses that run scripts lead nowhere, pictures become
/// links) the difference has a name, and is counted by it.
enum TextConformance {
    // MARK: - Mustache

    static func mustache(_ name: String, _ files: [URL]) {
        var passed = 0
        var failed: [String] = []
        var unsupported: [String] = []
        for file in files where file.pathExtension == "yml" {
            let module = file.deletingPathExtension().lastPathComponent
            guard let text = try? String(contentsOf: file, encoding: .utf8), let root = try? Yams.compose(yaml: text),
                let tests = root["tests"]?.sequence
            else {
                failed.append("\(module): the file cannot be read")
                continue
            }
            var own = 0
            var misses: [String] = []
            for test in tests {
                let title = test["name"]?.string ?? ""
                if let produced = render(test), produced == test["expected"]?.string {
                    own += 1
                } else {
                    misses.append("\(module): \(title)")
                }
            }
            // The optional modules have names that begin with `~`.
            if module.hasPrefix("~") {
                unsupported.append("\(module.dropFirst()) (\(own) of \(tests.count) pass)")
            } else {
                passed += own
                failed += misses
            }
        }
        print("\(name): \(passed) passed, \(failed.count) failed of the mandatory modules")
        if !unsupported.isEmpty { print("    optional modules that are not supported: \(unsupported.joined(separator: ", "))") }
        for miss in failed { print("    failed: \(miss)") }
    }

    private static func render(_ test: Node) -> String? {
        let partials = test["partials"]?.mapping ?? Node.Mapping([])
        let template = try? MustacheTemplate(
            name: "test", source: test["template"]?.string ?? "", escaping: .html, followsSpecification: true,
            partial: { partials[Node($0)]?.string })
        return template?.text(value(test["data"] ?? Node("")))
    }

    private static func value(_ node: Node) -> TemplateValue {
        switch node {
        case .mapping(let mapping):
            return .view(TemplateView(mapping.compactMap { key, value in key.string.map { ($0, Self.value(value)) } }))
        case .sequence(let items): return .list(items.map(value))
        case .scalar(let scalar):
            if scalar.style == .doubleQuoted || scalar.style == .singleQuoted { return .text(scalar.string) }
            if node.null != nil { return .absent }
            if let flag = node.bool { return .flag(flag) }
            if let whole = node.int { return .text(String(whole)) }
            if let number = node.float { return .text(JSONValue.double(number).text) }
            return .text(scalar.string)
        case .alias: return .absent
        }
    }

    // MARK: - Markdown

    struct Example {
        var number: Int
        var section: String
        var tags: [String]
        var markdown: String
        var html: String
        var name: String { "example \(number) (\(section))" }
    }

    static func markdown(_ name: String, _ files: [URL]) {
        for file in files where file.pathExtension == "txt" {
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
            let examples = examples(text)
            if examples.isEmpty { continue }
            var passed = 0
            var intended: [String: [String]] = [:]
            var failed: [(name: String, ours: String, theirs: String)] = []
            for example in examples {
                if example.tags.contains("footnotes") || example.section == "Footnotes" {
                    intended["footnotes are not supported", default: []].append("\(example.number)")
                    continue
                }
                let ours = MarkupForm.ours(MarkdownRenderer.html(example.markdown).text)
                let theirs = MarkupForm.theirs(example.html)
                if ours == theirs {
                    passed += 1
                } else if let reason = reason(example) {
                    intended[reason, default: []].append("\(example.number)")
                } else {
                    failed.append((example.name, ours, theirs))
                }
            }
            let differing = intended.values.reduce(0) { $0 + $1.count }
            print(
                "\(name)/\(file.lastPathComponent): \(passed) passed, \(differing) differ as intended, \(failed.count) failed of \(examples.count)"
            )
            for (reason, numbers) in intended.sorted(by: { $0.key < $1.key }) {
                print("    \(numbers.count) × \(reason): \(numbers.joined(separator: " "))")
            }
            for miss in failed {
                print(
                    "    failed: \(miss.name)\n        ours:   \(miss.ours.debugDescription)\n        theirs: \(miss.theirs.debugDescription)"
                )
            }
        }
    }

    /// Why we differ on purpose; nil when we should not.
    private static func reason(_ example: Example) -> String? {
        if !MarkdownRenderer.isHarmless(example.markdown) {
            return "raw HTML is shown as text, and addresses lead only to the site, http, https or mailto"
        }
        if example.html.range(of: "<blockquote>\\s*<h[1-6]>", options: .regularExpression) != nil {
            return "headings of a quotation are two levels lower, out of the page's outline"
        }
        if example.html.contains("<img ") { return "pictures become links" }
        if example.tags.isEmpty, example.html.range(of: "<a href=\"\\w+:", options: .regularExpression) == nil,
            example.markdown.contains("://") || example.markdown.contains("@")
        {
            return "addresses in text become links everywhere"
        }
        return nil
    }

    /// The examples of a specification text: between fences of 32 backticks, Markdown, a line with a dot, HTML. `→` is a tab.
    private static func examples(_ text: String) -> [Example] {
        let fence = String(repeating: "`", count: 32)
        var out: [Example] = []
        var section = ""
        var example: Example?
        var isHTML = false
        for line in text.components(separatedBy: "\n") {
            if line.hasPrefix(fence) {
                if let done = example {
                    out.append(done)
                    example = nil
                } else if line.contains("example") {
                    let tags = line.dropFirst(fence.count).split(separator: " ").dropFirst().map(String.init)
                    example = Example(number: out.count + 1, section: section, tags: tags, markdown: "", html: "")
                    isHTML = false
                }
            } else if example != nil {
                if !isHTML, line == "." {
                    isHTML = true
                } else {
                    let text = line.replacingOccurrences(of: "→", with: "\t") + "\n"
                    if isHTML { example?.html += text } else { example?.markdown += text }
                }
            } else if line.hasPrefix("#") {
                section = line.drop { $0 == "#" || $0 == " " }.description
            }
        }
        return out
    }
}

/// Markup without what means nothing: how elements without content are closed, references for what may stand as itself, line
/// ends around blocks; and in one form what we write in another way for the sake of our pages.
enum MarkupForm {
    static func ours(_ html: String) -> String {
        var html = html
        for (pattern, form) in [
            // Tables scroll by themselves, and say by a class how a column stands.
            (#"<div class="scroll[^>]*>"#, ""), ("</table></div>", "</table>"), (#" scope="col""#, ""), (#" rel="noreferrer""#, ""),
            (#" class="n""#, #" align="right""#), (#" class="c""#, #" align="center""#),
            // A task is a character with a name.
            (#"<li class="task"><span [^>]*>☐</span> ?"#, "<li>[ ] "), (#"<li class="task done"><span [^>]*>☑</span> ?"#, "<li>[x] "),
        ] { html = html.replacingOccurrences(of: pattern, with: form, options: .regularExpression) }
        return common(html)
    }

    static func theirs(_ html: String) -> String {
        var html = html
        for (pattern, form) in [
            (#" align="left""#, ""), (#"<li><input [^>]*checked[^>]*> ?"#, "<li>[x] "), (#"<li><input [^>]*> ?"#, "<li>[ ] "),
            (#"<a ([^>]*)title="[^"]*""#, "<a $1"),
        ] { html = html.replacingOccurrences(of: pattern, with: form, options: .regularExpression) }
        return common(html)
    }

    private static func common(_ html: String) -> String {
        var html = html
        for (pattern, form) in [
            (#"\s*/>"#, ">"), ("&quot;", "\""), ("&#39;", "'"), (#"(<a [^>]*?) +>"#, "$1>"),
            (#"\s*(</?(?:p|h[1-6]|ul|ol|li|blockquote|pre|hr|table|thead|tbody|tr|th|td|div|aside)\b[^>]*>)\s*"#, "$1"),
            // Inside of `pre` line ends mean something; these stand at its very ends.
            (#"</?tbody>"#, ""),
        ] { html = html.replacingOccurrences(of: pattern, with: form, options: .regularExpression) }
        return html.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
