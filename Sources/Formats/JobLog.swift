import Model

/// The end of the log of a job that failed: what a person would look at first, and the stack trace in it.
package struct JobLog: Hashable, Sendable {
    /// Lines without the runner's own marks, at most `Limits.exemplarBytes`.
    package var text = ""
    package var stack: StackSummary?
    package init() {}

    /// What to ask a server for that gives only a part.
    package static let linesAsked: Int64 = 100
    package static let bytesAsked = Int64(2 * Limits.exemplarBytes)
    private static let bytesRead = 256 << 10
    /// As many as the canvas shows.
    private static let mostLines = 60

    /// The last lines, up to the last in which a runner of GitHub Actions or GitLab CI says what failed; what comes after cleans up.
    package init(_ bytes: [UInt8]) {
        let end = String(decoding: bytes.suffix(Self.bytesRead), as: UTF8.self)
        var lines: [String] = []
        var last = 0
        for line in end.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
            guard let (words, isVerdict) = Self.clean(line) else { continue }
            lines.append(words)
            if isVerdict { last = lines.count }
        }
        var kept: [String] = []
        var room = Limits.exemplarBytes
        for line in lines.prefix(last == 0 ? lines.count : last).reversed() {
            let line = line.clipped(toBytes: 2_000)
            room -= line.utf8.count + 1
            guard room >= 0 else { break }
            kept.append(line)
        }
        func whole(_ lines: some Collection<String>) -> String {
            StructuredText.body(lines.reversed().joined(separator: "\n"), limit: Limits.exemplarBytes)
        }
        func stack(_ text: String) -> StackSummary? { StackTrace.parse(text).flatMap { $0.frames.isEmpty ? nil : $0 } }
        // The end says why; what stands far above it would hide it, but a stack trace there is worth finding.
        text = whole(kept.prefix(Self.mostLines))
        self.stack = stack(text) ?? (kept.count > Self.mostLines ? stack(whole(kept)) : nil)
    }

    /// A line as the job printed it; nil for a mark of the runner. It is a verdict when the runner says in it what failed.
    private static func clean(_ line: Substring) -> (words: String, isVerdict: Bool)? {
        // What a progress bar wrote last is what one would see.
        var text = withoutEscapes(line.split(separator: "\r").last ?? "")
        if text.utf8.count > 20, text.utf8.dropFirst(10).first == UInt8(ascii: "T"), let blank = text.firstIndex(of: " "),
            text[..<blank].hasSuffix("Z"), Instant(rfc3339: text[..<blank]) != nil
        {
            text = String(text[text.index(after: blank)...])
            // GitLab's runner tells the stream after the time: `00O `, `01E+`.
            let mark = Array(text.utf8.prefix(4))
            if mark.count == 4, mark[2] == 79 || mark[2] == 69, mark[3] == 32 || mark[3] == 43, mark[0] &- 48 < 10 {
                text = String(text.dropFirst(4))
            }
        }
        if text.hasPrefix("section_start:") || text.hasPrefix("section_end:") { return nil }
        guard text.hasPrefix("##[") else { return (text, text.hasPrefix("ERROR: Job failed")) }
        guard let close = text.firstIndex(of: "]") else { return (text, false) }
        let kind = text.dropFirst(3).prefix { $0 != "]" }
        let words = String(text[text.index(after: close)...])
        switch kind {
        case "error": return ("Error: " + words, true)
        case "warning": return ("Warning: " + words, false)
        case "group", "endgroup", "debug", "section", "add-matcher", "remove-matcher": return nil
        default: return (words, false)
        }
    }

    /// Without terminal escapes: CSI sequences (ECMA-48, 5.4) go whole, of any other the escape alone.
    private static func withoutEscapes(_ text: Substring) -> String {
        guard text.utf8.contains(27) else { return String(text) }
        var out: [UInt8] = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == 27 else {
                out.append(byte)
                continue
            }
            guard bytes.first == UInt8(ascii: "[") else { continue }
            bytes = bytes.dropFirst().drop { $0 >= 0x20 && $0 < 0x40 }.dropFirst()
        }
        return String(decoding: out, as: UTF8.self)
    }
}
