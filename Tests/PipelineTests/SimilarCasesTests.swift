import Model
import Store
import Testing

@testable import Pipeline

@Suite struct SimilarCasesTests {
    static let start = Instant(ms: 1_795_341_600_000)

    static func event(_ number: Int) -> Event {
        let kind = number % 2 == 0 ? "PoolTimeout" : "MergeError"
        return Event(
            source: .logs, type: .newLogTemplate, subject: "\(number)", at: start + Int64(number) * .dayMs, severity: .high,
            title: "New message: \(kind) in worker", service: number % 2 == 0 ? "payments" : "search",
            attributes: [EventAttribute.exception: .string(kind), EventAttribute.template: .string("\(kind) in worker")])
    }
    static func snapshot(_ number: Int, title: String = "Something fails") -> CaseSnapshot {
        let event = event(number)
        let evidence = Evidence(
            fingerprint: event.fingerprint, eventID: event.id, confidence: 0.9, terms: [], phase: .firstFailure, linkedBy: "rule:test")
        return CaseSnapshot(
            investigation: Investigation(
                key: "case_\(number)", number: number, title: title, severity: .high, startedAt: event.occurredAt,
                lastSignalAt: event.occurredAt, services: [event.service ?? ""]),
            evidence: [evidence], isSettled: true)
    }
    /// The numbers that each case's list holds, after the cases came in this order.
    static func lists(_ order: [[Int]]) throws -> [[Int]] {
        let store = try CaseStore.inMemory()
        _ = try store.append((1...6).map(event))
        for numbers in order {
            try store.apply(numbers.map { .open(snapshot($0), reasons: []) }, at: start, author: "caseboard")
            try SimilarCases(store: store).update()
        }
        return try (1...6).map { try SimilarCases(store: store).stored("case_\($0)").map(\.number) }
    }

    @Test func `each case is compared with those that began before it, in whatever order they came`() throws {
        let expected = try Self.lists([[1, 2, 3, 4, 5, 6]])
        #expect(expected[0].isEmpty && expected[5].first == 2 || expected[5].first == 4)
        #expect(try Self.lists([[6], [5, 1], [2], [4, 3]]) == expected)
        #expect(try Self.lists([[3], [2], [1], [6], [5], [4]]) == expected)
    }

    @Test func `an earlier one that ends is told to those after it that name it`() throws {
        let store = try CaseStore.inMemory()
        _ = try store.append((1...6).map(Self.event))
        try store.apply((1...6).map { .open(Self.snapshot($0), reasons: []) }, at: Self.start, author: "caseboard")
        try SimilarCases(store: store).update()
        var ended = Self.snapshot(2)
        (ended.investigation.status, ended.investigation.rootCause) = (.closed, "The pool\nwas small.")
        try store.apply([.update(ended, reasons: ["closed"])], at: Self.start, author: "ann")
        let before = try (1...6).map { try store.pageTouches(key: "case_\($0)") }
        try SimilarCases(store: store).update()
        let after = try (1...6).map { try store.pageTouches(key: "case_\($0)") }
        let naming = try (1...6).map { try SimilarCases(store: store).stored("case_\($0)").contains { $0.number == 2 } ? 1 : 0 }
        #expect(zip(before, after).map { $1 - $0 } == naming && naming[3] == 1)
        let named = try #require(try SimilarCases(store: store).stored("case_4").first { $0.number == 2 })
        #expect(named.mention.status == .closed && named.ending == "Root cause: The pool.")
    }

    @Test func `what did not change is not made again`() throws {
        let store = try CaseStore.inMemory()
        _ = try store.append((1...6).map(Self.event))
        try store.apply((1...6).map { .open(Self.snapshot($0), reasons: []) }, at: Self.start, author: "caseboard")
        #expect(try SimilarCases(store: store).update() > 0)
        #expect(try SimilarCases(store: store).update() == 0)
        let touches = try store.pageTouches(key: "case_4")
        try store.apply([.update(Self.snapshot(2, title: "Payments time out"), reasons: [])], at: Self.start, author: "caseboard")
        #expect(try SimilarCases(store: store).update() > 0)
        #expect(try SimilarCases(store: store).stored("case_4").first?.title == "Payments time out")
        #expect(try store.pageTouches(key: "case_4") == touches + 1)
        #expect(try store.pageTouches(key: "case_1") == 0)
    }
}

@Suite struct RelatedCasesTests {
    /// Cases that strike `payments` or `search`, an hour apart.
    private func store(_ map: ServiceMap = ServiceMap()) throws -> CaseStore {
        let store = try CaseStore.inMemory()
        _ = try store.append((1...4).map(SimilarCasesTests.event))
        try store.apply((1...4).map { .open(snapshot($0), reasons: []) }, at: SimilarCasesTests.start, author: "caseboard")
        try RelatedCases(store: store).update(map: map)
        return store
    }
    private func snapshot(_ number: Int, status: InvestigationStatus = .open) -> CaseSnapshot {
        var snapshot = SimilarCasesTests.snapshot(number)
        snapshot.investigation.status = status
        snapshot.investigation.startedAt = SimilarCasesTests.start + Int64(number) * 20 * .minuteMs
        snapshot.investigation.lastSignalAt = snapshot.investigation.startedAt
        return snapshot
    }

    @Test func `only those whose lists are others are touched, and nothing new touches none`() throws {
        let store = try store(ServiceMap(edges: [("search", "payments", 1)]))
        let related = RelatedCases(store: store)
        #expect(try related.stored("case_1").map(\.mention.number) == [2])
        #expect(try related.stored("case_2").map(\.mention.number) == [1, 3])
        let map = ServiceMap(edges: [("search", "payments", 1)])
        #expect(try related.update(map: map) == 0)
        let before = try (1...4).map { try store.pageTouches(key: "case_\($0)") }
        try store.apply([.update(snapshot(4, status: .resolved), reasons: ["resolved"])], at: SimilarCasesTests.start, author: "ann")
        #expect(try related.update(map: map) == 1)
        #expect(try related.stored("case_3").map(\.mention.status) == [.open, .resolved])
        let after = try (1...4).map { try store.pageTouches(key: "case_\($0)") }
        #expect(zip(before, after).map { $1 - $0 } == [0, 0, 1, 0])
    }
    @Test func `a call that becomes known relates what went on at the same time`() throws {
        let store = try store()
        #expect(try RelatedCases(store: store).stored("case_1").isEmpty)
        #expect(try RelatedCases(store: store).update(map: ServiceMap(edges: [("payments", "search", 9)])) == 4)
    }
}
