import Model

/// Spans linked to their parents by trace and span id, with what each spent itself.
struct TraceForest {
    struct Linked {
        var span: Int
        var parent: Int?
        var children: [Int] = []
        /// Time outside of direct children, in microseconds; 0 for a span whose only child is in another service: its
        /// waiting is the edge's.
        var selfUs: Int64 = 0
        /// The only child, in another service: the call that this span is.
        var remoteChild: Int?
        var isErrorOrigin = false
    }
    private(set) var linked: [Linked] = []

    /// A span stored twice counts once; a missing parent makes a root.
    init(_ spans: [Span]) {
        struct Key: Hashable {
            var trace: String
            var span: String
        }
        var places: [Key: Int] = [:]
        places.reserveCapacity(spans.count)
        for (index, span) in spans.enumerated() {
            let key = Key(trace: span.traceID, span: span.spanID)
            guard places[key] == nil else { continue }
            places[key] = linked.count
            linked.append(Linked(span: index, parent: nil))
        }
        for place in linked.indices {
            let span = spans[linked[place].span]
            guard !span.parentID.isEmpty, span.parentID != span.spanID, let parent = places[Key(trace: span.traceID, span: span.parentID)]
            else { continue }
            linked[place].parent = parent
            linked[parent].children.append(place)
        }
        for place in linked.indices { measure(place, spans) }
    }

    private mutating func measure(_ place: Int, _ spans: [Span]) {
        let span = spans[linked[place].span]
        let start = span.start.ms &* 1_000
        let duration = min(max(0, span.durationUs), 30 * 86_400_000_000)
        let children = linked[place].children.map { spans[linked[$0].span] }
        linked[place].isErrorOrigin = span.isError && !children.contains { $0.isError }
        if children.count == 1, children[0].service != span.service {
            linked[place].remoteChild = linked[place].children[0]
            return
        }
        // Children may overlap: the time under any of them, clipped to the parent.
        var covered: Int64 = 0
        var reach = start
        let ranges = children.map { ($0.start.ms &* 1_000, $0.start.ms &* 1_000 &+ min(max(0, $0.durationUs), 30 * 86_400_000_000)) }
        for (from, to) in ranges.sorted(by: <) {
            let lower = max(from, reach)
            let upper = min(to, start &+ duration)
            if upper > lower {
                covered &+= upper &- lower
                reach = upper
            }
        }
        linked[place].selfUs = max(0, duration &- covered)
    }
}

/// Who calls whom, as spans show it.
package enum TraceMap {
    /// Calls from one service to another, by span and parent. Spans in any order; missing parents give no edge.
    package static func edges(_ spans: [Span]) -> [ServiceMap.Edge: Int64] {
        let forest = TraceForest(spans)
        var edges: [ServiceMap.Edge: Int64] = [:]
        for item in forest.linked {
            guard let parent = item.parent else { continue }
            let caller = spans[forest.linked[parent].span].service
            let callee = spans[item.span].service
            guard caller != callee, !caller.isEmpty, !callee.isEmpty else { continue }
            edges[ServiceMap.Edge(caller: caller, callee: callee), default: 0] += 1
        }
        return edges
    }
}
