import Model

/// A whole bad deploy with about fifty pieces of evidence: an online shop, one commit to blame, a database that runs out
/// of connections, callers that fail one after the other, a rollback. Literal but for the shapes of its series.
enum CanvasFixture {
    static let day = Instant.civil(year: 2026, month: 11, day: 22)
    static func at(_ hour: Int, _ minute: Int, _ second: Int = 0) -> Instant {
        day + Int64(hour * 3_600 + minute * 60 + second) * 1_000
    }
    static let asOf = at(15, 10)
    static let guiltySha = "9f3c1ae07b52d1c4aa6e0f7d3b8812c95e0d4417"
    static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    // MARK: - Events

    static func signal(
        _ hour: Int, _ minute: Int, _ second: Int, _ severity: Severity, _ service: String, _ source: EventSource, _ type: EventType,
        _ title: String, _ attributes: [String: JSONValue] = [:], body: String = ""
    ) -> Event {
        Event(
            source: source, type: type, subject: "\(title) \(hour):\(minute):\(second)", at: at(hour, minute, second), severity: severity,
            title: title, body: body, service: service, environment: "production", attributes: attributes, origin: source.rawValue)
    }
    static func anomaly(
        _ hour: Int, _ minute: Int, _ second: Int, _ severity: Severity, _ service: String, _ metric: String, _ unit: String, peak: Double,
        usual: ClosedRange<Double>, _ title: String
    ) -> Event {
        signal(
            hour, minute, second, severity, service, .metrics, .metricAnomaly, title,
            [
                EventAttribute.metric: .string(metric), "unit": .string(unit), EventAttribute.peak: .double(peak),
                EventAttribute.usualLow: .double(usual.lowerBound), EventAttribute.usualHigh: .double(usual.upperBound),
                EventAttribute.strength: 0.97, EventAttribute.reason: "31 σ above the same hour of four past Sundays",
                EventAttribute.endedAt: .int(at(14, 36, 50).ms),
            ])
    }
    static func deployment(_ hour: Int, _ minute: Int, _ second: Int, _ service: String, _ version: String, commit: String? = nil) -> Event
    {
        Event(
            source: .deploys, type: .deployment, subject: "\(service) \(version) \(hour)\(minute)", at: at(hour, minute, second),
            title: "\(service) \(version) live on 6 of 6 pods", service: service, environment: "production",
            attributes: [EventAttribute.version: .string(version)], origin: "deploys", commit: commit)
    }
    static func commit(
        _ hour: Int, _ minute: Int, _ sha: String, _ service: String, _ subject: String, _ author: String, _ files: [TouchedFile]
    ) -> Event {
        Event(
            source: .git, type: .commit, subject: sha, at: at(hour, minute), title: subject,
            body: subject + "\n\nEach line quotes on its own session.",
            service: service, attributes: [EventAttribute.author: .string(author), EventAttribute.files: .array(files.map(\.json))],
            origin: "repository", sourceID: sha, commit: sha)
    }

