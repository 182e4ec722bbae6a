import Formats
import Model
import TestKit
import Testing

/// Tests as nearly all are written are read by a way of their own. The encoding's name in an unusual spelling sends a whole document
/// the other way, by libxml2, so both can be compared.
@Suite struct PlainTestCaseTests {
    private func read(_ body: [UInt8], encoding: String) -> Reading {
        let bytes = Array("<?xml version=\"1.0\" encoding=\"\(encoding)\"?>".utf8) + body
        return bytes.withUnsafeBytes { JUnitReader.read($0, from: StructuredSample.document()) { StackTrace.parse($0) } }
    }

    /// The number of tests read, the same by both ways.
    @discardableResult
    private func compare(_ body: [UInt8], _ note: String = "") -> Int {
        let (plain, other) = (read(body, encoding: "UTF-8"), read(body, encoding: "Utf-8"))
        #expect(plain.tests == other.tests, "\(note): \(String(decoding: body, as: UTF8.self))")
        #expect(plain.rejections.map(\.reason) == other.rejections.map(\.reason), "\(note): \(String(decoding: body, as: UTF8.self))")
        #expect(plain.rejections.map(\.line) == other.rejections.map(\.line), "\(note)")
        return plain.tests.count
    }

    @Test(arguments: [
        "<testcase name='a'/>", "<testcase name='a' classname='b' time='1.5'></testcase >", "<testcase\n\tname = \"a\"\r\n class='c' />",
        "<testcase name='&lt;a&gt; &#x41;' classname='é' time='1,250'/>", "<testcase name='a' name='b'/>", "<testcase/>", "<testcase>",
        "<testcase name='a' file='F.swift' line='+12' assertions='3'/>", "<testcase name='a' line='-1'/>", "<testcases name='a'/>",
        "<testcase name='a' status='run' result='completed' timestamp='2026-11-22T14:00:00'/>", "<testcase name='a' status='NotRun'/>",
        "<testcase name='a' status='disabled'><failure message='m'/></testcase>", "<testcase name='a' x:y='1'/>",
        "<testcase name='a' id='7'/>",
        "<testcase name='a'><failure message='m' type='T'>text</failure></testcase>", "<testcase name='a'>text</testcase>",
        "<testcase name='a'><failure>first\nat a.B.c(D.java:3)\r\n]] &amp; <![CDATA[<x>\r\n]]></failure></testcase>",
        "<testcase name='a'><error message='one&#10;two' type='T'>one</error></testcase>",
        "<testcase name='a'><failure>a]]>b</failure></testcase>",
        "<testcase name='a'><failure message='one&#13;&#10;two'/></testcase>",
        "<testcase name='a'><failure>a<b>c</b>d</failure></testcase>",
        "<testcase name='a'><skipped/><failure message='m'/></testcase>", "<testcase name='a'><skipped type='t'>why</skipped></testcase>",
        "<testcase name='a'><system-out>one &amp; two</system-out><failure/><system-err><![CDATA[x]]></system-err></testcase>",
        "<testcase name='a'><system-out><failure/></system-out></testcase>", "<testcase name='a'><!-- c --><failure/></testcase>",
        "<testcase name='a'><properties><property name='commit' value='c'/></properties></testcase>",
        "<testcase name='a'><failure>&x;</failure>",
        "<testcase name='a'><testcase name='b'/></testcase>", "<testcase name='a'><failure></error></testcase>",
        "<testcase name='a\u{1}'/>",
        "<testcase name='a' xmlns='urn:x'><failure/></testcase>", "<testcase name=' a  b\u{7F}' classname='\u{202E}'/>",
        "<testcase name='a'",
        "<testcase name='a' duration='0.1' time='00:01:02.5'/>", "<testcase name='a' time='1e400'/>", "<testcase name='<'/>",
    ])
    func `a test comes out the same by both ways`(test: String) {
        let other = "<testcase name='last' classname='b' time='.25'/>"
        compare(Array("<testsuites><testsuite name='s' file='f'>\n\(other) \(test)\(other)</testsuite></testsuites>".utf8))
        compare(Array("<testsuite timestamp='2026-11-22T14:00:00'>\(test)\(test)</testsuite>".utf8))
    }

