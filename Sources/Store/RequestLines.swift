import Model

extension CaseStore {
    /// The kept lines of requests in a range of time, both ends included, sorted.
    package func requestLines(_ range: ClosedRange<Instant>) throws -> [TracedLine] {
        try access { connection in
            var out: [TracedLine] = []
            try connection.forEach(
                RequestLines.inRange, ["from": .int(range.lowerBound.minute), "to": .int(range.upperBound.minute)]
            ) { row in
                let service = row.text(0)
                out += RequestLines.lines(row.bytes(blob: 1), service: service).filter { range.contains(Instant(ms: $0.timeMs)) }
            }
            return out.sorted()
        }
    }
}

/// Lines of one service and minute as bytes: 41 each, all numbers little-endian.
enum RequestLines {
    static let size = 41
    static let inRange = """
        SELECT text, lines FROM name JOIN log_request ON service = name_id WHERE minute BETWEEN :from AND :to ORDER BY text, minute
        """

    static func bytes(_ lines: [TracedLine]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(lines.count * size)
        for line in lines {
            for word in [
                line.trace, line.span, UInt64(bitPattern: line.timeMs), UInt64(bitPattern: line.place), UInt64(bitPattern: line.leaf),
            ] {
                withUnsafeBytes(of: word.littleEndian) { out.append(contentsOf: $0) }
            }
            out.append(line.level.rawValue)
        }
        return out
    }

    /// An incomplete last line (an edited file) is left out.
    static func lines(_ bytes: UnsafeRawBufferPointer, service: String) -> [TracedLine] {
        (0..<bytes.count / size).map { index in
            func word(_ number: Int) -> UInt64 {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * size + number * 8, as: UInt64.self))
            }
            return TracedLine(
                service: service, trace: word(0), span: word(1), timeMs: Int64(bitPattern: word(2)), place: Int64(bitPattern: word(3)),
                leaf: Int64(bitPattern: word(4)), level: LogLevel(rawValue: bytes[index * size + 40]) ?? .unknown)
        }
    }
}

extension Connection {
    func merge(_ lines: [TracedLine]) throws {
        struct Place: Hashable {
            var service: String
            var minute: Int64
        }
        let groups = Dictionary(grouping: lines) { Place(service: $0.service, minute: $0.timeMs.floorDivided(by: .minuteMs)) }
        for (place, new) in groups.sorted(by: { ($0.key.service, $0.key.minute) < ($1.key.service, $1.key.minute) }) {
            let service = try number(of: place.service)
            let old = try first(
                "SELECT lines FROM log_request WHERE service = :service AND minute = :minute",
                ["service": .int(service), "minute": .int(place.minute)]
            ) { RequestLines.lines($0.bytes(blob: 0), service: place.service) }
            let kept = TracedLines.kept((old ?? []) + new)
            if kept == old { continue }
            try run(
                """
                INSERT INTO log_request (service, minute, lines) VALUES (:service, :minute, :lines)
                ON CONFLICT (service, minute) DO UPDATE SET lines = excluded.lines
                """, ["service": .int(service), "minute": .int(place.minute), "lines": .blob(RequestLines.bytes(kept))])
        }
    }
}
