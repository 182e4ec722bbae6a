import Model
import Store

/// How often an investigation's surroundings changed without a new version: its page is made again when this moves.
extension CaseStore {
    private static func setting(_ key: String) -> String { "page_touches:\(key)" }

    func pageTouches(key: String) throws -> Int { Int(try setting(Self.setting(key)) ?? "0") ?? 0 }

    func touchPage(key: String) throws {
        try setSetting(Self.setting(key), to: String(try pageTouches(key: key) + 1))
    }
}
