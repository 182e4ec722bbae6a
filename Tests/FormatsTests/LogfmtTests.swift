import Formats
import Model
import Testing

struct LogfmtTests {
    @Test func `pairs are read, quoted and bare`() throws {
        let log = try LogFixture(
            #"ts=2026-11-22T10:00:00Z level=error msg="said \"no\"" service=cart hostname=web-1 trace_id=4bf9 dur=3ms err=x done"#)
        let line = log.lines[0]
        #expect(log.layout.format == .logfmt)
        #expect(line.time == "2026-11-22T10:00:00Z" && line.level == .error && line.message == "said \"no\"")
        #expect(line.service == "cart" && line.host == "web-1" && line.traceID == "4bf9")
    }

    @Test(arguments: [
        ("t=1795341600.5 lvl=warn msg=a", "2026-11-22T10:00:00.500Z", LogLevel.warning),
        ("time=1795341600 level=30 msg=a", "2026-11-22T10:00:00Z", .info),
        ("time=\"2026-11-22 10:00:00\" severity=ERROR msg=a", "2026-11-22T10:00:00Z", .error),
    ])
    func `times and levels have many names`(text: String, time: String, level: LogLevel) throws {
        let line = try LogFixture(text).lines[0]
        #expect(line.time == time && line.level == level && line.message == "a")
    }

    @Test func `a line without a message is its own`() throws {
        let line = try LogFixture("at=info method=GET path=/cart status=200").lines[0]
        #expect(line.message == "at=info method=GET path=/cart status=200")
    }

    @Test(arguments: ["just words", "level=info msg=\"open", "=x =y", ""])
    func `a line without pairs or with an open quote is refused`(text: String) throws {
        let log = try LogFixture("level=info msg=a\n" + text + "\n", format: .logfmt)
        #expect(log.lines.count == 1)
        #expect(log.page.rejectedCount == (text.isEmpty ? 0 : 1))
    }

    @Test func `a sentence that mentions a pair is not logfmt`() throws {
        #expect(try LogFixture("retrying because timeout=3 was reached\nagain with a=b\n").layout.format == .plain)
    }
}
