import Model
import Testing

@testable import Correlation

struct SuspectTests {
    func suspects(_ events: [Event], single: Bool = false, hint: Instant? = nil) -> [SuspectChange] {
        Correlator.decide(Shop.window(events, single: single, hint: hint)).compactMap(\.snapshot).first?.investigation.suspects ?? []
    }
    let outage = Shop.log("checkout", "coupon rounding produced negative total", Shop.at(5), exception: "NegativeTotal")
    func commits(_ extra: [Event]) -> [Event] {
        (0..<12).map {
            Shop.commit("0\($0)aaaaaa", "Polish colours of page \($0)", Shop.at(-300 + $0 * 10), files: [("web/page\($0).css", 4, 1)])
        } + extra
    }

    @Test func `without any deployment time decides what was live`() {
        let early = Shop.commit("eeeeeeee1", "Change coupon rounding", Shop.at(-20), files: [("shop/coupon/rounding.py", 30, 4)])
        let late = Shop.commit("ffffffff1", "Change coupon rounding again", Shop.at(20), files: [("shop/coupon/rounding.py", 30, 4)])
        let found = suspects([outage] + commits([early, late]))
        #expect(found.first?.sha == "eeeeeeee1")
        #expect(!found.contains { $0.sha == "ffffffff1" })
    }
    @Test func `merges and reverts are never suspects, a commit taken back later is more of one`() {
        let plain = Shop.commit("eeeeeeee1", "Change coupon rounding", Shop.at(-20), files: [("shop/coupon/a.py", 30, 4)])
        let twin = Shop.commit("eeeeeeee2", "Change coupon rounding", Shop.at(-20), files: [("shop/coupon/a.py", 30, 4)])
        let merge = Shop.commit(
            "eeeeeeee3", "Merge coupon rounding", Shop.at(-10), files: [("shop/coupon/a.py", 60, 8)], parents: ["eeeeeeee1", "eeeeeeee2"])
        let revert = Shop.commit(
            "eeeeeeee4", "Revert coupon rounding", Shop.at(9), files: [("shop/coupon/a.py", 4, 30)], reverts: "eeeeeeee2")
        let found = suspects([outage] + commits([plain, twin, merge, revert]))
        #expect(found.first?.sha == "eeeeeeee2")
        #expect(found.first?.terms.contains { $0.name == "reverted" && $0.why == "taken back later by eeeeeee" } == true)
        #expect(!found.contains { $0.sha == "eeeeeeee3" || $0.sha == "eeeeeeee4" })
    }
    @Test func `a file named by the failing stack outweighs words`() {
        let worded = Shop.commit("eeeeeeee1", "Negative total notes", Shop.at(-20), files: [("docs/total.md", 3, 1)])
        let touched = Shop.commit("eeeeeeee2", "Tidy", Shop.at(-30), files: [("shop/checkout/sum.py", 9, 4)])
        let failure = Shop.log(
            "checkout", "ValueError", Shop.at(5), exception: "ValueError",
            frames: [StackFrame(file: "/srv/app/shop/checkout/sum.py", line: 41, function: "total")])
        let found = suspects([failure] + commits([worded, touched]))
        #expect(found.first?.sha == "eeeeeeee2")
        #expect(found.first?.summary.hasPrefix("1 failing stack names sum.py:41, which it touches") == true)
    }
    @Test func `a lone commit without any tie scores low, and the verdict says that nothing is known`() {
        let snapshot = Correlator.decide(
            Shop.window([Shop.alert("search", "Slow", Shop.at(0), .medium), Shop.commit("abcabcabc", "Translate footer", Shop.at(-60))]))[0]
            .snapshot
        #expect((snapshot?.investigation.suspects.first?.score ?? 1) < 0.4)
        #expect(snapshot?.investigation.verdict.hasPrefix("No probable cause yet") == true)
    }
    @Test func `the commits between the last good and the first bad build are blamed, those before are not`() {
        let chain = (0..<6).map { number in
            Shop.commit(
                "d\(number)dddddd", "Change part \(number)", Shop.at(-60 + number * 5), files: [("src/part\(number).ts", 9, 2)],
                parents: number == 0 ? [] : ["d\(number - 1)dddddd"])
        }
        var test = Shop.test("GiftWrapTest", "ribbonIsFree", Shop.at(0), commit: "d4dddddd", message: "ribbon expected 0")
        test.attributes[EventAttribute.previousCommit] = "d1dddddd"
        test.sealID()
        let blamed = suspects([test] + chain).filter { $0.terms.contains { $0.name == "build" } }
        #expect(blamed.map(\.sha).sorted() == ["d2dddddd", "d3dddddd", "d4dddddd"])
        #expect(
            blamed.first?.terms.first { $0.name == "build" }?.why
                == "one of 3 commits between the last good build (d1ddddd) and the first bad one (d4ddddd)")
    }
    @Test func `a flaky test blames no build`() {
        var test = Shop.test("GiftWrapTest", "ribbonIsFree", Shop.at(0), commit: "d1dddddd")
        test.tags = ["flaky"]
        test.sealID()
        let chain = [Shop.commit("d0dddddd", "One", Shop.at(-60)), Shop.commit("d1dddddd", "Two", Shop.at(-50), parents: ["d0dddddd"])]
        #expect(!suspects([test] + chain).contains { $0.terms.contains { $0.name == "build" } })
    }
    @Test func `a red test blames what its commit stands on, deployed or not`() {
        let guilty = Shop.commit(
            "bbbbbbbb1", "Change gift wrap ribbon", Shop.at(-30), files: [("src/gift/wrap.ts", 12, 3)], parents: ["00aaaaaa"])
        let later = Shop.commit(
            "bbbbbbbb2", "Change gift wrap paper", Shop.at(-1), files: [("src/gift/wrap.ts", 12, 3)], parents: ["bbbbbbbb1"])
        let test = Shop.test("GiftWrapTest", "ribbonIsFree", Shop.at(0), commit: "bbbbbbbb1", message: "ribbon expected 0")
        let snapshot = Correlator.decide(Shop.window([test, guilty, later] + commits([])))[0].snapshot
        #expect(snapshot?.investigation.suspects.first?.sha == "bbbbbbbb1")
        #expect(snapshot?.investigation.suspects.contains { $0.sha == "bbbbbbbb2" } == false)
        #expect(snapshot?.investigation.hypotheses.first?.kind == .change)
        #expect(snapshot?.investigation.title == "ribbonIsFree fails since bbbbbbb")
    }
    @Test func `in a single incident a report finds its commit however long ago it was made`() {
        let culprit = Shop.commit("eeeeeeee1", "Cache coupon totals", Shop.at(-60 * 24 * 20), files: [("shop/coupon/totals.py", 120, 4)])
        let report = Event(
            source: .tickets, type: .report, subject: "1", at: Shop.at(0), severity: .medium,
            title: "Coupon totals are stale after cache refresh",
            body: "The total in coupon/totals.py keeps the old value")
        let found = suspects([report, culprit] + commits([]), single: true)
        #expect(found.first?.sha == "eeeeeeee1")
    }
    @Test(arguments: [
        ("acquireSessionPool", ["acquire", "session", "pool", "=acquiresessionpool"]),
        ("ovs_router-rule", ["ovs", "router", "rule", "=ovs_router-rule"]),
        ("XMLServer2 9f3c1ae0 12345", ["xml", "server2", "=xmlserver2"]), ("the fixes of it", []), ("tested classes", ["test", "class"]),
    ])
    func `words are told apart as identifiers are written`(text: String, expected: [String]) {
        #expect(TextTokens.tokens(text) == expected)
    }
    @Test(arguments: [
        ("org.shop.Order.place", "Order.java", "org.shop.Order"), ("org.shop.Order$Line.place", "Order.java", "org.shop.Order"),
        ("acquire", "src/pool.ts", "src/pool.ts"),
    ])
    func `a frame names its class, or its file`(function: String, file: String, expected: String) {
        #expect(CodeBlame.className(of: StackFrame(file: file, line: 1, function: function)) == expected)
    }
    @Test(
        arguments: [
            ("org.shop.OrderTest", "org.shop.Order"), ("org.shop.OrderTests$Nested", "org.shop.Order"),
            ("org.shop.TestOrder", "org.shop.Order"),
            ("OrderTestCase", "Order"), ("OrderSpec", "Order"), ("tests.test_order", "order"), ("shop.order_test", "order"),
            ("org.shop.Testimony", nil), ("org.shop.Test", nil), ("org.shop.Order", nil), ("", nil),
        ] as [(String, String?)])
    func `a test class is named after what it tests`(test: String, subject: String?) {
        #expect(CodeBlame.classUnderTest(test) == subject)
    }
    @Test func `a failing test blames the class it is named after, and what its stack names below the test`() {
        let frames = [
            StackFrame(file: "Money.java", line: 12, function: "org.shop.Money.round"),
            StackFrame(file: "Order.java", line: 40, function: "org.shop.Order.total"),
            StackFrame(file: "OrderTest.java", line: 7, function: "org.shop.OrderTest.sums"),
            StackFrame(file: "Runner.java", line: 900, function: "org.runner.Runner.run"),
        ]
        var event = Shop.test("unit", "sums", Shop.at(0), message: "expected 3")
        event.attributes[EventAttribute.testClass] = "org.shop.OrderTest"
        event.attributes[EventAttribute.frames] = .array(frames.map(\.json))
        event.sealID()
        let causes = Correlator.decide(Shop.window([event], single: true))[0].snapshot?.investigation.hypotheses ?? []
        #expect(causes.compactMap(\.className) == ["org.shop.Order", "org.shop.Money"])
        #expect(causes.first?.terms.contains { $0.why.hasSuffix("the failing test OrderTest is named after it") } == true)
    }
}
