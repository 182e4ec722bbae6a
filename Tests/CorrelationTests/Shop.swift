import Model

@testable import Correlation

/// A small shop in literals: times are minutes and seconds after 14:00 UTC on a Sunday.
enum Shop {
    static let start = Instant(ms: 1_795_356_000_000)  // 2026-11-22T14:00:00Z
    static func at(_ minute: Int, _ second: Int = 0) -> Instant { start + Int64(minute * 60_000 + second * 1_000) }

    static let map = ServiceMap(edges: [
        ("storefront", "checkout", 900), ("storefront", "cart", 700), ("storefront", "search", 800), ("checkout", "payments", 400),
        ("checkout", "orders", 400), ("checkout", "cart", 400), ("payments", "shop-db", 400), ("cart", "shop-db", 300),
        ("payments", "cardnet", 400), ("orders", "inventory", 300), ("search", "search-index", 800),
    ])

    static func metric(
        _ service: String, _ metric: String, _ at: Instant, until: Instant? = nil, _ severity: Severity = .high, strength: Double = 0.9,
        peak: Double = 90, low: Double = 10, high: Double = 20, instance: String? = nil, host: String? = nil, title: String? = nil
    ) -> Event {
        var attributes: [String: JSONValue] = [
            EventAttribute.metric: .string(metric), EventAttribute.strength: .double(strength), EventAttribute.peak: .double(peak),
            EventAttribute.usualLow: .double(low), EventAttribute.usualHigh: .double(high), EventAttribute.direction: "up",
        ]
        if let until { attributes[EventAttribute.endedAt] = .int(until.ms) }
        if let instance { attributes[EventAttribute.instance] = .string(instance) }
        return Event(
            source: .metrics, type: .metricAnomaly, subject: "\(metric) \(instance ?? "") \(at.ms)", at: at, severity: severity,
            title: title ?? "\(metric) \(Int(peak)); usual \(Int(low)) to \(Int(high))", service: service, host: host,
            attributes: attributes)
    }

    static func log(
        _ service: String, _ template: String, _ at: Instant, until: Instant? = nil, _ severity: Severity = .high, exception: String? = nil,
        strength: Double = 0.9, type: EventType = .newLogTemplate, frames: [StackFrame] = [], host: String? = nil
    ) -> Event {
        var attributes: [String: JSONValue] = [
            EventAttribute.template: .string(template), EventAttribute.templateID: .string(Fingerprint(service, template).text),
            EventAttribute.strength: .double(strength), EventAttribute.level: severity >= .high ? "error" : "warning",
        ]
        if let until { attributes[EventAttribute.endedAt] = .int(until.ms) }
        if let exception { attributes[EventAttribute.exception] = .string(exception) }
        if !frames.isEmpty { attributes[EventAttribute.frames] = .array(frames.map(\.json)) }
        return Event(
            source: .logs, type: type, subject: "\(template) \(at.ms)", at: at, severity: severity, title: "New message: \(template)",
            service: service,
            host: host, attributes: attributes)
    }

    static func spans(
        _ service: String, _ operation: String, _ at: Instant, until: Instant? = nil, isSlow: Bool = false, traces: [String] = []
    ) -> Event {
        var attributes: [String: JSONValue] = [EventAttribute.operation: .string(operation), EventAttribute.strength: 0.9]
        if let until { attributes[EventAttribute.endedAt] = .int(until.ms) }
        if !traces.isEmpty { attributes[EventAttribute.exemplarTraces] = .strings(traces) }
        return Event(
            source: .traces, type: isSlow ? .slowOperation : .errorSpans, subject: "\(operation) \(at.ms)", at: at, severity: .high,
            title: isSlow ? "\(operation) is slow" : "\(operation): failing spans", service: service, attributes: attributes)
    }

