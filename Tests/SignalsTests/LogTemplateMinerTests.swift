import Model
import TestKit
import Testing

@testable import Signals

@Suite struct LogTemplateMinerTests {
    static func mined(_ lines: [String], redact: @escaping @Sendable (String) -> RedactedText = { RedactedText(text: $0) }) -> (
        texts: [String], ids: [Int64], templates: [LogTemplateMiner.Template]
    ) {
        var miner = LogTemplateMiner(redact: redact)
        let leaves = lines.map { line in Array(line.utf8).withUnsafeBufferPointer { miner.leaf(of: $0, 0, $0.count) } }
        let templates = miner.templates()
        var byLeaf: [Int32: LogTemplateMiner.Template] = [:]
        for template in templates { for leaf in template.leaves { byLeaf[leaf] = template } }
        return (leaves.map { byLeaf[$0]?.text ?? "" }, leaves.map { byLeaf[$0]?.id ?? 0 }, templates)
    }

    @Test(arguments: [
        ("took 12.5 s", "took <*>.<*> s"), ("took 35ms", "took <*>ms"), ("wrote core.4711", "wrote core.<*>"),
        ("from 10.0.0.7", "from <*>"), ("peer /10.0.0.7:9092", "peer /<*>:<*>"), ("at 12:30:05", "at <*>:<*>:<*>"),
        ("version 2.14.3 is up", "version <*>.<*>.<*> is up"), ("id 6ba7b810-9dad-11d1-80b4-00c04fd430c8", "id <*>"),
        ("totals 5##9##12", "totals <*>##<*>##<*>"), ("delta -5", "delta <*>"),
    ])
    func `a text keeps what all its values have in common`(line: String, text: String) {
        #expect(Self.mined([line]).texts == [text])
    }

    @Test func `a name with a number stays while nothing else is seen, a long number does not`() {
        #expect(Self.mined(["link of eth0 is up"]).texts == ["link of eth0 is up"])
        #expect(Self.mined(["link of eth0 is up", "link of eth1 is up"]).texts[0] == "link of eth<*> is up")
        #expect(Self.mined(["block blk_739201 was read"]).texts == ["block blk_<*> was read"])
    }

    @Test func `values of many shapes are one parameter, those of few keep the commonest number`() {
        let lines = (0..<20).map { "load \($0).5 now" } + ["load 7 now"]
        #expect(Set(Self.mined(lines).texts) == ["load <*>.<*> now"])
    }

    @Test func `a list of numbered words is one`() {
        let mined = Self.mined(["remove part-1 now", "remove part-2 part-3 part-4 now"])
        #expect(Set(mined.ids).count == 1)
        #expect(mined.texts[0] == "remove part-<*> now")
    }

    @Test func `brackets that are empty in some lines hold a value in the text`() {
        let lines = ["open from 10.0.0.1 () at port 5", "open from 10.0.0.2 () at port 6", "open from 10.0.0.3 (a.example.com) at port 7"]
        #expect(Set(Self.mined(lines).texts) == ["open from <*> (<*>) at port <*>"])
    }

    @Test func `ids and texts of a file do not depend on the order of its lines`() {
        let lines = LogTemplatesTests.mixed
        let expected = Dictionary(zip(lines, zip(Self.mined(lines).ids, Self.mined(lines).texts).map { "\($0) \($1)" })) { first, _ in first
        }
        var chance = SeededGenerator(seed: 11)
        for _ in 0..<5 {
            let other = lines.shuffled(using: &chance)
            let mined = Self.mined(other)
            for (index, line) in other.enumerated() { #expect("\(mined.ids[index]) \(mined.texts[index])" == expected[line]) }
        }
    }

    @Test func `secrets stand in no template`() {
        let mined = Self.mined(["token hunter is used"], redact: { RedactedText(text: $0.replacing("hunter", with: "[redacted:test]")) })
        #expect(mined.texts == ["token [redacted:test] is used"])
    }

    @Test func `the leaves are those of the summarizer`() {
        let line = "user 17 logged in from 10.0.0.1"
        #expect(Self.mined([line]).ids == [LogMessageMask().leaf(of: Array(line.utf8)).id])
    }

    @Test func `any bytes give some template`() {
        var chance = SeededGenerator(seed: 9)
        var miner = LogTemplateMiner(redact: { RedactedText(text: $0) })
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...200, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) }
            bytes.withUnsafeBufferPointer { _ = miner.leaf(of: $0, 0, $0.count) }
        }
        #expect(miner.templates().reduce(0) { $0 + $1.count } == 500)
    }
}
