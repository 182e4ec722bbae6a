import Foundation
import Model
import Store

/// `caseboard doctor`: is the store whole?
package enum StoreDoctor {
    package static func examine(_ workspace: Workspace, repair: Bool, now: Instant) throws -> Answer {
        guard FileExists.at(workspace.database) else {
            return Answer(
                lines: ["there is no store yet; `caseboard run` makes it"],
                json: ["schema": "caseboard.doctor/1", "problems": [], "store": .null])
        }
        let lock = repair ? try RunLock(workspace.lock) : nil
        defer { withExtendedLifetime(lock) {} }
        let store = try CaseStore.open(path: workspace.database.plainPath, createIfMissing: false, readOnly: !repair)
        if repair { try store.rebuildIndexes() }
        let problems = try store.integrityProblems()
        let size = (try? FileManager.default.attributesOfItem(atPath: workspace.database.plainPath)[.size] as? Int) ?? 0
        var lines = problems.map { Line($0, .high) }
        if problems.isEmpty {
            lines.append(
                Line("the store is whole: ", .good)
                    + Line(
                        "\(counted(try store.eventCount(), "event")), \(counted(try store.allInvestigations().count, "investigation")), \(grouped(size / 1_024)) KiB"
                    ))
        } else if !repair {
            lines.append(Line("`caseboard doctor --repair` rebuilds indexes and search; a damaged table needs a backup", .faint))
        }
        return Answer(
            lines: lines,
            json: [
                "schema": "caseboard.doctor/1", "problems": .strings(problems), "schema_version": .int(Int64(try store.schemaVersion)),
                "events": .int(Int64(try store.eventCount())), "bytes": .int(Int64(size)),
            ], exitCode: problems.isEmpty ? 0 : 1)
    }
}
