import Model
import TestKit
import Testing

@testable import Store

struct CaseListingTests {
    let store: CaseStore
    init() throws {
        store = try .inMemory()
        var changes: [CaseChange] = []
        for number in 1...40 {
            var it = snapshot("\(number % 7)-\(number)", number: number, minute: number * 10).investigation
            it.services = ["svc-\(number % 3)", "svc-\(number % 5)"]
            it.components = number % 4 == 0 ? ["api"] : []
            it.severity = Severity.allCases[number % 5]
            it.priority = it.severity.priority
            it.status = InvestigationStatus.allCases[number % 5]
            it.assignedTo = number % 6 == 0 ? "ann" : nil
            it.environment = number % 2 == 0 ? "production" : nil
            it.verdict = number == 17 ? "a walrus sat on it" : ""
            it.impact = String(repeating: "long ", count: 500)
            it.hypotheses = (1...3).map {
                Hypothesis(rank: $0, kind: .change, change: Fingerprint("\($0)"), name: "cause \($0)", score: 0.5, terms: [], summary: "s")
            }
            changes.append(.open(CaseSnapshot(investigation: it, evidence: [], isSettled: true), reasons: ["opened"]))
        }
        try store.apply(changes, at: noon, author: "me")
    }

    static let filters: [CaseFilter] = [
        CaseFilter(), CaseFilter(status: .open), CaseFilter(severity: .medium), CaseFilter(priority: .p0), CaseFilter(service: "svc-4"),
        CaseFilter(component: "api"), CaseFilter(environment: "production"), CaseFilter(assignedTo: "ann"),
        CaseFilter(from: .minutes(100), to: .minutes(200)), CaseFilter(status: .open, severity: .high, service: "svc-0"),
        CaseFilter(service: "nowhere"), CaseFilter(order: .started, limit: 7, offset: 3), CaseFilter(order: .number, limit: 5, offset: 38),
        CaseFilter(limit: 3, offset: 100),
    ]

    @Test(arguments: filters) func `a filter admits what its words say`(_ filter: CaseFilter) throws {
        let admitted = try store.allInvestigations().filter { it in
            (filter.status.map { $0 == it.status } ?? true) && (filter.severity.map { it.severity >= $0 } ?? true)
                && (filter.priority.map { $0 == it.priority } ?? true) && (filter.service.map { it.services.contains($0) } ?? true)
                && (filter.component.map { it.components.contains($0) } ?? true)
                && (filter.environment.map { $0 == it.environment } ?? true) && (filter.assignedTo.map { $0 == it.assignedTo } ?? true)
                && (filter.from.map { it.startedAt >= $0 } ?? true) && (filter.to.map { it.startedAt <= $0 } ?? true)
        }
        func order(_ it: Investigation) -> [Int] {
            switch filter.order {
            case .number, .changed: [-it.number]
            case .started: [-Int(it.startedAt.ms), -it.number]
            case .severity: [it.status.isEnded ? 1 : 0, it.status.isEnded ? 0 : it.severity.rank, -it.number]
            }
        }
        let expected = admitted.sorted { order($0).lexicographicallyPrecedes(order($1)) }.dropFirst(filter.offset).prefix(filter.limit)
        let found = try store.investigations(matching: filter)
        #expect(found.page.map(\.number) == expected.map(\.number))
        #expect(found.total == admitted.count)
    }

    @Test func `words find, and text without a word finds nothing`() throws {
        #expect(try store.investigations(matching: CaseFilter(text: "walrus")).page.map(\.number) == [17])
        #expect(try store.investigations(matching: CaseFilter(text: "\"*(")).total == 0)
    }

    @Test func `a brief is the document without its long parts`() throws {
        let brief = try #require(try store.briefs(keys: ["case_3-17"]).first)
        #expect(brief.verdict == "a walrus sat on it" && brief.services == ["svc-2", "svc-2"] && brief.version == 1)
        #expect(brief.impact.isEmpty && brief.hypotheses.map(\.name) == ["cause 1"])
    }

