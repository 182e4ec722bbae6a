import Model
import Testing

@testable import Rendering

@Suite struct CanvasPartsTests {
    private func data(_ bytes: [UInt8]) throws -> JSONValue {
        let text = String(decoding: bytes, as: UTF8.self)
        let start = try #require(text.firstRange(of: "id=\"data\">")?.upperBound)
        let end = try #require(text[start...].firstRange(of: "</script>")?.lowerBound)
        return try #require(JSONValue(ownText: String(text[start..<end])))
    }

    // MARK: - Versions

    @Test(
        arguments: [
            ("severity high → critical", ["severity", "high", "critical"]),
            ("status in progress → mitigated", ["status", "in progress", "mitigated"]),
            ("probable cause .79 → .87", ["probable cause", ".79", ".87"]),
            ("title “a b” → “c”", ["title", "“a b”", "“c”"]),
            (
                "likeliest cause payments itself (.41) → Deploy of checkout 4.18.0 (.87)",
                ["likeliest cause", "payments itself (.41)", "Deploy of checkout 4.18.0 (.87)"]
            ),
            ("started 14:02:40, was 14:04:12", ["started", "14:04:12", "14:02:40"]),
            ("joined: 3 signals", ["joined: 3 signals", "", ""]), (" → ", [" → ", "", ""]), ("", ["", "", ""]),
        ] as [(String, [String])])
    func `a change of a version is what was and what is`(_ change: String, _ expected: [String]) {
        let difference = VersionDifference(change)
        #expect([difference.what, difference.before, difference.after] == expected)
    }

    // MARK: - Others

    private func canvas(_ place: CasePlace) throws -> CanvasMarkup {
        CanvasMarkup(
            try CanvasPage.render(
                CanvasFixture.outage, asOf: CanvasFixture.asOf, templates: CanvasRendering.templates, place: place))
    }
    private func addresses(_ page: CanvasMarkup) -> [String] { page.all("a").compactMap { $0.attributes["href"] } }

    @Test func `an earlier one that looks like it is named with its state, its length, its day and what was behind it`() throws {
        let items = try canvas(.site).all("li").map { CanvasMarkup.oneLine($0.text) }
        let item = try #require(items.first { $0.contains("#17 Checkout pool used up after 4.2.0") })
        #expect(item.hasPrefix("high #17"))
        #expect(item.contains(".71 closed after 52\u{a0}min, 25\u{a0}Jul"), "\(item)")
        #expect(item.hasSuffix("Same message, same change path. Root cause: sessions were never given back."))
    }
    @Test func `a related one is named with what joins the two`() throws {
        let items = try canvas(.site).all("li").map { CanvasMarkup.oneLine($0.text) }
        let item = try #require(items.first { $0.contains("#41 search answers slowly") })
        #expect(item.hasSuffix("At the same time in search, which storefront calls."))
    }
    @Test func `a canvas of the site leads to the parts of the site and to the others`() throws {
        let addresses = addresses(try canvas(.site))
        for address in ["../../index.html", "../../services/index.html", "../17/index.html", "../41/index.html", "report.html"] {
            #expect(addresses.contains(address), "\(address)")
        }
    }
    @Test(arguments: [CasePlace.alone, .single]) func `a canvas without its site leads to nothing that is not beside it`(_ place: CasePlace)
        throws
    {
        let page = try canvas(place)
        let addresses = addresses(page)
        #expect(!addresses.contains { $0.hasPrefix("..") })
        #expect(addresses.contains("report.html") == (place == .alone))
        #expect(!page.elements.contains { $0.attributes["id"] == "search" })
        #expect(page.all("li").contains { $0.text.contains("#17") })
    }

    // MARK: - A newer publication

    @Test func `the head of a published canvas says its version and who changed what last`() throws {
        let head = String(decoding: try CanvasRendering.canvas(CanvasFixture.outage).prefix(6_144), as: UTF8.self)
        #expect(head.contains("<meta name=\"caseboard-version\" content=\"7\">"))
        #expect(head.contains("<meta name=\"caseboard-published\" content=\"\(CanvasFixture.asOf.rfc3339)\">"))
        #expect(head.contains("<meta name=\"caseboard-news\" content=\"Mara Lindqvist: root cause and to-dos written\">"))
        #expect(head.contains("; connect-src 'self';"))
    }
    @Test func `a note after the last version is the news`() {
        var file = CanvasFixture.outage
        file.notes.append(Annotation(at: CanvasFixture.at(15, 0), author: "Jonas", text: "done"))
        #expect(CanvasNews.news(file) == "Jonas: a note")
        #expect(CanvasNews.news(CaseFixture.bare) == "")
    }
    @Test func `a canvas that stands alone asks nobody`() throws {
        let page = String(
            decoding: try CanvasPage.render(
                CanvasFixture.outage, asOf: CanvasFixture.asOf, templates: CanvasRendering.templates, place: .alone), as: UTF8.self)
        let head = page.prefix(upTo: page.firstRange(of: "<style>")?.lowerBound ?? page.endIndex)
        #expect(!head.contains("connect-src") && !head.contains("caseboard-version"))
    }

