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
        /// Number of the answer that came last, -1 for none.
        var answer: Int32
    }
    struct Child: Hashable {
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
    /// Operations of other services that answered last, by number.
    private var answers: [Child] = []
    private var answerNumbers: [Child: Int32] = [:]
    let noun: String

    static let cutOffMs: Int64 = 500
    static let mostChildren = 200
    static let mostParents = 20_000

    init(noun: String) { self.noun = noun }

    mutating func add(
        _ key: String, service: Int, text: String, start: Int64, end: Int64, children: [(key: String, child: Child)], answer: Child?,
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
        for child in children {
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
            parents[number].groups.append(Group(start: start, end: end, children: own.sorted(), answer: self.number(of: answer)))
        } else {
            parents[number].quietCount += 1
            for child in own { parents[number].quietWith[Int(child)] += 1 }
        }
    }

    private mutating func number(of answer: Child?) -> Int32 {
        guard let answer else { return -1 }
        if let known = answerNumbers[answer] { return known }
        let next = Int32(answers.count)
        answers.append(answer)
        answerNumbers[answer] = next
        return next
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
        /// min(1, 1.2 |Δp| + .1) × S/(S + 6)
        var strength: Double
        var value: Double { strength * (0.25 + 0.75 * oneSided) }
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
                oneSided: oneSided, strength: size * surprise / (surprise + 6))
        }
    }

    /// Kullback–Leibler divergence of two shares, in bits.
    private static func divergence(_ p: Double, _ q: Double) -> Double {
        func part(_ a: Double, _ b: Double) -> Double { a <= 0 ? 0 : a * (a / max(b, 1e-12)).logarithm }
        return (part(p, q) + part(1 - p, 1 - q)) / 2.0.logarithm
    }

    /// The answer after which requests go another way: what came last in three of five that did, and how many of all requests with
    /// that answer did.
    private func lastAnswer(_ change: Change, at cut: Int64) -> (answer: Child, share: Double)? {
        var struck: [Int32: Int] = [:]
        var all: [Int32: Int] = [:]
        var total = 0
        for group in parents[change.parent].groups where group.start >= cut && group.start < cut &+ CauseSeries.postMs {
            all[group.answer, default: 0] += 1
            guard group.children.contains(Int32(change.child)) != change.isLoss else { continue }
            total += 1
            struck[group.answer, default: 0] += 1
        }
        guard let most = struck.min(by: { ($1.value, $0.key) < ($0.value, $1.key) }), most.key >= 0, most.value * 5 >= total * 3 else {
            return nil
        }
        return (answers[Int(most.key)], Double(most.value) / Double(max(1, all[most.key] ?? 0)))
    }

    static let lost = 0.6
    static let answered = 0.55
    static let branched = 0.4

    /// What each service says now and did not use to, failures apart, 0…1: it goes another way, and knows it.
    func branches(among changes: [Change]) -> [Int: Double] {
        var out: [Int: Double] = [:]
        for change in changes where isBranch(change) {
            let service = parents[change.parent].service
            out[service] = max(out[service] ?? 0, change.strength)
        }
        return out
    }

    private func isBranch(_ change: Change) -> Bool {
        !change.isLoss && !ErrorWords.speaksOfFailure(parents[change.parent].children[change.child].text)
    }

    /// The parent's service is accused; a callee that is no longer called by .6. Where requests go another way after one and the same
    /// answer, the service that gave it is accused by .55 of each caller, and by up to .95 of one that says where it went (`branches`).
    /// What several callers say, or one that knows, is testimony.
    func evidence(of changes: [Change], at cut: Int64, branches: [Int: Double]) -> [Int: Accusation] {
        var out: [Int: Accusation] = [:]
        var answers: [Child: [Int: (value: Double, change: Change)]] = [:]
        func accuse(_ service: Int, _ value: Double, _ change: Change, isHearsay: Bool, answer: Child? = nil) {
            guard value > out[service]?.value ?? 0 else { return }
            let why = words(change) + (answer.map { ", after the answer of “\($0.text.clipped(to: 80))”" } ?? "")
            out[service] = Accusation(value: value, why: why, operation: parents[change.parent].text, isHearsay: isHearsay)
        }
        for change in changes {
            let parent = parents[change.parent]
            let child = parent.children[change.child]
            accuse(parent.service, change.value, change, isHearsay: false)
            if child.service != parent.service {
                guard change.isLoss else { continue }
                accuse(child.service, Self.lost * change.value, change, isHearsay: true)
            } else if !change.isLoss && !isBranch(change) {
                continue
            }
            if let (answer, share) = lastAnswer(change, at: cut), answer.service != child.service || child.service == parent.service {
                let value = (Self.answered + Self.branched * (branches[parent.service] ?? 0)) * share * change.value
                if value > answers[answer]?[parent.service]?.value ?? 0 { answers[answer, default: [:]][parent.service] = (value, change) }
            }
        }
        for (answer, callers) in answers.sorted(by: { ($0.key.service, $0.key.text) < ($1.key.service, $1.key.text) }) {
            let ordered = callers.sorted { ($1.value.value, $0.key) < ($0.value.value, $1.key) }
            let value = 1 - ordered.reduce(1) { $0 * (1 - $1.value.value) }
            let knows = callers.keys.contains { branches[$0] ?? 0 > 0.5 }
            if let first = ordered.first {
                accuse(answer.service, value, first.value.change, isHearsay: callers.count < 2 && !knows, answer: answer)
            }
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