    @Test func `entries are the columns of those that are not deleted`() throws {
        try store.apply([.withdraw(key: "case_3-17", reasons: [])], at: noon, author: "me")
        let entries = try store.caseEntries()
        #expect(entries.map(\.number) == (1...40).reversed().filter { $0 != 17 })
        let it = try #require(entries.last)
        #expect(it.services == ["svc-1"] && it.changedAt == noon && it.severity == .high)
        #expect(try store.investigations(matching: CaseFilter(limit: 1)).total == 39)
        #expect(try store.integrityProblems() == [])
    }

    @Test func `the audit says how the status changed and what was linked`() throws {
        let event = sample("1")
        try store.append([event])
        var snapshot = try #require(try store.snapshot(number: 17))
        snapshot.investigation.status = .closed
        snapshot.evidence = [evidence(event)]
        try store.apply([.update(snapshot, reasons: ["closed"])], at: noon, author: "ann")
        let detail = try #require(try store.auditEntries().last?.detail)
        #expect(detail["status"] == "closed" && detail["was_status"] == "mitigated")
        #expect(detail["linked"] == [.string(event.fingerprint.text)] && detail["unlinked"] == nil)
    }

    @Test(arguments: CaseFilter.Order.allCases) func `lists of investigations read no document`(_ order: CaseFilter.Order) throws {
        let plan = try store.plan(ListingQuery.matching(order))
        #expect(plan.contains { $0.contains("USING COVERING INDEX investigation_listing") }, "\(plan)")
        let entries = try store.plan(ListingQuery.entries)
        #expect(entries.contains { $0.contains("USING COVERING INDEX investigation_listing") }, "\(entries)")
    }
}

struct EventListingTests {
    static func event(_ index: Int, lasting minutes: Int? = nil) -> Event {
        var attributes: [String: JSONValue] = [:]
        if let minutes { attributes[EventAttribute.endedAt] = .int(Instant.minutes(index / 2 + minutes).ms) }
        return Event(
            source: EventSource.allCases[index % 4], type: [.alert, .commit, .note][index % 3], subject: "\(index)",
            at: .minutes(index / 2),
            severity: Severity.allCases[index % 5], title: index % 10 == 0 ? "a walrus" : "event \(index)",
            service: index % 7 == 0 ? nil : "svc-\(index % 3)", component: index % 8 == 0 ? "api" : nil,
            environment: index % 2 == 0 ? "production" : nil, attributes: attributes, origin: "o")
    }
    let store: CaseStore
    init() throws {
        store = try .inMemory()
        try store.append((0..<200).map { Self.event($0) })
        try store.indexSearch()
        // Some give way to longer ones, some are deleted, one comes later.
        try store.append([5, 25, 45].map { Self.event($0, lasting: 9) })
        _ = try store.deleteEvent(id: Self.event(60).id, at: noon)
        try store.indexSearch()
    }

    static let filters: [EventFilter] = [
        EventFilter(), EventFilter(order: .oldest), EventFilter(source: .ci), EventFilter(type: .note, limit: 5),
        EventFilter(role: .change, order: .oldest, limit: 9, offset: 20), EventFilter(severity: .high), EventFilter(service: "svc-2"),
        EventFilter(component: "api"), EventFilter(environment: "production", limit: 13, offset: 80),
        EventFilter(from: .minutes(20), to: .minutes(30)), EventFilter(type: .alert, from: .minutes(1), to: .minutes(77), order: .oldest),
        EventFilter(service: "nowhere"), EventFilter(limit: 10, offset: 1_000), EventFilter(text: "walrus"),
        EventFilter(severity: .high, text: "walrus", order: .oldest, limit: 2, offset: 1), EventFilter(text: "?"),
    ]

    @Test(arguments: filters) func `a filter admits what its words say`(_ filter: EventFilter) throws {
        let live = try store.events(in: .minutes(-1_000)...Instant.minutes(1_000))
        let admitted = live.filter { it in
            (filter.source.map { $0 == it.source } ?? true) && (filter.type.map { $0 == it.type } ?? true)
                && (filter.role.map { $0 == it.role } ?? true) && (filter.severity.map { it.severity >= $0 } ?? true)
                && (filter.service.map { $0 == it.service } ?? true) && (filter.component.map { $0 == it.component } ?? true)
                && (filter.environment.map { $0 == it.environment } ?? true) && (filter.from.map { it.occurredAt >= $0 } ?? true)
                && (filter.to.map { it.occurredAt <= $0 } ?? true) && (filter.text.map { it.title.contains($0) } ?? true)
        }
        let found = try store.events(matching: filter)
        #expect(found.total == admitted.count && !found.isBounded)
        let times = admitted.map(\.occurredAt).sorted { filter.order == .newest ? $0 > $1 : $0 < $1 }
        #expect(found.events.map(\.occurredAt) == Array(times.dropFirst(filter.offset).prefix(filter.limit)))
        #expect(Set(found.events.map(\.id)).isSubset(of: Set(admitted.map(\.id))))
        #expect(Set(found.events.map(\.id)).count == found.events.count)
    }

