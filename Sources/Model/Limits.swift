/// A bound on everything that comes from outside. Units are in the names.
package enum Limits {
    package static let lineBytes = 1 << 20
    package static let logPageBytes = 8 << 20
    package static let documentBytes = 64 << 20
    package static let decompressedBytes: Int64 = 64 << 30
    /// A compressed file may not grow more than this many times; a bomb does.
    package static let decompressionRatio: Int64 = 2_000
    package static let jsonDepth = 64
    package static let xmlDepth = 64
    package static let xmlTextBytes = 4 << 20
    package static let recordLines = 500
    package static let exemplarBytes = 8 << 10
    package static let exemplarContextLines = 3
    package static let exemplarsPerLeafHour = 3
    package static let tracesPerMinute = 128
    package static let linesPerTraceMinute = 64
    package static let runsPerTest = 5_000
    package static let longTestsPerSuite = 1_000
    package static let leavesPerService = 20_000
    package static let servicesPerSource = 2_000
    package static let titleCharacters = 200
    package static let bodyBytes = 64 << 10
    package static let attributesBytes = 64 << 10
    package static let deadLetterPayloadBytes = 4 << 10
    package static let deadLettersPerFile = 20
    package static let stackFrames = 64
    package static let filesPerCommit = 500
    package static let commitsPerPage = 2_000
    /// Of one case, what git is asked for: lines to blame, commits to compare, and what each may say.
    package static let framesBlamed = 16
    package static let commitsCompared = 40
    package static let changedLinesPerCommit = 5_000
    package static let changedBytesPerCommit = 64 << 10
    package static let changedLineBytes = 1 << 10
    package static let gitAnswerBytes = 16 << 20
    package static let gitAnswerSeconds = 10
    package static let ignoredRevisions = 1_000
    /// Commits before a case from which habits (what changes together, who knows a file) are learnt.
    package static let earlierCommits = 1_000
    package static let pagesPerSource = 1_000_000
    package static let spansPerPage = 50_000
    package static let eventsPerPage = 10_000
    package static let filesPerSource = 10_000
    /// Of one source in one run: objects that need not be read again when they come again.
    package static let knownObjects = 200_000
    package static let regexMatchSteps: UInt32 = 200_000
}

extension String {
    /// At most `count` characters, an ellipsis in place of what was cut; control characters become blanks.
    package func clipped(to count: Int) -> String {
        if utf8.count <= count, utf8.allSatisfy({ $0 >= 32 && $0 < 127 }) { return self }
        var out = String.UnicodeScalarView()
        var taken = 0
        for scalar in unicodeScalars {
            if taken == count {
                out.append("…")
                break
            }
            out.append(scalar.isDangerous ? " " : scalar)
            taken += 1
        }
        return String(out)
    }
    /// Every ASCII `character` as `text`. The standard library's `replacing` searches for any sequence and takes fifty times as long.
    package func replacing(each character: Unicode.Scalar, with text: String) -> String {
        guard let byte = UInt8(exactly: character.value), utf8.contains(byte) else { return self }
        var out: [UInt8] = []
        out.reserveCapacity(utf8.count + 8 * text.utf8.count)
        for each in utf8 {
            if each == byte { out.append(contentsOf: text.utf8) } else { out.append(each) }
        }
        return String(decoding: out, as: UTF8.self)
    }
    /// At most `count` bytes of UTF-8, cut at a character.
    package func clipped(toBytes count: Int) -> String {
        if utf8.count <= count { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: max(0, count))
        while end > utf8.startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }
}

extension Unicode.Scalar {
    /// Terminal escapes and controls (C0, DEL, C1) and the bidirectional overrides that make text lie.
    package var isDangerous: Bool {
        switch value {
        case 0..<32, 127...159, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
