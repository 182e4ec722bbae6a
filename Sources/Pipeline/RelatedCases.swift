import Correlation
import Foundation
import Model
import Store

/// Which other investigations have to do with one: kept beside the investigations, made anew when any of them or the calls between
/// services changed. Only the pages whose lists are others then are touched.
struct RelatedCases {
    let store: CaseStore

    private enum Key {
        /// The fingerprint of all that the lists were made from.
        static let mark = "related_mark"
        static let list = "related:"
    }

    func stored(_ key: String) throws -> [RelatedCase] {
        try store.setting(Key.list + key).flatMap { try? JSONDecoder().decode([RelatedCase].self, from: Data($0.utf8)) } ?? []
    }

    /// Makes the lists anew if need be; how many are others now.
    @discardableResult
    func update(map: ServiceMap) throws -> Int {
        let stamps = try store.caseStamps().filter { !$0.isDeleted }
        let parts =
            stamps.map { "\($0.key) \($0.number) \($0.version)" }.sorted() + [""]
            + map.edges.keys.sorted().flatMap { [$0.caller, $0.callee] }
        let mark = Fingerprint(parts).text
        if try store.setting(Key.mark) == mark { return 0 }
        let found = CaseRelations.found(try store.caseEntries(), map: map)
        return try store.transaction {
            let known = Dictionary(try store.settings(prefix: Key.list).map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
            var changed = 0
            for key in Set(known.keys).union(found.keys).sorted() {
                let text = try found[key].map { String(decoding: try ListCoding.encoder.encode($0), as: UTF8.self) }
                if text == known[key] { continue }
                try store.setSetting(Key.list + key, to: text)
                try store.touchPage(key: key)
                changed += 1
            }
            try store.setSetting(Key.mark, to: mark)
            return changed
        }
    }
}

/// How lists beside the investigations are written: the same list, the same text.
enum ListCoding {
    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
