import Model

/// Looks over an XML document before libxml2 does, for what would make that slow: its check for equal attributes compares
/// each with each, so a tag of a million attributes takes minutes.
enum XMLGuard {
    static let attributesOfAnElement = 256

    /// Why the document is not handed on, with the line; nil when all is well. Walks tags, quotes, comments, CDATA and
    /// instructions as XML does; NUL bytes are skipped, so that UTF-16 looks like ASCII.
    static func fault(in bytes: UnsafeRawBufferPointer) -> XMLProblem? {
        var walk = Walk(bytes: bytes)
        return walk.run()
    }

    private struct Walk {
        let bytes: UnsafeRawBufferPointer
        var at = 0
        /// Of the place reached; counted only for a fault.
        var line: Int64 { 1 + LineEnds.count(in: bytes[..<at]) }

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        /// The next byte that is not NUL; nil at the end.
        mutating func next() -> UInt8? {
            while at < bytes.count {
                let byte = bytes[at]
                at += 1
                if byte != 0 { return byte }
            }
            return nil
        }

        mutating func run() -> XMLProblem? {
            if let first = bytes.first(where: { $0 != 0 && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF && $0 != 0xFE && $0 != 0xFF }),
                first != 60
            {
                return XMLProblem(reason: "it does not begin with `<`, so it is not XML", line: 1, column: 1)
            }
            if let name = shiftingEncoding() {
                return XMLProblem(reason: "the encoding `\(name)` is not read; save it as UTF-8", line: 1, column: 1)
            }
            while skip(behind: 60) {
                if let problem = markup() { return problem }
            }
            return nil
        }

        /// Encodings in which ASCII bytes need not mean ASCII characters would hide tags from this walk.
        private func shiftingEncoding() -> String? {
            let head = String(decoding: bytes.prefix(400).filter { $0 != 0 }, as: UTF8.self).lowercased()
            guard head.contains("<?xml"), let from = head.firstRange(of: "encoding") else { return nil }
            let name = head[from.upperBound...].drop { "= \t\r\n\"'".contains($0) }.prefix { !"\"'?> ".contains($0) }
            return ["utf-7", "utf7", "iso-2022", "hz", "ebcdic", "ibm", "cp037", "scsu", "bocu"].contains { name.hasPrefix($0) }
                ? String(name) : nil
        }

        private mutating func markup() -> XMLProblem? {
            guard let first = next() else { return nil }
            if first == 63 {
                skip(past: [63, 62])
            } else if first == 33 {
                let second = next()
                if second == 45 { skip(past: [45, 45, 62]) } else if second == 91 { skip(past: [93, 93, 62]) }
            } else if first != 47 {
                return tag()
            }
            return nil
        }

        /// Skips to behind the next such byte; false when there is none.
        private mutating func skip(behind byte: UInt8) -> Bool {
            let found = StructuredText.firstIndex(of: byte, in: bytes, from: at)
            at = found.map { $0 + 1 } ?? bytes.count
            return found != nil
        }

        /// Skips to behind the three or two bytes.
        private mutating func skip(past end: [UInt8]) {
            var last: (UInt8, UInt8) = (0, 0)
            while let byte = next() {
                if byte == 62, last.1 == end[end.count - 2], end.count == 2 || last.0 == end[0] { return }
                last = (last.1, byte)
            }
        }

        private mutating func tag() -> XMLProblem? {
            var attributes = 0
            while let byte = next(), byte != 62 {
                guard byte == 34 || byte == 39 else { continue }
                attributes += 1
                if attributes > XMLGuard.attributesOfAnElement {
                    return XMLProblem(
                        reason: "an element has more than \(XMLGuard.attributesOfAnElement) attributes", line: line, column: 1)
                }
                if !skip(behind: byte) { return nil }
            }
            return nil
        }
    }
}
