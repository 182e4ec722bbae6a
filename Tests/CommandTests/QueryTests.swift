import Foundation
import TestKit
import Testing

/// `query` and `export` through the built program.
@Suite struct QueryTests {
    /// A workspace with one hostile alert and one investigation of it.
    static let shared: Result<TemporaryFolder, any Error> = Result {
        let folder = try TemporaryFolder()
        try folder.write("sources: []\n", to: "caseboard.yaml")
        let lines = try ["=cmd|' /C calc'!A0", "\u{1B}[31mred\u{7}", "quiet"].enumerated().map { index, title in
            let title = try JSONText.quoted(title)
            return
                #"{"type":"alert","source":"alerts","time":"2026-03-10T15:0\#(index):00Z","title":\#(title),"service":"shop","severity":"critical","id":"a\#(index)"}"#
        }
        try folder.write(lines.joined(separator: "\n") + "\n", to: "inbox/a.jsonl")
        let run = try Program.run(["run", "-w", folder.path, "--now", ContractTests.now])
        guard run.status == 0 else { throw Golden.Mismatch(description: run.output + run.error) }
        return folder
    }
    private func ask(_ arguments: [String], environment: [String: String] = [:]) throws -> Program.Result {
        try Program.run(arguments + ["-w", try Self.shared.get().path, "--now", ContractTests.now], environment: environment)
    }
    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `events come as JSON with their total`() throws {
        let answer = try object(try ask(["query", "events", "--type", "alert", "--limit", "2", "--json"]).output)
        #expect(answer["schema"] as? String == "caseboard.events/1")
        #expect(answer["total"] as? Int == 3)
        let events = answer["events"] as? [[String: Any]] ?? []
        #expect(events.count == 2 && events.first?["title"] as? String == "quiet")
    }

    @Test func `options of every command may stand before a command of two words`() throws {
        let path = try Self.shared.get().path
        let result = try Program.run(["-w", path, "--now", ContractTests.now, "query", "events", "--csv"])
        #expect(result.status == 0 && result.output.hasPrefix("occurred_at,"), "\(result.error)")
    }

    @Test func `a cell of comma-separated values is never a formula`() throws {
        let csv = try ask(["query", "events", "--sort", "oldest", "--csv"]).output
        #expect(csv.hasPrefix("occurred_at,severity,source,type,"))
        #expect(csv.contains(",'=cmd|"))
        #expect(!csv.contains(",=cmd"))
    }

    @Test func `a table moves no cursor`() throws {
        let table = try ask(["query", "events", "--table"]).output
        #expect(table.split(separator: "\n").count == 4)
        #expect(!table.unicodeScalars.contains { ($0.value < 32 && $0 != "\n") || $0.value == 127 })
    }

    @Test func `investigations are narrowed by their filters`() throws {
        let all = try object(try ask(["query", "investigations", "--service", "shop", "--from", "1d", "--json"]).output)
        #expect(all["total"] as? Int == 1)
        let none = try object(try ask(["query", "investigations", "--service", "nowhere", "--json"]).output)
        #expect(none["total"] as? Int == 0)
        #expect(try ask(["query", "investigations", "--text", "zebra"]).output == "no investigation matches\n")
        #expect(try ask(["query", "investigations", "--csv"]).output.hasPrefix("number,severity,status,"))
    }

    @Test(arguments: [
        ["query", "investigations", "--status", "burning"], ["query", "events", "--source", "nobody"], ["query", "events", "--limit", "0"],
        ["query", "events", "--csv", "--table"], ["query", "events", "--offset", "-1"], ["query", "nothing"],
        ["export", "1", "--format", "doc"], ["export", "1"],
    ]) func `wrong usage is status 64`(_ arguments: [String]) throws {
        let result = try ask(arguments)
        #expect(result.status == 64 && result.output.isEmpty && !result.error.isEmpty)
    }

    @Test func `each format of an export is what it says`() throws {
        #expect(try ask(["export", "1", "--format", "md"]).output.hasPrefix("#"))
        #expect(try object(try ask(["export", "1", "--format", "json"]).output)["schema"] as? String == "caseboard.case/1")
        let csv = try ask(["export", "1", "--format", "csv"]).output
        #expect(csv.hasPrefix("occurred_at,phase,") && csv.split(separator: "\n").count == 4 && !csv.contains(",=cmd"))
        let html = try ask(["export", "1", "--format", "html"]).output
        // It may lie anywhere: no link of it leads to a neighbour.
        #expect(html.hasPrefix("<!doctype html>") && !html.contains("href=\"../") && !html.contains("report.html\""))
        #expect(try ask(["export", "99", "--format", "md"]).status == 1)
    }

    @Test func `an export takes its place whole`() throws {
        let folder = try TemporaryFolder()
        let out = folder.path + "/sub/case.json"
        #expect(try ask(["export", "1", "--format", "json", "--out", out]).status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/sub") == ["case.json"])
        let refused = try ask(["export", "1", "--format", "json", "--out", "/proc/nothing/x.json"])
        #expect(refused.status == 2 && refused.error.contains("cannot write"))
    }

    @Test func `without a printer the error names the remedy`() throws {
        let result = try ask(["export", "1", "--format", "pdf", "--out", "/dev/null/x.pdf"], environment: ["PATH": "/nonexistent"])
        #expect(result.status == 2)
        #expect(result.error.contains("none of chromium") && result.error.contains("weasyprint"))
    }

    @Test func `a printer that fails is named, and its page is a file of its own`() throws {
        let folder = try TemporaryFolder()
        func printer(_ body: String) throws -> [String: String] {
            try folder.write("#!/bin/sh\n\(body)\n", to: "bin/weasyprint")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path + "/bin/weasyprint")
            return ["PATH": folder.path + "/bin"]
        }
        let failed = try ask(["export", "1", "--format", "pdf", "--out", folder.path + "/x.pdf"], environment: try printer("exit 3"))
        #expect(failed.status == 2 && failed.error.contains("it ended with status 3"))
        let silent = try ask(["export", "1", "--format", "pdf", "--out", folder.path + "/x.pdf"], environment: try printer("exit 0"))
        #expect(silent.status == 2 && silent.error.contains("it wrote no PDF"))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/x.pdf"))
        let made = try ask(
            ["export", "1", "--format", "pdf", "--out", folder.path + "/x.pdf"],
            environment: try printer(
                #"case "$(head -c 15 "$1" 2>/dev/null || /bin/head -c 15 "$1")" in "<!doctype html>") echo "%PDF-1.7" > "$2";; esac"#))
        #expect(made.status == 0, "\(made.error)")
        #expect(try String(contentsOfFile: folder.path + "/x.pdf", encoding: .utf8) == "%PDF-1.7\n")
    }
}

private enum JSONText {
    static func quoted(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }
}
