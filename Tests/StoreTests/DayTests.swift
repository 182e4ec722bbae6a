import Model
import TestKit
import Testing

@testable import Store

struct DayTests {
    static let day: Int64 = 20_520
    static func at(_ hour: Int) -> Instant { Instant(ms: day * .dayMs + Int64(hour) * .hourMs) }
    static func event(_ name: String, hour: Int, severity: Severity = .high, role: EventRole = .signal, service: String = "checkout")
        -> Event
    {
        Event(
            source: .alerts, type: .alert, subject: name, at: at(hour), role: role, severity: severity, title: name, service: service,
            origin: "alerts")
    }

    @Test func `a day and a service are stamped by what is new, and not by what is known`() throws {
        let store = try CaseStore.inMemory()
        try store.append([Self.event("a", hour: 1), Self.event("b", hour: 2)])
        #expect(try store.stamps(.day) == ["20520": 1])
        #expect(try store.stamps(.service) == ["checkout": 1])
        try store.append([Self.event("a", hour: 1)])
        #expect(try store.stamps(.day) == ["20520": 1])
        try store.append([Self.event("c", hour: 30, service: "cart")])
        #expect(try store.stamps(.day) == ["20520": 1, "20521": 1])
        #expect(try store.stamps(.service) == ["cart": 1, "checkout": 1])
    }

    @Test func `an event that a person deletes stamps its day`() throws {
        let store = try CaseStore.inMemory()
        let event = Self.event("a", hour: 1)
        try store.append([event])
        _ = try store.deleteEvent(id: event.id, at: Self.at(2))
        #expect(try store.stamps(.day) == ["20520": 2])
        #expect(try store.countDay(Self.day).total == 0)
    }

    @Test func `telemetry stamps its service`() throws {
        let store = try CaseStore.inMemory()
        let track = MetricTrack(
            key: MetricKey(service: "db", metric: "connections"), kind: .gauge, unit: "",
            points: [MetricPoint(timeMs: Self.at(1).ms, value: 1)])
        try store.merge([track])
        try store.merge([track])
        #expect(try store.stamps(.service) == ["db": 1])
        #expect(try store.newestFact(service: "db") == Self.at(1))
    }

    @Test func `a day is counted by severity, source, service, hour and role`() throws {
        let store = try CaseStore.inMemory()
        try store.append([
            Self.event("a", hour: 1), Self.event("b", hour: 1, severity: .low), Self.event("c", hour: 23, role: .change),
            Self.event("d", hour: 5, role: .context), Self.event("next", hour: 24),
        ])
        let summary = try store.countDay(Self.day)
        #expect(summary.severities == [.high: 1, .low: 1])
        #expect(summary.sources == ["alerts": 2])
        #expect(summary.services == ["checkout": 2])
        #expect(summary.hours[1] == 2 && summary.hours.reduce(0, +) == 2)
        #expect(summary.changes == 1)
        #expect(summary.context == 1)
        #expect(summary.total == 4)
    }

    @Test func `a kept day comes back as it was`() throws {
        let store = try CaseStore.inMemory()
        try store.append([Self.event("a", hour: 1), Self.event("c", hour: 23, role: .change)])
        let summary = try store.countDay(Self.day)
        try store.save(summary, stamp: 7)
        let kept = try store.daySummaries()
        #expect(kept.map(\.stamp) == [7])
        #expect(kept.map(\.summary) == [summary])
    }

    @Test func `of a crowded day the worst signals and the changes are read`() throws {
        let store = try CaseStore.inMemory()
        try store.append([
            Self.event("low", hour: 1, severity: .low), Self.event("critical", hour: 9, severity: .critical),
            Self.event("change", hour: 3, role: .change), Self.event("context", hour: 2, severity: .critical, role: .context),
        ])
        #expect(try store.strongestEvents(day: Self.day, limit: 2).map(\.title) == ["change", "critical"])
        #expect(try store.strongestEvents(day: Self.day, limit: 9).map(\.title) == ["low", "context", "change", "critical"])
    }

    @Test func `changes are found by time and service, newest first`() throws {
        let store = try CaseStore.inMemory()
        try store.append([
            Self.event("a", hour: 1, role: .change), Self.event("b", hour: 2, role: .change, service: "cart"),
            Self.event("signal", hour: 3),
            Self.event("c", hour: 4, role: .change),
        ])
        let day = Self.at(0)...Self.at(24)
        #expect(try store.changes(in: day, limit: 9).map(\.title) == ["c", "b", "a"])
        #expect(try store.changes(in: day, service: "checkout", limit: 9).map(\.title) == ["c", "a"])
        #expect(try store.changes(in: day, limit: 1).map(\.title) == ["c"])
    }

    @Test func `a service knows its newest event`() throws {
        let store = try CaseStore.inMemory()
        try store.append([Self.event("late", hour: 9), Self.event("other", hour: 20, service: "cart"), Self.event("early", hour: 1)])
        #expect(try store.newestFact(service: "checkout") == Self.at(9))
        #expect(try store.newestFact(service: "nobody") == nil)
    }

    @Test func `a store of before is stamped when it is opened`() throws {
        // The step that made the tables looks back: see `Migrations.stamps`.
        let store = try CaseStore.inMemory()
        try store.append([Self.event("a", hour: 1)])
        let days = try store.access { connection in
            try connection.run("DELETE FROM stamp")
            try connection.run(
                "INSERT INTO stamp (kind, subject, changes) SELECT 'day', (occurred_at - CASE WHEN occurred_at < 0 THEN 86399999 ELSE 0 END) / 86400000 AS day, 1 FROM event GROUP BY day"
            )
            return try connection.all("SELECT subject FROM stamp") { $0.text(0) }
        }
        #expect(days == ["20520"])
    }
}