    @Test func `tests nested to the limit and beyond come out the same by both ways`() {
        for depth in Limits.xmlDepth - 4...Limits.xmlDepth + 1 {
            let suites = (String(repeating: "<testsuite>", count: depth), String(repeating: "</testsuite>", count: depth))
            compare(Array("\(suites.0)<testcase name='a'/><testcase name='b'><failure/></testcase>\(suites.1)".utf8), "depth \(depth)")
        }
    }

    @Test func `a long text is cut the same by both ways`() {
        let text = String(repeating: "é &amp; at a.B.c(D.java:3)\n", count: 10_000)
        #expect(
            compare(Array("<testsuite><testcase name='a'><failure message='\(text)'>\(text)</failure></testcase></testsuite>".utf8)) == 1)
    }

    @Test func `reports of any make come out the same by both ways`() {
        var chance = SeededGenerator(seed: 11)
        var tests = 0
        for round in 0..<400 { tests += compare(report(&chance), "seed 11, round \(round)") }
        #expect(tests > 1_000)
    }

    @Test func `broken reports come out the same by both ways`() {
        var chance = SeededGenerator(seed: 12)
        for round in 0..<600 {
            var bytes = report(&chance)
            for _ in 0...Int.random(in: 0...2, using: &chance) {
                let at = Int.random(in: 0..<bytes.count, using: &chance)
                switch Int.random(in: 0...3, using: &chance) {
                case 0: bytes[at] = UInt8.random(in: 0...255, using: &chance)
                case 1: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...20, using: &chance)))
                case 2: bytes.removeSubrange(max(1, at)...)
                default: bytes.insert(contentsOf: Array(pick(Self.pieces, &chance).utf8), at: at)
                }
            }
            compare(bytes, "seed 12, round \(round)")
        }
    }

    private static let pieces = [
        "<", ">", "&", "\"", "'", "]]>", "\r", "\r\n", "\t", "\0", "\u{FFFE}", "<!--", "<![CDATA[", "<?x y?>", "<!DOCTYPE a>", "&#0;",
        "&#xD800;",
        "</testcase>", "<testcase name='x'>", "<failure/>", "é", "/", " name='y'", "<testsuite name='z'>", "</testsuite>", "<system-out>",
    ]
    private func pick(_ words: [String], _ chance: inout SeededGenerator) -> String { words.randomElement(using: &chance) ?? "" }

    private func report(_ chance: inout SeededGenerator) -> [UInt8] {
        var out = "<testsuites>"
        for suite in 0..<Int.random(in: 1...3, using: &chance) {
            out +=
                pick(["\n", "", "  "], &chance) + "<testsuite name=\"suite \(suite)\""
                + pick(["", " timestamp='2026-11-22T14:00:00'"], &chance) + ">"
            out += pick(["", "<properties><property name='service' value='cart'/></properties>"], &chance)
            for _ in 0..<Int.random(in: 0...5, using: &chance) {
                out += test(&chance) + pick(["\n", "", "\t ", "\r\n", "<!-- c -->", "text"], &chance)
            }
            out += pick(["", "<system-out>said</system-out>"], &chance) + "</testsuite>"
        }
        return Array((out + "</testsuites>\n").utf8)
    }

    private func test(_ chance: inout SeededGenerator) -> String {
        let values = ["a", "shop.Cart", "a &lt; b", " two  blanks ", "é", "", "0.25", "12", "1,5", "x&#10;y", "at a.B.c(D.java:3)"]
        var names = ["name", "classname", "time", "file", "line", "class", "status", "timestamp", "duration", "assertions", "id", "type"]
        names.shuffle(using: &chance)
        var out = "<testcase"
        for name in names.prefix(Int.random(in: 0...5, using: &chance)) { out += " \(name)=\"\(pick(values, &chance))\"" }
        guard Bool.random(using: &chance) else { return out + "/>" }
        out += ">"
        for _ in 0..<Int.random(in: 0...2, using: &chance) {
            let tag = pick(["failure", "failure", "error", "skipped", "system-out", "system-err", "rerunFailure"], &chance)
            out += pick(["", "\n  "], &chance) + "<\(tag)"
            for name in ["message", "type"] where Bool.random(using: &chance) { out += " \(name)='\(pick(values, &chance))'" }
            let text = pick(
                ["", "one\ntwo", "java.lang.Error: x\n\tat a.B.c(D.java:3)\n\tat a.B.d(D.java:4)", "a<![CDATA[<b>]]>&gt;", "<b/>"], &chance)
            out += ">\(text)</\(tag)>"
        }
        return out + "</testcase>"
    }
}
