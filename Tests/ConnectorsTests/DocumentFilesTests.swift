import Foundation
import Glibc
import Model
import TestKit
import Testing

@testable import Connectors

private func event(_ title: String) -> String { "{\"time\":\"2026-01-01T10:00:00Z\",\"type\":\"note\",\"title\":\"\(title)\"}\n" }
private func titles(_ run: Workspace.Run) -> [String] { run.reading.events.map(\.title) }

@Suite struct DocumentFilesTests {
    @Test func `each file is read once, in order of path`() async throws {
        let workspace = try Workspace()
        try workspace.write(event("b"), to: "inbox/b.jsonl")
        try workspace.write(event("a1") + event("a2"), to: "inbox/a.jsonl")
        let inbox = try workspace.connector("events", ["path": "inbox/*.jsonl"])
        let run = try await workspace.collect(inbox)
        #expect(titles(run) == ["a1", "a2", "b"])
        #expect(run.reading.events.allSatisfy { $0.origin == "test" })
        #expect(run.deadLetters.isEmpty)
        #expect(run.pages.count == 1)
    }

    @Test func `a second run with nothing new opens nothing`() async throws {
        let workspace = try Workspace()
        for index in 0..<20 { try workspace.write(event("\(index)"), to: "inbox/\(index).jsonl") }
        let inbox = try workspace.connector("events", ["path": "inbox/*.jsonl"])
        _ = try await workspace.collect(inbox)
        let again = try await workspace.collect(inbox)
        #expect(again.pages.isEmpty)
        #expect(again.touched.isEmpty)
    }

    @Test func `a changed file is read again, and only that`() async throws {
        let workspace = try Workspace()
        try workspace.write(event("a"), to: "inbox/a.jsonl")
        try workspace.write(event("b"), to: "inbox/b.jsonl")
        let inbox = try workspace.connector("events", ["path": "inbox/*.jsonl"])
        _ = try await workspace.collect(inbox)
        try workspace.append(event("b2"), to: "inbox/b.jsonl", at: Workspace.noon + 1_000)
        #expect(titles(try await workspace.collect(inbox)) == ["b", "b2"])
    }

    @Test func `touched, renamed, copied and compressed files are known by their content`() async throws {
        let workspace = try Workspace()
        for name in ["a", "b", "c", "d"] { try workspace.write(event(name), to: "inbox/\(name).jsonl") }
        let inbox = try workspace.connector("events", ["path": "inbox/*"])
        #expect(titles(try await workspace.collect(inbox)).count == 4)
        try workspace.touch("inbox/a.jsonl", at: Workspace.noon + 5_000)
        try workspace.rename("inbox/b.jsonl", "inbox/renamed.jsonl")
        try workspace.copy("inbox/c.jsonl", "inbox/copy.jsonl")
        try workspace.compress("inbox/d.jsonl")
        #expect(titles(try await workspace.collect(inbox)) == [])
        #expect(try await workspace.collect(inbox).touched.isEmpty)
    }

    @Test func `two equal files of one run are one`() async throws {
        let workspace = try Workspace()
        for name in ["a", "b"] { try workspace.write(event("same"), to: "inbox/\(name).jsonl") }
        #expect(titles(try await workspace.collect(try workspace.connector("events", ["path": "inbox/*"]))) == ["same"])
    }

    @Test(arguments: Workspace.compressors)
    func `compressed files are read like plain ones`(program: String) async throws {
        let workspace = try Workspace()
        try workspace.write(event("a"), to: "inbox/a.jsonl")
        try workspace.compress("inbox/a.jsonl", with: program)
        #expect(titles(try await workspace.collect(try workspace.connector("events", ["path": "inbox/*"]))) == ["a"])
    }

    @Test func `a broken line costs one dead letter with file and line`() async throws {
        let workspace = try Workspace()
        try workspace.write(event("a") + "{broken\n" + event("b"), to: "inbox/a.jsonl")
        let run = try await workspace.collect(try workspace.connector("events", ["path": "inbox/*"]))
        #expect(titles(run) == ["a", "b"])
        #expect(run.deadLetters.map(\.place) == ["inbox/a.jsonl:2"])
    }

    @Test func `a file full of broken lines costs a bounded number of dead letters`() async throws {
        let workspace = try Workspace()
        try workspace.write(event("a") + String(repeating: "{broken\n", count: 500), to: "inbox/a.jsonl")
        let run = try await workspace.collect(try workspace.connector("events", ["path": "inbox/*"]))
        #expect(run.deadLetters.count <= Limits.deadLettersPerFile + 1)
    }

