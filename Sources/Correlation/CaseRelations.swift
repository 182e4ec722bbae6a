import Model

/// Which investigations have to do with each other: one change comes first among the causes of both, or they went on at about the
/// same time in one service or in two of which one calls the other.
package enum CaseRelations {
    /// Of each investigation at most this many others are kept, the nearest first.
    static let mostKept = 5
    /// As near as this counts as the same time.
    static let nearMs: Int64 = 30 * .minuteMs
    /// Of each investigation at most this many that began after it are looked at, and at most this many of its services.
    static let lookedAt = 50
    static let servicesLookedAt = 20

    private enum Tie: Int { case change, service, call }
    private struct Relation {
        var tie: Tie
        var gapMs: Int64
        var place: Int
        var reason: String
    }

    /// By key; those that have to do with no other are left out.
    package static func found(_ entries: [CaseEntry], map: ServiceMap) -> [String: [RelatedCase]] {
        let cases = entries.sorted { ($0.startedAt, $0.key) < ($1.startedAt, $1.key) }
        let services = cases.map { Array($0.services.filter { !$0.isEmpty }.sorted().prefix(servicesLookedAt)) }
        var relations = [[Relation]](repeating: [], count: cases.count)
        func relate(_ one: Int, _ other: Int, _ tie: Tie, _ reason: String, back: String) {
            let gap = max(0, cases[other].startedAt - cases[one].startedAt)
            if relations[one].contains(where: { $0.place == other }) { return }
            relations[one].append(Relation(tie: tie, gapMs: gap, place: other, reason: reason))
            relations[other].append(Relation(tie: tie, gapMs: gap, place: one, reason: back))
        }

        var byChange: [Fingerprint: [Int]] = [:]
        for (place, entry) in cases.enumerated() { if let change = entry.change { byChange[change, default: []].append(place) } }
        for (_, places) in byChange.sorted(by: { $0.key < $1.key }) {
            for (index, one) in places.enumerated() {
                for other in places.dropFirst(index + 1).prefix(lookedAt) {
                    relate(one, other, .change, sameChange, back: sameChange)
                }
            }
        }
        for (one, entry) in cases.enumerated() {
            let end = max(entry.lastSignalAt, entry.resolvedAt ?? entry.lastSignalAt) + nearMs
            for other in cases.indices.dropFirst(one + 1).prefix(lookedAt) {
                if cases[other].startedAt > end { break }
                if let shared = services[one].first(where: { services[other].contains($0) }) {
                    let reason = "At the same time in \(clipped(shared))."
                    relate(one, other, .service, reason, back: reason)
                } else if let call = call(services[one], services[other], map) ?? call(services[other], services[one], map) {
                    let (caller, callee) = (clipped(call.caller), clipped(call.callee))
                    let toCallee = "At the same time in \(callee), which \(caller) calls."
                    let toCaller = "At the same time in \(caller), which calls \(callee)."
                    let callsOther = services[one].contains(call.caller)
                    relate(one, other, .call, callsOther ? toCallee : toCaller, back: callsOther ? toCaller : toCallee)
                }
            }
        }
        var out: [String: [RelatedCase]] = [:]
        for (place, own) in relations.enumerated() where !own.isEmpty {
            let nearest = own.sorted {
                ($0.tie.rawValue, $0.gapMs, cases[$0.place].number) < ($1.tie.rawValue, $1.gapMs, cases[$1.place].number)
            }
            out[cases[place].key] = nearest.prefix(mostKept).map {
                RelatedCase(mention: CaseMention(cases[$0.place]), reason: $0.reason)
            }
        }
        return out
    }

    private static let sameChange = "The same change comes first among its causes."
    private static func clipped(_ service: String) -> String { service.clipped(to: 80) }

    /// The first call from one of these services to one of those.
    private static func call(_ callers: [String], _ callees: [String], _ map: ServiceMap) -> ServiceMap.Edge? {
        for caller in callers {
            for callee in callees {
                let edge = ServiceMap.Edge(caller: caller, callee: callee)
                if map.edges[edge] != nil { return edge }
            }
        }
        return nil
    }
}
