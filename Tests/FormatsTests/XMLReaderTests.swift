import Formats
import Model
import TestKit
import Testing

/// Writes down what it is given.
private final class Recorder: XMLVisitor {
    var log: [String] = []
    var text = ""
    var longest = 0
    var isSatisfied = false
    func start(_ element: XMLElement) {
        let attributes = element.attributes.map { "\($0.uri.isEmpty ? "" : "{\($0.uri)}")\($0.name)=\($0.value.prefix(20))" }
        longest = max(longest, element.attributes.map(\.value.utf8.count).max() ?? 0)
        log.append("<\(element.uri.isEmpty ? "" : "{\(element.uri)}")\(element.name) \(attributes.joined(separator: " "))@\(element.line)")
    }
    func text(_ bytes: UnsafeRawBufferPointer) { text += String(decoding: bytes, as: UTF8.self) }
    func end(_ name: String, uri: String) { log.append("/\(name)") }
}

@Suite struct XMLReaderTests {
    private func read(_ text: String) -> (Recorder, XMLProblem?) { read(Array(text.utf8)) }
    private func read(_ bytes: [UInt8]) -> (Recorder, XMLProblem?) {
        let recorder = Recorder()
        let problem = bytes.withUnsafeBytes { XMLReader.read($0, into: recorder) }
        return (recorder, problem)
    }

    @Test func `elements come with names, namespaces, attributes and lines`() {
        let (seen, problem) = read(
            "\n<?xml version=\"1.0\"?>\n<a:r xmlns:a=\"urn:x\" k=\"1 &amp; 2\" a:q='z'>\n<b/>t&lt;<![CDATA[<c>]]></a:r>")
        #expect(problem == nil)
        #expect(seen.log == ["<{urn:x}r k=1 & 2 {urn:x}q=z@3", "<b @4", "/b", "/r"])
        #expect(seen.text == "\nt<<c>")
    }

    @Test func `a declared encoding is converted`() {
        let bytes = Array("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>".utf8) + [0xE9] + Array("</a>".utf8)
        let (seen, problem) = read(bytes)
        #expect(problem == nil)
        #expect(seen.text == "é")
    }

    @Test(arguments: [
        ("<a>\n<b></a>", "mismatch", 2), ("<a>\n<b>text\n", "cut off", 3), ("<a>&nope;</a>", "nope", 1), ("", "nothing", 1),
        ("{}", "does not begin with `<`", 1), ("<?xml version=\"1.0\"?><!-- x -->", "no XML element", 1),
        ("<a></a><b/>", "Extra content", 1), ("<a>\n\n\u{1}</a>", "invalid", 3),
    ])
    func `what is not well-formed is a problem with its line`(text: String, reason: String, line: Int64) {
        let (_, problem) = read(text)
        #expect(problem?.reason.contains(reason) == true, "\(String(describing: problem))")
        #expect(problem?.line == line)
    }

    @Test(arguments: [
        "<!DOCTYPE a [<!ENTITY x \"ha\">]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        "<!DOCTYPE a SYSTEM \"http://localhost:1/x.dtd\"><a/>",
        "<!DOCTYPE a [<!ENTITY b \"&c;&c;&c;\"><!ENTITY c \"&d;&d;&d;\"><!ENTITY d \"xxxxxxxxxx\">]><a>&b;</a>",
    ])
    func `reading stops at any document type`(text: String) {
        let (seen, problem) = read(text)
        #expect(problem?.reason.contains("document type") == true)
        #expect(seen.log.isEmpty)
        #expect(seen.text.isEmpty)
    }

    @Test func `a billion laughs cost nothing`() {
        let entities = (1...30).map { "<!ENTITY l\($0) \"\(String(repeating: "&l\($0 - 1);", count: 10))\">" }.joined()
        let (seen, problem) = read("<!DOCTYPE l [<!ENTITY l0 \"lol\">\(entities)]><l>&l30;</l>")
        #expect(problem != nil)
        #expect(seen.text.isEmpty)
    }

