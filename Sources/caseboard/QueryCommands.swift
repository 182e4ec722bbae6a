import ArgumentParser
import Foundation
import Model
import Pipeline

/// Options that every query has.
struct QueryOptions: ParsableArguments {
    @Flag(help: "Comma-separated values with a header.") var csv = false
    @Flag(help: "Columns for people; the usual form.") var table = false
    @Option(help: ArgumentHelp("Only this service.", valueName: "NAME")) var service: String?
    @Option(help: ArgumentHelp("Only this component.", valueName: "NAME")) var component: String?
    @Option(help: ArgumentHelp("Only this environment.", valueName: "NAME")) var environment: String?
    @Option(help: ArgumentHelp("critical, high, medium, low or info; that and worse.", valueName: "SEVERITY")) var severity: String?
    @Option(help: ArgumentHelp("From this time, date or age on.", valueName: "TIME")) var from: String?
    @Option(help: ArgumentHelp("Up to this time, date or age.", valueName: "TIME")) var to: String?
    @Option(help: ArgumentHelp("All of these words.", valueName: "WORDS")) var text: String?
    @Option(help: ArgumentHelp("At most so many.", valueName: "COUNT")) var limit: Int = 100
    @Option(help: ArgumentHelp("Leave so many out.", valueName: "COUNT")) var offset: Int = 0

    func validate(_ options: Options) throws {
        if [csv, table, options.json].count(where: { $0 }) > 1 {
            throw ValidationError("`--json`, `--csv` and `--table` exclude each other")
        }
        _ = try Self.word(severity, Severity.self, "severity")
        if !(1...QueryListing.maxRows).contains(limit) { throw ValidationError("`--limit` must be from 1 to \(QueryListing.maxRows)") }
        if !(0...QueryListing.maxOffset).contains(offset) {
            throw ValidationError("`--offset` must be from 0 to \(QueryListing.maxOffset)")
        }
    }
    func format(_ options: Options) -> RowFormat { options.json ? .json : csv ? .csv : .table }

    /// A word of one of ours, or the usage error that names them all.
    static func word<T: RawRepresentable & CaseIterable>(_ text: String?, _: T.Type, _ what: String) throws -> T?
    where T.RawValue == String {
        guard let text else { return nil }
        if let word = T(rawValue: text) { return word }
        throw ValidationError("`\(text)` is not a \(what); it is one of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
    }
}

struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Print the investigations or events that filters admit.",
        subcommands: [Investigations.self, Events.self])

    struct Investigations: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "investigations", abstract: "Print the investigations that filters admit.",
            discussion: """
                EXAMPLES
                  caseboard query investigations --status open --service checkout
                  caseboard query investigations --from 90d --sort started --csv > quarter.csv
                  caseboard query investigations --text 'connection slots' --json
                """)
        @OptionGroup var options: Options
        @OptionGroup var query: QueryOptions
        @Option(help: ArgumentHelp("open, in_progress, mitigated, resolved or closed.", valueName: "STATUS")) var status: String?
        @Option(help: ArgumentHelp("p0, p1, p2 or p3.", valueName: "PRIORITY")) var priority: String?
        @Option(help: ArgumentHelp("Only those of this person.", valueName: "WHO")) var assignee: String?
        @Option(help: ArgumentHelp("number, started, severity or changed.", valueName: "ORDER")) var sort: String = "severity"

        func validate() throws {
            try query.validate(options)
            _ = try QueryOptions.word(status, InvestigationStatus.self, "status")
            _ = try QueryOptions.word(priority, Priority.self, "priority")
            _ = try QueryOptions.word(sort, CaseFilter.Order.self, "order")
        }
        func run() async throws {
            let filter = CaseFilter(
                status: status.flatMap(InvestigationStatus.init), severity: query.severity.flatMap { Severity(rawValue: $0) },
                priority: priority.flatMap(Priority.init), service: query.service, component: query.component,
                environment: query.environment, assignedTo: assignee, from: try query.from.map(options.moment),
                to: try query.to.map(options.moment), text: query.text, order: CaseFilter.Order(rawValue: sort) ?? .severity,
                limit: query.limit, offset: query.offset)
            try QueryListing.investigations(try options.found(), filter, format: query.format(options), to: FileOptions.output)
        }
    }

    struct Events: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "events", abstract: "Print the events that filters admit.",
            discussion: """
                EXAMPLES
                  caseboard query events --type deployment --service checkout --from 7d
                  caseboard query events --source alerts --severity high --csv > alerts.csv
                  caseboard query events --text PoolTimeout --json
                """)
        @OptionGroup var options: Options
        @OptionGroup var query: QueryOptions
        @Option(help: ArgumentHelp("git, ci, logs, metrics, traces, alerts, deploys, feeds, tickets or manual.", valueName: "SOURCE"))
        var source: String?
        @Option(help: ArgumentHelp("Only events of this type.", valueName: "TYPE")) var type: String?
        @Option(help: ArgumentHelp("signal, change or context.", valueName: "ROLE")) var role: String?
        @Option(help: ArgumentHelp("newest or oldest first.", valueName: "ORDER")) var sort: String = "newest"

        func validate() throws {
            try query.validate(options)
            _ = try QueryOptions.word(source, EventSource.self, "source")
            _ = try QueryOptions.word(role, EventRole.self, "role")
            _ = try QueryOptions.word(sort, EventFilter.Order.self, "order")
        }
        func run() async throws {
            let filter = EventFilter(
                source: source.flatMap(EventSource.init), type: type.map(EventType.init), role: role.flatMap(EventRole.init),
                severity: query.severity.flatMap { Severity(rawValue: $0) }, service: query.service, component: query.component,
                environment: query.environment, from: try query.from.map(options.moment), to: try query.to.map(options.moment),
                text: query.text, order: EventFilter.Order(rawValue: sort) ?? .newest, limit: query.limit, offset: query.offset)
            try QueryListing.events(try options.found(), filter, format: query.format(options), to: FileOptions.output)
        }
    }
}

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write one investigation as one file.",
        discussion: """
            md is the report, json the whole case, csv its timeline, html its canvas, pdf the canvas as printed by an installed
            Chromium or WeasyPrint.

            EXAMPLES
              caseboard export 1 --format md | less
              caseboard export 1 --format pdf --out outage.pdf
            """)
    @OptionGroup var options: Options
    @Argument(help: ArgumentHelp("The investigation's number.", valueName: "N")) var number: Int
    @Option(help: ArgumentHelp("md, json, csv, html or pdf.", valueName: "FORMAT")) var format: String
    @Option(help: ArgumentHelp("Write this file, whole or not at all; else standard output.", valueName: "FILE")) var out: String?

    func validate() throws {
        let format = try QueryOptions.word(format, CaseExport.Format.self, "format")
        if format == .pdf && out == nil && isatty(1) == 1 {
            throw ValidationError("a terminal cannot show a PDF; name a file with `--out FILE`")
        }
    }
    func run() async throws {
        guard let format = CaseExport.Format(rawValue: format) else { return }
        let bytes = try CaseExport.bytes(try options.found(), number: number, format: format, now: try options.clock())
        if let out {
            try AtomicFile.write(bytes, to: URL(filePath: out))
        } else {
            try bytes.withUnsafeBytes(FileOptions.output)
        }
    }
}
