import Foundation
import Model
import TestKit
import Testing

@testable import Rendering

/// Pages made from the assets of the checkout.
enum CanvasRendering {
    @Sendable static func asset(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: Checkout.root.appending(path: path).path(percentEncoded: false)).map { [UInt8]($0) }
    }
    static let templates = Templates(assets: asset)
    static func canvas(_ file: CaseFile, asOf: Instant = CanvasFixture.asOf) throws -> [UInt8] {
        try CanvasPage.render(file, asOf: asOf, templates: templates)
    }
    static func board(_ file: BoardFile) throws -> [UInt8] { try BoardPage.render(file, templates: templates) }

    /// What no page may have, whatever it was given.
    static func faults(_ bytes: [UInt8]) -> [String] {
        let page = CanvasMarkup(bytes)
        var faults = page.errors
        for element in page.elements {
            for (name, value) in element.attributes.sorted(by: { $0.key < $1.key }) {
                if name.hasPrefix("on") || name == "style" || name == "src" || name == "srcset" {
                    faults.append("<\(element.name) \(name)>")
                }
                guard name == "href" else { continue }
                if value.hasPrefix("#") {
                    if !page.contains(id: String(value.dropFirst())) { faults.append("\(value) leads nowhere") }
                } else if value.contains(":"), !value.hasPrefix("http://"), !value.hasPrefix("https://"), !value.hasPrefix("mailto:") {
                    faults.append("href \(value)")
                } else if value.hasPrefix("//") {
                    faults.append("href \(value)")
                }
            }
        }
        let scripts = page.all("script").map { $0.attributes["type"] ?? "" }
        if scripts != ["application/json", "module"] { faults.append("scripts \(scripts)") }
        for name in ["img", "iframe", "object", "embed", "base", "form", "link"]
        where page.all(name).contains(where: { $0.attributes["method"] != "dialog" && $0.attributes["id"] != "spanbar" }) {
            faults.append("<\(name)>")
        }
        return faults
    }
}

@Suite struct CanvasTests {
    @Test(arguments: ["rich", "small", "bare", "many"])
    func `a canvas is well formed and every link in it leads somewhere`(_ name: String) throws {
        let file = ["rich": CanvasFixture.outage, "small": CaseFixture.outage, "bare": CaseFixture.bare, "many": CanvasFixture.large(300)][
            name]
        #expect(CanvasRendering.faults(try CanvasRendering.canvas(try #require(file))) == [])
    }

    @Test func `the same case gives the same bytes`() throws {
        var shuffled = CanvasFixture.outage
        shuffled.items.reverse()
        shuffled.tracks.reverse()
        shuffled.gaps.reverse()
        shuffled.otherChanges.reverse()
        let first = try CanvasRendering.canvas(CanvasFixture.outage)
        #expect(try CanvasRendering.canvas(CanvasFixture.outage) == first)
        #expect(try CanvasRendering.canvas(shuffled) == first)
    }

    @Test func `the words of the canvas are as recorded`() throws {
        let page = CanvasMarkup(try CanvasRendering.canvas(CanvasFixture.outage))
        var lines: [String] = []
        func add(_ heading: String, _ texts: [String]) { lines += [heading] + texts.map { "  " + CanvasMarkup.oneLine($0) } }
        add("status", page.all(class: "case").map(\.text))
        add("sentence", page.all(class: "say").map(\.text))
        let items = page.all("li")
        add("impact", CanvasWords.list(page, class: "harm"))
        add("course", items.filter { $0.classes.contains { $0.hasPrefix("on-") } }.map(\.text))
        add("causes", page.all(class: "hyp").map(\.text))
        add("suspects", CanvasWords.list(page, class: "sus-list"))
        add("lanes", CanvasWords.list(page, class: "lanes"))
        add("remarks", page.all("figure").flatMap { _ in [String]() } + page.all(class: "legend").map(\.text))
        add("graph", page.all("details").filter { $0.classes.contains("words") }.map(\.text))
        add("evidence", page.all("li").filter { ($0.attributes["id"] ?? "").hasPrefix("r-") }.map(\.text))
        add("notes", page.all("article").filter { $0.classes.contains("note") }.map(\.text))
        try Golden.expect(lines.joined(separator: "\n") + "\n", matches: "canvas-words.txt", in: "RenderingTests")
    }