    @Test func `a truncated archive is a dead letter once, and read when it is whole`() async throws {
        let workspace = try Workspace()
        try workspace.write((0..<2_000).map { event("event number \($0)") }.joined(), to: "inbox/a.jsonl")
        try workspace.compress("inbox/a.jsonl")
        let whole = try workspace.bytes("inbox/a.jsonl.gz")
        try workspace.write(Array(whole.prefix(whole.count / 2)), to: "inbox/a.jsonl.gz")
        let inbox = try workspace.connector("events", ["path": "inbox/*"])
        let run = try await workspace.collect(inbox)
        #expect(run.deadLetters.count == 1 && titles(run).isEmpty)
        let again = try await workspace.collect(inbox)
        #expect(again.deadLetters.isEmpty && again.touched.isEmpty)
        try workspace.write(whole, to: "inbox/a.jsonl.gz", at: Workspace.noon + 1_000)
        #expect(titles(try await workspace.collect(inbox)).count == 2_000)
    }

    @Test func `an archive that is still being written is left for the next run without a word`() async throws {
        let workspace = try Workspace()
        try workspace.write((0..<2_000).map { event("event number \($0)") }.joined(), to: "inbox/a.jsonl")
        try workspace.compress("inbox/a.jsonl")
        let whole = try workspace.bytes("inbox/a.jsonl.gz")
        try workspace.write(Array(whole.prefix(whole.count / 2)), to: "inbox/a.jsonl.gz", at: workspace.now - 1_000)
        let run = try await workspace.collect(try workspace.connector("events", ["path": "inbox/*"]))
        #expect(run.pages.isEmpty)
    }

    @Test func `a line that is still being written waits for its end`() async throws {
        let workspace = try Workspace()
        let inbox = try workspace.connector("events", ["path": "inbox/*"])
        let (first, second) = (event("a"), event("b"))
        try workspace.write(first + event("a2") + String(second.prefix(20)), to: "inbox/a.jsonl", at: workspace.now - 1_000)
        let run = try await workspace.collect(inbox)
        #expect(titles(run) == ["a", "a2"] && run.deadLetters.isEmpty)
        try workspace.append(String(second.dropFirst(20)), to: "inbox/a.jsonl", at: workspace.now)
        #expect(titles(try await workspace.collect(inbox)) == ["a", "a2", "b"])
    }

    @Test func `a complete line needs no line end`() async throws {
        let workspace = try Workspace()
        try workspace.write(event("a") + String(event("b").dropLast()), to: "inbox/a.jsonl", at: workspace.now)
        #expect(titles(try await workspace.collect(try workspace.connector("events", ["path": "inbox/*"]))) == ["a", "b"])
    }

    @Test func `a line left by a writer that died is refused in the end`() async throws {
        let workspace = try Workspace()
        try workspace.write(event("a") + event("b") + "{\"time\":", to: "inbox/a.jsonl", at: workspace.now)
        let inbox = try workspace.connector("events", ["path": "inbox/*"])
        #expect(try await workspace.collect(inbox).deadLetters.isEmpty)
        workspace.now = workspace.now + 120_000
        #expect(try await workspace.collect(inbox).deadLetters.map(\.place) == ["inbox/a.jsonl:3"])
        #expect(try await workspace.collect(inbox).pages.isEmpty)
    }

    @Test func `a folder in place of a file and a pipe are not read`() async throws {
        let workspace = try Workspace()
        try workspace.write(event("a"), to: "inbox/a.jsonl")
        try FileManager.default.createDirectory(atPath: workspace.path + "/inbox/b.jsonl", withIntermediateDirectories: true)
        mkfifo(workspace.path + "/inbox/c.jsonl", 0o644)
        let run = try await workspace.collect(try workspace.connector("events", ["path": "inbox/*.jsonl"]))
        #expect(titles(run) == ["a"] && run.deadLetters.isEmpty)
    }

    @Test func `many small files come in several pages`() async throws {
        let workspace = try Workspace()
        for index in 0..<1_200 { try workspace.write(event("\(index)"), to: "inbox/\(index).jsonl") }
        let run = try await workspace.collect(try workspace.connector("events", ["path": "inbox"]))
        #expect(run.pages.map(\.items.count) == [1_000, 200])
        #expect(Set(titles(run)).count == 1_200)
    }
}

