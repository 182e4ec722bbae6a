import Model
import Testing

@testable import Correlation

struct RepositoryEvidenceTests {
    static let frame = StackFrame(file: "/srv/shop/cart/cart.go", line: 88, function: "cart.Total")
    let failure = Shop.log("cart", "runtime error", Shop.at(5), exception: "panic", frames: [Self.frame])
    func commit(_ sha: String, _ minute: Int, _ file: String = "shop/cart/cart.go", author: String = "Ola Berg", reverts: String? = nil)
        -> Event
    {
        var event = Shop.commit(sha, "Change some lines", Shop.at(minute), files: [(file, 4, 2)], reverts: reverts)
        event.attributes[EventAttribute.author] = .string(author)
        event.sealID()
        return event
    }
    func window(_ events: [Event], code: CodeAnswer? = nil, earlier: [Event] = []) -> CorrelationWindow {
        var window = Shop.window([failure] + events)
        window.earlierCommits = earlier
        if let code, let key = Correlator.moments(window).first?.key { window.code[key] = code }
        return window
    }
    func suspects(_ events: [Event], code: CodeAnswer? = nil, earlier: [Event] = []) -> [SuspectChange] {
        Correlator.decide(window(events, code: code, earlier: earlier)).compactMap(\.snapshot).first?.investigation.suspects ?? []
    }
    func question(_ events: [Event]) -> CodeQuestion? { Correlator.moments(window(events), asksCode: true).first?.question }
    func blame(_ sha: String, line: Int = 88) -> CodeAnswer {
        CodeAnswer(blames: [.init(commit: sha, path: "shop/cart/cart.go", line: line, failedLine: 88, weight: 1)])
    }

    // MARK: - What is asked

    @Test func `the lines of failing stacks are asked for at the commit that was deployed`() {
        let found = question([
            commit("aaaaaaaa1", -60), commit("aaaaaaaa2", -50), commit("aaaaaaaa3", -10),
            Shop.deploy("cart", "2", Shop.at(-30), commit: "aaaaaaaa2"),
        ])
        #expect(found?.frames == [.init(head: "aaaaaaaa2", frame: Self.frame, weight: 1)])
        #expect(Set(found?.commits ?? []) == ["aaaaaaaa1", "aaaaaaaa2"])
        #expect(found?.since == Shop.at(-60) - .dayMs)
    }
    @Test func `without a deployment the newest commit before it broke is asked for`() {
        #expect(question([commit("aaaaaaaa1", -60), commit("aaaaaaaa2", 30)])?.frames.first?.head == "aaaaaaaa1")
    }
    @Test func `a failing test is asked for at its own commit`() {
        var test = Shop.test("CartTest", "sums", Shop.at(0), commit: "aaaaaaaa1")
        test.attributes[EventAttribute.frames] = .array([Self.frame.json])
        test.sealID()
        let window = Shop.window([test, commit("aaaaaaaa1", -60), commit("aaaaaaaa2", -1)])
        let moment = Correlator.moments(window, asksCode: true).first
        #expect(moment?.isBuildOnly == true)
        #expect(moment?.question?.frames.first?.head == "aaaaaaaa1")
    }
    @Test func `libraries and frames without a line are not asked for`() {
        let frames = [
            StackFrame(file: "/usr/lib/python3/json.py", line: 3, function: "loads"),
            StackFrame(file: "cart.py", line: 0, function: "total"),
        ]
        let failure = Shop.log("cart", "ValueError", Shop.at(5), exception: "ValueError", frames: frames)
        let window = Shop.window([failure, commit("aaaaaaaa1", -60)])
        #expect(Correlator.moments(window, asksCode: true).first?.question?.frames == [])
    }
    @Test func `very large changes are not compared`() {
        let large = Shop.commit("aaaaaaaa1", "Vendor it", Shop.at(-60), files: [("lib/all.js", 90_000, 0)])
        #expect(question([large, commit("aaaaaaaa2", -50)])?.commits == ["aaaaaaaa2"])
    }

    // MARK: - Blame