    @Test func `the course holds only known moments with the time since the one before`() {
        let moments = CaseMoments(CanvasFixture.outage).moments
        #expect(moments.map(\.kind) == [.change, .firstFailure, .detected, .acknowledged, .mitigated, .resolved])
        #expect(
            moments.map { $0.since.replacing("\u{a0}", with: " ") } == [
                "", "+2 m 08 s", "+1 m 50 s", "+3 m 13 s", "+27 m 05 s", "36 m 48 s in all",
            ])
        #expect(CaseMoments(CaseFixture.bare).moments.map(\.kind) == [.firstFailure])
    }

    @Test func `moments out of order are told in the order they happened`() {
        var file = CanvasFixture.outage
        file.investigation.acknowledgedAt = CanvasFixture.at(14, 5)
        #expect(CaseMoments(file).moments.map(\.kind) == [.change, .firstFailure, .acknowledged, .detected, .mitigated, .resolved])
    }

    @Test func `an open case says how long it lasts and has no end`() throws {
        var file = CanvasFixture.outage
        file.investigation.status = .open
        file.investigation.resolvedAt = nil
        file.investigation.mitigatedAt = nil
        let page = CanvasMarkup(try CanvasRendering.canvas(file, asOf: CanvasFixture.at(14, 24)))
        #expect(
            CanvasWords.list(page, class: "harm").map(CanvasMarkup.oneLine).contains("19\u{a0}min since the first failure, and not over"))
        #expect(!CaseMoments(file).moments.contains { $0.kind == .resolved })
    }

    @Test func `every piece of evidence has a row, details with its JSON, and a mark`() throws {
        let file = CanvasFixture.outage
        let page = CanvasMarkup(try CanvasRendering.canvas(file))
        let plotted = Set(page.all("a").filter { $0.attributes["tabindex"] == "-1" }.compactMap { $0.attributes["href"] })
        for item in file.items {
            let id = item.event.fingerprint.text
            #expect(page.contains(id: "r-\(id)"))
            let article = try #require(page.elements.first { $0.attributes["id"] == "e-\(id)" })
            #expect(article.text.contains("\"fingerprint\": \"\(id)\""))
            #expect(plotted.contains("#e-\(id)"))
        }
    }

    @Test func `details show what the source gave`() throws {
        let page = CanvasMarkup(try CanvasRendering.canvas(CanvasFixture.outage))
        func article(_ event: Event) -> String { page.elements.first { $0.attributes["id"] == "e-\(event.fingerprint.text)" }?.text ?? "" }
        #expect(article(CanvasFixture.timeout).contains("DEBUG pool.acquire waiting=41"))
        #expect(article(CanvasFixture.timeout).contains("payments.log.gz, line 40\u{202f}118"))
        #expect(article(CanvasFixture.limit).contains("usual 62 to 78"))
        #expect(article(CanvasFixture.slow).contains("pool.acquire, retry"))
        #expect(article(CanvasFixture.guilty).contains("src/pool.ts") && article(CanvasFixture.guilty).contains("+38"))
        #expect(article(CanvasFixture.failedTest).contains("received: 9 sessions"))
        #expect(article(CanvasFixture.alert).contains("alertname") && article(CanvasFixture.alert).contains("PaymentsErrorRateHigh"))
        #expect(article(CanvasFixture.provider).contains("It speaks against the case."))
    }

    @Test func `an empty case says in sentences what is missing`() throws {
        let text = String(decoding: try CanvasRendering.canvas(CaseFixture.bare), as: UTF8.self)
        for sentence in [
            "No probable cause yet: nothing that was weighed explains these signals.", "No commit is suspect", "No evidence is linked.",
            "No notes yet.",
            "Nothing like it has been seen here before.", "Nothing to draw yet: no signal names a service.",
        ] { #expect(text.contains(sentence)) }
    }

    @Test func `a weak first cause is not called probable`() throws {
        var file = CanvasFixture.outage
        file.investigation.hypotheses = [
            Hypothesis(rank: 1, kind: .service, service: "cart", name: "cart", score: 0.22, terms: [], summary: "")
        ]
        file.investigation.suspects = []
        #expect(
            String(decoding: try CanvasRendering.canvas(file), as: UTF8.self).contains(
                "No probable cause yet: the best candidate scores .22."))
        #expect(CaseMoments(file).changeAt == nil)
    }

    @Test func `from two thousand pieces on the two hundred strongest are shown and it is said`() throws {
        let page = CanvasMarkup(try CanvasRendering.canvas(CanvasFixture.large(5_000)))
        let rows = page.all("li").filter { ($0.attributes["id"] ?? "").hasPrefix("r-") }
        #expect(rows.count == 200)
        #expect(
            page.elements.contains {
                $0.name == "p" && $0.text == "These are the 200 strongest of 5\u{202f}000. All of them are on the timeline and in the JSON."
            })
        #expect(
            CanvasMarkup(try CanvasRendering.canvas(CanvasFixture.large(1_999))).all("li").filter {
                ($0.attributes["id"] ?? "").hasPrefix("r-")
            }.count == 1_999)
    }

    @Test func `what is not evidence stays small however much evidence there is`() throws {
        let bytes = try CanvasRendering.canvas(CanvasFixture.large(500))
        let text = String(decoding: bytes, as: UTF8.self)
        var evidence = 0
        for (open, close) in [("<li id=\"r-", "</li>"), ("<article id=\"e-", "</article>"), ("<g class=\"marks\"", "</g>")] {
            var rest = text[...]
            while let start = rest.firstRange(of: open), let end = rest[start.upperBound...].firstRange(of: close) {
                evidence += rest[start.lowerBound..<end.upperBound].utf8.count
                rest = rest[end.upperBound...]
            }
        }
        #expect(bytes.count - evidence <= 150_000)
        #expect(evidence <= 500 * 2_400)
    }

    @Test(arguments: CaseFixture.hostileTexts.indices)
    func `hostile text stays text`(_ index: Int) throws {
        let hostile = CaseFixture.hostileTexts[index]
        let bytes = try CanvasRendering.canvas(CaseFixture.hostile(hostile))
        #expect(CanvasRendering.faults(bytes) == [])
        let page = CanvasMarkup(bytes)
        let plain = CanvasMarkup(try CanvasRendering.canvas(CaseFixture.hostile("text")))
        // Markdown of notes may make elements of its own; nothing else may.
        let markdown: Set<String> = [
            "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "del", "a", "table",
            "thead", "tbody", "tr", "th", "td", "br", "hr", "input", "span", "text", "rect", "circle", "path", "b", "small", "tspan", "use",
            "svg", "g", "title", "symbol", "article", "meter", "i", "div", "dt", "dd", "time", "details", "summary", "figcaption",
        ]
        #expect(Set(page.elements.map(\.name)).subtracting(plain.elements.map(\.name)).isSubset(of: markdown))
        #expect(page.all("script").count == 2 && page.all("style").count == 1)
        let dangerous = String(decoding: bytes, as: UTF8.self).unicodeScalars.first {
            $0.isDangerous && $0 != "\n" && $0 != "\t" && $0 != "\r"
        }
        #expect(dangerous == nil)
    }

    @Test func `very long words, right-to-left text, emoji and equal times are drawn`() throws {
        for text in [String(repeating: "x", count: 5_000), "خدمة الدفع معطلة", "🔥🔥🔥 支払い失敗 🧨", "e\u{301}\u{301}\u{301}", ""] {
            #expect(CanvasRendering.faults(try CanvasRendering.canvas(CaseFixture.hostile(text))) == [])
        }
        var same = CanvasFixture.large(450)
        for index in same.items.indices { same.items[index].event.occurredAt = CanvasFixture.at(14, 4) }
        same.from = CanvasFixture.at(14, 4)
        same.to = CanvasFixture.at(14, 4)
        #expect(CanvasRendering.faults(try CanvasRendering.canvas(same)) == [])
    }

    @Test(arguments: UInt64(1)...24)
    func `any case becomes a sound page`(_ seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let file = CanvasWords.randomCase(&chance)
        #expect(CanvasRendering.faults(try CanvasRendering.canvas(file)) == [], "seed \(seed)")
    }

    @Test func `a changed module is in the next page`() throws {
        func page(_ line: String) throws -> String {
            let changed = Templates { path in
                path == "site/js/age.js"
                    ? CanvasRendering.asset(path).map { $0 + Array("\nconst \(line) = 1;\n".utf8) } : CanvasRendering.asset(path)
            }
            let bytes = try CanvasPage.render(CaseFixture.bare, asOf: CanvasFixture.asOf, templates: changed)
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(try page("first").contains("const first = 1;"))
        #expect(try page("second").contains("const second = 1;"))
    }

    @Test func `a missing style sheet is named`() {
        let bare = Templates { $0 == "site/css/tokens.css" ? nil : CanvasRendering.asset($0) }
        #expect(throws: TemplateError.missing(template: "site/css/tokens.css")) {
            try CanvasPage.render(CaseFixture.bare, asOf: CanvasFixture.asOf, templates: bare)
        }
    }
}