@Suite struct LargeDocumentTests {
    /// Fetches with small bounds, so that a small file is a large document.
    private func collect(
        _ workspace: Workspace, _ name: String, _ cutting: @escaping @Sendable (ArraySlice<UInt8>) -> DocumentFiles.Cutting,
        maxPages: Int = 1_000
    ) throws -> [Page] {
        let settings = SourceSettings(name: "test", kind: "events", workspace: workspace.path, values: ["path": .texts([name])])
        var files = DocumentFiles(settings, cutting: cutting)
        files.documentBytes = 1_000
        files.pageBytes = 300
        let access = SourceAccess(now: workspace.now)
        var pages: [Page] = []
        while pages.count < maxPages, let page = files.fetch(after: workspace.cursors, through: access) {
            workspace.cursors.merge(page.cursorUpdates) { _, new in new }
            pages.append(page)
            try #require(pages.count < 1_000)
        }
        return pages
    }
    private func pieces(_ pages: [Page]) -> [(text: String, lineOffset: Int64)] {
        pages.flatMap(\.items).map { item in
            guard case .bytes(let bytes, _) = item.content else { return ("", 0) }
            return (String(decoding: bytes, as: UTF8.self), item.lineOffset)
        }
    }
    private let lines = (0..<400).map { "{\"n\":\($0)}\n" }

    @Test(arguments: [nil] + Workspace.compressors)
    func `JSON lines are cut at line ends and nothing is lost`(program: String?) throws {
        let workspace = try Workspace()
        try workspace.write(lines.joined(), to: "a")
        if let program { try workspace.compress("a", with: program) }
        let all = pieces(try collect(workspace, "a*", DocumentFiles.cutsJSONLines))
        #expect(all.count > 2)
        #expect(all.map(\.text).joined() == lines.joined())
        var line: Int64 = 0
        for piece in all {
            #expect(piece.lineOffset == line)
            line += Int64(piece.text.filter { $0 == "\n" }.count)
        }
        #expect(try collect(workspace, "a*", DocumentFiles.cutsJSONLines).isEmpty)
    }

    @Test func `a run that stops in the middle goes on there`() throws {
        let workspace = try Workspace()
        try workspace.write(lines.joined(), to: "a")
        var text = ""
        for _ in 0..<100 {
            let pages = try collect(workspace, "a", DocumentFiles.cutsJSONLines, maxPages: 1)
            if pages.isEmpty { break }
            text += pieces(pages).map(\.text).joined()
        }
        #expect(text == lines.joined())
    }

    @Test func `a file that changes in the middle is read again from its beginning`() throws {
        let workspace = try Workspace()
        try workspace.write(lines.joined(), to: "a")
        _ = try collect(workspace, "a", DocumentFiles.cutsJSONLines, maxPages: 2)
        try workspace.append("{\"n\":400}\n", to: "a", at: Workspace.noon + 1_000)
        #expect(pieces(try collect(workspace, "a", DocumentFiles.cutsJSONLines)).map(\.text).joined() == lines.joined() + "{\"n\":400}\n")
    }