    static func alert(
        _ service: String?, _ name: String, _ at: Instant, until: Instant? = nil, _ severity: Severity = .critical, host: String? = nil
    ) -> Event {
        var attributes: [String: JSONValue] = [EventAttribute.strength: 0.9, EventAttribute.labels: ["alertname": .string(name)]]
        if let until { attributes[EventAttribute.endedAt] = .int(until.ms) }
        return Event(
            source: .alerts, type: .alert, subject: "\(name) \(at.ms)", at: at, severity: severity, title: "\(name) firing",
            service: service, host: host,
            attributes: attributes)
    }

    static func test(
        _ suite: String, _ name: String, _ at: Instant, commit: String? = nil, service: String? = nil, message: String = "",
        file: String? = nil
    ) -> Event {
        var attributes: [String: JSONValue] = [
            EventAttribute.suite: .string(suite), EventAttribute.test: .string(name), EventAttribute.message: .string(message),
            EventAttribute.strength: 0.8,
        ]
        if let file { attributes[EventAttribute.frames] = .array([StackFrame(file: file, line: 12, function: name).json]) }
        return Event(
            source: .ci, type: .testFailure, subject: "\(suite).\(name) \(at.ms)", at: at, severity: .medium,
            title: "\(suite).\(name) failed", service: service,
            attributes: attributes, commit: commit)
    }

    static func commit(
        _ sha: String, _ subject: String, _ at: Instant, files: [(String, Int, Int)] = [("README.md", 2, 1)], parents: [String] = [],
        reverts: String? = nil,
        service: String? = nil
    ) -> Event {
        var attributes: [String: JSONValue] = [
            EventAttribute.files: .array(files.map { TouchedFile(path: $0.0, added: $0.1, deleted: $0.2).json }),
            EventAttribute.author: "Ola Berg",
            EventAttribute.parents: .strings(parents),
        ]
        if parents.count > 1 { attributes[EventAttribute.isMerge] = true }
        if let reverts { attributes[EventAttribute.reverts] = .string(reverts) }
        return Event(
            source: .git, type: .commit, subject: sha, at: at, title: subject, service: service, attributes: attributes, sourceID: sha,
            commit: sha)
    }

    static func deploy(
        _ service: String?, _ version: String, _ at: Instant, commit: String? = nil, previous: String? = nil, title: String? = nil
    ) -> Event {
        var attributes: [String: JSONValue] = [EventAttribute.version: .string(version)]
        if let previous { attributes[EventAttribute.previousCommit] = .string(previous) }
        return Event(
            source: .deploys, type: .deployment, subject: "\(version) \(at.ms)", at: at,
            title: title ?? "\(service ?? "everything") \(version) live", service: service,
            attributes: attributes, commit: commit)
    }

    static func note(_ service: String?, _ text: String, _ at: Instant) -> Event {
        Event(source: .manual, type: .note, subject: "\(text) \(at.ms)", at: at, title: text, service: service)
    }

    static func sha(_ number: Int) -> String {
        Fingerprint("sha", String(number)).text.map { $0.isLetter ? String($0.asciiValue.map { $0 % 10 } ?? 0) : String($0) }.joined()
            + "abcdef"
    }

    // MARK: - The bad deploy

    static let guilty = "9f3c1ae0000000000000000000000000000000aa"
    static let base = "4170000000000000000000000000000000000000"

