import Foundation
import Model

/// What usually follows what inside of one request: which calls an operation makes, which messages follow the first one. A call or
/// message that is usually there and now is not (or the other way round) is what a fault in code leaves, even when it is quick
/// and logs nothing.
struct RequestPatterns {
    /// One occurrence: an operation that ran, or the messages of one request in one service.
    fileprivate struct Group {
        var start: Int64
        var end: Int64
        /// Numbers of the kinds that occurred below, local to the parent kind, ascending.
        var children: [Int32]
        /// The last child in another service, -1 for none.
        var last: Int32
    }
    struct Child {
        var service: Int
        var text: String
    }
    struct Parent {
        var service: Int
        var text: String
        var children: [Child] = []
        fileprivate var groups: [Group] = []
        fileprivate var quietCount = 0
        fileprivate var quietWith: [Int] = []
        fileprivate var childNumbers: [String: Int32] = [:]
    }
    private(set) var parents: [Parent] = []
    private var numbers: [String: Int] = [:]
    private var lastEnd = Int64.min
    let noun: String

    static let cutOffMs: Int64 = 500
    static let mostChildren = 200
    static let mostParents = 20_000

    init(noun: String) { self.noun = noun }

    mutating func add(
        _ key: String, service: Int, text: String, start: Int64, end: Int64, children: [(key: String, child: Child)],
        window: ClosedRange<Int64>
    ) {
        let number: Int
        if let known = numbers[key] {
            number = known
        } else {
            if parents.count >= Self.mostParents { return }
            number = parents.count
            numbers[key] = number
            parents.append(Parent(service: service, text: text))
        }
        var own: Set<Int32> = []
        var last: Int32 = -1
        for child in children {
            defer { if child.child.service != service, let number = parents[number].childNumbers[child.key] { last = number } }
            if let known = parents[number].childNumbers[child.key] {
                own.insert(known)
            } else if parents[number].children.count < Self.mostChildren {
                let next = Int32(parents[number].children.count)
                parents[number].childNumbers[child.key] = next
                parents[number].children.append(child.child)
                parents[number].quietWith.append(0)
                own.insert(next)
            }
        }
        if window.contains(start) {
            lastEnd = max(lastEnd, end)
            parents[number].groups.append(Group(start: start, end: end, children: own.sorted(), last: last))
        } else {
            parents[number].quietCount += 1
            for child in own { parents[number].quietWith[Int(child)] += 1 }
        }
    }

    /// A change in how often a child occurs below its parent.
    struct Change {
        var parent: Int
        var child: Int
        var before: Double
        var after: Double
        var count: Int
        /// Bits beyond chance, after a toll for how many pairs were looked at.
        var surprise: Double
        /// 1 when all changes below this parent are losses (or all gains), 0 when they balance: another mix of requests.
        var oneSided: Double
        /// min(1, 1.2 |Δp| + .1) × S/(S + 6) × (.25 + .75 oneSided)
        var value: Double
        var isLoss: Bool { after < before }
    }

    /// Changes at a moment, by parent and child.
    func changes(at cut: Int64) -> [Change] {
        var raw: [(parent: Int, child: Int, before: Double, after: Double, count: Int, bits: Double, isNew: Bool)] = []
        var tested = 0
        for (number, parent) in parents.enumerated() where !parent.children.isEmpty {
            var reference = parent.quietCount
            var referenceWith = parent.quietWith
            var count = 0
            var with = Array(repeating: 0, count: parent.children.count)
            let isQuietEnough = parent.quietCount >= 20
            for group in parent.groups {
                if group.start >= cut {
                    if group.start >= cut &+ CauseSeries.postMs || group.end > lastEnd &- Self.cutOffMs { continue }
                    count += 1
                    for child in group.children { with[Int(child)] += 1 }
                } else if !isQuietEnough, group.end < cut {
                    reference += 1
                    for child in group.children { referenceWith[Int(child)] += 1 }
                }
            }
            if reference < 4 || count == 0 { continue }
            for child in parent.children.indices where referenceWith[child] > 0 || with[child] > 0 {
                let before = (Double(referenceWith[child]) + 0.5) / (Double(reference) + 1)
                let isGone = with[child] == 0 && Double(referenceWith[child]) >= 0.95 * Double(reference)
                if count < 3 && !isGone { continue }
                tested += 1
                let after = Double(with[child]) / Double(count)
                raw.append((number, child, before, after, count, Self.divergence(after, before) * Double(count), referenceWith[child] == 0))
            }
        }
        let toll = 0.7 * Double(2 + tested).logarithm / 2.0.logarithm
        var net: [Int: Double] = [:]
        var total: [Int: Double] = [:]
        // What was never seen before replaces nothing: it is new behaviour, not another mix.
        for item in raw where item.bits > 1 && !item.isNew {
            net[item.parent, default: 0] += item.after - item.before
            total[item.parent, default: 0] += abs(item.after - item.before)
        }
        return raw.compactMap { item in
            // Half of the bits: counts of real systems vary about twice as much as chance has it.
            let surprise = max(0, item.bits / 2 - toll)
            if surprise <= 0 { return nil }
            let sum = total[item.parent] ?? 0
            let oneSided = sum > 0 ? abs(net[item.parent] ?? 0) / sum : 0
            let size = min(1, 1.2 * abs(item.after - item.before) + 0.1)
            return Change(
                parent: item.parent, child: item.child, before: item.before, after: item.after, count: item.count, surprise: surprise,
                oneSided: oneSided, value: size * surprise / (surprise + 6) * (0.25 + 0.75 * oneSided))
        }
    }

