import Model

/// Reads metrics as comma-separated values: long (`time,service,instance,metric,value`, columns in any order, others ignored,
/// `instance` optional) or wide (`time` and one column for each series, named `service.metric` and split at the first dot).
/// Times are RFC 3339 or epoch numbers told apart by magnitude. Empty cells, NaN and infinities are gaps and are skipped.
package enum MetricCSVReader {
    package static func read(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Reading {
        var reading = Reading()
        var scanner = CSVScanner(bytes: bytes)
        var fields: [CSVScanner.Field] = []
        guard bytes.count <= Limits.documentBytes, scanner.next(&fields) else {
            reading.refuse(
                bytes.isEmpty
                    ? "there is nothing in it" : "it is longer than \(Limits.documentBytes >> 20) MiB, the most that is read at once")
            return reading
        }
        let header = fields.map { scanner.text(of: $0).lowercased() }
        guard let time = header.firstIndex(where: { timeNames.contains($0) }) else {
            reading.refuse("the header has no column `time`", line: scanner.line, excerpt: scanner.excerpt(fields))
            return reading
        }
        if let metric = header.firstIndex(of: "metric"), let value = header.firstIndex(of: "value") {
            let columns = Columns(
                time: time, metric: metric, value: value, service: header.firstIndex(of: "service"),
                instance: header.firstIndex(of: "instance"))
            readLong(&scanner, columns, document, into: &reading)
        } else {
            readWide(&scanner, fields.map { scanner.text(of: $0) }, time, document, into: &reading)
        }
        return reading
    }

    static let timeNames: Set<String> = ["time", "timestamp", "ts", "datetime", "date", "@timestamp"]

    private struct Columns {
        var time: Int
        var metric: Int
        var value: Int
        var service: Int?
        var instance: Int?
        var last: Int { max(time, metric, value, service ?? 0, instance ?? 0) }
    }

    // MARK: Long

    private static func readLong(
        _ scanner: inout CSVScanner, _ columns: Columns, _ document: DocumentOrigin, into reading: inout Reading
    ) {
        var tracks = MetricTrackBuilder()
        var known = KnownSeries()
        var fields: [CSVScanner.Field] = []
        var clock = Clock()
        while scanner.next(&fields) {
            guard fields.count > columns.last else {
                reading.refuse("the row has too few columns", line: scanner.line, excerpt: scanner.excerpt(fields))
                continue
            }
            let valueBytes = scanner.bytes(of: fields[columns.value])
            if valueBytes.isEmpty { continue }
            guard let value = StructuredText.metricValue(valueBytes) else {
                reading.refuse("the value is not a number", line: scanner.line, excerpt: scanner.excerpt(fields))
                continue
            }
            guard let time = clock.read(scanner.bytes(of: fields[columns.time])) else {
                reading.refuse(
                    "the time is neither RFC 3339 nor an epoch number", line: scanner.line, excerpt: scanner.excerpt(fields))
                continue
            }
            let metric = fields[columns.metric]
            guard !scanner.bytes(of: metric).isEmpty else {
                reading.refuse("the row names no metric", line: scanner.line, excerpt: scanner.excerpt(fields))
                continue
            }
            guard value.isFinite else { continue }
            let service = columns.service.map { fields[$0] }
            let instance = columns.instance.map { fields[$0] }
            tracks.add(time, value, to: known.index(scanner, service, instance, metric, document, &tracks))
        }
        reading.metrics = tracks.tracks()
    }

    /// Finds a row's track by a hash of its raw bytes, so that no string is made for a series met before.
    private struct KnownSeries {
        private var byHash: [UInt64: (raw: [UInt8], index: Int)] = [:]

        mutating func index(
            _ scanner: CSVScanner, _ service: CSVScanner.Field?, _ instance: CSVScanner.Field?, _ metric: CSVScanner.Field,
            _ document: DocumentOrigin, _ tracks: inout MetricTrackBuilder
        ) -> Int {
            let parts = (
                service.map { scanner.bytes(of: $0) }, instance.map { scanner.bytes(of: $0) }, scanner.bytes(of: metric)
            )
            // FNV-1a; equal hashes are checked byte by byte, so a collision costs time and nothing else.
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for part in [parts.0, parts.1, parts.2] {
                for byte in part ?? UnsafeRawBufferPointer(start: nil, count: 0) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
                hash = (hash ^ 0xFF) &* 0x100_0000_01B3
            }
            if let candidate = byHash[hash], KnownSeries.equal(candidate.raw, parts.0, parts.1, parts.2) { return candidate.index }
            let own = service.map { StructuredText.title(scanner.text(of: $0)) } ?? ""
            let key = MetricKey(
                service: own.isEmpty ? document.service ?? "" : own,
                instance: instance.map { StructuredText.title(scanner.text(of: $0)) } ?? "",
                metric: StructuredText.title(scanner.text(of: metric)))
            let index = tracks.index(of: key)
            var raw: [UInt8] = []
            for part in [parts.0, parts.1, parts.2] {
                raw.append(contentsOf: part ?? UnsafeRawBufferPointer(start: nil, count: 0))
                raw.append(0xFF)
            }
            byHash[hash] = (raw, index)
            return index
        }

        private static func equal(
            _ raw: [UInt8], _ first: UnsafeRawBufferPointer?, _ second: UnsafeRawBufferPointer?, _ third: UnsafeRawBufferPointer
        ) -> Bool {
            raw.withUnsafeBufferPointer { raw in
                var at = 0
                for part in [first, second, third] {
                    for byte in part ?? UnsafeRawBufferPointer(start: nil, count: 0) {
                        guard at < raw.count, raw[at] == byte else { return false }
                        at += 1
                    }
                    guard at < raw.count, raw[at] == 0xFF else { return false }
                    at += 1
                }
                return at == raw.count
            }
        }
    }

    // MARK: Wide

    private static func readWide(
        _ scanner: inout CSVScanner, _ names: [String], _ time: Int, _ document: DocumentOrigin, into reading: inout Reading
    ) {
        var tracks = MetricTrackBuilder()
        var indices: [Int?] = []
        for (column, name) in names.enumerated() {
            guard column != time, let name = StructuredText.name(name) else {
                indices.append(nil)
                continue
            }
            let dot = name.firstIndex(of: ".")
            let service = dot.map { String(name[..<$0]) } ?? ""
            let metric = dot.map { String(name[name.index(after: $0)...]) } ?? name
            indices.append(
                metric.isEmpty
                    ? nil : tracks.index(of: MetricKey(service: service.isEmpty ? document.service ?? "" : service, metric: metric)))
        }
        guard indices.contains(where: { $0 != nil }) else {
            return reading.refuse("the header names no series beside the time", line: scanner.line)
        }
        var fields: [CSVScanner.Field] = []
        var clock = Clock()
        while scanner.next(&fields) {
            guard time < fields.count, let moment = clock.read(scanner.bytes(of: fields[time])) else {
                reading.refuse(
                    "the time is neither RFC 3339 nor an epoch number", line: scanner.line, excerpt: scanner.excerpt(fields))
                continue
            }
            for column in 0..<min(fields.count, indices.count) {
                guard let index = indices[column] else { continue }
                let cell = scanner.bytes(of: fields[column])
                if cell.isEmpty { continue }
                guard let value = StructuredText.metricValue(cell) else {
                    reading.refuse(
                        "the value of `\(StructuredText.title(names[column]))` is not a number", line: scanner.line,
                        excerpt: StructuredText.excerpt(cell))
                    continue
                }
                if value.isFinite { tracks.add(moment, value, to: index) }
            }
        }
        reading.metrics = tracks.tracks()
    }

    /// Reads times; many rows in a row have the same one.
    private struct Clock {
        private var lastBytes: [UInt8] = []
        private var lastMs: Int64 = 0

        mutating func read(_ bytes: UnsafeRawBufferPointer) -> Int64? {
            if !bytes.isEmpty, bytes.elementsEqual(lastBytes) { return lastMs }
            let instant: Instant?
            if let number = StructuredText.integer(bytes) {
                instant = Instant(epoch: Double(number))
            } else {
                instant = Instant.read(rfc3339: bytes) ?? Instant(text: String(decoding: bytes.prefix(64), as: UTF8.self))
            }
            guard let instant else { return nil }
            lastBytes = Array(bytes)
            lastMs = instant.ms
            return lastMs
        }
    }
}
