import Model

extension CaseStore {
    /// Adds spans; returns how many were not known. Of two spans with one id the longer stays (an exporter may send a span
    /// again when it is complete).
    @discardableResult
    package func merge(_ spans: [Span]) throws -> Int {
        try write { connection in
            var inserted = 0
            var days: [String: Set<Int64>] = [:]
            for span in spans {
                let before = try connection.number(
                    "SELECT count(*) FROM span WHERE trace_id = :trace AND span_id = :span",
                    ["trace": SpanID.value(span.traceID, bytes: 16), "span": SpanID.value(span.spanID, bytes: 8)])
                if try connection.insert(span) == 0 { continue }
                if before == 0 { inserted += 1 }
                days[span.service, default: []].insert(span.start.day)
            }
            for (service, days) in days.sorted(by: { $0.key < $1.key }) {
                try connection.markDirty(.traces, subject: service, days: days)
            }
            return inserted
        }
    }

    /// Spans that started in a range, both ends included, by start, trace and span.
    package func spans(from: Instant, to: Instant, service: String? = nil) throws -> [Span] {
        try access { connection in
            let services: [Int64]
            if let service {
                services = try connection.storedNumber(of: service).map { [$0] } ?? []
            } else {
                services = try connection.all("SELECT name_id FROM name ORDER BY name_id") { $0.int(0) }
            }
            let names = try connection.names()
            var out: [Span] = []
            for service in services {
                out += try connection.all(
                    SpanQuery.inRange, ["service": .int(service), "from": .int(from.ms), "to": .int(to.ms)]
                ) { Span($0, names: names) }
            }
            // Places are sorted, not the spans, which are large.
            return out.indices.sorted { SpanQuery.isEarlier(out[$0], out[$1]) }.map { out[$0] }
        }
    }

    /// How many spans started in a range, both ends included.
    package func spanCount(from: Instant, to: Instant) throws -> Int {
        try access { connection in
            Int(
                clamping: try connection.number(
                    "SELECT count(*) FROM name JOIN span ON service = name_id WHERE start_ms BETWEEN :from AND :to",
                    ["from": .int(from.ms), "to": .int(to.ms)]))
        }
    }

    /// All spans of some traces, by start, trace and span.
    package func spans(traceIDs: some Sequence<String>) throws -> [Span] {
        try access { connection in
            let names = try connection.names()
            return try Set(traceIDs).sorted().flatMap { trace in
                try connection.all(SpanQuery.ofTrace, ["trace": SpanID.value(trace, bytes: 16)]) { Span($0, names: names) }
            }.sorted(by: SpanQuery.isEarlier)
        }
    }

    /// Adds call edges that a source states itself; stating one again changes nothing.
    package func merge(edges: [ServiceMap.Edge], origin: String) throws {
        try write { connection in
            for edge in edges {
                try connection.run(
                    "INSERT OR IGNORE INTO service_edge (caller, callee, origin, calls) VALUES (:caller, :callee, :origin, 1)",
                    ["caller": .text(edge.caller), "callee": .text(edge.callee), "origin": .text(origin)])
            }
        }
    }

    /// Makes the edges of one origin (`traces`) equal to these.
    package func replaceEdges(origin: String, _ edges: [(edge: ServiceMap.Edge, calls: Int64)]) throws {
        try write { connection in
            try connection.run("DELETE FROM service_edge WHERE origin = :origin", ["origin": .text(origin)])
            for (edge, calls) in edges {
                try connection.run(
                    """
                    INSERT INTO service_edge (caller, callee, origin, calls) VALUES (:caller, :callee, :origin, :calls)
                    ON CONFLICT DO UPDATE SET calls = calls + excluded.calls
                    """,
                    ["caller": .text(edge.caller), "callee": .text(edge.callee), "origin": .text(origin), "calls": .int(calls)])
            }
        }
    }

    /// Who calls whom by all origins together, with every service that has telemetry.
    package func serviceMap() throws -> ServiceMap {
        try access { connection in
            let edges = try connection.all(
                "SELECT caller, callee, sum(calls) FROM service_edge GROUP BY caller, callee ORDER BY caller, callee"
            ) { (caller: $0.text(0), callee: $0.text(1), calls: $0.int(2)) }
            let services = try connection.all(
                """
                SELECT text FROM name WHERE name_id IN (SELECT DISTINCT service FROM log_service_leaf)
                UNION SELECT DISTINCT service FROM metric_series
                UNION SELECT text FROM name WHERE EXISTS (SELECT 1 FROM span WHERE span.service = name.name_id)
                """
            ) { $0.text(0) }
            return ServiceMap(edges: edges, services: services.filter { !$0.isEmpty })
        }
    }
}