enum CanvasWords {
    /// The texts of the items of the first list with this class.
    static func list(_ page: CanvasMarkup, class name: String) -> [String] {
        guard let start = page.elements.firstIndex(where: { $0.classes.contains { $0 == name } }) else { return [] }
        return page.elements.filter { $0.name == "li" && $0.parent == start }.map(\.text)
    }

    /// A case of odd values: extreme numbers, missing services, times anywhere.
    static func randomCase(_ chance: inout SeededGenerator) -> CaseFile {
        let texts = CaseFixture.hostileTexts + ["", "a", "payments", "shop-db", String(repeating: "long ", count: 60)]
        func text(_ chance: inout SeededGenerator) -> String { texts.randomElement(using: &chance) ?? "" }
        func number(_ chance: inout SeededGenerator) -> Double {
            [0, 1, -1, .nan, .infinity, -.infinity, 1e308, -1e-308, 0.5, 1e15].randomElement(using: &chance) ?? 0
        }
        func time(_ chance: inout SeededGenerator) -> Instant {
            let odd: [Int64] = [
                0, .min, .max, CanvasFixture.at(14, 0).ms, Instant.representable.lowerBound.ms, Instant.representable.upperBound.ms,
            ]
            return Bool.random(using: &chance)
                ? CanvasFixture.at(14, 0) + Int64.random(in: -7_200_000...7_200_000, using: &chance)
                : Instant(ms: odd.randomElement(using: &chance) ?? 0)
        }
        var file = CanvasFixture.outage
        for index in file.items.indices {
            file.items[index].event.occurredAt = time(&chance)
            file.items[index].event.service = Bool.random(using: &chance) ? nil : text(&chance)
            file.items[index].event.title = text(&chance)
            file.items[index].event.attributes[EventAttribute.peak] = .double(number(&chance))
            file.items[index].event.attributes[EventAttribute.usualLow] = .double(number(&chance))
            file.items[index].event.attributes[EventAttribute.endedAt] = .int(time(&chance).ms)
            file.items[index].evidence.confidence = number(&chance)
            file.items[index].evidence.phase = EvidencePhase.allCases.randomElement(using: &chance) ?? .impact
            for span in file.items[index].spans.indices {
                file.items[index].spans[span].durationUs = [0, -1, .max, .min, 5].randomElement(using: &chance) ?? 0
                file.items[index].spans[span].parentID = file.items[index].spans.randomElement(using: &chance)?.spanID ?? ""
                file.items[index].spans[span].start = time(&chance)
            }
        }
        for index in file.tracks.indices {
            file.tracks[index].unit = text(&chance)
            for point in file.tracks[index].points.indices where Int.random(in: 0..<4, using: &chance) == 0 {
                file.tracks[index].points[point] = MetricPoint(timeMs: time(&chance).ms, value: number(&chance))
            }
        }
        file.logRates.append(LogRate(service: text(&chance), minutes: [.max, .min, 0, 0], errors: [.max, -5, 1, 1], all: []))
        file.gaps.append(SourceGap(origin: text(&chance), source: .logs, service: text(&chance), from: time(&chance), to: time(&chance)))
        file.from = time(&chance)
        file.to = time(&chance)
        var it = file.investigation
        it.startedAt = time(&chance)
        it.resolvedAt = Bool.random(using: &chance) ? nil : time(&chance)
        it.detectedAt = time(&chance)
        it.number = [0, -1, .max, 7].randomElement(using: &chance) ?? 1
        it.status = InvestigationStatus.allCases.randomElement(using: &chance) ?? .open
        for index in it.hypotheses.indices { it.hypotheses[index].score = number(&chance) }
        for index in it.suspects.indices { it.suspects[index].liveAt = time(&chance) }
        file.investigation = it
        return file
    }
}
