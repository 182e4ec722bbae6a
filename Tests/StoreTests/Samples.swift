import Model
import TestKit

@testable import Store

let noon = Instant.civil(year: 2026, month: 11, day: 22, hour: 12)

extension Instant {
    static func minutes(_ minutes: Int) -> Instant { noon + Int64(minutes) * .minuteMs }
}

/// A short event; equal arguments give an equal event.
func sample(
    _ subject: String, minute: Int = 0, lasting minutes: Int? = nil, type: EventType = .alert, role: EventRole? = nil,
    title: String? = nil, service: String? = "checkout", attributes: [String: JSONValue] = [:], origin: String = "alerts"
) -> Event {
    var attributes = attributes
    if let minutes { attributes[EventAttribute.endedAt] = .int(Instant.minutes(minute + minutes).ms) }
    return Event(
        source: .alerts, type: type, subject: subject, at: .minutes(minute), role: role, severity: .high,
        title: title ?? "alert \(subject)",
        body: "body of \(subject)", service: service, tags: ["a", "b"], attributes: attributes, origin: origin)
}

func evidence(_ event: Event, confidence: Double = 0.75, starred: Bool = false, by: String = "rule:grouping") -> Evidence {
    Evidence(
        fingerprint: event.fingerprint, eventID: event.id, confidence: confidence,
        terms: [Term(name: "time", value: 0.5, why: "4 min apart")], linkedBy: by, starred: starred)
}

func snapshot(_ key: String, number: Int, minute: Int = 0, title: String? = nil, evidence: [Evidence] = []) -> CaseSnapshot {
    CaseSnapshot(
        investigation: Investigation(
            key: "case_\(key)", number: number, title: title ?? "trouble with \(key)", severity: .high, startedAt: .minutes(minute),
            lastSignalAt: .minutes(minute + 10), services: [key]),
        evidence: evidence, isSettled: false)
}

extension CaseStore {
    /// Tables that count writes, not facts.
    static let countsOfWrites: Set<String> = ["dirty_range", "stamp", "day_summary"]

    /// Every row of every table that a run decides (not the row keys it happens to give), for comparing two stores.
    func contents(leavingOut left: Set<String> = []) throws -> [String] {
        try access { connection in
            let tables = try connection.all(
                """
                SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_search%'
                  AND name NOT LIKE 'grdb_%' AND name NOT IN ('event_lookup', 'event_group', 'event_member', 'event_words') ORDER BY name
                """
            ) { $0.text(0) }.filter { !left.contains($0) }
            return try tables.flatMap { table -> [String] in
                let columns = try connection.all("SELECT name FROM pragma_table_info('\(table)') ORDER BY cid") { $0.text(0) }
                    .filter { $0 != "\(table)_id" }
                // Numbers of names depend on the order of arrival: the names themselves do not.
                let expressions = columns.map { column in
                    let isName =
                        ["service", "instance", "operation"].contains(column)
                        && ["log_count", "log_exemplar", "log_service_leaf", "span"].contains(table)
                    let isSeries = column == "series_id"
                    if isName { return "quote((SELECT text FROM name WHERE name_id = \(column)))" }
                    if isSeries {
                        return
                            "quote((SELECT service || metric || instance FROM metric_series AS s WHERE s.series_id = \(table).series_id))"
                    }
                    return "quote(\(column))"
                }
                if table == "event_backlog" || expressions.isEmpty { return [] }
                return try connection.all("SELECT \(expressions.joined(separator: " || ' ' || ")) FROM \(table)") {
                    "\(table): \($0.text(0))"
                }
                .sorted()
            }
        }
    }
}
