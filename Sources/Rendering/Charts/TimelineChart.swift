import Model

/// One service on the timeline.
struct TimelineLane: Hashable {
    struct Series: Hashable {
        var shape: SeriesShape
        /// The peak as a person reads it: `44 %`.
        var peakWords: String
    }
    enum Content: Hashable { case service, nameless, others }
    var name: String
    var content = Content.service
    /// What the line shows, and its usual range in words; both may be empty.
    var measure = ""
    var usual = ""
    var marks: [LaneMark] = []
    var series: Series?
    var logs: LogRate?
    var gaps: [SourceGap] = []
    /// Traces kept as examples: when each began, and the details that show it.
    var traces: [LaneMark] = []
}

/// A change on the top lane.
struct ChangePin: Hashable {
    var at: Instant
    var label: String
    /// Where there is no room for `label`; may be empty.
    var shortLabel = ""
    /// Deployments, flags and their like get a pin, a line down the plot and a name; commits a small pin.
    var isLive: Bool
    var isSuspect: Bool
    /// `e-…` when it is on the page.
    var target: String?
}

/// All that the timeline shows, in the order it is drawn.
struct TimelineDrawing: Hashable {
    var axis: TimeAxis
    var changes: [ChangePin] = []
    var lanes: [TimelineLane] = []
    var notes: [LaneMark] = []
    /// Sources that were silent as a whole.
    var gaps: [SourceGap] = []
    var firstFailureAt: Instant?
    var endedAt: Instant?
}

/// The drawing: axis, change pins, one lane of 52 px a service (marks on top, metric over its band, log strip below).
/// It is as wide as its place: shapes keep their size, distances stretch.
struct TimelineChart {
    static let headHeight = 62.0
    static let laneHeight = 52.0
    static let footHeight = 30.0

    private let drawing: TimelineDrawing
    private let axis: TimeAxis
    private var svg = SVGBuilder()
    private var height: Double { notesTop + (drawing.notes.isEmpty ? 0 : Self.footHeight) }
    private var lanesBottom: Double { Self.headHeight + Double(drawing.lanes.count) * Self.laneHeight }
    private var gapsTop: Double { lanesBottom }
    private var notesTop: Double { gapsTop + (drawing.gaps.isEmpty ? 0 : Self.footHeight) }

    init(_ drawing: TimelineDrawing) {
        self.drawing = drawing
        axis = drawing.axis
    }

    static func html(_ drawing: TimelineDrawing) -> SafeHTML {
        var chart = TimelineChart(drawing)
        return chart.draw()
    }

    private mutating func draw() -> SafeHTML {
        svg.begin(
            "svg",
            [
                "id": .literal("plot"), "class": .literal("plot"), "width": .literal("100%"), "height": .number(height),
                "aria-hidden": .literal("true"), "data-from": .literal(String(axis.from.ms)), "data-to": .literal(String(axis.to.ms)),
            ])
        drawWash()
        drawStretched()
        drawVerticals()
        svg.axisLabels(axis)
        svg.begin("g", ["class": .literal("own")])
        for (index, lane) in drawing.lanes.enumerated() { drawLaneWords(lane, top: laneTop(index)) }
        svg.end()
        drawMoments()
        drawChanges()
        svg.begin("g", ["class": .literal("own")])
        for (index, lane) in drawing.lanes.enumerated() { drawMarks(lane, top: laneTop(index)) }
        svg.end()
        if !drawing.gaps.isEmpty || !drawing.notes.isEmpty {
            svg.begin("g", ["class": .literal("foot")])
            drawSilence()
            svg.begin("g", ["transform": .literal("translate(0 \(Int(notesTop) + 15))")])
            for note in drawing.notes { draw(LaneMarks.Placed(mark: note, x: min(max(axis.x(note.at), 7), TimeAxis.nominalWidth - 7))) }
            svg.end()
            svg.end()
        }
        svg.end()
        return svg.html
    }

    private func laneTop(_ index: Int) -> Double { Self.headHeight + Double(index) * Self.laneHeight }
    private func percent(_ x: Double) -> Double { x / TimeAxis.nominalWidth * 100 }

    // MARK: - What stretches: lines, areas, strips

