import Foundation
import Model
import Rendering
import Store

/// `caseboard query investigations|events`: what a filter admits, as rows for programs or for people.
package enum QueryListing {
    /// The most rows of one answer; `--offset` leads on.
    package static let maxRows = 10_000
    package static let maxOffset = 10_000_000

    package static func investigations(
        _ workspace: Workspace, _ filter: CaseFilter, format: RowFormat, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let (total, page) = try CaseQueries.open(workspace)?.investigations(matching: filter) ?? (0, [])
        var writer = RowWriter(sink: sink)
        switch format {
        case .json:
            try json(
                "caseboard.investigations/1", "investigations", total, filter.limit, filter.offset, page.map(APIDocuments.summary), [:],
                &writer)
        case .csv: try csv(caseColumns, page, &writer)
        case .table:
            try table(
                caseColumns.filter { shownOfCases.contains($0.name) }, page, total: total, offset: filter.offset, "investigation", &writer)
        }
        try writer.flush()
    }

    package static func events(
        _ workspace: Workspace, _ filter: EventFilter, format: RowFormat, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let found = try CaseQueries.open(workspace)?.events(matching: filter) ?? EventPage(total: 0, isBounded: false, events: [])
        var writer = RowWriter(sink: sink)
        switch format {
        case .json:
            let bounded: [String: JSONValue] = found.isBounded ? ["bounded": true] : [:]
            try json(
                "caseboard.events/1", "events", found.total, filter.limit, filter.offset, found.events.map(APIDocuments.event), bounded,
                &writer)
        case .csv: try csv(eventColumns, found.events, &writer)
        case .table:
            try table(
                eventColumns.filter { shownOfEvents.contains($0.name) }, found.events, total: found.total, offset: filter.offset, "event",
                &writer)
            if found.isBounded { try writer.write("the words are in more events than are looked at: only the latest were; add a word\n") }
        }
        try writer.flush()
    }

    // MARK: - Columns

    private struct Column<Item> {
        var name: String
        var text: (Item) -> String
        init(_ name: String, _ text: @escaping (Item) -> String) {
            self.name = name
            self.text = text
        }
    }

    private static let shownOfCases: Set<String> = ["number", "severity", "status", "priority", "started_at", "services", "title"]
    private static let shownOfEvents: Set<String> = ["occurred_at", "severity", "type", "service", "title", "id"]

    private static var caseColumns: [Column<Investigation>] {
        [
            Column("number") { String($0.number) }, Column("severity") { $0.severity.rawValue }, Column("status") { $0.status.rawValue },
            Column("priority") { $0.priority.rawValue }, Column("started_at") { $0.startedAt.rfc3339 },
            Column("detected_at") { $0.detectedAt?.rfc3339 ?? "" }, Column("acknowledged_at") { $0.acknowledgedAt?.rfc3339 ?? "" },
            Column("mitigated_at") { $0.mitigatedAt?.rfc3339 ?? "" }, Column("resolved_at") { $0.resolvedAt?.rfc3339 ?? "" },
            Column("last_signal_at") { $0.lastSignalAt.rfc3339 }, Column("services") { $0.services.joined(separator: " ") },
            Column("components") { $0.components.joined(separator: " ") }, Column("environment") { $0.environment ?? "" },
            Column("assigned_to") { $0.assignedTo ?? "" }, Column("title") { $0.title }, Column("verdict") { $0.verdict },
            Column("cause") { $0.hypotheses.first?.name ?? "" },
        ]
    }
    private static var eventColumns: [Column<Event>] {
        [
            Column("occurred_at") { $0.occurredAt.rfc3339 }, Column("severity") { $0.severity.rawValue },
            Column("source") { $0.source.rawValue }, Column("type") { $0.type.rawValue }, Column("role") { $0.role.rawValue },
            Column("service") { $0.service ?? "" }, Column("component") { $0.component ?? "" },
            Column("environment") { $0.environment ?? "" }, Column("host") { $0.host ?? "" }, Column("title") { $0.title },
            Column("id") { $0.id }, Column("fingerprint") { $0.fingerprint.text }, Column("origin") { $0.origin },
            Column("url") { $0.url ?? "" }, Column("commit") { $0.commit ?? "" }, Column("trace_id") { $0.traceID ?? "" },
        ]
    }

    // MARK: - Writing

    private static func json(
        _ schema: String, _ name: String, _ total: Int, _ limit: Int, _ offset: Int, _ rows: [JSONValue], _ more: [String: JSONValue],
        _ writer: inout RowWriter
    ) throws {
        var members: [String: JSONValue] = [
            "schema": .string(schema), "total": .int(Int64(total)), "limit": .int(Int64(limit)), "offset": .int(Int64(offset)),
        ]
        members[name] = .array(rows)
        try writer.write(JSONValue.object(members.merging(more) { own, _ in own }).text + "\n")
    }

    private static func csv<Item>(_ columns: [Column<Item>], _ rows: [Item], _ writer: inout RowWriter) throws {
        try writer.write(columns.map(\.name).joined(separator: ",") + "\n")
        for row in rows { try writer.write(columns.map { RowWriter.safeField($0.text(row)) }.joined(separator: ",") + "\n") }
    }

    /// For people: nothing in a cell moves the terminal's cursor or colours it.
    private static func table<Item>(
        _ columns: [Column<Item>], _ rows: [Item], total: Int, offset: Int, _ noun: String, _ writer: inout RowWriter
    ) throws {
        if rows.isEmpty {
            return try writer.write(total == 0 ? "no \(noun) matches\n" : "nothing from there on; \(counted(total, noun)) in all\n")
        }
        let cells = rows.map { row in columns.map { $0.text(row).clipped(to: 160) } }
        let lines = [columns.map(\.name)] + cells
        let widths = columns.indices.map { index in lines.map { $0[index].count }.max() ?? 0 }
        for line in lines {
            let padded = zip(line, widths).map { CaseQueries.pad($0, $1) }.joined(separator: "  ")
            try writer.write(String(padded.reversed().drop { $0 == " " }.reversed()) + "\n")
        }
        if total > offset + rows.count { try writer.write("and \(grouped(total - offset - rows.count)) more; raise --limit or --offset\n") }
    }
}
