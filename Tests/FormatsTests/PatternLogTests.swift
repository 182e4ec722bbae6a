import Formats
import Model
import Testing

struct PatternLogTests {
    @Test func `named groups are the fields`() throws {
        let log = try LogFixture(
            "web-1/cart 2026-11-22T10:00:00Z !W! slow <4bf9>\n    at f\nweb-2/pay 2026-11-22T10:00:01Z !E! gone <>\n",
            pattern: #"^(?<host>[^/]+)/(?<service>\S+) (?<time>\S+) !(?<level>\w)! (?<message>.*) <(?<trace_id>\w*)>"#)
        #expect(log.layout.format == .pattern)
        #expect(log.lines.map(\.message) == ["slow", "gone"])
        #expect(log.lines.map(\.host) == ["web-1", "web-2"] && log.lines.map(\.service) == ["cart", "pay"])
        #expect(log.lines.map(\.level) == [.warning, .error] && log.lines.map(\.time) == ["2026-11-22T10:00:00Z", "2026-11-22T10:00:01Z"])
        #expect(log.lines.map(\.traceID) == ["4bf9", ""] && log.lines[0].stack == "    at f")
    }

    @Test func `lines that do not match are refused`() throws {
        let log = try LogFixture("a=1\nx\na=2\n", pattern: "a=(?<message>.)")
        #expect(log.lines.map(\.message) == ["1", "2"])
        #expect(log.rejections.map(\.reason) == ["the line does not match the pattern"])
    }

    @Test func `a bad pattern is an error with its place`() {
        #expect(
            throws: LogReaderError.badPattern(pattern: "(?<message>[a-", offset: 14, reason: "missing terminating ] for character class")
        ) {
            try LogReader(format: nil, pattern: "(?<message>[a-", referenceTime: LogFixture.reference)
        }
    }

    @Test func `a pattern without our groups, or none at all, is an error that says what to write`() {
        #expect(throws: LogReaderError.patternWithoutGroups(pattern: "(?<other>.*)")) {
            try LogReader(format: .pattern, pattern: "(?<other>.*)", referenceTime: LogFixture.reference)
        }
        #expect(throws: LogReaderError.patternMissing) {
            try LogReader(format: .pattern, pattern: nil, referenceTime: LogFixture.reference)
        }
        #expect(LogReaderError.patternWithoutGroups(pattern: "x").description.contains("`(?<message>.*)`"))
    }

    @Test func `a pattern that runs away is stopped and the line refused`() throws {
        let log = try LogFixture(String(repeating: "a", count: 5_000) + "b!\nok!\n", pattern: #"^(?<message>(a+)+)!|^(?<level>ok)!"#)
        #expect(log.lines.count == 1)
        #expect(log.rejections.count == 1 && log.rejections[0].reason.contains("steps"))
    }

    @Test func `bytes that are not UTF-8 do not stop a pattern`() throws {
        let log = try LogFixture(bytes: [0xFF, 0xFE, 0x20] + Array("msg=caf".utf8) + [0xE9, 10], pattern: "msg=(?<message>[a-z]+)")
        #expect(log.lines.map(\.message) == ["caf"])
    }
}
