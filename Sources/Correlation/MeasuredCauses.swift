import Foundation
import Model

/// Services weighed by what their telemetry says, over the moments at which the trouble may have begun.
///
/// For each moment: score = m + ½ (noisy-or - m), m the greatest channel × weight, so that one proof counts whole and five weak hints
/// do not outvote it. What travels from callee to caller (errors, lost calls and messages) is discounted by .8 of the best that a
/// callee shows of its own; symptoms in metrics likewise, and again when spans measure the same time better. Without spans a
/// symptom counts by how much of all that is wrong lies above it in the map. The score is the mean over the moments.
struct MeasuredCauses {
    struct Cause {
        var score: Double
        var terms: [Term]
        var leading: ChannelEvidence?
    }
    private(set) var causes: [String: Cause] = [:]
    /// The greatest score: how sure the telemetry is of anything at all.
    var certainty: Double { causes.values.map(\.score).max() ?? 0 }

    static let weights: [CauseChannel: Double] = [
        .time: 0.95, .saturation: 0.9, .symptom: 0.6, .dependency: 0.8, .structure: 0.8, .pattern: 0.8, .errors: 0.8,
    ]
    static let discount = 0.8
    static let onSlowTrace = 0.5
    static let offSlowTraces = 0.3
    static let reachFloor = 0.3
    static let hidden = 0.3

    init() {}

    init(_ readings: [CauseReading], map: ServiceMap) {
        var most: [String: Double] = [:]
        let total = max(1e-9, readings.reduce(0) { $0 + max(0, $1.weight) })
        for reading in readings {
            for (service, cause) in Self.weigh(reading, map).sorted(by: { $0.key < $1.key }) {
                let share = max(0, reading.weight) / total
                var known = causes[service] ?? Cause(score: 0, terms: [], leading: nil)
                known.score += cause.score * share
                // The words of the moment that says most.
                if cause.score * share > most[service] ?? -1 {
                    most[service] = cause.score * share
                    known.terms = cause.terms
                    known.leading = cause.leading
                }
                causes[service] = known
            }
        }
    }

    /// Adds what was measured to what signals say of a service.
    func weigh(_ cause: ServiceCause) -> ServiceCause {
        guard let own = causes[cause.service], own.score > 0 else { return cause }
        var cause = cause
        let near = cause.terms.first { $0.name == "change" }
        var measured = own.score
        if let near { measured *= 0.85 + 0.15 * near.value }
        cause.score = Scores.bounded(ServiceEvidence.combine([measured, 0.6 * cause.score]))
        let isLeading = measured > 0.6 * cause.score
        cause.terms = own.terms + cause.terms.filter { $0.name != "deviation" || $0.value > 0.1 }
        if isLeading { cause.measured = own.leading }
        cause.isHidden = false
        return cause
    }

    // MARK: - One moment

    private static func weigh(_ reading: CauseReading, _ map: ServiceMap) -> [String: Cause] {
        var own: [String: [CauseChannel: ChannelEvidence]] = [:]
        for item in reading.evidence { own[item.service, default: [:]][item.channel] = item }
        let symptoms = weighSymptoms(own, reading, map)
        var out: [String: Cause] = [:]
        for service in Set(own.keys).union(symptoms.keys).sorted() {
            let explained = explanation(service, own, map)
            var values: [(value: Double, evidence: ChannelEvidence)] = []
            for channel in CauseChannel.allCases {
                let weight = weights[channel] ?? 0
                if channel == .symptom {
                    if let symptom = symptoms[service] { values.append((weight * symptom.value, symptom)) }
                    continue
                }
                guard let item = own[service]?[channel] else { continue }
                var value = Scores.bounded(item.value)
                if channel.propagates { value *= 1 - discount * explained.value }
                values.append((weight * value, item))
            }
            values.sort { ($1.value, $0.evidence.channel.name) < ($0.value, $1.evidence.channel.name) }
            var terms = values.filter { $0.value >= 0.005 }.map { Term(rounding: $0.evidence.channel.name, $0.value, $0.evidence.why) }
            if let callee = explained.callee, explained.value > 0.1, values.contains(where: { $0.evidence.channel.propagates }) {
                terms.append(
                    Term(rounding: "position", 1 - discount * explained.value, "it calls \(callee), which explains part of this"))
            }
            out[service] = Cause(
                score: ServiceEvidence.combine(values.map(\.value)), terms: terms, leading: values.first.map(\.evidence))
        }
        for (service, cause) in silentCauses(out, reading, map) where cause.score > out[service]?.score ?? 0 { out[service] = cause }
        return out
    }

