import Formats
import Model
import Testing

struct ContainerLogTests {
    private func docker(_ message: String, _ second: Int) -> String {
        #"{"log":"\#(message)","stream":"stdout","time":"2026-11-22T10:00:0\#(second).5Z"}"# + "\n"
    }

    @Test func `the program's own line is read inside of the runtime's`() throws {
        let log = try LogFixture(
            """
            2026-11-22T10:00:00.5Z stdout F {"level":"warn","msg":"slow","time":"1999-01-01T00:00:00Z","service":"cart"}
            2026-11-22T10:00:01.5Z stderr F level=error msg="no route" trace_id=4bf9
            2026-11-22T10:00:02.5Z stdout F ERROR: plain
            2026-11-22T10:00:03.5Z stdout F just words
            2026-11-22T10:00:04.5Z stdout F
            """)
        #expect(log.layout.format == .container && !log.layout.isDockerJSON)
        #expect(log.lines.map(\.message) == ["slow", "no route", "ERROR: plain", "just words"])
        #expect(log.lines.map(\.level) == [.warning, .error, .error, .unknown])
        #expect(log.lines[0].time == "2026-11-22T10:00:00.500Z" && log.lines[0].service == "cart" && log.lines[1].traceID == "4bf9")
        #expect(log.rejections.isEmpty)
    }

    @Test func `lines behind their times are read when the format is named, with the trace that follows`() throws {
        let log = try LogFixture(
            """
            2026-11-22T10:00:00.5Z {"level":"warn","msg":"slow"}
            2026-11-22T10:00:01.25Z 10.0.0.7 - - [22/Nov/2026:10:00:01 +0000] "GET /cart HTTP/1.1" 503 12 "-" "curl"
            2026-11-22T10:00:02Z java.lang.IllegalStateException: no cart
            2026-11-22T10:00:02Z \tat a.B.c(B.java:7)
            without a time
            2026-11-22T10:00:03Z
            """, format: .timestamps)
        #expect(log.lines.map(\.message) == ["slow", #""GET /cart HTTP/1.1" 503"#, "java.lang.IllegalStateException: no cart"])
        #expect(log.lines.map(\.level) == [.warning, .error, .unknown])
        #expect(log.lines[1].time == "2026-11-22T10:00:01.250Z")
        #expect(log.lines[2].stack.contains("B.java:7") && log.lines[2].stack.contains("without a time"))
        #expect(log.rejections.isEmpty)
    }

    @Test func `Docker's lines are unescaped and read the same way`() throws {
        let log = try LogFixture(
            docker(#"{\"level\":\"error\",\"msg\":\"a \\\"b\\\"\"}\n"#, 0) + docker(#"level=info msg=c\n"#, 1) + docker(#"[warn] d\r\n"#, 2)
        )
        #expect(log.layout.isDockerJSON)
        #expect(log.lines.map(\.message) == ["a \"b\"", "c", "[warn] d"])
        #expect(log.lines.map(\.level) == [.error, .info, .warning])
        #expect(log.lines[2].time == "2026-11-22T10:00:02.500Z")
    }

    @Test func `the header a program writes is learned and its trace joined`() throws {
        let log = try LogFixture(
            """
            2026-11-22T10:00:00Z stdout F 2026-11-22 10:00:00,001 ERROR [main] a.B: failed
            2026-11-22T10:00:00Z stdout F java.lang.IllegalStateException: no cart
            2026-11-22T10:00:00Z stdout F \tat a.B.c(B.java:12)
            2026-11-22T10:00:01Z stdout F 2026-11-22 10:00:01,001 INFO [main] a.B: ok
            """)
        #expect(log.lines.map(\.message) == ["failed", "ok"])
        #expect(log.lines.map(\.level) == [.error, .info])
        #expect(log.lines[0].stack == "failed\njava.lang.IllegalStateException: no cart\n\tat a.B.c(B.java:12)")
        let summary = StackTrace.parse(log.page.batch.records[0], in: log.page.batch)
        #expect(
            summary?.exception == "java.lang.IllegalStateException"
                && summary?.frames == [StackFrame(file: "B.java", line: 12, function: "a.B.c")])
    }

    @Test func `pieces of a line are joined`() throws {
        let log = try LogFixture(
            """
            2026-11-22T10:00:00Z stdout P {"level":"error",
            2026-11-22T10:00:00Z stdout P "msg":
            2026-11-22T10:00:00Z stdout F "joined"}
            2026-11-22T10:00:01Z stdout F next
            """)
        #expect(log.lines.map(\.message) == ["joined", "next"])
        #expect(log.lines[0].level == .error)
        #expect(log.lines[0].record.split(separator: "\n").count == 3)
    }

    @Test func `Docker's pieces of sixteen kibibytes are joined`() throws {
        let piece = String(repeating: "a", count: 16 << 10)
        let log = try LogFixture(docker(piece, 0) + docker(piece, 0) + docker(#"end\n"#, 0) + docker(#"next\n"#, 1))
        #expect(log.lines.count == 2)
        #expect(log.lines[0].message.utf8.count == (32 << 10) + 3 && log.lines[0].message.hasSuffix("end"))
        #expect(log.lines[1].message == "next")
    }

    @Test func `a short line without a newline is not a piece`() throws {
        #expect(try LogFixture(docker("a", 0) + docker("b", 1)).lines.map(\.message) == ["a", "b"])
    }

    @Test func `pieces without an end are bounded`() throws {
        let line = "2026-11-22T10:00:00Z stdout P " + String(repeating: "x", count: 60_000) + "\n"
        let log = try LogFixture(String(repeating: line, count: 40))
        #expect(log.lines.count == 1)
        #expect(log.lines[0].message.utf8.count <= Limits.lineBytes)
    }

    @Test(arguments: ["2026-11-22T10:00:00Z stdin F x", "2026-11-22T10:00:00Z stdout X x", "stdout F x", "2026-11-22T10:00:00Z"])
    func `a line without the runtime's header is refused`(text: String) throws {
        let log = try LogFixture("2026-11-22T10:00:00Z stdout F a\n" + text, format: .container)
        #expect(log.lines.count == 1 && log.rejections.count == 1)
    }
}
