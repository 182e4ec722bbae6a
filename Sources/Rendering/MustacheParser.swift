/// What is wrong with a template, and where.
package enum TemplateError: Error, Hashable, Sendable {
    case missing(template: String)
    case missingPartial(String, template: String, line: Int)
    case unclosedTag(template: String, line: Int)
    case unclosedSection(String, template: String, line: Int)
    case unopenedSection(String, template: String, line: Int)
    case crossedSection(open: String, close: String, template: String, line: Int)
    case badName(String, template: String, line: Int)
    case badDelimiters(template: String, line: Int)
    case unsupportedTag(String, template: String, line: Int)
    case tooDeep(template: String, line: Int)
    case tooLarge(template: String, bytes: Int)
    case notUTF8(template: String)
}

extension TemplateError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let template):
            "\(template): there is no such template; put the file back, or take away the folder that replaces it"
        case .missingPartial(let name, let template, let line):
            "\(template):\(line): no partial is named `\(name)`; it would be `templates/partials/\(name)`"
        case .unclosedTag(let template, let line): "\(template):\(line): the tag that begins here never ends; close it with `}}`"
        case .unclosedSection(let name, let template, let line):
            "\(template):\(line): section `\(name)` is never closed; add `{{/\(name)}}`"
        case .unopenedSection(let name, let template, let line):
            "\(template):\(line): `{{/\(name)}}` closes a section that is not open; remove it"
        case .crossedSection(let open, let close, let template, let line):
            "\(template):\(line): `{{/\(close)}}` stands where section `\(open)` must be closed first"
        case .badName(let name, let template, let line):
            "\(template):\(line): `\(name)` is not a name; names are words joined by single dots"
        case .badDelimiters(let template, let line):
            "\(template):\(line): new delimiters are two words without `=`, as in `{{=<% %>=}}`"
        case .unsupportedTag(let tag, let template, let line):
            "\(template):\(line): `\(tag)` begins a tag of an optional Mustache module, which is not supported"
        case .tooDeep(let template, let line):
            "\(template):\(line): sections are nested more than \(MustacheParser.maxDepth) deep; move the inner ones to a partial"
        case .tooLarge(let template, let bytes):
            "\(template): \(bytes) bytes; a template may have \(MustacheParser.maxBytes)"
        case .notUTF8(let template): "\(template): it is not UTF-8; save it as UTF-8"
        }
    }
}

/// One step of a compiled template: plain numbers, so that the renderer's loop copies nothing.
struct MustacheInstruction {
    enum Operation: UInt8 {
        /// Bytes `first..<second` of the source; the second form begins a line (and takes the partial's indentation).
        case text, lineText
        /// A line begins here with a tag.
        case indent
        /// The value at path `first`.
        case value, raw
        /// Over the value at path `first`; goes on at `second` when skipped.
        case section, inverted, endSection
        /// Program `first`; alone on its line it is indented by `indents[second]` more, else (-1) not at all.
        case partial
    }
    var operation: Operation
    var first: Int32 = 0
    var second: Int32 = 0
}

struct MustacheProgram: Sendable {
    var source: [UInt8] = []
    var instructions: [MustacheInstruction] = []
}

/// Compiles Mustache source (mustache(5) and the mandatory modules of the Mustache specification 1.4: comments,
/// delimiters, interpolation, inverted sections, partials, sections) to instructions.
struct MustacheParser {
    static let maxDepth = 64
    static let maxBytes = 4 << 20

    private(set) var programs: [MustacheProgram] = []
    private(set) var paths: [[String]] = []
    private(set) var indents: [[UInt8]] = [[]]
    private var pathIndex: [String: Int32] = [:]
    private var programIndex: [String: Int32] = [:]
    private var waiting: [(name: String, from: String, line: Int)] = []

    /// Compiles `source` as program 0 and every partial it reaches. A partial that does not exist is an error, or nothing
    /// at all when `toleratesMissingPartials` is set (as the specification has it).
    mutating func compile(
        name: String, source: String, toleratesMissingPartials: Bool, partial: (String) -> String?
    ) throws(TemplateError) {
        programs.append(MustacheProgram())
        try parse(source, name: name, into: 0)
        while let next = waiting.popLast() {
            guard let text = partial(next.name) else {
                if toleratesMissingPartials { continue }
                throw .missingPartial(next.name, template: next.from, line: next.line)
            }
            guard let program = programIndex[next.name] else { continue }
            try parse(text, name: next.name, into: Int(program))
        }
    }

