import Model

/// One metric around the case: its line over its usual range, the moment of the change and of the signal.
enum MetricChart {
    static let width = 384.0
    static let height = 118.0

    /// `label` says the same in words. `usualWords` and `peakWords` stand beside band and peak.
    static func html(
        _ shape: SeriesShape, axis: TimeAxis, label: String, usualWords: String, peakWords: String, signalAt: Instant, changeAt: Instant?
    ) -> SafeHTML {
        var svg = SVGBuilder()
        let top = 18.0
        let bottom = 86.0
        func x(_ at: Instant) -> Double { axis.fraction(at) * width }
        svg.begin(
            "svg", ["class": .literal("mc"), "viewBox": .literal("0 0 384 118"), "role": .literal("img"), "aria-label": .text(label)])
        var bandTop = bottom
        if let usual = shape.usual {
            bandTop = shape.y(usual.upperBound, top: top, bottom: bottom)
            var band = SVGPath()
            band.box(0, bandTop, width, max(2, shape.y(usual.lowerBound, top: top, bottom: bottom) - bandTop))
            svg.path(band, ["class": .literal("band")])
        }
        if let changeAt, axis.contains(changeAt) {
            var line = SVGPath()
            line.move(x(changeAt), top - 4)
            line.vertical(bottom + 6)
            svg.path(line, ["class": .literal("suspect")])
        }
        var line = SVGPath()
        for run in shape.runs {
            for (order, point) in run.enumerated() {
                let y = shape.y(point.value, top: top, bottom: bottom)
                order == 0 ? line.move(x(point.at), y) : line.line(x(point.at), y)
            }
            if run.count == 1, let only = run.first { line.horizontal(x(only.at) + 2) }
        }
        svg.path(line, ["class": .literal("spark")])
        var baseline = SVGPath()
        baseline.move(0, bottom + 6.5)
        baseline.horizontal(width)
        baseline.move(x(signalAt), bottom + 6.5)
        baseline.vertical(bottom + 11)
        svg.path(baseline, ["class": .literal("ticks")])
        if let peak = shape.peak {
            let px = x(peak.at)
            let y = shape.y(peak.value, top: top, bottom: bottom)
            svg.element("circle", ["class": .literal("peak"), "cx": .number(px), "cy": .number(y), "r": .number(2.5)])
            let isRight = px < width * 0.7
            svg.text(
                peakWords,
                [
                    "class": .literal("pk"), "x": .number(isRight ? px + 6 : px - 6), "y": .number(max(10, y - 5)),
                    "text-anchor": .literal(isRight ? "start" : "end"),
                ])
        }
        if !usualWords.isEmpty {
            let y = bandTop > top + 20 ? bandTop - 4 : min(bottom, shape.y(shape.usual?.lowerBound ?? 0, top: top, bottom: bottom) + 13)
            svg.text(usualWords, ["x": .number(0), "y": .number(y)])
        }
        let within = axis.isWithinDay
        svg.text(within ? axis.from.clockMinute : PageWords.day(axis.from, near: axis.to), ["x": .number(0), "y": .number(110)])
        svg.text(
            within ? axis.to.clockMinute : PageWords.day(axis.to, near: axis.to),
            ["x": .number(width), "y": .number(110), "text-anchor": .literal("end")])
        svg.end()
        return svg.html
    }
}
