import Model

/// Columns over time, stacked from below: counts a day, a week or an hour. The drawing is as wide as its place.
struct ColumnChart {
    struct Column: Hashable {
        /// Under the axis; empty for most.
        var tick = ""
        /// Counts in the order of `layers`.
        var values: [Int64]
    }
    /// A class of the style sheet for each layer, lowest first; named on the last column that has it.
    struct Layer: Hashable {
        var kind: String
        var name: String
    }
    var layers: [Layer]
    var columns: [Column]
    /// Spans without data, as places between columns (0 … count).
    var gaps: [ClosedRange<Double>] = []
    var height = 130.0
    /// In words.
    var label: String
    /// Columns that are named: place and words.
    var remarks: [(index: Int, words: String)] = []

    var html: SafeHTML {
        var svg = SVGBuilder()
        let top = remarks.isEmpty ? 14.0 : 26.0
        let ground = height - 20
        let most = Double(max(1, columns.map { Self.sum($0.values) }.max() ?? 1))
        let scale = Self.roundUp(most)
        func y(_ value: Double) -> Double { ground - value / scale * (ground - top) }
        svg.beginChart(height: height, label: label)
        svg.beginStretched(height: height)
        svg.rules([y(scale * 0.5), y(scale)])
        let pitch = TimeAxis.nominalWidth / Double(max(1, columns.count))
        let body = max(1, pitch - (pitch > 6 ? 2 : 0.6))
        for gap in gaps {
            svg.element(
                "rect",
                [
                    "x": .number(gap.lowerBound * pitch), "y": .number(top), "width": .number((gap.upperBound - gap.lowerBound) * pitch),
                    "height": .number(ground - top), "fill": .literal("url(#hatch)"),
                ])
        }
        for (level, layer) in layers.enumerated() {
            var path = SVGPath()
            for (index, column) in columns.enumerated() where column.values.indices.contains(level) && column.values[level] > 0 {
                let below = Double(Self.sum(Array(column.values[..<level])))
                let value = Double(column.values[level])
                let (low, high) = (y(below), min(y(below + value), y(below) - 1.5))
                path.box(Double(index) * pitch + (pitch - body) / 2, high, body, low - high)
            }
            svg.path(path, ["class": .literal("fill " + layer.kind)])
        }
        svg.rules([ground + 0.5], kind: "ticks")
        svg.end()
        svg.text(PageWords.count(Int64(scale)), ["class": .literal("lab"), "x": .literal("0"), "y": .number(y(scale) - 3)])
        if scale >= 4 {
            svg.text(PageWords.number(scale / 2), ["class": .literal("lab"), "x": .literal("0"), "y": .number(y(scale / 2) - 3)])
        }
        for (index, column) in columns.enumerated() where !column.tick.isEmpty {
            let x = (Double(index) + 0.5) / Double(columns.count) * 100
            svg.text(
                column.tick,
                [
                    "class": .literal("lab"), "x": .percent(x < 3 ? 0 : x > 97 ? 100 : x), "y": .number(ground + 14),
                    "text-anchor": .literal(x < 3 ? "start" : x > 97 ? "end" : "middle"),
                ])
        }
        for remark in remarks where columns.indices.contains(remark.index) {
            let x = (Double(remark.index) + 0.5) / Double(columns.count) * 100
            svg.text(
                remark.words,
                [
                    "class": .literal("pk"), "x": .percent(x), "y": .number(max(10, y(Double(Self.sum(columns[remark.index].values))) - 4)),
                    "text-anchor": .literal(x < 20 ? "start" : x > 80 ? "end" : "middle"),
                ])
        }
        svg.end()
        return svg.html
    }

    private static func sum(_ values: [Int64]) -> Int64 {
        values.reduce(0) { sum, value in
            let (total, overflow) = sum.addingReportingOverflow(max(0, value))
            return overflow ? .max : total
        }
    }
    /// 1, 2, 5, 10, 20, 50 … at least `value`.
    static func roundUp(_ value: Double) -> Double {
        var unit = 1.0
        while unit < 1e18 {
            for step in [1.0, 2.0, 5.0] where unit * step >= value { return unit * step }
            unit *= 10
        }
        return unit
    }
}
