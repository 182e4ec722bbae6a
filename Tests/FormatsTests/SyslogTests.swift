import Formats
import Model
import Testing

struct SyslogTests {
    @Test func `RFC 3164 names time, host, program and message`() throws {
        let log = try LogFixture("<11>Nov 22 10:00:00 web-1 sshd(pam_unix)[19939]: check pass; user unknown\n")
        let line = log.lines[0]
        #expect(log.layout.format == .syslog)
        #expect(line.time == "2026-11-22T10:00:00Z" && line.level == .error && line.host == "web-1" && line.service == "sshd")
        #expect(line.message == "check pass; user unknown")
    }

    @Test(arguments: [
        ("Nov 22 10:00:00 web-1 kernel: [12.5] eth0 up", "kernel", "web-1", "[12.5] eth0 up"),
        ("Nov 22 10:00:00 web-1 syslogd 1.4.1: restart.", "syslogd", "web-1", "restart."),
        ("Nov 22 10:00:00 web-1 postfix/smtpd[7]: connect", "postfix/smtpd", "web-1", "connect"),
        ("Nov 22 10:00:00 cart[12]: no host", "cart", "", "no host"),
        ("Nov 22 10:00:00 web-1 lookup for x failed", "", "web-1", "lookup for x failed"),
        ("2026-11-22T10:00:00.000+00:00 web-1 cart[7]: rsyslog", "cart", "web-1", "rsyslog"),
    ])
    func `programs and hosts are told apart`(text: String, service: String, host: String, message: String) throws {
        let line = try LogFixture(text, format: .syslog).lines[0]
        #expect(line.service == service && line.host == host && line.message == message)
        #expect(line.time == "2026-11-22T10:00:00Z" && line.level == .unknown)
    }

    @Test func `RFC 5424 has structured data, nil values and a mark before the message`() throws {
        let log = try LogFixture(
            """
            <165>1 2026-11-22T10:00:00.003Z web-1 cart 8710 ID47 [ex@1 k="a ] b" q="say \\"x\\""][two@1] it works
            <34>1 - - - - - - \u{FEFF}nothing known
            """)
        #expect(log.lines.map(\.message) == ["it works", "nothing known"])
        #expect(log.lines[0].service == "cart" && log.lines[0].host == "web-1" && log.lines[0].level == .notice)
        #expect(log.lines[1].service == "" && log.lines[1].host == "" && log.lines[1].level == .critical)
        #expect(log.lines[1].time == log.lines[0].time)
    }

    @Test func `a level or JSON in the message is understood`() throws {
        let log = try LogFixture(
            """
            Nov 22 10:00:00 web-1 cart[1]: [error] no route
            Nov 22 10:00:01 web-1 cart[1]: {"level":"warn","msg":"slow","trace_id":"4bf92f3577b34da6"}
            """)
        #expect(log.lines.map(\.level) == [.error, .warning])
        #expect(log.lines[1].message == "slow" && log.lines[1].service == "cart" && log.lines[1].traceID == "4bf92f3577b34da6")
    }

    @Test(arguments: [
        "<999>Nov 22 10:00:00 h a: x", "<34>1 yesterday h a 1 2 - x", "no header at all", "<34>1 2026-11-22T10:00:00Z h a 1 2 [open x",
    ])
    func `a malformed header is refused`(text: String) throws {
        let log = try LogFixture(text, format: .syslog)
        #expect(log.lines.isEmpty && log.rejections.count == 1)
    }

    @Test func `a plain log with a level behind its time is not taken for syslog`() throws {
        #expect(try LogFixture("2026-11-22T10:00:00Z INFO cart: ready\n2026-11-22T10:00:01Z WARN cart: slow\n").layout.format == .plain)
    }
}
