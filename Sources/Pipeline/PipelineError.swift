import Model

/// Why a command could not start or finish. Cases carry the evidence; the words are below.
package enum PipelineError: Error {
    case noWorkspace(from: String)
    case workspaceExists(path: String)
    case configuration([Diagnostic])
    case locked(path: String, holder: String)
    case cannotWrite(path: String, reason: String)
    case cannotRead(path: String, reason: String)
    case noSuchInvestigation(Int, known: [Int])
    case noSuchEvent(String)
    case noSuchDeadLetter(Int64, newest: Int64?)
    case noSuchSource(String, nearest: String?)
    case noEvidence(path: String)
    case badTime(String)
    case noPrinter(tried: [String])
    case printFailed(program: String, reason: String)
    case notMetrics(path: String, line: Int64?, reason: String)

    /// The exit code the command line promises for it.
    package var exitCode: Int32 {
        switch self {
        case .locked: 75
        case .noSuchInvestigation, .noSuchEvent, .noSuchDeadLetter, .noSuchSource: 1
        default: 2
        }
    }
}

/// An error in four parts, as `--json` prints it.
package struct ErrorReport: Sendable {
    package var code: String
    package var what: String
    package var `where`: String
    package var why: String
    package var remedy: String
    package init(code: String, what: String, where place: String = "", why: String = "", remedy: String = "") {
        self.code = code
        self.what = what
        self.where = place
        self.why = why
        self.remedy = remedy
    }
    /// `what (where): why; remedy`
    package var sentence: String {
        var text = what
        if !self.where.isEmpty { text += " (`\(self.where)`)" }
        if !why.isEmpty { text += ": \(why)" }
        if !remedy.isEmpty { text += "; \(remedy)" }
        return text
    }
    package var json: JSONValue {
        [
            "schema": "caseboard.error/1",
            "error": [
                "code": .string(code), "what": .string(what), "where": .string(self.where), "why": .string(why), "remedy": .string(remedy),
            ],
        ]
    }
}

extension PipelineError: CustomStringConvertible {
    package var description: String { report.sentence }

    package var report: ErrorReport {
        switch self {
        case .noWorkspace(let from):
            ErrorReport(
                code: "no_workspace", what: "no workspace found", where: from, why: "neither it nor a parent holds `caseboard.yaml`",
                remedy: "make one with `caseboard init DIR`, or name it with `-w DIR`")
        case .workspaceExists(let path):
            ErrorReport(
                code: "workspace_exists", what: "nothing was written", where: path, why: "it already holds a `caseboard.yaml`",
                remedy: "choose another folder, or edit that file")
        case .configuration(let diagnostics):
            ErrorReport(
                code: "configuration", what: diagnostics.map(\.description).joined(separator: "\n"),
                remedy: diagnostics.isEmpty ? "see `caseboard kinds`" : "")
        case .locked(let path, let holder):
            ErrorReport(
                code: "locked", what: "another run holds the lock", where: path, why: holder,
                remedy: "let it finish; the lock goes with its process")
        case .cannotWrite(let path, let reason):
            ErrorReport(
                code: "cannot_write", what: "cannot write", where: path, why: reason, remedy: "free the disk or mend the permissions")
        case .cannotRead(let path, let reason):
            ErrorReport(code: "cannot_read", what: "cannot read", where: path, why: reason, remedy: "check the path and its permissions")
        case .noSuchInvestigation(let number, let known):
            ErrorReport(
                code: "no_such_investigation", what: "there is no investigation \(number)",
                why: known.isEmpty ? "none has been opened yet" : "the newest is \(known.max() ?? 0)", remedy: "`caseboard list` shows all")
        case .noSuchEvent(let id):
            ErrorReport(code: "no_such_event", what: "there is no event `\(id)`", remedy: "`caseboard show N` prints the events of one")
        case .noSuchDeadLetter(let id, let newest):
            ErrorReport(
                code: "no_such_dead_letter", what: "there is no open dead letter \(id)",
                why: newest.map { "the newest is \($0)" } ?? "there is none at all", remedy: "`caseboard dlq list` shows all")
        case .noSuchSource(let name, let nearest):
            ErrorReport(
                code: "no_such_source", what: "no source is named `\(name.clipped(to: 60))`",
                remedy: nearest.map { "did you mean `\($0)`?" } ?? "`caseboard breaker status` shows all")
        case .noEvidence(let path):
            ErrorReport(
                code: "no_evidence", what: "nothing to investigate", where: path,
                why: "none of logs, metrics, traces, changes, alerts, reports, tests, git was found in it",
                remedy: "see `docs/bundle.md` for the folder's shape")
        case .noPrinter(let tried):
            ErrorReport(
                code: "no_printer", what: "cannot make a PDF", where: "PATH", why: "none of \(tried.joined(separator: ", ")) is installed",
                remedy: "install one (`apt install chromium` or `pip install weasyprint`), or export `html` and print it from a browser")
        case .printFailed(let program, let reason):
            ErrorReport(
                code: "print_failed", what: "cannot make a PDF", where: program, why: reason,
                remedy: "run it by hand to see what it says, or export `html` and print it from a browser")
        case .notMetrics(let path, let line, let reason):
            ErrorReport(
                code: "not_metrics", what: "cannot read metrics", where: line.map { "\(path):\($0)" } ?? path, why: reason,
                remedy: "write a header, `time,value` or `time,service,instance,metric,value` or `time` and a column for each series")
        case .badTime(let text):
            ErrorReport(code: "bad_time", what: "`\(text)` is not a time", remedy: "write it as 2026-11-22T14:00:00Z")
        }
    }
}
