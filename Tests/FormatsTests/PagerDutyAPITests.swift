import Model
import Testing

@testable import Formats

private let document = DocumentOrigin(origin: "pagerduty", path: "incidents", fallbackTime: Instant(ms: 0))
private func incidents(_ text: String) -> [PagerDutyAPIReader.Incident] {
    Array(text.utf8).withUnsafeBytes { PagerDutyAPIReader.incidents($0, from: document).incidents }
}

@Suite struct PagerDutyAPITests {
    @Test(arguments: [
        "", "[]", "null", #"{"incidents":{}}"#,
        #"{"incidents":[1,null,[],{},{"id":"A"},{"id":[],"created_at":"2026-01-01T00:00:00Z"},{"id":"A","created_at":"never"}]}"#,
    ])
    func `what is no incident with an id and a beginning is left out`(text: String) { #expect(incidents(text).isEmpty) }

    @Test func `members of the wrong kind are as good as absent`() {
        let text =
            #"{"incidents":[{"id":"A","created_at":"2026-01-01T00:00:00Z","status":7,"urgency":[],"priority":"P1","service":"x","assignments":{},"incident_number":"x"}],"more":"yes"}"#
        let event = incidents(text).first?.event
        #expect(event?.severity == .high && event?.service == nil && event?.title == "PagerDuty incident A")
    }

    @Test func `an incident that was resolved before it began ended when it began`() {
        let text =
            #"{"incidents":[{"id":"A","created_at":"2026-01-01T12:00:00Z","status":"resolved","resolved_at":"2026-01-01T11:00:00Z"}]}"#
        #expect(incidents(text).first?.event.endedAt == Instant(ms: 1_767_268_800_000))
    }

    @Test(arguments: [("triggered", "12:00:00", true), ("triggered", "12:31:00", false), ("acknowledged", "12:00:00", false)])
    func `an incident that somebody answered is told from one that nobody did`(status: String, changed: String, isUntouched: Bool) {
        let text =
            #"{"incidents":[{"id":"A","created_at":"2026-01-01T12:00:00Z","status":"\#(status)","last_status_change_at":"2026-01-01T\#(changed)Z"}]}"#
        #expect(incidents(text).map(\.isUntouched) == [isUntouched])
    }

    @Test func `log entries of the wrong kind add nothing`() throws {
        let incident = try #require(incidents(#"{"incidents":[{"id":"A","created_at":"2026-01-01T12:00:00Z","status":"resolved"}]}"#).first)
        let log = Array(#"{"log_entries":[1,{"type":"acknowledge_log_entry"},{"type":7,"created_at":"2026-01-01T12:00:00Z"}]}"#.utf8)
        #expect(log.withUnsafeBytes { PagerDutyAPIReader.complete(incident, withLogEntries: $0) } == incident)
    }
}
