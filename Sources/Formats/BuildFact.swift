import Model

/// A finished build of any CI server or forge, whatever it is called there (build, run, pipeline), and the fact that it is.
package struct BuildFact: Hashable, Sendable {
    package enum Outcome: String, Sendable { case passed, unstable, failed, cancelled }
    /// A commit that was new in it.
    package struct Change: Hashable, Sendable {
        var commit: String
        var author: String
        var subject: String
    }

    /// The server, or the project on it: builds of two are never one fact.
    package var scope: String
    /// Of the builder, the job or the workflow.
    package var name: String
    package var number: Int64
    /// More than 1 for one that was tried again under the same number.
    package var attempt: Int64 = 1
    /// The server's own, where name and number do not tell the build from all others of the scope.
    package var id: String?
    package var outcome: Outcome
    package var startedAt: Instant?
    package var endedAt: Instant
    /// When the server last changed it, of one that may end again under the same number and attempt.
    package var revisedAt: Instant?
    package var commit: String?
    /// The commit of the last build of its kind and branch that passed.
    package var lastGoodCommit: String?
    package var branch: String?
    package var service: String?
    package var url: String?
    /// Of a branch whose failures alarm nobody: it is context whatever became of it.
    package var isSideline = false
    package var changes: [Change] = []
    /// Tests whose results are known that failed what failed: then they are the signals, each with its own history.
    package var failedTests = 0
    /// What failed in it first, the step in that, and why, where the server has a word for it.
    package var job: String?
    package var step: String?
    package var reason: String?
    /// Of what failed.
    package var log = JobLog()

    package init(scope: String, name: String, number: Int64, outcome: Outcome, endedAt: Instant) {
        self.scope = scope
        self.name = name
        self.number = number
        self.outcome = outcome
        self.endedAt = endedAt
    }

    /// The most commits that a fact lists.
    package static let changesListed = 20

    package var isFailure: Bool { outcome == .failed || outcome == .unstable }
    private var label: String { String(number) + (attempt > 1 ? ".\(attempt)" : "") }
    /// As people know it: `CI #562`, and `CI #562.2` for the second attempt.
    package var place: String { "\(name) #\(label)" }
    /// What results of its tests are known by together. The number is last: a build is named by what tells it from the one before.
    package func run(of report: String? = nil) -> String { [scope, name, report, label].compactMap { $0 }.joined(separator: "/") }

    /// A failure is a signal, at the moment at which it was known; all else is context, and so are a sideline and what its tests tell.
    package func event(_ document: DocumentOrigin) -> Event {
        let what = [job, step].compactMap { StructuredText.name($0) }.joined(separator: " / ")
        // A job of a multibranch pipeline is named after its branch.
        let on = branch.flatMap { name.hasSuffix("/\($0)") ? nil : " on \($0)" } ?? ""
        let title = "\(place) \(words)\(on)" + (isFailure && !what.isEmpty ? ": \(what)" : "")
        let id = id ?? "\(name)#\(label)"
        return Event(
            source: .ci, type: isFailure ? .buildFailure : .build, subject: "\(scope) build \(id)", isGlobal: true, at: endedAt,
            role: isSideline || failedTests > 0 ? .context : nil, severity: !isFailure ? .info : isSideline ? .low : .medium,
            title: StructuredText.title(title), service: service ?? document.service, environment: document.environment,
            attributes: StructuredText.bounded(attributes), origin: document.origin, sourceID: id, url: StructuredText.url(url),
            commit: commit)
    }

    private var words: String {
        switch outcome {
        case .passed: "passed"
        case .unstable: "is unstable"
        case .failed: "failed"
        case .cancelled: "was cancelled"
        }
    }

    private var attributes: [String: JSONValue] {
        var attributes: [String: JSONValue] = [EventAttribute.status: .string(outcome.rawValue), "build": .string(place)]
        let listed = changes.prefix(Self.changesListed)
        let authors: String? = Set(listed.map(\.author)).subtracting([""]).sorted().joined(separator: ", ")
        for (name, value) in [
            ("branch", branch), ("job", job), ("step", step), (EventAttribute.reason, reason), (EventAttribute.author, authors),
            (EventAttribute.previousCommit, lastGoodCommit),
        ] {
            if let value = StructuredText.name(value) { attributes[name] = .string(value) }
        }
        if let startedAt { attributes["duration_ms"] = .int(max(0, endedAt - startedAt)) }
        if let revisedAt { attributes[EventAttribute.revisedAt] = .int(revisedAt.wholeSecond.ms) }
        if failedTests > 0 { attributes[EventAttribute.count] = .int(Int64(failedTests)) }
        if !listed.isEmpty { attributes["changes"] = .array(listed.map { .strings([$0.commit, $0.author, $0.subject]) }) }
        if isFailure {
            if !log.text.isEmpty { attributes[EventAttribute.exemplar] = .string(log.text) }
            if let stack = log.stack {
                attributes[EventAttribute.exception] = StructuredText.name(stack.exception).map { .string($0) }
                attributes[EventAttribute.frames] = .array(stack.frames.prefix(Limits.stackFrames).map(\.json))
            }
        }
        return attributes
    }

    /// The results of its tests, of a report that names no commit itself.
    package func complete(_ tests: [TestResult]) -> [TestResult] {
        tests.map { test in
            var test = test
            test.commit = test.commit ?? commit
            return test
        }
    }
    package static func failures(in tests: some Sequence<TestResult>) -> Int {
        tests.count { $0.outcome == .failed || $0.outcome == .errored }
    }

    /// A revision that is a commit of git: others say nothing to a repository.
    static func commit(_ text: String?) -> String? {
        text.map { $0.lowercased() }.flatMap { CommitFact.isSHA($0) ? $0 : nil }
    }
    /// The name of a branch without what refers to it: `refs/heads/main`, `refs/remotes/origin/main` and `origin/main` are `main`.
    static func branch(_ text: String?) -> String? {
        guard var name = StructuredText.name(text), name != "detached" else { return nil }
        for prefix in ["refs/heads/", "refs/remotes/", "remotes/", "origin/"] where name.hasPrefix(prefix) {
            name.removeFirst(prefix.count)
        }
        return name.isEmpty ? nil : name
    }
}