    @Test func `who wrote the failing line goes before those who touched its file`() {
        let found = suspects([commit("aaaaaaaa1", -60), commit("aaaaaaaa2", -50), commit("aaaaaaaa3", -40)], code: blame("aaaaaaaa1"))
        #expect(found.first?.sha == "aaaaaaaa1")
        #expect(found.first?.summary.hasPrefix("It wrote line 88 of cart.go, where it failed") == true)
        #expect(found.filter { $0.terms.contains { $0.name == "blame" } }.map(\.sha) == ["aaaaaaaa1"])
    }
    @Test func `a line near the failing one counts less`() {
        let near = suspects([commit("aaaaaaaa1", -60)], code: blame("aaaaaaaa1", line: 86)).first?.terms.first { $0.name == "blame" }
        let exact = suspects([commit("aaaaaaaa1", -60)], code: blame("aaaaaaaa1")).first?.terms.first { $0.name == "blame" }
        #expect(near?.why == "it wrote line 86 of cart.go, 2 lines above where it failed")
        #expect((near?.value ?? 1) < (exact?.value ?? 0))
    }
    @Test func `a line near one that is new itself says nothing`() {
        var answer = blame("aaaaaaaa1")
        answer.blames.append(.init(commit: "aaaaaaaa2", path: "shop/cart/cart.go", line: 87, failedLine: 88, weight: 1))
        let found = suspects([commit("aaaaaaaa1", -60), commit("aaaaaaaa2", -50)], code: answer)
        #expect(found.filter { $0.terms.contains { $0.name == "blame" } }.map(\.sha) == ["aaaaaaaa1"])
    }
    @Test func `an outer frame blames less, and says so`() {
        var answer = blame("aaaaaaaa1")
        answer.blames[0].weight = 0.74
        let term = suspects([commit("aaaaaaaa1", -60)], code: answer).first?.terms.first { $0.name == "blame" }
        #expect(term?.why == "it wrote line 88 of cart.go, a call that led to where it failed")
    }
    @Test func `code that ran before the last release is blamed less`() {
        func value(_ deployed: String) -> Double {
            let events = [
                commit("aaaaaaaa1", -90), Shop.deploy("cart", "1", Shop.at(-80), commit: "aaaaaaaa1"), commit("aaaaaaaa2", -60),
                Shop.deploy("cart", "2", Shop.at(-30), commit: "aaaaaaaa2", previous: "aaaaaaaa1"),
            ]
            return suspects(events, code: blame(deployed)).flatMap(\.terms).first { $0.name == "blame" }?.value ?? 0
        }
        #expect(value("aaaaaaaa1") > 0)
        #expect(value("aaaaaaaa1") < value("aaaaaaaa2"))
    }
    @Test func `a file that has another name since was touched all the same`() {
        let events = [commit("aaaaaaaa1", -60, "shop/cart/old.go"), commit("aaaaaaaa2", -50)]
        let found = suspects(events, code: blame("aaaaaaaa1"))
        #expect(found.first?.sha == "aaaaaaaa1")
    }
    @Test func `a merge is no suspect though blame names it`() {
        let merge = Shop.commit("aaaaaaaa3", "Merge", Shop.at(-20), files: [], parents: ["aaaaaaaa1", "aaaaaaaa2"])
        let found = suspects([commit("aaaaaaaa1", -60), commit("aaaaaaaa2", -50), merge], code: blame("aaaaaaaa3"))
        #expect(!found.contains { $0.sha == "aaaaaaaa3" || $0.terms.contains { $0.name == "blame" } })
    }
    @Test func `an answer about a commit that is no candidate changes nothing`() {
        let events = [commit("aaaaaaaa1", -60), commit("aaaaaaaa2", -50)]
        #expect(suspects(events, code: blame("feedfeed1")).map(\.score) == suspects(events).map(\.score))
    }

    // MARK: - Reverts

    @Test func `what was taken back before it broke is no suspect, and blame passes it and its revert over`() {
        let events = [commit("aaaaaaaa1", -60), commit("aaaaaaaa2", -50), commit("aaaaaaaa3", -40, reverts: "aaaaaaaa2")]
        #expect(suspects(events).map(\.sha) == ["aaaaaaaa1"])
        #expect(question(events)?.passedOver == ["aaaaaaaa2", "aaaaaaaa3"])
    }
    @Test func `what was brought in again is a suspect`() {
        let events = [
            commit("aaaaaaaa2", -50), commit("aaaaaaaa3", -40, reverts: "aaaaaaaa2"), commit("aaaaaaaa4", -30, reverts: "aaaaaaaa3"),
        ]
        #expect(Set(suspects(events).map(\.sha)) == ["aaaaaaaa2", "aaaaaaaa4"])
        #expect(question(events)?.passedOver == [])
    }
    @Test func `a revert that is not deployed clears nobody`() {
        let events = [
            commit("aaaaaaaa1", -60), commit("aaaaaaaa2", -50), Shop.deploy("cart", "2", Shop.at(-45), commit: "aaaaaaaa2"),
            commit("aaaaaaaa3", -40, reverts: "aaaaaaaa2"),
        ]
        #expect(suspects(events).first?.sha == "aaaaaaaa2")
    }

