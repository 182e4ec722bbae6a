/// A day of the evidence in numbers. Signals only, unless it says otherwise.
package struct DaySummary: Hashable, Sendable {
    /// Days since the epoch.
    package var day: Int64
    package var severities: [Severity: Int] = [:]
    package var sources: [String: Int] = [:]
    /// The fifty services with most signals.
    package var services: [String: Int] = [:]
    /// By hour of the day, UTC.
    package var hours = [Int](repeating: 0, count: 24)
    package var changes = 0
    package var context = 0
    package init(day: Int64) { self.day = day }

    package var signals: Int { severities.values.reduce(0, +) }
    package var total: Int { signals + changes + context }
    package var worst: Severity? { Severity.allCases.first { severities[$0, default: 0] > 0 } }

    package var document: JSONValue {
        func counts(_ counts: [String: Int]) -> JSONValue { .object(counts.mapValues { .int(Int64($0)) }) }
        return [
            "severities": counts(Dictionary(uniqueKeysWithValues: severities.map { ($0.key.rawValue, $0.value) })),
            "sources": counts(sources), "services": counts(services), "hours": .array(hours.map { .int(Int64($0)) }),
            "changes": .int(Int64(changes)), "context": .int(Int64(context)),
        ]
    }

    /// What cannot be read counts as nothing.
    package init(day: Int64, document: JSONValue) {
        self.day = day
        func counts(_ value: JSONValue?) -> [String: Int] {
            (value?.objectValue ?? [:]).compactMapValues { $0.intValue.map { Int(clamping: $0) } }
        }
        for (name, count) in counts(document["severities"]) {
            if let severity = Severity(rawValue: name) { severities[severity] = count }
        }
        sources = counts(document["sources"])
        services = counts(document["services"])
        for (hour, count) in (document["hours"]?.arrayValue ?? []).prefix(24).enumerated() {
            hours[hour] = Int(clamping: count.intValue ?? 0)
        }
        changes = Int(clamping: document["changes"]?.intValue ?? 0)
        context = Int(clamping: document["context"]?.intValue ?? 0)
    }
}
