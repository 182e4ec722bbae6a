import Model
import TestKit
import Testing

@testable import Store

private func exemplar(_ leaf: Int64, second: Int64, path: String = "a.log", offset: Int64 = 0, text: String = "line", frames: Int = 0)
    -> LogExemplar
{
    LogExemplar(
        service: "cart", leaf: leaf, level: .error, at: noon + second * 1_000, path: path, offset: offset, line: offset + 1, host: "h",
        traceID: "t", text: text, before: ["b"], after: ["a"], exception: frames > 0 ? "Oops" : nil,
        frames: (0..<frames).map { StackFrame(file: "F.swift", line: $0, function: "f") })
}

struct LogAggregateTests {
    let store: CaseStore
    init() throws { store = try .inMemory() }

    @Test func `a history has counts, leaves, first times and exemplars`() throws {
        let minute = noon.minute
        try store.merge(
            LogSummary(
                leaves: [LogLeaf(id: 7, pattern: "paid <*>"), LogLeaf(id: 8, pattern: "old <*>")],
                counts: [
                    LogCount(service: "cart", leaf: 8, level: .info, minute: minute - 100, count: 1),
                    LogCount(service: "cart", leaf: 7, level: .error, minute: minute, count: 2),
                    LogCount(service: "cart", leaf: 7, level: .info, minute: minute + 1, count: 3),
                    LogCount(service: "other", leaf: 7, level: .info, minute: minute - 50, count: 9),
                ], exemplars: [exemplar(7, second: 5)]))
        let history = try #require(try store.logHistory(service: "cart", minutes: minute..<minute + 2))
        #expect(history.counts.map(\.count) == [2, 3])
        #expect(history.leaves == [7: LogLeaf(id: 7, pattern: "paid <*>")])
        #expect(history.firstSeen == [7: noon])
        #expect(history.serviceFirstSeen == noon - 100 * .minuteMs)
        #expect(history.exemplars == [exemplar(7, second: 5)])
        #expect(try store.logServices() == ["cart", "other"])
        #expect(try store.logLeaves(service: "other").map(\.id) == [7])
        #expect(try store.logHistory(service: "nobody", minutes: 0..<1) == nil)
        #expect(
            try store.logRates(services: ["cart", "none"], minutes: minute..<minute + 2)
                == [LogRate(service: "cart", minutes: [minute, minute + 1], errors: [2, 0], all: [2, 3])])
        #expect(
            try store.dirtyTelemetry() == [
                DirtyTelemetry(kind: .logs, subject: "cart", day: noon.day), DirtyTelemetry(kind: .logs, subject: "other", day: noon.day),
            ])
    }

    @Test func `the earliest few of an hour are kept and a grown record replaces itself`() throws {
        try store.merge(LogSummary(counts: [LogCount(service: "cart", leaf: 1, level: .error, minute: noon.minute, count: 9)]))
        try store.merge(LogSummary(exemplars: (0..<9).map { exemplar(1, second: 9 - $0, offset: $0) }))
        try store.merge(LogSummary(exemplars: [exemplar(1, second: 2, offset: 7, text: "line and more", frames: 2)]))
        try store.merge(LogSummary(exemplars: [exemplar(1, second: 2, offset: 7)]))
        let kept = try store.exemplars(service: "cart", around: noon...(.minutes(59)))
        #expect(kept.map(\.offset) == [8, 7, 6])
        #expect(kept[1] == exemplar(1, second: 2, offset: 7, text: "line and more", frames: 2))
        #expect(try store.exemplars(service: "cart", leaves: [2], around: noon...(.minutes(59))) == [])
        #expect(try store.exemplars(service: "cart", leaves: [1], around: noon...(noon + 1_000)).map(\.offset) == [8])
    }

    @Test(arguments: 0..<10) func `summaries merge in any order`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let summaries = (0..<20).map { _ in
            LogSummary(
                leaves: (0..<3).map { LogLeaf(id: Int64($0), pattern: "p\(Int.random(in: 0...1, using: &chance)) \($0)") },
                counts: (0..<10).map { _ in
                    LogCount(
                        service: "s\(Int.random(in: 0...2, using: &chance))", leaf: Int64.random(in: 0...2, using: &chance),
                        level: LogLevel.allCases.randomElement(using: &chance) ?? .info, minute: Int64.random(in: -5...5, using: &chance),
                        count: Int64.random(in: 1...9, using: &chance))
                },
                exemplars: (0..<5).map { _ in
                    exemplar(
                        Int64.random(in: 0...2, using: &chance), second: Int64.random(in: 0...3, using: &chance),
                        path: "f\(Int.random(in: 0...1, using: &chance))", offset: Int64.random(in: 0...3, using: &chance),
                        text: "t\(Int.random(in: 0...3, using: &chance))", frames: Int.random(in: 0...1, using: &chance))
                })
        }
        // One place in one file is one record at one time.
        var seen: [String: LogExemplar] = [:]
        let clean = summaries.map { summary in
            var summary = summary
            for index in summary.exemplars.indices {
                let place = "\(summary.exemplars[index].path) \(summary.exemplars[index].offset)"
                if let known = seen[place] {
                    summary.exemplars[index].at = known.at
                    summary.exemplars[index].leaf = known.leaf
                } else {
                    seen[place] = summary.exemplars[index]
                }
            }
            return summary
        }
        let other = try CaseStore.inMemory()
        for summary in clean { try store.merge(summary) }
        for summary in clean.shuffled(using: &chance) { try other.merge(summary) }
        let left = CaseStore.countsOfWrites.union(["name"])
        #expect(try store.contents(leavingOut: left) == other.contents(leavingOut: left))
        #expect(try store.integrityProblems() == [])
    }

    @Test func `extreme minutes and counts do not trap`() throws {
        try store.merge(
            LogSummary(counts: [Int64.max, .min, 0].map { LogCount(service: "x", leaf: $0, level: .info, minute: $0, count: .max / 4) }))
        #expect(try store.logRates(services: ["x"], minutes: .min..<(.max)).first?.minutes == [.min, 0])
    }
}

