import Foundation
import TestKit
import Testing

/// The command line as a contract: exit codes, where words go, what JSON looks like.
@Suite struct ContractTests {
    static let now = "2026-03-10T15:20:00Z"

    @Test func `help and version answer on standard output with status 0`() throws {
        for arguments in [["--help"], ["help"], ["run", "--help"], ["--version"], ["help", "explain"]] {
            let result = try Program.run(arguments)
            #expect(result.status == 0)
            #expect(!result.output.isEmpty)
            #expect(result.error.isEmpty)
        }
    }

    @Test(arguments: [
        ["rnu"], ["run", "--onyl", "collect"], ["show"], ["show", "one"], ["run", "--only", "colect"], ["list", "--status", "burning"],
    ])
    func `wrong usage is status 64 and says so on standard error`(arguments: [String]) throws {
        let result = try Program.run(arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(!result.error.isEmpty)
    }

    @Test func `a mistyped command names the nearest one`() throws {
        #expect(try Program.run(["investigat", "x"]).error.contains("did you mean `investigate`?"))
        #expect(try Program.run(["run", "--only", "colect"]).error.contains("did you mean `collect`?"))
    }

    @Test func `outside a workspace a run says how to make one and exits with 2`() throws {
        let folder = try TemporaryFolder()
        let result = try Program.run(["run"], in: folder.path)
        #expect(result.status == 2)
        #expect(result.error.contains("caseboard init"))
        let json = try Program.run(["run", "--json"], in: folder.path)
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(object?["schema"] as? String == "caseboard.error/1")
        #expect((object?["error"] as? [String: Any])?["code"] as? String == "no_workspace")
    }

    @Test func `a broken configuration is named with line, column and remedy`() throws {
        let folder = try TemporaryFolder()
        try folder.write("sources:\n  - name: a\n    kind: promethius\n", to: "caseboard.yaml")
        let result = try Program.run(["run"], in: folder.path)
        #expect(result.status == 2)
        #expect(result.error.contains("caseboard.yaml:2"))
        try folder.write("sorces:\n  - kind: git\n", to: "caseboard.yaml")
        #expect(
            try Program.run(["check"], in: folder.path).error.contains(
                "caseboard.yaml:1:1: the configuration has no setting `sorces`; did you mean `sources`?"))
    }

    @Test func `an inbox that nobody uses is nothing to look at`() throws {
        let folder = try TemporaryFolder()
        try folder.write("sources:\n  - name: log\n    kind: logs\n    path: a.log\n", to: "caseboard.yaml")
        try folder.write("2026-01-01T10:00:00Z INFO hello\n", to: "a.log")
        let check = try Program.run(["check"], in: folder.path)
        #expect(check.status == 0, "\(check.output)")
        #expect(!check.output.contains("inbox"))
    }

    @Test func `an empty workspace runs, publishes a board that says what to do, and has nothing to list`() throws {
        let folder = try TemporaryFolder()
        #expect(try Program.run(["init", "w"], in: folder.path).status == 0)
        let run = try Program.run(["run", "-w", "w"], in: folder.path)
        #expect(run.status == 0, "\(run.error)")
        #expect(FileManager.default.fileExists(atPath: folder.path + "/w/public/index.html"))
        #expect(try Program.run(["list", "-w", "w"], in: folder.path).output.contains("no investigation has been opened yet"))
        #expect(try Program.run(["init", "w"], in: folder.path).status == 2)
        let show = try Program.run(["show", "1", "-w", "w"], in: folder.path)
        #expect(show.status == 1)
        #expect(show.error.contains("there is no investigation 1"))
    }

    @Test func `options may stand before the command and after its operands`() throws {
        let folder = try TemporaryFolder()
        try Program.run(["init", "w"], in: folder.path)
        #expect(try Program.run(["-w", "w", "list"], in: folder.path).status == 0)
        #expect(try Program.run(["list", "--json", "-w", "w"], in: folder.path).output.hasPrefix("{"))
        #expect(try Program.run(["--json", "-w", "w", "list"], in: folder.path).output.hasPrefix("{"))
    }

    @Test func `a second run while one holds the lock exits with 75`() throws {
        let folder = try TemporaryFolder()
        try Program.run(["init", "w"], in: folder.path)
        try FileManager.default.createDirectory(atPath: folder.path + "/w/var", withIntermediateDirectories: true)
        let descriptor = open(folder.path + "/w/var/lock", O_RDWR | O_CREAT, 0o644)
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        let result = try Program.run(["run", "-w", "w"], in: folder.path)
        close(descriptor)
        #expect(result.status == 75)
        #expect(result.error.contains("another run holds the lock"))
        #expect(try Program.run(["run", "-w", "w"], in: folder.path).status == 0)
    }

    @Test func `since leaves out what is older and never reads it again`() throws {
        let folder = try TemporaryFolder()
        let lines = (1...20).map { #"{"time":"2026-03-\#($0 < 10 ? "0" : "")\#($0)T10:00:00Z","level":"info","message":"tick"}"# }
        try folder.write(lines.joined(separator: "\n") + "\n", to: "app.log")
        try folder.write("sources:\n  - {name: app, kind: logs, path: app.log, service: shop}\n", to: "caseboard.yaml")
        func records(_ arguments: [String]) throws -> Int? {
            let output = try Program.run(["collect", "--json", "--now", "2026-03-21T00:00:00Z"] + arguments, in: folder.path).output
            let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
            return (object?["read"] as? [String: Any])?["log_records"] as? Int
        }
        #expect(try Program.run(["run", "--since", "last week"], in: folder.path).status == 2)
        let run = try Program.run(["run", "--json", "--since", "5d", "--now", "2026-03-21T00:00:00Z"], in: folder.path)
        #expect(run.output.contains(#""log_records":5"#), "\(run.output)")
        #expect(try records([]) == 0)
    }

    @Test func `quiet means silent when all is well`() throws {
        let folder = try TemporaryFolder()
        try Program.run(["init", "w"], in: folder.path)
        let result = try Program.run(["run", "-q", "-w", "w"], in: folder.path)
        #expect(result.status == 0)
        #expect(result.output.isEmpty && result.error.isEmpty)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions are printed for each shell`(shell: String) throws {
        let result = try Program.run(["completions", shell])
        #expect(result.status == 0)
        #expect(result.output.contains("investigate"))
    }

    @Test func `every command is in the documentation`() throws {
        let docs = try String(contentsOf: Checkout.root.appending(path: "docs/commands.md"), encoding: .utf8)
        let help = try Program.run(["--help"]).output
        let section = help.components(separatedBy: "SUBCOMMANDS:").last ?? ""
        let names = section.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }.compactMap {
            $0.split(separator: " ").first
        }
        #expect(names.count >= 14)
        for name in names where name != "See" { #expect(docs.contains("`\(name)"), "docs/commands.md forgets \(name)") }
    }
}