    @Test func `pages follow each other without a gap`() throws {
        let all = try store.events(matching: EventFilter(limit: 1_000)).events.map(\.id)
        let pages = try (0..<20).flatMap { try store.events(matching: EventFilter(limit: 10, offset: $0 * 10)).events.map(\.id) }
        #expect(pages == all)
        #expect(all.count == 199)
    }

    @Test func `a derived signal that goes and comes back is listed again`() throws {
        let scope = DerivedScope(types: [.alert], scopeKey: "s")
        let range = Instant.minutes(900).ms..<Instant.minutes(1_000).ms
        let signal = sample("derived", minute: 950)
        func count() throws -> Int {
            try store.indexSearch()
            return try store.events(matching: EventFilter(from: .minutes(900))).total
        }
        try store.replaceDerived([signal], scope: scope, onsets: range)
        #expect(try count() == 1)
        try store.replaceDerived([], scope: scope, onsets: range)
        #expect(try count() == 0)
        try store.replaceDerived([signal], scope: scope, onsets: range)
        #expect(try count() == 1)
        #expect(try store.integrityProblems() == [])
        try store.rebuildIndexes()
        #expect(try count() == 1)
        #expect(try store.integrityProblems() == [])
    }

    @Test func `events are counted by what they are`() throws {
        let counts = try store.eventCounts()
        #expect(counts.reduce(0) { $0 + $1.count } == 199)
        #expect(counts == counts.sorted { ($0.source, $0.type, $0.severity) < ($1.source, $1.type, $1.severity) })
    }

    @Test func `a word of most events finds those that have it in their title, the latest first`() throws {
        try store.append(
            (0..<4_100).map {
                Event(source: .alerts, type: .alert, subject: "m\($0)", at: noon, title: "x\($0)", body: "seal", origin: "o")
            })
        try store.append([Event(source: .alerts, type: .alert, subject: "last", at: noon, title: "a seal", body: "", origin: "o")])
        try store.append([Event(source: .alerts, type: .alert, subject: "then", at: noon, title: "no", body: "seal", origin: "o")])
        let hits = try store.search("seal", limit: 3)
        #expect(hits.map(\.title) == ["a seal", "no", "x4099"])
        let page = try store.events(matching: EventFilter(text: "seal", limit: 5))
        #expect(page.isBounded && page.total == EventListQuery.wordMatches && page.events.count == 5)
    }

    static let plans: [(sql: String, step: String)] = [
        (EventListQuery.count, "SEARCH event_member USING PRIMARY KEY (event_group_id=? AND occurred_at>? AND occurred_at<?)"),
        (EventListQuery.newestOfGroup, "SEARCH event_member USING PRIMARY KEY (event_group_id=? AND occurred_at>? AND occurred_at<?)"),
        (EventListQuery.oldestOfGroup, "SEARCH event_member USING PRIMARY KEY (event_group_id=? AND occurred_at>? AND occurred_at<?)"),
        (EventListQuery.byRow, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)"),
        (EventListQuery.admitted, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)"),
        (SearchText.nextWord, "SCAN event_words VIRTUAL TABLE INDEX"),
        (SearchText.newestEvents, "SEARCH event USING INTEGER PRIMARY KEY (rowid=?)"),
    ]
    @Test(arguments: plans.indices) func `a list of events walks over no table of events and sorts nothing`(_ index: Int) throws {
        let plan = try store.plan(Self.plans[index].sql)
        #expect(plan.contains { $0.contains(Self.plans[index].step) }, "\(plan)")
        #expect(!plan.contains { $0.hasPrefix("SCAN event ") || $0 == "SCAN event" || $0.contains("TEMP B-TREE") }, "\(plan)")
    }
}
