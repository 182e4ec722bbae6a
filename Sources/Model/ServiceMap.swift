/// Who calls whom, with how many observed or configured calls.
package struct ServiceMap: Hashable, Sendable {
    package struct Edge: Hashable, Comparable, Sendable {
        package var caller: String
        package var callee: String
        package init(caller: String, callee: String) {
            self.caller = caller
            self.callee = callee
        }
        package static func < (left: Edge, right: Edge) -> Bool { (left.caller, left.callee) < (right.caller, right.callee) }
    }
    package private(set) var edges: [Edge: Int64] = [:]
    package private(set) var services: Set<String> = []
    private var callees: [String: Set<String>] = [:]
    private var callers: [String: Set<String>] = [:]

    package init() {}
    package init(edges: [(caller: String, callee: String, calls: Int64)], services: some Sequence<String> = []) {
        for service in services { add(service: service) }
        for edge in edges { add(caller: edge.caller, callee: edge.callee, calls: edge.calls) }
    }

    package mutating func add(service: String) { services.insert(service) }
    package mutating func add(caller: String, callee: String, calls: Int64 = 1) {
        guard caller != callee, !caller.isEmpty, !callee.isEmpty else { return }
        edges[Edge(caller: caller, callee: callee), default: 0] += calls
        services.insert(caller)
        services.insert(callee)
        callees[caller, default: []].insert(callee)
        callers[callee, default: []].insert(caller)
    }
    package func callees(of service: String) -> [String] { (callees[service] ?? []).sorted() }
    package func callers(of service: String) -> [String] { (callers[service] ?? []).sorted() }

    /// The fewest calls from `caller` down to `callee`; 0 for the same service, nil when there is no way within `limit`.
    package func distance(from caller: String, to callee: String, limit: Int = 6) -> Int? {
        if caller == callee { return 0 }
        var seen: Set<String> = [caller]
        var front = [caller]
        for step in stride(from: 1, through: limit, by: 1) {
            var next: [String] = []
            for service in front {
                for called in callees[service] ?? [] where seen.insert(called).inserted {
                    if called == callee { return step }
                    next.append(called)
                }
            }
            if next.isEmpty { return nil }
            front = next
        }
        return nil
    }
}
