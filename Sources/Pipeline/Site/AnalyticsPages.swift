import Correlation
import Model
import Rendering
import Store

/// The page of figures, and the same figures as a document of the API.
struct AnalyticsPages {
    private let site: SiteInputs
    init(_ site: SiteInputs) { self.site = site }

    static let document = PublishAPI.root + "analytics.json"
    static let nowDays: Int64 = 28
    static let beforeDays: Int64 = 84
    private static let mostChanges = 50_000

    func publish(_ publisher: inout SitePublisher) throws {
        let days = site.dayStamps.keys.sorted()
        let stamps = days.map { "\($0) \(site.dayStamps[$0] ?? 0)" }
        let digest = site.digest(["analytics"] + site.cases.map(\.state) + stamps)
        // Both say the same, so both are as of the moment the page was published.
        func documentDigest() -> String {
            site.digest([digest, publisher.publishedAt(SiteAddress.analytics).map { "\($0.ms)" } ?? ""])
        }
        if publisher.isCurrent(SiteAddress.analytics, inputDigest: digest),
            publisher.isCurrent(Self.document, inputDigest: documentDigest())
        {
            for path in [SiteAddress.analytics, Self.document] { publisher.keep(path) }
            return
        }
        let summaries = try DaySummaries(site).current()
        let cases = try site.listed()
        var files: [Int64: AnalyticsFile] = [:]
        func file(_ day: Int64) throws -> AnalyticsFile {
            if let file = files[day] { return file }
            let file = try Self.file(day: day, days: days.compactMap { summaries[$0] }, cases: cases, store: site.store)
            files[day] = file
            return file
        }
        try publisher.publish(SiteAddress.analytics, inputDigest: digest) { asOf in
            try AnalyticsPage.render(try file(asOf.day), frame: site.frame(asOf), templates: site.templates)
        }
        let asOf = publisher.publishedAt(SiteAddress.analytics) ?? site.context.now
        try publisher.publish(Self.document, inputDigest: documentDigest()) {
            PublishAPI.bytes(APIDocuments.analytics(try file(asOf.day), asOf: asOf))
        }
    }

    /// The figures as of a day: it and those before it, beside the ones before these.
    static func file(day: Int64, days: [DaySummary], cases: [Investigation], store: CaseStore) throws -> AnalyticsFile {
        let end = Instant(ms: (day + 1) * .dayMs)
        let middle = end - nowDays * .dayMs
        let first = middle - beforeDays * .dayMs
        // A commit may go live a month after it was written.
        let changes = try store.changes(in: (first - 30 * .dayMs)...end, limit: mostChanges)
        let (now, before) = (middle..<end, first..<middle)
        return AnalyticsFile(
            days: days, cases: cases, delivery: DeliveryMeasures(changes: changes, cases: cases).five(now: now, before: before),
            response: DeliveryMeasures.response(cases, now: now, before: before), now: now, before: before)
    }
}