    static let guilty = commit(
        13, 53, guiltySha, "checkout", "Open a session per cart line", "Ola Berg",
        [
            TouchedFile(path: "src/pool.ts", added: 38, deleted: 9), TouchedFile(path: "src/price.ts", added: 20, deleted: 3),
            TouchedFile(path: "test/price.test.ts", added: 6, deleted: 0), TouchedFile(path: "docs/pool.png", added: -1, deleted: -1),
        ])
    static let second = commit(
        13, 50, "c77e0b2a4d1195b3f06a7c8e21dd0935aa41be70", "checkout", "Price lines in parallel", "Ola Berg",
        [TouchedFile(path: "src/price.ts", added: 31, deleted: 20)])
    static let searchDeploy = deployment(13, 52, 40, "search", "2.9.1")
    static let deploy = deployment(14, 2, 4, "checkout", "4.18.0", commit: guiltySha)
    static let flag = Event(
        source: .deploys, type: .flagChange, subject: "retry.budget", at: at(14, 20, 30), title: "Flag retry.budget 3 → 1",
        service: "payments",
        environment: "production", origin: "deploys")
    static let rollback = deployment(14, 36, 20, "checkout", "4.17.2")
    static let provider = signal(
        13, 52, 30, .low, "payments", .feeds, .providerOutage, "Cardnet status: slow 3-D Secure in the EU, since 13:41")
    static let limit = anomaly(
        14, 3, 50, .critical, "shop-db", "connections", "", peak: 200, usual: 62...78, "Connections at the limit, 200 of 200")
    static let timeout = signal(
        14, 4, 12, .critical, "payments", .logs, .newLogTemplate, "New message: PoolTimeout: no connection within 3000 ms",
        [
            EventAttribute.reason: "never seen in 90 days before; 1 209 lines in the next six minutes", EventAttribute.count: 1_209,
            EventAttribute.exception: "PoolTimeout", EventAttribute.template: "PoolTimeout: no connection within <*> ms",
            EventAttribute.frames: [["src/pool.ts", 88, "acquireSession"], ["src/authorize.ts", 41, "authorize"]],
        ])
    static let slow = signal(
        14, 4, 15, .high, "payments", .traces, .errorSpans, "POST /authorize: failing spans 12 to 214 a minute",
        [EventAttribute.operation: "POST /authorize", EventAttribute.count: 214])
    static let alert = signal(
        14, 6, 2, .critical, "payments", .alerts, .alert, "PaymentsErrorRateHigh firing",
        [EventAttribute.labels: ["alertname": "PaymentsErrorRateHigh", "severity": "page", "team": "payments", "cluster": "eu-1"]])
    static let failedTest = signal(
        14, 14, 40, .medium, "checkout", .ci, .testFailure, "Build 8815 failed: PoolBudgetTest, 1 of 1 204",
        [
            EventAttribute.suite: "PoolBudgetTest", EventAttribute.test: "one cart uses one session",
            EventAttribute.message: "expected: 1 session\nreceived: 9 sessions",
            EventAttribute.frames: [["test/pool.budget.test.ts", 31, ""]],
        ])

    // MARK: - Evidence

    static func item(
        _ event: Event, _ confidence: Double, _ phase: EvidencePhase, exemplar: LogExemplar? = nil, track: MetricTrack? = nil,
        spans: [Span] = [],
        stance: Evidence.Stance = .supports, starred: Bool = false, inhibitedBy: Fingerprint? = nil
    ) -> EvidenceItem {
        EvidenceItem(
            evidence: Evidence(
                fingerprint: event.fingerprint, eventID: event.id, confidence: confidence,
                terms: [
                    Term(name: "time", value: confidence * 0.94, why: "in the first minutes of the case"),
                    Term(name: "entity", value: confidence * 0.6, why: "shares acquireSession with the first failure"),
                    Term(name: "topology", value: 0.5, why: "\(event.service ?? "it") is one call from shop-db"),
                ], phase: phase, stance: stance, starred: starred, inhibitedBy: inhibitedBy),
            event: event, exemplar: exemplar, track: track, spans: spans)
    }
    private static func plain(
        _ hour: Int, _ minute: Int, _ second: Int, _ severity: Severity, _ service: String, _ source: EventSource, _ type: EventType,
        _ title: String, _ confidence: Double, _ phase: EvidencePhase
    ) -> EvidenceItem {
        item(signal(hour, minute, second, severity, service, source, type, title), confidence, phase)
    }

    static let exemplar = LogExemplar(
        service: "payments", leaf: 7, level: .error, at: at(14, 4, 12), path: "payments.log.gz", offset: 9_120_441, line: 40_118,
        host: "payments-7d9f-x2k", traceID: trace,
        text:
            "14:04:12.119 ERROR PoolTimeout: no connection within 3000 ms\n    at acquireSession (src/pool.ts:88)\n"
            + "    at authorize (src/authorize.ts:41)",
        before: ["14:04:09.112 INFO  authorize order=88213 amount=64.90", "14:04:09.118 DEBUG pool.acquire waiting=41 in_use=20"],
        after: ["14:04:12.121 WARN  retry 1 of 3 order=88213", "14:04:12.140 ERROR PoolTimeout: no connection within 3000 ms"],
        exception: "PoolTimeout", frames: [StackFrame(file: "src/pool.ts", line: 88, function: "acquireSession")])