    /// A straight line of commits: a base long live, seven in the release (the guilty one fourth), ten not yet deployed.
    static let commits: [Event] = {
        let subjects = [
            "Raise hero image quality", "Translate returns page", "Sort wish list by date", "Open a session per cart line",
            "Price lines in parallel",
            "Log cart id on checkout", "Tidy button colours",
        ]
        var out = [commit(base, "Release 4.17.2", at(-600), files: [("CHANGELOG.md", 3, 1)])]
        var parent = base
        for (index, subject) in subjects.enumerated() {
            let own = index == 3 ? guilty : "c\(index)77e0b2000000000000000000000000000000000"
            let files: [(String, Int, Int)] =
                index == 3
                ? [("services/checkout/src/pool.ts", 50, 10), ("services/checkout/src/session.ts", 14, 2)]
                : [("services/web/page\(index).ts", 20 + index, 3)]
            out.append(commit(own, subject, at(-120 + index * 10), files: files, parents: [parent]))
            parent = own
        }
        for index in 0..<10 {
            let own = "d\(index)000000000000000000000000000000000000000"
            out.append(
                commit(
                    own, "Open another session pool \(index)", at(-40 + index), files: [("services/checkout/src/pool.ts", 90, 9)],
                    parents: [parent]))
            parent = own
        }
        return out
    }()
    static let release = deploy("checkout", "4.18.0", at(2, 4), commit: "c677e0b2000000000000000000000000000000000", previous: base)
    static let rollback = deploy(
        "checkout", "4.17.2", at(36, 20), commit: base, previous: "c677e0b2000000000000000000000000000000000",
        title: "Rollback of checkout to 4.17.2")
    static let searchDeploy = deploy("search", "2.9.1", at(-8, 40))
    static let poolFrames = [
        StackFrame(file: "services/checkout/src/pool.ts", line: 88, function: "acquireSession"),
        StackFrame(file: "node_modules/pg/index.js", line: 3, function: "connect"),
    ]

    static let cascade: [Event] = [
        metric(
            "shop-db", "connections_in_use", at(2, 40), until: at(36), .medium, peak: 118, low: 62, high: 78,
            title: "Connections in use 118; usual 62 to 78"),
        metric(
            "shop-db", "connections_used_percent", at(3, 50), until: at(36), .critical, peak: 200, low: 62, high: 78,
            title: "Connections at the limit, 200 of 200"),
        log("checkout", "acquired <*> sessions for cart <*>", at(3, 21), until: at(36), .medium, strength: 0.8),
        log(
            "payments", "PoolTimeout: no connection within 3000 ms", at(4, 12), until: at(36), .critical, exception: "PoolTimeout",
            frames: poolFrames),
        spans("payments", "POST /authorize", at(4, 15), until: at(36), traces: ["aaaa1111"]),
        metric(
            "payments", "failing_requests", at(4, 40), until: at(36), .critical, peak: 44, low: 0, high: 1,
            title: "Failing requests 44 %; usual 0 to 1 %"),
        spans("checkout", "PlaceOrder", at(5, 2), until: at(36), isSlow: true, traces: ["aaaa1111"]),
        metric(
            "checkout", "failing_requests", at(5, 10), until: at(37), .critical, peak: 31, low: 0, high: 1,
            title: "Failing requests 31 %; usual 0 to 1 %"),
        log("checkout", "payments answered <*>", at(5, 30), until: at(36), type: .errorBurst),
        metric("cart", "p95", at(5, 44), until: at(37), .medium, peak: 900, low: 120, high: 160, title: "p95 900 ms; usual 120 to 160 ms"),
        alert("payments", "PaymentsErrorRateHigh", at(6, 2), until: at(38)),
        alert("checkout", "CheckoutAvailabilitySLO", at(6, 10), until: at(40)),
        metric("orders", "queue_lag", at(7, 5), until: at(39), .high, peak: 95, low: 0, high: 2, title: "Queue lag 95 s; usual 0 to 2 s"),
        metric(
            "storefront", "error_rate", at(7, 45), until: at(41), .high, peak: 9, low: 0, high: 1, title: "Error rate 9 %; usual 0 to 1 %"),
    ]
    static let badDeploy = cascade + commits + [release, rollback, searchDeploy]

    /// Search runs out of heap at the same time; nothing else of the story touches it.
    static let searchTrouble: [Event] = [
        metric(
            "search-index", "heap_used", at(5, 0), until: at(20), .high, peak: 98, low: 40, high: 60,
            title: "Heap used 98 %; usual 40 to 60 %"),
        log("search-index", "OutOfMemoryError in segment merge", at(5, 40), until: at(20), exception: "java.lang.OutOfMemoryError"),
        metric(
            "search", "facet_p95", at(6, 20), until: at(21), .high, peak: 2_000, low: 80, high: 100,
            title: "Facet p95 2000 ms; usual 80 to 100 ms"),
        alert("search", "SearchSlow", at(8, 0), until: at(22), .high),
    ]
    static let flakyTest = test(
        "GiftWrapTest", "ribbonIsFree", at(8, 30), commit: "c677e0b2000000000000000000000000000000000", service: "checkout",
        message: "expected 3 but was 2")

