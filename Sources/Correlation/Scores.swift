import Foundation
import Model

/// The arithmetic that every score shares.
enum Scores {
    /// 1 - Π(1 - term): independent reasons add up and never pass 1.
    static func noisyOr(_ values: some Sequence<Double>) -> Double {
        1 - values.reduce(1) { $0 * (1 - bounded($1)) }
    }
    /// Into 0...1; not a number is 0.
    static func bounded(_ value: Double) -> Double { value.isFinite ? min(1, max(0, value)) : (value == .infinity ? 1 : 0) }
    /// Four decimals: what is stored, compared and shown, so that a value survives any text form unchanged.
    static func stored(_ value: Double) -> Double { (bounded(value) * 10_000).rounded() / 10_000 }
    /// `.71`, `1`, `0`, as the canvas prints scores.
    static func words(_ value: Double) -> String {
        let hundredths = Int((bounded(value) * 100).rounded())
        if hundredths == 0 { return "0" }
        return hundredths == 100 ? "1" : "." + padded(hundredths, 2)
    }
    /// exp(-elapsed/constant), 1 for what has not begun yet.
    static func decay(_ elapsedMs: Int64, constantMs: Double) -> Double {
        elapsedMs <= 0 ? 1 : exp(-Double(elapsedMs) / constantMs)
    }
}

extension Term {
    init(rounding name: String, _ value: Double, _ why: String) {
        self.init(name: name, value: Scores.stored(value), why: why)
    }
}

/// Moments from outside may be anything; differences of two of them are kept inside ±100 years so that nothing overflows.
enum Moments {
    static let century: Int64 = 3_155_760_000_000
    static func elapsed(_ from: Int64, _ to: Int64) -> Int64 {
        let (difference, overflow) = to.subtractingReportingOverflow(from)
        if overflow { return to > from ? century : -century }
        return min(century, max(-century, difference))
    }
}

/// Words that several sentences need.
enum Phrases {
    static func counted(_ count: Int, _ noun: String, plural: String? = nil) -> String {
        "\(count) \(count == 1 ? noun : plural ?? noun + "s")"
    }
    /// `a`, `a and b`, `a, b and 3 more`.
    static func list(_ items: [String], most: Int = 3) -> String {
        if items.count <= 1 { return items.first ?? "" }
        if items.count <= most { return items.dropLast().joined(separator: ", ") + " and " + items[items.count - 1] }
        return items.prefix(most - 1).joined(separator: ", ") + " and \(items.count - most + 1) more"
    }
    /// A sentence as part of another one.
    static func inside(_ sentence: String) -> String { sentence.prefix(1).lowercased() + sentence.dropFirst().trimmingFullStop }
    static func short(_ sha: String) -> String { String(sha.prefix(7)) }
    /// The unqualified name of a class: `org.x.PoolTimeout` → `PoolTimeout`.
    static func simpleClass(_ name: String) -> String {
        String(name.split(whereSeparator: { $0 == "." || $0 == ":" || $0 == "$" || $0 == "\\" }).last ?? Substring(name))
    }
    /// `36 s before`, `2 min after`, `at the same moment as`.
    static func offset(_ ms: Int64, subject: String) -> String {
        if abs(ms) < 1_000 { return "at the same moment as \(subject)" }
        return "\(readableDuration(ms: abs(ms))) \(ms < 0 ? "before" : "after") \(subject)"
    }
}

extension String {
    /// True when these very bytes stand in it; `contains` compares characters, which costs far more.
    func holds(_ other: String) -> Bool {
        let found = utf8.withContiguousStorageIfAvailable { text in
            other.utf8.withContiguousStorageIfAvailable { wanted -> Bool in
                guard var at = text.baseAddress, let first = wanted.first, let words = wanted.baseAddress else { return wanted.isEmpty }
                let end = at + text.count
                while end - at >= wanted.count, let found = memchr(at, Int32(first), end - at - wanted.count + 1) {
                    if memcmp(found, words, wanted.count) == 0 { return true }
                    at += UnsafeRawPointer(found) - UnsafeRawPointer(at) + 1
                }
                return false
            }
        }
        return (found ?? nil) ?? contains(other)
    }
}
