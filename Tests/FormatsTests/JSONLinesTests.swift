import Formats
import Model
import Testing

struct JSONLinesTests {
    private func line(_ text: String) throws -> LogFixture.Line {
        try #require(try LogFixture(text, format: .jsonLines).lines.first)
    }

    @Test func `the usual fields are read`() throws {
        let line = try line(
            #"{"time":"2026-11-22T10:00:00.5Z","level":"warn","service":"cart","host":"web-1","msg":"slow","trace_id":"4bf92f35","n":1}"#)
        #expect(line.time == "2026-11-22T10:00:00.500Z" && line.level == .warning && line.message == "slow")
        #expect(line.service == "cart" && line.host == "web-1" && line.traceID == "4bf92f35" && line.stack == "")
    }

    @Test(arguments: [
        "time", "timestamp", "@timestamp", "ts", "t", "datetime", "Timestamp",
    ])
    func `a time has many names`(name: String) throws {
        #expect(try line("{\"\(name)\":\"2026-11-22T10:00:00Z\",\"msg\":\"x\"}").time == "2026-11-22T10:00:00Z")
        #expect(try line("{\"\(name)\":1795341600123,\"msg\":\"x\"}").time == "2026-11-22T10:00:00.123Z")
        #expect(try line("{\"\(name)\":\"1795341600\",\"msg\":\"x\"}").time == "2026-11-22T10:00:00Z")
    }

    @Test(arguments: [
        (#""level":"error""#, LogLevel.error), (#""severity":"WARNING""#, .warning), (#""lvl":"debug""#, .debug),
        (#""log.level":"info""#, .info),
        (#""log":{"level":"error"}"#, .error), (#""level":10"#, .trace), (#""level":20"#, .debug), (#""level":30"#, .info),
        (#""level":40"#, .warning),
        (#""level":50"#, .error), (#""level":60"#, .critical), (#""PRIORITY":3"#, .error), (#""PRIORITY":"4""#, .warning),
        (#""level":3"#, .unknown),
        (#""level":"STATS""#, .unknown), (#""level":null"#, .unknown), (#""level":99999999999"#, .unknown),
        (#""fields":{"level":"warn"}"#, .warning),
    ])
    func `a level is a word or a number`(field: String, level: LogLevel) throws {
        #expect(try line("{\(field),\"msg\":\"x\"}").level == level)
    }

    @Test(arguments: [
        (#"{"message":"a","msg":"b","error":"c"}"#, "a"), (#"{"error":"c","msg":"b"}"#, "b"), (#"{"event":"e","error":"c"}"#, "e"),
        (#"{"error":"c"}"#, "c"), (#"{"msg":"","error":"c"}"#, "c"), (#"{"error":{"message":"deep"}}"#, "deep"),
        (#"{"fields":{"message":"f"}}"#, "f"),
        (#"{"msg":7,"n":1}"#, #"{"msg":7,"n":1}"#), (#"{"n":1}"#, #"{"n":1}"#), (#"{"msg":"  padded "}"#, "padded"), (#"{}"#, "{}"),
        (#"{"msg":"first\nsecond"}"#, "first"), (#"{"a":{"b":{"c":[1,{"d":"\"}"}]}},"msg":"ok"}"#, "ok"), (#"{ "msg" : "sp" }"#, "sp"),
    ])
    func `the message is the best of its names`(text: String, message: String) throws {
        #expect(try line(text).message == message)
    }

    @Test(arguments: [
        (#""service":{"name":"cart"}"#, "cart"), (#""service.name":"cart""#, "cart"), (#""app":"cart","container":"c""#, "cart"),
        (#""logger":"com.acme""#, ""), (#""name":"renovate","level":30"#, "renovate"), (#""name":"Ada","level":"info""#, ""),
        (#""service":{"name":{"deep":1}}"#, ""), (#""service":42"#, ""),
    ])
    func `a service is named by itself or by its object`(field: String, service: String) throws {
        #expect(try line("{\(field),\"msg\":\"x\"}").service == service)
    }

    @Test func `escaped values are unescaped behind the page's own bytes`() throws {
        let log = try LogFixture(#"{"msg":"said \"hi\" \ud83d\ude00","service":"c\u0061rt"}"# + "\n")
        #expect(log.lines[0].message == "said \"hi\" 😀" && log.lines[0].service == "cart")
        #expect(log.page.batch.records[0].message.lower >= log.page.batch.sourceCount)
    }

    @Test func `a stack is a field of its own or the lines of the message`() throws {
        let field = try line(#"{"msg":"failed","stack":"Error: x\n    at f (a.js:1:2)"}"#)
        #expect(field.message == "failed" && field.stack == "Error: x\n    at f (a.js:1:2)")
        let inside = try line(#"{"msg":"Error: x\n    at f (a.js:1:2)\n"}"#)
        #expect(inside.message == "Error: x" && inside.stack == "Error: x\n    at f (a.js:1:2)")
        #expect(try line(#"{"msg":"a","error":{"stack":"s1"}}"#).stack == "s1")
    }

    @Test func `lines of a stack trace behind a record belong to it, others are refused`() throws {
        let log = try LogFixture(
            """
            {"level":"error","msg":"boom"}
            Traceback (most recent call last):
              File "a.py", line 1, in f
            ValueError: x
            ValueError: y
              indented
            {"level":"info","msg":"next"}
            """)
        #expect(log.lines.map(\.message) == ["boom", "next"])
        #expect(log.lines[0].stack.hasPrefix("Traceback") && log.lines[0].stack.hasSuffix("ValueError: x"))
        #expect(log.rejections.map(\.line) == [5, 6])
    }

    @Test func `a crash that is not JSON is a record of its own`() throws {
        let log = try LogFixture(
            """
            {"level":"info","msg":"ready"}
            panic: runtime error: index out of range

            goroutine 1 [running]:
            main.total(0x1, 0x2)
            \t/src/cart.go:12 +0x1d
            """)
        #expect(log.lines.map(\.message) == ["ready", "panic: runtime error: index out of range"])
        #expect(log.lines[1].level == .unknown)
        #expect(log.lines[1].stack.hasSuffix("/src/cart.go:12 +0x1d"))
        #expect(StackTrace.parse(log.page.batch.records[1], in: log.page.batch)?.frames.first?.line == 12)
    }

    @Test(arguments: [
        #"{"msg":"a""#, #"{"msg":"a"}x"#, #"{"msg":"a",}"#, #"{"msg" "a"}"#, #"{msg:"a"}"#, #"{"msg":tru}"#, #"{"a":[1}}"#, #"{"a":"b\"}"#,
        "{", "[1]",
        #""text""#, "12", #"{"a":1}{"b":2}"#, #"{"a":{"b":1}"#,
    ])
    func `a malformed line is refused`(text: String) throws {
        let log = try LogFixture(text, format: .jsonLines)
        #expect(log.lines.isEmpty)
        #expect(log.rejections.map(\.reason) == ["the line is not one JSON object"])
    }

    @Test func `nesting is bounded`() throws {
        func nested(_ depth: Int) -> String {
            "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + ",\"msg\":\"x\"}"
        }
        #expect(try LogFixture(nested(Limits.jsonDepth)).lines.count == 1)
        #expect(try LogFixture(nested(Limits.jsonDepth + 1), format: .jsonLines).lines.isEmpty)
        #expect(try LogFixture(nested(100_000), format: .jsonLines).rejections.count == 1)
    }
}
