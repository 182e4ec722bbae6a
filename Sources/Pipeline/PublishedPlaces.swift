import Foundation
import Model

/// What a publication says of places on this machine: paths of the workspace as seen from its root, and of a cursor how far it is.
/// The same workspace elsewhere is published with the same bytes.
struct PublishedPlaces {
    private let root: String
    init(_ workspace: Workspace) { root = workspace.root.plainPath.withTrailingSlash }

    /// What of a cursor means something to others: how far, and of which content. Inodes and dates of this machine do not.
    private static let positionMembers = ["heads", "object", "hash", "log", "offset", "line"]

    func local(_ text: String) -> String { text.replacing(root, with: "") }

    /// By item.
    func positions(_ cursors: [String: Cursor]) -> [(item: String, position: JSONValue)] {
        cursors.map { item, cursor in
            var position: [String: JSONValue] = [:]
            for name in Self.positionMembers { position[name] = cursor.state[name] }
            return (item: local(item), position: .object(position))
        }.sorted { $0.item < $1.item }
    }
}