    static func span(
        _ id: Int, _ parent: Int, _ service: String, _ operation: String, _ startMs: Int64, _ durationMs: Int64, isError: Bool = false
    ) -> Span {
        Span(
            traceID: trace, spanID: "00f067aa0ba902b\(id)", parentID: parent == 0 ? "" : "00f067aa0ba902b\(parent)", service: service,
            operation: operation, kind: .server, start: at(14, 4, 15) + startMs, durationUs: durationMs * 1_000, isError: isError,
            statusText: isError ? "503" : "")
    }
    static let spans = [
        span(1, 0, "storefront", "POST /order", 0, 8_400), span(2, 1, "checkout", "PlaceOrder", 150, 8_050, isError: true),
        span(3, 2, "checkout", "acquireSession ×9", 700, 2_100), span(4, 2, "payments", "POST /authorize", 2_900, 5_200, isError: true),
        span(5, 4, "payments", "pool.acquire", 3_000, 3_000, isError: true),
        span(6, 4, "payments", "pool.acquire, retry", 6_100, 2_000, isError: true),
    ]

    static var items: [EvidenceItem] {
        [
            item(guilty, 0.81, .change), item(second, 0.38, .change), item(searchDeploy, 0.09, .before),
            item(deploy, 0.87, .change, starred: true),
            item(provider, 0.21, .before, stance: .contradicts),
            plain(13, 55, 2, .info, "checkout", .ci, .build, "Build 8812 passed; CartSessionTest passed on its 2nd try", 0.38, .change),
            item(
                anomaly(
                    14, 2, 40, .medium, "shop-db", "connections", "", peak: 118, usual: 62...78, "Connections in use 118; usual 62 to 78"),
                0.9, .cause),
            item(
                anomaly(14, 3, 10, .high, "shop-db", "connections", "", peak: 181, usual: 62...78, "Connections in use 181 of 200"), 0.94,
                .cause),
            plain(
                14, 3, 21, .medium, "checkout", .logs, .newLogTemplate, "New message: acquired <n> sessions for cart <id>", 0.88, .impact),
            item(limit, 0.97, .cause, track: connections),
            plain(
                14, 3, 58, .medium, "shop-db", .logs, .newLogTemplate, "New message: remaining connection slots are reserved", 0.93, .cause),
            item(timeout, 0.96, .firstFailure, exemplar: exemplar, starred: true), item(slow, 0.95, .firstFailure, spans: spans),
            item(
                anomaly(
                    14, 4, 40, .critical, "payments", "failing_requests_ratio", "ratio", peak: 0.44, usual: 0.001...0.004,
                    "Failing requests 44 %; usual 0.1 to 0.4 %"), 0.95, .firstFailure, track: failing("payments", 0.44)),
            plain(14, 5, 2, .high, "checkout", .traces, .slowOperation, "PlaceOrder p95 8.4 s; usual 310 to 420 ms", 0.92, .impact),
            item(
                anomaly(
                    14, 5, 10, .critical, "checkout", "failing_requests_ratio", "ratio", peak: 0.31, usual: 0.002...0.006,
                    "Failing requests 31 %; usual 0.2 to 0.6 %"), 0.93, .impact),
            plain(14, 5, 30, .high, "checkout", .logs, .logBurst, "Burst ×412: payments answered 503", 0.92, .impact),
            item(
                anomaly(
                    14, 5, 44, .medium, "cart", "p95_seconds", "seconds", peak: 0.9, usual: 0.12...0.16, "p95 900 ms; usual 120 to 160 ms"),
                0.81, .impact),
            item(alert, 0.95, .impact),
            plain(14, 6, 10, .high, "checkout", .alerts, .alert, "CheckoutAvailabilitySLO burning 14× budget", 0.92, .impact),
            plain(14, 6, 30, .high, "shop-db", .alerts, .alert, "PostgresConnectionsNearLimit firing", 0.96, .impact),
            item(
                signal(14, 6, 45, .medium, "cart", .logs, .logBurst, "Burst ×96: session store timeout"), 0.78, .impact,
                inhibitedBy: limit.fingerprint),
            item(
                anomaly(
                    14, 7, 5, .high, "orders", "queue_lag_seconds", "seconds", peak: 255, usual: 0...2, "Queue lag 95 s; usual 0 to 2 s"),
                0.84, .impact),
            item(
                anomaly(
                    14, 7, 45, .high, "storefront", "orders_per_minute", "", peak: 21, usual: 48...56, "Orders a minute 21; usual 48 to 56"),
                0.83, .impact),
            plain(
                14, 8, 10, .medium, "storefront", .logs, .newLogTemplate, "New message: checkout button fell back to error state", 0.79,
                .impact),
            plain(14, 8, 30, .medium, "storefront", .tickets, .report, "#9120 “Cannot pay, the wheel keeps spinning”", 0.71, .impact),
            plain(14, 8, 50, .low, "inventory", .logs, .logBurst, "Burst ×31: reservation expired before confirm", 0.62, .impact),
            plain(14, 9, 40, .medium, "inventory", .traces, .slowOperation, "Reserve p95 640 ms; usual 80 to 110 ms", 0.66, .impact),
            plain(14, 10, 20, .high, "payments", .logs, .logBurst, "Burst ×1 209: charge retried 3 times", 0.89, .impact),
            plain(14, 11, 5, .medium, "orders", .logs, .errorBurst, "12 orders moved to the dead-letter queue", 0.82, .impact),
            plain(14, 11, 50, .medium, "orders", .alerts, .alert, "OrderQueueLag firing", 0.84, .impact),
            item(failedTest, 0.86, .impact),
            plain(14, 19, 10, .high, "storefront", .alerts, .alert, "RevenuePerMinuteLow firing", 0.83, .impact),
            item(flag, 0.31, .impact),
            plain(14, 22, 0, .medium, "payments", .metrics, .metricAnomaly, "Failing requests 37 %, falling", 0.88, .impact),
            plain(14, 28, 15, .medium, "shop-db", .metrics, .metricAnomaly, "412 clients waiting for a connection", 0.93, .impact),
            plain(14, 33, 0, .medium, "checkout", .alerts, .alert, "2 pods killed after 30 s grace, sessions still open", 0.64, .recovery),
            item(rollback, 0.8, .recovery),
            plain(14, 36, 50, .info, "shop-db", .metrics, .metricAnomaly, "Connections in use 96", 0.9, .recovery),
            plain(14, 37, 40, .info, "payments", .metrics, .metricAnomaly, "Failing requests 2.1 %", 0.88, .recovery),
            plain(14, 39, 10, .info, "checkout", .alerts, .alert, "3 alerts resolved: payments, checkout, shop-db", 0.95, .recovery),
            plain(14, 40, 10, .info, "orders", .metrics, .metricAnomaly, "Queue lag 12 s", 0.84, .recovery),
        ]
    }