    // MARK: - Many

    @Test func `what has no row is in the data of the script, each name once`() throws {
        let value = try data(try CanvasRendering.canvas(CanvasFixture.large(5_000)))
        #expect(value.objectValue?["at"]?.arrayValue?.count == 4_800)
        #expect(value.objectValue?["service"]?.objectValue?["names"]?.arrayValue?.count == 5)
        #expect(value.objectValue?["title"]?.objectValue?["of"]?.arrayValue?.count == 4_800)
        #expect(try data(try CanvasRendering.canvas(CanvasFixture.outage)) == ["number": 42])
    }
    @Test(arguments: [(199, 0), (200, 199)])
    func `of many pieces all details but the open one are folded for browsers with scripts`(_ count: Int, _ folded: Int) throws {
        let page = CanvasMarkup(try CanvasRendering.canvas(CanvasFixture.large(count)))
        #expect(page.errors == [])
        #expect(page.all("noscript").count == folded)
    }
    @Test func `a count leads to the worst piece that has a row`() {
        let axis = TimeAxis(from: CanvasFixture.at(14, 0), to: CanvasFixture.at(15, 0))
        let at = CanvasFixture.at(14, 10)
        let columns = LaneMarks.columns(
            [
                LaneMark(at: at, kind: .high, target: ""), LaneMark(at: at, kind: .low, target: "e-low"),
                LaneMark(at: at + 1_000, kind: .high, target: "e-high"),
            ], on: axis)
        #expect(columns.map(\.target) == ["e-high"])
        #expect(columns.map(\.count) == [3])
    }

    // MARK: - Details

    @Test func `a build shows the tests that failed at its commit, and a deployment the way to its commit`() throws {
        var file = CanvasFixture.outage
        var failed = CanvasFixture.failedTest
        failed.commit = CanvasFixture.guiltySha
        let build = Event(
            source: .ci, type: .buildFailure, subject: "8815", at: CanvasFixture.at(14, 14), title: "Build 8815 failed",
            service: "checkout",
            url: "https://ci.example/8815", commit: CanvasFixture.guiltySha)
        file.items.removeAll { $0.event.fingerprint == failed.fingerprint }
        file.items += [CanvasFixture.item(failed, 0.8, .impact), CanvasFixture.item(build, 0.8, .impact)]
        let page = CanvasMarkup(try CanvasRendering.canvas(file))
        let text = page.elements.first { $0.attributes["id"] == "e-\(build.fingerprint.text)" }?.text ?? ""
        #expect(text.contains("one cart uses one session failed"))
        #expect(text.contains("Build at ci.example"))
        let links = page.all("a").compactMap { $0.attributes["href"] }.filter { $0 == "#e-\(CanvasFixture.guilty.fingerprint.text)" }
        #expect(links.count >= 4)
    }
    @Test(arguments: [("https://user@git.example:8443/a?b", "git.example:8443"), ("mailto:a@b.example", "a@b.example"), ("http://h", "h")])
    func `an address outside is told by its place`(_ address: String, _ place: String) { #expect(OutsideLink.place(address) == place) }

    // MARK: - Graph

    @Test func `the way to a symptom has its nodes and edges, and alerts are told as triggered`() throws {
        let graph = CauseGraphBuilder.graph(CanvasFixture.outage)
        let storefront = try #require(graph.nodes.firstIndex { $0.fullTitle == "storefront" })
        let way = graph.path(to: storefront)
        #expect(way.nodes.contains(0) && way.nodes.contains(storefront))
        #expect(way.edges.allSatisfy { way.nodes.contains(graph.edges[$0].from) && way.nodes.contains(graph.edges[$0].to) })
        #expect(graph.sentences.contains { $0.verb == "triggers" && $0.object == "PaymentsErrorRateHigh firing" })
        #expect(Set(graph.nodes.map(\.kind)).isSuperset(of: ["change", "metric", "logs", "finding", "resolution"]))
    }
}
