import Model

/// The figures of the analytics page as a document.
extension APIDocuments {
    /// `analytics.json`: what was opened and resolved by day, DORA's five and the times of response, now beside before, from the
    /// values the page shows. Durations are seconds; what a sample is too small for is null.
    package static func analytics(_ file: AnalyticsFile, asOf: Instant) -> JSONValue {
        [
            "schema": "caseboard.analytics/1", "updated_at": time(asOf), "now": span(file.now), "before": span(file.before),
            "days": days(file.cases), "time_to": measures(file.response), "dora": measures(file.delivery),
        ]
    }

    private static func span(_ range: Range<Instant>) -> JSONValue { ["from": time(range.lowerBound), "to": time(range.upperBound)] }

    // MARK: - Days

    /// Days on which something was opened or resolved, oldest first.
    private static func days(_ cases: [Investigation]) -> JSONValue {
        let opened = Dictionary(grouping: cases, by: \.startedAt.day)
        let resolved = Dictionary(grouping: cases.compactMap(\.resolvedAt), by: \.day)
        return .array(
            Set(opened.keys).union(resolved.keys).sorted().suffix(maxDays).map { day in
                let begun = opened[day] ?? []
                return [
                    "day": .string(Instant(ms: day * .dayMs).date), "opened": .int(Int64(begun.count)),
                    "resolved": .int(Int64(resolved[day]?.count ?? 0)),
                    "severity": .object(
                        Dictionary(
                            Severity.allCases.map { severity in (severity.rawValue, .int(Int64(begun.count { $0.severity == severity }))) },
                            uniquingKeysWith: { first, _ in first })),
                ]
            })
    }

    // MARK: - Measures

    private static func measures(_ list: [Measure]) -> JSONValue {
        .object(Dictionary(list.map { ($0.key, measure($0)) }, uniquingKeysWith: { first, _ in first }))
    }

    private static func measure(_ it: Measure) -> JSONValue {
        let (verdict, difference): (JSONValue, JSONValue) =
            switch it.verdict {
            case .tooFew: ("too_few", .null)
            case .noChange: ("no_detectable_change", .null)
            case .changed(let low, let high): ("changed", [number(low, it.kind), number(high, it.kind)])
            }
        return [
            "now": estimate(it.now, it.kind), "before": estimate(it.before, it.kind), "verdict": verdict, "difference": difference,
        ]
    }

    private static func estimate(_ it: Measure.Estimate, _ kind: Measure.Kind) -> JSONValue {
        let name =
            switch kind {
            case .duration: "median_seconds"
            case .share: "value"
            case .rate: "per_day"
            }
        var members: [String: JSONValue] = [
            "n": .int(Int64(it.count)), name: it.value.map { number($0, kind) } ?? .null, "interval": .null,
        ]
        if let low = it.low, let high = it.high { members["interval"] = [number(low, kind), number(high, kind)] }
        if kind == .share { members["hits"] = .int(Int64(it.hits)) }
        return .object(members)
    }

    /// To four digits behind the point.
    private static func number(_ value: Double, _ kind: Measure.Kind) -> JSONValue {
        .double(((kind == .duration ? value / 1_000 : value) * 1e4).rounded() / 1e4)
    }
}