    // MARK: - Series

    static func series(
        _ service: String, _ metric: String, unit: String = "", quiet: Double, peak: Double, rise: Instant, full: Int,
        end: Instant = at(14, 36, 20)
    ) -> MetricTrack {
        var points: [MetricPoint] = []
        var wobble = SeededGenerator16(seed: UInt64(service.utf8.reduce(7) { $0 &* 31 &+ Int($1) } & 0xFFFF))
        var time = at(13, 50)
        while time <= at(14, 50) {
            let risen = min(1, max(0, Double(time - rise) / Double(full * 1_000)))
            let fallen = min(1, max(0, Double(time - end) / 180_000))
            let level = quiet + (peak - quiet) * risen * (1 - fallen)
            points.append(MetricPoint(timeMs: time.ms, value: level + abs(peak - quiet) * 0.012 * wobble.next()))
            time = time + 30_000
        }
        return MetricTrack(key: MetricKey(service: service, metric: metric), kind: .gauge, unit: unit, points: points)
    }
    static let connections = series("shop-db", "connections", quiet: 70, peak: 200, rise: at(14, 2, 10), full: 100)
    static func failing(_ service: String, _ peak: Double) -> MetricTrack {
        series(service, "failing_requests_ratio", unit: "ratio", quiet: 0.003, peak: peak, rise: at(14, 4, 5), full: 90)
    }
    static var tracks: [MetricTrack] {
        [
            connections, failing("payments", 0.44), failing("checkout", 0.31),
            series("orders", "queue_lag_seconds", unit: "seconds", quiet: 1, peak: 255, rise: at(14, 6), full: 900),
            series("cart", "p95_seconds", unit: "seconds", quiet: 0.14, peak: 0.9, rise: at(14, 4, 30), full: 180),
            series("storefront", "orders_per_minute", quiet: 52, peak: 21, rise: at(14, 5), full: 300),
            series("inventory", "reserve_p95_seconds", unit: "seconds", quiet: 0.09, peak: 0.64, rise: at(14, 8), full: 200),
            series("search", "p95_seconds", unit: "seconds", quiet: 0.096, peak: 0.098, rise: at(14, 8), full: 200),
        ]
    }
    static func rate(_ service: String, from: Instant, minutes: Int, errors: Int64, worst: Range<Int>) -> LogRate {
        let first = at(13, 50).minute
        let start = Int(from.minute - first)
        let all = (0..<60).map { Int64($0) }
        return LogRate(
            service: service, minutes: all.map { first + $0 },
            errors: all.map { minute in
                let index = Int(minute) - start
                return index < 0 || index >= minutes ? 0 : worst.contains(index) ? errors * 10 : errors
            }, all: all.map { _ in 800 })
    }

