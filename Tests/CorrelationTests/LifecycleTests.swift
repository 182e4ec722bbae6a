import Model
import Testing

@testable import Correlation

struct LifecycleTests {
    @Test func `a case opens, is quiet for long enough, and is resolved as of its last signal`() {
        var ledger = Ledger()
        let opened = ledger.add(Shop.searchTrouble, now: Shop.at(25))
        #expect(opened.map(\.reasons) == [["opened from 4 signals"]])
        #expect(ledger.living[0].investigation.status == .open)
        let changes = ledger.decide(now: Shop.at(22 + 90))
        #expect(changes.map(\.reasons) == [["resolved: quiet for 90 min"]])
        #expect(ledger.living[0].investigation.resolvedAt == Shop.at(22))
        #expect(ledger.living[0].investigation.version == 2)
    }
    @Test func `signals that come back after a quiet period reopen, and three times is flapping`() {
        var ledger = Ledger()
        ledger.rules.quietPeriodMinutes = 10
        var last: [CaseChange] = []
        for round in 0..<4 {
            let at = Shop.at(round * 15)
            ledger.decide(now: at + -60_000)
            last = ledger.add([Shop.alert("search", "SearchSlow", at, until: at + 60_000, .high)], now: at + 120_000)
            #expect(ledger.living.count == 1)
            #expect(ledger.living[0].investigation.reopenCount == round)
            if round > 0 { #expect(last[0].reasons.contains("reopened: signals came back at \((at + 60_000).clock)")) }
        }
        #expect(ledger.living[0].investigation.flapping)
        #expect(last[0].reasons.contains("flapping: came back 3 times"))
    }
    @Test func `a case mitigated by a rollback says so until it is quiet`() {
        let snapshot = Correlator.decide(Shop.window(Shop.badDeploy, now: Shop.at(60)))[0].snapshot
        #expect(snapshot?.investigation.status == .mitigated)
        #expect(snapshot?.investigation.mitigatedAt == Shop.at(36, 20))
    }
    @Test func `a case without any signal left is withdrawn when nobody touched it`() {
        var ledger = Ledger()
        ledger.add(Shop.searchTrouble + Shop.cascade, now: Shop.at(30))
        let gone = Set(Shop.searchTrouble.map(\.id))
        ledger.events.removeAll { gone.contains($0.id) }
        let changes = ledger.decide(now: Shop.at(30))
        #expect(changes.contains { if case .withdraw = $0 { true } else { false } })
        #expect(ledger.living.count == 1)
    }
    @Test func `a case that a person touched stays without signals`() {
        var ledger = Ledger()
        ledger.add(Shop.searchTrouble + Shop.cascade, now: Shop.at(30))
        let key = ledger.living[1].investigation.key
        ledger.cases[key]?.investigation.humanFields = ["title"]
        ledger.cases[key]?.investigation.title = "Search again"
        let gone = Set(Shop.searchTrouble.map(\.id))
        ledger.events.removeAll { gone.contains($0.id) }
        ledger.decide(now: Shop.at(30))
        #expect(ledger.living.map(\.investigation.title).contains("Search again"))
    }
    @Test func `a case outside of the slice is only renumbered and ended`() {
        var ledger = Ledger()
        ledger.add(Shop.searchTrouble, now: Shop.at(30))
        let key = ledger.living[0].investigation.key
        ledger.events = []
        let far = Shop.at(60 * 24)
        let changes = ledger.add(
            [Shop.alert("orders", "OrdersStuck", far), Shop.metric("orders", "queue_lag", far + 30_000)], now: far + 60_000)
        #expect(changes.count == 2)
        #expect(ledger.cases[key]?.investigation.status == .resolved)
        #expect(ledger.cases[key]?.evidence.count == 4)
        #expect(ledger.living.map(\.investigation.number) == [1, 2])
    }
    @Test func `a superseded signal is replaced, not counted twice`() {
        var ledger = Ledger()
        ledger.add(Shop.searchTrouble, now: Shop.at(25))
        var longer = Shop.searchTrouble[3]
        longer.attributes[EventAttribute.endedAt] = .int(Shop.at(24).ms)
        longer.sealID()
        ledger.events.removeAll { $0.fingerprint == longer.fingerprint }
        let changes = ledger.add([longer], now: Shop.at(25))
        #expect(changes.map(\.reasons) == [["1 signal superseded"]])
        #expect(ledger.living[0].investigation.lastSignalAt == Shop.at(24))
    }
    @Test func `two cases that turn out to be one are merged into the lower number`() {
        var ledger = Ledger()
        ledger.add([Shop.cascade[0], Shop.cascade[1], Shop.cascade[13]], now: Shop.at(10))
        #expect(ledger.living.count == 2)
        let survivor = ledger.living[0].investigation.key
        let changes = ledger.add(Shop.cascade.filter { event in !ledger.events.contains { $0.id == event.id } }, now: Shop.at(20))
        #expect(ledger.living.count == 1)
        #expect(ledger.living[0].investigation.key == survivor)
        #expect(changes.contains { if case .merge(_, survivor, _) = $0 { true } else { false } })
        #expect(ledger.decide(now: Shop.at(20)).isEmpty)
    }
    @Test func `critical needs a critical alert, several services or users`() {
        let lone = Shop.log("search-index", "disk gone", Shop.at(0), .critical)
        #expect(Correlator.decide(Shop.window([lone]))[0].snapshot?.investigation.severity == .high)
        let alert = Shop.alert("search-index", "DiskGone", Shop.at(0))
        #expect(Correlator.decide(Shop.window([alert]))[0].snapshot?.investigation.severity == .critical)
    }
    @Test func `a lone weak signal opens nothing but is listed beside its neighbour`() {
        let weak = Shop.metric("search", "cpu", Shop.at(12), .low, strength: 0.3)
        #expect(Correlator.decide(Shop.window([weak])).isEmpty)
        let strong = Shop.alert("search", "SearchSlow", Shop.at(2))
        let snapshot = Correlator.decide(Shop.window([weak, strong]))[0].snapshot
        #expect(snapshot?.investigation.leftOut.map(\.fingerprint) == [weak.fingerprint])
        #expect(snapshot?.investigation.leftOut[0].reason.hasPrefix("alone and weak: severity low, strength .30") == true)
    }
    @Test func `nothing at all decides nothing`() {
        #expect(Correlator.decide(Shop.window([])).isEmpty)
        #expect(Correlator.decide(Shop.window(Shop.commits)).isEmpty)
    }
}

extension LifecycleTests {
    @Test func `a deploy in the middle that changed nothing mitigates nothing`() {
        let deploy = Shop.deploy("checkout", "4.18.1", Shop.at(3, 30))
        let snapshot = Correlator.decide(Shop.window(Shop.cascade + [deploy], now: Shop.at(60)))[0].snapshot
        #expect(snapshot?.investigation.mitigatedAt == nil)
        #expect(snapshot?.investigation.status == .open)
    }
    @Test func `a rollback of this very minute is not yet a mitigation`() {
        let snapshot = Correlator.decide(Shop.window(Shop.badDeploy, now: Shop.at(40)))[0].snapshot
        #expect(snapshot?.investigation.mitigatedAt == nil)
    }
}
