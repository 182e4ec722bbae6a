import Formats
import Foundation
import Model
import TestKit
import Testing

@testable import Connectors

/// A log with stack traces, of about 60 kB.
private func story(seed: UInt64) -> String {
    var random = SeededGenerator(seed: seed)
    var text = ""
    for index in 0..<600 {
        text += line(index, "request from user")
        if Int.random(in: 0..<12, using: &random) == 0 {
            text += line(index, "payment failed: java.lang.IllegalStateException: no quote").replacing(" INFO ", with: " ERROR ")
            for frame in 0..<Int.random(in: 1...30, using: &random) {
                text += "\tat shop.pay.Gate\(frame).call(Gate\(frame).java:\(frame + 10))\n"
            }
        }
    }
    return text
}

@Suite struct LogsTests {
    @Test func `a log is read once`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(lines(0..<100), to: "logs/checkout.log")
        try await rig.run()
        #expect(rig.counts.total == 100)
        let batch = try #require(rig.lastRun.reading.logs.first)
        #expect(batch.path == "logs/checkout.log" && batch.defaultService == "checkout" && batch.firstLine == 1)
        try await rig.run()
        #expect(rig.lastRun.pages.isEmpty && rig.lastRun.touched.isEmpty)
    }

    @Test func `what is appended is read on from there`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(lines(0..<100), to: "logs/checkout.log")
        try await rig.run()
        try rig.workspace.append(lines(100..<150), to: "logs/checkout.log", at: Workspace.noon + 1_000)
        try await rig.run()
        #expect(rig.counts == (try await LogRig.whole([("checkout.log", lines(0..<150))])))
        let batch = try #require(rig.lastRun.reading.logs.first)
        // It begins at the last record known, for that may have grown.
        #expect(batch.firstRecordIsKnown && batch.firstLine == 100 && batch.records.count == 51)
    }

    @Test(arguments: 0..<6)
    func `ten cuts anywhere and one read give the same counts`(seed: Int) async throws {
        let text = Array(story(seed: UInt64(seed)).utf8)
        let expected = try await LogRig.whole([("checkout.log", String(decoding: text, as: UTF8.self))])
        var random = SeededGenerator(seed: UInt64(seed) + 100)
        let cuts = (0..<10).map { _ in Int.random(in: 1..<text.count, using: &random) }.sorted() + [text.count]
        let rig = try LogRig()
        for cut in cuts {
            // The writer is at work, so a line without an end is not finished.
            try rig.workspace.write(Array(text[..<cut]), to: "logs/checkout.log", at: rig.workspace.now - 500)
            try await rig.run()
            rig.workspace.now = rig.workspace.now + 10_000
        }
        rig.workspace.now = rig.workspace.now + .hourMs
        try await rig.run()
        #expect(rig.counts == expected)
        #expect(rig.lastRun.deadLetters.isEmpty)
    }

    @Test func `a stack trace cut by the end of a run is completed and not counted again`() async throws {
        let rig = try LogRig()
        let head =
            lines(0..<20) + line(20, "payment failed: java.lang.IllegalStateException: no quote").replacing(" INFO ", with: " ERROR ")
        try rig.workspace.write(head + "\tat shop.pay.A.call(A.java:1)\n", to: "logs/pay.log")
        try await rig.run()
        try rig.workspace.append(
            "\tat shop.pay.B.call(B.java:2)\n\tat shop.pay.C.call(C.java:3)\n" + lines(21..<25), to: "logs/pay.log",
            at: Workspace.noon + 1_000)
        try await rig.run()
        #expect(rig.counts.total == 25)
        #expect(rig.counts.stacks.values.map { $0 } == [3])
        #expect(rig.lastRun.reading.logs.first?.firstRecordIsKnown == true)
    }

    @Test func `a line without an end is left while its file is being written, and read when it rests`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(lines(0..<5) + "2026-01-01T11:59:00Z INFO half a li", to: "logs/a.log", at: rig.workspace.now - 59_000)
        try await rig.run()
        #expect(rig.counts.total == 5)
        try await rig.run()
        #expect(rig.lastRun.pages.isEmpty && rig.lastRun.touched.isEmpty)
        rig.workspace.now = rig.workspace.now + 60_000
        try await rig.run()
        #expect(rig.counts.total == 6)
        try await rig.run()
        #expect(rig.lastRun.pages.isEmpty && rig.lastRun.touched.isEmpty)
    }

    @Test func `refused lines are refused once`() async throws {
        let rig = try LogRig(["path": "logs/*", "format": "json"])
        try rig.workspace.write("{\"time\":\"2026-01-01T11:00:00Z\",\"msg\":\"a\"}\nnoise one\nnoise two\n", to: "logs/a.log")
        try await rig.run()
        #expect(rig.lastRun.deadLetters.map(\.place) == ["logs/a.log:2", "logs/a.log:3"])
        try rig.workspace.append(
            "{\"time\":\"2026-01-01T11:00:01Z\",\"msg\":\"b\"}\nnoise three\n", to: "logs/a.log", at: Workspace.noon + 1_000)
        try await rig.run()
        #expect(rig.lastRun.deadLetters.map(\.place) == ["logs/a.log:5"])
        #expect(rig.counts.total == 2)
    }

    @Test(arguments: [
        ("logs/checkout.log", "checkout"), ("logs/checkout.log.1", "checkout"), ("logs/checkout-20251231.log", "checkout"),
        ("logs/checkout_2025-12-31T10.log", "checkout"), ("logs/checkout-v2.log", "checkout-v2"), ("logs/api-2000.log", "api-2000"),
        ("logs/ts-order-service-5b67c48447-fj8b7.log", "ts-order-service-5b67c48447-fj8b7"),
    ])
    func `a file's name is its service`(name: String, service: String) async throws {
        let rig = try LogRig()
        try rig.workspace.write(lines(0..<2), to: name)
        try await rig.run()
        #expect(rig.lastRun.reading.logs.first?.defaultService == service)
    }

    @Test func `service, environment and time zone can be set`() async throws {
        let rig = try LogRig(["path": "logs/*", "service": "shop", "environment": "production", "timezone": "+02:00"])
        try rig.workspace.write("2026-01-01 12:00:00 INFO a\n2026-01-01 12:00:01 INFO b\n", to: "logs/x.log")
        try await rig.run()
        let batch = try #require(rig.lastRun.reading.logs.first)
        #expect(batch.defaultService == "shop" && batch.environment == "production")
        #expect(batch.records.first?.timeMs == Instant(rfc3339: "2026-01-01T10:00:00Z")?.ms)
    }

    @Test func `a folder can name the service`() async throws {
        let rig = try LogRig(["path": "logs/**/*.log", "service_from": "folder"])
        try rig.workspace.write(lines(0..<2), to: "logs/cart/out.log")
        try await rig.run()
        #expect(rig.lastRun.reading.logs.first?.defaultService == "cart")
    }

    @Test(arguments: [nil] + Workspace.compressors)
    func `a log of many pages is read whole, opened once, and goes on after a stop`(program: String?) async throws {
        // 20 MB: three pages.
        let text = (0..<220_000).map { line($0, "a request served with quite some words in its message") }.joined()
        let rig = try LogRig()
        try rig.workspace.write(text, to: "logs/a.log")
        if let program { try rig.workspace.compress("logs/a.log", with: program) }
        try await rig.run()
        #expect(rig.counts.total == 220_000)
        #expect(rig.lastRun.pages.count == 3)
        #expect(rig.lastRun.touched.count == 2)  // for its head and for its body
        let stopping = try LogRig()
        try stopping.workspace.write(
            try rig.workspace.bytes(program == nil ? "logs/a.log" : program == "zstd" ? "logs/a.log.zst" : "logs/a.log.gz"),
            to: "logs/b.log")
        for _ in 0..<4 { try await stopping.run(maxPages: 1) }
        #expect(stopping.counts.total == 220_000)
    }

    @Test func `probing names the format`() async throws {
        let rig = try LogRig()
        try rig.workspace.write("{\"time\":\"2026-01-01T11:00:00Z\",\"msg\":\"a\"}\n", to: "logs/a.log")
        let probe = await rig.connector.probe(through: SourceAccess(now: rig.workspace.now))
        #expect(probe.findings.last == "1 read as `json`")
    }
}
