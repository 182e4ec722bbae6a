import ArgumentParser
import Foundation
import Model
import Pipeline

/// Arguments in, exit code out. Everything else happens in Pipeline.
@main
struct Main {
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGINT) { _ in _exit(130) }
        let arguments = hoisted(Array(CommandLine.arguments.dropFirst()))
        if let problem = unknownCommand(arguments) {
            Output(json: arguments.contains("--json"), isQuiet: false, usesColor: false).fail(problem)
            exit(64)
        }
        do {
            var command = try Caseboard.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            fflush(nil)
        } catch {
            fflush(nil)
            exit(status(of: error, arguments: arguments))
        }
    }

    /// Reports an error as the options asked for and gives the exit code of the contract.
    private static func status(of error: any Error, arguments: [String]) -> Int32 {
        let output = Output(json: arguments.contains("--json"), isQuiet: false, usesColor: false)
        if let code = error as? ExitCode { return code.rawValue }
        if let error = error as? PipelineError {
            output.fail(error.report)
            return error.exitCode
        }
        let code = Caseboard.exitCode(for: error)
        if code.isSuccess || code == .validationFailure {
            if code == .validationFailure && arguments.contains("--json") {
                output.fail(ErrorReport(code: "usage", what: Caseboard.message(for: error), remedy: "see `caseboard help`"))
                return 64
            }
            Caseboard.exit(withError: error)
        }
        output.fail(ErrorReport(code: "failed", what: "\(error)".clipped(to: 2_000)))
        return 2
    }

    /// Options of every command may also stand before it: `caseboard -w DIR run` is `caseboard run -w DIR`.
    static func hoisted(_ arguments: [String]) -> [String] {
        var leading: [String] = []
        var rest = arguments[...]
        while let first = rest.first, first.hasPrefix("-") {
            guard
                first.hasPrefix("--workspace=") || first.hasPrefix("--now=") || Options.flags.contains(first)
                    || Options.valued.contains(first)
            else { return arguments }
            leading.append(first)
            rest = rest.dropFirst()
            if Options.valued.contains(first), let value = rest.first {
                leading.append(value)
                rest = rest.dropFirst()
            }
        }
        guard let command = rest.first, !leading.isEmpty else { return arguments }
        let isNested =
            Caseboard.configuration.subcommands.first { $0.configuration.commandName == command }
            .map { !$0.configuration.subcommands.isEmpty } ?? false
        let words = rest.prefix(isNested ? 2 : 1)
        return Array(words) + leading + rest.dropFirst(words.count)
    }

    private static func unknownCommand(_ arguments: [String]) -> ErrorReport? {
        guard let name = arguments.first, !name.hasPrefix("-") else { return nil }
        let known = Caseboard.commandNames
        if known.contains(name) { return nil }
        let near = nearestName(to: name, among: known).map { "did you mean `\($0)`?" } ?? "`caseboard help` lists the commands"
        return ErrorReport(code: "usage", what: "there is no command `\(name.clipped(to: 40))`", remedy: near)
    }
}

struct Caseboard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caseboard",
        abstract: "Gathers the evidence of production incidents, ranks the likely causes, and publishes the case as files.",
        discussion: """
            EXAMPLES
              caseboard init --demo shop && caseboard run -w shop    a board with a realistic story
              caseboard investigate evidence/ --out case/            one incident, no configuration
              caseboard explain 1                                    why the first investigation says what it says

            EXIT CODES
              0 all well   1 finished, with something to look at   2 could not start   64 usage
              75 another run holds the lock   130 interrupted
            """,
        version: Program.version,
        subcommands: [
            Init.self, Run.self, Collect.self, Correlate.self, Render.self, Report.self, Deliver.self, Investigate.self, List.self,
            Show.self, Explain.self, Causes.self, Suspects.self, Similar.self, Search.self, Query.self, Export.self, Logs.self,
            Metrics.self, Check.self, Kinds.self, Doctor.self, DeadLetters.self, Breaker.self, Completions.self,
        ])

    static var commandNames: [String] { configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"] }
}
