import Foundation
import Model
import Store
import Testing

@testable import Pipeline

/// What a publication writes, and what it leaves alone.
@Suite(.serialized) struct SitePublishingTests {
    static let now = Instant.civil(year: 2026, month: 3, day: 10)

    /// A workspace whose evidence is put into the store by hand.
    final class Rig {
        let workspace: Workspace
        init() throws {
            let root = FileManager.default.temporaryDirectory.appending(
                path: "caseboard-site-\(getpid())-\(ObjectIdentifier(Self.self).hashValue)")
            try? FileManager.default.removeItem(at: root)
            try FileManager.default.createDirectory(at: root.appending(path: "var"), withIntermediateDirectories: true)
            try "title: Shop\nsources: []\n".write(to: root.appending(path: "caseboard.yaml"), atomically: true, encoding: .utf8)
            workspace = Workspace(root: root)
        }
        deinit { try? FileManager.default.removeItem(at: workspace.root) }

        func append(_ events: [Event]) throws {
            let store = try CaseStore.open(path: workspace.database.path(percentEncoded: false))
            try store.append(events)
        }
        func run(_ now: Instant = SitePublishingTests.now) async throws -> Int64 {
            let answer = try await CaseboardRun.run(in: workspace, steps: Step.allCases, now: now, progress: .silent)
            return answer.json["files_written"]?.intValue ?? -1
        }
        /// Path → date of change and size.
        func files() throws -> [String: String] {
            var out: [String: String] = [:]
            let root = workspace.site.path(percentEncoded: false)
            for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
                let facts = try FileManager.default.attributesOfItem(atPath: root + "/" + path)
                if facts[.type] as? FileAttributeType == .typeRegular {
                    out[path] = "\((facts[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0) \(facts[.systemFileNumber] ?? 0)"
                }
            }
            return out
        }
    }

    /// Alerts of one incident that belong together.
    static func incident(_ name: String, service: String, daysAgo: Int64) -> [Event] {
        (0..<6).map { index in
            Event(
                source: .alerts, type: .alert, subject: "\(name)-\(index)", at: now - daysAgo * .dayMs + Int64(index) * 30_000,
                severity: .high,
                title: "\(service) fails: \(name) part \(index)", service: service, host: "host-\(name)",
                attributes: [EventAttribute.strength: 0.9], origin: "alerts", traceID: "trace-\(name)")
        }
    }

    @Test func `a run with nothing new writes nothing, hours later too`() async throws {
        let rig = try Rig()
        try rig.append(Self.incident("a", service: "checkout", daysAgo: 5) + Self.incident("b", service: "search", daysAgo: 40))
        #expect(try await rig.run() > 20)
        let before = try rig.files()
        #expect(try await rig.run() == 0)
        #expect(try await rig.run(Self.now + 7 * .hourMs) == 0)
        #expect(try rig.files() == before)
    }

    @Test func `a new incident rewrites what shows it and nothing else`() async throws {
        let rig = try Rig()
        try rig.append(Self.incident("a", service: "checkout", daysAgo: 5) + Self.incident("b", service: "search", daysAgo: 40))
        _ = try await rig.run()
        let before = try rig.files()
        try rig.append(Self.incident("c", service: "mail", daysAgo: 12))
        // Two hours later the numbers of the first run are settled.
        _ = try await rig.run(Self.now + 2 * .hourMs)
        let after = try rig.files()
        let changed = Set(after.keys.filter { before[$0] != after[$0] })
        for path in [
            "index.html", "services/mail/index.html", "timeline/2026-02-26.html", "analytics/index.html", "archive/2026-02.html",
            "search/index.js",
        ] {
            #expect(changed.contains(path), "\(path)")
        }
        for path in ["services/checkout/index.html", "services/search/index.html", "sources/index.html", "help.html"] {
            #expect(before[path] != nil && !changed.contains(path), "\(path)")
        }
    }

    @Test func `the script of the search is a file that every page finds`() async throws {
        let rig = try Rig()
        try rig.append(Self.incident("a", service: "checkout", daysAgo: 5))
        _ = try await rig.run()
        let text = try String(contentsOf: rig.workspace.site.appending(path: "search/box.js"), encoding: .utf8)
        #expect(text.hasPrefix("\"use strict\";\n") && text.contains("site/js/search.js"))
    }

    @Test func `a page that somebody removed comes back`() async throws {
        let rig = try Rig()
        let stray = Self.incident("a", service: "checkout", daysAgo: 5)
        try rig.append(stray)
        _ = try await rig.run()
        #expect(try rig.files()["services/checkout/index.html"] != nil)
        let file = rig.workspace.site.appending(path: "timeline/2026-03-05.html")
        try FileManager.default.removeItem(at: file)
        #expect(try await rig.run() > 0)
        #expect(FileManager.default.fileExists(atPath: file.path(percentEncoded: false)))
    }
}

@Suite struct CursorWordsTests {
    @Test func `a log is told by line and byte, and nothing of the machine is told`() {
        let items = CursorWords.items([
            "file:logs/a.log": Cursor(["log": "77eb", "stat": [65_024, 16, 9, 17]]),
            "log:77eb": Cursor(["line": 25_518, "offset": 3_594_741, "head": "77eb"]),
            "file:b.xml": Cursor(["hash": "6c2f66dc4fc861f45e80", "stat": [1, 2, 3, 4]]),
            "commits": Cursor(["heads": ["1cefc02781ecc43d5a29ee5a22b94d3c5715e077"]]), "pages": Cursor(["page": 3]),
        ])
        #expect(items.map(\.item) == ["commits", "b.xml", "logs/a.log", "pages"])
        #expect(
            items.map(\.state) == ["to 1cefc02781ec", "read whole, content 6c2f66dc4fc8", "line 25518, byte 3594741", "page 3"])
    }
}
