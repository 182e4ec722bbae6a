import Model

/// Medians by week with their intervals as a band: how a duration moves, and how little is known of it.
struct MedianChart {
    struct Point: Hashable {
        var tick: String
        var interval: MedianInterval?
    }
    var points: [Point]
    var label: String

    var html: SafeHTML {
        let height = 150.0
        let (top, ground) = (18.0, 128.0)
        var svg = SVGBuilder()
        let tops = points.compactMap(\.interval).map { Double($0.high ?? $0.median) }
        let most = Self.niceMs(tops.max() ?? 1)
        func y(_ ms: Int64) -> Double { ground - min(1, Double(max(0, ms)) / most) * (ground - top) }
        func x(_ index: Int) -> Double { (Double(index) + 0.5) / Double(max(1, points.count)) * TimeAxis.nominalWidth }
        svg.beginChart(height: height, label: label)
        svg.beginStretched(height: height)
        svg.rules([y(Int64(most * 0.5)), y(Int64(most))])
        // A band from each interval to the next; where n is too small there is none.
        var band = SVGPath()
        var line = SVGPath()
        for index in points.indices {
            guard let here = points[index].interval else { continue }
            if index + 1 < points.count, let next = points[index + 1].interval {
                line.move(x(index), y(here.median))
                line.line(x(index + 1), y(next.median))
                if let low = here.low, let high = here.high, let nextLow = next.low, let nextHigh = next.high {
                    band.move(x(index), y(high))
                    band.line(x(index + 1), y(nextHigh))
                    band.line(x(index + 1), y(nextLow))
                    band.line(x(index), y(low))
                }
            }
            if let low = here.low, let high = here.high {
                line.move(x(index), y(low))
                line.line(x(index), y(high))
            }
        }
        svg.path(band, ["class": .literal("band")])
        svg.path(line, ["class": .literal("spark")])
        svg.rules([ground + 0.5], kind: "ticks")
        svg.end()
        for share in [0.5, 1.0] {
            svg.text(
                PageWords.duration(ms: Int64(most * share)),
                ["class": .literal("lab"), "x": .literal("0"), "y": .number(y(Int64(most * share)) - 3)])
        }
        for (index, point) in points.enumerated() {
            let percent = x(index) / TimeAxis.nominalWidth * 100
            if !point.tick.isEmpty {
                svg.text(
                    point.tick,
                    ["class": .literal("lab"), "x": .percent(percent), "y": .number(ground + 14), "text-anchor": .literal("middle")])
            }
            guard let interval = point.interval else { continue }
            svg.element(
                "circle", ["class": .literal("dot"), "cx": .percent(percent), "cy": .number(y(interval.median)), "r": .number(2.5)])
            if index == points.indices.last(where: { points[$0].interval != nil }) {
                svg.text(
                    PageWords.duration(ms: interval.median),
                    [
                        "class": .literal("pk"), "x": .percent(percent), "y": .number(y(interval.median) - 6),
                        "text-anchor": .literal(percent > 90 ? "end" : "middle"),
                    ])
            }
        }
        svg.end()
        return svg.html
    }

    /// A round span at least as long.
    static func niceMs(_ value: Double) -> Double {
        let steps: [Double] = [1, 2, 5, 10, 20, 30, 60, 120, 240, 480, 720, 1_440, 2_880, 7_200, 14_400, 43_200, 144_000, 525_600]
        return (steps.first { $0 * 60_000 >= value } ?? max(1, value / 60_000)) * 60_000
    }
}
