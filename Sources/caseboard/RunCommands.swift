import ArgumentParser
import Foundation
import Model
import Pipeline

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Do the whole job: collect, correlate, render, report, deliver.",
        discussion: """
            Running again is always safe: the same input changes nothing, and an interrupted run is finished by the next one.

            EXAMPLES
              caseboard run                       in a workspace
              caseboard run -q -w /srv/shop       from cron: silent unless something needs a look
              caseboard run --only collect,correlate
              caseboard run --since 30d           the first run over a long history: leave out what is older
            """)
    @OptionGroup var options: Options
    @Option(help: ArgumentHelp("Only these steps, separated by commas: collect, correlate, render, report, deliver.", valueName: "STEPS"))
    var only: String?
    @Option(
        help: ArgumentHelp(
            "Leave out what happened before: a time, a date or an age such as 12h or 30d. What is left out is not read again.",
            valueName: "TIME"))
    var since: String?
    @Flag(name: .customLong("dry-run"), help: "Do everything in a copy of the store and publish nothing.") var dryRun = false

    func validate() throws {
        for name in (only ?? "").split(separator: ",") where Step(rawValue: String(name)) == nil {
            let near = nearestName(to: String(name), among: Step.allCases.map(\.rawValue))
            throw ValidationError("there is no step `\(name)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
        }
    }

    func run() async throws {
        let steps = only.map { $0.split(separator: ",").compactMap { Step(rawValue: String($0)) } } ?? Step.allCases
        try await runSteps(steps, options, since: try since.map { try options.moment($0) }, isDryRun: dryRun)
    }
}

/// A step as a command of its own.
protocol StepCommand: AsyncParsableCommand {
    static var step: Step { get }
    var options: Options { get }
}
extension StepCommand {
    func run() async throws { try await runSteps([Self.step], options) }
}

private func runSteps(_ steps: [Step], _ options: Options, since: Instant? = nil, isDryRun: Bool = false) async throws {
    let answer = try await CaseboardRun.run(
        in: try options.found(), steps: steps, now: try options.clock(), progress: options.progress(), since: since,
        isDryRun: isDryRun)
    options.output().news(answer)
    if answer.exitCode != 0 { throw ExitCode(answer.exitCode) }
}

struct Collect: StepCommand {
    static let step = Step.collect
    static let configuration = CommandConfiguration(
        commandName: "collect", abstract: "Read what is new from every source, and derive signals.")
    @OptionGroup var options: Options
}
struct Correlate: StepCommand {
    static let step = Step.correlate
    static let configuration = CommandConfiguration(
        commandName: "correlate", abstract: "Group signals into investigations and rank causes.")
    @OptionGroup var options: Options
}
struct Render: StepCommand {
    static let step = Step.render
    static let configuration = CommandConfiguration(commandName: "render", abstract: "Write the pages and the API that changed.")
    @OptionGroup var options: Options
}
struct Report: StepCommand {
    static let step = Step.report
    static let configuration = CommandConfiguration(commandName: "report", abstract: "Write the post-mortem reports that changed.")
    @OptionGroup var options: Options
}
struct Deliver: StepCommand {
    static let step = Step.deliver
    static let configuration = CommandConfiguration(
        commandName: "deliver", abstract: "Send the digest of what changed, and what waits in the outbox.")
    @OptionGroup var options: Options
}
