import Foundation
import Model

/// Where the checkout is, so that goldens and fixtures are found from any working directory.
package enum Checkout {
    /// Tests/TestKit/Golden.swift → the checkout.
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}

/// Text that people read, kept beside the tests. `CASEBOARD_RECORD=1` writes what was produced and still fails, so that a
/// recording run is never mistaken for a passing one.
package enum Golden {
    package struct Mismatch: Error, CustomStringConvertible {
        package var description: String
        package init(description: String) { self.description = description }
    }

    /// Compares with `Tests/<folder>/Goldens/<name>`.
    package static func expect(_ produced: String, matches name: String, in folder: String) throws {
        try expect(produced, document: "Tests/\(folder)/Goldens/\(name)")
    }

    /// Compares with a file of the checkout, such as a page of the documentation that the program can write by itself.
    package static func expect(_ produced: String, document path: String) throws {
        let file = Checkout.root.appending(path: path)
        if ProcessInfo.processInfo.environment["CASEBOARD_RECORD"] == "1" {
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try produced.write(to: file, atomically: true, encoding: .utf8)
            throw Mismatch(description: "recorded \(file.path()); look at it, then run again without CASEBOARD_RECORD")
        }
        guard let expected = try? String(contentsOf: file, encoding: .utf8) else {
            throw Mismatch(description: "no golden at \(file.path()); record it with CASEBOARD_RECORD=1")
        }
        if produced == expected { return }
        let left = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let right = produced.split(separator: "\n", omittingEmptySubsequences: false)
        let first = zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }
        let line = first?.offset ?? min(left.count, right.count)
        throw Mismatch(
            description: """
                \(path) differs from line \(line + 1) on
                - \(line < left.count ? String(left[line]) : "(end)")
                + \(line < right.count ? String(right[line]) : "(end)")
                """)
    }
}

/// A folder for one test, removed when the value goes away.
package final class TemporaryFolder: Sendable {
    package let url: URL
    package var path: String { url.path(percentEncoded: false) }
    package init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "caseboard-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(at: url) }  // a leftover folder in /tmp fails nothing

    package func write(_ text: String, to name: String) throws {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
    }
}

/// The seeded chance of every property test, so that a failure repeats.
package typealias SeededGenerator = SplitMix64
