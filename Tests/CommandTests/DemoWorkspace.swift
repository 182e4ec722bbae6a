import Foundation
import TestKit

/// A workspace of the demo story in a temporary folder, with the program run on it.
struct DemoWorkspace: Sendable {
    let folder: TemporaryFolder
    var path: String { folder.path + "/shop" }
    static let now = "2026-03-10T15:20:00Z"

    init(demo: Bool = true) throws {
        folder = try TemporaryFolder()
        let made = try Program.run(["init"] + (demo ? ["--demo"] : []) + [path, "--now", Self.now])
        guard made.status == 0 else { throw Golden.Mismatch(description: made.error) }
    }

    private init(copying other: DemoWorkspace) throws {
        folder = try TemporaryFolder()
        let copy = Process()
        copy.executableURL = URL(filePath: "/bin/cp")
        copy.arguments = ["-a", other.path, path]
        try copy.run()
        copy.waitUntilExit()
    }
    /// The same workspace, dates included, in a folder of its own.
    func copy() throws -> DemoWorkspace { try DemoWorkspace(copying: self) }

    @discardableResult
    func run(_ arguments: [String] = [], now: String = DemoWorkspace.now) throws -> Program.Result {
        try Program.run(["run", "-w", path, "--now", now] + arguments)
    }

    func json(_ arguments: [String]) throws -> [String: Any] {
        let result = try Program.run(arguments + ["-w", path, "--now", Self.now, "--json"])
        guard let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] else {
            throw Golden.Mismatch(description: "\(arguments) printed no JSON object: \(result.output.prefix(200)) \(result.error)")
        }
        return object
    }

    func cases() throws -> [[String: Any]] {
        let list = try json(["list"])["investigations"] as? [[String: Any]] ?? []
        return try list.compactMap { $0["number"] as? Int }.sorted().map { try json(["show", "\($0)"]) }
    }

    /// What must not depend on how the evidence arrived: numbers, titles, evidence with its terms, causes, suspects.
    func verdicts() throws -> String {
        try cases().map { document in
            let evidence = (document["evidence"] as? [[String: Any]] ?? []).map { item in
                "\(item["fingerprint"] ?? "") \(item["confidence"] ?? "") \(item["phase"] ?? "")"
            }.sorted()
            let causes = (document["causes"] as? [[String: Any]] ?? []).map { "\($0["name"] ?? "") \($0["score"] ?? "")" }
            let suspects = (document["suspect_changes"] as? [[String: Any]] ?? []).map { "\($0["sha"] ?? "") \($0["score"] ?? "")" }
            return """
                #\(document["number"] ?? "") \(document["title"] ?? "") \(document["severity"] ?? "") \(document["status"] ?? "") \(document["started_at"] ?? "")
                \(causes.joined(separator: "\n"))
                \(suspects.joined(separator: "\n"))
                \(evidence.joined(separator: "\n"))
                """
        }.joined(separator: "\n\n")
    }

    /// Every published file with its bytes and date.
    func site() throws -> [String: String] {
        var out: [String: String] = [:]
        let root = path + "/public"
        for name in try FileManager.default.subpathsOfDirectory(atPath: root).sorted() {
            let file = root + "/" + name
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
            let data = try Data(contentsOf: URL(filePath: file))
            out[name] = "\(attributes[.modificationDate] ?? "") \(data.count) \(data.hashValue)"
        }
        return out
    }

    /// The bytes alone, for comparing two workspaces.
    func siteBytes() throws -> [String: Data] {
        var out: [String: Data] = [:]
        let root = path + "/public"
        for name in try FileManager.default.subpathsOfDirectory(atPath: root) {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: root + "/" + name, isDirectory: &isFolder), !isFolder.boolValue {
                out[name] = try Data(contentsOf: URL(filePath: root + "/" + name))
            }
        }
        return out
    }

    func mails() -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path + "/var/outbox")) ?? []).sorted() }
}
