import Model

/// How it spread: nodes in the order of the story, edges with their meaning, and the same in words.
struct CauseGraph: Hashable {
    enum Style: String { case change = "k", bad, plain = "", good = "ok", aside = "out" }
    enum EdgeKind: String {
        case causes = "cau", precedes = "pre", correlates = "cor", dependsOn = "dep", relates = "rel", resolves = "res"
        var hasHead: Bool { self == .causes || self == .precedes || self == .resolves }
        var words: String {
            switch self {
            case .causes: "causes"
            case .precedes: "precedes"
            case .correlates: "correlates with"
            case .dependsOn: "depends on"
            case .relates: "relates to"
            case .resolves: "resolves"
            }
        }
        /// The faintest first, so that it lies under all others.
        var drawingRank: Int {
            switch self {
            case .dependsOn: 0
            case .relates: 1
            case .correlates: 2
            case .precedes: 3
            case .resolves: 4
            case .causes: 5
            }
        }
    }
    struct Node: Hashable {
        var title: String
        var fullTitle: String
        var detail: String
        /// The whole sentence that `detail` is cut from.
        var remark: String
        var time: String
        /// Index into `headings`.
        var column: Int
        var style: Style
        var target: String?
        /// What it is, in one word: `change`, `metric`, `logs`, `finding`, `resolution`.
        var kind = ""
        /// Names of the alerts it triggered.
        var alerts: [String] = []
        var isApart = false
        var hasAlert: Bool { !alerts.isEmpty }
    }
    struct Edge: Hashable {
        var from: Int
        var to: Int
        var kind: EdgeKind
    }
    var headings: [String] = []
    var nodes: [Node] = []
    var edges: [Edge] = []
    /// Services with signals that found no room.
    var omitted = 0

    /// The edges that lead from the first node (the change or the cause) to `node`, and the nodes on the way.
    func path(to node: Int) -> (edges: [Int], nodes: [Int]) {
        var found: Set<Int> = []
        var waiting = [node]
        var seen: Set<Int> = [node]
        while let at = waiting.popLast() {
            for (index, edge) in edges.enumerated() where edge.to == at && (edge.kind == .causes || edge.kind == .precedes) {
                found.insert(index)
                if seen.insert(edge.from).inserted { waiting.append(edge.from) }
            }
        }
        return (found.sorted(), seen.sorted())
    }

    struct Sentence: Hashable {
        var subject: String
        var verb: String
        var object: String
    }
    /// `shop-db` · causes · `payments (14:04:12) and cart (14:05:44)`
    var sentences: [Sentence] {
        var order: [Edge] = []
        var objects: [Edge: [Int]] = [:]
        for edge in edges.sorted(by: { ($1.kind.drawingRank, $0.from, $0.to) < ($0.kind.drawingRank, $1.from, $1.to) }) {
            // A dependency is drawn from the called to the caller and said the other way round.
            let isTurned = edge.kind == .dependsOn
            let key = Edge(from: isTurned ? edge.to : edge.from, to: -1, kind: edge.kind)
            if objects[key] == nil { order.append(key) }
            objects[key, default: []].append(isTurned ? edge.from : edge.to)
        }
        return triggers(
            after: order.map { key in
                let names = (objects[key] ?? []).map { index in
                    let node = nodes[index]
                    return node.time.isEmpty || key.kind == .dependsOn ? node.fullTitle : "\(node.fullTitle) (\(node.time))"
                }
                let aside = key.kind == .correlates && nodes[key.from].detail == "ruled out" ? "; it is ruled out" : ""
                return Sentence(subject: nodes[key.from].fullTitle, verb: key.kind.words, object: PageWords.list(names) + aside)
            })
    }
    /// An alert is no place in the system, so it is a bell on its node and a sentence here.
    private func triggers(after sentences: [Sentence]) -> [Sentence] {
        sentences
            + nodes.filter(\.hasAlert).map { node in
                let names = node.alerts.prefix(4).map { $0.clipped(to: 80) }
                let rest = node.alerts.count - names.count
                return Sentence(
                    subject: node.fullTitle, verb: "triggers",
                    object: PageWords.list(rest > 0 ? names + [PageWords.count(rest, "more alert")] : names))
            }
    }
}
