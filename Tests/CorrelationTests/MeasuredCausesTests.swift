import Model
import Testing

@testable import Correlation

@Suite struct MeasuredCausesTests {
    private func said(_ service: String, _ channel: CauseChannel, _ value: Double, isHearsay: Bool = false) -> ChannelEvidence {
        ChannelEvidence(service: service, channel: channel, value: value, why: "said", isHearsay: isHearsay)
    }
    private func ranked(_ evidence: [ChannelEvidence], silent: Set<String> = [], _ edges: [(String, String)]) -> [String] {
        let map = ServiceMap(edges: edges.map { (caller: $0.0, callee: $0.1, calls: 1) })
        let reading = CauseReading(at: Instant(ms: 0), weight: 1, evidence: evidence, hasSpans: true, silent: silent)
        return MeasuredCauses([reading], map: map).causes.sorted { ($1.value.score, $0.key) < ($0.value.score, $1.key) }.map(\.key)
    }

    @Test func `errors of a caller are discounted by those of its callee`() {
        #expect(ranked([said("front", .errors, 0.8), said("back", .errors, 0.7)], [("front", "back")]).first == "back")
        #expect(ranked([said("front", .errors, 0.8), said("back", .errors, 0.7)], [("back", "front")]).first == "front")
    }

    @Test func `what is only heard of a callee explains nothing`() {
        let heard = [said("front", .structure, 0.8), said("back", .structure, 0.5, isHearsay: true)]
        #expect(ranked(heard, [("front", "back")]).first == "front")
    }

    @Test func `one proof counts more than five hints`() {
        let hints = [CauseChannel.saturation, .symptom, .dependency, .errors, .pattern].map { said("hinted", $0, 0.3) }
        #expect(ranked(hints + [said("proven", .time, 0.8)], []).first == "proven")
    }

    @Test func `a silent service is what its struck callers have in common`() {
        let struck = [said("a", .time, 0.8), said("b", .time, 0.8)]
        #expect(ranked(struck, silent: ["store"], [("a", "store"), ("b", "store")]).first == "store")
        #expect(ranked(struck, silent: ["store"], [("a", "store"), ("c", "store"), ("d", "store")]).first != "store")
    }

    @Test func `scores stay between 0 and 1`() {
        let reading = CauseReading(
            at: Instant(ms: 0), weight: .infinity, evidence: [said("a", .time, .infinity), said("b", .errors, -.infinity)])
        for cause in MeasuredCauses([reading], map: ServiceMap()).causes.values { #expect((0...1).contains(Scores.bounded(cause.score))) }
    }
}
