import Formats
import Model
import Transport

/// Builds of Buildbot's REST API, version 2, in the order in which they were completed. Of what failed the first failed step says
/// why, by the end of its log; test reports are read from the logs of steps that test.
package struct BuildbotConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "buildbot", summary: "Builds of Buildbot: commits, failed steps with the end of their logs, test reports in logs.",
        settings: HTTPSource.settings + [
            SettingDescriptor("builders", .text, usual: "all", "only builds of these builders: `checkout*, search`")
        ] + BuildScope.settings + [
            SettingDescriptor("test_steps", .text, usual: usualTestSteps, "the steps whose logs may be test reports")
        ] + TimeWindows.settings,
        sample: """
            kind: buildbot
            url: https://buildbot.example.org
            services:
              checkout-linux: checkout
            """)

    let http: HTTPSource
    private let windows: TimeWindows
    private let scope: BuildScope
    /// Nil means all.
    private let builders: NameList?
    private let testSteps: NameList

    private static let item = "builds"
    private static let usualTestSteps = "*test*, *check*, *spec*"
    /// Builds of one answer; those of one page, of which each may take some more requests.
    private static let buildsAsked: Int64 = 50
    private static let buildsPerPage = 10
    private static let buildsCounted = 10_000
    /// The longest test report.
    private static let reportLines: Int64 = 500_000
    /// Others may be large, or nobody's business.
    private static let properties = ["buildername", "revision", "got_revision", "branch"].map { (name: "property", value: $0) }

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        windows = TimeWindows(settings, stepMs: 1_000, longestMs: 366 * .dayMs)
        scope = BuildScope(settings)
        builders = settings.text("builders").map { NameList($0) }
        testSteps = NameList(settings.text("test_steps") ?? Self.usualTestSteps)
    }

    // MARK: - Fetching

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        let cursor = cursors[Self.item]
        guard let window = windows.next(after: cursor, now: access.now) else { return nil }
        var progress = Progress(cursor, at: window.lowerBound, now: access.now)
        var seen = SeenItems(cursor?.state["seen"], from: window.lowerBound)
        let answer = try await ask(
            "/builds",
            [
                ("complete", "true"), ("complete_at__ge", Self.seconds(window.lowerBound)),
                ("complete_at__lt", Self.seconds(window.upperBound)), ("order", "complete_at"), ("order", "buildid"),
                ("limit", String(Self.buildsAsked)), ("offset", String(progress.skip)),
            ] + Self.properties, as: "builds", access)
        let builds = answer.withUnsafeBytes { BuildbotReader.builds($0, page: http.url, scope: http.place) }
        var page = Page()
        var isAll = builds.count < Self.buildsAsked
        for build in builds {
            if page.items.count == Self.buildsPerPage {
                isAll = false
                break
            }
            if builders?.contains(build.fact.name) != false, seen.isNew(String(build.id), at: build.fact.endedAt.ms) {
                try await add(build, to: &page, access)
            }
            progress.take(completed: build.fact.endedAt)
        }
        if isAll { progress.finish(window.upperBound) }
        seen.forget(before: min(access.now.ms - windows.overlapMs, progress.untilMs))
        page.cursorUpdates[Self.item] = Cursor([
            "until": .int(progress.untilMs), "asked": .int(access.now.ms), "skip": .int(progress.skip), "seen": seen.state,
        ])
        return page
    }

    /// How far the builds were read: up to a moment, of which the first `skip` that were completed then were read.
    private struct Progress {
        private(set) var untilMs: Int64
        private(set) var skip: Int64 = 0

        init(_ cursor: Cursor?, at fromMs: Int64, now: Instant) {
            untilMs = fromMs
            // What was skipped was so in the order of that run.
            if cursor?.state["asked"] == .int(now.ms) { skip = max(0, cursor?.state["skip"]?.intValue ?? 0) }
        }
        mutating func take(completed at: Instant) {
            skip = at.ms == untilMs ? skip + 1 : 1
            untilMs = at.ms
        }
        mutating func finish(_ endMs: Int64) { (untilMs, skip) = (endMs, 0) }
    }

    /// A build with what else is asked about it. What the server no longer has is left out.
    private func add(_ build: BuildbotReader.Build, to page: inout Page, _ access: SourceAccess) async throws(ConnectorError) {
        var fact = scope.placed(build.fact)
        let readsTests = !fact.isSideline && fact.outcome != .cancelled
        var reading = Reading()
        if fact.isFailure || readsTests {
            let steps = try await detail("/builds/\(build.id)/steps", as: "steps", access).map { $0.withUnsafeBytes(BuildbotReader.steps) }
            let failed = fact.isFailure ? steps?.first { $0.isFailed } : nil
            fact.step = failed?.name
            for step in steps ?? [] where step == failed || readsTests && testSteps.contains(step.name) {
                let logs =
                    try await detail("/steps/\(step.id)/logs", as: "logs", access).map { $0.withUnsafeBytes(BuildbotReader.logs) } ?? []
                if step == failed, let log = logs.first(where: { $0.name == "stdio" }) ?? logs.first(where: { $0.type == "t" }) {
                    fact.log = JobLog(Array((try await text(of: log, from: max(0, log.lines - JobLog.linesAsked), access) ?? "").utf8))
                }
                let known = reading.tests.count
                for log in logs where readsTests && log.isTestReport {
                    let place = "\(fact.place), \(step.name), \(log.name)"
                    try await add(log, of: fact, "\(step.name)/\(log.name)", at: place, to: &page, &reading, access)
                }
                if step == failed { fact.failedTests = BuildFact.failures(in: reading.tests.dropFirst(known)) }
            }
        }
        if fact.isFailure {
            fact.changes =
                try await detail("/builds/\(build.id)/changes", as: "changes", access)?.withUnsafeBytes(BuildbotReader.changes) ?? []
        }
        reading.events.append(fact.event(http.origin(fact.place, access)))
        page.items.append(Page.Item(place: fact.place, content: .read(reading)))
    }

    private func add(
        _ log: BuildbotReader.Log, of fact: BuildFact, _ report: String, at place: String, to page: inout Page, _ reading: inout Reading,
        _ access: SourceAccess
    ) async throws(ConnectorError) {
        func refuse(_ why: String) { page.deadLetters.append(DeadLetter(origin: http.settings.name, place: place, reason: why)) }
        guard log.isComplete, log.lines <= Self.reportLines else {
            return refuse(log.isComplete ? "the report has more than \(Self.reportLines) lines" : "the report was never completed")
        }
        do throws(ConnectorError) {
            guard let text = try await text(of: log, from: 0, access) else { return }
            let origin = http.origin(of: fact, report: report, access)
            var tests = Array(text.utf8).withUnsafeBytes { JUnitReader.read($0, from: origin, stack: StackTrace.parse) }
            tests.tests = fact.complete(tests.tests)
            reading.append(tests)
        } catch {
            guard error.isTooMuch else { throw error }
            refuse("the report is larger than `max_response_mib` lets it be")
        }
    }

    private func text(of log: BuildbotReader.Log, from line: Int64, _ access: SourceAccess) async throws(ConnectorError) -> String? {
        let lines = max(1, log.lines - line)
        let answer = try await detail(
            "/logs/\(log.id)/contents", [("offset", String(line)), ("limit", String(lines))], as: "logchunks", access)
        return answer.map { bytes in bytes.withUnsafeBytes { BuildbotReader.text($0, of: log) } }
    }

    /// The builds that are remembered are not asked about again.
    package func cursors(refetching place: String) -> [String]? { [Self.item] }

    private static func seconds(_ ms: Int64) -> String { String(ms.floorDivided(by: 1_000)) }

    private func request(_ path: String, _ query: [(name: String, value: String)]) -> HTTPRequest { http.get("/api/v2" + path, query) }
    private func ask(
        _ path: String, _ query: [(name: String, value: String)] = [], as kind: StaticString, _ access: SourceAccess
    ) async throws(ConnectorError) -> [UInt8] {
        try await http.send(request(path, query), through: access, fault: Self.fault(kind)).body
    }
    /// Nil for what is not there, as when old logs were removed.
    private func detail(
        _ path: String, _ query: [(name: String, value: String)] = [], as kind: StaticString, _ access: SourceAccess
    ) async throws(ConnectorError) -> [UInt8]? {
        try await http.find(request(path, query), through: access, fault: Self.fault(kind))?.body
    }
    private static func fault(_ kind: StaticString) -> (HTTPResponse) -> String? {
        { response in response.body.withUnsafeBytes { BuildbotReader.fault($0, kind) } }
    }

    // MARK: - Reading

    /// Builds without what is asked about each.
    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        reading.events = BuildbotReader.builds(bytes, page: "", scope: document.path).map { $0.fact.event(document) }
        return reading
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        let since = Self.seconds(access.now.ms - .dayMs)
        // What is filtered by has to be among the fields.
        let fields = ["buildid", "complete", "complete_at"].map { (name: "field", value: $0) }
        let builds: [(name: String, value: String)] =
            [("complete", "true"), ("complete_at__ge", since), ("limit", String(Self.buildsCounted))] + fields
        return await http.probe(
            each: [
                (
                    request("/builders", [("field", "name")]),
                    { response in
                        let count = response.body.withUnsafeBytes { BuildbotReader.count($0, "builders") }
                        return "\(count) \(count == 1 ? "builder" : "builders")"
                    }
                ),
                (
                    request("/builds", builds),
                    { response in
                        let count = response.body.withUnsafeBytes { BuildbotReader.count($0, "builds") }
                        return "\(count) \(count == 1 ? "build" : "builds") completed in the last day"
                    }
                ),
            ], through: access, fault: HTTPSource.jsonFault)
    }
}
