import Model

/// Cursors as people read them: how far each file or page is read, without what belongs to one machine (inodes, dates of files),
/// so that the same evidence makes the same page everywhere.
enum CursorWords {
    /// By name. A log file is told with the place in the log it is now; logs have no rows of their own.
    static func items(_ cursors: [String: Cursor]) -> [(item: String, state: String)] {
        cursors.keys.sorted().filter { !$0.hasPrefix("log:") }.map { item in
            var state = cursors[item]?.state ?? .null
            if let log = state["log"]?.stringValue, let place = cursors["log:" + log] { state = place.state }
            return (item: item.hasPrefix("file:") ? String(item.dropFirst(5)) : item, state: words(state))
        }
    }

    static func words(_ state: JSONValue) -> String {
        if let line = state["line"]?.intValue, let offset = state["offset"]?.intValue { return "line \(line), byte \(offset)" }
        if let hash = state["hash"]?.stringValue { return "read whole, content \(hash.prefix(12))" }
        if let heads = state["heads"]?.arrayValue {
            return "to " + heads.prefix(4).compactMap(\.stringValue).map { "\($0.prefix(12))" }.joined(separator: ", ")
        }
        let scalars = (state.objectValue ?? [:]).sorted { $0.key < $1.key }.compactMap { name, value in
            value.scalarText.map { "\(name) \($0)" }
        }
        return scalars.isEmpty ? "read" : scalars.prefix(6).joined(separator: ", ")
    }
}
