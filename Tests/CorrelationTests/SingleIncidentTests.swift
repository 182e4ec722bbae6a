import Model
import Testing

@testable import Correlation

/// `investigate`: everything is one incident, every service is ranked.
struct SingleIncidentTests {
    func investigate(_ events: [Event], hint: Instant? = nil, map: ServiceMap = Shop.map) -> Investigation? {
        let changes = Correlator.decide(Shop.window(events, map: map, single: true, hint: hint))
        return changes.count == 1 ? changes[0].snapshot?.investigation : nil
    }

    @Test func `everything is one case and every service of the map is ranked`() {
        let investigation = investigate(Shop.cascade + Shop.searchTrouble)
        let ranked = Set(investigation?.hypotheses.compactMap(\.service) ?? [])
        #expect(ranked == Shop.map.services)
        #expect(investigation?.hypotheses.first?.service == "shop-db")
    }
    @Test func `without any signal a case still ranks the services, low`() {
        let investigation = investigate([Shop.commit("abcabcabc", "Nothing", Shop.at(0))])
        let ranked = Set(investigation?.hypotheses.compactMap(\.service) ?? [])
        #expect(ranked == Shop.map.services)
        #expect(investigation?.hypotheses.allSatisfy { $0.score < 0.4 } == true)
    }
    @Test(arguments: [-120, -30, 0, 30, 120]) func `a start hint may be two minutes wrong`(seconds: Int) {
        let start = Shop.at(3) + Int64(seconds * 1_000)
        let investigation = investigate(Shop.cascade, hint: start)
        #expect(investigation?.startedAt == start)
        #expect(investigation?.hypotheses.first { $0.kind == .service }?.service == "shop-db")
    }
    @Test func `trouble long before the hinted start does not lead`() {
        let old = Shop.metric("inventory", "cpu", Shop.at(-50), until: Shop.at(-45), .critical, strength: 1, peak: 900)
        #expect(investigate(Shop.cascade + [old], hint: Shop.at(3))?.hypotheses.first?.service == "shop-db")
    }
    @Test func `the instance and the metric that stand out are named`() {
        let hot = Shop.metric("search-index", "cpu", Shop.at(0), until: Shop.at(9), .high, instance: "search-index-5b67-fj8b7")
        let investigation = investigate([hot, Shop.metric("search", "p95", Shop.at(1), until: Shop.at(9))])
        let top = investigation?.hypotheses.first
        #expect(top?.service == "search-index")
        #expect(top?.instance == "search-index-5b67-fj8b7")
        #expect(top?.metric == "cpu")
        #expect(investigation?.hypotheses.contains { $0.kind == .instance && $0.instance == "search-index-5b67-fj8b7" } == true)
    }
    @Test func `a failing stack blames its class`() {
        let failure = Shop.log(
            "orders", "boom", Shop.at(0), exception: "java.lang.NullPointerException",
            frames: [
                StackFrame(file: "Objects.java", line: 3, function: "java.util.Objects.requireNonNull"),
                StackFrame(file: "Order.java", line: 44, function: "org.shop.Order.place"),
            ])
        #expect(investigate([failure])?.hypotheses.contains { $0.kind == .code && $0.className == "org.shop.Order" } == true)
    }
    @Test func `of weak signals alone the first is first, and the worst is named`() {
        func alert(_ name: String, _ severity: Severity) -> Event {
            var event = Shop.alert("cart", name, Shop.at(0), severity)
            event.attributes[EventAttribute.strength] = nil
            return event
        }
        let top = investigate([alert("RackMoves", .low), alert("Errors", .critical)], map: ServiceMap())?.hypotheses.first
        #expect(top?.terms.first { $0.name == "precedence" }?.value == 1)
        #expect(top?.terms.first { $0.name == "deviation" }?.why.contains("Errors") == true)
    }
    @Test func `a silent service that all struck callers share is suspected`() {
        let map = ServiceMap(edges: [("a", "db", 9), ("b", "db", 9), ("web", "a", 9), ("web", "b", 9)])
        let investigation = investigate([Shop.metric("a", "error_rate", Shop.at(0)), Shop.metric("b", "error_rate", Shop.at(0))], map: map)
        let db = investigation?.hypotheses.first { $0.service == "db" }
        #expect(db?.kind == .dependency)
        #expect((db?.rank ?? 99) <= 3)
    }
    @Test func `a provider's outage before the first signal is a dependency`() {
        let outage = Event(
            source: .feeds, type: .providerOutage, subject: "cardnet", at: Shop.at(-2), severity: .high, title: "Card authorisation down",
            service: "cardnet",
            attributes: [EventAttribute.strength: 0.9])
        let investigation = investigate([
            outage, Shop.log("payments", "gateway refused", Shop.at(0)), Shop.metric("payments", "error_rate", Shop.at(1)),
        ])
        #expect(investigation?.hypotheses.first?.kind == .dependency)
        #expect(investigation?.hypotheses.first?.service == "cardnet")
    }
}
