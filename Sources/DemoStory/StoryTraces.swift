import Model

extension Story {
    /// One request in forty, and one in eight of the failing ones, as OTLP/JSON: a file a service, as exporters write them,
    /// so that parents stand in other files than their children.
    func traces(_ requests: [StoryRequest]) -> [StoryFile] {
        var chance = SplitMix64(seed: seed &+ 3)
        var spans: [String: [String]] = [:]
        for request in requests {
            let failed = request.failedService != nil || request.searchTimeout
            guard chance.chance(failed ? 0.125 : 0.025) else { continue }
            record(request, &chance, &spans)
        }
        return spans.keys.sorted().map { service in
            let text = (spans[service] ?? []).joined(separator: "\n") + "\n"
            return StoryFile(path: "traces/\(service).otlp.jsonl", text: text, modifiedAt: end - 1_000)
        }
    }

    private func record(_ r: StoryRequest, _ chance: inout SplitMix64, _ spans: inout [String: [String]]) {
        func add(
            _ service: String, _ operation: String, _ id: String, parent: String, kind: Int, from: Int, length: Int, error: String? = nil,
            exception: String? = nil
        ) {
            let start = (r.at + Int64(from)).ms
            let status = error.map { "{\"code\":2,\"message\":\"\($0)\"}" } ?? "{}"
            let events =
                exception.map {
                    "[{\"name\":\"exception\",\"timeUnixNano\":\"\(start + Int64(length))000000\",\"attributes\":[{\"key\":\"exception.type\",\"value\":{\"stringValue\":\"com.shop.db.PoolTimeoutException\"}},{\"key\":\"exception.message\",\"value\":{\"stringValue\":\"no connection within 3000 ms\"}},{\"key\":\"exception.stacktrace\",\"value\":{\"stringValue\":\"\($0)\"}}]}]"
                } ?? "[]"
            spans[service, default: []].append(
                "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"\(service)\"}},{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":\"\(service)-0\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"shop\"},\"spans\":[{\"traceId\":\"\(r.traceID)\",\"spanId\":\"\(id)\",\"parentSpanId\":\"\(parent)\",\"name\":\"\(operation)\",\"kind\":\(kind),\"startTimeUnixNano\":\"\(start)000000\",\"endTimeUnixNano\":\"\(start + Int64(max(1, length)))000000\",\"status\":\(status),\"events\":\(events)}]}]}]}"
            )
        }
        let root = chance.hex(16)
        let total = r.durationMs
        let frontError = r.failedService != nil || r.searchTimeout ? "upstream answered 503" : nil
        switch r.kind {
        case .browse:
            add("storefront", "GET /product", root, parent: "", kind: 2, from: 0, length: total)
            add("cart", "GetCart", chance.hex(16), parent: root, kind: 2, from: 5, length: max(2, total / 3))
        case .search:
            add("storefront", "GET /search", root, parent: "", kind: 2, from: 0, length: total, error: frontError)
            add(
                "search", "Query", chance.hex(16), parent: root, kind: 2, from: 3, length: total - 6,
                error: r.searchTimeout ? "IndexTimeout" : nil)
        case .addToCart:
            add("storefront", "POST /cart/items", root, parent: "", kind: 2, from: 0, length: total, error: frontError)
            add(
                "cart", "AddItem", chance.hex(16), parent: root, kind: 2, from: 4, length: total - 8,
                error: r.failedService == "cart" ? "session store slow" : nil)
        case .checkout:
            let place = chance.hex(16)
            add("storefront", "POST /checkout", root, parent: "", kind: 2, from: 0, length: total, error: frontError)
            add(
                "checkout", "PlaceOrder", place, parent: root, kind: 2, from: 4, length: total - 8,
                error: frontError.map { _ in "dependency failed" })
            add("cart", "LockCart", chance.hex(16), parent: place, kind: 2, from: 12, length: 14 + chance.below(9))
            let harmed = harm(at: r.at)
            let reserve = chance.hex(16)
            let wait = Int(harmed * 500 * chance.unit())
            add("inventory", "Reserve", reserve, parent: place, kind: 2, from: 30, length: 26 + wait)
            add("shop-db", "UPDATE stock", chance.hex(16), parent: reserve, kind: 2, from: 34 + wait / 2, length: 9 + wait / 2)
            let authorize = chance.hex(16)
            let length = max(40, total - 140)
            if r.failedService == "payments" {
                let stack =
                    "com.shop.db.PoolTimeoutException: no connection within 3000 ms\\n\\tat com.shop.db.ConnectionPool.acquire(ConnectionPool.java:57)\\n\\tat com.shop.payments.AuthorizationStore.save(AuthorizationStore.java:88)"
                add(
                    "payments", "Authorize", authorize, parent: place, kind: 2, from: 70, length: length, error: "PoolTimeoutException",
                    exception: stack)
            } else {
                add("payments", "Authorize", authorize, parent: place, kind: 2, from: 70, length: length)
                add("shop-db", "INSERT authorization", chance.hex(16), parent: authorize, kind: 2, from: 80, length: max(8, length / 3))
                add("notifications", "QueueMail", chance.hex(16), parent: place, kind: 4, from: total - 30, length: 6 + chance.below(5))
            }
        }
    }
}
