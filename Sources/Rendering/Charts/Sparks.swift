import Model

/// Drawings the size of a word.
enum Sparks {
    /// The terms of a cause as columns on one scale, so that shapes compare. At most seven.
    static func signature(_ terms: [Term]) -> SafeHTML {
        let shown = terms.prefix(7)
        guard !shown.isEmpty else { return .empty }
        var svg = SVGBuilder()
        let width = Double(shown.count) * 9 - 2
        svg.begin(
            "svg",
            [
                "class": .literal("sig"), "viewBox": .literal("0 0 \(Int(width)) 20"), "width": .number(width), "height": .number(20),
                "role": .literal("img"),
                "aria-label": .text("Terms: " + shown.map { "\($0.name) \(PageWords.score($0.value))" }.joined(separator: ", ")),
            ])
        var base = SVGPath()
        base.box(0, 19, width, 1)
        svg.path(base, ["class": .literal("bar0")])
        var bars = SVGPath()
        for (index, term) in shown.enumerated() {
            let height = (term.value.isFinite ? min(max(term.value, 0), 1) : 0) * 18
            if height >= 0.5 { bars.box(Double(index) * 9, 19 - height, 7, height) }
        }
        svg.path(bars, ["class": .literal("bar")])
        svg.end()
        return svg.html
    }

    /// Columns of signal counts from `from` to `to`, with a line where the suspect change went live.
    static func rate(_ counts: [Int64], from: Instant, to: Instant, changeAt: Instant?, ends: (String, String), label: String) -> SafeHTML {
        let width = 190.0
        var svg = SVGBuilder()
        svg.begin(
            "svg",
            [
                "class": .literal("rate"), "width": .number(190), "height": .number(56), "viewBox": .literal("0 0 190 56"),
                "role": .literal("img"), "aria-label": .text(label),
            ])
        var base = SVGPath()
        base.move(0, 40.5)
        base.horizontal(width)
        svg.path(base, ["class": .literal("base")])
        let counts = merged(counts, into: 60)
        let most = Double(max(1, counts.max() ?? 1))
        let pitch = width / Double(max(1, counts.count))
        var bars = SVGPath()
        for (index, count) in counts.enumerated() where count > 0 {
            let height = max(2, 36 * Double(count) / most)
            bars.box(Double(index) * pitch, 40 - height, min(8, max(1, pitch - 1)), height)
        }
        svg.path(bars, ["class": .literal("cols")])
        if let changeAt, changeAt >= from, changeAt <= to, to > from {
            let x = Double(changeAt - from) / Double(to - from) * width
            var line = SVGPath()
            line.move(x, 0)
            line.vertical(40)
            svg.path(line, ["class": .literal("on")])
        }
        svg.text(ends.0, ["y": .number(53)])
        svg.text(ends.1, ["x": .number(width), "y": .number(53), "text-anchor": .literal("end")])
        svg.end()
        return svg.html
    }

    /// The last day of a source, an hour a step; hatched from its last record on when it is not well.
    static func source(_ recent: [Int64], silentFrom: Double?) -> SafeHTML {
        var svg = SVGBuilder()
        svg.begin("svg", ["viewBox": .literal("0 0 72 14"), "aria-hidden": .literal("true")])
        if let silentFrom, silentFrom < 1 {
            let x = max(0, silentFrom) * 72
            svg.element(
                "rect",
                [
                    "class": .literal("trip"), "x": .number(x), "width": .number(72 - x), "height": .number(14),
                    "fill": .literal("url(#hatch)"),
                ])
        }
        let most = Double(recent.max() ?? 0)
        if most > 0 {
            let shown = merged(recent, into: 72)
            let top = Double(max(1, shown.max() ?? 1))
            var line = SVGPath()
            for (index, count) in shown.enumerated() {
                let x = shown.count == 1 ? 36 : Double(index) / Double(shown.count - 1) * 72
                let y = 13 - Double(max(0, count)) / top * 12
                index == 0 ? line.move(x, y) : line.line(x, y)
            }
            if shown.count == 1 { line.horizontal(40) }
            svg.path(line)
        }
        svg.end()
        return svg.html
    }

    /// A bar of `share` (0…1) of 60 px; a cut end when it is longer than the scale.
    static func bar(_ share: Double) -> SafeHTML {
        var svg = SVGBuilder()
        let isCut = share > 1
        let length = max(1, min(1, share.isFinite ? share : 0) * 60)
        svg.begin("svg", ["viewBox": .literal("0 0 60 8"), "aria-hidden": .literal("true")])
        var path = SVGPath()
        if isCut {
            path.box(0, 0, 52, 8)
            path.box(54, 0, 2, 8)
            path.box(58, 0, 2, 8)
        } else {
            path.box(0, 0, length, 8)
        }
        svg.path(path)
        svg.end()
        return svg.html
    }

    /// The circle that fills.
    static func status(_ status: InvestigationStatus) -> SafeHTML {
        var svg = SVGBuilder()
        svg.begin("svg", ["class": .literal("st"), "viewBox": .literal("0 0 16 16"), "aria-hidden": .literal("true")])
        svg.element("circle", ["cx": .number(8), "cy": .number(8), "r": .number(6)])
        switch status {
        case .open: svg.element("circle", ["class": .literal("f"), "cx": .number(8), "cy": .number(8), "r": .number(2)])
        case .inProgress: svg.element("path", ["class": .literal("f"), "d": .literal("M8 4.5a3.5 3.5 0 0 1 0 7z")])
        case .mitigated: svg.element("path", ["class": .literal("f"), "d": .literal("M8 8V4.5a3.5 3.5 0 1 1-3.5 3.5z")])
        case .resolved: svg.element("path", ["d": .literal("M5.2 8.2 7.2 10.2 11 6")])
        case .closed: svg.element("path", ["d": .literal("M5 8h6")])
        }
        svg.end()
        return svg.html
    }

    /// Sums neighbours until at most `limit` are left.
    static func merged(_ counts: [Int64], into limit: Int) -> [Int64] {
        guard counts.count > limit, limit > 0 else { return counts.map { max(0, $0) } }
        var out = [Int64](repeating: 0, count: limit)
        for (index, count) in counts.enumerated() {
            let (sum, overflow) = out[index * limit / counts.count].addingReportingOverflow(max(0, count))
            out[index * limit / counts.count] = overflow ? .max : sum
        }
        return out
    }
}
