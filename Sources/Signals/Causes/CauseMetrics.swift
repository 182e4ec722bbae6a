import Foundation
import Model

/// What the name of a metric says it measures.
enum MetricRole: Equatable {
    case saturation, latency, errors
    /// Falling is bad.
    case success
    case other

    init(_ metric: String) {
        let words = MetricDirection.words(of: metric)
        func has(_ list: [String]) -> Bool {
            words.contains { word in list.contains { $0.utf8.count <= 3 ? word == $0 : word.hasPrefix($0) } }
        }
        if has(Self.failure) {
            self = .errors
        } else if has(Self.successes) {
            self = .success
        } else if has(Self.slowness) {
            self = .latency
        } else if has(Self.resources) && !has(Self.volumes) {
            self = .saturation
        } else {
            self = .other
        }
    }
    private static let failure = [
        "error", "err", "fail", "exception", "timeout", "reject", "refus", "abort", "unavail", "5xx", "500", "503",
    ]
    private static let successes = ["success", "avail", "uptime", "healthy", "apdex"]
    private static let slowness = [
        "latency", "duration", "delay", "response", "elapsed", "rtt", "p50", "p75", "p90", "p95", "p99", "p999", "wait", "slow",
    ]
    private static let resources = [
        "cpu", "mem", "memory", "heap", "rss", "gc", "disk", "io", "iowait", "load", "queue", "pending", "backlog", "util", "saturat",
        "pressure", "swap", "thread", "goroutine", "fd", "pool", "throttl", "restart", "oom", "evict", "lock", "inflight", "connection",
        "socket", "inode",
    ]
    private static let volumes = ["request", "workload", "ops", "rps", "qps", "throughput", "traffic", "limit", "total"]
}

/// Metrics of a case against quiet times: saturation, symptoms, and series that name both ends of a call.
struct CauseMetrics {
    struct Item {
        var service: Int
        /// The called service, for a series that names it.
        var callee: Int?
        /// The series is the callee's own view of a caller: real, but not independent of the service's other series.
        var isFrom = false
        var instance: String
        var metric: String
        var role: MetricRole
        var series = CauseSeries()
    }
    private(set) var items: [Item] = []
    private let names: [String]

    static let mostSeries = 20_000

    init(tracks: [MetricTrack], services: ServiceNumbers, window: ClosedRange<Int64>) {
        names = services.names
        for track in tracks.sorted(by: { $0.key < $1.key }).prefix(Self.mostSeries) {
            guard let service = services[track.key.service] else { continue }
            let role = MetricRole(track.key.metric)
            if role == .other { continue }
            var item = Item(service: service, instance: track.key.instance, metric: track.key.metric, role: role)
            if let (isFrom, other) = Self.otherEnd(track.key.metric, services) {
                item.isFrom = isFrom
                item.callee = isFrom ? nil : other
            }
            let factor: Double = role == .success ? -1 : 1
            if track.kind == .counter {
                Self.addGrowth(of: track.points, factor: factor, window: window, to: &item.series)
            } else {
                item.series.add(track.points, factor: factor, window: window)
            }
            item.series.seal()
            items.append(item)
        }
    }

    /// A counter by its growth a minute; where it fell, or after a long silence, it says nothing.
    private static func addGrowth(
        of points: [MetricPoint], factor: Double, window: ClosedRange<Int64>, to series: inout CauseSeries
    ) {
        var last: MetricPoint?
        series.reserve(points.count)
        for point in points where point.value.isFinite {
            defer { last = point }
            guard let before = last, point.timeMs > before.timeMs, point.timeMs &- before.timeMs <= 15 * Int64.minuteMs,
                point.timeMs &- before.timeMs > 0, point.value >= before.value
            else { continue }
            let growth = (point.value - before.value) * 60_000 / Double(point.timeMs &- before.timeMs)
            series.add(factor * growth, at: point.timeMs, window: window)
        }
    }

    /// `… to SERVICE` and `… from SERVICE`, of a known service.
    private static func otherEnd(_ metric: String, _ services: ServiceNumbers) -> (isFrom: Bool, other: Int)? {
        let parts = metric.split(separator: " ")
        guard parts.count >= 3, let last = parts.last, let other = services[String(last)] else { return nil }
        switch parts[parts.count - 2] {
        case "to": return (false, other)
        case "from": return (true, other)
        default: return nil
        }
    }

    // MARK: - How far from the usual

    struct Rise {
        var item: Int
        var z: Double
        var before: Double
        var after: Double
    }

