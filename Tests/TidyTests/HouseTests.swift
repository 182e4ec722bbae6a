import Foundation
import TestKit
import Testing

/// The house rules, held by tests so that nobody has to remember them.
@Suite struct HouseTests {
    static let rooms = [
        "Formats", "Transport", "Connectors", "Signals", "Correlation", "Store", "Rendering", "Delivery", "Trust", "DemoStory",
    ]
    /// What a room may import besides Model, Foundation and the like.
    static let doors: [String: Set<String>] = [
        "Model": ["CCrypto"],
        "Accuracy": ["Model"],
        "Formats": ["Model", "CXML", "CSIMDJSON", "CPCRE2", "CZlib", "CZstd", "CZip", "CMail"],
        "Transport": ["Model", "CCurl", "CPostgres"],
        "Connectors": ["Model", "Formats", "Transport", "Subprocess"],
        "Signals": ["Model"],
        "Correlation": ["Model"],
        "Store": ["Model", "GRDB", "GRDBSQLite"],
        "Rendering": ["Model", "CArena", "CMarkdown"],
        "Delivery": ["Model", "Transport", "Subprocess"],
        "Trust": ["Model", "CPCRE2"],
        "DemoStory": ["Model", "Subprocess"],
        "LabelledCases": ["Model", "Subprocess"],
        "Assets": ["CAssets"],
    ]
    static let everywhere: Set<String> = [
        "Foundation", "FoundationEssentials", "Synchronization", "Dispatch", "Glibc", "System", "SystemPackage",
    ]

    struct Source: Sendable, CustomTestStringConvertible {
        var room: String
        var path: String
        var text: String
        var testDescription: String { path }
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    }

    static func sources(below folder: String) throws -> [Source] {
        let root = Checkout.root.appending(path: folder)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path(percentEncoded: false)).filter { $0.hasSuffix(".swift") }
        return try paths.sorted().map { path in
            Source(
                room: String(path.split(separator: "/")[0]), path: "\(folder)/\(path)",
                text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
        }
    }

    @Test func `no room opens a door to its neighbour`() throws {
        var strays: [String] = []
        for source in try Self.sources(below: "Sources") {
            guard let allowed = Self.doors[source.room] else { continue }
            for line in source.lines
            where line.hasPrefix("import ") || line.hasPrefix("private import ") || line.hasPrefix("@preconcurrency import ") {
                let module = String(line.split(separator: " ").last ?? "").split(separator: ".").first.map(String.init) ?? ""
                if !allowed.contains(module) && !Self.everywhere.contains(module) { strays.append("\(source.path) imports \(module)") }
            }
        }
        #expect(strays.isEmpty, "\(strays.joined(separator: "\n"))")
    }

    @Test func `each C library is called from one room`() throws {
        var callers: [String: Set<String>] = [:]
        for source in try Self.sources(below: "Sources") {
            for line in source.lines where line.hasPrefix("import C") {
                let module = String(line.dropFirst(7))
                if Self.doors.values.contains(where: { $0.contains(module) }) { callers[module, default: []].insert(source.room) }
            }
        }
        callers["CPCRE2"] = nil  // patterns of users in Formats, secrets in Trust: two small wrappers that know nothing of each other
        let shared = callers.filter { $0.value.count > 1 }.map { "\($0.key): \($0.value.sorted())" }
        #expect(shared.isEmpty, "\(shared)")
    }

    @Test func `nothing outside tests can trap on outside data`() throws {
        let patterns = ["try!", " as! ", "fatalError(", "unsafelyUnwrapped", "try! "]
        var traps: [String] = []
        for source in try Self.sources(below: "Sources") where source.room != "CaseboardBenchmarks" {
            for (index, line) in source.lines.enumerated() {
                let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false).first ?? line
                for pattern in patterns where code.contains(pattern) { traps.append("\(source.path):\(index + 1): \(line)") }
            }
        }
        #expect(traps.isEmpty, "\(traps.joined(separator: "\n"))")
    }

    @Test func `time and chance come in as arguments`() throws {
        var strays: [String] = []
        for source in try Self.sources(below: "Sources") where Self.doors[source.room] != nil && source.room != "Transport" {
            for (index, line) in source.lines.enumerated()
            where line.contains("Date()") || line.contains("UUID()") || line.contains(".random(in") {
                strays.append("\(source.path):\(index + 1)")
            }
        }
        #expect(strays.isEmpty, "\(strays)")
    }

    @Test func `files stay readable`() throws {
        let long = try Self.sources(below: "Sources").filter { $0.lines.count > 600 }.map { "\($0.path): \($0.lines.count) lines" }
        #expect(long.isEmpty, "\(long)")
    }

    @Test func `nothing is left unfinished in the sources`() throws {
        let words = ["TO" + "DO", "FIX" + "ME", "not " + "implemented"]
        let strays = try Self.sources(below: "Sources").filter { source in words.contains { source.text.contains($0) } }.map(\.path)
        #expect(strays.isEmpty, "\(strays)")
    }

    @Test func `no top-level folder appears that the map does not know`() throws {
        let known: Set<String> = [
            ".git", ".gitignore", ".ci", ".build", ".swift-format", "ARCHITECTURE.md", "Benchmarks", "CHANGELOG.md", "CONTRIBUTING.md",
            "LICENSE", "Makefile", "Package.resolved", "Package.swift", "README.md", "Sources", "Tests", "demo", "docs", "reports",
            "scripts", "site",
            "templates",
        ]
        let names = try FileManager.default.contentsOfDirectory(atPath: Checkout.root.path(percentEncoded: false))
        let strangers = names.filter { !known.contains($0) && !$0.hasPrefix(".build") }
        #expect(strangers.isEmpty, "\(strangers)")
    }
}
