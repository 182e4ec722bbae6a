import Formats
import Model
import TestKit
import Testing

/// A log as text, read whole, its records as strings.
struct LogFixture {
    static let reference = Instant(ms: 1_795_348_800_000)  // 2026-11-22T12:00:00Z
    static let fallback = Instant(ms: 1_795_000_000_000)

    struct Line: Equatable {
        var time: String
        var level: LogLevel
        var message: String
        var service: String
        var host: String
        var traceID: String
        var stack: String
        var record: String
    }

    let layout: LogLayout
    let page: LogPage
    let lines: [Line]
    var rejections: [Rejection] { page.rejections }

    init(
        bytes: [UInt8], format: LogFormat? = nil, pattern: String? = nil, offsetMinutes: Int = 0, layout known: LogLayout? = nil,
        offset: Int64 = 0, firstLine: Int64 = 1, carried: Int64? = nil, isEnd: Bool = true
    ) throws {
        let reader = try LogReader(
            format: format, pattern: pattern, referenceTime: Self.reference, defaultOffsetMinutes: offsetMinutes)
        layout = known ?? bytes.withUnsafeBytes { reader.detect(head: $0) }
        page = reader.read(
            bytes, origin: DocumentOrigin(origin: "logs", path: "logs/shop.log", fallbackTime: Self.fallback), offset: offset,
            firstLine: firstLine, layout: layout, carriedTimeMs: carried, isEnd: isEnd)
        lines = page.batch.records.map { [batch = page.batch] in Self.line($0, in: batch) }
    }

    init(_ text: String, format: LogFormat? = nil, pattern: String? = nil, offsetMinutes: Int = 0, isEnd: Bool = true) throws {
        try self.init(bytes: Array(text.utf8), format: format, pattern: pattern, offsetMinutes: offsetMinutes, isEnd: isEnd)
    }

    static func line(_ record: LogRecord, in batch: LogBatch) -> Line {
        func text(_ range: ByteRange) -> String { String(decoding: batch.bytes[range.lower..<range.upper], as: UTF8.self) }
        return Line(
            time: Instant(ms: record.timeMs).rfc3339, level: record.level, message: text(record.message), service: text(record.service),
            host: text(record.host), traceID: text(record.traceID), stack: text(record.stack), record: text(record.record))
    }
}

struct LogReaderTests {
    @Test func `an empty file has no records and nothing to refuse`() throws {
        let log = try LogFixture("")
        #expect(log.lines.isEmpty && log.rejections.isEmpty)
        #expect(log.page.consumedBytes == 0 && log.page.consumedLines == 0)
        #expect(log.page.lastRecordStart == 0 && log.page.lastRecordLine == 1)
    }

    @Test(arguments: [
        "2026-11-22 10:00:00 INFO ready\r\n2026-11-22 10:00:01 INFO done",
        "\u{FEFF}2026-11-22 10:00:00 INFO ready\n2026-11-22 10:00:01 INFO done\n",
        "\0\0\02026-11-22 10:00:00 INFO ready\0\0\n\n   \n2026-11-22 10:00:01 INFO done\n",
    ])
    func `line ends, a byte order mark, NULs and blank lines are not part of a message`(text: String) throws {
        let log = try LogFixture(text)
        #expect(log.lines.map(\.message) == ["ready", "done"])
        #expect(log.lines.map(\.time) == ["2026-11-22T10:00:00Z", "2026-11-22T10:00:01Z"])
        #expect(log.page.consumedBytes == text.utf8.count)
    }

    @Test func `bytes that are not UTF-8 stay as they are`() throws {
        let log = try LogFixture(bytes: Array("2026-11-22 10:00:00 INFO caf".utf8) + [0xE9, 0xFF, 0xC0] + Array(" open\n".utf8))
        let message = try #require(log.page.batch.records.first?.message)
        #expect(Array(log.page.batch.bytes[message.lower..<message.upper]) == Array("caf".utf8) + [0xE9, 0xFF, 0xC0] + Array(" open".utf8))
    }

    @Test func `a line longer than the limit is clipped and refused once`() throws {
        let long = "2026-11-22 10:00:00 INFO " + String(repeating: "x", count: Limits.lineBytes + 100)
        let log = try LogFixture(long + "\n2026-11-22 10:00:01 INFO next\n")
        #expect(log.lines.count == 2)
        #expect(log.page.batch.records[0].record.count == Int32(Limits.lineBytes))
        #expect(log.rejections.count == 1)
        #expect(log.rejections[0].line == 1 && log.rejections[0].reason.contains("longer than"))
        #expect(log.lines[1].message == "next")
    }

