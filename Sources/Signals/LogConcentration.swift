import Foundation
import Model

/// One host, one user, one version: what all examples of a finding share though others differ in it.
///
/// Facts of an example are its host and the `key=value` and `"key":"value"` parts of its text. A key counts as a parameter when
/// some message has it with two values, and when it has three values among the examples before. A value is told when it is so rare
/// among those that all examples of the finding would share it by chance in one case of fifty at most.
struct LogConcentration {
    /// What is shared: `host`, or a key.
    var key: String
    var value: String
    var examples: Int
    /// How many of the examples before share it.
    var shareBefore: Double

    static let leastExamples = 3
    static let leastBefore = 8
    static let leastValues = 3
    static let chance = 0.02
    static let mostFacts = 32
    static let mostBefore = 2_000

    /// Nil when the examples share nothing telling. `own` are the earlier examples of the same message, `others` of all messages,
    /// each with its template.
    static func find(in examples: [LogExemplar], before others: [(template: Int64, exemplar: LogExemplar)], template: Int64?)
        -> LogConcentration?
    {
        guard examples.count >= leastExamples, let first = examples.first else { return nil }
        var shared = facts(of: first)
        for example in examples.dropFirst() {
            let own = facts(of: example)
            shared = shared.filter { own[$0.key] == $0.value }
            if shared.isEmpty { return nil }
        }
        struct Past {
            var values: [String: Int] = [:]
            var count = 0
            var perTemplate: [Int64: Set<String>] = [:]
            var ownShared = 0
            var own = 0
        }
        var past: [String: Past] = [:]
        for (each, exemplar) in others.suffix(mostBefore) {
            for (key, value) in facts(of: exemplar) {
                guard let wanted = shared[key] else { continue }
                past[key, default: Past()].values[value, default: 0] += 1
                past[key]?.count += 1
                past[key]?.perTemplate[each, default: []].insert(value)
                if each == template {
                    past[key]?.own += 1
                    if value == wanted { past[key]?.ownShared += 1 }
                }
            }
        }
        var best: (chance: Double, found: LogConcentration)?
        for (key, value) in shared.sorted(by: { $0.key < $1.key }) {
            guard let known = past[key], known.count >= leastBefore, known.values.count >= leastValues,
                known.perTemplate.values.contains(where: { $0.count >= 2 })
            else { continue }
            let same = known.values[value] ?? 0
            var share = (Double(same) + 1) / (Double(known.count) + 3)
            if known.own > 0 { share = max(share, (Double(known.ownShared) + 0.5) / (Double(known.own) + 1)) }
            let likelihood = pow(share, Double(min(examples.count, 12)))
            guard likelihood <= chance, likelihood < best?.chance ?? 1 else { continue }
            best = (
                likelihood,
                LogConcentration(
                    key: key, value: value, examples: examples.count, shareBefore: Double(same) / Double(max(1, known.count)))
            )
        }
        return best?.found
    }

    /// `all 3 examples are of host web-3, 4 % of those before`
    var words: String {
        let what = key == Self.host ? "host \(value)" : "\(key)=\(value)"
        let share =
            shareBefore == 0 ? "none of those before is" : "\(SignalNumber.text(shareBefore * 100, digits: 2)) % of those before are"
        return "all \(examples) examples are of \(what), \(share)"
    }

    static let host = "host"
    /// Keys of what a record is, not of whom or what it concerns.
    private static let ignored: Set<String> = [
        "level", "severity", "lvl", "loglevel", "log.level", "msg", "message", "time", "ts", "timestamp", "@timestamp", "date", "logger",
        "caller", "thread", "trace", "trace_id", "traceid", "span", "span_id", "spanid", "pid", "tid", "line", "file", "stack", "error",
    ]

    static func facts(of exemplar: LogExemplar) -> [String: String] {
        var facts = pairs(in: exemplar.text)
        if let host = exemplar.host, !host.isEmpty { facts[Self.host] = host.clipped(to: 64) }
        return facts
    }

    /// The `key=value` and `"key":"value"` parts of a text's first two kilobytes, at most `mostFacts`; of one key the first.
    static func pairs(in text: String) -> [String: String] {
        let bytes = Array(text.utf8.prefix(2_048))
        var out: [String: String] = [:]
        func isKey(_ byte: UInt8) -> Bool {
            byte | 32 >= 97 && byte | 32 <= 122 || byte >= 48 && byte <= 57 || byte == 95 || byte == 46 || byte == 45 || byte == 64
        }
        let quote = UInt8(ascii: "\"")
        for at in bytes.indices where at > 0 && out.count < mostFacts {
            var keyEnd = at
            if bytes[at] == UInt8(ascii: ":"), bytes[at - 1] == quote {
                keyEnd = at - 1
            } else if bytes[at] != UInt8(ascii: "=") {
                continue
            }
            var keyStart = keyEnd
            while keyStart > 0, keyEnd - keyStart < 40, isKey(bytes[keyStart - 1]) { keyStart -= 1 }
            if keyStart == keyEnd { continue }
            var start = at + 1
            while start < bytes.count, bytes[start] == 32, keyEnd < at { start += 1 }
            guard start < bytes.count else { continue }
            var end = start
            if bytes[start] == quote {
                start += 1
                end = start
                while end < bytes.count, bytes[end] != quote { end += 1 }
            } else {
                while end < bytes.count, !" ,;&)]}\"\t\n".utf8.contains(bytes[end]) { end += 1 }
            }
            guard end > start, end - start <= 64 else { continue }
            let key = String(decoding: bytes[keyStart..<keyEnd], as: UTF8.self).lowercased()
            if ignored.contains(key) || out[key] != nil { continue }
            out[key] = String(decoding: bytes[start..<end], as: UTF8.self)
        }
        return out
    }
}
