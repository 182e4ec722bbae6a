import Model

/// A finished build of any CI server, and the fact that it is.
package struct BuildFact: Hashable, Sendable {
    package enum Outcome: String, Sendable { case passed, unstable, failed, cancelled }
    /// A commit that was new in it.
    package struct Change: Hashable, Sendable {
        var commit: String
        var author: String
        var subject: String
    }

    /// Of the builder or the job; with the number it tells the build from all others of its server.
    package var name: String
    package var number: Int64
    package var outcome: Outcome
    package var startedAt: Instant?
    package var endedAt: Instant
    package var commit: String?
    package var branch: String?
    package var service: String?
    package var url: String?
    /// Of a branch whose failures alarm nobody: it is context whatever became of it.
    package var isSideline = false
    package var changes: [Change] = []
    /// Tests whose results are known that failed what failed: then they are the signals, each with its own history.
    package var failedTests = 0
    /// What failed in it first.
    package var failedStep: String?
    /// The end of what the failed step printed.
    package var logTail = ""

    /// The most commits that a fact lists.
    package static let changesListed = 20
    /// Of a log: the lines that are asked for, the bytes of them that are searched for a stack, the lines that are shown.
    package static let logTailLines: Int64 = 100
    package static let logTailBytes = Limits.exemplarBytes
    private static let logLinesShown = 40

    package var isFailure: Bool { outcome == .failed || outcome == .unstable }
    /// For messages and dead letters.
    package var place: String { "\(name) #\(number)" }
    /// What results of its tests are known by together. The number is last: a build is named by what tells it from the one before.
    package func run(of report: String? = nil) -> String { [name, report, String(number)].compactMap { $0 }.joined(separator: "/") }

    /// A failure is a signal, at the moment at which it was known; all else is context, and so are a sideline and what its tests tell.
    package func event(_ document: DocumentOrigin) -> Event {
        var attributes: [String: JSONValue] = [EventAttribute.status: .string(outcome.rawValue), "build": .int(number)]
        if let branch { attributes["branch"] = .string(branch) }
        if let startedAt { attributes["duration_ms"] = .int(max(0, endedAt - startedAt)) }
        if let failedStep { attributes["step"] = .string(failedStep) }
        if failedTests > 0 { attributes[EventAttribute.count] = .int(Int64(failedTests)) }
        if !changes.isEmpty {
            let listed = changes.prefix(Self.changesListed)
            attributes["changes"] = .array(listed.map { .strings([$0.commit, $0.author, $0.subject]) })
            let authors = Set(listed.map(\.author)).subtracting([""]).sorted()
            if !authors.isEmpty { attributes[EventAttribute.author] = .string(StructuredText.title(authors.joined(separator: ", "))) }
        }
        let tail = isFailure ? Self.end(of: logTail) : ""
        if let trace = tail.isEmpty ? nil : StackTrace.parse(tail) {
            attributes[EventAttribute.exception] = StructuredText.name(trace.exception).map { .string($0) }
            if !trace.frames.isEmpty { attributes[EventAttribute.frames] = .array(trace.frames.map(\.json)) }
        }
        let words =
            switch outcome {
            case .passed: "passed"
            case .unstable: "is unstable"
            case .failed: "failed"
            case .cancelled: "was cancelled"
            }
        let title = "\(name) #\(number) \(words)" + (isFailure ? failedStep.map { " in \($0)" } ?? "" : "")
        return Event(
            source: .ci, type: isFailure ? .buildFailure : .build, subject: "\(name)#\(number)", at: endedAt,
            role: isSideline || failedTests > 0 ? .context : nil, severity: !isFailure ? .info : isSideline ? .low : .medium,
            title: StructuredText.title(title), body: Self.lastLines(of: tail), service: service ?? document.service,
            environment: document.environment, attributes: StructuredText.bounded(attributes), origin: document.origin,
            sourceID: "\(name)#\(number)", url: StructuredText.url(url), commit: commit)
    }

    /// The last whole lines, as many as fit.
    private static func end(of log: String) -> String {
        let bytes = log.utf8.suffix(logTailBytes)
        guard bytes.count < log.utf8.count else { return StructuredText.body(log) }
        let start = bytes.firstIndex(of: 10).map { bytes.index(after: $0) } ?? bytes.startIndex
        return "…\n" + StructuredText.body(String(decoding: bytes[start...], as: UTF8.self))
    }
    /// The end says why; what stands far above it would hide it.
    private static func lastLines(of text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.count <= logLinesShown ? text : "…\n" + lines.suffix(logLinesShown).joined(separator: "\n")
    }

    /// The results of its tests, of a report that names neither commit nor service itself.
    package func complete(_ tests: [TestResult]) -> [TestResult] {
        tests.map { test in
            var test = test
            test.commit = test.commit ?? commit
            test.service = test.service ?? service
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
