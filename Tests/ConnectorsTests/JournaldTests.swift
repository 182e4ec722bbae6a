import Formats
import Foundation
import Model
import TestKit
import Testing

@testable import Connectors

/// What makes real journal files, where it is installed.
private let maker = ["/usr/lib/systemd/systemd-journal-remote", "/lib/systemd/systemd-journal-remote"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

@Suite(.enabled(if: maker != nil)) struct JournaldTests {
    private let workspace: Workspace
    init() throws { workspace = try Workspace(now: Workspace.noon) }

    /// An entry a minute, from so many minutes before noon on.
    private func write(_ messages: [String], to name: String, from minutes: Int64, unit: String = "cart.service") throws {
        var export = ""
        for (index, message) in messages.enumerated() {
            let at = Workspace.noon - (minutes - Int64(index)) * .minuteMs
            export += "__REALTIME_TIMESTAMP=\(at.ms * 1_000)\n__MONOTONIC_TIMESTAMP=\(at.ms)\n_BOOT_ID=0123456789abcdef0123456789abcdef\n"
            export += "PRIORITY=\(message.hasPrefix("bad") ? 3 : 6)\n_SYSTEMD_UNIT=\(unit)\n_HOSTNAME=web-1\nMESSAGE=\(message)\n\n"
        }
        try workspace.run(try #require(maker), ["-o", "\(workspace.path)/\(name)", "-"], input: export)
    }
    private func connector(_ more: [String: JSONValue] = [:]) throws -> JournaldConnector {
        try #require(try workspace.connector("journald", ["file": "*.journal"].merging(more) { $1 }) as? JournaldConnector)
    }
    private static func text(_ range: ByteRange, _ batch: LogBatch) -> String {
        String(decoding: batch.bytes[range.lower..<range.upper], as: UTF8.self)
    }
    private func messages(_ run: Workspace.Run) -> [String] {
        run.reading.logs.flatMap { batch in batch.records.map { Self.text($0.message, batch) } }
    }

    @Test func `every entry is read once, and the next run reads on behind the last`() async throws {
        try write(["one", "two"], to: "a.journal", from: 30)
        #expect(messages(try await workspace.collect(try connector())) == ["one", "two"])
        #expect(messages(try await workspace.collect(try connector())) == [])
        try write(["three"], to: "a.journal", from: 10)
        workspace.now = Workspace.noon + .minuteMs
        #expect(messages(try await workspace.collect(try connector())) == ["three"])
    }

    @Test func `an entry that was written late with an earlier time is not lost`() async throws {
        try write(["one"], to: "a.journal", from: 30)
        _ = try await workspace.collect(try connector())
        workspace.now = Workspace.noon + 20 * .minuteMs
        _ = try await workspace.collect(try connector())
        try write(["late"], to: "a.journal", from: 5)
        workspace.now = Workspace.noon + 30 * .minuteMs
        #expect(messages(try await workspace.collect(try connector())) == ["late"])
    }

    @Test func `the unit is the service, and the place in the journal counts on`() async throws {
        try write(["one"], to: "a.journal", from: 30)
        let first = try #require(try await workspace.collect(try connector()).reading.logs.first)
        try write(["two"], to: "a.journal", from: 10)
        workspace.now = Workspace.noon + .minuteMs
        let second = try #require(try await workspace.collect(try connector()).reading.logs.first)
        #expect(first.records.map { Self.text($0.service, first) } == ["cart"])
        #expect(first.offset == 0 && second.offset == Int64(first.sourceCount) && second.firstLine == 2)
    }

    @Test func `what is more than a page is read in more`() async throws {
        try write((0..<200).map { "message \($0)" }, to: "a.journal", from: 300)
        var connector = try connector()
        connector.pageBytes = 16 << 10
        let run = try await workspace.collect(connector)
        #expect(run.pages.count > 3)
        #expect(messages(run) == (0..<200).map { "message \($0)" })
    }

    @Test func `only the wanted units and priorities are read`() async throws {
        try write(["bad one", "two"], to: "a.journal", from: 30)
        try write(["bad three"], to: "b.journal", from: 20, unit: "search.service")
        let run = try await workspace.collect(try connector(["unit": ["cart"], "priority": "err"]))
        #expect(messages(run) == ["bad one"])
    }

    @Test func `a file that is not there fails and says so`() async throws {
        let error = await #expect(throws: ConnectorError.self) { try await workspace.collect(try connector(["file": "none.journal"])) }
        #expect(error?.description.hasPrefix("`journalctl` ended with code 1: ") == true)
        #expect(workspace.cursors.isEmpty)
    }

    @Test func `a check says what is there`() async throws {
        try write(["one"], to: "a.journal", from: 30)
        let probe = await (try connector()).probe(through: SourceAccess(now: workspace.now))
        #expect(probe.findings == ["`journalctl` answers with entries, the newest of 2026-01-01T11:30:00Z"])
        #expect(probe.diagnostics.isEmpty)
    }
}
