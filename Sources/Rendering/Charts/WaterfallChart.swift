import Model

/// One trace: a bar a span, indented by depth, failing spans in the colour of failure.
enum WaterfallChart {
    static let rowLimit = 40
    private static let barsFrom = 194.0
    private static let width = 384.0

    /// A span with its depth below the root.
    struct Row: Hashable {
        var span: Span
        var depth: Int
    }

    /// Depth first, children by start; spans whose parent is missing are roots, and no parent loop is followed twice.
    static func rows(_ spans: [Span]) -> [Row] {
        let ordered = spans.sorted { ($0.start.ms, $1.durationUs, $0.spanID) < ($1.start.ms, $0.durationUs, $1.spanID) }
        let ids = Set(ordered.map(\.spanID))
        var children: [String: [Span]] = [:]
        for span in ordered where span.parentID != span.spanID && ids.contains(span.parentID) {
            children[span.parentID, default: []].append(span)
        }
        var rows: [Row] = []
        var seen: Set<String> = []
        func walk(from root: Span) {
            var waiting: [(Span, Int)] = [(root, 0)]
            while let (span, depth) = waiting.popLast() {
                guard seen.insert(span.spanID).inserted else { continue }
                rows.append(Row(span: span, depth: depth))
                for child in (children[span.spanID] ?? []).reversed() { waiting.append((child, depth + 1)) }
            }
        }
        for span in ordered where !ids.contains(span.parentID) || span.parentID == span.spanID { walk(from: span) }
        for span in ordered where !seen.contains(span.spanID) { walk(from: span) }
        return rows
    }

    /// Empty when there are no spans. More than `rowLimit` spans: the first ones, and the failing ones among the rest.
    static func html(_ spans: [Span], label: String) -> SafeHTML {
        let all = rows(spans)
        guard !all.isEmpty else { return .empty }
        var shown = Array(all.prefix(rowLimit))
        if all.count > rowLimit {
            let failing = all.dropFirst(rowLimit / 2).filter(\.span.isError).prefix(rowLimit / 2)
            if !failing.isEmpty {
                shown = Array(all.prefix(rowLimit - failing.count)) + failing.filter { !all.prefix(rowLimit - failing.count).contains($0) }
            }
        }
        let startMs = all.map(\.span.start.ms).min() ?? 0
        func offsetUs(_ span: Span) -> Double { Double(span.start.ms &- startMs) * 1_000 }
        let totalUs = max(1, all.map { offsetUs($0.span) + Double(max(0, $0.span.durationUs)) }.max() ?? 1)
        let height = Double(shown.count) * 20 + 18
        var svg = SVGBuilder()
        svg.begin(
            "svg",
            [
                "class": .literal("wf"), "viewBox": .literal("0 0 384 \(Int(height))"), "role": .literal("img"), "aria-label": .text(label),
            ])
        for (index, row) in shown.enumerated() {
            let y = Double(index) * 20
            let indent = Double(min(row.depth, 6)) * 6
            let room = Int((barsFrom - 8 - indent) / 5.7)
            let name = row.span.service.clipped(to: max(6, room / 2))
            svg.begin("text", ["x": .number(indent), "y": .number(y + 14)])
            svg.text(name + " ", name: "tspan")
            svg.text(
                row.span.operation.clipped(to: max(4, room - name.count - 2)), ["class": .literal("col")], name: "tspan")
            svg.end()
            let x = barsFrom + offsetUs(row.span) / totalUs * (width - barsFrom)
            let length = max(1.5, Double(max(0, row.span.durationUs)) / totalUs * (width - barsFrom))
            svg.begin(
                "rect",
                [
                    "class": .literal(row.span.isError ? "bad" : "ok"), "x": .number(min(x, width - 1.5)), "y": .number(y + 5),
                    "width": .number(min(length, width - min(x, width - 1.5))), "height": .number(10),
                ])
            svg.text(
                "\(row.span.service) \(row.span.operation) \(PageWords.spanDuration(us: row.span.durationUs)) \(row.span.statusText)"
                    .clipped(to: 200), name: "title")
            svg.end()
        }
        svg.text("0", ["x": .number(barsFrom), "y": .number(height - 2)])
        svg.text(
            PageWords.measure(totalUs / 1_000_000, unit: "s"),
            ["x": .number(width), "y": .number(height - 2), "text-anchor": .literal("end")])
        svg.end()
        return svg.html
    }
}
