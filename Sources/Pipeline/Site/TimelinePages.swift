import Model
import Rendering
import Store

/// A page for each day with events, and the list of days.
struct TimelinePages {
    private let site: SiteInputs
    private var store: CaseStore { site.store }
    init(_ site: SiteInputs) { self.site = site }

    /// Evidence may be this many days older than its investigation, and an investigation this long.
    private static let daysBefore: Int64 = 2
    private static let longestDays: Int64 = 400

    func publish(_ publisher: inout SitePublisher) throws {
        let days = site.dayStamps.keys.sorted()
        let states = caseStates()
        var digests: [Int64: String] = [:]
        for (index, day) in days.enumerated() {
            let around = [index > 0 ? days[index - 1] : 0, index + 1 < days.count ? days[index + 1] : 0]
            let parts = ["day", "\(day)", "\(site.dayStamps[day] ?? 0)", "\(around)"]
            digests[day] = site.digest(parts + (states[day] ?? []).map { site.cases[$0].state })
        }
        let overall = site.digest(["timeline"] + days.map { digests[$0] ?? "" })
        if publisher.keep(below: ["timeline"], marker: SiteAddress.timeline, inputDigest: overall) { return }
        let summaries = try DaySummaries(site).current()
        for (index, day) in days.enumerated() {
            let path = SiteAddress.day(day)
            let digest = digests[day] ?? ""
            if publisher.isCurrent(path, inputDigest: digest) {
                publisher.keep(path)
                continue
            }
            var file = DayFile(
                summary: summaries[day] ?? DaySummary(day: day), events: try store.strongestEvents(day: day, limit: DayPage.eventsShown))
            file.caseOf = try store.caseNumbers(fingerprints: file.events.map(\.fingerprint))
            file.cases = try (states[day] ?? []).compactMap { try site.investigation(site.cases[$0].stamp.key) }
                .filter { $0.mergedInto == nil && $0.startedAt.day <= day && max($0.lastSignalAt, $0.startedAt).day >= day }
                .sorted { ($0.severity.rank, -$0.number) < ($1.severity.rank, -$1.number) }
            file.before = index > 0 ? days[index - 1] : nil
            file.after = index + 1 < days.count ? days[index + 1] : nil
            try publisher.publish(path, inputDigest: digest) { asOf in
                try DayPage.render(file, frame: site.frame(asOf), templates: site.templates)
            }
        }
        try publisher.publish(SiteAddress.timeline, inputDigest: overall) { asOf in
            try MonthsPage.render(days.compactMap { summaries[$0] }, frame: site.frame(asOf), templates: site.templates)
        }
    }

    /// Which investigations (by place in `site.cases`) may show on a day.
    private func caseStates() -> [Int64: [Int]] {
        var out: [Int64: [Int]] = [:]
        for (index, entry) in site.cases.enumerated() {
            let from = entry.stamp.startedAt.day - Self.daysBefore
            let to = min(max(entry.stamp.lastSignalAt, entry.stamp.startedAt).day + 1, from + Self.longestDays)
            if from > to { continue }
            for day in from...to where site.dayStamps[day] != nil { out[day, default: []].append(index) }
        }
        return out
    }
}

/// The days in numbers: counted again where their stamp moved, and kept.
struct DaySummaries {
    private let site: SiteInputs
    init(_ site: SiteInputs) { self.site = site }

    func current() throws -> [Int64: DaySummary] {
        var known: [Int64: DaySummary] = [:]
        var stamps: [Int64: Int64] = [:]
        for (stamp, summary) in try site.store.daySummaries() {
            known[summary.day] = summary
            stamps[summary.day] = stamp
        }
        let stale = site.dayStamps.filter { stamps[$0.key] != $0.value }.sorted { $0.key < $1.key }
        if stale.isEmpty { return known }
        try site.store.transaction {
            for (day, stamp) in stale {
                let summary = try site.store.countDay(day)
                try site.store.save(summary, stamp: stamp)
                known[day] = summary
            }
        }
        return known
    }
}