    // MARK: - The case

    static var investigation: Investigation {
        var it = Investigation(
            key: "case_0042", number: 42, title: "Payments fail: database connections used up",
            verdict:
                "The deploy of checkout 4.18.0 at 14:02 probably caused it. It opens one database session per cart line, "
                + "shop-db ran out of connections 106 seconds later, and payments failed first.",
            status: .resolved, severity: .critical, priority: .p1, startedAt: at(14, 2, 40), detectedAt: at(14, 6, 2),
            acknowledgedAt: at(14, 9, 15), mitigatedAt: at(14, 36, 20), resolvedAt: at(14, 41), lastSignalAt: at(14, 40, 10),
            services: ["checkout", "shop-db", "payments", "orders", "cart", "storefront", "inventory"], environment: "shop",
            impact: "31 % of checkouts failed for 37 min\n≈ 1 040 orders not placed, 12 late, none lost",
            rootCause:
                "Since `9f3c1ae` every cart line opens its own database session. Six pods could hold 2 000 sessions; shop-db allows 200.",
            remediation: "Rolled back to 4.17.2 at 14:36; 12 dead-lettered orders replayed, none lost.", assignedTo: "Mara Lindqvist")
        it.version = 7
        it.hypotheses = [
            Hypothesis(
                rank: 1, kind: .change, service: "checkout", change: deploy.fingerprint, sha: guiltySha, name: "Deploy of checkout 4.18.0",
                score: 0.87,
                terms: [
                    Term(name: "change", value: 0.62, why: "live 128 s before; pool.ts changed"),
                    Term(name: "time", value: 0.34, why: "shop-db rose 36 s later, before any failure"),
                    Term(name: "topology", value: 0.28, why: "checkout and payments share shop-db"),
                    Term(name: "entity", value: 0.22, why: "acquireSession in stack and diff"),
                    Term(name: "text", value: 0.09, why: "“session”, “pool” in both"),
                ], summary: "It was live 128 s before the first failure, and its code holds the line every failing stack names.",
                evidence: [deploy.fingerprint, guilty.fingerprint, limit.fingerprint]),
            Hypothesis(
                rank: 2, kind: .service, service: "shop-db", name: "shop-db itself", score: 0.43,
                terms: [
                    Term(name: "change", value: 0, why: "nothing changed there"), Term(name: "time", value: 0.2, why: "first to deviate"),
                    Term(name: "topology", value: 0.16, why: "called by all that failed"),
                    Term(name: "entity", value: 0.1, why: "named in messages"),
                    Term(name: "text", value: 0.06, why: "“connection”"),
                ], summary: "It was full, but nothing changed there: full because of what called it.", evidence: [limit.fingerprint]),
            Hypothesis(
                rank: 3, kind: .dependency, name: "Cardnet, the card provider", score: 0.21,
                terms: [
                    Term(name: "change", value: 0, why: "none known"), Term(name: "time", value: 0.08, why: "ended six minutes before"),
                    Term(name: "topology", value: 0.1, why: "payments calls it"), Term(name: "text", value: 0.05, why: "“slow”"),
                ], summary: "Slow at lunch, but green from 13:58, six minutes before.", evidence: [provider.fingerprint]),
            Hypothesis(
                rank: 4, kind: .change, service: "search", change: searchDeploy.fingerprint, name: "Deploy of search 2.9.1", score: 0.09,
                terms: [
                    Term(name: "change", value: 0.04, why: "nine minutes before"),
                    Term(name: "time", value: 0.05, why: "near in time only"),
                ],
                summary: "Near in time only; nothing that failed calls search.", evidence: [searchDeploy.fingerprint]),
        ]
        it.suspects = [
            SuspectChange(
                rank: 1, change: guilty.fingerprint, sha: guiltySha, subject: "Open a session per cart line", author: "Ola Berg",
                committedAt: at(13, 53),
                liveAt: at(14, 2, 4), files: ["src/pool.ts", "src/price.ts", "test/price.test.ts"], url: "https://git.example/9f3c1ae",
                score: 0.81,
                terms: [Term(name: "stack", value: 0.7, why: "three failing stacks name src/pool.ts:88")],
                summary: "Three failing stacks name src/pool.ts:88, written here."),
            SuspectChange(
                rank: 2, change: second.fingerprint, sha: second.commit ?? "", subject: "Price lines in parallel", author: "Ola Berg",
                committedAt: at(13, 50),
                liveAt: at(14, 2, 4), files: ["src/price.ts"], score: 0.38,
                terms: [Term(name: "service", value: 0.3, why: "touches checkout")],
                summary: "Calls what the first one changed; no failing line is its own."),
        ]
        it.actionItems = [
            ActionItem(text: "Replay dead-lettered orders", owner: "Jonas", done: true),
            ActionItem(text: "Run PoolBudgetTest before the deploy, not after", owner: "Ola", due: "2026-11-27"),
            ActionItem(text: "Give payments its own pool", owner: "Mara", due: "2026-12-04"),
        ]
        it.leftOut = [
            LeftOut(
                fingerprint: Fingerprint("left"), title: "search: p95 latency 0.8 s", score: 0.21, terms: [],
                reason: "no call joins search and shop-db")
        ]
        return it
    }

