/// `reopened` is a transition back to `open`, not a state.
package enum InvestigationStatus: String, CaseIterable, Codable, Sendable {
    case open, inProgress = "in_progress", mitigated, resolved, closed
    package var isEnded: Bool { self == .resolved || self == .closed }
    package var words: String { rawValue.replacing(each: "_", with: " ") }
}

/// One named part of a score with the fact behind it.
package struct Term: Hashable, Codable, Sendable {
    /// time, topology, entity, text, change, deviation, precedence, novelty, …
    package var name: String
    /// 0…1
    package var value: Double
    package var why: String
    package init(name: String, value: Double, why: String) {
        self.name = name
        self.value = value
        self.why = why
    }
}

/// What an event is to an investigation, in the order of the story.
package enum EvidencePhase: String, CaseIterable, Codable, Sendable {
    case before, change, cause, firstFailure = "first_failure", impact, recovery
    package var words: String {
        switch self {
        case .before: "Before"
        case .change: "Change"
        case .cause: "Cause"
        case .firstFailure: "First failure"
        case .impact: "Impact"
        case .recovery: "Recovery"
        }
    }
}

/// An event linked to an investigation.
package struct Evidence: Hashable, Codable, Sendable {
    package enum Stance: String, Codable, Sendable { case supports, contradicts }
    package var fingerprint: Fingerprint
    package var eventID: String
    /// 0…1, the noisy-or of its terms.
    package var confidence: Double
    package var terms: [Term]
    package var phase: EvidencePhase
    package var stance: Stance
    /// `rule:grouping` or a person.
    package var linkedBy: String
    package var starred: Bool
    /// The fingerprint of the signal that mutes this one, since its cause is known.
    package var inhibitedBy: Fingerprint?
    package init(
        fingerprint: Fingerprint, eventID: String, confidence: Double, terms: [Term], phase: EvidencePhase = .impact,
        stance: Stance = .supports, linkedBy: String = "rule:grouping", starred: Bool = false, inhibitedBy: Fingerprint? = nil
    ) {
        self.fingerprint = fingerprint
        self.eventID = eventID
        self.confidence = confidence
        self.terms = terms
        self.phase = phase
        self.stance = stance
        self.linkedBy = linkedBy
        self.starred = starred
        self.inhibitedBy = inhibitedBy
    }
}

package enum CauseKind: String, Codable, Sendable { case service, instance, metric, change, dependency, code }

/// A ranked candidate cause.
package struct Hypothesis: Hashable, Codable, Sendable {
    package var rank: Int
    package var kind: CauseKind
    package var service: String?
    package var instance: String?
    package var metric: String?
    package var className: String?
    /// The change event a hypothesis of kind `change` points at.
    package var change: Fingerprint?
    package var sha: String?
    /// A short name for headings: `Deploy of checkout 4.18.0`, `shop-db itself`.
    package var name: String
    package var score: Double
    package var terms: [Term]
    /// One readable sentence.
    package var summary: String
    package var evidence: [Fingerprint]
    package init(
        rank: Int, kind: CauseKind, service: String? = nil, instance: String? = nil, metric: String? = nil, className: String? = nil,
        change: Fingerprint? = nil, sha: String? = nil, name: String, score: Double, terms: [Term], summary: String,
        evidence: [Fingerprint] = []
    ) {
        self.rank = rank
        self.kind = kind
        self.service = service
        self.instance = instance
        self.metric = metric
        self.className = className
        self.change = change
        self.sha = sha
        self.name = name
        self.score = score
        self.terms = terms
        self.summary = summary
        self.evidence = evidence
    }
}

/// A ranked commit among those that were live.
package struct SuspectChange: Hashable, Codable, Sendable {
    package var rank: Int
    package var change: Fingerprint
    package var sha: String
    package var subject: String
    package var author: String
    package var committedAt: Instant
    /// When it went live, by the deployment that carried it; nil when no deployment is known.
    package var liveAt: Instant?
    package var files: [String]
    package var url: String?
    package var score: Double
    package var terms: [Term]
    package var summary: String
    package init(
        rank: Int, change: Fingerprint, sha: String, subject: String, author: String, committedAt: Instant, liveAt: Instant?,
        files: [String], url: String? = nil, score: Double, terms: [Term], summary: String
    ) {
        self.rank = rank
        self.change = change
        self.sha = sha
        self.subject = subject
        self.author = author
        self.committedAt = committedAt
        self.liveAt = liveAt
        self.files = files
        self.url = url
        self.score = score
        self.terms = terms
        self.summary = summary
    }
}

package struct ActionItem: Hashable, Codable, Sendable {
    package var text: String
    package var owner: String?
    package var due: String?
    package var done: Bool
    package init(text: String, owner: String? = nil, due: String? = nil, done: Bool = false) {
        self.text = text
        self.owner = owner
        self.due = due
        self.done = done
    }
}

