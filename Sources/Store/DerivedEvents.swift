import Model

/// Which derived signals belong together: those of these types about one subject (a service, a series). They are derived
/// again as a whole, so that what is no longer derived can be told from what was never looked at.
package struct DerivedScope: Hashable, Sendable {
    package var types: [EventType]
    package var scopeKey: String
    package init(types: [EventType], scopeKey: String) {
        self.types = types
        self.scopeKey = scopeKey
    }
}

extension CaseStore {
    /// Makes the live signals of a scope with an onset in `onsets` (epoch ms) equal to `events`: adds the new ones, retires
    /// those no longer derived, leaves the unchanged ones alone. Events with an onset outside belong to another range and are
    /// left out. A signal that was retired and is derived again comes back.
    @discardableResult
    package func replaceDerived(_ events: [Event], scope: DerivedScope, onsets: Range<Int64>) throws -> AppendResult {
        try write { connection in
            let types = Set(scope.types)
            if let stranger = events.first(where: { !types.contains($0.type) }) {
                throw StoreError.outOfScope(type: stranger.type.rawValue, scope: scope.scopeKey)
            }
            let wanted = events.filter { onsets.contains($0.occurredAt.ms) }
            let ids = Set(wanted.map(\.id))
            let standing = try connection.all(
                EventQuery.derived,
                ["scope": .text(scope.scopeKey), "from": .int(onsets.lowerBound), "to": .int(onsets.upperBound)]
            ) { try EventQuery.read($0) }.filter { types.contains($0.type) }
            let standingIDs = Set(standing.map(\.id))
            let fingerprints = Set(wanted.map(\.fingerprint))
            var writer = try EventWriter(connection)
            defer { writer.finish() }
            for event in wanted.sorted(by: EventQuery.isEarlier) where !standingIDs.contains(event.id) {
                try writer.replace(event, scope: scope.scopeKey)
            }
            for event in standing where !ids.contains(event.id) && !fingerprints.contains(event.fingerprint) {
                try writer.retire(event)
            }
            try writer.saveMarks()
            var result = writer.result
            result.known += standing.count { ids.contains($0.id) }
            return result
        }
    }
}
