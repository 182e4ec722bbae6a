import Model
import TestKit
import Testing

@testable import Rendering

/// The pages beside board and canvas.
enum SiteFixture {
    static let frame = SiteFrame(title: "The shop", asOf: CanvasFixture.asOf)
    static let templates = CanvasRendering.templates

    static var service: ServiceFile {
        var file = ServiceFile(name: "checkout", from: CanvasFixture.asOf - .dayMs, to: CanvasFixture.asOf)
        file.cases = [CanvasFixture.investigation] + CanvasFixture.ended(3).map(\.investigation)
        file.changes = [CanvasFixture.deploy, CanvasFixture.guilty]
        file.signals = CanvasFixture.items.map(\.event).filter { $0.role == .signal }
        file.caseOf = [CanvasFixture.timeout.fingerprint: 42]
        file.callers = [Neighbour(name: "storefront", calls: 1_204)]
        file.callees = [Neighbour(name: "shop-db", calls: 88, openNumber: 42, openSeverity: .critical)]
        file.tracks = CanvasFixture.tracks
        file.seriesCount = 20
        file.logs = CanvasFixture.rate("checkout", from: CanvasFixture.at(14, 4), minutes: 30, errors: 12, worst: 3..<9)
        file.gaps = [SourceGap(origin: "", source: .logs, service: "checkout", from: CanvasFixture.at(3, 0), to: CanvasFixture.at(6, 0))]
        return file
    }
    static var source: SourceFile {
        var breaker = CircuitBreaker()
        breaker.consecutiveFailures = 5
        breaker.openedAt = CanvasFixture.asOf - 20_000
        breaker.lastError = "503 five times"
        var file = SourceFile(
            health: SourceHealth(
                name: "tickets", kind: "github", state: .stopped, remark: "503", newestAt: CanvasFixture.asOf - .hourMs, readCount: 9_120,
                deadLetterCount: 2),
            breaker: breaker)
        let last = CanvasFixture.asOf.ms.floorDivided(by: .hourMs)
        file.hours = (0..<400).filter { $0 < 200 || $0 > 210 }.map { HourCount(hour: last - 400 + $0, count: 10 + $0 % 7) }
        file.cursors = [(item: "issues", state: "{\"page\":3}")]
        file.cursorCount = 1
        file.deadLetters = [
            StoredDeadLetter(
                id: 17,
                letter: DeadLetter(
                    origin: "tickets", place: "page 3, item 4", reason: "no time", remedy: "set `time_field`", payload: "{}"),
                firstAt: CanvasFixture.asOf - .dayMs, lastAt: CanvasFixture.asOf, count: 4)
        ]
        return file
    }
    static var day: DayFile {
        let events = CanvasFixture.items.map(\.event).sorted { ($0.occurredAt, $0.id) < ($1.occurredAt, $1.id) }
        var summary = DaySummary(day: CanvasFixture.day.day)
        for event in events {
            if event.role == .signal {
                summary.severities[event.severity, default: 0] += 1
                summary.hours[event.occurredAt.civil.hour] += 1
            } else if event.role == .change {
                summary.changes += 1
            }
        }
        var file = DayFile(summary: summary, events: events)
        file.cases = [CanvasFixture.investigation]
        file.caseOf = [CanvasFixture.timeout.fingerprint: 42]
        file.before = summary.day - 1
        return file
    }
    static var analytics: AnalyticsFile {
        let cases = [CanvasFixture.investigation] + CanvasFixture.ended(40).map(\.investigation)
        let measure = Measure(
            key: "detect", name: "Time to detect", kind: .duration, meaning: "From the first sign.",
            now: .init(value: 110_000, low: 60_000, high: 540_000, count: 9), before: .init(value: 240_000, count: 4), verdict: .tooFew)
        let rate = Measure(
            key: "deployment_frequency", name: "Deployments a day", kind: .rate, meaning: "By day.",
            now: .init(value: 4.1, low: 3, high: 5.4, count: 29),
            before: .init(value: 2, low: 1, high: 3, count: 60), verdict: .changed(low: 0.4, high: 2.7))
        return analytics([day.summary], cases, delivery: [rate], response: [measure])
    }
    static func analytics(_ days: [DaySummary], _ cases: [Investigation], delivery: [Measure], response: [Measure]) -> AnalyticsFile {
        let middle = CanvasFixture.day - 27 * .dayMs
        return AnalyticsFile(
            days: days, cases: cases, delivery: delivery, response: response, now: middle..<(CanvasFixture.day + .dayMs),
            before: (middle - 84 * .dayMs)..<middle)
    }
    static func pages() throws -> [(name: String, bytes: [UInt8])] {
        var out: [(name: String, bytes: [UInt8])] = []
        func add(_ name: String, _ bytes: [UInt8]) { out.append((name: name, bytes: bytes)) }
        add("service", try ServicePage.render(service, frame: frame, templates: templates))
        let bare = ServiceFile(name: "x", from: CanvasFixture.day, to: CanvasFixture.asOf)
        add("bare service", try ServicePage.render(bare, frame: frame, templates: templates))
        let line = ServiceLine(name: "checkout", openNumber: 42, openSeverity: .high)
        add("services", try ServicesPage.render([line], frame: frame, templates: templates))
        add("no services", try ServicesPage.render([], frame: frame, templates: templates))
        add("source", try SourcePage.render(source, frame: frame, templates: templates))
        add("sources", try SourcesPage.render([source.health], frame: frame, templates: templates))
        add("no sources", try SourcesPage.render([], frame: frame, templates: templates))
        add("day", try DayPage.render(day, frame: frame, templates: templates))
        let empty = DayFile(summary: DaySummary(day: 20_000), events: [])
        add("empty day", try DayPage.render(empty, frame: frame, templates: templates))
        add("months", try MonthsPage.render([day.summary], frame: frame, templates: templates))
        add("no months", try MonthsPage.render([], frame: frame, templates: templates))
        add("analytics", try AnalyticsPage.render(analytics, frame: frame, templates: templates))
        let nothing = analytics([], [], delivery: [], response: [])
        add("no analytics", try AnalyticsPage.render(nothing, frame: frame, templates: templates))
        let entry = ReportsPage.Entry(CanvasFixture.investigation)
        add("reports", try ReportsPage.render([entry], frame: frame, templates: templates))
        add("no reports", try ReportsPage.render([], frame: frame, templates: templates))
        add("help", try HelpPage.render(frame: frame, templates: templates))
        let version = CaseVersion(version: 2, at: CanvasFixture.asOf, author: "mara", changes: ["status open → resolved"])
        let changed = ChangelogPage.Entry(number: 42, title: "Payments fail", version: version)
        add(
            "changelog",
            try ChangelogPage.render(
                [changed], program: "version 1", notes: "# Changelog\n\n- A line.", frame: frame, templates: templates))
        let ended = ArchivePage.Ended(key: "a", number: 1, endAt: CanvasFixture.asOf, severity: .low)
        add("archive", try ArchivePage.index([ended], openCount: 2, frame: frame, templates: templates))
        add("open", try ArchivePage.open([CanvasFixture.investigation], frame: frame, templates: templates))
        return out
    }
    static func page(_ name: String) throws -> CanvasMarkup {
        CanvasMarkup(try #require(try pages().first { $0.name == name }).bytes)
    }
}

@Suite struct SiteTests {
    @Test func `every page is well formed and says one first sentence`() throws {
        for (name, bytes) in try SiteFixture.pages() {
            #expect(CanvasRendering.faults(bytes) == [], "\(name)")
            let page = CanvasMarkup(bytes)
            #expect(page.all("h1").count == 1, "\(name)")
            #expect((page.first(class: "say") ?? "").hasSuffix("."), "\(name): \(page.first(class: "say") ?? "")")
        }
    }