    private mutating func drawStretched() {
        svg.begin(
            "svg",
            [
                "width": .literal("100%"), "height": .number(height), "viewBox": .literal("0 0 840 \(Int(height))"),
                "preserveAspectRatio": .literal("none"), "class": .literal("fluid"),
            ])
        svg.axisTicks(axis)

        svg.begin("g", ["class": .literal("own")])
        var rules = SVGPath()
        for index in drawing.lanes.indices {
            rules.move(0, laneTop(index) + Self.laneHeight)
            rules.horizontal(TimeAxis.nominalWidth)
        }
        svg.path(rules, ["class": .literal("ruleline")])
        drawBandsAndLines()
        drawLogStrips()
        svg.end()
        svg.end()
    }

    // MARK: - What runs down the whole plot, however tall a script makes it

    /// The time of impact, from the first failure to the end.
    private mutating func drawWash() {
        guard let first = drawing.firstFailureAt, !drawing.lanes.isEmpty else { return }
        let from = axis.percent(first)
        let width = axis.percent(drawing.endedAt ?? axis.to) - from
        guard width > 0 else { return }
        svg.element(
            "rect",
            [
                "class": .literal("wash"), "x": .percent(from), "y": .number(Self.headHeight), "width": .percent(width),
                "height": .literal("100%"),
            ])
    }
    private mutating func vertical(_ at: Instant, from top: Double, _ kind: String) {
        svg.element(
            "line",
            [
                "class": .literal(kind), "x1": .percent(axis.percent(at)), "x2": .percent(axis.percent(at)), "y1": .number(top),
                "y2": .literal("100%"),
            ])
    }
    /// The changes that went live, the suspect one over the others; first failure and end.
    private mutating func drawVerticals() {
        for change in drawing.changes where change.isLive && !change.isSuspect { vertical(change.at, from: 44, "chg") }
        for change in drawing.changes where change.isSuspect { vertical(change.at, from: 44, "suspect") }
        for case let moment? in [drawing.firstFailureAt, drawing.endedAt] where axis.contains(moment) {
            svg.element(
                "line",
                [
                    "class": .literal("moment"), "x1": .percent(axis.percent(moment)), "x2": .percent(axis.percent(moment)),
                    "y1": .number(28), "y2": .number(41),
                ])
            vertical(moment, from: Self.headHeight, "moment")
        }
    }

    // MARK: - Metrics and logs

    private mutating func drawBandsAndLines() {
        var bands = SVGPath()
        var lines = SVGPath()
        for (index, lane) in drawing.lanes.enumerated() {
            guard let shape = lane.series?.shape else { continue }
            let top = laneTop(index) + 22
            let bottom = laneTop(index) + 44
            if let usual = shape.usual {
                let high = shape.y(usual.upperBound, top: top, bottom: bottom)
                let low = shape.y(usual.lowerBound, top: top, bottom: bottom)
                bands.box(0, high, TimeAxis.nominalWidth, max(2, low - high))
            }
            for run in shape.runs {
                for (order, point) in run.enumerated() {
                    let x = axis.x(point.at)
                    let y = shape.y(point.value, top: top, bottom: bottom)
                    order == 0 ? lines.move(x, y) : lines.line(x, y)
                }
                if run.count == 1, let only = run.first { lines.horizontal(axis.x(only.at) + 2) }
            }
        }
        svg.path(bands, ["class": .literal("band")])
        svg.path(lines, ["class": .literal("spark")])
    }

    private mutating func drawLogStrips() {
        var depths = [SVGPath(), SVGPath(), SVGPath()]
        for (index, lane) in drawing.lanes.enumerated() {
            guard let logs = lane.logs else { continue }
            let y = laneTop(index) + Self.laneHeight - 4
            for run in Self.strips(logs) {
                guard run.to >= axis.from.minute, run.from <= axis.to.minute else { continue }
                let from = Instant(ms: max(run.from, axis.from.minute) * .minuteMs)
                let to = Instant(ms: (min(run.to, axis.to.minute) + 1) * .minuteMs)
                guard to > axis.from, from < axis.to else { continue }
                depths[run.depth].move(axis.x(from), y)
                depths[run.depth].horizontal(max(axis.x(to), axis.x(from) + 1.5))
            }
        }
        for (depth, name) in ["l1", "l2", "l3"].enumerated() { svg.path(depths[depth], ["class": .literal(name)]) }
    }

