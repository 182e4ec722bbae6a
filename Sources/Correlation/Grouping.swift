import Foundation
import Model

/// A link between two signals of one segment, by their numbers, `first` the earlier.
struct Link {
    let first: Int
    let second: Int
    var total: Double
    var isExplainedElsewhere = false
}

/// What people decided about the signals of a segment.
struct GroupingConstraints {
    /// The case a person put the signal into.
    var pinned: [Int: String] = [:]
    /// The cases a person took it out of.
    var expelled: [Int: Set<String>] = [:]
    /// The cases it is evidence of now; only filled for cases that somebody took a signal out of or put one into.
    var current: [Int: String] = [:]
    var isEmpty: Bool { pinned.isEmpty && expelled.isEmpty }
}

/// Which signals of a segment are one problem.
///
/// 1. Candidate pairs come from buckets (service, neighbouring services, shared facts, names in the text), the nearest few in
///    time of each, so that the cost is n·k.
/// 2. A caller that only the map ties to several callees struck before it keeps its best one; the others count less.
/// 3. Strong links join at once, best first. Weaker ones join two groups only when half of the smaller group's signals
///    (at most six) have one: a lone bridge between two unrelated incidents does not merge them.
/// 4. A human decision forbids a join that contradicts it.
struct Grouping {
    private(set) var links: [Link] = []
    /// Groups of signal numbers, each sorted, in order of their first signal.
    private(set) var groups: [[Int]] = []
    /// The links of each signal, as indices into `links`.
    private(set) var adjacency: [[Int]] = []

    static let perService = 24
    static let perNeighbour = 8
    static let neighbours = 24
    static let perEntity = 12
    static let perUnknown = 24
    static let strongMargin = 0.17
    static let mostSupporters = 6
    static let mostExplaining = 4
    static let runToleranceMs: Int64 = 60_000

    init(_ model: LinkModel, constraints: GroupingConstraints = GroupingConstraints()) {
        links = Self.candidates(model)
        Self.explainAway(&links, model)
        adjacency = Array(repeating: [], count: model.signals.count)
        for (index, link) in links.enumerated() {
            adjacency[link.first].append(index)
            adjacency[link.second].append(index)
        }
        groups = Self.join(links, adjacency, model, constraints)
    }

    // MARK: - Candidates

    private static func candidates(_ model: LinkModel) -> [Link] {
        var links: [Link] = []
        var byService: [Int: [Int]] = [:]
        var byEntity: [Int: [Int]] = [:]
        var namedBy: [Int: [Int]] = [:]
        var unknown: [Int] = []
        var asked = Array(repeating: -1, count: model.signals.count)
        for second in model.signals.indices {
            func consider(_ list: some BidirectionalCollection<Int>, most: Int) {
                for first in list.suffix(most) where asked[first] != second {
                    asked[first] = second
                    let total = model.score(first, second).total
                    if total >= LinkWeights.floor { links.append(Link(first: first, second: second, total: total)) }
                }
            }
            let service = model.services[second]
            if service >= 0 {
                consider(byService[service] ?? [], most: perService)
                for other in model.relations.neighbours(of: service).prefix(neighbours) {
                    consider(byService[other] ?? [], most: perNeighbour)
                }
                for other in model.mentioned[second].sorted() { consider(byService[other] ?? [], most: perNeighbour) }
                consider(namedBy[service] ?? [], most: perNeighbour)
                consider(unknown, most: perUnknown)
            } else {
                consider(0..<second, most: perUnknown * 2)
                for other in model.mentioned[second].sorted() { consider(byService[other] ?? [], most: perNeighbour) }
            }
            for entity in model.signalEntities[second] where model.entities[entity].weight > 0 {
                consider(byEntity[entity] ?? [], most: perEntity)
                byEntity[entity, default: []].append(second)
            }
            if service >= 0 { byService[service, default: []].append(second) } else { unknown.append(second) }
            for other in model.mentioned[second].sorted() { namedBy[other, default: []].append(second) }
        }
        return links
    }

    private static func explainAway(_ links: inout [Link], _ model: LinkModel) {
        func ends(_ link: Link) -> (caller: Int, callee: Int)? {
            switch model.relations[model.services[link.first], model.services[link.second]] {
            case .calls: (link.first, link.second)
            case .calledBy: (link.second, link.first)
            default: nil
            }
        }
        // A callee struck after its caller does not explain it; it may be its victim, and keeps its link.
        func explains(_ callee: Int, _ caller: Int) -> Bool {
            Moments.elapsed(model.runOnsets[caller], model.runOnsets[callee]) <= runToleranceMs
        }
        // The best explanation of a caller's signal is the callee with the most links to it, four counted.
        var support: [Int: [Int: [Double]]] = [:]
        for link in links {
            guard let (caller, callee) = ends(link), explains(callee, caller) else { continue }
            support[caller, default: [:]][model.services[callee], default: []].append(link.total)
        }
        var best: [Int: Int] = [:]
        for (caller, services) in support where services.count > 1 {
            let sums = services.mapValues { $0.sorted(by: >).prefix(mostExplaining).reduce(0, +) }
            best[caller] = sums.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        }
        for index in links.indices {
            guard let (caller, callee) = ends(links[index]), explains(callee, caller), let known = best[caller],
                known != model.services[callee]
            else { continue }
            if model.relations[model.services[callee], known] != nil { continue }  // both are of one chain
            guard model.score(links[index].first, links[index].second).isMapOnly else { continue }
            links[index].isExplainedElsewhere = true
            links[index].total = model.score(links[index].first, links[index].second, isExplainedElsewhere: true).total
        }
    }

