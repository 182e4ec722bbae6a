import Model

/// How two services stand to each other in the map.
enum ServiceRelation: Hashable {
    case same
    /// The first calls the second, through `steps` calls (1 or 2).
    case calls(steps: Int)
    case calledBy(steps: Int)
    /// Both call a service that sends no signals itself.
    case siblings(callee: Int)
}

/// Relations among the services of a segment, by number. Neighbours reach two calls; siblings share a silent callee.
struct ServiceRelations {
    let names: [String]
    let numbers: [String: Int]
    private var related: [[Int: ServiceRelation]]

    /// More neighbours than this are a hub: the nearest by name stay.
    static let mostNeighbours = 256
    /// A callee with more callers than this says nothing about two of them.
    static let mostSiblings = 4

    init(services: Set<String>, map: ServiceMap) {
        let speaking = services.sorted()
        var names = speaking
        var numbers: [String: Int] = [:]
        for (index, name) in names.enumerated() { numbers[name] = index }
        related = Array(repeating: [:], count: names.count)
        for (index, name) in speaking.enumerated() {
            var down: [Int: Int] = [:]
            let direct = map.callees(of: name).prefix(Self.mostNeighbours)
            for callee in direct {
                if let number = numbers[callee], number < speaking.count { down[number] = 1 }
                for second in map.callees(of: callee).prefix(Self.mostNeighbours) {
                    if let number = numbers[second], number < speaking.count, number != index, down[number] == nil { down[number] = 2 }
                }
            }
            for callee in direct { if let number = numbers[callee], number < speaking.count { down[number] = 1 } }
            for (other, steps) in down where other != index {
                let known = related[index][other]
                if known == nil || Self.steps(known) > steps {
                    related[index][other] = .calls(steps: steps)
                    related[other][index] = .calledBy(steps: steps)
                }
            }
        }
        for name in speaking {
            for callee in map.callees(of: name).prefix(Self.mostNeighbours) where !services.contains(callee) {
                let callers = map.callers(of: callee)
                if callers.count < 2 || callers.count > Self.mostSiblings { continue }
                if numbers[callee] == nil {
                    numbers[callee] = names.count
                    names.append(callee)
                }
                let shared = numbers[callee] ?? 0
                for left in callers {
                    for right in callers where left != right {
                        guard let a = numbers[left], let b = numbers[right], a < speaking.count, b < speaking.count else { continue }
                        if related[a][b] == nil { related[a][b] = .siblings(callee: shared) }
                    }
                }
            }
        }
        self.names = names
        self.numbers = numbers
    }

    private static func steps(_ relation: ServiceRelation?) -> Int {
        switch relation {
        case .calls(let steps), .calledBy(let steps): steps
        case .same: 0
        case .siblings, nil: 99
        }
    }

    subscript(_ first: Int, _ second: Int) -> ServiceRelation? {
        if first < 0 || second < 0 { return nil }
        return first == second ? .same : related[first][second]
    }
    func neighbours(of service: Int) -> [Int] { related[service].keys.sorted() }
}
