import Foundation
import Model
import Store
import TestKit
import Testing

@testable import Pipeline

/// What a run writes below `public/`, and what it leaves alone.
@Suite struct PublishTests {
    static let now = Instant(rfc3339: "2026-03-10T15:20:00Z") ?? Instant(ms: 0)
    let folder: TemporaryFolder
    var workspace: Workspace { Workspace(root: folder.url) }

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("title: Shop\nsources: []\n", to: "caseboard.yaml")
        try FileManager.default.createDirectory(at: folder.url.appending(path: "var"), withIntermediateDirectories: true)
        try change { store in
            try store.append((1...250).flatMap { number in (0..<3).map { Self.event(number, $0) } })
            try store.apply((1...250).map { .open(Self.snapshot($0), reasons: ["opened"]) }, at: Self.now - .hourMs, author: "caseboard")
            try store.clearDirtyRanges()
        }
    }

    private static func event(_ number: Int, _ index: Int) -> Event {
        Event(
            source: .alerts, type: .alert, subject: "\(number)-\(index)", at: now - Int64(number) * .dayMs + Int64(index) * 1_000,
            severity: .high, title: "alert \(index) of \(number)", service: "svc-\(number % 5)", origin: "alerts")
    }
    private static func snapshot(_ index: Int, as wanted: Int? = nil) -> CaseSnapshot {
        let number = wanted ?? index
        let events = (0..<3).map { event(index, $0) }
        return CaseSnapshot(
            investigation: Investigation(
                key: "case_\(number)", number: number, title: "trouble \(number)", status: .closed, severity: .high,
                startedAt: events[0].occurredAt, resolvedAt: events[2].occurredAt + .hourMs, lastSignalAt: events[2].occurredAt,
                services: ["svc-\(index % 5)"]),
            evidence: events.map { Evidence(fingerprint: $0.fingerprint, eventID: $0.id, confidence: 0.9, terms: []) }, isSettled: true)
    }

    private func change(_ body: (CaseStore) throws -> Void) throws {
        let store = try CaseStore.open(path: workspace.database.plainPath)
        try body(store)
    }
    private func publish(at now: Instant = PublishTests.now) async throws -> Answer {
        try await CaseboardRun.run(in: workspace, steps: [.render, .report], now: now, progress: .silent)
    }
    /// Every published file with its bytes and date.
    private func files() throws -> [String: String] {
        var out: [String: String] = [:]
        let root = workspace.site.plainPath
        for name in try FileManager.default.subpathsOfDirectory(atPath: root) {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(root)/\(name)")
            guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
            out[name] =
                "\(attributes[.modificationDate] ?? "") \(SHA256Digest.hex(of: Array(try Data(contentsOf: URL(filePath: "\(root)/\(name)")))))"
        }
        return out
    }
    private func document(_ path: String) throws -> JSONValue {
        try #require(JSONValue(ownText: try String(contentsOf: workspace.site.appending(path: "api/v1/\(path)"), encoding: .utf8)))
    }

    @Test func `a gap of a source makes anew only the pages of investigations that it touches`() async throws {
        _ = try await publish()
        let before = try files()
        let third = Self.now - 3 * .dayMs
        try change { try $0.extendGap(origin: "prometheus", readUntil: third, now: third + 10 * .minuteMs) }
        _ = try await publish()
        let after = try files()
        let changed = Set(after.keys.filter { after[$0] != before[$0] && $0.hasPrefix("investigations/") })
        #expect(changed == ["investigations/3/index.html", "investigations/3/report.html", "investigations/3/report.md"])
    }

    @Test func `everything is published once, and a run without a change writes nothing`() async throws {
        _ = try await publish()
        let before = try files()
        for name in [
            "api/v1/index.json", "api/v1/openapi.json", "api/v1/schemas/case.json", "api/v1/investigations/250.json",
            "api/v1/investigations/250/events/1.json", "api/v1/investigations/pages/3.json", "api/v1/filters/service/svc-0/1.json",
            "api/v1/changes.jsonl", "api/v1/dead-letters/1.json", "feeds/all.xml", "feeds/all.json", "feeds/services/svc-4.xml",
            "caseboard.db",
            "caseboard-metadata.json",
        ] { #expect(before[name] != nil, "\(name)") }
        #expect(before["sitemap.xml"] == nil)
        #expect(try await publish(at: Self.now + .hourMs).json["files_written"] == 0)
        #expect(try files() == before)
        #expect(try document("investigations/pages/3.json")["total"] == 250)
        #expect(try document("stats.json")["events"]?["total"] == 750)
    }

    @Test func `one changed investigation rewrites only what shows it`() async throws {
        _ = try await publish()
        let before = try files()
        try change { store in
            var snapshot = Self.snapshot(120)
            snapshot.investigation.title = "trouble of another kind"
            try store.apply([.update(snapshot, reasons: ["renamed"])], at: Self.now, author: "ann")
            try store.clearDirtyRanges()
        }
        _ = try await publish()
        let after = try files()
        let changed = after.keys.filter { after[$0] != before[$0] }.sorted()
        let day = Self.snapshot(120).investigation.startedAt.date
        let own = ["investigations/120/index.html", "investigations/120/report.html", "investigations/120/report.md"]
        let lists = [
            // 120 is the 131st of 250, and the 27th of the 50 of its service.
            "api/v1/investigations/pages/2.json", "api/v1/filters/status/closed/2.json", "api/v1/filters/severity/high/2.json",
            "api/v1/filters/priority/p1/2.json", "api/v1/filters/service/svc-0/1.json", "api/v1/filters/day/\(day)/1.json",
        ]
        let wholes = [
            "api/v1/investigations/120.json", "api/v1/changes.jsonl", "api/v1/changes/index.json", "api/v1/index.json",
            "api/v1/stats.json", "api/v1/analytics.json", "feeds/all.xml", "feeds/all.json", "feeds/services/svc-0.xml", "caseboard.db",
            "index.html", "archive/\(day.prefix(7)).html", "changelog.html", "reports/index.html", "services/svc-0/index.html",
            "timeline/\(day).html",
        ]
        // Which files of the search have to do with it depends on its words.
        func isSearch(_ path: String) -> Bool { path.hasPrefix("search/") }
        let others = Set(changed).subtracting(own + lists + wholes).filter { !isSearch($0) }
        #expect(others.isEmpty, "\(others.sorted())")
        #expect(Set(lists).isSubset(of: Set(changed)))
        #expect(before.keys.filter { !isSearch($0) }.sorted() == after.keys.filter { !isSearch($0) }.sorted())
    }

    @Test func `page and document of the figures are as of one moment, also when only the document changes`() async throws {
        _ = try await publish()
        let (before, document) = (try files(), try document("analytics.json"))
        try change { store in
            var snapshot = Self.snapshot(240)
            snapshot.investigation.severity = .low
            try store.apply([.update(snapshot, reasons: ["not that bad"])], at: Self.now, author: "ann")
            try store.clearDirtyRanges()
        }
        _ = try await publish(at: Self.now + 3 * .dayMs)
        let (after, changed) = (try files(), try self.document("analytics.json"))
        #expect(after["analytics/index.html"] == before["analytics/index.html"])
        #expect(changed["days"] != document["days"])
        #expect(changed["updated_at"] == document["updated_at"] && changed["now"] == document["now"])
    }

    @Test func `one new investigation rewrites its own files, the lists it moves in and no page of another`() async throws {
        _ = try await publish()
        let before = try files()
        let new = Self.snapshot(0, as: 251)
        try change { store in
            try store.append((0..<3).map { Self.event(0, $0) })
            try store.apply([.open(new, reasons: ["opened"])], at: Self.now, author: "caseboard")
            try store.clearDirtyRanges()
        }
        _ = try await publish(at: Self.now + .minuteMs)
        let after = try files()
        let changed = after.keys.filter { after[$0] != before[$0] }
        let day = new.investigation.startedAt.date
        let own = ["investigations/251/", "services/svc-0/", "feeds/services/svc-0."]
        func names(_ folder: String) -> [String] {
            changed.filter { path in path.hasPrefix(folder) && !own.contains { path.hasPrefix($0) } }.sorted()
        }
        #expect(names("investigations/").isEmpty)
        #expect(names("services/") == ["services/index.html"] && names("feeds/services/").isEmpty)
        // The day before leads on to it now.
        let eve = (new.investigation.startedAt - .dayMs).date
        #expect(names("timeline/") == ["timeline/\(eve).html", "timeline/\(day).html", "timeline/index.html"])
        #expect(names("archive/") == ["archive/\(day.prefix(7)).html", "archive/index.html"])
        #expect(names("reports/") == ["reports/index.html"])
    }

    @Test func `a file that was taken away is made again, and one that no longer belongs goes`() async throws {
        _ = try await publish()
        let before = try files()
        for name in ["api/v1/filters/status/closed/1.json", "api/v1/sources.json", "feeds/all.json", "caseboard.db"] {
            try FileManager.default.removeItem(at: workspace.site.appending(path: name))
        }
        _ = try await publish()
        #expect(try files().mapValues { $0.suffix(64) } == before.mapValues { $0.suffix(64) })
        try change { try $0.apply([.withdraw(key: "case_250", reasons: ["nothing is left"])], at: Self.now, author: "caseboard") }
        _ = try await publish()
        let after = try files()
        #expect(after["api/v1/investigations/250.json"] == nil && after["api/v1/investigations/250/events/1.json"] == nil)
        #expect(try document("investigations/pages/1.json")["total"] == 249)
        #expect(try document("changes/index.json")["last_sequence"] == 251)
    }

    @Test func `the base URL makes links absolute, and the database can be left out`() async throws {
        _ = try await publish()
        try folder.write("title: Shop\nsources: []\nsite: {base_url: https://cases.example/on-call/, database: no}\n", to: "caseboard.yaml")
        _ = try await publish()
        let after = try files()
        #expect(after["sitemap.xml"] != nil && after["caseboard.db"] == nil)
        let feed = try String(contentsOf: workspace.site.appending(path: "feeds/all.xml"), encoding: .utf8)
        #expect(feed.contains("href=\"https://cases.example/on-call/investigations/250/index.html\""))
        #expect(try document("index.json")["database"] == nil)
    }

    @Test func `addresses of the digest stay out of what is published`() async throws {
        try change { store in
            try store.append(
                [
                    DeadLetter(
                        origin: "smtp to oncall@example.org", place: "outbox 3", reason: "oncall@example.org is unknown", remedy: "",
                        payload: "")
                ],
                at: Self.now)
        }
        _ = try await publish()
        for name in try FileManager.default.subpathsOfDirectory(atPath: workspace.site.plainPath) {
            let data = FileManager.default.contents(atPath: "\(workspace.site.plainPath)/\(name)") ?? Data()
            #expect(data.range(of: Data("oncall@example.org".utf8)) == nil, "\(name)")
        }
    }
}
