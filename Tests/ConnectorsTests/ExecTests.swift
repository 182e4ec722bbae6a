import Foundation
import Model
import TestKit
import Testing

@testable import Connectors

@Suite struct ExecTests {
    private let workspace: Workspace
    init() throws { workspace = try Workspace(now: Workspace.noon) }
    private func collect(_ script: String, _ more: [String: JSONValue] = [:]) async throws -> Workspace.Run {
        let command: [String: JSONValue] = ["command": ["sh", "-c", .string(script)]]
        return try await workspace.collect(try workspace.connector("exec", command.merging(more) { $1 }))
    }

    @Test func `what a program prints is read once a run`() async throws {
        let run = try await collect(#"echo '{"type":"note","time":"2026-01-01T10:00:00Z","title":"hello"}'"#)
        #expect(run.reading.events.map(\.title) == ["hello"])
        #expect(run.pages.count == 1)
    }

    @Test func `it is told since when, and nothing else of our environment`() async throws {
        _ = try await collect("env > seen", ["lookback": "2h"])
        let seen = String(decoding: try workspace.bytes("seen"), as: UTF8.self)
        #expect(seen.contains("CASEBOARD_SINCE=2026-01-01T10:00:00"))
        #expect(seen.contains("CASEBOARD_UNTIL=2026-01-01T12:00:00"))
        let names = Set(seen.split(separator: "\n").compactMap { $0.split(separator: "=").first.map(String.init) })
        #expect(names.subtracting(["CASEBOARD_SINCE", "CASEBOARD_UNTIL", "HOME", "PATH", "PWD", "OLDPWD", "SHLVL", "_"]).isEmpty)
    }

    @Test func `what it printed before it failed does not count`() async throws {
        await #expect(throws: ConnectorError.programFailed(program: "sh", why: "ended with code 3: no database")) {
            try await collect(#"echo '{"type":"note","time":"2026-01-01T10:00:00Z","title":"x"}'; echo no database >&2; exit 3"#)
        }
        #expect(workspace.cursors.isEmpty)
    }

    @Test func `it is ended in time with all it started`() async throws {
        await #expect(throws: ConnectorError.programFailed(program: "sh", why: "did not end within 1 s and was stopped")) {
            try await collect("sleep 300 & echo $! > child; wait", ["timeout": "1s"])
        }
        let child = String(decoding: try workspace.bytes("child"), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        func isGone() -> Bool {
            let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            return state == nil || state?.contains(") Z ") == true
        }
        for _ in 0..<250 where !isGone() { try await Task.sleep(for: .milliseconds(20)) }  // a signal takes its time on a busy machine
        #expect(isGone())
    }

    @Test func `a program that is not there is named`() async throws {
        let connector = try workspace.connector("exec", ["command": "no-such-program"])
        await #expect(throws: ConnectorError.programMissing(program: "no-such-program")) { try await workspace.collect(connector) }
    }

    @Test func `it may print metrics`() async throws {
        let run = try await collect("echo time,service,metric,value; echo 2026-01-01T10:00:00Z,cart,load,1.5", ["format": "metrics"])
        #expect(run.reading.metrics.map(\.key) == [MetricKey(service: "cart", metric: "load")])
    }
}