    static let similar = [
        SimilarCase(
            mention: CaseMention(
                number: 17, title: "Checkout pool used up after 4.2.0", status: .closed, severity: .high,
                startedAt: at(9, 0) - 120 * .dayMs,
                resolvedAt: at(9, 52) - 120 * .dayMs), score: 0.71, terms: [], summary: "Same message, same change path.",
            ending: "Root cause: sessions were never given back."),
        SimilarCase(
            mention: CaseMention(
                number: 31, title: "Connections near limit during backup", status: .resolved, severity: .medium,
                startedAt: at(2, 0) - 40 * .dayMs), score: 0.44, terms: [], summary: "Same database, no change nearby."),
    ]
    static let related = [
        RelatedCase(
            mention: CaseMention(number: 41, title: "search answers slowly", status: .open, severity: .low, startedAt: at(14, 11)),
            reason: "At the same time in search, which storefront calls.")
    ]

    static var outage: CaseFile {
        CaseFile(
            investigation: investigation, items: items, tracks: tracks,
            logRates: [
                rate("checkout", from: at(14, 3), minutes: 34, errors: 14, worst: 6..<14),
                rate("shop-db", from: at(14, 3), minutes: 32, errors: 4, worst: 4..<12),
                rate("payments", from: at(14, 4), minutes: 32, errors: 30, worst: 4..<10),
                rate("orders", from: at(14, 7), minutes: 29, errors: 12, worst: 0..<0),
                rate("storefront", from: at(14, 7), minutes: 28, errors: 3, worst: 0..<0),
            ],
            otherChanges: [
                commit(13, 51, "a1d09c4e55aa0b7c8d91e2f30415263748596a7b", "storefront", "Raise hero image quality to 82", "Kim Ruiz", []),
                commit(14, 12, "77aa09c4e55aa0b7c8d91e2f30415263748596a7", "search", "Sort facets by count", "Kim Ruiz", []),
                deployment(14, 45, 0, "search", "2.9.2"),
            ],
            map: ServiceMap(edges: [
                ("storefront", "checkout", 900), ("storefront", "cart", 1_900), ("storefront", "search", 4_000),
                ("checkout", "payments", 400),
                ("checkout", "shop-db", 2_100), ("checkout", "orders", 300), ("payments", "shop-db", 800), ("orders", "payments", 200),
                ("orders", "inventory", 300), ("cart", "shop-db", 1_800),
            ]),
            notes: [
                Annotation(at: at(14, 9, 15), author: "Mara Lindqvist", text: "Acknowledged; looking at payments first."),
                Annotation(at: at(14, 13, 15), author: "Mara Lindqvist", text: "Cardnet is green since 13:58, **not them**."),
                Annotation(at: at(14, 18), author: "Jonas", text: "Every checkout pod holds 9 sessions per cart."),
                Annotation(
                    at: at(14, 30), author: "Mara Lindqvist",
                    text: "Rolling back to 4.17.2.\n\n> We looked at Cardnet for four minutes because their page was red at lunch."),
            ],
            versions: [
                CaseVersion(version: 1, at: at(14, 6), author: "caseboard", changes: ["opened from 6 signals"]),
                CaseVersion(
                    version: 5, at: at(14, 20), author: "caseboard", changes: ["probable cause .79 → .87", "joined: a failing test"]),
                CaseVersion(version: 7, at: at(14, 52), author: "Mara Lindqvist", changes: ["root cause and to-dos written"]),
            ],
            gaps: [
                SourceGap(origin: "metrics", source: .metrics, service: "inventory", from: at(14, 10), to: at(14, 16)),
                SourceGap(origin: "tickets", source: .tickets, service: nil, from: at(14, 20), to: at(14, 40)),
            ],
            similar: similar, related: related,
            from: at(13, 50), to: at(14, 50))
    }