    func rises(at cut: Int64) -> [Rise] {
        struct Stand {
            var item: Int
            var up: Double
            var scale: Double
            var level: Double
            var after: Double
        }
        var stands: [Stand] = []
        for (number, item) in items.enumerated() {
            let (pre, post) = item.series.around(cut)
            let reference = item.series.reference(pre)
            guard !post.isEmpty, reference.count >= 3 else { continue }
            let level =
                pre.count >= 2 && item.series.quiet.count >= 3
                ? max(pre.quantile(0.5), item.series.quiet.quantile(0.5)) : reference.quantile(0.5)
            let after = Array(post[(post.count / 2)...]).mean
            let isLong = reference.count >= 30  // then its own spikes are known, too
            let scale = max(
                isLong ? (reference.quantile(0.98) - reference.quantile(0.5)) / 3 : 0,
                (reference.quantile(0.75) - reference.quantile(0.25)) / 1.35, (reference.quantile(0.9) - reference.quantile(0.1)) / 2.56)
            stands.append(Stand(item: number, up: after - level, scale: scale, level: level, after: after))
        }
        var byMetric: [String: [Stand]] = [:]
        for stand in stands { byMetric[items[stand.item].metric, default: []].append(stand) }
        var pools: [String: (scale: Double, level: Double)] = [:]
        for (metric, all) in byMetric {
            pools[metric] = (all.map(\.scale).sorted().quantile(0.5), all.map { abs($0.level) }.sorted().quantile(0.5))
        }
        return stands.compactMap { stand in
            let pool = pools[items[stand.item].metric] ?? (stand.scale, abs(stand.level))
            let parts = [stand.scale, pool.scale, 0.05 * abs(stand.level), 0.02 * pool.level]
            let size = max(parts.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-9)
            guard stand.up.isFinite, size.isFinite else { return nil }
            return Rise(item: stand.item, z: max(0, min(1_000, stand.up / size)), before: stand.level, after: stand.after)
        }
    }

    // MARK: - Channels

    /// z/(z + 8) × √(z / greatest z).
    func saturation(_ rises: [Rise]) -> [Int: Accusation] {
        let own = rises.filter { items[$0.item].role == .saturation }
        let top = own.map(\.z).max() ?? 0
        if top <= 0 { return [:] }
        return strongest(own) { $0.z / ($0.z + 8) * ($0.z / top).squareRoot() }
    }

    /// (z - 1)/(z + 6): latency and errors up, success down.
    func symptoms(_ rises: [Rise]) -> [Int: Accusation] {
        let own = rises.filter { items[$0.item].role != .saturation && items[$0.item].callee == nil && !items[$0.item].isFrom }
        return strongest(own) { max(0, $0.z - 1) / ($0.z + 6) }
    }

    private func strongest(_ rises: [Rise], _ value: (Rise) -> Double) -> [Int: Accusation] {
        var out: [Int: Accusation] = [:]
        for rise in rises {
            let own = value(rise)
            let item = items[rise.item]
            guard own > out[item.service]?.value ?? 0.0005 else { continue }
            out[item.service] = Accusation(
                value: own, why: words(rise), instance: item.instance.isEmpty ? nil : item.instance, metric: item.metric,
                isLatency: item.role == .latency)
        }
        return out
    }

    /// Series between two services, covered by the fewest services as in `CallTimes`.
    func dependencies(_ rises: [Rise]) -> [Int: Accusation] {
        struct Edge {
            var rise: Rise
            var caller: Int
            var callee: Int
            var significance: Double
            var weight: Double
        }
        let edges = rises.compactMap { rise -> Edge? in
            guard let callee = items[rise.item].callee else { return nil }
            let significance = max(0, rise.z - 2) / (rise.z + 6)
            return Edge(
                rise: rise, caller: items[rise.item].service, callee: callee, significance: significance,
                weight: significance * (1 + rise.z).logarithm)
        }
        var open = edges.filter { $0.significance > 0 }
        var out: [Int: Accusation] = [:]
        var top = 0.0
        for _ in 0..<CallTimes.rounds {
            var weight: [Int: Double] = [:]
            var inbound: [Int: Double] = [:]
            for edge in open {
                weight[edge.caller, default: 0] += edge.weight
                if edge.callee != edge.caller { weight[edge.callee, default: 0] += edge.weight }
                inbound[edge.callee, default: 0] += edge.weight
            }
            var best: (service: Int, score: Double)?
            for (service, sum) in weight.sorted(by: { $0.key < $1.key }) {
                let own = edges.filter { $0.caller == service || $0.callee == service }
                let coverage = own.reduce(0) { $0 + min(1, 1.5 * $1.significance) } / Double(max(1, own.count))
                let score = sum * (0.3 + 0.7 * coverage) * (0.8 + 0.2 * (inbound[service] ?? 0) / sum)
                if score > best?.score ?? 0 { best = (service, score) }
            }
            guard let best else { break }
            if top == 0 { top = best.score }
            let own = open.filter { $0.caller == best.service || $0.callee == best.service }
            guard let leading = own.max(by: { ($0.weight, $1.rise.item) < ($1.weight, $0.rise.item) }) else { break }
            out[best.service] = Accusation(
                value: (best.score / top).squareRoot() * leading.significance, why: words(leading.rise),
                metric: items[leading.rise.item].metric)
            open.removeAll { $0.caller == best.service || $0.callee == best.service }
        }
        return out
    }

    private func words(_ rise: Rise) -> String {
        let item = items[rise.item]
        let sign = item.role == .success ? -1.0 : 1.0
        return
            "\(item.metric.clipped(to: 80)) \(SignalNumber.text(sign * rise.before)) → \(SignalNumber.text(sign * rise.after)), "
            + "\(SignalNumber.text(rise.z, digits: 2)) σ from its usual"
    }
}
