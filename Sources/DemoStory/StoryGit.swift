import Model

/// One commit of the shop's repository.
package struct StoryCommit: Sendable {
    /// For the plot: `guilty`, `checkout-live`, …; empty for the rest.
    package var label: String
    var at: Instant
    var author: String
    var subject: String
    var body: String
    var paths: [String]
    /// Known once git has made it.
    package var sha: String = ""
}

extension Story {
    private static let java = "src/main/java/com/shop"

    /// Thirty-one commits of six days: one guilty, thirty innocent, some of them tempting.
    func commits() -> [StoryCommit] {
        let checkout = "services/checkout/\(Self.java)/checkout"
        let payments = "services/payments/\(Self.java)/payments"
        let plan: [(Double, String, String, String, String, [String])] = [
            (8_600, "", "Ola Berg", "Lay out the services", "", Story.services.map { "services/\($0)/README.md" }),
            (8_400, "", "Mara Lindqvist", "Add the connection pool", "", ["libs/db/\(Self.java)/db/ConnectionPool.java"]),
            (8_100, "", "Jonas Weiss", "Price in cents everywhere", "", ["\(checkout)/Price.java", "\(payments)/Money.java"]),
            (
                7_200, "", "Ola Berg", "Lock the cart while an order is placed", "",
                ["\(checkout)/CheckoutService.java", "services/cart/cart.go"]
            ),
            (6_900, "", "Ines Prado", "Log the trace id in every line", "", ["services/cart/log.go", "services/inventory/log.go"]),
            (6_200, "", "Jonas Weiss", "Keep reservations for fifteen minutes", "", ["services/inventory/reserve.go"]),
            (5_800, "", "Mara Lindqvist", "Show stock in the search results", "", ["services/search/api/query.py"]),
            (5_500, "", "Ines Prado", "Update the base images", "", ["Dockerfile", "services/search/Dockerfile"]),
            (5_100, "", "Ola Berg", "Retry a payment once", "", ["\(payments)/PaymentService.java"]),
            (4_300, "", "Ines Prado", "Rewrite the README of payments", "", ["services/payments/README.md"]),
            (4_000, "", "Jonas Weiss", "Vacuum the cart table at night", "", ["ops/cron/vacuum.sql"]),
            (
                3_300, "", "Mara Lindqvist", "Raise the pool timeout to 3000 ms", "Payments waited too little under load.",
                ["libs/db/\(Self.java)/db/ConnectionPool.java"]
            ),
            (2_900, "", "Ines Prado", "Test the price rounding", "", ["services/checkout/src/test/java/com/shop/checkout/PriceTest.java"]),
            (2_600, "", "Ola Berg", "Mail: one template a language", "", ["services/notifications/templates/order.mjml"]),
            (2_300, "", "Jonas Weiss", "Count stock with one query", "", ["services/inventory/stock.go"]),
            (
                1_900, "payments-live", "Mara Lindqvist", "Payments 2.31.0: idempotent capture", "",
                ["\(payments)/PaymentService.java", "\(payments)/AuthorizationStore.java"]
            ),
            (1_600, "checkout-before", "Ola Berg", "Checkout 4.17.2: fix the address form", "", ["\(checkout)/AddressForm.java"]),
            (
                700, "", "Ines Prado", "Search: <b>bold</b> terms in snippets", "See [the plan](javascript:alert(5)).",
                ["services/search/api/snippet.py"]
            ),
            (500, "", "Jonas Weiss", "Search: merge segments in the background", "", ["services/search/index/merge.py"]),
            (300, "search-live", "Jonas Weiss", "Search 2.9.1", "", ["services/search/VERSION"]),
            (160, "", "Ines Prado", "Raise the hero image quality to 82", "", ["services/storefront/web/hero.css"]),
            (140, "", "Mara Lindqvist", "Winter banner behind a flag", "", ["services/storefront/web/banner.js"]),
            (120, "storefront-live", "Ines Prado", "Storefront 9.4.0", "", ["services/storefront/VERSION"]),
            (118, "", "Mara Lindqvist", "Checkout: shorter error texts", "", ["\(checkout)/Messages.java"]),
            (
                95, "", "Jonas Weiss", "Checkout: prices of a cart in parallel", "Prices of the lines are asked for at the same time.",
                ["\(checkout)/Price.java", "\(checkout)/CheckoutService.java"]
            ),
            (
                70, "guilty", "Ola Berg", "Checkout: open a session per cart line",
                "Each line gets its own database session, so that slow lines do not wait for each other.",
                [
                    "\(checkout)/CartSession.java", "\(checkout)/CheckoutService.java",
                    "services/checkout/src/test/java/com/shop/checkout/CartSessionTest.java",
                ]
            ),
            (64, "", "Ines Prado", "Checkout: translate the receipt", "", ["services/checkout/src/main/resources/receipt_fr.properties"]),
            (60, "", "Mara Lindqvist", "Format the build files", "", ["build.gradle", "settings.gradle"]),
            (58, "checkout-live", "Ola Berg", "Checkout 4.18.0", "", ["services/checkout/VERSION"]),
            (44, "", "Ines Prado", "Storefront: lazy images", "", ["services/storefront/web/product.js"]),
            (26, "", "Jonas Weiss", "Inventory: log slow queries", "", ["services/inventory/log.go"]),
        ]
        return plan.map {
            StoryCommit(label: $0.1, at: minutesBeforeEnd($0.0), author: $0.2, subject: $0.3, body: $0.4, paths: $0.5)
        }
    }

    /// The repository as a `git fast-import` stream (git-fast-import(1)); the same bytes give the same shas everywhere.
    func fastImport(_ commits: [StoryCommit]) -> [UInt8] {
        var chance = SplitMix64(seed: seed &+ 5)
        var contents: [String: [String]] = [:]
        var stream = "feature done\n"
        for (index, commit) in commits.enumerated() {
            let mail = commit.author.lowercased().map { $0 == " " ? "." : String($0) }.joined() + "@shop.example"
            let seconds = commit.at.ms / 1_000
            let message = commit.subject + "\n" + (commit.body.isEmpty ? "" : "\n\(commit.body)\n")
            stream += "commit refs/heads/main\nmark :\(index + 1)\nauthor \(commit.author) <\(mail)> \(seconds) +0000\n"
            stream += "committer \(commit.author) <\(mail)> \(seconds) +0000\ndata \(message.utf8.count)\n\(message)\n"
            if index > 0 { stream += "from :\(index)\n" }
            for path in commit.paths {
                var lines = contents[path] ?? (1...(20 + chance.below(60))).map { "// \(path) line \($0)" }
                let touched = commit.label == "guilty" ? 24 : 1 + chance.below(6)
                for _ in 0..<touched {
                    lines.insert(
                        "step(\(chance.below(9_999)));  // \(commit.subject.filter { $0.isLetter || $0 == " " })",
                        at: chance.below(lines.count))
                }
                contents[path] = lines
                let text = lines.joined(separator: "\n") + "\n"
                stream += "M 100644 inline \(path)\ndata \(text.utf8.count)\n\(text)\n"
            }
            stream += "\n"
        }
        stream += "done\n"
        return Array(stream.utf8)
    }
}
