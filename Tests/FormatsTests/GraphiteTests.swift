import Model
import Testing

@testable import Formats

private let document = DocumentOrigin(origin: "graphite", path: "error_rate", fallbackTime: Instant(ms: 0))
private func metrics(_ text: String, from document: DocumentOrigin = document) -> Reading {
    Array(text.utf8).withUnsafeBytes { GraphiteReader.metrics($0, from: document) }
}
private func events(_ text: String) -> Reading { Array(text.utf8).withUnsafeBytes { GraphiteReader.events($0, from: document) } }

/// The payloads are those of <https://graphite.readthedocs.io/en/latest/render_api.html#json> and
/// <https://graphite.readthedocs.io/en/latest/events.html>.
@Suite struct GraphiteTests {
    @Test func `the name of a series is its service, and where nothing was measured there is no point`() {
        let reading = metrics(#"[{"target":"entries","datapoints":[[1.0,1311836008],[2,1311836009],[null,1311836012]]}]"#)
        #expect(
            reading.metrics == [
                MetricTrack(
                    key: MetricKey(service: "entries", metric: "error_rate"),
                    points: [MetricPoint(timeMs: 1_311_836_008_000, value: 1), MetricPoint(timeMs: 1_311_836_009_000, value: 2)])
            ])
    }

    @Test func `of a tagged series the tags say whose it is`() {
        let reading = metrics(
            #"[{"target":"errors;dc=eu;service=cart","tags":{"name":"errors","service":"cart","dc":"eu","aggregatedBy":"sum"},"datapoints":[[1,60]]}]"#
        )
        #expect(reading.metrics.map(\.key) == [MetricKey(service: "cart", metric: #"error_rate{dc="eu"}"#)])
    }

    @Test func `the name of a series is the instance when the service is known`() {
        var own = document
        own.service = "cart"
        let reading = metrics(#"[{"target":"web-1","tags":{"name":"web-1"},"datapoints":[[1,60]]}]"#, from: own)
        #expect(reading.metrics.map(\.key) == [MetricKey(service: "cart", instance: "web-1", metric: "error_rate")])
    }

    @Test func `more series than are kept are refused with a remedy`() {
        let series = (0...GraphiteReader.seriesPerAnswer).map { #"{"target":"s\#($0)","datapoints":[[1,60]]}"# }
        let reading = metrics("[" + series.joined(separator: ",") + "]")
        #expect(reading.metrics.count == GraphiteReader.seriesPerAnswer)
        #expect(reading.rejections.first?.reason.contains("aggregate them") == true)
    }

    @Test(arguments: [
        "", "[", "{}", "null", #"[{"target":1,"datapoints":{}}]"#, #"[[1,2]]"#, #"[{"target":"x","datapoints":[1,[],[2],["a","b"]]}]"#,
        #"[{"target":"x","datapoints":[[1,1e300]]}]"#,
    ])
    func `what is no answer gives no point`(text: String) { #expect(metrics(text).metrics.isEmpty) }

    @Test func `an event that speaks of a deployment is one`() throws {
        let reading = events(
            #"[{"when":1392046352,"tags":["deploy"],"data":"deploy of master branch happened at Wed Jul 6 22:34:41 UTC 2016","id":1,"what":"Event - deploy"}]"#
        )
        let event = try #require(reading.events.first)
        #expect(event.type == .deployment && event.role == .change && event.title == "Event - deploy")
        #expect(event.occurredAt == Instant(ms: 1_392_046_352_000) && event.body.hasPrefix("deploy of master") && event.tags == ["deploy"])
    }

    @Test func `any other event is a change of configuration`() {
        let reading = events(#"[{"when":1392046352,"tags":"cache ttl","data":"","id":2,"what":"Raise the time to live"}]"#)
        #expect(reading.events.map(\.type) == [.configChange] && reading.events.first?.tags == ["cache", "ttl"])
    }

    @Test(arguments: [#"{"service":"cart","version":"4.18.0"}"#, #""{\"service\":\"cart\",\"version\":\"4.18.0\"}""#])
    func `data that is an object says what was deployed`(data: String) throws {
        let event = try #require(events(#"[{"when":60,"tags":[],"data":\#(data),"id":3,"what":"Deploy"}]"#).events.first)
        #expect(event.service == "cart" && event.text("version") == "4.18.0")
    }

    @Test func `an event without a time is refused`() {
        let reading = events(#"[{"tags":[],"what":"Deploy"}]"#)
        #expect(reading.events.isEmpty && reading.rejections.count == 1)
    }
}
