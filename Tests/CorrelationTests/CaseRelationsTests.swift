import Model
import Testing

@testable import Correlation

struct CaseRelationsTests {
    func entry(_ number: Int, _ services: [String], at minute: Int64, lasting minutes: Int64 = 10, change: String? = nil) -> CaseEntry {
        let start = Shop.at(0) + minute * .minuteMs
        return CaseEntry(
            key: "case_\(number)", number: number, title: "t", startedAt: start, lastSignalAt: start + minutes * .minuteMs,
            changedAt: start,
            services: services, change: change.map { Fingerprint($0) })
    }
    func reasons(_ entries: [CaseEntry], of number: Int, map: ServiceMap = ServiceMap()) -> [String] {
        (CaseRelations.found(entries, map: map)["case_\(number)"] ?? []).map { "#\($0.mention.number) \($0.reason)" }
    }

    @Test func `two at the same time in one service are related, an hour apart they are not`() {
        let entries = [entry(1, ["checkout"], at: 0), entry(2, ["cart", "checkout"], at: 35), entry(3, ["checkout"], at: 120)]
        #expect(reasons(entries, of: 1) == ["#2 At the same time in checkout."])
        #expect(reasons(entries, of: 3) == [])
    }
    @Test func `of two at the same time where one calls the other each names the other's service`() {
        let map = ServiceMap(edges: [("checkout", "payments", 3)])
        let entries = [entry(1, ["payments"], at: 0), entry(2, ["checkout"], at: 5), entry(3, ["search"], at: 5)]
        #expect(reasons(entries, of: 1, map: map) == ["#2 At the same time in checkout, which calls payments."])
        #expect(reasons(entries, of: 2, map: map) == ["#1 At the same time in payments, which checkout calls."])
        #expect(reasons(entries, of: 3, map: map) == [])
    }
    @Test func `the same first change relates at any distance and comes first`() {
        let entries = [
            entry(1, ["checkout"], at: 0, change: "deploy"), entry(2, ["checkout"], at: 5), entry(3, ["mail"], at: 9_000, change: "deploy"),
        ]
        #expect(reasons(entries, of: 1) == ["#3 The same change comes first among its causes.", "#2 At the same time in checkout."])
    }
    @Test func `the nearest five are kept, in whatever order they came`() {
        let entries = (1...9).map { entry($0, ["checkout"], at: Int64($0)) }
        #expect(CaseRelations.found(entries, map: ServiceMap())["case_5"]?.map(\.mention.number) == [4, 6, 3, 7, 2])
        #expect(CaseRelations.found(entries.reversed(), map: ServiceMap()) == CaseRelations.found(entries, map: ServiceMap()))
    }
}