    private mutating func parse(_ text: String, name: String, into program: Int) throws(TemplateError) {
        guard text.utf8.count <= Self.maxBytes else { throw .tooLarge(template: name, bytes: text.utf8.count) }
        let source = Array(text.utf8)
        var scan = Scan(source: source)
        var instructions: [MustacheInstruction] = []
        var open: [(name: String, at: Int, line: Int)] = []

        while let tag = try scan.nextTag(name) {
            let line = tag.line
            scan.emitText(upTo: tag.textEnd, into: &instructions)
            if !tag.isStandalone, tag.beginsLine { instructions.append(MustacheInstruction(operation: .indent)) }
            switch tag.kind {
            case .comment: break
            case .delimiters: try scan.setDelimiters(tag.content, name: name, line: line)
            case .value, .raw:
                let path = try path(tag.content, template: name, line: line)
                instructions.append(MustacheInstruction(operation: tag.kind == .raw ? .raw : .value, first: path))
            case .section, .inverted:
                guard open.count < Self.maxDepth else { throw .tooDeep(template: name, line: line) }
                let path = try path(tag.content, template: name, line: line)
                open.append((tag.content, instructions.count, line))
                instructions.append(MustacheInstruction(operation: tag.kind == .section ? .section : .inverted, first: path))
            case .end:
                guard let last = open.popLast() else { throw .unopenedSection(tag.content, template: name, line: line) }
                guard last.name == tag.content else {
                    throw .crossedSection(open: last.name, close: tag.content, template: name, line: line)
                }
                instructions.append(MustacheInstruction(operation: .endSection))
                instructions[last.at].second = Int32(instructions.count)
            case .partial:
                guard !tag.content.isEmpty, !tag.content.utf8.contains(where: { $0 <= 32 }) else {
                    throw .badName(tag.content, template: name, line: line)
                }
                let callee = self.program(tag.content, from: name, line: line)
                let indent = tag.isStandalone ? self.indent(Array(source[tag.textEnd..<tag.start])) : -1
                instructions.append(MustacheInstruction(operation: .partial, first: callee, second: indent))
            case .unsupported(let character):
                throw .unsupportedTag("{{" + String(Character(Unicode.Scalar(character))), template: name, line: line)
            }
            scan.finish(tag)
        }
        scan.emitText(upTo: source.count, into: &instructions)
        if let left = open.last { throw .unclosedSection(left.name, template: name, line: left.line) }
        programs[program].source = source
        programs[program].instructions = instructions
    }

    private mutating func path(_ name: String, template: String, line: Int) throws(TemplateError) -> Int32 {
        if let known = pathIndex[name] { return known }
        var parts: [String] = []
        if name != "." {
            parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard !name.utf8.contains(where: { $0 <= 32 }), !parts.contains(""), parts.count <= 16 else {
                throw .badName(name, template: template, line: line)
            }
        }
        let index = Int32(paths.count)
        paths.append(parts)
        pathIndex[name] = index
        return index
    }

    private mutating func program(_ name: String, from template: String, line: Int) -> Int32 {
        if let known = programIndex[name] { return known }
        let index = Int32(programs.count)
        programs.append(MustacheProgram())
        programIndex[name] = index
        waiting.append((name, template, line))
        return index
    }

    private mutating func indent(_ bytes: [UInt8]) -> Int32 {
        if let known = indents.firstIndex(of: bytes) { return Int32(known) }
        indents.append(bytes)
        return Int32(indents.count - 1)
    }
}

