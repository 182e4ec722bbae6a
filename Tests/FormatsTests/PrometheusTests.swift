import Model
import Testing

@testable import Formats

private let document = DocumentOrigin(origin: "prom", path: "error_rate", service: "shop", fallbackTime: Instant(ms: 0))

private func matrix(_ series: String, more: String = "") -> [UInt8] {
    Array(#"{"status":"success","data":{"resultType":"matrix","result":[\#(series)]}\#(more)}"#.utf8)
}
private func metrics(_ bytes: [UInt8]) -> Reading { bytes.withUnsafeBytes { PrometheusReader.metrics($0, from: document) } }
private func alerts(_ bytes: [UInt8], rules: String = "", last: Int64 = 180_000) -> [Event] {
    bytes.withUnsafeBytes {
        PrometheusReader.alerts($0, rules: Array(rules.utf8), lastStepMs: last, stepMs: 60_000, from: document)
    }.events
}

@Suite struct PrometheusTests {
    @Test func `a series is its service, its instance and the rest`() {
        let reading = metrics(
            matrix(
                #"{"metric":{"__name__":"http_requests_total","job":"cart","instance":"c-1","code":"500"},"values":[[60,"1"],[120.5,"2.5"]]}"#
            ))
        #expect(
            reading.metrics == [
                MetricTrack(
                    key: MetricKey(service: "cart", instance: "c-1", metric: #"http_requests_total{code="500"}"#), kind: .counter,
                    points: [MetricPoint(timeMs: 60_000, value: 1), MetricPoint(timeMs: 120_500, value: 2.5)])
            ])
    }

    @Test func `an aggregate has the name of its query and the service of the source`() {
        let reading = metrics(matrix(#"{"metric":{},"values":[[60,"0.5"]]}"#))
        #expect(reading.metrics.map(\.key) == [MetricKey(service: "shop", metric: "error_rate")])
        #expect(reading.metrics.map(\.kind) == [.unknown])
    }

    @Test func `values that are not finite are skipped`() {
        let reading = metrics(matrix(#"{"metric":{},"values":[[60,"NaN"],[120,"+Inf"],[180,"3"]]}"#))
        #expect(reading.metrics.flatMap(\.points).map(\.value) == [3])
    }

    @Test func `what the server warns of is a rejection`() {
        let reading = metrics(matrix("", more: #","warnings":["remote read failed"]"#))
        #expect(reading.rejections.map(\.reason) == ["the server warns: remote read failed"])
    }

    @Test func `too many series are cut, and that is said`() {
        let series = (0...PrometheusReader.seriesPerAnswer).map { #"{"metric":{"pod":"\#($0)"},"values":[[60,"1"]]}"# }.joined(
            separator: ",")
        let reading = metrics(matrix(series))
        #expect(reading.metrics.count == PrometheusReader.seriesPerAnswer)
        #expect(reading.rejections.count == 1)
    }

    @Test(
        arguments: [
            (#"{"status":"success","data":{}}"#, nil), (#"{"status":"error","data":{}}"#, "the status is `error`"),
            ("[]", "it is JSON of another kind"), (#"{"status":"success","da"#, "the answer is not JSON"),
            ("<html>", "the answer is not JSON"),
            ("", "the answer is not JSON"),
        ] as [(String, String?)])
    func `half an answer and a foreign one are told from a whole one`(text: String, fault: String?) {
        let found = Array(text.utf8).withUnsafeBytes { PrometheusReader.fault($0) }
        #expect(fault.map { found?.hasPrefix($0) == true } ?? (found == nil), "\(found ?? "")")
    }

    @Test func `an alert begins when it became active and ends after its last point`() throws {
        let event = try #require(
            alerts(matrix(#"{"metric":{"alertname":"Down","service":"cart","severity":"critical"},"values":[[60,"30"],[120,"30"]]}"#)).first
        )
        #expect(event.occurredAt == Instant(ms: 30_000))
        #expect(event.attributes[EventAttribute.endedAt] == .int(180_000))
        #expect(event.severity == .critical)
        #expect(event.service == "cart")
    }

    @Test func `one that still has a point at the last step goes on`() throws {
        let event = try #require(alerts(matrix(#"{"metric":{"alertname":"Down"},"values":[[120,"30"],[180,"30"]]}"#)).first)
        #expect(event.attributes[EventAttribute.endedAt] == nil)
        #expect(event.attributes[EventAttribute.status] == "firing")
    }

    @Test func `an alert that fired twice is two`() {
        #expect(
            alerts(matrix(#"{"metric":{"alertname":"Down"},"values":[[60,"30"],[120,"90"]]}"#)).map(\.occurredAt.ms) == [30_000, 90_000])
    }

    @Test func `its words are those of its rule, with its labels in place`() throws {
        let rules =
            #"{"status":"success","data":{"groups":[{"rules":[{"type":"alerting","name":"Down","annotations":{"summary":"{{ $labels.service }} is down: {{ $value }}"}}]}]}}"#
        let event = try #require(
            alerts(matrix(#"{"metric":{"alertname":"Down","service":"cart"},"values":[[60,"30"]]}"#), rules: rules).first)
        #expect(event.title == "cart is down: …")
    }

    @Test func `the same alert in two windows is one fact`() {
        let early = alerts(matrix(#"{"metric":{"alertname":"Down"},"values":[[60,"30"]]}"#), last: 60_000)
        let late = alerts(matrix(#"{"metric":{"alertname":"Down"},"values":[[60,"30"],[120,"30"]]}"#))
        #expect(early.map(\.fingerprint) == late.map(\.fingerprint))
    }

    @Test func `no cut and no change of a byte makes it trap`() {
        let whole = matrix(#"{"metric":{"__name__":"x_total","job":"a"},"values":[[60,"1"],[120,"2"]]}"#, more: #","warnings":["w"]"#)
        for cut in whole.indices {
            var changed = whole
            changed[cut] = 0x7B
            for bytes in [Array(whole[..<cut]), changed] {
                #expect(metrics(bytes).metrics.count <= 1)
                #expect(alerts(bytes).count <= 2)
            }
        }
    }
}
