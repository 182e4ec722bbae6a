import Model

/// A `<testcase>` of JUnit as nearly all of them are written, where it stands in memory: attributes that are known, at most one
/// verdict, what the test printed, and nothing else. Anything more, and all that is not well-formed, is left to `XMLVisitor`.
struct PlainTestCase {
    var name: XMLRawText?
    var className: XMLRawText?
    var `class`: XMLRawText?
    var time: XMLRawText?
    var duration: XMLRawText?
    var file: XMLRawText?
    var line: XMLRawText?
    var status: XMLRawText?
    var result: XMLRawText?
    var timestamp: XMLRawText?
    /// Says nothing, but may not be there twice.
    private var assertions: XMLRawText?
    var verdict: Verdict?
    /// Start and end tags in it, its own among them.
    private(set) var tags = 2

    struct Verdict {
        var outcome: TestOutcome
        var message: XMLRawText?
        var type: XMLRawText?
    }

    init() {}

    /// Reads the test that begins here in place of the one before, and its verdict's text into `words`; the cursor stands behind it.
    /// False when it is not plain.
    mutating func read(_ cursor: inout XMLCursor, words: inout XMLTextBuffer) -> Bool {
        guard cursor.skip("<testcase") else { return false }
        self = PlainTestCase()
        guard let isEmpty = PlainTestCase.attributes(&cursor, { take($0, $1) }) else { return false }
        return isEmpty || readContent(&cursor, words: &words)
    }

    /// Reads the attributes to behind the tag, each without a prefix and wanted once; true when the element is empty.
    @inline(__always)
    private static func attributes(
        _ cursor: inout XMLCursor, _ take: (UnsafeRawBufferPointer, XMLRawText) -> Bool
    ) -> Bool? {
        while true {
            let isApart = cursor.skipBlanks()
            if cursor.skip(UInt8(ascii: ">")) { return false }
            if cursor.byte(cursor.at) == UInt8(ascii: "/") { return cursor.skip("/>") ? true : nil }
            guard isApart, let (name, value) = cursor.attribute(), name.prefix.isEmpty, take(name.local, value) else { return nil }
        }
    }

    private mutating func take(_ name: UnsafeRawBufferPointer, _ value: XMLRawText) -> Bool {
        func fill(_ slot: inout XMLRawText?) -> Bool {
            guard slot == nil else { return false }
            slot = value
            return true
        }
        func isNamed(_ word: StaticString) -> Bool { XMLElement.equal(name, word) }
        switch name.count {
        case 4:
            if isNamed("name") { return fill(&self.name) }
            if isNamed("time") { return fill(&time) }
            if isNamed("file") { return fill(&file) }
            return isNamed("line") && fill(&line)
        case 5: return isNamed("class") && fill(&self.class)
        case 6: return isNamed("status") ? fill(&status) : isNamed("result") && fill(&result)
        case 8: return isNamed("duration") && fill(&duration)
        case 9: return isNamed("classname") ? fill(&className) : isNamed("timestamp") && fill(&timestamp)
        case 10: return isNamed("assertions") && fill(&assertions)
        default: return false
        }
    }

    private mutating func readContent(_ cursor: inout XMLCursor, words: inout XMLTextBuffer) -> Bool {
        while true {
            cursor.skipBlanks()
            if cursor.skip("</testcase") {
                cursor.skipBlanks()
                return cursor.skip(UInt8(ascii: ">"))
            }
            if cursor.skip("<system-out>") {
                guard readText(&cursor, "</system-out", { _ in }) else { return false }
            } else if cursor.skip("<system-err>") {
                guard readText(&cursor, "</system-err", { _ in }) else { return false }
            } else {
                guard verdict == nil, readVerdict(&cursor, words: &words) else { return false }
            }
            tags += 2
        }
    }

    private mutating func readVerdict(_ cursor: inout XMLCursor, words: inout XMLTextBuffer) -> Bool {
        var verdict: Verdict
        let end: StaticString
        if cursor.skip("<failure") {
            (verdict, end) = (Verdict(outcome: .failed), "</failure")
        } else if cursor.skip("<error") {
            (verdict, end) = (Verdict(outcome: .errored), "</error")
        } else if cursor.skip("<skipped") {
            (verdict, end) = (Verdict(outcome: .skipped), "</skipped")
        } else {
            return false
        }
        let isEmpty = PlainTestCase.attributes(&cursor) { name, value in
            if XMLElement.equal(name, "message"), verdict.message == nil {
                verdict.message = value
            } else {
                guard XMLElement.equal(name, "type"), verdict.type == nil else { return false }
                verdict.type = value
            }
            return true
        }
        guard let isEmpty else { return false }
        self.verdict = verdict
        words.clear()
        return isEmpty || readText(&cursor, end) { words.append($0) }
    }

    /// Reads an element's text to behind its end tag.
    private func readText(_ cursor: inout XMLCursor, _ end: StaticString, _ give: (UnsafeRawBufferPointer) -> Void) -> Bool {
        while true {
            switch cursor.text() {
            case .bytes(let piece): give(piece)
            case .scalar(let scalar): XMLEscapes.withBytes(of: scalar, give)
            case .unknown: return false
            case .end:
                if cursor.has("<![CDATA[") {
                    guard let piece = cursor.characterData() else { return false }
                    give(piece)
                    continue
                }
                guard cursor.skip(end) else { return false }
                cursor.skipBlanks()
                return cursor.skip(UInt8(ascii: ">"))
            }
        }
    }
}
