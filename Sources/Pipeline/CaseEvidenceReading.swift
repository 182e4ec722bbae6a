import Model
import Signals
import Store

/// Reads the telemetry that one case is judged by from the store.
struct CaseEvidenceReading {
    let store: CaseStore
    let map: ServiceMap

    static let beforeMs: Int64 = 5 * .minuteMs
    static let afterMs: Int64 = 6 * .minuteMs
    /// How far back quiet times reach; less where spans are many.
    static let quietMs: [Int64] = [60 * .minuteMs, 20 * .minuteMs, 5 * .minuteMs]
    static let mostSpans = 100_000

    /// What the telemetry around the onset of a case says, compared with the hour before.
    func readings(around moment: CaseMoment) throws -> [CauseReading] {
        let from = moment.onset - Self.beforeMs
        let range = from...max(moment.onset + Int64.minuteMs, min(moment.lastSignalAt + 2 * Int64.minuteMs, moment.onset + Self.afterMs))
        for quietMs in Self.quietMs {
            let quiet = (from - quietMs)...range.upperBound
            if try store.spanCount(from: quiet.lowerBound, to: quiet.upperBound) > Self.mostSpans, quietMs != Self.quietMs.last { continue }
            return CauseReadings.read(try telemetry(of: range, quiet: quiet), hint: moment.onset)
        }
        return []
    }

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
