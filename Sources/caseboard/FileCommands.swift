import ArgumentParser
import Foundation
import Model
import Pipeline

extension RowFormat: ExpressibleByArgument {}

/// Commands over one file, without a workspace.
struct FileOptions: ParsableArguments {
    @Option(help: ArgumentHelp("csv, json or table.", valueName: "FORMAT")) var format: RowFormat?
    @Argument(help: ArgumentHelp("The file, plain, .gz or .zst; `-` is standard input.", valueName: "FILE")) var file: String

    func rows(_ options: Options) throws -> RowFormat {
        if options.json, let format, format != .json {
            throw ValidationError("`--json` and `--format \(format.rawValue)` exclude each other")
        }
        return options.json ? .json : format ?? .table
    }
    /// Writes to standard output; a reader that went away ends the command.
    static func output(_ bytes: UnsafeRawBufferPointer) throws {
        var sent = 0
        while sent < bytes.count {
            let count = write(1, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { throw ExitCode(errno == EPIPE ? 0 : 2) }
            sent += count
        }
    }
}

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Look at a log file: its templates.", subcommands: [Templates.self])

    struct Templates: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "templates", abstract: "Print the template of each line of a log.",
            discussion: """
                A template is a message with its parameters as <*>. The header of each line (time, level, service) is found and left
                out. The id of a template is the same in every run and on every machine for the same file. `table` prints the
                templates, the most lines first; `csv` and `json` print a row for each line.

                EXAMPLES
                  caseboard logs templates /var/log/shop/checkout.log
                  caseboard logs templates checkout.log.zst --format csv > templates.csv
                  journalctl -u shop | caseboard logs templates - --json
                """)
        @OptionGroup var options: Options
        @OptionGroup var input: FileOptions

        func validate() throws { _ = try input.rows(options) }
        func run() async throws {
            try LogTemplateListing.write(input.file, format: try input.rows(options), now: try options.clock(), to: FileOptions.output)
        }
    }
}

struct Metrics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Look at a file of metrics: its anomalies.", subcommands: [Anomalies.self])

    struct Anomalies: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "anomalies", abstract: "Print how anomalous each value of a metric is.",
            discussion: """
                FILE is comma-separated: `time,value`, or `time` and a column for each series, or
                `time,service,instance,metric,value`. A score is 0…1: 0.5 is notable, 0.75 an anomaly; it depends on earlier rows
                only. `csv` and `json` print a row for each row of the file, in its order; `table` prints what is notable.

                EXAMPLES
                  caseboard metrics anomalies cpu.csv
                  caseboard metrics anomalies cpu.csv.gz --format csv > scores.csv
                """)
        @OptionGroup var options: Options
        @OptionGroup var input: FileOptions

        func validate() throws { _ = try input.rows(options) }
        func run() async throws {
            try MetricAnomalyListing.write(input.file, format: try input.rows(options), now: try options.clock(), to: FileOptions.output)
        }
    }
}
