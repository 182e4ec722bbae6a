import Formats
import Model
import Testing

struct JournalTests {
    private func line(_ fields: String) throws -> LogFixture.Line {
        try #require(try LogFixture("{\"__REALTIME_TIMESTAMP\":\"1795341600123456\",\(fields)}").lines.first)
    }

    @Test func `an entry names time, priority, host, unit and message`() throws {
        let log = try LogFixture(
            #"{ "__REALTIME_TIMESTAMP" : "1795341600123456", "PRIORITY" : "3", "_HOSTNAME" : "web-1", "_SYSTEMD_UNIT" : "cart.service", "MESSAGE" : "no route" }"#
        )
        #expect(log.layout.format == .journal)
        let line = log.lines[0]
        #expect(line.time == "2026-11-22T10:00:00.123Z" && line.level == .error && line.host == "web-1" && line.service == "cart")
        #expect(line.message == "no route")
    }

    @Test func `the identifier comes before the unit`() throws {
        #expect(try line(#""_SYSTEMD_UNIT":"a.service","SYSLOG_IDENTIFIER":"cart","MESSAGE":"x""#).service == "cart")
    }

    @Test(arguments: [("[72,105,33]", "Hi!"), ("[ 195, 169 ]", "é")])
    func `a message of bytes is decoded`(value: String, message: String) throws {
        #expect(try line("\"MESSAGE\":\(value)").message == message)
    }

    @Test(arguments: ["[72,300]", "[72,\"a\"]", "[]", "null"])
    func `a message that is none leaves the entry`(value: String) throws {
        #expect(try line("\"MESSAGE\":\(value)").message.hasPrefix("{"))
    }

    @Test(arguments: [
        ("[error] x", "6", LogLevel.error), ("level=warn msg=x", "6", .warning), ("[error] x", "4", .warning), ("x", "6", .info),
    ])
    func `what a program prints may name a level of its own`(message: String, priority: String, level: LogLevel) throws {
        #expect(try line("\"PRIORITY\":\"\(priority)\",\"MESSAGE\":\"\(message)\"").level == level)
    }

    @Test func `an entry that is cut off is refused`() throws {
        let log = try LogFixture(#"{"__REALTIME_TIMESTAMP":"1795341600123456","MESSAGE":"a"}"# + "\n" + #"{"__REALTIME_TIMESTAMP":"17953"#)
        #expect(log.lines.count == 1 && log.rejections.map(\.line) == [2])
    }
}
