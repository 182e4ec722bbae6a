import Model

/// Lanes on one time axis for a service: what went wrong and what changed, the rate of its log, and its metrics over their usual
/// ranges. Words of a lane stand beside the drawing, in HTML.
struct LaneStack {
    struct Lane: Hashable {
        enum Content: Hashable {
            case marks([LaneMark])
            case logs(LogRate)
            case series(SeriesShape, peakWords: String)
        }
        var name: String
        var measure = ""
        var usual = ""
        var content: Content
        var gaps: [SourceGap] = []
        var height: Double {
            switch content {
            case .marks: 34
            case .logs: 30
            case .series: 52
            }
        }
    }
    static let headHeight = 26.0

    var axis: TimeAxis
    var lanes: [Lane]
    /// When changes went live.
    var changes: [Instant] = []
    /// Spans of open investigations.
    var washes: [ClosedRange<Instant>] = []

    var html: SafeHTML {
        var svg = SVGBuilder()
        let height = Self.headHeight + lanes.reduce(0) { $0 + $1.height }
        svg.begin(
            "svg", ["class": .literal("plot"), "width": .literal("100%"), "height": .number(height), "aria-hidden": .literal("true")])
        svg.beginStretched(height: height)
        for wash in washes where axis.x(wash.upperBound) > axis.x(wash.lowerBound) {
            svg.element(
                "rect",
                [
                    "class": .literal("wash"), "x": .number(axis.x(wash.lowerBound)), "y": .number(Self.headHeight),
                    "width": .number(axis.x(wash.upperBound) - axis.x(wash.lowerBound)), "height": .number(height - Self.headHeight),
                ])
        }
        svg.axisTicks(axis)
        var pins = SVGPath()
        for change in changes where axis.contains(change) {
            pins.move(axis.x(change), Self.headHeight)
            pins.vertical(height)
        }
        svg.path(pins, ["class": .literal("chg")])
        var top = Self.headHeight
        var rules = SVGPath()
        for lane in lanes {
            drawFluid(lane, top: top, into: &svg)
            top += lane.height
            rules.move(0, top)
            rules.horizontal(TimeAxis.nominalWidth)
        }
        svg.path(rules, ["class": .literal("ruleline")])
        svg.end()
        svg.axisLabels(axis)
        top = Self.headHeight
        for lane in lanes {
            drawFixed(lane, top: top, into: &svg)
            top += lane.height
        }
        svg.end()
        return svg.html
    }

    private func drawFluid(_ lane: Lane, top: Double, into svg: inout SVGBuilder) {
        for gap in lane.gaps {
            let from = axis.x(gap.from)
            let width = axis.x(gap.to) - from
            if width <= 0 { continue }
            svg.element(
                "rect",
                [
                    "x": .number(from), "y": .number(top + 4), "width": .number(width), "height": .number(lane.height - 8),
                    "fill": .literal("url(#hatch)"),
                ])
        }
        switch lane.content {
        case .marks: break
        case .logs(let rate): drawLogs(rate, top: top, into: &svg)
        case .series(let shape, _):
            let (high, low) = (top + 10, top + lane.height - 8)
            if let usual = shape.usual {
                var band = SVGPath()
                let upper = shape.y(usual.upperBound, top: high, bottom: low)
                band.box(0, upper, TimeAxis.nominalWidth, max(2, shape.y(usual.lowerBound, top: high, bottom: low) - upper))
                svg.path(band, ["class": .literal("band")])
            }
            var line = SVGPath()
            for run in shape.runs {
                for (order, point) in run.enumerated() {
                    let y = shape.y(point.value, top: high, bottom: low)
                    order == 0 ? line.move(axis.x(point.at), y) : line.line(axis.x(point.at), y)
                }
                if run.count == 1, let only = run.first { line.horizontal(axis.x(only.at) + 2) }
            }
            svg.path(line, ["class": .literal("spark")])
        }
    }