    struct Strip: Hashable {
        var depth: Int
        /// Minutes since the epoch, both included.
        var from: Int64
        var to: Int64
    }
    /// Runs of minutes with 1 to 9, 10 to 99 and 100 or more lines (depth 0, 1, 2).
    static func strips(_ logs: LogRate) -> [Strip] {
        var strips: [Strip] = []
        for (minute, errors) in zip(logs.minutes, logs.errors).sorted(by: { $0.0 < $1.0 }) where errors > 0 {
            let depth = errors >= 100 ? 2 : errors >= 10 ? 1 : 0
            if let last = strips.last, last.depth == depth, minute <= last.to &+ 1 {
                strips[strips.count - 1].to = max(last.to, minute)
            } else {
                strips.append(Strip(depth: depth, from: minute, to: minute))
            }
        }
        return strips
    }

    // MARK: - What keeps its size: words, marks

    /// A word beside a place: to the right of it, or to the left near the end of the drawing.
    private mutating func word(_ text: String, x: Double, y: Double, gap: Double, kind: String, leftward: Bool? = nil) {
        let left = leftward ?? (x + gap + Self.width(of: text) > TimeAxis.nominalWidth)
        svg.text(
            text,
            [
                "class": .literal(kind), "x": .percent(percent(x)), "y": .number(y), "dx": .number(left ? -gap : gap),
                "text-anchor": .literal(left ? "end" : "start"),
            ])
    }
    /// Estimated width of 11 px text.
    static func width(of text: String) -> Double { TextFit.width(text, size: 11) }

    private mutating func drawLaneWords(_ lane: TimelineLane, top: Double) {
        for gap in lane.gaps {
            hatch(gap, top: top + 19, height: 28, label: gap.source == .metrics ? "no data" : "no " + (gap.source?.rawValue ?? "answer"))
        }
        for trace in lane.traces {
            svg.begin("a", ["href": .text("#" + trace.target), "tabindex": .literal("-1")])
            svg.element("use", ["href": .literal("#m-trace"), "x": .percent(axis.percent(trace.at)), "y": .number(top + 24)])
            svg.end()
        }
        guard let series = lane.series, let peak = series.shape.peak else { return }
        let x = axis.x(peak.at)
        let y = series.shape.y(peak.value, top: top + 22, bottom: top + 44)
        svg.element("circle", ["class": .literal("peak"), "cx": .percent(percent(x)), "cy": .number(y), "r": .number(2)])
        let isHigh = y < top + 33
        word(series.peakWords, x: x, y: isHigh ? y + 13 : y - 4, gap: 6, kind: "pk")
    }

    private mutating func hatch(_ gap: SourceGap, top: Double, height: Double, label: String) {
        let from = axis.percent(gap.from)
        let width = axis.percent(gap.to) - from
        guard width > 0 else { return }
        svg.element(
            "rect",
            [
                "x": .percent(from), "y": .number(top), "width": .percent(width), "height": .number(height),
                "fill": .literal("url(#hatch)"),
            ])
        if width / 100 * TimeAxis.nominalWidth > Self.width(of: label) {
            svg.text(
                label,
                [
                    "class": .literal("gaplab"), "x": .percent(from + width / 2), "y": .number(top + height / 2 + 4),
                    "text-anchor": .literal("middle"),
                ])
        }
    }
    private mutating func drawSilence() {
        for gap in drawing.gaps { hatch(gap, top: gapsTop + 6, height: 18, label: gap.source?.rawValue ?? PageWords.missing(gap)) }
    }

    private mutating func drawMoments() {
        guard let first = drawing.firstFailureAt, axis.contains(first) else { return }
        let words = "first failure \(axis.isWithinDay ? first.clock : first.clockMinute)"
        let x = axis.x(first)
        let endX = drawing.endedAt.map { axis.x($0) }
        let collides = endX.map { $0 - x < Self.width(of: words) + 14 } ?? false
        word(words, x: x, y: 37, gap: 5, kind: "mo", leftward: collides && x > Self.width(of: words) ? true : nil)
        guard let ended = drawing.endedAt, axis.contains(ended), let endX else { return }
        if collides && x <= Self.width(of: words) { return }
        word("resolved \(ended.clockMinute)", x: endX, y: 37, gap: 5, kind: "mo")
    }

