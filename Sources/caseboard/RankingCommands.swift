import ArgumentParser
import Model
import Pipeline

struct Causes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "causes", abstract: "Print the probable causes of an investigation, with their terms.",
        discussion: "EXAMPLES\n  caseboard causes 1\n  caseboard causes 1 --json | jq '.causes[0].service'")
    @OptionGroup var options: Options
    @Argument(help: ArgumentHelp("The investigation's number.", valueName: "N")) var number: Int

    func run() async throws {
        options.output().answer(try RankingQueries.causes(try options.found(), number: number, now: try options.clock()))
    }
}

struct Suspects: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspects", abstract: "Print the changes that may have broken it, with their terms.",
        discussion: "EXAMPLES\n  caseboard suspects 1\n  caseboard suspects 1 --json | jq -r '.suspect_changes[].sha'")
    @OptionGroup var options: Options
    @Argument(help: ArgumentHelp("The investigation's number.", valueName: "N")) var number: Int

    func run() async throws {
        options.output().answer(try RankingQueries.suspects(try options.found(), number: number, now: try options.clock()))
    }
}

struct Similar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar", abstract: "Print the investigations that look like one, with what they share.",
        discussion: "EXAMPLES\n  caseboard similar 1\n  caseboard similar 1 --json")
    @OptionGroup var options: Options
    @Argument(help: ArgumentHelp("The investigation's number.", valueName: "N")) var number: Int

    func run() async throws {
        options.output().answer(try RankingQueries.similar(try options.found(), number: number, now: try options.clock()))
    }
}
