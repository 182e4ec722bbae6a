import Foundation
import Model
import TestKit
import Testing

@testable import Connectors

/// What a program of one's own may do wrong, and what then becomes of what it would have said.
@Suite struct ProgramFaultTests {
    private static let fact = #"{"type":"note","time":"2026-01-01T10:00:00Z","title":"hello"}"#
    /// In words of the documentation → a script that does it.
    private static let faults: [(words: String, script: String)] = [
        ("is not there", "exec no-such-program"),
        ("ends with another code than 0", "echo '\(fact)'; exit 3"),
        ("is killed", "echo '\(fact)'; kill -9 $$"),
        ("does not end", "echo '\(fact)'; sleep 300"),
        ("closes its output and does not end", "echo '\(fact)'; exec >&- 2>&-; sleep 300"),
        ("prints without end", "yes '\(fact)'"),
        ("complains without end", "echo '\(fact)'; yes complaint >&2"),
        ("prints a broken line among others", "echo '\(fact)'; echo '{\"type\":'; echo '\(fact)'"),
        ("breaks off in the middle of a line", "echo '\(fact)'; printf '{\"type\":\"note\",\"ti'"),
        ("prints what is no text", "head -c 4000 /bin/sh"),
        ("prints nothing", "true"),
    ]

    private func collect(_ script: String, in workspace: Workspace) async -> (said: [String], letters: Int, failure: ConnectorError?) {
        do {
            let connector = try workspace.connector("exec", ["command": ["sh", "-c", .string(script)], "timeout": "1s"])
            let run = try await workspace.collect(connector)
            return (Set(run.reading.events.map(\.fingerprint.text)).sorted(), run.deadLetters.count, nil)
        } catch { return ([], 0, error as? ConnectorError ?? .cancelled) }
    }

    @Test func `a program that fails loses nothing, as documented`() async throws {
        let healthy = await collect("echo '\(Self.fact)'", in: try Workspace()).said
        #expect(healthy.count == 1)
        var rows = ["| The program … | What then |", "|---|---|"]
        for fault in Self.faults {
            let workspace = try Workspace()
            let (said, letters, failure) = await collect(fault.script, in: workspace)
            let outcome: String
            if failure != nil {
                #expect(said.isEmpty && workspace.cursors.isEmpty)
                let next = await collect("echo '\(Self.fact)'", in: workspace)
                #expect(next.said == healthy)
                outcome = "fails and says so, nothing it printed counts, the next run asks again from the same moment"
            } else if letters > 0 {
                #expect(said.isEmpty || said == healthy)
                outcome = "what cannot be read is a dead letter" + (said.isEmpty ? "" : ", the rest is read")
            } else {
                #expect(said.isEmpty)
                outcome = "there was nothing to say"
            }
            rows.append("| \(fault.words) | \(outcome) |")
        }
        try expectDocumented(rows)
    }
}
