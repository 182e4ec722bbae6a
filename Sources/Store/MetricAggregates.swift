import Model

/// One stored series.
package struct MetricSeries: Hashable, Sendable {
    package var id: Int64
    package var key: MetricKey
    package var kind: MetricKind
    package var unit: String
}

extension CaseStore {
    /// Adds points, in any order. Points of a series are unique by time; of two values for one moment the larger stays, and
    /// any number beats none.
    package func merge(_ tracks: [MetricTrack]) throws {
        try write { connection in
            for track in tracks where !track.points.isEmpty { try connection.merge(track) }
        }
    }

    /// Every series, by service, metric and instance.
    package func metricSeries() throws -> [MetricSeries] {
        try access {
            try $0.all("SELECT \(MetricQuery.columns) FROM metric_series ORDER BY service, metric, instance") { MetricSeries($0) }
        }
    }

    /// The points of one series in a range, both ends included, by time; nil for an unknown series.
    package func track(key: MetricKey, from: Instant, to: Instant) throws -> MetricTrack? {
        try access { connection in
            let series = try connection.first(
                MetricQuery.byKey, ["service": .text(key.service), "metric": .text(key.metric), "instance": .text(key.instance)]
            ) { MetricSeries($0) }
            return try series.map { try connection.track($0, from: from, to: to) }
        }
    }

    /// Whether a service has points in the hours of a range.
    package func hasMetrics(service: String, from: Instant, to: Instant) throws -> Bool {
        try access { connection in
            try connection.first(
                MetricQuery.any,
                [
                    "service": .text(service), "from": .int(from.ms.floorDivided(by: .hourMs)),
                    "to": .int(to.ms.floorDivided(by: .hourMs)),
                ]
            ) { $0.int(0) } != nil
        }
    }

    /// The series of a service that have points in a range, by metric and instance.
    package func tracks(service: String, from: Instant, to: Instant) throws -> [MetricTrack] {
        try access { connection in
            try connection.all(MetricQuery.ofService, ["service": .text(service)]) { MetricSeries($0) }
                .map { try connection.track($0, from: from, to: to) }.filter { !$0.points.isEmpty }
        }
    }
}

enum MetricQuery {
    static let columns = "series_id, service, metric, instance, kind, unit"
    static let byKey = "SELECT \(columns) FROM metric_series WHERE service = :service AND metric = :metric AND instance = :instance"
    static let ofService = "SELECT \(columns) FROM metric_series WHERE service = :service ORDER BY metric, instance"
    static let any = """
        SELECT hour FROM metric_series CROSS JOIN metric_chunk USING (series_id) \
        WHERE service = :service AND hour BETWEEN :from AND :to LIMIT 1
        """
    static let chunks = "SELECT points FROM metric_chunk WHERE series_id = :series AND hour BETWEEN :from AND :to ORDER BY hour"
}

extension MetricSeries {
    fileprivate init(_ row: Row) {
        self.init(
            id: row.int(0), key: MetricKey(service: row.text(1), instance: row.text(3), metric: row.text(2)),
            kind: MetricKind(rawValue: row.text(4)) ?? .unknown, unit: row.text(5))
    }
}

extension MetricPoint {
    /// True when this value stays and the other, of the same moment, goes. Equal values differ at most in the sign of zero.
    fileprivate func wins(over other: MetricPoint) -> Bool {
        if value.isNaN || other.value.isNaN { return other.value.isNaN && !value.isNaN }
        return value > other.value || (value == other.value && value.sign == .plus && other.value.sign == .minus)
    }
}

/// Points of an hour as bytes: 16 each, time in ms and the bits of the value, both little-endian, by time.
enum MetricChunk {
    static func bytes(_ points: some Collection<MetricPoint>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(points.count * 16)
        for point in points {
            withUnsafeBytes(of: point.timeMs.littleEndian) { out.append(contentsOf: $0) }
            withUnsafeBytes(of: point.value.bitPattern.littleEndian) { out.append(contentsOf: $0) }
        }
        return out
    }

