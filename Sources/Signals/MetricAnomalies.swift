import Model

/// How anomalous one point is. `score` 0…1: 0.5 is notable, from 0.75 on a signal; repeats of what was just reported are held back.
package struct MetricScore: Hashable, Sendable {
    package var time: Instant
    package var value: Double
    package var score: Double
    /// The way of looking that found it (`value`, `level`, `day`, …); empty at score 0.
    package var reason: String
    /// +1 above what is known, -1 below, 0 for neither.
    package var side: Double
    package init(time: Instant, value: Double, score: Double, reason: String, side: Double) {
        self.time = time
        self.value = value
        self.score = score
        self.reason = reason
        self.side = side
    }
}

/// Anomalies of one metric series.
package enum MetricAnomalies {
    /// A score for each point, in the order given; 0 for one that is not finite or not the largest of its moment. The score of
    /// a point depends on earlier points only.
    package static func scores(_ track: MetricTrack) -> [MetricScore] {
        let isCounter = MetricRows.isCounter(track, sample: track.points.prefix(32))
        let rows = MetricRows(track.points, isCounter: isCounter, thinned: false)
        var detector = MetricDetector()
        var hold = 0.0
        var rowsSincePeak = Int.max / 2
        var scored: [(score: Double, view: MetricDetector.View, side: Double, isTaken: Bool)] = []
        scored.reserveCapacity(rows.times.count)
        for index in rows.times.indices {
            let row = detector.take(rows.values[index], at: rows.times[index])
            let held = rowsSincePeak < holdRows ? hold : 0
            if row.score >= held, row.score > 0 {
                hold = row.score
                rowsSincePeak = 0
            } else {
                rowsSincePeak += 1
            }
            let alarm = max(0, row.score - held)
            scored.append((alarm / (alarm + 0.3), row.view, row.side, false))
        }
        // Points mostly come in order of time: the row of one is the next after the row before.
        var next = 0
        return track.points.map { point in
            let index = next < rows.times.count && rows.times[next] == point.timeMs ? next : rows.index(of: point.timeMs)
            guard let index, !scored[index].isTaken else {
                return MetricScore(time: Instant(ms: point.timeMs), value: point.value, score: 0, reason: "", side: 0)
            }
            scored[index].isTaken = true
            next = index + 1
            let (score, view, side, _) = scored[index]
            return MetricScore(
                time: Instant(ms: point.timeMs), value: rows.values[index], score: score, reason: score > 0 ? view.name : "",
                side: score > 0 ? side : 0)
        }
    }
    private static let holdRows = 100

    /// The points of the series in a range of time (epoch ms): what it was at the same time on earlier days.
    package typealias Past = (_ range: Range<Int64>) throws -> [MetricPoint]

    /// Days after a touched one whose signals may change with it.
    package static let reachDays = Season.reachDays + 1

    /// Events whose onset lies in `onsets` (epoch ms), sorted by time: one for each excursion that this time of day or week does
    /// not bring anyway. An event depends on the points from two days before the day of its onset to 6 h after that day, on those
    /// of the same time up to fourteen days before (`past`), and on nothing else.
    package static func derive(_ track: MetricTrack, onsets: Range<Int64>, origin: String, past: Past) rethrows -> [Event] {
        guard let firstTime = track.points.map(\.timeMs).min(), let lastTime = track.points.map(\.timeMs).max(), !onsets.isEmpty,
            Instant.representable.contains(Instant(ms: firstTime)), Instant.representable.contains(Instant(ms: lastTime))
        else { return [] }
        let points = track.points.sorted { ($0.timeMs, $0.value) < ($1.timeMs, $1.value) }
        let firstDay = max(onsets.lowerBound, firstTime).floorDivided(by: .dayMs)
        let lastDay = min(onsets.upperBound - 1, lastTime).floorDivided(by: .dayMs)
        var events: [Event] = []
        var day = firstDay
        while day <= lastDay {
            let span = points[lowerBound(points, (day - 2) * .dayMs)..<lowerBound(points, (day + 1) * .dayMs + 6 * .hourMs)]
            let own = day * .dayMs..<(day + 1) * .dayMs
            if span.last.map({ $0.timeMs >= own.lowerBound }) ?? false {
                let isCounter = MetricRows.isCounter(track, sample: span)
                let rows = MetricRows(span, isCounter: isCounter)
                for excursion in MetricExcursions(rows: rows).found(in: own) where onsets.contains(excursion.onset) {
                    let season = try Season.of(knownDays: Season.reachDays) { days in
                        let window = excursion.window(daysBack: days)
                        return excursion.isLike(MetricRows(try past(window), isCounter: isCounter))
                    }
                    if season == nil { events.append(excursion.event(of: track, origin: origin)) }
                }
            }
            day += 1
        }
        return events.sorted { ($0.occurredAt.ms, $0.fingerprint) < ($1.occurredAt.ms, $1.fingerprint) }
    }

    private static func lowerBound(_ points: [MetricPoint], _ time: Int64) -> Int { points.partitionPoint { $0.timeMs < time } }
}
