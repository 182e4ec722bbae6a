import Formats
import Foundation
import Model
import TestKit
import Testing

@testable import Connectors

private func mail(_ id: String, _ subject: String = "") -> String {
    "Date: Thu, 01 Jan 2026 11:00:00 +0000\nFrom: ann@example.org\nMessage-ID: <\(id)@example.org>\nSubject: \(subject.isEmpty ? id : subject)\n\nwords of \(id)\n"
}
private func from(_ time: String = "Thu Jan  1 11:00:00 2026") -> String { "From ann@example.org \(time)\n" }

@Suite struct MailFilesTests {
    private let workspace: Workspace
    init() throws { workspace = try Workspace() }

    private func collect(_ path: String, _ more: [String: JSONValue] = [:]) async throws -> Workspace.Run {
        try await workspace.collect(try workspace.connector("mail", ["path": .string(path)].merging(more) { $1 }))
    }
    private func titles(_ run: Workspace.Run) -> [String] { run.reading.events.map(\.title) }
    private func maildir(_ name: String) throws {
        for part in ["cur", "new", "tmp"] {
            try FileManager.default.createDirectory(atPath: "\(workspace.path)/\(name)/\(part)", withIntermediateDirectories: true)
        }
    }

    // MARK: Maildir

    @Test func `new and read mails of a Maildir are read once, and what is still written is not`() async throws {
        try maildir("box")
        try workspace.write(mail("a"), to: "box/new/1.a")
        try workspace.write(mail("b"), to: "box/cur/2.b:2,S")
        try workspace.write(mail("c"), to: "box/tmp/3.c")
        try workspace.write("3 V1 N4\n", to: "box/dovecot-uidlist")
        let run = try await collect("box")
        #expect(Set(titles(run)) == ["a", "b"])
        #expect(run.deadLetters.isEmpty)
        #expect(Set(titles(try await collect("box"))).isSubset(of: ["a", "b"]))
    }

    @Test func `a mail whose flags changed is the same fact`() async throws {
        try maildir("box")
        try workspace.write(mail("a"), to: "box/new/1.a")
        let first = try await collect("box").reading.events
        try workspace.rename("box/new/1.a", "box/cur/1.a:2,S")
        let second = try await collect("box").reading.events
        #expect(second == first)
    }

    @Test func `a mail that is moved here later is found whatever its dates say`() async throws {
        try maildir("box")
        try workspace.write(mail("a"), to: "box/new/1.a")
        _ = try await collect("box")
        try workspace.write(mail("old"), to: "old", at: Workspace.noon - .dayMs)
        try workspace.rename("old", "box/new/0.old")
        #expect(titles(try await collect("box")).contains("old"))
    }

    @Test func `the first run reads as far back as it is told`() async throws {
        try maildir("box")
        try workspace.write(mail("a"), to: "box/new/1.a", at: Workspace.noon - 10 * .dayMs)
        try workspace.write(mail("b"), to: "box/new/2.b")
        #expect(titles(try await collect("box")) == ["b"])
        workspace.cursors = [:]
        #expect(Set(titles(try await collect("box", ["lookback": "30d"]))) == ["a", "b"])
    }

    @Test func `a mail beyond the bound is cut and still read`() async throws {
        try maildir("box")
        try workspace.write(mail("a") + String(repeating: "x\n", count: 100_000), to: "box/new/1.a")
        let run = try await collect("box", ["max_mail_kib": "16"])
        #expect(titles(run) == ["a"])
        #expect(try #require(run.reading.events.first).body.utf8.count < 17_000)
    }

    @Test func `many mails are many pages, each mail once`() async throws {
        try maildir("box")
        for number in 0..<450 { try workspace.write(mail("m\(number)"), to: "box/new/\(number)") }
        let run = try await collect("box")
        #expect(run.pages.count == 3)
        #expect(Set(titles(run)).count == 450 && run.reading.events.count == 450)
    }

    // MARK: Mbox

