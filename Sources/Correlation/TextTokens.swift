/// Identifier-aware words of titles, messages, subjects and paths.
///
/// A run of letters, digits, `_` and inner `-./:` is a word. It gives its camelCase, snake_case and path parts in lower case,
/// crudely stemmed, and, when it has parts, itself whole behind a `=`. Numbers, hexadecimal ids and filler words give nothing.
enum TextTokens {
    static let maxBytes = 8 << 10
    static let maxTokens = 600

    /// In order of appearance, repeats included; at most `maxTokens` from the first `maxBytes`.
    static func tokens(_ text: String, whole: Bool = true) -> [String] {
        var text = text
        return text.withUTF8 { tokens(of: UnsafeBufferPointer(rebasing: $0.prefix(maxBytes)), whole: whole) }
    }
    private static func tokens(of bytes: UnsafeBufferPointer<UInt8>, whole: Bool) -> [String] {
        var out: [String] = []
        var at = 0
        while at < bytes.count, out.count < maxTokens {
            guard isWord(bytes[at]) else {
                at += 1
                continue
            }
            let start = at
            while at < bytes.count, isWord(bytes[at]) || isJoiner(bytes[at]) { at += 1 }
            emit(UnsafeBufferPointer(rebasing: bytes[start..<min(at, start + 200)]), whole: whole, into: &out)
        }
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

    private static func emit(_ word: UnsafeBufferPointer<UInt8>, whole: Bool, into out: inout [String]) {
        var end = word.count
        while end > 0, isJoiner(word[end - 1]) { end -= 1 }
        var parts = 0
        var from = 0
        func close(_ to: Int) {
            if from == to { return }
            parts += 1
            if let token = token(of: UnsafeBufferPointer(rebasing: word[from..<to])) { out.append(token) }
        }
        for index in 0..<end {
            let byte = word[index]
            if byte == UInt8(ascii: "_") || isJoiner(byte) {
                close(index)
                from = index + 1
                continue
            }
            let startsHump =
                isUpper(byte) && index > from && (!isUpper(word[index - 1]) || (index + 1 < end && isLower(word[index + 1])))
            if startsHump {
                close(index)
                from = index
            }
        }
        close(end)
        if whole, parts > 1, end >= 5, word[..<end].contains(where: isLetter) {
            out.append("=" + String(decoding: word[..<end].map(lower), as: UTF8.self))
        }
    }

    private static func token(of part: UnsafeBufferPointer<UInt8>) -> String? {
        if part.count < 2 || part.count > 60 || !part.contains(where: isLetter) { return nil }
        let digits = part.count(where: isDigit)
        if digits > 0 && part.count >= 7 && part.allSatisfy(isHex) { return nil }
        if digits * 2 > part.count { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: part.count) { lowered in
            for index in 0..<part.count { lowered[index] = lower(part[index]) }
            let bytes = UnsafeBufferPointer(lowered)
            let word = String(decoding: bytes, as: UTF8.self)
            if bytes.count <= longestStopWord, stopWords.contains(word) { return nil }
            return stem(word, bytes)
        }
    }

    /// Cuts `ing`, `ed`, `es`, `s` when at least four letters stay.
    static func stem(_ word: String) -> String {
        var copy = word
        return copy.withUTF8 { stem(word, $0) }
    }
    private static func stem(_ word: String, _ bytes: UnsafeBufferPointer<UInt8>) -> String {
        let cut = ending(of: bytes)
        return cut == 0 ? word : String(decoding: bytes.dropLast(cut), as: UTF8.self)
    }
    /// How many bytes are cut off the end of a word in lower case.
    private static func ending(of word: UnsafeBufferPointer<UInt8>) -> Int {
        let count = word.count
        guard count >= 5 else { return 0 }
        let (last, second) = (word[count - 1], word[count - 2])
        if count >= 7, last == UInt8(ascii: "g"), second == UInt8(ascii: "n"), word[count - 3] == UInt8(ascii: "i") { return 3 }
        if count >= 6, last == UInt8(ascii: "d") || last == UInt8(ascii: "s"), second == UInt8(ascii: "e") { return 2 }
        return last == UInt8(ascii: "s") ? 1 : 0
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
    private static let longestStopWord = stopWords.map(\.utf8.count).max() ?? 0
    /// The words detectors and monitors put into every title: they make no two signals alike.
    static let signalWords: Set<String> = [
        "usual", "usually", "error", "err", "fail", "failed", "failure", "failing", "high", "low", "rate", "firing", "alert", "burst",
        "message", "line", "log", "slow", "ms", "sec", "second", "minute", "min", "p50", "p90", "p95", "p99", "latency", "request",
        "warning", "warn", "critical", "info", "value", "level", "metric", "anomaly", "above", "below", "under", "service", "span", "test",
        "count", "time", "baseline", "range", "peak", "unusual", "template", "exception", "total", "percent", "silent", "silence", "number",
        "requests", "errors", "lines", "spans", "seconds", "minutes", "failures", "increased", "increas",
    ]
}
