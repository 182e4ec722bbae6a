/// One token of a leaf's pattern, as template merging sees it.
struct TemplateToken: Hashable {
    enum Kind: UInt8 { case word, stem, sign, variable }
    /// Hash of the text: tokens are compared, counted and grouped by it.
    var text: UInt64
    var kind: Kind
    var isSpaced: Bool

    var isVariable: Bool { kind == .variable }
    /// May be a value of a parameter: everything but punctuation.
    var isSlot: Bool { kind != .sign }
    static let variableText: UInt64 = 0xD6E8_FEB8_6659_FD93
    static func variable(isSpaced: Bool) -> TemplateToken { TemplateToken(text: variableText, kind: .variable, isSpaced: isSpaced) }
}

/// The texts behind the hashes, and what merging asks about a word.
struct TemplateVocabulary {
    private var texts: [UInt64: String] = [:]

    func text(_ token: TemplateToken) -> String { token.isVariable ? "<*>" : texts[token.text] ?? "" }
    func text(_ hash: UInt64) -> String { hash == TemplateToken.variableText ? "<*>" : texts[hash] ?? "" }

    /// Splits a pattern the way the masker joined it: words, single signs, `<*>`, and words with `<*>` in them. At most
    /// `limit` tokens; the rest is one parameter.
    mutating func tokens(of pattern: String, limit: Int = 96) -> [TemplateToken] {
        let bytes = Array(pattern.utf8)
        var tokens: [TemplateToken] = []
        var isSpaced = false
        var at = 0
        func isHole(_ at: Int) -> Bool {
            at + 2 < bytes.count && bytes[at] == UInt8(ascii: "<") && bytes[at + 1] == UInt8(ascii: "*")
                && bytes[at + 2] == UInt8(ascii: ">")
        }
        while at < bytes.count {
            if ByteClass.of(bytes[at]) & ByteClass.blank != 0 {
                isSpaced = true
                at += 1
                continue
            }
            if tokens.count == limit {
                tokens.append(.variable(isSpaced: true))
                break
            }
            let start = at
            var holes = 0
            while at < bytes.count {
                if isHole(at) {
                    holes += 1
                    at += 3
                } else if ByteClass.of(bytes[at]) & ByteClass.endOfWord != 0 {
                    break
                } else {
                    at += 1
                }
            }
            if at == start {  // a delimiter
                at += 1
                tokens.append(remember(bytes[start..<at], .sign, isSpaced))
            } else {
                var end = at
                while end - start > 1, [33, 42, 46, 63].contains(bytes[end - 1]) { end -= 1 }
                append(bytes, start, end, holes: holes, isSpaced, &tokens)
                for sign in end..<at { tokens.append(remember(bytes[sign...sign], .sign, false)) }
            }
            isSpaced = false
        }
        return tokens
    }

    private mutating func append(_ bytes: [UInt8], _ start: Int, _ end: Int, holes: Int, _ isSpaced: Bool, _ tokens: inout [TemplateToken])
    {
        if holes == 1, end - start == 3 {
            tokens.append(.variable(isSpaced: isSpaced))
        } else if holes > 0 {
            tokens.append(remember(bytes[start..<end], .stem, isSpaced))
        } else if bytes[start..<end].contains(where: { ByteClass.of($0) & ByteClass.anyLetter != 0 }) {
            tokens.append(remember(bytes[start..<end], .word, isSpaced))
        } else {
            tokens.append(remember(bytes[start..<end], .sign, isSpaced))
        }
    }

    private mutating func remember(_ bytes: ArraySlice<UInt8>, _ kind: TemplateToken.Kind, _ isSpaced: Bool) -> TemplateToken {
        let hash = bytes.withUnsafeBufferPointer { buffer in buffer.baseAddress.map { hashed($0, buffer.count) } ?? 0 }
        if texts[hash] == nil { texts[hash] = String(decoding: bytes, as: UTF8.self) }
        return TemplateToken(text: hash, kind: kind, isSpaced: isSpaced)
    }
}

/// Words with a meaning of their own to template merging.
enum TemplateWords {
    static let units: Set<String> = [
        "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "byte", "bytes", "ns", "us", "µs", "ms", "s", "sec", "secs", "second", "seconds",
        "millis", "milliseconds", "m", "min", "mins", "minute", "minutes", "h", "hour", "hours", "day", "days",
    ]
    static let truths: Set<String> = ["true", "false", "yes", "no", "on", "off", "null", "nil", "none", "enabled", "disabled"]
    /// Keys whose values name somebody or some machine.
    static let owners: Set<String> = ["user", "username", "host", "hostname", "account", "login"]
}
