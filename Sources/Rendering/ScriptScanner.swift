/// Walks over JavaScript source, knowing what is string, template, comment or regular expression and what is code (ECMA-262,
/// 12 "Lexical Grammar"), and stops at `import` and `export` at the outermost level.
struct ScriptScanner {
    struct Statement {
        var isImport: Bool
        var start: Int
        var line: Int
    }
    let module: String
    let source: [UInt8]
    private(set) var at = 0
    private var line = 1
    /// Open brackets; `t` for a `${` inside a template, `c` for the `(` of a condition, behind which a statement begins.
    private var open: [UInt8] = []
    /// Whether a `/` here would begin a regular expression: after an operator, an opening bracket or a keyword.
    private var expectsOperand = true
    private var beginsStatement = true
    /// The word before was `if`, `while`, `for` or `with`.
    private var opensCondition = false

    init(module: String, source: [UInt8]) {
        self.module = module
        self.source = source
    }

    private func byte(_ offset: Int = 0) -> UInt8 { at + offset < source.count ? source[at + offset] : 0 }

    /// The next module statement; the scanner stands behind its first word.
    mutating func nextModuleStatement() throws(StitchError) -> Statement? {
        while at < source.count {
            let here = byte()
            switch here {
            case 10:
                line += 1
                at += 1
                beginsStatement = true
                continue
            case 0...32:
                at += 1
                continue
            case 47 where byte(1) == 47: skipLineComment()
            case 47 where byte(1) == 42: try skipBlockComment()
            case 47 where expectsOperand:
                try skipRegularExpression()
                expectsOperand = false
            case 34, 39:
                try skipString(here)
                expectsOperand = false
            case 96:
                at += 1
                try skipTemplate()
                expectsOperand = open.last == 116
            case 40, 91, 123:
                open.append(here == 40 && opensCondition ? 99 : here)
                at += 1
                expectsOperand = true
            case 125 where open.last == 116:
                open.removeLast()
                at += 1
                try skipTemplate()
                expectsOperand = open.last == 116
            case 41, 93, 125:
                let opened = open.popLast()
                at += 1
                // Behind `}` a slash divides only in odd code; a block is the usual case.
                expectsOperand = here == 125 || opened == 99
            case _ where Self.isIdentifierByte(here):
                if let statement = try word() { return statement }
                continue
            default:
                at += 1
                let isPostfix = (here == 43 || here == 45) && byte() == here
                if isPostfix { at += 1 } else { expectsOperand = true }
            }
            opensCondition = false
            beginsStatement = here == 59 || here == 125 || (beginsStatement && here == 47)
        }
        if !open.isEmpty { throw .unclosed(what: "bracket", module: module, line: line) }
        return nil
    }

    private mutating func word() throws(StitchError) -> Statement? {
        let start = at
        while Self.isIdentifierByte(byte()), at < source.count { at += 1 }
        let text = String(decoding: source[start..<at], as: UTF8.self)
        let isMember = start > 0 && source[start - 1] == 46
        let isStatement = beginsStatement && open.isEmpty && !isMember
        beginsStatement = false
        opensCondition = !isMember && ["if", "while", "for", "with"].contains(text)
        expectsOperand = !isMember && Self.keywordsBeforeOperand.contains(text)
        guard text == "import" || text == "export", !isMember else { return nil }
        let next = nextCode()
        if text == "import", next == 40 || next == 46 {
            throw .unsupported(
                what: next == 40 ? "`import()`" : "`import.meta`", module: module, line: line,
                remedy: "a page opened from disk may load nothing; import it statically")
        }
        // Anything else named so is a property name, as in `{import: 1}`.
        guard isStatement else { return nil }
        return Statement(isImport: text == "import", start: start, line: line)
    }

    private static let keywordsBeforeOperand: Set<String> = [
        "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "instanceof", "yield", "await", "default",
    ]

