/// What drawings over time have in common: a drawing as wide as its place, in it one that stretches, and the axis.
extension SVGBuilder {
    /// A chart with its name in words; ended like any element.
    mutating func beginChart(height: Double, label: String) {
        begin(
            "svg",
            [
                "class": .literal("chart"), "width": .literal("100%"), "height": .number(height), "role": .literal("img"),
                "aria-label": .text(label),
            ])
    }
    /// The part that stretches with the place: no text, since that would stretch, too.
    mutating func beginStretched(height: Double) {
        begin(
            "svg",
            [
                "class": .literal("fluid"), "width": .literal("100%"), "height": .number(height),
                "viewBox": .literal("0 0 840 \(Int(height))"), "preserveAspectRatio": .literal("none"),
            ])
    }
    /// Lines across at these heights.
    mutating func rules(_ heights: [Double], kind: String = "ruleline") {
        var path = SVGPath()
        for y in heights {
            path.move(0, y)
            path.horizontal(TimeAxis.nominalWidth)
        }
        self.path(path, ["class": .literal(kind)])
    }
    /// The ticks of a time axis on its line, in the part that stretches.
    mutating func axisTicks(_ axis: TimeAxis) {
        var ticks = SVGPath()
        for tick in axis.ticks() {
            ticks.move(axis.x(tick.at), tick.label.isEmpty ? 19 : 16)
            ticks.vertical(24)
        }
        ticks.move(0, 24)
        ticks.horizontal(TimeAxis.nominalWidth)
        path(ticks, ["class": .literal("ticks")])
    }
    /// The labels of a time axis, kept inside at its ends.
    mutating func axisLabels(_ axis: TimeAxis) {
        begin("g", ["class": .literal("axis")])
        for tick in axis.ticks() where !tick.label.isEmpty {
            let percent = axis.percent(tick.at)
            let anchor = percent < 2 ? "start" : percent > 98 ? "end" : "middle"
            text(tick.label, ["x": .percent(percent), "y": .number(11), "text-anchor": .literal(anchor)])
        }
        end()
    }
}
