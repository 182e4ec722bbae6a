import Foundation
import TestKit
import Testing

/// The colours of `site/css/tokens.css` measured: contrast by WCAG 2.2 (1.4.3, 1.4.11), colour-vision deficiency by
/// Machado, Oliveira, Fernandes 2009 (severity 1.0), distance in OKLab (Ottosson 2020).
@Suite struct ChartsTokensTests {
    struct Colour {
        var r: Double, g: Double, b: Double  // linear light
        init?(hex: Substring) {
            var digits = hex.dropFirst()
            let long = digits.count == 3 ? digits.flatMap { [$0, $0] } : Array(digits)
            digits = Substring(String(long))
            guard digits.count == 6, let value = Int(digits, radix: 16) else { return nil }
            func linear(_ byte: Int) -> Double {
                let c = Double(byte) / 255
                return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4)
            }
            (r, g, b) = (linear(value >> 16), linear(value >> 8 & 255), linear(value & 255))
        }
        init(_ r: Double, _ g: Double, _ b: Double) { (self.r, self.g, self.b) = (max(0, r), max(0, g), max(0, b)) }
        var luminance: Double { 0.2126 * r + 0.7152 * g + 0.0722 * b }
        func contrast(_ other: Colour) -> Double {
            let (high, low) = (max(luminance, other.luminance), min(luminance, other.luminance))
            return (high + 0.05) / (low + 0.05)
        }
        func seen(_ m: [Double]) -> Colour {
            Colour(m[0] * r + m[1] * g + m[2] * b, m[3] * r + m[4] * g + m[5] * b, m[6] * r + m[7] * g + m[8] * b)
        }
        func distance(_ other: Colour) -> Double {
            let (a, b) = (oklab, other.oklab)
            return sqrt(zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
        }
        private var oklab: [Double] {
            let l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
            let m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
            let s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
            return [
                0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s, 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
            ]
        }
    }
    static let deficiencies: [[Double]] = [
        [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
        [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881],
        [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900],
    ]

    /// `--name: light-dark(#day, #night)` of the first block.
    static func colours() throws -> [String: [Colour]] {
        let text = try String(contentsOf: Checkout.root.appending(path: "site/css/tokens.css"), encoding: .utf8)
        var out: [String: [Colour]] = [:]
        for match in text.matches(of: /--([a-z0-9-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)/) {
            let pair = [Colour(hex: match.2), Colour(hex: match.3)].compactMap { $0 }
            if pair.count == 2 { out[String(match.1)] = pair }
        }
        return out
    }

    @Test(arguments: [0, 1])
    func `text is readable on every ground`(_ theme: Int) throws {
        let colours = try Self.colours()
        for text in ["ink", "ink-2", "ink-3", "critical", "high", "medium", "low", "info", "change", "good", "accent"] {
            for ground in ["paper", "raised", "sunken", "impact-wash"] {
                let ratio = try #require(colours[text])[theme].contrast(try #require(colours[ground])[theme])
                #expect(ratio >= 4.5, "\(text) on \(ground): \(ratio)")
            }
        }
        for text in ["ink", "ink-2", "ink-3"] {
            #expect(try #require(colours[text])[theme].contrast(try #require(colours["accent-wash"])[theme]) >= 4.5)
        }
    }

    @Test(arguments: [0, 1])
    func `controls, lines and marks stand out from their ground`(_ theme: Int) throws {
        let colours = try Self.colours()
        for mark in ["control", "critical", "high", "medium", "low", "info", "change", "good", "line", "accent"] {
            for ground in ["paper", "raised", "sunken"] {
                let ratio = try #require(colours[mark])[theme].contrast(try #require(colours[ground])[theme])
                #expect(ratio >= 3, "\(mark) on \(ground): \(ratio)")
            }
        }
    }

    @Test(arguments: [0, 1])
    func `severities and chart colours stay apart in every kind of sight`(_ theme: Int) throws {
        let colours = try Self.colours()
        for set in [["critical-fill", "high-fill", "medium-fill", "low-fill"], ["c1", "c2", "c3", "c4", "c5"]] {
            let all = try set.map { try #require(colours[$0])[theme] }
            for matrix in Self.deficiencies {
                for left in all.indices {
                    for right in all.indices where right > left {
                        let distance = all[left].seen(matrix).distance(all[right].seen(matrix))
                        #expect(distance >= 0.06, "\(set[left]) and \(set[right]): \(distance)")
                    }
                }
            }
        }
    }
}