    /// `count` plain signals over the hour of the outage, for bounds and speed.
    static func large(_ count: Int) -> CaseFile {
        var file = outage
        file.items = (0..<count).map { index in
            let severity = Severity.allCases[index % 5]
            let service = ["checkout", "shop-db", "payments", "orders", "cart"][index % 5]
            let event = Event(
                source: .logs, type: .logBurst, subject: "burst \(index)",
                at: at(14, 0) + Int64(index) * 40 * 60_000 / Int64(max(1, count)),
                severity: severity, title: "Burst ×\(index): the session store timed out after 3000 ms", service: service, origin: "logs")
            return item(event, Double(index % 100) / 100, index < 10 ? .firstFailure : .impact)
        }
        return file
    }

    // MARK: - The board

    static var board: BoardFile {
        var open = investigation
        open.status = .inProgress
        (open.mitigatedAt, open.resolvedAt) = (nil, nil)
        let counts: [Int64] = [0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 2, 4, 9, 14, 11, 9, 8, 6, 7, 5, 6, 4, 5]
        var items = [
            BoardItem(investigation: open, evidenceCount: 51, rate: counts, from: at(13, 24), to: at(14, 24), changeAt: at(14, 2, 4))
        ]
        var export = Investigation(
            key: "case_0041", number: 41, title: "Nightly stock export fails since the schema change", severity: .medium,
            startedAt: at(3, 10),
            lastSignalAt: at(14, 10), services: ["inventory"])
        export.hypotheses = [
            Hypothesis(
                rank: 1, kind: .change, name: "Migration 0147_stock_unit", score: 0.74, terms: [],
                summary: "The export still reads the old column.")
        ]
        items.append(
            BoardItem(
                investigation: export, evidenceCount: 14, rate: (0..<24).map { $0 < 12 ? 0 : 1 }, from: at(3, 10) - .dayMs / 2,
                to: at(14, 24), changeAt: at(2, 58)))
        var flaky = Investigation(
            key: "case_0040", number: 40, title: "CartSessionTest fails one run in six", status: .inProgress, severity: .low,
            startedAt: at(10, 2) - 2 * .dayMs, lastSignalAt: at(13, 55), services: ["checkout"], assignedTo: "Ola Berg")
        flaky.hypotheses = [Hypothesis(rank: 1, kind: .change, name: "Commit 77ab1c0", score: 0.22, terms: [], summary: "")]
        items.append(
            BoardItem(
                investigation: flaky, evidenceCount: 6, rate: [0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1],
                from: at(0, 0) - 21 * .dayMs, to: at(14, 24)))
        items += ended(39)
        return BoardFile(
            title: "Shop", items: items,
            sources: [
                source("alerts", .well, "", 60), source("metrics", .gap, "inventory had a gap, 14:10 to 14:16", 24),
                source("logs", .well, "", 12),
                source("traces", .late, "6 min behind", 360), source("deploys", .well, "", 1_320), source("git", .well, "", 540),
                source("ci", .well, "", 600), source("feeds", .well, "", 1_560),
                source("tickets", .stopped, "breaker open since 12:40: five times 503, next try 14:30", 6_240, dead: 3),
            ],
            recentChanges: [
                deploy, searchDeploy,
                Event(
                    source: .deploys, type: .migration, subject: "0147", at: at(2, 58), title: "0147_stock_unit", service: "inventory",
                    origin: "deploys"),
            ],
            asOf: at(14, 24))
    }
    static func source(_ name: String, _ state: SourceHealth.State, _ remark: String, _ seconds: Int64, dead: Int64 = 0) -> SourceHealth {
        SourceHealth(
            name: name, kind: name, state: state, remark: remark,
            recent: (0..<24).map { Int64(8 + ($0 * 7 + name.utf8.count * 3) % 5 + ($0 == 22 ? 9 : 0)) },
            newestAt: at(14, 24) - seconds * 1_000, readCount: 1_000, deadLetterCount: dead)
    }
    static func ended(_ count: Int) -> [BoardItem] {
        let titles = [
            "Images missing in the storefront", "Search facets time out", "Mail queue grows", "Prices show as 0.00",
            "Certificate warning on the admin host", "Orders written twice",
        ]
        let causes = [
            "provider: object store errors", "Deploy of search 2.8.0", "Flag mail.batch on", "Configuration price-rounding",
            "certificate ran out", "Deploy of orders 3.2.4",
        ]
        let severities: [Severity] = [.high, .medium, .medium, .critical, .low, .high, .medium, .low, .medium]
        var chance = SeededGenerator16(seed: 99)
        return (0..<count).map { index in
            let number = count - index
            let daysAgo = Int64(Double(index + 1) * 88 / Double(count + 1) + (chance.next() > 0.6 ? 0 : 0.4))
            let start = at(9, 12) - daysAgo * .dayMs + Int64(chance.next() * 20_000_000)
            let lasted = Int64(900_000 + chance.next() * chance.next() * 9_000_000)
            var it = Investigation(
                key: "case_\(number)", number: number, title: titles[index % 6], status: index % 7 == 6 ? .closed : .resolved,
                severity: severities[index % 9], startedAt: start,
                resolvedAt: start + lasted, lastSignalAt: start + lasted, services: index % 3 == 0 ? ["storefront", "cart"] : ["search"])
            if index % 5 != 4 {
                it.hypotheses = [
                    Hypothesis(
                        rank: 1, kind: index % 2 == 0 ? .dependency : .change, name: causes[index % 6], score: 0.5 + chance.next() * 0.45,
                        terms: [], summary: "")
                ]
            }
            return BoardItem(investigation: it, evidenceCount: 9, from: start, to: start + lasted)
        }
    }
}

/// A small seeded wobble in 0…1 for series.
struct SeededGenerator16 {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 40) / Double(1 << 24)
    }
}
