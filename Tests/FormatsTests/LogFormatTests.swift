import Foundation
import Model
import Testing

@testable import Formats

struct LogFormatTests {
    @Test(arguments: LogReaderTests.samples.indices)
    func `the format is told from the first lines`(index: Int) throws {
        let expected: [LogFormat] = [
            .jsonLines, .logfmt, .syslog, .accessLog, .journal, .container, .container, .plain, .plain, .plain, .plain, .pattern,
        ]
        let sample = LogReaderTests.samples[index]
        let log = try LogFixture(sample.text, pattern: sample.pattern)
        #expect(log.layout.format == expected[index])
        #expect(log.layout.isDockerJSON == (sample.name == "docker"))
        #expect(log.layout.header.isGlog == (sample.name == "glog"))
    }

    @Test func `a layout survives being kept with a cursor`() throws {
        let layout = LogLayout(format: .container, header: PlainHeader(columns: [.time, .level, .tag], isBarred: true), isDockerJSON: true)
        let kept = try JSONEncoder().encode(layout)
        #expect(try JSONDecoder().decode(LogLayout.self, from: kept) == layout)
    }

    @Test func `a layout with absurdly many columns is read without harm`() throws {
        let layout = LogLayout(format: .plain, header: PlainHeader(columns: Array(repeating: .name, count: 500)))
        let log = try LogFixture(bytes: Array("2026-11-22 10:00:00 a b c d e f g h i j k l m n o p q r s t\n".utf8), layout: layout)
        #expect(log.lines.count == 1)
    }

    @Test func `a configured format is not second-guessed`() throws {
        let log = try LogFixture("2026-11-22 10:00:00 INFO a\n", format: .jsonLines)
        #expect(log.layout.format == .jsonLines && log.lines.isEmpty && log.rejections.count == 1)
    }

    @Test func `a last line cut off by the end of the head does not count`() throws {
        let reader = try LogReader(format: nil, pattern: nil, referenceTime: LogFixture.reference)
        let head = Array(#"{"msg":"a"}"#.utf8) + [10] + Array(#"{"msg":"b"#.utf8)
        #expect(head.withUnsafeBytes { reader.detect(head: $0) }.format == .jsonLines)
    }

    @Test(arguments: [
        ("INFO", LogLevel.info), ("warn", .warning), ("Warning", .warning), ("ERR", .error), ("error", .error), ("SEVERE", .error),
        ("FATAL", .critical), ("emerg", .critical), ("panic", .critical), ("CRIT", .critical), ("Note", .notice), ("NOTICE", .notice),
        ("debug", .debug), ("DEBUG5", .debug), ("FINE", .debug), ("FINEST", .trace), ("TRACE", .trace), ("verbose", .trace), ("V", .trace),
        ("E", .error), ("W", .warning), ("F", .critical), ("informational", .info), ("FAILURE", .error), ("STATS", .unknown),
        ("x", .unknown),
        ("information technology", .unknown), ("", .unknown), ("errors", .unknown), ("7", .unknown),
    ])
    func `a word names a level`(word: String, level: LogLevel) {
        let bytes = Array(word.utf8) + [0]
        #expect(
            bytes.withUnsafeBufferPointer { LogLevelWord.read(ByteScanner($0.baseAddress!, end: bytes.count - 1), 0, bytes.count - 1) }
                == level)
    }

    @Test(arguments: [
        ("[error] no route", LogLevel.error), ("ERROR: no route", .error), ("WARNING this", .warning), ("<warn> x", .warning),
        ("[ INFO ] x", .info),
        ("E0517 15:04:22.6 1 a.cc:1] x", .error), ("request level=warn done", .warning), ("a lvl=\"error\" b", .error),
        ("error reading file", .unknown), ("panic: runtime error", .unknown), ("fatal: no", .unknown), ("Exception in thread", .unknown),
        ("an ERROR happened", .unknown), ("sealevel=error", .unknown), ("level=high", .unknown), ("[e] x", .unknown), ("", .unknown),
    ])
    func `a text begins with its level or does not`(text: String, level: LogLevel) {
        let bytes = Array(text.utf8) + [0]
        #expect(
            bytes.withUnsafeBufferPointer { LogLevelWord.leading(ByteScanner($0.baseAddress!, end: bytes.count - 1), 0, bytes.count - 1) }
                == level)
    }

    @Test(arguments: [
        ("failed trace_id=4bf92f3577b34da6a3ce929d0e0e4736 x", "4bf92f3577b34da6a3ce929d0e0e4736"),
        (#"x "traceId": "00f067aa0ba902b7""#, "00f067aa0ba902b7"), ("[traceID:ABCDEF0123456789]", "ABCDEF0123456789"),
        ("stack trace of trace-id 12", ""), ("trace_id=xyz", ""), ("trace", ""), ("trace_id=4bf92f3577b34da6zz", ""),
    ])
    func `a trace id is found in a text`(text: String, expected: String) {
        let bytes = Array(text.utf8)
        let found = bytes.withUnsafeBufferPointer { LogTraceID.find(ByteScanner($0.baseAddress!, end: bytes.count), 0, bytes.count) }
        #expect(String(decoding: bytes[found], as: UTF8.self) == expected)
    }
}