    /// An incomplete last point (an edited file) is left out.
    static func points(_ bytes: UnsafeRawBufferPointer) -> [MetricPoint] {
        (0..<bytes.count / 16).map { index in
            MetricPoint(
                timeMs: Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 16, as: Int64.self)),
                value: Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 16 + 8, as: UInt64.self))))
        }
    }

    static func merged(_ points: [MetricPoint]) -> [MetricPoint] {
        var out: [MetricPoint] = []
        out.reserveCapacity(points.count)
        for point in points.sorted(by: { $0.timeMs < $1.timeMs }) {
            if let last = out.last, last.timeMs == point.timeMs {
                if point.wins(over: last) { out[out.count - 1] = point }
            } else {
                out.append(point)
            }
        }
        return out
    }
}

extension Connection {
    fileprivate func merge(_ track: MetricTrack) throws {
        let series = try seriesNumber(track)
        var days: Set<Int64> = []
        let hours = Dictionary(grouping: track.points) { $0.timeMs.floorDivided(by: .hourMs) }
        for (hour, points) in hours.sorted(by: { $0.key < $1.key }) {
            let old =
                try first(
                    MetricQuery.chunks, ["series": .int(series), "from": .int(hour), "to": .int(hour)]
                ) { [UInt8]($0.bytes(blob: 0)) } ?? []
            let new = MetricChunk.bytes(MetricChunk.merged(old.withUnsafeBytes { MetricChunk.points($0) } + points))
            if new == old { continue }
            try run(
                """
                INSERT INTO metric_chunk (series_id, hour, points) VALUES (:series, :hour, :points)
                ON CONFLICT (series_id, hour) DO UPDATE SET points = excluded.points
                """, ["series": .int(series), "hour": .int(hour), "points": .blob(new)])
            if let first = points.first { days.insert(Instant(ms: first.timeMs).day) }
        }
        try markDirty(.metrics, subject: track.key.service, days: days)
    }

    /// A known kind beats an unknown one, `counter` beats `gauge`; of two units the lesser word stays: the same in any order.
    private func seriesNumber(_ track: MetricTrack) throws -> Int64 {
        let key: Bindings = [
            "service": .text(track.key.service), "metric": .text(track.key.metric), "instance": .text(track.key.instance),
        ]
        guard let known = try first(MetricQuery.byKey, key, { MetricSeries($0) }) else {
            try run(
                """
                INSERT INTO metric_series (service, metric, instance, kind, unit) VALUES (:service, :metric, :instance, :kind, :unit)
                """,
                [
                    "service": .text(track.key.service), "metric": .text(track.key.metric), "instance": .text(track.key.instance),
                    "kind": .text(track.kind.rawValue), "unit": .text(track.unit),
                ])
            return lastInsertedKey
        }
        let kind = min(known.kind.rawValue, track.kind.rawValue)  // counter < gauge < unknown
        let unit = [known.unit, track.unit].filter { !$0.isEmpty }.min() ?? ""
        if kind != known.kind.rawValue || unit != known.unit {
            try run(
                "UPDATE metric_series SET kind = :kind, unit = :unit WHERE series_id = :id",
                ["kind": .text(kind), "unit": .text(unit), "id": .int(known.id)])
        }
        return known.id
    }

    fileprivate func track(_ series: MetricSeries, from: Instant, to: Instant) throws -> MetricTrack {
        var points: [MetricPoint] = []
        try forEach(
            MetricQuery.chunks,
            [
                "series": .int(series.id), "from": .int(from.ms.floorDivided(by: .hourMs)), "to": .int(to.ms.floorDivided(by: .hourMs)),
            ]
        ) { row in
            points += MetricChunk.points(row.bytes(blob: 0)).filter { $0.timeMs >= from.ms && $0.timeMs <= to.ms }
        }
        return MetricTrack(key: series.key, kind: series.kind, unit: series.unit, points: points)
    }
}
