import Foundation
import Glibc
import Model
import Synchronization
import TestKit
import Testing

@testable import Connectors

/// A workspace for one test: files whose times are set, and a store that keeps cursors.
final class Workspace {
    let folder: TemporaryFolder
    var path: String { folder.path }
    var cursors: [String: Cursor] = [:]
    var now: Instant
    static let noon = Instant(ms: 1_767_268_800_000)  // 2026-01-01T12:00:00Z

    /// zstd may be missing where the tests run.
    static let compressors = ["gzip"] + (FileManager.default.isExecutableFile(atPath: "/usr/bin/zstd") ? ["zstd"] : [])

    /// Usually it is an hour after the files' usual time, so that no file is still being written.
    init(now: Instant = Workspace.noon + .hourMs) throws {
        folder = try TemporaryFolder()
        self.now = now
    }

    func write(_ text: String, to name: String, at time: Instant = noon) throws { try write(Array(text.utf8), to: name, at: time) }
    func write(_ bytes: [UInt8], to name: String, at time: Instant = noon) throws {
        let url = URL(filePath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        if let handle = FileHandle(forWritingAtPath: url.path()) {  // in place: the inode stays
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: Data(bytes))
            try handle.close()
        } else {
            try Data(bytes).write(to: url)
        }
        try touch(name, at: time)
    }
    func append(_ text: String, to name: String, at time: Instant = noon) throws {
        let handle = try #require(FileHandle(forWritingAtPath: "\(path)/\(name)"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
        try touch(name, at: time)
    }
    func touch(_ name: String, at time: Instant) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: Double(time.ms) / 1_000)], ofItemAtPath: "\(path)/\(name)")
    }
    func rename(_ from: String, _ to: String) throws {
        try FileManager.default.moveItem(atPath: "\(path)/\(from)", toPath: "\(path)/\(to)")
    }
    func copy(_ from: String, _ to: String, at time: Instant = noon) throws {
        try FileManager.default.copyItem(atPath: "\(path)/\(from)", toPath: "\(path)/\(to)")
        try touch(to, at: time)
    }
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: "\(path)/\(name)"))) }
    /// Compresses by the program people use, which keeps the time.
    func compress(_ name: String, with program: String = "gzip") throws {
        let time = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.modificationDate] as? Date
        _ = try run(program, ["-q", "\(path)/\(name)"] + (program == "zstd" ? ["--rm"] : []))
        let new = name + (program == "zstd" ? ".zst" : ".gz")
        try FileManager.default.setAttributes([.modificationDate: time ?? Date(timeIntervalSince1970: 0)], ofItemAtPath: "\(path)/\(new)")
    }

    @discardableResult
    func run(_ program: String, _ arguments: [String], input: String = "", environment: [String: String] = [:]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": path].merging(environment) {
            _, new in new
        }
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        let words = try stderr.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw Failure(words: String(decoding: words, as: UTF8.self)) }
        return String(decoding: output, as: UTF8.self)
    }
    struct Failure: Error { var words: String }

    // MARK: - Collecting

    func connector(_ kind: String, _ values: [String: JSONValue]) throws -> any Connector {
        let type = try ConnectorCatalog.kind(kind)
        return try type.init(settings: type.descriptor.settings(name: "test", values: values, workspace: path).get())
    }

    struct Run {
        var pages: [Page] = []
        var reading = Reading()
        var deadLetters: [DeadLetter] = []
        /// What was opened, and which git commands ran.
        var touched: [String] = []
        var places: [String] { pages.flatMap { $0.items.map(\.place) } }
    }

    /// One run over a source: all pages, each stored before the next. `maxPages` stops in the middle, as a kill would.
    func collect(_ connector: some Connector, maxPages: Int = 1_000, network: NetworkAccess? = nil) async throws -> Run {
        let touched = Mutex<[String]>([])
        let access = SourceAccess(now: now, network: network, onTouch: { path in touched.withLock { $0.append(path) } })
        var run = Run()
        while run.pages.count < maxPages, let page = try await connector.fetch(after: cursors, through: access) {
            let read = connector.read(page, origin: "test")
            run.reading.append(read.reading)
            run.deadLetters += read.deadLetters
            run.pages.append(page)
            // As the store does: through text.
            for (key, cursor) in page.cursorUpdates { cursors[key] = Cursor(try #require(JSONValue(ownText: cursor.state.text))) }
            try #require(run.pages.count < 1_000, "a source without end")
        }
        run.touched = touched.withLock { $0 }
        return run
    }
}
