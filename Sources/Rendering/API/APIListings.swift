import Model

/// One page of a list: which one, of how many.
package struct APIPage: Hashable, Sendable {
    package static let size = 100
    /// From 1.
    package var number: Int
    package var total: Int
    package init(number: Int, total: Int) {
        self.number = number
        self.total = total
    }
    /// How many pages a list has; an empty one has one.
    package static func count(_ total: Int) -> Int { max(1, (total + size - 1) / size) }
    /// What page `number` holds of a list.
    package static func range(_ number: Int, of total: Int) -> Range<Int> {
        let start = min(total, max(0, number - 1) * size)
        return start..<min(total, start + size)
    }

    /// `next` and `previous` are file names beside the page's own; they are left out at the ends.
    var members: [String: JSONValue?] {
        let pages = Self.count(total)
        return [
            "total": .int(Int64(total)), "page": .int(Int64(number)), "pages": .int(Int64(pages)), "page_size": .int(Int64(Self.size)),
            "next": number < pages ? .string("\(number + 1).json") : nil, "previous": number > 1 ? .string("\(number - 1).json") : nil,
        ]
    }
}

/// The lists of the API. Links are relative to the document that holds them, so they hold wherever the site is put.
extension APIDocuments {
    private static func document(_ page: APIPage, _ members: [String: JSONValue?]) -> JSONValue {
        .compact(page.members.merging(members) { _, own in own })
    }

    /// `investigations/pages/1.json`: a page of all, newest number first.
    package static func investigations(_ shown: [Investigation], page: APIPage) -> JSONValue {
        document(
            page,
            [
                "schema": "caseboard.investigations/1",
                "investigations": .array(
                    shown.map { it in
                        var summary = summary(it)
                        summary["href"] = .string("../\(it.number).json")
                        summary["events_href"] = .string("../\(it.number)/events/1.json")
                        return summary
                    }),
            ])
    }

    /// `investigations/42/events/1.json`: a page of its evidence in the order of time, each as an event with its link.
    package static func events(of file: CaseFile, page: Int) -> JSONValue {
        let shown = file.items[APIPage.range(page, of: file.items.count)]
        return document(
            APIPage(number: page, total: file.items.count),
            [
                "schema": "caseboard.events/1", "investigation": .int(Int64(file.investigation.number)),
                "events": .array(
                    shown.map { item in
                        var event = event(item.event)
                        event["link"] = .compact([
                            "confidence": .double(item.evidence.confidence), "phase": .string(item.evidence.phase.rawValue),
                            "stance": .string(item.evidence.stance.rawValue), "linked_by": .string(item.evidence.linkedBy),
                            "starred": .bool(item.evidence.starred),
                            "inhibited_by": item.evidence.inhibitedBy.map { .string($0.text) },
                        ])
                        return event
                    }),
            ])
    }

    /// `filters.json`: every value an investigation can be found by, with how many it finds and its first page.
    package static func filters(_ selections: [APISelection]) -> JSONValue {
        var filters: [String: JSONValue] = [:]
        for name in APISelection.Name.allCases {
            filters[name.rawValue] = .array(
                selections.filter { $0.name == name }.map {
                    [
                        "value": .string($0.value), "total": .int(Int64($0.entries.count)),
                        "href": .string("\($0.folder)/1.json"),
                    ]
                })
        }
        return ["schema": "caseboard.filters/1", "filters": .object(filters)]
    }

    /// `filters/status/open/1.json`: a page of what one filter finds, newest number first.
    package static func selection(_ selection: APISelection, page: Int) -> JSONValue {
        let shown = selection.entries[APIPage.range(page, of: selection.entries.count)]
        return document(
            APIPage(number: page, total: selection.entries.count),
            [
                "schema": "caseboard.selection/1", "filter": .string(selection.name.rawValue), "value": .string(selection.value),
                "investigations": .array(shown.map(entry)),
            ])
    }

    private static func entry(_ it: CaseEntry) -> JSONValue {
        .compact([
            "number": .int(Int64(it.number)), "title": .string(it.title), "status": .string(it.status.rawValue),
            "severity": .string(it.severity.rawValue), "priority": .string(it.priority.rawValue), "started_at": time(it.startedAt),
            "resolved_at": it.resolvedAt.map(time), "services": .strings(it.services),
            "assigned_to": it.assignedTo.map { .string($0) }, "href": .string("../../../investigations/\(it.number).json"),
        ])
    }
}

/// The investigations that one value of one filter finds.
package struct APISelection: Sendable {
    package enum Name: String, CaseIterable, Sendable { case status, severity, priority, service, component, assignee, day }
    package var name: Name
    package var value: String
    /// Newest number first.
    package var entries: [CaseEntry]

    /// More values of one filter than this are not published; those that find the most are.
    package static let maxValues = 2_000

    /// `filters/service/checkout`, below the API's root.
    package var folder: String { "filters/\(name.rawValue)/\(FileName.of(value))" }

    /// Every filter's values in order, of entries given newest number first. `day` is the UTC day it started.
    package static func all(_ entries: [CaseEntry]) -> [APISelection] {
        Name.allCases.flatMap { name -> [APISelection] in
            var found: [String: [CaseEntry]] = [:]
            for entry in entries { for value in values(name, entry) { found[value, default: []].append(entry) } }
            let kept = found.count <= maxValues ? Set(found.keys) : Set(most(found))
            return found.filter { kept.contains($0.key) }.map { APISelection(name: name, value: $0.key, entries: $0.value) }
                .sorted { order($0) < order($1) }
        }
    }

    private static func most(_ found: [String: [CaseEntry]]) -> [String] {
        found.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(maxValues).map(\.key)
    }

    /// Statuses, severities and priorities as they follow each other; other values by name.
    private static func order(_ selection: APISelection) -> (Int, String) {
        let rank: Int? =
            switch selection.name {
            case .status: InvestigationStatus.allCases.firstIndex { $0.rawValue == selection.value }
            case .severity: Severity(rawValue: selection.value)?.rank
            default: nil
            }
        return (rank ?? 0, selection.value)
    }

    private static func values(_ name: Name, _ entry: CaseEntry) -> [String] {
        switch name {
        case .status: [entry.status.rawValue]
        case .severity: [entry.severity.rawValue]
        case .priority: [entry.priority.rawValue]
        case .service: entry.services
        case .component: entry.components
        case .assignee: entry.assignedTo.map { [$0] } ?? []
        case .day: [entry.startedAt.date]
        }
    }
}

/// A name from outside as the name of a file that every file system and every server serves alike.
package enum FileName {
    /// The text itself when it is short and of small letters, digits, `.`, `_` and `-`; else what is left of it with a
    /// fingerprint, so that two texts never share a name.
    package static func of(_ text: String) -> String {
        func isPlain(_ byte: UInt8) -> Bool {
            (97...122).contains(byte) || (48...57).contains(byte) || byte == 45 || byte == 95 || byte == 46
        }
        let bytes = Array(text.utf8)
        if !bytes.isEmpty, bytes.count <= 64, bytes.first != 46, bytes.first != 45, bytes.allSatisfy(isPlain) { return text }
        let left = text.lowercased().utf8.map { isPlain($0) && $0 != 46 ? $0 : 45 }.prefix(40)
        let words = String(decoding: left, as: UTF8.self).split(separator: "-", omittingEmptySubsequences: true).joined(separator: "-")
        // `~` stands in no plain name.
        return (words.isEmpty ? "x" : words) + "~" + Fingerprint(text).text.lowercased()
    }
}
