import Connectors
import Formats
import Model
import Signals
import Store
import Transport
import Trust

/// Rows 2 to 4: fetch what is new from every source, take the secrets out, store it.
///
/// A page is stored whole or not at all: its facts, its aggregates, its dead letters and its cursors are one transaction. A
/// source that fails stops nothing but itself; its breaker and its last error are kept for the next run and for the board.
/// Sources that wait for others are all asked at once, a page each; pages are stored by this one task, so that a source that
/// hangs delays nobody, and holds at most one page of memory.
struct Collect {
    private let context: RunContext
    let connectors: [(name: String, connector: any Connector)]
    private let network: NetworkAccess
    private var store: CaseStore { context.store }

    init(_ context: RunContext, network: NetworkAccess? = nil) throws {
        self.context = context
        self.network = network ?? NetworkAccess(clock: RunClock(start: context.now), budgetMs: context.configuration.networkBudgetMs)
        connectors = try ConfigurationBinding(context.configuration, workspace: context.workspace).connectors()
    }

    /// One source in this run.
    private struct SourceRun {
        let name: String
        let connector: any Connector
        let breaker: CircuitBreaker
        var cursors: [String: Cursor]
        var summarizer: LogSummarizer
        var pages = 0
        var failure: String?
    }

    /// What one `fetch` came to; no page when nothing is left.
    private struct Fetched: Sendable {
        var index: Int
        var result: Result<(page: Page, read: PageReading)?, ConnectorError>
    }

    /// From all sources, or from those whose name fits.
    func run(of isWanted: (String) -> Bool = { _ in true }) async throws -> RunSummary.Collected {
        var collected = RunSummary.Collected()
        let access = SourceAccess(now: context.now, network: network)
        try stateEdges()
        try store.forgetGaps(except: connectors.map(\.name))
        var runs = try begin(isWanted, access, &collected)
        try await withThrowingTaskGroup(of: Fetched.self) { group in
            for index in runs.indices where runs[index].connector.isRemote {
                group.addTask(operation: fetching(index, runs[index], access))
            }
            for index in runs.indices where !runs[index].connector.isRemote {
                while try take(await fetching(index, runs[index], access)(), &runs[index], access, &collected) {}
            }
            while let fetched = try await group.next() {
                let index = fetched.index
                guard try take(fetched, &runs[index], access, &collected) else { continue }
                group.addTask(operation: fetching(index, runs[index], access))
            }
        }
        collected.failures += runs.compactMap(\.failure)  // in the order of the configuration, whoever failed first
        return collected
    }

    private func begin(
        _ isWanted: (String) -> Bool, _ access: SourceAccess, _ collected: inout RunSummary.Collected
    ) throws -> [SourceRun] {
        let redactor = context.redactor
        var runs: [SourceRun] = []
        for source in connectors where isWanted(source.name) {
            let breaker = try store.breaker(origin: source.name)
            guard breaker.allows(at: context.now) else {
                collected.failures.append("\(source.name) is left alone after repeated failures: \(breaker.lastError ?? "")")
                let cursors = try store.cursors(origin: source.name)
                try store.extendGap(origin: source.name, readUntil: source.connector.readUntil(cursors), now: context.now)
                continue
            }
            access.set(breaker, of: source.name)
            runs.append(
                SourceRun(
                    name: source.name, connector: source.connector, breaker: breaker, cursors: try store.cursors(origin: source.name),
                    summarizer: LogSummarizer(redact: { redactor.redact($0) }, stack: StackTrace.parse)))
        }
        return runs
    }

    /// The next page of a source, fetched and read.
    private func fetching(_ index: Int, _ run: SourceRun, _ access: SourceAccess) -> @Sendable () async -> Fetched {
        let (connector, cursors, name) = (run.connector, run.cursors, run.name)
        return {
            do throws(ConnectorError) {
                let page = try await connector.fetch(after: cursors, through: access)
                return Fetched(index: index, result: .success(page.map { ($0, connector.read($0, origin: name)) }))
            } catch {
                return Fetched(index: index, result: .failure(error))
            }
        }
    }

    /// Stores a page; false when it was the source's last.
    private func take(
        _ fetched: Fetched, _ run: inout SourceRun, _ access: SourceAccess, _ collected: inout RunSummary.Collected
    ) throws -> Bool {
        switch fetched.result {
        case .success((let page, let read)?):
            if run.pages % 8 == 0 { context.progress.say("reading \(run.name), \(grouped(collected.records)) log records so far") }
            try store.transaction { try store(page, read, run.name, &run.summarizer, &collected) }
            access.remember(read.reading.objects, of: run.name)
            run.cursors.merge(page.cursorUpdates) { _, new in new }
            run.pages += 1
            return run.pages < Limits.pagesPerSource
        case .success(nil):
            if run.breaker != CircuitBreaker() { try store.save(CircuitBreaker(), origin: run.name) }
            try store.endGap(origin: run.name, cameAfterAll: run.connector.catchesUp, now: context.now)
            return false
        case .failure(let error):
            let readUntil = run.connector.readUntil(run.cursors)
            try store.extendGap(origin: run.name, readUntil: readUntil, now: context.now)
            let gap = readUntil.map { "; what it knows from \($0.rfc3339) on is missing" } ?? ""
            let words = context.redactor.redact("\(error)".clipped(to: 300)).text + gap
            var breaker = run.breaker
            if let told = access.breaker(of: run.name) {
                breaker = told  // its requests, one by one, have told it
            } else if error.isTransient {
                breaker.record(success: false, error: words, at: context.now)
            }
            // A missing repository is no outage: waiting does not mend it, and the moment it is there it is read.
            breaker.lastError = words
            try store.save(breaker, origin: run.name)
            run.failure = "\(run.name) failed: \(words)"
            return false
        }
    }

