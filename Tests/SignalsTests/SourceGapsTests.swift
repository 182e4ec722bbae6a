import Model
import Testing

@testable import Signals

@Suite struct SourceGapsTests {
    private static let minute = Int64.minuteMs
    private func track(_ minutes: [Int64], service: String = "db") -> MetricTrack {
        MetricTrack(
            key: MetricKey(service: service, metric: "connections"), points: minutes.map { MetricPoint(timeMs: $0 * Self.minute, value: 1) }
        )
    }
    private func rate(_ service: String, _ minutes: [Int64]) -> LogRate {
        LogRate(service: service, minutes: minutes, errors: minutes.map { _ in 0 }, all: minutes.map { _ in 10 })
    }
    private func minutes(_ gaps: [SourceGap]) -> [[Int64]] { gaps.map { [$0.from.ms / Self.minute, $0.to.ms / Self.minute] } }

    @Test func `a pause of many steps in a series is a gap`() {
        let gaps = SourceGaps.found(tracks: [track(Array(0...20) + Array(30...40))], logRates: [])
        #expect(minutes(gaps) == [[20, 30]])
        #expect(gaps.map(\.service) == ["db"] && gaps.map(\.source) == [.metrics])
    }
    @Test func `a series that ends before the others is silent from there`() {
        #expect(
            minutes(SourceGaps.found(tracks: [track(Array(0...20)), track(Array(0...40), service: "web")], logRates: [])) == [[20, 40]])
    }
    @Test func `a steady series has no gap, however wide its step`() {
        #expect(SourceGaps.found(tracks: [track((0..<20).map { $0 * 10 })], logRates: []).isEmpty)
    }
    @Test func `too few points say nothing`() {
        #expect(SourceGaps.found(tracks: [track([0, 1, 2, 60])], logRates: [rate("a", [0, 1, 50])]).isEmpty)
    }
    @Test func `a service that logs every minute and stops has a gap`() {
        let gaps = SourceGaps.found(tracks: [], logRates: [rate("a", Array(0...20) + Array(31...40)), rate("b", Array(0...40))])
        #expect(minutes(gaps) == [[21, 31]])
        #expect(gaps.map(\.service) == ["a"])
    }
    @Test func `a service that logs now and then has none`() {
        let sparse = (0..<20).map { Int64($0 * $0) }
        #expect(SourceGaps.found(tracks: [], logRates: [rate("a", sparse), rate("b", Array(0...361))]).isEmpty)
    }
    @Test func `when the logs of all are silent it is told once`() {
        let pause: [Int64] = Array(0...20) + Array(41...60)
        let gaps = SourceGaps.found(tracks: [], logRates: [rate("a", pause), rate("b", pause)])
        #expect(minutes(gaps) == [[21, 41]])
        #expect(gaps.map(\.service) == [nil])
    }
}
