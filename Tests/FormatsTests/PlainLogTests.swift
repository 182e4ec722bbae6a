import Model
import Testing

@testable import Formats

struct PlainLogTests {
    /// Three lines of each layout; the columns that are learned and the messages that remain.
    @Test(arguments: [
        (
            ["2026-11-22 10:00:00,001 ERROR [main] a.B: x 1", "2026-11-22 10:00:01,001 INFO [t 2] a.C: y"],
            [PlainHeader.Column.time, .level, .bracket, .tag], ["x 1", "y"]
        ),
        (
            ["11-22 10:00:00.811  1702  2395 D Window: x", "11-22 10:00:01.811  1702  11 E Power: y"],
            [.time, .integer, .integer, .level, .tag], ["x", "y"]
        ),
        (
            [
                "- 1795341600 2026.11.22 n1 2026-11-22-10.00.00.67 n1 RAS KERNEL INFO x",
                "ALERT 1795341601 2026.11.22 n2 2026-11-22-10.00.01.67 n2 RAS APP FATAL y",
            ],
            [.any, .time, .time, .name, .time, .name, .name, .name, .level], ["x", "y"]
        ),
        (["261122 100000 148 INFO dfs.Node$Part: x", "261122 100001 22 WARN dfs.Sys: y"], [.time, .integer, .level, .tag], ["x", "y"]),
        (["20261122-10:00:00:606|Step|3000|x 3", "20261122-10:0:1:6|Step Two|3000|y"], [.time, .barred, .barred], ["x 3", "y"]),
        (
            ["2026-11-22 10:00:00 - cart.py - ERROR - x", "2026-11-22 10:00:01 - pay - INFO - y - z"],
            [.time, .separator, .name, .separator, .level, .separator], ["x", "y - z"]
        ),
        (["[2026-11-22T10:00:00Z ERROR cart] x", "[2026-11-22T10:00:01Z INFO cart] y"], [.time], ["x", "y"]),
        (["2026-11-22 10:00:00:WARN:x y", "2026-11-22 10:00:01:DEBUG:y"], [.time, .level], ["x y", "y"]),
        (["[2026-11-22 10:00:00] local.ERROR: x", "[2026-11-22 10:00:01] local.INFO: y"], [.time, .tag], ["x", "y"]),
        (["2026-11-22 10:00:00.000 +00:00 [ERR] x", "2026-11-22 10:00:01.000 +00:00 [INF] y"], [.time, .level], ["x", "y"]),
        (
            ["2026-11-22T10:00:00.0Z  INFO 1 --- [main] o.s.B   : x", "2026-11-22T10:00:01.0Z  WARN 1 --- [t-1] o.C   : y"],
            [.time, .level, .integer, .separator, .bracket, .name, .separator], ["x", "y"]
        ),
    ])
    func `a header is learned and stripped`(lines: [String], columns: [PlainHeader.Column], messages: [String]) throws {
        let log = try LogFixture(lines.joined(separator: "\n") + "\n")
        #expect(log.layout.format == .plain)
        #expect(log.layout.header.columns == columns)
        #expect(log.lines.map(\.message) == messages)
        #expect(log.lines.map { String($0.time.prefix(19)) } == ["2026-11-22T10:00:00", "2026-11-22T10:00:01"])
    }

    @Test(arguments: [
        ("2026-11-22 10:00:00 [error] 31#31: *1 open() failed", LogLevel.error), ("2026-11-22 10:00:00 UTC [123] ERROR:  relation", .error),
        ("[2026-11-22T10:00:00Z WARN cart] x", .warning), ("[2026-11-22 10:00:00] local.CRITICAL: x", .critical),
        ("2026-11-22 10:00:00 I x", .info),
        ("E, [2026-11-22T10:00:00.1 #123] ERROR -- : x", .error), ("2026-11-22 10:00:00 x level=warn y", .warning),
        ("2026-11-22 10:00:00 error reading x", .unknown), ("2026-11-22 10:00:00 \u{1B}[31mERROR\u{1B}[0m x", .error),
    ])
    func `a level is found in its column`(text: String, level: LogLevel) throws {
        let expected: LogLevel = text.contains("error reading") ? .error : level
        // One line alone cannot show that its first word is not a column; a second one does.
        let log = try LogFixture(text + "\n")
        #expect(log.lines[0].level == expected)
    }

