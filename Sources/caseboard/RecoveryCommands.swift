import ArgumentParser
import Model
import Pipeline

struct DeadLetters: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq", abstract: "Look at what could not be read or sent, and retry or drop it.",
        subcommands: [Listing.self, Show.self, Retry.self, Drop.self])

    /// Letters by number, by source, or all.
    struct Chosen: ParsableArguments {
        @Argument(help: ArgumentHelp("The numbers that `dlq list` prints.", valueName: "ID")) var ids: [Int64] = []
        @Option(help: ArgumentHelp("All of this source.", valueName: "NAME")) var source: String?
        @Flag(help: "All.") var all = false

        func validate() throws {
            if [!ids.isEmpty, source != nil, all].count(where: { $0 }) != 1 {
                throw ValidationError("say which dead letters: their numbers, `--source NAME` or `--all`")
            }
        }
        var choice: DeadLetterOffice.Choice { DeadLetterOffice.Choice(ids: ids, source: source, isAll: all) }
    }

    struct Listing: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Print the dead letters, oldest first.")
        @OptionGroup var options: Options
        @Option(help: ArgumentHelp("Only of this source.", valueName: "NAME")) var source: String?
        @Flag(help: "Also those that were retried or dropped.") var all = false

        func run() async throws {
            options.output().answer(
                try DeadLetterOffice.list(try options.found(), source: source, includeResolved: all, now: try options.clock()))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Print one with its payload.")
        @OptionGroup var options: Options
        @Argument(help: ArgumentHelp("The number that `dlq list` prints.", valueName: "ID")) var id: Int64

        func run() async throws { options.output().answer(try DeadLetterOffice.show(try options.found(), id: id)) }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "retry", abstract: "Have the next run read or send them again.",
            discussion: """
                A document is read whole again; what was known of it stays known. What comes in broken again is a dead letter again.

                EXAMPLES
                  caseboard dlq retry 17 18
                  caseboard dlq retry --source alerts && caseboard run
                """)
        @OptionGroup var options: Options
        @OptionGroup var chosen: Chosen

        func run() async throws {
            try finish(try DeadLetterOffice.retry(try options.found(), chosen.choice, now: try options.clock()), options)
        }
    }

    struct Drop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "drop", abstract: "Let them go.")
        @OptionGroup var options: Options
        @OptionGroup var chosen: Chosen

        func run() async throws {
            try finish(try DeadLetterOffice.drop(try options.found(), chosen.choice, now: try options.clock()), options)
        }
    }
}

struct Breaker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "breaker", abstract: "Look at the circuit breakers of the sources, and close them.",
        discussion: "A breaker opens after 5 failures in a row; after 60 s the next run tries once.",
        subcommands: [Status.self, Reset.self])

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status", abstract: "Print the breaker of each source. Exit code 1 when one is not closed.")
        @OptionGroup var options: Options

        func run() async throws { try finish(try BreakerPanel.status(try options.found(), now: try options.clock()), options) }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset", abstract: "Close breakers, so that the next run asks again.",
            discussion: "EXAMPLES\n  caseboard breaker reset\n  caseboard breaker reset prometheus")
        @OptionGroup var options: Options
        @Argument(help: ArgumentHelp("Only these.", valueName: "SOURCE")) var sources: [String] = []

        func run() async throws { try finish(try BreakerPanel.reset(try options.found(), sources: sources), options) }
    }
}

private func finish(_ answer: Answer, _ options: Options) throws {
    options.output().answer(answer)
    if answer.exitCode != 0 { throw ExitCode(answer.exitCode) }
}
