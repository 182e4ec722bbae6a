import Model
import TestKit
import Testing

@testable import Signals

/// A record to be put into a batch.
struct TestLine {
    var timeMs: Int64
    var level: LogLevel
    var service: String
    var text: String
    var stack = ""
    var trace = ""
}

/// A batch as a reader would make it: service and message lie in the line itself.
func logBatch(_ lines: [TestLine], path: String = "app.log", offset: Int64 = 0, firstLine: Int64 = 1, firstIsKnown: Bool = false)
    -> LogBatch
{
    var bytes: [UInt8] = []
    var records: [LogRecord] = []
    for line in lines {
        let start = bytes.count
        bytes += Array(line.service.utf8)
        let service = ByteRange(start: start, count: bytes.count - start)
        bytes.append(32)
        let messageStart = bytes.count
        bytes += Array(line.text.utf8)
        let message = ByteRange(start: messageStart, count: bytes.count - messageStart)
        var stack = ByteRange.absent
        if !line.stack.isEmpty {
            bytes.append(10)
            stack = ByteRange(start: bytes.count, count: line.stack.utf8.count)
            bytes += Array(line.stack.utf8)
        }
        var trace = ByteRange.absent
        if !line.trace.isEmpty {
            bytes.append(32)
            trace = ByteRange(start: bytes.count, count: line.trace.utf8.count)
            bytes += Array(line.trace.utf8)
        }
        records.append(
            LogRecord(
                timeMs: line.timeMs, level: line.level, record: ByteRange(start: start, count: bytes.count - start), message: message,
                service: service, traceID: trace, stack: stack))
        bytes.append(10)
    }
    return LogBatch(
        bytes: bytes, sourceCount: bytes.count, records: records, path: path, offset: offset, firstLine: firstLine,
        firstRecordIsKnown: firstIsKnown, defaultService: "fallback")
}

func plainSummarizer() -> LogSummarizer {
    LogSummarizer(
        redact: { text in
            text.contains("hunter")
                ? RedactedText(text: text.replacing("hunter", with: "[redacted]"), counts: ["password": 1]) : RedactedText(text: text)
        },
        stack: { text in
            text.contains("Exception")
                ? StackSummary(exception: "DemoException", message: "", frames: [StackFrame(file: "A.java", line: 3, function: "f")]) : nil
        })
}

/// Adds summaries as a store would: counts add up, exemplars keep the earliest few.
func merged(_ summaries: [LogSummary]) -> LogSummary {
    struct Key: Hashable { var service: String; var leaf: Int64; var level: LogLevel; var minute: Int64 }
    struct Hour: Hashable { var service: String; var leaf: Int64; var hour: Int64 }
    var counts: [Key: Int64] = [:]
    var leaves: [Int64: String] = [:]
    var exemplars: [Hour: [LogExemplar]] = [:]
    var records = 0
    var timeless = 0
    for summary in summaries {
        for count in summary.counts {
            counts[Key(service: count.service, leaf: count.leaf, level: count.level, minute: count.minute), default: 0] += count.count
        }
        for leaf in summary.leaves { leaves[leaf.id] = leaf.pattern }
        for exemplar in summary.exemplars {
            exemplars[Hour(service: exemplar.service, leaf: exemplar.leaf, hour: exemplar.at.ms.floorDivided(by: .hourMs)), default: []]
                .append(exemplar)
        }
        records += summary.recordCount
        timeless += summary.timelessCount
    }
    var kept: [LogExemplar] = []
    for list in exemplars.values {
        kept += list.sorted { ($0.at.ms, $0.path, $0.offset) < ($1.at.ms, $1.path, $1.offset) }.prefix(Limits.exemplarsPerLeafHour)
    }
    return LogSummary(
        leaves: leaves.map { LogLeaf(id: $0.key, pattern: $0.value) }.sorted { $0.id < $1.id },
        counts: counts.map {
            LogCount(service: $0.key.service, leaf: $0.key.leaf, level: $0.key.level, minute: $0.key.minute, count: $0.value)
        }
        .sorted { ($0.service, $0.leaf, $0.level, $0.minute) < ($1.service, $1.leaf, $1.level, $1.minute) },
        exemplars: kept.sorted {
            ($0.service, $0.leaf, $0.at.ms, $0.path, $0.offset) < ($1.service, $1.leaf, $1.at.ms, $1.path, $1.offset)
        },
        recordCount: records, timelessCount: timeless)
}

@Suite struct LogSummarizerTests {
    static let noon: Int64 = 1_795_356_000_000

    static func lines(_ count: Int, seed: UInt64) -> [TestLine] {
        var chance = SeededGenerator(seed: seed)
        let messages = [
            "took # ms", "user # logged in", "cannot reach 10.0.0.#", "java.lang.IllegalStateException: no #", "cache miss for key_#",
        ]
        let levels: [LogLevel] = [.info, .info, .error, .unknown, .debug]
        return (0..<count).map { _ in
            let kind = Int.random(in: 0..<messages.count, using: &chance)
            let text = messages[kind].replacing("#", with: String(Int.random(in: 0...200, using: &chance)))
            return TestLine(
                timeMs: noon + Int64.random(in: 0...7_200_000, using: &chance), level: levels[kind],
                service: ["web", "orders-5b67c48447-fj8b7", "orders-5b67c48447-x2zqp"].randomElement(using: &chance) ?? "web", text: text)
        }
    }