    /// Pins, and as many names as fit: the suspect's first, then live changes from left to right.
    private mutating func drawChanges() {
        func place(_ change: ChangePin) -> Double { min(max(axis.x(change.at), 5), TimeAxis.nominalWidth - 5) }
        func isLarge(_ change: ChangePin) -> Bool { change.isLive || change.isSuspect }
        var taken = drawing.changes.map { place($0) - (isLarge($0) ? 6 : 3)...place($0) + (isLarge($0) ? 6 : 3) }
        let named = drawing.changes.filter { $0.isSuspect } + drawing.changes.filter { $0.isLive && !$0.isSuspect }
        for change in named {
            let x = place(change)
            for label in [change.label, change.shortLabel] where !label.isEmpty {
                // A sixth more, since the plot may be drawn that much narrower than planned.
                let width = Self.width(of: label) * (change.isSuspect ? 1.27 : 1.17)
                let right = x + 7...x + 12 + width
                let left = x - 12 - width...x - 7
                let fitsRight = right.upperBound <= TimeAxis.nominalWidth && !taken.contains { $0.overlaps(right) }
                let fitsLeft = left.lowerBound >= 0 && !taken.contains { $0.overlaps(left) }
                guard fitsRight || fitsLeft else { continue }
                taken.append(fitsRight ? right : left)
                word(label, x: x, y: 55, gap: 8, kind: change.isSuspect ? "sus" : "pin", leftward: !fitsRight)
                break
            }
        }
        let order = drawing.changes.sorted {
            (isLarge($0) ? 1 : 0, $0.isSuspect ? 1 : 0, $0.at.ms, $0.label) < (
                isLarge($1) ? 1 : 0, $1.isSuspect ? 1 : 0, $1.at.ms, $1.label
            )
        }
        for change in order {
            if let target = change.target { svg.begin("a", ["href": .text("#" + target), "tabindex": .literal("-1")]) }
            svg.element(
                "use",
                [
                    "href": .literal(isLarge(change) ? "#m-change" : "#m-commit"), "x": .percent(percent(place(change))),
                    "y": .number(isLarge(change) ? 51 : 53),
                ])
            if change.target != nil { svg.end() }
        }
    }

    private mutating func drawMarks(_ lane: TimelineLane, top: Double) {
        let place = SVGBuilder.Value.literal("translate(0 \(Int(top) + 10))")
        switch lane.content {
        case .service: svg.begin("g", ["class": .literal("marks"), "transform": place, "data-lane": .text(lane.name)])
        case .nameless: svg.begin("g", ["class": .literal("marks"), "transform": place, "data-lane": .literal("")])
        case .others: svg.begin("g", ["class": .literal("marks"), "transform": place])
        }
        defer { svg.end() }
        if lane.marks.count < LaneMarks.densityFrom {
            for placed in LaneMarks.place(lane.marks, on: axis) { draw(placed) }
            return
        }
        let columns = LaneMarks.columns(lane.marks, on: axis)
        let most = columns.map(\.count).max() ?? 1
        for column in columns {
            let height = max(3, 16 * Double(column.count) / Double(most))
            let opens = !column.target.isEmpty
            if opens { svg.begin("a", ["href": .text("#" + column.target), "tabindex": .literal("-1")]) }
            svg.element(
                "rect",
                [
                    "class": .literal("mk " + column.worst.word), "x": .percent(percent(column.x + 0.5)), "y": .number(8 - height),
                    "width": .percent(percent(LaneMarks.bucketPx - 1)), "height": .number(height),
                ])
            if opens { svg.end() }
        }
    }

    private mutating func draw(_ placed: LaneMarks.Placed) {
        let opens = !placed.mark.target.isEmpty
        if opens { svg.begin("a", ["href": .text("#" + placed.mark.target), "tabindex": .literal("-1")]) }
        svg.element("use", ["href": .literal("#m-" + placed.mark.kind.word), "x": .percent(percent(placed.x))])
        if opens { svg.end() }
    }
}
