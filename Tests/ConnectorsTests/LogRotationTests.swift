import Formats
import Foundation
import Model
import TestKit
import Testing

@testable import Connectors

@Suite struct LogRotationTests {
    private let old = lines(0..<1_000, "served")
    private let late = lines(1_000..<1_010, "late")
    private let new = lines(2_000..<2_300, "fresh")

    private func expected() async throws -> Counts { try await LogRig.whole([("a.log.1", old + late), ("a.log", new)]) }

    @Test func `renamed`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(old, to: "logs/a.log")
        try await rig.run()
        try rig.workspace.append(late, to: "logs/a.log", at: Workspace.noon + 1_000)
        try rig.workspace.rename("logs/a.log", "logs/a.log.1")
        try rig.workspace.write(new, to: "logs/a.log", at: Workspace.noon + 2_000)
        try await rig.run()
        #expect(rig.counts == (try await expected()))
    }

    @Test(arguments: Workspace.compressors)
    func `renamed and compressed between two runs`(program: String) async throws {
        let rig = try LogRig()
        try rig.workspace.write(old, to: "logs/a.log")
        try await rig.run()
        try rig.workspace.append(late, to: "logs/a.log", at: Workspace.noon + 1_000)
        try rig.workspace.rename("logs/a.log", "logs/a.log.1")
        try rig.workspace.compress("logs/a.log.1", with: program)
        try rig.workspace.write(new, to: "logs/a.log", at: Workspace.noon + 2_000)
        try await rig.run()
        #expect(rig.counts == (try await expected()))
        try await rig.run()
        #expect(rig.lastRun.touched.isEmpty)
    }

    @Test func `copied and truncated`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(old, to: "logs/a.log")
        try await rig.run()
        try rig.workspace.append(late, to: "logs/a.log", at: Workspace.noon + 1_000)
        try rig.workspace.copy("logs/a.log", "logs/a.log.1", at: Workspace.noon + 1_500)
        try rig.workspace.write(new, to: "logs/a.log", at: Workspace.noon + 2_000)
        try await rig.run()
        #expect(rig.counts == (try await expected()))
    }

    @Test func `truncated and grown beyond its old size`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(new, to: "logs/a.log")
        try await rig.run()
        try rig.workspace.write(old, to: "logs/a.log", at: Workspace.noon + 2_000)
        try await rig.run()
        #expect(rig.counts.total == 1_300)
    }

    @Test func `truncated to nothing, then written`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(old, to: "logs/a.log")
        try await rig.run()
        try rig.workspace.write("", to: "logs/a.log", at: Workspace.noon + 1_000)
        try await rig.run()
        try rig.workspace.write(new, to: "logs/a.log", at: Workspace.noon + 2_000)
        try await rig.run()
        #expect(rig.counts.total == 1_300)
    }

    @Test func `truncated, and the new log begins with the same long banner`() async throws {
        let banner = String(repeating: "==== shop checkout service, all rights reserved ====\n", count: 40)
        let rig = try LogRig()
        try rig.workspace.write(banner + old, to: "logs/a.log")
        try await rig.run()
        let before = rig.counts.total
        try rig.workspace.write(banner + new, to: "logs/a.log", at: Workspace.noon + 2_000)
        try await rig.run()
        let alone = try await LogRig.whole([("a.log", banner + new)])
        #expect(rig.counts.total == before + alone.total)
    }

    @Test func `renamed, and the new log begins with the same long banner`() async throws {
        let banner = String(repeating: "==== shop checkout service, all rights reserved ====\n", count: 40)
        let rig = try LogRig()
        try rig.workspace.write(banner + old, to: "logs/a.log")
        try await rig.run()
        try rig.workspace.rename("logs/a.log", "logs/a.log.1")
        try rig.workspace.write(banner + new, to: "logs/a.log", at: Workspace.noon + 2_000)
        try await rig.run()
        // The banner's lines have no time and take their file's, so only their number is compared.
        let expected = try await LogRig.whole([("a.log", banner + new), ("a.log.1", banner + old)])
        #expect(rig.counts.total == expected.total)
        #expect(rig.counts.messages.filter { $0.key.contains("served") || $0.key.contains("fresh") }.values.allSatisfy { $0 == 1 })
    }

    @Test func `two logs that begin alike at the first run`() async throws {
        let banner = String(repeating: "==== shop checkout service, all rights reserved ====\n", count: 40)
        let rig = try LogRig()
        try rig.workspace.write(banner + old, to: "logs/a.log")
        try rig.workspace.write(banner + new, to: "logs/b.log")
        try await rig.run()
        let (first, second) = (try await LogRig.whole([("a.log", banner + old)]), try await LogRig.whole([("b.log", banner + new)]))
        #expect(rig.counts.total == first.total + second.total)
    }

    @Test func `a copy of a log is not read`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(old, to: "logs/a.log")
        try await rig.run()
        try rig.workspace.copy("logs/a.log", "logs/backup.log")
        try await rig.run()
        #expect(rig.counts.total == 1_000)
        #expect(rig.lastRun.places.isEmpty)
        try await rig.run()
        #expect(rig.lastRun.touched.isEmpty)
    }

    @Test func `a copy that is still being made is not read as a log of its own`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(old, to: "logs/a.log")
        try await rig.run()
        try rig.workspace.write(Array(Array(old.utf8).prefix(20_000)), to: "logs/a.log.1", at: Workspace.noon + 1_000)
        try await rig.run()
        #expect(rig.counts.total == 1_000)
        // Now the copy is whole, and the log is truncated and written again.
        try rig.workspace.write(old + late, to: "logs/a.log.1", at: Workspace.noon + 1_200)
        try rig.workspace.write(new, to: "logs/a.log", at: Workspace.noon + 2_000)
        try await rig.run()
        #expect(rig.counts == (try await expected()))
    }

    @Test func `a short log that grows stays the same log`() async throws {
        let rig = try LogRig()
        var text = ""
        for index in 0..<60 {
            text += line(index)
            try rig.workspace.write(text, to: "logs/a.log", at: Workspace.noon + Int64(index) * 1_000)
            try await rig.run()
        }
        #expect(rig.counts.total == 60)
        #expect(rig.workspace.cursors.keys.filter { $0.hasPrefix("log:") }.count == 1)
    }

    @Test func `two logs with the same first line part when they differ`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(line(0), to: "logs/a.log")
        try rig.workspace.write(line(0), to: "logs/b.log")
        try await rig.run()
        try rig.workspace.append(lines(1..<50, "from a"), to: "logs/a.log", at: Workspace.noon + 1_000)
        try rig.workspace.append(lines(1..<50, "from b"), to: "logs/b.log", at: Workspace.noon + 1_000)
        try await rig.run()
        let text = rig.counts.messages.keys
        #expect(text.filter { $0.contains("from a") }.count == 49)
        #expect(text.filter { $0.contains("from b") }.count == 49)
        #expect(rig.counts.messages.values.allSatisfy { $0 == 1 })
    }

    @Test func `a log moved away and back is not read again`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(old, to: "logs/a.log")
        try await rig.run()
        try rig.workspace.rename("logs/a.log", "elsewhere")
        try await rig.run()
        try rig.workspace.rename("elsewhere", "logs/a.log")
        try await rig.run()
        #expect(rig.counts.total == 1_000)
    }

    @Test func `a chain of rotations, with a run at any moment, counts every line once`() async throws {
        for seed in UInt64(0)..<8 {
            var random = SeededGenerator(seed: seed)
            let rig = try LogRig()
            var number = 0
            var clock = Workspace.noon
            rig.workspace.now = clock + 30_000
            for _ in 0..<25 {
                clock = clock + 10_000
                rig.workspace.now = clock + 1_000
                let text = lines(number..<number + 40, "line")
                number += 40
                if FileManager.default.fileExists(atPath: rig.workspace.path + "/logs/a.log") {
                    try rig.workspace.append(text, to: "logs/a.log", at: clock)
                } else {
                    try rig.workspace.write(text, to: "logs/a.log", at: clock)
                }
                if Int.random(in: 0..<2, using: &random) == 0 { try await rig.run() }
                guard Int.random(in: 0..<3, using: &random) == 0 else { continue }
                // Rotates: 2 → 3, 1 → 2 (compressed), current → 1.
                for old in stride(from: 30, through: 2, by: -1)
                where FileManager.default.fileExists(atPath: "\(rig.workspace.path)/logs/a.log.\(old).gz") {
                    try rig.workspace.rename("logs/a.log.\(old).gz", "logs/a.log.\(old + 1).gz")
                }
                if Int.random(in: 0..<3, using: &random) == 0 { try await rig.run() }
                if FileManager.default.fileExists(atPath: rig.workspace.path + "/logs/a.log.1") {
                    try rig.workspace.rename("logs/a.log.1", "logs/a.log.2")
                    try rig.workspace.compress("logs/a.log.2")
                }
                if Int.random(in: 0..<3, using: &random) == 0 { try await rig.run() }
                if Bool.random(using: &random) {
                    try rig.workspace.rename("logs/a.log", "logs/a.log.1")
                } else {
                    try rig.workspace.copy("logs/a.log", "logs/a.log.1", at: clock)
                    if Int.random(in: 0..<3, using: &random) == 0 { try await rig.run() }
                    try rig.workspace.write("", to: "logs/a.log", at: clock + 1)
                }
                if Int.random(in: 0..<2, using: &random) == 0 { try await rig.run() }
            }
            rig.workspace.now = clock + .hourMs
            try await rig.run()
            #expect(rig.counts.total == number, "seed \(seed)")
            #expect(rig.counts.messages.values.allSatisfy { $0 == 1 }, "seed \(seed)")
        }
    }

    @Test func `a truncated archive gives what is in it and one dead letter`() async throws {
        let rig = try LogRig()
        try rig.workspace.write(lines(0..<20_000), to: "logs/a.log")
        try rig.workspace.compress("logs/a.log")
        let bytes = try rig.workspace.bytes("logs/a.log.gz")
        try rig.workspace.write(Array(bytes.prefix(bytes.count / 2)), to: "logs/a.log.gz")
        try await rig.run()
        #expect(rig.counts.total > 5_000 && rig.counts.total < 20_000)
        #expect(rig.lastRun.deadLetters.map(\.place) == ["logs/a.log.gz"])
        try await rig.run()
        #expect(rig.lastRun.pages.isEmpty && rig.lastRun.touched.isEmpty)
        try rig.workspace.write(bytes, to: "logs/a.log.gz", at: Workspace.noon + 1_000)
        try await rig.run()
        #expect(rig.counts.messages.keys.count >= 20_000)
    }

    @Test func `an unreadable file does not stop the others and is tried again in the next run`() async throws {
        // A regular file that even root cannot read from its beginning.
        let rig = try LogRig(["path": ["logs/*.log", "/proc/self/mem"]])
        try rig.workspace.write(lines(0..<10), to: "logs/b.log")
        for _ in 0..<2 {
            try await rig.run()
            #expect(rig.lastRun.deadLetters.map(\.place) == ["/proc/self/mem"])
        }
        #expect(rig.counts.total == 10)
    }
}
