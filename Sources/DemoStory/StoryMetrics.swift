import Model

extension Story {
    /// Thirty-second samples: a long CSV of the services, and the database's own OpenMetrics page with timestamps.
    func metrics() -> [StoryFile] {
        var chance = SplitMix64(seed: seed &+ 2)
        var csv = "time,service,instance,metric,value\n"
        var connections = ""
        var transactions = ""
        var committed = 1_000_000.0
        var at = start
        while at < end {
            let harm = harm(at: at)
            let opening = at >= badDeploy ? min(1, Double(at - badDeploy) / 106_000) : 0
            let stamp = at.rfc3339
            func sample(_ service: String, _ metric: String, _ value: Double) {
                csv += "\(stamp),\(service),\(service)-0,\(metric),\(rounded(max(0, value)))\n"
            }
            for service in Story.services where service != "shop-db" {
                let rate = load(at: at) / scale * share(service)
                var errors = 0.2 + 0.12 * chance.gauss()
                var latency = usualLatency(service) * (1 + 0.06 * chance.gauss())
                switch service {
                case "payments":
                    errors += 40 * harm
                    latency += 2_700 * harm
                case "checkout":
                    errors += 30 * harm
                    latency += 2_900 * harm
                case "inventory":
                    errors += 12 * harm
                    latency += 550 * harm
                case "storefront":
                    errors += 6 * harm
                    latency += 420 * harm
                case "cart": latency += 180 * harm
                case "search" where searchTrouble(at: at):
                    errors += 35
                    latency += 4_600
                case "notifications" where mailTrouble(at: at): errors += 60
                default: break
                }
                sample(service, "request_rate", rate * (1 + 0.08 * chance.gauss()))
                sample(service, "error_percent", errors)
                sample(service, "latency_p95_ms", latency)
                sample(service, "cpu_percent", 22 + 8 * share(service) + 2 * chance.gauss())
                sample(service, "memory_mb", 410 + 60 * share(service) + 3 * chance.gauss())
            }
            let queue = mailTrouble(at: at) ? 4 + Double(at - mailTroubleStart) / 4_000 : 3
            sample("notifications", "queue_depth", queue + abs(chance.gauss()))
            if searchTrouble(at: at) {
                sample("search", "disk_used_percent", 97 + chance.unit())
            } else {
                sample("search", "disk_used_percent", 71 + chance.unit())
            }
            let used = min(200, 70 + 4 * chance.gauss() + 130 * opening)
            connections += "pg_connections_in_use{instance=\"db-1\",service=\"shop-db\"} \(rounded(max(0, used))) \(at.ms / 1_000)\n"
            committed += 30 * load(at: at) / scale * (1 - 0.6 * harm)
            transactions += "pg_transactions_total{instance=\"db-1\",service=\"shop-db\"} \(rounded(committed)) \(at.ms / 1_000)\n"
            at = at + 30_000
        }
        let openMetrics =
            "# HELP pg_connections_in_use Connections in use, of 200.\n# TYPE pg_connections_in_use gauge\n" + connections
            + "# TYPE pg_transactions counter\n" + transactions + "# EOF\n"
        return [
            StoryFile(path: "metrics/services.csv", text: csv, modifiedAt: end - 30_000),
            StoryFile(path: "metrics/shop-db.om", text: openMetrics, modifiedAt: end - 30_000),
        ]
    }

    private func share(_ service: String) -> Double {
        switch service {
        case "storefront": 1
        case "cart": 0.42
        case "search": 0.18
        default: 0.15
        }
    }
    private func usualLatency(_ service: String) -> Double {
        switch service {
        case "storefront": 140
        case "checkout": 380
        case "payments": 160
        case "search": 110
        case "inventory": 85
        default: 60
        }
    }
    /// Two decimals, written the same on every machine.
    private func rounded(_ value: Double) -> String {
        let hundredths = Int64((value * 100).rounded())
        return hundredths % 100 == 0 ? "\(hundredths / 100)" : "\(hundredths / 100).\(padded(Int(hundredths % 100), 2))"
    }
}