    @Test func `a line longer than a page is one clipped record and the page is used up`() throws {
        let bytes = [UInt8](repeating: 0x61, count: Limits.logPageBytes)
        let log = try LogFixture(bytes: bytes, layout: LogLayout(format: .plain), isEnd: false)
        #expect(log.page.consumedBytes == Limits.logPageBytes)
        #expect(log.page.batch.records.map(\.record.count) == [Int32(Limits.lineBytes)])
    }

    @Test func `refused lines say where they stand and are counted beyond what is shown`() throws {
        let bad = String(repeating: "not json\n", count: Limits.deadLettersPerFile + 5)
        let log = try LogFixture(#"{"msg":"a"}"# + "\n" + bad, format: .jsonLines)
        #expect(log.lines.count == 1)
        #expect(log.rejections.count == Limits.deadLettersPerFile)
        #expect(log.page.rejectedCount == Limits.deadLettersPerFile + 5)
        #expect(log.rejections[1].line == 3 && log.rejections[1].offset == 21 && log.rejections[1].excerpt == "not json")
    }

    @Test func `a line without a time has the time of the line before, at first the carried and then the file's`() throws {
        let text = #"{"msg":"a"}"# + "\n" + #"{"msg":"b","time":"2026-11-22T10:00:00Z"}"# + "\n" + #"{"msg":"c"}"# + "\n"
        #expect(try LogFixture(text).lines.map(\.time) == [LogFixture.fallback.rfc3339, "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"])
        let carried = try LogFixture(bytes: Array(text.utf8), carried: 1_000)
        #expect(carried.lines[0].time == "1970-01-01T00:00:01Z")
        #expect(carried.page.carriedTimeMs == 1_795_341_600_000)
    }

    @Test func `the last record waits for the next page, which may bring more lines of it`() throws {
        let first = "2026-11-22 10:00:00 INFO a\n2026-11-22 10:00:01 ERROR b\n\tat f\n"
        let log = try LogFixture(first, isEnd: false)
        #expect(log.lines.map(\.message) == ["a"])
        #expect(log.page.consumedBytes == 27 && log.page.consumedLines == 1)
        #expect(log.page.lastRecordStart == 0 && log.page.lastRecordLine == 1)
        #expect(log.page.carriedTimeMs == 1_795_341_600_000)
    }

    @Test func `the end of the file completes the last record and says where it began`() throws {
        let log = try LogFixture("2026-11-22 10:00:00 INFO a\n2026-11-22 10:00:01 ERROR b\n\tat f")
        #expect(log.lines.map(\.record) == ["2026-11-22 10:00:00 INFO a", "2026-11-22 10:00:01 ERROR b\n\tat f"])
        #expect(log.page.lastRecordStart == 27 && log.page.lastRecordLine == 2)
        #expect(log.page.consumedLines == 3)
    }

    @Test func `a record is bounded in lines and the rest of it refused once`() throws {
        let text =
            "2026-11-22 10:00:00 ERROR a\n" + String(repeating: "  frame\n", count: Limits.recordLines + 50)
            + "2026-11-22 10:00:01 INFO b\n"
        let log = try LogFixture(text)
        #expect(log.lines.map(\.message) == ["a", "b"])
        #expect(log.lines[0].record.split(separator: "\n").count == Limits.recordLines)
        #expect(log.page.rejectedCount == 1)
    }

    @Test(arguments: [
        ("logs/checkout.log", "checkout"), ("checkout.log.1.gz", "checkout"), ("/var/log/pods/shop_web-1_0a/cart/0.log", "cart"),
        ("containers/web-1_shop_cart-\(String(repeating: "ab", count: 32)).log", "cart"), (".log", "log"), ("", ""),
    ])
    func `a path suggests a service`(path: String, service: String) {
        #expect(LogReader.serviceName(ofPath: path) == service)
    }

    // MARK: - Laws

    /// One valid log of each format, with stack traces, partial lines and escapes.
    static let samples: [(name: String, text: String, pattern: String?)] = [
        (
            "json",
            #"{"time":"2026-11-22T10:00:00Z","level":"info","msg":"said \"hi\" \u00e9\ud83d\ude00","service":{"name":"cart"}}"# + "\n"
                + #"{"time":1795341601.5,"level":50,"msg":"failed","err":{"stack":"Error: x\n    at f (a.js:1:2)"}}"# + "\n"
                + "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: x\nstray line\n"
                + #"{"time":"2026-11-22T10:00:02Z","level":"info","msg":"done"}"# + "\n", nil
        ),
        (
            "logfmt",
            "ts=2026-11-22T10:00:00Z level=info msg=\"a \\\"b\\\" c\" service=cart\nts=2026-11-22T10:00:01Z level=error msg=boom err=\"x\\ny\"\n"
                + "goroutine 1 [running]:\nmain.f(0x1)\n\t/a.go:1 +0x1\nts=2026-11-22T10:00:02Z level=info msg=ok\n", nil
        ),
        (
            "syslog",
            "<34>1 2026-11-22T10:00:00Z web cart 8 ID [a b=\"c\"] hello\nNov 22 10:00:01 web cart[9]: world\n  more\n"
                + "<11>Nov 22 10:00:02 web cart: [error] bad\n", nil
        ),
        (
            "access",
            "h - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1\nh - - [22/Nov/2026:10:00:01 +0000] \"GET /\\\"x HTTP/1.1\" 502 1\nbad\n"
                + "h - - [22/Nov/2026:10:00:02 +0000] \"GET / HTTP/1.1\" 404 1\n", nil
        ),
        (
            "journald",
            #"{"__REALTIME_TIMESTAMP":"1795341600000000","PRIORITY":"6","MESSAGE":"a","_SYSTEMD_UNIT":"x.service"}"# + "\n"
                + #"{"__REALTIME_TIMESTAMP":"1795341601000000","PRIORITY":"3","MESSAGE":[104,105]}"# + "\n", nil
        ),
        (
            "cri",
            "2026-11-22T10:00:00Z stdout F {\"level\":\"info\",\"msg\":\"a\\nb\"}\n2026-11-22T10:00:01Z stdout P one \n2026-11-22T10:00:01Z stdout F two\n"
                + "2026-11-22T10:00:02Z stderr F Traceback (most recent call last):\n2026-11-22T10:00:02Z stderr F   File \"a\", line 1, in f\n"
                + "2026-11-22T10:00:02Z stderr F E: x\n2026-11-22T10:00:03Z stdout F end\n", nil
        ),
        (
            "docker",
            #"{"log":"level=info msg=\"a b\"\n","stream":"stdout","time":"2026-11-22T10:00:00Z"}"# + "\n"
                + #"{"log":"panic: x\n","stream":"stderr","time":"2026-11-22T10:00:01Z"}"# + "\n"
                + #"{"log":"\tat f\n","stream":"stderr","time":"2026-11-22T10:00:01Z"}"# + "\n"
                + #"{"log":"ok\n","stream":"stdout","time":"2026-11-22T10:00:02Z"}"# + "\n", nil
        ),
        (
            "plain",
            "2026-11-22 10:00:00,001 ERROR [main] a.B: failed\njava.lang.X: y\n\tat a.B.c(B.java:1)\n\n2026-11-22 10:00:01,002 WARN [t-1] a.B: slow\n"
                + "2026-11-22 10:00:02,003 INFO [t-1] a.B: ok\n", nil
        ),
        ("clock", "10:00:00 INFO a: x\n10:00:01 WARN a: y\n23:59:59 INFO a: z\n00:00:01 INFO a: n\n", nil),
        ("bare", "starting\nERROR: no\n  detail\nTraceback (most recent call last):\n  File \"a\", line 1\nE: x\nstopped\n", nil),
        ("glog", "I1122 10:00:00.000001       1 a.go:1] x\n\tmore\nE1122 10:00:01.000001       1 b.go:22] y\n", nil),
        ("pattern", "10|error|x\n  more\n11|info|y\nbad\n12|info|z\n", #"^(?<time>\d+)\|(?<level>\w+)\|(?<message>.*)"#),
    ]

    @Test(arguments: samples.indices)
    func `reading in two pages, cut anywhere, gives the records of reading in one`(index: Int) throws {
        let sample = Self.samples[index]
        let bytes = Array(sample.text.utf8)
        let whole = try LogFixture(bytes: bytes, pattern: sample.pattern)
        #expect(!whole.lines.isEmpty)
        for cut in 0...bytes.count {
            let first = try LogFixture(bytes: Array(bytes[..<cut]), pattern: sample.pattern, layout: whole.layout, isEnd: false)
            #expect(first.page.consumedBytes <= cut)
            let rest = Array(bytes[first.page.consumedBytes...])
            let second = try LogFixture(
                bytes: rest, pattern: sample.pattern, layout: whole.layout, offset: Int64(first.page.consumedBytes),
                firstLine: 1 + first.page.consumedLines, carried: first.page.carriedTimeMs)
            #expect(first.lines + second.lines == whole.lines, "\(sample.name) cut at \(cut)")
            #expect(first.rejections + second.rejections == whole.rejections, "\(sample.name) cut at \(cut)")
            #expect(first.page.consumedLines + second.page.consumedLines == whole.page.consumedLines, "\(sample.name) cut at \(cut)")
            if !second.lines.isEmpty {
                #expect(first.page.consumedBytes + second.page.lastRecordStart == whole.page.lastRecordStart)
                #expect(second.page.lastRecordLine == whole.page.lastRecordLine)
            }
        }
    }

    @Test(arguments: samples.indices)
    func `reading again from the last record gives that record again`(index: Int) throws {
        let sample = Self.samples[index]
        let bytes = Array(sample.text.utf8)
        let whole = try LogFixture(bytes: bytes, pattern: sample.pattern)
        let again = try LogFixture(
            bytes: Array(bytes[whole.page.lastRecordStart...]), pattern: sample.pattern, layout: whole.layout,
            offset: Int64(whole.page.lastRecordStart), firstLine: whole.page.lastRecordLine, carried: whole.page.carriedTimeMs)
        #expect(again.lines == whole.lines.suffix(1))
    }

    @Test(arguments: samples.indices)
    func `damaged input keeps every range inside the batch and every record in order`(index: Int) throws {
        let sample = Self.samples[index]
        var chance = SeededGenerator(seed: 0xCA5E_B0A2 &+ UInt64(index))
        for round in 0..<400 {
            let bytes = Self.damaged(Array(sample.text.utf8), &chance)
            let isEnd = round % 3 != 0
            let format: LogFormat? =
                sample.pattern != nil
                ? nil : round % 4 == 0 ? LogFormat.allCases.filter { $0 != .pattern }.randomElement(using: &chance) : nil
            let log = try LogFixture(bytes: bytes, format: format, pattern: sample.pattern, isEnd: isEnd)
            try Self.checkInvariants(log, bytes, isEnd: isEnd, label: "\(sample.name), round \(round)")
        }
    }

    @Test func `noise of any kind is read without harm in every format`() throws {
        var chance = SeededGenerator(seed: 7)
        let alphabet = Array("{}[]\"\\:,=<>| \n\t0123456789TZabcERROR-+.u\0".utf8)
        for round in 0..<300 {
            let bytes = (0..<Int.random(in: 0..<600, using: &chance)).map { _ in alphabet.randomElement(using: &chance)! }
            for format in LogFormat.allCases where format != .pattern {
                let log = try LogFixture(bytes: bytes, format: format)
                try Self.checkInvariants(log, bytes, isEnd: true, label: "\(format), round \(round)")
            }
        }
    }

    static func damaged(_ original: [UInt8], _ chance: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &chance) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &chance)
            let length = min(bytes.count - at, Int.random(in: 1...40, using: &chance))
            switch Int.random(in: 0..<6, using: &chance) {
            case 0: bytes.removeSubrange(at...)
            case 1: bytes[at] ^= UInt8(1 << Int.random(in: 0..<8, using: &chance))
            case 2: bytes.insert(contentsOf: bytes[at..<at + length], at: at)
            case 3: bytes.insert(contentsOf: [UInt8](repeating: 0, count: length), at: at)
            case 4: bytes.removeSubrange(at..<at + length)
            default: bytes.insert(contentsOf: Array("\"\\u{}[]\n".utf8).shuffled(using: &chance), at: at)
            }
        }
        return bytes
    }

    static func checkInvariants(_ log: LogFixture, _ bytes: [UInt8], isEnd: Bool, label: String) throws {
        let page = log.page
        let batch = page.batch
        #expect(Array(batch.bytes.prefix(bytes.count)) == bytes, "\(label)")
        #expect(batch.sourceCount == bytes.count)
        #expect(page.consumedBytes <= bytes.count, "\(label)")
        #expect(!isEnd || page.consumedBytes == bytes.count, "\(label)")
        #expect(page.consumedLines <= bytes.reduce(1) { $0 + ($1 == 10 ? 1 : 0) }, "\(label)")
        #expect(page.rejections.count <= Limits.deadLettersPerFile && page.rejections.count <= page.rejectedCount)
        var end = 0
        for record in batch.records {
            #expect(record.record.lower >= end && record.record.count > 0 && record.record.upper <= page.consumedBytes, "\(label)")
            end = record.record.upper
            for range in [record.message, record.service, record.host, record.traceID, record.stack] {
                #expect(range.start >= 0 && range.count >= 0 && range.upper <= batch.bytes.count, "\(label)")
                let isInRecord = range.lower >= record.record.lower && range.upper <= record.record.upper
                #expect(range.isAbsent || isInRecord || range.lower >= batch.sourceCount, "\(label)")
            }
            #expect(!record.message.isAbsent && record.timeMs != LogRecord.noTime, "\(label)")
            _ = StackTrace.parse(record, in: batch)
        }
        if let last = batch.records.last { #expect(page.lastRecordStart == last.record.lower, "\(label)") }
    }
}