struct MetricAggregateTests {
    let store: CaseStore
    let key = MetricKey(service: "cart", instance: "i1", metric: "cpu")
    init() throws { store = try .inMemory() }

    @Test func `points come back by time across hours`() throws {
        let points = (0..<180).map { MetricPoint(timeMs: Instant.minutes($0).ms, value: Double($0) / 7) }
        try store.merge([MetricTrack(key: key, kind: .gauge, unit: "%", points: points.reversed())])
        let track = try #require(try store.track(key: key, from: .minutes(30), to: .minutes(100)))
        #expect(track == MetricTrack(key: key, kind: .gauge, unit: "%", points: Array(points[30...100])))
        #expect(
            try store.tracks(service: "cart", from: noon, to: noon) == [MetricTrack(key: key, kind: .gauge, unit: "%", points: [points[0]])]
        )
        #expect(try store.tracks(service: "cart", from: .minutes(500), to: .minutes(600)) == [])
        #expect(try store.metricSeries().map(\.key) == [key])
        #expect(try store.track(key: MetricKey(service: "no", metric: "no"), from: noon, to: noon) == nil)
        #expect(try store.dirtyTelemetry() == [DirtyTelemetry(kind: .metrics, subject: "cart", day: noon.day)])
    }

    @Test func `merging the same points again marks nothing dirty`() throws {
        let track = MetricTrack(key: key, points: [MetricPoint(timeMs: noon.ms, value: 1), MetricPoint(timeMs: noon.ms + 1, value: .nan)])
        try store.merge([track])
        try store.clearDirty(try store.dirtyTelemetry())
        try store.merge([track])
        #expect(try store.dirtyTelemetry() == [])
    }

    @Test func `of two values for one moment the larger stays and any number beats none`() throws {
        for value in [Double.nan, 3, 9, -1, .nan, 9] {
            try store.merge([MetricTrack(key: key, points: [MetricPoint(timeMs: 5, value: value)])])
        }
        #expect(try store.track(key: key, from: Instant(ms: 0), to: Instant(ms: 9))?.points == [MetricPoint(timeMs: 5, value: 9)])
    }

    @Test(arguments: 0..<10) func `tracks merge in any order`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let values: [Double] = [0, -0.0, 1, 2, .nan, .infinity, -.infinity]
        let tracks = (0..<30).map { _ in
            MetricTrack(
                key: MetricKey(service: "s\(Int.random(in: 0...1, using: &chance))", metric: "m"),
                kind: [.gauge, .counter, .unknown].randomElement(using: &chance) ?? .unknown,
                unit: ["", "ms", "s"].randomElement(using: &chance) ?? "",
                points: (0..<8).map { _ in
                    MetricPoint(
                        timeMs: Int64.random(in: -6...6, using: &chance) * 1_200_000, value: values.randomElement(using: &chance) ?? 0)
                })
        }
        let other = try CaseStore.inMemory()
        for track in tracks { try store.merge([track]) }
        try other.merge(tracks.shuffled(using: &chance))
        #expect(
            try store.contents(leavingOut: CaseStore.countsOfWrites) == other.contents(leavingOut: CaseStore.countsOfWrites))
    }

    @Test func `extreme times do not trap`() throws {
        let points = [Int64.min, .max, 0].map { MetricPoint(timeMs: $0, value: 1) }
        try store.merge([MetricTrack(key: key, points: points)])
        #expect(try store.track(key: key, from: Instant(ms: .min), to: Instant(ms: .max))?.points.count == 3)
    }
}

