/// One entry of the audit. `hash` covers the hash before it and everything the entry says, so no two entries share one.
package struct AuditEntry: Hashable, Sendable {
    package var seq: Int64
    package var at: Instant
    package var author: String
    package var action: String
    /// What it is about: the key of an investigation, mostly.
    package var subject: String
    package var detail: JSONValue
    package var previousHash: String
    package var hash: String
    package init(
        seq: Int64, at: Instant, author: String, action: String, subject: String, detail: JSONValue, previousHash: String, hash: String
    ) {
        self.seq = seq
        self.at = at
        self.author = author
        self.action = action
        self.subject = subject
        self.detail = detail
        self.previousHash = previousHash
        self.hash = hash
    }
}
