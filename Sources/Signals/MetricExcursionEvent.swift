import Model

extension MetricExcursions.Excursion {
    /// Where its like may be so many days before: the same minutes and half an hour about them, at most six hours.
    func window(daysBack: Int64) -> Range<Int64> {
        let slack = Season.slackMinutes * .minuteMs
        let until = min(max(last, onset), onset + MetricExcursions.longestMs)
        return onset - slack - daysBack * .dayMs..<until + slack - daysBack * .dayMs + 1
    }

    /// True when half as many rows of an earlier day went half as far, as to the peak and as to the typical row out.
    func isLike(_ earlier: MetricRows) -> Bool {
        if shape == .flat {
            let same = earlier.values.count { $0 == peak }
            return same * 2 >= earlier.values.count && same >= 3
        }
        return [far, near].allSatisfy { mark in
            let beyond = earlier.values.count { isUp ? $0 >= mark.value : $0 <= mark.value }
            return beyond > 0 && beyond * 2 >= mark.rows
        }
    }

    func event(of track: MetricTrack, origin: String) -> Event {
        let metric = track.key.metric
        let unit = MetricUnit(track)
        let direction = MetricDirection(metric: metric)
        let isHarmless = !isFlat && shape != .scatter && (direction == .upIsBad && !isUp || direction == .downIsBad && isUp)
        var strength = isFlat ? 0.35 : 0.3 + 0.7 * (1 - 1 / (1 + max(0, sigmas - 4) / 8))
        if rows == 1 { strength *= 0.5 } else if rows == 2 { strength *= 0.75 }
        if isHarmless { strength *= 0.4 }
        if direction == .unknown { strength *= 0.8 }
        let severity: Severity = isHarmless ? .info : strength >= 0.75 && direction != .unknown ? .high : strength >= 0.45 ? .medium : .low
        let verb =
            switch shape {
            case .flat: "stands still at"
            case .scatter: isUp ? "scatters up to" : "scatters down to"
            case .spike, .shift: isUp ? "rose to" : "fell to"
            }
        let place = track.key.instance.isEmpty ? "" : " on \(track.key.instance)"
        let reason = "\(unit.text(peak)), usually \(unit.range(usualLow, usualHigh)): \(shapeWords)"
        var attributes: [String: JSONValue] = [
            EventAttribute.strength: .double((strength * 1_000).rounded() / 1_000), EventAttribute.metric: .string(metric),
            EventAttribute.peak: .double(peak), EventAttribute.usualLow: .double(usualLow), EventAttribute.usualHigh: .double(usualHigh),
            EventAttribute.direction: .string(isUp ? "up" : "down"), EventAttribute.reason: .string(reason),
            EventAttribute.count: .int(Int64(rows)), "shape": .string(shape.rawValue),
        ]
        if !track.key.instance.isEmpty { attributes[EventAttribute.instance] = .string(track.key.instance) }
        if let end { attributes[EventAttribute.endedAt] = .int(end) }
        return Event(
            source: .metrics, type: .metricAnomaly, subject: "\(metric)|\(track.key.instance)|\(onset)", at: Instant(ms: onset),
            role: isHarmless ? .context : .signal, severity: severity,
            title: "\(metric) \(verb) \(unit.text(peak))\(place)".clipped(to: Limits.titleCharacters),
            service: track.key.service.isEmpty ? nil : track.key.service,
            attributes: attributes, origin: origin)
    }

    /// `a spike of 3 min`, `a new level for 40 min`, `a new level that lasts`, `beyond it on both sides by turns for 20 min`
    private var shapeWords: String {
        let length = readableDuration(ms: max((end ?? last) - onset, 1_000))
        return switch shape {
        case .spike: rows == 1 ? "a spike of one value" : "a spike of \(length)"
        case .shift: end == nil ? "a new level that lasts" : "a new level for \(length)"
        case .scatter: "beyond it on both sides by turns for \(length)"
        case .flat: end == nil ? "it has not moved since" : "it did not move for \(length)"
        }
    }
}

/// The unit of a series, as people write it behind a number.
struct MetricUnit {
    private let suffix: String
    private let scale: Double

    init(_ track: MetricTrack) {
        let words = MetricDirection.words(of: track.key.metric)
        let unit = track.unit.isEmpty ? words.last(where: { $0 != "total" }) ?? "" : track.unit.lowercased()
        switch unit {
        case "%", "percent", "pct": (suffix, scale) = (" %", 1)
        case "ratio": (suffix, scale) = (" %", 100)
        case "s", "seconds", "second": (suffix, scale) = (" s", 1)
        case "ms", "milliseconds", "millis": (suffix, scale) = (" ms", 1)
        case "us", "µs", "microseconds": (suffix, scale) = (" µs", 1)
        case "bytes", "byte": (suffix, scale) = (" MB", 1e-6)
        default: (suffix, scale) = (track.unit.isEmpty ? "" : " " + track.unit.clipped(to: 16), 1)
        }
    }
    func text(_ value: Double) -> String { SignalNumber.text(value * scale, digits: 2) + suffix }
    func range(_ low: Double, _ high: Double) -> String {
        let from = SignalNumber.text(low * scale, digits: 2)
        let to = SignalNumber.text(high * scale, digits: 2)
        return from == to ? from + suffix : "\(from) to \(to)\(suffix)"
    }
}
