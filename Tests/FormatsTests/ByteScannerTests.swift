import Testing

@testable import Formats

struct ByteScannerTests {
    private func unescaped(_ text: String) -> String {
        var tail = LogTail(capacity: 4_096)
        defer { tail.deallocate() }
        Array(text.utf8).withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            tail.appendUnescaped(ByteScanner(base, end: buffer.count), 0, buffer.count)
        }
        return String(decoding: UnsafeBufferPointer(start: tail.base, count: tail.count), as: UTF8.self)
    }

    @Test(arguments: [
        (#"plain"#, "plain"), (#"a\"b\\c\/d"#, "a\"b\\c/d"), (#"\n\t\r\b\f"#, "\n\t\r\u{8}\u{C}"), (#"\u00e9\u20AC"#, "é€"),
        (#"\ud83d\ude00!"#, "😀!"), (#"\ud83d"#, "\u{FFFD}"), (#"\ud83dx"#, "\u{FFFD}x"), (#"\ude00"#, "\u{FFFD}"),
        (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\uZZZZ"#, "\u{FFFD}ZZZZ"), (#"\u12"#, "\u{FFFD}12"), (#"\q"#, "q"), ("end\\", "end"),
    ])
    func `escapes are resolved and broken ones replaced`(text: String, expected: String) {
        #expect(unescaped(text) == expected)
    }

    @Test func `a closing quote is found at every distance and escaped quotes are passed over`() {
        for distance in 0..<40 {
            let text = Array((String(repeating: "a", count: distance) + "\"rest").utf8)
            let escapedText = Array((String(repeating: "a", count: distance) + "\\\"b\"rest").utf8)
            text.withUnsafeBufferPointer { buffer in
                var escaped = false
                #expect(ByteScanner(buffer.baseAddress!, end: buffer.count).closingQuote(0, escaped: &escaped) == distance)
                #expect(!escaped)
            }
            escapedText.withUnsafeBufferPointer { buffer in
                var escaped = false
                #expect(ByteScanner(buffer.baseAddress!, end: buffer.count).closingQuote(0, escaped: &escaped) == distance + 3)
                #expect(escaped)
                // Cut inside of the escape there is no closing quote.
                #expect(ByteScanner(buffer.baseAddress!, end: distance + 2).closingQuote(0, escaped: &escaped) == -1)
            }
        }
    }

    @Test func `nothing behind the window is read`() {
        let bytes = Array("2026-11-22T10:00:00Z \"open".utf8)
        bytes.withUnsafeBufferPointer { buffer in
            for end in 0...bytes.count {
                let s = ByteScanner(buffer.baseAddress!, end: end)
                #expect(s.byte(end) == 0 && s.first(0x22, from: 0) <= end && s.tokenEnd(0) <= end && s.skipBlanks(end) == end)
                #expect(end >= 4 ? s.digits(0, 4) == 2_026 : s.digits(0, 4) == -1)
                #expect(s.word(end) == 0)
            }
        }
    }
}
