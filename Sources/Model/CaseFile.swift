// Everything a page about one investigation, or about all, is made from. Assembled by the corridor, read by Rendering.

/// One piece of evidence with what was kept behind it. It is large and handed about a lot, so it is kept once behind a
/// reference: a copy costs one retain, reading a part copies nothing.
package struct EvidenceItem: Hashable, Sendable {
    package var evidence: Evidence {
        _read { yield parts.evidence }
        set { parts = Parts(newValue, event, exemplar, track, spans) }
    }
    package var event: Event {
        _read { yield parts.event }
        set { parts = Parts(evidence, newValue, exemplar, track, spans) }
    }
    /// For log signals.
    package var exemplar: LogExemplar? {
        _read { yield parts.exemplar }
        set { parts = Parts(evidence, event, newValue, track, spans) }
    }
    /// For metric anomalies: the series around the case.
    package var track: MetricTrack? {
        _read { yield parts.track }
        set { parts = Parts(evidence, event, exemplar, newValue, spans) }
    }
    /// For trace signals: the spans of one exemplar trace.
    package var spans: [Span] {
        _read { yield parts.spans }
        set { parts = Parts(evidence, event, exemplar, track, newValue) }
    }
    package init(evidence: Evidence, event: Event, exemplar: LogExemplar? = nil, track: MetricTrack? = nil, spans: [Span] = []) {
        parts = Parts(evidence, event, exemplar, track, spans)
    }

    private var parts: Parts
    private final class Parts: Hashable, Sendable {
        let evidence: Evidence
        let event: Event
        let exemplar: LogExemplar?
        let track: MetricTrack?
        let spans: [Span]
        init(_ evidence: Evidence, _ event: Event, _ exemplar: LogExemplar?, _ track: MetricTrack?, _ spans: [Span]) {
            self.evidence = evidence
            self.event = event
            self.exemplar = exemplar
            self.track = track
            self.spans = spans
        }
        static func == (left: Parts, right: Parts) -> Bool {
            left.evidence == right.evidence && left.event == right.event && left.exemplar == right.exemplar
                && left.track == right.track && left.spans == right.spans
        }
        func hash(into hasher: inout Hasher) {
            hasher.combine(evidence)
            hasher.combine(event)
        }
    }
}

/// Log records of a service per minute, by level at least `warning` and in all.
package struct LogRate: Hashable, Sendable {
    package var service: String
    package var minutes: [Int64]
    package var errors: [Int64]
    package var all: [Int64]
    package init(service: String, minutes: [Int64], errors: [Int64], all: [Int64]) {
        self.service = service
        self.minutes = minutes
        self.errors = errors
        self.all = all
    }
}

/// A span of time without data. Either what usually speaks said nothing (`source` and perhaps `service` say what), or a configured
/// source, the `origin`, could not be read.
package struct SourceGap: Hashable, Sendable {
    package var origin: String
    package var source: EventSource?
    package var service: String?
    package var from: Instant
    package var to: Instant
    package init(origin: String, source: EventSource?, service: String?, from: Instant, to: Instant) {
        self.origin = origin
        self.source = source
        self.service = service
        self.from = from
        self.to = to
    }
}

package struct CaseFile: Sendable {
    package var investigation: Investigation
    /// Sorted by time, then fingerprint.
    package var items: [EvidenceItem]
    /// One headline series a service (the most deviating), for the lanes.
    package var tracks: [MetricTrack]
    package var logRates: [LogRate]
    /// Changes in the window that are not evidence, for the timeline's top lane.
    package var otherChanges: [Event]
    package var map: ServiceMap
    package var notes: [Annotation]
    package var versions: [CaseVersion]
    package var gaps: [SourceGap]
    /// Earlier investigations that look like it, the most alike first.
    package var similar: [SimilarCase]
    /// Others that have to do with it, the nearest first.
    package var related: [RelatedCase]
    /// The time axis.
    package var from: Instant
    package var to: Instant
    package init(
        investigation: Investigation, items: [EvidenceItem], tracks: [MetricTrack] = [], logRates: [LogRate] = [],
        otherChanges: [Event] = [], map: ServiceMap = ServiceMap(), notes: [Annotation] = [], versions: [CaseVersion] = [],
        gaps: [SourceGap] = [], similar: [SimilarCase] = [], related: [RelatedCase] = [], from: Instant, to: Instant
    ) {
        self.investigation = investigation
        self.items = items
        self.tracks = tracks
        self.logRates = logRates
        self.otherChanges = otherChanges
        self.map = map
        self.notes = notes
        self.versions = versions
        self.gaps = gaps
        self.similar = similar
        self.related = related
        self.from = from
        self.to = to
    }
}

