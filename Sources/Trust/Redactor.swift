import Model

/// Takes secrets out of text before anything is stored: `[redacted:KIND]` stands in their place.
///
/// Redacting twice is redacting once. Clean text is found clean by one pass over its bytes (`SecretTriggers`), without a copy.
/// What no rule knows stays: a secret has to look like one, or be named as one.
package struct Redactor: Sendable {
    private let rules: [CompiledRule]
    private let triggers: SecretTriggers
    private let hidesAddresses: Bool
    /// The bit of the rule for e-mail addresses; 0 when they may be seen.
    private let emailBit: UInt64

    private struct CompiledRule: Sendable {
        var kind: String
        var bit: UInt64
        var pattern: CompiledPattern
        var isSecret: (@Sendable (UnsafeBufferPointer<UInt8>) -> Bool)?
    }

    /// A text is looked at again while that takes anything out, at most so many times.
    private static let maxRounds = 4

    /// `emails` and `addresses` (IP) are personal data that most teams want to see.
    package init(emails: Bool = false, addresses: Bool = false) {
        let all = RedactionRules.shapes + RedactionRules.headers + RedactionRules.names + (emails ? [RedactionRules.emails] : [])
        precondition(all.count < 64, "each rule has a bit of its own")
        var rules: [CompiledRule] = []
        var triggers: [SecretTriggers.Trigger] = []
        for (index, rule) in all.enumerated() {
            guard let pattern = CompiledPattern(rule.pattern) else { preconditionFailure("the pattern of `\(rule.kind)` does not compile") }
            rules.append(CompiledRule(kind: rule.kind, bit: 1 << UInt64(index), pattern: pattern, isSecret: rule.isSecret))
            for (literal, pair) in rule.triggers {
                triggers.append(SecretTriggers.Trigger(literal, pair: pair, exact: rule.exact, rules: 1 << UInt64(index)))
            }
        }
        self.rules = rules
        self.triggers = SecretTriggers(triggers)
        hidesAddresses = addresses
        emailBit = emails ? 1 << UInt64(all.count - 1) : 0
    }

    /// The text without its secrets, and how many of each kind there were.
    package func redact(_ text: String) -> RedactedText {
        var text = text
        guard let (bytes, counts) = text.withUTF8({ redact(bytes: $0) }) else { return RedactedText(text: text) }
        return RedactedText(text: String(decoding: bytes, as: UTF8.self), counts: counts)
    }

    /// The same over borrowed bytes, which need not be UTF-8; nil when there is nothing to take out.
    package func redact(bytes: UnsafeBufferPointer<UInt8>) -> (bytes: [UInt8], counts: [String: Int])? {
        var counts: [String: Int] = [:]
        guard var current = round(bytes, &counts) else { return nil }
        for _ in 1..<Self.maxRounds {
            guard let next = current.withUnsafeBufferPointer({ round($0, &counts) }) else { break }
            current = next
        }
        return (current, counts)
    }

    /// One pass of all rules; nil when none found anything.
    private func round(_ bytes: UnsafeBufferPointer<UInt8>, _ counts: inout [String: Int]) -> [UInt8]? {
        let wanted = triggers.rules(in: bytes) | (emailBit != 0 && bytes.contains(64) ? emailBit : 0)
        let cards = CardNumbers.ranges(in: bytes)
        let addresses = hidesAddresses ? NetworkAddresses.ranges(in: bytes) : []
        if wanted == 0 && cards.isEmpty && addresses.isEmpty { return nil }
        var current: [UInt8]?
        /// Runs a step on what is left by the steps before.
        func step(_ kind: String, _ find: (UnsafeBufferPointer<UInt8>) -> [Range<Int>]) {
            let ranges = current.map { $0.withUnsafeBufferPointer(find) } ?? find(bytes)
            if ranges.isEmpty { return }
            counts[kind, default: 0] += ranges.count
            current =
                current.map { $0.withUnsafeBufferPointer { Self.replacing(ranges, in: $0, by: kind) } }
                ?? Self.replacing(ranges, in: bytes, by: kind)
        }
        if wanted != 0 {
            guard let scratch = MatchScratch() else { return Array("[redacted:unscanned]".utf8) }
            for rule in rules where wanted & rule.bit != 0 {
                step(rule.kind) { Self.matches(of: rule, in: $0, with: scratch) }
                if rule.kind == "private-key" { step(rule.kind) { PrivateKeyTails.ranges(in: $0) } }
            }
        }
        if !cards.isEmpty { step("card-number") { CardNumbers.ranges(in: $0) } }
        if !addresses.isEmpty { step("ip-address") { NetworkAddresses.ranges(in: $0) } }
        return current
    }

    private static func matches(of rule: CompiledRule, in bytes: UnsafeBufferPointer<UInt8>, with scratch: borrowing MatchScratch)
        -> [Range<Int>]
    {
        var out: [Range<Int>] = []
        var at = 0
        while at < bytes.count {
            switch rule.pattern.first(in: bytes, from: at, with: scratch) {
            case .nothing: return out
            case .unknown:
                // Better all of the rest than a secret of it.
                out.append(max(at, out.last?.upperBound ?? 0)..<bytes.count)
                return out
            case .found(let range):
                if range.lowerBound >= (out.last?.upperBound ?? 0), rule.isSecret?(UnsafeBufferPointer(rebasing: bytes[range])) ?? true {
                    out.append(range)
                }
                at = max(range.upperBound, at + 1)
            }
        }
        return out
    }

    private static func replacing(_ ranges: [Range<Int>], in bytes: UnsafeBufferPointer<UInt8>, by kind: String) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var last = 0
        for range in ranges {
            out.append(contentsOf: bytes[last..<range.lowerBound])
            out.append(contentsOf: "[redacted:\(kind)]".utf8)
            last = range.upperBound
        }
        out.append(contentsOf: bytes[last...])
        return out
    }
}

/// Finds the ends of private keys whose beginning was cut off: lines of base 64, newlines plain or escaped, before an END line.
enum PrivateKeyTails {
    private static let end = Array("PRIVATE KEY-----".utf8)
    private static let dashes = Array("-----END ".utf8)

    static func ranges(in bytes: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var out: [Range<Int>] = []
        var at = 0
        while at + end.count <= bytes.count {
            guard bytes[at] == end[0], bytes[at..<at + end.count].elementsEqual(end) else {
                at += 1
                continue
            }
            let stop = at + end.count
            let floor = max(out.last?.upperBound ?? 0, at - 40)
            var start = at
            while start > floor, !(start + dashes.count <= at + 1 && bytes[start..<start + dashes.count].elementsEqual(dashes)) {
                start -= 1
            }
            if bytes[start..<min(start + dashes.count, bytes.count)].elementsEqual(dashes) {
                out.append(bodyStart(bytes, before: start, floor: out.last?.upperBound ?? 0)..<stop)
            }
            at = stop
        }
        return out
    }

    private static func bodyStart(_ bytes: UnsafeBufferPointer<UInt8>, before: Int, floor: Int) -> Int {
        var start = before
        while start > floor {
            switch bytes[start - 1] {
            case 65...90, 97...122, 48...57, 43, 47, 61, 10, 13, 92: start -= 1
            default: return start
            }
        }
        return start
    }
}
