import Formats
import Model
import TestKit
import Testing

@Suite struct JSONReaderTests {
    private func parse(_ text: String) -> Result<JSONValue, JSONProblem> { Array(text.utf8).withUnsafeBytes { JSONReader.parse($0) } }
    private func problem(_ text: String) -> JSONProblem? {
        if case .failure(let problem) = parse(text) { problem } else { nil }
    }

    @Test(arguments: [
        ("{\"a\":[1,-2,3.5,true,false,null,\"x\"]}", #"{"a":[1,-2,3.5,true,false,null,"x"]}"#),
        ("  42  ", "42"), ("\"é\\u00e9\\ud83d\\ude00\"", "\"éé😀\""), ("\u{FEFF}{}", "{}"), ("[]", "[]"),
        ("{\"a\":1,\"b\":2,\"a\":3}", #"{"a":3,"b":2}"#), ("9223372036854775807", "9223372036854775807"),
    ])
    func `a document comes out as its value`(text: String, expected: String) throws {
        #expect(try parse(text).get().text == expected)
    }

    @Test func `integers wider than 64 bits become doubles`() throws {
        #expect(try parse("[18446744073709551615]").get() == .array([.double(0x1p64)]))
        #expect(try parse("[1180591620717411303424, \"99999999999999999999\"]").get() == .array([.double(0x1p70), "99999999999999999999"]))
        #expect(try parse("-1180591620717411303424").get() == .double(-0x1p70))
    }

    @Test(arguments: [
        ("", 0), ("{\"a\":}", 5), ("{\"a\" 1}", 5), ("[1,]", 3), ("[1 2]", 3), ("{\"a\":1", 6), ("\"abc", 4), ("tru", 0), ("01", 1),
        ("[1e999]", 1), ("{a:1}", 1), ("1 2", 2), ("\"\\q\"", 1), ("\"\\ud800\"", 1), ("[-]", 2), ("\"a\nb\"", 2),
    ])
    func `what is not JSON is a problem with its offset`(text: String, offset: Int) {
        #expect(problem(text)?.offset == offset)
    }

    private func digest(_ text: String) throws -> ObjectDigest {
        try Array(text.utf8).withUnsafeBytes { JSONReader.withDocument($0) { $0.digest } }.get()
    }

    @Test func `the same value has one digest, whatever stands around it`() throws {
        let plain = try digest(#"{"a":"é","b":[1,2.5,true]}"#)
        #expect(try digest(#"{ "a" : "\u00e9", "b": [1, 2.5,true ] }"#) == plain)
        let inner = try Array(#"["x",{"a":"é","b":[1,2.5,true]},7]"#.utf8).withUnsafeBytes {
            JSONReader.withDocument($0) { $0.elements.map(\.digest) }
        }.get()
        #expect(inner[1] == plain)
    }

    @Test func `values that differ in anything have digests that differ`() throws {
        let texts = [
            "{}", "[]", "null", "true", "false", "0", "0.0", "1", "\"\"", "\"1\"", "[1]", "[[1]]", "[1,1]", "[[],1]", "[1,[]]",
            "[\"a\",\"b\"]",
            "[\"ab\",\"\"]", "[\"\",\"ab\"]", "[\"ab\"]", "{\"a\":\"b\"}", "{\"a\":1}", "{\"a\":\"1\"}", "{\"a\":1,\"b\":2}",
            "{\"b\":2,\"a\":1}",
            "{\"a\":{\"b\":2}}", "[\"a\\u0000b\"]", "[\"a\",\"\\u0000b\"]",
        ]
        #expect(Set(try texts.map(digest)).count == texts.count)
    }

    @Test func `text that is not UTF-8 is a problem`() {
        let bytes: [UInt8] = Array("{\"a\":\"".utf8) + [0xFF, 0xFE] + Array("\"}".utf8)
        let outcome = bytes.withUnsafeBytes { JSONReader.parse($0) }
        #expect(outcome == .failure(JSONProblem(reason: "the text is not UTF-8", offset: 6)))
    }

    @Test func `nesting is read to the limit and refused beyond`() throws {
        let deepest = String(repeating: "[", count: Limits.jsonDepth) + "1" + String(repeating: "]", count: Limits.jsonDepth)
        #expect(throws: Never.self) { try parse(deepest).get() }
        #expect(problem("[" + deepest + "]")?.reason.contains("nested deeper") == true)
        #expect(problem(String(repeating: "{\"a\":", count: 100_000))?.reason.contains("nested deeper") == true)
    }

    @Test func `lines are read one by one around a broken one`() {
        var seen: [String] = []
        Array("{\"a\":1}\n\n  {\"a\":2}  \r\n{oops}\n3".utf8).withUnsafeBytes {
            JSONReader.lines($0) { line, outcome in
                switch outcome {
                case .success(let value): seen.append("\(line) \(value.text)")
                case .failure(let problem): seen.append("\(line) at \(problem.offset ?? -1)")
                }
            }
        }
        #expect(seen == ["1 {\"a\":1}", "3 {\"a\":2}", "4 at 23", "5 3"])
    }

    @Test(arguments: [
        ("{\"a\":1}\n{\"b\":2}\n", ["1 {\"a\":1}", "2 {\"b\":2}"]), ("{\n \"a\": 1\n}\n", ["1 {\"a\":1}"]),
        ("[1,\n2]", ["1 [1,2]"]), ("{\"a\":\n{\"b\":}}", ["2 !"]), ("{broken\n{\"b\":2}", ["1 !", "2 {\"b\":2}"]),
    ])
    func `a file is one document or lines, whichever it is`(text: String, expected: [String]) {
        var seen: [String] = []
        Array(text.utf8).withUnsafeBytes {
            JSONReader.documents($0) { line, outcome in
                if case .success(let node) = outcome { seen.append("\(line) \(node.value.text)") } else { seen.append("\(line) !") }
            }
        }
        #expect(seen == expected)
    }

    @Test func `a tape is walked without building values`() throws {
        let text = #"{"name":"x","list":[{"k":1},{"k":"2"}],"none":null,"name":"y"}"#
        let seen = Array(text.utf8).withUnsafeBytes { bytes in
            JSONReader.withDocument(bytes) { node in
                (node["name"]?.string, node["none"] == nil, (node["list"]?.elements.map { $0["k"]?.looseInt }) ?? [])
            }
        }
        let outcome = try seen.get()
        #expect(outcome.0 == "y")
        #expect(outcome.1)
        #expect(outcome.2 == [1, 2])
    }

    @Test func `a document of too many values is not built, but walked`() throws {
        let text = "[" + String(repeating: "0,", count: JSONReader.builtValues / 2) + "0]"
        #expect(problem(text)?.reason.contains("values") == true)
        let sum = Array(text.utf8).withUnsafeBytes { JSONReader.withDocument($0) { $0.elements.reduce(0) { count, _ in count + 1 } } }
        #expect(try sum.get() == JSONReader.builtValues / 2 + 1)
    }

    @Test func `an excerpt is short whatever the value`() throws {
        let text = #"{"a":[1,"x",null],"b":"\#(String(repeating: "y", count: 100_000))","c":{}}"#
        let excerpt = try Array(text.utf8).withUnsafeBytes { JSONReader.withDocument($0) { $0.excerpt(limit: 30) } }.get()
        #expect(excerpt == #"{"a":[1,"x",null],"b":""# + String(repeating: "y", count: 30) + "\"")
    }

    /// The walk that finds a fault and simdjson must agree on what is JSON.
    @Test func `every document that is refused has a place where it breaks`() {
        var chance = SeededGenerator(seed: 20_261_122)
        let samples = [StructuredSample.otlp, StructuredSample.alertmanager, "[0.5e-3,[],{},\"\\u00e9\\n\",{\"a\":[null,true]}]"]
        for round in 0..<3_000 {
            var bytes = Array(samples[round % samples.count].utf8)
            for _ in 0...Int.random(in: 0...2, using: &chance) {
                let at = Int.random(in: 0..<bytes.count, using: &chance)
                let pool = Array("{}[]\",:\\0123456789eE+-.truefalsn \n\u{1}é".utf8)
                switch Int.random(in: 0...2, using: &chance) {
                case 0: bytes[at] = pool[Int.random(in: 0..<pool.count, using: &chance)]
                case 1: bytes.remove(at: at)
                default: bytes.insert(pool[Int.random(in: 0..<pool.count, using: &chance)], at: at)
                }
            }
            let outcome = bytes.withUnsafeBytes { JSONReader.parse($0) }
            if case .failure(let problem) = outcome {
                #expect(problem.reason != "it is not JSON", "\(String(decoding: bytes, as: UTF8.self))")
                #expect((0...bytes.count).contains(problem.offset ?? -1), "\(problem)")
            }
        }
    }
}
