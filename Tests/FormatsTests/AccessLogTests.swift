import Formats
import Model
import Testing

struct AccessLogTests {
    @Test(arguments: [
        (#"10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /cart HTTP/1.1" 200 12 "-" "curl""#, #""GET /cart HTTP/1.1" 200"#, LogLevel.info),
        (#"10.0.0.1 - ada [22/Nov/2026:12:00:00 +0200] "POST /pay HTTP/1.1" 503 0"#, #""POST /pay HTTP/1.1" 503"#, .error),
        (#"shop.example:443 10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /x\"y HTTP/2" 404 9"#, #""GET /x\"y HTTP/2" 404"#, .notice),
        (#"::1 [22/Nov/2026:10:00:00 +0000] "-" 400 0 "-" "-""#, #""-" 400"#, .notice),
    ])
    func `the message is the request and its status`(text: String, message: String, level: LogLevel) throws {
        let log = try LogFixture(text)
        #expect(log.layout.format == .accessLog)
        #expect(log.lines[0].message == message && log.lines[0].level == level && log.lines[0].time == "2026-11-22T10:00:00Z")
        #expect(log.lines[0].host == "" && log.page.batch.records[0].message.upper <= log.page.batch.sourceCount)
    }

    @Test(arguments: [
        #"h - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1"#, #"h - - [22/Nov/2026:10:00:00 +0000] "GET /" 20"#,
        #"h - - [99/Nov/2026:10:00:00] "GET /" 200 1"#,
        #"h - - 22/Nov/2026 "GET /" 200 1"#, "  indented",
    ])
    func `a malformed line is refused`(text: String) throws {
        let log = try LogFixture(#"h - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1"# + "\n" + text, format: .accessLog)
        #expect(log.lines.count == 1)
        #expect(log.rejections.map(\.reason) == ["the line is not in the common log format"])
    }
}
