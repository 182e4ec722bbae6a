import Model

/// What the pages of sources and services show of the past.
extension CaseStore {
    /// Facts and records of a source by hour since the epoch, only hours that had any, oldest first.
    package func activity(origin: String, hours: ClosedRange<Int64>) throws -> [HourCount] {
        try access { connection in
            try connection.all(
                "SELECT hour, n FROM source_activity WHERE origin = :origin AND hour BETWEEN :from AND :to ORDER BY hour",
                ["origin": .text(origin), "from": .int(hours.lowerBound), "to": .int(hours.upperBound)]
            ) { HourCount(hour: $0.int(0), count: $0.int(1)) }
        }
    }

    /// The newest changes of investigations, newest first: which one, and the version.
    package func lastVersions(limit: Int) throws -> [(number: Int, title: String, version: CaseVersion)] {
        try access { connection in
            try connection.all(
                """
                SELECT number, title, case_version.version, at, author, changes FROM case_version JOIN investigation ON key = case_key
                WHERE is_deleted = 0 AND number IS NOT NULL ORDER BY at DESC, number DESC, case_version.version DESC LIMIT :limit
                """, ["limit": .int(Int64(limit))]
            ) {
                (
                    number: Int($0.int(0)), title: $0.text(1),
                    version: CaseVersion(version: Int($0.int(2)), at: Instant(ms: $0.int(3)), author: $0.text(4), changes: $0.strings(5))
                )
            }
        }
    }

    /// The live evidence of an investigation that weighs most, by time: at most `limit` pieces, what is starred first.
    package func strongestEvidence(key: String, limit: Int) throws -> [(fingerprint: Fingerprint, title: String)] {
        try access { connection in
            try connection.all(EvidenceQuery.strongest, ["key": .text(key), "limit": .int(Int64(limit))]) {
                (fingerprint: Fingerprint(stored: $0.text(0)), title: $0.text(1))
            }
        }
    }

    /// All notes, by the key of their investigation, oldest first.
    package func allNotes() throws -> [String: [Annotation]] {
        var out: [String: [Annotation]] = [:]
        try access { connection in
            try connection.forEach("SELECT case_key, at, author, text FROM annotation ORDER BY case_key, at, author, text") {
                out[$0.text(0), default: []].append(Annotation(at: Instant(ms: $0.int(1)), author: $0.text(2), text: $0.text(3)))
            }
        }
        return out
    }
}

extension CaseStore {
    /// The keys of the series of a service, by metric and instance.
    package func metricKeys(service: String) throws -> [MetricKey] {
        try access {
            try $0.all(
                "SELECT metric, instance FROM metric_series WHERE service = :service ORDER BY metric, instance", ["service": .text(service)]
            ) { MetricKey(service: service, instance: $0.text(1), metric: $0.text(0)) }
        }
    }

    /// The newest moment anything is known of a service: a log line, a sample, a span or an event.
    package func newestFact(service: String) throws -> Instant? {
        try access { connection in
            var newest = Int64.min
            func take(_ sql: String, _ bindings: Bindings, scale: Int64 = 1) throws {
                try connection.forEach(sql, bindings) { row in
                    if !row.isNull(0) { newest = max(newest, row.int(0).multipliedReportingOverflow(by: scale).partialValue) }
                }
            }
            if let number = try connection.storedNumber(of: service) {
                try take("SELECT max(minute) FROM log_count WHERE service = :service", ["service": .int(number)], scale: .minuteMs)
                try take("SELECT max(start_ms) FROM span WHERE service = :service", ["service": .int(number)])
            }
            // The hour's last point is near enough, and needs no chunk.
            try take(
                """
                SELECT max((SELECT max(hour) FROM metric_chunk WHERE metric_chunk.series_id = metric_series.series_id)) FROM metric_series
                WHERE service = :service
                """, ["service": .text(service)], scale: .hourMs)
            try take("SELECT newest_at FROM stamp WHERE kind = 'service' AND subject = :service", ["service": .text(service)])
            return newest == .min ? nil : Instant(ms: newest)
        }
    }
}

private enum EvidenceQuery {
    static let strongest = """
        SELECT event.fingerprint, title
        FROM (SELECT fingerprint FROM evidence WHERE case_key = :key ORDER BY confidence + starred DESC, fingerprint LIMIT :limit) AS strongest
          CROSS JOIN event ON event.fingerprint = strongest.fingerprint
        WHERE \(EventQuery.isLive) ORDER BY occurred_at, id
        """
}
