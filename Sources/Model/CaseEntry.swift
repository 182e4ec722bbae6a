/// One line of a list of investigations: what lists, counts, relations and the order of feeds need.
package struct CaseEntry: Hashable, Sendable {
    package var key: String
    package var number: Int
    package var title: String
    package var status: InvestigationStatus
    package var severity: Severity
    package var priority: Priority
    package var assignedTo: String?
    package var startedAt: Instant
    package var resolvedAt: Instant?
    package var lastSignalAt: Instant
    package var version: Int
    /// When the store last wrote it.
    package var changedAt: Instant
    package var services: [String]
    package var components: [String]
    /// The change its first cause points at.
    package var change: Fingerprint?
    package init(
        key: String, number: Int, title: String, status: InvestigationStatus = .open, severity: Severity = .medium,
        priority: Priority? = nil, assignedTo: String? = nil, startedAt: Instant, resolvedAt: Instant? = nil,
        lastSignalAt: Instant, version: Int = 1, changedAt: Instant, services: [String] = [], components: [String] = [],
        change: Fingerprint? = nil
    ) {
        self.key = key
        self.number = number
        self.title = title
        self.status = status
        self.severity = severity
        self.priority = priority ?? severity.priority
        self.assignedTo = assignedTo
        self.startedAt = startedAt
        self.resolvedAt = resolvedAt
        self.lastSignalAt = lastSignalAt
        self.version = version
        self.changedAt = changedAt
        self.services = services
        self.components = components
        self.change = change
    }
}

/// What a list of investigations is narrowed to; nil admits all.
package struct CaseFilter: Hashable, Sendable {
    package enum Order: String, CaseIterable, Sendable {
        /// Newest number first, newest start first, worst and then newest first, latest change first.
        case number, started, severity, changed
    }
    package var status: InvestigationStatus?
    /// This severity and worse.
    package var severity: Severity?
    package var priority: Priority?
    package var service: String?
    package var component: String?
    package var environment: String?
    package var assignedTo: String?
    /// Started in this range.
    package var from: Instant?
    package var to: Instant?
    /// All of these words, as `search` understands them.
    package var text: String?
    package var order: Order
    package var limit: Int
    package var offset: Int
    package init(
        status: InvestigationStatus? = nil, severity: Severity? = nil, priority: Priority? = nil, service: String? = nil,
        component: String? = nil, environment: String? = nil, assignedTo: String? = nil, from: Instant? = nil, to: Instant? = nil,
        text: String? = nil, order: Order = .severity, limit: Int = 100, offset: Int = 0
    ) {
        self.status = status
        self.severity = severity
        self.priority = priority
        self.service = service
        self.component = component
        self.environment = environment
        self.assignedTo = assignedTo
        self.from = from
        self.to = to
        self.text = text
        self.order = order
        self.limit = limit
        self.offset = offset
    }
}

/// What a list of events is narrowed to; nil admits all.
package struct EventFilter: Hashable, Sendable {
    package enum Order: String, CaseIterable, Sendable { case newest, oldest }
    package var source: EventSource?
    package var type: EventType?
    package var role: EventRole?
    /// This severity and worse.
    package var severity: Severity?
    package var service: String?
    package var component: String?
    package var environment: String?
    /// Occurred in this range.
    package var from: Instant?
    package var to: Instant?
    /// All of these words, as `search` understands them.
    package var text: String?
    package var order: Order
    package var limit: Int
    package var offset: Int
    package init(
        source: EventSource? = nil, type: EventType? = nil, role: EventRole? = nil, severity: Severity? = nil, service: String? = nil,
        component: String? = nil, environment: String? = nil, from: Instant? = nil, to: Instant? = nil, text: String? = nil,
        order: Order = .newest, limit: Int = 100, offset: Int = 0
    ) {
        self.source = source
        self.type = type
        self.role = role
        self.severity = severity
        self.service = service
        self.component = component
        self.environment = environment
        self.from = from
        self.to = to
        self.text = text
        self.order = order
        self.limit = limit
        self.offset = offset
    }
}

/// How many live events there are of one source, type and severity.
package struct EventCount: Hashable, Sendable {
    package var source: String
    package var type: String
    package var severity: String
    package var count: Int
    package init(source: String, type: String, severity: String, count: Int) {
        self.source = source
        self.type = type
        self.severity = severity
        self.count = count
    }
}