    @Test func `the same pages have the same bytes`() throws {
        let (first, second) = (try SiteFixture.pages().map(\.bytes), try SiteFixture.pages().map(\.bytes))
        #expect(first == second)
    }

    @Test func `every page may load scripts through its own script and nothing else`() throws {
        for (name, bytes) in try SiteFixture.pages() {
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("default-src 'none'; style-src 'sha256-"), "\(name)")
            #expect(text.contains("'strict-dynamic'; base-uri 'none'; form-action 'none'"), "\(name)")
            #expect(!text.contains("unsafe-"), "\(name)")
        }
    }

    @Test func `links from a folder lead up to the root`() throws {
        let page = try SiteFixture.page("service")
        #expect(page.all("a").contains { $0.attributes["href"] == "../../index.html" })
        #expect(page.all("a").contains { $0.attributes["href"] == "../../investigations/42/index.html" })
        #expect(page.all("a").contains { $0.attributes["href"] == "../../services/\(SiteAddress.slug("shop-db"))/index.html" })
    }

    @Test func `a service says what is open and what changed last`() throws {
        let say = try #require(try SiteFixture.page("service").first(class: "say"))
        #expect(say.hasPrefix("Nothing is open; the last one ended"))
        #expect(say.hasSuffix("The newest live change is checkout 4.18.0, 14:02:04."))
    }

