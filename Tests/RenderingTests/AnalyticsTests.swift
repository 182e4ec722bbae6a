import Model
import TestKit
import Testing

@testable import Rendering

/// The figures of a made-up quarter, each kind of measure with each thing that can be said of it.
enum AnalyticsFixture {
    typealias Estimate = Measure.Estimate
    static let end = Instant(ms: (CaseFixture.asOf.day + 1) * .dayMs)

    static func file(_ cases: [Investigation], _ measures: [Measure]) -> AnalyticsFile {
        let middle = end - 28 * .dayMs
        return AnalyticsFile(
            days: [], cases: cases, delivery: Array(measures.prefix(5)), response: Array(measures.dropFirst(5)), now: middle..<end,
            before: (middle - 84 * .dayMs)..<middle)
    }

    private static let measures: [(key: String, name: String, kind: Measure.Kind, now: Estimate, before: Estimate, Measure.Verdict)] = [
        (
            "deployment_frequency", "Deployments a day", .rate, Estimate(value: 1.035_714, low: 0.693_6, high: 1.487_4, count: 29),
            Estimate(value: 0.5, low: 0.36, high: 0.676, count: 42), .changed(low: 0.12, high: 0.98)
        ),
        (
            "lead_time_for_changes", "Lead time", .duration, Estimate(value: 1_233_000, low: 60_500, high: 9_540_000, count: 9),
            Estimate(value: 240_000, count: 4), .tooFew
        ),
        (
            "change_failure_rate", "Deployments that failed", .share, Estimate(value: 0.1, low: 0.0179, high: 0.4042, count: 10, hits: 1),
            Estimate(value: 0.25, low: 0.1118, high: 0.4687, count: 20, hits: 5), .noChange
        ),
        (
            "failed_deployment_recovery_time", "Recovery", .duration, Estimate(value: 2_211_000, count: 1), Estimate(), .tooFew
        ),
        ("deployment_rework_rate", "Rework", .share, Estimate(), Estimate(), .tooFew),
        (
            "detect", "Time to detect", .duration, Estimate(value: 122_000, low: 61_000, high: 184_000, count: 12),
            Estimate(value: 480_000, low: 301_000, high: 700_000, count: 40), .changed(low: -500_000, high: -200_000)
        ),
        ("acknowledge", "Time to acknowledge", .duration, Estimate(value: 208_000, count: 2), Estimate(), .tooFew),
        ("mitigate", "Time to mitigate", .duration, Estimate(value: 2_211_000, count: 3), Estimate(value: 1, count: 1), .tooFew),
        ("resolve", "Time to resolve", .duration, Estimate(), Estimate(value: 86_400_000, count: 1), .tooFew),
    ]
    static let file = file(
        [CaseFixture.investigation, CaseFixture.bare.investigation],
        measures.map { Measure(key: $0.key, name: $0.name, kind: $0.kind, meaning: "", now: $0.now, before: $0.before, verdict: $0.5) })
    static let empty = file(
        [],
        measures.map {
            Measure(key: $0.key, name: $0.name, kind: $0.kind, meaning: "", now: Estimate(), before: Estimate(), verdict: .tooFew)
        }
    )
}

@Suite struct AnalyticsTests {
    /// A row of the page's table in the words of the page, from the numbers of the document.
    private static func row(_ it: Measure, _ members: JSONValue) throws -> [String] {
        let scale: Double = it.kind == .duration ? 1_000 : 1
        let name = ["median_seconds", "value", "per_day"][it.kind == .duration ? 0 : it.kind == .share ? 1 : 2]
        func estimate(_ side: String) throws -> Measure.Estimate {
            let part = try #require(members[side])
            let interval = part["interval"]?.arrayValue?.compactMap(\.doubleValue)
            return Measure.Estimate(
                value: part[name]?.doubleValue.map { $0 * scale }, low: interval?.first.map { $0 * scale },
                high: interval?.last.map { $0 * scale }, count: Int(part["n"]?.intValue ?? -1), hits: Int(part["hits"]?.intValue ?? 0))
        }
        let difference = members["difference"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        let verdict: Measure.Verdict =
            switch members["verdict"]?.stringValue {
            case "too_few": .tooFew
            case "no_detectable_change": .noChange
            default: .changed(low: (difference.first ?? 0) * scale, high: (difference.last ?? 0) * scale)
            }
        var read = it
        (read.now, read.before, read.verdict) = (try estimate("now"), try estimate("before"), verdict)
        return [
            MeasureWords.value(read.now.value, it.kind), MeasureWords.interval(read.now, it.kind), MeasureWords.size(read.now, it.kind),
            MeasureWords.value(read.before.value, it.kind), MeasureWords.size(read.before, it.kind), MeasureWords.verdict(read),
        ]
    }

    @Test(arguments: [AnalyticsFixture.file, AnalyticsFixture.empty])
    func `page and document say the same of every measure`(_ file: AnalyticsFile) throws {
        let frame = SiteFrame(title: "The shop", asOf: CaseFixture.asOf)
        let page = CanvasMarkup(try AnalyticsPage.render(file, frame: frame, templates: SiteFixture.templates))
        let document = APIDocuments.analytics(file, asOf: CaseFixture.asOf)
        let table = try #require(page.elements.firstIndex { $0.classes.contains("measures") })
        func isInTable(_ index: Int) -> Bool {
            page.elements[index].parent.map { $0 == table || isInTable($0) } ?? false
        }
        let cells = page.elements.indices.filter { page.elements[$0].name == "td" && isInTable($0) }.map { page.elements[$0].text }
        let expected = try (file.delivery.map { ($0, "dora") } + file.response.map { ($0, "time_to") }).flatMap { measure, group in
            try Self.row(measure, try #require(document[group]?[measure.key]))
        }
        #expect(cells.count == 9 * 6)
        #expect(cells == expected)
    }

    @Test func `the document says which days it compares`() {
        let document = APIDocuments.analytics(AnalyticsFixture.file, asOf: CaseFixture.asOf)
        #expect(document["now"] == ["from": "2026-02-18T00:00:00Z", "to": "2026-03-18T00:00:00Z"])
        #expect(document["before"]?["to"] == document["now"]?["from"])
    }

    @Test func `what is unknown is null and never nought`() {
        let dora = APIDocuments.analytics(AnalyticsFixture.empty, asOf: CaseFixture.asOf)["dora"]
        #expect(dora?["change_failure_rate"]?["now"] == ["n": 0, "hits": 0, "value": .null, "interval": .null])
    }

    @Test func `days count what was opened and what was resolved`() {
        let days = APIDocuments.analytics(AnalyticsFixture.file, asOf: CaseFixture.asOf)["days"]?.arrayValue ?? []
        #expect(days.compactMap { $0["opened"]?.intValue }.reduce(0, +) == 2)
        #expect(days.compactMap { $0["resolved"]?.intValue }.reduce(0, +) == 1)
    }
}