    /// All lines as a pale strip, warnings and errors in three depths under it: columns of a few minutes.
    private func drawLogs(_ rate: LogRate, top: Double, into svg: inout SVGBuilder) {
        let buckets = 280
        var all = [Int64](repeating: 0, count: buckets)
        var errors = all
        for (index, minute) in rate.minutes.enumerated() where rate.errors.indices.contains(index) && rate.all.indices.contains(index) {
            let at = Instant(ms: minute * .minuteMs)
            guard axis.contains(at) else { continue }
            let bucket = min(buckets - 1, Int(axis.fraction(at) * Double(buckets)))
            all[bucket] += max(0, rate.all[index])
            errors[bucket] += max(0, rate.errors[index])
        }
        let most = Double(max(1, all.max() ?? 1))
        let pitch = TimeAxis.nominalWidth / Double(buckets)
        var column = SVGPath()
        var depths = [SVGPath(), SVGPath(), SVGPath()]
        let ground = top + 20
        for bucket in 0..<buckets {
            let x = Double(bucket) * pitch
            if all[bucket] > 0 {
                let height = max(1, 15 * Double(all[bucket]) / most)
                column.box(x, ground - height, pitch, height)
            }
            if errors[bucket] > 0 {
                let perMinute = Double(errors[bucket]) / max(1, Double(axis.lengthMs) / Double(buckets) / Double(Int64.minuteMs))
                depths[perMinute >= 100 ? 2 : perMinute >= 10 ? 1 : 0].box(x, ground + 2, pitch, 4)
            }
        }
        svg.path(column, ["class": .literal("lines")])
        for (depth, name) in ["e1", "e2", "e3"].enumerated() { svg.path(depths[depth], ["class": .literal(name)]) }
    }

    private func drawFixed(_ lane: Lane, top: Double, into svg: inout SVGBuilder) {
        for gap in lane.gaps where axis.x(gap.to) - axis.x(gap.from) > 48 {
            svg.text(
                "no data",
                [
                    "class": .literal("gaplab"), "x": .percent((axis.percent(gap.from) + axis.percent(gap.to)) / 2),
                    "y": .number(top + lane.height / 2 + 4), "text-anchor": .literal("middle"),
                ])
        }
        switch lane.content {
        case .logs: break
        case .marks(let marks):
            if marks.count < LaneMarks.densityFrom {
                for placed in LaneMarks.place(marks, on: axis) {
                    svg.element(
                        "use",
                        [
                            "href": .literal("#m-" + placed.mark.kind.word), "x": .percent(placed.x / TimeAxis.nominalWidth * 100),
                            "y": .number(top + lane.height / 2),
                        ])
                }
            } else {
                let columns = LaneMarks.columns(marks, on: axis)
                let most = Double(max(1, columns.map(\.count).max() ?? 1))
                for column in columns {
                    let height = max(3, (lane.height - 10) * Double(column.count) / most)
                    svg.element(
                        "rect",
                        [
                            "class": .literal("mk " + column.worst.word), "x": .percent(column.x / TimeAxis.nominalWidth * 100),
                            "y": .number(top + lane.height - 4 - height),
                            "width": .percent((LaneMarks.bucketPx - 1) / TimeAxis.nominalWidth * 100), "height": .number(height),
                        ])
                }
            }
        case .series(let shape, let words):
            guard let peak = shape.peak, !words.isEmpty else { return }
            let y = shape.y(peak.value, top: top + 10, bottom: top + lane.height - 8)
            let percent = axis.percent(peak.at)
            svg.element("circle", ["class": .literal("peak"), "cx": .percent(percent), "cy": .number(y), "r": .number(2)])
            svg.text(
                words,
                [
                    "class": .literal("pk"), "x": .percent(percent), "y": .number(y < top + 22 ? y + 12 : y - 4),
                    "dx": .number(percent > 85 ? -6 : 6), "text-anchor": .literal(percent > 85 ? "end" : "start"),
                ])
        }
    }
}
