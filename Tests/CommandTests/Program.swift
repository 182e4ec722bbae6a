import Foundation
import TestKit

/// The built program, run as its users run it.
struct Program {
    struct Result {
        var status: Int32
        var output: String
        var error: String
    }

    /// The executable stands beside the test bundle, whatever the build is called.
    static var executable: URL {
        let bundle = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var folder = bundle.deletingLastPathComponent()
        while folder.path().count > 1 {
            let candidate = folder.appending(path: "caseboard")
            if FileManager.default.isExecutableFile(atPath: candidate.path(percentEncoded: false)) && !isDirectory(candidate) {
                return candidate
            }
            folder = folder.deletingLastPathComponent()
        }
        return Checkout.root.appending(path: ".build/debug/caseboard")
    }
    private static func isDirectory(_ url: URL) -> Bool { (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false }

    @discardableResult
    static func run(_ arguments: [String], in folder: String? = nil, environment: [String: String] = [:]) throws -> Result {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        let output = Pipe()
        let error = Pipe()
        process.standardOutput = output
        process.standardError = error
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        let complained = try error.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: String(decoding: said, as: UTF8.self),
            error: String(decoding: complained, as: UTF8.self))
    }
}