/// Walks over the source from tag to tag.
private struct Scan {
    enum Kind: Equatable { case comment, delimiters, value, raw, section, inverted, end, partial, unsupported(UInt8) }
    struct Tag {
        var kind: Kind
        var content: String
        /// Where the tag begins; where the text before it ends (before its indentation when it stands alone on its line);
        /// where the scan goes on.
        var start: Int
        var textEnd: Int
        var next: Int
        var isStandalone: Bool
        var beginsLine: Bool
        var line: Int
    }
    let source: [UInt8]
    var opening: [UInt8] = Array("{{".utf8)
    var closing: [UInt8] = Array("}}".utf8)
    /// Everything before has been emitted.
    var at = 0
    var line = 1
    var lineCountedTo = 0

    init(source: [UInt8]) { self.source = source }

    mutating func nextTag(_ template: String) throws(TemplateError) -> Tag? {
        guard let start = find(opening, from: at) else { return nil }
        while lineCountedTo < start {
            if source[lineCountedTo] == 10 { line += 1 }
            lineCountedTo += 1
        }
        var inner = start + opening.count
        let sigil: UInt8 = inner < source.count ? source[inner] : 0
        var end = closing
        let kind: Kind
        switch sigil {
        case 33: kind = .comment  // !
        case 61:  // =
            kind = .delimiters
            end = [61] + closing
        case 123 where opening == [123, 123] && closing == [125, 125]:  // {
            kind = .raw
            end = [125] + closing
        case 38: kind = .raw  // &
        case 35: kind = .section  // #
        case 94: kind = .inverted  // ^
        case 47: kind = .end  // /
        case 62: kind = .partial  // >
        case 60, 36: kind = .unsupported(sigil)  // < $
        default: kind = .value
        }
        if kind != .value { inner += 1 }
        guard let close = find(end, from: inner) else { throw .unclosedTag(template: template, line: line) }
        let content = trimmed(inner, close)
        let next = close + end.count

        // Blanks from the beginning of the line to the tag, and none but blanks after it: the tag has the line alone.
        var blankStart = start
        while blankStart > at, source[blankStart - 1] == 32 || source[blankStart - 1] == 9 { blankStart -= 1 }
        let blankIsLine = blankStart == 0 || source[blankStart - 1] == 10
        var standaloneEnd: Int?
        if blankIsLine, kind != .value, kind != .raw {
            var after = next
            while after < source.count, source[after] == 32 || source[after] == 9 { after += 1 }
            if after == source.count {
                standaloneEnd = after
            } else if source[after] == 10 {
                standaloneEnd = after + 1
            } else if source[after] == 13, after + 1 < source.count, source[after + 1] == 10 {
                standaloneEnd = after + 2
            }
        }
        return Tag(
            kind: kind, content: content, start: start, textEnd: standaloneEnd == nil ? start : blankStart,
            next: standaloneEnd ?? next, isStandalone: standaloneEnd != nil, beginsLine: start == 0 || source[start - 1] == 10,
            line: line)
    }

    mutating func finish(_ tag: Tag) { at = tag.next }

    func emitText(upTo end: Int, into instructions: inout [MustacheInstruction]) {
        guard end > at else { return }
        let beginsLine = at == 0 || source[at - 1] == 10
        instructions.append(
            MustacheInstruction(operation: beginsLine ? .lineText : .text, first: Int32(at), second: Int32(end)))
    }

    mutating func setDelimiters(_ content: String, name: String, line: Int) throws(TemplateError) {
        let words = content.utf8.split(whereSeparator: { $0 <= 32 }).map { Array($0) }
        guard words.count == 2, words.allSatisfy({ !$0.contains(61) && $0.count <= 8 }) else {
            throw .badDelimiters(template: name, line: line)
        }
        (opening, closing) = (words[0], words[1])
    }

    private func trimmed(_ from: Int, _ to: Int) -> String {
        var (from, to) = (from, to)
        while from < to, source[from] <= 32 { from += 1 }
        while to > from, source[to - 1] <= 32 { to -= 1 }
        return String(decoding: source[from..<to], as: UTF8.self)
    }

    private func find(_ needle: [UInt8], from: Int) -> Int? {
        var index = from
        let last = source.count - needle.count
        while index <= last {
            if source[index] == needle[0] {
                var matched = 1
                while matched < needle.count, source[index + matched] == needle[matched] { matched += 1 }
                if matched == needle.count { return index }
            }
            index += 1
        }
        return nil
    }
}
