/// Which way a metric gets worse, read from the words of its name.
package enum MetricDirection: String, Sendable {
    case upIsBad, downIsBad, unknown

    /// `checkout_success_ratio` falls badly, `http.errors` rises badly, `temperature` may do either. Words of failure win over
    /// words of success (`failed_requests`), and words of emptiness over words of load (`memory_available`).
    package init(metric: String) {
        let words = Self.words(of: metric)
        func has(_ list: [String]) -> Bool { words.contains { Self.isOne($0, of: list) } }
        if has(Self.failure) {
            self = .upIsBad
        } else if has(Self.success) || words.contains("up") {
            self = .downIsBad
        } else if has(Self.slowness) || has(Self.load) {
            self = .upIsBad
        } else if has(Self.work) {
            self = .downIsBad
        } else {
            self = .unknown
        }
    }

    /// Entries of up to three letters are whole words, longer ones beginnings.
    private static func isOne(_ word: String, of list: [String]) -> Bool {
        list.contains { $0.utf8.count <= 3 ? word == $0 : word.hasPrefix($0) }
    }

    private static let failure = [
        "error", "err", "fail", "exception", "timeout", "reject", "refus", "drop", "lost", "loss", "crash", "restart", "oom", "kill",
        "abort",
        "denied", "unavail", "unhealthy", "throttl", "retry", "retries", "miss", "evict", "dead", "stale", "corrupt", "violation", "burn",
        "5xx", "4xx", "500", "503", "429",
    ]
    private static let success = [
        "success", "avail", "uptime", "healthy", "ready", "free", "idle", "hit", "hits", "apdex", "goodput", "alive", "online", "remaining",
        "headroom", "completed", "battery",
    ]
    private static let slowness = [
        "latency", "duration", "delay", "lag", "wait", "response", "elapsed", "rtt", "ttfb", "p50", "p75", "p90", "p95", "p99", "p999",
        "quantile", "time", "slow", "age", "jitter",
    ]
    private static let load = [
        "cpu", "mem", "memory", "heap", "rss", "gc", "disk", "io", "load", "queue", "pending", "backlog", "util", "usage", "used",
        "saturat", "pressure", "swap", "thread", "goroutine", "fd",
        "file", "open", "connection", "inflight", "active", "depth", "pool", "lock", "block", "steal", "fault",
    ]
    private static let work = [
        "throughput", "request", "req", "rps", "qps", "tps", "rate", "order", "checkout", "payment", "session", "login", "visit",
        "transaction", "message", "consumed", "processed", "calls", "count", "traffic", "byte", "packet",
    ]

    /// Lower-case words of a name in snake, kebab, dotted or camel case.
    static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var lastWasLower = false
        for scalar in name.unicodeScalars {
            let isUpper = (65...90).contains(scalar.value)
            let isLower = (97...122).contains(scalar.value)
            let isDigit = (48...57).contains(scalar.value)
            if !isUpper, !isLower, !isDigit {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if isUpper && lastWasLower, !word.isEmpty {
                words.append(word)
                word = ""
            }
            if isUpper || isLower || isDigit { word.unicodeScalars.append(isUpper ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar) }
            lastWasLower = isLower
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
