import Model

/// One cell of comma-separated metrics, in the order of the file. A gap has no value.
package struct MetricCell: Sendable {
    /// As written, at most 64 bytes.
    package var time: String
    package var timeMs: Int64
    package var value: Double?
    /// Index into the sheet's series.
    package var series: Int
}

/// Comma-separated metrics row by row, for commands that answer each row of a file.
package struct MetricSheet: Sendable {
    package var series: [MetricKey] = []
    package var cells: [MetricCell] = []
    package var rejections: [Rejection] = []

    /// The columns are those of `MetricCSVReader`. A row whose time or value cannot be read is refused.
    package init(_ bytes: UnsafeRawBufferPointer) {
        var scanner = CSVScanner(bytes: bytes)
        var fields: [CSVScanner.Field] = []
        guard scanner.next(&fields) else {
            refuse("there is nothing in it", line: nil)
            return
        }
        let header = fields.map { scanner.text(of: $0) }
        let names = header.map { $0.lowercased() }
        guard let time = names.firstIndex(where: { MetricCSVReader.timeNames.contains($0) }) else {
            refuse("the header has no column `time`", line: scanner.line)
            return
        }
        if let metric = names.firstIndex(of: "metric"), let value = names.firstIndex(of: "value") {
            readLong(
                &scanner, time: time, metric: metric, value: value, service: names.firstIndex(of: "service"),
                instance: names.firstIndex(of: "instance"))
        } else {
            readWide(&scanner, header, time: time)
        }
    }

    private mutating func refuse(_ reason: String, line: Int64?) {
        rejections.append(Rejection(reason: reason, line: line))
    }

    private mutating func readLong(
        _ scanner: inout CSVScanner, time: Int, metric: Int, value: Int, service: Int?, instance: Int?
    ) {
        var known: [MetricKey: Int] = [:]
        var fields: [CSVScanner.Field] = []
        while scanner.next(&fields) {
            func text(_ column: Int?) -> String { column.flatMap { $0 < fields.count ? scanner.text(of: fields[$0]) : nil } ?? "" }
            let key = MetricKey(
                service: StructuredText.title(text(service)), instance: StructuredText.title(text(instance)),
                metric: StructuredText.title(text(metric)))
            let index = known[key] ?? series.count
            if index == series.count {
                known[key] = index
                series.append(key)
            }
            add(scanner, fields, time: time, value: value, series: index)
        }
    }

    private mutating func readWide(_ scanner: inout CSVScanner, _ header: [String], time: Int) {
        let columns = header.indices.filter { $0 != time && StructuredText.name(header[$0]) != nil }
        guard !columns.isEmpty else { return refuse("the header names no series beside the time", line: scanner.line) }
        for column in columns {
            let name = StructuredText.name(header[column]) ?? ""
            let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            series.append(
                parts.count == 2 && !parts[1].isEmpty
                    ? MetricKey(service: String(parts[0]), metric: String(parts[1])) : MetricKey(service: "", metric: name))
        }
        var fields: [CSVScanner.Field] = []
        while scanner.next(&fields) {
            for (index, column) in columns.enumerated() { add(scanner, fields, time: time, value: column, series: index) }
        }
    }

    private mutating func add(_ scanner: CSVScanner, _ fields: [CSVScanner.Field], time: Int, value: Int, series: Int) {
        guard time < fields.count else { return refuse("the row has too few columns", line: scanner.line) }
        let moment = scanner.bytes(of: fields[time])
        let text = String(decoding: moment.prefix(64), as: UTF8.self)
        let instant =
            StructuredText.integer(moment).map { Instant(epoch: Double($0)) } ?? (Instant.read(rfc3339: moment) ?? Instant(text: text))
        guard let instant else { return refuse("the time is neither RFC 3339 nor an epoch number", line: scanner.line) }
        var number: Double?
        if value < fields.count, case let cell = scanner.bytes(of: fields[value]), !cell.isEmpty {
            guard let read = StructuredText.metricValue(cell) else { return refuse("the value is not a number", line: scanner.line) }
            number = read.isFinite ? read : nil
        }
        cells.append(MetricCell(time: text, timeMs: instant.ms, value: number, series: series))
    }
}
