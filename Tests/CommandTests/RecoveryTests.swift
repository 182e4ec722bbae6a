import Foundation
import TestKit
import Testing

/// Dead letters and breakers from the command line.
@Suite struct RecoveryTests {
    private let folder: TemporaryFolder
    private static let now = ["--now", "2026-03-10T15:20:00Z"]

    init() throws {
        folder = try TemporaryFolder()
        try folder.write(
            """
            sources:
              - name: alerts
                kind: alerts
                path: alerts/*.json
              - name: shop-log
                kind: logs
                path: shop.log
              - name: repository
                kind: git
                path: nowhere

            """, to: "caseboard.yaml")
        try folder.write(#"[{"title":"no time here"}]"#, to: "alerts/a.json")
        try run(["run"])
    }

    @discardableResult
    private func run(_ arguments: [String]) throws -> Program.Result { try Program.run(arguments + Self.now, in: folder.path) }

    @Test func `the list, a letter and the breakers read as recorded`() throws {
        var text = ""
        for arguments in [
            ["dlq", "list"], ["dlq", "list", "--json"], ["dlq", "show", "1"], ["breaker", "status"], ["breaker", "status", "--json"],
        ] {
            let result = try run(arguments)
            text += "$ caseboard \(arguments.joined(separator: " "))\n\(result.output)exit \(result.status)\n\n"
        }
        try Golden.expect(text.replacing(folder.path, with: "/w"), matches: "recovery.txt", in: "CommandTests")
    }

    @Test func `a letter that is retried is read again, and lives again when it is still broken`() throws {
        #expect(try run(["dlq", "retry", "1"]).output == "1 dead letter retried; the next run reads again\n")
        #expect(try run(["dlq", "list"]).output == "no dead letters\n")
        #expect(try run(["run"]).status == 1)
        #expect(try run(["dlq", "list"]).output.hasPrefix("1  alerts  "))
    }

    @Test func `a mended document that is retried is read`() throws {
        try folder.write(#"[{"title":"no time here", "time":"2026-03-10T15:00:00Z"}]"#, to: "alerts/a.json")
        try run(["dlq", "retry", "--all"])
        #expect(try run(["run", "--json"]).output.contains(#""events":1"#))
        #expect(try run(["dlq", "list"]).output == "no dead letters\n")
    }

    @Test func `a dropped letter is gone from the list and stays in the history`() throws {
        #expect(try run(["dlq", "drop", "--source", "alerts"]).output == "1 dead letter dropped\n")
        #expect(try run(["dlq", "list"]).output == "no dead letters\n")
        #expect(try run(["dlq", "list", "--all"]).output.contains("alerts/a.json"))
    }

    @Test(arguments: [["dlq", "retry"], ["dlq", "drop", "1", "--all"], ["dlq", "show", "one"], ["dlq", "lsit"]])
    func `it wants to be told which`(arguments: [String]) throws { #expect(try run(arguments).status == 64) }

    @Test func `a number that is none and a source that is none are named`() throws {
        let letter = try run(["dlq", "retry", "99"])
        #expect(letter.status == 1)
        #expect(letter.error == "caseboard: there is no open dead letter 99: the newest is 1; `caseboard dlq list` shows all\n")
        let source = try run(["breaker", "reset", "alert"])
        #expect(source.status == 1)
        #expect(source.error == "caseboard: no source is named `alert`; did you mean `alerts`?\n")
    }

    @Test func `a reset breaker is closed`() throws {
        #expect(try run(["breaker", "reset"]).output == "closed: repository\n")
        #expect(try run(["breaker", "reset"]).output == "every breaker was closed already\n")
    }

    @Test func `options may stand before the command`() throws {
        #expect(try Program.run(["-w", folder.path, "dlq", "list", "--json"]).output.contains(#""total":1"#))
    }
}