struct TraceTests {
    let store: CaseStore
    init() throws { store = try .inMemory() }

    func span(_ number: Int, trace: Int = 1, service: String = "cart", second: Int64 = 0, us: Int64 = 10) -> Span {
        func hex(_ value: Int, _ width: Int) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        return Span(
            traceID: hex(trace, 32), spanID: hex(number, 16), parentID: number == 1 ? "" : hex(1, 16), service: service, instance: "i",
            operation: "GET /", kind: .server, start: noon + second * 1_000, durationUs: us, isError: number % 2 == 0, statusText: "500",
            exception: number == 3 ? "Oops" : nil, frames: number == 3 ? [StackFrame(file: "a", line: 1, function: "f")] : [])
    }

    @Test func `spans come back by start and by trace, once each`() throws {
        let spans = (1...5).map { span($0, trace: 1 + $0 % 2, service: $0 < 4 ? "cart" : "pay", second: Int64($0)) }
        #expect(try store.merge(spans.reversed()) == 5)
        #expect(try store.merge(spans) == 0)
        #expect(try store.spans(from: noon, to: noon + 5_000) == spans)
        #expect(try store.spans(from: noon, to: noon + 2_000, service: "cart") == Array(spans[0...1]))
        #expect(try store.spans(from: noon, to: noon + 2_000, service: "nobody") == [])
        #expect(try store.spans(traceIDs: [spans[0].traceID, "unknown"]) == [spans[0], spans[2], spans[4]])
    }

    @Test func `the complete span takes the place of the partial one in either order`() throws {
        for order in [[span(1, us: 5), span(1, us: 90)], [span(1, us: 90), span(1, us: 5)]] {
            let store = try CaseStore.inMemory()
            for span in order { try store.merge([span]) }
            #expect(try store.spans(traceIDs: [span(1).traceID]).map(\.durationUs) == [90])
        }
    }

    @Test(arguments: ["", "xyz", "ABCDEF0123456789ABCDEF0123456789", "\0", "zzzzzzzzzzzzzzzz"])
    func `ids of other shapes are kept as they are`(id: String) throws {
        var odd = span(1)
        odd.traceID = id
        odd.spanID = id
        odd.parentID = id
        try store.merge([odd])
        #expect(try store.spans(traceIDs: [id]) == [odd])
    }

