import Foundation
import Model

/// Where time goes that usually does not: what each operation spends itself, and what each call between two services spends on
/// the way, which is the only place where a slow network shows.
struct CallTimes {
    struct Item {
        /// Numbers of services; equal for an operation's own time.
        var caller: Int
        var callee: Int
        var operation: String
        var calleeOperation: String
        var series = CauseSeries()
        /// Places in the forest, in the order of the series' values.
        var places: [Int] = []
        var isEdge: Bool { caller != callee || !calleeOperation.isEmpty }
        func touches(_ service: Int) -> Bool { caller == service || callee == service }
    }
    private(set) var items: [Item] = []
    private let forest: TraceForest
    private let spans: [Span]
    private let names: [String]
    private let traceOf: [Int32]
    /// Median duration of requests, ms: what an excess is material against.
    private let requestMs: Double
    /// Over all calls between services in quiet times: median and 95th percentile of the time on the way.
    private let quietGaps: (median: Double, high: Double)?

    static let rounds = 6

    /// `silent` names, for a service that calls exactly one service which sends nothing, that one: calls of it that end nowhere went
    /// there.
    init(spans: [Span], forest: TraceForest, services: ServiceNumbers, window: ClosedRange<Int64>, silent: [Int: Int] = [:]) {
        struct Key: Hashable {
            var caller: Int
            var callee: Int
            var operation: String
            var calleeOperation: String
        }
        self.spans = spans
        self.forest = forest
        names = services.names
        var numbers: [Key: Int] = [:]
        var traces: [String: Int32] = [:]
        var traceOf: [Int32] = []
        var roots: [Double] = []
        var found: [Item] = []
        traceOf.reserveCapacity(forest.linked.count)
        // Operations that are calls: a span of them without anything below is a call into the dark.
        var isCall: Set<TraceOperation> = []
        for linked in forest.linked {
            let span = spans[linked.span]
            if linked.remoteChild != nil || span.kind == .client {
                isCall.insert(TraceOperation(service: span.service, operation: span.operation))
            }
        }
        for place in forest.linked.indices {
            let linked = forest.linked[place]
            let span = spans[linked.span]
            let next = Int32(clamping: traces.count)
            traceOf.append(traces[span.traceID, default: next])
            if traceOf[place] == next { traces[span.traceID] = next }
            let whole = Double(max(0, span.durationUs)) / 1_000
            if linked.parent == nil, !linked.children.isEmpty { roots.append(whole) }
            guard let caller = services[span.service] else { continue }
            let key: Key
            let value: Double
            if let child = linked.remoteChild {
                let remote = spans[forest.linked[child].span]
                guard let callee = services[remote.service] else { continue }
                key = Key(caller: caller, callee: callee, operation: span.operation, calleeOperation: remote.operation)
                value = max(0, whole - Double(max(0, remote.durationUs)) / 1_000)
            } else {
                var callee = caller
                if linked.children.isEmpty, let dark = silent[caller],
                    isCall.contains(TraceOperation(service: span.service, operation: span.operation))
                {
                    callee = dark
                }
                key = Key(caller: caller, callee: callee, operation: span.operation, calleeOperation: "")
                value = Double(linked.selfUs) / 1_000
            }
            let number = numbers[key] ?? found.count
            if number == found.count {
                numbers[key] = number
                found.append(
                    Item(caller: key.caller, callee: key.callee, operation: key.operation, calleeOperation: key.calleeOperation))
            }
            found[number].series.add(value, at: span.start.ms, window: window)
            if window.contains(span.start.ms) { found[number].places.append(place) }
        }
        for number in found.indices {
            guard let order = found[number].series.seal() else { continue }
            found[number].places = order.map { found[number].places[$0] }
        }
        items = found.sorted {
            ($0.caller, $0.callee, $0.operation, $0.calleeOperation) < ($1.caller, $1.callee, $1.operation, $1.calleeOperation)
        }
        roots.sort()
        requestMs = max(1, roots.quantile(0.5))
        self.traceOf = traceOf
        let gaps = items.filter(\.isEdge).flatMap(\.series.quiet).sorted()
        quietGaps = gaps.count >= 30 ? (gaps.quantile(0.5), gaps.quantile(0.95)) : nil
    }

