import Foundation
import Model

/// Text cut into the terms of the search. `site/js/terms.js` cuts a query the same way; a change here is a change there, and
/// `Tests/SiteTests/search-terms.json` holds both to one table.
///
/// Case and accents do not count: compatibility decomposition, then without combining marks of Latin, Greek, Cyrillic, Hebrew
/// and Arabic, recomposed, in small letters, ς as σ (Unicode 15, 3.11 and 3.13). A term is a run of letters, digits and marks.
/// Scripts written without blanks give pairs of neighbours (bigrams). `PoolTimeout` gives itself, `pool` and `timeout`.
package struct SearchTerms {
    static let longest = 40
    /// Hexadecimal words from this length on are known by their beginning.
    static let hashFrom = 16
    static let hashKept = 12

    private var word: [UInt8] = []
    private var cuts: [Int] = []
    package init() {}

    /// Calls `take` with each term, UTF-8, at least two characters long (one for a lone sign of a script without blanks).
    package mutating func each(of text: String, take: (UnsafeBufferPointer<UInt8>) -> Void) {
        var text = text
        let isPlain = text.withUTF8 { bytes -> Bool in
            if !bytes.allSatisfy({ $0 < 128 }) { return false }
            word.removeAll(keepingCapacity: true)
            cuts.removeAll(keepingCapacity: true)
            for index in 0..<bytes.count {
                let byte = bytes[index]
                switch byte {
                case 97...122, 48...57: word.append(byte)
                case 65...90:
                    if !word.isEmpty, index > 0 {
                        let before = bytes[index - 1]
                        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
                        let isUpperBefore = (65...90).contains(before)
                        // aB, 1B and ABc begin a part at B.
                        if !isUpperBefore || (97...122).contains(next) { cuts.append(word.count) }
                    }
                    word.append(byte + 32)
                default: flush(take)
                }
            }
            flush(take)
            return true
        }
        if !isPlain { slow(text, take: take) }
    }

    private mutating func flush(_ take: (UnsafeBufferPointer<UInt8>) -> Void) {
        defer {
            word.removeAll(keepingCapacity: true)
            cuts.removeAll(keepingCapacity: true)
        }
        if word.count < 2 { return }
        let kept = Self.kept(word)
        word.withUnsafeBufferPointer { bytes in
            take(UnsafeBufferPointer(rebasing: bytes[..<kept]))
            if cuts.isEmpty { return }
            var from = 0
            for end in cuts + [bytes.count] {
                if end - from >= 2 { take(UnsafeBufferPointer(rebasing: bytes[from..<min(end, from + Self.longest)])) }
                from = end
            }
        }
    }

    private static func kept(_ word: [UInt8]) -> Int {
        if word.count >= hashFrom, word.contains(where: { $0 < 58 }), word.allSatisfy({ $0 < 58 || $0 <= 102 }) { return hashKept }
        return min(word.count, longest)
    }

    // MARK: - Any script

    static func folded(_ text: String) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.decomposedStringWithCompatibilityMapping.unicodeScalars where !isAccent(scalar.value) { plain.append(scalar) }
        return String(plain).precomposedStringWithCanonicalMapping.lowercased().replacing("ς", with: "σ")
    }
    private static func isAccent(_ value: UInt32) -> Bool {
        switch value {
        case 0x300...0x36F, 0x591...0x5BD, 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7, 0x64B...0x65F, 0x670: true
        default: false
        }
    }
    /// Thai, Lao, Myanmar, Khmer, Chinese, Japanese, Korean: written without blanks, or with words that run together.
    static func isDense(_ value: UInt32) -> Bool {
        switch value {
        case 0xE00...0xEFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3005...0x3007, 0x3040...0x30FF, 0x31F0...0x31FF, 0x3400...0x4DBF,
            0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0x20000...0x3134F:
            true
        default: false
        }
    }
    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber,
            .otherNumber, .nonspacingMark, .spacingMark, .enclosingMark:
            true
        default: false
        }
    }

    private mutating func slow(_ text: String, take: (UnsafeBufferPointer<UInt8>) -> Void) {
        // The parts of `PoolTimeout` beside other scripts: those words go the plain way, with their capitals.
        for run in text.split(whereSeparator: { !$0.unicodeScalars.contains(where: Self.isWord) }) where run.utf8.allSatisfy({ $0 < 128 }) {
            if run.utf8.contains(where: { (65...90).contains($0) }) { each(of: String(run), take: take) }
        }
        var run: [Unicode.Scalar] = []
        var isDense = false
        func finish() {
            defer { run.removeAll(keepingCapacity: true) }
            func give(_ scalars: ArraySlice<Unicode.Scalar>) {
                var bytes: [UInt8] = []
                for scalar in scalars { bytes.append(contentsOf: scalar.utf8) }
                let kept = bytes.allSatisfy { $0 < 128 } ? Self.kept(bytes) : bytes.count
                bytes.withUnsafeBufferPointer { take(UnsafeBufferPointer(rebasing: $0[..<kept])) }
            }
            if run.isEmpty { return }
            if !isDense {
                if run.count >= 2 { give(run.prefix(Self.longest)) }
            } else if run.count == 1 {
                give(run[...])
            } else {
                for index in 0..<(run.count - 1) { give(run[index...index + 1]) }
            }
        }
        for scalar in Self.folded(text).unicodeScalars {
            guard Self.isWord(scalar) else {
                finish()
                continue
            }
            let dense = Self.isDense(scalar.value)
            if dense != isDense { finish() }
            isDense = dense
            run.append(scalar)
        }
        finish()
    }
}