    // MARK: - Joining

    private static func join(_ links: [Link], _ adjacency: [[Int]], _ model: LinkModel, _ constraints: GroupingConstraints) -> [[Int]] {
        var forest = GroupForest(count: model.signals.count, constraints: constraints)
        let threshold = model.threshold
        let strong = threshold + strongMargin
        func isAllowed(_ link: Link) -> Bool {
            constraints.isEmpty || !contradicts(link.first, link.second, constraints) && !contradicts(link.second, link.first, constraints)
        }
        let usable = links.indices.filter { links[$0].total >= threshold && isAllowed(links[$0]) }.sorted {
            (links[$1].total, links[$0].first, links[$0].second) < (links[$0].total, links[$1].first, links[$1].second)
        }
        for index in usable where links[index].total >= strong { forest.join(links[index].first, links[index].second) }

        var isUsable = Array(repeating: false, count: links.count)
        for index in usable { isUsable[index] = true }
        let weak = usable.filter { links[$0].total < strong }
        var refused: Set<[Int]> = []
        var changed = true
        while changed {
            changed = false
            for index in weak {
                let a = forest.root(links[index].first)
                let b = forest.root(links[index].second)
                if a == b { continue }
                let key = [min(a, b), forest.members[min(a, b)].count, max(a, b), forest.members[max(a, b)].count]
                if refused.contains(key) { continue }
                if isSupported(a, b, &forest, links, adjacency, isUsable), forest.join(a, b) { changed = true } else { refused.insert(key) }
            }
        }
        return forest.groups()
    }

    /// A signal that a person put into one case is not pulled towards what is in another.
    private static func contradicts(_ one: Int, _ other: Int, _ constraints: GroupingConstraints) -> Bool {
        guard let pin = constraints.pinned[one] else { return false }
        if let there = constraints.pinned[other] { return there != pin }
        if let there = constraints.current[other] { return there != pin }
        return false
    }

    private static func isSupported(
        _ a: Int, _ b: Int, _ forest: inout GroupForest, _ links: [Link], _ adjacency: [[Int]], _ isUsable: [Bool]
    ) -> Bool {
        let (smaller, larger) = (forest.members[a].count, a) <= (forest.members[b].count, b) ? (a, b) : (b, a)
        let size = forest.members[smaller].count
        let needed = min(mostSupporters, (size + 1) / 2)
        var supporters = 0
        var touched: Set<Int> = []
        for member in forest.members[smaller] {
            var supports = false
            for index in adjacency[member] where isUsable[index] {
                let other = links[index].first == member ? links[index].second : links[index].first
                if forest.root(other) == larger {
                    supports = true
                    if touched.count < 2 { touched.insert(other) }
                }
            }
            if supports { supporters += 1 }
            if supporters >= needed && (size < 4 || touched.count >= 2) { return true }
        }
        return false
    }
}

/// Disjoint sets that refuse a join contradicting a person.
struct GroupForest {
    private var parents: [Int]
    private(set) var members: [[Int]]
    private var pins: [Set<String>]
    private var inside: [Set<String>]
    private var outside: [Set<String>]

    init(count: Int, constraints: GroupingConstraints) {
        parents = Array(0..<count)
        members = (0..<count).map { [$0] }
        pins = Array(repeating: [], count: count)
        inside = pins
        outside = pins
        for (signal, key) in constraints.pinned { pins[signal] = [key] }
        for (signal, keys) in constraints.expelled { outside[signal] = keys }
        for (signal, key) in constraints.current { inside[signal] = [key] }
        for (signal, key) in constraints.pinned { inside[signal] = [key] }
    }

    mutating func root(_ signal: Int) -> Int {
        var at = signal
        while parents[at] != at {
            parents[at] = parents[parents[at]]
            at = parents[at]
        }
        return at
    }

    @discardableResult
    mutating func join(_ first: Int, _ second: Int) -> Bool {
        let a = root(first)
        let b = root(second)
        if a == b { return false }
        if pins[a].union(pins[b]).count > 1 { return false }
        if !inside[a].isDisjoint(with: outside[b]) || !inside[b].isDisjoint(with: outside[a]) { return false }
        let (kept, gone) = (members[b].count, a) < (members[a].count, b) ? (a, b) : (b, a)
        parents[gone] = kept
        members[kept] += members[gone]
        members[gone] = []
        pins[kept].formUnion(pins[gone])
        inside[kept].formUnion(inside[gone])
        outside[kept].formUnion(outside[gone])
        return true
    }

    func groups() -> [[Int]] {
        members.filter { !$0.isEmpty }.map { $0.sorted() }.sorted { $0[0] < $1[0] }
    }
}
