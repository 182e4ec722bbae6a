/// Identifier-aware words of titles, messages, subjects and paths.
///
/// A run of letters, digits, `_` and inner `-./:` is a word. It gives its camelCase, snake_case and path parts in lower case,
/// crudely stemmed, and, when it has parts, itself whole behind a `=`. Numbers, hexadecimal ids and filler words give nothing.
enum TextTokens {
    static let maxBytes = 8 << 10
    static let maxTokens = 600

    /// In order of appearance, repeats included; at most `maxTokens` from the first `maxBytes`.
    static func tokens(_ text: String, whole: Bool = true) -> [String] {
        var out: [String] = []
        var word: [UInt8] = []
        for byte in text.utf8.prefix(maxBytes) {
            if isWord(byte) || (isJoiner(byte) && !word.isEmpty) {
                if word.count < 200 { word.append(byte) }
            } else if !word.isEmpty {
                emit(&word, whole: whole, into: &out)
                if out.count >= maxTokens { return Array(out.prefix(maxTokens)) }
            }
        }
        if !word.isEmpty { emit(&word, whole: whole, into: &out) }
        return Array(out.prefix(maxTokens))
    }

    /// The words as written, lower case, for looking names up: `payments answered 503` → payments, answered, 503.
    static func plainWords(_ text: String) -> Set<String> {
        var out: Set<String> = []
        var word: [UInt8] = []
        for byte in text.utf8.prefix(maxBytes) {
            if isWord(byte) || (byte == UInt8(ascii: "-") && !word.isEmpty) {
                if word.count < 200 { word.append(lower(byte)) }
            } else if !word.isEmpty {
                insertPlain(&word, into: &out)
            }
        }
        if !word.isEmpty { insertPlain(&word, into: &out) }
        return out
    }
    private static func insertPlain(_ word: inout [UInt8], into out: inout Set<String>) {
        while word.last == UInt8(ascii: "-") { word.removeLast() }
        if word.count > 1 { out.insert(String(decoding: word, as: UTF8.self)) }
        word.removeAll(keepingCapacity: true)
    }

    private static func emit(_ word: inout [UInt8], whole: Bool, into out: inout [String]) {
        while let last = word.last, isJoiner(last) { word.removeLast() }
        defer { word.removeAll(keepingCapacity: true) }
        var parts = 0
        var part: [UInt8] = []
        func close() {
            defer { part.removeAll(keepingCapacity: true) }
            if part.isEmpty { return }
            parts += 1
            if let token = token(of: part) { out.append(token) }
        }
        for (index, byte) in word.enumerated() {
            if byte == UInt8(ascii: "_") || isJoiner(byte) {
                close()
                continue
            }
            let startsHump =
                isUpper(byte) && !part.isEmpty
                && (!isUpper(word[index - 1]) || (index + 1 < word.count && isLower(word[index + 1])))
            if startsHump { close() }
            part.append(byte)
        }
        close()
        if whole, parts > 1, word.count >= 5, word.contains(where: isLetter) {
            out.append("=" + String(decoding: word.map(lower), as: UTF8.self))
        }
    }

    private static func token(of part: [UInt8]) -> String? {
        if part.count < 2 || part.count > 60 || !part.contains(where: isLetter) { return nil }
        let digits = part.count(where: isDigit)
        if digits > 0 && part.count >= 7 && part.allSatisfy(isHex) { return nil }
        if digits * 2 > part.count { return nil }
        let lowered = String(decoding: part.map(lower), as: UTF8.self)
        if stopWords.contains(lowered) { return nil }
        return stem(lowered)
    }

    /// Cuts `ing`, `ed`, `es`, `s` when at least four letters stay.
    static func stem(_ word: String) -> String {
        for ending in ["ing", "ed", "es", "s"] where word.hasSuffix(ending) && word.utf8.count - ending.utf8.count >= 4 {
            return String(word.dropLast(ending.count))
        }
        return word
    }

    private static func isLetter(_ byte: UInt8) -> Bool { isUpper(byte) || isLower(byte) || byte >= 0x80 }
    private static func isUpper(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
    private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private static func isHex(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66) }
    private static func isWord(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") }
    private static func isJoiner(_ byte: UInt8) -> Bool { byte == 0x2D || byte == 0x2E || byte == 0x2F || byte == 0x3A }
    private static func lower(_ byte: UInt8) -> UInt8 { isUpper(byte) ? byte | 0x20 : byte }

    /// English filler, and fillers of commit subjects and reports.
    static let stopWords: Set<String> = [
        "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been", "before", "but", "by", "can", "could",
        "did", "do", "does", "for", "from", "get", "had", "has", "have", "if", "in", "into", "is", "it", "its", "just", "may", "more", "no",
        "not", "now", "of", "off", "on", "one", "only", "or", "our", "out", "over", "per", "should", "so", "some", "such", "than", "that",
        "the", "their", "them", "then", "there", "these", "they", "this", "to", "too", "up", "use", "used", "using", "was", "we", "were",
        "what", "when", "where", "which", "while", "who", "will", "with", "would", "you", "your", "fix", "fixes", "fixed", "add", "adds",
        "added", "new", "make", "makes", "reported", "signed", "author", "reviewed", "via", "com", "org", "www", "http", "https", "src",
    ]
    /// The words detectors and monitors put into every title: they make no two signals alike.
    static let signalWords: Set<String> = [
        "usual", "usually", "error", "err", "fail", "failed", "failure", "failing", "high", "low", "rate", "firing", "alert", "burst",
        "message", "line", "log", "slow", "ms", "sec", "second", "minute", "min", "p50", "p90", "p95", "p99", "latency", "request",
        "warning", "warn", "critical", "info", "value", "level", "metric", "anomaly", "above", "below", "under", "service", "span", "test",
        "count", "time", "baseline", "range", "peak", "unusual", "template", "exception", "total", "percent", "silent", "silence", "number",
        "requests", "errors", "lines", "spans", "seconds", "minutes", "failures", "increased", "increas",
    ]
}