    /// A service that sends nothing, all or most of whose callers are struck, is what they have in common.
    private static func silentCauses(_ found: [String: Cause], _ reading: CauseReading, _ map: ServiceMap) -> [String: Cause] {
        var out: [String: Cause] = [:]
        for service in reading.silent.sorted() {
            let callers = map.callers(of: service)
            let struck = callers.filter { (found[$0]?.score ?? 0) > 0.2 }
            if struck.isEmpty { continue }
            let share = Double(struck.count) / Double(callers.count)
            let score = share * Scores.noisyOr(struck.map { common * (found[$0]?.score ?? 0) })
            let why =
                "\(struck.count) of \(Phrases.counted(callers.count, "caller")) struck (\(Phrases.list(struck))), and it sends nothing"
            let evidence = ChannelEvidence(service: service, channel: .dependency, value: score, why: why, isHearsay: true)
            out[service] = Cause(score: score, terms: [Term(rounding: "position", score, why)], leading: evidence)
        }
        return out
    }
    static let common = 0.7

    /// The best that a callee shows of its own.
    private static func explanation(
        _ service: String, _ own: [String: [CauseChannel: ChannelEvidence]], _ map: ServiceMap
    ) -> (value: Double, callee: String?) {
        var best = (value: 0.0, callee: String?.none)
        for callee in map.callees(of: service).prefix(ServiceRelations.mostNeighbours) {
            for (channel, item) in own[callee] ?? [:] where channel != .symptom && channel != .dependency && !item.isHearsay {
                let value = Scores.bounded(item.value)
                if value > best.value { best = (value, callee) }
            }
        }
        return best
    }

    private static func weighSymptoms(
        _ own: [String: [CauseChannel: ChannelEvidence]], _ reading: CauseReading, _ map: ServiceMap
    ) -> [String: ChannelEvidence] {
        var sure: [String: Double] = [:]
        for (service, channels) in own { if let item = channels[.symptom] { sure[service] = Scores.bounded(item.value) } }
        let total = sure.keys.sorted().reduce(0) { $0 + (sure[$1] ?? 0) }
        var out: [String: ChannelEvidence] = [:]
        for (service, value) in sure {
            guard var item = own[service]?[.symptom], value > 0 else { continue }
            let explained =
                map.callees(of: service).prefix(ServiceRelations.mostNeighbours)
                .map { min(1, (sure[$0] ?? 0) / value) * (sure[$0] ?? 0) }.max() ?? 0
            var factor = 1 - discount * explained
            if reading.hasSpans && item.isLatency {
                factor *= reading.onSlowTraces.contains(service) ? onSlowTrace : offSlowTraces
            } else if !map.edges.isEmpty && !reading.hasSpans {
                factor *= reachFloor + (1 - reachFloor) * min(1, reach(service, sure, map) / max(1e-9, total))
            }
            item.value = value * factor
            out[service] = item
        }
        if !reading.hasSpans { addHidden(&out, sure, map) }
        return out
    }

    /// All symptoms of a service and of the struck services that call it, directly or not.
    private static func reach(_ service: String, _ sure: [String: Double], _ map: ServiceMap) -> Double {
        var seen: Set<String> = [service]
        var front = [service]
        var sum = 0.0
        while let next = front.popLast() {
            sum += sure[next] ?? 0
            for caller in map.callers(of: next) where (sure[caller] ?? 0) > 0.2 && seen.count < 2_000 && seen.insert(caller).inserted {
                front.append(caller)
            }
        }
        return sum
    }

    /// A quiet service whose callers are struck may be the cause that does not report.
    private static func addHidden(_ out: inout [String: ChannelEvidence], _ sure: [String: Double], _ map: ServiceMap) {
        for service in map.services.sorted() where (sure[service] ?? 0) <= 0.5 {
            let callers = map.callers(of: service)
            let struck = callers.filter { (sure[$0] ?? 0) > 0.3 }
            if struck.isEmpty { continue }
            let mean = struck.reduce(0) { $0 + (sure[$1] ?? 0) } / Double(struck.count)
            let value =
                hidden * mean * Double(struck.count) / Double(callers.count) * (sure[service] == nil ? 1 : 0.6)
                * (callers.count >= 2 ? 1 : 0.6)
            guard value > out[service]?.value ?? 0 else { continue }
            out[service] = ChannelEvidence(
                service: service, channel: .symptom, value: value,
                why: "\(struck.count) of \(Phrases.counted(callers.count, "caller")) struck (\(Phrases.list(struck)))")
        }
    }
}

extension CauseChannel {
    /// True for what callers catch from the services they call.
    var propagates: Bool { self == .structure || self == .pattern || self == .errors }
}
