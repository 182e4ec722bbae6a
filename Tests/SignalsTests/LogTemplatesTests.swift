import Model
import TestKit
import Testing

@testable import Signals

@Suite struct LogTemplatesTests {
    static func leaves(_ messages: [String]) -> [LogLeaf] {
        let mask = LogMessageMask()
        return messages.map { mask.leaf(of: Array($0.utf8)) }
    }
    static func template(_ templates: LogTemplates, _ message: String) -> Int64 { templates.template(of: leaves([message])[0].id) }

    static let names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"]

    static var mixed: [String] {
        names.map { "user \($0) logged in from 10.0.0.1" } + names.map { "cannot load profile of \($0)" }
            + ["db", "cache"].map { "connection to \($0) closed" }
            + ["disk is full", "disk is read-only", "took 12 ms to start", "took 3 seconds to start"]
            + names.enumerated().map {
                "order \($0.offset) of \($0.element) shipped to \($0.element.reversed().map(String.init).joined()) street"
            }
    }

    @Test func `enough values in one place make a parameter`() {
        let templates = LogTemplates(leaves: Self.leaves(Self.mixed))
        #expect(Set(Self.names.map { Self.template(templates, "user \($0) logged in from 10.0.0.1") }).count == 1)
        #expect(templates.pattern(of: Self.template(templates, "user bob logged in from 10.0.0.1")) == "user <*> logged in from <*>")
    }

    @Test func `two values are not enough`() {
        let templates = LogTemplates(leaves: Self.leaves(Self.mixed))
        #expect(Self.template(templates, "connection to db closed") != Self.template(templates, "connection to cache closed"))
        #expect(Self.template(templates, "disk is full") != Self.template(templates, "disk is read-only"))
    }

    @Test func `units do not part a template`() {
        let templates = LogTemplates(leaves: Self.leaves(Self.mixed))
        #expect(Self.template(templates, "took 12 ms to start") == Self.template(templates, "took 3 seconds to start"))
    }

    @Test func `truth values stay apart`() {
        let templates = LogTemplates(
            leaves: Self.leaves(["the flag is true now", "the flag is false now", "the flag is null now", "the flag is on now"]))
        #expect(templates.count == 4)
    }

    @Test func `the same words around differently shaped values are one template`() {
        let templates = LogTemplates(
            leaves: Self.leaves(["sent 12 bytes (1.5 KB) in lifetime of 3 s", "sent 12 bytes in lifetime of 3 s"]))
        #expect(templates.count == 1)
    }

    @Test func `parameters that vary together are found`() {
        let messages = (0..<24).map {
            "copying file of \(Self.names[$0 % 8])\("xyz".dropFirst($0 / 8).prefix(1)) over to host of \(Self.names[$0 * 3 % 8])y now"
        }
        #expect(LogTemplates(leaves: Self.leaves(messages)).count == 1)
    }

    @Test func `many statements of one shape stay apart while their values are found`() {
        var chance = SeededGenerator(seed: 6)
        func word() -> String { String((0..<6).map { _ in Character(Unicode.Scalar(UInt8(97 + Int.random(in: 0..<26, using: &chance)))) }) }
        let heads = (0..<60).map { _ in (0..<5).map { _ in word() } }
        let messages = heads.flatMap { head in
            (0..<12).map { _ in "\(head[0]) \(head[1]) user=\(word()) \(head[2]) \(word()), \(head[3]) took 12 ms \(head[4])" }
        }
        #expect(LogTemplates(leaves: Self.leaves(messages)).count == 60)
    }

    @Test func `no order of leaves and no repetition shows`() {
        let leaves = Self.leaves(Self.mixed)
        let expected = LogTemplates(leaves: leaves)
        var chance = SeededGenerator(seed: 4)
        for _ in 0..<10 {
            let other = LogTemplates(leaves: (leaves + leaves.prefix(5)).shuffled(using: &chance))
            #expect(other.changedLeaves(since: expected) == [])
            #expect(expected.changedLeaves(since: other) == [])
        }
    }

    @Test func `random vocabularies are merged the same in any order`() {
        var chance = SeededGenerator(seed: 8)
        let words = ["load", "user", "node", "a.b.c", "true", "x=", "y:", "(", ")", "17", "eth0", "failed", "opening"]
        for _ in 0..<20 {
            let messages = (0..<120).map { _ in
                (0..<Int.random(in: 1...6, using: &chance)).map { _ in words.randomElement(using: &chance) ?? "" }.joined(separator: " ")
            }
            let leaves = Self.leaves(messages)
            let first = LogTemplates(leaves: leaves)
            #expect(LogTemplates(leaves: leaves.shuffled(using: &chance)).changedLeaves(since: first) == [])
        }
    }

    @Test func `the id is the smallest leaf of the union, and unknown leaves are their own`() {
        let leaves = Self.leaves(Self.names.map { "hello dear \($0)" })
        let templates = LogTemplates(leaves: leaves)
        #expect(templates.template(of: leaves[3].id) == leaves.map(\.id).min())
        #expect(templates.template(of: 42) == 42)
        #expect(templates.pattern(of: 42) == "")
    }

    @Test func `the changed leaves are those whose template or text is another`() {
        let few = LogTemplates(leaves: Self.leaves(Array(Self.mixed.prefix(2))))
        let all = LogTemplates(leaves: Self.leaves(Self.mixed))
        let changed = all.changedLeaves(since: few)
        #expect(changed.count == Set(Self.leaves(Self.mixed).map(\.id)).count)
        #expect(all.changedLeaves(since: all) == [])
    }

    @Test func `free text is folded into tails and stays bounded in time`() {
        var chance = SeededGenerator(seed: 2)
        func word() -> String { String((0..<5).map { _ in Character(Unicode.Scalar(UInt8(97 + Int.random(in: 0..<26, using: &chance)))) }) }
        let messages = (0..<4_000).map { _ in
            "comment by customer " + (0..<Int.random(in: 2...12, using: &chance)).map { _ in word() }.joined(separator: " ")
        }
        #expect(LogTemplates(leaves: Self.leaves(messages)).count < 200)
    }
}
