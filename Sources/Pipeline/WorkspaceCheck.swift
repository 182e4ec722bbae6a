import Connectors
import Foundation
import Model
import Store
import Transport

/// `caseboard check`: what is wrong with the configuration, and what each source would give. Writes nothing.
package enum WorkspaceCheck {
    package static func check(_ workspace: Workspace, now: Instant) async throws -> Answer {
        let configuration = try ConfigurationReader.read(workspace.configuration)
        let connectors = try ConfigurationBinding(configuration, workspace: workspace).connectors()
        var diagnostics = configuration.warnings
        var lines: [Line] = [Line(workspace.configuration.plainPath, .strong)]
        let sourceCount = configuration.sources.count
        lines.append(
            Line(
                "  \(counted(sourceCount, "source")), \(counted(configuration.services.count, "service")), \(counted(configuration.deliveries.count, "delivery", plural: "deliveries"))"
            ))
        if sourceCount == 0 {
            diagnostics.append(
                Diagnostic(
                    level: .warning, file: Workspace.configurationName, message: "no source is configured",
                    remedy: "add one under `sources:`; only inbox/ would be read"))
        }
        let access = SourceAccess(now: now)
        var documents: [JSONValue] = []
        for ((name, _), probe) in zip(connectors, await probes(connectors.map(\.connector), access)) {
            // An inbox that nobody uses is not worth a line.
            if name == "inbox" && probe.isAbsent { continue }
            diagnostics += probe.diagnostics
            lines.append(Line("  \(CaseQueries.pad(name, 16)) ", .strong) + Line(probe.findings.joined(separator: "; ")))
            documents.append(["name": .string(name), "findings": .strings(probe.findings)])
        }
        diagnostics += permissions(workspace)
        for diagnostic in diagnostics { lines.append(Line(diagnostic.description, diagnostic.level == .error ? .high : .medium)) }
        if diagnostics.isEmpty { lines.append(Line("all well", .good)) }
        let problems: [JSONValue] = diagnostics.map {
            .compact([
                "level": .string($0.level.rawValue), "file": .string($0.file), "line": $0.line.map { .int(Int64($0)) },
                "column": $0.column.map { .int(Int64($0)) }, "message": .string($0.message), "remedy": .string($0.remedy),
            ])
        }
        return Answer(
            lines: lines, json: ["schema": "caseboard.check/1", "sources": .array(documents), "problems": .array(problems)],
            exitCode: diagnostics.isEmpty ? 0 : 1)
    }

    /// All at once: one that does not answer keeps nobody waiting but itself. In the order of the connectors.
    private static func probes(_ connectors: [any Connector], _ access: SourceAccess) async -> [SourceProbe] {
        await withTaskGroup(of: (Int, SourceProbe).self) { group in
            for (index, connector) in connectors.enumerated() {
                group.addTask { (index, await connector.probe(through: access)) }
            }
            var probes = [SourceProbe](repeating: SourceProbe(), count: connectors.count)
            for await (index, probe) in group { probes[index] = probe }
            return probes
        }
    }

    private static func permissions(_ workspace: Workspace) -> [Diagnostic] {
        [workspace.root, workspace.database.deletingLastPathComponent(), workspace.site].compactMap { url in
            let path = url.plainPath
            guard FileManager.default.fileExists(atPath: path), !FileManager.default.isWritableFile(atPath: path) else { return nil }
            return Diagnostic(file: path, message: "the folder cannot be written", remedy: "give it to the user that runs Caseboard")
        }
    }
}
