import Model
import Signals
import Store

/// Reads the telemetry that one case is judged by from the store.
struct CaseEvidenceReading {
    let store: CaseStore
    let map: ServiceMap

    /// `quiet` is the time around it whose telemetry says what is usual.
    func telemetry(of range: ClosedRange<Instant>, quiet: ClosedRange<Instant>) throws -> CaseTelemetry {
        let around = min(range.lowerBound, quiet.lowerBound)...max(range.upperBound, quiet.upperBound)
        var telemetry = CaseTelemetry(map: map, window: range)
        telemetry.spans = try store.spans(from: around.lowerBound, to: around.upperBound)
        for service in map.services.sorted() {
            telemetry.tracks += try store.tracks(service: service, from: around.lowerBound, to: around.upperBound)
        }
        let minutes = around.lowerBound.minute..<around.upperBound.minute + 1
        for service in try store.logServices() {
            if let history = try store.logHistory(service: service, minutes: minutes) { telemetry.logs.append(history) }
        }
        telemetry.lines = try store.requestLines(around)
        return telemetry
    }
}