    private func store(
        _ page: Page, _ read: PageReading, _ name: String, _ summarizer: inout LogSummarizer, _ collected: inout RunSummary.Collected
    ) throws {
        var reading = read.reading
        if let since = context.since { reading.drop(before: since) }
        let events = reading.events.map { context.prepare($0, origin: name, redactions: &collected.redactions) }
        collected.events += try store.append(events).inserted
        if !reading.logs.isEmpty {
            for batch in reading.logs { summarizer.add(batch) }
            let summary = renamed(summarizer.take())
            try store.merge(summary)
            collected.records += summary.recordCount
            for (kind, count) in summary.redactions { collected.redactions[kind, default: 0] += count }
            try count(summary.recordCount, name, at: newest(summary))
        }
        if !reading.metrics.isEmpty {
            let tracks = reading.metrics.map(renamed)
            try store.merge(tracks)
            let samples = tracks.reduce(0) { $0 + $1.points.count }
            collected.samples += samples
            try count(samples, name, at: tracks.compactMap { $0.points.last?.timeMs }.max())
        }
        if !reading.spans.isEmpty {
            let spans = reading.spans.map { prepared($0, &collected.redactions) }
            collected.spans += try store.merge(spans)
            try count(spans.count, name, at: spans.map(\.start.ms).max())
        }
        if !reading.tests.isEmpty {
            let tests = reading.tests.map { prepared($0, &collected.redactions) }
            try store.merge(tests)
            collected.tests += tests.count
            try count(tests.count, name, at: tests.compactMap { $0.runAt?.ms }.max())
        }
        if !reading.edges.isEmpty { try store.merge(edges: reading.edges.map(renamed), origin: name) }
        if !read.deadLetters.isEmpty {
            let letters = read.deadLetters.map { letter in
                var letter = letter
                letter.payload = context.redactor.redact(letter.payload).text
                return letter
            }
            try store.append(letters, at: context.now)
            collected.deadLetters += letters.count
        }
        for (item, cursor) in page.cursorUpdates.sorted(by: { $0.key < $1.key }) {
            try store.save(cursor: cursor, origin: name, item: item)
        }
    }

    // MARK: - Names made ours, secrets out

    private func renamed(_ summary: LogSummary) -> LogSummary {
        if context.aliases.isEmpty { return summary }
        var summary = summary
        for index in summary.counts.indices { summary.counts[index].service = context.canonical(summary.counts[index].service) }
        for index in summary.lines.indices { summary.lines[index].service = context.canonical(summary.lines[index].service) }
        for index in summary.exemplars.indices { summary.exemplars[index].service = context.canonical(summary.exemplars[index].service) }
        return summary
    }
    private func renamed(_ track: MetricTrack) -> MetricTrack {
        var track = track
        track.key.service = context.canonical(track.key.service)
        return track
    }
    private func renamed(_ edge: ServiceMap.Edge) -> ServiceMap.Edge {
        ServiceMap.Edge(caller: context.canonical(edge.caller), callee: context.canonical(edge.callee))
    }
    private func prepared(_ span: Span, _ redactions: inout [String: Int]) -> Span {
        var span = span
        span.service = context.canonical(span.service)
        span.operation = clean(span.operation, &redactions)
        span.statusText = clean(span.statusText, &redactions)
        span.exception = span.exception.map { clean($0, &redactions) }
        return span
    }
    private func prepared(_ test: TestResult, _ redactions: inout [String: Int]) -> TestResult {
        var test = test
        test.service = test.service.map(context.canonical)
        test.message = clean(test.message, &redactions)
        test.detail = clean(test.detail, &redactions)
        return test
    }
    private func clean(_ text: String, _ redactions: inout [String: Int]) -> String {
        let result = context.redactor.redact(text)
        for (kind, count) in result.counts { redactions[kind, default: 0] += count }
        return result.text
    }

    // MARK: - Bookkeeping

    private func newest(_ summary: LogSummary) -> Int64? { summary.counts.map(\.minute).max().map { $0 * .minuteMs } }

    private func count(_ count: Int, _ name: String, at ms: Int64?) throws {
        try store.countRecords(origin: name, at: ms.map { Instant(ms: $0) } ?? context.now, count: count)
    }

    /// Services and calls that the configuration states; stated again only when they changed.
    private func stateEdges() throws {
        let edges = context.configuration.services.flatMap { service in
            service.dependsOn.map { (edge: ServiceMap.Edge(caller: service.name, callee: context.canonical($0)), calls: Int64(1)) }
        }
        try store.replaceEdges(origin: "configuration", edges)
    }
}