    static func window(
        _ events: [Event], cases: [CaseSnapshot] = [], links: [HumanLink] = [], now: Instant? = nil, map: ServiceMap = Shop.map,
        single: Bool = false, hint: Instant? = nil,
        rules: CorrelationRules = CorrelationRules(), firstFree: Int = 1
    ) -> CorrelationWindow {
        CorrelationWindow(
            events: events.sorted { ($0.occurredAt, $0.id) < ($1.occurredAt, $1.id) }, map: map, cases: cases, humanLinks: links,
            firstFreeNumber: firstFree,
            now: now ?? at(50), rules: rules, isSingleIncident: single, startHint: hint)
    }
}

/// What a store does with decisions: keeps events and cases, and asks again.
struct Ledger {
    var events: [Event] = []
    var cases: [String: CaseSnapshot] = [:]
    var links: [HumanLink] = []
    var map = Shop.map
    var rules = CorrelationRules()
    var settled: Set<String> = []

    var snapshots: [CaseSnapshot] {
        cases.values.map { snapshot in
            var snapshot = snapshot
            snapshot.isSettled = snapshot.isSettled || settled.contains(snapshot.investigation.key)
            return snapshot
        }.sorted { $0.investigation.key < $1.investigation.key }
    }
    /// The living cases, by number.
    var living: [CaseSnapshot] {
        snapshots.filter { $0.investigation.mergedInto == nil && !$0.investigation.isDeleted }.sorted {
            $0.investigation.number < $1.investigation.number
        }
    }

    @discardableResult
    mutating func decide(now: Instant) -> [CaseChange] {
        let changes = Correlator.decide(Shop.window(events, cases: snapshots, links: links, now: now, map: map, rules: rules))
        for change in changes {
            switch change {
            case .open(let snapshot, _), .update(let snapshot, _): cases[snapshot.investigation.key] = snapshot
            case .merge(let key, let into, _):
                let number = cases[into]?.investigation.number
                cases[key]?.investigation.mergedInto = number
            case .withdraw(let key, _): cases[key] = nil
            }
        }
        return changes
    }
    @discardableResult
    mutating func add(_ more: [Event], now: Instant) -> [CaseChange] {
        events += more
        return decide(now: now)
    }
}

/// What must not depend on the order of arrival: everything but keys, versions and the memory of what happened.
struct Outcome: Equatable {
    var number: Int
    var title: String
    var verdict: String
    var evidence: [Evidence]
    var hypotheses: [Hypothesis]
    var suspects: [SuspectChange]
    var status: InvestigationStatus
    var severity: Severity
    var startedAt: Instant
    var resolvedAt: Instant?
    var leftOut: [LeftOut]
    init(_ snapshot: CaseSnapshot) {
        let investigation = snapshot.investigation
        number = investigation.number
        title = investigation.title
        verdict = investigation.verdict
        evidence = snapshot.evidence
        hypotheses = investigation.hypotheses
        suspects = investigation.suspects
        status = investigation.status
        severity = investigation.severity
        startedAt = investigation.startedAt
        resolvedAt = investigation.resolvedAt
        leftOut = investigation.leftOut
    }
}

extension CaseChange {
    var snapshot: CaseSnapshot? {
        switch self {
        case .open(let snapshot, _), .update(let snapshot, _): snapshot
        case .merge, .withdraw: nil
        }
    }
    var isOpening: Bool { if case .open = self { true } else { false } }
    var reasons: [String] {
        switch self {
        case .open(_, let reasons), .update(_, let reasons), .merge(_, _, let reasons), .withdraw(_, let reasons): reasons
        }
    }
}
