import Model
import TestKit
import Testing

@testable import Rendering

@Suite struct ChartsTests {
    private let axis = TimeAxis(from: CanvasFixture.at(13, 50), to: CanvasFixture.at(14, 50))

    // MARK: - Axis

    @Test func `a moment stands at its share of the axis, outside at the ends`() {
        #expect(axis.percent(CanvasFixture.at(13, 50)) == 0)
        #expect(axis.percent(CanvasFixture.at(14, 20)) == 50)
        #expect(axis.percent(CanvasFixture.at(18, 0)) == 100)
        #expect(axis.percent(CanvasFixture.at(1, 0)) == 0)
    }

    @Test(
        arguments: [
            (10_000, ["14:00:00", "14:00:02", "14:00:04", "14:00:06", "14:00:08", "14:00:10"]),
            (3_600_000, ["14:00", "14:10", "14:20", "14:30", "14:40", "14:50", "15:00"]),
            (6 * 3_600_000, ["14:00", "15:00", "16:00", "17:00", "18:00", "19:00", "20:00"]),
            (3 * 86_400_000, ["23 Nov", "12:00", "24 Nov", "12:00", "25 Nov", "12:00"]),
        ] as [(Int64, [String])])
    func `ticks stand on round moments`(_ length: Int64, _ labels: [String]) {
        let axis = TimeAxis(from: CanvasFixture.at(14, 0), to: CanvasFixture.at(14, 0) + length)
        #expect(axis.ticks().map(\.label).filter { !$0.isEmpty } == labels)
    }

    @Test(arguments: UInt64(1)...20)
    func `an axis of any length has few labels, in order, inside it`(_ seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let from = CanvasFixture.day + Int64.random(in: 0...(.dayMs), using: &chance)
        let axis = TimeAxis(
            from: from, to: from + Int64.random(in: 1...(400 * .dayMs), using: &chance) / Int64.random(in: 1...100_000, using: &chance))
        let ticks = axis.ticks()
        #expect(ticks.filter { !$0.label.isEmpty }.count <= 10)
        #expect(ticks.count < 100)
        #expect(ticks.allSatisfy { axis.contains($0.at) })
        #expect(ticks.map(\.at) == ticks.map(\.at).sorted())
    }

    // MARK: - Marks

    @Test func `a crowded mark stands at most a little off its moment`() {
        let marks = (0..<150).map {
            LaneMark(at: CanvasFixture.at(14, 4) + Int64($0) * 100, kind: MarkKind.allCases[$0 % 7], target: "e-\($0)")
        }
        let placed = LaneMarks.place(marks, on: axis)
        #expect(placed.count == 150)
        #expect(placed.allSatisfy { abs($0.x - axis.x($0.mark.at)) <= LaneMarks.shiftPx })
        #expect(placed.map(\.mark.kind.rank) == placed.map(\.mark.kind.rank).sorted(by: >), "the worst is drawn last")
    }

    @Test func `counts hold every mark and the worst of each bucket`() {
        var marks = (0..<500).map { LaneMark(at: CanvasFixture.at(14, 0) + Int64($0) * 3_000, kind: .low, target: "e-\($0)") }
        marks.append(LaneMark(at: CanvasFixture.at(14, 10), kind: .critical, target: "e-worst"))
        let columns = LaneMarks.columns(marks, on: axis)
        #expect(columns.reduce(0) { $0 + $1.count } == 501)
        #expect(columns.filter { $0.worst == .critical }.map(\.target) == ["e-worst"])
    }

    @Test func `a lane is drawn as counts from two hundred marks on`() {
        func rects(_ count: Int) -> Int {
            var drawing = TimelineDrawing(axis: axis)
            drawing.lanes = [
                TimelineLane(
                    name: "a",
                    marks: (0..<count).map { LaneMark(at: CanvasFixture.at(14, 0) + Int64($0) * 10_000, kind: .high, target: "e-\($0)") })
            ]
            return CanvasMarkup(Array(TimelineChart.html(drawing).text.utf8)).all("rect").count
        }
        #expect(rects(199) == 0)
        #expect(rects(200) > 50)
    }

