/// An investigation as the page of another one names it.
package struct CaseMention: Hashable, Codable, Sendable {
    package var number: Int
    package var title: String
    package var status: InvestigationStatus
    package var severity: Severity
    package var startedAt: Instant
    package var resolvedAt: Instant?
    package init(
        number: Int, title: String, status: InvestigationStatus, severity: Severity, startedAt: Instant, resolvedAt: Instant? = nil
    ) {
        self.number = number
        self.title = title
        self.status = status
        self.severity = severity
        self.startedAt = startedAt
        self.resolvedAt = resolvedAt
    }
    package init(_ it: Investigation) {
        self.init(
            number: it.number, title: it.title, status: it.status, severity: it.severity, startedAt: it.startedAt, resolvedAt: it.resolvedAt
        )
    }
    package init(_ entry: CaseEntry) {
        self.init(
            number: entry.number, title: entry.title, status: entry.status, severity: entry.severity, startedAt: entry.startedAt,
            resolvedAt: entry.resolvedAt)
    }
}

/// An earlier investigation that looks like one.
package struct SimilarCase: Hashable, Codable, Sendable {
    package var mention: CaseMention
    package var score: Double
    package var terms: [Term]
    /// What they share, as a sentence.
    package var summary: String
    /// What was behind the earlier one, as a sentence: its root cause as written, else its probable cause. Empty when neither is known.
    package var ending: String
    package init(mention: CaseMention, score: Double, terms: [Term], summary: String, ending: String = "") {
        self.mention = mention
        self.score = score
        self.terms = terms
        self.summary = summary
        self.ending = ending
    }
    package var number: Int { mention.number }
    package var title: String { mention.title }
}

/// Another investigation that has to do with one, whatever it looks like.
package struct RelatedCase: Hashable, Codable, Sendable {
    package var mention: CaseMention
    /// What joins the two, as a sentence from the side of the one whose page it is.
    package var reason: String
    package init(mention: CaseMention, reason: String) {
        self.mention = mention
        self.reason = reason
    }
}
