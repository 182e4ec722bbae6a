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