    // MARK: - Changed lines

    @Test func `words that stand in the changed lines alone tell the guilty commit`() {
        let failure = Shop.log("cart", "negative voucher balance", Shop.at(5))
        let events = [failure] + (1...6).map { commit("aaaaaaaa\($0)", -60 + $0, "shop/cart/file\($0).go") }
        var window = Shop.window(events)
        let key = Correlator.moments(window)[0].key
        var changes: [String: [ChangedLines]] = [:]
        for number in 1...6 {
            let line = number == 3 ? "if voucherBalance < 0 {" : "total := sum(lines)"
            changes["aaaaaaaa\(number)"] = [ChangedLines(path: "shop/cart/file\(number).go", added: [line])]
        }
        window.code[key] = CodeAnswer(changes: changes)
        let found = Correlator.decide(window)[0].snapshot?.investigation.suspects
        #expect(found?.first?.sha == "aaaaaaaa3")
        #expect(found?.first?.summary.hasPrefix("Its changed lines speak of “balance” and “voucher”") == true)
    }

    // MARK: - Habits

    func pairs(_ count: Int) -> [Event] {
        (0..<count).map { number in
            Shop.commit(
                "bbbbbbbb\(number)", "Change both", Shop.at(-90_000 + number),
                files: [("shop/cart/cart.go", 3, 1), ("shop/cart/price.go", 3, 1)])
        }
    }
    @Test func `a file that used to change with the failing one makes its change more of a suspect`() {
        let events = [commit("aaaaaaaa1", -60, "shop/cart/price.go"), commit("aaaaaaaa2", -60, "shop/cart/mail.go")]
        let term = suspects(events, earlier: pairs(5)).first { $0.sha == "aaaaaaaa1" }?.terms.first { $0.name == "co-change" }
        #expect(term?.why == "it touches price.go, which changed in 5 of 5 commits to cart.go, which failed")
        #expect(suspects(events, earlier: pairs(2)).allSatisfy { !$0.terms.contains { $0.name == "co-change" } })
    }
    @Test func `commits of very many files tie no two of them`() {
        let wide = (0..<5).map { number in
            Shop.commit(
                "bbbbbbbb\(number)", "Change all", Shop.at(-90_000 + number),
                files: (0..<40).map { ("shop/cart/f\($0).go", 1, 1) } + [("shop/cart/cart.go", 3, 1), ("shop/cart/price.go", 3, 1)])
        }
        let found = suspects([commit("aaaaaaaa1", -60, "shop/cart/price.go")], earlier: wide)
        #expect(found.allSatisfy { !$0.terms.contains { $0.name == "co-change" } })
    }
    @Test func `an author's first change to a file of others is told`() {
        let earlier = (0..<6).map { commit("bbbbbbbb\($0)", -90_000 + $0, author: "Mara") }
        let found = suspects([commit("aaaaaaaa1", -60, author: "Ola"), commit("aaaaaaaa2", -60, author: "Mara")], earlier: earlier)
        #expect(
            found.first { $0.sha == "aaaaaaaa1" }?.terms.first { $0.name == "familiarity" }?.why
                == "the first change of Ola to cart.go, which others had changed 6 times")
        #expect(found.first { $0.sha == "aaaaaaaa2" }?.terms.contains { $0.name == "familiarity" } == false)
    }
    @Test func `habits do not depend on how far the window reaches`() {
        let events = [commit("aaaaaaaa1", -60, "shop/cart/price.go")]
        #expect(suspects(events, earlier: pairs(5)) == suspects(events + pairs(5)))
    }

    // MARK: - Paths

    @Test(
        arguments: [
            (StackFrame(file: "/srv/app/shop/cart/cart.go", line: 1, function: ""), "shop/cart/cart.go"),
            (StackFrame(file: "Cart.java", line: 1, function: "com.shop.orders.Cart.add"), "orders/src/com/shop/orders/Cart.java"),
            (StackFrame(file: "Cart.java", line: 1, function: "Cart.add"), nil), (StackFrame(file: "other.go", line: 1, function: ""), nil),
            (StackFrame(file: "C:\\app\\web\\index.js", line: 1, function: ""), "web/index.js"),
        ] as [(StackFrame, String?)])
    func `a frame means the path with most parts in common, if there is one`(frame: StackFrame, path: String?) {
        let paths = RepositoryPaths([
            "shop/cart/cart.go", "tools/cart.go", "orders/src/com/shop/orders/Cart.java", "mail/src/com/shop/mail/Cart.java",
            "web/index.js", "admin/index.js",
        ])
        #expect(paths.path(of: frame) == path)
    }
}