    @Test func `counts, levels and minutes are those of the records`() {
        var summarizer = plainSummarizer()
        summarizer.add(
            logBatch([
                TestLine(timeMs: Self.noon, level: .info, service: "web", text: "took 12 ms"),
                TestLine(timeMs: Self.noon + 59_999, level: .info, service: "web", text: "took 9 ms"),
                TestLine(timeMs: Self.noon + 60_000, level: .info, service: "web", text: "took 7 ms"),
                TestLine(timeMs: Self.noon, level: .error, service: "web", text: "took 8 ms"),
                TestLine(timeMs: LogRecord.noTime, level: .error, service: "web", text: "took 8 ms"),
            ]))
        let summary = summarizer.take()
        #expect(summary.leaves.map(\.pattern) == ["took <*> ms"])
        let minute = Self.noon / 60_000
        #expect(
            summary.counts.map { [Int64($0.level.rawValue), $0.minute, $0.count] } == [
                [3, minute, 2], [3, minute + 1, 1], [6, minute, 1],
            ])
        #expect(summary.recordCount == 5)
        #expect(summary.timelessCount == 1)
    }

    @Test func `any cut and any order of the batches gives the same aggregates`() {
        let lines = Self.lines(3_000, seed: 5)
        // Offsets must not depend on the cut: every line is its own place in one long file.
        var offsets: [Int64] = [0]
        for line in lines { offsets.append((offsets.last ?? 0) + Int64(line.service.utf8.count + line.text.utf8.count + 2)) }
        func batches(_ cuts: [Int]) -> [LogBatch] {
            zip(cuts, cuts.dropFirst()).map { logBatch(Array(lines[$0..<$1]), offset: offsets[$0], firstLine: Int64($0 + 1)) }
        }
        func withoutContext(_ summary: LogSummary) -> [LogExemplar] {
            summary.exemplars.map { exemplar in
                var exemplar = exemplar
                exemplar.before = []
                exemplar.after = []
                return exemplar
            }
        }
        var whole = plainSummarizer()
        for batch in batches([0, lines.count]) { whole.add(batch) }
        let expected = merged([whole.take()])
        var chance = SeededGenerator(seed: 3)
        for _ in 0..<8 {
            let cuts = ([0, lines.count] + (0..<6).map { _ in Int.random(in: 1..<lines.count, using: &chance) }).sorted()
            var summarizer = plainSummarizer()
            var summaries: [LogSummary] = []
            for batch in batches(cuts).shuffled(using: &chance) where !batch.records.isEmpty {
                if Bool.random(using: &chance) { summarizer = plainSummarizer() }
                summarizer.add(batch)
                summaries.append(summarizer.take())
            }
            let result = merged(summaries)
            #expect(result.counts == expected.counts)
            #expect(result.leaves == expected.leaves)
            #expect(withoutContext(result) == withoutContext(expected))
            #expect(result.recordCount == lines.count)
        }
    }

    @Test func `of each service and minute the lines of the traces with the least hashes are kept`() {
        var chance = SeededGenerator(seed: 11)
        let lines = (0..<4_000).map { number in
            TestLine(
                timeMs: Self.noon + Int64.random(in: 0..<180_000, using: &chance), level: .info,
                service: ["web", "orders"].randomElement(using: &chance) ?? "web", text: "took \(number) ms",
                trace: "trace-\(Int.random(in: 0..<900, using: &chance))")
        }
        // Line by line nothing is passed over, so the sample of all of them is drawn at once.
        var singly: [TracedLine] = []
        var offset: Int64 = 0
        for line in lines {
            var summarizer = plainSummarizer()
            let batch = logBatch([line], offset: offset)
            summarizer.add(batch)
            singly += summarizer.take().lines
            offset += Int64(batch.bytes.count)
        }
        var summarizer = plainSummarizer()
        summarizer.add(logBatch(lines))
        let kept = summarizer.take().lines
        #expect(singly.count == lines.count)
        #expect(kept == TracedLines.sampled(singly))
        #expect(kept.count < lines.count)
    }

    @Test func `several batches before one take add up like one`() {
        let lines = Self.lines(800, seed: 9)
        var one = plainSummarizer()
        one.add(logBatch(lines))
        var two = plainSummarizer()
        two.add(logBatch(Array(lines.prefix(300))))
        two.add(logBatch(Array(lines.dropFirst(300)), path: "b.log"))
        #expect(one.take().counts == two.take().counts)
    }

    @Test func `the earliest three of an hour are the exemplars, in whatever order they come`() {
        let lines = (0..<50).map { TestLine(timeMs: Self.noon + Int64($0) * 1_000, level: .error, service: "web", text: "refused \($0)") }
        for order in [lines, lines.reversed(), lines.shuffled()] {
            var summarizer = plainSummarizer()
            summarizer.add(logBatch(order))
            #expect(summarizer.take().exemplars.map(\.text) == ["web refused 0", "web refused 1", "web refused 2"])
        }
    }

    @Test func `an exemplar says where it stands and what stood around it`() {
        var summarizer = plainSummarizer()
        let lines = (0..<9).map {
            TestLine(timeMs: Self.noon + Int64($0), level: .info, service: "web", text: ["alpha", "beta", "gamma"][$0 % 3] + " \($0)")
        }
        summarizer.add(logBatch(lines, offset: 1_000, firstLine: 41))
        let exemplar = summarizer.take().exemplars.first { $0.text == "web beta 4" }
        #expect(exemplar?.line == 45)
        #expect(exemplar?.offset == 1_047)
        #expect(exemplar?.before == ["web beta 1", "web gamma 2", "web alpha 3"])
        #expect(exemplar?.after == ["web gamma 5", "web alpha 6", "web beta 7"])
    }

    @Test func `a record known already is not counted again and its exemplar is refreshed`() {
        var summarizer = plainSummarizer()
        let first = TestLine(timeMs: Self.noon, level: .error, service: "web", text: "DemoException: x")
        summarizer.add(logBatch([first], offset: 77))
        var grown = first
        grown.stack = "\tat A.f(A.java:3)"
        summarizer.add(logBatch([grown], offset: 77, firstIsKnown: true))
        let summary = summarizer.take()
        #expect(summary.counts.map(\.count) == [1])
        #expect(summary.exemplars.count == 1)
        #expect(summary.exemplars.first?.text.contains("A.java") == true)
        #expect(summary.exemplars.first?.exception == "DemoException")
        #expect(summary.recordCount == 1)
    }

    @Test func `secrets are gone from patterns, exemplars and context`() {
        var summarizer = plainSummarizer()
        summarizer.add(
            logBatch([
                TestLine(timeMs: Self.noon, level: .info, service: "web", text: "password=hunter"),
                TestLine(timeMs: Self.noon, level: .info, service: "web", text: "next line"),
            ]))
        let summary = summarizer.take()
        #expect(!"\(summary)".contains("hunter"))
        #expect((summary.redactions["password"] ?? 0) > 0)
    }

    @Test(arguments: [
        "Traceback (most recent call last):", "panic: runtime error", "java.lang.NullPointerException: x", "ValueError: bad",
        "Exception in thread main",
        "Caused by: x", "Uncaught TypeError",
    ])
    func `an unlevelled record that begins like an exception is an error`(text: String) {
        var summarizer = plainSummarizer()
        summarizer.add(logBatch([TestLine(timeMs: Self.noon, level: .unknown, service: "web", text: text)]))
        #expect(summarizer.take().counts.map(\.level) == [.error])
    }

    @Test(arguments: ["Error", "all is well", "Exceptional service", "panics: none", "ErrorCount 12", ""])
    func `other unlevelled records stay so`(text: String) {
        var summarizer = plainSummarizer()
        summarizer.add(logBatch([TestLine(timeMs: Self.noon, level: .unknown, service: "web", text: text)]))
        #expect(summarizer.take().counts.map(\.level) == [.unknown])
    }

    @Test func `free text without end stays within the bound of leaves`() {
        var summarizer = plainSummarizer()
        var chance = SeededGenerator(seed: 1)
        func word() -> String { String((0..<6).map { _ in Character(Unicode.Scalar(UInt8(97 + Int.random(in: 0..<26, using: &chance)))) }) }
        for page in 0..<5 {
            let lines = (0..<6_000).map { _ in
                TestLine(timeMs: Self.noon, level: .info, service: "web", text: "\(word()) \(word()) \(word()) \(word())")
            }
            summarizer.add(logBatch(lines, offset: Int64(page) * 1_000_000))
        }
        let summary = summarizer.take()
        #expect(summary.leaves.count <= Limits.leavesPerService + Limits.leavesPerService / 20 + 1)
        #expect(summary.counts.reduce(0) { $0 + $1.count } == 30_000)
        #expect(summary.leaves.contains { $0.pattern == "<*>" })
    }
}

@Suite struct ServiceNameTests {
    @Test(arguments: [
        ("orders-5b67c48447-fj8b7", "orders"), ("ts-order-service-5b67c48447-fj8b7", "ts-order-service"), ("kafka-0", "kafka"),
        ("node-exporter-x7k2p", "node-exporter"),
        ("orders", "orders"), ("my-service", "my-service"), ("api-proxy", "api-proxy"), ("-0", "-0"), ("", ""), ("shop-2026", "shop-2026"),
        ("a-5b67c48447-fj8b7", "a"),
    ])
    func `an instance counts for its service`(name: String, service: String) {
        #expect(ServiceName.service(ofInstance: name) == service)
    }
}
