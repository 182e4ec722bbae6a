import ArgumentParser
import Foundation
import Model
import Pipeline

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a commented workspace that works.",
        discussion: """
            EXAMPLES
              caseboard init oncall                a workspace to point at your own sources
              caseboard init --demo shop           with a realistic story in it: a shop, a quiet day, a bad deploy
            """)
    @OptionGroup var options: Options
    @Flag(help: "Put the demo story into it.") var demo = false
    @Argument(help: ArgumentHelp("The folder to make it in.", valueName: "DIR")) var folder: String

    func run() async throws {
        let answer = try await WorkspaceInit.make(at: URL(filePath: folder), shown: folder, demo: demo, now: try options.clock())
        options.output().news(answer)
    }
}

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check the configuration and what every source would give.",
        discussion: "Nothing is written. Exit code 1 when there is a warning, 2 when a run could not start.")
    @OptionGroup var options: Options

    func run() async throws {
        let answer = try await WorkspaceCheck.check(try options.found(), now: try options.clock())
        options.output().answer(answer)
        if answer.exitCode != 0 { throw ExitCode(answer.exitCode) }
    }
}

struct Kinds: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kinds", abstract: "The kinds of sources there are, or the settings of one.",
        discussion: """
            EXAMPLES
              caseboard kinds                      one line a kind
              caseboard kinds prometheus           an entry that works, and each setting
            """)
    @OptionGroup var options: Options
    @Argument(help: ArgumentHelp("One kind.", valueName: "KIND")) var kind: String?

    func run() async throws {
        guard let kind else { return options.output().answer(SourceKinds.list()) }
        do { options.output().answer(try SourceKinds.show(kind)) } catch { throw ValidationError("\(error)") }
    }
}

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check the integrity of the store.",
        discussion: "With --repair, indexes and search are built again from the tables they are made of; no fact is ever removed.")
    @OptionGroup var options: Options
    @Flag(help: "Rebuild what can be rebuilt.") var repair = false

    func run() async throws {
        let answer = try StoreDoctor.examine(try options.found(), repair: repair, now: try options.clock())
        options.output().answer(answer)
        if answer.exitCode != 0 { throw ExitCode(answer.exitCode) }
    }
}

struct Investigate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "investigate", abstract: "One folder of evidence in, ranked causes and the canvas out. No configuration, no store.",
        discussion: """
            The folder's shape is described in docs/bundle.md; whatever is there is used.

            EXAMPLES
              caseboard investigate evidence/
              caseboard investigate evidence/ --out case/ --json
            """)
    @OptionGroup var options: Options
    @Argument(help: ArgumentHelp("The folder of evidence.", valueName: "DIR")) var folder: String
    @Option(help: ArgumentHelp("Write the canvas and the report here.", valueName: "DIR")) var out: String?
    @Flag(name: .customLong("no-hint"), help: "Ignore the start, detection and window the bundle states.") var noHint = false

    func run() async throws {
        let answer = try await BundleInvestigation.run(
            folder: URL(filePath: folder), out: out.map { URL(filePath: $0) }, now: try options.clock(), ignoresHints: noHint,
            progress: options.progress())
        options.output().answer(answer)
        if answer.exitCode != 0 { throw ExitCode(answer.exitCode) }
    }
}

struct Completions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print the completion script of a shell.",
        discussion: "EXAMPLES\n  caseboard completions bash > /etc/bash_completion.d/caseboard")
    @OptionGroup var options: Options
    @Argument(help: ArgumentHelp("bash, zsh or fish.", valueName: "SHELL")) var shell: CompletionShell

    func run() async throws { print(Caseboard.completionScript(for: shell)) }
}

extension CompletionShell: @retroactive ExpressibleByArgument {
    public init?(argument: String) { self.init(rawValue: argument) }
}