/// A signal that was weighed and left out, so that `explain` can say why.
package struct LeftOut: Hashable, Codable, Sendable {
    package var fingerprint: Fingerprint
    package var title: String
    package var score: Double
    package var terms: [Term]
    package var reason: String
    package init(fingerprint: Fingerprint, title: String, score: Double, terms: [Term], reason: String) {
        self.fingerprint = fingerprint
        self.title = title
        self.score = score
        self.terms = terms
        self.reason = reason
    }
}

/// The case. Machine fields are recomputed from evidence; a field a person has set stays as they set it
/// (`humanFields` names them).
package struct Investigation: Hashable, Codable, Sendable {
    /// Permanent internal identity: `case_` + fingerprint of the first evidence it was opened with.
    package var key: String
    package var number: Int
    package var title: String
    package var description: String
    /// The readable sentence: what, since when, probably why.
    package var verdict: String
    package var status: InvestigationStatus
    package var severity: Severity
    package var priority: Priority
    package var startedAt: Instant
    package var detectedAt: Instant?
    package var acknowledgedAt: Instant?
    package var mitigatedAt: Instant?
    package var resolvedAt: Instant?
    /// The last moment any of its signals was active.
    package var lastSignalAt: Instant
    package var services: [String]
    package var components: [String]
    package var environment: String?
    package var tags: [String]
    package var impact: String
    package var rootCause: String
    package var remediation: String
    package var lessonsLearned: String
    package var assignedTo: String?
    package var createdBy: String
    package var actionItems: [ActionItem]
    package var hypotheses: [Hypothesis]
    package var suspects: [SuspectChange]
    package var leftOut: [LeftOut]
    package var flapping: Bool
    package var reopenCount: Int
    package var version: Int
    package var isDeleted: Bool
    /// The number of the investigation this one was merged into.
    package var mergedInto: Int?
    package var humanFields: Set<String>

    package init(
        key: String, number: Int, title: String, description: String = "", verdict: String = "", status: InvestigationStatus = .open,
        severity: Severity, priority: Priority? = nil, startedAt: Instant, detectedAt: Instant? = nil, acknowledgedAt: Instant? = nil,
        mitigatedAt: Instant? = nil, resolvedAt: Instant? = nil, lastSignalAt: Instant, services: [String] = [],
        components: [String] = [], environment: String? = nil, tags: [String] = [], impact: String = "", rootCause: String = "",
        remediation: String = "", lessonsLearned: String = "", assignedTo: String? = nil, createdBy: String = "caseboard",
        actionItems: [ActionItem] = [], hypotheses: [Hypothesis] = [],
        suspects: [SuspectChange] = [], leftOut: [LeftOut] = [], flapping: Bool = false, reopenCount: Int = 0, version: Int = 1,
        isDeleted: Bool = false, mergedInto: Int? = nil, humanFields: Set<String> = []
    ) {
        self.key = key
        self.number = number
        self.title = title
        self.description = description
        self.verdict = verdict
        self.status = status
        self.severity = severity
        self.priority = priority ?? severity.priority
        self.startedAt = startedAt
        self.detectedAt = detectedAt
        self.acknowledgedAt = acknowledgedAt
        self.mitigatedAt = mitigatedAt
        self.resolvedAt = resolvedAt
        self.lastSignalAt = lastSignalAt
        self.services = services
        self.components = components
        self.environment = environment
        self.tags = tags
        self.impact = impact
        self.rootCause = rootCause
        self.remediation = remediation
        self.lessonsLearned = lessonsLearned
        self.assignedTo = assignedTo
        self.createdBy = createdBy
        self.actionItems = actionItems
        self.hypotheses = hypotheses
        self.suspects = suspects
        self.leftOut = leftOut
        self.flapping = flapping
        self.reopenCount = reopenCount
        self.version = version
        self.isDeleted = isDeleted
        self.mergedInto = mergedInto
        self.humanFields = humanFields
    }
}

/// A remark of a person on an investigation.
package struct Annotation: Hashable, Codable, Sendable {
    package var at: Instant
    package var author: String
    /// Markdown.
    package var text: String
    package init(at: Instant, author: String, text: String) {
        self.at = at
        self.author = author
        self.text = text
    }
}

/// One version of an investigation: who changed what, in words.
package struct CaseVersion: Hashable, Codable, Sendable {
    package var version: Int
    package var at: Instant
    package var author: String
    /// `opened from 6 signals`, `severity high → critical`, `joined: 3 signals`
    package var changes: [String]
    package init(version: Int, at: Instant, author: String, changes: [String]) {
        self.version = version
        self.at = at
        self.author = author
        self.changes = changes
    }
}

/// What a person decided about a signal and an investigation; kept for ever, never undone by a run.
package struct HumanLink: Hashable, Codable, Sendable {
    package enum Verdict: String, Codable, Sendable { case linked, unrelated }
    package var fingerprint: Fingerprint
    package var caseKey: String
    package var verdict: Verdict
    package var author: String
    package init(fingerprint: Fingerprint, caseKey: String, verdict: Verdict, author: String) {
        self.fingerprint = fingerprint
        self.caseKey = caseKey
        self.verdict = verdict
        self.author = author
    }
}
