/// How a template's values are made harmless: by the kind of document it produces.
package enum TemplateEscaping: Sendable {
    /// `& < > " '` as references.
    case html
    /// Nothing but controls and bidirectional overrides, for plain-text mail.
    case text
    /// Every character that Markdown or HTML could take for markup, see `MarkdownText`.
    case markdown
}

/// A compiled Mustache template: logic-less, escaped by default, rendered over bytes.
///
/// `{{name}}` escapes always. `{{{name}}}` and `{{&name}}` place a `SafeHTML` value as it is; any other value is escaped
/// there too, so that a template can never turn outside text into markup. At rendering an absent name is nothing;
/// whether a template asks for names its view does not have is a question for tests, by `keys`.
package struct MustacheTemplate: Sendable {
    package let name: String
    package let escaping: TemplateEscaping
    private let programs: [MustacheProgram]
    private let paths: [[String]]
    private let indents: [[UInt8]]
    /// Only the run over the specification sets this: `{{{name}}}` gives text unescaped.
    private let rawTextIsPlain: Bool

    /// Compiles `source`. `partials` are found by the name in the tag, `{{> mark.html}}` by `mark.html`.
    package init(
        name: String, source: String, partials: [String: String] = [:], escaping: TemplateEscaping = .html
    ) throws(TemplateError) {
        try self.init(name: name, source: source, escaping: escaping, partial: { partials[$0] })
    }

    /// With `followsSpecification` text stands unescaped in `{{{name}}}` and a missing partial is nothing: for the run over the
    /// specification alone.
    package init(
        name: String, source: String, escaping: TemplateEscaping, followsSpecification: Bool = false,
        partial: (String) -> String?
    ) throws(TemplateError) {
        var parser = MustacheParser()
        try parser.compile(name: name, source: source, toleratesMissingPartials: followsSpecification, partial: partial)
        self.name = name
        self.escaping = escaping
        programs = parser.programs
        paths = parser.paths
        indents = parser.indents
        rawTextIsPlain = followsSpecification
    }

    /// Every name the template and its partials ask for, dotted names whole, without `.`.
    package var keys: Set<String> { Set(paths.filter { !$0.isEmpty }.map { $0.joined(separator: ".") }) }

    /// Appends the filled template. Partials deeper than `maxPartialDepth` and more than `maxPartialCalls` of them render
    /// as nothing, and nothing is added to `maxOutputBytes`, so that a recursive partial ends.
    package func render(_ view: TemplateValue, into out: inout [UInt8]) {
        var run = Run(template: self, stack: [view], outputEnd: out.count + Self.maxOutputBytes)
        run.program(0, indent: [], depth: 0, into: &out)
    }
    package func text(_ view: TemplateValue) -> String {
        var out: [UInt8] = []
        render(view, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    static let maxPartialDepth = 32
    static let maxPartialCalls = 1_000_000
    static let maxOutputBytes = 256 << 20

    /// One rendering: the stack of views and what is left of the bounds.
    private struct Run {
        let template: MustacheTemplate
        var stack: [TemplateValue]
        var callsLeft = MustacheTemplate.maxPartialCalls
        let outputEnd: Int

        init(template: MustacheTemplate, stack: [TemplateValue], outputEnd: Int) {
            self.template = template
            self.stack = stack
            self.outputEnd = outputEnd
        }

        mutating func program(_ index: Int, indent: [UInt8], depth: Int, into out: inout [UInt8]) {
            let program = template.programs[index]
            run(program, 0, program.instructions.count, indent: indent, depth: depth, into: &out)
        }

        private mutating func run(
            _ program: MustacheProgram, _ from: Int, _ to: Int, indent: [UInt8], depth: Int, into out: inout [UInt8]
        ) {
            var at = from
            while at < to, out.count < outputEnd {
                let step = program.instructions[at]
                at += 1
                switch step.operation {
                case .text, .lineText:
                    let text = program.source[Int(step.first)..<Int(step.second)]
                    if indent.isEmpty {
                        out.append(contentsOf: text)
                    } else {
                        append(text, indent: indent, beginsLine: step.operation == .lineText, to: &out)
                    }
                case .indent: out.append(contentsOf: indent)
                case .value: write(look(up: step.first), raw: false, into: &out)
                case .raw: write(look(up: step.first), raw: true, into: &out)
                case .inverted:
                    if look(up: step.first).isTruthy { at = Int(step.second) }
                case .section:
                    let (body, end) = (at, Int(step.second))
                    at = end
                    switch look(up: step.first) {
                    case .list(let items):
                        for item in items {
                            stack.append(item)
                            run(program, body, end - 1, indent: indent, depth: depth, into: &out)
                            stack.removeLast()
                        }
                    case .flag(true): run(program, body, end - 1, indent: indent, depth: depth, into: &out)
                    case let value where value.isTruthy:
                        stack.append(value)
                        run(program, body, end - 1, indent: indent, depth: depth, into: &out)
                        stack.removeLast()
                    default: break
                    }
                case .endSection: break
                case .partial:
                    guard depth < MustacheTemplate.maxPartialDepth, callsLeft > 0 else { continue }
                    callsLeft -= 1
                    let inner = step.second < 0 ? [] : indent + template.indents[Int(step.second)]
                    self.program(Int(step.first), indent: inner, depth: depth + 1, into: &out)
                }
            }
        }

        private func append(_ text: ArraySlice<UInt8>, indent: [UInt8], beginsLine: Bool, to out: inout [UInt8]) {
            if beginsLine { out.append(contentsOf: indent) }
            for index in text.indices {
                out.append(text[index])
                if text[index] == 10, index + 1 < text.endIndex { out.append(contentsOf: indent) }
            }
        }

        /// The first part is sought from the innermost view outwards, the others only inside what was found.
        private func look(up path: Int32) -> TemplateValue {
            let parts = template.paths[Int(path)]
            guard let first = parts.first else { return stack[stack.count - 1] }
            var level = stack.count
            while level > 0 {
                level -= 1
                guard case .view(let members) = stack[level], var found = members[first] else { continue }
                if parts.count == 1 { return found }
                for part in parts.dropFirst() {
                    guard case .view(let inner) = found, let next = inner[part] else { return .absent }
                    found = next
                }
                return found
            }
            return .absent
        }

        private func write(_ value: TemplateValue, raw: Bool, into out: inout [UInt8]) {
            switch value {
            case .text(let text):
                if raw && template.rawTextIsPlain { return out.append(contentsOf: text.utf8) }
                escape(text, into: &out)
            case .html(let html):
                if raw && template.escaping != .text { return out.append(contentsOf: html.bytes) }
                escape(html.text, into: &out)
            case .flag(let flag): out.append(contentsOf: (flag ? "true" : "false").utf8)
            case .absent, .list, .view: break
            }
        }

        private func escape(_ text: String, into out: inout [UInt8]) {
            switch template.escaping {
            case .html: HTMLText.escape(text, into: &out)
            case .text: HTMLText.visible(text, into: &out)
            case .markdown: MarkdownText.escape(text, into: &out)
            }
        }
    }
}
