import ArgumentParser
import Foundation
import Model
import Pipeline

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List investigations, worst and newest first.",
        discussion: """
            EXAMPLES
              caseboard list --status open
              caseboard list --service checkout --json
            """)
    @OptionGroup var options: Options
    @Option(help: ArgumentHelp("open, in_progress, mitigated, resolved or closed.", valueName: "STATUS")) var status: String?
    @Option(help: ArgumentHelp("critical, high, medium, low or info; that and worse.", valueName: "SEVERITY")) var severity: String?
    @Option(help: ArgumentHelp("Only those that touch this service.", valueName: "NAME")) var service: String?
    @Option(help: ArgumentHelp("At most so many.", valueName: "COUNT")) var limit: Int = 100

    func validate() throws {
        if let status, InvestigationStatus(rawValue: status) == nil {
            throw ValidationError(
                "`\(status)` is not a status; it is one of \(InvestigationStatus.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if let severity, Severity(rawValue: severity) == nil {
            throw ValidationError(
                "`\(severity)` is not a severity; it is one of \(Severity.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if limit < 1 { throw ValidationError("`--limit` must be at least 1") }
    }

    func run() async throws {
        let filter = CaseFilter(
            status: status.flatMap(InvestigationStatus.init), severity: severity.flatMap(Severity.init), service: service, limit: limit)
        options.output().answer(try CaseQueries.list(try options.found(), filter: filter, now: try options.clock()))
    }
}

struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one investigation with its evidence.")
    @OptionGroup var options: Options
    @Argument(help: ArgumentHelp("The investigation's number.", valueName: "N")) var number: Int

    func run() async throws {
        options.output().answer(try CaseQueries.show(try options.found(), number: number, now: try options.clock()))
    }
}

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Print every decision behind an investigation, with its terms.",
        discussion: """
            EXAMPLES
              caseboard explain 1
              caseboard explain 1 ev_4f6k2m0p8q1r3s5t    one piece of evidence, or one that was left out
            """)
    @OptionGroup var options: Options
    @Argument(help: ArgumentHelp("The investigation's number.", valueName: "N")) var number: Int
    @Argument(help: ArgumentHelp("Only this event.", valueName: "EVENT")) var event: String?

    func run() async throws {
        options.output().answer(try CaseQueries.explain(try options.found(), number: number, event: event, now: try options.clock()))
    }
}

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Search investigations and events.",
        discussion: "EXAMPLES\n  caseboard search PoolTimeout\n  caseboard search 'connection slots' --json")
    @OptionGroup var options: Options
    @Argument(help: ArgumentHelp("The words to find.", valueName: "TEXT")) var text: [String]
    @Option(help: ArgumentHelp("At most so many.", valueName: "COUNT")) var limit: Int = 20

    func run() async throws {
        options.output().answer(
            try CaseQueries.search(try options.found(), text: text.joined(separator: " "), limit: max(1, min(limit, 1_000))))
    }
}
