import Foundation
import Model

/// Where errors begin: error messages by service and template, and error spans without an error below by service and operation.
struct ErrorLines {
    private struct Kind {
        var service: Int
        var text: String
        /// Moments in the case and how many each stands for.
        var times: [(ms: Int64, count: Double)] = []
        var quiet = 0.0
    }
    private struct Key: Hashable {
        var service: Int
        var text: String
    }
    private var kinds: [Kind] = []
    private var numbers: [Key: Int] = [:]
    /// Everything that the service said or did, the errors among it.
    private var all: [Int: [(ms: Int64, count: Double)]] = [:]
    private var allQuiet: [Int: Double] = [:]
    let window: ClosedRange<Int64>

    init(window: ClosedRange<Int64>) { self.window = window }

    mutating func add(service: Int, error: String?, at ms: Int64, count: Double = 1) {
        let isInside = window.contains(ms)
        if isInside { all[service, default: []].append((ms, count)) } else { allQuiet[service, default: 0] += count }
        guard let error else { return }
        let key = Key(service: service, text: error)
        let number = numbers[key] ?? kinds.count
        if number == kinds.count {
            numbers[key] = number
            kinds.append(Kind(service: service, text: error))
        }
        if isInside { kinds[number].times.append((ms, count)) } else { kinds[number].quiet += count }
    }

    /// S/(S + 10) × (1 - expected/seen), S the surprise in bits, less 3.
    func evidence(at cut: Int64, noun: String) -> [Int: Accusation] {
        func sums(_ times: [(ms: Int64, count: Double)]) -> (before: Double, after: Double) {
            var before = 0.0
            var after = 0.0
            for item in times {
                if item.ms < cut { before += item.count } else if item.ms < cut &+ CauseSeries.postMs { after += item.count }
            }
            return (before, after)
        }
        var totals: [Int: (before: Double, after: Double)] = [:]
        for service in Set(kinds.map(\.service)) { totals[service] = sums(all[service] ?? []) }
        var out: [Int: Accusation] = [:]
        for kind in kinds.sorted(by: { ($0.service, $0.text) < ($1.service, $1.text) }) {
            let seen = sums(kind.times)
            guard seen.after > 0, let total = totals[kind.service] else { continue }
            let expected =
                total.after * (kind.quiet + seen.before + 0.5) / ((allQuiet[kind.service] ?? 0) + total.before + 5)
            let bits = poissonSurprise(seen: seen.after, expected: expected) / 2.0.logarithm - 3
            if bits <= 0 { continue }
            let value = bits / (bits + 10) * (1 - expected / seen.after)
            guard value > out[kind.service]?.value ?? 0 else { continue }
            out[kind.service] = Accusation(
                value: value,
                why: "\(noun) “\(kind.text.clipped(to: 120))” \(Int(seen.after.rounded()))×, "
                    + "\(SignalNumber.text(expected, digits: 2)) expected",
                operation: kind.text)
        }
        return out
    }
}