    @Test func `the map joins stated and observed edges`() throws {
        try store.merge(edges: [ServiceMap.Edge(caller: "web", callee: "cart")], origin: "topology")
        try store.merge(edges: [ServiceMap.Edge(caller: "web", callee: "cart")], origin: "topology")
        try store.replaceEdges(
            origin: "traces", [(ServiceMap.Edge(caller: "web", callee: "cart"), 4), (ServiceMap.Edge(caller: "cart", callee: "db"), 2)])
        try store.replaceEdges(origin: "traces", [(ServiceMap.Edge(caller: "web", callee: "cart"), 7)])
        try store.merge([span(1, service: "lonely")])
        let map = try store.serviceMap()
        #expect(map.edges == [ServiceMap.Edge(caller: "web", callee: "cart"): 8])
        #expect(map.services == ["web", "cart", "lonely"])
    }
}

struct FirstSeenTests {
    @Test func `a message that turns out to be older marks the day on which it was news`() throws {
        let store = try CaseStore.inMemory()
        func summary(_ day: Int64) -> LogSummary {
            let count = LogCount(service: "s", leaf: 5, level: .error, minute: noon.minute + day * 1_440, count: 1)
            return LogSummary(leaves: [LogLeaf(id: 5, pattern: "x")], counts: [count])
        }
        try store.merge(summary(40))
        try store.clearDirty(try store.dirtyTelemetry())
        try store.merge(summary(0))
        #expect(try store.dirtyTelemetry().map(\.day) == [noon.day, noon.day + 40])
    }
}

struct TestResultTests {
    private let adds = TestName(suite: "unit", className: "Cart", name: "adds")
    private func result(_ index: Int, _ name: String, _ outcome: TestOutcome, durationMs: Int64 = 5) -> TestResult {
        TestResult(
            suite: "unit", className: "Cart", name: name, file: "CartTests.swift", line: 7, outcome: outcome, durationMs: durationMs,
            message: "m", detail: "d", exception: "E", frames: [StackFrame(file: "a", line: 1, function: "f")], runAt: .minutes(index),
            run: "build-\(index)", commit: "c", service: "cart")
    }

    @Test func `the results of a test come back by time, once per run`() throws {
        let store = try CaseStore.inMemory()
        let results = (0..<4).map { result($0, "adds", .passed) }
        try store.merge(results.reversed() + [result(1, "removes", .passed)])
        #expect(try store.testResults(adds, from: .minutes(0), to: .minutes(9)) == results)
        #expect(try store.testResults(adds, from: .minutes(1), to: .minutes(3)) == Array(results[1...2]))
        #expect(try store.dirtyTelemetry() == [DirtyTelemetry(kind: .tests, subject: "unit", day: noon.day)])
        try store.clearDirty(try store.dirtyTelemetry())
        try store.merge(results)
        #expect(try store.dirtyTelemetry() == [])
    }

    @Test func `failing and long tests of a span are found by name`() throws {
        let store = try CaseStore.inMemory()
        try store.merge([
            result(0, "adds", .failed), result(1, "adds", .passed), result(1, "pays", .passed, durationMs: 900),
            result(2, "ships", .passed, durationMs: 1_900), result(2, "removes", .errored),
        ])
        let names = { (tests: [TestName]) in tests.map(\.name) }
        #expect(names(try store.failingTests(suite: "unit", from: .minutes(0), to: .minutes(9))) == ["adds", "removes"])
        #expect(names(try store.failingTests(suite: "unit", from: .minutes(1), to: .minutes(9))) == ["removes"])
        #expect(names(try store.longTests(suite: "unit", from: .minutes(0), to: .minutes(9))) == ["ships", "pays"])
    }

    @Test func `of two results in one run the worse stays in either order`() throws {
        let pass = result(1, "adds", .passed)
        let fail = result(1, "adds", .failed)
        for order in [[pass, fail], [fail, pass]] {
            let store = try CaseStore.inMemory()
            for result in order { try store.merge([result]) }
            #expect(try store.testResults(adds, from: .minutes(0), to: .minutes(9)) == [fail])
        }
    }
}