    // MARK: - Series

    @Test func `a series has its peak where it first comes farthest from usual`() throws {
        let shape = try #require(SeriesShape(CanvasFixture.connections, on: axis, usual: 62...78))
        let peak = try #require(shape.peak)
        #expect(abs(peak.value - 200) < 5)
        #expect(peak.at < CanvasFixture.at(14, 5))
    }

    @Test func `a calm series has no peak and stays flat`() throws {
        let calm = CanvasFixture.series("search", "p95", quiet: 0.096, peak: 0.0961, rise: CanvasFixture.at(14, 8), full: 200)
        let shape = try #require(SeriesShape(calm, on: axis, quietBefore: CanvasFixture.at(14, 2)))
        #expect(shape.peak == nil)
        #expect(abs(shape.y(0.096, top: 0, bottom: 20) - shape.y(0.0961, top: 0, bottom: 20)) < 1)
    }

    @Test func `a line breaks where nothing was measured`() throws {
        var track = CanvasFixture.connections
        track.points.removeAll { $0.timeMs > CanvasFixture.at(14, 10).ms && $0.timeMs < CanvasFixture.at(14, 16).ms }
        #expect(try #require(SeriesShape(track, on: axis)).runs.filter { !$0.isEmpty }.count == 2)
        let gap = SourceGap(
            origin: "metrics", source: .metrics, service: "shop-db", from: CanvasFixture.at(14, 10), to: CanvasFixture.at(14, 11))
        #expect(try #require(SeriesShape(CanvasFixture.connections, on: axis, gaps: [gap])).runs.filter { !$0.isEmpty }.count == 2)
    }

    @Test func `ten thousand points become at most two for each part of the axis`() throws {
        let points = (0..<10_000).map { MetricPoint(timeMs: (CanvasFixture.at(13, 50) + Int64($0) * 360).ms, value: Double($0 % 17)) }
        let shape = try #require(SeriesShape(MetricTrack(key: MetricKey(service: "a", metric: "b"), points: points), on: axis))
        #expect(shape.runs.reduce(0) { $0 + $1.count } <= 842)
        #expect(shape.low == 0 && shape.high == 16)
    }

