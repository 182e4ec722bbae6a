import Formats
import Model
import Transport

/// Builds of the jobs of a Jenkins, newest first, until those that are known. A build that was still running is read when it has
/// ended. Of what failed the end of the console says why; test reports are read of every build that has one.
package struct JenkinsConnector: HTTPConnector {
    package static let descriptor = ConnectorDescriptor(
        kind: "jenkins", summary: "Builds of Jenkins: commits, changes, test reports, the end of the console of what failed.",
        settings: HTTPSource.settings + [
            SettingDescriptor("jobs", .texts, isRequired: true, "the jobs, with their folders: `shop/checkout/main`")
        ] + BuildScope.settings + [SettingDescriptor("lookback", .duration, usual: "24h", "how far back the first run reads")],
        sample: """
            kind: jenkins
            url: https://jenkins.example.org
            username: caseboard
            secret_file: jenkins-token
            jobs:
              - shop/checkout/main
            services:
              shop/checkout/main: checkout
            """)

    let http: HTTPSource
    private let scope: BuildScope
    private let jobs: [String]
    private let lookbackMs: Int64

    private static let buildsPerPage: Int64 = 20
    /// Running builds of a job that are remembered, and those asked about one by one because newer ones hide them.
    private static let mostRunning = 200
    private static let mostHidden = 3

    package init(settings: SourceSettings) throws(ConnectorError) {
        http = HTTPSource(settings)
        scope = BuildScope(settings)
        lookbackMs = settings.number("lookback") ?? .dayMs
        let names = settings.texts("jobs").map { $0.split(separator: "/").joined(separator: "/") }
        guard !names.contains("") else { throw .badSetting(setting: "jobs", why: "a job has a name, such as `shop/checkout`") }
        jobs = names
    }

    // MARK: - Fetching

    package func fetch(after cursors: [String: Cursor], through access: SourceAccess) async throws(ConnectorError) -> Page? {
        for job in jobs {
            var sweep = Sweep(cursors[Self.item(job)], now: access.now)
            if sweep.isDone { continue }
            var page = Page()
            do throws(ConnectorError) {
                try await read(job, &sweep, into: &page, access)
            } catch {
                // One job that was removed keeps none of the others from being read.
                guard case .refused(_, 404, _, let remedy) = error, cursors.values.contains(where: { $0.state["read"] != nil }) else {
                    throw error
                }
                page = Page()
                page.deadLetters.append(
                    DeadLetter(
                        origin: http.settings.name, place: job, reason: "there is no such job, or the user may not see it", remedy: remedy))
                sweep.end(now: access.now)
            }
            page.cursorUpdates[Self.item(job)] = sweep.cursor
            return page
        }
        return nil
    }

    private static func item(_ job: String) -> String { "job:\(job)" }

    /// The way from the newest build of a job down to those that are known, page by page; a run that was cut short is gone on with.
    private struct Sweep {
        /// All up to this number were read, but those that still ran.
        private(set) var read: Int64?
        private(set) var running: Set<Int64>
        private var asked: Int64?
        /// Where the way began, and when.
        private var top: Int64?
        private var began: Int64?
        /// The place of the next page in the list of builds, and the lowest number that was seen.
        private(set) var index: Int64
        private(set) var lowest: Int64?
        private let now: Int64

        init(_ cursor: Cursor?, now: Instant) {
            func number(_ name: String) -> Int64? { cursor?.state[name]?.intValue }
            (read, asked, top, began, lowest) = (number("read"), number("asked"), number("top"), number("began"), number("lowest"))
            index = max(0, number("index") ?? 0)
            running = Set(cursor?.state["running"]?.arrayValue?.compactMap(\.intValue) ?? [])
            self.now = now.ms
        }
        var isDone: Bool { began == nil && (asked ?? .min) >= now }
        func isNew(_ number: Int64) -> Bool { running.contains(number) || (number > read ?? -1 && number < lowest ?? .max) }

        /// A job whose newest build is older than what is known was made anew: what was known is of another.
        mutating func begin(at newest: Int64?) {
            guard began == nil else { return }
            (began, top) = (now, newest)
            if let known = read, newest ?? -1 < known { (read, running) = (nil, []) }
        }
        mutating func take(_ number: Int64, isRunning: Bool) {
            if isRunning { running.insert(number) } else { running.remove(number) }
        }
        mutating func pass(to number: Int64?) {
            if let number { lowest = min(lowest ?? number, number) }
            index += JenkinsConnector.buildsPerPage
        }
        mutating func forget(_ number: Int64) { running.remove(number) }
        mutating func end(now: Instant) {
            read = max(read ?? -1, top ?? -1)
            asked = began ?? now.ms
            (top, began, lowest, index) = (nil, nil, nil, 0)
        }
        var cursor: Cursor {
            func value(_ number: Int64?) -> JSONValue? { number.map { .int($0) } }
            return Cursor(
                .compact([
                    "read": value(read), "asked": value(asked), "top": value(top), "began": value(began), "lowest": value(lowest),
                    "index": .int(index), "running": .array(running.sorted().suffix(JenkinsConnector.mostRunning).map { .int($0) }),
                ]))
        }
    }

    private func read(_ job: String, _ sweep: inout Sweep, into page: inout Page, _ access: SourceAccess) async throws(ConnectorError) {
        let range = "{\(sweep.index),\(sweep.index + Self.buildsPerPage)}"
        let answer = try await http.send(
            request(job, "", tree: "allBuilds[\(JenkinsReader.buildFields)]\(range)"), through: access)
        guard let builds = answer.body.withUnsafeBytes({ JenkinsReader.builds($0, job: job, scope: http.place) }) else {
            throw .badSetting(setting: "jobs", why: "`\(job)` has no builds; if it is a folder, name the jobs in it")
        }
        sweep.begin(at: builds.map(\.fact.number).max())
        let oldest = access.now.ms - lookbackMs
        var isEnough = builds.count < Self.buildsPerPage
        for build in builds {
            let number = build.fact.number
            // Without a known build the way ends with the time of the first run.
            let isTooOld = sweep.read == nil && !build.isRunning && build.fact.endedAt.ms < oldest
            if isTooOld || number <= sweep.read ?? -1 { isEnough = true }
            if isTooOld || !sweep.isNew(number) { continue }
            sweep.take(number, isRunning: build.isRunning)
            if !build.isRunning { try await add(build, of: job, to: &page, access) }
        }
        sweep.pass(to: builds.map(\.fact.number).min())
        guard isEnough else { return }
        for number in sweep.running.filter({ $0 < sweep.lowest ?? 0 }).sorted().suffix(Self.mostHidden) {
            let answer = try await http.find(request(job, "/\(number)", tree: JenkinsReader.buildFields), through: access)
            guard let build = answer?.body.withUnsafeBytes({ JenkinsReader.build($0, job: job, scope: http.place) }) else {
                sweep.forget(number)
                continue
            }
            if build.isRunning { continue }
            sweep.forget(number)
            try await add(build, of: job, to: &page, access)
        }
        sweep.end(now: access.now)
    }

    private func add(_ build: JenkinsReader.Build, of job: String, to page: inout Page, _ access: SourceAccess) async throws(ConnectorError)
    {
        var fact = scope.placed(build.fact)
        var reading = Reading()
        let readsTests = build.hasTests && !fact.isSideline && fact.outcome != .cancelled
        if readsTests {
            do throws(ConnectorError) {
                let report = try await http.find(
                    request(job, "/\(fact.number)/testReport", tree: JenkinsReader.testFields), through: access)
                let origin = http.origin(of: fact, access)
                reading.tests = fact.complete(
                    report?.body.withUnsafeBytes { JenkinsReader.tests($0, from: origin, stack: StackTrace.parse) } ?? [])
                if fact.isFailure { fact.failedTests = BuildFact.failures(in: reading.tests) }
            } catch {
                guard error.isTooMuch else { throw error }
                page.deadLetters.append(
                    DeadLetter(
                        origin: http.settings.name, place: "\(fact.place), test report",
                        reason: "the report is larger than `max_response_mib` lets it be"))
            }
        }
        if fact.outcome == .failed || fact.outcome == .unstable && !build.hasTests {
            fact.log = try await consoleEnd(of: fact.number, job, access)
        }
        reading.events.append(fact.event(http.origin(fact.place, access)))
        page.items.append(Page.Item(place: fact.place, content: .read(reading)))
    }

    /// How long the console is says an answer without its text; then its end is asked for.
    private func consoleEnd(of number: Int64, _ job: String, _ access: SourceAccess) async throws(ConnectorError) -> JobLog {
        let path = "\(path(job))/\(number)/logText/progressiveText"
        var question = http.get(path, [("start", "0")])
        question.method = .head
        guard let size = try await http.find(question, through: access, fault: Self.textFault)?.header("x-text-size").flatMap({ Int64($0) })
        else {
            return JobLog()
        }
        let start = max(0, size - JobLog.bytesAsked)
        let end = try await http.find(http.get(path, [("start", String(start))]), through: access, fault: Self.textFault)
        return JobLog(end?.body ?? [])
    }
    /// A proxy's page for people is no console.
    private static func textFault(_ response: HTTPResponse) -> String? {
        response.header("content-type")?.lowercased().hasPrefix("text/plain") == true ? nil : "the answer is no plain text"
    }

    private func path(_ job: String) -> String { job.split(separator: "/").map { "/job/" + HTTPSource.escaped(String($0)) }.joined() }
    private func request(_ job: String, _ below: String, tree: String) -> HTTPRequest {
        http.get("\(path(job))\(below)/api/json", [("tree", tree)])
    }

    package func readUntil(_ cursors: [String: Cursor]) -> Instant? { cursors.readUntil(of: jobs.map(Self.item)) }
    package func cursors(refetching place: String) -> [String]? { jobs.filter { place.hasPrefix("\($0) #") }.map(Self.item) }

    // MARK: - Reading

    /// Builds without what is asked about each.
    static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        let builds = JenkinsReader.builds(bytes, job: document.path, scope: document.origin) ?? []
        reading.events = builds.filter { !$0.isRunning }.map { $0.fact.event(document) }
        return reading
    }

    package func probe(through access: SourceAccess) async -> SourceProbe {
        await http.probe(
            each: jobs.map { job in
                (
                    request(job, "", tree: "allBuilds[\(JenkinsReader.buildFields)]{0,1}"),
                    { response in
                        guard let builds = response.body.withUnsafeBytes({ JenkinsReader.builds($0, job: job, scope: http.place) }) else {
                            return "\(job): no builds; if it is a folder, name the jobs in it"
                        }
                        return "\(job): " + (builds.first.map { "the last is #\($0.fact.number)" } ?? "no builds yet")
                    }
                )
            }, through: access, fault: HTTPSource.jsonFault)
    }
}
