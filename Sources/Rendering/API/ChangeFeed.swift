import Model

/// The change feed: CloudEvents 1.0 (https://github.com/cloudevents/spec) as JSON, one a line, oldest first.
///
/// It is cut into segments of a fixed number of audit entries. A full segment never changes again; the last one only grows.
package enum ChangeFeed {
    /// Audit entries a segment.
    package static let segmentEntries: Int64 = 5_000
    /// How many segments are published; older ones leave the site.
    package static let maxSegments: Int64 = 200

    /// What happened, after `caseboard.investigation.`
    enum Kind: String, CaseIterable {
        case created, updated, merged, withdrawn, linked, unlinked, noted
        case statusChanged = "status_changed"
    }

    /// The segment an entry belongs to, from 1.
    package static func segment(of seq: Int64) -> Int64 { (max(1, seq) - 1) / segmentEntries + 1 }

    /// The last segment is `changes.jsonl`, the earlier ones `changes/1.jsonl` and so on.
    package static func path(_ segment: Int64, last: Int64) -> String {
        segment == last ? "changes.jsonl" : "changes/\(segment).jsonl"
    }

    /// The lines of some entries; entries about anything but investigations have none.
    package static func lines(_ entries: [AuditEntry], baseURL: String?) -> [UInt8] {
        var out: [UInt8] = []
        for entry in entries {
            for (kind, data) in changes(entry) {
                event(entry, kind, data, source: baseURL ?? "urn:caseboard").write(into: &out, indent: nil)
                out.append(10)
            }
        }
        return out
    }

    /// `changes/index.json`: which segments there are, oldest first.
    package static func index(last: Int64, lastSeq: Int64) -> JSONValue {
        let first = max(1, last - maxSegments + 1)
        return [
            "schema": "caseboard.changes/1", "latest": "../changes.jsonl", "last_sequence": .int(lastSeq),
            "segments": .array(
                (first...max(first, last)).map {
                    [
                        "segment": .int($0), "first_sequence": .int(($0 - 1) * segmentEntries + 1),
                        "href": .string("../" + path($0, last: last)), "complete": .bool($0 < last),
                    ]
                }),
        ]
    }

    private static func changes(_ entry: AuditEntry) -> [(Kind, JSONValue)] {
        let detail = entry.detail
        func data(_ members: [String]) -> JSONValue {
            var data: [String: JSONValue] = [
                "key": .string(entry.subject), "author": .string(entry.author), "sequence": .int(entry.seq),
            ]
            for name in ["number", "version"] + members { data[name] = detail[name] }
            return .object(data)
        }
        var out: [(Kind, JSONValue)] = []
        switch entry.action {
        case "open", "update":
            out.append((entry.action == "open" ? .created : .updated, data(["reasons", "status"])))
            if detail["was_status"] != nil { out.append((.statusChanged, data(["status", "was_status"]))) }
            if detail["linked"] != nil { out.append((.linked, data(["linked", "linked_count"]))) }
            if detail["unlinked"] != nil { out.append((.unlinked, data(["unlinked", "unlinked_count"]))) }
        case "merge": out.append((.merged, data(["into", "reasons"])))
        case "withdraw": out.append((.withdrawn, data(["reasons"])))
        case "note": out.append((.noted, data([])))
        case "linked", "unrelated":
            let fingerprint = detail["fingerprint"].map { [$0] } ?? []
            let isLink = entry.action == "linked"
            var data = data([])
            data[isLink ? "linked" : "unlinked"] = .array(fingerprint)
            data[isLink ? "linked_count" : "unlinked_count"] = .int(Int64(fingerprint.count))
            out.append((isLink ? .linked : .unlinked, data))
        default: break
        }
        return out
    }

    private static func event(_ entry: AuditEntry, _ kind: Kind, _ data: JSONValue, source: String) -> JSONValue {
        [
            "specversion": "1.0", "id": .string("chg_" + Fingerprint(entry.hash, kind.rawValue).text), "source": .string(source),
            "type": .string("caseboard.investigation.\(kind.rawValue)"), "subject": .string(entry.subject),
            "time": .string(entry.at.rfc3339), "datacontenttype": "application/json",
            "data": data,
        ]
    }
}
