import Model
import Testing

@testable import Correlation

/// One rule of linking at a time, between two signals alone.
struct LinkTests {
    func score(_ a: Event, _ b: Event, with more: [Event] = [], map: ServiceMap = Shop.map) -> Double {
        Correlator.explainLink(a.fingerprint, b.fingerprint, in: Shop.window([a, b] + more, map: map)).score
    }
    func isLinked(_ a: Event, _ b: Event, with more: [Event] = []) -> Bool { score(a, b, with: more) >= CorrelationRules().linkThreshold }

    @Test func `two signals of one service within a few minutes are linked`() {
        #expect(isLinked(Shop.metric("search", "cpu", Shop.at(0)), Shop.alert("search", "Slow", Shop.at(2))))
    }
    @Test func `a caller shortly after its callee is linked, two steps or the wrong way are not`() {
        let callee = Shop.metric("payments", "errors", Shop.at(0), until: Shop.at(10))
        #expect(isLinked(callee, Shop.metric("checkout", "p95", Shop.at(1), until: Shop.at(10))))
        #expect(!isLinked(callee, Shop.metric("storefront", "p95", Shop.at(1), until: Shop.at(10))))
        let early = Shop.metric("checkout", "p95", Shop.at(-3), until: Shop.at(10))
        let after = Shop.metric("checkout", "p95", Shop.at(3), until: Shop.at(10))
        #expect(score(callee, early) < score(callee, after))
    }
    @Test func `nothing is linked on time alone`() {
        let a = Shop.alert("search", "Slow", Shop.at(0))
        let b = Shop.alert("inventory", "QueueLong", Shop.at(0))
        #expect(score(a, b) == 0)
    }
    @Test func `the same words on services that have nothing to do with each other stay under the threshold`() {
        let a = Shop.log("search", "lease lost for partition blue", Shop.at(0))
        let b = Shop.log("inventory", "lease lost for partition blue", Shop.at(0))
        #expect(score(a, b) > 0.2)
        #expect(!isLinked(a, b))
    }
    @Test func `a shared trace links services that no map joins`() {
        let a = Shop.spans("search", "GET /", Shop.at(0), traces: ["cafe"])
        let b = Shop.spans("inventory", "Reserve", Shop.at(0, 5), traces: ["cafe"])
        #expect(isLinked(a, b))
    }
    @Test func `a fact that a third of many signals share is worth nothing`() {
        let crowd = (0..<12).map { Shop.spans("svc-\($0)", "op-\($0)", Shop.at(0, $0), traces: ["cafe"]) }
        let link = Correlator.explainLink(crowd[0].fingerprint, crowd[1].fingerprint, in: Shop.window(crowd, map: ServiceMap()))
        #expect(link.score < 0.5)
    }
    @Test func `a message that names another service ties the two`() {
        let a = Shop.metric("inventory", "errors", Shop.at(0))
        let b = Shop.log("search", "upstream inventory refused <*>", Shop.at(0, 20))
        #expect(isLinked(a, b))
        let terms = Correlator.explainLink(b.fingerprint, a.fingerprint, in: Shop.window([a, b])).terms
        #expect(terms.contains { $0.why == "its text names inventory" })
    }
    @Test func `a disk filling on another host of the service is its own problem`() {
        let disk = Shop.alert("payments", "DiskSpaceLow", Shop.at(0), host: "node-9")
        let errors = Shop.log("payments", "card declined by issuer", Shop.at(0, 30), host: "node-2")
        #expect(!isLinked(disk, errors))
        #expect(isLinked(Shop.alert("payments", "ErrorsHigh", Shop.at(0)), errors))
    }
    @Test func `a red test and an outage need more than service and noon`() {
        let test = Shop.test("GiftWrapTest", "ribbonIsFree", Shop.at(0), service: "payments")
        let outage = Shop.log("payments", "PoolTimeout: no connection", Shop.at(1), exception: "PoolTimeout")
        #expect(!isLinked(test, outage))
        let telling = Shop.test(
            "PoolBudgetTest", "keepsWithinPool", Shop.at(0), service: "payments", message: "PoolTimeout: no connection within 3000 ms")
        #expect(isLinked(telling, outage))
    }
    @Test func `a red test on a commit that touches its subject joins what failed after that commit's deploy`() {
        let sha = "abcdef0123456789abcdef0123456789abcdef01"
        let commit = Shop.commit(
            sha, "Open a session per cart line", Shop.at(-30), files: [("services/checkout/src/session_pool.ts", 40, 2)],
            parents: [Shop.base])
        let base = Shop.commit(Shop.base, "Release", Shop.at(-90))
        let deploy = Shop.deploy("checkout", "4.18.0", Shop.at(-5), commit: sha, previous: Shop.base)
        let test = Shop.test("SessionPoolTest", "opensOne", Shop.at(-8), commit: sha, service: "checkout", message: "expected 1 but was 3")
        let outage = Shop.metric("checkout", "errors", Shop.at(0))
        #expect(isLinked(test, outage, with: [commit, base, deploy]))
        #expect(!isLinked(test, outage, with: [commit, base]))
    }
    @Test func `staging does not speak for production`() {
        var staging = Shop.metric("search", "cpu", Shop.at(0))
        staging.environment = "staging"
        var production = Shop.alert("search", "Slow", Shop.at(1))
        production.environment = "production"
        #expect(!isLinked(staging, production))
    }
    @Test func `both after the same deploy is a term with the deploy's name`() {
        let a = Shop.metric("checkout", "errors", Shop.at(3))
        let b = Shop.log("payments", "refused", Shop.at(3, 20))
        let terms = Correlator.explainLink(a.fingerprint, b.fingerprint, in: Shop.window([a, b, Shop.release])).terms
        #expect(terms.contains { $0.name == "change" && $0.why == "both follow the deploy of checkout 4.18.0 at 14:02" })
    }
    @Test func `two incidents of one caller's two callees are told apart by the better explained one`() {
        let both = Correlator.decide(Shop.window(Shop.cascade + Shop.searchTrouble)).compactMap(\.snapshot)
        #expect(both.count == 2)
        #expect(both[1].investigation.services == ["search-index", "search"])
    }
    @Test func `a long gap closes the window`() {
        let a = Shop.alert("search", "Slow", Shop.at(0))
        let b = Shop.alert("search", "Slow", Shop.at(61))
        #expect(Correlator.decide(Shop.window([a, b])).count == 2)
    }
}

extension LinkTests {
    @Test func `two hosts of one service that log in trouble together are one problem`() {
        let one = Shop.log("payments", "card declined by issuer", Shop.at(0), host: "node-1")
        let other = Shop.log("payments", "gateway closed the stream", Shop.at(1), host: "node-2")
        #expect(isLinked(one, other))
    }
}
