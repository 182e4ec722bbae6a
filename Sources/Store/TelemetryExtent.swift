import Model

extension CaseStore {
    /// From the first to the last moment of all stored telemetry; nil when there is none.
    package func telemetryExtent() throws -> ClosedRange<Instant>? {
        try access { connection in
            var low = Int64.max
            var high = Int64.min
            func take(_ sql: String, from scale: Int64, upTo length: Int64) throws {
                try connection.forEach(sql) { row in
                    if row.isNull(0) { return }
                    low = min(low, row.int(0).multipliedReportingOverflow(by: scale).partialValue)
                    high = max(high, row.int(1).multipliedReportingOverflow(by: scale).partialValue &+ length)
                }
            }
            try take("SELECT min(start_ms), max(start_ms) FROM span", from: 1, upTo: 0)
            try take("SELECT min(minute), max(minute) FROM log_count", from: .minuteMs, upTo: .minuteMs - 1)
            for sql in [
                "SELECT points FROM metric_chunk WHERE hour = (SELECT min(hour) FROM metric_chunk)",
                "SELECT points FROM metric_chunk WHERE hour = (SELECT max(hour) FROM metric_chunk)",
            ] {
                try connection.forEach(sql) { row in
                    for point in MetricChunk.points(row.bytes(blob: 0)) {
                        low = min(low, point.timeMs)
                        high = max(high, point.timeMs)
                    }
                }
            }
            let range = Instant.representable
            if low > high { return nil }
            return min(
                range.upperBound, max(range.lowerBound, Instant(ms: low)))...max(range.lowerBound, min(range.upperBound, Instant(ms: high)))
        }
    }
}
