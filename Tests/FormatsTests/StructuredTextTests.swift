import Model
import TestKit
import Testing

@testable import Formats

@Suite struct StructuredTextTests {
    private static let pieces: [String] = [
        "a", "word", " ", "  ", "\n", "\r\n", "\t", "\u{0B}", "\u{85}", "\u{A0}", "\u{7F}", "\u{1B}", "\u{9B}", "\u{200E}", "\u{202E}",
        "\u{2066}", "\u{2065}",
        "\u{FEFF}", "\u{FEFE}", "é", "Â", "漢", "🦉", "\u{200D}",
    ]
    private static func texts() -> [String] {
        var chance = SeededGenerator(seed: 17)
        return (0..<2_000).map { _ in
            (0..<Int.random(in: 0...9, using: &chance)).map { _ in pieces.randomElement(using: &chance) ?? "" }.joined()
        }
    }

    @Test func `a body keeps everything but dangerous characters, carriage returns and blanks at its ends`() {
        for text in Self.texts() {
            let kept = text.unicodeScalars.filter { $0 != "\r" && ($0 == "\n" || $0 == "\t" || !$0.isDangerous) }
            let isBlank: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\t" }
            var expected = Array(kept.drop(while: isBlank))
            while let last = expected.last, isBlank(last) { expected.removeLast() }
            #expect(Array(StructuredText.body(text).unicodeScalars) == expected, "\(text.debugDescription)")
        }
    }

    @Test func `folded text has single blanks between its words and none at its ends`() {
        let blanks: Set<Unicode.Scalar> = [" ", "\t", "\n", "\u{0B}", "\u{0C}", "\r", "\u{85}", "\u{A0}"]
        for text in Self.texts() {
            let words = text.unicodeScalars.split { blanks.contains($0) }.map { String(String.UnicodeScalarView($0)) }
            #expect(StructuredText.foldingBlanks(text).unicodeScalars.elementsEqual(words.joined(separator: " ").unicodeScalars))
        }
    }
}
