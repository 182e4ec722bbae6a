import Model

/// Reads answers of Jenkins' JSON API (<https://www.jenkins.io/doc/book/using/remote-access-api/>).
package enum JenkinsReader {
    package struct Build: Hashable, Sendable {
        package var isRunning: Bool
        /// True when it has a test report.
        package var hasTests: Bool
        package var fact: BuildFact
    }

    /// What a reader of builds needs of each, as the parameter `tree` asks for it.
    package static let buildFields =
        "number,url,result,timestamp,duration,building,"
        + "actions[urlName,lastBuiltRevision[SHA1,branch[name]]],culprits[fullName],"
        + "changeSet[items[commitId,msg,author[fullName]]],changeSets[items[commitId,msg,author[fullName]]]"
    package static let testFields: String = {
        let suites = "suites[name,cases[className,name,status,duration,errorDetails,errorStackTrace,skippedMessage]]"
        return "\(suites),childReports[result[\(suites)]]"
    }()

    /// The builds of a job, newest first; nil for what holds none, such as a folder.
    package static func builds(_ bytes: UnsafeRawBufferPointer, job: String, scope: String) -> [Build]? {
        let found = JSONReader.withDocument(bytes) { root -> [Build]? in
            guard let list = root["allBuilds"], list.isArray else { return nil }
            return list.elements.compactMap { build($0, job, scope) }
        }
        return (try? found.get()) ?? nil  // what is no document was refused when it came
    }
    /// One build, asked for by its number.
    package static func build(_ bytes: UnsafeRawBufferPointer, job: String, scope: String) -> Build? {
        (try? JSONReader.withDocument(bytes) { build($0, job, scope) }.get()) ?? nil  // as above
    }

    private static func build(_ node: JSONNode, _ job: String, _ scope: String) -> Build? {
        guard node.isObject, node.tapeCount <= FactDocument.objectValues, let fields = FactFields(node.value),
            let number = fields.value("number")?.intValue, number >= 0, let started = fields.value("timestamp")?.intValue,
            Instant.representable.contains(Instant(ms: started))
        else { return nil }
        let duration = min(max(0, fields.value("duration")?.intValue ?? 0), 366 * .dayMs)
        var fact = BuildFact(
            scope: scope, name: job, number: number, outcome: outcome(fields.line("result")), endedAt: Instant(ms: started + duration))
        fact.startedAt = Instant(ms: started)
        fact.url = fields.url("url")
        let actions = (fields.value("actions")?.arrayValue ?? []).compactMap { FactFields($0) }
        // Libraries of a pipeline are checked out before what it builds.
        let revision = actions.last { $0.fields("lastBuiltRevision") != nil }?.fields("lastBuiltRevision")
        fact.commit = BuildFact.commit(revision?.line("SHA1"))
        fact.branch = BuildFact.branch(FactFields(revision?.value("branch")?.arrayValue?.first)?.line("name"))
        fact.changes = changes(fields)
        if fact.changes.isEmpty {
            let culprits = (fields.value("culprits")?.arrayValue ?? []).compactMap { FactFields($0)?.line("fullName") }
            fact.changes = culprits.prefix(BuildFact.changesListed).map { BuildFact.Change(commit: "", author: $0, subject: "") }
        }
        return Build(
            isRunning: fields.value("building")?.boolValue ?? false || fields.value("result") == nil,
            hasTests: actions.contains { $0.line("urlName") == "testReport" }, fact: fact)
    }

    private static func outcome(_ result: String?) -> BuildFact.Outcome {
        switch result {
        case "SUCCESS": .passed
        case "UNSTABLE": .unstable
        case "FAILURE": .failed
        default: .cancelled
        }
    }

    /// A freestyle job has one list, a pipeline several.
    private static func changes(_ fields: FactFields) -> [BuildFact.Change] {
        let sets = (fields.value("changeSets")?.arrayValue ?? []) + [fields.value("changeSet") ?? .null]
        return sets.flatMap { FactFields($0)?.value("items")?.arrayValue ?? [] }.prefix(BuildFact.changesListed).compactMap { item in
            guard let item = FactFields(item) else { return nil }
            return BuildFact.Change(
                commit: item.line("commitId") ?? "", author: item.fields("author")?.line("fullName") ?? "",
                subject: StructuredText.title(item.text("msg") ?? ""))
        }
    }

    /// The results in a test report, or in those of the modules of a Maven job. `document` says whose build it is and when it ended.
    package static func tests(
        _ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin, stack: (String) -> StackSummary? = { _ in nil }
    ) -> [TestResult] {
        var tests: [TestResult] = []
        func read(_ report: JSONNode) {
            guard let suites = report["suites"] else { return }
            for suite in suites.elements {
                let name = StructuredText.title(suite["name"]?.string ?? "")
                for test in suite["cases"].map(\.elements).map(Array.init) ?? [] {
                    guard let title = test["name"]?.string.map(StructuredText.title), !title.isEmpty else { continue }
                    tests.append(result(test, title, suite: name, document, stack))
                }
            }
        }
        _ = JSONReader.withDocument(bytes) { root in
            read(root)
            for child in root["childReports"].map(\.elements).map(Array.init) ?? [] {
                if let result = child["result"] { read(result) }
            }
        }
        return tests
    }

    private static func result(
        _ test: JSONNode, _ name: String, suite: String, _ document: DocumentOrigin, _ stack: (String) -> StackSummary?
    ) -> TestResult {
        let outcome: TestOutcome =
            switch test["status"]?.string ?? "" {
            case "PASSED", "FIXED": .passed
            case "FAILED", "REGRESSION": .failed
            default: .skipped
            }
        let seconds = test["duration"]?.double ?? 0
        var result = TestResult(
            suite: suite, className: StructuredText.title(test["className"]?.string ?? ""), name: name, outcome: outcome,
            durationMs: seconds > 0 && seconds < 1e9 ? Int64((seconds * 1_000).rounded()) : 0)
        result.runAt = document.fallbackTime
        result.run = document.path + "#" + suite
        result.service = document.service
        guard outcome != .passed else { return result }
        result.detail = StructuredText.body(test["errorStackTrace"]?.string ?? "")
        let words = test["errorDetails"]?.string ?? test["skippedMessage"]?.string ?? String(result.detail.prefix { $0 != "\n" })
        result.message = StructuredText.title(words)
        if outcome == .failed, let trace = stack(words + "\n" + result.detail) {
            result.frames = Array(trace.frames.prefix(Limits.stackFrames))
            result.exception = StructuredText.name(trace.exception)
        }
        return result
    }
}