enum SpanQuery {
    static let columns = """
        trace_id, span_id, parent_id, service, instance, operation, kind, start_ms, duration_us, is_error, status, exception, frames
        """
    static let inRange = "SELECT \(columns) FROM span WHERE service = :service AND start_ms BETWEEN :from AND :to"
    static let ofTrace = "SELECT \(columns) FROM span WHERE trace_id = :trace"
    static func isEarlier(_ left: Span, _ right: Span) -> Bool {
        (left.start.ms, left.traceID, left.spanID) < (right.start.ms, right.traceID, right.spanID)
    }
}

/// Ids of the usual length as bytes, half as long; others as they are.
enum SpanID {
    static func value(_ id: String, bytes count: Int) -> SQLValue {
        guard id.utf8.count == count * 2 else { return .text(id) }
        var out: [UInt8] = []
        out.reserveCapacity(count)
        var high: UInt8?
        for byte in id.utf8 {
            let digit: UInt8
            switch byte {
            case 48...57: digit = byte - 48
            case 97...102: digit = byte - 87
            default: return .text(id)
            }
            if let first = high {
                out.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return .blob(out)
    }

    static func text(_ row: Row, _ column: Int32) -> String {
        guard row.isBlob(column) else { return row.text(column) }
        let bytes = row.bytes(blob: column)
        return String(unsafeUninitializedCapacity: bytes.count * 2) { out in
            for (index, byte) in bytes.enumerated() {
                out[index * 2] = digit(byte >> 4)
                out[index * 2 + 1] = digit(byte & 15)
            }
            return bytes.count * 2
        }
    }
    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? nibble + 48 : nibble + 87 }
}

extension Span {
    fileprivate init(_ row: Row, names: [Int64: String]) {
        self.init(
            traceID: SpanID.text(row, 0), spanID: SpanID.text(row, 1), parentID: SpanID.text(row, 2), service: names[row.int(3)] ?? "",
            instance: names[row.int(4)] ?? "", operation: names[row.int(5)] ?? "",
            kind: SpanKind(rawValue: UInt8(clamping: row.int(6))) ?? .unknown,
            start: Instant(ms: row.int(7)), durationUs: row.int(8), isError: row.flag(9), statusText: row.text(10),
            exception: row.optionalText(11), frames: row.isNull(12) ? [] : row.frames(12))
    }
}

extension Connection {
    fileprivate func names() throws -> [Int64: String] {
        var out: [Int64: String] = [:]
        try forEach("SELECT name_id, text FROM name") { out[$0.int(0)] = $0.text(1) }
        return out
    }

    fileprivate func insert(_ span: Span) throws -> Int {
        try run(
            """
            INSERT INTO span (trace_id, span_id, parent_id, service, instance, operation, kind, start_ms, duration_us, is_error, status,
              exception, frames)
            VALUES (:trace, :span, :parent, :service, :instance, :operation, :kind, :start, :duration, :error, :status, :exception, :frames)
            ON CONFLICT DO UPDATE SET parent_id = excluded.parent_id, service = excluded.service, instance = excluded.instance,
              operation = excluded.operation, kind = excluded.kind, start_ms = excluded.start_ms, duration_us = excluded.duration_us,
              is_error = excluded.is_error, status = excluded.status, exception = excluded.exception, frames = excluded.frames
            WHERE (excluded.duration_us, excluded.is_error, excluded.start_ms, excluded.status)
              > (duration_us, is_error, start_ms, status)
            """,
            [
                "trace": SpanID.value(span.traceID, bytes: 16), "span": SpanID.value(span.spanID, bytes: 8),
                "parent": SpanID.value(span.parentID, bytes: 8), "service": .int(try number(of: span.service)),
                "instance": .int(try number(of: span.instance)), "operation": .int(try number(of: span.operation)),
                "kind": .int(Int64(span.kind.rawValue)), "start": .int(span.start.ms), "duration": .int(span.durationUs),
                "error": .flag(span.isError), "status": .text(span.statusText), "exception": .optional(span.exception),
                "frames": span.frames.isEmpty ? .null : .text(JSONValue.frames(span.frames).text),
            ])
    }
}
