import Correlation
import Foundation
import Model
import Store

/// Which earlier investigations look like one: kept beside the investigations, made anew for what changed and for all that began
/// after it. It depends on the set of investigations alone, whatever order they came in, since each is compared with those that
/// began before it.
struct SimilarCases {
    let store: CaseStore

    private enum Key {
        /// `version number startedAt` of the investigation the profile was made from.
        static let mark = "similar_mark:"
        static let profile = "similar_profile:"
        static let list = "similar:"
    }
    private struct Item {
        var key: String
        var startedAt: Int64
        var profile: Similarity.Profile
    }

    func stored(_ key: String) throws -> [SimilarCase] {
        try store.setting(Key.list + key).flatMap { try? JSONDecoder().decode([SimilarCase].self, from: Data($0.utf8)) } ?? []
    }

    /// Later investigations that look like one, the most alike first.
    func later(like number: Int) throws -> [(key: String, score: Double)] {
        try store.settings(prefix: Key.list).compactMap { key, text in
            guard let list = try? JSONDecoder().decode([SimilarCase].self, from: Data(text.utf8)) else { return nil }
            return list.first { $0.number == number }.map { (key, $0.score) }
        }.sorted { ($1.score, $0.key) < ($0.score, $1.key) }
    }

    /// Makes what changed anew; how many lists are others now.
    @discardableResult
    func update() throws -> Int {
        let stamps = try store.caseStamps().filter { !$0.isDeleted }
        let known = Dictionary(try store.settings(prefix: Key.mark).map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        let marks = Dictionary(stamps.map { ($0.key, mark($0)) }, uniquingKeysWith: { first, _ in first })
        let gone = known.keys.filter { marks[$0] == nil }.sorted()
        let changed = stamps.filter { known[$0.key] != marks[$0.key] }.sorted { $0.key < $1.key }
        if gone.isEmpty && changed.isEmpty { return 0 }
        // From the earliest moment that anything changed.
        let moments = changed.map(\.startedAt.ms) + (gone + changed.map(\.key)).compactMap { key in known[key].flatMap(Self.start) }
        let from = moments.min() ?? 0
        return try store.transaction {
            for key in gone {
                for prefix in [Key.mark, Key.profile, Key.list] { try store.setSetting(prefix + key, to: nil) }
            }
            for stamp in changed { try profile(stamp) }
            return try rank(try items(stamps), from: from)
        }
    }

    private func mark(_ stamp: CaseStamp) -> String { "\(stamp.version) \(stamp.number) \(stamp.startedAt.ms)" }
    private static func start(_ mark: String) -> Int64? { mark.split(separator: " ").last.flatMap { Int64($0) } }

    private func profile(_ stamp: CaseStamp) throws {
        guard let snapshot = try store.snapshot(key: stamp.key) else { return }
        let events = try store.events(fingerprints: snapshot.evidence.map(\.fingerprint))
        let profile = Similarity.profile(of: snapshot, events: events)
        try store.setSetting(Key.profile + stamp.key, to: String(decoding: try ListCoding.encoder.encode(profile), as: UTF8.self))
        try store.setSetting(Key.mark + stamp.key, to: mark(stamp))
    }

    /// All profiles, by start.
    private func items(_ stamps: [CaseStamp]) throws -> [Item] {
        let starts = Dictionary(stamps.map { ($0.key, $0.startedAt.ms) }, uniquingKeysWith: { first, _ in first })
        let decoder = JSONDecoder()
        return try store.settings(prefix: Key.profile).compactMap { key, text in
            guard let start = starts[key], let profile = try? decoder.decode(Similarity.Profile.self, from: Data(text.utf8)) else {
                return nil
            }
            return Item(key: key, startedAt: start, profile: profile)
        }.sorted { ($0.startedAt, $0.key) < ($1.startedAt, $1.key) }
    }

    private func rank(_ items: [Item], from: Int64) throws -> Int {
        var index = SimilarityIndex()
        var changed = 0
        for item in items {
            if item.startedAt >= from {
                let list = index.similar(to: item.profile)
                let text = list.isEmpty ? nil : String(decoding: try ListCoding.encoder.encode(list), as: UTF8.self)
                if try store.setting(Key.list + item.key) != text {
                    try store.setSetting(Key.list + item.key, to: text)
                    try store.touchPage(key: item.key)
                    changed += 1
                }
            }
            index.insert(item.profile)
        }
        return changed
    }
}
