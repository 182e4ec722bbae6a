import Foundation
import Model
import Store

/// `caseboard query` and `search` on 10 000 investigations and 1 000 000 events: milliseconds of the whole question, the store
/// opened anew as the command does.
enum QueryBenchmark {
    static let events = 1_000_000
    static let cases = 10_000
    private static let services = (0..<60).map { "svc-\($0)" }
    private static let types: [EventType] = [
        .alert, .errorBurst, .metricAnomaly, .deployment, .commit, .slowOperation, .testFailure, .note,
    ]

    static func run() throws {
        let path = try benchFolder("query").appending(path: "store.db").path(percentEncoded: false)
        let now = Instant(rfc3339: "2026-03-10T15:20:00Z") ?? Instant(ms: 0)
        let before = cpuSeconds()
        try fill(path, now: now)
        print(
            "query: \(Self.cases) investigations, \(Self.events) events; filled and indexed in \(twoDigits(cpuSeconds() - before)) CPU-seconds"
        )
        func cases(_ name: String, _ filter: CaseFilter) throws {
            try time("investigations \(name)", path) { try $0.investigations(matching: filter).total }
        }
        func events(_ name: String, _ filter: EventFilter) throws {
            try time("events \(name)", path) { try $0.events(matching: filter).total }
        }
        try cases("all", CaseFilter())
        try cases("open, a service, high and worse", CaseFilter(status: .open, severity: .high, service: "svc-7"))
        try cases("of a quarter, by start", CaseFilter(from: now - 90 * .dayMs, to: now, order: .started, limit: 1_000))
        try cases("with a word of every title", CaseFilter(text: "trouble", order: .number))
        try cases("with a rare word", CaseFilter(text: "walrus77"))
        try events("all", EventFilter())
        try events("of a service, high and worse", EventFilter(severity: .high, service: "svc-7"))
        try events("deployments of a day", EventFilter(type: .deployment, from: now - 30 * .dayMs, to: now - 29 * .dayMs))
        try events("signals of a year", EventFilter(role: .signal, from: now - 365 * .dayMs, to: now - 3 * .hourMs, limit: 1_000))
        try events("page 100", EventFilter(source: .alerts, order: .oldest, offset: 9_900))
        try events("of a service that has none", EventFilter(service: "nowhere"))
        try events("with a word of every title", EventFilter(text: "message"))
        try events("with a rare word", EventFilter(text: "walrus777"))
        for words in ["walrus777", "message", "message svc", "refused walrus777", "mess", "w"] {
            try time("search `\(words)`", path) { try $0.search(words, limit: 20).count }
        }
    }

    private static func time(_ name: String, _ path: String, _ ask: (CaseStore) throws -> Int) throws {
        var figures: [Double] = []
        var count = 0
        for _ in 1...7 {
            let start = ContinuousClock.now
            let store = try CaseStore.open(path: path, createIfMissing: false, readOnly: true)
            count = try ask(store)
            let took = ContinuousClock.now - start
            figures.append(Double(took.components.attoseconds) / 1e15 + Double(took.components.seconds) * 1_000)
        }
        print("    \(twoDigits(figures.sorted()[3])) ms  \(name): \(count)")
    }

    private static func fill(_ path: String, now: Instant) throws {
        let store = try CaseStore.open(path: path)
        for start in stride(from: 0, to: events, by: 50_000) {
            let batch = (start..<start + 50_000).map { index in
                Event(
                    source: .alerts, type: types[index % types.count], subject: "\(index)", at: now - Int64(events - index) * 30_000,
                    severity: Severity.allCases[index / 7 % 5], title: "message \(index) of \(services[index % 59]): connection refused",
                    body: index % 1_000 == 777 ? "the walrus\(index / 1_000) was here" : "no more slots", service: services[index / 3 % 60],
                    environment: index % 2 == 0 ? "production" : "staging", host: "host-\(index % 400)",
                    attributes: ["strength": 0.8, "count": .int(Int64(index % 90))], origin: "alerts")
            }
            try store.transaction { _ = try store.append(batch) }
        }
        for start in stride(from: 0, to: cases, by: 500) {
            try store.apply(
                (start..<start + 500).map { index in
                    let at = now - Int64(cases - index) * 50 * .minuteMs
                    let isOpen = index % 50 == 0
                    let hypothesis = Hypothesis(
                        rank: 1, kind: .service, service: services[index % 60], name: "\(services[index % 60]) itself", score: 0.6,
                        terms: [Term(name: "deviation", value: 0.9, why: "21 σ above its usual range")], summary: "It deviates most.")
                    return .open(
                        CaseSnapshot(
                            investigation: Investigation(
                                key: "case_\(index)", number: index + 1, title: "trouble \(index) with \(services[index % 60])",
                                verdict: index % 100 == 77 ? "a walrus\(index / 100)" : "It probably caused it.",
                                status: isOpen ? .open : .resolved, severity: Severity.allCases[index % 5], startedAt: at,
                                resolvedAt: isOpen ? nil : at + .hourMs, lastSignalAt: at + .hourMs,
                                services: [services[index % 60], services[index % 13]], components: ["api"], environment: "production",
                                assignedTo: index % 3 == 0 ? "ada" : nil, hypotheses: [hypothesis]),
                            evidence: [], isSettled: true), reasons: ["opened"])
                }, at: now, author: "caseboard")
        }
        try store.indexSearch()
    }
}
