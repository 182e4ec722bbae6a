import Foundation
import Model

/// The folder that holds `caseboard.yaml`, and the fixed places in it.
package struct Workspace: Sendable {
    package let root: URL
    package init(root: URL) { self.root = root.standardizedFileURL }

    package static let configurationName = "caseboard.yaml"
    package var configuration: URL { root.appending(path: Self.configurationName) }
    package var inbox: URL { root.appending(path: "inbox") }
    package var database: URL { root.appending(path: "var/caseboard.db") }
    package var lock: URL { root.appending(path: "var/lock") }
    package var outbox: URL { root.appending(path: "var/outbox") }
    package var site: URL { root.appending(path: "public") }
    package var board: URL { root.appending(path: "public/index.html") }

    /// The named folder, or the nearest parent of the current one that holds a configuration.
    package static func find(named: String?, from current: String) throws(PipelineError) -> Workspace {
        if let named {
            let workspace = Workspace(root: URL(filePath: named))
            guard workspace.isThere else { throw .noWorkspace(from: named) }
            return workspace
        }
        var folder = URL(filePath: current).standardizedFileURL
        while true {
            let workspace = Workspace(root: folder)
            if workspace.isThere { return workspace }
            let parent = folder.deletingLastPathComponent().standardizedFileURL
            if parent.path() == folder.path() { throw .noWorkspace(from: current) }
            folder = parent
        }
    }
    private var isThere: Bool { FileManager.default.fileExists(atPath: configuration.path(percentEncoded: false)) }
}

extension URL {
    /// The path as the system wants it.
    package var plainPath: String { path(percentEncoded: false) }
}
