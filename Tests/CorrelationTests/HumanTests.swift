import Model
import Testing

@testable import Correlation

struct HumanTests {
    func opened() -> Ledger {
        var ledger = Ledger()
        ledger.add(Shop.cascade + [Shop.release, Shop.rollback], now: Shop.at(60))
        return ledger
    }

    @Test func `what a person set stays as they set it`() {
        var ledger = opened()
        let key = ledger.living[0].investigation.key
        ledger.cases[key]?.investigation.humanFields = ["title", "severity", "status", "started_at"]
        ledger.cases[key]?.investigation.title = "Payments fail"
        ledger.cases[key]?.investigation.severity = .low
        ledger.cases[key]?.investigation.status = .closed
        ledger.cases[key]?.investigation.startedAt = Shop.at(1)
        ledger.add([Shop.alert("payments", "PaymentsDown", Shop.at(9))], now: Shop.at(500))
        let investigation = ledger.living[0].investigation
        #expect(investigation.title == "Payments fail")
        #expect(investigation.severity == .low)
        #expect(investigation.priority == .p3)
        #expect(investigation.status == .closed)
        #expect(investigation.startedAt == Shop.at(1))
    }
    @Test func `work in progress stays in progress until it is quiet`() {
        var ledger = Ledger()
        ledger.add(Shop.searchTrouble, now: Shop.at(25))
        let key = ledger.living[0].investigation.key
        ledger.cases[key]?.investigation.status = .inProgress
        #expect(ledger.decide(now: Shop.at(26)).isEmpty)
        ledger.decide(now: Shop.at(500))
        #expect(ledger.living[0].investigation.status == .resolved)
    }
    @Test func `an unlinked signal leaves for ever and may open its own case`() {
        var ledger = opened()
        let key = ledger.living[0].investigation.key
        let cart = Shop.cascade[9]
        ledger.links = [HumanLink(fingerprint: cart.fingerprint, caseKey: key, verdict: .unrelated, author: "Mara")]
        ledger.decide(now: Shop.at(60))
        #expect(ledger.living.count == 2)
        #expect(ledger.cases[key]?.evidence.contains { $0.fingerprint == cart.fingerprint } == false)
        #expect(ledger.cases[key]?.investigation.leftOut.contains { $0.reason == "marked not related by Mara" } == true)
        #expect(ledger.decide(now: Shop.at(60)).isEmpty)
        ledger.add([Shop.metric("checkout", "cpu", Shop.at(8))], now: Shop.at(61))
        #expect(ledger.cases[key]?.evidence.contains { $0.fingerprint == cart.fingerprint } == false)
    }
    @Test func `an unlinked change is neither evidence nor cause`() {
        var ledger = opened()
        let key = ledger.living[0].investigation.key
        ledger.links = [HumanLink(fingerprint: Shop.release.fingerprint, caseKey: key, verdict: .unrelated, author: "Mara")]
        ledger.decide(now: Shop.at(60))
        #expect(ledger.cases[key]?.evidence.contains { $0.fingerprint == Shop.release.fingerprint } == false)
        #expect(ledger.cases[key]?.investigation.hypotheses.contains { $0.change == Shop.release.fingerprint } == false)
    }
    @Test func `a linked signal is forced in, certain, and brings nobody along`() {
        var ledger = Ledger()
        ledger.add(Shop.cascade + Shop.searchTrouble, now: Shop.at(60))
        let key = ledger.living[0].investigation.key
        let alert = Shop.searchTrouble[3]
        ledger.links = [HumanLink(fingerprint: alert.fingerprint, caseKey: key, verdict: .linked, author: "Ola")]
        ledger.decide(now: Shop.at(60))
        let item = ledger.cases[key]?.evidence.first { $0.fingerprint == alert.fingerprint }
        #expect(item?.confidence == 1)
        #expect(item?.linkedBy == "Ola")
        #expect(item?.terms.first?.why == "linked by Ola")
        #expect(ledger.living.count == 2)
        #expect(ledger.living[1].evidence.count == 3)
        #expect(ledger.decide(now: Shop.at(60)).isEmpty)
    }
    @Test func `a linked note becomes evidence`() {
        var ledger = opened()
        let key = ledger.living[0].investigation.key
        let note = Shop.note(nil, "The bank says their side is green", Shop.at(20))
        ledger.links = [HumanLink(fingerprint: note.fingerprint, caseKey: key, verdict: .linked, author: "Mara")]
        ledger.add([note], now: Shop.at(60))
        #expect(ledger.cases[key]?.evidence.first { $0.fingerprint == note.fingerprint }?.linkedBy == "Mara")
    }
    @Test func `stars stay through later decisions`() {
        var ledger = opened()
        let key = ledger.living[0].investigation.key
        let index = ledger.cases[key]?.evidence.firstIndex { $0.fingerprint == Shop.cascade[3].fingerprint } ?? 0
        ledger.cases[key]?.evidence[index].starred = true
        ledger.add([Shop.alert("payments", "PaymentsDown", Shop.at(9))], now: Shop.at(60))
        #expect(ledger.cases[key]?.evidence.first { $0.fingerprint == Shop.cascade[3].fingerprint }?.starred == true)
    }
    @Test func `a deleted case stays deleted and swallows its signals`() {
        var ledger = opened()
        let key = ledger.living[0].investigation.key
        ledger.cases[key]?.investigation.isDeleted = true
        #expect(ledger.add([Shop.alert("payments", "PaymentsDown", Shop.at(9))], now: Shop.at(60)).isEmpty)
    }
}
