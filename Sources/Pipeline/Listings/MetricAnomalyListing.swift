import Formats
import Foundation
import Model
import Signals

/// `caseboard metrics anomalies FILE`: a score for each value of a file of comma-separated metrics, in the file's order.
package enum MetricAnomalyListing {
    package static func write(
        _ file: String, format: RowFormat, now: Instant, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let sheet = try read(file, now)
        let rows = scored(sheet)
        var writer = RowWriter(sink: sink)
        switch format {
        case .csv: try csv(rows, &writer)
        case .json: try json(rows, &writer)
        case .table: try table(rows, &writer)
        }
        try writer.flush()
    }

    /// The score of each row, as `csv` prints it: for measuring.
    package static func scores(_ file: String, now: Instant) throws -> [Double] { scored(try read(file, now)).map { rounded($0.score) } }

    /// The services a file of metrics names: for measuring.
    package static func services(_ file: String, now: Instant) throws -> Set<String> { Set(try read(file, now).series.map(\.service)) }

    private static func read(_ file: String, _ now: Instant) throws -> MetricSheet {
        let input = try InputFile(file, now: now)
        var bytes: [UInt8] = []
        while bytes.count <= Limits.documentBytes, try input.read(into: &bytes, upTo: 1 << 20) {}
        guard bytes.count <= Limits.documentBytes else {
            throw PipelineError.cannotRead(
                path: input.name, reason: "it is longer than \(Limits.documentBytes >> 20) MiB, the most that is read at once")
        }
        let sheet = bytes.withUnsafeBytes { MetricSheet($0) }
        if let refusal = sheet.rejections.first {
            throw PipelineError.notMetrics(path: input.name, line: refusal.line, reason: refusal.reason)
        }
        return sheet
    }

    struct Row {
        var cell: MetricCell
        /// Empty when the file holds one series.
        var series: String
        var score: Double
        var reason: String
    }

    private static func scored(_ sheet: MetricSheet) -> [Row] {
        var own: [[Int]] = Array(repeating: [], count: sheet.series.count)
        for (index, cell) in sheet.cells.enumerated() where cell.value != nil { own[cell.series].append(index) }
        var rows = sheet.cells.map { cell in
            Row(cell: cell, series: sheet.series.count > 1 ? name(sheet.series[cell.series]) : "", score: 0, reason: "")
        }
        for (series, indices) in own.enumerated() {
            let track = MetricTrack(
                key: sheet.series[series], kind: .unknown, unit: "",
                points: indices.map { MetricPoint(timeMs: sheet.cells[$0].timeMs, value: sheet.cells[$0].value ?? .nan) })
            for (index, score) in zip(indices, MetricAnomalies.scores(track)) {
                rows[index].score = score.score
                rows[index].reason = score.reason.isEmpty ? "" : words(score.reason) + direction(score.side)
            }
        }
        return rows
    }

    private static func name(_ key: MetricKey) -> String {
        [key.service, key.instance, key.metric].filter { !$0.isEmpty }.joined(separator: ".")
    }

    /// The way of looking that found it, in words.
    private static func words(_ view: String) -> String {
        switch view {
        case "value": "a value not seen before"
        case "shortLevel": "the level of the last rows is new"
        case "level", "longLevel": "the level has shifted"
        case "jump": "a jump from the rows before"
        case "spread": "the values scatter as never before"
        case "day": "unusual for this time of day"
        case "week": "unusual for this time of the week"
        case "stillness": "it stands still, though it always moves"
        default: view
        }
    }

    private static func direction(_ side: Double) -> String { side > 0 ? ", up" : side < 0 ? ", down" : "" }

    // MARK: - Writing

    private static func csv(_ rows: [Row], _ writer: inout RowWriter) throws {
        let hasSeries = rows.contains { !$0.series.isEmpty }
        try writer.write(hasSeries ? "time,value,score,reason,series\n" : "time,value,score,reason\n")
        for row in rows {
            let series = hasSeries ? "," + RowWriter.field(row.series) : ""
            try writer.write(
                "\(RowWriter.field(row.cell.time)),\(number(row.cell.value)),\(fixed(row.score)),\(RowWriter.field(row.reason))\(series)\n")
        }
    }

    private static func json(_ rows: [Row], _ writer: inout RowWriter) throws {
        try writer.write("{\"schema\":\"caseboard.metric-anomalies/1\",\"rows\":[")
        for (index, row) in rows.enumerated() {
            let value: JSONValue = .compact([
                "time": .string(row.cell.time), "value": row.cell.value.map { .double($0) } ?? .null, "score": .double(rounded(row.score)),
                "reason": .string(row.reason), "series": row.series.isEmpty ? nil : .string(row.series),
            ])
            try writer.write((index > 0 ? "," : "") + value.text)
        }
        try writer.write("]}\n")
    }

    /// For people: only what is notable, the most anomalous first.
    private static func table(_ rows: [Row], _ writer: inout RowWriter) throws {
        let notable = rows.enumerated().filter { $0.element.score >= 0.5 }.sorted {
            ($1.element.score, $0.offset) < ($0.element.score, $1.offset)
        }
        if notable.isEmpty { return try writer.write("nothing notable in \(counted(rows.count, "row"))\n") }
        let width = notable.map { $0.element.cell.time.count }.max() ?? 4
        try writer.write("\(CaseQueries.pad("time", width))  score  \(CaseQueries.pad("value", 12))  reason\n")
        for (_, row) in notable {
            let reason = row.series.isEmpty ? row.reason : "\(row.series): \(row.reason)"
            try writer.write(
                "\(CaseQueries.pad(row.cell.time, width))  \(fixed(row.score))  \(CaseQueries.pad(number(row.cell.value), 12))  \(reason)\n"
            )
        }
    }

    private static func number(_ value: Double?) -> String { value.map { JSONValue.double($0).text } ?? "" }
    private static func rounded(_ score: Double) -> Double { (score * 1e6).rounded() / 1e6 }
    private static func fixed(_ score: Double) -> String {
        let millionths = Int((min(1, max(0, score)) * 1e6).rounded())
        return "\(millionths / 1_000_000).\(padded(millionths % 1_000_000, 6))"
    }
}