    @Test func `each piece of a table begins with its header`() throws {
        let workspace = try Workspace()
        let rows = (0..<200).map { "\($0),checkout,cpu,1\n" }
        try workspace.write("time,service,metric,value\n" + rows.joined(), to: "a")
        let all = pieces(try collect(workspace, "a", { _ in .linesUnderHeader }))
        #expect(all.count > 2)
        #expect(all.allSatisfy { $0.text.hasPrefix("time,service,metric,value\n") })
        #expect(all.map { $0.text.dropFirst(26) }.joined() == rows.joined())
        // The piece's line 2 is the file's line `lineOffset + 2`.
        for piece in all { #expect(piece.text.split(separator: "\n")[1].split(separator: ",")[0] == "\(piece.lineOffset)") }
    }

    @Test func `what cannot be cut is refused once`() throws {
        let workspace = try Workspace()
        try workspace.write("[" + lines.joined(separator: ",") + "]", to: "a")
        let pages = try collect(workspace, "a", DocumentFiles.cutsJSONLines)
        #expect(pages.flatMap(\.deadLetters).count == 1 && pages.flatMap(\.items).isEmpty)
        #expect(try collect(workspace, "a", DocumentFiles.cutsJSONLines).isEmpty)
    }

    @Test func `a line longer than a piece is refused`() throws {
        let workspace = try Workspace()
        try workspace.write("{\"n\":1}\n{\"n\":2}\n{\"n\":\"" + String(repeating: "x", count: 2_000) + "\"}\n", to: "a")
        let pages = try collect(workspace, "a", DocumentFiles.cutsJSONLines)
        #expect(pages.flatMap(\.deadLetters).map(\.reason) == ["line 3 is longer than 0 MiB"])
    }
}

@Suite struct DocumentKindTests {
    @Test(arguments: [
        ("metrics", "m.csv", "time,service,metric,value\n2026-01-01T10:00:00Z,checkout,cpu,0.5\n", "metrics"),
        ("metrics", "m.prom", "# TYPE cpu gauge\ncpu{service=\"checkout\"} 0.5 1767261600000\n", "metrics"),
        ("metrics", "m.om", "# TYPE cpu gauge\ncpu{service=\"checkout\"} 0.5 1767261600\n# EOF\n", "metrics"),
        (
            "junit", "t.xml",
            "<testsuite name=\"s\" timestamp=\"2026-01-01T10:00:00\"><testcase name=\"t\"><failure message=\"m\"/></testcase></testsuite>",
            "tests"
        ),
        ("topology", "t.csv", "caller,callee\nweb,checkout\n", "edges"),
        ("alerts", "a.json", "{\"time\":\"2026-01-01T10:00:00Z\",\"title\":\"down\",\"severity\":\"critical\"}", "events"),
        ("reports", "r.json", "{\"time\":\"2026-01-01T10:00:00Z\",\"title\":\"slow\",\"text\":\"very\"}", "events"),
        (
            "changes", "c.jsonl",
            "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"commit_time\":1767261600,\"author\":\"a\",\"subject\":\"s\"}\n",
            "events"
        ),
        (
            "feed", "f.xml",
            "<rss version=\"2.0\"><channel>"
                + "<item><title>t</title><guid>1</guid><pubDate>Thu, 01 Jan 2026 10:00:00 GMT</pubDate></item></channel></rss>",
            "events"
        ),
        (
            "traces", "z.json",
            "[{\"traceId\":\"0af7651916cd43dd8448eb211c80319c\",\"id\":\"b7ad6b7169203331\",\"name\":\"get\","
                + "\"timestamp\":1767261600000000,\"duration\":1000,"
                + "\"localEndpoint\":{\"serviceName\":\"web\"}}]",
            "spans"
        ),
    ])
    func `a document of each kind is read by its connector`(kind: String, name: String, text: String, what: String) async throws {
        let workspace = try Workspace()
        try workspace.write(text, to: name)
        let run = try await workspace.collect(try workspace.connector(kind, ["path": .string(name), "environment": "production"]))
        #expect(run.deadLetters.isEmpty)
        let counts = [
            "metrics": run.reading.metrics.count, "tests": run.reading.tests.count, "edges": run.reading.edges.count,
            "events": run.reading.events.count,
            "spans": run.reading.spans.count,
        ]
        #expect(counts.filter { $0.value > 0 } == [what: 1])
    }

    @Test(arguments: ["junit", "metrics", "traces", "alerts", "feed", "changes", "reports", "topology", "events", "logs"])
    func `noise of any kind ends in bounded dead letters, not in a crash`(kind: String) async throws {
        let workspace = try Workspace()
        var random = SeededGenerator(seed: 9)
        for index in 0..<20 {
            let bytes = (0..<Int.random(in: 1...5_000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            try workspace.write(bytes, to: "noise/\(index)")
        }
        try workspace.write([0x1F, 0x8B, 8, 0] + Array(repeating: 7, count: 50), to: "noise/gz")
        try workspace.write([0x28, 0xB5, 0x2F, 0xFD] + Array(repeating: 7, count: 50), to: "noise/zst")
        try workspace.write("", to: "noise/empty")
        let run = try await workspace.collect(try workspace.connector(kind, ["path": "noise"]))
        #expect(run.deadLetters.count <= 23 * (Limits.deadLettersPerFile + 1))
        #expect(try await workspace.collect(try workspace.connector(kind, ["path": "noise"])).pages.isEmpty)
    }

    @Test func `probing says what is there and what is wrong`() async throws {
        let workspace = try Workspace()
        try workspace.write("x", to: "inbox/a.jsonl")
        let access = SourceAccess(now: workspace.now)
        let good = await (try workspace.connector("events", ["path": "inbox/*"])).probe(through: access)
        #expect(good.findings == ["1 file, 1 bytes"] && good.diagnostics.isEmpty)
        let none = await (try workspace.connector("events", ["path": "outbox/*"])).probe(through: access)
        #expect(none.diagnostics.map(\.message) == ["no file matches `outbox/*`"])
    }
}