    @Test func `a counter is drawn as its rate a second over restarts`() throws {
        let values: [Double] = [100, 160, 220, 30, 90]
        let points = values.enumerated().map { MetricPoint(timeMs: (CanvasFixture.at(14, 0) + Int64($0) * 60_000).ms, value: $1) }
        let shape = try #require(
            SeriesShape(MetricTrack(key: MetricKey(service: "a", metric: "b_total"), kind: .counter, points: points), on: axis))
        #expect(shape.runs.flatMap { $0.map(\.value) } == [1, 1, 0.5, 1])
    }

    @Test func `log strips are runs of one depth`() {
        let logs = LogRate(service: "a", minutes: [1, 2, 3, 4, 6, 7], errors: [3, 5, 40, 400, 2, 0], all: [])
        #expect(
            TimelineChart.strips(logs) == [
                .init(depth: 0, from: 1, to: 2), .init(depth: 1, from: 3, to: 3), .init(depth: 2, from: 4, to: 4),
                .init(depth: 0, from: 6, to: 6),
            ])
    }

    // MARK: - Traces

    @Test func `a trace is told parents first, and a loop of parents only once`() {
        #expect(WaterfallChart.rows(CanvasFixture.spans.reversed()).map(\.depth) == [0, 1, 2, 2, 3, 3])
        var loop = CanvasFixture.spans
        loop[0].parentID = loop[5].spanID
        #expect(WaterfallChart.rows(loop).count == 6)
        #expect(WaterfallChart.html([], label: "none").text == "")
    }

    // MARK: - Graph

    @Test(arguments: UInt64(1)...30)
    func `boxes of a graph never overlap`(_ seed: UInt64) {
        var chance = SeededGenerator(seed: seed)
        let nodes = (0..<Int.random(in: 1...30, using: &chance)).map { _ in
            GraphLayout.Node(column: Int.random(in: 0...4, using: &chance), height: 56, isApart: Int.random(in: 0..<6, using: &chance) == 0)
        }
        let edges = (0..<Int.random(in: 0...60, using: &chance)).map { _ in
            GraphLayout.Edge(from: Int.random(in: nodes.indices, using: &chance), to: Int.random(in: nodes.indices, using: &chance))
        }
        let layout = GraphLayout(nodes: nodes, edges: edges)
        for left in nodes.indices {
            #expect(layout.tops[left] >= GraphLayout.top - 0.01 && layout.tops[left] + 56 <= layout.height + 0.01)
            for right in nodes.indices where right > left && nodes[left].column == nodes[right].column {
                #expect(abs(layout.tops[left] - layout.tops[right]) >= 56)
            }
        }
    }

    @Test func `the graph leads from the change to what customers felt`() throws {
        let graph = CauseGraphBuilder.graph(CanvasFixture.outage)
        #expect(graph.headings == ["Change", "Cause", "First failure", "Impact", "Felt by customers"])
        #expect(graph.nodes[0].fullTitle == "checkout 4.18.0" && graph.nodes[0].style == .change)
        let words = graph.sentences.map { "\($0.subject) \($0.verb) \($0.object)" }
        #expect(words.contains("checkout 4.17.2 resolves shop-db (14:02:40)"))
        #expect(words.contains("Cardnet, the card provider correlates with payments (14:04:12); it is ruled out"))
        #expect(words.contains { $0.hasPrefix("shop-db causes payments (14:04:12)") })
        let storefront = try #require(graph.nodes.firstIndex { $0.fullTitle == "storefront" })
        #expect(graph.headings[graph.nodes[storefront].column] == "Felt by customers")
        #expect(!graph.path(to: storefront).edges.isEmpty)
    }

    @Test func `without a way in the map a service only comes after`() {
        var file = CanvasFixture.outage
        file.map = ServiceMap()
        let kinds = Set(CauseGraphBuilder.graph(file).edges.map(\.kind))
        #expect(kinds.contains(.precedes))
    }

    // MARK: - Small ones

    @Test(
        arguments: [(0.0, "0"), (12.0, "12"), (12.345, "12.3"), (-0.26, "-0.3"), (.nan, "0"), (1e300, "0"), (99.96, "100")]
            as [(Double, String)])
    func `coordinates are short`(_ value: Double, _ text: String) {
        var out: [UInt8] = []
        SVGNumber.write(value, decimals: 1, into: &out)
        #expect(String(decoding: out, as: UTF8.self) == text)
    }

    @Test func `text in a drawing is escaped`() {
        var svg = SVGBuilder()
        svg.begin("svg", ["aria-label": .text("\"><script>")])
        svg.text("<b>&")
        #expect(svg.html.text == "<svg aria-label=\"&quot;&gt;&lt;script&gt;\"><text>&lt;b&gt;&amp;</text></svg>")
    }

    @Test func `unusual days are those that stand out`() {
        func day(_ day: Int64, _ count: Int) -> DayStrip.Day { DayStrip.Day(day: day, severities: Array(repeating: .low, count: count)) }
        #expect(DayStrip.unusual([day(1, 1), day(2, 4), day(3, 2), day(4, 1)]).map(\.day) == [2])
        #expect(DayStrip.unusual([day(1, 2), day(2, 2)]).isEmpty)
        #expect(DayStrip.unusual([day(1, 5), day(2, 5), day(3, 4)]).isEmpty)
    }

    @Test func `clipped text is not wider than its place`() {
        for text in ["checkout", "Reserve p95 640 ms; usual 80 to 110 ms", "WWWWWWWWWWWWWWWWWWWW", "支払い失敗支払い失敗支払い失敗"] {
            let clipped = TextFit.clipped(text, to: 130, size: 11)
            #expect(TextFit.width(clipped, size: 11) <= 130)
            #expect(clipped == text || clipped.hasSuffix("…"))
        }
    }

    // MARK: - Words

    @Test(
        arguments: [
            (0.87, ".87"), (1, "1"), (0, ".00"), (0.004, ".00"), (0.996, "1"), (-3, ".00"), (7, "1"), (.nan, "–"),
        ] as [(Double, String)])
    func `scores have two decimals without the zero`(_ value: Double, _ text: String) { #expect(PageWords.score(value) == text) }

    @Test(
        arguments: [
            (0.44, "ratio", "44 %"), (0.0012, "ratio", "0.12 %"), (0.9, "seconds", "900 ms"), (8.42, "s", "8.42 s"),
            (0.00034, "s", "340 µs"),
            (1_500, "ms", "1.5 s"), (3_200_000, "bytes", "3.2 MB"), (1_209, "", "1 209"), (-4, "", "−4"), (4_200_000, "", "4.2 M"),
            (21.0, "requests", "21 requests"),
        ] as [(Double, String, String)])
    func `measures carry their unit`(_ value: Double, _ unit: String, _ text: String) {
        #expect(PageWords.measure(value, unit: unit).replacing("\u{a0}", with: " ").replacing("\u{202f}", with: " ") == text)
    }

    @Test(
        arguments: [
            (0.001, 0.004, "ratio", "0.1 to 0.4 %"), (0.12, 0.16, "seconds", "120 to 160 ms"), (62, 78, "", "62 to 78"),
            (0, 2, "seconds", "0 to 2 s"), (0.5, 1.5, "s", "500 ms to 1.5 s"),
        ] as [(Double, Double, String, String)])
    func `ranges say their unit once`(_ low: Double, _ high: Double, _ unit: String, _ text: String) {
        #expect(PageWords.range(low...high, unit: unit).replacing("\u{a0}", with: " ") == text)
    }

    @Test(arguments: [
        ("Payments fail", "payments fail"), ("HTTP errors", "HTTP errors"), ("CartTest fails", "CartTest fails"),
        ("I/O stalls", "I/O stalls"), ("search: errors", "search: errors"), ("", ""),
    ])
    func `a title inside a sentence begins small unless it is a name`(_ title: String, _ text: String) {
        #expect(PageWords.midSentence(title) == text)
    }

    @Test func `names and times stand out in a sentence, whole words only`() {
        let pieces = Emphasis.pieces(
            "The deploy of shop 1.2 at 14:02 broke shop-db, not shop.",
            names: [.init(text: "shop 1.2", target: "e-1"), .init(text: "shop", target: nil)])
        #expect(pieces.filter(\.isStrong).map(\.text) == ["shop 1.2", "14:02", "shop"])
        #expect(pieces.map(\.text).joined() == "The deploy of shop 1.2 at 14:02 broke shop-db, not shop.")
        #expect(pieces.compactMap(\.target) == ["e-1"])
    }

    @Test(
        arguments: [
            ("31 % of checkouts failed for 37 min", ["31 %", "37 min"]), ("≈ 1 040 orders not placed, 12 late", ["≈ 1 040", "12"]),
            ("v2 and p95 rose", []), ("took 6 h 30 min.", ["6 h 30 min"]), ("none", []),
        ] as [(String, [String])])
    func `numbers with their units stand out in facts`(_ text: String, _ strong: [String]) {
        let pieces = Emphasis.numbers(text)
        #expect(pieces.filter(\.isStrong).map(\.text) == strong)
        #expect(pieces.map(\.text).joined() == text)
    }
}
