import Model

/// Reads answers of PagerDuty's REST API, version 2: lists of incidents and of the log entries of one
/// (<https://developer.pagerduty.com/api-reference/9d0b4b12e36f9-list-incidents>).
package enum PagerDutyAPIReader {
    package struct Incident: Hashable, Sendable {
        package var id: String
        /// `triggered`, `acknowledged` or `resolved`.
        package var status: String
        /// When its status changed last, as PagerDuty writes it.
        package var changedAt: String
        /// True when nobody has answered yet; one that was acknowledged for a while is `triggered` again.
        package var isUntouched: Bool
        package var event: Event

        package var isResolved: Bool { status == "resolved" }
    }

    /// Nil when the bytes are one whole answer that holds `member`; else why not.
    package static func fault(_ bytes: UnsafeRawBufferPointer, _ member: StaticString) -> String? {
        JSONReader.kindFault(bytes, unless: { $0[member] != nil })
    }

    /// The incidents of a list, and whether more stand behind them.
    package static func incidents(
        _ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin
    ) -> (incidents: [Incident], hasMore: Bool) {
        let found = JSONReader.withDocument(bytes) { root -> ([Incident], Bool) in
            let list = root["incidents"].map(\.elements).map(Array.init) ?? []
            return (list.compactMap { incident($0, document) }, root["more"]?.bool ?? false)
        }
        return (try? found.get()) ?? ([], false)  // what is no document was refused when it came
    }

    /// One incident, asked for by its id.
    package static func incident(_ bytes: UnsafeRawBufferPointer, from document: DocumentOrigin) -> Incident? {
        let found = JSONReader.withDocument(bytes) { root in root["incident"].flatMap { incident($0, document) } }
        return (try? found.get()) ?? nil  // as above
    }

    private static func incident(_ node: JSONNode, _ document: DocumentOrigin) -> Incident? {
        guard node.isObject, node.tapeCount <= FactDocument.objectValues, let fields = FactFields(node.value), let id = fields.line("id"),
            let started = fields.time("created_at")
        else { return nil }
        let status = fields.line("status") ?? ""
        let changedAt = fields.line("last_status_change_at") ?? ""
        let ended = status == "resolved" ? fields.time("resolved_at", "last_status_change_at") : nil
        let changed = [fields.time("updated_at"), fields.time("last_status_change_at")].compactMap { $0 }.max()
        let event = PagerDuty.event(
            fields, id, from: started, changedAt: changed ?? started, isResolved: status == "resolved", endedAt: ended, document)
        let isUntouched = status == "triggered" && fields.time("last_status_change_at") ?? started <= started
        return Incident(id: id, status: status, changedAt: changedAt, isUntouched: isUntouched, event: event)
    }

    /// Adds to an incident what its log entries say: who acknowledged it first and when, who resolved it last and when.
    package static func complete(_ incident: Incident, withLogEntries bytes: UnsafeRawBufferPointer) -> Incident {
        typealias Entry = (type: String, at: Instant, by: String?)
        let found = JSONReader.withDocument(bytes) { root -> [Entry] in
            let list = root["log_entries"].map(\.elements).map(Array.init) ?? []
            return list.compactMap { node in
                guard node.isObject, node.tapeCount <= FactDocument.objectValues, let fields = FactFields(node.value),
                    let at = fields.time("created_at")
                else { return nil }
                return (fields.line("type") ?? "", at, fields.fields("agent")?.line("summary"))
            }
        }
        let entries = (try? found.get()) ?? []  // as above
        var incident = incident
        if let first = entries.filter({ $0.type.hasPrefix("acknowledge_log_entry") }).min(by: { $0.at < $1.at }) {
            incident.event.attributes["acknowledged_at"] = .int(first.at.ms)
            incident.event.attributes["acknowledged_by"] = first.by.map { .string($0) }
        }
        if incident.isResolved, let last = entries.filter({ $0.type.hasPrefix("resolve_log_entry") }).max(by: { $0.at < $1.at }) {
            incident.event.attributes[EventAttribute.endedAt] = .int(max(incident.event.occurredAt, last.at).ms)
            incident.event.attributes["resolved_by"] = last.by.map { .string($0) }
        }
        incident.event.sealID()
        return incident
    }
}
