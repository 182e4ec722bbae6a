import Foundation
import Model
import TestKit
import Testing

/// `kill -9` at two hundred random moments: whatever was interrupted, running again ends where an undisturbed run ends.
@Suite(.serialized) struct KillTests {
    /// `CASEBOARD_KILLS` sets another number, for a quick look.
    static let kills = ProcessInfo.processInfo.environment["CASEBOARD_KILLS"].flatMap { Int($0) } ?? 200

    @Test func `two hundred kills lose nothing and repeat nothing`() throws {
        let pattern = try DemoWorkspace()
        try thin(pattern)
        let undisturbed = try pattern.copy()
        let started = ContinuousClock.now
        #expect(try undisturbed.run().status == 0)
        let whole = ContinuousClock.now - started
        let expected = try undisturbed.siteBytes()
        let verdicts = try undisturbed.verdicts()
        #expect(undisturbed.mails().count == 1)

        var chance = SeededGenerator(seed: 9)
        var disturbed = try pattern.copy()
        var kills = 0
        var killsHere = 0
        while kills < Self.kills {
            let wait = whole * Double.random(in: 0.02..<0.95, using: &chance)
            let wasKilled = try killed(disturbed, after: wait)
            if wasKilled {
                kills += 1
                killsHere += 1
            }
            // Once a workspace is through, or has been hit often, it is finished and compared, and another one begins.
            if !wasKilled || killsHere == 8 || kills == Self.kills {
                let finished = try disturbed.run()
                try #require(finished.status == 0, "\(finished.status): \(finished.output)\(finished.error)")
                try expectSame(disturbed, expected, verdicts)
                disturbed = try pattern.copy()
                killsHere = 0
            }
        }
    }

    private func expectSame(_ workspace: DemoWorkspace, _ expected: [String: Data], _ verdicts: String) throws {
        #expect(try workspace.verdicts() == verdicts)
        let site = try workspace.siteBytes().filter { !$0.key.hasSuffix(".part") }
        #expect(site.keys.sorted() == expected.keys.sorted())
        for name in expected.keys.sorted() { #expect(site[name] == expected[name], "\(name) differs after a kill") }
        #expect(workspace.mails().count == 1)
        #expect(try Program.run(["doctor", "-w", workspace.path]).status == 0)
    }

    /// Fewer lines make shorter runs, so that the kills fall into every step rather than into the reading of logs.
    private func thin(_ workspace: DemoWorkspace) throws {
        try thin(workspace.path + "/story/logs") { $0 % 60 == 0 || $1.contains("PoolTimeout") }
        try thin(workspace.path + "/story/traces") { number, _ in number % 8 == 0 }
        try thin(workspace.path + "/story/metrics") { number, line in
            number == 0 || line.hasPrefix("#") || line.contains("error_percent") || line.contains("pg_connections")
        }
    }

    private func thin(_ folder: String, keeping isKept: (Int, Substring) -> Bool) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let file = folder + "/" + name
            let date = try FileManager.default.attributesOfItem(atPath: file)[.modificationDate] ?? Date(timeIntervalSince1970: 0)
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            let kept = lines.enumerated().filter { isKept($0.offset, $0.element) }.map(\.element)
            try (kept.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file)
        }
    }

    /// True when the run was still under way.
    private func killed(_ workspace: DemoWorkspace, after wait: Duration) throws -> Bool {
        let process = Process()
        process.executableURL = Program.executable
        process.arguments = ["run", "-w", workspace.path, "--now", DemoWorkspace.now, "-q"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let deadline = ContinuousClock.now + wait
        while process.isRunning && ContinuousClock.now < deadline { usleep(200) }
        let wasRunning = process.isRunning
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return wasRunning && process.terminationReason == .uncaughtSignal
    }
}
