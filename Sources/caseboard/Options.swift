import ArgumentParser
import Foundation
import Model
import Pipeline

/// The options every command knows.
struct Options: ParsableArguments {
    @Option(name: [.short, .long], help: ArgumentHelp("The workspace: the folder that holds caseboard.yaml.", valueName: "DIR"))
    var workspace: String?
    @Flag(help: "Print one JSON object with a `schema`.") var json = false
    @Flag(name: [.short, .long], help: "Print nothing when all is well.") var quiet = false
    @Flag(name: [.short, .long], help: "Say what is done.") var verbose = false
    @Flag(name: .customLong("no-color"), help: "No colours (also with NO_COLOR).") var noColor = false
    @Option(help: ArgumentHelp("Fix the clock: for tests and reproducible output.", valueName: "TIME")) var now: String?

    static let flags: Set<String> = ["--json", "-q", "--quiet", "-v", "--verbose", "--no-color"]
    static let valued: Set<String> = ["-w", "--workspace", "--now"]

    func clock() throws -> Instant {
        guard let now else { return Instant(ms: Int64(Date().timeIntervalSince1970 * 1_000)) }
        guard let fixed = Instant(text: now) else { throw PipelineError.badTime(now) }
        return fixed
    }
    /// A moment, a date (its beginning in UTC) or an age before the clock.
    func moment(_ text: String) throws -> Instant {
        if let age = DurationText.milliseconds(text) { return try clock() - age }
        guard let moment = Instant(text: text) ?? Instant(rfc3339: text + "T00:00:00Z") else { throw PipelineError.badTime(text) }
        return moment
    }
    func output() -> Output {
        let environment = ProcessInfo.processInfo.environment
        let color = !noColor && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb" && isatty(1) == 1
        return Output(json: json, isQuiet: quiet, usesColor: color)
    }
    func found() throws -> Workspace {
        try Workspace.find(named: workspace, from: FileManager.default.currentDirectoryPath)
    }
    /// ProgressLine goes to a terminal only, and never beside JSON.
    func progress() -> ProgressLine {
        ProgressLine(
            isShown: !quiet && !json && isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb", isVerbose: verbose)
    }
}

/// Results on standard output, everything else on standard error.
struct Output {
    let json: Bool
    let isQuiet: Bool
    let usesColor: Bool

    /// The answer of a command: its text, or its JSON when that was asked for.
    func answer(_ answer: Answer) {
        if json {
            print(answer.json.text)
        } else {
            print(Style(usesColor: usesColor).render(answer.lines), terminator: "")
        }
    }
    /// News of a run: said unless quiet; with `--json` always.
    func news(_ answer: Answer) {
        if json || !isQuiet || answer.exitCode != 0 { self.answer(answer) }
    }
    func fail(_ report: ErrorReport) {
        if json { print(report.json.text) }
        FileHandle.standardError.write(Data("caseboard: \(safeText(report.sentence))\n".utf8))
    }
    private func safeText(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).clipped(to: 4_000) }.joined(separator: "\n")
    }
}

/// Turns the lines of an answer into text for a terminal; the only place that writes escape sequences.
struct Style {
    let usesColor: Bool

    func render(_ lines: [Line]) -> String {
        lines.map { line in line.spans.map(render).joined() + "\n" }.joined()
    }
    private func render(_ span: Line.Span) -> String {
        let text = span.text.clipped(to: 20_000)
        guard usesColor, let code = code(span.role) else { return text }
        return "\u{1b}[\(code)m\(text)\u{1b}[0m"
    }
    private func code(_ role: Line.Role) -> String? {
        switch role {
        case .plain: nil
        case .strong: "1"
        case .faint: "2"
        case .critical: "1;31"
        case .high: "31"
        case .medium: "33"
        case .low: "34"
        case .change: "35"
        case .good: "32"
        }
    }
}
