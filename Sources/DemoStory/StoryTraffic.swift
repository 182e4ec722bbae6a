import Model

/// One visit to the shop and what became of it: logs, spans and metrics are all written from these, so that they agree.
struct StoryRequest {
    enum Kind { case browse, search, addToCart, checkout }
    var kind: Kind
    var at: Instant
    var traceID: String
    var user: Int
    var order: Int
    var cartLines: Int
    var cents: Int
    var product: Int
    var clientAddress: String
    var agent: String
    /// The database refused a connection somewhere below checkout.
    var poolTimeout: Bool
    /// Which service felt it.
    var failedService: String?
    var searchTimeout: Bool
    var mailDeferred: Bool
    var durationMs: Int
}

extension Story {
    static let agents = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
        "ShopApp/7.3 (Android 16)",
    ]

    /// Every request of the four hours in order of time.
    func requests() -> [StoryRequest] {
        var chance = SplitMix64(seed: seed)
        var out: [StoryRequest] = []
        var at = start
        var order = 88_000
        while true {
            let rate = max(0.01, load(at: at))
            // Exponential gaps by inversion would need a logarithm; a triangular gap of the same mean looks the same in logs.
            at = at + Int64((chance.unit() + chance.unit()) * 1_000 / rate) + 1
            if at >= end { break }
            let dice = chance.unit()
            let kind: StoryRequest.Kind = dice < 0.5 ? .browse : dice < 0.68 ? .search : dice < 0.85 ? .addToCart : .checkout
            if kind == .checkout { order += 1 }
            let harm = harm(at: at)
            let hit = kind == .checkout && chance.chance(0.55 * harm)
            let cartHit = kind == .addToCart && chance.chance(0.05 * harm)
            let failing = hit ? chance.pick(["payments", "payments", "checkout", "inventory"]) : cartHit ? "cart" : nil
            let slowSearch = kind == .search && searchTrouble(at: at) && chance.chance(0.6)
            let base = kind == .checkout ? 310 : kind == .search ? 90 : 45
            var duration = Int(Double(base) * (0.7 + 0.6 * chance.unit()))
            if hit {
                duration = 3_000 + chance.below(900)
            } else if harm > 0 && kind == .checkout {
                duration += Int(harm * 2_400 * chance.unit())
            }
            if slowSearch { duration = 5_000 + chance.below(300) }
            out.append(
                StoryRequest(
                    kind: kind, at: at, traceID: chance.hex(32), user: 1_000 + chance.below(9_000), order: order,
                    cartLines: 1 + chance.below(7), cents: 900 + chance.below(24_000), product: 100 + chance.below(900),
                    clientAddress: "203.0.113.\(1 + chance.below(250))", agent: chance.pick(Story.agents), poolTimeout: hit,
                    failedService: failing, searchTimeout: slowSearch,
                    mailDeferred: kind == .checkout && !hit && mailTrouble(at: at) && chance.chance(0.9), durationMs: duration))
        }
        return out
    }
}
