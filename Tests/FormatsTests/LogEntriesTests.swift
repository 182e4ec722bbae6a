import Formats
import Model
import Testing

@Suite struct LogEntriesTests {
    private let noon = Instant(ms: 1_767_268_800_000)
    private let document = DocumentOrigin(origin: "test", path: "lines", fallbackTime: Instant(ms: 1_767_268_800_000))

    private struct Seen: Equatable {
        var message: String
        var level = LogLevel.unknown
        var stack = ""
    }
    private func read(_ entries: [LogEntry]) throws -> [Seen] {
        let page = try #require(LogEntryReader.read(LogStream(entries: entries), from: document, offset: 0, firstLine: 1))
        func text(_ range: ByteRange) -> String { String(decoding: page.batch.bytes[range.lower..<range.upper], as: UTF8.self) }
        return page.batch.records.map { Seen(message: text($0.message), level: $0.level, stack: text($0.stack)) }
    }
    private func entries(_ texts: String...) -> [LogEntry] {
        texts.enumerated().map { LogEntry(time: noon + Int64($0.offset) * 1_000, text: $0.element) }
    }

    @Test func `what a program wrote is read as in a file`() throws {
        let seen = try read(
            entries(
                #"{"level":"warn","msg":"slow"}"#, #"level=error msg="no route""#,
                #"10.0.0.7 - - [01/Jan/2026:12:00:02 +0000] "GET /cart HTTP/1.1" 503 12 "-" "curl""#, "just words"))
        #expect(
            seen == [
                Seen(message: "slow", level: .warning), Seen(message: "no route", level: .error),
                Seen(message: #""GET /cart HTTP/1.1" 503"#, level: .error), Seen(message: "just words"),
            ])
    }

    @Test func `the lines of one entry are one record`() throws {
        let seen = try read(entries("upstream failed\n2 of 3 answered\nsee the manual", "next"))
        #expect(seen.map(\.message) == ["upstream failed", "next"])
        #expect(seen[0].stack.contains("2 of 3 answered\nsee the manual"))
    }

    @Test func `a stack trace of many entries is one record`() throws {
        let seen = try read(entries("java.lang.IllegalStateException: no stock", "\tat shop.Cart.add(Cart.java:41)", "next"))
        #expect(seen.map(\.message) == ["java.lang.IllegalStateException: no stock", "next"])
        #expect(seen[0].stack.contains("Cart.java:41"))
    }

    @Test func `the store's level comes before the text's, its guess behind it`() throws {
        var entries = entries("ERROR: named", "ERROR: guessed", "no word of it")
        entries[0].level = .info
        entries[1].guessedLevel = .info
        entries[2].guessedLevel = .warning
        #expect(try read(entries).map(\.level) == [.info, .error, .warning])
    }

    @Test func `the header that a program writes is learned`() throws {
        let seen = try read(
            entries("2026-01-01 12:00:00,001 ERROR [main] a.B: failed", "2026-01-01 12:00:01,001 INFO [main] a.B: fine"))
        #expect(seen.map(\.level) == [.error, .info])
        #expect(seen.map(\.message) == ["failed", "fine"] || seen.map(\.message) == ["a.B: failed", "a.B: fine"])
    }

    @Test func `each entry has the time of its store`() throws {
        let page = try #require(
            LogEntryReader.read(
                LogStream(entries: entries(#"{"time":"1999-01-01T00:00:00Z","msg":"a"}"#, "", "b")), from: document, offset: 7, firstLine: 3
            ))
        #expect(page.batch.records.map(\.timeMs).contains(noon.ms) && page.batch.records.map(\.timeMs).contains((noon + 2_000).ms))
        #expect(page.batch.offset == 7 && page.batch.firstLine == 3 && page.consumedLines == 3)
    }

    @Test func `nothing makes no page, and hostile text no trap`() throws {
        #expect(LogEntryReader.read(LogStream(), from: document, offset: 0, firstLine: 1) == nil)
        let hostile = ["", "\n\n\n", "\u{0}\u{0}", String(repeating: "{", count: 100_000), "2026-01-01T00:00:00Z", "\r\n \t", "\u{FEFF}é"]
        #expect(try read(hostile.map { LogEntry(time: Instant(ms: .max / 4), text: $0) }).count <= hostile.count)
    }

    @Test func `Loki's answers of other shapes say nothing`() {
        for text in [
            "", "[]", "{}", #"{"data":{"result":{}}}"#,
            #"{"data":{"result":[1,{"stream":7,"values":[[],[1],["x","y"],["-5","z"],[5e300,"w"]]}]}}"#,
        ] {
            let found = Array(text.utf8).withUnsafeBytes { LokiReader.streams($0) }
            #expect(found.streams.flatMap(\.lines).isEmpty)
        }
    }
}