    @Test func `a word of the sentence is not a level`() throws {
        let log = try LogFixture("2026-11-22 10:00:00 error reading x\n2026-11-22 10:00:01 disk is full\n2026-11-22 10:00:02 panic: x\n")
        #expect(log.lines.map(\.level) == [.unknown, .unknown, .unknown])
    }

    @Test func `lines without a header continue the record`() throws {
        let log = try LogFixture(
            """
            2026-11-22 10:00:00 ERROR cart: failed
            java.lang.IllegalStateException: no cart
            \tat a.B.c(B.java:12)
            Caused by: java.io.IOException: gone

            \tat a.B.d(B.java:20)
            2026-11-22 10:00:01 INFO cart: ok
            """)
        #expect(log.lines.map(\.message) == ["failed", "ok"])
        #expect(log.lines[0].stack.split(separator: "\n").count == 4)
        #expect(StackTrace.parse(log.page.batch.records[0], in: log.page.batch)?.exception == "java.io.IOException")
    }

    @Test func `lines before the first header are one record without a time`() throws {
        let log = try LogFixture("banner\nversion 1\n2026-11-22 10:00:00 INFO a: ok\n2026-11-22 10:00:01 INFO a: ok\n")
        #expect(log.lines.map(\.record) == ["banner\nversion 1", "2026-11-22 10:00:00 INFO a: ok", "2026-11-22 10:00:01 INFO a: ok"])
        #expect(log.lines[0].time == LogFixture.fallback.rfc3339)
    }

    @Test func `a line of an odd shape keeps its time and level`() throws {
        let usual = (0..<20).map { "2026-11-22 10:00:\($0 + 10) INFO [main] a.B: ok\n" }.joined()
        let log = try LogFixture(usual + "2026-11-22 10:01:00 WARN no thread here\n")
        #expect(log.lines.last?.message == "no thread here" && log.lines.last?.level == .warning)
        #expect(log.lines.last?.time == "2026-11-22T10:01:00Z")
    }

    @Test func `text without any header has one record per line, and traces are joined`() throws {
        let log = try LogFixture(
            "starting\nERROR: no route\n    at f\nTraceback (most recent call last):\n  File \"a\", line 1, in f\nValueError: x\nstopped\n")
        #expect(log.layout.header == .none)
        #expect(log.lines.map(\.message) == ["starting", "ERROR: no route", "stopped"])
        #expect(log.lines[1].level == .error && log.lines[1].stack.hasSuffix("ValueError: x"))
    }

    @Test func `glog's header is read with its level letter`() throws {
        let log = try LogFixture(
            "E1122 10:00:00.619632       1 cart.go:253] no route\n\tdetail\nI1122 10:00:01.000000    1234 main.cc:2] ok\n")
        #expect(log.lines.map(\.message) == ["no route", "ok"])
        #expect(log.lines.map(\.level) == [.error, .info])
        #expect(log.lines[0].time == "2026-11-22T10:00:00.619Z" && log.lines[0].stack == "\tdetail")
    }

    @Test func `a bare clock takes its day from the lines before`() throws {
        let log = try LogFixture("23:59:59 INFO a: x\n00:00:01 INFO a: y\n")
        let day = LogFixture.fallback.day
        let first = log.page.batch.records[0].timeMs
        #expect(log.page.batch.records[1].timeMs - first == 2_000)
        #expect(abs(Instant(ms: first).day - day) <= 1)
    }

    @Test func `a trace id is looked for where something may be wrong`() throws {
        let log = try LogFixture(
            "2026-11-22 10:00:00 ERROR a: x trace_id=4bf92f3577b34da6a3ce929d0e0e4736\n2026-11-22 10:00:00 INFO a: x trace_id=4bf92f3577b34da6a3ce929d0e0e4736\n"
        )
        #expect(log.lines.map(\.traceID) == ["4bf92f3577b34da6a3ce929d0e0e4736", ""])
    }
}