/// One source on the board and in `check`.
package struct SourceHealth: Hashable, Sendable {
    package enum State: String, Sendable { case well, gap, late, stopped, empty, failing }
    package var name: String
    package var kind: String
    package var state: State
    /// Why it is not well; empty when it is.
    package var remark: String
    /// Events, signals or records per hour over the last 24 h, oldest first.
    package var recent: [Int64]
    package var newestAt: Instant?
    package var readCount: Int64
    package var deadLetterCount: Int64
    package init(
        name: String, kind: String, state: State, remark: String = "", recent: [Int64] = [], newestAt: Instant? = nil,
        readCount: Int64 = 0, deadLetterCount: Int64 = 0
    ) {
        self.name = name
        self.kind = kind
        self.state = state
        self.remark = remark
        self.recent = recent
        self.newestAt = newestAt
        self.readCount = readCount
        self.deadLetterCount = deadLetterCount
    }
}

/// One investigation on the board: the investigation and its signals per bucket over its own span.
package struct BoardItem: Hashable, Sendable {
    package var investigation: Investigation
    package var evidenceCount: Int
    /// Signal counts in equal buckets from `from` to `to`.
    package var rate: [Int64]
    package var from: Instant
    package var to: Instant
    /// When the suspect change went live, for the line in the sparkline.
    package var changeAt: Instant?
    package init(investigation: Investigation, evidenceCount: Int, rate: [Int64] = [], from: Instant, to: Instant, changeAt: Instant? = nil)
    {
        self.investigation = investigation
        self.evidenceCount = evidenceCount
        self.rate = rate
        self.from = from
        self.to = to
        self.changeAt = changeAt
    }
}

package struct BoardFile: Sendable {
    package var title: String
    package var items: [BoardItem]  // all that are not deleted, newest number first
    package var sources: [SourceHealth]
    /// Deployments and other live changes of the last 24 h, newest first.
    package var recentChanges: [Event]
    package var asOf: Instant
    package init(title: String, items: [BoardItem], sources: [SourceHealth], recentChanges: [Event], asOf: Instant) {
        self.title = title
        self.items = items
        self.sources = sources
        self.recentChanges = recentChanges
        self.asOf = asOf
    }
}

/// What changed for one audience since its last receipt.
package struct DigestEntry: Hashable, Sendable {
    package enum News: String, Codable, Sendable, CaseIterable { case resolved, worse, new, reopened, better, flapping }
    package var news: News
    package var investigation: Investigation
    /// The words of the difference: `severity medium, was low`.
    package var difference: String
    package init(news: News, investigation: Investigation, difference: String) {
        self.news = news
        self.investigation = investigation
        self.difference = difference
    }
}

package struct Digest: Sendable {
    package var title: String
    package var asOf: Instant
    package var entries: [DigestEntry]  // resolved, worse, new
    package var stillOpen: [Investigation]
    /// Sentences: "One source is silent: tickets since 12:40."
    package var remarks: [String]
    /// Where the board is published; nil leaves links out.
    package var baseURL: String?
    package init(
        title: String, asOf: Instant, entries: [DigestEntry], stillOpen: [Investigation], remarks: [String] = [], baseURL: String? = nil
    ) {
        self.title = title
        self.asOf = asOf
        self.entries = entries
        self.stillOpen = stillOpen
        self.remarks = remarks
        self.baseURL = baseURL
    }
}

/// A mail before it is a mail. `html` and `text` say the same.
package struct DigestMail: Hashable, Codable, Sendable {
    package var subject: String
    package var text: String
    package var html: String
    /// Stable across retries: becomes the Message-ID's left part.
    package var id: String
    /// The ids of earlier mails of the same thread.
    package var references: [String]
    package init(subject: String, text: String, html: String, id: String, references: [String] = []) {
        self.subject = subject
        self.text = text
        self.html = html
        self.id = id
        self.references = references
    }
}
