import Correlation
import Model
import Rendering
import Store

/// The page of figures.
struct AnalyticsPages {
    private let site: SiteInputs
    init(_ site: SiteInputs) { self.site = site }

    static let nowDays = 28
    static let beforeDays = 84
    private static let mostChanges = 50_000

    func publish(_ publisher: inout SitePublisher) throws {
        let days = site.dayStamps.keys.sorted()
        let stamps = days.map { "\($0) \(site.dayStamps[$0] ?? 0)" }
        let digest = site.digest(["analytics"] + site.cases.map(\.state) + stamps)
        if publisher.isCurrent(SiteAddress.analytics, inputDigest: digest) { return publisher.keep(SiteAddress.analytics) }
        let summaries = try DaySummaries(site).current()
        let cases = try site.listed()
        try publisher.publish(SiteAddress.analytics, inputDigest: digest) { asOf in
            let today = Instant(ms: (asOf.day + 1) * .dayMs)
            let middle = today - Int64(Self.nowDays) * .dayMs
            let first = middle - Int64(Self.beforeDays) * .dayMs
            // A commit may go live a month after it was written.
            let changes = try site.store.changes(in: (first - 30 * .dayMs)...today, limit: Self.mostChanges)
            let delivery = DeliveryMeasures(changes: changes, cases: cases)
            let file = AnalyticsFile(
                days: days.compactMap { summaries[$0] }, cases: cases, delivery: delivery.five(now: middle..<today, before: first..<middle),
                response: DeliveryMeasures.response(cases, now: middle..<today, before: first..<middle), nowDays: Self.nowDays,
                beforeDays: Self.beforeDays)
            return try AnalyticsPage.render(file, frame: site.frame(asOf), templates: site.templates)
        }
    }
}
