import Model
import TestKit
import Testing

@testable import Store

/// A small run: what Pipeline does to the store, each step safe to repeat.
private func run(_ store: CaseStore) throws {
    let events = (0..<4).map { sample("e\($0)", minute: $0) } + [sample("e1", minute: 1, lasting: 4)]
    try store.transaction {
        if try store.cursors(origin: "alerts").isEmpty {
            try store.append(events)
            try store.append([DeadLetter(origin: "alerts", place: "a:1", reason: "bad")], at: noon)
            try store.merge(
                LogSummary(
                    leaves: [LogLeaf(id: 1, pattern: "p")], counts: [LogCount(service: "s", leaf: 1, level: .error, minute: 1, count: 5)],
                    exemplars: [
                        LogExemplar(service: "s", leaf: 1, level: .error, at: Instant(ms: 60_000), path: "p", offset: 0, line: 1, text: "t")
                    ]))
            try store.merge([MetricTrack(key: MetricKey(service: "s", metric: "m"), points: [MetricPoint(timeMs: 1, value: 1)])])
            try store.merge([Span(traceID: "t", spanID: "s", service: "s", operation: "o", start: noon, durationUs: 1)])
            try store.merge([TestResult(suite: "s", name: "n", outcome: .failed, run: "1")])
            try store.save(cursor: Cursor(.int(1)), origin: "alerts", item: "")
        }
    }
    try store.transaction {
        let dirty = try store.dirtyTelemetry()
        try store.replaceDerived(
            [sample("d", minute: 5, lasting: 2, type: .errorBurst)], scope: DerivedScope(types: [.errorBurst], scopeKey: "s"),
            onsets: noon.ms..<Instant.minutes(60).ms)
        try store.replaceEdges(origin: "traces", [(ServiceMap.Edge(caller: "a", callee: "b"), 2)])
        try store.clearDirty(dirty)
    }
    try store.transaction {
        if try store.dirtyRanges().isEmpty { return }
        let signals = try store.events(in: noon...(.minutes(60)))
        try store.apply(
            [
                .open(snapshot("a", number: 1, evidence: signals.prefix(3).map { evidence($0) }), reasons: ["opened"]),
                .open(snapshot("b", number: 2), reasons: []),
            ],
            at: noon, author: "caseboard")
        try store.apply(
            [.update(snapshot("a", number: 2), reasons: []), .update(snapshot("b", number: 1), reasons: [])], at: noon, author: "caseboard")
        try store.clearDirtyRanges()
    }
    try store.indexSearch()
    try store.transaction {
        let state = DigestState(status: .open, severity: .high, version: 1)
        if try store.digestState(audience: "all").isEmpty {
            try store.enqueue(channel: "mail", dedupKey: "d1", payload: .null, at: noon)
            try store.saveDigestState(["case_a": state], audience: "all", at: noon)
        }
    }
    for item in try store.dueOutbox(now: noon) {
        try store.markSending(item.id)
        try store.markSent(item.id, receipt: "ok", at: noon)
    }
    try store.savePublications(["index.html": Publication(inputDigest: "i", bytesDigest: "b", publishedAt: noon)])
}

struct FaultLoopTests {
    @Test func `a run stopped at any write and started again ends as if undisturbed`() throws {
        let undisturbed = try CaseStore.inMemory()
        try run(undisturbed)
        let writes = undisturbed.faults.writes
        #expect(writes > 60)
        try run(undisturbed)
        // The number of attempts at sending is what a stop may change.
        let expected = try undisturbed.contents(leavingOut: ["outbox"])
        for write in 1...writes {
            let store = try CaseStore.inMemory()
            store.faults = FaultPoint(failAfter: write)
            #expect(throws: StoreError.injected(write: write)) { try run(store) }
            try run(store)
            #expect(try store.contents(leavingOut: ["outbox"]) == expected, "stopped at write \(write)")
            #expect(try store.outboxCounts() == (waiting: 0, dead: 0, sent: 1))
            #expect(try store.integrityProblems() == [], "stopped at write \(write)")
            #expect(try store.search("alert", limit: 9).count == undisturbed.search("alert", limit: 9).count)
        }
    }
}