    @Test func `nesting is read to the limit and refused beyond`() {
        func nested(_ depth: Int) -> String { String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth) }
        #expect(read(nested(Limits.xmlDepth)).1 == nil)
        let (seen, problem) = read(nested(Limits.xmlDepth + 1))
        #expect(problem?.reason.contains("nested deeper") == true)
        #expect(seen.log.count == Limits.xmlDepth)
        #expect(read(String(repeating: "<a>", count: 200_000)).1?.reason.contains("nested deeper") == true)
    }

    @Test func `a huge attribute is clipped or refused`() {
        let (seen, problem) = read("<a k=\"\(String(repeating: "x", count: 9_000_000))\"/>")
        #expect(problem == nil)
        #expect(seen.longest == Limits.bodyBytes)
        #expect(read("<a k=\"\(String(repeating: "x", count: 11_000_000))\"/>").1 != nil)
    }

    @Test func `a tag of very many attributes is refused at once, whatever stands before it and in UTF-16 too`() {
        let many =
            "<!-- <b c='> --><?p <b c=\"?>"
            + "<a><![CDATA[<b c=']]><b \((0..<50_000).map { "k\($0)=''" }.joined(separator: " "))/></a>"
        #expect(read(many).1?.reason.contains("more than 256 attributes") == true)
        let wide: [UInt8] = [0xFF, 0xFE] + many.utf16.flatMap { (unit: UInt16) -> [UInt8] in [UInt8(unit & 255), UInt8(unit >> 8)] }
        #expect(read(wide).1?.reason.contains("more than 256 attributes") == true)
        #expect(read("<?xml version='1.0' encoding='UTF-7'?>+ADw-a/+AD4-").1?.reason.contains("utf-7") == true)
        let fair = "<a \((0..<256).map { "k\($0)='>'" }.joined(separator: " "))/>"
        #expect(read(fair).1 == nil)
    }

    @Test func `very many namespaces at a time are refused`() {
        let deep = (0..<60).map { level in "<a \((0..<10).map { "xmlns:n\(level)x\($0)='u'" }.joined(separator: " "))>" }.joined()
        #expect(read(deep).1?.reason.contains("namespaces") == true)
    }

    @Test func `text beyond the limit of one element is dropped`() {
        let (seen, problem) = read("<a>" + String(repeating: "y", count: 5 << 20) + "<b>z</b></a>")
        #expect(problem == nil)
        #expect(seen.text.utf8.count < Limits.xmlTextBytes + (1 << 20))
        #expect(seen.text.hasSuffix("z"))
    }

    @Test func `a satisfied visitor ends the reading without a problem`() {
        let recorder = Recorder()
        recorder.isSatisfied = true
        let problem = Array("<a><b><broken".utf8).withUnsafeBytes { XMLReader.read($0, into: recorder) }
        #expect(problem == nil)
        #expect(recorder.log.count == 1)
    }

    @Test func `a broken document gives each part once, up to where it breaks`() {
        let (seen, problem) = read("<r>one<a k='1'/>two<![CDATA[three]]>&lt;<?p q?>four<!-- c -- d --></r>")
        #expect(problem?.line == 1)
        #expect(seen.log == ["<r @1", "<a k=1@1", "/a"])
        #expect(seen.text == "onetwothree<four")
    }

    @Test(arguments: [
        "<a k='&#xD800;'/>", "<a k='<'/>", "<a k='1'l='2'/>", "<a k='1' k='2'/>", "<a>]]></a>", "<a><!-- x--y --></a>", "<a><?xml x?></a>",
        "<a/>text", "<a b></a>", "<a k=v/>", "<a k='\u{FFFF}'/>", "<a>\u{FFFE}</a>", "<?xml version='1.0' encoding=\"UTF-8'?><a/>",
        "<1/>", "<a>&lt</a>", "<a>&#1;</a>", "< a/>", "<a></ a>", "<a><![CDATA[x]]</a>",
    ])
    func `what XML forbids is refused`(text: String) {
        #expect(read(text).1 != nil)
    }

    @Test func `the same text reads the same in UTF-8 and in UTF-16, whatever stands in it`() {
        let samples = [
            "<?xml version=\"1.0\"?>\n<?s t='>'?><t:r xmlns:t=\"urn:t\" xmlns='urn:d' a='1'\tt:b = '2 &amp;\n&#x263A;'\n xml:base='u'>\r\n<!-- <c> -->"
                + "<c xmlns:u='urn:u' u:x=\"'\" ><![CDATA[<é&]]>t&gt;]] é&#38;</c ><t:d/>\n</t:r>\n",
            StructuredSample.junit.replacing(" encoding=\"UTF-8\"", with: ""),
            StructuredSample.atom.replacing(" encoding=\"utf-8\"", with: ""),
        ]
        let pieces = [
            "<", ">", "&", "\"", "'", "/", "=", " ", "\n", "\r\n", "\t", "]]>", "<!--", "-->", "<![CDATA[", "<?p", "?>", "<a>", "</a>",
            "<b/>", " k='v'", " xmlns='n'", " xmlns:p='n'", "p:", ":", "&lt;", "&#9;", "&#0;", "&x;", "é", "\u{1F4A5}", "\u{FFFE}", "\u{1}",
            "<!DOCTYPE a>", "-", "--", ".", "1", "x",
        ]
        var chance = SeededGenerator(seed: 11)
        for round in 0..<1_500 {
            var text = Array(samples[round % samples.count].unicodeScalars)
            for _ in 0..<(round < samples.count ? 0 : Int.random(in: 1...3, using: &chance)) {
                let at = Int.random(in: 1..<text.count, using: &chance)
                if Bool.random(using: &chance) { text.removeSubrange(at..<min(text.count, at + Int.random(in: 1...6, using: &chance))) }
                text.insert(
                    contentsOf: Array(pieces[Int.random(in: 0..<pieces.count, using: &chance)].unicodeScalars), at: min(at, text.count))
            }
            var joined = String.UnicodeScalarView()
            joined.append(contentsOf: text)
            let document = String(joined)
            let wide: [UInt8] =
                [0xFF, 0xFE] + document.utf16.flatMap { (unit: UInt16) -> [UInt8] in [UInt8(unit & 255), UInt8(unit >> 8)] }
            let (narrowly, problem) = read(document)
            let (widely, otherProblem) = read(wide)
            #expect((problem == nil) == (otherProblem == nil), "round \(round): \(String(describing: problem ?? otherProblem)) \(document)")
            if problem == nil, otherProblem == nil {
                #expect(narrowly.log == widely.log, "round \(round): \(document)")
                #expect(narrowly.text == widely.text, "round \(round): \(document)")
            }
        }
    }
}
