import Model
import TestKit
import Testing

@testable import Connectors

/// A server with items that were updated at whole seconds after noon, and a page of three.
private final class FakeList {
    var items: [Int64]
    init(_ items: [Int64]) { self.items = items }

    func answer(_ question: ListSweep.Question, _ order: ListSweep.Order) -> (ListSweep.Answer, [Int64]) {
        let since = (question.since - Workspace.noon).floorDivided(by: 1_000)
        let all = order == .oldestFirst ? items.filter { $0 >= since }.sorted() : items.sorted(by: >)
        let start = question.page.flatMap { Int($0) } ?? 0
        let page = Array(all.dropFirst(start).prefix(3))
        let next = start + 3 < all.count ? String(start + 3) : nil
        return (ListSweep.Answer(times: page.map { Workspace.noon + $0 * 1_000 }, nextPage: next), page)
    }
}

@Suite struct ListSweepTests {
    private func sweep(_ order: ListSweep.Order, overlap: String = "0s") throws -> ListSweep {
        let descriptor = ConnectorDescriptor(kind: "k", summary: "", settings: ListSweep.settings, sample: "")
        return ListSweep(
            order, try descriptor.settings(name: "s", values: ["lookback": "1h", "overlap": .string(overlap)], workspace: "/").get())
    }
    /// What a run reads, at most `pages`; `between` is called after each page.
    private func read(
        _ sweep: ListSweep, _ list: FakeList, _ cursor: inout Cursor?, at seconds: Int64, pages: Int = 100, between: () -> Void = {}
    ) -> [Int64] {
        let now = Workspace.noon + seconds * 1_000
        var read: [Int64] = []
        var count = 0
        while count < pages, let question = sweep.next(after: cursor, now: now) {
            let (answer, items) = list.answer(question, sweep.order)
            read += items
            cursor = sweep.cursor(after: question, answer, cursor, now: now)
            count += 1
            between()
        }
        return read
    }

    @Test(arguments: [ListSweep.Order.oldestFirst, .newestFirst])
    func `everything is read, and then only what is new`(order: ListSweep.Order) throws {
        let list = FakeList(Array(1...20))
        var cursor: Cursor?
        let sweep = try sweep(order)
        #expect(Set(read(sweep, list, &cursor, at: 30)) == Set(1...20))
        list.items += [31, 32]
        #expect(Set(read(sweep, list, &cursor, at: 40)).isSuperset(of: [31, 32]))
        #expect(read(sweep, list, &cursor, at: 40).isEmpty)
    }

    @Test func `what is updated while the list is read slips past nobody`() throws {
        let list = FakeList(Array(1...12))
        var cursor: Cursor?
        var moved = false
        let all = read(try sweep(.oldestFirst), list, &cursor, at: 60) {
            // The first item moves to the end: every other stands a place further in front.
            if !moved { list.items = list.items.filter { $0 != 1 } + [50] }
            moved = true
        }
        #expect(Set(all) == Set(Array(1...12) + [50]))
    }

    @Test func `more items of one second than a page holds are all read`() throws {
        let list = FakeList([1, 2] + [Int64](repeating: 5, count: 10) + [6])
        var cursor: Cursor?
        let all = read(try sweep(.oldestFirst), list, &cursor, at: 60)
        #expect(all.filter { $0 == 5 }.count >= 10 && all.contains(6))
    }

    @Test(arguments: [ListSweep.Order.oldestFirst, .newestFirst])
    func `a sweep that was broken off is taken up again, and nothing is lost`(order: ListSweep.Order) throws {
        for pages in 1...6 {
            let list = FakeList(Array(1...20))
            var cursor: Cursor?
            let sweep = try sweep(order)
            var all = Set(read(sweep, list, &cursor, at: 30, pages: pages))
            list.items.append(31)
            all.formUnion(read(sweep, list, &cursor, at: 40))
            #expect(all == Set(Array(1...20) + [31]))
        }
    }

    @Test func `what comes late within the overlap is read`() throws {
        let list = FakeList([1, 2, 3, 20])
        var cursor: Cursor?
        let sweep = try sweep(.oldestFirst, overlap: "10s")
        _ = read(sweep, list, &cursor, at: 30)
        list.items += [8, 12]
        #expect(read(sweep, list, &cursor, at: 40) == [12, 20])
    }

    @Test func `a time of tomorrow does not hide what comes today`() throws {
        let list = FakeList([1, 1_000_000])
        var cursor: Cursor?
        let sweep = try sweep(.oldestFirst)
        _ = read(sweep, list, &cursor, at: 10)
        list.items.append(15)
        #expect(read(sweep, list, &cursor, at: 20).contains(15))
    }

    @Test func `until a sweep ends it is read up to where it is`() throws {
        let list = FakeList(Array(1...20))
        var cursor: Cursor?
        let sweep = try sweep(.oldestFirst)
        _ = read(sweep, list, &cursor, at: 30, pages: 2)
        #expect(["list": try #require(cursor)].readUntil == Workspace.noon + 3_000)
        _ = read(sweep, list, &cursor, at: 30)
        #expect(["list": try #require(cursor)].readUntil == Workspace.noon + 30_000)
    }

    @Test func `a tag is shown only with the question it answered`() throws {
        let sweep = try sweep(.oldestFirst)
        let first = try #require(sweep.next(after: nil, now: Workspace.noon))
        let one = sweep.cursor(after: first, ListSweep.Answer(times: [Workspace.noon - 1_000], tag: "a"), nil, now: Workspace.noon)
        let second = try #require(sweep.next(after: one, now: Workspace.noon + 1_000))
        #expect(second.tag == nil && second.since == Workspace.noon - 1_000)
        let two = sweep.cursor(after: second, ListSweep.Answer(times: [Workspace.noon - 1_000], tag: "b"), one, now: Workspace.noon + 1_000)
        #expect(sweep.next(after: two, now: Workspace.noon + 2_000)?.tag == "b")
    }
}