    // MARK: - One item

    struct Usual {
        var median: Double
        var spread: Double
        var reference: [Double]
        var factor = 1.0
        var threshold: Double { median + 1.5 * spread }
    }
    /// The spread comes from the lower half, because faults pollute references upwards.
    func usual(_ item: Item, _ cut: Int64) -> Usual? {
        let reference = item.series.reference(cut)
        guard reference.count >= 3 else { return nil }
        let median = reference.quantile(0.5)
        let low = median - reference.quantile(0.1)
        let spread = max(1.5 * low, min(reference.quantile(0.9) - median, 3 * low), 0.1 * median, 1)
        if item.isEdge, reference.count < 12, let quietGaps, median > 5 * quietGaps.high {
            return Usual(
                median: quietGaps.median, spread: max(quietGaps.high - quietGaps.median, 1), reference: reference, factor: 0.5)
        }
        return Usual(median: median, spread: spread, reference: reference)
    }

    struct Excess {
        var item: Int
        /// How surely and how much slower, 0…1.
        var significance: Double
        /// The same before it is asked whether it is news.
        var slowness: Double
        /// Added time × significance.
        var weight: Double
        var before: Double
        var after: Double
        var slow: Int
        var count: Int
        var threshold: Double
        var added: Double
    }

    /// What was already so before the cut is half news only: quiet times drift. The lower third of it is taken, which an earlier
    /// fault hardly reaches.
    func excess(_ number: Int, at cut: Int64) -> Excess? {
        let item = items[number]
        guard let usual = usual(item, cut), var excess = excess(number, at: cut, against: usual) else { return nil }
        let before = item.series.beforeRange(cut)
        guard excess.significance > 0, item.series.quiet.count >= 8, before.count >= 4 else { return excess }
        let earlier = item.series.ascending(before).quantile(0.3)
        if earlier > usual.median {
            var drifted = usual
            drifted.median = earlier
            drifted.spread = max(usual.spread, 0.1 * earlier)
            let news = self.excess(number, at: cut, against: drifted)?.significance ?? 0
            let kept = 0.5 + 0.5 * min(1, news / excess.significance)
            excess.significance *= kept
            excess.weight *= kept
        }
        return excess
    }

    private func excess(_ number: Int, at cut: Int64, against usual: Usual) -> Excess? {
        let item = items[number]
        let post = item.series.ascending(item.series.afterRange(cut))
        guard !post.isEmpty else { return nil }
        let high = usual.threshold + 0.5 * usual.spread
        let share = Double(post.count { $0 > high }) / Double(post.count)
        let shareBefore = usual.factor < 1 ? 0 : Double(usual.reference.count { $0 > high }) / Double(usual.reference.count)
        let median = post.quantile(0.5)
        let upper = post.quantile(0.75)
        let z = max((median - usual.median) / usual.spread, 0.7 * (upper - usual.median) / usual.spread)
        let added = post.reduce(0) { $0 + max(0, $1 - usual.threshold) }
        var significance = 0.0
        if z > 0 {
            let count = Double(post.count)
            let sure = max(0, share - shareBefore - (max(0.1, share * (1 - share) + 0.05) / count).squareRoot()) * count / (count + 1)
            let material = min(1, added / Double(post.count) / (0.1 * requestMs))
            significance = usual.factor * sure * z / (z + 6) * material
        }
        return Excess(
            item: number, significance: significance, slowness: significance, weight: added * significance, before: usual.median,
            after: share >= 0.5 ? median : max(median, upper), slow: post.count { $0 > high }, count: post.count, threshold: high,
            added: added)
    }

    // MARK: - The services that explain it

    struct Finding {
        var accusations: [Int: Accusation]
        var slowServices: Set<Int>
    }

