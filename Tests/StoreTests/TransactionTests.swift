import Model
import TestKit
import Testing

@testable import Store

struct TransactionTests {
    struct Stop: Error {}
    let store: CaseStore
    init() throws { store = try .inMemory() }

    @Test func `a failed transaction leaves nothing`() throws {
        #expect(throws: Stop.self) {
            try store.transaction {
                try store.append([sample("a")])
                try store.save(cursor: Cursor(.int(1)), origin: "o", item: "f")
                throw Stop()
            }
        }
        #expect(try store.eventCount() == 0)
        #expect(try store.cursors(origin: "o").isEmpty)
    }

    @Test func `nested transactions commit with the outer one`() throws {
        #expect(throws: Stop.self) {
            try store.transaction {
                try store.transaction { try store.append([sample("a")]) }
                throw Stop()
            }
        }
        #expect(try store.eventCount() == 0)
        let count = try store.transaction { () -> Int in
            try store.transaction { try store.append([sample("a")]) }
            return try store.eventCount()
        }
        #expect(count == 1)
    }

    @Test func `a swallowed failure inside still fails the whole`() throws {
        #expect(throws: StoreError.self) {
            try store.transaction {
                try store.append([sample("a")])
                do { try store.transaction { throw Stop() } } catch {}
            }
        }
        #expect(try store.eventCount() == 0)
        try store.append([sample("a")])
        #expect(try store.eventCount() == 1)
    }

    @Test func `names numbered in a transaction that was rolled back are numbered again`() throws {
        let summary = LogSummary(
            leaves: [LogLeaf(id: 1, pattern: "a <*>")], counts: [LogCount(service: "cart", leaf: 1, level: .info, minute: 5, count: 2)])
        #expect(throws: Stop.self) {
            try store.transaction {
                try store.merge(summary)
                throw Stop()
            }
        }
        try store.merge(LogSummary(counts: [LogCount(service: "other", leaf: 2, level: .info, minute: 5, count: 1)]))
        try store.merge(summary)
        #expect(try store.logServices() == ["cart", "other"])
        #expect(try store.logHistory(service: "cart", minutes: 0..<10)?.counts.map(\.count) == [2])
        #expect(try store.integrityProblems() == [])
    }

    @Test func `a second process that writes is told the store is busy`() throws {
        let folder = try TemporaryFolder()
        let first = try CaseStore.open(path: folder.path + "/a.db")
        let second = try CaseStore.open(path: folder.path + "/a.db")
        try second.access { _ = try $0.number("PRAGMA busy_timeout = 1") }
        try first.transaction {
            try first.append([sample("a")])
            #expect(throws: StoreError.busy) { try second.append([sample("b")]) }
            #expect(try second.eventCount() == 0)
        }
        #expect(try second.eventCount() == 1)
    }
}
