import Model
import TestKit
import Testing

@testable import Rendering

@Suite struct BoardTests {
    private func page(_ file: BoardFile) throws -> CanvasMarkup { CanvasMarkup(try CanvasRendering.board(file)) }
    private func say(_ file: BoardFile) throws -> String { try page(file).first(class: "say") ?? "" }

    @Test func `a board is well formed and every link in it leads somewhere`() throws {
        #expect(CanvasRendering.faults(try CanvasRendering.board(CanvasFixture.board)) == [])
    }

    @Test func `the same board gives the same bytes`() throws {
        #expect(try CanvasRendering.board(CanvasFixture.board) == (try CanvasRendering.board(CanvasFixture.board)))
    }

    @Test func `the first sentence says what is open, since when and why`() throws {
        #expect(
            try say(CanvasFixture.board)
                == "critical One critical investigation is open, for 21\u{a0}min: payments fail, probably since the deploy of checkout 4.18.0. Two lesser ones are open."
        )
    }

    @Test func `a title that begins with its service is told as what happened there`() throws {
        var file = CanvasFixture.board
        file.items[0].investigation.title = "payments: PoolTimeout after deploy of checkout 4.18.0"
        #expect(try say(file).contains("for 21\u{a0}min: PoolTimeout in payments, probably since the deploy of checkout 4.18.0."))
    }

    @Test func `with nothing open it says when the last one ended`() throws {
        var file = CanvasFixture.board
        file.items = CanvasFixture.ended(3)
        let last = try #require(file.items.map(\.investigation).max { $0.endAt < $1.endAt })
        let said = try say(file)
        #expect(said.hasPrefix("Nothing is open. The last one ended "))
        #expect(said.hasSuffix("\(last.title) (#\(last.number))."))
    }

    @Test func `with nothing at all it says how to add a source`() throws {
        let file = BoardFile(title: "", items: [], sources: [], recentChanges: [], asOf: CanvasFixture.asOf)
        let bytes = try CanvasRendering.board(file)
        #expect(CanvasRendering.faults(bytes) == [])
        let text = String(decoding: bytes, as: UTF8.self)
        for sentence in [
            "Nothing is open,", "Name a source in caseboard.yaml", "No source is read yet.", "Nothing went live in the last 24 hours",
        ] { #expect(text.contains(sentence)) }
        #expect(!text.contains("<table"))
    }

    @Test func `several of the worst are counted and the newest is named`() throws {
        var file = CanvasFixture.board
        file.items = file.items.prefix(2).map {
            var item = $0
            item.investigation.severity = .high
            return item
        }
        #expect(try say(file).hasPrefix("high Two high investigations are open. The newest, for 21\u{a0}min: payments fail,"))
    }

    @Test func `open ones are listed worst first with cause and age`() throws {
        let page = try page(CanvasFixture.board)
        #expect(page.all(class: "age").map(\.text) == ["21\u{a0}min", "11\u{a0}h", "2\u{a0}d\u{a0}4\u{a0}h"])
        let causes = page.all(class: "why").map { CanvasMarkup.oneLine($0.text) }
        #expect(
            causes.contains(
                "Probably the deploy of checkout 4.18.0 (.87). It was live 128 s before the first failure, and its code holds the line every failing stack names."
            ))
        #expect(causes.contains("Probably migration 0147_stock_unit (.74). The export still reads the old column."))
        #expect(causes.contains("No probable cause yet: the best candidate scores .22."))
    }

    @Test func `merged and deleted investigations are not on the board`() throws {
        var file = CanvasFixture.board
        file.items[0].investigation.mergedInto = 41
        file.items[1].investigation.isDeleted = true
        #expect(try page(file).all(class: "age").count == 1)
    }

    @Test func `a change that is a suspect says of what`() throws {
        let rows = try page(CanvasFixture.board).all("th").map { CanvasMarkup.oneLine($0.text) }
        #expect(rows.contains("checkout 4.18.0deployment, production; suspect in #42"))
    }

    @Test func `a source that is not well says why`() throws {
        let text = try page(CanvasFixture.board).all("th").map { CanvasMarkup.oneLine($0.text) }
        #expect(
            text.contains("tickets stoppedbreaker open since 12:40: five times 503, next try 14:303 could not be read"))
    }

    @Test func `ten thousand investigations make a page of at most 200 KB that says where the rest is`() throws {
        var file = CanvasFixture.board
        file.items = CanvasFixture.ended(10_000).map {
            var item = $0
            item.investigation.title += String(repeating: " and more words", count: 5)
            item.investigation.services = ["storefront", "checkout", "payments", "orders"]
            return item
        }
        let bytes = try CanvasRendering.board(file)
        #expect(bytes.count <= 200_000)
        let page = CanvasMarkup(bytes)
        #expect(page.all(class: "dur").count == 151)
        #expect(page.elements.contains { $0.text.hasPrefix("9\u{202f}850 older ones are not on this page.") })
        #expect(page.all(class: "meta").contains { $0.text == "150 newest of 10\u{202f}000" })
    }

    @Test func `hundreds of open ones are cut and counted`() throws {
        var file = CanvasFixture.board
        file.items = (1...300).map { number in
            var item = CanvasFixture.board.items[1]
            item.investigation.number = number
            return item
        }
        let page = try page(file)
        #expect(page.all(class: "age").count == 30)
        #expect(page.elements.contains { $0.text.hasPrefix("And 270 lesser ones") })
    }

    @Test(arguments: CaseFixture.hostileTexts.indices)
    func `hostile text stays text`(_ index: Int) throws {
        let text = CaseFixture.hostileTexts[index]
        var file = CanvasFixture.board
        let investigation = CaseFixture.hostile(text).investigation
        file.title = text
        file.items = [InvestigationStatus.open, .resolved].enumerated().map { offset, status in
            var it = investigation
            it.number = offset + 1
            it.status = status
            return BoardItem(investigation: it, evidenceCount: 1, rate: [1, .max, .min], from: it.startedAt, to: it.startedAt)
        }
        file.sources = [
            SourceHealth(name: text, kind: text, state: .failing, remark: text, recent: [.max, .min], newestAt: Instant(ms: .max))
        ]
        file.recentChanges = CaseFixture.hostile(text).items.map(\.event)
        #expect(CanvasRendering.faults(try CanvasRendering.board(file)) == [])
    }

    @Test func `a row says its status and services to the filter`() throws {
        let rows = try page(CanvasFixture.board).all("li").filter { $0.attributes["data-row"] != nil }
        #expect(rows.prefix(2).map { $0.attributes["data-row"] } == ["in_progress", "open"])
        #expect(rows.first?.attributes["data-services"]?.split(separator: "\n").contains("payments") == true)
    }
}