    @Test func `mails of a mbox are told apart by their From lines and lose one quote`() async throws {
        let quoted = mail("a") + "\n>From here on\n>>From there\nFrom nowhere is no mail\n"
        try workspace.write(from() + quoted + "\n" + from() + mail("b") + "\n", to: "box")
        let run = try await collect("box")
        #expect(titles(run) == ["a", "b"])
        #expect(run.reading.events.first?.body == "words of a\n\nFrom here on\n>From there\nFrom nowhere is no mail")
        #expect(run.places == ["box, byte 0", "box, byte \(from().utf8.count + quoted.utf8.count + 1)"])
    }

    @Test func `a mbox that grows is read on`() async throws {
        try workspace.write(from() + mail("a") + "\n", to: "box")
        #expect(titles(try await collect("box")) == ["a"])
        #expect(try await collect("box").touched.isEmpty)
        try workspace.append(from() + mail("b") + "\n", to: "box", at: Workspace.noon + 1_000)
        #expect(titles(try await collect("box")) == ["b"])
    }

    @Test func `a mbox that was rewritten is read again`() async throws {
        try workspace.write(from() + mail("a") + "\n" + from() + mail("b") + "\n", to: "box")
        let first = try await collect("box").reading.events
        let marked = mail("b").replacing("Subject:", with: "Status: RO\nSubject:")
        try workspace.write(from() + marked + "\n" + from() + mail("c") + "\n", to: "box", at: Workspace.noon + 1_000)
        let second = try await collect("box").reading.events
        #expect(second.map(\.title) == ["b", "c"])
        #expect(second.first == first.last)
    }

    @Test func `the last mail waits while the file is written`() async throws {
        workspace.now = Workspace.noon + 10_000
        let half = from() + mail("a") + "\n" + from() + mail("b").dropLast(5)
        try workspace.write(half, to: "box")
        #expect(titles(try await collect("box")) == ["a"])
        workspace.now = Workspace.noon + .hourMs
        try workspace.write(from() + mail("a") + "\n" + from() + mail("b") + "\n", to: "box", at: Workspace.noon + 20_000)
        let run = try await collect("box")
        #expect(titles(run) == ["b"])
        #expect(run.reading.events.first?.body == "words of b")
    }

    @Test(arguments: Workspace.compressors)
    func `a compressed mbox is read`(program: String) async throws {
        try workspace.write(from() + mail("a") + "\n", to: "box")
        try workspace.compress("box", with: program)
        #expect(titles(try await collect("box.*")) == ["a"])
    }

    @Test func `a mail of many megabytes is passed over beyond its bound`() async throws {
        let huge = from() + mail("a") + String(repeating: "x", count: 20 << 20) + "\n\n" + from() + mail("b") + "\n"
        try workspace.write(huge, to: "box")
        let run = try await collect("box")
        #expect(titles(run) == ["a", "b"])
    }

    @Test func `what is neither is a dead letter, once`() async throws {
        try workspace.write("hello\n", to: "box")
        #expect(try await collect("box").deadLetters.first?.reason.hasPrefix("it is neither a mbox") == true)
        #expect(try await collect("box").deadLetters.isEmpty)
    }

    // MARK: Settings

    @Test(
        arguments: [[:], ["path": "a", "url": "imaps://x.example/INBOX"], ["url": "imaps://x.example/INBOX", "secret_env": "X"]]
            as [[String: JSONValue]])
    func `a source without one place, or with two, is refused`(values: [String: JSONValue]) {
        #expect(throws: ConnectorError.self) { try workspace.connector("mail", values) }
    }

    @Test(arguments: [
        "https://x.example/INBOX", "imaps://x.example", "imaps://x.example/", "imaps://ann:pw@x.example/INBOX",
        "imaps://x.example/INBOX;UID=1",
    ])
    func `an address that is no mailbox is refused`(url: String) throws {
        #expect(throws: SettingProblems.self) { try workspace.connector("mail", ["url": .string(url)]) }
    }

    @Test func `check counts and names what is wrong`() async throws {
        try maildir("box")
        try workspace.write(mail("a"), to: "box/new/1.a")
        try workspace.write("hello\n", to: "other")
        let connector = try workspace.connector("mail", ["path": ["box", "other"]])
        let probe = await connector.probe(through: SourceAccess(now: workspace.now))
        #expect(probe.findings == ["1 mail in Maildir folders", "1 mbox file"])
        #expect(probe.diagnostics.map(\.file) == ["other"])
    }
}
