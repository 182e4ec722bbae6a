/// A dead letter with what the store knows of it.
package struct StoredDeadLetter: Hashable, Sendable {
    package var id: Int64
    package var letter: DeadLetter
    package var firstAt: Instant
    package var lastAt: Instant
    package var count: Int64
    package var resolvedAt: Instant?
    package init(id: Int64, letter: DeadLetter, firstAt: Instant, lastAt: Instant, count: Int64, resolvedAt: Instant? = nil) {
        self.id = id
        self.letter = letter
        self.firstAt = firstAt
        self.lastAt = lastAt
        self.count = count
        self.resolvedAt = resolvedAt
    }
}