    /// Kullback–Leibler divergence of two shares, in bits.
    private static func divergence(_ p: Double, _ q: Double) -> Double {
        func part(_ a: Double, _ b: Double) -> Double { a <= 0 ? 0 : a * (a / max(b, 1e-12)).logarithm }
        return (part(p, q) + part(1 - p, 1 - q)) / 2.0.logarithm
    }

    /// What was called last before a request stopped short: its answer may be why.
    private func lastCall(_ change: Change, at cut: Int64) -> Int? {
        let parent = parents[change.parent]
        var counts: [Int32: Int] = [:]
        var total = 0
        for group in parent.groups
        where group.start >= cut && group.start < cut &+ CauseSeries.postMs && !group.children.contains(Int32(change.child)) {
            total += 1
            counts[group.last, default: 0] += 1
        }
        guard let most = counts.min(by: { ($1.value, $0.key) < ($0.value, $1.key) }), most.key >= 0, most.value * 5 >= total * 3 else {
            return nil
        }
        return parent.children[Int(most.key)].service
    }

    static let lost = 0.6
    static let answered = 0.55

    /// The parent's service is accused; a callee that is no longer called by .6, the one whose answer came last before by .55 of
    /// each caller.
    func evidence(at cut: Int64) -> [Int: Accusation] {
        var out: [Int: Accusation] = [:]
        var answers: [Int: [Int: (value: Double, change: Change)]] = [:]
        func hear(_ service: Int, _ value: Double, _ change: Change) {
            guard value > out[service]?.value ?? 0 else { return }
            out[service] = Accusation(value: value, why: words(change), operation: parents[change.parent].text, isHearsay: true)
        }
        for change in changes(at: cut) {
            let parent = parents[change.parent]
            let child = parent.children[change.child]
            func credit(_ service: Int, _ value: Double) {
                guard value > out[service]?.value ?? 0 else { return }
                out[service] = Accusation(value: value, why: words(change), operation: parent.text)
            }
            credit(parent.service, change.value)
            guard child.service != parent.service, change.isLoss else { continue }
            hear(child.service, Self.lost * change.value, change)
            if let last = lastCall(change, at: cut), last != child.service {
                let value = Self.answered * change.value
                if value > answers[last]?[parent.service]?.value ?? 0 { answers[last, default: [:]][parent.service] = (value, change) }
            }
        }
        for (service, callers) in answers.sorted(by: { $0.key < $1.key }) {
            let ordered = callers.sorted { ($1.value.value, $0.key) < ($0.value.value, $1.key) }
            let value = 1 - ordered.reduce(1) { $0 * (1 - $1.value.value) }
            if let first = ordered.first { hear(service, value, first.value.change) }
        }
        return out
    }

    func words(_ change: Change) -> String {
        let parent = parents[change.parent]
        let percent = { (share: Double) in "\(Int((share * 100).rounded())) %" }
        return
            "\(noun) “\(parent.children[change.child].text.clipped(to: 80))” follows “\(parent.text.clipped(to: 80))” in "
            + "\(percent(change.after)) of \(change.count) requests, usually in \(percent(change.before))"
    }
}