    @Test func `a metric of a service stands beside its usual range`() throws {
        let lanes = try SiteFixture.page("service").all(class: "tall").map { CanvasMarkup.oneLine($0.text) }
        #expect(lanes.contains { $0.contains("usually 62–78") })
    }

    @Test func `a source that is left alone says until when, and what could not be read with its remedy`() throws {
        let page = try SiteFixture.page("source")
        let words = page.all(class: "why").map { CanvasMarkup.oneLine($0.text) }
        #expect(words.contains { $0.hasPrefix("Open after 5\u{a0}failures in a row, since 15:09:40; the next try is due at 15:10:40.") })
        #expect(words.contains("no time. set `time_field`."))
        #expect(page.all("code").contains { $0.text == "page 3, item 4" })
    }

    @Test func `a day with more than fits says so`() throws {
        var file = SiteFixture.day
        file.summary.context = 10_000
        let page = CanvasMarkup(try DayPage.render(file, frame: SiteFixture.frame, templates: SiteFixture.templates))
        #expect(page.elements.contains { $0.text.hasPrefix("The page holds the 2\u{202f}000 strongest") })
    }

    @Test func `two thousand events make a page of less than a megabyte`() throws {
        var file = SiteFixture.day
        file.events = (0..<2_000).map { index in
            CanvasFixture.signal(
                index % 24, index % 60, 0, .high, "svc-\(index % 30)", .logs, .errorBurst,
                "Burst \(index): " + String(repeating: "word ", count: 20))
        }
        #expect(try DayPage.render(file, frame: SiteFixture.frame, templates: SiteFixture.templates).count < 1_000_000)
    }

    @Test func `a measure of too few says so, and a change by how much`() throws {
        let said = try SiteFixture.page("analytics").all(class: "said").map(\.text)
        #expect(said == ["more, by 0.4 to 2.7", "n is too small to say"])
    }