    /// Greedy set cover: the service that explains most added time, then the one that explains most of the rest. A slow host makes
    /// all its calls slow, in and out; a neighbour of it sees one slow call among many quick ones.
    func evidence(at cut: Int64) -> Finding {
        let excesses = items.indices.compactMap { excess($0, at: cut) }
        var open = excesses.filter { $0.significance > 0.01 }
        let total = max(1e-9, open.reduce(0) { $0 + $1.added })
        var out: [Int: Accusation] = [:]
        var top = 0.0
        for _ in 0..<Self.rounds {
            guard let (service, score) = best(open, all: excesses), score > 0 else { break }
            if top == 0 { top = score }
            let own = open.filter { items[$0.item].touches(service) }
            guard let leading = own.max(by: { ($0.weight, $1.item) < ($1.weight, $0.item) }) else { break }
            let value = (score / top).squareRoot() * (own.map(\.significance).max() ?? 0)
            out[service] = Accusation(
                value: value, why: words(leading, service: service, share: own.reduce(0) { $0 + $1.added } / total),
                instance: instance(of: service, leading, cut), operation: items[leading.item].operation)
            open.removeAll { items[$0.item].touches(service) }
        }
        return Finding(accusations: out, slowServices: slowServices(excesses, cut))
    }

    private func best(_ open: [Excess], all: [Excess]) -> (Int, Double)? {
        var weight: [Int: Double] = [:]
        var inbound: [Int: Double] = [:]
        // Own work, calls out and calls in apart: a slow network leaves a service's own work as quick as it was.
        struct Share {
            var calls = 0.0
            var slow = 0.0
            mutating func add(_ excess: Excess) {
                calls += Double(excess.count)
                slow += Double(excess.count) * min(1, 1.5 * excess.slowness)
            }
            var value: Double { slow / max(1, calls) }
        }
        var work: [Int: Share] = [:]
        var out: [Int: Share] = [:]
        var into: [Int: Share] = [:]
        for excess in all {
            let item = items[excess.item]
            if item.isEdge {
                out[item.caller, default: Share()].add(excess)
                into[item.callee, default: Share()].add(excess)
            } else {
                work[item.caller, default: Share()].add(excess)
            }
        }
        for excess in open {
            let item = items[excess.item]
            if item.isEdge { weight[item.caller, default: 0] += excess.weight }
            weight[item.callee, default: 0] += excess.weight
            inbound[item.callee, default: 0] += excess.weight
        }
        var best: (Int, Double)?
        for (service, sum) in weight.sorted(by: { $0.key < $1.key }) where sum > 0 {
            let coverage = [work[service], out[service], into[service]].compactMap { $0?.value }.max() ?? 0
            let score = sum * (0.3 + 0.7 * coverage) * (0.8 + 0.2 * (inbound[service] ?? 0) / sum)
            if score > best?.1 ?? 0 { best = (service, score) }
        }
        return best
    }

    private func slowServices(_ excesses: [Excess], _ cut: Int64) -> Set<Int> {
        var slow: Set<Int32> = []
        for excess in excesses where excess.significance >= 0.1 {
            let item = items[excess.item]
            for index in item.series.afterRange(cut) where item.series.values[index] > excess.threshold {
                slow.insert(traceOf[item.places[index]])
            }
        }
        var out: Set<Int> = []
        for item in items {
            for index in item.series.afterRange(cut) where slow.contains(traceOf[item.places[index]]) {
                out.insert(item.caller)
                out.insert(item.callee)
                break
            }
        }
        return out
    }

    private func words(_ excess: Excess, service: Int, share: Double) -> String {
        let item = items[excess.item]
        let change = "\(SignalNumber.duration(ms: excess.before)) → \(SignalNumber.duration(ms: excess.after))"
        let place =
            item.isEdge
            ? "between the spans of \(names[item.caller]) and \(names[item.callee])" : "in \(item.operation.clipped(to: 80)) itself"
        let accounts = Int((min(1, share) * 100).rounded())
        return "\(change) \(place), \(excess.slow) of \(excess.count) calls; accounts for \(accounts) % of added time"
    }

    /// The commonest instance among the slow calls.
    private func instance(of service: Int, _ excess: Excess, _ cut: Int64) -> String? {
        let item = items[excess.item]
        var counts: [String: Int] = [:]
        for index in item.series.afterRange(cut) where item.series.values[index] > excess.threshold {
            let linked = forest.linked[item.places[index]]
            let own = item.callee == service && item.caller != service ? linked.remoteChild.map { forest.linked[$0].span } : linked.span
            guard let own, !spans[own].instance.isEmpty else { continue }
            counts[spans[own].instance, default: 0] += 1
        }
        return counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
    }
}
