import Model

/// Where a source that usually speaks said nothing, so that a drawing hatches it and nobody reads calm into it.
package enum SourceGaps {
    /// A gap is this many times the usual step between two points (the median).
    private static let metricSteps: Int64 = 5
    private static let shortestMetricGapMs = 3 * Int64.minuteMs
    /// For logs the usual pause is the 95th percentile, since lines come in bursts.
    private static let logSteps: Int64 = 5
    private static let shortestLogGapMinutes: Int64 = 5
    private static let fewestPoints = 8

    /// The gaps of each series and of the logs of each service; one in which the logs of all services are silent is told once,
    /// without a service. In order of time.
    package static func found(tracks: [MetricTrack], logRates: [LogRate]) -> [SourceGap] {
        let newest = tracks.flatMap(\.points).map(\.timeMs).max() ?? .min
        var gaps = tracks.flatMap { metricGaps($0, newest: newest) }

        let spoken = logRates.map { rate in (rate.service, Set(zip(rate.minutes, rate.all).filter { $1 > 0 }.map(\.0)).sorted()) }
        let all = Set(spoken.flatMap(\.1)).sorted()
        let common = spoken.filter { !$0.1.isEmpty }.count > 1 ? logGaps(nil, all, newest: all.last) : []
        gaps += common
        for (service, minutes) in spoken {
            gaps += logGaps(service, minutes, newest: all.last).filter { gap in
                !common.contains { $0.from <= gap.from + .minuteMs && $0.to >= gap.to - .minuteMs }
            }
        }
        return gaps.sorted {
            ($0.from.ms, $0.source?.rawValue ?? "", $0.service ?? "") < ($1.from.ms, $1.source?.rawValue ?? "", $1.service ?? "")
        }
    }

    private static func metricGaps(_ track: MetricTrack, newest: Int64) -> [SourceGap] {
        let times = track.points.map(\.timeMs).sorted()
        guard times.count >= fewestPoints else { return [] }
        let steps = zip(times.dropFirst(), times).map { $0 &- $1 }
        let usual = steps.sorted()[steps.count / 2]
        let least = max(shortestMetricGapMs, usual.multipliedReportingOverflow(by: metricSteps).partialValue)
        return spans(times, newest: newest, least: least).map {
            SourceGap(origin: "", source: .metrics, service: track.key.service, from: Instant(ms: $0.0), to: Instant(ms: $0.1))
        }
    }
    private static func logGaps(_ service: String?, _ minutes: [Int64], newest: Int64?) -> [SourceGap] {
        guard minutes.count >= fewestPoints, let newest else { return [] }
        let steps = zip(minutes.dropFirst(), minutes).map { $0 &- $1 }.sorted()
        let usual = steps[min(steps.count - 1, steps.count * 95 / 100)]
        return spans(minutes, newest: newest, least: max(shortestLogGapMinutes, usual &* logSteps)).map {
            SourceGap(
                origin: "", source: .logs, service: service, from: Instant(ms: ($0.0 + 1) * .minuteMs), to: Instant(ms: $0.1 * .minuteMs))
        }
    }
    /// Pauses longer than `least`, between two times or from the last to the newest of all.
    private static func spans(_ times: [Int64], newest: Int64, least: Int64) -> [(Int64, Int64)] {
        var out: [(Int64, Int64)] = []
        for (next, last) in zip(times.dropFirst() + [max(newest, times.last ?? newest)], times) where next &- last > least {
            out.append((last, next))
        }
        return out
    }
}