    static func isIdentifierByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95 || byte == 36 || byte >= 128
            || byte == 35
    }

    // MARK: - Skipping

    private mutating func skipLineComment() { while at < source.count, byte() != 10 { at += 1 } }

    private mutating func skipBlockComment() throws(StitchError) {
        let begun = line
        at += 2
        while at < source.count {
            if byte() == 42, byte(1) == 47 {
                at += 2
                return
            }
            if byte() == 10 { line += 1 }
            at += 1
        }
        throw .unclosed(what: "comment", module: module, line: begun)
    }

    private mutating func skipString(_ quote: UInt8) throws(StitchError) {
        at += 1
        while at < source.count, byte() != 10 {
            let here = byte()
            at += here == 92 ? 2 : 1
            if here == 92, at <= source.count, source[at - 1] == 10 { line += 1 }
            if here == quote { return }
        }
        throw .unclosed(what: "string", module: module, line: line)
    }

    /// From inside a template to its end or to a `${`, which is left open.
    private mutating func skipTemplate() throws(StitchError) {
        let begun = line
        while at < source.count {
            switch byte() {
            case 92: at += 1
            case 10: line += 1
            case 96:
                at += 1
                return
            case 36 where byte(1) == 123:
                at += 2
                open.append(116)
                return
            default: break
            }
            at += 1
        }
        throw .unclosed(what: "template", module: module, line: begun)
    }

    private mutating func skipRegularExpression() throws(StitchError) {
        at += 1
        var inClass = false
        while at < source.count, byte() != 10 {
            switch byte() {
            case 92: at += 1
            case 91: inClass = true
            case 93: inClass = false
            case 47 where !inClass:
                at += 1
                return
            default: break
            }
            at += 1
        }
        throw .unclosed(what: "regular expression", module: module, line: line)
    }

    // MARK: - Reading a module statement

    private mutating func skipBlank() {
        while at < source.count {
            if byte() == 10 { line += 1 }
            if byte() <= 32 { at += 1 } else if byte() == 47, byte(1) == 47 { skipLineComment() } else { return }
        }
    }

    private func nextCode() -> UInt8 {
        var index = at
        while index < source.count, source[index] <= 32 { index += 1 }
        return index < source.count ? source[index] : 0
    }

    mutating func take(_ mark: Character) -> Bool {
        skipBlank()
        guard byte() == mark.asciiValue else { return false }
        at += 1
        return true
    }

    mutating func takeSemicolon() {
        while byte() == 32 || byte() == 9 { at += 1 }
        if byte() == 59 { at += 1 }
        beginsStatement = true
        expectsOperand = true
    }

    mutating func takeIdentifier() -> String? {
        skipBlank()
        let start = at
        while at < source.count, Self.isIdentifierByte(byte()) { at += 1 }
        return start == at ? nil : String(decoding: source[start..<at], as: UTF8.self)
    }

    mutating func takeWord(_ word: String) -> Bool {
        let (before, beforeLine) = (at, line)
        if takeIdentifier() == word { return true }
        (at, line) = (before, beforeLine)
        return false
    }

    mutating func takeString() -> String? {
        skipBlank()
        let quote = byte()
        guard quote == 34 || quote == 39, let end = source[(at + 1)...].firstIndex(where: { $0 == quote || $0 == 10 || $0 == 92 }),
            source[end] == quote
        else { return nil }
        defer { at = end + 1 }
        return String(decoding: source[(at + 1)..<end], as: UTF8.self)
    }

    mutating func peekWord() -> String? {
        let (before, beforeLine) = (at, line)
        defer { (at, line) = (before, beforeLine) }
        return takeIdentifier()
    }

    /// The name that the declaration ahead gives (`function`, `async function`, `function*`, `class`, `const`), without
    /// moving on but over blanks; nil when it has none.
    mutating func declaredName() -> String? {
        skipBlank()
        let (before, beforeLine) = (at, line)
        defer {
            (at, line) = (before, beforeLine)
            beginsStatement = false
            expectsOperand = true
        }
        guard let first = takeIdentifier() else { return nil }
        if first == "async", takeIdentifier() != "function" { return nil }
        _ = take("*")
        guard let name = takeIdentifier(), name != "extends" else { return nil }
        return name
    }
}