    @Test(arguments: CaseFixture.hostileTexts.indices)
    func `hostile text stays text on every page`(_ index: Int) throws {
        let text = CaseFixture.hostileTexts[index]
        let hostile = CaseFixture.hostile(text)
        let frame = SiteFrame(title: text, asOf: CanvasFixture.asOf)
        var service = ServiceFile(name: text, from: hostile.from, to: hostile.to)
        service.cases = [hostile.investigation]
        service.signals = hostile.items.map(\.event)
        service.changes = hostile.items.map(\.event)
        service.callers = [Neighbour(name: text, calls: 2)]
        service.tracks = hostile.tracks
        var source = SiteFixture.source
        source.health.name = text
        source.health.kind = text
        source.breaker.lastError = text
        source.cursors = [(item: text, state: text)]
        source.deadLetters = [
            StoredDeadLetter(
                id: 1, letter: DeadLetter(origin: text, place: text, reason: text, remedy: text, payload: text), firstAt: hostile.from,
                lastAt: hostile.to, count: 2)
        ]
        var day = DayFile(summary: DaySummary(day: 20_000), events: hostile.items.map(\.event))
        day.cases = [hostile.investigation]
        let measure = Measure(key: text, name: text, kind: .share, meaning: text, now: .init(), before: .init(), verdict: .noChange)
        var summary = DaySummary(day: CanvasFixture.day.day)
        summary.sources = [text: 3]
        summary.services = [text: 3]
        summary.severities = [.high: 3]
        let analytics = SiteFixture.analytics([summary], [hostile.investigation], delivery: [measure], response: [measure])
        let pages = [
            try ServicePage.render(service, frame: frame, templates: SiteFixture.templates),
            try ServicesPage.render([ServiceLine(name: text)], frame: frame, templates: SiteFixture.templates),
            try SourcePage.render(source, frame: frame, templates: SiteFixture.templates),
            try SourcesPage.render([source.health], frame: frame, templates: SiteFixture.templates),
            try DayPage.render(day, frame: frame, templates: SiteFixture.templates),
            try AnalyticsPage.render(analytics, frame: frame, templates: SiteFixture.templates),
            try ReportsPage.render([.init(hostile.investigation)], frame: frame, templates: SiteFixture.templates),
            try ChangelogPage.render(
                [.init(number: 1, title: text, version: CaseVersion(version: 1, at: hostile.from, author: text, changes: [text]))],
                program: text,
                notes: text, frame: frame, templates: SiteFixture.templates),
            try ArchivePage.open([hostile.investigation], frame: frame, templates: SiteFixture.templates),
        ]
        for bytes in pages { #expect(CanvasRendering.faults(bytes) == []) }
    }
}

@Suite struct SiteAddressTests {
    @Test(arguments: ["checkout", "shop-db", "a1"])
    func `a plain name is its own folder`(_ name: String) { #expect(SiteAddress.slug(name) == name) }

    @Test func `any other name gets a folder of its own that leads nowhere else`() {
        let names =
            ["Checkout", "../../etc", "a/b", "", ".", "con", "index", "checkout ", "支付", "-x", "x-", "a--b"] + CaseFixture.hostileTexts
        var seen: Set<String> = []
        for name in names {
            let slug = SiteAddress.slug(name)
            #expect(slug.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 } && !slug.isEmpty, "\(name)")
            let isNew = seen.insert(slug).inserted
            #expect(slug != name, "\(name)")
            #expect(isNew, "\(name)")
        }
    }
}

@Suite struct ArchiveTests {
    private static func ended(_ count: Int, month: Int) -> [ArchivePage.Ended] {
        (0..<count).map {
            .init(
                key: "k\(month)-\($0)", number: month * 10_000 + $0, endAt: Instant.civil(year: 2026, month: month, day: 1 + $0 % 28),
                severity: .low)
        }
    }

    @Test func `months come newest first and full ones are cut into parts`() {
        let parts = ArchivePage.parts(Self.ended(2_300, month: 3) + Self.ended(5, month: 1))
        #expect(parts.map(\.path) == ["archive/2026-03.html", "archive/2026-03-2.html", "archive/2026-03-3.html", "archive/2026-01.html"])
        #expect(parts.map(\.keys.count) == [1_000, 1_000, 300, 5])
    }

    @Test func `a later end changes the last part of its month only`() {
        let before = ArchivePage.parts(Self.ended(2_300, month: 3))
        let more = [ArchivePage.Ended(key: "new", number: 99_999, endAt: Instant.civil(year: 2026, month: 3, day: 31), severity: .high)]
        let after = ArchivePage.parts(Self.ended(2_300, month: 3) + more)
        #expect(zip(before, after).map { $0.keys == $1.keys } == [true, true, false])
    }
}

@Suite struct SilenceTests {
    private static func hours(_ numbers: [Int64]) -> [HourCount] { numbers.map { HourCount(hour: 500_000 + $0, count: 3) } }

    @Test func `two empty hours in a week of full ones are a gap`() {
        let gaps = Silences.spans(in: Self.hours(Array(0..<48) + Array(50..<60)))
        #expect(gaps == [Instant(ms: 500_048 * .hourMs)...Instant(ms: 500_050 * .hourMs)])
    }

    @Test func `one empty hour is none`() { #expect(Silences.spans(in: Self.hours(Array(0..<48) + Array(49..<60))) == []) }

    @Test func `what speaks now and then is never silent`() {
        #expect(Silences.spans(in: Self.hours((0..<60).map { $0 * 5 })) == [])
    }

    @Test func `silence may last until now`() {
        let gaps = Silences.spans(in: Self.hours(Array(0..<48)), until: Instant(ms: 500_060 * .hourMs))
        #expect(gaps == [Instant(ms: 500_048 * .hourMs)...Instant(ms: 500_060 * .hourMs)])
    }

    @Test func `a few hours say nothing about what is usual`() {
        #expect(Silences.spans(in: Self.hours([0, 1, 2, 3, 20])) == [])
    }
}
