import Model

/// A made-up system: services in layers, each calling only deeper ones.
struct MadeSystem {
    struct Call {
        /// Of the called operation.
        var service: Int
        var operation: Int
        /// How often requests need it, 0…1.
        var share: Double
        var hasFallback: Bool
        var isRetried: Bool
    }
    struct Operation {
        var name: String
        var workMs: Double
        var calls: [Call]
    }
    struct Service {
        var name: String
        var layer: Int
        var operations: [Operation]
        /// Answers before its work is done: the handler's span stands beside the work's.
        var isAsync: Bool
        /// Shares of its calls that a cache answers.
        var cache: Double
        var instance: String { "\(name)-5d8f9c7b6d-x\(layer)k2p" }
    }
    var services: [Service]

    private static let names = [
        "basket", "catalog", "pricing", "ledger", "search", "profile", "notify", "rating", "stock", "route", "invoice", "media", "session",
        "coupon", "fraud", "archive", "quota", "locale", "geo", "report",
    ]
    private static let verbs = ["get", "list", "create", "update", "check", "find"]

    /// 8 to 14 services behind one gateway.
    init(_ random: inout SplitMix64) {
        var names = Self.names
        let count = 7 + random.below(7)
        services = [Service(name: "gateway", layer: 0, operations: [], isAsync: random.chance(0.4), cache: 0)]
        for number in 0..<count {
            let name = names.remove(at: random.below(names.count))
            let layer = number < 3 ? 1 : number < count - 3 ? 2 : 3
            services.append(Service(name: name, layer: layer, operations: [], isAsync: false, cache: random.chance(0.15) ? 0.4 : 0))
        }
        for service in services.indices.reversed() {
            let operations = service == 0 ? 3 : 1 + random.below(2)
            for number in 0..<operations {
                let deeper = services.indices.filter {
                    services[$0].layer > services[service].layer && services[$0].layer <= services[service].layer + 2
                }
                var calls: [Call] = []
                let wanted = services[service].layer == 0 ? 2 : services[service].layer == 3 ? 0 : 1 + random.below(3)
                for _ in 0..<wanted where !deeper.isEmpty {
                    let callee = random.pick(deeper)
                    if calls.contains(where: { $0.service == callee }) { continue }
                    calls.append(
                        Call(
                            service: callee, operation: random.below(max(1, services[callee].operations.count)),
                            share: random.chance(0.7) ? 1 : 0.5, hasFallback: random.chance(0.25), isRetried: random.chance(0.25)))
                }
                services[service].operations.append(
                    Operation(
                        name: "/\(services[service].name)/\(Self.verbs[(number * 2 + random.below(2)) % 6])",
                        workMs: 2 + 20 * random.unit() * random.unit(), calls: calls))
            }
        }
    }

    /// How many calls of one average request reach each operation.
    func traffic() -> [[Double]] {
        var out = services.map { $0.operations.map { _ in 0.0 } }
        for operation in services[0].operations.indices { out[0][operation] = 1 / Double(services[0].operations.count) }
        for layer in 0...3 {
            for service in services.indices where services[service].layer == layer {
                for (number, operation) in services[service].operations.enumerated() {
                    for call in operation.calls {
                        out[call.service][call.operation] += out[service][number] * call.share * (1 - services[service].cache)
                    }
                }
            }
        }
        return out
    }

    var edges: [(caller: String, callee: String)] {
        services.flatMap { service in
            service.operations.flatMap { operation in operation.calls.map { (service.name, services[$0.service].name) } }
        }
    }
}
