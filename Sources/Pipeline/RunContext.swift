import Assets
import Foundation
import Model
import Rendering
import Store
import Trust

/// What every step of one run shares. Owned by the run's task; the store in it is the only writer.
package final class RunContext {
    let workspace: Workspace
    let configuration: Configuration
    let store: CaseStore
    let now: Instant
    let progress: ProgressLine
    let redactor: Redactor
    let assets: WorkspaceAssets
    let isDryRun: Bool
    /// What happened before is read past and not stored.
    let since: Instant?
    /// Alias → name, from the configuration.
    let aliases: [String: String]
    private let temporary: URL?

    init(workspace: Workspace, configuration: Configuration, now: Instant, progress: ProgressLine, isDryRun: Bool, since: Instant?) throws {
        self.workspace = workspace
        self.configuration = configuration
        self.now = now
        self.progress = progress
        self.isDryRun = isDryRun
        self.since = since
        aliases = configuration.aliasTable
        redactor = Redactor(emails: configuration.redactsEmails, addresses: configuration.redactsAddresses)
        assets = WorkspaceAssets(root: workspace.root)
        let folder = workspace.database.deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw PipelineError.cannotWrite(path: folder.plainPath, reason: error.localizedDescription)
        }
        if isDryRun {
            let copy = FileManager.default.temporaryDirectory.appending(path: "caseboard-dry-run-\(getpid())")
            try? FileManager.default.removeItem(at: copy)  // of an earlier process with our number
            try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
            for suffix in ["", "-wal"] {
                let file = workspace.database.plainPath + suffix
                if FileManager.default.fileExists(atPath: file) {
                    try FileManager.default.copyItem(atPath: file, toPath: copy.plainPath + "/caseboard.db" + suffix)
                }
            }
            temporary = copy
            store = try CaseStore.open(path: copy.appending(path: "caseboard.db").plainPath)
        } else {
            temporary = nil
            store = try CaseStore.open(path: workspace.database.plainPath)
        }
    }

    /// For `investigate`: no workspace, a store that lives as long as the run.
    init(bundle folder: URL, configuration: Configuration, now: Instant, progress: ProgressLine) throws {
        workspace = Workspace(root: folder)
        self.configuration = configuration
        self.now = now
        self.progress = progress
        isDryRun = true
        since = nil
        aliases = configuration.aliasTable
        redactor = Redactor(emails: configuration.redactsEmails, addresses: configuration.redactsAddresses)
        assets = WorkspaceAssets(root: nil)
        store = try CaseStore.inMemory()
        temporary = nil
    }

    deinit { if let temporary { try? FileManager.default.removeItem(at: temporary) } }  // a leftover in the temporary folder fails nothing

    func canonical(_ service: String) -> String { aliases[service] ?? service }

    /// Everything seen in evidence passes here before it is stored: names made ours, environment filled in, secrets out.
    func prepare(_ event: Event, origin: String, redactions: inout [String: Int]) -> Event {
        var event = event
        if event.origin.isEmpty { event.origin = origin }
        if event.environment == nil { event.environment = configuration.environment }
        if let service = event.service { event.service = canonical(service) }
        let (clean, counts) = redactor.redact(event)
        for (kind, count) in counts { redactions[kind, default: 0] += count }
        return clean
    }

    func finishRun(_ summary: RunSummary) throws {
        if !summary.isNews || isDryRun { return }
        try store.indexSearch()
        let id = try store.beginRun(command: "run", program: "caseboard \(Program.version)", at: now)
        try store.finishRun(id, at: now, exitCode: Int(summary.exitCode), counters: summary.counters)
    }
}

/// Templates, styles and reports: a file of the workspace replaces the embedded one of the same path.
package struct WorkspaceAssets: Sendable {
    let root: URL?
    private static let folders = ["templates/", "site/", "reports/"]

    func bytes(_ path: String) -> [UInt8]? {
        if let root, Self.folders.contains(where: path.hasPrefix), !path.contains("..") {
            let url = root.appending(path: path)
            if let data = try? Data(contentsOf: url), data.count <= Limits.documentBytes { return Array(data) }  // absent: the embedded one
        }
        return EmbeddedAssets.bytes(path)
    }
    /// Changes when any template or style does, so that every page is made again.
    func digest() -> String {
        var parts = [Program.version]
        for path in EmbeddedAssets.paths { parts.append(SHA256Digest.hex(of: bytes(path) ?? [])) }
        return Fingerprint(parts).text
    }
}

extension RunContext {
    /// The observed and stated calls, and what the configuration says.
    func serviceMap() throws -> ServiceMap {
        var map = try store.serviceMap()
        for service in configuration.services {
            map.add(service: service.name)
            for callee in service.dependsOn { map.add(caller: service.name, callee: canonical(callee)) }
        }
        return map
    }
}