struct StoredJSONTests {
    @Test(arguments: 0..<30) func `what is written is read back`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        func value(_ depth: Int) -> JSONValue {
            switch Int.random(in: 0...(depth > 3 ? 4 : 6), using: &chance) {
            case 0: return .null
            case 1: return .bool(Bool.random(using: &chance))
            case 2: return .int(Int64.random(in: .min ... .max, using: &chance))
            case 3: return .double(Double.random(in: -1e9...1e9, using: &chance) + 0.5e-3)
            case 4:
                return .string(
                    String(
                        (0..<Int.random(in: 0...8, using: &chance)).map { _ in
                            Character(["a", "\"", "\\", "\n", "\0", "é", "👍", "\u{7f}", "\u{2028}"].randomElement(using: &chance) ?? "x")
                        }))
            case 5: return .array((0..<Int.random(in: 0...4, using: &chance)).map { _ in value(depth + 1) })
            default:
                return .object(
                    Dictionary(
                        (0..<Int.random(in: 0...4, using: &chance)).map { ("k\($0)\"", value(depth + 1)) }, uniquingKeysWith: { a, _ in a })
                )
            }
        }
        for _ in 0..<50 {
            let written = value(0)
            #expect(StoredJSON.read(written.text) == written)
            #expect(StoredJSON.read(written.prettyText) == written)
        }
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1,", "{\"a\"}", "{\"a\":}", "\"", "\"\\", "\"\\u12", "\"\\u12G4\"", "tru", "nul", "1 2", "--", "{1:2}", "[1]]",
        "e", ".",
        String(repeating: "[", count: 100_000), "\"\\ud800\\u0041\"",
    ]) func `what is not JSON gives nothing`(text: String) {
        #expect(StoredJSON.read(text) == nil)
    }

    @Test(arguments: 0..<20) func `changed bytes never trap`(seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let text = #"{"a":[1,2.5e3,"x\u00e9\ud83d\udc4d\n",null,true,{"b":{}}]}"#
        for _ in 0..<500 {
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &chance) {
                bytes[Int.random(in: 0..<bytes.count, using: &chance)] = UInt8.random(in: 0...255, using: &chance)
            }
            bytes.removeLast(Int.random(in: 0..<10, using: &chance))
            let value = bytes.withUnsafeBufferPointer { StoredJSON.read($0) }
            if let value { #expect(StoredJSON.read(value.text) != nil) }
        }
    }

    @Test func `escapes are read as characters`() {
        #expect(StoredJSON.read(#""\u0041\ud83d\udc4d\/\b\f\u0000""#) == .string("A👍/\u{8}\u{c}\0"))
        #expect(StoredJSON.read(#""\udc4d""#) == .string("\u{FFFD}"))
    }
}

struct JSONWriterTests {
    @Test func `the store writes the same bytes as the model`() {
        let value: JSONValue = [
            "plain": "text", "é": "ü\u{2028}", "e": "a\"b\\c\n\r\t\u{1}\u{7f}",
            "n": .array([0, 9, 10, -1, .int(.min), 0.1, 1e300, .double(.nan), 3.0]),
            "o": .object([:]), "a": .array([]), "nested": ["b": true, "a": false, "c": .null], "": "",
        ]
        var out: [UInt8] = []
        JSONWriter.write(value, into: &out)
        #expect(String(decoding: out, as: UTF8.self) == value.text)
        var texts: [UInt8] = []
        JSONWriter.write(["a", "\"", ""], into: &texts)
        #expect(String(decoding: texts, as: UTF8.self) == JSONValue.strings(["a", "\"", ""]).text)
    }
}
