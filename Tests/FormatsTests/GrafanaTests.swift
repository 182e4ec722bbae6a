import Model
import Testing

@testable import Formats

private func annotations(_ text: String) -> Reading {
    let document = DocumentOrigin(origin: "grafana", path: "annotations", fallbackTime: Instant(ms: 0))
    return Array(text.utf8).withUnsafeBytes { GrafanaReader.annotations($0, page: "https://x.example", from: document) }
}

@Suite struct GrafanaTests {
    @Test(arguments: [("config", "config_change"), ("flag", "config_change"), ("Release", "deployment"), ("lunch", "note")])
    func `the kind of a mark is told by its tags`(tag: String, type: String) {
        let reading = annotations(#"[{"id":1,"time":1767268800000,"text":"x","tags":["\#(tag)"]}]"#)
        #expect(reading.events.map(\.type.rawValue) == [type])
    }

    @Test func `a mark without words has its first tag as title`() {
        #expect(annotations(#"[{"id":1,"time":1767268800000,"text":"","tags":["deploy"]}]"#).events.map(\.title) == ["deploy"])
    }

    @Test func `markup in a mark is text`() {
        let event = annotations(#"[{"id":1,"time":1767268800000,"text":"<script>alert(1)</script><b>x</b>"}]"#).events.first
        #expect(event?.title == "x" && event?.body.isEmpty == true)
    }

    @Test(arguments: [
        #"[{"id":1}]"#, #"[{"id":1,"time":1e300}]"#, #"[{"id":1,"time":9223372036854775807}]"#, #"[7]"#, "[",
    ])
    func `what is no mark is refused with a reason`(text: String) {
        let reading = annotations(text)
        #expect(reading.events.isEmpty && reading.rejections.count == 1)
    }

    @Test func `states of alerts without an id are told apart by what they say`() {
        let states = ["a", "b", "a"].map {
            #"{"time":1767268800000,"alertName":"Down","newState":"Alerting","text":"Down {instance=\#($0)}"}"#
        }
        let events = annotations("[\(states.joined(separator: ","))]").events
        #expect(events.count == 3 && Set(events.map(\.fingerprint)).count == 2)
    }

    @Test(arguments: ["HighErrors {", "HighErrors }{", "{=,==,a=}", "{{{}}}", ""])
    func `labels that cannot be read say nothing`(text: String) {
        let event = annotations(#"[{"id":1,"time":1767268800000,"text":"\#(text)","newState":"Alerting","tags":7}]"#).events.first
        #expect(event?.role == .context && event?.service == nil)
    }
}
