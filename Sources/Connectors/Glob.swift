/// A path with `*` (any text), `?` (one byte), `[a-z]`, `[!a-z]` (one of, none of) and `**` (any folders). A backslash takes the
/// next character as it is. As in the shell, a leading dot must be written.
struct GlobPattern: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        case literal(String)
        case wild([Token])
        /// `**`
        case folders
    }
    enum Token: Hashable, Sendable {
        case byte(UInt8)
        case anyByte
        case anyText
        case oneOf([ClosedRange<UInt8>], isNegated: Bool)
    }
    let parts: [Part]

    /// `path` is absolute.
    init(_ path: String) {
        var parts: [Part] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", case .literal? = parts.last {
                parts.removeLast()
            } else if part == "**" {
                if parts.last != .folders { parts.append(.folders) }
            } else {
                let tokens = Self.tokens(Array(part.utf8))
                let bytes = tokens.compactMap { if case .byte(let byte) = $0 { byte } else { nil } }
                parts.append(bytes.count == tokens.count ? .literal(String(decoding: bytes, as: UTF8.self)) : .wild(tokens))
            }
        }
        if parts.last == .folders { parts.append(.wild([.anyText])) }
        self.parts = parts
    }

    static func tokens(_ bytes: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "*"): if tokens.last != .anyText { tokens.append(.anyText) }
            case UInt8(ascii: "?"): tokens.append(.anyByte)
            case UInt8(ascii: "\\") where at < bytes.count:
                tokens.append(.byte(bytes[at]))
                at += 1
            case UInt8(ascii: "["):
                if let (token, end) = set(bytes, at) {
                    tokens.append(token)
                    at = end
                } else {
                    tokens.append(.byte(byte))
                }
            default: tokens.append(.byte(byte))
            }
        }
        return tokens
    }

    /// The set that begins at `start`, behind its bracket; nil when it is never closed, and then the bracket means itself.
    private static func set(_ bytes: [UInt8], _ start: Int) -> (Token, end: Int)? {
        var at = start
        let isNegated = at < bytes.count && (bytes[at] == UInt8(ascii: "!") || bytes[at] == UInt8(ascii: "^"))
        if isNegated { at += 1 }
        var ranges: [ClosedRange<UInt8>] = []
        let first = at
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "]"), at > first { return (.oneOf(ranges, isNegated: isNegated), at + 1) }
            if at + 2 < bytes.count, bytes[at + 1] == UInt8(ascii: "-"), bytes[at + 2] != UInt8(ascii: "]") {
                if bytes[at] <= bytes[at + 2] { ranges.append(bytes[at]...bytes[at + 2]) }
                at += 3
            } else {
                ranges.append(bytes[at]...bytes[at])
                at += 1
            }
        }
        return nil
    }

    /// Whether a name that is no path fits: `*test*`.
    func fits(_ name: String) -> Bool {
        switch parts.first {
        case .literal(let text)? where parts.count == 1: name == text
        case .wild(let tokens)? where parts.count == 1: Self.matches(name, tokens)
        default: false
        }
    }

    /// Whether a name fits the tokens of one part: at most names × tokens steps, whatever the pattern.
    static func matches(_ name: String, _ tokens: [Token]) -> Bool {
        let bytes = Array(name.utf8)
        if bytes.first == UInt8(ascii: "."), tokens.first != .byte(UInt8(ascii: ".")) { return false }
        var at = 0
        var token = 0
        var star: (token: Int, at: Int)?
        while at < bytes.count {
            if token < tokens.count, tokens[token] == .anyText {
                star = (token, at)
                token += 1
            } else if token < tokens.count, tokens[token].takes(bytes[at]) {
                at += 1
                token += 1
            } else if let last = star {
                star = (last.token, last.at + 1)
                at = last.at + 1
                token = last.token + 1
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { $0 == .anyText }
    }
}

extension GlobPattern.Token {
    fileprivate func takes(_ byte: UInt8) -> Bool {
        switch self {
        case .byte(let wanted): byte == wanted
        case .anyByte: true
        case .anyText: false
        case .oneOf(let ranges, let isNegated): ranges.contains { $0.contains(byte) } != isNegated
        }
    }
}

/// Names that fit one of several patterns, between commas: `main, release*`. `*` is any text, capitals do not matter.
struct NameList: Sendable {
    private let patterns: [[GlobPattern.Token]]
    init(_ text: String) {
        patterns = text.split(separator: ",").map { part in
            GlobPattern.tokens(Array(part.drop { $0 == " " }.lowercased().utf8.reversed().drop { $0 == 32 }.reversed()))
        }
    }
    func contains(_ name: String) -> Bool {
        let name = name.lowercased()
        return patterns.contains { GlobPattern.matches(name, $0) }
    }
}
