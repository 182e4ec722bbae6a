import Formats
import Foundation
import Model
import TestKit
import Testing

@testable import Connectors

/// What the store would make of log batches: each record counted once, the known first one of a page not at all.
struct Counts: Equatable {
    var messages: [String: Int] = [:]
    var stacks: [String: Int] = [:]
    var total = 0

    mutating func add(_ run: Workspace.Run) {
        for batch in run.reading.logs {
            for (index, record) in batch.records.enumerated() {
                func text(_ range: ByteRange) -> String { String(decoding: batch.bytes[range.lower..<range.upper], as: UTF8.self) }
                let key = "\(batch.defaultService) \(record.timeMs) \(record.level.word) \(text(record.message))"
                // Of a record that grew, the last sight of its stack counts.
                if !record.stack.isAbsent { stacks[key] = text(record.stack).split(separator: "\n").count }
                if index == 0, batch.firstRecordIsKnown { continue }
                messages[key, default: 0] += 1
                total += 1
            }
        }
    }
}

extension Workspace.Run {
    /// The message of each log record, in the order in which they were read.
    var messages: [String] {
        reading.logs.flatMap { batch in
            batch.records.map { String(decoding: batch.bytes[$0.message.lower..<$0.message.upper], as: UTF8.self) }
        }
    }
}

func line(_ index: Int, _ text: String = "request served") -> String {
    "2026-01-01T11:\(padded(index / 60 % 60, 2)):\(padded(index % 60, 2)).\(padded(index / 3_600, 3))Z INFO \(text) \(index)\n"
}
func lines(_ range: Range<Int>, _ text: String = "request served") -> String { range.map { line($0, text) }.joined() }

/// A workspace with one log source, and what its runs came to.
final class LogRig {
    let workspace: Workspace
    let connector: any Connector
    var counts = Counts()
    var lastRun = Workspace.Run()

    init(_ values: [String: JSONValue] = ["path": "logs/*"]) throws {
        workspace = try Workspace()
        connector = try workspace.connector("logs", values)
    }
    func run(maxPages: Int = 1_000) async throws {
        lastRun = try await workspace.collect(connector, maxPages: maxPages)
        counts.add(lastRun)
    }
    /// The counts of all texts read at once.
    static func whole(_ texts: [(name: String, text: String)]) async throws -> Counts {
        let rig = try LogRig()
        for (name, text) in texts { try rig.workspace.write(text, to: "logs/\(name)") }
        try await rig.run()
        return rig.counts
    }
}
